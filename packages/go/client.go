package hmsffi

import (
	"context"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/native"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
)

// Client calls the functions of one interface. Any number of goroutines may use it.
type Client struct {
	driver    *driver
	handle    uint64
	codec     *codec
	closeOnce sync.Once
}

// Connect finds a provider of an interface ("hms:claims/adjudication", or with a version: "…@1.2"). The deadline of ctx
// counts, without one the default timeout. With WIT or WITFS the caller has its own view of the interface, and a
// provider that does not fit it is refused.
func Connect(ctx context.Context, iface string, given ...Option) (*Client, error) {
	o := collect(given)
	d, err := currentDriver()
	if err != nil {
		return nil, err
	}
	limits, err := o.limits()
	if err != nil {
		return nil, err
	}
	contract, err := o.contract()
	if err != nil {
		return nil, err
	}
	if contract != 0 {
		defer native.FreeContract(contract)
	}
	start := startOptions(ctx)
	e, err := d.connect(ctx, func(token uint64) error {
		return native.ConnectStart(d.handle, iface, contract, o.lines(), start.Timeout, start.Parent, token)
	})
	if err != nil {
		return nil, err
	}
	if e.Outcome != native.OK {
		return nil, traced(ctx, decodeError(e.Body))
	}
	text, err := native.ClientSchema(e.Handle)
	if err != nil {
		native.CloseClient(e.Handle)
		return nil, received(err)
	}
	s, err := schema.Parse(text)
	if err != nil {
		native.CloseClient(e.Handle)
		return nil, &Error{Code: Internal, Message: err.Error()}
	}
	client := &Client{driver: d, handle: e.Handle, codec: newCodec(s, limits)}
	runtime.SetFinalizer(client, (*Client).finalize)
	return client, nil
}

func (c *Client) finalize() { _ = c.Close() }

// Interface is the full name of the interface in the client's view, with its version.
func (c *Client) Interface() string { return c.codec.schema.Interface }

// WIT is the contract that the client uses, as text.
func (c *Client) WIT() string { return c.codec.schema.WIT }

// Close ends the client: calls that run end with cancelled, later ones with failed-precondition.
func (c *Client) Close() error {
	c.closeOnce.Do(func() {
		runtime.SetFinalizer(c, nil)
		native.CloseClient(c.handle)
		c.driver.push(native.LookAfter, false)
	})
	return nil
}

// Call calls a function by its WIT name and gives back its result; T is struct{} for a function without one. The
// deadline and the cancellation of ctx reach the provider; a ctx without a deadline gets the default one (see NoTimeout).
// A declared error comes back as an error too: see Declared.
func Call[T any](ctx context.Context, c *Client, function string, args ...any) (T, error) {
	var result T
	err := c.call(ctx, function, reflect.ValueOf(&result).Elem(), args)
	if err != nil {
		return result, err
	}
	return result, nil
}

// Call is Call without generics: out points to where the result goes, a nil out drops it. A pointer to an any gets the
// natural Go value.
func (c *Client) Call(ctx context.Context, function string, out any, args ...any) error {
	result, failure := destination(out)
	if failure != nil {
		return traced(ctx, failure)
	}
	return asErr(c.call(ctx, function, result, args))
}

// destination is what out points to.
func destination(out any) (reflect.Value, *Error) {
	if out == nil {
		return reflect.Value{}, nil
	}
	pointer := reflect.ValueOf(out)
	if pointer.Kind() != reflect.Pointer || pointer.IsNil() {
		return reflect.Value{}, &Error{Code: InvalidArgument, Message: "out: expected a pointer, got " + pointer.Type().String()}
	}
	return pointer.Elem(), nil
}

func asErr(err *Error) error {
	if err == nil {
		return nil
	}
	return err
}

func (c *Client) call(ctx context.Context, name string, result reflect.Value, args []any) *Error {
	index, failure := c.function(name)
	if failure != nil {
		return traced(ctx, failure)
	}
	f := &c.codec.schema.Functions[index]
	outcome := c.codec.schema.Outcome(f)
	if failure := c.checkResult(outcome.OK, result); failure != nil {
		return traced(ctx, failure)
	}
	if failure := unsent(ctx); failure != nil {
		return traced(ctx, failure)
	}
	w := c.codec.writer()
	defer release(w)
	if failure := c.codec.lowerArgs(w, f, args); failure != nil {
		return traced(ctx, failure)
	}
	e, err := c.driver.call(ctx, &callRequest{
		client: c.handle, function: uint32(index), args: w.Bytes(), options: startOptions(ctx),
	})
	runtime.KeepAlive(c)
	if err == nil {
		err = c.failure(f, &e)
	}
	if err == nil {
		err = c.lift(outcome.OK, e.Body, result)
	}
	if err != nil {
		return traced(ctx, err)
	}
	return nil
}

