package hmsffi

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/native"
)

// driver is this process's driver. What is to be done is written down as requests; whoever comes first exchanges all of
// them for events, in one crossing (exchange). One goroutine at a time waits on the netpoller, never inside cgo: a
// caller that is alone waits there for its own reply (await.go), else the keeper does (keeper.go).
type driver struct {
	handle uint64
	file   *os.File
	conn   syscall.RawConn // of file
	next   atomic.Uint64

	mu         sync.Mutex
	requests   native.Requests
	spare      native.Requests
	look       native.Look // asked for while somebody exchanged
	exchanging bool
	exchanger  *native.Exchanger     // used by whoever exchanges
	each       func(*native.Event)   // happened, of each event
	waiting    map[uint64]*waiter    // by token: connects and calls
	serving    map[uint64]*Component // by token
	draining   []*draining
	calls      map[uint64]*inbound // by handle
	fresh      []*inbound          // calls that nobody has taken to run

	polling   bool    // somebody waits on the netpoller, or is about to
	leader    *waiter // the call whose caller does so
	interrupt bool    // the leader's event came to somebody else
	keeper    keeper
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
		handle: handle, file: os.NewFile(duplicate, "hms-ffi driver"), exchanger: native.NewExchanger(),
		waiting: map[uint64]*waiter{}, serving: map[uint64]*Component{}, calls: map[uint64]*inbound{},
	}
	d.each = d.happened
	d.conn, err = d.file.SyscallConn()
	if err == nil {
		err = d.file.SetReadDeadline(time.Time{})
	}
	if err != nil {
		return nil, &Error{Code: Internal, Message: "the driver's descriptor cannot be watched", wrapped: err}
	}
	d.keeper.begin(d)
	theDriver = d
	return d, nil
}

// exchange does what is requested, sends it, and hands on what has happened. If somebody is at it already, that one does
// it. It gives the calls to serve that came, which whoever calls has to run. self is the leader's call, if it is the
// leader who calls.
func (d *driver) exchange(look native.Look, self *waiter) []*inbound {
	d.mu.Lock()
	if d.exchanging {
		d.look = max(d.look, min(look, native.LookAfter))
		d.mu.Unlock()
		return nil
	}
	d.exchanging = true
	for look != native.LookNever || d.requests.Len() > 0 {
		requests := d.requests
		d.requests = d.spare
		d.mu.Unlock()
		more := d.exchanger.Exchange(d.handle, &requests, look, d.each)
		requests.Reset()
		d.mu.Lock()
		d.spare = requests
		look, d.look = d.look, native.LookNever
		if more {
			look = native.LookAfter
		}
	}
	d.exchanging = false
	fresh, interrupt := d.fresh, d.interrupt && d.leader != nil && d.leader != self
	d.fresh, d.interrupt = nil, false
	if len(d.draining) > 0 {
		d.noticeIdle()
	}
	d.mu.Unlock()
	if interrupt {
		d.wakePoller()
	}
	return fresh
}

// push exchanges for somebody who does not wait on the netpoller. In a crowd it lets others add to it first.
func (d *driver) push(look native.Look, crowd bool) {
	if crowd {
		runtime.Gosched()
	}
	for _, call := range d.exchange(look, nil) {
		go call.run()
	}
}

// wakePoller lets whoever waits on the netpoller look about.
func (d *driver) wakePoller() { _ = d.file.SetReadDeadline(time.Unix(1, 0)) }

// happened hands on one event.
func (d *driver) happened(e *native.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch e.Kind {
	case native.Connected, native.Done:
		w, ok := d.waiting[e.Token]
		delete(d.waiting, e.Token)
		if ok {
			w.event <- *e // has room for it
			d.interrupt = d.interrupt || w == d.leader
		} else if e.Kind == native.Connected && e.Handle != 0 {
			// Whoever connected has given up.
			go func() {
				native.CloseClient(e.Handle)
				d.push(native.LookAfter, false)
			}()
		}
	case native.Call:
		call := newInbound(d, d.serving[e.Token], e)
		d.calls[e.Handle] = call
		d.fresh = append(d.fresh, call)
	case native.Cancel:
		if call := d.calls[e.Handle]; call != nil {
			call.end(e.Outcome == 1)
		}
	}
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

// asOurs is an error as an *Error.
func asOurs(err error) *Error {
	if own, ok := err.(*Error); ok {
		return own
	}
	return &Error{Code: Internal, Message: err.Error(), wrapped: err}
}
