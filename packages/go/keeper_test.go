//go:build cgo

package hmsffi_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// warm makes handlers known as short.
func warm(t testing.TB, client *hmsffi.Client) {
	t.Helper()
	for range 50 {
		if n, err := run(context.Background(), client, 0); err != nil || n != 0 {
			t.Fatalf("got %v, %v", n, err)
		}
		if err := client.Call(context.Background(), "other", nil, uint32(0)); err != nil {
			t.Fatal(err)
		}
	}
}

// A handler that takes long for once holds nobody up, although handlers like it run where calls are read.
func TestShortHandlerThatBlocks(t *testing.T) {
	dir := t.TempDir()
	let := make(chan struct{})
	worker(t, dir, func(n uint32) uint32 {
		if n == 1 {
			<-let
		}
		return n
	}, func(n uint32) uint32 {
		if n == 1 {
			close(let)
		}
		return n
	})
	client := workClient(t, dir)
	warm(t, client)
	within(t, "a call beside a handler that blocks", func() {
		// Read at once, in this order: the second ends the first.
		for _, reply := range client.Batch(context.Background(), hmsffi.Bind("run", uint32(1)), hmsffi.Bind("other", uint32(1))) {
			if n, err := hmsffi.As[uint32](reply); err != nil || n != 1 {
				t.Errorf("got %v, %v", n, err)
			}
		}
	})
	warm(t, client)
}

// Short handlers may end their goroutine, panic, and call back.
func TestShortHandlersAndTheirGoroutine(t *testing.T) {
	dir := t.TempDir()
	var client atomic.Pointer[hmsffi.Client]
	worker(t, dir, func(ctx context.Context, n uint32) (uint32, error) {
		switch n {
		case 1:
			runtime.Goexit()
		case 2:
			panic("on purpose")
		case 3:
			return hmsffi.Call[uint32](ctx, client.Load(), "other", n)
		}
		return n, nil
	}, nil)
	client.Store(workClient(t, dir))
	for range 20 {
		warm(t, client.Load())
		within(t, "calls", func() {
			_, err := run(context.Background(), client.Load(), 1)
			coded(t, err, hmsffi.Internal, true)
			_, err = run(context.Background(), client.Load(), 2)
			coded(t, err, hmsffi.Internal, true)
			if n, err := run(context.Background(), client.Load(), 3); err != nil || n != 3 {
				t.Errorf("got %v, %v", n, err)
			}
		})
	}
}

// Handlers run at the same time, as many as MaxConcurrent allows and no more.
func TestMaxConcurrent(t *testing.T) {
	dir := t.TempDir()
	const places = 4
	var running, most atomic.Int32
	all := make(chan struct{})
	worker(t, dir, func(n uint32) uint32 {
		now := running.Add(1)
		defer running.Add(-1)
		for {
			before := most.Load()
			if now <= before || most.CompareAndSwap(before, now) {
				break
			}
		}
		if now == places && n != 0 {
			close(all)
		}
		if n != 0 {
			<-all
		}
		return n
	}, nil, hmsffi.MaxConcurrent(places))
	client := workClient(t, dir)
	var wait sync.WaitGroup
	within(t, "calls that wait for one another", func() {
		for n := range uint32(places) {
			spawn(&wait, func() {
				if _, err := run(context.Background(), client, n+1); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	})
	for range 100 {
		spawn(&wait, func() {
			if _, err := run(context.Background(), client, 0); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if most.Load() != places {
		t.Errorf("%d ran at once", most.Load())
	}
}
