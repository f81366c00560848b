package host

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"testing"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// An HTTP server calls with its requests' contexts: who hangs up ends the call, also within the provider.
func TestHTTPServer(t *testing.T) {
	dir := t.TempDir()
	start(t, "provider", dir)
	client := connect(t, dir)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if key := r.URL.Query().Get("hold"); key != "" {
			_ = client.Call(r.Context(), "hold", nil, key)
			return
		}
		back, err := hmsffi.Call[[]byte](r.Context(), client, "echo", []byte(r.URL.Path))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		_, _ = w.Write(back)
	}))
	defer server.Close()

	var wait sync.WaitGroup
	for i := range 100 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			path := "/" + strconv.Itoa(i)
			answer, err := http.Get(server.URL + path)
			if err != nil {
				t.Error(err)
				return
			}
			defer answer.Body.Close()
			if text, err := io.ReadAll(answer.Body); err != nil || string(text) != path {
				t.Errorf("got %q, %v", text, err)
			}
		}()
	}
	wait.Wait()

	ctx, hangUp := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/?hold=http", nil)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := http.DefaultClient.Do(request)
		ended <- err
	}()
	held(t, client, "http", true)
	hangUp()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	held(t, client, "http", false)
}

// Goroutines of every kind call at once: with a thread of their own, under a collector that never rests, while the
// number of threads changes.
func TestGoroutines(t *testing.T) {
	dir := t.TempDir()
	start(t, "provider", dir)
	client := connect(t, dir)
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for g := range 100 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if g%5 == 0 {
				runtime.LockOSThread() // the thread ends with the goroutine
			}
			for i := range 50 {
				data := []byte(strconv.Itoa(g*1000 + i))
				back, err := hmsffi.Call[[]byte](bounded(t), client, "echo", data)
				if err != nil || string(back) != string(data) {
					t.Errorf("got %q, %v for %q", back, err, data)
					return
				}
				if g == 1 {
					runtime.GOMAXPROCS(1 + i%4)
				}
			}
		}()
	}
	wait.Wait()
}

// Clients that nobody holds any more are closed when they are collected, without harm to one on the same link.
func TestCollectedClients(t *testing.T) {
	dir := t.TempDir()
	start(t, "provider", dir)
	kept := connect(t, dir)
	func() {
		for range 100 {
			client, err := hmsffi.Connect(bounded(t), deskName, hmsffi.RuntimeDir(dir))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := hmsffi.Call[uint32](bounded(t), client, "pid"); err != nil {
				t.Fatal(err)
			}
		}
	}()
	for range 5 {
		runtime.GC()
		if _, err := hmsffi.Call[uint32](bounded(t), kept, "pid"); err != nil {
			t.Fatal(err)
		}
	}
}
