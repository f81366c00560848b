package main

import (
	"context"
	"errors"
	"path/filepath"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

const echoName = "bench:echo/echo"

func runtimeDir(scratch string) hmsffi.Option {
	return hmsffi.RuntimeDir(filepath.Join(scratch, "runtime"))
}

func serveOurs(ctx context.Context, scratch string, ready func()) error {
	c, err := hmsffi.NewComponent(echoName, hmsffi.WIT("benches/wit"), runtimeDir(scratch))
	if err != nil {
		return err
	}
	if err := c.Export("echo", func(data []byte) []byte { return data }); err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	ready()
	return c.Serve(ctx)
}

func connectOurs(scratch string) (call, error) {
	client, err := hmsffi.Connect(context.Background(), echoName, runtimeDir(scratch))
	if err != nil {
		return nil, err
	}
	data := make([]byte, 32)
	return func(ctx context.Context) error {
		back, err := hmsffi.Call[[]byte](ctx, client, "echo", data)
		if err == nil && len(back) != len(data) {
			err = errors.New("another answer")
		}
		return err
	}, nil
}
