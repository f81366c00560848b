//go:build unix

package hmsffi

import "syscall"

// duplicateDescriptor is another descriptor of the same file, closed at exec, and non-blocking: the netpoller takes no
// other.
func duplicateDescriptor(descriptor int) (uintptr, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	duplicate, err := syscall.Dup(descriptor)
	if err != nil {
		return 0, err
	}
	syscall.CloseOnExec(duplicate)
	if err := syscall.SetNonblock(duplicate, true); err != nil {
		_ = syscall.Close(duplicate)
		return 0, err
	}
	return uintptr(duplicate), nil
}
