//go:build cgo

package hmsffi_test

import (
	"context"
	"sync/atomic"
	"testing"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// flaky is a component of work whose functions fail as often as their argument says, and then count their calls.
func flaky(options ...hmsffi.Option) (*hmsffi.Component, error) {
	c, err := hmsffi.NewComponent("test:work/work", append(options, hmsffi.WIT("testdata/work.wit"))...)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"run", "again", "other"} {
		var attempts atomic.Int32
		if err := c.Export(name, func(n uint32) (uint32, error) {
			if now := attempts.Add(1); now <= int32(n) {
				return 0, hmsffi.Errorf(hmsffi.Unavailable, "not yet")
			}
			return uint32(attempts.Swap(0)), nil
		}); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// What may be tried again is, as often as the caller allows; the client counts.
func TestRetries(t *testing.T) {
	dir := t.TempDir()
	provider(t, dir, "HMS_TEST_FLAKY=1")
	ctx := context.Background()
	client := workClient(t, dir)
	if n, err := hmsffi.Call[uint32](ctx, client, "again", uint32(2)); err != nil || n != 3 {
		t.Errorf("got %v, %v", n, err)
	}
	if m := client.Metrics(); m.Calls != 1 || m.Retries != 2 || m.Instances != 1 {
		t.Errorf("got %+v", m)
	}
	_, err := run(ctx, client, 1) // not idempotent
	coded(t, err, hmsffi.Unavailable, true)
	once := workClient(t, dir, hmsffi.Retries(0))
	_, err = hmsffi.Call[uint32](ctx, once, "again", uint32(1))
	coded(t, err, hmsffi.Unavailable, true)
	if m := once.Metrics(); m.Retries != 0 {
		t.Errorf("got %+v", m)
	}
	_ = once.Close()
	if m := once.Metrics(); m != (hmsffi.Metrics{}) {
		t.Errorf("a closed client counts %+v", m)
	}
}
