//go:build linux && cgo

package hmsffi_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// threads is the number of threads of this process.
func threads(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// Programs that are started while calls are in flight inherit nothing, and calls go on.
func TestExecInheritsNothing(t *testing.T) {
	dir := t.TempDir()
	worker(t, dir, nil, nil)
	client, remote := workClient(t, dir), connected(t)
	var stopped atomic.Bool
	var wait sync.WaitGroup
	for range 4 {
		spawn(&wait, func() {
			for n := uint32(0); !stopped.Load(); n++ {
				if back, err := run(context.Background(), client, n); err != nil || back != n {
					t.Errorf("got %v, %v", back, err)
					return
				}
				if _, err := hmsffi.Call[uint32](context.Background(), remote, "pid"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	defer func() {
		stopped.Store(true)
		wait.Wait()
	}()
	for range 20 {
		out, err := exec.Command("ls", "-l", "/proc/self/fd").Output()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(out), "socket:") || strings.Contains(string(out), "anon_inode:") || strings.Contains(string(out), dir) {
			t.Fatalf("a child inherits descriptors:\n%s", out)
		}
	}
}

// drained is a component that serves until the returned stop is called, with what Serve returned after.
func drained(t *testing.T, dir string, run any, options ...hmsffi.Option) (stop func(), served chan error) {
	t.Helper()
	c := worker(t, dir, run, nil, options...)
	ctx, cancel := context.WithCancel(context.Background())
	served = make(chan error, 1)
	go func() { served <- c.Serve(ctx) }()
	return cancel, served
}

// Serve returns when the last running call has ended, which its caller sees as if nothing had happened.
func TestServeDrains(t *testing.T) {
	dir := t.TempDir()
	began, let := make(chan struct{}), make(chan struct{})
	stop, served := drained(t, dir, func(n uint32) uint32 {
		close(began)
		<-let
		return n
	}, hmsffi.Grace(time.Hour))
	client := workClient(t, dir)
	ended := make(chan error, 1)
	go func() {
		_, err := run(context.Background(), client, 1)
		ended <- err
	}()
	<-began
	stop()
	within(t, "a call that drains", func() {
		// It has left discovery once the directory is empty; only then the handler ends.
		for !empty(t, dir) {
			time.Sleep(time.Millisecond)
		}
		coded(t, client.Call(context.Background(), "other", nil, uint32(1)), hmsffi.Unavailable, false)
		select {
		case err := <-served:
			t.Errorf("Serve returned %v before the last call", err)
		default:
		}
		close(let)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// After its grace Serve cancels what still runs, and returns though a handler goes on.
func TestServeCancelsAfterGrace(t *testing.T) {
	dir := t.TempDir()
	began, seen := make(chan struct{}), make(chan error, 1)
	stop, served := drained(t, dir, func(ctx context.Context, n uint32) (uint32, error) {
		close(began)
		<-ctx.Done()
		seen <- ctx.Err()
		return n, nil
	}, hmsffi.Grace(10*time.Millisecond))
	client := workClient(t, dir)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = run(hmsffi.NoTimeout(context.Background()), client, 1)
	}()
	<-began
	stop()
	within(t, "the end of a component", func() {
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := <-seen; !errors.Is(err, context.Canceled) {
			t.Errorf("the handler saw %v", err)
		}
		<-ended
	})
}

// empty tells whether nobody is registered in a runtime directory.
func empty(t testing.TB, dir string) bool {
	t.Helper()
	empty := true
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err == nil && !entry.IsDir() {
			empty = false
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return empty
}

// What is done for one call after another costs neither memory nor descriptors nor goroutines.
func TestCallsLeaveNothingBehind(t *testing.T) {
	client := connected(t)
	usage := func() string {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(len(entries), " descriptors")
	}
	calls := func() {
		for i := range 500 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i%3)*time.Millisecond)
			_ = client.Call(ctx, "hold", nil, strconv.Itoa(i))
			cancel()
		}
	}
	calls()
	before := usage()
	calls()
	if after := usage(); after != before {
		t.Errorf("%s before, %s after", before, after)
	}
}
