//go:build cgo

package hmsffi_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

const adjudicationName = "hms:claims/adjudication"

type (
	Line struct {
		Code   string
		Units  uint16
		Charge hmsffi.Decimal
	}
	Claim struct {
		ID        string
		Patient   string
		Lines     []Line
		Diagnoses map[string]struct{}
		Tags      map[string]string
		Submitted time.Time
		Note      *string
	}
	Status   string
	Decision struct {
		Claim  string
		Status Status
		Paid   hmsffi.Decimal
	}
	Denial     interface{ denial() }
	NotCovered string
	Duplicate  struct{}
	OverLimit  struct{ Value hmsffi.Decimal }
)

func (NotCovered) denial() {}
func (Duplicate) denial()  {}
func (OverLimit) denial()  {}

func init() {
	hmsffi.RegisterVariant[Denial](hmsffi.Case[NotCovered]("not-covered"), hmsffi.Case[Duplicate]("duplicate"),
		hmsffi.Case[OverLimit]("over-limit"))
}

var errFull = errors.New("the cupboard is full")

// holds tells tests about calls of hold by key.
type holds struct {
	mu    sync.Mutex
	calls map[string]*held
}

type held struct{ running, ended chan struct{} }

func (h *holds) of(key string) *held {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.calls == nil {
		h.calls = map[string]*held{}
	}
	if h.calls[key] == nil {
		h.calls[key] = &held{make(chan struct{}), make(chan struct{})}
	}
	return h.calls[key]
}

// adjudication is the component of the tests.
func adjudication(options ...hmsffi.Option) (*hmsffi.Component, error) {
	options = append(options, hmsffi.WIT("testdata/claims.wit"), hmsffi.MapError(errFull, hmsffi.ResourceExhausted))
	c, err := hmsffi.NewComponent(adjudicationName, options...)
	if err != nil {
		return nil, err
	}
	var all holds
	for name, function := range map[string]any{
		"adjudicate": adjudicate,
		"fail":       fail,
		"relay":      func(ctx context.Context, kind string) error { return relay(ctx, kind, options) },
		"hold": func(ctx context.Context, key string) error {
			call := all.of(key)
			close(call.running)
			<-ctx.Done()
			close(call.ended)
			return ctx.Err()
		},
		"held": func(key string, running bool) {
			if running {
				<-all.of(key).running
			} else {
				<-all.of(key).ended
			}
		},
		"time-left": func(ctx context.Context) (*uint64, error) {
			deadline, ok := ctx.Deadline()
			if !ok {
				return nil, nil
			}
			left := uint64(time.Until(deadline).Milliseconds())
			return &left, nil
		},
		"echo": func(value any) any { return value },
		"pid":  func() uint32 { return uint32(os.Getpid()) },
	} {
		if err := c.Export(name, function); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func adjudicate(_ context.Context, claim Claim) (Decision, error) {
	if len(claim.Lines) == 0 {
		return Decision{}, hmsffi.Declare(NotCovered("no lines"))
	}
	paid := hmsffi.Decimal{}
	for _, line := range claim.Lines {
		sum, err := paid.Add(line.Charge)
		if err != nil {
			return Decision{}, err
		}
		paid = sum
	}
	if paid.Cmp(hmsffi.MustDecimal("1000")) > 0 {
		return Decision{}, hmsffi.Declare(OverLimit{paid})
	}
	return Decision{claim.ID, "approved", paid}, nil
}

func fail(ctx context.Context, kind string) error {
	switch kind {
	case "plain":
		return errors.New("it broke")
	case "full":
		return fmt.Errorf("storing: %w", errFull)
	case "panic":
		var nothing *Claim
		_ = nothing.ID
	case "unsupported":
		return errors.ErrUnsupported
	case "file":
		return fs.ErrNotExist
	case "timeout":
		return context.DeadlineExceeded
	case "declared":
		return hmsffi.Declare(Duplicate{})
	case "details":
		return hmsffi.Errorf(hmsffi.FailedPrecondition, "see details").WithDetails(map[string]any{"hint": "retry", "n": 3})
	}
	code, ok := hmsffi.ParseCode(kind)
	if !ok {
		return nil
	}
	return hmsffi.Errorf(code, "raised %s", kind)
}

// relay passes on the error of a nested call.
func relay(ctx context.Context, kind string, options []hmsffi.Option) error {
	client, err := hmsffi.Connect(ctx, adjudicationName, options...)
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Call(ctx, "fail", nil, kind)
}

func TestMain(m *testing.M) {
	if os.Getenv("HMS_TEST_PROVIDER") == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	places, err := strconv.Atoi(os.Getenv("HMS_TEST_PROVIDER"))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	provide := adjudication
	if os.Getenv("HMS_TEST_FLAKY") != "" {
		provide = flaky
	}
	c, err := provide(hmsffi.MaxConcurrent(places))
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	if err := c.Serve(ctx); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// provider starts this test program as a provider in a directory, with more of the environment; its end is that of the
// test. HMS_TEST_PROVIDER is the number of calls that it runs at once.
func provider(t testing.TB, dir string, environment ...string) *exec.Cmd {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(append(os.Environ(), "HMS_TEST_PROVIDER=64", "HMS_RUNTIME_DIR="+dir), environment...)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "ready\n" {
		t.Fatalf("the provider said %q, %v", line, err)
	}
	return command
}

// connected is a client of a provider in another process.
func connected(t testing.TB) *hmsffi.Client {
	t.Helper()
	dir := t.TempDir()
	provider(t, dir)
	return connect(t, dir)
}

func connect(t testing.TB, dir string, options ...hmsffi.Option) *hmsffi.Client {
	t.Helper()
	client, err := hmsffi.Connect(context.Background(), adjudicationName, append(options, hmsffi.RuntimeDir(dir))...)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}
