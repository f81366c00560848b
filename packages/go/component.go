package hmsffi

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/native"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
)

// Component serves one interface.
type Component struct {
	options  *options
	contract uint64
	codec    *codec
	handlers []*handler // by index of the function

	mu     sync.Mutex
	driver *driver
	server uint64
	token  uint64
}

// handler is a function that serves calls.
type handler struct {
	function *schema.Function
	call     reflect.Value
	takesCtx bool
	params   []reflect.Type
	plans    []plan
	outcome  schema.Outcome
	result   bool // it returns a value beside the error
	frame    Frame
	typical  atomic.Int64 // nanoseconds that it takes
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// NewComponent makes a component for an interface of a contract, which WIT or WITFS names.
func NewComponent(iface string, given ...Option) (*Component, error) {
	o := collect(given)
	limits, err := o.limits()
	if err != nil {
		return nil, err
	}
	contract, err := o.contract()
	if err != nil {
		return nil, err
	}
	if contract == 0 {
		return nil, &Error{Code: InvalidArgument, Message: "a component needs a contract: hmsffi.WIT or hmsffi.WITFS"}
	}
	text, err := native.ContractSchema(contract, iface)
	if err != nil {
		native.FreeContract(contract)
		return nil, received(err)
	}
	s, err := schema.Parse(text)
	if err != nil {
		native.FreeContract(contract)
		return nil, &Error{Code: Internal, Message: err.Error()}
	}
	return &Component{
		options: o, contract: contract, codec: newCodec(s, limits), handlers: make([]*handler, len(s.Functions)),
	}, nil
}

// Interface is the full name of the interface, with its version.
func (c *Component) Interface() string { return c.codec.schema.Interface }

// Export says which Go function serves a function of the contract, by its WIT name:
//
//	func(ctx context.Context, args...) (T, error)
//
// ctx, the result and the error may be absent. Its types are compared with the contract here. The context ends with the
// call's deadline and cancellation; calls that are made with it belong to the same chain of calls.
func (c *Component) Export(name string, function any) error {
	index := c.codec.schema.Function(name)
	if index < 0 {
		return &Error{Code: InvalidArgument, Message: c.Interface() + " has no function " + name}
	}
	h, err := c.newHandler(&c.codec.schema.Functions[index], reflect.ValueOf(function))
	if err != nil {
		return err
	}
	c.handlers[index] = h
	return nil
}

func (c *Component) newHandler(f *schema.Function, call reflect.Value) (*handler, error) {
	if call.Kind() != reflect.Func || call.IsNil() || call.Type().IsVariadic() {
		return nil, &Error{Code: InvalidArgument, Message: f.Name + ": expected a function, got " + typeName(call)}
	}
	t := call.Type()
	h := &handler{function: f, call: call, outcome: c.codec.schema.Outcome(f), frame: handlerFrame(call)}
	h.typical.Store(unknownTime)
	first := 0
	if t.NumIn() > 0 && t.In(0) == contextType {
		h.takesCtx, first = true, 1
	}
	for i := first; i < t.NumIn(); i++ {
		h.params = append(h.params, t.In(i))
	}
	if len(h.params) != len(f.Params) {
		return nil, &Error{
			Code:    InvalidArgument,
			Message: fmt.Sprintf("%s: expected a function of %d parameters, got %s", f.Name, len(f.Params), t),
		}
	}

	plans, mismatch := c.codec.paramPlans(f, h.params)
	if mismatch != nil {
		return nil, failed(mismatch.At(f.Name+": "), InvalidArgument)
	}
	h.plans = plans
	results := t.NumOut()
	if results > 0 && t.Out(results-1) == errorType {
		results--
	} else if h.outcome.Declared {
		return nil, &Error{
			Code:    InvalidArgument,
			Message: fmt.Sprintf("%s: the function declares errors, but %s returns none", f.Name, t),
		}
	}
	switch {
	case results == 0 && h.outcome.OK == nil:
	case results == 1 && h.outcome.OK != nil:
		h.result = true
		if _, mismatch := c.codec.plan(*h.outcome.OK, t.Out(0)); mismatch != nil {
			return nil, failed(mismatch.At("result").At(f.Name+": "), InvalidArgument)
		}
	case results == 1 && isEmptyStruct(t.Out(0)): // a result that is none
	default:
		expected := "no result"
		if h.outcome.OK != nil {
			expected = "a result of type " + c.codec.schema.Describe(*h.outcome.OK)
		}
		return nil, &Error{Code: InvalidArgument, Message: fmt.Sprintf("%s: expected %s, got %s", f.Name, expected, t)}
	}
	return h, nil
}

// callable tells whether a function can be served yet; streams, resources and topics come later.
func (c *Component) callable(f *schema.Function) bool {
	if f.Topic || strings.HasPrefix(f.Name, "[") {
		return false
	}
	types := make([]int, 0, len(f.Params)+1)
	for _, param := range f.Params {
		types = append(types, param.Type)
	}
	if f.Result != nil {
		types = append(types, *f.Result)
	}
	for _, id := range types {
		if c.codec.schema.HasHandles(id) {
			return false
		}
	}
	return true
}

// Start listens: callers find the component when it returns. Serve does it too, and waits for the end.
func (c *Component) Start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server != 0 {
		return nil
	}
	if c.contract == 0 {
		return &Error{Code: FailedPrecondition, Message: "the component was closed"}
	}
	var missing []string
	for i, h := range c.handlers {
		if f := &c.codec.schema.Functions[i]; h == nil && c.callable(f) {
			missing = append(missing, f.Name)
		}
	}
	if missing != nil {
		return &Error{
			Code:    FailedPrecondition,
			Message: c.Interface() + ": nothing is exported for " + strings.Join(missing, ", "),
		}
	}
	d, err := currentDriver()
	if err != nil {
		return err
	}
	c.driver, c.token = d, d.next.Add(1)
	d.mu.Lock()
	d.serving[c.token] = c
	d.mu.Unlock()
	c.server, err = native.ServerStart(d.handle, c.contract, []string{c.Interface()}, c.options.lines(), c.options.name,
		c.options.concurrent, c.options.queue, c.token)
	if err != nil {
		d.mu.Lock()
		delete(d.serving, c.token)
		d.mu.Unlock()
		return received(err)
	}
	d.rouse()
	d.push(native.LookAfter, false)
	return nil
}

