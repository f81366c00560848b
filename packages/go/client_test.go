//go:build cgo

package hmsffi_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

func someClaim() Claim {
	note := "checked"
	return Claim{
		ID: "c-1", Patient: "p", Lines: []Line{{"A", 1, hmsffi.MustDecimal("1.10")}, {"B", 2, hmsffi.MustDecimal("2.20")}},
		Diagnoses: map[string]struct{}{"x": {}, "y": {}}, Tags: map[string]string{"k": "v"},
		Submitted: time.Date(2024, 2, 29, 12, 0, 0, 5, time.UTC), Note: &note,
	}
}

func TestCall(t *testing.T) {
	client, ctx := connected(t), context.Background()
	expected := Decision{"c-1", "approved", hmsffi.MustDecimal("3.30")}
	if d, err := hmsffi.Call[Decision](ctx, client, "adjudicate", someClaim()); err != nil || d != expected {
		t.Errorf("got %v, %v", d, err)
	}
	var natural any
	if err := client.Call(ctx, "adjudicate", &natural, map[string]any{
		"id": "c-2", "patient": "p", "lines": []any{map[string]any{"code": "A", "units": uint16(1), "charge": hmsffi.MustDecimal("1.10")}},
		"diagnoses": []any{}, "tags": map[string]any{}, "submitted": time.Unix(0, 0),
	}); err != nil {
		t.Fatal(err)
	}
	if want := map[string]any{"claim": "c-2", "status": "approved", "paid": hmsffi.MustDecimal("1.10")}; !reflect.DeepEqual(natural, want) {
		t.Errorf("got %v", natural)
	}
	if pid, err := hmsffi.Call[uint32](ctx, client, "pid"); err != nil || int(pid) == os.Getpid() {
		t.Errorf("pid %v, %v", pid, err)
	}
	document := map[string]any{"n": int64(1), "f": 1.0, "d": hmsffi.MustDecimal("1.10"), "l": []any{nil, true, "x", []byte{1}}}
	if back, err := hmsffi.Call[any](ctx, client, "echo", document); err != nil || !reflect.DeepEqual(back, document) {
		t.Errorf("got %v, %v", back, err)
	}
	if err := client.Call(ctx, "adjudicate", nil, someClaim()); err != nil {
		t.Error(err)
	}
}

func TestDeclaredErrors(t *testing.T) {
	client, ctx := connected(t), context.Background()
	claim := someClaim()
	claim.Lines = nil
	_, err := hmsffi.Call[Decision](ctx, client, "adjudicate", claim)
	if denial, ok := hmsffi.Declared[Denial](err); !ok || denial != NotCovered("no lines") {
		t.Errorf("got %v, %v of %v", denial, ok, err)
	}
	if denial, ok := hmsffi.Declared[NotCovered](err); !ok || denial != "no lines" {
		t.Errorf("got %v, %v", denial, ok)
	}
	if _, ok := hmsffi.Declared[OverLimit](err); ok {
		t.Error("another case")
	}
	if natural, ok := hmsffi.Declared[any](err); !ok || natural != (hmsffi.Variant{Tag: "not-covered", Val: "no lines"}) {
		t.Errorf("got %v", natural)
	}
	if !hmsffi.IsDeclared(err) || errors.Is(err, hmsffi.Internal) {
		t.Errorf("%v is not declared", err)
	}
	if strings.Contains(err.Error(), "no lines") {
		t.Errorf("the message holds the value: %v", err)
	}
	claim.Lines = []Line{{"A", 1, hmsffi.MustDecimal("1000.01")}}
	_, err = hmsffi.Call[Decision](ctx, client, "adjudicate", claim)
	if denial, ok := hmsffi.Declared[Denial](err); !ok || denial != (OverLimit{hmsffi.MustDecimal("1000.01")}) {
		t.Errorf("got %v", denial)
	}
}

