package hmsffi

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Decimal is an exact decimal number, kept as canonical text: -?(0|[1-9][0-9]*)(\.[0-9]+)?, without a minus in front of
// a zero, at most 4096 bytes. The scale is part of the value: 1.10 and 1.1 are different. The zero Decimal is 0.
// Decimals compare with ==.
type Decimal struct {
	text string // empty for 0
}

const maxDecimal = 4096

// ParseDecimal reads the canonical text of a decimal.
func ParseDecimal(text string) (Decimal, error) {
	if rule := checkDecimal(text); rule != "" {
		return Decimal{}, errors.New(rule)
	}
	return decimalOf(text), nil
}

// MustDecimal is ParseDecimal for texts that are known to be right; it panics on others.
func MustDecimal(text string) Decimal {
	d, err := ParseDecimal(text)
	if err != nil {
		panic(fmt.Sprintf("hmsffi.MustDecimal(%q): %v", text, err))
	}
	return d
}

// DecimalFromInt is an integer as a decimal of scale 0.
func DecimalFromInt(number int64) Decimal { return decimalOf(strconv.FormatInt(number, 10)) }

// DecimalFromBig is unscaled × 10^-scale, keeping that scale.
func DecimalFromBig(unscaled *big.Int, scale int) (Decimal, error) {
	if scale < 0 {
		return Decimal{}, errors.New("a decimal's scale is not negative")
	}
	text, rule := decimalText(-scale, unscaled)
	if rule != "" {
		return Decimal{}, errors.New(rule)
	}
	return decimalOf(text), nil
}

func decimalOf(text string) Decimal {
	if text == "0" {
		text = "" // one representation, so that == holds
	}
	return Decimal{text}
}

// String is the canonical text.
func (d Decimal) String() string {
	if d.text == "" {
		return "0"
	}
	return d.text
}

// Scale is the number of digits after the point.
func (d Decimal) Scale() int {
	if point := strings.IndexByte(d.text, '.'); point >= 0 {
		return len(d.text) - point - 1
	}
	return 0
}

// Unscaled is the number without its point: the decimal is Unscaled × 10^-Scale.
func (d Decimal) Unscaled() *big.Int {
	unscaled, _ := new(big.Int).SetString(strings.Replace(d.String(), ".", "", 1), 10)
	return unscaled
}

// Rat is the decimal as an exact fraction, for arithmetic. It has no scale.
func (d Decimal) Rat() *big.Rat {
	rat, _ := new(big.Rat).SetString(d.String())
	return rat
}

// Cmp compares the numbers whatever their scale: -1, 0 or 1.
func (d Decimal) Cmp(other Decimal) int { return d.Rat().Cmp(other.Rat()) }

// Add is the exact sum; its scale is the larger one.
func (d Decimal) Add(other Decimal) (Decimal, error) {
	scale := max(d.Scale(), other.Scale())
	widen := func(d Decimal) *big.Int {
		factor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale-d.Scale())), nil)
		return factor.Mul(factor, d.Unscaled())
	}
	return DecimalFromBig(new(big.Int).Add(widen(d), widen(other)), scale)
}

// MarshalText gives the canonical text.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the canonical text.
func (d *Decimal) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDecimal(string(text))
	return err
}

// checkDecimal names the rule that a text breaks, or nothing.
func checkDecimal[T string | []byte](text T) string {
	if len(text) > maxDecimal {
		return "a decimal has at most 4096 bytes"
	}
	at := 0
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		at = 1
	}
	digits := func() (count int) {
		for at < len(text) && '0' <= text[at] && text[at] <= '9' {
			at, count = at+1, count+1
		}
		return count
	}
	first := at
	whole := digits()
	grammar := whole == 0 || whole > 1 && text[first] == '0'
	if !grammar && at < len(text) {
		if text[at] != '.' {
			grammar = true
		} else {
			at++
			grammar = digits() == 0 || at < len(text)
		}
	}
	if grammar {
		return "not a decimal like -1.10"
	}
	if negative {
		for _, digit := range []byte(text[1:]) {
			if digit != '0' && digit != '.' {
				return ""
			}
		}
		return "a decimal zero has no sign"
	}
	return ""
}

// decimalText is mantissa × 10^exponent as canonical text, or the rule that it breaks.
func decimalText(exponent int, mantissa *big.Int) (text, rule string) {
	digits := new(big.Int).Abs(mantissa).String()
	switch {
	case exponent > 0 && mantissa.Sign() != 0:
		digits += strings.Repeat("0", exponent)
	case exponent < 0:
		scale := -exponent
		if len(digits) <= scale {
			digits = strings.Repeat("0", scale+1-len(digits)) + digits
		}
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if mantissa.Sign() < 0 {
		digits = "-" + digits
	}
	if len(digits) > maxDecimal {
		return "", "a decimal has at most 4096 bytes"
	}
	return digits, ""
}
