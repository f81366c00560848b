package hmsffi

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"unsafe"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

func (c *codec) buildList(id int, s *schema.Type, t reflect.Type) (plan, *wire.Failure) {
	fixed := s.Kind == schema.FixedList
	if t.Kind() != reflect.Slice && !(fixed && t.Kind() == reflect.Array && t.Len() == s.Length) {
		return nil, c.mismatch(id, t)
	}
	length := -1
	if fixed {
		length = s.Length
	}
	kind := c.schema.Types[*s.Element].Kind
	if size := kind.NumberSize(); size != 0 {
		if t.Elem().Kind() != scalarKinds[kind] {
			return nil, c.mismatch(id, t)
		}
		return &numbersPlan{size, length}, nil
	}
	element, failure := c.plan(*s.Element, t.Elem())
	if failure != nil {
		return nil, failure.At("[]")
	}
	return &listPlan{element, length, c.schema.Smallest(*s.Element)}, nil
}

// numbersPlan moves a list of numbers as one block.
type numbersPlan struct {
	size   int
	length int // -1 for any
}

var bigEndian = binary.NativeEndian.Uint16([]byte{0, 1}) == 1

func (p *numbersPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	if v.Kind() == reflect.Array && !v.CanAddr() {
		addressable := reflect.New(v.Type()).Elem()
		addressable.Set(v)
		v = addressable
	}
	if p.length >= 0 && v.Len() != p.length {
		return otherLength(p.length, v.Len())
	}
	if fault := w.Enter(); fault != nil {
		return fault.Fail()
	}
	packed := p.memory(v)
	if bigEndian && p.size > 1 {
		packed = slices.Clone(packed)
		p.swap(packed)
	}
	var fault *wire.Fault
	if p.length >= 0 {
		fault = w.FixedNumbers(p.size, packed)
	} else {
		fault = w.Numbers(p.size, packed)
	}
	w.Leave()
	return fault.Fail()
}

func (p *numbersPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	if fault := r.Enter(); fault != nil {
		return fault.Fail()
	}
	var packed []byte
	var fault *wire.Fault
	if p.length >= 0 {
		packed, fault = r.FixedNumbers(p.size, p.length)
	} else {
		packed, fault = r.Numbers(p.size)
	}
	if fault != nil {
		return fault.Fail()
	}
	r.Leave()
	setLen(v, len(packed)/p.size)
	memory := p.memory(v)
	copy(memory, packed)
	if bigEndian {
		p.swap(memory)
	}
	return nil
}

// memory is the bytes of a slice or addressable array of numbers.
func (p *numbersPlan) memory(v reflect.Value) []byte {
	if v.Len() == 0 {
		return nil
	}
	// SAFETY: buildList has compared the element's kind, so each element is p.size bytes of a number, without
	// pointers or padding; the bytes are used while v is held.
	return unsafe.Slice((*byte)(v.Index(0).Addr().UnsafePointer()), v.Len()*p.size)
}

func (p *numbersPlan) swap(packed []byte) {
	for number := range slices.Chunk(packed, p.size) {
		slices.Reverse(number)
	}
}

// listPlan converts a list element by element.
type listPlan struct {
	element  plan
	length   int // -1 for any
	smallest uint64
}

func (p *listPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	count := v.Len()
	if p.length >= 0 && count != p.length {
		return otherLength(p.length, count)
	}
	elements := count
	if p.length == 0 {
		elements = 1
	}
	if fault := begin(w, elements); fault != nil {
		return fault.Fail()
	}
	if p.length < 0 {
		w.U32(uint32(count))
	}
	for i := range count {
		if failure := p.element.lower(w, v.Index(i)); failure != nil {
			return failure.At(atIndex(i))
		}
	}
	w.Leave()
	return w.CheckSize().Fail()
}

func (p *listPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	fault := r.Enter()
	if fault != nil {
		return fault.Fail()
	}
	count := p.length
	if count >= 0 {
		fault = r.FixedCount(count, p.smallest)
	} else {
		count, fault = r.Count(p.smallest)
	}
	if fault != nil {
		return fault.Fail()
	}
	// Elements without bytes may be claimed in any number.
	growing := p.smallest == 0 && v.Kind() == reflect.Slice
	if growing {
		setLen(v, 0)
	} else {
		setLen(v, count)
	}
	for i := range count {
		if growing {
			v.Grow(1)
			v.SetLen(i + 1)
		}
		if failure := p.element.lift(r, v.Index(i)); failure != nil {
			return failure.At(atIndex(i))
		}
	}
	r.Leave()
	return nil
}

// setLen gives a slice fresh memory for this many elements (never nil); an array has its memory.
func setLen(v reflect.Value, count int) {
	if v.Kind() == reflect.Array {
		return
	}
	if count == 0 {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return
	}
	v.SetZero()
	v.Grow(count)
	v.SetLen(count)
}

func otherLength(expected, got int) *wire.Failure {
	return &wire.Failure{Message: fmt.Sprintf("expected %d elements, got %d", expected, got)}
}

// tuplePlan converts a tuple to and from a struct with its elements in order, or a slice of any.
type tuplePlan struct {
	elements []plan
	fields   []int // of the struct; nil for a slice
}

func (c *codec) buildTuple(id int, s *schema.Type, t reflect.Type) (plan, *wire.Failure) {
	p := &tuplePlan{elements: make([]plan, len(s.Elements))}
	of := func(int) reflect.Type { return t.Elem() }
	switch {
	case t.Kind() == reflect.Struct:
		p.fields = []int{}
		for i := range t.NumField() {
			if field := t.Field(i); field.IsExported() && field.Tag.Get("hms") != "-" {
				p.fields = append(p.fields, i)
			}
		}
		if len(p.fields) != len(s.Elements) {
			return nil, otherLength(len(s.Elements), len(p.fields))
		}
		of = func(i int) reflect.Type { return t.Field(p.fields[i]).Type }
	case t.Kind() != reflect.Slice || !isAny(t.Elem()):
		return nil, c.mismatch(id, t)
	}
	for i, element := range s.Elements {
		var failure *wire.Failure
		if p.elements[i], failure = c.plan(element, of(i)); failure != nil {
			return nil, failure.At(atIndex(i))
		}
	}
	return p, nil
}

func (p *tuplePlan) at(v reflect.Value, i int) reflect.Value {
	if p.fields == nil {
		return v.Index(i)
	}
	return v.Field(p.fields[i])
}

func (p *tuplePlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	if p.fields == nil && v.Len() != len(p.elements) {
		return otherLength(len(p.elements), v.Len())
	}
	fault := w.Enter()
	if fault == nil && len(p.elements) == 0 {
		fault = w.Elements(1)
	}
	if fault != nil {
		return fault.Fail()
	}
	for i, element := range p.elements {
		if failure := element.lower(w, p.at(v, i)); failure != nil {
			return failure.At(atIndex(i))
		}
	}
	w.Leave()
	return nil
}

func (p *tuplePlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	fault := r.Enter()
	if fault == nil && len(p.elements) == 0 {
		fault = r.Elements(1)
	}
	if fault != nil {
		return fault.Fail()
	}
	if p.fields == nil {
		setLen(v, len(p.elements))
	}
	for i, element := range p.elements {
		if failure := element.lift(r, p.at(v, i)); failure != nil {
			return failure.At(atIndex(i))
		}
	}
	r.Leave()
	return nil
}
