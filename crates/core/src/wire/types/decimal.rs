//! `decimal`

use super::Invalid;
use super::integer::Magnitude;

const GRAMMAR: Invalid = Invalid("not a decimal like -1.10");
const NEGATIVE_ZERO: Invalid = Invalid("a decimal zero has no sign");
const LENGTH: Invalid = Invalid("a decimal has at most 4096 bytes");

/// An exact decimal number as canonical text: `-?(0|[1-9][0-9]*)(\.[0-9]+)?`, without `-` in front of a zero, at most
/// 4096 bytes. The scale is part of the value: 1.10 and 1.1 are different.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal(Box<str>);

impl Decimal {
    /// Bytes of the longest decimal.
    pub const MAX_LEN: usize = 4096;

    /// Checks the text of a decimal without keeping it.
    pub fn check(text: &str) -> Result<(), Invalid> {
        if text.len() > Self::MAX_LEN {
            return Err(LENGTH);
        }
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest.as_bytes()),
            None => (false, text.as_bytes()),
        };
        let point = unsigned
            .iter()
            .position(|byte| *byte == b'.')
            .unwrap_or(unsigned.len());
        let (whole, fraction) = unsigned.split_at(point);
        let digits = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        if !digits(whole)
            || (whole.len() > 1 && whole[0] == b'0')
            || (!fraction.is_empty() && !digits(&fraction[1..]))
        {
            return Err(GRAMMAR);
        }
        if negative && unsigned.iter().all(|byte| matches!(byte, b'0' | b'.')) {
            return Err(NEGATIVE_ZERO);
        }
        Ok(())
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Digits after the point.
    pub fn scale(&self) -> usize {
        self.0.find('.').map_or(0, |point| self.0.len() - point - 1)
    }

    /// The exponent of ten (zero or negative), whether the number is negative, and the digits as one number.
    pub(super) fn parts(&self) -> (i32, bool, Magnitude) {
        let digits: Vec<u8> = self.0.bytes().filter(u8::is_ascii_digit).collect();
        (
            -(self.scale() as i32),
            self.0.starts_with('-'),
            Magnitude::from_digits(&digits),
        )
    }

    /// From an exponent of ten, a sign and the digits as one number; an error if the text is too long.
    pub(super) fn from_parts(
        exponent: i32,
        negative: bool,
        magnitude: &Magnitude,
    ) -> Result<Self, Invalid> {
        let mut digits = magnitude.to_digits();
        let is_zero = digits == "0";
        if exponent > 0 && !is_zero {
            digits.extend(std::iter::repeat_n('0', exponent as usize));
        } else if exponent < 0 {
            let scale = exponent.unsigned_abs() as usize;
            if digits.len() <= scale {
                digits.insert_str(0, &"0".repeat(scale + 1 - digits.len()));
            }
            digits.insert(digits.len() - scale, '.');
        }
        if negative && !is_zero {
            digits.insert(0, '-');
        }
        if digits.len() > Self::MAX_LEN {
            Err(LENGTH)
        } else {
            Ok(Decimal(digits.into()))
        }
    }
}

impl std::str::FromStr for Decimal {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Decimal::check(text)?;
        Ok(Decimal(text.into()))
    }
}

macro_rules! from_integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Decimal {
            fn from(integer: $integer) -> Self {
                Decimal(integer.to_string().into())
            }
        }
    )*};
}
from_integers!(i8 i16 i32 i64 i128 u8 u16 u32 u64 u128);

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar() {
        for text in [
            "0",
            "0.00",
            "-0.01",
            "1.10",
            "12345678901234567890.1234567890123456789000",
            "-7",
        ] {
            assert_eq!(text.parse::<Decimal>().unwrap().as_str(), text);
        }
        for text in [
            "", "-", "-0", "-0.00", "01", ".5", "1.", "+1", "1e3", "1,5", " 1", "1.2.3", "٣", "NaN",
        ] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
        let longest = "9".repeat(4096);
        assert!(longest.parse::<Decimal>().is_ok());
        assert!((longest + "9").parse::<Decimal>().is_err());
    }

    #[test]
    fn parts_and_back() {
        for text in [
            "0",
            "0.00",
            "-0.01",
            "1.10",
            "12345678901234567890.1234567890123456789000",
            "-7",
            "1000",
        ] {
            let decimal: Decimal = text.parse().unwrap();
            let (exponent, negative, magnitude) = decimal.parts();
            assert_eq!(
                Decimal::from_parts(exponent, negative, &magnitude).unwrap(),
                decimal
            );
        }
        let eleven = Magnitude::from_digits(b"11");
        assert_eq!(
            Decimal::from_parts(2, true, &eleven).unwrap().as_str(),
            "-1100"
        );
        assert_eq!(
            Decimal::from_parts(2, false, &Magnitude::from_digits(b"0"))
                .unwrap()
                .as_str(),
            "0"
        );
        assert!(Decimal::from_parts(-4096, false, &eleven).is_err());
    }
}
