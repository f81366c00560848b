package main

import (
	"context"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

func (c *caller) retries() []check {
	flaky := func(ctx context.Context, function, key string, failures uint32) (uint32, error) {
		return hmsffi.Call[uint32](ctx, c.client, function, key, failures)
	}
	return []check{
		{"retry-idempotent", within(func(ctx context.Context) error {
			key := unique("retry")
			return first(equals(flaky(ctx, "flaky", key, 2))(3), c.tallied(ctx, key, 3))
		})},
		{"retry-gives-up", within(func(ctx context.Context) error {
			key := unique("hopeless")
			_, err := flaky(ctx, "flaky", key, 1000)
			return first(fails(err, hmsffi.Unavailable, "", true), c.tallied(ctx, key, 5))
		})},
		{"no-retry-otherwise", within(func(ctx context.Context) error {
			key := unique("once")
			_, err := flaky(ctx, "flaky-once", key, 1)
			return first(
				fails(err, hmsffi.Unavailable, "", true), c.tallied(ctx, key, 1),
				equals(flaky(ctx, "flaky-once", key, 1))(2),
			)
		})},
		{"batch-retry", within(func(ctx context.Context) error {
			again, once := unique("batch-retry"), unique("batch-once")
			replies := c.client.Batch(ctx, hmsffi.Bind("flaky", again, uint32(1)),
				hmsffi.Bind("flaky-once", once, uint32(1)), hmsffi.Bind("echo-u32", uint32(3)))
			return first(
				numbers(replies, 0, 2), fails(replies[1].Err(), hmsffi.Unavailable, "", true), numbers(replies, 2, 3),
				c.tallied(ctx, again, 2), c.tallied(ctx, once, 1),
			)
		})},
	}
}

// tallied tells how often handlers ran for a key.
func (c *caller) tallied(ctx context.Context, key string, times uint32) error {
	return equals(hmsffi.Call[uint32](ctx, c.client, "tally", key))(times)
}
