//go:build !race

package hmsffi

const underRace = false
