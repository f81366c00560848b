// The provider of the conformance suite.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
	"github.com/hms-ffi/hms-ffi/tests/conformance/go/suite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := serve(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "%+v\n", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context) error {
	var components []*hmsffi.Component
	for _, part := range []struct {
		iface, contract string
		handlers        map[string]any
	}{
		{"test:versions/early", "versions/old.wit", suite.Early()},
		{"test:versions/late", "versions/new.wit", suite.Late()},
		{"test:conformance/suite", "conformance.wit", newProvider().handlers()},
	} {
		c, err := hmsffi.NewComponent(part.iface, hmsffi.WIT(suite.Contract(part.contract)), hmsffi.MaxConcurrent(96))
		if err != nil {
			return err
		}
		if err := suite.ExportAll(c, part.handlers); err != nil {
			return err
		}
		if err := c.Start(); err != nil {
			return err
		}
		components = append(components, c)
	}
	fmt.Println("ready")
	var ended sync.WaitGroup
	for _, c := range components {
		ended.Add(1)
		go func() {
			defer ended.Done()
			_ = c.Serve(ctx)
		}()
	}
	ended.Wait()
	return nil
}
