package cbor

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"math/big"
	"unicode/utf8"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// ItemKind is what an item is.
type ItemKind uint8

// The kinds of items.
const (
	Null ItemKind = iota
	Bool
	Uint
	Negative
	Float
	Text
	Bytes
	Decimal
	Array
	Map
)

// Item is one item, or the head of an array or map whose items follow.
type Item struct {
	Kind ItemKind
	// Number is a bool (0 or 1), the argument of an integer (a negative one is -1 - Number), or a count.
	Number uint64
	Float  float64
	// Bytes is text or bytes within the message.
	Bytes []byte
	// Mantissa and Exponent are a decimal, Mantissa × 10^Exponent.
	Mantissa *big.Int
	Exponent int
}

var (
	shortest = wire.Invalid("a document's lengths and numbers take their shortest form")
	unknown  = wire.Invalid("a document does not allow this CBOR item")
	textKeys = wire.Invalid("the keys of a document's maps are text")
	decimal  = wire.Invalid("a document's decimal is tag 4 with an exponent -4096 to 4096 and a mantissa")
	tooLong  = wire.Invalid("a decimal has at most 4096 bytes")
)

// 10^4096 has 1701 bytes: longer mantissas cannot fit a decimal's text.
const maxMantissa = 1701

// Take takes one item (or the head of an array or map) off rest.
func Take(rest *[]byte) (Item, *wire.Fault) {
	if len(*rest) == 0 {
		return Item{}, wire.Truncated
	}
	switch first := (*rest)[0]; first {
	case 0xf4, 0xf5:
		*rest = (*rest)[1:]
		return Item{Kind: Bool, Number: uint64(first - 0xf4)}, nil
	case 0xf6:
		*rest = (*rest)[1:]
		return Item{}, nil
	case 0xf9, 0xfa, 0xfb:
		value, fault := takeFloat(rest)
		return Item{Kind: Float, Float: value}, fault
	}
	major, argument, fault := takeHead(rest)
	if fault != nil {
		return Item{}, fault
	}
	switch major {
	case majorUnsigned:
		return Item{Kind: Uint, Number: argument}, nil
	case majorNegative:
		return Item{Kind: Negative, Number: argument}, nil
	case majorBytes:
		value, fault := takeSlice(rest, argument)
		return Item{Kind: Bytes, Bytes: value}, fault
	case majorText:
		value, fault := takeUTF8(rest, argument)
		return Item{Kind: Text, Bytes: value}, fault
	case majorArray:
		return Item{Kind: Array, Number: argument}, checkCount(*rest, argument, 1)
	case majorMap:
		return Item{Kind: Map, Number: argument}, checkCount(*rest, argument, 2)
	case majorTag:
		if argument == 4 {
			return takeDecimal(rest)
		}
	}
	return Item{}, unknown
}

// TakeKey takes a map's key off rest; keys have to rise by CompareKeys, so last is the key before (nil at first).
func TakeKey(rest *[]byte, last []byte) ([]byte, *wire.Fault) {
	major, length, fault := takeHead(rest)
	if fault != nil {
		return nil, fault
	}
	if major != majorText {
		return nil, textKeys
	}
	key, fault := takeUTF8(rest, length)
	if fault != nil || last == nil {
		return key, fault
	}
	switch CompareKeys(last, key) {
	case 0:
		return nil, wire.Duplicate
	case 1:
		return nil, wire.Order
	}
	return key, nil
}

// CompareKeys is the order of map keys: that of their encodings, in which a shorter text comes first.
func CompareKeys[T string | []byte](a, b T) int {
	if order := cmp.Compare(len(a), len(b)); order != 0 {
		return order
	}
	return bytes.Compare([]byte(a), []byte(b))
}

