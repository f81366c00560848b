//go:build cgo

package hmsffi_test

import (
	"context"
	"errors"
	"math/rand"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// A handler that ignores its deadline holds nobody up, and what it returns is discarded.
func TestHandlerIgnoresItsDeadline(t *testing.T) {
	dir := t.TempDir()
	let := make(chan struct{})
	worker(t, dir, func(n uint32) uint32 {
		if n == 1 {
			<-let
		}
		return n
	}, nil)
	client := workClient(t, dir)
	within(t, "a call with a deadline", func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		_, err := run(ctx, client, 1)
		coded(t, err, hmsffi.DeadlineExceeded, true)
	})
	within(t, "a call afterwards", func() {
		if n, err := run(context.Background(), client, 2); err != nil || n != 2 {
			t.Errorf("got %v, %v", n, err)
		}
		close(let)
		if n, err := run(context.Background(), client, 3); err != nil || n != 3 {
			t.Errorf("got %v, %v", n, err)
		}
	})
}

// What ends the outer call ends the nested one, whose handler sees why.
func TestNestedCallsEndWithTheOuter(t *testing.T) {
	dir := t.TempDir()
	var client atomic.Pointer[hmsffi.Client]
	began, seen := make(chan struct{}, 1), make(chan error, 1)
	worker(t, dir, func(ctx context.Context, n uint32) (uint32, error) {
		return hmsffi.Call[uint32](ctx, client.Load(), "other", n)
	}, func(ctx context.Context, n uint32) (uint32, error) {
		began <- struct{}{}
		<-ctx.Done()
		seen <- ctx.Err()
		return n, nil
	})
	client.Store(workClient(t, dir))
	within(t, "nested calls", func() {
		ctx, cancel := context.WithCancel(hmsffi.NoTimeout(context.Background()))
		ended := make(chan error, 1)
		go func() {
			_, err := run(ctx, client.Load(), 1)
			ended <- err
		}()
		<-began
		cancel()
		coded(t, <-ended, hmsffi.Cancelled, true)
		if err := <-seen; err != context.Canceled {
			t.Errorf("the nested handler saw %v", err)
		}
		ctx, cancel = context.WithTimeout(context.Background(), 30*time.Millisecond)
		defer cancel()
		_, err := run(ctx, client.Load(), 1)
		coded(t, err, hmsffi.DeadlineExceeded, true)
		<-began
		if err := <-seen; err != context.DeadlineExceeded {
			t.Errorf("the nested handler saw %v", err)
		}
	})
}

// Closing a client ends its calls, also that of a caller that waits for all of them.
func TestCloseEndsCalls(t *testing.T) {
	client := connected(t)
	other := connected(t)
	for _, alone := range []bool{true, false} {
		key := strconv.FormatBool(alone)
		ended := make(chan error, 2)
		go func() { ended <- client.Call(hmsffi.NoTimeout(context.Background()), "hold", nil, key) }()
		if err := client.Call(context.Background(), "held", nil, key, true); err != nil {
			t.Fatal(err)
		}
		if !alone { // somebody beside it
			go func() { ended <- other.Call(hmsffi.NoTimeout(context.Background()), "hold", nil, key) }()
			if err := other.Call(context.Background(), "held", nil, key, true); err != nil {
				t.Fatal(err)
			}
			_ = other.Close()
			coded(t, <-ended, hmsffi.Cancelled, true)
		}
		within(t, "a call of a client that is closed", func() {
			_ = client.Close()
			coded(t, <-ended, hmsffi.Cancelled, true)
		})
		client, other = connected(t), connected(t)
	}
}

// Contexts that are derived from a handler's end with it.
func TestContextOfAHandler(t *testing.T) {
	dir := t.TempDir()
	began := make(chan struct{})
	seen := make(chan error, 1)
	worker(t, dir, func(ctx context.Context, n uint32) (uint32, error) {
		if n == 0 { // a context of a call that has no deadline and was not asked for its end
			if _, ok := ctx.Deadline(); ok || ctx.Err() != nil || ctx.Value("k") != nil {
				return 0, errors.New("another context")
			}
			return n, nil
		}
		child, cancel := context.WithCancel(context.WithValue(ctx, struct{}{}, 1))
		defer cancel()
		close(began)
		<-child.Done()
		seen <- context.Cause(child)
		return n, nil
	}, nil)
	client := workClient(t, dir)
	within(t, "calls", func() {
		if _, err := run(hmsffi.NoTimeout(context.Background()), client, 0); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			<-began
			cancel()
		}()
		_, err := run(ctx, client, 1)
		coded(t, err, hmsffi.Cancelled, true)
		if err := <-seen; err != context.Canceled {
			t.Errorf("the child saw %v", err)
		}
		cancel() // of what has ended: nothing happens
		if _, err := run(context.Background(), client, 0); err == nil {
			t.Error("a call without a deadline of its own had none")
		}
	})
}

