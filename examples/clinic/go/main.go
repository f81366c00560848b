// The records component of the demo clinic, in Go.
//
//	clinic serve     serves example:clinic/records, and HTTP for the comparison
//	clinic probe     serves example:clinic/probe
//	clinic hundred   scores a hundred patients one after another, at once and in a batch; prints the milliseconds of each
//	clinic measure   prints the median time of a call to whoever serves example:clinic/probe, in microseconds
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "clinic:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(arguments) != 1 {
		return fmt.Errorf("usage: clinic serve | probe | hundred | measure")
	}
	switch arguments[0] {
	case "serve":
		return serve(ctx)
	case "probe":
		return probe(ctx)
	case "hundred":
		return hundred(ctx)
	case "measure":
		return measure(ctx)
	}
	return fmt.Errorf("unknown: %s", arguments[0])
}

func folder(name string) string { return os.Getenv("CLINIC_HOME") + "/" + name }

func serve(ctx context.Context) error {
	records, err := openArchive(folder("data"))
	if err != nil {
		return err
	}
	functions := map[string]any{
		"find-patient":  records.findPatient,
		"encounters":    records.encountersOf,
		"observations":  records.observationsOf,
		"find-coverage": records.findCoverage,
		"find-claim":    records.findClaim,
		// A function of its own, so that a failure shows this place.
		"card-scan": func(ctx context.Context, coverage string) ([]byte, error) {
			return records.cardScan(ctx, coverage)
		},
	}
	component, err := hmsffi.NewComponent("example:clinic/records", hmsffi.WIT(folder("wit")))
	if err != nil {
		return err
	}
	for name, function := range functions {
		if err := component.Export(name, function); err != nil {
			return err
		}
	}
	closeHTTP, err := serveHTTP(records)
	if err != nil {
		return err
	}
	defer closeHTTP()
	return component.Serve(ctx)
}

func probe(ctx context.Context) error {
	component, err := hmsffi.NewComponent("example:clinic/probe", hmsffi.WIT(folder("wit")))
	if err != nil {
		return err
	}
	err = component.Export("echo", func(_ context.Context, observation Observation) (Observation, error) {
		return observation, nil
	})
	if err != nil {
		return err
	}
	return component.Serve(ctx)
}

const (
	warmUp = 200
	calls  = 2000
)

func measure(ctx context.Context) error {
	records, err := openArchive(folder("data"))
	if err != nil {
		return err
	}
	client, err := hmsffi.Connect(ctx, "example:clinic/probe")
	if err != nil {
		return err
	}
	defer client.Close()
	observation := records.observations[0]
	times := make([]time.Duration, 0, calls)
	for i := range warmUp + calls {
		started := time.Now()
		back, err := hmsffi.Call[Observation](ctx, client, "echo", observation)
		took := time.Since(started)
		if err != nil {
			return err
		}
		if back.ID != observation.ID {
			return fmt.Errorf("sent %s, got %s", observation.ID, back.ID)
		}
		if i >= warmUp {
			times = append(times, took)
		}
	}
	slices.Sort(times)
	fmt.Printf("%.1f\n", float64(times[calls/2].Nanoseconds())/1000)
	return nil
}
