package hmsffi

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/native"
)

// driver is this process's driver: one goroutine waits for its descriptor on the netpoller, never inside cgo, and
// hands on what happened.
type driver struct {
	handle uint64
	file   *os.File
	next   atomic.Uint64

	turning sync.Mutex // held in a turn, which one goroutine at a time may take
	turner  native.Turner

	mu      sync.Mutex
	waiting map[uint64]chan native.Event // by token: connects and calls
	serving map[uint64]*Component        // by token
	calls   map[uint64]*inbound          // by handle
}

var (
	startDriver sync.Mutex
	theDriver   *driver
)

// currentDriver is the driver, made at first use.
func currentDriver() (*driver, error) {
	startDriver.Lock()
	defer startDriver.Unlock()
	if theDriver != nil {
		return theDriver, nil
	}
	handle, descriptor, err := native.NewDriver()
	if err != nil {
		return nil, received(err)
	}
	// The file owns a descriptor of its own.
	duplicate, err := duplicateDescriptor(descriptor)
	if err != nil {
		return nil, &Error{Code: ResourceExhausted, Message: "no descriptor for the driver", wrapped: err}
	}
	d := &driver{
		handle: handle, file: os.NewFile(duplicate, "hms-ffi driver"),
		waiting: map[uint64]chan native.Event{}, serving: map[uint64]*Component{}, calls: map[uint64]*inbound{},
	}
	conn, err := d.file.SyscallConn()
	if err != nil {
		return nil, &Error{Code: Internal, Message: "the driver's descriptor cannot be watched", wrapped: err}
	}
	go func() {
		_ = conn.Read(func(uintptr) bool {
			d.turn()
			return false // wait again; the process ends with this goroutine waiting
		})
	}()
	theDriver = d
	return d, nil
}

// turn hands on what has happened. Call it after starting a call or replying, too.
func (d *driver) turn() {
	d.turning.Lock()
	defer d.turning.Unlock()
	for d.turner.Turn(d.handle, d.happened) {
	}
}

func (d *driver) happened(e native.Event) {
	switch e.Kind {
	case native.Connected, native.Done:
		d.mu.Lock()
		waiting, ok := d.waiting[e.Token]
		delete(d.waiting, e.Token)
		d.mu.Unlock()
		if ok {
			waiting <- e // has room for it
		} else if e.Kind == native.Connected && e.Handle != 0 {
			native.CloseClient(e.Handle) // whoever connected has given up
		}
	case native.Call:
		d.mu.Lock()
		component := d.serving[e.Token]
		call := newInbound(d, component, &e)
		d.calls[e.Handle] = call
		d.mu.Unlock()
		if component == nil {
			call.reply(native.System, encodeError(&Error{Code: Unavailable, Message: "the component is closed"}))
			return
		}
		go component.run(call, e.Function, e.Body)
	case native.Cancel:
		d.mu.Lock()
		call := d.calls[e.Handle]
		d.mu.Unlock()
		if call != nil {
			call.end(e.Outcome == 1)
		}
	}
}

var channels = sync.Pool{New: func() any { return make(chan native.Event, 1) }}

// await starts something under a token and waits for its event, or until ctx ends.
func (d *driver) await(ctx context.Context, start func(token uint64) error, giveUp func(token uint64)) (native.Event, error) {
	token := d.next.Add(1)
	channel := channels.Get().(chan native.Event)
	d.mu.Lock()
	d.waiting[token] = channel
	d.mu.Unlock()
	if err := start(token); err != nil {
		d.forget(token)
		return native.Event{}, received(err)
	}
	d.turn()
	select {
	case e := <-channel:
		channels.Put(channel)
		return e, nil
	case <-ctx.Done():
	}
	if !d.forget(token) {
		// The event came at the same moment: it is the outcome.
		e := <-channel
		channels.Put(channel)
		return e, nil
	}
	if giveUp != nil {
		giveUp(token)
		d.turn()
	}
	return native.Event{}, ended(ctx)
}

// forget takes a token back; false if its event is on its way.
func (d *driver) forget(token uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.waiting[token]
	delete(d.waiting, token)
	return ok
}

// ended is the error of a call whose context has ended.
func ended(ctx context.Context) *Error {
	err := &Error{Code: Cancelled, Message: "the call was cancelled by its caller", MaybeExecuted: true, wrapped: context.Cause(ctx)}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err.Code, err.Message = DeadlineExceeded, "the deadline passed before the call ended"
	}
	return err
}

// received is an error of the library as an *Error.
func received(err error) error {
	if bytes, ok := err.(native.LibraryError); ok {
		return decodeError(bytes)
	}
	if errors.Is(err, native.ErrUnavailable) {
		return &Error{Code: Unimplemented, Message: err.Error()}
	}
	return err
}
