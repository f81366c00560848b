package schema

import (
	"encoding/json"
	"fmt"
)

// Kind is what a type is.
type Kind uint8

// The kinds of types. Their numbers are this package's own.
const (
	Bool Kind = iota
	S8
	S16
	S32
	S64
	U8
	U16
	U32
	U64
	F32
	F64
	Char
	String
	List
	FixedList
	Tuple
	Set
	Map
	Record
	Enum
	Flags
	Variant
	Option
	Result
	Timestamp
	ZonedTimestamp
	Date
	PartialDate
	TimeOfDay
	Duration
	Decimal
	UUID
	Document
	Own
	Borrow
	Stream
	Future
)

var kindNames = [...]string{
	"bool", "s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64", "f32", "f64", "char", "string", "list", "fixed-list",
	"tuple", "set", "map", "record", "enum", "flags", "variant", "option", "result", "timestamp", "zoned-timestamp",
	"date", "partial-date", "time-of-day", "duration", "decimal", "uuid", "document", "own", "borrow", "stream", "future",
}

var kinds = func() map[string]Kind {
	kinds := make(map[string]Kind, len(kindNames))
	for i, name := range kindNames {
		kinds[name] = Kind(i)
	}
	return kinds
}()

// String is the name of the kind in a schema's JSON.
func (k Kind) String() string { return kindNames[k] }

// UnmarshalJSON reads the name of a kind.
func (k *Kind) UnmarshalJSON(text []byte) error {
	var name string
	if err := json.Unmarshal(text, &name); err != nil {
		return err
	}
	kind, ok := kinds[name]
	if !ok {
		return fmt.Errorf("there is no kind of type %q", name)
	}
	*k = kind
	return nil
}

// NumberSize is the number of bytes of a fixed-width number, whose lists are packed; 0 for other kinds.
func (k Kind) NumberSize() int {
	switch k {
	case S8, U8:
		return 1
	case S16, U16:
		return 2
	case S32, U32, F32:
		return 4
	case S64, U64, F64:
		return 8
	}
	return 0
}
