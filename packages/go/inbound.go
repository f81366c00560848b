package hmsffi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/native"
)

// inbound is a call that is being served.
type inbound struct {
	driver    *driver
	owner     *Component // nil if it was closed meanwhile
	handle    uint64
	index     uint32 // of the function
	component string
	function  string
	message   []byte
	ctx       *callContext

	kept   bool // the keeper runs it
	keeper int  // which keeper: its generation
}

// newInbound makes a call of its event; the deadline counts from now.
func newInbound(d *driver, component *Component, e *native.Event) *inbound {
	call := &inbound{driver: d, owner: component, handle: e.Handle, index: e.Function, message: e.Body}
	if component != nil {
		call.component = component.Interface()
		call.function = component.codec.schema.Functions[e.Function].Name
	}
	call.ctx = &callContext{call: call}
	if e.Remaining >= 0 {
		call.ctx.deadline = time.Now().Add(time.Duration(e.Remaining))
	}
	return call
}

// callOf is the call that a context belongs to.
func callOf(ctx context.Context) *inbound {
	call, _ := ctx.Value(callKey).(*inbound)
	return call
}

// end tells the handler that its caller no longer waits.
func (call *inbound) end(late bool) {
	cause := context.Canceled
	if late {
		cause = context.DeadlineExceeded
	}
	call.ctx.end(cause)
}

// reply ends the call.
func (call *inbound) reply(outcome uint32, body []byte) {
	d := call.driver
	look := native.LookNever
	if len(body) >= largeBody {
		native.Reply(call.handle, outcome, body)
		look = native.LookAfter
	}
	d.mu.Lock()
	delete(d.calls, call.handle)
	if look == native.LookNever {
		d.requests.Reply(call.handle, outcome, body)
	}
	// The keeper sends replies when it looks for more calls.
	kept, crowd := call.kept && call.keeper == d.keeper.generation, len(d.calls) > 0
	d.mu.Unlock()
	if !kept {
		d.push(look, crowd)
	}
	call.ctx.end(context.Canceled)
}

// handler is what serves the call; nil if nothing does.
func (call *inbound) handler() *handler {
	if call.owner == nil {
		return nil
	}
	return call.owner.handlers[call.index]
}

// isShort tells whether the handler typically ends at once.
func (call *inbound) isShort() bool {
	h := call.handler()
	return h != nil && h.typical.Load() < int64(short)
}

// run serves the call, on whichever goroutine.
func (call *inbound) run() {
	h := call.handler()
	switch {
	case call.owner == nil:
		call.fail(&Error{Code: Unavailable, Message: "the component is closed"})
		return
	case h == nil:
		call.fail(&Error{Code: Unimplemented, Message: call.function + " cannot be called yet"})
		return
	case call.ctx.Err() != nil: // it ended before it began
		call.reply(native.Cancelled, nil)
		return
	}
	began := time.Now()
	call.owner.serve(call, h)
	h.took(time.Since(began))
}

// fail ends the call with a system error.
func (call *inbound) fail(err *Error) { call.reply(native.System, encodeError(err)) }

// took notes how long a call took; the last ones weigh most, so that a change is noticed within a few.
func (h *handler) took(d time.Duration) {
	typical := h.typical.Load()
	if typical == unknownTime {
		h.typical.Store(int64(d))
		return
	}
	h.typical.Store((3*typical + int64(d)) / 4)
}

// unknownTime stands for that of a handler that never ran.
const unknownTime = math.MaxInt64

// serve runs a handler and answers.
func (c *Component) serve(call *inbound, h *handler) {
	args := make([]reflect.Value, 0, len(h.params)+1)
	if h.takesCtx {
		args = append(args, reflect.ValueOf(call.ctx))
	}
	values := args[len(args):]
	for _, param := range h.params {
		values = append(values, reflect.New(param).Elem())
	}
	if failure := c.codec.liftArgs(h.function, h.plans, call.message, values); failure != nil {
		call.fail(failure)
		return
	}
	result, err := c.invoke(call, h, args[:len(args)+len(values)])
	w := c.codec.writer()
	defer release(w)
	if err == nil {
		failure := c.codec.lowerOutcome(w, h.outcome.OK, "result", result)
		if failure == nil {
			call.reply(native.OK, w.Bytes())
			return
		}
		failure.Trace = []Frame{h.frame}
		err = failure
	}
	var e *Error
	if errors.As(err, &e) && e.declared != nil && h.outcome.Declared {
		if body, ok, failure := c.lowerDeclared(h, e); failure != nil {
			failure.Trace = e.Trace
			err = failure
		} else if ok {
			call.reply(native.Declared, body)
			return
		}
	}
	system := c.systemError(call, h, err)
	if system.Code == Cancelled && call.ctx.Err() != nil && !errors.Is(call.ctx.Err(), context.DeadlineExceeded) {
		call.reply(native.Cancelled, nil)
		return
	}
	call.fail(system)
}

// invoke calls the handler; its panic is an internal error with the place where it happened.
func (c *Component) invoke(call *inbound, h *handler, args []reflect.Value) (result reflect.Value, err error) {
	returned := false
	defer func() {
		cause := recover()
		if cause == nil && !returned {
			// Nobody comes back from here.
			call.fail(&Error{
				Code: Internal, Message: "the handler ended its goroutine (runtime.Goexit)", MaybeExecuted: true,
				Trace: in(c.Interface(), []Frame{h.frame}),
			})
		}
		if cause != nil {
			failure := &Error{Code: Internal, Message: fmt.Sprintf("panic: %v", cause), MaybeExecuted: true, Trace: panicTrace()}
			if wrapped, ok := cause.(error); ok {
				failure.wrapped = wrapped
			}
			if len(failure.Trace) == 0 {
				failure.Trace = []Frame{h.frame}
			}
			err = panicked{failure}
		}
	}()
	out := h.call.Call(args)
	returned = true
	if n := len(out); n > 0 && out[n-1].Type() == errorType {
		if !out[n-1].IsNil() {
			err = out[n-1].Interface().(error)
		}
	}
	if h.result {
		result = out[0]
	}
	return result, err
}

// panicked is an error that nothing maps: a panic is a mistake, whatever it was called with.
type panicked struct{ err *Error }

func (p panicked) Error() string { return p.err.Error() }

// lowerDeclared writes the value of a declared error; false if it is the error of another function, which a nested
// call passed on.
func (c *Component) lowerDeclared(h *handler, e *Error) ([]byte, bool, *Error) {
	d := e.declared
	if d.codec != nil {
		own := d.codec.schema.Interface == c.Interface() && d.function.Fingerprint == h.function.Fingerprint
		return d.bytes, own, nil
	}
	w := c.codec.writer()
	defer release(w)
	value := reflect.ValueOf(&d.value).Elem()
	if h.outcome.Err == nil {
		if d.value != nil && !isEmptyStruct(reflect.TypeOf(d.value)) {
			return nil, false, &Error{Code: Internal, Message: "error: the contract has no value here"}
		}
		return nil, true, nil
	}
	if failure := c.codec.lowerAny(w, *h.outcome.Err, value.Addr().Interface().(*any)); failure != nil {
		return nil, false, failed(failure.At("error"), Internal)
	}
	return append([]byte{}, w.Bytes()...), true, nil
}
