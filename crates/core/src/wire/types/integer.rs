//! Integers of any size, as far as exact decimals in documents need them: digits to bytes and back.

/// A number of any size, as big-endian bytes without leading zeros (none for zero).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Magnitude(Vec<u8>);

/// Digits that are handled at once: the largest power of ten below 2⁶⁴.
const DIGITS: usize = 19;
const BASE: u128 = 10_000_000_000_000_000_000;

impl Magnitude {
    /// From big-endian bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Magnitude(bytes[zeros..].to_vec())
    }

    pub(super) fn from_u64(number: u64) -> Self {
        Self::from_bytes(&number.to_be_bytes())
    }

    /// Big-endian bytes without leading zeros.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The number, if it fits 64 bits.
    pub(super) fn to_u64(&self) -> Option<u64> {
        let start = 8usize.checked_sub(self.0.len())?;
        let mut bytes = [0; 8];
        bytes[start..].copy_from_slice(&self.0);
        Some(u64::from_be_bytes(bytes))
    }

    /// One more: CBOR's negative numbers are −1 − n.
    pub(super) fn plus_one(mut self) -> Self {
        for byte in self.0.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                return self;
            }
        }
        self.0.insert(0, 1);
        self
    }

    /// One less; the number is not zero.
    pub(super) fn minus_one(mut self) -> Self {
        for byte in self.0.iter_mut().rev() {
            *byte = byte.wrapping_sub(1);
            if *byte != 0xff {
                break;
            }
        }
        Self::from_bytes(&self.0)
    }

    /// From ASCII digits.
    pub(super) fn from_digits(digits: &[u8]) -> Self {
        let mut limbs: Vec<u64> = Vec::new(); // least significant first
        let first = digits.len() % DIGITS;
        let chunks = std::iter::once(&digits[..first]).chain(digits[first..].chunks(DIGITS));
        for chunk in chunks.filter(|chunk| !chunk.is_empty()) {
            let mut carry = chunk.iter().fold(0u128, |number, digit| {
                number * 10 + u128::from(digit - b'0')
            });
            let scale = 10u128.pow(chunk.len() as u32);
            for limb in &mut limbs {
                let product = u128::from(*limb) * scale + carry;
                *limb = product as u64;
                carry = product >> 64;
            }
            if carry > 0 {
                limbs.push(carry as u64);
            }
        }
        let bytes: Vec<u8> = limbs
            .iter()
            .rev()
            .flat_map(|limb| limb.to_be_bytes())
            .collect();
        Self::from_bytes(&bytes)
    }

    /// As digits, `0` for zero.
    pub(super) fn to_digits(&self) -> String {
        let mut limbs: Vec<u64> = self
            .0
            .rchunks(8)
            .map(|chunk| Self(chunk.to_vec()).to_u64().unwrap_or(0))
            .collect();
        let mut groups = Vec::new(); // least significant first
        while !limbs.is_empty() {
            let mut rest = 0u128;
            for limb in limbs.iter_mut().rev() {
                let number = rest << 64 | u128::from(*limb);
                *limb = (number / BASE) as u64;
                rest = number % BASE;
            }
            groups.push(rest as u64);
            while limbs.last() == Some(&0) {
                limbs.pop();
            }
        }
        let mut text = groups.pop().unwrap_or(0).to_string();
        for group in groups.iter().rev() {
            text.push_str(&format!("{group:019}"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_back() {
        for digits in [
            "0",
            "1",
            "18446744073709551615",
            "18446744073709551616",
            "100000000000000000000000000000000000000000",
        ] {
            assert_eq!(
                Magnitude::from_digits(digits.as_bytes()).to_digits(),
                digits
            );
        }
        let long: String = (0..4000)
            .map(|i| char::from(b'1' + (i % 9) as u8))
            .collect();
        assert_eq!(Magnitude::from_digits(long.as_bytes()).to_digits(), long);
    }

    #[test]
    fn against_128_bits() {
        for number in [0u128, 1, 255, 256, u64::MAX.into(), 1 << 64, u128::MAX - 1] {
            let magnitude = Magnitude::from_bytes(&number.to_be_bytes());
            assert_eq!(magnitude.to_digits(), number.to_string());
            assert_eq!(
                Magnitude::from_digits(number.to_string().as_bytes()),
                magnitude
            );
            assert_eq!(
                magnitude.clone().plus_one().to_digits(),
                (number + 1).to_string()
            );
            assert_eq!(magnitude.clone().plus_one().minus_one(), magnitude);
            assert_eq!(magnitude.to_u64(), u64::try_from(number).ok());
        }
    }
}
