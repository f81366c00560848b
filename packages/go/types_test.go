package hmsffi

import (
	"encoding/hex"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"
)

type (
	color  string
	point  struct{ X, Y int32 }
	one    struct{ Only uint8 }
	pair   struct{ First, Second uint8 }
	labels struct {
		A *uint8
		B *string
		C *point
	}
	aligned struct {
		Tag    uint8
		Values []float64
		Small  []uint16
		Last   bool
	}
	nested struct {
		Point  point
		Points []point
		Named  map[string]point `hms:"by-name"`
		Shape  shape
	}
	line struct {
		Code   string
		Units  uint16
		Charge Decimal
	}
	claim struct {
		ID        string
		Patient   string
		Lines     []line
		Diagnoses map[string]struct{}
		Tags      map[string]string
		Submitted time.Time
		Note      *string
		internal  int //nolint:unused // unexported fields do not count
	}
	money    struct{ Amount, Currency any }
	quantity struct {
		Value Decimal
		Unit  string
	}
	birthday Date
	instant  time.Time
	amount   Decimal
)

// shape as an interface with registered implementers.
type shape interface{ isShape() }

type (
	empty      struct{}
	textShape  string
	number     float64
	pairShape  struct{ First, Second uint8 }
	maybe      struct{ Value *uint8 }
	numberList []uint64
)

func (empty) isShape()      {}
func (textShape) isShape()  {}
func (number) isShape()     {}
func (pairShape) isShape()  {}
func (maybe) isShape()      {}
func (numberList) isShape() {}

// answer as a struct with one pointer per case.
type answer struct {
	Yes   *struct{}
	No    *string
	Other *struct{}
}

func init() {
	RegisterVariant[shape](Case[empty]("empty"), Case[textShape]("text"), Case[number]("number"),
		Case[pairShape]("pair"), Case[maybe]("maybe"), Case[numberList]("numbers"))
}

type set[T comparable] map[T]struct{}