// function is the index of a function by its name.
func (c *Client) function(name string) (int, *Error) {
	index := c.codec.schema.Function(name)
	if index < 0 {
		return 0, &Error{Code: Unimplemented, Message: c.Interface() + " has no function " + name}
	}
	return index, nil
}

// unsent is the error of a call whose context had ended before it was sent.
func unsent(ctx context.Context) *Error {
	if ctx.Err() == nil {
		return nil
	}
	err := ended(ctx)
	err.MaybeExecuted = false
	return err
}

// failure is the error that ended a call, if it was one.
func (c *Client) failure(f *schema.Function, e *native.Event) *Error {
	switch e.Outcome {
	case native.OK:
		return nil
	case native.Declared:
		return &Error{MaybeExecuted: true, declared: &declared{codec: c.codec, function: f, bytes: e.Body}}
	case native.System:
		return decodeError(e.Body)
	}
	return &Error{Code: Cancelled, Message: "the call was cancelled", MaybeExecuted: true}
}

// lift reads the result of a call that went well; nobody wants it if result is not valid.
func (c *Client) lift(id *int, body []byte, result reflect.Value) *Error {
	if id != nil && !result.IsValid() {
		return nil
	}
	failure := c.codec.liftOutcome(id, "result", body, result)
	if failure != nil {
		failure.MaybeExecuted = true
	}
	return failure
}

// checkResult refuses a result that the caller's variable cannot hold, before anything is sent.
func (c *Client) checkResult(id *int, result reflect.Value) *Error {
	if !result.IsValid() {
		return nil
	}
	if id == nil {
		if isEmptyStruct(result.Type()) || isAny(result.Type()) {
			return nil
		}
		return &Error{Code: InvalidArgument, Message: "result: the function has none, got a " + result.Type().String()}
	}
	if _, failure := c.codec.plan(*id, result.Type()); failure != nil {
		return failed(failure.At("result"), InvalidArgument)
	}
	return nil
}

// traced puts the caller's own place in front of an error's trace.
func traced(ctx context.Context, err *Error) *Error {
	component := program()
	if call := callOf(ctx); call != nil {
		component = call.component
	}
	err.received = true
	err.Trace = append([]Frame{callSite(component)}, err.Trace...)
	return err
}

// callSite is the place in the program that called this package.
func callSite(component string) Frame {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		frame, more := frames.Next()
		if !strings.HasPrefix(frame.Function, packagePrefix) || !more {
			found := frameOf(frame)
			found.Component = component
			return found
		}
	}
}

type contextKey int

const (
	callKey contextKey = iota
	noTimeoutKey
	idempotencyKey
	traceparentKey
)

// NoTimeout lifts the default deadline of the calls that are made with the context. A deadline of the context itself,
// and that of the call that is being served, still count.
func NoTimeout(ctx context.Context) context.Context {
	return context.WithValue(ctx, noTimeoutKey, true)
}

// WithIdempotencyKey gives the calls that are made with the context a key by which their provider can tell a
// repetition from a new request.
func WithIdempotencyKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, idempotencyKey, key)
}

// WithTraceparent gives the calls that are made with the context a W3C trace context.
func WithTraceparent(ctx context.Context, traceparent string) context.Context {
	return context.WithValue(ctx, traceparentKey, traceparent)
}

// startOptions are what a context says of the calls that are made with it.
func startOptions(ctx context.Context) native.StartOptions {
	o := native.StartOptions{Timeout: native.DefaultTimeout}
	if deadline, ok := ctx.Deadline(); ok {
		o.Timeout = max(int64(time.Until(deadline)), 0)
	} else if ctx.Value(noTimeoutKey) != nil {
		o.Timeout = native.NoTimeout
	}
	if call := callOf(ctx); call != nil {
		o.Parent = call.handle
	}
	o.IdempotencyKey, _ = ctx.Value(idempotencyKey).(string)
	o.Traceparent, _ = ctx.Value(traceparentKey).(string)
	return o
}
