//! `uuid`

use super::Invalid;
use crate::wire::{Fault, Reader, Writer};

const TEXT: Invalid = Invalid("not a UUID like 0190163d-8694-739b-aea5-966c26f8ad91");

/// A UUID (RFC 9562). As text: lower-case with hyphens; upper-case is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(u128);

impl Uuid {
    /// From the 128-bit number, most significant byte first in the text.
    pub const fn from_u128(number: u128) -> Self {
        Uuid(number)
    }

    /// From the sixteen bytes in the order of the text.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Uuid(u128::from_be_bytes(bytes))
    }

    /// The 128-bit number.
    pub const fn as_u128(self) -> u128 {
        self.0
    }

    /// The sixteen bytes in the order of the text.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Reads one and checks its range.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let high = reader.u64()?;
        Ok(Uuid(u128::from(high) << 64 | u128::from(reader.u64()?)))
    }

    /// Writes one.
    pub fn write(self, writer: &mut Writer) {
        writer.u64((self.0 >> 64) as u64);
        writer.u64(self.0 as u64);
    }
}

impl std::str::FromStr for Uuid {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut number = 0u128;
        if text.len() != 36 {
            return Err(TEXT);
        }
        for (index, byte) in text.bytes().enumerate() {
            if matches!(index, 8 | 13 | 18 | 23) {
                if byte != b'-' {
                    return Err(TEXT);
                }
                continue;
            }
            number = number << 4 | u128::from(char::from(byte).to_digit(16).ok_or(TEXT)?);
        }
        Ok(Uuid(number))
    }
}

impl std::fmt::Display for Uuid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(
            f,
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let text = "0190163d-8694-739b-aea5-966c26f8ad91";
        assert_eq!(text.parse::<Uuid>().unwrap().to_string(), text);
        assert_eq!(
            text.to_uppercase().parse::<Uuid>().unwrap().to_string(),
            text
        );
        for text in [
            "",
            "0190163d8694739baea5966c26f8ad91",
            "{0190163d-8694-739b-aea5-966c26f8ad9}",
            "0190163d-8694-739b-aea5-966c26f8ad9g",
        ] {
            assert!(text.parse::<Uuid>().is_err(), "{text}");
        }
    }
}
