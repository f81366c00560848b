// Package wire reads and writes the bytes of values as docs/wire-format.md specifies them, without knowing any Go type.
package wire

import "strings"

// Fault says what is wrong with bytes, or which limit a value is over, without the place: whoever walks the types knows that.
type Fault struct {
	// Limit is true for the limits (resource-exhausted), false for wrong bytes (invalid-argument).
	Limit   bool
	Message string
}

// Invalid is the fault of a rule that a well-known type breaks.
func Invalid(rule string) *Fault { return &Fault{Message: rule} }

// What can be wrong with bytes.
var (
	Truncated    = &Fault{Message: "the message ends inside this value"}
	Length       = &Fault{Message: "the length is past the end of the message"}
	Trailing     = &Fault{Message: "bytes follow the last value"}
	Bool         = &Fault{Message: "a bool must be 0 or 1"}
	Option       = &Fault{Message: "an option must begin with 0 or 1"}
	Result       = &Fault{Message: "a result must begin with 0 or 1"}
	Char         = &Fault{Message: "not a Unicode scalar value"}
	UTF8         = &Fault{Message: "not valid UTF-8"}
	NaN          = &Fault{Message: "a NaN must be the canonical one"}
	Padding      = &Fault{Message: "padding must be zero"}
	Discriminant = &Fault{Message: "no case has this index"}
	Flags        = &Fault{Message: "a bit is set that no flag has"}
	Order        = &Fault{Message: "out of order"}
	Duplicate    = &Fault{Message: "present twice"}
	Elements     = &Fault{Limit: true, Message: "the message has more elements than the limit allows"}
	Depth        = &Fault{Limit: true, Message: "nested deeper than the limit allows"}
	Size         = &Fault{Limit: true, Message: "the message is larger than the limit allows"}
)

// Failure is a failed conversion: what is wrong, and the path to it, which is put together on the way out so that
// success pays nothing for it.
type Failure struct {
	Kind    FailureKind
	Message string
	path    []string // innermost step first
}

// FailureKind tells which code a failure has.
type FailureKind uint8

// The kinds of failures.
const (
	InvalidArgument FailureKind = iota
	ResourceExhausted
	Unimplemented
)

// Fail is the failure of a fault, nil for nil.
func (f *Fault) Fail() *Failure {
	if f == nil {
		return nil
	}
	kind := InvalidArgument
	if f.Limit {
		kind = ResourceExhausted
	}
	return &Failure{Kind: kind, Message: f.Message}
}

// Mismatch is the failure of a value of another type.
func Mismatch(expected, got string) *Failure {
	return &Failure{Message: "expected " + expected + ", got " + got}
}

// At is the same failure one step further out: "claim", ".lines", "[3]".
func (f *Failure) At(step string) *Failure {
	f.path = append(f.path, step)
	return f
}

// Path is where the failure is, `claim.lines[3].charge`.
func (f *Failure) Path() string {
	var path strings.Builder
	for i := len(f.path) - 1; i >= 0; i-- {
		path.WriteString(f.path[i])
	}
	return path.String()
}

// Text is the message with its path in front.
func (f *Failure) Text() string {
	if path := f.Path(); path != "" {
		return path + ": " + f.Message
	}
	return f.Message
}
