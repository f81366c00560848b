// Package native is the only one that crosses into the library. Bytes are copied on both ways.
package native

import "errors"

// ErrUnavailable says that the package was built without cgo.
var ErrUnavailable = errors.New("this program was built without cgo (CGO_ENABLED=0), which HMS FFI needs")

// LibraryError is an error of the library: section 5 of docs/protocol.md.
type LibraryError []byte

func (LibraryError) Error() string { return "an error of the library" }

// The kinds of events.
const (
	Connected = 1
	Done      = 2
	Call      = 3
	Cancel    = 4
)

// How a call ended.
const (
	OK        = 0
	Declared  = 1
	System    = 2
	Cancelled = 3
)

// Timeouts beside a number of nanoseconds.
const (
	DefaultTimeout = -1
	NoTimeout      = -2
)

// Event is something that happened; see hms_ffi.h.
type Event struct {
	Kind, Outcome       uint32
	Token, Handle       uint64
	Body                []byte
	Function, Interface uint32
	Remaining           int64
}

// Limits of one message.
type Limits struct {
	MaxMessage, MaxElements uint64
	MaxDepth                uint32
}

// Metrics are how a client's calls went.
type Metrics struct {
	Calls, Retries, Failovers, RetriesRefused uint64
	Instances, Resting                        uint32
}

// CallInfo is what is known of a call that is being served.
type CallInfo struct {
	UID, GID, PID, Hops                     uint32
	Chain                                   [16]byte
	Traceparent, Tracestate, IdempotencyKey string
}

// StartOptions are those of a call.
type StartOptions struct {
	Timeout                     int64
	Parent                      uint64
	IdempotencyKey, Traceparent string
	Flags                       uint32
}

// WaitForRoom lets a call over the quota of calls in flight wait for a place.
const WaitForRoom = 1

// Look says when an exchange looks for new events, besides taking those that are there.
type Look uint32

// When it looks.
const (
	LookNever  Look = 0
	LookAfter  Look = 1 // after the requests
	LookBefore Look = 2 // before them
)

// File is a file of a contract.
type File struct{ Name, Text string }
