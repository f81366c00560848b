package hmsffi

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// recordPlan converts a record to and from a struct.
type recordPlan struct{ fields []recordField }

type recordField struct {
	name  string
	plan  plan
	index []int
}

func (c *codec) buildRecord(id int, s *schema.Type, t reflect.Type) (plan, *wire.Failure) {
	if t.Kind() == reflect.Map && t.Key().Kind() == reflect.String {
		return c.buildRecordMap(s, t)
	}
	if t.Kind() != reflect.Struct || isWellKnown(t) {
		return nil, c.mismatch(id, t)
	}
	members := membersOf(t)
	p := &recordPlan{make([]recordField, len(s.Fields))}
	for i := range s.Fields {
		f := &s.Fields[i]
		member, ok := takeMember(&members, f.Name, f.Local)
		if !ok {
			return nil, wire.Mismatch(c.schema.Describe(id), t.String()+", which has no field for it").At("." + f.Name)
		}
		fieldPlan, failure := c.plan(f.Type, member.Type)
		if failure != nil {
			return nil, failure.At("." + f.Name)
		}
		p.fields[i] = recordField{f.Name, fieldPlan, member.Index}
	}
	if len(members) > 0 {
		return nil, wire.Mismatch(c.schema.Describe(id), t.String()+", which has the field "+members[0].Name+
			" (unknown fields are left out with the tag `hms:\"-\"`)")
	}
	return p, nil
}

// membersOf lists the exported fields of a struct, those of embedded structs among them.
func membersOf(t reflect.Type) []reflect.StructField {
	var members []reflect.StructField
	for i := range t.NumField() {
		field := t.Field(i)
		tag := field.Tag.Get("hms")
		switch {
		case tag == "-":
		case field.Anonymous && tag == "" && field.Type.Kind() == reflect.Struct && !isWellKnown(field.Type):
			for _, member := range membersOf(field.Type) {
				if shadow, _ := t.FieldByName(member.Name); len(shadow.Index) > 1 {
					member.Index = append([]int{i}, member.Index...)
					members = append(members, member)
				}
			}
		case field.IsExported():
			members = append(members, field)
		}
	}
	return members
}

// takeMember finds the field of a struct that stands for a WIT name: by tag, else by its Go name.
func takeMember(members *[]reflect.StructField, wit, local string) (reflect.StructField, bool) {
	for i, member := range *members {
		tag := member.Tag.Get("hms")
		if tag == wit || tag == "" && sameName(member.Name, wit, local) {
			rest := append([]reflect.StructField{}, (*members)[:i]...)
			*members = append(rest, (*members)[i+1:]...)
			return member, true
		}
	}
	return reflect.StructField{}, false
}

func sameName(name, wit, local string) bool {
	return name == local || strings.EqualFold(name, strings.ReplaceAll(wit, "-", ""))
}

func (p *recordPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	if fault := w.Enter(); fault != nil {
		return fault.Fail()
	}
	for i := range p.fields {
		f := &p.fields[i]
		if failure := f.plan.lower(w, fieldByIndex(v, f.index)); failure != nil {
			return failure.At("." + f.name)
		}
	}
	w.Leave()
	return nil
}

func (p *recordPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	if fault := r.Enter(); fault != nil {
		return fault.Fail()
	}
	for i := range p.fields {
		f := &p.fields[i]
		if failure := f.plan.lift(r, fieldByIndex(v, f.index)); failure != nil {
			return failure.At("." + f.name)
		}
	}
	r.Leave()
	return nil
}

func fieldByIndex(v reflect.Value, index []int) reflect.Value {
	for _, i := range index {
		v = v.Field(i)
	}
	return v
}

// recordMapPlan converts a record to and from a map by WIT name.
type recordMapPlan struct {
	fields []recordMapField
	known  map[string]bool
}

type recordMapField struct {
	key      reflect.Value
	name     string
	plan     plan
	optional bool
	expected string
}

func (c *codec) buildRecordMap(s *schema.Type, t reflect.Type) (plan, *wire.Failure) {
	p := &recordMapPlan{make([]recordMapField, len(s.Fields)), map[string]bool{}}
	for i := range s.Fields {
		f := &s.Fields[i]
		fieldPlan, failure := c.plan(f.Type, t.Elem())
		if failure != nil {
			return nil, failure.At("." + f.Name)
		}
		p.fields[i] = recordMapField{
			key: reflect.ValueOf(f.Name).Convert(t.Key()), name: f.Name, plan: fieldPlan,
			optional: c.schema.Types[f.Type].Kind == schema.Option, expected: c.schema.Describe(f.Type),
		}
		p.known[f.Name] = true
	}
	return p, nil
}

func (p *recordMapPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	if fault := w.Enter(); fault != nil {
		return fault.Fail()
	}
	found := 0
	for i := range p.fields {
		f := &p.fields[i]
		item := v.MapIndex(f.key)
		if !item.IsValid() {
			if !f.optional {
				return (&wire.Failure{Message: "missing, expected " + f.expected}).At("." + f.name)
			}
			w.Bit(false)
			continue
		}
		found++
		if failure := f.plan.lower(w, item); failure != nil {
			return failure.At("." + f.name)
		}
	}
	if found != v.Len() {
		for iter := v.MapRange(); iter.Next(); {
			if name := iter.Key().String(); !p.known[name] {
				return (&wire.Failure{Message: "the record has no such field"}).At("." + name)
			}
		}
	}
	w.Leave()
	return nil
}

func (p *recordMapPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	if fault := r.Enter(); fault != nil {
		return fault.Fail()
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(p.fields)))
	item := reflect.New(v.Type().Elem()).Elem()
	for i := range p.fields {
		f := &p.fields[i]
		if failure := f.plan.lift(r, item); failure != nil {
			return failure.At("." + f.name)
		}
		v.SetMapIndex(f.key, item)
	}
	r.Leave()
	return nil
}

func unknownCase(name string) *wire.Failure {
	return &wire.Failure{Message: "there is no case " + strconv.Quote(name)}
}
