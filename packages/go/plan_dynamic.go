package hmsffi

import (
	"reflect"
	"time"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// dynamicPlan converts to and from any: it lowers whatever fits the schema's type, and lifts the natural Go value:
//
//   - numbers, bool, rune, string, []byte and slices of numbers as themselves, time.Time, Date, Decimal and so on too
//   - []any for other lists, tuples and sets, map[K]any for maps, map[string]any by WIT name for records
//   - string for an enum, []string for flags, Variant for variants and results
//   - nil or the payload for options (see Some)
type dynamicPlan struct {
	codec *codec
	id    int
}

func isAny(t reflect.Type) bool { return t.Kind() == reflect.Interface && t.NumMethod() == 0 }

// typeName is what a message calls a value's type.
func typeName(v reflect.Value) string {
	if !v.IsValid() {
		return "nil"
	}
	return v.Type().String()
}

func (p *dynamicPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if p.codec.schema.Types[p.id].Kind == schema.Option {
		return p.lowerOption(w, v)
	}
	if !v.IsValid() {
		return wire.Mismatch(p.codec.schema.Describe(p.id), "nil")
	}
	concrete, failure := p.codec.plan(p.id, v.Type())
	if failure != nil {
		return failure
	}
	return concrete.lower(w, v)
}

func (p *dynamicPlan) lowerOption(w *wire.Writer, v reflect.Value) *wire.Failure {
	if !v.IsValid() {
		w.Bit(false)
		return nil
	}
	payload := p.codec.schema.Types[p.id].Payload
	switch {
	case v.Type() == someType:
		v = v.Field(0)
	case v.Kind() == reflect.Pointer:
		concrete, failure := p.codec.plan(p.id, v.Type())
		if failure != nil {
			return failure
		}
		return concrete.lower(w, v)
	case p.codec.schema.Boxed(payload):
		return wire.Mismatch(p.codec.schema.Describe(p.id), v.Type().String()+", which is neither a pointer nor hmsffi.Some")
	}
	w.Bit(true)
	if fault := w.Enter(); fault != nil {
		return fault.Fail()
	}
	defer w.Leave()
	return p.codec.dynamic(payload).lower(w, v)
}

// dynamic is the plan of any for a type.
func (c *codec) dynamic(id int) plan {
	if c.schema.Types[id].Kind == schema.Document {
		return documentPlan{}
	}
	return &dynamicPlan{c, id}
}

func (p *dynamicPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	if t := &p.codec.schema.Types[p.id]; t.Kind == schema.Option {
		return p.liftOption(r, v, t.Payload)
	}
	natural := p.codec.natural(p.id)
	concrete, failure := p.codec.plan(p.id, natural)
	if failure != nil {
		return failure
	}
	value := reflect.New(natural).Elem()
	failure = concrete.lift(r, value)
	v.Set(value)
	return failure
}

func (p *dynamicPlan) liftOption(r *wire.Reader, v reflect.Value, payload int) *wire.Failure {
	some, fault := r.Bit(wire.Option)
	if fault == nil && !some {
		v.SetZero()
		return nil
	}
	if fault == nil {
		fault = r.Enter()
	}
	if fault != nil {
		return fault.Fail()
	}
	failure := p.codec.dynamic(payload).lift(r, v)
	r.Leave()
	if failure == nil && p.codec.schema.Boxed(payload) {
		v.Set(reflect.ValueOf(Some{v.Interface()}))
	}
	return failure
}

var naturalTypes = map[schema.Kind]reflect.Type{
	schema.Bool: reflect.TypeFor[bool](), schema.Char: reflect.TypeFor[rune](), schema.String: reflect.TypeFor[string](),
	schema.S8: reflect.TypeFor[int8](), schema.S16: reflect.TypeFor[int16](),
	schema.S32: reflect.TypeFor[int32](), schema.S64: reflect.TypeFor[int64](),
	schema.U8: reflect.TypeFor[uint8](), schema.U16: reflect.TypeFor[uint16](),
	schema.U32: reflect.TypeFor[uint32](), schema.U64: reflect.TypeFor[uint64](),
	schema.F32: reflect.TypeFor[float32](), schema.F64: reflect.TypeFor[float64](),
	schema.Tuple: reflect.TypeFor[[]any](), schema.Set: reflect.TypeFor[[]any](),
	schema.Record: reflect.TypeFor[map[string]any](), schema.Enum: reflect.TypeFor[string](),
	schema.Flags: reflect.TypeFor[[]string](), schema.Variant: variantType, schema.Result: variantType,
	schema.Timestamp: reflect.TypeFor[time.Time](), schema.ZonedTimestamp: reflect.TypeFor[time.Time](),
	schema.Date: reflect.TypeFor[Date](), schema.PartialDate: reflect.TypeFor[PartialDate](),
	schema.TimeOfDay: reflect.TypeFor[TimeOfDay](), schema.Duration: reflect.TypeFor[Duration](),
	schema.Decimal: decimalType, schema.UUID: reflect.TypeFor[UUID](),
}

// natural is the Go type that any holds for a type of the schema; any itself for what has none.
func (c *codec) natural(id int) reflect.Type {
	s := &c.schema.Types[id]
	switch s.Kind {
	case schema.List, schema.FixedList:
		if kind := c.schema.Types[*s.Element].Kind; kind.NumberSize() != 0 {
			return reflect.SliceOf(naturalTypes[kind])
		}
		return reflect.TypeFor[[]any]()
	case schema.Map:
		return reflect.MapOf(c.natural(s.Key), reflect.TypeFor[any]())
	}
	if t, ok := naturalTypes[s.Kind]; ok {
		return t
	}
	return reflect.TypeFor[struct{}]() // handles and streams, for which no plan is built
}
