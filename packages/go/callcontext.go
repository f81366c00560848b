package hmsffi

import (
	"context"
	"sync"
	"time"
)

// callContext is the context of a call that is being served. What a context of the standard library needs (a timer, a
// channel) is made when somebody asks for it: most handlers end sooner.
type callContext struct {
	call     *inbound
	deadline time.Time // zero for none

	mu     sync.Mutex
	err    error           // why it has ended
	inner  context.Context // made by Done
	cancel context.CancelCauseFunc
	stop   context.CancelFunc
}

var _ context.Context = (*callContext)(nil)

// Deadline is that of the call.
func (c *callContext) Deadline() (time.Time, bool) { return c.deadline, !c.deadline.IsZero() }

// Done is closed when the caller no longer waits.
func (c *callContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner == nil {
		ctx := context.Background()
		c.stop = func() {}
		if !c.deadline.IsZero() {
			ctx, c.stop = context.WithDeadline(ctx, c.deadline)
		}
		c.inner, c.cancel = context.WithCancelCause(ctx)
		if c.err != nil {
			c.cancel(c.err)
			c.stop()
		}
	}
	return c.inner.Done()
}

// Err is why the caller no longer waits: context.Canceled or context.DeadlineExceeded.
func (c *callContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	if c.inner != nil {
		c.err = c.inner.Err()
	} else if !c.deadline.IsZero() && !time.Now().Before(c.deadline) {
		c.err = context.DeadlineExceeded
	}
	return c.err
}

// Value lets the calls that are made with the context belong to this one.
func (c *callContext) Value(key any) any {
	if key == callKey {
		return c.call
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner != nil {
		return c.inner.Value(key) // the standard library finds its own context here
	}
	return nil
}

// String is how the context prints.
func (c *callContext) String() string { return "hmsffi call of " + c.call.function }

// end ends the context, the first time.
func (c *callContext) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	if c.inner != nil {
		c.cancel(c.err)
		c.stop()
	}
}
