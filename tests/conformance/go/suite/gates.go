package suite

import (
	"sync"
	"time"
)

// Gates are things that happen once, by name, and can be waited for. The zero value is ready for use.
type Gates struct {
	mu    sync.Mutex
	gates map[string]chan struct{}
}

// gate is closed once it has happened.
func (g *Gates) gate(name string) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gates == nil {
		g.gates = map[string]chan struct{}{}
	}
	if g.gates[name] == nil {
		g.gates[name] = make(chan struct{})
	}
	return g.gates[name]
}

// Open tells that it has happened; once for each name.
func (g *Gates) Open(name string) { close(g.gate(name)) }

// Wait tells whether it has happened, waiting ten seconds at most: a failing case must not be endless.
func (g *Gates) Wait(name string) bool {
	select {
	case <-g.gate(name):
		return true
	case <-time.After(10 * time.Second):
		return false
	}
}
