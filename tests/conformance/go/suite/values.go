package suite

import (
	"context"
	"fmt"
	"math"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// Echo is a function that answers with what it was given, and the values to try.
type Echo struct {
	Name    string
	Handler any
	Check   func(ctx context.Context, client *hmsffi.Client) error
}

func echo[T any](name string, values ...T) Echo {
	return Echo{name, func(value T) T { return value }, func(ctx context.Context, client *hmsffi.Client) error {
		for _, value := range values {
			back, err := hmsffi.Call[T](ctx, client, name, value)
			if err != nil {
				return fmt.Errorf("%v: %w", value, err)
			}
			if !Same(value, back) {
				return fmt.Errorf("got %v for %v", back, value)
			}
		}
		return nil
	}}
}

// P is a pointer to a value.
func P[T any](value T) *T { return &value }

// D is a decimal.
func D(text string) hmsffi.Decimal { return hmsffi.MustDecimal(text) }

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

func uuid(text string) hmsffi.UUID {
	id, err := hmsffi.ParseUUID(text)
	if err != nil {
		panic(err)
	}
	return id
}

func set[T comparable](values ...T) map[T]struct{} {
	set := map[T]struct{}{}
	for _, value := range values {
		set[value] = struct{}{}
	}
	return set
}

var (
	fullClaim = Claim{"c-1", []Line{{"A1", 0, D("0")}, {"B2", 65535, D("-12.50")}}, P("checked"), true}
	nilUUID   = uuid("00000000-0000-0000-0000-000000000000")
	someUUID  = uuid("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
	negative0 = math.Copysign(0, -1)
)

// Echoes are the functions `echo-*` with one parameter.
var Echoes = []Echo{
	echo("echo-bool", false, true),
	echo[uint8]("echo-u8", 0, 1, 255),
	echo[uint16]("echo-u16", 0, 1, 65535),
	echo[uint32]("echo-u32", 0, 1, 4294967295),
	echo[uint64]("echo-u64", 0, 1, 9007199254740991, 9007199254740993, 18446744073709551615),
	echo[int8]("echo-s8", -128, -1, 0, 127),
	echo[int16]("echo-s16", -32768, -1, 0, 32767),
	echo[int32]("echo-s32", -2147483648, -1, 0, 2147483647),
	echo[int64]("echo-s64", -9223372036854775808, -9007199254740993, -1, 0, 9223372036854775807),
	echo("echo-f32", 0, float32(negative0), 1.5, -0.25, math.MaxFloat32, math.SmallestNonzeroFloat32,
		float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())),
	echo("echo-f64", 0, negative0, 0.1, math.MaxFloat64, math.SmallestNonzeroFloat64, 9007199254740992, math.Inf(1),
		math.Inf(-1), math.NaN()),
	echo("echo-char", 'a', 0, 'é', '\ud7ff', '\ue000', '🦀', '\U0010ffff'),
	echo("echo-string", "", "plain", "tab\tand\nline", "a\x00b", "é中🦀", "e\u0301"),
	echo("echo-bytes", []byte{}, []byte{0}, []byte{0, 255}, []byte{0, 1, 2, 3, 255}),
	echo("echo-list-u16", []uint16{}, []uint16{0}, []uint16{1, 65535}),
	echo("echo-list-s32", []int32{}, []int32{-2147483648, 0, 2147483647}),
	echo("echo-list-u64", []uint64{}, []uint64{18446744073709551615, 0, 9007199254740993}),
	echo("echo-list-f32", []float32{}, []float32{0.5, float32(negative0), float32(math.Inf(1))}),
	echo("echo-list-f64", []float64{}, []float64{0.1, negative0, math.Inf(-1), 5e-324}),
	echo("echo-list-bool", []bool{}, []bool{true, false, true}),
	echo("echo-list-string", []string{}, []string{"", "a", "🦀"}),
	echo("echo-list-list", [][]uint32{}, [][]uint32{{}}, [][]uint32{{1}, {}, {4294967295, 2}}),
	echo("echo-list-option", []*string{}, []*string{nil, P(""), nil, P("x")}),
	echo("echo-fixed", Fixed{0, 1, 65535}),
	echo("echo-tuple", Three{0, "", 0.5}, Three{255, "end", -1.5}),
	echo("echo-record", fullClaim, Claim{Lines: []Line{}}),
	echo("echo-awkward", Awkward{"c", 1, true, -1, "h", "k"}),
	echo[Color]("echo-enum", "red", "dark-green", "blue"),
	echo[Permissions]("echo-flags", 0, 1, 7),
	echo[Wide]("echo-wide-flags", 0, 1|1<<8|1<<16, 1<<17-1),
	echo[Shape]("echo-variant", Empty{}, Circle(2.5), Label(""), ShapeClaim{fullClaim}, Maybe{}, Maybe{P[uint8](7)}),
	echo("echo-option", nil, P[uint32](0), P[uint32](4294967295)),
	echo("echo-nested-option", nil, P[*uint8](nil), P(P[uint8](0)), P(P[uint8](255))),
	echo("echo-results", []Number{}, []Number{{Ok: P[uint32](0)}, {Err: P("")}, {Ok: P[uint32](4294967295)}, {Err: P("no")}}),
	echo("echo-bare-results", []Bare{}, []Bare{{Ok: &struct{}{}}, {Err: &struct{}{}}}),
	echo("echo-map-string", map[string]uint32{}, map[string]uint32{"": 0, "a": 1, "é": 4294967295}),
	echo("echo-map-u64", map[uint64]string{}, map[uint64]string{0: "zero", 9007199254740991: "safe", 18446744073709551615: "most"}),
	echo("echo-map-bool", map[bool][]byte{}, map[bool][]byte{false: {}, true: {0, 255}}),
	echo("echo-map-char", map[rune]int8{}, map[rune]int8{'a': -128, '🦀': 127}),
	echo("echo-set-string", set[string](), set("", "a", "b")),
	echo("echo-set-u32", set[uint32](), set[uint32](0, 1, 4294967295)),
	echo("echo-set-enum", set[Color](), set[Color]("red", "blue")),
	echo("echo-set-uuid", set[hmsffi.UUID](), set(nilUUID, someUUID)),
	echo("echo-alias", []hmsffi.Decimal{}, []hmsffi.Decimal{D("1.10"), D("0.00")}),
	echo("echo-timestamp", time.Unix(0, 0).UTC(), at("2024-02-29T23:59:59.123456789Z"), at("1969-12-31T23:59:59.999999999Z"),
		at("0001-01-01T00:00:00Z"), at("9999-12-31T23:59:59.999999999Z")),
	echo("echo-zoned-timestamp", at("2024-02-29T12:00:00.000000001+05:30"), at("2024-02-29T12:00:00-23:59"), at("1970-01-01T00:00:00Z")),
	echo("echo-date", hmsffi.Date{Year: 1, Month: 1, Day: 1}, hmsffi.Date{Year: 2000, Month: 2, Day: 29}, hmsffi.Date{Year: 9999, Month: 12, Day: 31}),
	echo("echo-partial-date", hmsffi.PartialDate{Year: 2024}, hmsffi.PartialDate{Year: 2024, Month: 2}, hmsffi.PartialDate{Year: 1, Month: 12}),
	echo("echo-time-of-day", hmsffi.TimeOfDay{}, hmsffi.TimeOfDay{Hour: 12, Minute: 30, Nanosecond: 500_000_000},
		hmsffi.TimeOfDay{Hour: 23, Minute: 59, Second: 59, Nanosecond: 999_999_999}),
	echo("echo-duration", hmsffi.Duration{}, hmsffi.Duration{Seconds: 1, Nanoseconds: 500_000_000},
		hmsffi.DurationOf(-250*time.Millisecond), hmsffi.Duration{Seconds: 86400}, hmsffi.DurationOf(-time.Second-1)),
	echo("echo-decimal", D("0"), D("1.10"), D("-0.005"), D("100.00"), D("1234567890123456789012345678901234567890.0123456789")),
	echo("echo-uuid", nilUUID, someUUID, uuid("ffffffff-ffff-ffff-ffff-ffffffffffff")),
	echo[any]("echo-document", nil, true, int64(0), int64(-1), int64(9007199254740991), 1.5, "text", []any{}, map[string]any{},
		map[string]any{"name": "Ada", "tags": []any{"a", "b"}, "nested": map[string]any{"deep": []any{int64(1), nil, false}}, "__proto__": "kept"}),
	echo("echo-option-document", nil, P[any](nil), P[any]([]any{int64(1), map[string]any{"a": "b"}})),
	echo("echo-money", Money{D("12.30"), "EUR"}),
	echo("echo-quantity", Quantity{D("5.40"), "mg/dL"}),
}

// TheSample is the sample of values.json.
func TheSample() Sample {
	return Sample{
		Flag: true, Small: 200, Negative: -12345, Large: 18446744073709551615, Lowest: -9223372036854775808, Ratio: 0.1,
		Letter: '🦀', Text: "é中", Blob: []byte{0, 1, 2, 255}, Series: []float64{0.5, -1.5, 1e300}, Words: set("alpha", "beta"),
		Totals: map[string]uint32{"a": 1, "b": 2}, Pair: Pair{7, "seven"}, Color: "dark-green", Permissions: 5, Shape: Circle(2.5),
		Present: P[uint32](5), Boxed: P[*uint8](nil), Good: Number{Ok: P[uint32](1)}, Bad: Number{Err: P("no")},
		At: at("2024-02-29T23:59:59.123456789Z"), Local: at("2024-02-29T12:00:00.000000001+05:30"),
		Day: hmsffi.Date{Year: 2000, Month: 2, Day: 29}, Month: hmsffi.PartialDate{Year: 2024, Month: 2},
		Clock: hmsffi.TimeOfDay{Hour: 23, Minute: 59, Second: 59, Nanosecond: 1}, Span: hmsffi.DurationOf(-250 * time.Millisecond),
		Price: D("1.10"), ID: someUUID, Extra: map[string]any{"k": []any{int64(1), nil, "x"}}, Cost: Money{D("12.30"), "EUR"},
		Dose: Quantity{D("5.40"), "mg/dL"},
	}
}
