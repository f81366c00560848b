//go:build race

package hmsffi

// underRace: the race detector drops pooled memory at random.
const underRace = true
