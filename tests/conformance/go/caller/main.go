// The caller of the conformance suite.
package main

import (
	"context"
	"fmt"
	"os"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
	"github.com/hms-ffi/hms-ffi/tests/conformance/go/suite"
)

// check is one case; a nil run is one that is not callable yet.
type check struct {
	name string
	run  func(ctx context.Context) error
}

// caller has what the cases need.
type caller struct {
	client *hmsffi.Client
	// What `hold` of the callback tells the cases: open once it runs, and once it has noticed its end.
	held, released suite.Gates
}

func main() {
	failures, err := run(context.Background())
	if err != nil {
		fmt.Printf("%+v\n", err)
	}
	if err != nil || failures > 0 {
		os.Exit(1)
	}
}

func run(ctx context.Context) (failures int, err error) {
	client, err := hmsffi.Connect(ctx, "test:conformance/suite", hmsffi.WIT(suite.Contract("conformance.wit")))
	if err != nil {
		return 0, err
	}
	defer client.Close()
	c := &caller{client: client}
	callback, err := c.callback()
	if err != nil {
		return 0, err
	}
	defer callback.Close()
	for _, part := range [][]check{c.values(), c.errors(), c.deadlines(), c.sizes(), c.callsBack(), c.together(), c.batches(), c.retries(), c.mistakes(), c.versions(), c.rest()} {
		for _, check := range part {
			failures += report(ctx, check)
		}
	}
	return failures, nil
}

func report(ctx context.Context, check check) int {
	if check.run == nil {
		fmt.Println("absent", check.name)
		return 0
	}
	if err := safely(ctx, check); err != nil {
		fmt.Printf("not ok %s: %v\n", check.name, err)
		return 1
	}
	fmt.Println("ok", check.name)
	return 0
}

// safely runs a case with a deadline; a panic is a failure of the case alone.
func safely(ctx context.Context, check check) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return check.run(ctx)
}

// callback serves what the provider calls back.
func (c *caller) callback() (*hmsffi.Component, error) {
	component, err := hmsffi.NewComponent("test:conformance/callback", hmsffi.WIT(suite.Contract("conformance.wit")))
	if err != nil {
		return nil, err
	}
	err = suite.ExportAll(component, map[string]any{
		"bounce": func(ctx context.Context, times uint32) (uint32, error) {
			if times == 0 {
				return 0, nil
			}
			below, err := hmsffi.Call[uint32](ctx, c.client, "bounce", times-1)
			return below + 1, err
		},
		"fail": func(ctx context.Context, hops uint32, code string) error {
			if hops == 0 {
				return suite.Raise(code)
			}
			return c.client.Call(ctx, "fail", nil, hops-1, code)
		},
		"time-left": suite.MillisecondsLeft,
		"deny":      func() (uint32, error) { return 0, hmsffi.Declare(suite.Duplicate{}) },
		"hold": func(ctx context.Context, key string) error {
			c.held.Open(key)
			<-ctx.Done()
			c.released.Open(key)
			return ctx.Err()
		},
	})
	if err != nil {
		return nil, err
	}
	return component, component.Start()
}
