package hmsffi

import (
	"reflect"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// Some is a present option within any, where its payload can itself look absent: an option in an option, or an option
// of a document. Elsewhere a present option within any is its payload, and an absent one is nil.
type Some struct{ Value any }

var someType = reflect.TypeFor[Some]()

// optionPlan converts an option to and from a pointer.
type optionPlan struct{ payload plan }

func (c *codec) buildOption(id int, s *schema.Type, t reflect.Type) (plan, *wire.Failure) {
	if t.Kind() != reflect.Pointer {
		return nil, wire.Mismatch(c.schema.Describe(id), t.String()+", which is no pointer")
	}
	payload, failure := c.plan(s.Payload, t.Elem())
	if failure != nil {
		return nil, failure
	}
	return &optionPlan{payload}, nil
}

func (p *optionPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	w.Bit(!v.IsNil())
	if v.IsNil() {
		return nil
	}
	if fault := w.Enter(); fault != nil {
		return fault.Fail()
	}
	failure := p.payload.lower(w, v.Elem())
	w.Leave()
	return failure
}

func (p *optionPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
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
	payload := reflect.New(v.Type().Elem())
	failure := p.payload.lift(r, payload.Elem())
	r.Leave()
	v.Set(payload)
	return failure
}
