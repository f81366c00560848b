module github.com/hms-ffi/hms-ffi/packages/go

go 1.23
