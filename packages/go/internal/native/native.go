//go:build cgo

package native

/*
#cgo CFLAGS: -I${SRCDIR}
#cgo linux,amd64 LDFLAGS: ${SRCDIR}/../../lib/linux_amd64/libhms_ffi.a
#cgo linux,arm64 LDFLAGS: ${SRCDIR}/../../lib/linux_arm64/libhms_ffi.a
#cgo darwin,amd64 LDFLAGS: ${SRCDIR}/../../lib/darwin_amd64/libhms_ffi.a
#cgo darwin,arm64 LDFLAGS: ${SRCDIR}/../../lib/darwin_arm64/libhms_ffi.a
#cgo linux LDFLAGS: -lm -ldl -lpthread
#include "hms_ffi.h"
#if __has_include("library.h")
#include "library.h"
#else
#define HMS_LIBRARY "installed"
#endif
*/
import "C"

import (
	"strings"
	"unsafe"
)

const goName = "go"

// Library tells builds of the linked library apart: a program is linked again when it changes.
const Library = C.HMS_LIBRARY

// take copies a buffer of the library and frees it.
func take(buffer C.HmsBuffer) []byte {
	if buffer.len == 0 {
		if buffer.cap != 0 {
			C.hms_buffer_free(buffer)
		}
		return nil
	}
	// SAFETY: the library vouches for len bytes at ptr until the buffer is freed, which is after the copy.
	bytes := append([]byte{}, unsafe.Slice((*byte)(unsafe.Pointer(buffer.ptr)), int(buffer.len))...)
	if buffer.cap != 0 { // else the library keeps it
		C.hms_buffer_free(buffer)
	}
	return bytes
}

// text is a string as pointer and length; the library copies it before its function returns.
func text(s string) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.StringData(s))), C.size_t(len(s))
}

func bytes(b []byte) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b))), C.size_t(len(b))
}

func status(code C.int32_t, failure C.HmsBuffer) error {
	if code == 0 {
		return nil
	}
	return LibraryError(take(failure))
}

// LimitsOf are the limits of settings.
func LimitsOf(settings string) (Limits, error) {
	var limits C.HmsLimits
	var failure C.HmsBuffer
	ptr, size := text(settings)
	err := status(C.hms_limits(ptr, size, &limits, &failure), failure)
	return Limits{uint64(limits.max_message), uint64(limits.max_elements), uint32(limits.max_depth)}, err
}

// LoadContract loads a file or folder.
func LoadContract(path string) (uint64, error) {
	var contract C.uint64_t
	var failure C.HmsBuffer
	ptr, size := text(path)
	err := status(C.hms_contract_load(ptr, size, &contract, &failure), failure)
	return uint64(contract), err
}

// ParseContract makes a contract of texts.
func ParseContract(files []File) (uint64, error) {
	set := C.hms_files_new()
	var contract C.uint64_t
	var failure C.HmsBuffer
	for _, file := range files {
		name, nameSize := text(file.Name)
		content, contentSize := text(file.Text)
		if err := status(C.hms_files_add(set, name, nameSize, content, contentSize, &failure), failure); err != nil {
			return 0, err
		}
	}
	err := status(C.hms_contract_parse(set, &contract, &failure), failure)
	return uint64(contract), err
}

// ContractSchema is the JSON of an interface's schema.
func ContractSchema(contract uint64, iface string) ([]byte, error) {
	var schema, failure C.HmsBuffer
	name, nameSize := text(iface)
	language, languageSize := text(goName)
	err := status(C.hms_contract_schema(C.uint64_t(contract), name, nameSize, language, languageSize, &schema, &failure), failure)
	if err != nil {
		return nil, err
	}
	return take(schema), nil
}

// FreeContract ends a contract's handle.
func FreeContract(contract uint64) { C.hms_contract_free(C.uint64_t(contract)) }

// NewDriver makes a driver and gives its descriptor.
func NewDriver() (driver uint64, descriptor int, err error) {
	var handle C.uint64_t
	var fd C.int32_t
	var failure C.HmsBuffer
	name, size := text(goName)
	err = status(C.hms_driver_new(name, size, &handle, &fd, &failure), failure)
	return uint64(handle), int(fd), err
}

