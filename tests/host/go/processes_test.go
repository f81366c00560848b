package host

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// SIGTERM and SIGINT: running calls end well, the process ends with status 0, later calls go to another instance.
func TestSignalsDrain(t *testing.T) {
	for _, sent := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		dir := t.TempDir()
		first := start(t, "provider", dir)
		client := connect(t, dir)
		ended := make(chan error, 1)
		go func() {
			pid, err := hmsffi.Call[uint32](context.Background(), client, "wait", "key")
			if err == nil && int(pid) != first.Process.Pid {
				t.Errorf("%d answered", pid)
			}
			ended <- err
		}()
		held(t, client, "key", true)
		if err := first.Process.Signal(sent); err != nil {
			t.Fatal(err)
		}
		second := start(t, "provider", dir)
		// The first says goodbye on the link, so that at some call the second is the one that answers.
		for pid := 0; pid != second.Process.Pid; {
			answered, err := hmsffi.Call[uint32](bounded(t), client, "pid")
			if err != nil {
				t.Fatalf("%v: %v", sent, err)
			}
			pid = int(answered)
		}
		select {
		case err := <-ended:
			t.Fatalf("the call ended with %v before its handler", err)
		default:
		}
		_ = first.input.Close()
		if err := <-ended; err != nil {
			t.Errorf("%v: %v", sent, err)
		}
		if err := first.Wait(); err != nil {
			t.Errorf("%v: %v", sent, err)
		}
	}
}

// A process that ends in the middle of a call, however it does, has its handler cancelled.
func TestCallersThatEnd(t *testing.T) {
	dir := t.TempDir()
	start(t, "provider", dir)
	client := connect(t, dir)

	killed := start(t, "caller", dir, "HMS_HOST_KEY=killed")
	held(t, client, "killed", true)
	_ = killed.Process.Kill()
	held(t, client, "killed", false)

	exits := start(t, "caller", dir, "HMS_HOST_KEY=exits")
	held(t, client, "exits", true)
	_ = exits.input.Close()
	held(t, client, "exits", false)
	_ = exits.Wait()
	if status := exits.ProcessState.ExitCode(); status != 7 {
		t.Errorf("os.Exit with a call pending ended with %d", status)
	}

	// The same process goes on as another program, which has nothing of ours.
	replaced := start(t, "replaced", dir, "HMS_HOST_KEY=replaced")
	held(t, client, "replaced", false)
	_ = replaced.input.Close()
	listing, err := io.ReadAll(replaced.output)
	if err != nil || strings.Contains(string(listing), "socket:") || strings.Contains(string(listing), "anon_inode:") {
		t.Errorf("%v\n%s", err, listing)
	}
}

// Programs that are started from many goroutines call on their own, while calls of this process go on.
func TestProgramsThatCall(t *testing.T) {
	dir := t.TempDir()
	provider := start(t, "provider", dir)
	client := connect(t, dir)
	ctx, stop := context.WithCancel(context.Background())
	var calls, programs sync.WaitGroup
	for range 8 {
		calls.Add(1)
		go func() {
			defer calls.Done()
			for ctx.Err() == nil {
				if pid, err := hmsffi.Call[uint32](context.Background(), client, "pid"); err != nil || int(pid) != provider.Process.Pid {
					t.Errorf("got %v, %v", pid, err)
					return
				}
			}
		}()
	}
	for range 8 {
		programs.Add(1)
		go func() {
			defer programs.Done()
			command := exec.Command(os.Args[0], "-test.run=^TestAsChild$")
			command.Env = append(os.Environ(), "HMS_HOST_CHILD="+dir)
			if out, err := command.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		}()
	}
	programs.Wait()
	stop()
	calls.Wait()
}

// TestAsChild is what the programs of TestProgramsThatCall do.
func TestAsChild(t *testing.T) {
	dir := os.Getenv("HMS_HOST_CHILD")
	if dir == "" {
		t.Skip("not started by another test")
	}
	client := connect(t, dir)
	for range 100 {
		if _, err := hmsffi.Call[uint32](bounded(t), client, "pid"); err != nil {
			t.Fatal(err)
		}
	}
}

// Two providers share the calls of one client, once it has found both.
func TestSeveralProviders(t *testing.T) {
	dir := t.TempDir()
	start(t, "provider", dir)
	start(t, "provider", dir)
	client := connect(t, dir)
	answered := map[uint32]int{}
	for within := bounded(t); within.Err() == nil; {
		calls := make([]hmsffi.Bound, 20)
		for i := range calls {
			calls[i] = hmsffi.Bind("pid")
		}
		for _, reply := range client.Batch(bounded(t), calls...) {
			pid, err := hmsffi.As[uint32](reply)
			if err != nil {
				t.Fatal(err)
			}
			answered[pid]++
		}
		if len(answered) == 2 {
			return
		}
	}
	t.Errorf("calls went to %v", answered)
}
