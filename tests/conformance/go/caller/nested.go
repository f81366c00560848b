package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

func (c *caller) callsBack() []check {
	bounce := func(times uint32) func(context.Context) error {
		return within(func(ctx context.Context) error {
			return equals(hmsffi.Call[uint32](ctx, c.client, "bounce", times))(times)
		})
	}
	return []check{
		{"re-entrancy", bounce(1)},
		{"deep-re-entrancy", bounce(6)},
		{"nested-deadline", func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			left, err := hmsffi.Call[*uint64](ctx, c.client, "nested-time-left")
			if err == nil && (left == nil || *left > 5_000) {
				err = fmt.Errorf("got %v", left)
			}
			return err
		}},
		{"nested-no-deadline", func(ctx context.Context) error {
			return equals(hmsffi.Call[*uint64](hmsffi.NoTimeout(ctx), c.client, "nested-time-left"))(nil)
		}},
		{"nested-code-kept", within(func(ctx context.Context) error {
			return fails(c.client.Call(ctx, "fail", nil, uint32(1), "aborted"), hmsffi.Aborted, "", true)
		})},
		{"nested-code-internal", within(func(ctx context.Context) error {
			e, wrong := failure(c.client.Call(ctx, "fail", nil, uint32(1), "not-found"), hmsffi.Internal)
			if wrong == nil && (e.Cause == nil || e.Cause.Code != hmsffi.NotFound) {
				wrong = fmt.Errorf("the cause is %v", e.Cause)
			}
			return wrong
		})},
		{"nested-declared-error", within(func(ctx context.Context) error {
			_, wrong := failure(c.client.Call(ctx, "nested-denial", nil), hmsffi.Internal)
			return wrong
		})},
		{"three-hop-trace", within(func(ctx context.Context) error {
			e, wrong := failure(c.client.Call(ctx, "fail", nil, uint32(2), "aborted"), hmsffi.Aborted)
			if wrong != nil {
				return wrong
			}
			return threeHops(e.Trace)
		})},
		{"nested-cancel", within(func(ctx context.Context) error {
			key := unique("nested")
			held, cancel := context.WithCancel(hmsffi.NoTimeout(context.Background()))
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- c.client.Call(held, "nested-hold", nil, key) }()
			if !c.held.Wait(key) {
				return errors.New("the callback does not run")
			}
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				return fmt.Errorf("got %v", err)
			}
			return c.nestedReleased(ctx, key)
		})},
		{"nested-deadline-exceeded", within(func(ctx context.Context) error {
			key := unique("late")
			short, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			_, wrong := failure(c.client.Call(short, "nested-hold", nil, key), hmsffi.DeadlineExceeded)
			return first(wrong, c.nestedReleased(ctx, key))
		})},
	}
}

// nestedReleased tells that both handlers of a nested call have noticed its end.
func (c *caller) nestedReleased(ctx context.Context, key string) error {
	if !c.released.Wait(key) {
		return errors.New("the callback was not told")
	}
	return equals(hmsffi.Call[bool](ctx, c.client, "released", key))(true)
}

// threeHops finds a frame of the provider, then one of this program's callback, then one of the provider.
func threeHops(trace []hmsffi.Frame) error {
	complete := func(frame hmsffi.Frame) bool { return frame.Language != "" && frame.File != "" && frame.Line > 0 }
	ours := func(frame hmsffi.Frame) bool {
		return frame.Language == "go" && filepath.Base(frame.File) == "main.go" && frame.Component == "test:conformance/callback@1.0.0"
	}
	theirs := func(frame hmsffi.Frame) bool { return frame.Component == "test:conformance/suite@1.0.0" }
	hops := []func(hmsffi.Frame) bool{theirs, ours, theirs}
	for _, frame := range trace {
		if len(hops) > 0 && complete(frame) && hops[0](frame) {
			hops = hops[1:]
		}
	}
	if len(hops) > 0 {
		return fmt.Errorf("the trace is %v", trace)
	}
	return nil
}
