package hmsffi

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
)

// Code is one of the sixteen canonical status codes, named and numbered as in gRPC. A Code is also an error, so that
// errors.Is(err, hmsffi.NotFound) tells whether err has this code.
type Code uint8

// The codes. Zero is no code: that of declared errors.
const (
	Cancelled          Code = 1  // The call was cancelled, usually by its caller.
	Unknown            Code = 2  // An error that has no better code.
	InvalidArgument    Code = 3  // The caller gave an argument that is wrong whatever the state of the system.
	DeadlineExceeded   Code = 4  // The deadline passed before the call ended.
	NotFound           Code = 5  // What was asked for does not exist.
	AlreadyExists      Code = 6  // What was to be made exists already.
	PermissionDenied   Code = 7  // The caller is known and may not do this.
	ResourceExhausted  Code = 8  // A quota, a limit or a queue is full.
	FailedPrecondition Code = 9  // The system is not in the state that the call needs.
	Aborted            Code = 10 // The call lost a race, as in a transaction.
	OutOfRange         Code = 11 // The call went past the end of something.
	Unimplemented      Code = 12 // The function or interface does not exist here or cannot be called yet.
	Internal           Code = 13 // A mistake in a provider or in HMS FFI.
	Unavailable        Code = 14 // No provider can be reached now.
	DataLoss           Code = 15 // Data is lost or damaged.
	Unauthenticated    Code = 16 // The caller is not known.
)

var codeNames = [...]string{
	"", "cancelled", "unknown", "invalid-argument", "deadline-exceeded", "not-found", "already-exists",
	"permission-denied", "resource-exhausted", "failed-precondition", "aborted", "out-of-range", "unimplemented",
	"internal", "unavailable", "data-loss", "unauthenticated",
}

// String is the kebab-case name, not-found.
func (c Code) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return "code " + strconv.Itoa(int(c))
}

// Error is the name of the code.
func (c Code) Error() string { return c.String() }

// ParseCode is the code with a kebab-case name; false if there is none.
func ParseCode(name string) (Code, bool) {
	for code := Cancelled; code <= Unauthenticated; code++ {
		if codeNames[code] == name {
			return code, true
		}
	}
	return 0, false
}

// temporary tells whether the same call may succeed a little later without a change by the caller.
func (c Code) temporary() bool {
	switch c {
	case DeadlineExceeded, ResourceExhausted, Aborted, Unavailable:
		return true
	}
	return false
}

// survivesNesting tells the codes that a handler's caller sees too when a nested call ends the handler.
func (c Code) survivesNesting() bool { return c.temporary() || c == Cancelled }

// is tells which of Go's own errors a code stands for.
func (c Code) is(target error) bool {
	switch c {
	case NotFound:
		return target == fs.ErrNotExist
	case PermissionDenied:
		return target == fs.ErrPermission
	case DeadlineExceeded:
		return target == context.DeadlineExceeded
	case Cancelled:
		return target == context.Canceled
	case Unimplemented:
		return target == errors.ErrUnsupported
	}
	return false
}