// count is HMS_TEST_CALLS, or fewer where tests have to be short.
func count(t testing.TB, fewer int) int {
	t.Helper()
	text := os.Getenv("HMS_TEST_CALLS")
	if text == "" {
		return fewer
	}
	calls, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

// More calls in flight than the quota allows fail at once and were not sent, however many there are.
func TestQuotaOfCallsInFlight(t *testing.T) {
	const quota, goroutines = 8, 1000
	calls := count(t, goroutines) / goroutines // of each
	dir := t.TempDir()
	provider(t, dir, "HMS_MAX_CALLS="+strconv.Itoa(quota))
	client := connect(t, dir)
	ctx, cancel := context.WithCancel(hmsffi.NoTimeout(context.Background()))
	defer cancel()
	ended := make(chan error, goroutines)
	for g := range goroutines {
		go func() {
			for i := range calls {
				ended <- client.Call(ctx, "hold", nil, strconv.Itoa(g*calls+i))
			}
		}()
	}
	// The first ones to come hold their places, each on a goroutine of its own.
	for range (goroutines - quota) * calls {
		coded(t, <-ended, hmsffi.ResourceExhausted, false)
	}
	cancel()
	within(t, "calls that are cancelled", func() {
		for range quota {
			coded(t, <-ended, hmsffi.Cancelled, true)
		}
	})
	// What was cancelled has its place until the provider has ended it; a batch waits for one.
	if err := client.Batch(context.Background(), hmsffi.Bind("pid"))[0].Err(); err != nil {
		t.Error(err)
	}
}

// Ten thousand goroutines wait for calls on one link, and ten thousand handlers run, on a few threads.
func TestTenThousandInFlight(t *testing.T) {
	const many = 10_000
	dir := t.TempDir()
	provider(t, dir, "HMS_MAX_CALLS="+strconv.Itoa(many+1), "HMS_TEST_PROVIDER="+strconv.Itoa(many+1))
	client := connect(t, dir)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, many)
	for i := range many {
		go func() { ended <- client.Call(ctx, "hold", nil, strconv.Itoa(i)) }()
	}
	held := func(running bool) {
		t.Helper()
		for i := 0; i < many; i += 100 {
			if err := client.Call(context.Background(), "held", nil, strconv.Itoa(i), running); err != nil {
				t.Fatal(err)
			}
		}
	}
	held(true)
	if threads := threads(t); threads > 100 {
		t.Errorf("%d threads", threads)
	}
	cancel()
	for range many {
		coded(t, <-ended, hmsffi.Cancelled, true)
	}
	held(false)
}

// Goroutines cancel at random, and no reply goes to another call.
func TestRandomCancels(t *testing.T) {
	calls := count(t, 20_000)
	client := connected(t)
	const goroutines = 64
	var wait sync.WaitGroup
	var answered, cancelled atomic.Int64
	for g := range goroutines {
		spawn(&wait, func() {
			random := rand.New(rand.NewSource(int64(g)))
			for i := range calls / goroutines {
				ctx, cancel := context.WithCancel(context.Background())
				switch random.Intn(4) {
				case 0:
					go cancel()
				case 1:
					stop := time.AfterFunc(time.Duration(random.Intn(1000))*time.Microsecond, cancel)
					defer stop.Stop()
				}
				number := int64(g)<<32 | int64(i)
				back, err := hmsffi.Call[any](ctx, client, "echo", number)
				cancel()
				switch {
				case err == nil && back == number:
					answered.Add(1)
				case errors.Is(err, hmsffi.Cancelled):
					cancelled.Add(1)
				default:
					t.Errorf("got %v, %v for %v", back, err, number)
					return
				}
			}
		})
	}
	wait.Wait()
	t.Logf("%d answered, %d cancelled", answered.Load(), cancelled.Load())
	if answered.Load() == 0 || cancelled.Load() == 0 {
		t.Error("the test did not test")
	}
	if _, err := hmsffi.Call[uint32](context.Background(), client, "pid"); err != nil {
		t.Error(err)
	}
}
