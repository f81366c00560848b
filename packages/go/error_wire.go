package hmsffi

import (
	"reflect"
	"strings"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// Errors as bytes: section 5 of docs/protocol.md.

const (
	maxTraceFrames = 256
	maxCauses      = 16
)

// encodeError writes an error; details that are no document are left out.
func encodeError(e *Error) []byte {
	var w wire.Writer
	w.Begin(nil, &wire.DefaultLimits)
	putError(&w, e, 0)
	return w.Bytes()
}

func putError(w *wire.Writer, e *Error, depth int) {
	code := e.Code
	if code < Cancelled || code > Unauthenticated {
		code = Internal
	}
	w.U8(uint8(code))
	w.Bit(e.MaybeExecuted)
	switch {
	case e.Retry == nil:
		w.U8(0)
	case *e.Retry:
		w.U8(2)
	default:
		w.U8(1)
	}
	w.U8(0)
	putText(w, e.messageOrText())
	start := w.Len()
	w.Bit(e.Details != nil)
	if e.Details != nil {
		if failure := (documentPlan{}).lower(w, reflect.ValueOf(&e.Details).Elem()); failure != nil {
			w.Cut(start)
			w.Bit(false)
		}
	}
	trace := e.Trace[:min(len(e.Trace), maxTraceFrames)]
	w.U32(uint32(len(trace)))
	for _, frame := range trace {
		for _, text := range []string{frame.Language, frame.Component, frame.Function, frame.File} {
			putText(w, text)
		}
		w.U32(uint32(frame.Line))
	}
	cause := e.Cause != nil && depth < maxCauses-1
	w.Bit(cause)
	if cause {
		putError(w, e.Cause, depth+1)
	}
}

// putText writes a text, with the replacement character for what is not UTF-8.
func putText(w *wire.Writer, text string) {
	if w.String(text) != nil {
		_ = w.String(strings.ToValidUTF8(text, "\ufffd"))
	}
}

// decodeError reads an error that came from the library.
func decodeError(bytes []byte) *Error {
	r, fault := wire.NewReader(bytes, &wire.DefaultLimits)
	if fault == nil {
		if e, ok := takeError(&r, 0); ok {
			e.received = true
			return e
		}
	}
	return &Error{Code: Internal, Message: "an error that cannot be read", MaybeExecuted: true, received: true}
}

func takeError(r *wire.Reader, depth int) (*Error, bool) {
	fields := fieldReader{r: r}
	e := &Error{Code: Code(fields.u8()), MaybeExecuted: fields.bit()}
	switch fields.u8() {
	case 1:
		no := false
		e.Retry = &no
	case 2:
		yes := true
		e.Retry = &yes
	}
	fields.u8()
	e.Message = fields.text()
	if fields.bit() {
		details := reflect.ValueOf(&e.Details).Elem()
		if failure := (documentPlan{}).lift(r, details); failure != nil {
			return nil, false
		}
	}
	for range min(fields.u32(), maxTraceFrames) {
		frame := Frame{Language: fields.text(), Component: fields.text(), Function: fields.text(), File: fields.text()}
		frame.Line = int(fields.u32())
		e.Trace = append(e.Trace, frame)
	}
	if fields.bit() && fields.fault == nil && depth < maxCauses {
		cause, ok := takeError(r, depth+1)
		if !ok {
			return nil, false
		}
		cause.received = true
		e.Cause = cause
	}
	return e, fields.fault == nil
}

func (f *fieldReader) text() string {
	text, fault := f.r.String()
	f.keep(fault)
	return string(text)
}