// typed are Go types for the types of the vectors.
var typed = map[string]reflect.Type{
	"one-bool": reflect.TypeFor[bool](), "one-u8": reflect.TypeFor[uint8](), "one-s8": reflect.TypeFor[int8](),
	"one-u16": reflect.TypeFor[uint16](), "one-s16": reflect.TypeFor[int16](), "one-u32": reflect.TypeFor[uint32](),
	"one-s32": reflect.TypeFor[int32](), "one-u64": reflect.TypeFor[uint64](), "one-s64": reflect.TypeFor[int64](),
	"one-f32": reflect.TypeFor[float32](), "one-f64": reflect.TypeFor[float64](), "one-char": reflect.TypeFor[rune](),
	"one-string": reflect.TypeFor[string](), "list-u8": reflect.TypeFor[[]byte](), "list-s8": reflect.TypeFor[[]int8](),
	"list-u16": reflect.TypeFor[[]uint16](), "list-s16": reflect.TypeFor[[]int16](), "list-u32": reflect.TypeFor[[]uint32](),
	"list-s32": reflect.TypeFor[[]int32](), "list-u64": reflect.TypeFor[[]uint64](), "list-s64": reflect.TypeFor[[]int64](),
	"list-f32": reflect.TypeFor[[]float32](), "list-f64": reflect.TypeFor[[]float64](), "list-bool": reflect.TypeFor[[]bool](),
	"list-char": reflect.TypeFor[[]rune](), "list-string": reflect.TypeFor[[]string](), "list-color": reflect.TypeFor[[]color](),
	"list-percent": reflect.TypeFor[[]uint16](), "list-list-u16": reflect.TypeFor[[][]uint16](),
	"list-list-string": reflect.TypeFor[[][]string](), "list-point": reflect.TypeFor[[]point](),
	"list-empty-lists": reflect.TypeFor[[][0]string](), "fixed-u8-4": reflect.TypeFor[[4]byte](),
	"fixed-f64-2": reflect.TypeFor[[2]float64](), "fixed-string-2": reflect.TypeFor[[2]string](),
	"fixed-u32-0": reflect.TypeFor[[0]uint32](), "fixed-bool-3": reflect.TypeFor[[]bool](),
	"tuple-u8-string": reflect.TypeFor[struct {
		First  uint8
		Second string
	}](),
	"tuple-one": reflect.TypeFor[struct{ Value uint64 }](),
	"tuple-u8-list-u32": reflect.TypeFor[struct {
		A uint8
		B []uint32
	}](),
	"tuple-u8-fixed-u32": reflect.TypeFor[struct {
		A uint8
		B [2]uint32
		C uint8
	}](),
	"tuple-nested": reflect.TypeFor[struct {
		A pair
		B struct {
			C bool
			D string
		}
	}](),
	"set-bool": reflect.TypeFor[set[bool]](), "set-s8": reflect.TypeFor[set[int8]](), "set-s16": reflect.TypeFor[set[int16]](),
	"set-s32": reflect.TypeFor[set[int32]](), "set-s64": reflect.TypeFor[set[int64]](), "set-u8": reflect.TypeFor[set[uint8]](),
	"set-u16": reflect.TypeFor[set[uint16]](), "set-u32": reflect.TypeFor[set[uint32]](), "set-u64": reflect.TypeFor[set[uint64]](),
	"set-char": reflect.TypeFor[set[rune]](), "set-string": reflect.TypeFor[[]string](), "set-color": reflect.TypeFor[set[color]](),
	"set-uuid": reflect.TypeFor[set[UUID]](), "set-date": reflect.TypeFor[set[Date]](),
	"map-bool": reflect.TypeFor[map[bool]uint8](), "map-s8": reflect.TypeFor[map[int8]uint8](),
	"map-s16": reflect.TypeFor[map[int16]uint8](), "map-s32": reflect.TypeFor[map[int32]uint8](),
	"map-s64": reflect.TypeFor[map[int64]uint8](), "map-u8": reflect.TypeFor[map[uint8]uint8](),
	"map-u16": reflect.TypeFor[map[uint16]uint8](), "map-u32": reflect.TypeFor[map[uint32]uint8](),
	"map-u64": reflect.TypeFor[map[uint64]uint8](), "map-char": reflect.TypeFor[map[rune]uint8](),
	"map-string": reflect.TypeFor[map[string]uint8](), "map-string-list-u64": reflect.TypeFor[map[string][]uint64](),
	"map-u32-string": reflect.TypeFor[map[uint32]string](), "map-string-map": reflect.TypeFor[map[string]map[uint8]bool](),
	"map-u64-point": reflect.TypeFor[map[uint64]point](),
	"record-point":  reflect.TypeFor[point](), "record-one": reflect.TypeFor[one](), "record-aligned": reflect.TypeFor[aligned](),
	"record-optional": reflect.TypeFor[labels](), "record-nested": reflect.TypeFor[nested](), "record-claim": reflect.TypeFor[claim](),
	"enum-color": reflect.TypeFor[color](), "enum-status": reflect.TypeFor[string](), "enum-cases-256": reflect.TypeFor[color](),
	"enum-cases-257": reflect.TypeFor[color](), "enum-cases-300": reflect.TypeFor[color](),
	"flags-1": reflect.TypeFor[uint8](), "flags-8": reflect.TypeFor[uint8](), "flags-9": reflect.TypeFor[uint16](),
	"flags-16": reflect.TypeFor[uint](), "flags-17": reflect.TypeFor[uint32](), "flags-32": reflect.TypeFor[uint64](),
	"variant-shape": reflect.TypeFor[shape](), "variant-answer": reflect.TypeFor[answer](),
	"variant-cases-300": reflect.TypeFor[Variant](), "result-u8-string": reflect.TypeFor[Result[uint8, string]](),
	"result-none": reflect.TypeFor[Result[struct{}, struct{}]](), "result-only-err": reflect.TypeFor[Result[struct{}, string]](),
	"result-only-ok": reflect.TypeFor[Result[[]uint32, struct{}]](), "list-result": reflect.TypeFor[[]Result[uint8, string]](),
	"option-u8": reflect.TypeFor[*uint8](), "option-string": reflect.TypeFor[*string](), "option-option-u8": reflect.TypeFor[**uint8](),
	"option-option-option-string": reflect.TypeFor[***string](), "option-document": reflect.TypeFor[*any](),
	"option-list-u8": reflect.TypeFor[*[]byte](), "option-result": reflect.TypeFor[*Result[uint8, string]](),
	"list-option-u16": reflect.TypeFor[[]*uint16](), "option-tuple": reflect.TypeFor[*struct {
		A uint8
		B *uint8
	}](),
	"one-timestamp": reflect.TypeFor[time.Time](), "one-zoned-timestamp": reflect.TypeFor[time.Time](),
	"one-date": reflect.TypeFor[birthday](), "one-partial-date": reflect.TypeFor[PartialDate](),
	"one-time-of-day": reflect.TypeFor[TimeOfDay](), "one-duration": reflect.TypeFor[Duration](),
	"one-decimal": reflect.TypeFor[amount](), "one-uuid": reflect.TypeFor[[16]byte](), "one-document": reflect.TypeFor[any](),
	"one-money": reflect.TypeFor[money](), "one-quantity": reflect.TypeFor[quantity](), "list-timestamp": reflect.TypeFor[[]instant](),
	"list-decimal": reflect.TypeFor[[]Decimal](), "list-document": reflect.TypeFor[[]any](),
	"map-string-document": reflect.TypeFor[map[string]any](), "list-partial-date": reflect.TypeFor[[]PartialDate](),
	"alias-percent": reflect.TypeFor[uint16](), "alias-temperature": reflect.TypeFor[float64](),
	"alias-short-text": reflect.TypeFor[string](), "alias-code": reflect.TypeFor[string](),
	"alias-level": reflect.TypeFor[Decimal](), "alias-few": reflect.TypeFor[[]string](),
}

