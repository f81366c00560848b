package hmsffi

import (
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// VariantCase says which Go type stands for a case; see Case.
type VariantCase struct {
	name string
	t    reflect.Type
}

// Case says that T stands for the case with this WIT name. T is the payload's Go type or has it as its underlying type
// (type NotCovered string), or is a struct whose only field is the payload, or, without payload, an empty struct.
func Case[T any](name string) VariantCase { return VariantCase{name, reflect.TypeFor[T]()} }

var (
	registryMu sync.RWMutex
	registry   = map[reflect.Type][]VariantCase{}
	interfaces = map[reflect.Type][]reflect.Type{} // those that a type stands for a case of
)

// RegisterVariant says which types stand for the cases of a variant wherever the interface I is used for it. Call it
// once for each interface, from an init function; it panics if a type does not implement I or stands for two cases.
func RegisterVariant[I any](cases ...VariantCase) {
	t := reflect.TypeFor[I]()
	if t.Kind() != reflect.Interface || t.NumMethod() == 0 {
		panic(fmt.Sprintf("hmsffi.RegisterVariant: %v is not an interface with a method", t))
	}
	seen := map[any]bool{}
	for _, c := range cases {
		if !c.t.Implements(t) {
			panic(fmt.Sprintf("hmsffi.RegisterVariant: %v does not implement %v", c.t, t))
		}
		if c.t.Kind() == reflect.Pointer || c.t.Kind() == reflect.Interface {
			panic(fmt.Sprintf("hmsffi.RegisterVariant: %v is a pointer or an interface", c.t))
		}
		if seen[c.t] || seen[c.name] {
			panic(fmt.Sprintf("hmsffi.RegisterVariant: %v or the case %q is given twice", c.t, c.name))
		}
		seen[c.t], seen[c.name] = true, true
	}
	registryMu.Lock()
	defer registryMu.Unlock()
	registry[t] = cases
	for _, c := range cases {
		interfaces[c.t] = append(interfaces[c.t], t)
	}
}

// registeredPlan converts a variant to and from an interface with registered implementers.
type registeredPlan struct {
	variantPlan
	byType map[reflect.Type]int
}

func (c *codec) buildRegistered(base variantPlan, cases []variantCase, t reflect.Type) (plan, *wire.Failure) {
	registryMu.RLock()
	registered := registry[t]
	registryMu.RUnlock()
	if registered == nil {
		return nil, wire.Mismatch(base.expected, t.String()+", whose cases are not registered (hmsffi.RegisterVariant)")
	}
	types := make(map[string]reflect.Type, len(registered))
	for _, r := range registered {
		types[r.name] = r.t
	}
	base.cases = slices.Clone(base.cases)
	p := &registeredPlan{base, make(map[reflect.Type]int, len(cases))}
	for i := range cases {
		name := cases[i].name
		implementer, ok := types[name]
		if !ok {
			return nil, wire.Mismatch(base.expected, t.String()+", which has no type registered for the case").At("." + name)
		}
		p.byType[implementer] = i
		entry := &p.cases[i]
		entry.t, entry.wrapped = implementer, -1
		if cases[i].payload == nil {
			if !isEmptyStruct(implementer) {
				return nil, wire.Mismatch("an empty struct for a case without payload", implementer.String()).At("." + name)
			}
			continue
		}
		direct, failure := c.plan(*cases[i].payload, implementer)
		if failure != nil {
			if members := membersOfStruct(implementer); len(members) == 1 {
				wrapped, inner := c.plan(*cases[i].payload, members[0].Type)
				if inner != nil {
					return nil, inner.At("." + name)
				}
				entry.payload, entry.wrapped = wrapped, members[0].Index[0]
				continue
			}
			return nil, failure.At("." + name)
		}
		entry.payload = direct
	}
	return p, nil
}

func membersOfStruct(t reflect.Type) []reflect.StructField {
	if t.Kind() != reflect.Struct {
		return nil
	}
	var members []reflect.StructField
	for i := range t.NumField() {
		if field := t.Field(i); field.IsExported() && field.Tag.Get("hms") != "-" {
			members = append(members, field)
		}
	}
	return members
}

func (p *registeredPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	v = v.Elem()
	if !v.IsValid() {
		return wire.Mismatch(p.expected, "nil")
	}
	index, ok := p.byType[v.Type()]
	if !ok {
		return wire.Mismatch(p.expected, v.Type().String())
	}
	if field := p.cases[index].wrapped; field >= 0 {
		v = v.Field(field)
	}
	return p.lowerCase(w, index, v)
}

func (p *registeredPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	c, failure := p.liftIndex(r)
	if failure != nil {
		return failure
	}
	value := reflect.New(c.t).Elem()
	payload := value
	if c.wrapped >= 0 {
		payload = value.Field(c.wrapped)
	}
	if c.payload != nil {
		failure = c.liftPayload(r, payload)
	}
	v.Set(value)
	return failure
}

// implementerPlan converts one registered implementer where it stands for itself.
type implementerPlan struct {
	*registeredPlan
	index int
}

// buildImplementer is the plan of a type that stands for one of these cases; nil if it stands for none.
func (c *codec) buildImplementer(base variantPlan, cases []variantCase, t reflect.Type) (plan, *wire.Failure) {
	registryMu.RLock()
	candidates := interfaces[t]
	registryMu.RUnlock()
	var first *wire.Failure
	for _, candidate := range candidates {
		built, failure := c.buildRegistered(base, cases, candidate)
		if failure == nil {
			p := built.(*registeredPlan)
			if index, ok := p.byType[t]; ok {
				return &implementerPlan{p, index}, nil
			}
		} else if first == nil {
			first = failure
		}
	}
	return nil, first
}

func (p *implementerPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	if field := p.cases[p.index].wrapped; field >= 0 {
		v = v.Field(field)
	}
	return p.lowerCase(w, p.index, v)
}

func (p *implementerPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	c, failure := p.liftIndex(r)
	if failure != nil {
		return failure
	}
	if c != &p.cases[p.index] {
		return wire.Mismatch("the case "+p.cases[p.index].name, "the case "+c.name)
	}
	if c.payload == nil {
		return nil
	}
	if c.wrapped >= 0 {
		v = v.Field(c.wrapped)
	}
	return c.liftPayload(r, v)
}
