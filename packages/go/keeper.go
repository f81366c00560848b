package hmsffi

import (
	"time"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/native"
)

// keeper is the goroutine that waits on the netpoller while components serve, or while more than one caller waits. It
// runs short handlers itself: to start a goroutine for each would wake a thread for each. While it does, the lead is
// free, so that a nested call takes it; and the watcher looks every millisecond whether a handler takes long for once,
// in which case another keeper goes on and this one becomes an ordinary goroutine.
type keeper struct {
	wake chan struct{} // the lead is handed to the keeper

	// Under driver.mu:
	generation int // of the keeper at work
	running    bool
	runs       uint64     // handlers begun
	ready      []*inbound // calls that the keeper is about to run
	watched    bool       // the watcher does not sleep

	watch chan struct{} // wakes the watcher
}

const (
	// short is up to how long a handler takes typically that the keeper runs itself.
	short = 10 * time.Microsecond
	// tick is how long calls may stay unread because a handler takes long for once.
	tick = time.Millisecond
	// patience is how many ticks without a call let the watcher sleep.
	patience = 100
)

func (k *keeper) begin(d *driver) {
	k.wake, k.watch = make(chan struct{}, 1), make(chan struct{}, 1)
	go d.keep(0)
	go d.watch()
}

// rouse lets the keeper lead if nobody does.
func (d *driver) rouse() {
	d.mu.Lock()
	free := !d.polling
	d.polling = true
	d.mu.Unlock()
	if free {
		d.keeper.wake <- struct{}{}
	}
}

// keep is the keeper's life.
func (d *driver) keep(generation int) {
	for range d.keeper.wake {
		for lead := true; lead; {
			var fresh []*inbound
			idle := false
			err := d.conn.Read(func(uintptr) bool {
				fresh = d.exchange(native.LookAfter, nil)
				if len(fresh) == 0 {
					idle = d.resign()
				}
				return idle || len(fresh) > 0
			})
			if err != nil { // somebody called wakePoller
				_ = d.file.SetReadDeadline(time.Time{})
			}
			if idle {
				break
			}
			var current bool
			if current, lead = d.runFresh(fresh, generation); !current {
				return
			}
		}
	}
}

// resign gives up the lead if nobody needs it.
func (d *driver) resign() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.polling = len(d.waiting) > 0 || len(d.serving) > 0 || d.requests.Len() > 0
	return !d.polling
}

// runFresh runs calls: short ones here, the others on goroutines. It tells whether this is still the keeper, and whether
// it has the lead.
func (d *driver) runFresh(fresh []*inbound, generation int) (current, lead bool) {
	brief := fresh[:0]
	for _, call := range fresh {
		if call.isShort() {
			brief = append(brief, call)
		} else {
			go call.run()
		}
	}
	if len(brief) == 0 {
		return true, true
	}
	k := &d.keeper
	finished := false
	defer func() {
		if !finished { // a handler has ended this goroutine
			d.replaceKeeper(generation)
		}
	}()
	d.mu.Lock()
	d.polling = false
	k.ready, k.running = brief, true
	if !k.watched {
		k.watched = true
		k.watch <- struct{}{}
	}
	for k.generation == generation && len(k.ready) > 0 {
		call := k.ready[0]
		k.ready = k.ready[1:]
		k.runs++
		call.keeper, call.kept = generation, true
		d.mu.Unlock()
		call.run()
		d.mu.Lock()
	}
	finished = true
	if k.generation != generation {
		d.mu.Unlock()
		return false, false
	}
	k.running = false
	lead = !d.polling
	d.polling = true
	d.mu.Unlock()
	if !lead {
		d.push(native.LookNever, false) // the replies
	}
	return true, lead
}

// watch is the watcher's life.
func (d *driver) watch() {
	k := &d.keeper
	for range k.watch {
		var last uint64
		for quiet := 0; quiet < patience; {
			time.Sleep(tick)
			d.mu.Lock()
			runs, running, generation := k.runs, k.running, k.generation
			if runs != last {
				quiet = 0
			} else if quiet++; quiet == patience {
				k.watched = false
			}
			d.mu.Unlock()
			if running && runs == last {
				d.replaceKeeper(generation)
			}
			last = runs
		}
	}
}

// replaceKeeper puts a new keeper in the place of one that is held up by a handler.
func (d *driver) replaceKeeper(generation int) {
	d.mu.Lock()
	k := &d.keeper
	if k.generation != generation || !k.running {
		d.mu.Unlock()
		return
	}
	k.generation++
	rest := k.ready
	k.ready, k.running = nil, false
	free := !d.polling
	d.polling = true
	generation = k.generation
	d.mu.Unlock()
	go d.keep(generation)
	if free {
		k.wake <- struct{}{}
	}
	for _, call := range rest {
		go call.run()
	}
}
