//! `date`

use super::calendar::days_in_month;
use super::scan::Scan;
use super::{Invalid, Timestamp};
use crate::wire::{Fault, Reader, Writer};

const RANGE: Invalid = Invalid("not a day of the years 1 to 9999");
const TEXT: Invalid = Invalid("not a date like 2024-02-29");

/// A day of the proleptic Gregorian calendar, year 1 to 9999. As text: `2024-02-29`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day of this year (1 to 9999), month (1 to 12) and day of the month.
    pub const fn new(year: u16, month: u8, day: u8) -> Result<Self, Invalid> {
        let valid = matches!(year, 1..=9999)
            && matches!(month, 1..=12)
            && day >= 1
            && day <= days_in_month(year, month);
        if valid {
            Ok(Date { year, month, day })
        } else {
            Err(RANGE)
        }
    }

    /// Year, 1 to 9999.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// Month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// Day of the month, from 1.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// Midnight UTC of this day.
    pub fn midnight(self) -> Timestamp {
        let days = super::calendar::days_from_civil(self.year.into(), self.month, self.day);
        Timestamp::within_range(days * super::calendar::DAY, 0)
    }

    /// Reads one and checks its range.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Ok(Date::new(reader.u16()?, reader.u8()?, reader.u8()?)?)
    }

    /// Writes one.
    pub fn write(self, writer: &mut Writer) {
        writer.u16(self.year);
        writer.u8(self.month);
        writer.u8(self.day);
    }

    /// Reads `YYYY-MM-DD` from a scan.
    pub(super) fn scan(scan: &mut Scan<'_>) -> Option<(u16, u8, u8)> {
        let year = scan.digits(4)? as u16;
        scan.any(b"-")?;
        let month = scan.digits(2)? as u8;
        scan.any(b"-")?;
        Some((year, month, scan.digits(2)? as u8))
    }
}

impl std::str::FromStr for Date {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut scan = Scan::new(text);
        let (year, month, day) = Date::scan(&mut scan).ok_or(TEXT)?;
        scan.end().ok_or(TEXT)?;
        Date::new(year, month, day)
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leap_days_exist_only_in_leap_years() {
        assert!(Date::new(2024, 2, 29).is_ok());
        assert!(Date::new(2000, 2, 29).is_ok());
        assert!(Date::new(1900, 2, 29).is_err());
        assert!(Date::new(2023, 2, 29).is_err());
    }

    #[test]
    fn texts() {
        for text in ["0001-01-01", "2024-02-29", "9999-12-31"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "0000-01-01",
            "2024-2-29",
            "2024-02-30",
            "2024-02-29 ",
            "10000-01-01",
            "2024-13-01",
            "+024-01-01",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }
}
