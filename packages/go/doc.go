// Package hmsffi calls functions in other languages on the same machine, and serves them, by the contract of a WIT file.
//
// A provider:
//
//	c, err := hmsffi.NewComponent("hms:claims/adjudication", hmsffi.WIT("wit"), hmsffi.MaxConcurrent(64))
//	err = c.Export("adjudicate", func(ctx context.Context, claim Claim) (Decision, error) { … })
//	err = c.Serve(ctx)
//
// A caller:
//
//	claims, err := hmsffi.Connect(ctx, "hms:claims/adjudication")
//	d, err := hmsffi.Call[Decision](ctx, claims, "adjudicate", claim)
//	replies := claims.Batch(ctx, hmsffi.Bind("adjudicate", one), hmsffi.Bind("adjudicate", two))
//
// Types are matched with the contract when they are first used: records are structs, whose fields carry the tag
// `hms:"paid-in-full"` or the name without dashes (PaidInFull); integers have exactly the contract's size; options are
// pointers, enums string types, flags unsigned types, sets map[T]struct{}, tuples structs by position, results Result;
// variants are interfaces with registered implementers (RegisterVariant) or structs with one pointer for each case.
// A value of type any is converted by what it holds, and gets the natural Go value.
//
// The package needs cgo; without it everything is unimplemented. It starts no thread: goroutines wait on the netpoller,
// one at a time for all clients and components of the process.
package hmsffi
