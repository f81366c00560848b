package hmsffi

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/native"
)

// inbound is a call that is being served.
type inbound struct {
	driver    *driver
	handle    uint64
	component string
	function  string
	ctx       context.Context
	cancel    context.CancelCauseFunc
	release   context.CancelFunc // of the deadline
}

// newInbound makes the context of a call, whose deadline counts from now.
func newInbound(d *driver, component *Component, e *native.Event) *inbound {
	call := &inbound{driver: d, handle: e.Handle, release: func() {}}
	if component != nil {
		call.component = component.Interface()
		call.function = component.codec.schema.Functions[e.Function].Name
	}
	ctx := context.WithValue(context.Background(), callKey, call)
	if e.Remaining >= 0 {
		ctx, call.release = context.WithTimeout(ctx, time.Duration(e.Remaining))
	}
	call.ctx, call.cancel = context.WithCancelCause(ctx)
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
	call.cancel(cause)
}

// reply ends the call.
func (call *inbound) reply(outcome uint32, body []byte) {
	call.driver.mu.Lock()
	delete(call.driver.calls, call.handle)
	call.driver.mu.Unlock()
	native.Reply(call.handle, outcome, body)
	call.driver.turn()
	call.cancel(nil)
	call.release()
}

// run serves a call on its own goroutine.
func (c *Component) run(call *inbound, function uint32, message []byte) {
	h := c.handlers[function]
	if h == nil {
		err := &Error{Code: Unimplemented, Message: c.codec.schema.Functions[function].Name + " cannot be called yet"}
		call.reply(native.System, encodeError(err))
		return
	}
	args := make([]reflect.Value, 0, len(h.params)+1)
	if h.takesCtx {
		args = append(args, reflect.ValueOf(call.ctx))
	}
	values := args[len(args):]
	for _, param := range h.params {
		values = append(values, reflect.New(param).Elem())
	}
	if failure := c.codec.liftArgs(h.function, h.plans, message, values); failure != nil {
		call.reply(native.System, encodeError(failure))
		return
	}
	result, err := c.invoke(h, args[:len(args)+len(values)])
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
	if system.Code == Cancelled && call.ctx.Err() != nil && !errors.Is(context.Cause(call.ctx), context.DeadlineExceeded) {
		call.reply(native.Cancelled, nil)
		return
	}
	call.reply(native.System, encodeError(system))
}

// invoke calls the handler; its panic is an internal error with the place where it happened.
func (c *Component) invoke(h *handler, args []reflect.Value) (result reflect.Value, err error) {
	defer func() {
		if cause := recover(); cause != nil {
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
