//! `partial-date`

use super::Invalid;
use super::scan::Scan;
use crate::wire::{Fault, Reader, Writer};

const RANGE: Invalid = Invalid("not a year 1 to 9999, or not a month 1 to 12");
const TEXT: Invalid = Invalid("not a year or a year and month like 2024 or 2024-02");

/// A year, or a year and a month, as in FHIR. As text: `2024`, `2024-02`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    year: u16,
    month: Option<u8>,
}

impl PartialDate {
    /// A year (1 to 9999) or a month of it (1 to 12).
    pub const fn new(year: u16, month: Option<u8>) -> Result<Self, Invalid> {
        match (year, month) {
            (1..=9999, None | Some(1..=12)) => Ok(PartialDate { year, month }),
            _ => Err(RANGE),
        }
    }

    /// Year, 1 to 9999.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// Month, 1 to 12, if it is known.
    pub const fn month(self) -> Option<u8> {
        self.month
    }

    /// Reads one and checks its range.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let year = reader.u16()?;
        let month = if reader.option()? {
            Some(reader.u8()?)
        } else {
            None
        };
        Ok(PartialDate::new(year, month)?)
    }

    /// Writes one.
    pub fn write(self, writer: &mut Writer) {
        writer.u16(self.year);
        writer.bool(self.month.is_some());
        if let Some(month) = self.month {
            writer.u8(month);
        }
    }
}

impl std::str::FromStr for PartialDate {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut scan = Scan::new(text);
        let year = scan.digits(4).ok_or(TEXT)? as u16;
        let month = match scan.any(b"-") {
            Some(_) => Some(scan.digits(2).ok_or(TEXT)? as u8),
            None => None,
        };
        scan.end().ok_or(TEXT)?;
        PartialDate::new(year, month)
    }
}

impl std::fmt::Display for PartialDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}", self.year)?;
        match self.month {
            Some(month) => write!(f, "-{month:02}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for text in ["0001", "2024", "2024-02", "9999-12"] {
            assert_eq!(text.parse::<PartialDate>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "0000",
            "24",
            "2024-",
            "2024-00",
            "2024-13",
            "2024-02-01",
            "2024-2",
        ] {
            assert!(text.parse::<PartialDate>().is_err(), "{text}");
        }
    }
}
