// Package host runs Go programs that call and serve the way real ones do: they are signalled, killed, start others, run
// HTTP servers. This test program is all of them; HMS_HOST_ROLE says which.
package host

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

const deskName = "host:desk/desk"

// soon bounds what has to happen at once, generously: the machine may be busy.
const soon = 20 * time.Second

// keys are channels that are closed, by name.
type keys struct {
	mu    sync.Mutex
	known map[string]chan struct{}
}

func (k *keys) of(name string) chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[string]chan struct{}{}
	}
	if k.known[name] == nil {
		k.known[name] = make(chan struct{})
	}
	return k.known[name]
}

func desk(options ...hmsffi.Option) (*hmsffi.Component, error) {
	c, err := hmsffi.NewComponent(deskName, append(options, hmsffi.WIT("host.wit"))...)
	if err != nil {
		return nil, err
	}
	var all keys
	for name, function := range map[string]any{
		"pid": func() uint32 { return uint32(os.Getpid()) },
		"hold": func(ctx context.Context, key string) error {
			close(all.of("running " + key))
			<-ctx.Done()
			close(all.of("ended " + key))
			return ctx.Err()
		},
		"held": func(ctx context.Context, key string, running bool) error {
			what := "ended "
			if running {
				what = "running "
			}
			select {
			case <-all.of(what + key):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
		"wait": func(key string) uint32 {
			close(all.of("running " + key))
			_, _ = io.Copy(io.Discard, os.Stdin)
			return uint32(os.Getpid())
		},
		"echo": func(data []byte) []byte { return data },
	} {
		if err := c.Export(name, function); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func TestMain(m *testing.M) {
	roles := map[string]func() error{"provider": serve, "caller": call, "replaced": callAndExec}
	role := os.Getenv("HMS_HOST_ROLE")
	if role == "" {
		os.Exit(m.Run())
	}
	if err := roles[role](); err != nil {
		fmt.Fprintf(os.Stderr, "%+v\n", err)
		os.Exit(1)
	}
}

// serve is what a provider's main does.
func serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := desk()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	fmt.Println("ready")
	return c.Serve(ctx)
}

// call holds a call until the process is killed, or exits in the middle of it once its input ends.
func call() error {
	client, err := hmsffi.Connect(context.Background(), deskName)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	go func() {
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		os.Exit(7)
	}()
	return client.Call(hmsffi.NoTimeout(context.Background()), "hold", nil, os.Getenv("HMS_HOST_KEY"))
}

// callAndExec becomes another program in the middle of a call.
func callAndExec() error {
	client, err := hmsffi.Connect(context.Background(), deskName)
	if err != nil {
		return err
	}
	key := os.Getenv("HMS_HOST_KEY")
	go func() { _ = client.Call(hmsffi.NoTimeout(context.Background()), "hold", nil, key) }()
	if err := client.Call(context.Background(), "held", nil, key, true); err != nil {
		return err
	}
	return syscall.Exec("/bin/sh", []string{"sh", "-c", "echo ready; ls -l /proc/$$/fd; exec cat"}, os.Environ())
}

// program is a process of this test program in a role, that has said that it is ready.
type program struct {
	*exec.Cmd
	input  interface{ Close() error }
	output *bufio.Reader
}

func start(t testing.TB, role, dir string, environment ...string) *program {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(append(os.Environ(), "HMS_HOST_ROLE="+role, "HMS_RUNTIME_DIR="+dir), environment...)
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
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
	started := &program{command, input, bufio.NewReader(output)}
	if line, err := started.output.ReadString('\n'); strings.TrimSpace(line) != "ready" {
		t.Fatalf("the %s said %q, %v", role, line, err)
	}
	return started
}

func connect(t testing.TB, dir string) *hmsffi.Client {
	t.Helper()
	client, err := hmsffi.Connect(context.Background(), deskName, hmsffi.RuntimeDir(dir))
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// bounded is a context whose end fails what waits too long.
func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	t.Cleanup(cancel)
	return ctx
}

func held(t testing.TB, client *hmsffi.Client, key string, running bool) {
	t.Helper()
	if err := client.Call(bounded(t), "held", nil, key, running); err != nil {
		t.Fatalf("%s, running %v: %v", key, running, err)
	}
}
