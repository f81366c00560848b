// Package cbor is the CBOR of documents, item by item: core deterministic encoding (RFC 8949, section 4.2.1) of the
// kinds that docs/wire-format.md allows. Nesting and element counts are the caller's to check.
package cbor

import (
	"encoding/binary"
	"math"
	"math/big"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

const (
	majorUnsigned = iota
	majorNegative
	majorBytes
	majorText
	majorArray
	majorMap
	majorTag
	majorSimple
)

func putHead(w *wire.Writer, major byte, argument uint64) {
	major <<= 5
	switch {
	case argument <= 23:
		w.Append(major | byte(argument))
	case argument <= math.MaxUint8:
		w.Append(major|24, byte(argument))
	case argument <= math.MaxUint16:
		w.Append(major|25, byte(argument>>8), byte(argument))
	case argument <= math.MaxUint32:
		w.Append(major | 26)
		w.Append(binary.BigEndian.AppendUint32(nil, uint32(argument))...)
	default:
		w.Append(major | 27)
		w.Append(binary.BigEndian.AppendUint64(nil, argument)...)
	}
}

// PutNull appends null.
func PutNull(w *wire.Writer) { w.Append(0xf6) }

// PutBool appends a bool.
func PutBool(w *wire.Writer, value bool) {
	if value {
		w.Append(0xf5)
	} else {
		w.Append(0xf4)
	}
}

// PutInt appends an integer.
func PutInt(w *wire.Writer, value int64) {
	if value < 0 {
		putHead(w, majorNegative, uint64(-1-value))
	} else {
		putHead(w, majorUnsigned, uint64(value))
	}
}

// PutUint appends an integer.
func PutUint(w *wire.Writer, value uint64) { putHead(w, majorUnsigned, value) }

// PutBig appends an integer; a fault beyond -2^64 to 2^64 - 1.
func PutBig(w *wire.Writer, value *big.Int) *wire.Fault {
	major, argument := signed(value)
	if !argument.IsUint64() {
		return wire.Invalid("an integer of a document is -2^64 to 2^64 - 1")
	}
	putHead(w, major, argument.Uint64())
	return nil
}

// signed is the major type and argument of an integer: a negative number is -1 - argument.
func signed(value *big.Int) (byte, *big.Int) {
	if value.Sign() >= 0 {
		return majorUnsigned, value
	}
	return majorNegative, new(big.Int).Not(value)
}

// PutFloat appends a float in the shortest of its three forms.
func PutFloat(w *wire.Writer, value float64) {
	var buffer [9]byte
	w.Append(appendFloat(buffer[:0], value)...)
}

func appendFloat(out []byte, value float64) []byte {
	single := float32(value)
	if value != value {
		return append(out, 0xf9, 0x7e, 0x00)
	}
	if float64(single) != value {
		return binary.BigEndian.AppendUint64(append(out, 0xfb), math.Float64bits(value))
	}
	if half, ok := toHalf(single); ok {
		return binary.BigEndian.AppendUint16(append(out, 0xf9), half)
	}
	return binary.BigEndian.AppendUint32(append(out, 0xfa), math.Float32bits(single))
}

// PutText appends text, which has to be UTF-8.
func PutText(w *wire.Writer, value string) {
	putHead(w, majorText, uint64(len(value)))
	w.AppendString(value)
}

// PutBytes appends bytes.
func PutBytes(w *wire.Writer, value []byte) {
	putHead(w, majorBytes, uint64(len(value)))
	w.Append(value...)
}

// PutDecimal appends an exact decimal, unscaled × 10^-scale.
func PutDecimal(w *wire.Writer, unscaled *big.Int, scale int) {
	putHead(w, majorTag, 4)
	putHead(w, majorArray, 2)
	PutInt(w, int64(-scale))
	major, argument := signed(unscaled)
	if argument.IsUint64() {
		putHead(w, major, argument.Uint64())
		return
	}
	putHead(w, majorTag, 2+uint64(major))
	PutBytes(w, argument.Bytes())
}

// PutArray appends the head of an array; its items follow.
func PutArray(w *wire.Writer, count int) { putHead(w, majorArray, uint64(count)) }

// PutMap appends the head of a map; its entries follow in the order of CompareKeys.
func PutMap(w *wire.Writer, count int) { putHead(w, majorMap, uint64(count)) }
