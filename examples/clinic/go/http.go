package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// The comparison: the same functions over HTTP with JSON, POST /<function> with a JSON list of arguments. The port is
// written to $CLINIC_HTTP/records.

func serveHTTP(records *archive) (stop func(), err error) {
	mux := http.NewServeMux()
	route(mux, "/find-patient", records.findPatient)
	route(mux, "/encounters", records.encountersOf)
	route(mux, "/observations", records.observationsOf)
	route(mux, "/find-coverage", records.findCoverage)
	route(mux, "/find-claim", records.findClaim)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(listener) }()
	if ports := os.Getenv("CLINIC_HTTP"); ports != "" {
		_, port, _ := strings.Cut(listener.Addr().String(), ":")
		if err := os.WriteFile(filepath.Join(ports, "records"), []byte(port), 0o600); err != nil {
			return nil, err
		}
	}
	return func() { _ = server.Close() }, nil
}

func route[T any](mux *http.ServeMux, path string, function func(context.Context, string) (T, error)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		var arguments [1]string
		if err := json.NewDecoder(r.Body).Decode(&arguments); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		result, err := function(r.Context(), arguments[0])
		status := http.StatusOK
		var body any = result
		if err != nil {
			status = http.StatusInternalServerError
			if missing, ok := hmsffi.Declared[Missing](err); ok {
				status = http.StatusNotFound
				body = missing
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	})
}
