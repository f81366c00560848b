//! Half-precision floats, the shortest form of floats in documents.

/// The half-precision bits of a float, if it fits exactly. NaN does not.
pub(super) fn to_half(value: f32) -> Option<u16> {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let exponent = (bits >> 23 & 0xff) as i32 - 127;
    let fraction = bits & 0x7f_ffff;
    let magnitude = match exponent {
        -127 if fraction == 0 => 0,
        128 if fraction == 0 => 0x7c00,
        -14..=15 if fraction & 0x1fff == 0 => {
            ((exponent + 15) as u16) << 10 | (fraction >> 13) as u16
        }
        // Subnormal: a multiple of 2^-24.
        -24..=-15 => {
            let significand = fraction | 0x80_0000;
            let shift = -(exponent + 1);
            if significand & ((1 << shift) - 1) != 0 {
                return None;
            }
            (significand >> shift) as u16
        }
        _ => return None,
    };
    Some(sign | magnitude)
}

/// The value of half-precision bits.
pub(super) fn from_half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let magnitude = match bits >> 10 & 0x1f {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1.0 + fraction / 1024.0) * 2f64.powi(i32::from(exponent) - 15),
    };
    if bits & 0x8000 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_there_and_back() {
        for bits in 0..=u16::MAX {
            let value = from_half(bits);
            if !value.is_nan() {
                assert_eq!(to_half(value as f32), Some(bits));
            }
        }
    }

    #[test]
    fn what_does_not_fit() {
        for value in [
            f32::NAN,
            65_520.0,
            0.1,
            2f32.powi(-25),
            1.0 + 2f32.powi(-11),
            f32::MIN_POSITIVE / 2.0,
        ] {
            assert_eq!(to_half(value), None, "{value}");
        }
    }
}
