package suite

import (
	"context"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// MillisecondsLeft until the deadline of a handler's call; nil without one.
func MillisecondsLeft(ctx context.Context) *uint64 {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	return P(uint64(max(time.Until(deadline).Milliseconds(), 0)))
}

// Raise is the error of a code by its name.
func Raise(code string) error {
	parsed, ok := hmsffi.ParseCode(code)
	if !ok {
		return hmsffi.Errorf(hmsffi.Internal, "there is no code %s", code)
	}
	return hmsffi.Errorf(parsed, "raised %s", code)
}

// ExportAll exports functions by name.
func ExportAll(c *hmsffi.Component, functions map[string]any) error {
	for name, function := range functions {
		if err := c.Export(name, function); err != nil {
			return err
		}
	}
	return nil
}
