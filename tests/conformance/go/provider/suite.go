package main

import (
	"context"
	"sync"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
	"github.com/hms-ffi/hms-ffi/tests/conformance/go/suite"
)

// provider serves the interface `suite`.
type provider struct {
	held, released, full suite.Gates

	mu    sync.Mutex
	rooms map[string]uint32
	calls map[string]uint32

	callbackOnce sync.Mutex
	callback     *hmsffi.Client
}

func newProvider() *provider {
	return &provider{rooms: map[string]uint32{}, calls: map[string]uint32{}}
}

// caller is a client of the caller's own interface.
func (p *provider) caller(ctx context.Context) (*hmsffi.Client, error) {
	p.callbackOnce.Lock()
	defer p.callbackOnce.Unlock()
	if p.callback == nil {
		client, err := hmsffi.Connect(ctx, "test:conformance/callback")
		if err != nil {
			return nil, err
		}
		p.callback = client
	}
	return p.callback, nil
}

func (p *provider) handlers() map[string]any {
	handlers := map[string]any{
		"echo-many":         func(a uint8, b string, c *float64) suite.Many { return suite.Many{A: a, B: b, C: c} },
		"nothing":           func() {},
		"make-sample":       suite.TheSample,
		"is-sample":         func(value suite.Sample) bool { return suite.Same(value, suite.TheSample()) },
		"fail-with":         p.failWith,
		"fail-with-details": p.failWithDetails,
		"bug":               p.bug,
		"deny-text":         func(text string) (uint32, error) { return 0, hmsffi.Declare(text) },
		"deny-record":       func(problem suite.Problem) (uint32, error) { return 0, hmsffi.Declare(problem) },
		"deny-enum":         func(color suite.Color) (uint32, error) { return 0, hmsffi.Declare(color) },
		"deny-variant":      func(denial suite.Denial) (uint32, error) { return 0, hmsffi.Declare(denial) },
		"deny-option":       func(value *uint32) (uint32, error) { return 0, hmsffi.Declare(value) },
		"deny-bare":         func() (uint32, error) { return 0, hmsffi.Declare(nil) },
		"allow":             func(value uint32) (uint32, error) { return value, nil },
		"allow-bare":        func() error { return nil },
		"time-left":         suite.MillisecondsLeft,
		"hold":              p.hold,
		"held":              p.held.Wait,
		"released":          p.released.Wait,
		"make-bytes":        makeBytes,
		"meet":              p.meet,
		"who-calls":         whoCalls,
		"bounce":            p.bounce,
		"fail":              p.fail,
		"nested-time-left":  p.nestedTimeLeft,
		"nested-denial":     p.nestedDenial,
		"nested-hold":       p.nestedHold,
		"flaky":             p.flaky,
		"flaky-once":        p.flaky,
		"tally":             p.tally,
	}
	for _, echo := range suite.Echoes {
		handlers[echo.Name] = echo.Handler
	}
	return handlers
}

func (p *provider) failWith(code, message string) error {
	parsed, _ := hmsffi.ParseCode(code)
	return hmsffi.Errorf(parsed, "%s", message)
}

func (p *provider) failWithDetails(details any) error {
	return hmsffi.Errorf(hmsffi.FailedPrecondition, "with details").WithDetails(details)
}

func (p *provider) bug() {
	var nothing map[string]int
	nothing["missing"]++
}

func (p *provider) hold(ctx context.Context, key string) error {
	p.held.Open(key)
	<-ctx.Done()
	p.released.Open(key)
	return ctx.Err()
}

func makeBytes(length uint32) []byte {
	bytes := make([]byte, length)
	for i := range bytes {
		bytes[i] = byte(i)
	}
	return bytes
}

func (p *provider) meet(room string, guests uint32) uint32 {
	p.mu.Lock()
	p.rooms[room]++
	full := p.rooms[room] == guests
	p.mu.Unlock()
	if full {
		p.full.Open(room)
	}
	p.full.Wait(room)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rooms[room]
}

func whoCalls(ctx context.Context) (suite.Ids, error) {
	call, ok := hmsffi.Current(ctx)
	if !ok {
		return suite.Ids{}, hmsffi.Errorf(hmsffi.Internal, "there is no current call")
	}
	return suite.Ids{UID: call.Caller.UID, PID: call.Caller.PID}, nil
}

func (p *provider) bounce(ctx context.Context, times uint32) (uint32, error) {
	if times == 0 {
		return 0, nil
	}
	caller, err := p.caller(ctx)
	if err != nil {
		return 0, err
	}
	below, err := hmsffi.Call[uint32](ctx, caller, "bounce", times-1)
	return below + 1, err
}

func (p *provider) fail(ctx context.Context, hops uint32, code string) error {
	if hops == 0 {
		return suite.Raise(code)
	}
	caller, err := p.caller(ctx)
	if err != nil {
		return err
	}
	return caller.Call(ctx, "fail", nil, hops-1, code)
}

func (p *provider) nestedTimeLeft(ctx context.Context) (*uint64, error) {
	caller, err := p.caller(ctx)
	if err != nil {
		return nil, err
	}
	return hmsffi.Call[*uint64](ctx, caller, "time-left")
}

func (p *provider) nestedDenial(ctx context.Context) error {
	caller, err := p.caller(ctx)
	if err != nil {
		return err
	}
	return caller.Call(ctx, "deny", nil)
}

func (p *provider) nestedHold(ctx context.Context, key string) error {
	caller, err := p.caller(ctx)
	if err != nil {
		return err
	}
	defer p.released.Open(key)
	return caller.Call(ctx, "hold", nil, key)
}

func (p *provider) flaky(key string, failures uint32) (uint32, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[key]++
	if call := p.calls[key]; call > failures {
		return call, nil
	}
	return 0, hmsffi.Errorf(hmsffi.Unavailable, "call %d", p.calls[key])
}

func (p *provider) tally(key string) uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[key]
}
