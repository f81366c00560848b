package schema

import (
	"math"
	"math/bits"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// Smallest is the number of bytes of the smallest encoding of a type.
func (s *Schema) Smallest(id int) uint64 { return s.smallest[id] }

func (s *Schema) smallestEncoding(t *Type) uint64 {
	sum := func(of func(yield func(int))) (total uint64) {
		of(func(id int) { total = saturatingAdd(total, s.smallest[id]) })
		return total
	}
	of := func(id *int) uint64 {
		if id == nil {
			return 0
		}
		return s.smallest[*id]
	}
	switch t.Kind {
	case Bool, S8, U8, Option:
		return 1
	case S16, U16:
		return 2
	case S32, U32, F32, Char, String, List, Set, Map, Date:
		return 4
	case S64, U64, F64:
		return 8
	case FixedList: // padding before packed numbers depends on the place
		high, low := bits.Mul64(of(t.Element), uint64(t.Length))
		if high != 0 {
			return math.MaxUint64
		}
		return low
	case Tuple:
		return sum(func(yield func(int)) {
			for _, element := range t.Elements {
				yield(element)
			}
		})
	case Record:
		return sum(func(yield func(int)) {
			for _, field := range t.Fields {
				yield(field.Type)
			}
		})
	case Enum:
		return uint64(wire.DiscriminantSize(len(t.Cases)))
	case Flags:
		return uint64(wire.FlagsSize(len(t.Flags)))
	case Variant:
		least := uint64(math.MaxUint64)
		for _, c := range t.Cases {
			least = min(least, of(c.Type))
		}
		return saturatingAdd(least, uint64(wire.DiscriminantSize(len(t.Cases))))
	case Result:
		return 1 + min(of(t.OK), of(t.Err))
	case Timestamp, Duration:
		return 12
	case ZonedTimestamp:
		return 14
	case PartialDate:
		return 3
	case TimeOfDay:
		return 7
	case Decimal, Document:
		return 5
	case UUID:
		return 16
	}
	// Handles and streams: reading one fails before its size matters.
	return 0
}

func saturatingAdd(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
