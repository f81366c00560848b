package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
	"github.com/hms-ffi/hms-ffi/tests/conformance/go/suite"
)

func (c *caller) batches() []check {
	number := func(i int) hmsffi.Bound { return hmsffi.Bind("echo-u32", uint32(i)) }
	return []check{
		{"batch", within(c.batchOfFunctions)},
		{"batch-errors", within(c.batchErrors)},
		{"batch-large", within(func(ctx context.Context) error {
			sent := counting(3_000_000, 31)
			replies := c.client.Batch(ctx, number(1), hmsffi.Bind("echo-bytes", sent), number(2),
				hmsffi.Bind("make-bytes", uint32(3_000_000)), number(3))
			return first(
				numbers(replies, 0, 1), sameBytes(replies[1], sent), numbers(replies, 2, 2),
				sameBytes(replies[3], counting(3_000_000, 1)), numbers(replies, 4, 3),
			)
		})},
		{"batch-over-quota", within(func(ctx context.Context) error {
			var calls []hmsffi.Bound
			for i := range 3000 {
				calls = append(calls, number(i))
			}
			replies := c.client.Batch(ctx, calls...)
			for i := range calls {
				if err := numbers(replies, i, uint32(i)); err != nil {
					return err
				}
			}
			return nil
		})},
		{"batch-empty", within(func(ctx context.Context) error {
			return equals(len(c.client.Batch(ctx)), nil)(0)
		})},
		{"batch-deadline", within(func(ctx context.Context) error {
			key := unique("batch-late")
			short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
			defer cancel()
			replies := c.client.Batch(short, number(1), hmsffi.Bind("hold", key), number(2))
			_, wrong := failure(replies[1].Err(), hmsffi.DeadlineExceeded)
			return first(wrong, numbers(replies, 0, 1), numbers(replies, 2, 2), c.asks(ctx, "released", key))
		})},
		{"batch-cancel", within(func(ctx context.Context) error {
			one, other := unique("batch-a"), unique("batch-b")
			held, cancel := context.WithCancel(hmsffi.NoTimeout(context.Background()))
			defer cancel()
			ended := make(chan []hmsffi.Reply, 1)
			go func() { ended <- c.client.Batch(held, hmsffi.Bind("hold", one), hmsffi.Bind("hold", other)) }()
			if err := first(c.asks(ctx, "held", one), c.asks(ctx, "held", other)); err != nil {
				return err
			}
			cancel()
			for _, reply := range <-ended {
				if _, wrong := failure(reply.Err(), hmsffi.Cancelled); wrong != nil {
					return wrong
				}
			}
			return first(c.asks(ctx, "released", one), c.asks(ctx, "released", other))
		})},
	}
}

func (c *caller) batchOfFunctions(ctx context.Context) error {
	var calls []hmsffi.Bound
	var checks []func(hmsffi.Reply) error
	for i := range 64 {
		switch i % 4 {
		case 0:
			calls, checks = append(calls, hmsffi.Bind("echo-u32", uint32(i))), append(checks, replies(uint32(i)))
		case 1:
			text := strconv.Itoa(i)
			calls, checks = append(calls, hmsffi.Bind("echo-string", text)), append(checks, replies(text))
		case 2:
			list := []uint16{uint16(i)}
			calls, checks = append(calls, hmsffi.Bind("echo-list-u16", list)), append(checks, replies(list))
		default:
			var option *uint32
			if i%8 != 7 {
				option = suite.P(uint32(i))
			}
			calls, checks = append(calls, hmsffi.Bind("echo-option", option)), append(checks, replies(option))
		}
	}
	for i, reply := range c.client.Batch(ctx, calls...) {
		if err := checks[i](reply); err != nil {
			return err
		}
	}
	return nil
}

func (c *caller) batchErrors(ctx context.Context) error {
	problem := suite.Problem{Title: "late", Severity: 255}
	all := c.client.Batch(ctx,
		hmsffi.Bind("allow", uint32(7)),
		hmsffi.Bind("deny-text", "no"),
		hmsffi.Bind("fail-with", "not-found", "raised not-found"),
		hmsffi.Bind("deny-record", problem),
		hmsffi.Bind("bug"),
		hmsffi.Bind("echo-string", "still"),
	)
	return first(
		numbers(all, 0, 7),
		denies(all[1].Err(), "no"),
		fails(all[2].Err(), hmsffi.NotFound, "raised not-found", true),
		denies(all[3].Err(), problem),
		fails(all[4].Err(), hmsffi.Internal, "", true),
		replies("still")(all[5]),
	)
}

// replies compares the reply of a call of a batch.
func replies[T any](want T) func(hmsffi.Reply) error {
	return func(reply hmsffi.Reply) error { return equals(hmsffi.As[T](reply))(want) }
}

func numbers(all []hmsffi.Reply, at int, want uint32) error { return replies(want)(all[at]) }

func sameBytes(reply hmsffi.Reply, want []byte) error {
	got, err := hmsffi.As[[]byte](reply)
	if err == nil && !bytes.Equal(got, want) {
		err = fmt.Errorf("other bytes, %d of them", len(got))
	}
	return err
}
