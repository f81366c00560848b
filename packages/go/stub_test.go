//go:build !cgo

package hmsffi_test

import (
	"context"
	"errors"
	"testing"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

func TestWithoutCgo(t *testing.T) {
	if _, err := hmsffi.Connect(context.Background(), "hms:claims/adjudication"); !errors.Is(err, hmsffi.Unimplemented) || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	if _, err := hmsffi.NewComponent("hms:claims/adjudication", hmsffi.WIT("testdata/claims.wit")); !errors.Is(err, hmsffi.Unimplemented) {
		t.Errorf("got %v", err)
	}
}
