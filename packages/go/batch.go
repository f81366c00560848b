package hmsffi

import (
	"context"
	"reflect"
	"runtime"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/native"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/schema"
)

// Bound is a call that was not made yet: see Bind.
type Bound struct {
	function string
	args     []any
}

// Bind is a call of a function with these arguments, for Batch.
func Bind(function string, args ...any) Bound { return Bound{function, args} }

// Reply is how one call of a batch ended. As gives its result.
type Reply struct {
	client   *Client
	ctx      context.Context
	function *schema.Function
	body     []byte
	err      *Error
}

// Err is the error that ended the call; nil if it went well.
func (r Reply) Err() error { return asErr(r.err) }

// As is the result of a call of a batch, or the error that ended it, as Call gives them.
func As[T any](r Reply) (T, error) {
	var result T
	if err := r.into(reflect.ValueOf(&result).Elem()); err != nil {
		return result, err
	}
	return result, nil
}

// Into is As without generics: out points to where the result goes, as in Client.Call.
func (r Reply) Into(out any) error {
	result, failure := destination(out)
	if failure != nil {
		return traced(r.ctx, failure)
	}
	return asErr(r.into(result))
}

func (r Reply) into(result reflect.Value) *Error {
	if r.err != nil {
		return r.err
	}
	id := r.client.codec.schema.Outcome(r.function).OK
	failure := r.client.checkResult(id, result)
	if failure == nil {
		failure = r.client.lift(id, r.body, result)
	}
	if failure != nil {
		failure.MaybeExecuted = true
		return traced(r.ctx, failure)
	}
	return nil
}

// Batch makes many calls, also of different functions: they are sent together, and run as the provider has places for
// them. The replies are in the order of the calls; an error of one ends no other. Calls over the quota of a link
// (MaxCalls) wait for a place. ctx counts for each call.
func (c *Client) Batch(ctx context.Context, calls ...Bound) []Reply {
	replies := make([]Reply, len(calls))
	requests := make([]callRequest, 0, len(calls))
	places := make([]int, 0, len(calls)) // of the requests among the replies
	w := c.codec.writer()
	defer release(w)
	past := unsent(ctx)
	options := startOptions(ctx)
	options.Flags = native.WaitForRoom
	for i, call := range calls {
		reply := &replies[i]
		reply.client, reply.ctx = c, ctx
		index, failure := c.function(call.function)
		if failure == nil && past != nil {
			copied := *past
			failure = &copied
		}
		if failure == nil {
			reply.function = &c.codec.schema.Functions[index]
			w.Begin(w.Bytes(), &c.codec.limits)
			failure = c.codec.lowerArgs(w, reply.function, call.args)
		}
		if failure != nil {
			reply.err = traced(ctx, failure)
			continue
		}
		requests = append(requests, callRequest{
			client: c.handle, function: uint32(index), args: append([]byte{}, w.Bytes()...), options: options,
		})
		places = append(places, i)
	}
	c.driver.batch(ctx, requests, func(at int, e *native.Event, failure *Error) {
		reply := &replies[places[at]]
		if failure == nil {
			failure = c.failure(reply.function, e)
		}
		if failure != nil {
			reply.err = traced(ctx, failure)
			return
		}
		reply.body = e.Body
	})
	runtime.KeepAlive(c)
	return replies
}

// batch makes calls together and gives each its end.
func (d *driver) batch(ctx context.Context, requests []callRequest, each func(at int, e *native.Event, failure *Error)) {
	count := len(requests)
	if count == 0 {
		return
	}
	w := &waiter{event: make(chan native.Event, count), count: count}
	first := d.next.Add(uint64(count)) - uint64(count) + 1
	d.mu.Lock()
	for i := range requests {
		requests[i].token = first + uint64(i)
		d.waiting[requests[i].token] = w
		if err := d.start(&requests[i]); err != nil {
			delete(d.waiting, requests[i].token)
			w.event <- native.Event{Token: requests[i].token, Outcome: native.System, Body: encodeError(asOurs(received(err)))}
		}
	}
	lead := d.claim(w)
	d.mu.Unlock()
	d.attend(ctx, w, lead, native.LookAfter, false)
	ending := ctx.Done()
	for missing := count; missing > 0; {
		select {
		case e := <-w.event:
			each(int(e.Token-first), &e, nil)
			missing--
		case <-ending:
			ending = nil // the others' events are there already
			for i := range requests {
				if d.abandon(&requests[i]) {
					each(i, nil, ended(ctx))
					missing--
				}
			}
			d.push(native.LookNever, false)
		}
	}
}
