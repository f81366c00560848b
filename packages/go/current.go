package hmsffi

import (
	"context"
	"time"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/native"
)

// Caller is who calls, according to the kernel.
type Caller struct {
	UID, GID uint32
	PID      uint32 // 0 if it has none here
}

// CurrentCall is the call that a handler serves.
type CurrentCall struct {
	Interface, Function string
	Caller              Caller
	// Chain is shared by all calls of a chain; Hops is the number of calls above this one in it.
	Chain [16]byte
	Hops  int
	// Traceparent and Tracestate are the W3C trace context, IdempotencyKey the caller's key; empty if there is none.
	Traceparent, Tracestate, IdempotencyKey string
	// Deadline is when the caller stops waiting; zero for never.
	Deadline time.Time
}

// Current is the call that the context of a handler belongs to; false for other contexts, and after the handler's end.
func Current(ctx context.Context) (CurrentCall, bool) {
	call := callOf(ctx)
	if call == nil {
		return CurrentCall{}, false
	}
	info, err := native.Info(call.handle)
	if err != nil {
		return CurrentCall{}, false
	}
	current := CurrentCall{
		Interface: call.component, Function: call.function,
		Caller: Caller{info.UID, info.GID, info.PID}, Chain: info.Chain, Hops: int(info.Hops),
		Traceparent: info.Traceparent, Tracestate: info.Tracestate, IdempotencyKey: info.IdempotencyKey,
	}
	current.Deadline, _ = call.ctx.Deadline()
	return current, true
}
