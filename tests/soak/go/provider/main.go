// A provider of the soak in Go.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
	"github.com/hms-ffi/hms-ffi/tests/soak/go/contract"
)

type provider struct {
	ledger *os.File

	mu       sync.Mutex
	callback *hmsffi.Client
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := serve(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "%+v\n", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context) error {
	name := fmt.Sprintf("executed-go-%d", os.Getpid())
	ledger, err := os.OpenFile(filepath.Join(os.Getenv("SOAK_LEDGER"), name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	p := &provider{ledger: ledger}
	c, err := hmsffi.NewComponent("test:soak/work", hmsffi.WIT(contract.Contract()))
	if err != nil {
		return err
	}
	for name, handler := range map[string]any{
		"add": func(a, b uint64) uint64 { return a + b }, "echo": func(data []byte) []byte { return data },
		"price": price, "ask-back": p.askBack, "linger": linger, "note": p.note,
	} {
		if err := c.Export(name, handler); err != nil {
			return err
		}
	}
	if err := c.Start(); err != nil {
		return err
	}
	fmt.Println("ready")
	return c.Serve(ctx)
}

func price(order contract.Order) (contract.Receipt, error) {
	receipt, refusal := contract.Price(order)
	if refusal != nil {
		return receipt, hmsffi.Declare(refusal)
	}
	return receipt, nil
}

func (p *provider) client(ctx context.Context) (*hmsffi.Client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.callback == nil {
		client, err := hmsffi.Connect(ctx, "test:soak/callback")
		if err != nil {
			return nil, err
		}
		p.callback = client
	}
	return p.callback, nil
}

func (p *provider) askBack(ctx context.Context, n uint64) (uint64, error) {
	client, err := p.client(ctx)
	if err != nil {
		return 0, err
	}
	doubled, err := hmsffi.Call[uint64](ctx, client, "double", n)
	return doubled + 1, err
}

func linger(ctx context.Context, milliseconds uint32) (uint32, error) {
	select {
	case <-time.After(time.Duration(milliseconds) * time.Millisecond):
		return milliseconds, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (p *provider) note(id string) error {
	// One write: a kill leaves the whole line or nothing.
	_, err := p.ledger.WriteString(id + "\n")
	return err
}
