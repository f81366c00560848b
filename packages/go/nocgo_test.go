//go:build cgo

package hmsffi_test

import (
	"os"
	"os/exec"
	"testing"
)

// The package builds without cgo, and says so when it is used.
func TestStub(t *testing.T) {
	command := exec.Command("go", "test", "-count=1", "-run=TestWithoutCgo|Vectors", ".")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
