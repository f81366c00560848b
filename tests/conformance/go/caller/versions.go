package main

import (
	"context"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
	"github.com/hms-ffi/hms-ffi/tests/conformance/go/suite"
)

func (c *caller) versions() []check {
	with := func(iface, contract string, run func(ctx context.Context, client *hmsffi.Client) error) func(context.Context) error {
		return within(func(ctx context.Context) error {
			client, err := hmsffi.Connect(ctx, iface, hmsffi.WIT(suite.Contract(contract)))
			if err != nil {
				return err
			}
			defer client.Close()
			return run(ctx, client)
		})
	}
	early := func(name string, run func(ctx context.Context, client *hmsffi.Client) error) check {
		return check{name, with("test:versions/early", "versions/new.wit", run)}
	}
	late := func(name string, run func(ctx context.Context, client *hmsffi.Client) error) check {
		return check{name, with("test:versions/late", "versions/old.wit", run)}
	}
	pen := suite.NewOrder{ID: 1, Item: "pen", Status: "open"}
	place := func(order suite.NewOrder, status, seen string) func(context.Context, *hmsffi.Client) error {
		return func(ctx context.Context, client *hmsffi.Client) error {
			want := suite.NewReceipt{Total: suite.D("3.50"), Order: order.ID, Seen: []string{seen}, Status: status}
			return equals(hmsffi.Call[suite.NewReceipt](ctx, client, "place", order))(want)
		}
	}
	refuses := func(order any, refusal suite.Refusal) func(context.Context, *hmsffi.Client) error {
		return func(ctx context.Context, client *hmsffi.Client) error {
			return denies(client.Call(ctx, "place", nil, order), refusal)
		}
	}
	placeOld := func(item, status, seen string) func(context.Context, *hmsffi.Client) error {
		return func(ctx context.Context, client *hmsffi.Client) error {
			order := suite.OldOrder{ID: 2, Item: item, Status: "closed"}
			want := suite.OldReceipt{Order: 2, Total: suite.D("3.50"), Status: status, Seen: []string{seen, "-"}}
			return equals(hmsffi.Call[suite.OldReceipt](ctx, client, "place", order))(want)
		}
	}
	return []check{
		early("early-place", place(pen, "open", "open")),
		early("early-option-none", place(suite.NewOrder{ID: 1, Item: "pen", Status: "closed"}, "closed", "closed")),
		early("early-option-some", func(ctx context.Context, client *hmsffi.Client) error {
			gift := suite.NewOrder{ID: 1, Item: "pen", Status: "open", Note: suite.P("gift")}
			return fails(client.Call(ctx, "place", nil, gift), hmsffi.InvalidArgument, "order.note", false)
		}),
		early("early-unknown-case", place(suite.NewOrder{ID: 1, Item: "pen", Status: "on-hold"}, "unclear", "unclear")),
		early("early-declared-error", refuses(suite.NewOrder{Item: "bulk", Status: "open"}, suite.Refusal{Tag: "too-many", Val: uint32(100)})),
		early("early-parameter-none", func(ctx context.Context, client *hmsffi.Client) error {
			return equals(hmsffi.Call[bool](ctx, client, "cancel", nil, uint32(7)))(true)
		}),
		early("early-parameter-some", func(ctx context.Context, client *hmsffi.Client) error {
			return fails(client.Call(ctx, "cancel", nil, "why", uint32(7)), hmsffi.InvalidArgument, "reason", false)
		}),
		late("late-place", placeOld("pen", "closed", "closed")),
		late("late-unknown-case", placeOld("later", "unclear", "closed")),
		late("late-declared-error", refuses(suite.OldOrder{Item: "gone", Status: "open"}, suite.Refusal{Tag: "sold-out"})),
		late("late-unknown-declared-case", refuses(suite.OldOrder{Item: "contraband", Status: "open"}, suite.Refusal{Tag: "other"})),
		late("late-parameter", func(ctx context.Context, client *hmsffi.Client) error {
			return equals(hmsffi.Call[bool](ctx, client, "cancel", uint32(7)))(true)
		}),
	}
}

func (c *caller) rest() []check {
	return []check{
		{"still-usable", within(func(ctx context.Context) error {
			return equals(hmsffi.Call[string](ctx, c.client, "echo-string", "still"))("still")
		})},
		{name: "stream"}, {name: "resource"}, {name: "topic"},
	}
}
