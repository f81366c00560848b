package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// tally is what the caller counts, and how it tells the runner.
type tally struct {
	name string
	log  *os.File

	mu      sync.Mutex
	ends    map[string]int
	latency map[int]int
	slowest time.Duration
	lost    int
	notes   int
	metrics hmsffi.Metrics
}

func newTally(name string) (*tally, error) {
	log, err := os.Create(filepath.Join(os.Getenv("SOAK_LEDGER"), "outcomes-"+name))
	return &tally{name: name, log: log, ends: map[string]int{}, latency: map[int]int{}}, err
}

// ended: one call ended as it may. Its time counts if it is above 0.
func (t *tally) ended(kind, how string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ends[kind+" "+how]++
	if took > 0 {
		microseconds := max(float64(took)/1000, 1)
		t.latency[int(math.Floor(4*math.Log2(microseconds)))]++
		t.slowest = max(t.slowest, took)
	}
}

// fail: an idempotent call failed, or was answered wrongly.
func (t *tally) fail(kind string, what error, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lost++
	t.ends[kind+" lost "+code(what)]++
	said := strings.ReplaceAll(what.Error(), "\n", " ")
	fmt.Fprintf(os.Stderr, "lost %s %s after %d ms: %s\n", t.name, kind, took.Milliseconds(), said)
}

func code(err error) string {
	var e *hmsffi.Error
	switch {
	case errors.As(err, &e) && hmsffi.IsDeclared(err):
		return "declared"
	case errors.As(err, &e):
		return e.Code.String()
	}
	return "wrong"
}

// nextNote is a new id for `note`.
func (t *tally) nextNote() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.notes++
	return fmt.Sprintf("%s-%d", t.name, t.notes)
}

// noted: how a `note` ended, to be compared with what the providers have recorded.
func (t *tally) noted(id string, err error) {
	how, end := "ok", "note ok"
	if err != nil {
		how = "not"
		var e *hmsffi.Error
		if !errors.As(err, &e) || e.MaybeExecuted {
			how = "maybe"
		}
		end = "note " + how + " " + code(err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ends[end]++
	fmt.Fprintln(t.log, id, how)
}

func (t *tally) report(final bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	line, err := json.Marshal(map[string]any{
		"lost": t.lost, "ends": t.ends, "latency": t.latency, "slowest": t.slowest.Seconds(), "final": final,
		"attempts": map[string]uint64{
			"retries": t.metrics.Retries, "failovers": t.metrics.Failovers, "retries_refused": t.metrics.RetriesRefused,
		},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

// runUntilStopped reports every second until the runner says stop, and once more when all workers have ended; then it
// waits for the end of standard input, since others may still call back.
func (t *tally) runUntilStopped(client *hmsffi.Client, stop func(), workers *sync.WaitGroup) {
	input := bufio.NewReader(os.Stdin)
	stopped := make(chan struct{})
	go func() {
		_, _ = input.ReadString('\n')
		close(stopped)
	}()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for running := true; running; {
		select {
		case <-ticker.C:
			t.report(false)
		case <-stopped:
			running = false
		}
	}
	stop()
	workers.Wait()
	t.metrics = client.Metrics()
	t.report(true)
	_, _ = io.Copy(io.Discard, input)
}
