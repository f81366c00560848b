//! `timestamp`

use super::calendar::{DAY, FIRST_SECOND, LAST_SECOND, civil_from_days, days_from_civil};
use super::scan::{Scan, write_fraction};
use super::{Date, Invalid, NANOSECONDS, TimeOfDay};
use crate::wire::{Fault, Reader, Writer};

const RANGE: Invalid = Invalid("a timestamp lies within the years 1 to 9999");
const TEXT: Invalid = Invalid("not a timestamp like 2024-02-29T12:30:00Z");

/// A point in time: seconds since 1970-01-01T00:00:00Z without leap seconds, within the years 1 to 9999, and
/// nanoseconds that count forwards. As text: RFC 3339 in UTC, `2024-02-29T12:30:00.5Z`; any offset is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanoseconds: u32,
}

impl Timestamp {
    /// Seconds since 1970 (−62135596800 to 253402300799) and nanoseconds (0 to 999999999).
    pub const fn new(seconds: i64, nanoseconds: u32) -> Result<Self, Invalid> {
        if seconds < FIRST_SECOND || seconds > LAST_SECOND {
            return Err(RANGE);
        }
        if nanoseconds > 999_999_999 {
            return Err(NANOSECONDS);
        }
        Ok(Timestamp {
            seconds,
            nanoseconds,
        })
    }

    /// For callers that derive the parts from values within the range.
    pub(super) const fn within_range(seconds: i64, nanoseconds: u32) -> Self {
        Timestamp {
            seconds,
            nanoseconds,
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z, rounded down.
    pub const fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds after [`seconds`](Self::seconds), 0 to 999999999.
    pub const fn nanoseconds(self) -> u32 {
        self.nanoseconds
    }

    /// Reads one and checks its range.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Ok(Timestamp::new(reader.i64()?, reader.u32()?)?)
    }

    /// Writes one.
    pub fn write(self, writer: &mut Writer) {
        writer.i64(self.seconds);
        writer.u32(self.nanoseconds);
    }
}

/// An RFC 3339 text: the instant and the offset in minutes.
pub(super) fn parse_rfc3339(text: &str) -> Option<Result<(Timestamp, i16), Invalid>> {
    let mut scan = Scan::new(text);
    let (year, month, day) = Date::scan(&mut scan)?;
    scan.any(b"Tt")?;
    let (hour, minute, second, nanoseconds) = TimeOfDay::scan(&mut scan)?;
    let offset = match scan.any(b"Zz+-")? {
        sign @ (b'+' | b'-') => {
            let hours = scan.digits(2)?;
            scan.any(b":")?;
            let minutes = scan.digits(2)?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = (hours * 60 + minutes) as i16;
            if sign == b'-' { -offset } else { offset }
        }
        _ => 0,
    };
    scan.end()?;
    let parts = || {
        Date::new(year, month, day)?;
        TimeOfDay::new(hour, minute, second, nanoseconds)?;
        let of_day = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        let seconds =
            days_from_civil(year.into(), month, day) * DAY + of_day - i64::from(offset) * 60;
        Ok((Timestamp::new(seconds, nanoseconds)?, offset))
    };
    Some(parts())
}

/// Writes date and time of local seconds, without a zone.
pub(super) fn write_local(
    f: &mut std::fmt::Formatter<'_>,
    seconds: i64,
    nanoseconds: u32,
) -> std::fmt::Result {
    let (year, month, day) = civil_from_days(seconds.div_euclid(DAY));
    let of_day = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    write!(
        f,
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
    )?;
    write_fraction(f, nanoseconds)
}

impl std::str::FromStr for Timestamp {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Ok(parse_rfc3339(text).ok_or(TEXT)??.0)
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write_local(f, self.seconds, self.nanoseconds)?;
        f.write_str("Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for text in [
            "0001-01-01T00:00:00Z",
            "1969-12-31T23:59:59.5Z",
            "2024-02-29T12:30:00Z",
            "9999-12-31T23:59:59.999999999Z",
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!(
            "2024-02-29T12:30:00+02:00"
                .parse::<Timestamp>()
                .unwrap()
                .to_string(),
            "2024-02-29T10:30:00Z"
        );
        assert_eq!("1970-01-01t00:00:00z".parse(), Timestamp::new(0, 0));
        assert_eq!(
            "1969-12-31T23:59:59.5Z".parse(),
            Timestamp::new(-1, 500_000_000)
        );
    }

    #[test]
    fn refused_texts() {
        for text in [
            "",
            "2024-02-29",
            "2024-02-29T12:30:00",
            "2024-02-29 12:30:00Z",
            "2023-02-29T12:30:00Z",
            "2024-02-29T12:30:60Z",
            "2024-02-29T12:30:00.Z",
            "2024-02-29T12:30:00+0200",
            "2024-02-29T12:30:00+24:00",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "10000-01-01T00:00:00Z",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
