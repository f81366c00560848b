package suite

import (
	"math"
	"reflect"
	"time"
)

// Same compares exactly: -0.0 is not 0.0, a NaN is a NaN, nanoseconds and offsets count. Empty slices and maps are
// equal whether nil or not.
func Same(a, b any) bool { return same(reflect.ValueOf(a), reflect.ValueOf(b)) }

func same(a, b reflect.Value) bool {
	if !a.IsValid() || !b.IsValid() {
		return a.IsValid() == b.IsValid()
	}
	if a.Type() != b.Type() {
		return false
	}
	if at, ok := a.Interface().(time.Time); ok {
		other := b.Interface().(time.Time)
		_, offset := at.Zone()
		_, otherOffset := other.Zone()
		return at.Equal(other) && offset == otherOffset
	}
	switch a.Kind() {
	case reflect.Float32, reflect.Float64:
		x, y := a.Float(), b.Float()
		return x != x && y != y || math.Float64bits(x) == math.Float64bits(y)
	case reflect.Pointer, reflect.Interface:
		return a.IsNil() == b.IsNil() && (a.IsNil() || same(a.Elem(), b.Elem()))
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.Len() != b.Len() {
			return false
		}
		for iter := a.MapRange(); iter.Next(); {
			if item := b.MapIndex(iter.Key()); !item.IsValid() || !same(iter.Value(), item) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type().Field(i).IsExported() && !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		if a.NumField() > 0 && !a.Type().Field(0).IsExported() {
			return a.Comparable() && a.Interface() == b.Interface() // a decimal
		}
		return true
	}
	return a.Interface() == b.Interface()
}
