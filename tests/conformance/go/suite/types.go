// Package suite holds what the provider and the caller of the conformance suite share.
package suite

import (
	"path/filepath"
	"runtime"
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// Contract is the path of a contract in the suite's folder.
func Contract(name string) string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", name)
}

// The types of the contract.
type (
	Color       string
	Permissions uint8
	Wide        uint32
	Line        struct {
		Code   string
		Units  uint16
		Charge hmsffi.Decimal
	}
	Claim struct {
		ID         string
		Lines      []Line
		Note       *string
		PaidInFull bool
	}
	Awkward struct {
		Class       string
		Then        uint8
		None        bool
		Self        int32
		Hash        string
		Constructor string
	}
	Fixed [3]uint16
	Three struct {
		A uint8
		B string
		C float64
	}
	Many struct {
		A uint8
		B string
		C *float64
	}
	Pair struct {
		A uint8
		B string
	}
	Ids   struct{ UID, PID uint32 }
	Money struct {
		Amount   hmsffi.Decimal
		Currency string
	}
	Quantity struct {
		Value hmsffi.Decimal
		Unit  string
	}
	Problem struct {
		Title    string
		Severity uint8
	}
	Number = hmsffi.Result[uint32, string]
	Bare   = hmsffi.Result[struct{}, struct{}]
)

// Shape is a variant.
type Shape interface{ shape() }

// The cases of Shape.
type (
	Empty      struct{}
	Circle     float64
	Label      string
	ShapeClaim struct{ Value Claim }
	Maybe      struct{ Value *uint8 }
)

func (Empty) shape()      {}
func (Circle) shape()     {}
func (Label) shape()      {}
func (ShapeClaim) shape() {}
func (Maybe) shape()      {}

// Denial is a variant.
type Denial interface{ denial() }

// The cases of Denial.
type (
	Duplicate  struct{}
	NotCovered string
	OverLimit  struct{ Value hmsffi.Decimal }
)

func (Duplicate) denial()  {}
func (NotCovered) denial() {}
func (OverLimit) denial()  {}

func init() {
	hmsffi.RegisterVariant[Shape](hmsffi.Case[Empty]("empty"), hmsffi.Case[Circle]("circle"), hmsffi.Case[Label]("label"),
		hmsffi.Case[ShapeClaim]("claim"), hmsffi.Case[Maybe]("maybe"))
	hmsffi.RegisterVariant[Denial](hmsffi.Case[Duplicate]("duplicate"), hmsffi.Case[NotCovered]("not-covered"),
		hmsffi.Case[OverLimit]("over-limit"))
}

// Sample has one value of nearly every kind.
type Sample struct {
	Flag        bool
	Small       uint8
	Negative    int16
	Large       uint64
	Lowest      int64
	Ratio       float64
	Letter      rune
	Text        string
	Blob        []byte
	Series      []float64
	Words       map[string]struct{}
	Totals      map[string]uint32
	Pair        Pair
	Color       Color
	Permissions Permissions
	Shape       Shape
	Present     *uint32
	Absent      *uint32
	Boxed       **uint8
	Good        Number
	Bad         Number
	At          time.Time
	Local       time.Time
	Day         hmsffi.Date
	Month       hmsffi.PartialDate
	Clock       hmsffi.TimeOfDay
	Span        hmsffi.Duration
	Price       hmsffi.Decimal
	ID          hmsffi.UUID
	Extra       any
	Cost        Money
	Dose        Quantity
}
