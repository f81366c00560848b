package hmsffi

import (
	"fmt"
	"reflect"
	"sync"

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

// Writers and readers are reused with their memory, up to this much of it.
const keptBuffer = 1 << 20

var (
	writers = sync.Pool{New: func() any { return new(wire.Writer) }}
	readers = sync.Pool{New: func() any { return new(wire.Reader) }}
)

// writer is an empty message; release it when its bytes are no longer needed.
func (c *codec) writer() *wire.Writer {
	w := writers.Get().(*wire.Writer)
	w.Begin(w.Bytes(), &c.limits)
	return w
}

func release(w *wire.Writer) {
	if cap(w.Bytes()) <= keptBuffer {
		writers.Put(w)
	}
}

// read runs lift over a message that root is the name of.
func (c *codec) read(message []byte, root string, blame Code, lift func(r *wire.Reader) *wire.Failure) *Error {
	r := readers.Get().(*wire.Reader)
	defer readers.Put(r)
	var fault *wire.Fault
	*r, fault = wire.NewReader(message, &c.limits)
	if fault != nil {
		return failed(fault.Fail().At(root), blame)
	}
	if failure := lift(r); failure != nil {
		return failed(failure, blame)
	}
	fault = r.Finish()
	*r = wire.Reader{}
	if fault != nil {
		return failed(fault.Fail().At(root), blame)
	}
	return nil
}

// lowerArgs writes the arguments of a call.
func (c *codec) lowerArgs(w *wire.Writer, f *schema.Function, args []any) *Error {
	if len(args) != len(f.Params) {
		return &Error{
			Code:    InvalidArgument,
			Message: fmt.Sprintf("%s: expected %d arguments, got %d", f.Name, len(f.Params), len(args)),
		}
	}
	for i := range f.Params {
		param := &f.Params[i]
		if failure := c.lowerAny(w, param.Type, &args[i]); failure != nil {
			return failed(failure.At(param.Name), InvalidArgument)
		}
	}
	if fault := w.CheckSize(); fault != nil {
		return failed(fault.Fail().At("arguments"), InvalidArgument)
	}
	return nil
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
	return c.read(message, "arguments", InvalidArgument, func(r *wire.Reader) *wire.Failure {
		for i, p := range plans {
			if failure := p.lift(r, args[i]); failure != nil {
				return failure.At(f.Params[i].Name)
			}
		}
		return nil
	})
}

// lowerOutcome writes a result or declared error, whose type is absent if id is nil. What a provider returns and the
// contract does not allow is the provider's mistake: internal.
func (c *codec) lowerOutcome(w *wire.Writer, id *int, root string, v reflect.Value) *Error {
	if id == nil {
		if v.IsValid() {
			return &Error{Code: Internal, Message: root + ": the contract has no value here"}
		}
		return nil
	}
	if !v.IsValid() {
		v = reflect.Zero(reflect.TypeFor[any]())
	}
	p, failure := c.plan(*id, v.Type())
	if failure == nil {
		failure = p.lower(w, v)
	}
	if failure == nil {
		failure = w.CheckSize().Fail()
	}
	if failure != nil {
		return failed(failure.At(root), Internal)
	}
	return nil
}

// liftOutcome reads a result or declared error into v, which is settable; if id is nil there is none and v is left
// alone. Bytes that are not such a value are data-loss, a v that cannot hold them is the caller's mistake.
func (c *codec) liftOutcome(id *int, root string, message []byte, v reflect.Value) *Error {
	if id == nil {
		return c.read(message, root, DataLoss, func(*wire.Reader) *wire.Failure { return nil })
	}
	p, failure := c.plan(*id, v.Type())
	if failure != nil {
		return failed(failure.At(root), InvalidArgument)
	}
	return c.read(message, root, DataLoss, func(r *wire.Reader) *wire.Failure {
		if failure := p.lift(r, v); failure != nil {
			return failure.At(root)
		}
		return nil
	})
}
