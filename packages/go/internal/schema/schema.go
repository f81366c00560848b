// Package schema reads the exchange form of a schema: one interface of a contract with every type that it reaches.
package schema

import (
	"encoding/json"
	"fmt"
)

// Schema is one interface with all types that its functions reach, dependencies first.
type Schema struct {
	Interface   string     `json:"interface"`
	Fingerprint string     `json:"fingerprint"`
	Types       []Type     `json:"types"`
	Functions   []Function `json:"functions"`
	Resources   []Resource `json:"resources"`
	Docs        string     `json:"docs"`
	WIT         string     `json:"wit"`
	Topics      bool       `json:"topics"`

	smallest []uint64
	byName   map[string]int
}

// Type is one entry of the type table.
type Type struct {
	Name     string  `json:"name"`
	Local    string  `json:"local"`
	Owner    string  `json:"owner"`
	Kind     Kind    `json:"kind"`
	Element  *int    `json:"element"`
	Length   int     `json:"length"`
	Elements []int   `json:"elements"`
	Key      int     `json:"key"`
	Value    int     `json:"value"`
	Fields   []Field `json:"fields"`
	Cases    []Case  `json:"cases"`
	Flags    []Case  `json:"flags"`
	Payload  int     `json:"payload"`
	OK       *int    `json:"ok"`
	Err      *int    `json:"err"`
	Resource int     `json:"resource"`
}

// Field is a field of a record or a parameter.
type Field struct {
	Name  string `json:"name"`
	Local string `json:"local"`
	Type  int    `json:"type"`
}

// Case is a case of an enum or variant, or a flag.
type Case struct {
	Name  string `json:"name"`
	Local string `json:"local"`
	Type  *int   `json:"type"`
}

// Resource is a resource of the interface.
type Resource struct {
	Name  string `json:"name"`
	Local string `json:"local"`
}

// Function is a function of the interface or of one of its resources.
type Function struct {
	Name        string  `json:"name"`
	Local       string  `json:"local"`
	Params      []Field `json:"params"`
	Result      *int    `json:"result"`
	Topic       bool    `json:"topic"`
	Idempotent  bool    `json:"idempotent"`
	Fingerprint string  `json:"fingerprint"`
}

// Outcome holds the types of a function's outcomes; nil where there is no value.
type Outcome struct {
	OK       *int
	Declared bool
	Err      *int
}

// Parse reads a schema's JSON and checks that it holds together.
func Parse(text []byte) (*Schema, error) {
	s := new(Schema)
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("the schema is not valid: %w", err)
	}
	for id := range s.Types {
		for _, ref := range s.Types[id].refs() {
			if ref < 0 || ref >= id {
				return nil, fmt.Errorf("the schema of %s is not valid: type %d refers to type %d", s.Interface, id, ref)
			}
		}
		s.smallest = append(s.smallest, s.smallestEncoding(&s.Types[id]))
	}
	s.byName = make(map[string]int, len(s.Functions))
	for i := range s.Functions {
		f := &s.Functions[i]
		s.byName[f.Name] = i
		for _, p := range f.Params {
			if p.Type < 0 || p.Type >= len(s.Types) {
				return nil, fmt.Errorf("the schema of %s is not valid: %s refers to type %d", s.Interface, f.Name, p.Type)
			}
		}
		if f.Result != nil && (*f.Result < 0 || *f.Result >= len(s.Types)) {
			return nil, fmt.Errorf("the schema of %s is not valid: %s refers to type %d", s.Interface, f.Name, *f.Result)
		}
	}
	return s, nil
}

func (t *Type) refs() []int {
	var refs []int
	add := func(ref *int) {
		if ref != nil {
			refs = append(refs, *ref)
		}
	}
	switch t.Kind {
	case List, FixedList, Set:
		if t.Element == nil {
			return []int{-1}
		}
		add(t.Element)
	case Stream, Future:
		add(t.Element)
	case Tuple:
		refs = append(refs, t.Elements...)
	case Map:
		refs = append(refs, t.Key, t.Value)
	case Record:
		for _, field := range t.Fields {
			refs = append(refs, field.Type)
		}
	case Variant:
		for _, c := range t.Cases {
			add(c.Type)
		}
	case Option:
		refs = append(refs, t.Payload)
	case Result:
		add(t.OK)
		add(t.Err)
	}
	return refs
}

// Function is the index of the function with this WIT name, or -1.
func (s *Schema) Function(name string) int {
	if i, ok := s.byName[name]; ok {
		return i
	}
	return -1
}

// Outcome is what a call of a function returns.
func (s *Schema) Outcome(f *Function) Outcome {
	if f.Result == nil {
		return Outcome{}
	}
	if t := &s.Types[*f.Result]; t.Kind == Result {
		return Outcome{OK: t.OK, Declared: true, Err: t.Err}
	}
	return Outcome{OK: f.Result}
}

// Boxed tells whether a present option of this payload needs a box, because the payload can itself look absent.
func (s *Schema) Boxed(payload int) bool {
	kind := s.Types[payload].Kind
	return kind == Option || kind == Document
}

// HasHandles tells whether values of a type hold handles, streams or futures.
func (s *Schema) HasHandles(id int) bool {
	t := &s.Types[id]
	switch t.Kind {
	case Own, Borrow, Stream, Future:
		return true
	}
	for _, ref := range t.refs() {
		if s.HasHandles(ref) {
			return true
		}
	}
	return false
}
