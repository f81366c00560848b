package hmsffi

import (
	"time"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// fieldReader reads the parts of a well-known type and keeps the first fault.
type fieldReader struct {
	r     *wire.Reader
	fault *wire.Fault
}

func (f *fieldReader) keep(fault *wire.Fault) {
	if f.fault == nil {
		f.fault = fault
	}
}

func (f *fieldReader) check(rule string) {
	if rule != "" {
		f.keep(wire.Invalid(rule))
	}
}

func (f *fieldReader) u8() uint8 {
	value, fault := f.r.U8()
	f.keep(fault)
	return value
}

func (f *fieldReader) u16() uint16 {
	value, fault := f.r.U16()
	f.keep(fault)
	return value
}

func (f *fieldReader) u32() uint32 {
	value, fault := f.r.U32()
	f.keep(fault)
	return value
}

func (f *fieldReader) u64() uint64 {
	value, fault := f.r.U64()
	f.keep(fault)
	return value
}

func (f *fieldReader) bit() bool {
	value, fault := f.r.Bit(wire.Option)
	f.keep(fault)
	return value
}

// time reads a timestamp.
func (f *fieldReader) time() time.Time {
	seconds, nanoseconds := int64(f.u64()), f.u32()
	f.check(instantRule(seconds, nanoseconds))
	return time.Unix(seconds, int64(nanoseconds)).UTC()
}

// zoned reads the offset of a zoned timestamp.
func (f *fieldReader) zoned(t time.Time) time.Time {
	minutes := int(int16(f.u16()))
	f.check(offsetRule(t.Unix(), minutes))
	if minutes == 0 {
		return t
	}
	return t.In(time.FixedZone("", minutes*60))
}

func instantRule(seconds int64, nanoseconds uint32) string {
	switch {
	case seconds < firstSecond || seconds > lastSecond:
		return ruleTimestamp
	case nanoseconds > 999_999_999:
		return ruleNanoseconds
	}
	return ""
}

func offsetRule(seconds int64, minutes int) string {
	if minutes < -1439 || minutes > 1439 {
		return ruleOffset
	}
	if local := seconds + int64(minutes)*60; local < firstSecond || local > lastSecond {
		return ruleLocal
	}
	return ""
}

func lowerTime(w *wire.Writer, t time.Time) *wire.Failure {
	seconds, nanoseconds := t.Unix(), uint32(t.Nanosecond())
	w.U64(uint64(seconds))
	w.U32(nanoseconds)
	return ruleFailure(instantRule(seconds, nanoseconds))
}

func lowerZoned(w *wire.Writer, t time.Time) *wire.Failure {
	if failure := lowerTime(w, t); failure != nil {
		return failure
	}
	_, offset := t.Zone()
	if offset%60 != 0 {
		return wire.Mismatch("an offset in whole minutes", "one with seconds")
	}
	w.U16(uint16(int16(offset / 60)))
	return ruleFailure(offsetRule(t.Unix(), offset/60))
}
