//go:build cgo

package hmsffi_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// soon bounds what has to happen at once, generously: the machine may be busy.
const soon = 5 * time.Second

func same(n uint32) uint32 { return n }

// worker is a component whose functions are these; nil for one that gives back what it got.
func worker(t testing.TB, dir string, run, other any, options ...hmsffi.Option) *hmsffi.Component {
	t.Helper()
	options = append(options, hmsffi.WIT("testdata/work.wit"), hmsffi.RuntimeDir(dir))
	c, err := hmsffi.NewComponent("test:work/work", options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for name, function := range map[string]any{"run": run, "other": other, "again": nil} {
		if function == nil {
			function = same
		}
		if err := c.Export(name, function); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

func workClient(t testing.TB, dir string, options ...hmsffi.Option) *hmsffi.Client {
	t.Helper()
	client, err := hmsffi.Connect(context.Background(), "test:work/work", append(options, hmsffi.RuntimeDir(dir))...)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func run(ctx context.Context, client *hmsffi.Client, n uint32) (uint32, error) {
	return hmsffi.Call[uint32](ctx, client, "run", n)
}

// spawn runs f on a goroutine that wait waits for.
func spawn(wait *sync.WaitGroup, f func()) {
	wait.Add(1)
	go func() {
		defer wait.Done()
		f()
	}()
}

// within fails the test if f does not end soon.
func within(t testing.TB, what string, f func()) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f()
	}()
	select {
	case <-ended:
	case <-time.After(soon):
		t.Fatalf("%s took more than %v", what, soon)
	}
}

// coded is err as one of this code, or a failed test.
func coded(t testing.TB, err error, code hmsffi.Code, mayHaveRun bool) {
	t.Helper()
	var e *hmsffi.Error
	if !errors.As(err, &e) || e.Code != code || e.MaybeExecuted != mayHaveRun {
		t.Errorf("expected %v (maybe executed: %v), got %+v", code, mayHaveRun, err)
	}
}