func takeHead(rest *[]byte) (major byte, argument uint64, fault *wire.Fault) {
	if len(*rest) == 0 {
		return 0, 0, wire.Truncated
	}
	first := (*rest)[0]
	*rest = (*rest)[1:]
	var least uint64
	if argument = uint64(first & 0x1f); argument > 27 {
		return 0, 0, unknown
	} else if argument > 23 {
		size := 1 << (argument - 24)
		if len(*rest) < size {
			return 0, 0, wire.Truncated
		}
		var wide [8]byte
		copy(wide[8-size:], (*rest)[:size])
		least = [...]uint64{24, 0x100, 0x1_0000, 0x1_0000_0000}[argument-24]
		argument = binary.BigEndian.Uint64(wide[:])
		*rest = (*rest)[size:]
	}
	// Simple values have no shorter forms to compare with; none of those that get here is allowed.
	if major = first >> 5; major == majorSimple {
		return 0, 0, unknown
	}
	if argument < least {
		return 0, 0, shortest
	}
	return major, argument, nil
}

func takeSlice(rest *[]byte, length uint64) ([]byte, *wire.Fault) {
	if length > uint64(len(*rest)) {
		return nil, wire.Length
	}
	slice := (*rest)[:length:length]
	*rest = (*rest)[length:]
	return slice, nil
}

func takeUTF8(rest *[]byte, length uint64) ([]byte, *wire.Fault) {
	text, fault := takeSlice(rest, length)
	if fault == nil && !utf8.Valid(text) {
		fault = wire.UTF8
	}
	return text, fault
}

func checkCount(rest []byte, count, smallest uint64) *wire.Fault {
	if count > uint64(len(rest))/smallest {
		return wire.Length
	}
	return nil
}

func takeFloat(rest *[]byte) (float64, *wire.Fault) {
	size := map[byte]int{0xf9: 2, 0xfa: 4, 0xfb: 8}[(*rest)[0]]
	if len(*rest) < 1+size {
		return 0, wire.Truncated
	}
	encoded := (*rest)[:1+size]
	*rest = (*rest)[1+size:]
	var value float64
	switch size {
	case 2:
		value = fromHalf(binary.BigEndian.Uint16(encoded[1:]))
	case 4:
		value = float64(math.Float32frombits(binary.BigEndian.Uint32(encoded[1:])))
	default:
		value = math.Float64frombits(binary.BigEndian.Uint64(encoded[1:]))
	}
	var buffer [9]byte
	switch {
	case bytes.Equal(appendFloat(buffer[:0], value), encoded):
		return value, nil
	case value != value:
		return 0, wire.NaN
	}
	return 0, shortest
}

func takeDecimal(rest *[]byte) (Item, *wire.Fault) {
	item := Item{Kind: Decimal}
	major, argument, fault := takeHead(rest)
	if fault != nil {
		return item, fault
	}
	if major != majorArray || argument != 2 {
		return item, decimal
	}
	major, argument, fault = takeHead(rest)
	switch {
	case fault != nil:
		return item, fault
	case major == majorUnsigned && argument <= 4096:
		item.Exponent = int(argument)
	case major == majorNegative && argument <= 4095:
		item.Exponent = -1 - int(argument)
	default:
		return item, decimal
	}
	major, argument, fault = takeHead(rest)
	if fault != nil {
		return item, fault
	}
	switch {
	case major == majorUnsigned || major == majorNegative:
		item.Mantissa = new(big.Int).SetUint64(argument)
	case major == majorTag && (argument == 2 || argument == 3):
		major = byte(argument - 2)
		if item.Mantissa, fault = takeBignum(rest); fault != nil {
			return item, fault
		}
	default:
		return item, decimal
	}
	if major == majorNegative {
		item.Mantissa.Not(item.Mantissa)
	}
	return item, nil
}

func takeBignum(rest *[]byte) (*big.Int, *wire.Fault) {
	major, length, fault := takeHead(rest)
	if fault != nil {
		return nil, fault
	}
	if major != majorBytes {
		return nil, decimal
	}
	digits, fault := takeSlice(rest, length)
	switch {
	case fault != nil:
		return nil, fault
	case len(digits) <= 8 || digits[0] == 0:
		return nil, shortest
	case len(digits) > maxMantissa:
		return nil, tooLong
	}
	return new(big.Int).SetBytes(digits), nil
}
