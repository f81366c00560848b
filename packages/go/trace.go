package hmsffi

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
)

const (
	packagePrefix = "github.com/hms-ffi/hms-ffi/packages/go."
	language      = "go"
	// maxFrames of one hop: the innermost ones.
	maxFrames = 16
)

// callersTrace is the places of the program's own functions that lead here, outermost first, up to the one that this
// package called (a handler) or the goroutine's first. The component is filled in where the handler's call ends.
func callersTrace() []Frame {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	var trace []Frame
	for more := true; more && len(trace) < maxFrames; {
		var frame runtime.Frame
		frame, more = frames.Next()
		own := strings.HasPrefix(frame.Function, packagePrefix)
		switch {
		case own && trace == nil:
		case own || strings.HasPrefix(frame.Function, "reflect.") || isRuntime(frame.Function) && trace != nil:
			more = false
		case !isRuntime(frame.Function) && frame.Function != "":
			trace = append([]Frame{frameOf(frame)}, trace...)
		}
	}
	return trace
}

func isRuntime(function string) bool {
	return strings.HasPrefix(function, "runtime.") || strings.HasPrefix(function, "testing.")
}

func frameOf(frame runtime.Frame) Frame {
	return Frame{Language: language, Function: frame.Function, File: frame.File, Line: frame.Line}
}

// handlerFrame is the place of a handler itself, for errors that carry none.
func handlerFrame(handler reflect.Value) Frame {
	function := runtime.FuncForPC(handler.Pointer())
	if function == nil {
		return Frame{Language: language}
	}
	file, line := function.FileLine(handler.Pointer())
	return Frame{Language: language, Function: function.Name(), File: file, Line: line}
}

// in fills in the component of this process's frames that have none.
func in(component string, trace []Frame) []Frame {
	filled := make([]Frame, len(trace))
	for i, frame := range trace {
		if frame.Component == "" {
			frame.Component = component
		}
		filled[i] = frame
	}
	return filled
}

// program is the component of a caller that serves nothing.
func program() string { return filepath.Base(os.Args[0]) }

// panicTrace is callersTrace for a deferred function that recovers: from where the panic happened.
func panicTrace() []Frame {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	var trace []Frame
	panicking := false
	for more := true; more && len(trace) < maxFrames; {
		var frame runtime.Frame
		frame, more = frames.Next()
		switch {
		case frame.Function == "runtime.gopanic":
			panicking, trace = true, nil
		case !panicking || isRuntime(frame.Function):
		case strings.HasPrefix(frame.Function, packagePrefix) || strings.HasPrefix(frame.Function, "reflect."):
			more = false
		default:
			trace = append([]Frame{frameOf(frame)}, trace...)
		}
	}
	return trace
}