func TestSystemErrors(t *testing.T) {
	client, ctx := connected(t), context.Background()
	for code := hmsffi.Cancelled; code <= hmsffi.Unauthenticated; code++ {
		err := client.Call(ctx, "fail", nil, code.String())
		var e *hmsffi.Error
		if !errors.As(err, &e) || e.Code != code || !e.MaybeExecuted || e.Message != "raised "+code.String() {
			t.Errorf("%s: got %v", code, err)
		}
		if !errors.Is(err, code) {
			t.Errorf("%s: errors.Is is false", code)
		}
	}
	for kind, target := range map[string]error{
		"not-found": fs.ErrNotExist, "permission-denied": fs.ErrPermission, "deadline-exceeded": context.DeadlineExceeded,
		"cancelled": context.Canceled, "unimplemented": errors.ErrUnsupported,
	} {
		if err := client.Call(ctx, "fail", nil, kind); !errors.Is(err, target) || errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v is not %v", kind, err, target)
		}
	}
	for kind, expected := range map[string]struct {
		code    hmsffi.Code
		message string
	}{
		"plain":       {hmsffi.Internal, "it broke"},
		"full":        {hmsffi.ResourceExhausted, "storing: the cupboard is full"},
		"panic":       {hmsffi.Internal, "panic: runtime error: invalid memory address or nil pointer dereference"},
		"unsupported": {hmsffi.Unimplemented, "unsupported operation"},
		"file":        {hmsffi.Internal, "file does not exist"},
		"timeout":     {hmsffi.Internal, "context deadline exceeded"},
		"details":     {hmsffi.FailedPrecondition, "see details"},
	} {
		err := client.Call(ctx, "fail", nil, kind)
		var e *hmsffi.Error
		if !errors.As(err, &e) || e.Code != expected.code || e.Message != expected.message {
			t.Errorf("%s: got %v", kind, err)
			continue
		}
		last := e.Trace[len(e.Trace)-1]
		if len(e.Trace) < 2 || last.Language != "go" || !strings.HasSuffix(last.File, "main_test.go") || last.Line == 0 ||
			!strings.HasSuffix(last.Function, ".fail") || !strings.HasPrefix(last.Component, adjudicationName) {
			t.Errorf("%s: trace %v", kind, e.Trace)
		}
		if first := e.Trace[0]; !strings.HasSuffix(first.File, "client_test.go") || first.Component != "go.test" && !strings.HasSuffix(first.Component, ".test") {
			t.Errorf("%s: trace begins with %v", kind, first)
		}
		if text := fmt.Sprintf("%+v", err); !strings.Contains(text, "main_test.go:") {
			t.Errorf("%s: %s", kind, text)
		}
	}
	err := client.Call(ctx, "fail", nil, "details")
	var e *hmsffi.Error
	if !errors.As(err, &e) || !reflect.DeepEqual(e.Details, map[string]any{"hint": "retry", "n": int64(3)}) {
		t.Errorf("details %v", e.Details)
	}
	if err := client.Call(ctx, "fail", nil, "declared"); !errors.Is(err, hmsffi.Internal) {
		t.Errorf("a declared error that is not in the contract: %v", err)
	}
}

// The error of a nested call keeps its code if it is one of five, else becomes internal; its trace names every hop.
func TestNestedErrors(t *testing.T) {
	client, ctx := connected(t), context.Background()
	for kind, code := range map[string]hmsffi.Code{"aborted": hmsffi.Aborted, "not-found": hmsffi.Internal, "declared": hmsffi.Internal} {
		err := client.Call(ctx, "relay", nil, kind)
		var e *hmsffi.Error
		if !errors.As(err, &e) || e.Code != code || !e.MaybeExecuted {
			t.Errorf("%s: got %v", kind, err)
			continue
		}
		if kind == "not-found" && (e.Cause == nil || e.Cause.Code != hmsffi.NotFound) {
			t.Errorf("cause %v", e.Cause)
		}
		var functions []string
		for _, frame := range e.Trace {
			functions = append(functions, frame.Function[strings.LastIndexByte(frame.Function, '.')+1:])
		}
		if got := strings.Join(functions, " "); got != "TestNestedErrors relay fail" && kind != "declared" {
			t.Errorf("%s: trace %s", kind, got)
		}
	}
}

