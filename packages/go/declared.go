package hmsffi

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
)

// declared is the value of a declared error: a Go value in the provider, bytes in the caller.
type declared struct {
	value any // in the provider

	codec    *codec // in the caller
	function *schema.Function
	bytes    []byte
}

// Declare is the error for a handler to return that the contract declares for its function, with this value.
// For an error type without value (result<T>) the value is nil.
func Declare(value any) error {
	return &Error{declared: &declared{value: value}, MaybeExecuted: true, Trace: callersTrace()}
}

// Declared is the value of a declared error, and true if err is one whose value a T can hold. T is any for the natural
// Go value (see the type table), whatever it is.
func Declared[T any](err error) (T, bool) {
	var value T
	var e *Error
	if !errors.As(err, &e) || e.declared == nil {
		return value, false
	}
	d := e.declared
	if d.codec == nil {
		if isAny(reflect.TypeFor[T]()) && d.value == nil {
			return value, true
		}
		value, ok := d.value.(T)
		return value, ok
	}
	failure := d.codec.liftOutcome(d.codec.schema.Outcome(d.function).Err, "error", d.bytes, reflect.ValueOf(&value).Elem())
	return value, failure == nil
}

// IsDeclared tells whether err is an error that the contract declares.
func IsDeclared(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.declared != nil
}

// describe names the kind of error without its value, which may be sensitive.
func (d *declared) describe() string {
	if d.codec == nil {
		return fmt.Sprintf("declared error of type %T", d.value)
	}
	id := d.codec.schema.Outcome(d.function).Err
	if id == nil {
		return d.function.Name + " declared an error"
	}
	text := d.function.Name + " declared an error: " + d.codec.schema.Describe(*id)
	var value any
	if d.codec.liftOutcome(id, "error", d.bytes, reflect.ValueOf(&value).Elem()) != nil {
		return text
	}
	switch value := value.(type) {
	case Variant:
		return text + " " + value.Tag
	case string:
		if d.codec.schema.Types[*id].Kind == schema.Enum {
			return text + " " + value
		}
	}
	return text
}
