package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
	"github.com/hms-ffi/hms-ffi/tests/conformance/go/suite"
)

func (c *caller) values() []check {
	var checks []check
	for _, echo := range suite.Echoes {
		checks = append(checks, check{echo.Name, within(func(ctx context.Context) error { return echo.Check(ctx, c.client) })})
	}
	return append(checks,
		check{"echo-many", within(func(ctx context.Context) error {
			many := func(a uint8, b string, half *float64) error {
				return equals(hmsffi.Call[suite.Many](ctx, c.client, "echo-many", a, b, half))(suite.Many{A: a, B: b, C: half})
			}
			return first(many(7, "seven", suite.P(0.5)), many(0, "", nil))
		})},
		check{"nothing", within(func(ctx context.Context) error {
			_, err := hmsffi.Call[struct{}](ctx, c.client, "nothing")
			return err
		})},
		check{"make-sample", within(func(ctx context.Context) error {
			return equals(hmsffi.Call[suite.Sample](ctx, c.client, "make-sample"))(suite.TheSample())
		})},
		check{"is-sample", within(func(ctx context.Context) error {
			other := suite.TheSample()
			other.Price = suite.D("1.1")
			return first(
				equals(hmsffi.Call[bool](ctx, c.client, "is-sample", suite.TheSample()))(true),
				equals(hmsffi.Call[bool](ctx, c.client, "is-sample", other))(false),
			)
		})},
	)
}

func (c *caller) errors() []check {
	var checks []check
	for code := hmsffi.Cancelled; code <= hmsffi.Unauthenticated; code++ {
		checks = append(checks, check{"fail-with-" + code.String(), within(func(ctx context.Context) error {
			return fails(c.client.Call(ctx, "fail-with", nil, code.String(), "raised "+code.String()), code, "raised "+code.String(), true)
		})})
	}
	deny := func(ctx context.Context, function string, args ...any) error {
		_, err := hmsffi.Call[uint32](ctx, c.client, function, args...)
		return err
	}
	return append(checks,
		check{"fail-with-details", within(func(ctx context.Context) error {
			details := map[string]any{"hint": "retry", "n": int64(3)}
			e, wrong := failure(c.client.Call(ctx, "fail-with-details", nil, details), hmsffi.FailedPrecondition)
			if wrong != nil {
				return wrong
			}
			return equals(e.Details, nil)(details)
		})},
		check{"bug", within(func(ctx context.Context) error {
			return first(fails(c.client.Call(ctx, "bug", nil), hmsffi.Internal, "", true), c.usable(ctx))
		})},
		check{"deny-text", within(func(ctx context.Context) error {
			return first(denies(deny(ctx, "deny-text", "no"), "no"), denies(deny(ctx, "deny-text", ""), ""))
		})},
		check{"deny-record", within(func(ctx context.Context) error {
			problem := suite.Problem{Title: "late", Severity: 255}
			return denies(deny(ctx, "deny-record", problem), problem)
		})},
		check{"deny-enum", within(func(ctx context.Context) error {
			return denies(deny(ctx, "deny-enum", suite.Color("blue")), suite.Color("blue"))
		})},
		check{"deny-variant", within(func(ctx context.Context) error {
			for _, denial := range []suite.Denial{suite.Duplicate{}, suite.NotCovered("no lines"), suite.OverLimit{Value: suite.D("10.50")}} {
				if err := denies(deny(ctx, "deny-variant", denial), denial); err != nil {
					return err
				}
			}
			return nil
		})},
		check{"deny-option", within(func(ctx context.Context) error {
			none, five := (*uint32)(nil), suite.P[uint32](5)
			return first(denies(deny(ctx, "deny-option", none), none), denies(deny(ctx, "deny-option", five), five))
		})},
		check{"deny-bare", within(func(ctx context.Context) error {
			err := deny(ctx, "deny-bare")
			if value, ok := hmsffi.Declared[any](err); !ok || value != nil {
				return fmt.Errorf("got %v of %v", value, err)
			}
			return nil
		})},
		check{"allow", within(func(ctx context.Context) error {
			return equals(hmsffi.Call[uint32](ctx, c.client, "allow", uint32(7)))(7)
		})},
		check{"allow-bare", within(func(ctx context.Context) error { return c.client.Call(ctx, "allow-bare", nil) })},
	)
}

// unique is a key that no other process uses.
func unique(name string) string { return fmt.Sprintf("%s-%d-%d", name, os.Getpid(), rand.Uint64()) }

