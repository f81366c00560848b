// Package greeting has the types of ../hello.wit.
package greeting

type Person struct {
	Name   string
	Titles []string
}

// Refusal is a variant: one of the pointers is set.
type Refusal struct {
	Nameless      *struct{}
	TooManyTitles *uint32
}
