package hmsffi

import (
	"fmt"
	"strings"
)

// scan is a cursor over text for the small fixed grammars of dates and times. Its methods give -1 for what is not there.
type scan struct{ rest string }

// digits reads exactly count digits.
func (s *scan) digits(count int) int {
	if len(s.rest) < count {
		return -1
	}
	number := 0
	for _, digit := range []byte(s.rest[:count]) {
		if digit < '0' || digit > '9' {
			return -1
		}
		number = number*10 + int(digit-'0')
	}
	s.rest = s.rest[count:]
	return number
}

// after reads one byte and exactly count digits.
func (s *scan) after(separator byte, count int) int {
	if s.rest == "" || s.rest[0] != separator {
		return -1
	}
	s.rest = s.rest[1:]
	return s.digits(count)
}

// fraction reads nanoseconds: nothing, or a point and one to nine digits.
func (s *scan) fraction() int {
	if s.rest == "" || s.rest[0] != '.' {
		return 0
	}
	s.rest = s.rest[1:]
	count := 0
	for count < len(s.rest) && '0' <= s.rest[count] && s.rest[count] <= '9' {
		count++
	}
	if count < 1 || count > 9 {
		return -1
	}
	number := s.digits(count)
	for range 9 - count {
		number *= 10
	}
	return number
}

// fraction is a point and the digits of nanoseconds without trailing zeros; nothing for zero.
func fraction(nanoseconds int) string {
	if nanoseconds == 0 {
		return ""
	}
	return "." + strings.TrimRight(fmt.Sprintf("%09d", nanoseconds), "0")
}
