package main

import (
	"context"
	"sync"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
	"github.com/hms-ffi/hms-ffi/tests/conformance/go/suite"
)

// patience bounds waits that a failing case would make endless.
const patience = 10 * time.Second

// provider serves the interface `suite`.
type provider struct {
	mu    sync.Mutex
	gates map[string]chan struct{} // closed when what they are named after has happened
	rooms map[string]uint32

	callbackOnce sync.Mutex
	callback     *hmsffi.Client
}

func newProvider() *provider {
	return &provider{gates: map[string]chan struct{}{}, rooms: map[string]uint32{}}
}

// gate is open once open(name) was called.
func (p *provider) gate(name string) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gates[name] == nil {
		p.gates[name] = make(chan struct{})
	}
	return p.gates[name]
}

func (p *provider) passes(name string) bool {
	select {
	case <-p.gate(name):
		return true
	case <-time.After(patience):
		return false
	}
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
		"held":              func(key string) bool { return p.passes("held " + key) },
		"released":          func(key string) bool { return p.passes("released " + key) },
		"make-bytes":        makeBytes,
		"meet":              p.meet,
		"who-calls":         whoCalls,
		"bounce":            p.bounce,
		"fail":              p.fail,
		"nested-time-left":  p.nestedTimeLeft,
		"nested-denial":     p.nestedDenial,
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
	close(p.gate("held " + key))
	<-ctx.Done()
	close(p.gate("released " + key))
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
	full := p.rooms[room] >= guests
	p.mu.Unlock()
	if full {
		close(p.gate("room " + room))
	}
	p.passes("room " + room)
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
