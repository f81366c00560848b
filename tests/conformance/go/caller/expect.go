package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
	"github.com/hms-ffi/hms-ffi/tests/conformance/go/suite"
)

// within gives a case the usual ten seconds.
func within(run func(ctx context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		return run(ctx)
	}
}

// failure is the Error of a call that has to fail with a code.
func failure(err error, code hmsffi.Code) (*hmsffi.Error, error) {
	var e *hmsffi.Error
	if !errors.As(err, &e) {
		return nil, fmt.Errorf("expected %s, got %v", code, err)
	}
	if e.Code != code || !errors.Is(err, code) {
		return nil, fmt.Errorf("expected %s, got %w", code, err)
	}
	return e, nil
}

// fails holds an error against a code, a part of its message, and whether the call may have been executed.
func fails(err error, code hmsffi.Code, message string, executed bool) error {
	e, wrong := failure(err, code)
	switch {
	case wrong != nil:
		return wrong
	case !strings.Contains(e.Message, message):
		return fmt.Errorf("the message %q does not hold %q", e.Message, message)
	case e.MaybeExecuted != executed:
		return fmt.Errorf("maybe-executed is %v", e.MaybeExecuted)
	}
	return nil
}

// equals compares exactly.
func equals[T any](got T, err error) func(want T) error {
	return func(want T) error {
		if err != nil {
			return err
		}
		if !suite.Same(got, want) {
			return fmt.Errorf("got %v, expected %v", got, want)
		}
		return nil
	}
}

// denies holds a declared error against its value.
func denies[T any](err error, want T) error {
	value, ok := hmsffi.Declared[T](err)
	if !ok {
		return fmt.Errorf("expected a declared error of type %T, got %v", want, err)
	}
	return equals(value, nil)(want)
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// usable tells that the client still works.
func (c *caller) usable(ctx context.Context) error {
	return equals(hmsffi.Call[uint8](ctx, c.client, "echo-u8", uint8(7)))(7)
}
