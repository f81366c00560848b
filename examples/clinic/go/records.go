package main

import (
	"time"

	hmsffi "github.com/hms-ffi/hms-ffi/packages/go"
)

// The records of ../wit/clinic.wit. The json tags are for the HTTP baseline only.

// When is a variant: one of the pointers is set.
type When struct {
	Day     *hmsffi.Date        `json:"day,omitempty"`
	Partial *hmsffi.PartialDate `json:"partial,omitempty"`
	Moment  *time.Time          `json:"moment,omitempty"`
}

type Period struct {
	Start *When `json:"start"`
	End   *When `json:"end"`
}

type HumanName struct {
	Usage  *string  `json:"usage"`
	Family *string  `json:"family"`
	Given  []string `json:"given"`
	Period *Period  `json:"period"`
}

type Patient struct {
	ID        string      `hms:"id" json:"id"`
	Active    *bool       `json:"active"`
	Names     []HumanName `json:"names"`
	Gender    *string     `json:"gender"`
	BirthDate *When       `json:"birth_date"`
	Extra     any         `json:"extra"`
}

type Encounter struct {
	ID        string  `hms:"id" json:"id"`
	Patient   string  `json:"patient"`
	Status    string  `json:"status"`
	CareClass string  `json:"care_class"`
	Period    *Period `json:"period"`
	Extra     any     `json:"extra"`
}

type Quantity struct {
	Value hmsffi.Decimal `json:"value"`
	Unit  string         `json:"unit"`
}

type Money struct {
	Amount   hmsffi.Decimal `json:"amount"`
	Currency string         `json:"currency"`
}

type Component struct {
	Code  string    `json:"code"`
	Value *Quantity `json:"value"`
}

type Observation struct {
	ID         string      `hms:"id" json:"id"`
	Patient    string      `json:"patient"`
	Code       string      `json:"code"`
	Name       string      `json:"name"`
	Effective  *When       `json:"effective"`
	Value      *Quantity   `json:"value"`
	Components []Component `json:"components"`
	Extra      any         `json:"extra"`
}

type Coverage struct {
	ID          string  `hms:"id" json:"id"`
	Status      string  `json:"status"`
	Beneficiary string  `json:"beneficiary"`
	Period      *Period `json:"period"`
	Extra       any     `json:"extra"`
}

type ClaimLine struct {
	Sequence uint32 `json:"sequence"`
	Code     string `json:"code"`
	Net      *Money `json:"net"`
}

type Claim struct {
	ID       string      `hms:"id" json:"id"`
	Patient  string      `json:"patient"`
	Created  When        `json:"created"`
	Coverage string      `json:"coverage"`
	Lines    []ClaimLine `json:"lines"`
	Total    *Money      `json:"total"`
	Extra    any         `json:"extra"`
}

// Missing is the declared error of the functions that look for one record.
type Missing struct {
	Kind string `json:"kind"`
	ID   string `hms:"id" json:"id"`
}
