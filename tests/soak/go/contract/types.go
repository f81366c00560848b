// Package contract holds the types of the soak's contract.
package contract

import (
	"path/filepath"
	"runtime"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// Contract is the path of the contract.
func Contract() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "soak.wit")
}

// The types of the contract.
type (
	Line struct {
		Units uint32
		Price uint64
	}
	Order struct {
		ID    string
		Lines []Line
		Note  *string
	}
	Receipt struct {
		ID    string
		Total uint64
		Note  *string
	}
	Refusal interface{ refusal() }
	Empty   struct{}
	TooMany uint32
)

func (Empty) refusal()   {}
func (TooMany) refusal() {}

func init() {
	hmsffi.RegisterVariant[Refusal](hmsffi.Case[Empty]("empty"), hmsffi.Case[TooMany]("too-many"))
}

// Price is what a provider answers to an order.
func Price(order Order) (Receipt, Refusal) {
	switch count := len(order.Lines); {
	case count == 0:
		return Receipt{}, Empty{}
	case count > 20:
		return Receipt{}, TooMany(count)
	}
	receipt := Receipt{ID: order.ID, Note: order.Note}
	for _, line := range order.Lines {
		receipt.Total += uint64(line.Units) * line.Price
	}
	return receipt, nil
}
