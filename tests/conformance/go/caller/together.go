package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// together are the cases with many calls at once, each on a goroutine.
func (c *caller) together() []check {
	meet := func(ctx context.Context, room string, guests uint32) error {
		return equals(hmsffi.Call[uint32](ctx, c.client, "meet", room, guests))(guests)
	}
	echo := func(ctx context.Context, i int) error {
		return equals(hmsffi.Call[uint32](ctx, c.client, "echo-u32", uint32(i)))(uint32(i))
	}
	return []check{
		{"await-one", within(func(ctx context.Context) error {
			return equals(hmsffi.Call[string](ctx, c.client, "echo-string", "one"))("one")
		})},
		{"await-many", within(func(ctx context.Context) error {
			room := unique("many")
			return together(64, func(int) error { return meet(ctx, room, 64) })
		})},
		{"await-thousand", within(func(ctx context.Context) error {
			return together(1000, func(i int) error { return echo(ctx, i) })
		})},
		{"await-over-quota", within(func(ctx context.Context) error {
			var answered atomic.Int32
			err := together(3000, func(i int) error {
				err := echo(ctx, i)
				if err == nil {
					answered.Add(1)
					return nil
				}
				return fails(err, hmsffi.ResourceExhausted, "", false)
			})
			if err == nil && answered.Load() < 1000 {
				err = fmt.Errorf("only %d answers", answered.Load())
			}
			return first(err, c.usable(ctx))
		})},
		{"await-in-another-order", within(func(ctx context.Context) error {
			one, other := unique("first"), unique("second")
			waiting := make(chan error, 1)
			go func() { waiting <- meet(ctx, one, 2) }()
			err := together(8, func(int) error { return meet(ctx, other, 8) })
			return first(err, meet(ctx, one, 2), <-waiting)
		})},
		{"await-errors", within(func(ctx context.Context) error {
			return together(64, func(i int) error {
				text := strconv.Itoa(i)
				switch i % 4 {
				case 0:
					return echo(ctx, i)
				case 1:
					return denies(c.client.Call(ctx, "deny-text", nil, text), text)
				case 2:
					return fails(c.client.Call(ctx, "fail-with", nil, "aborted", text), hmsffi.Aborted, text, true)
				default:
					return equals(hmsffi.Call[string](ctx, c.client, "echo-string", text))(text)
				}
			})
		})},
		{"await-nested", within(func(ctx context.Context) error {
			return together(32, func(int) error {
				return equals(hmsffi.Call[uint32](ctx, c.client, "bounce", uint32(4)))(4)
			})
		})},
		{"cancel-one-of-many", within(func(ctx context.Context) error {
			one, cancelOne := c.hold(unique("one"))
			other, cancelOther := c.hold(unique("other"))
			defer cancelOne()
			defer cancelOther()
			if err := first(c.asks(ctx, "held", one.key), c.asks(ctx, "held", other.key)); err != nil {
				return err
			}
			cancelOne()
			if err := first(one.cancelled(), c.asks(ctx, "released", one.key)); err != nil {
				return err
			}
			select {
			case err := <-other.ended:
				return fmt.Errorf("the other call ended with %v", err)
			default:
			}
			cancelOther()
			return first(other.cancelled(), c.asks(ctx, "released", other.key))
		})},
	}
}

// holding is a call of `hold` on its way.
type holding struct {
	key   string
	ended chan error
}

func (c *caller) hold(key string) (holding, context.CancelFunc) {
	ctx, cancel := context.WithCancel(hmsffi.NoTimeout(context.Background()))
	call := holding{key, make(chan error, 1)}
	go func() { call.ended <- c.client.Call(ctx, "hold", nil, key) }()
	return call, cancel
}

// cancelled waits for the end of the call, which was cancelled.
func (h holding) cancelled() error {
	if err := <-h.ended; !errors.Is(err, context.Canceled) {
		return fmt.Errorf("got %v", err)
	}
	return nil
}

// asks calls `held` or `released`, which have to be true.
func (c *caller) asks(ctx context.Context, function, key string) error {
	return equals(hmsffi.Call[bool](ctx, c.client, function, key))(true)
}
