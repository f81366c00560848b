package wire

// Limits of one message. The writer checks them before it sends, the reader before it allocates.
type Limits struct {
	// MaxMessage is in bytes.
	MaxMessage uint64
	// MaxDepth is the nesting of values; the message itself is at depth 0.
	MaxDepth uint32
	// MaxElements is the sum of the counts of all lists, sets and maps; a list of numbers counts as one element.
	MaxElements uint64
}

// DefaultLimits apply unless something else is configured: 256 MiB, 64 levels, 16 Mi elements.
var DefaultLimits = Limits{MaxMessage: 256 << 20, MaxDepth: 64, MaxElements: 16 << 20}

// DiscriminantSize is the number of bytes of the index of an enum or variant with this number of cases.
func DiscriminantSize(cases int) int {
	switch {
	case cases <= 0x100:
		return 1
	case cases <= 0x1_0000:
		return 2
	}
	return 4
}

// FlagsSize is the number of bytes of flags with this number of names.
func FlagsSize(flags int) int {
	switch {
	case flags <= 8:
		return 1
	case flags <= 16:
		return 2
	}
	return 4
}
