package hmsffi

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
)

// fromJSON makes the natural Go value of a type from the JSON mapping, for the vectors.
func fromJSON(t *testing.T, s *schema.Schema, id int, value any) any {
	t.Helper()
	of := func(id int, value any) any { return fromJSON(t, s, id, value) }
	text := func() string {
		text, ok := value.(string)
		if !ok {
			t.Fatalf("%s: expected a JSON string, got %T", s.Describe(id), value)
		}
		return text
	}
	number := func() string { return strings.Trim(fmt.Sprint(value), `"`) }
	integer := func(bits int) int64 {
		n, err := strconv.ParseInt(number(), 10, bits)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	natural := func(bits int) uint64 {
		n, err := strconv.ParseUint(number(), 10, bits)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	list := func(element int) []any {
		items := []any{}
		for _, item := range value.([]any) {
			items = append(items, of(element, item))
		}
		return items
	}
	d := &s.Types[id]
	switch d.Kind {
	case schema.Bool:
		return value.(bool)
	case schema.S8:
		return int8(integer(8))
	case schema.S16:
		return int16(integer(16))
	case schema.S32:
		return int32(integer(32))
	case schema.S64:
		return integer(64)
	case schema.U8:
		return uint8(natural(8))
	case schema.U16:
		return uint16(natural(16))
	case schema.U32:
		return uint32(natural(32))
	case schema.U64:
		return natural(64)
	case schema.F32:
		if bits, ok := strings.CutPrefix(number(), "NaN:0x"); ok {
			n, _ := strconv.ParseUint(bits, 16, 32)
			return math.Float32frombits(uint32(n))
		}
		if number() == "NaN" {
			return math.Float32frombits(0x7fc0_0000)
		}
		f, err := strconv.ParseFloat(number(), 32)
		if err != nil {
			t.Fatal(err)
		}
		return float32(f)
	case schema.F64:
		if bits, ok := strings.CutPrefix(number(), "NaN:0x"); ok {
			n, _ := strconv.ParseUint(bits, 16, 64)
			return math.Float64frombits(n)
		}
		if number() == "NaN" { // Go's own NaN has other bits, which a list keeps
			return math.Float64frombits(0x7ff8_0000_0000_0000)
		}
		f, err := strconv.ParseFloat(number(), 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	case schema.Char:
		return []rune(text())[0]
	case schema.String, schema.Enum:
		return text()
	case schema.List, schema.FixedList:
		kind := s.Types[*d.Element].Kind
		if kind == schema.U8 {
			bytes, err := base64.StdEncoding.DecodeString(text())
			if err != nil {
				t.Fatal(err)
			}
			return bytes
		}
		if kind.NumberSize() == 0 {
			return list(*d.Element)
		}
		numbers := reflect.MakeSlice(reflect.SliceOf(naturalTypes[kind]), 0, 0)
		for _, item := range list(*d.Element) {
			numbers = reflect.Append(numbers, reflect.ValueOf(item))
		}
		return numbers.Interface()
	case schema.Set:
		return list(*d.Element)
	case schema.Tuple:
		items := []any{}
		for i, element := range d.Elements {
			items = append(items, of(element, value.([]any)[i]))
		}
		return items
	case schema.Map:
		entries := reflect.MakeMap(reflect.MapOf(naturalTypes[s.Types[d.Key].Kind], reflect.TypeFor[any]()))
		put := func(key, item any) {
			slot := reflect.New(reflect.TypeFor[any]()).Elem()
			if lifted := of(d.Value, item); lifted != nil {
				slot.Set(reflect.ValueOf(lifted))
			}
			entries.SetMapIndex(reflect.ValueOf(key), slot)
		}
		if object, ok := value.(map[string]any); ok {
			for key, item := range object {
				put(key, item)
			}
		} else {
			for _, pair := range value.([]any) {
				put(of(d.Key, pair.([]any)[0]), pair.([]any)[1])
			}
		}
		return entries.Interface()
	case schema.Record:
		fields := map[string]any{}
		for _, f := range d.Fields {
			fields[f.Name] = of(f.Type, value.(map[string]any)[f.Name])
		}
		return fields
	case schema.Flags:
		names := []string{}
		for _, name := range value.([]any) {
			names = append(names, name.(string))
		}
		return names
	case schema.Variant:
		tag := value.(map[string]any)["tag"].(string)
		for _, c := range d.Cases {
			if c.Name == tag && c.Type != nil {
				return Variant{tag, of(*c.Type, value.(map[string]any)["val"])}
			}
		}
		return Variant{Tag: tag}
	case schema.Result:
		for tag, payload := range map[string]*int{"ok": d.OK, "err": d.Err} {
			item, ok := value.(map[string]any)[tag]
			if ok && payload != nil {
				return Variant{tag, of(*payload, item)}
			} else if ok {
				return Variant{Tag: tag}
			}
		}
	case schema.Option:
		if value == nil {
			return nil
		}
		if s.Boxed(d.Payload) {
			return Some{of(d.Payload, value.(map[string]any)["some"])}
		}
		return of(d.Payload, value)
	case schema.Timestamp:
		at, err := time.Parse(time.RFC3339Nano, text())
		if err != nil {
			t.Fatal(err)
		}
		return at.UTC()
	case schema.ZonedTimestamp:
		at, err := time.Parse(time.RFC3339Nano, text())
		if err != nil {
			t.Fatal(err)
		}
		return at
	case schema.Date:
		return must(ParseDate(text()))(t)
	case schema.PartialDate:
		return must(ParsePartialDate(text()))(t)
	case schema.TimeOfDay:
		return must(ParseTimeOfDay(text()))(t)
	case schema.Duration:
		return must(ParseDuration(text()))(t)
	case schema.Decimal:
		return must(ParseDecimal(text()))(t)
	case schema.UUID:
		return must(ParseUUID(text()))(t)
	case schema.Document:
		return documentFromJSON(value)
	}
	t.Fatalf("no JSON for %s", s.Describe(id))
	return nil
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// documentFromJSON keeps integers integers of any size.
func documentFromJSON(value any) any {
	switch value := value.(type) {
	case json.Number:
		if strings.ContainsAny(value.String(), ".eE") {
			f, _ := value.Float64()
			return f
		}
		n, _ := new(big.Int).SetString(value.String(), 10)
		return n
	case []any:
		items := make([]any, len(value))
		for i := range value {
			items[i] = documentFromJSON(value[i])
		}
		return items
	case map[string]any:
		entries := make(map[string]any, len(value))
		for key, item := range value {
			entries[key] = documentFromJSON(item)
		}
		return entries
	}
	return value
}

// documentToJSON is the plain JSON of a document, which cannot say everything that the document does.
func documentToJSON(value any) any {
	switch value := value.(type) {
	case []byte:
		return base64.StdEncoding.EncodeToString(value)
	case float64:
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return strings.TrimPrefix(strings.Replace(fmt.Sprint(value), "Inf", "Infinity", 1), "+")
		}
	case []any:
		items := make([]any, len(value))
		for i := range value {
			items[i] = documentToJSON(value[i])
		}
		return items
	case map[string]any:
		entries := make(map[string]any, len(value))
		for key, item := range value {
			entries[key] = documentToJSON(item)
		}
		return entries
	}
	return value
}

func decodeJSON(t *testing.T, text []byte, into any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		t.Fatal(err)
	}
}
