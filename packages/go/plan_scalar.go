package hmsffi

import (
	"reflect"
	"unicode/utf8"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// scalarKinds are the Go kinds of scalars; sizes are exact.
var scalarKinds = map[schema.Kind]reflect.Kind{
	schema.Bool: reflect.Bool, schema.Char: reflect.Int32, schema.String: reflect.String,
	schema.S8: reflect.Int8, schema.S16: reflect.Int16, schema.S32: reflect.Int32, schema.S64: reflect.Int64,
	schema.U8: reflect.Uint8, schema.U16: reflect.Uint16, schema.U32: reflect.Uint32, schema.U64: reflect.Uint64,
	schema.F32: reflect.Float32, schema.F64: reflect.Float64,
}

// scalarPlan converts what has a Go kind of its own.
type scalarPlan schema.Kind

func (c *codec) buildScalar(id int, s *schema.Type, t reflect.Type) (plan, *wire.Failure) {
	if t.Kind() != scalarKinds[s.Kind] {
		return nil, c.mismatch(id, t)
	}
	return scalarPlan(s.Kind), nil
}

func (p scalarPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	switch schema.Kind(p) {
	case schema.Bool:
		w.Bit(v.Bool())
	case schema.S8:
		w.U8(uint8(v.Int()))
	case schema.S16:
		w.U16(uint16(v.Int()))
	case schema.S32:
		w.U32(uint32(v.Int()))
	case schema.S64:
		w.U64(uint64(v.Int()))
	case schema.U8:
		w.U8(uint8(v.Uint()))
	case schema.U16:
		w.U16(uint16(v.Uint()))
	case schema.U32:
		w.U32(uint32(v.Uint()))
	case schema.U64:
		w.U64(v.Uint())
	case schema.F32:
		w.F32(float32(v.Float()))
	case schema.F64:
		w.F64(v.Float())
	case schema.Char:
		if !utf8.ValidRune(rune(v.Int())) {
			return wire.Char.Fail()
		}
		w.U32(uint32(v.Int()))
	case schema.String:
		return w.String(v.String()).Fail()
	}
	return nil
}

func (p scalarPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	var fault *wire.Fault
	switch schema.Kind(p) {
	case schema.Bool:
		var value bool
		value, fault = r.Bit(wire.Bool)
		v.SetBool(value)
	case schema.S8:
		var value uint8
		value, fault = r.U8()
		v.SetInt(int64(int8(value)))
	case schema.S16:
		var value uint16
		value, fault = r.U16()
		v.SetInt(int64(int16(value)))
	case schema.S32:
		var value uint32
		value, fault = r.U32()
		v.SetInt(int64(int32(value)))
	case schema.S64:
		var value uint64
		value, fault = r.U64()
		v.SetInt(int64(value))
	case schema.U8:
		var value uint8
		value, fault = r.U8()
		v.SetUint(uint64(value))
	case schema.U16:
		var value uint16
		value, fault = r.U16()
		v.SetUint(uint64(value))
	case schema.U32:
		var value uint32
		value, fault = r.U32()
		v.SetUint(uint64(value))
	case schema.U64:
		var value uint64
		value, fault = r.U64()
		v.SetUint(value)
	case schema.F32:
		var value float32
		value, fault = r.F32()
		v.SetFloat(float64(value))
	case schema.F64:
		var value float64
		value, fault = r.F64()
		v.SetFloat(value)
	case schema.Char:
		var value rune
		value, fault = r.Char()
		v.SetInt(int64(value))
	case schema.String:
		var value []byte
		value, fault = r.String()
		if fault == nil {
			v.SetString(string(value))
		}
	}
	return fault.Fail()
}

// enumPlan converts an enum to and from a string type.
type enumPlan struct {
	cases []schema.Case
	index map[string]int
}

func (c *codec) buildEnum(id int, s *schema.Type, t reflect.Type) (plan, *wire.Failure) {
	if t.Kind() != reflect.String {
		return nil, c.mismatch(id, t)
	}
	p := &enumPlan{s.Cases, make(map[string]int, len(s.Cases))}
	for i := range s.Cases {
		p.index[s.Cases[i].Name] = i
	}
	return p, nil
}

func (p *enumPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	index, ok := p.index[v.String()]
	if !ok {
		return unknownCase(v.String())
	}
	w.Discriminant(index, len(p.cases))
	return nil
}

func (p *enumPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	index, fault := r.Discriminant(len(p.cases))
	if fault != nil {
		return fault.Fail()
	}
	v.SetString(p.cases[index].Name)
	return nil
}

// flagsPlan converts flags to and from an unsigned type; the first flag is its lowest bit.
type flagsPlan int

func (c *codec) buildFlags(id int, s *schema.Type, t reflect.Type) (plan, *wire.Failure) {
	names := make([]string, len(s.Flags))
	for i := range s.Flags {
		names[i] = s.Flags[i].Name
	}
	switch t.Kind() {
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if t.Bits() >= len(names) {
			return flagsPlan(len(names)), nil
		}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.String || isAny(t.Elem()) {
			return &flagNamesPlan{names}, nil
		}
	}
	return nil, c.mismatch(id, t)
}

func (p flagsPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	if v.Uint()>>p != 0 {
		return wire.Flags.Fail()
	}
	w.Flags(uint32(v.Uint()), int(p))
	return nil
}

func (p flagsPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	bits, fault := r.Flags(int(p))
	v.SetUint(uint64(bits))
	return fault.Fail()
}

// flagNamesPlan converts flags to and from a slice of their names, which is what any holds.
type flagNamesPlan struct{ names []string }

func (p *flagNamesPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	var bits uint32
next:
	for i := range v.Len() {
		item := v.Index(i)
		if item.Kind() == reflect.Interface {
			item = item.Elem()
		}
		if item.Kind() != reflect.String {
			return wire.Mismatch("the name of a flag", typeName(item)).At(atIndex(i))
		}
		for bit, name := range p.names {
			if name == item.String() {
				if bits>>bit&1 == 1 {
					return wire.Duplicate.Fail().At(atIndex(i))
				}
				bits |= 1 << bit
				continue next
			}
		}
		return unknownCase(item.String()).At(atIndex(i))
	}
	w.Flags(bits, len(p.names))
	return nil
}

func (p *flagNamesPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	bits, fault := r.Flags(len(p.names))
	if fault != nil {
		return fault.Fail()
	}
	names := reflect.MakeSlice(v.Type(), 0, len(p.names))
	element := reflect.New(v.Type().Elem()).Elem()
	for bit, name := range p.names {
		if bits>>bit&1 == 1 {
			element.Set(reflect.ValueOf(name).Convert(element.Type()))
			names = reflect.Append(names, element)
		}
	}
	v.Set(names)
	return nil
}
