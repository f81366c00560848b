package hmsffi

import (
	"errors"
	"fmt"
	"time"
)

// Date is a day of the proleptic Gregorian calendar, year 1 to 9999.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// PartialDate is a year, or a year and a month, as in FHIR. A Month of 0 is an unknown one.
type PartialDate struct {
	Year  int
	Month time.Month
}

// TimeOfDay is a time of day without a zone, from 00:00:00 to 23:59:59.999999999.
type TimeOfDay struct {
	Hour, Minute, Second, Nanosecond int
}

const (
	firstSecond = -62_135_596_800
	lastSecond  = 253_402_300_799
)

const (
	ruleNanoseconds = "nanoseconds are 0 to 999999999"
	ruleTimestamp   = "a timestamp lies within the years 1 to 9999"
	ruleOffset      = "an offset is -1439 to 1439 minutes"
	ruleLocal       = "the local time lies within the years 1 to 9999"
	ruleDate        = "not a day of the years 1 to 9999"
	rulePartialDate = "not a year 1 to 9999, or not a month 1 to 12"
	ruleTimeOfDay   = "not a time from 00:00:00 to 23:59:59"
)

// DateOf is the day of a time in that time's location.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{year, month, day}
}

// In is midnight (or the first moment, where there is none) of the day in a location.
func (d Date) In(location *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, location)
}

// Valid tells whether there is such a day.
func (d Date) Valid() bool { return d.rule() == "" }

func (d Date) rule() string {
	if d.Year < 1 || d.Year > 9999 || d.Month < 1 || d.Month > 12 || d.Day < 1 || d.Day > daysIn(d.Year, d.Month) {
		return ruleDate
	}
	return ""
}

func daysIn(year int, month time.Month) int {
	switch month {
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case time.April, time.June, time.September, time.November:
		return 30
	}
	return 31
}

// String is the day like 2024-02-29.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// MarshalText gives the day like 2024-02-29.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), ruleError(d.rule()) }

// UnmarshalText reads a day like 2024-02-29.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDate(string(text))
	return err
}

// ParseDate reads a day like 2024-02-29.
func ParseDate(text string) (Date, error) {
	s := scan{text}
	year, month, day := s.digits(4), s.after('-', 2), s.after('-', 2)
	if year < 0 || month < 0 || day < 0 || s.rest != "" {
		return Date{}, errors.New("not a date like 2024-02-29")
	}
	d := Date{year, time.Month(month), day}
	return d, ruleError(d.rule())
}

// Valid tells whether there is such a year or month.
func (d PartialDate) Valid() bool { return d.rule() == "" }

func (d PartialDate) rule() string {
	if d.Year < 1 || d.Year > 9999 || d.Month < 0 || d.Month > 12 {
		return rulePartialDate
	}
	return ""
}

// String is the year like 2024, or the month like 2024-02.
func (d PartialDate) String() string {
	if d.Month == 0 {
		return fmt.Sprintf("%04d", d.Year)
	}
	return fmt.Sprintf("%04d-%02d", d.Year, int(d.Month))
}

// MarshalText gives the text of String.
func (d PartialDate) MarshalText() ([]byte, error) { return []byte(d.String()), ruleError(d.rule()) }

// UnmarshalText reads a year like 2024 or a month like 2024-02.
func (d *PartialDate) UnmarshalText(text []byte) (err error) {
	*d, err = ParsePartialDate(string(text))
	return err
}

// ParsePartialDate reads a year like 2024 or a month like 2024-02.
func ParsePartialDate(text string) (PartialDate, error) {
	s := scan{text}
	d := PartialDate{Year: s.digits(4)}
	known := s.rest != ""
	if known {
		d.Month = time.Month(s.after('-', 2))
	}
	if d.Year < 0 || d.Month < 0 || s.rest != "" {
		return PartialDate{}, errors.New("not a year or a year and month like 2024 or 2024-02")
	}
	if known && d.Month == 0 {
		return PartialDate{}, errors.New(rulePartialDate)
	}
	return d, ruleError(d.rule())
}

// TimeOfDayOf is the time of day of a time in that time's location.
func TimeOfDayOf(t time.Time) TimeOfDay {
	hour, minute, second := t.Clock()
	return TimeOfDay{hour, minute, second, t.Nanosecond()}
}

// Valid tells whether there is such a time.
func (t TimeOfDay) Valid() bool { return t.rule() == "" }

func (t TimeOfDay) rule() string {
	within := func(value, limit int) bool { return 0 <= value && value < limit }
	if !within(t.Hour, 24) || !within(t.Minute, 60) || !within(t.Second, 60) {
		return ruleTimeOfDay
	}
	if !within(t.Nanosecond, 1_000_000_000) {
		return ruleNanoseconds
	}
	return ""
}

// String is the time like 13:28:17 or 13:28:17.5.
func (t TimeOfDay) String() string {
	return fmt.Sprintf("%02d:%02d:%02d", t.Hour, t.Minute, t.Second) + fraction(t.Nanosecond)
}

// MarshalText gives the text of String.
func (t TimeOfDay) MarshalText() ([]byte, error) { return []byte(t.String()), ruleError(t.rule()) }

// UnmarshalText reads a time like 13:28:17 or 13:28:17.5.
func (t *TimeOfDay) UnmarshalText(text []byte) (err error) {
	*t, err = ParseTimeOfDay(string(text))
	return err
}

// ParseTimeOfDay reads a time like 13:28:17 or 13:28:17.5.
func ParseTimeOfDay(text string) (TimeOfDay, error) {
	s := scan{text}
	t := TimeOfDay{s.digits(2), s.after(':', 2), s.after(':', 2), s.fraction()}
	if t.Hour < 0 || t.Minute < 0 || t.Second < 0 || t.Nanosecond < 0 || s.rest != "" {
		return TimeOfDay{}, errors.New("not a time like 13:28:17 or 13:28:17.5")
	}
	return t, ruleError(t.rule())
}

func ruleError(rule string) error {
	if rule == "" {
		return nil
	}
	return errors.New(rule)
}