func TestMistakesOfTheCaller(t *testing.T) {
	client, ctx := connected(t), context.Background()
	type loose struct {
		ID, Patient string
		Lines       []any
		Diagnoses   map[string]struct{}
		Tags        map[string]string
		Submitted   time.Time
		Note        *string
	}
	wrong := loose{Lines: []any{map[string]any{"code": "a", "units": "many", "charge": hmsffi.Decimal{}}}, Submitted: time.Unix(0, 0)}
	for name, test := range map[string]struct {
		err     error
		code    hmsffi.Code
		message string
	}{
		"argument": {client.Call(ctx, "fail", nil, 5), hmsffi.InvalidArgument, "kind: expected string, got int"},
		"deep":     {client.Call(ctx, "adjudicate", nil, wrong), hmsffi.InvalidArgument, "claim.lines[0].units: expected u16, got string"},
		"count":    {client.Call(ctx, "fail", nil), hmsffi.InvalidArgument, "fail: expected 1 arguments, got 0"},
		"unknown":  {client.Call(ctx, "nothing", nil), hmsffi.Unimplemented, "hms:claims/adjudication@1.2.0 has no function nothing"},
		"stream":   {client.Call(ctx, "watch", nil, "p"), hmsffi.Unimplemented, "watch"},
		"result":   {client.Call(ctx, "pid", new(string)), hmsffi.InvalidArgument, "result: expected u32, got string"},
		"out":      {client.Call(ctx, "pid", 5), hmsffi.InvalidArgument, "out: expected a pointer, got int"},
	} {
		var e *hmsffi.Error
		if !errors.As(test.err, &e) || e.Code != test.code || !strings.HasPrefix(e.Message, test.message) && name != "stream" ||
			!strings.Contains(e.Message, test.message) || e.MaybeExecuted {
			t.Errorf("%s: got %v", name, test.err)
		}
	}
	if _, err := hmsffi.Call[uint32](ctx, client, "pid"); err != nil {
		t.Errorf("the client is unusable: %v", err)
	}
}

func TestDeadlines(t *testing.T) {
	client := connected(t)
	left := func(ctx context.Context) *uint64 {
		t.Helper()
		left, err := hmsffi.Call[*uint64](ctx, client, "time-left")
		if err != nil {
			t.Fatal(err)
		}
		return left
	}
	if ms := left(context.Background()); ms == nil || *ms <= 20_000 || *ms > 30_000 {
		t.Errorf("default: %v", ms)
	}
	if ms := left(hmsffi.NoTimeout(context.Background())); ms != nil {
		t.Errorf("none: %v", *ms)
	}
	short, cancel := context.WithTimeout(hmsffi.NoTimeout(context.Background()), 5*time.Second)
	defer cancel()
	if ms := left(short); ms == nil || *ms > 5_000 {
		t.Errorf("own: %v", ms)
	}
	late, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := client.Call(late, "hold", nil, "late")
	if !errors.Is(err, hmsffi.DeadlineExceeded) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("late: %v", err)
	}
	if err := client.Call(context.Background(), "held", nil, "late", false); err != nil {
		t.Error(err)
	}
	past, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	var e *hmsffi.Error
	if err := client.Call(past, "pid", nil); !errors.As(err, &e) || e.Code != hmsffi.DeadlineExceeded || e.MaybeExecuted {
		t.Errorf("past: %v", err)
	}
}

func TestCancellation(t *testing.T) {
	client := connected(t)
	ctx, cancel := context.WithCancel(hmsffi.NoTimeout(context.Background()))
	ended := make(chan error, 1)
	go func() { ended <- client.Call(ctx, "hold", nil, "key") }()
	if err := client.Call(context.Background(), "held", nil, "key", true); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) || !errors.Is(err, hmsffi.Cancelled) {
		t.Errorf("got %v", err)
	}
	if err := client.Call(context.Background(), "held", nil, "key", false); err != nil {
		t.Error(err)
	}
}

func TestManyGoroutines(t *testing.T) {
	client, ctx := connected(t), context.Background()
	var wait sync.WaitGroup
	for i := range 32 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for j := range 50 {
				number := int64(i*1000 + j)
				if back, err := hmsffi.Call[any](ctx, client, "echo", number); err != nil || back != number {
					t.Errorf("got %v, %v for %v", back, err, number)
					return
				}
			}
		}()
	}
	wait.Wait()
}

