package main

import (
	"context"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
	"github.com/hms-ffi/hms-ffi/tests/conformance/go/suite"
)

func (c *caller) mistakes() []check {
	refused := func(name, path, function string, value any) check {
		return check{name, within(func(ctx context.Context) error {
			return fails(c.client.Call(ctx, function, nil, value), hmsffi.InvalidArgument, path, false)
		})}
	}
	line := func(units any) map[string]any {
		return map[string]any{"code": "A1", "units": units, "charge": suite.D("1")}
	}
	claim := func(change func(map[string]any)) map[string]any {
		claim := map[string]any{"id": "c", "lines": []any{line(uint16(1)), line(uint16(2))}, "note": nil, "paid-in-full": true}
		change(claim)
		return claim
	}
	return []check{
		refused("wrong-type", "value", "echo-string", 5),
		refused("wrong-type-in-record", "value.lines[1].units", "echo-record",
			claim(func(claim map[string]any) { claim["lines"].([]any)[1] = line("many") })),
		refused("wrong-type-in-list", "value[", "echo-list-string", []any{"a", 5}),
		refused("bool-for-integer", "value", "echo-u8", true),
		refused("integer-out-of-range", "value", "echo-u8", 256),
		refused("negative-for-unsigned", "value", "echo-u32", -1),
		refused("unknown-enum-case", "value", "echo-enum", suite.Color("mauve")),
		refused("unknown-variant-case", "value", "echo-variant", hmsffi.Variant{Tag: "square"}),
		refused("missing-field", "value", "echo-record", claim(func(claim map[string]any) { delete(claim, "id") })),
		refused("extra-field", "value", "echo-record", claim(func(claim map[string]any) { claim["surplus"] = 1 })),
		refused("wrong-tuple-length", "value", "echo-tuple", []any{uint8(1), "x"}),
		refused("wrong-fixed-length", "value", "echo-fixed", []uint16{1, 2}),
		refused("bad-unicode", "value", "echo-string", "\xff"),
		refused("bad-decimal", "value", "echo-decimal", "1,5"),
		{"unknown-function", within(func(ctx context.Context) error {
			return fails(c.client.Call(ctx, "no-such-function", nil), hmsffi.Unimplemented, "no-such-function", false)
		})},
		{"unknown-interface", func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
			defer cancel()
			_, err := hmsffi.Connect(ctx, "test:conformance/no-such-interface")
			return fails(err, hmsffi.Unavailable, "", false)
		}},
		{"incompatible-contract", within(func(ctx context.Context) error {
			_, err := hmsffi.Connect(ctx, "test:versions/early", hmsffi.WIT(suite.Contract("versions/broken.wit")))
			return fails(err, hmsffi.FailedPrecondition, "place", false)
		})},
	}
}
