package hmsffi

import (
	"math"
	"math/big"
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/cbor"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// documentPlan converts documents to and from any: nil, bool, int64, uint64 above that, *big.Int below it, float64,
// Decimal, string, []byte, []any, map[string]any. Other integer and float types, slices, arrays and maps with string
// keys are accepted too. Integers never become floats, nor floats integers.
type documentPlan struct{}

var (
	bigIntType  = reflect.TypeFor[*big.Int]()
	decimalType = reflect.TypeFor[Decimal]()
)

func (documentPlan) lower(w *wire.Writer, v reflect.Value) *wire.Failure {
	mark := w.Mark()
	if failure := lowerItem(w, v); failure != nil {
		return failure
	}
	w.Fill(mark, uint32(w.Len()-mark-4))
	return nil
}

func lowerItem(w *wire.Writer, v reflect.Value) *wire.Failure {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() {
		cbor.PutNull(w)
		return w.CheckSize().Fail()
	}
	switch v.Kind() {
	case reflect.Bool:
		cbor.PutBool(w, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		cbor.PutInt(w, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		cbor.PutUint(w, v.Uint())
	case reflect.Float32, reflect.Float64:
		cbor.PutFloat(w, v.Float())
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return wire.UTF8.Fail()
		}
		cbor.PutText(w, v.String())
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			return lowerItems(w, v)
		}
		cbor.PutBytes(w, v.Bytes())
	case reflect.Array:
		return lowerItems(w, v)
	case reflect.Map:
		if v.Type().Key().Kind() != reflect.String {
			return wire.Mismatch("a value of a document", v.Type().String())
		}
		return lowerEntries(w, v)
	default:
		switch {
		case v.Type() == bigIntType && !v.IsNil():
			if fault := cbor.PutBig(w, v.Interface().(*big.Int)); fault != nil {
				return fault.Fail()
			}
		case v.Type() == decimalType:
			d := v.Interface().(Decimal)
			cbor.PutDecimal(w, d.Unscaled(), d.Scale())
		default:
			return wire.Mismatch("a value of a document", v.Type().String())
		}
	}
	return w.CheckSize().Fail()
}

func lowerItems(w *wire.Writer, v reflect.Value) *wire.Failure {
	count := v.Len()
	if fault := begin(w, count); fault != nil {
		return fault.Fail()
	}
	cbor.PutArray(w, count)
	for i := range count {
		if failure := lowerItem(w, v.Index(i)); failure != nil {
			return failure.At(atIndex(i))
		}
	}
	w.Leave()
	return nil
}

func lowerEntries(w *wire.Writer, v reflect.Value) *wire.Failure {
	if fault := begin(w, v.Len()); fault != nil {
		return fault.Fail()
	}
	type entry struct {
		key  string
		item reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		entries = append(entries, entry{iter.Key().String(), iter.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cbor.CompareKeys(a.key, b.key) })
	cbor.PutMap(w, len(entries))
	for i, e := range entries {
		if !utf8.ValidString(e.key) {
			return wire.UTF8.Fail().At(atKeyIndex(i))
		}
		cbor.PutText(w, e.key)
		if failure := lowerItem(w, e.item); failure != nil {
			return failure.At(atTextKey(e.key))
		}
	}
	w.Leave()
	return nil
}

// begin is one level deeper, with this many elements.
func begin(w *wire.Writer, count int) *wire.Fault {
	if fault := w.Enter(); fault != nil {
		return fault
	}
	return w.Elements(uint64(count))
}

func (documentPlan) lift(r *wire.Reader, v reflect.Value) *wire.Failure {
	rest, fault := r.Bytes()
	if fault != nil {
		return fault.Fail()
	}
	item, failure := liftItem(r, &rest)
	if failure != nil {
		return failure
	}
	if len(rest) != 0 {
		return wire.Trailing.Fail()
	}
	if item == nil {
		v.SetZero()
	} else {
		v.Set(reflect.ValueOf(item))
	}
	return nil
}

func liftItem(r *wire.Reader, rest *[]byte) (any, *wire.Failure) {
	item, fault := cbor.Take(rest)
	if fault != nil {
		return nil, fault.Fail()
	}
	switch item.Kind {
	case cbor.Bool:
		return item.Number == 1, nil
	case cbor.Uint:
		if item.Number > math.MaxInt64 {
			return item.Number, nil
		}
		return int64(item.Number), nil
	case cbor.Negative:
		if item.Number > math.MaxInt64 {
			number := new(big.Int).SetUint64(item.Number)
			return number.Not(number), nil
		}
		return -1 - int64(item.Number), nil
	case cbor.Float:
		return item.Float, nil
	case cbor.Text:
		return string(item.Bytes), nil
	case cbor.Bytes:
		return append([]byte{}, item.Bytes...), nil
	case cbor.Decimal:
		text, rule := decimalText(item.Exponent, item.Mantissa)
		if rule != "" {
			return nil, wire.Invalid(rule).Fail()
		}
		return decimalOf(text), nil
	case cbor.Array:
		return liftItems(r, rest, item.Number)
	case cbor.Map:
		return liftEntries(r, rest, item.Number)
	}
	return nil, nil
}

func liftItems(r *wire.Reader, rest *[]byte, count uint64) (any, *wire.Failure) {
	if fault := enter(r, count); fault != nil {
		return nil, fault.Fail()
	}
	items := make([]any, count)
	for i := range items {
		var failure *wire.Failure
		if items[i], failure = liftItem(r, rest); failure != nil {
			return nil, failure.At(atIndex(i))
		}
	}
	r.Leave()
	return items, nil
}

func liftEntries(r *wire.Reader, rest *[]byte, count uint64) (any, *wire.Failure) {
	if fault := enter(r, count); fault != nil {
		return nil, fault.Fail()
	}
	entries := make(map[string]any, count)
	var last []byte
	for i := range int(count) {
		key, fault := cbor.TakeKey(rest, last)
		if fault != nil {
			return nil, fault.Fail().At(atKeyIndex(i))
		}
		last = key
		item, failure := liftItem(r, rest)
		if failure != nil {
			return nil, failure.At(atTextKey(string(key)))
		}
		entries[string(key)] = item
	}
	r.Leave()
	return entries, nil
}

func enter(r *wire.Reader, count uint64) *wire.Fault {
	if fault := r.Enter(); fault != nil {
		return fault
	}
	return r.Elements(count)
}