// ConnectStart starts a connect.
func ConnectStart(driver uint64, iface string, contract uint64, settings string, timeout int64, parent, token uint64) error {
	var failure C.HmsBuffer
	name, nameSize := text(iface)
	options, optionsSize := text(settings)
	return status(C.hms_connect_start(C.uint64_t(driver), name, nameSize, C.uint64_t(contract), options, optionsSize,
		C.int64_t(timeout), C.uint64_t(parent), C.uint64_t(token), &failure), failure)
}

// ClientSchema is the JSON of the schema that a client writes and reads with.
func ClientSchema(client uint64) ([]byte, error) {
	var schema, failure C.HmsBuffer
	language, size := text(goName)
	err := status(C.hms_client_schema(C.uint64_t(client), language, size, &schema, &failure), failure)
	if err != nil {
		return nil, err
	}
	return take(schema), nil
}

// Start starts a call.
func Start(client uint64, function uint32, args []byte, o *StartOptions, token uint64) error {
	var failure C.HmsBuffer
	ptr, size := bytes(args)
	key, keySize := text(o.IdempotencyKey)
	trace, traceSize := text(o.Traceparent)
	return status(C.hms_call_start(C.uint64_t(client), C.uint32_t(function), ptr, size, C.int64_t(o.Timeout),
		C.uint64_t(o.Parent), key, keySize, trace, traceSize, C.uint64_t(token), &failure), failure)
}

// GiveUp says that nobody waits for a call any more.
func GiveUp(client, token uint64) { C.hms_call_give_up(C.uint64_t(client), C.uint64_t(token)) }

// MetricsOf are those of a client.
func MetricsOf(client uint64) (Metrics, error) {
	var m C.HmsClientMetrics
	var failure C.HmsBuffer
	err := status(C.hms_client_metrics(C.uint64_t(client), &m, &failure), failure)
	return Metrics{
		Calls: uint64(m.calls), Retries: uint64(m.retries), Failovers: uint64(m.failovers),
		RetriesRefused: uint64(m.retries_refused), Instances: uint32(m.instances), Resting: uint32(m.resting),
	}, err
}

// CloseClient closes a client.
func CloseClient(client uint64) { C.hms_client_close(C.uint64_t(client)) }

// ServerStart listens and registers.
func ServerStart(driver, contract uint64, interfaces []string, settings, name string, concurrent, queue int, token uint64) (uint64, error) {
	var server C.uint64_t
	var failure C.HmsBuffer
	list, listSize := text(strings.Join(interfaces, "\n"))
	options, optionsSize := text(settings)
	program, programSize := text(name)
	err := status(C.hms_server_start(C.uint64_t(driver), C.uint64_t(contract), list, listSize, options, optionsSize,
		program, programSize, C.size_t(concurrent), C.size_t(queue), C.uint64_t(token), &server, &failure), failure)
	return uint64(server), err
}

// StopAccepting leaves discovery.
func StopAccepting(server uint64) { C.hms_server_stop_accepting(C.uint64_t(server)) }

// InFlight is the number of calls that are queued or run.
func InFlight(server uint64) int { return int(C.hms_server_in_flight(C.uint64_t(server))) }

// CloseServer closes a server.
func CloseServer(server uint64) { C.hms_server_close(C.uint64_t(server)) }

// Info is what is known of a call that is being served.
func Info(call uint64) (CallInfo, error) {
	var info C.HmsCallInfo
	var failure C.HmsBuffer
	if err := status(C.hms_call_info(C.uint64_t(call), &info, &failure), failure); err != nil {
		return CallInfo{}, err
	}
	known := CallInfo{UID: uint32(info.uid), GID: uint32(info.gid), PID: uint32(info.pid), Hops: uint32(info.hops)}
	for i := range known.Chain {
		known.Chain[i] = byte(info.chain[i])
	}
	known.Traceparent = string(take(C.hms_call_text(C.uint64_t(call), 0)))
	known.Tracestate = string(take(C.hms_call_text(C.uint64_t(call), 1)))
	known.IdempotencyKey = string(take(C.hms_call_text(C.uint64_t(call), 2)))
	return known, nil
}

// Reply answers a call.
func Reply(call uint64, outcome uint32, body []byte) {
	ptr, size := bytes(body)
	C.hms_call_reply(C.uint64_t(call), C.uint32_t(outcome), ptr, size)
}
