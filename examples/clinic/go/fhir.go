package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// element is a FHIR element as JSON, with numbers as the text they were written as.
type element map[string]any

// take removes a member and returns it: what is left in the end goes into the record's extra document.
func (e element) take(name string) any {
	value := e[name]
	delete(e, name)
	return value
}

func (e element) text(name string) string {
	value, _ := e.take(name).(string)
	return value
}

func (e element) optionalText(name string) *string {
	if value, ok := e.take(name).(string); ok {
		return &value
	}
	return nil
}

func (e element) child(name string) element {
	value, _ := e.take(name).(map[string]any)
	return value
}

func (e element) children(name string) []element {
	list, _ := e.take(name).([]any)
	var children []element
	for _, item := range list {
		if child, ok := item.(map[string]any); ok {
			children = append(children, child)
		}
	}
	return children
}

// reference is the target of a FHIR reference without its type: "Patient/example" is example.
func (e element) reference(name string) string {
	target, _ := e.child(name)["reference"].(string)
	_, id, found := strings.Cut(target, "/")
	if !found {
		return target
	}
	return id
}

// code is the first code of a codeable concept, and its text or display.
func (e element) code(name string) (code, label string) {
	concept := e.child(name)
	label, _ = concept["text"].(string)
	if codings := concept.children("coding"); len(codings) > 0 {
		code = codings[0].text("code")
		if label == "" {
			label = codings[0].text("display")
		}
	}
	return code, label
}

// rest is everything that was not taken, with exact numbers.
func (e element) rest() (any, error) {
	return exact(map[string]any(e))
}

// exact turns JSON numbers into integers and decimals; none becomes a float.
func exact(value any) (any, error) {
	switch v := value.(type) {
	case json.Number:
		if number, err := v.Int64(); err == nil {
			return number, nil
		}
		return hmsffi.ParseDecimal(v.String())
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			var err error
			if list[i], err = exact(item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		members := make(map[string]any, len(v))
		for name, item := range v {
			var err error
			if members[name], err = exact(item); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		return members, nil
	}
	return value, nil
}

func parseWhen(text string) (*When, error) {
	if strings.Contains(text, "T") {
		moment, err := time.Parse(time.RFC3339Nano, text)
		return &When{Moment: &moment}, err
	}
	if len(text) < len("2006-01-02") {
		partial, err := hmsffi.ParsePartialDate(text)
		return &When{Partial: &partial}, err
	}
	day, err := hmsffi.ParseDate(text)
	return &When{Day: &day}, err
}

func (e element) when(name string) (*When, error) {
	text := e.text(name)
	if text == "" {
		return nil, nil
	}
	when, err := parseWhen(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return when, nil
}

func (e element) period(name string) (*Period, error) {
	child := e.child(name)
	if child == nil {
		return nil, nil
	}
	start, err := child.when("start")
	if err != nil {
		return nil, err
	}
	end, err := child.when("end")
	return &Period{start, end}, err
}

func (e element) decimal(name string) (hmsffi.Decimal, bool, error) {
	number, ok := e.take(name).(json.Number)
	if !ok {
		return hmsffi.Decimal{}, false, nil
	}
	value, err := hmsffi.ParseDecimal(number.String())
	return value, true, err
}

func (e element) quantity(name string) (*Quantity, error) {
	child := e.child(name)
	value, found, err := child.decimal("value")
	if !found || err != nil {
		return nil, err
	}
	unit := child.text("code")
	if unit == "" {
		unit = child.text("unit")
	}
	return &Quantity{value, unit}, nil
}

func (e element) money(name string) (*Money, error) {
	child := e.child(name)
	amount, found, err := child.decimal("value")
	if !found || err != nil {
		return nil, err
	}
	return &Money{amount, child.text("currency")}, nil
}
