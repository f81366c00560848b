// A caller of the soak: goroutines. `caller NAME GOROUTINES`.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
	"github.com/hms-ffi/hms-ffi/tests/soak/go/contract"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "%+v\n", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 3 {
		return errors.New("usage: caller NAME GOROUTINES")
	}
	goroutines, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return err
	}
	seed, err := strconv.ParseUint(os.Getenv("SOAK_SEED"), 10, 64)
	if err != nil {
		return err
	}
	t, err := newTally(os.Args[1])
	if err != nil {
		return err
	}
	callback, err := hmsffi.NewComponent("test:soak/callback", hmsffi.WIT(contract.Contract()))
	if err != nil {
		return err
	}
	if err := callback.Export("double", func(n uint64) uint64 { return 2 * n }); err != nil {
		return err
	}
	if err := callback.Start(); err != nil {
		return err
	}
	defer callback.Close()
	client, err := hmsffi.Connect(context.Background(), "test:soak/work", hmsffi.WIT(contract.Contract()))
	if err != nil {
		return err
	}
	defer client.Close()
	var stop atomic.Bool
	var workers sync.WaitGroup
	for number := range goroutines {
		w := worker{t, client, rand.New(rand.NewPCG(seed, uint64(number)))}
		workers.Add(1)
		go func() {
			defer workers.Done()
			for !stop.Load() {
				w.once()
			}
		}()
	}
	t.runUntilStopped(client, func() { stop.Store(true) }, &workers)
	return nil
}

type worker struct {
	tally  *tally
	client *hmsffi.Client
	dice   *rand.Rand
}

// once makes one call of a kind that is drawn.
func (w *worker) once() {
	switch drawn := w.dice.IntN(100); {
	case drawn < 40:
		a, b := w.dice.Uint64N(1<<62), w.dice.Uint64N(1<<62)
		w.right("add", "add", uint64(a+b), a, b)
	case drawn < 58:
		w.price()
	case drawn < 73:
		w.note()
	case drawn < 83:
		n := w.dice.Uint64N(1 << 60)
		w.right("ask-back", "ask-back", 2*n+1, n)
	case drawn < 88:
		w.echo()
	case drawn < 92:
		length := w.dice.Uint32N(100)
		w.right("linger", "linger", length, length)
	case drawn < 95:
		w.hurry()
	case drawn < 97:
		w.batch()
	default:
		w.cancel()
	}
}

// right makes an idempotent call, which must be answered rightly.
func (w *worker) right(kind, function string, want any, args ...any) {
	start := time.Now()
	out := reflect.New(reflect.TypeOf(want))
	err := w.client.Call(context.Background(), function, out.Interface(), args...)
	w.judge(kind, want, out.Elem().Interface(), err, time.Since(start))
}

func (w *worker) judge(kind string, want, got any, err error, took time.Duration) {
	if err == nil && !reflect.DeepEqual(want, got) {
		err = fmt.Errorf("wrong answer: %v", got)
	}
	if err != nil {
		w.tally.fail(kind, err, took)
		return
	}
	w.tally.ended(kind, "ok", took)
}

func (w *worker) price() {
	order := contract.Order{Lines: []contract.Line{}}
	for range w.dice.IntN(25) {
		order.Lines = append(order.Lines, contract.Line{Units: w.dice.Uint32N(100), Price: w.dice.Uint64N(1 << 32)})
	}
	order.ID = strconv.Itoa(len(order.Lines))
	if w.dice.IntN(2) == 0 {
		note := "é" + order.ID
		order.Note = &note
	}
	want, refusal := contract.Price(order)
	start := time.Now()
	got, err := hmsffi.Call[contract.Receipt](context.Background(), w.client, "price", order)
	took := time.Since(start)
	if refusal == nil {
		w.judge("price", want, got, err, took)
		return
	}
	w.judgeRefusal("price", refusal, err, took)
}