func (c *caller) deadlines() []check {
	left := func(ctx context.Context, low, high uint64) error {
		left, err := hmsffi.Call[*uint64](ctx, c.client, "time-left")
		if err == nil && (left == nil || *left <= low || *left > high) {
			err = fmt.Errorf("got %v", left)
		}
		return err
	}
	late, cancelled := unique("deadline"), unique("cancel")
	return []check{
		{"default-deadline", func(ctx context.Context) error { return left(ctx, 20_000, 30_000) }},
		{"own-deadline", func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			return left(ctx, 0, 5_000)
		}},
		{"no-deadline", func(ctx context.Context) error {
			return equals(hmsffi.Call[*uint64](hmsffi.NoTimeout(ctx), c.client, "time-left"))(nil)
		}},
		{"deadline-exceeded", func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			err := c.client.Call(ctx, "hold", nil, late)
			if !errors.Is(err, context.DeadlineExceeded) {
				return fmt.Errorf("got %v", err)
			}
			_, wrong := failure(err, hmsffi.DeadlineExceeded)
			return wrong
		}},
		{"deadline-releases-provider", within(func(ctx context.Context) error {
			return equals(hmsffi.Call[bool](ctx, c.client, "released", late))(true)
		})},
		{"deadline-in-the-past", within(func(ctx context.Context) error {
			past, cancel := context.WithTimeout(ctx, -time.Second)
			defer cancel()
			return c.neverRuns(ctx, past, hmsffi.DeadlineExceeded, context.DeadlineExceeded)
		})},
		{"cancel", func(ctx context.Context) error {
			held, cancel := context.WithCancel(hmsffi.NoTimeout(ctx))
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- c.client.Call(held, "hold", nil, cancelled) }()
			if err := equals(hmsffi.Call[bool](ctx, c.client, "held", cancelled))(true); err != nil {
				return err
			}
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				return fmt.Errorf("got %v", err)
			}
			return nil
		}},
		{"cancel-releases-provider", within(func(ctx context.Context) error {
			return equals(hmsffi.Call[bool](ctx, c.client, "released", cancelled))(true)
		})},
		{"cancel-before-start", within(func(ctx context.Context) error {
			cancelled, cancel := context.WithCancel(ctx)
			cancel()
			return c.neverRuns(ctx, cancelled, hmsffi.Cancelled, context.Canceled)
		})},
		{"cancel-ended", within(func(ctx context.Context) error {
			ended, cancel := context.WithCancel(ctx)
			err := equals(hmsffi.Call[uint32](ended, c.client, "echo-u32", uint32(7)))(7)
			cancel()
			return first(err, c.usable(ctx))
		})},
	}
}

// neverRuns calls with a context that has ended already: the call fails so, and no handler sees it.
func (c *caller) neverRuns(ctx, ended context.Context, code hmsffi.Code, is error) error {
	key := unique("never")
	err := c.client.Call(ended, "flaky-once", nil, key, uint32(0))
	if !errors.Is(err, is) {
		return fmt.Errorf("got %v", err)
	}
	return first(fails(err, code, "", false), c.tallied(ctx, key, 0))
}

func counting(length, step int) []byte {
	counted := make([]byte, length)
	for i := range counted {
		counted[i] = byte(i * step)
	}
	return counted
}

func (c *caller) sizes() []check {
	same := func(want []byte) func(got []byte, err error) error {
		return func(got []byte, err error) error {
			if err == nil && !bytes.Equal(got, want) {
				err = fmt.Errorf("other bytes, %d of them", len(got))
			}
			return err
		}
	}
	return []check{
		{"string-of-1-mib", within(func(ctx context.Context) error {
			text := strings.Repeat("é", 524_288)
			got, err := hmsffi.Call[string](ctx, c.client, "echo-string", text)
			return same([]byte(text))([]byte(got), err)
		})},
		{"bytes-of-3-mb", within(func(ctx context.Context) error {
			sent := counting(3_000_000, 31)
			return same(sent)(hmsffi.Call[[]byte](ctx, c.client, "echo-bytes", sent))
		})},
		{"bytes-from-provider", within(func(ctx context.Context) error {
			return same(counting(3_000_000, 1))(hmsffi.Call[[]byte](ctx, c.client, "make-bytes", uint32(3_000_000)))
		})},
		{"argument-over-message-limit", within(func(ctx context.Context) error {
			_, wrong := failure(c.client.Call(ctx, "echo-bytes", nil, make([]byte, 9_000_000)), hmsffi.ResourceExhausted)
			return first(wrong, c.usable(ctx))
		})},
		{"result-over-message-limit", within(func(ctx context.Context) error {
			_, wrong := failure(c.client.Call(ctx, "make-bytes", nil, uint32(9_000_000)), hmsffi.ResourceExhausted)
			return first(wrong, c.usable(ctx))
		})},
		{"document-too-deep", within(func(ctx context.Context) error {
			nested := func(depth int) (document any) {
				document = []any{}
				for range depth - 1 {
					document = []any{document}
				}
				return document
			}
			_, wrong := failure(c.client.Call(ctx, "echo-document", nil, nested(80)), hmsffi.ResourceExhausted)
			return first(wrong, equals(hmsffi.Call[any](ctx, c.client, "echo-document", nested(20)))(nested(20)))
		})},
		{"too-many-elements", within(func(ctx context.Context) error {
			_, wrong := failure(c.client.Call(ctx, "echo-list-string", nil, make([]string, 100_001)), hmsffi.ResourceExhausted)
			return wrong
		})},
		{"calls-meet", within(func(ctx context.Context) error {
			room := unique("room")
			return together(8, func(int) error {
				return equals(hmsffi.Call[uint32](ctx, c.client, "meet", room, uint32(8)))(8)
			})
		})},
		{"calls-in-parallel", within(func(ctx context.Context) error {
			return together(8, func(worker int) error {
				for i := worker; i < 400; i += 8 {
					number, text := uint32(i), strconv.Itoa(i)
					if err := first(
						equals(hmsffi.Call[uint32](ctx, c.client, "echo-u32", number))(number),
						equals(hmsffi.Call[string](ctx, c.client, "echo-string", text))(text),
					); err != nil {
						return err
					}
				}
				return nil
			})
		})},
		{"caller-identity", within(func(ctx context.Context) error {
			own := suite.Ids{UID: uint32(os.Getuid()), PID: uint32(os.Getpid())}
			return equals(hmsffi.Call[suite.Ids](ctx, c.client, "who-calls"))(own)
		})},
	}
}

// together runs something on several goroutines.
func together(count int, run func(i int) error) error {
	errs := make([]error, count)
	var wait sync.WaitGroup
	for i := range count {
		wait.Add(1)
		go func() {
			defer wait.Done()
			errs[i] = run(i)
		}()
	}
	wait.Wait()
	return first(errs...)
}