// Serve listens until ctx ends: then the component leaves discovery, running calls may go on for the time of Grace, and
// what still runs is cancelled. It returns nil after that.
func (c *Component) Serve(ctx context.Context) error {
	if err := c.Start(); err != nil {
		return err
	}
	<-ctx.Done()
	c.drain()
	return c.Close()
}

// drain takes no new calls and waits for those that run, as long as Grace allows.
func (c *Component) drain() {
	c.mu.Lock()
	server, d := c.server, c.driver
	c.mu.Unlock()
	if server == 0 {
		return // it was closed
	}
	native.StopAccepting(server)
	waits := &draining{server: server, idle: make(chan struct{})}
	d.mu.Lock()
	d.draining = append(d.draining, waits)
	d.mu.Unlock()
	d.push(native.LookAfter, false) // and notices if nothing runs at all
	grace := time.NewTimer(c.options.grace)
	defer grace.Stop()
	select {
	case <-waits.idle:
	case <-grace.C:
		d.mu.Lock()
		d.draining = slices.DeleteFunc(d.draining, func(other *draining) bool { return other == waits })
		d.mu.Unlock()
	}
}

// draining is a server that takes no new calls.
type draining struct {
	server uint64
	idle   chan struct{} // closed when nothing runs any more
}

// noticeIdle ends the waits of drain for servers that run nothing any more. Under d.mu.
func (d *driver) noticeIdle() {
	d.draining = slices.DeleteFunc(d.draining, func(waits *draining) bool {
		idle := native.InFlight(waits.server) == 0
		if idle {
			close(waits.idle)
		}
		return idle
	})
}

// Close ends the component now: running calls are cancelled.
func (c *Component) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server != 0 {
		d := c.driver
		native.CloseServer(c.server)
		d.push(native.LookAfter, false)
		d.mu.Lock()
		delete(d.serving, c.token)
		for _, call := range d.calls {
			if call.owner == c {
				call.end(false)
			}
		}
		d.mu.Unlock()
		c.server = 0
	}
	if c.contract != 0 {
		native.FreeContract(c.contract)
		c.contract = 0
	}
	return nil
}
