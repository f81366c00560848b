package wire

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"unicode/utf8"
)

const (
	canonicalNaN32 = 0x7fc0_0000
	canonicalNaN64 = 0x7ff8_0000_0000_0000
)

// Writer appends the values of one message to a buffer that starts with the message, so that padding counts from its start.
type Writer struct {
	out      []byte
	limits   Limits
	depth    uint32
	elements uint64
}

// Begin starts a message in the memory of buffer, whose contents are dropped.
func (w *Writer) Begin(buffer []byte, limits *Limits) {
	*w = Writer{out: buffer[:0], limits: *limits}
}

// Bytes is what was written so far.
func (w *Writer) Bytes() []byte { return w.out }

// Len is the number of bytes so far.
func (w *Writer) Len() int { return len(w.out) }

// CheckSize refuses a message that has grown over the size limit.
func (w *Writer) CheckSize() *Fault { return w.room(0) }

// Enter begins a nested value: one level deeper, until Leave.
func (w *Writer) Enter() *Fault {
	if w.depth >= w.limits.MaxDepth {
		return Depth
	}
	w.depth++
	return nil
}

// Leave ends a nested value.
func (w *Writer) Leave() { w.depth-- }

// Elements counts elements of a list, set or map.
func (w *Writer) Elements(count uint64) *Fault {
	w.elements += count
	if w.elements > w.limits.MaxElements {
		return Elements
	}
	return nil
}

// room refuses what would not fit a message before anything is copied. A count has 32 bits whatever the limit says.
func (w *Writer) room(more int) *Fault {
	if uint64(len(w.out))+uint64(more) > w.limits.MaxMessage || uint64(more) > math.MaxUint32 {
		return Size
	}
	return nil
}

// U8 writes a u8.
func (w *Writer) U8(value uint8) { w.out = append(w.out, value) }

// U16 writes a u16.
func (w *Writer) U16(value uint16) { w.out = binary.LittleEndian.AppendUint16(w.out, value) }

// U32 writes a u32.
func (w *Writer) U32(value uint32) { w.out = binary.LittleEndian.AppendUint32(w.out, value) }

// U64 writes a u64.
func (w *Writer) U64(value uint64) { w.out = binary.LittleEndian.AppendUint64(w.out, value) }

// Bit writes 0 or 1.
func (w *Writer) Bit(value bool) {
	if value {
		w.U8(1)
	} else {
		w.U8(0)
	}
}

// F32 writes an f32; every NaN becomes the canonical one.
func (w *Writer) F32(value float32) {
	bits := math.Float32bits(value)
	if value != value {
		bits = canonicalNaN32
	}
	w.U32(bits)
}

// F64 writes an f64; every NaN becomes the canonical one.
func (w *Writer) F64(value float64) {
	bits := math.Float64bits(value)
	if value != value {
		bits = canonicalNaN64
	}
	w.U64(bits)
}

// String writes a string; a fault if it is not UTF-8.
func (w *Writer) String(value string) *Fault {
	if fault := w.room(len(value)); fault != nil {
		return fault
	}
	if !utf8.ValidString(value) {
		return UTF8
	}
	w.U32(uint32(len(value)))
	w.out = append(w.out, value...)
	return nil
}

// Numbers writes a list of numbers of this size from its packed elements: count, padding, elements. Counts as one element.
func (w *Writer) Numbers(size int, packed []byte) *Fault {
	if fault := w.Elements(1); fault != nil {
		return fault
	}
	if fault := w.room(len(packed)); fault != nil {
		return fault
	}
	w.U32(uint32(len(packed) / size))
	w.packed(size, packed)
	return nil
}

// FixedNumbers writes a fixed-length list of numbers: padding, elements. Counts as one element.
func (w *Writer) FixedNumbers(size int, packed []byte) *Fault {
	if fault := w.Elements(1); fault != nil {
		return fault
	}
	if fault := w.room(len(packed)); fault != nil {
		return fault
	}
	w.packed(size, packed)
	return nil
}

func (w *Writer) packed(size int, packed []byte) {
	if len(packed) == 0 {
		return
	}
	for len(w.out)&(size-1) != 0 {
		w.U8(0)
	}
	w.out = append(w.out, packed...)
}

// Discriminant writes the index of an enum or variant with this number of cases.
func (w *Writer) Discriminant(index, cases int) { w.sized(uint32(index), DiscriminantSize(cases)) }

// Flags writes flags of this number of names; bit 0 is the first one.
func (w *Writer) Flags(bits uint32, flags int) { w.sized(bits, FlagsSize(flags)) }

func (w *Writer) sized(value uint32, size int) {
	switch size {
	case 1:
		w.U8(uint8(value))
	case 2:
		w.U16(uint16(value))
	default:
		w.U32(value)
	}
}

// Mark leaves room for a u32 that Fill fills in later.
func (w *Writer) Mark() int {
	w.U32(0)
	return len(w.out) - 4
}

// Fill fills in a count at a mark.
func (w *Writer) Fill(mark int, count uint32) {
	binary.LittleEndian.PutUint32(w.out[mark:], count)
}

// Append appends bytes that are encoded already and hold no padding: a map's key, a document's item.
func (w *Writer) Append(encoded ...byte) { w.out = append(w.out, encoded...) }

// AppendString is Append with text.
func (w *Writer) AppendString(encoded string) { w.out = append(w.out, encoded...) }

// Since is what was written after a length.
func (w *Writer) Since(length int) []byte { return w.out[length:] }

// Cut takes what was written after a length off again.
func (w *Writer) Cut(length int) { w.out = w.out[:length] }

// SortSet sorts the elements of a set, which were written as they came: ends are the places where they end, the first
// begins at start. It gives back the place in ends of an element that is there twice, else -1.
func (w *Writer) SortSet(start int, ends []int) int {
	type piece struct{ index, from, to int }
	pieces := make([]piece, len(ends))
	from := start
	for i, end := range ends {
		pieces[i] = piece{i, from, end}
		from = end
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return bytes.Compare(w.out[a.from:a.to], w.out[b.from:b.to]) })
	sorted := make([]byte, 0, len(w.out)-start)
	for i, p := range pieces {
		if i > 0 && bytes.Equal(w.out[pieces[i-1].from:pieces[i-1].to], w.out[p.from:p.to]) {
			return p.index
		}
		sorted = append(sorted, w.out[p.from:p.to]...)
	}
	copy(w.out[start:], sorted)
	return -1
}
