package hmsffi

import (
	"context"
	"errors"
)

func isError(err, target error) bool { return errors.Is(err, target) }

func asError[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// systemError is what the caller of a handler sees of the error that the handler returned.
func (c *Component) systemError(call *inbound, h *handler, err error) *Error {
	e := c.classify(call, err)
	e.MaybeExecuted = true
	if len(e.Trace) == 0 {
		e.Trace = []Frame{h.frame}
	}
	e.Trace = in(c.Interface(), e.Trace)
	return e
}

func (c *Component) classify(call *inbound, err error) *Error {
	if p, ok := err.(panicked); ok {
		return p.err
	}
	var e *Error
	isOurs := errors.As(err, &e)
	for _, mapped := range c.options.mapped {
		if mapped.matches(err) {
			return wrapping(err, e, mapped.code)
		}
	}
	switch {
	case isOurs && e.declared != nil:
		// Declared by a function that is not this one, or by one that declares nothing.
		return &Error{Code: Internal, Message: e.Error(), Trace: e.Trace}
	case isOurs && e.received:
		nested := e.nested()
		nested.Message = messageOf(err, e)
		return nested
	case isOurs:
		// The handler chose the code; it may have wrapped the error with more text.
		copied := *e
		copied.Message = messageOf(err, e)
		return &copied
	case call.ctx.Err() != nil && errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: DeadlineExceeded, Message: err.Error()}
	case call.ctx.Err() != nil && errors.Is(err, context.Canceled):
		if errors.Is(context.Cause(call.ctx), context.DeadlineExceeded) {
			return &Error{Code: DeadlineExceeded, Message: err.Error()}
		}
		return &Error{Code: Cancelled, Message: err.Error()}
	case errors.Is(err, errors.ErrUnsupported):
		return &Error{Code: Unimplemented, Message: err.Error()}
	}
	return &Error{Code: Internal, Message: err.Error()}
}

// wrapping is an error of this code about err, with e (the Error within it) as cause if it came from a nested call.
func wrapping(err error, e *Error, code Code) *Error {
	mapped := &Error{Code: code, Message: err.Error()}
	if e != nil {
		mapped.Message, mapped.Trace, mapped.Details = messageOf(err, e), e.Trace, e.Details
		if e.received && e.declared == nil {
			mapped.Cause = e
		}
	}
	return mapped
}

// messageOf is the text of err, without the code if err is e itself.
func messageOf(err error, e *Error) string {
	if own, ok := err.(*Error); ok && own == e {
		return e.messageOrText()
	}
	return err.Error()
}