// All vectors pass through Go types of their own, as they do through any.
func TestTypedVectors(t *testing.T) {
	eachVector(t, "good", 300, func(t *testing.T, c *codec, id int, v vector, message []byte) {
		target, ok := typed[v.Type]
		if !ok {
			t.Fatalf("no Go type for %s", v.Type)
		}
		value := reflect.New(target).Elem()
		if err := liftValue(c, id, message, value); err != nil {
			t.Fatal(err)
		}
		again, err := lowerValue(c, id, value.Interface())
		if err != nil {
			t.Fatal(err)
		}
		if !v.LiftOnly && hex.EncodeToString(again) != v.Hex {
			t.Errorf("got %x, expected %s", again, v.Hex)
		}
	})
	eachVector(t, "bad", 150, func(t *testing.T, c *codec, id int, v vector, message []byte) {
		err := liftValue(c, id, message, reflect.New(typed[v.Type]).Elem())
		if err == nil {
			t.Fatal("accepted")
		}
		path, _, _ := strings.Cut(err.Message, ": ")
		if err.Code.String() != v.Code || path != v.Path {
			t.Errorf("got %s, expected %s at %s", err, v.Code, v.Path)
		}
	})
}

// Values of the wrong type are refused with their path, before anything is sent.
func TestTypeErrors(t *testing.T) {
	c := vectorsCodec(t)
	badText := "\xff"
	nine := uint8(9)
	for name, test := range map[string]struct {
		of      string
		value   any
		message string
	}{
		"bool for integer":        {"one-u8", true, "value: expected u8, got bool"},
		"int for u8":              {"one-u8", 1, "value: expected u8, got int"},
		"wider integer":           {"one-u16", uint32(1), "value: expected u16, got uint32"},
		"signed for unsigned":     {"one-u32", int32(1), "value: expected u32, got int32"},
		"float for decimal":       {"one-decimal", 1.5, "value: expected decimal, got float64"},
		"string for decimal":      {"one-decimal", "1.5", "value: expected decimal, got string"},
		"f64 for f32":             {"one-f32", 1.5, "value: expected f32, got float64"},
		"nil for string":          {"one-string", nil, "value: expected string, got nil"},
		"invalid UTF-8":           {"one-string", badText, "value: not valid UTF-8"},
		"invalid UTF-8 in a list": {"list-string", []string{"a", badText}, "value[1]: not valid UTF-8"},
		"surrogate":               {"one-char", rune(0xd800), "value: not a Unicode scalar value"},
		"value for option":        {"option-tuple", []any{uint8(1), "x"}, "value[1]: expected u8, got string"},
		"unknown enum case":       {"enum-color", "pink", `value: there is no case "pink"`},
		"undefined flag":          {"flags-1", uint8(2), "value: a bit is set that no flag has"},
		"unknown flag":            {"flags-1", []string{"f0", "f7"}, `value[1]: there is no case "f7"`},
		"missing field": {"record-point", struct{ X int32 }{},
			"value.y: expected record point, got struct { X int32 }, which has no field for it"},
		"extra field": {"record-one", struct{ Only, More uint8 }{},
			"value: expected record one, got struct { Only uint8; More uint8 }, which has the field More (unknown fields are left out with the tag `hms:\"-\"`)"},
		"field of another type": {"record-claim", struct {
			claim
			Note string
		}{}, "value.note: expected option<string>, got string, which is no pointer"},
		"missing key":      {"record-point", map[string]any{"x": int32(1)}, "value.y: missing, expected s32"},
		"unknown key":      {"record-one", map[string]any{"only": nine, "more": nine}, "value.more: the record has no such field"},
		"deep in a record": {"record-nested", map[string]any{"point": map[string]any{"x": int32(1), "y": "2"}}, "value.point.y: expected s32, got string"},
		"map value":        {"map-string-document", map[string]any{"a": struct{}{}}, `value["a"]: expected a value of a document, got struct {}`},
		"document in a list": {"one-document", []any{1, map[string]any{"x": make(chan int)}},
			`value[1]["x"]: expected a value of a document, got chan int`},
		"list of wrong length":     {"fixed-f64-2", []float64{1}, "value: expected 2 elements, got 1"},
		"tuple of wrong length":    {"tuple-one", []any{uint64(1), 2}, "value: expected 1 elements, got 2"},
		"tuple struct":             {"tuple-one", pair{}, "value: expected 1 elements, got 2"},
		"payload for none":         {"variant-shape", Variant{"empty", 1}, "value.empty: the case has no payload"},
		"unknown variant case":     {"variant-shape", Variant{Tag: "circle"}, `value: there is no case "circle"`},
		"no case set":              {"variant-answer", answer{}, "value: expected variant answer, got hmsffi.answer with 0 cases set"},
		"two cases set":            {"variant-answer", answer{Yes: &struct{}{}, No: &badText}, "value: expected variant answer, got hmsffi.answer with 2 cases set"},
		"nil variant":              {"list-result", []any{nil}, "value[0]: expected result<u8, string>, got nil"},
		"duplicate in a set":       {"set-string", []string{"b", "a", "b"}, "value[2]: present twice"},
		"year 10000":               {"one-timestamp", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "value: a timestamp lies within the years 1 to 9999"},
		"offset with seconds":      {"one-zoned-timestamp", time.Unix(0, 0).In(time.FixedZone("", 61)), "value: expected an offset in whole minutes, got one with seconds"},
		"no such day":              {"one-date", Date{2023, time.February, 29}, "value: not a day of the years 1 to 9999"},
		"day beyond 16 bits":       {"one-date", Date{65537, time.January, 1}, "value: not a day of the years 1 to 9999"},
		"hour 24":                  {"one-time-of-day", TimeOfDay{Hour: 24}, "value: not a time from 00:00:00 to 23:59:59"},
		"time for date":            {"one-date", time.Now(), "value: expected date, got time.Time"},
		"integer beyond documents": {"one-document", new(big.Int).Lsh(big.NewInt(1), 64), "value: an integer of a document is -2^64 to 2^64 - 1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := lowerValue(c, c.schema.Functions[c.schema.Function(test.of)].Params[0].Type, test.value)
			if err == nil {
				t.Fatal("accepted")
			}
			if err.Code != InvalidArgument || err.Message != test.message {
				t.Errorf("got %q (%s)\nexpected %q", err.Message, err.Code, test.message)
			}
		})
	}
}

