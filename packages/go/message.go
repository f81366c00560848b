package hmsffi

import (
	"fmt"
	"reflect"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

var failureCodes = [...]Code{
	wire.InvalidArgument:   InvalidArgument,
	wire.ResourceExhausted: ResourceExhausted,
	wire.Unimplemented:     Unimplemented,
}

// failed is the error of a failed conversion; an invalid-argument gets the code of who is to blame.
func failed(failure *wire.Failure, blame Code) *Error {
	if failure == nil {
		return nil
	}
	code := failureCodes[failure.Kind]
	if code == InvalidArgument {
		code = blame
	}
	return &Error{Code: code, Message: failure.Text()}
}

// lowerArgs writes the arguments of a call into buffer and gives back the message, which may have moved.
func (c *codec) lowerArgs(buffer []byte, f *schema.Function, args []any) ([]byte, *Error) {
	if len(args) != len(f.Params) {
		return buffer, &Error{
			Code:    InvalidArgument,
			Message: fmt.Sprintf("%s: expected %d arguments, got %d", f.Name, len(f.Params), len(args)),
		}
	}
	var w wire.Writer
	w.Begin(buffer, &c.limits)
	for i := range f.Params {
		param := &f.Params[i]
		if failure := c.lowerAny(&w, param.Type, &args[i]); failure != nil {
			return buffer, failed(failure.At(param.Name), InvalidArgument)
		}
	}
	if fault := w.CheckSize(); fault != nil {
		return buffer, failed(fault.Fail().At("arguments"), InvalidArgument)
	}
	return w.Bytes(), nil
}

// lowerAny writes what a variable of type any holds.
func (c *codec) lowerAny(w *wire.Writer, id int, value *any) *wire.Failure {
	v := reflect.ValueOf(value).Elem()
	if kind := c.schema.Types[id].Kind; kind == schema.Option || kind == schema.Document || v.IsNil() {
		return c.dynamic(id).lower(w, v)
	}
	v = v.Elem()
	p, failure := c.plan(id, v.Type())
	if failure != nil {
		return failure
	}
	return p.lower(w, v)
}

// paramPlans are the plans for the parameters of a handler.
func (c *codec) paramPlans(f *schema.Function, types []reflect.Type) ([]plan, *wire.Failure) {
	plans := make([]plan, len(types))
	for i := range types {
		var failure *wire.Failure
		if plans[i], failure = c.plan(f.Params[i].Type, types[i]); failure != nil {
			return nil, failure.At(f.Params[i].Name)
		}
	}
	return plans, nil
}

// liftArgs reads the arguments of a call into args, which are settable.
func (c *codec) liftArgs(f *schema.Function, plans []plan, message []byte, args []reflect.Value) *Error {
	r, fault := wire.NewReader(message, &c.limits)
	if fault != nil {
		return failed(fault.Fail().At("arguments"), InvalidArgument)
	}
	for i, p := range plans {
		if failure := p.lift(&r, args[i]); failure != nil {
			return failed(failure.At(f.Params[i].Name), InvalidArgument)
		}
	}
	return failed(atNothing(r.Finish(), "arguments"), InvalidArgument)
}

func atNothing(fault *wire.Fault, root string) *wire.Failure {
	if fault == nil {
		return nil
	}
	return fault.Fail().At(root)
}

// lowerOutcome writes a result or declared error, whose type is absent if id is nil. What a provider returns and the
// contract does not allow is the provider's mistake: internal.
func (c *codec) lowerOutcome(buffer []byte, id *int, root string, v reflect.Value) ([]byte, *Error) {
	if id == nil {
		if v.IsValid() {
			return buffer, &Error{Code: Internal, Message: root + ": the contract has no value here"}
		}
		return buffer[:0], nil
	}
	var w wire.Writer
	w.Begin(buffer, &c.limits)
	var failure *wire.Failure
	if !v.IsValid() {
		v = reflect.Zero(reflect.TypeFor[any]())
	}
	if p, mismatch := c.plan(*id, v.Type()); mismatch != nil {
		failure = mismatch
	} else if failure = p.lower(&w, v); failure == nil {
		failure = w.CheckSize().Fail()
	}
	if failure != nil {
		return buffer, failed(failure.At(root), Internal)
	}
	return w.Bytes(), nil
}

// liftOutcome reads a result or declared error into v, which is settable; if id is nil there is none and v is left alone.
// Bytes that are not such a value are data-loss, a v that cannot hold them is the caller's mistake.
func (c *codec) liftOutcome(id *int, root string, message []byte, v reflect.Value) *Error {
	r, fault := wire.NewReader(message, &c.limits)
	if fault != nil {
		return failed(fault.Fail().At(root), DataLoss)
	}
	if id != nil && v.IsValid() {
		p, failure := c.plan(*id, v.Type())
		if failure != nil {
			return failed(failure.At(root), InvalidArgument)
		}
		if failure = p.lift(&r, v); failure != nil {
			return failed(failure.At(root), DataLoss)
		}
	}
	if id != nil && !v.IsValid() {
		return nil // nobody wants the value
	}
	return failed(atNothing(r.Finish(), root), DataLoss)
}
