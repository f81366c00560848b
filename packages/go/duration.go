package hmsffi

import (
	"errors"
	"math/big"
	"strings"
	"time"
)

// Duration is a span of time: seconds, which may be negative, plus nanoseconds (0 to 999999999) that count forwards;
// -0.25 s is {-1, 750000000}. It holds more than a time.Duration, which is accepted in its place.
type Duration struct {
	Seconds     int64
	Nanoseconds uint32
}

// DurationOf is a time.Duration.
func DurationOf(d time.Duration) Duration {
	seconds, nanoseconds := int64(d/time.Second), int64(d%time.Second)
	if nanoseconds < 0 {
		seconds, nanoseconds = seconds-1, nanoseconds+int64(time.Second)
	}
	return Duration{seconds, uint32(nanoseconds)}
}

// Std is the span as a time.Duration; false if that cannot hold it (about 292 years).
func (d Duration) Std() (time.Duration, bool) {
	total := d.total()
	if d.rule() != "" || !total.IsInt64() {
		return 0, false
	}
	return time.Duration(total.Int64()), true
}

// Valid tells whether the nanoseconds are in their range.
func (d Duration) Valid() bool { return d.rule() == "" }

func (d Duration) rule() string {
	if d.Nanoseconds > 999_999_999 {
		return ruleNanoseconds
	}
	return ""
}

func (d Duration) total() *big.Int {
	total := big.NewInt(d.Seconds)
	total.Mul(total, big.NewInt(int64(time.Second)))
	return total.Add(total, big.NewInt(int64(d.Nanoseconds)))
}

// String is the span in seconds like 1.5s or -0.25s.
func (d Duration) String() string {
	total := d.total()
	sign := ""
	if total.Sign() < 0 {
		sign = "-"
	}
	seconds, nanoseconds := total.QuoRem(total.Abs(total), big.NewInt(int64(time.Second)), new(big.Int))
	return sign + seconds.String() + fraction(int(nanoseconds.Int64())) + "s"
}

// MarshalText gives the text of String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), ruleError(d.rule()) }

// UnmarshalText reads a span like 1.5s or -0.25s.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDuration(string(text))
	return err
}

// ParseDuration reads a span in seconds like 1.5s or -0.25s.
func ParseDuration(text string) (Duration, error) {
	invalid := errors.New("not a duration like 1.5s or -0.25s")
	rest, negative := strings.CutPrefix(text, "-")
	rest, unit := strings.CutSuffix(rest, "s")
	whole, _, _ := strings.Cut(rest, ".")
	s := scan{rest[len(whole):]}
	nanoseconds := s.fraction()
	if !unit || whole == "" || strings.Trim(whole, "0123456789") != "" || nanoseconds < 0 || s.rest != "" {
		return Duration{}, invalid
	}
	total, _ := new(big.Int).SetString(whole, 10)
	total.Mul(total, big.NewInt(int64(time.Second)))
	total.Add(total, big.NewInt(int64(nanoseconds)))
	if negative {
		total.Neg(total)
	}
	seconds, rest64 := total.DivMod(total, big.NewInt(int64(time.Second)), new(big.Int))
	if !seconds.IsInt64() {
		return Duration{}, errors.New("a duration's seconds must fit 64 bits")
	}
	return Duration{seconds.Int64(), uint32(rest64.Int64())}, nil
}
