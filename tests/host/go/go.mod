module github.com/hms-ffi/hms-ffi/tests/host/go

go 1.23

require github.com/hms-ffi/hms-ffi/packages/go v0.0.0

replace github.com/hms-ffi/hms-ffi/packages/go => ../../../packages/go
