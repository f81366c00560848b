package suite

import (
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// The types of the two versions.
type (
	OldOrder struct {
		ID     uint32
		Item   string
		Status string
	}
	NewOrder struct {
		Note   *string
		Status string
		Item   string
		ID     uint32
	}
	OldReceipt struct {
		Order  uint32
		Total  hmsffi.Decimal
		Status string
		Seen   []string
	}
	NewReceipt struct {
		Total  hmsffi.Decimal
		Paid   *time.Time
		Order  uint32
		Seen   []string
		Status string
	}
	Refusal = hmsffi.Variant
)

func refuse(item string) error {
	switch item {
	case "gone":
		return hmsffi.Declare(Refusal{Tag: "sold-out"})
	case "bulk":
		return hmsffi.Declare(Refusal{Tag: "too-many", Val: uint32(100)})
	}
	return nil
}

// Early are the handlers of the old version.
func Early() map[string]any {
	return map[string]any{
		"place": func(order OldOrder) (OldReceipt, error) {
			if err := refuse(order.Item); err != nil {
				return OldReceipt{}, err
			}
			return OldReceipt{order.ID, D("3.50"), order.Status, []string{order.Status}}, nil
		},
		"cancel": func(id uint32) bool { return id == 7 },
	}
}

// Late are the handlers of the new version.
func Late() map[string]any {
	return map[string]any{
		"place": func(order NewOrder) (NewReceipt, error) {
			if err := refuse(order.Item); err != nil {
				return NewReceipt{}, err
			}
			if order.Item == "contraband" {
				return NewReceipt{}, hmsffi.Declare(Refusal{Tag: "embargo", Val: "customs"})
			}
			status, note := order.Status, "-"
			if order.Item == "later" {
				status = "on-hold"
			}
			if order.Note != nil {
				note = *order.Note
			}
			paid := time.Date(2024, time.February, 29, 0, 0, 0, 0, time.UTC)
			return NewReceipt{D("3.50"), &paid, order.ID, []string{order.Status, note}, status}, nil
		},
		"cancel":  func(reason *string, id uint32) bool { return reason == nil && id == 7 },
		"restock": func(item string) uint32 { return uint32(len(item)) },
	}
}
