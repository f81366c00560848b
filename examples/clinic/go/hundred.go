package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// Scores a hundred patients in three ways, and prints how many milliseconds each takes.

const patients = 100

// risk is what the demo looks at of a risk.
type risk struct {
	Score        float64
	ZScores      map[string]float64
	Observations uint32
}

func hundred(ctx context.Context) error {
	records, err := hmsffi.Connect(ctx, "example:clinic/records")
	if err != nil {
		return err
	}
	defer records.Close()
	model, err := hmsffi.Connect(ctx, "example:clinic/risk-model")
	if err != nil {
		return err
	}
	defer model.Close()
	example, err := hmsffi.Call[[]Observation](ctx, records, "observations", "example")
	if err != nil {
		return err
	}
	var all [patients][]Observation
	for i := range all {
		all[i] = observationsOf(i, example)
	}
	one := func(i int) (risk, error) { return hmsffi.Call[risk](ctx, model, "score", all[i]) }
	for _, way := range []func() error{
		func() error { // one after another
			for i := range all {
				if err := check(i)(one(i)); err != nil {
					return err
				}
			}
			return nil
		},
		func() error { // at once
			var errs [patients]error
			var wait sync.WaitGroup
			for i := range all {
				wait.Add(1)
				go func() {
					defer wait.Done()
					errs[i] = check(i)(one(i))
				}()
			}
			wait.Wait()
			return first(errs[:])
		},
		func() error { // in a batch
			var calls [patients]hmsffi.Bound
			for i := range all {
				calls[i] = hmsffi.Bind("score", all[i])
			}
			for i, reply := range model.Batch(ctx, calls[:]...) {
				if err := check(i)(hmsffi.As[risk](reply)); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		if err := way(); err != nil { // warm
			return err
		}
		started := time.Now()
		if err := way(); err != nil {
			return err
		}
		fmt.Printf("%.1f ", float64(time.Since(started).Microseconds())/1000)
	}
	fmt.Println()
	return nil
}

// observationsOf is what was observed of one of the hundred: as of the example, with another heart rate.
func observationsOf(patient int, observations []Observation) []Observation {
	var own []Observation
	for _, observation := range observations {
		if observation.Code == "8867-4" {
			rate, err := hmsffi.ParseDecimal(strconv.Itoa(40 + patient))
			if err != nil {
				panic(err)
			}
			observation.Value = &Quantity{Value: rate, Unit: "/min"}
		}
		own = append(own, observation)
	}
	return own
}

// check tells that a patient has the own score.
func check(patient int) func(risk, error) error {
	return func(scored risk, err error) error {
		z := scored.ZScores["heart rate"]
		if err == nil && math.Abs(z-float64(patient-35)/12) > 0.006 {
			err = fmt.Errorf("patient %d has %v", patient, z)
		}
		return err
	}
}

func first(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
