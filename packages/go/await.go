package hmsffi

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/native"
)

// Bodies from this size on are handed over by themselves: they are copied once less.
const largeBody = 64 << 10

// waiter is whoever waits for the events of calls, or of a connect.
type waiter struct {
	event chan native.Event // has room for all
	count int
	gone  atomic.Bool // its context has ended
}

var waiters = sync.Pool{New: func() any { return &waiter{event: make(chan native.Event, 1), count: 1} }}

// release lets another call use w, unless something may still refer to it.
func (w *waiter) release() {
	if !w.gone.Load() {
		waiters.Put(w)
	}
}

// claim makes w the leader if nobody waits on the netpoller. Under d.mu.
func (d *driver) claim(w *waiter) bool {
	if d.polling {
		return false
	}
	d.polling, d.leader = true, w
	return true
}

// connect waits for the event of a connect that start has started, or until ctx ends.
func (d *driver) connect(ctx context.Context, start func(token uint64) error) (native.Event, error) {
	w, token := waiters.Get().(*waiter), d.next.Add(1)
	d.mu.Lock()
	d.waiting[token] = w
	d.mu.Unlock()
	if err := start(token); err != nil {
		d.mu.Lock()
		delete(d.waiting, token)
		d.mu.Unlock()
		return native.Event{}, received(err)
	}
	d.mu.Lock()
	lead := d.claim(w)
	d.mu.Unlock()
	d.attend(ctx, w, lead, native.LookAfter, false)
	select {
	case e := <-w.event:
		w.release()
		return e, nil
	case <-ctx.Done():
	}
	d.mu.Lock()
	delete(d.waiting, token) // an event that still comes is that of a client to close
	d.mu.Unlock()
	select {
	case e := <-w.event:
		return e, nil
	default:
		return native.Event{}, ended(ctx)
	}
}

// callRequest is a call to start.
type callRequest struct {
	client   uint64
	function uint32
	args     []byte
	options  native.StartOptions
	token    uint64
}

// start asks for a call under a token. Under d.mu, which it may let go for a while.
func (d *driver) start(request *callRequest) error {
	if len(request.args) < largeBody || request.options.Flags != 0 {
		d.requests.Start(request.client, request.function, request.args, &request.options, request.token)
		return nil
	}
	d.mu.Unlock()
	defer d.mu.Lock()
	return native.Start(request.client, request.function, request.args, &request.options, request.token)
}

// call makes a call and waits for its event, or until ctx ends.
func (d *driver) call(ctx context.Context, request *callRequest) (native.Event, *Error) {
	w := waiters.Get().(*waiter)
	request.token = d.next.Add(1)
	d.mu.Lock()
	d.waiting[request.token] = w
	if err := d.start(request); err != nil {
		delete(d.waiting, request.token)
		d.mu.Unlock()
		return native.Event{}, asOurs(received(err))
	}
	lead, crowd := d.claim(w), len(d.waiting) > 1
	d.mu.Unlock()
	look := native.LookNever
	if len(request.args) >= largeBody {
		look = native.LookAfter // it has been started without an exchange
	}
	d.attend(ctx, w, lead, look, crowd)
	select {
	case e := <-w.event:
		w.release()
		return e, nil
	case <-ctx.Done():
	}
	if !d.abandon(request) {
		// The event came at the same moment: it is the outcome.
		e := <-w.event
		w.release()
		return e, nil
	}
	d.push(native.LookNever, false)
	return native.Event{}, ended(ctx)
}

// abandon gives a call up; false if its event is there already.
func (d *driver) abandon(request *callRequest) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.waiting[request.token]; !ok {
		return false
	}
	delete(d.waiting, request.token)
	d.requests.GiveUp(request.client, request.token)
	return true
}

// attend sees to it that what was requested is sent, and that somebody waits for the answer. For the leader it returns
// when its events are there or ctx has ended.
func (d *driver) attend(ctx context.Context, w *waiter, lead bool, look native.Look, crowd bool) {
	if lead {
		d.lead(ctx, w)
	} else {
		d.push(look, crowd)
	}
}

// lead waits on the netpoller for everybody, until the events of w are there or ctx ends. Nobody has to be woken to tell
// a caller that is alone that its answer has come.
func (d *driver) lead(ctx context.Context, w *waiter) {
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() {
			w.gone.Store(true)
			d.wakePoller()
		})
		defer func() {
			if !stop() {
				w.gone.Store(true) // as the function does, which may not have come to it
			}
		}()
	}
	look := native.LookBefore // what is known of links may be old
	for len(w.event) < w.count && !w.gone.Load() {
		err := d.conn.Read(func(uintptr) bool {
			for _, call := range d.exchange(look, w) {
				go call.run()
			}
			look = native.LookAfter
			return len(w.event) == w.count
		})
		if err != nil { // somebody called wakePoller, perhaps for an earlier poller
			_ = d.file.SetReadDeadline(time.Time{})
		}
	}
	d.mu.Lock()
	d.leader = nil
	others := len(d.waiting) > 0 || len(d.serving) > 0 || d.requests.Len() > 0
	d.polling = others
	d.mu.Unlock()
	if others {
		d.keeper.wake <- struct{}{} // has room: only who leads hands over
	}
}

// ended is the error of a call whose context has ended.
func ended(ctx context.Context) *Error {
	err := &Error{Code: Cancelled, Message: "the call was cancelled by its caller", MaybeExecuted: true, wrapped: context.Cause(ctx)}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err.Code, err.Message = DeadlineExceeded, "the deadline passed before the call ended"
	}
	return err
}
