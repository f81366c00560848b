package schema

import (
	"fmt"
	"strings"
)

// Describe is what a message calls a type: its name, else its WIT expression.
func (s *Schema) Describe(id int) string { return s.describe(id, 0) }

func (s *Schema) describe(id, depth int) string {
	if depth > 4 { // beyond this a message is no easier to read
		return "…"
	}
	t := &s.Types[id]
	if t.Name != "" {
		switch t.Kind {
		case Record, Variant, Enum, Flags, Set:
			return t.Kind.String() + " " + t.Name
		}
		return t.Name
	}
	of := func(id int) string { return s.describe(id, depth+1) }
	side := func(id *int) string {
		if id == nil {
			return "_"
		}
		return of(*id)
	}
	switch t.Kind {
	case List:
		return "list<" + of(*t.Element) + ">"
	case FixedList:
		return fmt.Sprintf("list<%s, %d>", of(*t.Element), t.Length)
	case Tuple:
		elements := make([]string, len(t.Elements))
		for i, element := range t.Elements {
			elements[i] = of(element)
		}
		return "tuple<" + strings.Join(elements, ", ") + ">"
	case Set:
		return "set of " + of(*t.Element)
	case Map:
		return "map<" + of(t.Key) + ", " + of(t.Value) + ">"
	case Option:
		return "option<" + of(t.Payload) + ">"
	case Result:
		return "result<" + side(t.OK) + ", " + side(t.Err) + ">"
	case Own, Borrow:
		name := "resource"
		if t.Resource >= 0 && t.Resource < len(s.Resources) {
			name = s.Resources[t.Resource].Name
		}
		if t.Kind == Borrow {
			return "borrow<" + name + ">"
		}
		return name
	}
	return t.Kind.String()
}