func (w *worker) judgeRefusal(kind string, want contract.Refusal, err error, took time.Duration) {
	if declared, ok := hmsffi.Declared[contract.Refusal](err); ok && declared == want {
		w.tally.ended(kind, "declared", took)
		return
	}
	if err == nil {
		err = errors.New("an answer, where a refusal was due")
	}
	w.tally.fail(kind, err, took)
}

// batch makes calls of several functions in one, among them some with declared errors.
func (w *worker) batch() {
	var calls []hmsffi.Bound
	var judges []func(reply hmsffi.Reply, took time.Duration)
	for range 1 + w.dice.IntN(20) {
		a, b := w.dice.Uint64N(1<<60), w.dice.Uint64N(1<<60)
		switch w.dice.IntN(3) {
		case 0:
			calls = append(calls, hmsffi.Bind("add", a, b))
			judges = append(judges, func(reply hmsffi.Reply, took time.Duration) {
				got, err := hmsffi.As[uint64](reply)
				w.judge("batch", a+b, got, err, took)
			})
		case 1:
			calls = append(calls, hmsffi.Bind("ask-back", a))
			judges = append(judges, func(reply hmsffi.Reply, took time.Duration) {
				got, err := hmsffi.As[uint64](reply)
				w.judge("batch", 2*a+1, got, err, took)
			})
		default:
			calls = append(calls, hmsffi.Bind("price", contract.Order{Lines: []contract.Line{}}))
			judges = append(judges, func(reply hmsffi.Reply, took time.Duration) {
				w.judgeRefusal("batch", contract.Empty{}, reply.Err(), took)
			})
		}
	}
	start := time.Now()
	replies := w.client.Batch(context.Background(), calls...)
	took := time.Since(start)
	if len(replies) != len(calls) {
		w.tally.fail("batch", fmt.Errorf("%d replies to %d calls", len(replies), len(calls)), took)
		return
	}
	for i, judge := range judges {
		judge(replies[i], took)
	}
}

func (w *worker) echo() {
	data := make([]byte, w.dice.IntN(400_000))
	start := w.dice.IntN(256)
	for i := range data {
		data[i] = byte(start + i)
	}
	began := time.Now()
	got, err := hmsffi.Call[[]byte](context.Background(), w.client, "echo", data)
	took := time.Since(began)
	if err == nil && !bytes.Equal(data, got) {
		err = fmt.Errorf("%d other bytes for %d", len(got), len(data))
	}
	if err != nil {
		w.tally.fail("echo", err, took)
		return
	}
	w.tally.ended("echo", "ok", took)
}

func (w *worker) note() {
	id := w.tally.nextNote()
	w.tally.noted(id, w.client.Call(context.Background(), "note", nil, id))
}

// hurry has a deadline that is often too short.
func (w *worker) hurry() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(w.dice.IntN(40_000))*time.Microsecond)
	defer cancel()
	start := time.Now()
	answer, err := hmsffi.Call[uint32](ctx, w.client, "linger", uint32(20))
	switch {
	case err == nil && answer != 20:
		w.tally.fail("hurry", fmt.Errorf("wrong answer %d", answer), time.Since(start))
	case err == nil:
		w.tally.ended("hurry", "ok", 0)
	case errors.Is(err, context.DeadlineExceeded):
		w.tally.ended("hurry", "late", 0)
	default:
		// A provider that dies may leave too little time for another.
		w.tally.ended("hurry", code(err), 0)
	}
}

func (w *worker) cancel() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	time.AfterFunc(time.Duration(w.dice.IntN(10))*time.Millisecond, cancel)
	start := time.Now()
	_, err := hmsffi.Call[uint32](ctx, w.client, "linger", uint32(2000))
	switch {
	case errors.Is(err, context.Canceled):
		w.tally.ended("cancel", "cancelled", 0)
	case err == nil:
		w.tally.fail("cancel", errors.New("an answer, though it was cancelled"), time.Since(start))
	default:
		w.tally.fail("cancel", err, time.Since(start))
	}
}
