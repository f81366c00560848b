//! `duration`

use super::scan::{Scan, write_fraction};
use super::{Invalid, NANOSECONDS};
use crate::wire::{Fault, Reader, Writer};

const TEXT: Invalid = Invalid("not a duration like 1.5s or -0.25s");

/// A span of time: seconds, which may be negative, plus nanoseconds (0 to 999999999) that count forwards.
/// −0.25 s is −1 s and 750000000 ns. As text: `-0.25s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    seconds: i64,
    nanoseconds: u32,
}

impl Duration {
    /// Seconds, rounded down, and nanoseconds (0 to 999999999) after them.
    pub const fn new(seconds: i64, nanoseconds: u32) -> Result<Self, Invalid> {
        if nanoseconds > 999_999_999 {
            Err(NANOSECONDS)
        } else {
            Ok(Duration {
                seconds,
                nanoseconds,
            })
        }
    }

    /// From nanoseconds; an error if the seconds do not fit 64 bits.
    pub fn from_nanoseconds(total: i128) -> Result<Self, Invalid> {
        let seconds = i64::try_from(total.div_euclid(1_000_000_000))
            .map_err(|_| Invalid("a duration's seconds must fit 64 bits"))?;
        Ok(Duration {
            seconds,
            nanoseconds: total.rem_euclid(1_000_000_000) as u32,
        })
    }

    /// Seconds, rounded down.
    pub const fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds after [`seconds`](Self::seconds), 0 to 999999999.
    pub const fn nanoseconds(self) -> u32 {
        self.nanoseconds
    }

    /// The whole span in nanoseconds.
    pub const fn total_nanoseconds(self) -> i128 {
        self.seconds as i128 * 1_000_000_000 + self.nanoseconds as i128
    }

    /// Reads one and checks its range.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Ok(Duration::new(reader.i64()?, reader.u32()?)?)
    }

    /// Writes one.
    pub fn write(self, writer: &mut Writer) {
        writer.i64(self.seconds);
        writer.u32(self.nanoseconds);
    }
}

impl std::str::FromStr for Duration {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let parts = || {
            let mut scan = Scan::new(text);
            let negative = scan.any(b"-").is_some();
            let seconds = i128::from(scan.number()?);
            let nanoseconds = i128::from(scan.fraction()?);
            scan.any(b"s")?;
            scan.end()?;
            let total = seconds * 1_000_000_000 + nanoseconds;
            Some(if negative { -total } else { total })
        };
        Duration::from_nanoseconds(parts().ok_or(TEXT)?)
    }
}

impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let total = self.total_nanoseconds();
        let sign = if total < 0 { "-" } else { "" };
        let magnitude = total.unsigned_abs();
        write!(f, "{sign}{}", magnitude / 1_000_000_000)?;
        write_fraction(f, (magnitude % 1_000_000_000) as u32)?;
        f.write_str("s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for text in [
            "0s",
            "1.5s",
            "-0.25s",
            "-1s",
            "9223372036854775807.999999999s",
            "-9223372036854775808s",
        ] {
            assert_eq!(text.parse::<Duration>().unwrap().to_string(), text);
        }
        assert_eq!("-0.25s".parse(), Duration::new(-1, 750_000_000));
        for text in [
            "",
            "1",
            "s",
            ".5s",
            "1.s",
            "1.5",
            "+1s",
            "9223372036854775808s",
            "-9223372036854775808.1s",
            "--1s",
        ] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }
}
