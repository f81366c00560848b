// Calls of this tree beside those of grpc-go over a Unix socket, in turns on this machine. See README.md.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sort"
	"sync"
	"syscall"
	"time"
)

// call is one echo of 32 bytes.
type call func(ctx context.Context) error

// figure compares one shape; times are medians in microseconds per call.
type figure struct {
	Name     string       `json:"name"`
	InFlight int          `json:"in_flight"`
	Ours     float64      `json:"ours"`
	Peer     float64      `json:"peer"`
	Ratio    float64      `json:"ratio"` // the median of the rounds' ratios
	Unit     string       `json:"unit"`
	Samples  [][2]float64 `json:"samples"` // ours and the peer, a pair for each round
}

func main() {
	serve := flag.String("serve", "", "internal: be the provider `ours` or the peer's server, `grpc`")
	scratch := flag.String("scratch", "", "internal: where both meet")
	rounds := flag.Int("rounds", 11, "rounds of each shape and side")
	calls := flag.Int("calls", 2000, "calls of a round")
	flag.Parse()
	var err error
	if *serve != "" {
		err = provide(*serve, *scratch)
	} else {
		err = compare(*rounds, *calls)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func provide(side, scratch string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	ready := func() { fmt.Println("ready") }
	if side == "grpc" {
		return servePeer(ctx, scratch, ready)
	}
	return serveOurs(ctx, scratch, ready)
}

// compare runs both sides in turns and prints the figures as JSON.
func compare(rounds, calls int) error {
	scratch, err := os.MkdirTemp("", "hms-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	for _, side := range []string{"ours", "grpc"} {
		stop, err := start(side, scratch)
		if err != nil {
			return err
		}
		defer stop()
	}
	ours, err := connectOurs(scratch)
	if err != nil {
		return err
	}
	peer, err := connectPeer(scratch)
	if err != nil {
		return err
	}
	var figures []figure
	for _, inFlight := range []int{1, 64} {
		var samples [][2]float64
		for round := range rounds + 1 {
			var pair [2]float64
			for turn := range 2 {
				side := (turn + round) % 2 // who begins alternates
				took, err := run([]call{ours, peer}[side], inFlight, calls)
				if err != nil {
					return err
				}
				pair[side] = took
			}
			if round > 0 { // the first warms up
				samples = append(samples, pair)
			}
		}
		figures = append(figures, figure{
			Name: fmt.Sprintf("go, %d in flight", inFlight), InFlight: inFlight, Unit: "us", Samples: samples,
			Ours:  median(samples, func(pair [2]float64) float64 { return pair[0] }),
			Peer:  median(samples, func(pair [2]float64) float64 { return pair[1] }),
			Ratio: median(samples, func(pair [2]float64) float64 { return pair[0] / pair[1] }),
		})
	}
	return json.NewEncoder(os.Stdout).Encode(figures)
}

// start starts this program as a provider and waits until it can be called.
func start(side, scratch string) (stop func(), err error) {
	command := exec.Command(os.Args[0], "-serve", side, "-scratch", scratch)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	var line string
	if _, err := fmt.Fscanln(out, &line); err != nil {
		return nil, fmt.Errorf("%s did not start: %w", side, err)
	}
	return func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
	}, nil
}

// run makes calls from as many goroutines as are to be in flight and gives microseconds per call.
func run(call call, inFlight, calls int) (float64, error) {
	var group sync.WaitGroup
	failed := make(chan error, inFlight)
	began := time.Now()
	for range inFlight {
		group.Go(func() {
			for range calls / inFlight {
				if err := call(context.Background()); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	group.Wait()
	took := time.Since(began)
	select {
	case err := <-failed:
		return 0, err
	default:
		return float64(took.Nanoseconds()) / 1000 / float64(calls/inFlight*inFlight), nil
	}
}

func median(samples [][2]float64, of func(pair [2]float64) float64) float64 {
	var values []float64
	for _, pair := range samples {
		values = append(values, of(pair))
	}
	sort.Float64s(values)
	return values[len(values)/2]
}

func socket(scratch string) string { return filepath.Join(scratch, "grpc.sock") }
