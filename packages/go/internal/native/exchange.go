//go:build cgo

package native

// #include <stdlib.h>
// #include "hms_ffi.h"
import "C"

import "unsafe"

// Requests are what the next exchange does. The zero value has none.
type Requests struct {
	list  []C.HmsRequest // without pointers, so that cgo has nothing to check
	bytes []byte
}

// Len is how many there are.
func (r *Requests) Len() int { return len(r.list) }

// Start starts a call; an event of kind Done ends it, also if it cannot start.
func (r *Requests) Start(client uint64, function uint32, args []byte, o *StartOptions, token uint64) {
	r.list = append(r.list, C.HmsRequest{
		kind: 1, function: C.uint32_t(function), handle: C.uint64_t(client), token: C.uint64_t(token),
		parent: C.uint64_t(o.Parent), timeout: C.int64_t(o.Timeout), flags: C.uint32_t(o.Flags),
		body_len: C.uint64_t(len(args)), key_len: C.uint32_t(len(o.IdempotencyKey)), trace_len: C.uint32_t(len(o.Traceparent)),
	})
	r.bytes = append(r.bytes, args...)
	r.bytes = append(r.bytes, o.IdempotencyKey...)
	r.bytes = append(r.bytes, o.Traceparent...)
}

// GiveUp says that nobody waits for a call any more: no event will come for it.
func (r *Requests) GiveUp(client, token uint64) {
	r.list = append(r.list, C.HmsRequest{kind: 2, handle: C.uint64_t(client), token: C.uint64_t(token)})
}

// Reply answers a call.
func (r *Requests) Reply(call uint64, outcome uint32, body []byte) {
	r.list = append(r.list, C.HmsRequest{
		kind: 3, function: C.uint32_t(outcome), handle: C.uint64_t(call), body_len: C.uint64_t(len(body)),
	})
	r.bytes = append(r.bytes, body...)
}

// Reset forgets the requests but keeps memory for others, within reason.
func (r *Requests) Reset() {
	if cap(r.bytes) > 1<<20 {
		r.bytes = nil
	}
	r.list, r.bytes = r.list[:0], r.bytes[:0]
}

const eventsAtOnce = 64

// Exchanger exchanges requests for events; it holds memory for them.
type Exchanger struct{ events *[eventsAtOnce]C.HmsEvent }

// NewExchanger makes one for as long as the program runs: its memory is the library's side's, so that cgo does not
// search it for pointers at every exchange.
func NewExchanger() *Exchanger {
	return &Exchanger{(*[eventsAtOnce]C.HmsEvent)(C.calloc(eventsAtOnce, C.sizeof_HmsEvent))}
}

// Exchange does the requests, sends what came of them together, and gives events to each. It tells whether there may be
// more events.
func (x *Exchanger) Exchange(driver uint64, r *Requests, look Look, each func(*Event)) bool {
	count := int(C.hms_driver_exchange(C.uint64_t(driver), unsafe.SliceData(r.list), C.size_t(len(r.list)),
		(*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(r.bytes))), C.size_t(len(r.bytes)), C.uint32_t(look),
		&x.events[0], eventsAtOnce))
	for i := range count {
		e := &x.events[i]
		each(&Event{
			Kind: uint32(e.kind), Outcome: uint32(e.outcome), Token: uint64(e.token), Handle: uint64(e.handle),
			Body: take(e.body), Function: uint32(e.function), Interface: uint32(e._interface), Remaining: int64(e.remaining),
		})
	}
	return count == eventsAtOnce
}