func TestKilledProvider(t *testing.T) {
	dir := t.TempDir()
	first := provider(t, dir)
	client := connect(t, dir)
	ended := make(chan error, 1)
	go func() { ended <- client.Call(context.Background(), "hold", nil, "key") }()
	if err := client.Call(context.Background(), "held", nil, "key", true); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	if err := first.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var e *hmsffi.Error
	if err := <-ended; !errors.As(err, &e) || e.Code != hmsffi.Unavailable || !e.MaybeExecuted {
		t.Errorf("got %v", err)
	}
	if took := time.Since(killed); took > time.Second {
		t.Errorf("it took %v", took)
	}
	provider(t, dir)
	if _, err := hmsffi.Call[uint32](context.Background(), client, "pid"); err != nil {
		t.Errorf("after the restart: %v", err)
	}
}

func TestNoProvider(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	dir := t.TempDir()
	_, err := hmsffi.Connect(ctx, "hms:claims/nothing", hmsffi.RuntimeDir(dir))
	if !errors.Is(err, hmsffi.Unavailable) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
}

// Provider and caller in one process, with nested calls and one call at a time.
func TestInProcess(t *testing.T) {
	dir := t.TempDir()
	c, err := adjudication(hmsffi.RuntimeDir(dir))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx) }()
	client := connect(t, dir)
	if d, err := hmsffi.Call[Decision](ctx, client, "adjudicate", someClaim()); err != nil || d.Paid.String() != "3.30" {
		t.Errorf("got %v, %v", d, err)
	}
	if err := client.Call(ctx, "relay", nil, "aborted"); !errors.Is(err, hmsffi.Aborted) {
		t.Errorf("got %v", err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := client.Call(context.Background(), "pid", nil); !errors.Is(err, hmsffi.Unavailable) {
		t.Errorf("after the end: %v", err)
	}
}

func TestExportIsChecked(t *testing.T) {
	contract, err := os.ReadFile("testdata/claims.wit")
	if err != nil {
		t.Fatal(err)
	}
	c, err := hmsffi.NewComponent(adjudicationName, hmsffi.WITFS(fstest.MapFS{"wit/claims.wit": {Data: contract}}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for name, test := range map[string]struct {
		function string
		handler  any
		message  string
	}{
		"unknown":   {"nothing", func() {}, "hms:claims/adjudication@1.2.0 has no function nothing"},
		"no func":   {"pid", 5, "pid: expected a function, got int"},
		"parameter": {"fail", func(kind int) error { return nil }, "fail: kind: expected string, got int"},
		"count":     {"fail", func() error { return nil }, "fail: expected a function of 1 parameters, got func() error"},
		"result":    {"pid", func() (uint64, error) { return 0, nil }, "pid: result: expected u32, got uint64"},
		"no result": {"pid", func() error { return nil }, "pid: expected a result of type u32, got func() error"},
		"errors":    {"adjudicate", func(Claim) Decision { return Decision{} }, "adjudicate: the function declares errors, but func("},
		"field": {"adjudicate", func(struct{ ID int }) (Decision, error) { return Decision{}, nil },
			"adjudicate: claim.id: expected string, got int"},
	} {
		err := c.Export(test.function, test.handler)
		var e *hmsffi.Error
		if !errors.As(err, &e) || e.Code != hmsffi.InvalidArgument || !strings.HasPrefix(e.Message, test.message) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := c.Start(); !errors.Is(err, hmsffi.FailedPrecondition) || strings.Contains(err.Error(), "watch") ||
		!strings.Contains(err.Error(), "nothing is exported for adjudicate, fail") {
		t.Errorf("got %v", err)
	}
	_, err = hmsffi.NewComponent(adjudicationName, hmsffi.WIT("testdata/none.wit"))
	if !errors.Is(err, hmsffi.InvalidArgument) {
		t.Errorf("got %v", err)
	}
	_, err = hmsffi.NewComponent("hms:claims/other", hmsffi.WIT("testdata/claims.wit"))
	if !errors.Is(err, hmsffi.NotFound) {
		t.Errorf("got %v", err)
	}
}
