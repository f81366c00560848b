//go:build !unix

package hmsffi

import "errors"

// duplicateDescriptor has nothing to watch where the library has no descriptors.
func duplicateDescriptor(int) (uintptr, error) { return 0, errors.ErrUnsupported }
