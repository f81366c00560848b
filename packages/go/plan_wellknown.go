package hmsffi

import (
	"encoding/binary"
	"reflect"
	"time"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// wellKnown lists the Go types of the well-known types. Types declared from them (type Birthday Date) are accepted too.
var wellKnown = map[schema.Kind]reflect.Type{
	schema.Timestamp: reflect.TypeFor[time.Time](), schema.ZonedTimestamp: reflect.TypeFor[time.Time](),
	schema.Date: reflect.TypeFor[Date](), schema.PartialDate: reflect.TypeFor[PartialDate](),
	schema.TimeOfDay: reflect.TypeFor[TimeOfDay](), schema.Duration: reflect.TypeFor[Duration](),
	schema.Decimal: decimalType,
}

var stdDurationType = reflect.TypeFor[time.Duration]()

// isWellKnown tells a struct that stands for a well-known type from one that stands for a record.
func isWellKnown(t reflect.Type) bool {
	for _, known := range wellKnown {
		if t == known {
			return true
		}
	}
	return t == someType || t == variantType
}

// wellKnownPlan converts well-known types but documents.
type wellKnownPlan schema.Kind

func (c *codec) buildWellKnown(id int, s *schema.Type, t reflect.Type) (plan, *wire.Failure) {
	p := wellKnownPlan(s.Kind)
	if s.Kind == schema.UUID {
		if t.Kind() == reflect.Array && t.Len() == 16 && t.Elem().Kind() == reflect.Uint8 {
			return p, nil
		}
		return nil, c.mismatch(id, t)
	}
	known := wellKnown[s.Kind]
	if t == known || s.Kind == schema.Duration && t == stdDurationType ||
		t.Kind() == reflect.Struct && !isWellKnown(t) && t.ConvertibleTo(known) {
		return p, nil
	}
	return nil, c.mismatch(id, t)
}

// load is the value of a type that is T or declared from it.
func load[T any](v reflect.Value) T {
	known := reflect.TypeFor[T]()
	if v.CanAddr() {
		v = v.Addr()
		if v.Type().Elem() != known {
			v = v.Convert(reflect.PointerTo(known))
		}
		return *v.Interface().(*T) // does not allocate
	}
	return v.Convert(known).Interface().(T)
}

// store sets a value of a type that is T or declared from it.
func store[T any](v reflect.Value, value T) {
	v = v.Addr()
	if known := reflect.TypeFor[T](); v.Type().Elem() != known {
		v = v.Convert(reflect.PointerTo(known))
	}
	*v.Interface().(*T) = value
}

func (p wellKnownPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	switch schema.Kind(p) {
	case schema.Timestamp:
		return lowerTime(w, load[time.Time](v))
	case schema.ZonedTimestamp:
		return lowerZoned(w, load[time.Time](v))
	case schema.Date:
		d := load[Date](v)
		w.U16(uint16(d.Year))
		w.U8(uint8(d.Month))
		w.U8(uint8(d.Day))
		return ruleFailure(d.rule())
	case schema.PartialDate:
		d := load[PartialDate](v)
		w.U16(uint16(d.Year))
		w.Bit(d.Month != 0)
		if d.Month != 0 {
			w.U8(uint8(d.Month))
		}
		return ruleFailure(d.rule())
	case schema.TimeOfDay:
		t := load[TimeOfDay](v)
		w.U8(uint8(t.Hour))
		w.U8(uint8(t.Minute))
		w.U8(uint8(t.Second))
		w.U32(uint32(t.Nanosecond))
		return ruleFailure(t.rule())
	case schema.Duration:
		var d Duration
		if v.Type() == stdDurationType {
			d = DurationOf(time.Duration(v.Int()))
		} else {
			d = load[Duration](v)
		}
		w.U64(uint64(d.Seconds))
		w.U32(d.Nanoseconds)
		return ruleFailure(d.rule())
	case schema.Decimal:
		return w.String(load[Decimal](v).String()).Fail()
	case schema.UUID:
		var id [16]byte
		for i := range id {
			id[i] = byte(v.Index(i).Uint())
		}
		w.U64(binary.BigEndian.Uint64(id[:8]))
		w.U64(binary.BigEndian.Uint64(id[8:]))
	}
	return nil
}

func (p wellKnownPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	fields := fieldReader{r: r}
	switch schema.Kind(p) {
	case schema.Timestamp:
		store(v, fields.time())
	case schema.ZonedTimestamp:
		t := fields.time()
		store(v, fields.zoned(t))
	case schema.Date:
		d := Date{int(fields.u16()), time.Month(fields.u8()), int(fields.u8())}
		fields.check(d.rule())
		store(v, d)
	case schema.PartialDate:
		d := PartialDate{Year: int(fields.u16())}
		if fields.bit() {
			if d.Month = time.Month(fields.u8()); d.Month == 0 {
				fields.check(rulePartialDate)
			}
		}
		fields.check(d.rule())
		store(v, d)
	case schema.TimeOfDay:
		t := TimeOfDay{int(fields.u8()), int(fields.u8()), int(fields.u8()), int(fields.u32())}
		fields.check(t.rule())
		store(v, t)
	case schema.Duration:
		d := Duration{int64(fields.u64()), fields.u32()}
		fields.check(d.rule())
		if v.Type() != stdDurationType {
			store(v, d)
			break
		}
		std, ok := d.Std()
		if !ok {
			fields.check("a duration that time.Duration cannot hold (use hmsffi.Duration)")
		}
		v.SetInt(int64(std))
	case schema.Decimal:
		text, fault := r.String()
		if fault != nil {
			return fault.Fail()
		}
		fields.check(checkDecimal(text))
		store(v, decimalOf(string(text)))
	case schema.UUID:
		var id [16]byte
		binary.BigEndian.PutUint64(id[:8], fields.u64())
		binary.BigEndian.PutUint64(id[8:], fields.u64())
		copy(v.Bytes(), id[:])
	}
	return fields.fault.Fail()
}

func ruleFailure(rule string) *wire.Failure {
	if rule == "" {
		return nil
	}
	return wire.Invalid(rule).Fail()
}
