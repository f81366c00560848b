package hmsffi

import (
	"bytes"
	"reflect"
	"slices"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// setPlan converts a set to and from a map[T]struct{}, or a slice for types that are not comparable.
type setPlan struct {
	element  plan
	smallest uint64
}

var emptyStruct = reflect.TypeFor[struct{}]()

func (c *codec) buildSet(id int, s *schema.Type, t reflect.Type) (plan, *wire.Failure) {
	var elementType reflect.Type
	switch {
	case t.Kind() == reflect.Map && t.Elem() == emptyStruct:
		elementType = t.Key()
	case t.Kind() == reflect.Slice:
		elementType = t.Elem()
	default:
		return nil, c.mismatch(id, t)
	}
	element, failure := c.plan(*s.Element, elementType)
	if failure != nil {
		return nil, failure.At("[]")
	}
	return &setPlan{element, c.schema.Smallest(*s.Element)}, nil
}

func (p *setPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	count := v.Len()
	if fault := begin(w, count); fault != nil {
		return fault.Fail()
	}
	w.U32(uint32(count))
	start := w.Len()
	ends := make([]int, 0, count)
	add := func(element reflect.Value) *wire.Failure {
		if failure := p.element.lower(w, element); failure != nil {
			return failure.At(atIndex(len(ends)))
		}
		ends = append(ends, w.Len())
		return nil
	}
	if v.Kind() == reflect.Slice {
		for i := range count {
			if failure := add(v.Index(i)); failure != nil {
				return failure
			}
		}
	} else {
		for iter := v.MapRange(); iter.Next(); {
			if failure := add(iter.Key()); failure != nil {
				return failure
			}
		}
	}
	if twice := w.SortSet(start, ends); twice >= 0 {
		return wire.Duplicate.Fail().At(atIndex(twice))
	}
	w.Leave()
	return w.CheckSize().Fail()
}

func (p *setPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	if fault := r.Enter(); fault != nil {
		return fault.Fail()
	}
	count, fault := r.Count(p.smallest)
	if fault != nil {
		return fault.Fail()
	}
	var element reflect.Value // of a map
	if v.Kind() == reflect.Slice {
		setLen(v, count)
	} else {
		v.Set(reflect.MakeMapWithSize(v.Type(), count))
		element = reflect.New(v.Type().Key()).Elem()
	}
	var last []byte
	for i := range count {
		start := r.Position()
		if v.Kind() == reflect.Slice {
			element = v.Index(i)
		}
		failure := p.element.lift(r, element)
		if failure == nil {
			failure = ascending(r, start, &last).Fail()
		}
		if failure != nil {
			return failure.At(atIndex(i))
		}
		if v.Kind() == reflect.Map {
			v.SetMapIndex(element, reflect.Zero(emptyStruct))
		}
	}
	r.Leave()
	return nil
}

// ascending holds the element that was read from start on against the one before.
func ascending(r *wire.Reader, start int, last *[]byte) *wire.Fault {
	encoded := r.Since(start)
	before := *last
	*last = encoded
	if before == nil {
		return nil
	}
	switch bytes.Compare(before, encoded) {
	case 0:
		return wire.Duplicate
	case 1:
		return wire.Order
	}
	return nil
}

// mapPlan converts a map.
type mapPlan struct {
	key, value plan
	keyKind    schema.Kind
	smallest   uint64
}

func (c *codec) buildMap(id int, s *schema.Type, t reflect.Type) (plan, *wire.Failure) {
	if t.Kind() != reflect.Map {
		return nil, c.mismatch(id, t)
	}
	key, failure := c.plan(s.Key, t.Key())
	if failure != nil {
		return nil, failure.At("[key]")
	}
	value, failure := c.plan(s.Value, t.Elem())
	if failure != nil {
		return nil, failure.At("[]")
	}
	smallest := c.schema.Smallest(s.Key) + c.schema.Smallest(s.Value)
	if smallest < c.schema.Smallest(s.Value) {
		smallest = c.schema.Smallest(s.Value)
	}
	return &mapPlan{key, value, c.schema.Types[s.Key].Kind, smallest}, nil
}

func (p *mapPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	if fault := begin(w, v.Len()); fault != nil {
		return fault.Fail()
	}
	w.U32(uint32(v.Len()))
	// Keys are written one after the other, without the values, to be sorted; they have no padding.
	type entry struct {
		key      reflect.Value
		from, to int
	}
	entries := make([]entry, 0, v.Len())
	start := w.Len()
	for iter := v.MapRange(); iter.Next(); {
		e := entry{key: iter.Key(), from: w.Len() - start}
		if failure := p.key.lower(w, e.key); failure != nil {
			return failure.At(atKeyIndex(len(entries)))
		}
		e.to = w.Len() - start
		entries = append(entries, e)
	}
	keys := slices.Clone(w.Since(start))
	w.Cut(start)
	slices.SortFunc(entries, func(a, b entry) int { return bytes.Compare(keys[a.from:a.to], keys[b.from:b.to]) })
	for i, e := range entries {
		encoded := keys[e.from:e.to]
		// Keys that differ in Go may be one on the wire where they are any.
		if i > 0 && bytes.Equal(keys[entries[i-1].from:entries[i-1].to], encoded) {
			return wire.Duplicate.Fail().At(atKeyIndex(i))
		}
		w.Append(encoded...)
		if failure := p.value.lower(w, v.MapIndex(e.key)); failure != nil {
			return failure.At(atKey(p.keyKind, e.key))
		}
	}
	w.Leave()
	return w.CheckSize().Fail()
}

func (p *mapPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	if fault := r.Enter(); fault != nil {
		return fault.Fail()
	}
	count, fault := r.Count(p.smallest)
	if fault != nil {
		return fault.Fail()
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), count))
	key := reflect.New(v.Type().Key()).Elem()
	value := reflect.New(v.Type().Elem()).Elem()
	var last []byte
	for i := range count {
		start := r.Position()
		failure := p.key.lift(r, key)
		if failure == nil {
			failure = ascending(r, start, &last).Fail()
		}
		if failure != nil {
			return failure.At(atKeyIndex(i))
		}
		if failure := p.value.lift(r, value); failure != nil {
			return failure.At(atKey(p.keyKind, key))
		}
		v.SetMapIndex(key, value)
	}
	r.Leave()
	return nil
}
