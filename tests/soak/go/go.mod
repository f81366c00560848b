module github.com/hms-ffi/hms-ffi/tests/soak/go

go 1.23

require github.com/hms-ffi/hms-ffi/packages/go v0.0.0

replace github.com/hms-ffi/hms-ffi/packages/go => ../../../packages/go
