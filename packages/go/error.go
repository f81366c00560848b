package hmsffi

import (
	"errors"
	"fmt"
	"io"
)

// Error is every error of a call. One with a Code is a system error; one without is an error that the contract
// declares, whose value Declared gives.
type Error struct {
	Code    Code
	Message string
	// Details is a document (see the type table), nil if there are none.
	Details any
	// MaybeExecuted is false if the call never reached a handler, so that it is safe to send it again.
	MaybeExecuted bool
	// Retry is an explicit hint whether trying again makes sense; nil leaves it to the code (see Retryable).
	Retry *bool
	// Cause is the error of a nested call that ended the handler.
	Cause *Error
	// Trace is the polyglot traceback, outermost call first.
	Trace []Frame

	wrapped  error     // a Go error of this process that this one was made from
	received bool      // it came from a call, so that it is a nested error within a handler
	declared *declared // of a declared error
}

// Frame is a place in the source of one hop of a failed call. Values never appear in it.
type Frame struct {
	Language  string // rust, python, node, go, ruby, php
	Component string // the interface that was being served, or the program's name
	Function  string
	File      string // empty if unknown
	Line      int    // 0 if unknown
}

// String is the frame on one line.
func (f Frame) String() string {
	place := ""
	if f.File != "" {
		place = fmt.Sprintf(" (%s:%d)", f.File, f.Line)
	}
	return fmt.Sprintf("[%s] %s %s%s", f.Language, f.Component, f.Function, place)
}

// Errorf makes a system error for a handler to return; its trace is the place of this call. %w keeps the wrapped error,
// as in fmt.Errorf; the Error of a nested call among them becomes the Cause.
func Errorf(code Code, format string, args ...any) *Error {
	formatted := fmt.Errorf(format, args...)
	err := &Error{Code: code, Message: formatted.Error(), MaybeExecuted: true, Trace: callersTrace()}
	switch formatted.(type) {
	case interface{ Unwrap() error }, interface{ Unwrap() []error }:
		err.wrapped = formatted
		if errors.As(formatted, &err.Cause) {
			err.Trace = append(err.Trace, err.Cause.Trace...)
		}
	}
	return err
}

// WithDetails is the error with details: a document. It changes the error that it is called on.
func (e *Error) WithDetails(details any) *Error {
	e.Details = details
	return e
}

// Error is the code and the message.
func (e *Error) Error() string {
	if e.declared != nil {
		return e.declared.describe()
	}
	return e.Code.String() + ": " + e.Message
}

// Format prints the polyglot traceback too for %+v.
func (e *Error) Format(f fmt.State, verb rune) {
	if verb == 'q' {
		fmt.Fprintf(f, "%q", e.Error())
		return
	}
	io.WriteString(f, e.Error())
	if verb == 'v' && f.Flag('+') {
		for _, frame := range e.Trace {
			fmt.Fprintf(f, "\n[%s] %s %s\n\t%s:%d", frame.Language, frame.Component, frame.Function, frame.File, frame.Line)
		}
		for cause := e.Cause; cause != nil; cause = cause.Cause {
			fmt.Fprintf(f, "\ncaused by %s", cause.Error())
		}
	}
}

// Is tells whether the error has a code (errors.Is(err, hmsffi.NotFound)) or stands for one of Go's own errors:
// fs.ErrNotExist, fs.ErrPermission, context.DeadlineExceeded, context.Canceled, errors.ErrUnsupported.
func (e *Error) Is(target error) bool {
	if code, ok := target.(Code); ok {
		return e.Code == code && e.declared == nil
	}
	return e.Code.is(target)
}

// Unwrap is the error that this one was made from, if any.
func (e *Error) Unwrap() error {
	if e.wrapped != nil {
		return e.wrapped
	}
	if e.Cause != nil {
		return e.Cause
	}
	return nil
}

// Retryable tells whether trying again makes sense: the hint, else what the code says.
func (e *Error) Retryable() bool {
	if e.Retry != nil {
		return *e.Retry
	}
	return e.Code.temporary()
}

// nested is what a handler's caller sees when this error of a nested call ends the handler.
func (e *Error) nested() *Error {
	code := Internal
	if e.Code.survivesNesting() {
		code = e.Code
	}
	return &Error{Code: code, Message: e.messageOrText(), MaybeExecuted: true, Cause: e, Trace: e.Trace}
}

func (e *Error) messageOrText() string {
	if e.declared != nil {
		return e.Error()
	}
	return e.Message
}
