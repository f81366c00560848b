package hmsffi

import (
	"fmt"
	"reflect"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// Variant is a case of a variant without a Go type of its own, or a result (tags "ok" and "err"). It is what any holds.
type Variant struct {
	Tag string // the WIT name of the case
	Val any    // nil where the case has no payload
}

// Result is a result as a value: one of the two is set. An absent payload is a struct{}.
type Result[T, E any] struct {
	Ok  *T
	Err *E
}

var variantType = reflect.TypeFor[Variant]()

type variantCase struct {
	name, local string
	payload     *int
}

func variantCases(cases []schema.Case) []variantCase {
	list := make([]variantCase, len(cases))
	for i, c := range cases {
		list[i] = variantCase{c.Name, c.Local, c.Type}
	}
	return list
}

// buildVariant chooses how a Go type holds cases; bad is the fault of an index without a case.
func (c *codec) buildVariant(id int, cases []variantCase, bad *wire.Fault, t reflect.Type) (plan, *wire.Failure) {
	base := variantPlan{make([]casePlan, len(cases)), bad, c.schema.Describe(id)}
	for i := range cases {
		base.cases[i].name = cases[i].name
	}
	switch {
	case t == variantType:
		for i := range cases {
			if cases[i].payload != nil {
				base.cases[i].payload = c.dynamic(*cases[i].payload)
			}
		}
		return &taggedPlan{base}, nil
	case t.Kind() == reflect.Interface:
		return c.buildRegistered(base, cases, t)
	}
	if p, failure := c.buildImplementer(base, cases, t); p != nil || failure != nil {
		return p, failure
	}
	switch {
	case t.Kind() == reflect.Struct && !isWellKnown(t):
		return c.buildPointers(base, cases, t)
	}
	return nil, c.mismatch(id, t)
}

// variantPlan is what the forms of variants share.
type variantPlan struct {
	cases    []casePlan
	bad      *wire.Fault
	expected string
}

type casePlan struct {
	name    string
	payload plan // nil without payload
	index   []int
	t       reflect.Type
	wrapped int // field of the payload within t, -1 if t is the payload
}

// lowerCase writes a case and its payload.
func (p *variantPlan) lowerCase(w *wire.Writer, index int, payload reflect.Value) *wire.Failure {
	w.Discriminant(index, len(p.cases))
	c := &p.cases[index]
	if c.payload == nil {
		return nil
	}
	if fault := w.Enter(); fault != nil {
		return fault.Fail().At("." + c.name)
	}
	if failure := c.payload.lower(w, payload); failure != nil {
		return failure.At("." + c.name)
	}
	w.Leave()
	return nil
}

// liftIndex reads which case follows.
func (p *variantPlan) liftIndex(r *wire.Reader) (*casePlan, *wire.Failure) {
	index, fault := r.Discriminant(len(p.cases))
	if fault == wire.Discriminant {
		fault = p.bad
	}
	if fault != nil {
		return nil, fault.Fail()
	}
	return &p.cases[index], nil
}

// liftPayload reads the payload of a case that has one.
func (c *casePlan) liftPayload(r *wire.Reader, v reflect.Value) *wire.Failure {
	if fault := r.Enter(); fault != nil {
		return fault.Fail().At("." + c.name)
	}
	if failure := c.payload.lift(r, v); failure != nil {
		return failure.At("." + c.name)
	}
	r.Leave()
	return nil
}

// taggedPlan converts a variant to and from Variant.
type taggedPlan struct{ variantPlan }

func (p *taggedPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	tag, payload := v.Field(0).String(), v.Field(1)
	for i := range p.cases {
		if p.cases[i].name == tag {
			if p.cases[i].payload == nil && !payload.IsNil() {
				return (&wire.Failure{Message: "the case has no payload"}).At("." + tag)
			}
			return p.lowerCase(w, i, payload)
		}
	}
	return unknownCase(tag)
}

func (p *taggedPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	c, failure := p.liftIndex(r)
	if failure != nil {
		return failure
	}
	v.SetZero()
	v.Field(0).SetString(c.name)
	if c.payload == nil {
		return nil
	}
	return c.liftPayload(r, v.Field(1))
}

// pointersPlan converts a variant to and from a struct with one pointer per case, exactly one of which is set.
type pointersPlan struct{ variantPlan }

func (c *codec) buildPointers(base variantPlan, cases []variantCase, t reflect.Type) (plan, *wire.Failure) {
	members := membersOf(t)
	for i := range cases {
		name := cases[i].name
		member, ok := takeMember(&members, name, cases[i].local)
		if !ok || member.Type.Kind() != reflect.Pointer {
			return nil, wire.Mismatch(base.expected, t.String()+", which has no pointer for the case").At("." + name)
		}
		base.cases[i].index = member.Index
		base.cases[i].t = member.Type.Elem()
		if cases[i].payload == nil {
			if !isEmptyStruct(member.Type.Elem()) {
				return nil, wire.Mismatch("a pointer to an empty struct for a case without payload", member.Type.String()).At("." + name)
			}
			continue
		}
		var failure *wire.Failure
		if base.cases[i].payload, failure = c.plan(*cases[i].payload, member.Type.Elem()); failure != nil {
			return nil, failure.At("." + name)
		}
	}
	if len(members) > 0 {
		return nil, wire.Mismatch(base.expected, t.String()+", which has the field "+members[0].Name)
	}
	return &pointersPlan{base}, nil
}

func isEmptyStruct(t reflect.Type) bool { return t.Kind() == reflect.Struct && t.NumField() == 0 }

func (p *pointersPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	set, count := 0, 0
	for i := range p.cases {
		if !fieldByIndex(v, p.cases[i].index).IsNil() {
			set, count = i, count+1
		}
	}
	if count != 1 {
		return wire.Mismatch(p.expected, fmt.Sprintf("%s with %d cases set", v.Type(), count))
	}
	return p.lowerCase(w, set, fieldByIndex(v, p.cases[set].index).Elem())
}

func (p *pointersPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	c, failure := p.liftIndex(r)
	if failure != nil {
		return failure
	}
	v.SetZero()
	pointer := reflect.New(c.t)
	fieldByIndex(v, c.index).Set(pointer)
	if c.payload == nil {
		return nil
	}
	return c.liftPayload(r, pointer.Elem())
}
