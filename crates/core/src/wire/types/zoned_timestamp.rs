//! `zoned-timestamp`

use super::calendar::{FIRST_SECOND, LAST_SECOND};
use super::timestamp::{parse_rfc3339, write_local};
use super::{Invalid, Timestamp};
use crate::wire::{Fault, Reader, Writer};

const OFFSET: Invalid = Invalid("an offset is -1439 to 1439 minutes");
const LOCAL: Invalid = Invalid("the local time lies within the years 1 to 9999");
const TEXT: Invalid = Invalid("not a timestamp like 2024-02-29T12:30:00+02:00");

/// A point in time and the offset from UTC at which it was written. As text: RFC 3339, `2024-02-29T12:30:00+02:00`;
/// an offset of zero is `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZonedTimestamp {
    instant: Timestamp,
    offset_minutes: i16,
}

impl ZonedTimestamp {
    /// The instant and the offset in minutes, −1439 to 1439, positive to the east. The local time lies within the
    /// years 1 to 9999 too.
    pub fn new(instant: Timestamp, offset_minutes: i16) -> Result<Self, Invalid> {
        if !(-1439..=1439).contains(&offset_minutes) {
            return Err(OFFSET);
        }
        let local = instant.seconds() + i64::from(offset_minutes) * 60;
        if !(FIRST_SECOND..=LAST_SECOND).contains(&local) {
            return Err(LOCAL);
        }
        Ok(ZonedTimestamp {
            instant,
            offset_minutes,
        })
    }

    /// The point in time.
    pub const fn instant(self) -> Timestamp {
        self.instant
    }

    /// The offset from UTC in minutes, positive to the east.
    pub const fn offset_minutes(self) -> i16 {
        self.offset_minutes
    }

    /// Reads one and checks its range.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let instant = Timestamp::read(reader)?;
        Ok(ZonedTimestamp::new(instant, reader.i16()?)?)
    }

    /// Writes one.
    pub fn write(self, writer: &mut Writer) {
        self.instant.write(writer);
        writer.i16(self.offset_minutes);
    }
}

impl std::str::FromStr for ZonedTimestamp {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (instant, offset) = parse_rfc3339(text).ok_or(TEXT)??;
        ZonedTimestamp::new(instant, offset)
    }
}

impl std::fmt::Display for ZonedTimestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let local = self.instant.seconds() + i64::from(self.offset_minutes) * 60;
        write_local(f, local, self.instant.nanoseconds())?;
        if self.offset_minutes == 0 {
            return f.write_str("Z");
        }
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let minutes = self.offset_minutes.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for text in [
            "2024-02-29T12:30:00.000000001+02:00",
            "2024-02-29T12:30:00Z",
            "1969-12-31T19:00:00-05:30",
            "0001-01-01T23:59:00+23:59",
            "9999-12-31T00:00:59-23:59",
        ] {
            assert_eq!(text.parse::<ZonedTimestamp>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn local_time_stays_in_range() {
        let first = "0001-01-01T00:00:00Z".parse::<Timestamp>().unwrap();
        assert!(ZonedTimestamp::new(first, 1).is_ok());
        assert!(ZonedTimestamp::new(first, -1).is_err());
        let last = "9999-12-31T23:59:59Z".parse::<Timestamp>().unwrap();
        assert!(ZonedTimestamp::new(last, 1).is_err());
        assert!(ZonedTimestamp::new(last, 1440).is_err());
    }
}
