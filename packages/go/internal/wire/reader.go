package wire

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// Reader reads the values of one message from its start and checks all of them: lengths against what is left,
// elements and depth against the limits, before anything is allocated.
type Reader struct {
	message  []byte
	at       int
	depth    uint32
	elements uint64
}

// NewReader is a reader at the start of a message; a fault if that is over the size limit.
func NewReader(message []byte, limits *Limits) (Reader, *Fault) {
	if uint64(len(message)) > limits.MaxMessage {
		return Reader{}, Size
	}
	return Reader{message: message, depth: limits.MaxDepth, elements: limits.MaxElements}, nil
}

// Remaining is the number of bytes that are left.
func (r *Reader) Remaining() int { return len(r.message) - r.at }

// Position is the number of bytes read so far.
func (r *Reader) Position() int { return r.at }

// Since is what was read after a position.
func (r *Reader) Since(position int) []byte { return r.message[position:r.at] }

// Finish is the end of the message: bytes left over are a fault.
func (r *Reader) Finish() *Fault {
	if r.at != len(r.message) {
		return Trailing
	}
	return nil
}

// Enter begins a nested value: one level deeper, until Leave.
func (r *Reader) Enter() *Fault {
	if r.depth == 0 {
		return Depth
	}
	r.depth--
	return nil
}

// Leave ends a nested value.
func (r *Reader) Leave() { r.depth++ }

// Elements counts elements against the limit.
func (r *Reader) Elements(count uint64) *Fault {
	if count > r.elements {
		return Elements
	}
	r.elements -= count
	return nil
}

// Take reads count bytes as they are, without copying them.
func (r *Reader) Take(count int) ([]byte, *Fault) {
	if count < 0 || count > r.Remaining() {
		return nil, Length
	}
	bytes := r.message[r.at : r.at+count : r.at+count]
	r.at += count
	return bytes, nil
}

// U8 reads a u8.
func (r *Reader) U8() (uint8, *Fault) {
	if r.Remaining() < 1 {
		return 0, Truncated
	}
	value := r.message[r.at]
	r.at++
	return value, nil
}

// U16 reads a u16.
func (r *Reader) U16() (uint16, *Fault) {
	if r.Remaining() < 2 {
		return 0, Truncated
	}
	value := binary.LittleEndian.Uint16(r.message[r.at:])
	r.at += 2
	return value, nil
}

// U32 reads a u32.
func (r *Reader) U32() (uint32, *Fault) {
	if r.Remaining() < 4 {
		return 0, Truncated
	}
	value := binary.LittleEndian.Uint32(r.message[r.at:])
	r.at += 4
	return value, nil
}

// U64 reads a u64.
func (r *Reader) U64() (uint64, *Fault) {
	if r.Remaining() < 8 {
		return 0, Truncated
	}
	value := binary.LittleEndian.Uint64(r.message[r.at:])
	r.at += 8
	return value, nil
}

// Bit reads a byte that is 0 or 1; anything else is the fault given.
func (r *Reader) Bit(fault *Fault) (bool, *Fault) {
	value, truncated := r.U8()
	switch {
	case truncated != nil:
		return false, truncated
	case value > 1:
		return false, fault
	}
	return value == 1, nil
}

// F32 reads an f32; a NaN other than the canonical one is a fault.
func (r *Reader) F32() (float32, *Fault) {
	bits, fault := r.U32()
	value := math.Float32frombits(bits)
	if value != value && bits != canonicalNaN32 {
		return 0, NaN
	}
	return value, fault
}

// F64 reads an f64; a NaN other than the canonical one is a fault.
func (r *Reader) F64() (float64, *Fault) {
	bits, fault := r.U64()
	value := math.Float64frombits(bits)
	if value != value && bits != canonicalNaN64 {
		return 0, NaN
	}
	return value, fault
}

// Char reads a char.
func (r *Reader) Char() (rune, *Fault) {
	number, fault := r.U32()
	if fault != nil {
		return 0, fault
	}
	if number > utf8.MaxRune || !utf8.ValidRune(rune(number)) {
		return 0, Char
	}
	return rune(number), nil
}

// Bytes reads a u32 and that many bytes, without copying them.
func (r *Reader) Bytes() ([]byte, *Fault) {
	length, fault := r.U32()
	if fault != nil {
		return nil, fault
	}
	return r.Take(int(length))
}

// String reads the UTF-8 of a string, without copying it.
func (r *Reader) String() ([]byte, *Fault) {
	text, fault := r.Bytes()
	if fault == nil && !utf8.Valid(text) {
		fault = UTF8
	}
	return text, fault
}

// Count reads the count of a list, set or map whose elements (or entries) take at least smallest bytes each, and
// counts the elements.
func (r *Reader) Count(smallest uint64) (int, *Fault) {
	count, fault := r.U32()
	if fault != nil {
		return 0, fault
	}
	if fault := r.fits(int(count), smallest); fault != nil {
		return 0, fault
	}
	return int(count), r.Elements(uint64(count))
}

// FixedCount refuses a fixed number of elements that the bytes left cannot hold, and counts the elements, or one for
// none: without bytes they are bounded by this alone.
func (r *Reader) FixedCount(count int, smallest uint64) *Fault {
	if fault := r.fits(count, smallest); fault != nil {
		return fault
	}
	return r.Elements(uint64(max(count, 1)))
}

func (r *Reader) fits(count int, smallest uint64) *Fault {
	if smallest > 0 && uint64(count) > uint64(r.Remaining())/smallest {
		return Length
	}
	return nil
}

// Numbers reads the packed elements of a list of numbers of this size each. Counts as one element.
func (r *Reader) Numbers(size int) ([]byte, *Fault) {
	count, fault := r.U32()
	if fault != nil {
		return nil, fault
	}
	return r.FixedNumbers(size, int(count))
}

// FixedNumbers reads the packed elements of a fixed-length list of numbers. Counts as one element.
func (r *Reader) FixedNumbers(size, count int) ([]byte, *Fault) {
	padding := 0
	if count != 0 {
		padding = -r.at & (size - 1)
	}
	if left := r.Remaining() - padding; left < 0 || uint64(count) > uint64(left)/uint64(size) {
		return nil, Length
	}
	if fault := r.Elements(1); fault != nil {
		return nil, fault
	}
	for range padding {
		if r.message[r.at] != 0 {
			return nil, Padding
		}
		r.at++
	}
	return r.Take(count * size)
}

// Discriminant reads the index of an enum or variant with this number of cases.
func (r *Reader) Discriminant(cases int) (int, *Fault) {
	index, fault := r.sized(DiscriminantSize(cases))
	if fault == nil && uint64(index) >= uint64(cases) {
		fault = Discriminant
	}
	return int(index), fault
}

// Flags reads flags of this number of names; bit 0 is the first one.
func (r *Reader) Flags(flags int) (uint32, *Fault) {
	bits, fault := r.sized(FlagsSize(flags))
	if fault == nil && uint64(bits)>>flags != 0 {
		fault = Flags
	}
	return bits, fault
}

func (r *Reader) sized(size int) (uint32, *Fault) {
	switch size {
	case 1:
		value, fault := r.U8()
		return uint32(value), fault
	case 2:
		value, fault := r.U16()
		return uint32(value), fault
	}
	return r.U32()
}
