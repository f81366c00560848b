//go:build cgo

package hmsffi_test

import (
	"context"
	"errors"
	"os"
	"testing"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// started is a component in this process, closed with the test.
func started(t *testing.T, options ...hmsffi.Option) *hmsffi.Component {
	t.Helper()
	c, err := adjudication(options...)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// A nested call comes back to a component whose only place is taken by the call that waits for it.
func TestReentrancyWithOnePlace(t *testing.T) {
	dir := t.TempDir()
	started(t, hmsffi.RuntimeDir(dir), hmsffi.MaxConcurrent(1))
	if err := connect(t, dir).Call(context.Background(), "relay", nil, "aborted"); !errors.Is(err, hmsffi.Aborted) {
		t.Errorf("got %v", err)
	}
}

// serving is a component whose function pid is this one.
func serving(t *testing.T, dir string, pid any, options ...hmsffi.Option) *hmsffi.Component {
	t.Helper()
	options = append(options, hmsffi.WIT("testdata/claims.wit"), hmsffi.RuntimeDir(dir))
	c, err := hmsffi.NewComponent(adjudicationName, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for name, function := range map[string]any{
		"adjudicate": adjudicate, "fail": fail, "relay": func(string) error { return nil }, "hold": func(string) {},
		"held": func(string, bool) {}, "time-left": func() *uint64 { return nil }, "echo": func(v any) any { return v },
		"pid": pid,
	} {
		if err := c.Export(name, function); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// Beyond the places and the queue a call is refused, and was not executed.
func TestQueueIsFull(t *testing.T) {
	dir := t.TempDir()
	running, release := make(chan struct{}), make(chan struct{})
	serving(t, dir, func() uint32 {
		close(running)
		<-release
		return 1
	}, hmsffi.MaxConcurrent(1), hmsffi.Queue(0))
	client, ctx := connect(t, dir), context.Background()
	ended := make(chan error, 1)
	go func() { ended <- client.Call(ctx, "pid", nil) }()
	<-running
	err := client.Call(ctx, "echo", nil, 1)
	var e *hmsffi.Error
	if !errors.As(err, &e) || e.Code != hmsffi.ResourceExhausted || e.MaybeExecuted || !e.Retryable() {
		t.Errorf("got %v", err)
	}
	close(release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestCurrent(t *testing.T) {
	dir := t.TempDir()
	var current hmsffi.CurrentCall
	c := serving(t, dir, func(ctx context.Context) (uint32, error) {
		var ok bool
		if current, ok = hmsffi.Current(ctx); !ok {
			return 0, errors.New("there is no current call")
		}
		return current.Caller.PID, nil
	})
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	ctx := hmsffi.WithTraceparent(hmsffi.WithIdempotencyKey(context.Background(), "k-1"), parent)
	if pid, err := hmsffi.Call[uint32](ctx, connect(t, dir), "pid"); err != nil || int(pid) != os.Getpid() {
		t.Errorf("got %v, %v", pid, err)
	}
	if current.Interface != c.Interface() || current.Function != "pid" || int(current.Caller.UID) != os.Getuid() ||
		current.IdempotencyKey != "k-1" || current.Traceparent != parent || current.Deadline.IsZero() || current.Hops != 0 {
		t.Errorf("got %+v", current)
	}
	if _, ok := hmsffi.Current(context.Background()); ok {
		t.Error("a context without a call has one")
	}
}

func TestClosedClient(t *testing.T) {
	dir := t.TempDir()
	started(t, hmsffi.RuntimeDir(dir))
	client := connect(t, dir)
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if err := client.Call(context.Background(), "pid", nil); !errors.Is(err, hmsffi.FailedPrecondition) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkCall(b *testing.B) {
	client := connected(b)
	ctx := context.Background()
	claim := someClaim()
	b.ReportAllocs()
	for range b.N {
		if _, err := hmsffi.Call[Decision](ctx, client, "adjudicate", claim); err != nil {
			b.Fatal(err)
		}
	}
}
