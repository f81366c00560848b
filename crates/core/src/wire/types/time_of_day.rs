//! `time-of-day`

use super::scan::{Scan, write_fraction};
use super::{Invalid, NANOSECONDS};
use crate::wire::{Fault, Reader, Writer};

const RANGE: Invalid = Invalid("not a time from 00:00:00 to 23:59:59");
const TEXT: Invalid = Invalid("not a time like 13:28:17 or 13:28:17.5");

/// A time of day without a zone, from 00:00:00 to 23:59:59.999999999. As text: `13:28:17.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay {
    hour: u8,
    minute: u8,
    second: u8,
    nanoseconds: u32,
}

impl TimeOfDay {
    /// Hour up to 23, minute and second up to 59, nanoseconds up to 999999999.
    pub const fn new(hour: u8, minute: u8, second: u8, nanoseconds: u32) -> Result<Self, Invalid> {
        if hour > 23 || minute > 59 || second > 59 {
            return Err(RANGE);
        }
        if nanoseconds > 999_999_999 {
            return Err(NANOSECONDS);
        }
        Ok(TimeOfDay {
            hour,
            minute,
            second,
            nanoseconds,
        })
    }

    /// Hour, 0 to 23.
    pub const fn hour(self) -> u8 {
        self.hour
    }

    /// Minute, 0 to 59.
    pub const fn minute(self) -> u8 {
        self.minute
    }

    /// Second, 0 to 59.
    pub const fn second(self) -> u8 {
        self.second
    }

    /// Nanoseconds, 0 to 999999999.
    pub const fn nanoseconds(self) -> u32 {
        self.nanoseconds
    }

    /// Reads one and checks its range.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Ok(TimeOfDay::new(
            reader.u8()?,
            reader.u8()?,
            reader.u8()?,
            reader.u32()?,
        )?)
    }

    /// Writes one.
    pub fn write(self, writer: &mut Writer) {
        writer.u8(self.hour);
        writer.u8(self.minute);
        writer.u8(self.second);
        writer.u32(self.nanoseconds);
    }

    /// Reads `HH:MM:SS` with an optional fraction from a scan.
    pub(super) fn scan(scan: &mut Scan<'_>) -> Option<(u8, u8, u8, u32)> {
        let hour = scan.digits(2)? as u8;
        scan.any(b":")?;
        let minute = scan.digits(2)? as u8;
        scan.any(b":")?;
        let second = scan.digits(2)? as u8;
        Some((hour, minute, second, scan.fraction()?))
    }
}

impl std::str::FromStr for TimeOfDay {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut scan = Scan::new(text);
        let (hour, minute, second, nanoseconds) = TimeOfDay::scan(&mut scan).ok_or(TEXT)?;
        scan.end().ok_or(TEXT)?;
        TimeOfDay::new(hour, minute, second, nanoseconds)
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        write_fraction(f, self.nanoseconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for text in [
            "00:00:00",
            "13:28:17.5",
            "23:59:59.999999999",
            "12:00:00.000000001",
        ] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        assert_eq!(
            "13:28:17.500".parse::<TimeOfDay>().unwrap().to_string(),
            "13:28:17.5"
        );
        for text in [
            "",
            "24:00:00",
            "23:60:00",
            "23:59:60",
            "12:00",
            "12:00:00.",
            "12:00:00.0000000001",
            "12:00:00Z",
        ] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
    }
}
