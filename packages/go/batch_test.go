//go:build cgo

package hmsffi_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// Replies are in order, across functions, and errors of every kind are values.
func TestBatch(t *testing.T) {
	client := connected(t)
	claim, empty := someClaim(), someClaim()
	empty.Lines = nil
	replies := client.Batch(context.Background(),
		hmsffi.Bind("adjudicate", claim),
		hmsffi.Bind("adjudicate", empty),
		hmsffi.Bind("fail", "aborted"),
		hmsffi.Bind("pid"),
		hmsffi.Bind("fail", 5),
		hmsffi.Bind("nothing"),
		hmsffi.Bind("fail", ""),
	)
	if len(replies) != 7 {
		t.Fatalf("%d replies", len(replies))
	}
	if d, err := hmsffi.As[Decision](replies[0]); err != nil || d.Paid.String() != "3.30" {
		t.Errorf("got %v, %v", d, err)
	}
	if denial, ok := hmsffi.Declared[Denial](replies[1].Err()); !ok || denial != NotCovered("no lines") {
		t.Errorf("got %v", replies[1].Err())
	}
	coded(t, replies[2].Err(), hmsffi.Aborted, true)
	var pid uint32
	if err := replies[3].Into(&pid); err != nil || pid == 0 {
		t.Errorf("got %v, %v", pid, err)
	}
	if _, err := hmsffi.As[string](replies[3]); !errors.Is(err, hmsffi.InvalidArgument) || !strings.Contains(err.Error(), "result") {
		t.Errorf("got %v", err)
	}
	coded(t, replies[4].Err(), hmsffi.InvalidArgument, false)
	coded(t, replies[5].Err(), hmsffi.Unimplemented, false)
	if err := replies[6].Err(); err != nil {
		t.Error(err)
	}
	var e *hmsffi.Error
	if _, err := hmsffi.As[struct{}](replies[2]); !errors.As(err, &e) || !strings.HasSuffix(e.Trace[0].File, "batch_test.go") {
		t.Errorf("got %+v", err)
	}
	if replies := client.Batch(context.Background()); len(replies) != 0 {
		t.Errorf("got %v", replies)
	}
}

// A batch may be longer than the quota of calls in flight, and than the provider's places and queue.
func TestBatchOverQuota(t *testing.T) {
	dir := t.TempDir()
	provider(t, dir, "HMS_MAX_CALLS=100", "HMS_TEST_PROVIDER=4")
	client := connect(t, dir)
	calls := make([]hmsffi.Bound, 3000)
	for i := range calls {
		calls[i] = hmsffi.Bind("echo", int64(i))
		if i%3 == 0 {
			calls[i] = hmsffi.Bind("pid")
		}
	}
	for i, reply := range client.Batch(context.Background(), calls...) {
		value, err := hmsffi.As[any](reply)
		if _, isPid := value.(uint32); err != nil || isPid != (i%3 == 0) || !isPid && value != int64(i) {
			t.Fatalf("call %d: got %v, %v", i, value, err)
		}
	}
}

// The end of the context ends what of a batch still runs, and nothing else.
func TestBatchIsCancelled(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	seen := make(chan error, 1)
	worker(t, dir, func(ctx context.Context, _ uint32) (uint32, error) {
		cancel()
		<-ctx.Done()
		seen <- ctx.Err()
		return 0, ctx.Err()
	}, nil)
	client := workClient(t, dir)
	within(t, "a batch that is cancelled", func() {
		replies := client.Batch(ctx, hmsffi.Bind("run", uint32(1)))
		coded(t, replies[0].Err(), hmsffi.Cancelled, true)
		if !errors.Is(replies[0].Err(), context.Canceled) {
			t.Errorf("got %v", replies[0].Err())
		}
	})
	within(t, "the handler's end", func() {
		if err := <-seen; err != context.Canceled {
			t.Errorf("the handler saw %v", err)
		}
	})
	for _, reply := range client.Batch(ctx, hmsffi.Bind("other", uint32(1)), hmsffi.Bind("other", uint32(2))) {
		coded(t, reply.Err(), hmsffi.Cancelled, false)
	}
	late, stop := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer stop()
	coded(t, client.Batch(late, hmsffi.Bind("other", uint32(1)))[0].Err(), hmsffi.DeadlineExceeded, false)
}