func TestAcceptedTypes(t *testing.T) {
	c := vectorsCodec(t)
	five := uint8(5)
	text := "x"
	inner := &five
	for name, test := range map[string]struct {
		of    string
		value any
		hex   string
	}{
		"time.Duration":       {"one-duration", -250 * time.Millisecond, "ffffffffffffffff8017b42c"},
		"record as a map":     {"record-point", map[string]any{"x": int32(1), "y": int32(-1)}, "01000000ffffffff"},
		"missing option":      {"record-optional", map[string]any{}, "000000"},
		"option from any":     {"option-u8", five, "0105"},
		"option as pointer":   {"option-u8", &five, "0105"},
		"nil option":          {"option-u8", nil, "00"},
		"typed nil":           {"option-u8", (*uint8)(nil), "00"},
		"nested option":       {"option-option-u8", Some{nil}, "0100"},
		"nested pointers":     {"option-option-u8", &inner, "010105"},
		"result as Variant":   {"result-u8-string", Variant{"ok", five}, "0005"},
		"result as a struct":  {"result-u8-string", Result[uint8, string]{Err: &text}, "010100000078"},
		"wrapped payload":     {"variant-shape", maybe{&five}, "040105"},
		"payload as its type": {"variant-shape", textShape("x"), "010100000078"},
		"embedded fields":     {"record-point", struct{ point }{point{1, 2}}, "0100000002000000"},
		"ignored field": {"record-one", struct {
			Only, Skip uint8 `hms:"-"`
		}{}, ""},
		"float32 in document":  {"one-document", float32(1.5), "03000000f93e00"},
		"map in document":      {"one-document", map[color]int{"a": 1}, "04000000a1616101"},
		"array in document":    {"one-document", [2]int{1, 2}, "03000000820102"},
		"big integer":          {"one-document", new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), 64)), "090000003bffffffffffffffff"},
		"nil slice":            {"list-string", []string(nil), "00000000"},
		"named numbers":        {"list-s32", []time.Month{}, ""},
		"NaN in a slice":       {"list-f64", []float64{math.Float64frombits(0x7ff0000000000001)}, "0100000000000000010000000000f07f"},
		"scalar NaN":           {"one-f64", math.Float64frombits(0xfff0000000000001), "000000000000f87f"},
		"monotonic reading":    {"one-timestamp", time.Unix(1, 5).Local(), "010000000000000005000000"},
		"offset of a location": {"one-zoned-timestamp", time.Unix(0, 0).In(time.FixedZone("X", -90*60)), "000000000000000000000000a6ff"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.hex == "" {
				return
			}
			got, err := lowerValue(c, c.schema.Functions[c.schema.Function(test.of)].Params[0].Type, test.value)
			if err != nil {
				t.Fatal(err)
			}
			if hex.EncodeToString(got) != test.hex {
				t.Errorf("got %x, expected %s", got, test.hex)
			}
		})
	}
}

// Plans are built once, and lowering a record without maps allocates nothing.
func TestAllocations(t *testing.T) {
	if underRace {
		t.Skip("pooled memory is dropped at random")
	}
	c := vectorsCodec(t)
	id := c.schema.Functions[c.schema.Function("record-aligned")].Params[0].Type
	var value any = aligned{1, []float64{1, 2, 3}, []uint16{4}, true}
	f := &c.schema.Functions[c.schema.Function("record-aligned")]
	args := []any{value}
	if allocations := testing.AllocsPerRun(100, func() {
		w := c.writer()
		if err := c.lowerArgs(w, f, args); err != nil {
			t.Fatal(err)
		}
		release(w)
	}); allocations > 0 {
		t.Errorf("lowering allocates %v times", allocations)
	}
	message, _ := lowerValue(c, id, value)
	var target aligned
	v := reflect.ValueOf(&target).Elem()
	if allocations := testing.AllocsPerRun(100, func() {
		if err := liftValue(c, id, message, v); err != nil {
			t.Fatal(err)
		}
	}); allocations > 2 { // the two slices
		t.Errorf("lifting allocates %v times", allocations)
	}
}
