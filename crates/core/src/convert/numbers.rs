//! Packed numbers, and numbers that change their kind without losing anything.

use crate::wire::Number;

/// An integer as a float, if the float of this width (`F32` or `F64`) holds it exactly.
pub fn exact_float(integer: i128, number: Number) -> Option<f64> {
    let float = if number == Number::F32 {
        f64::from(integer as f32)
    } else {
        integer as f64
    };
    // 2^127 as a float is one more than i128::MAX: the cast back would saturate and seem equal.
    (float < 2f64.powi(127) && float as i128 == integer).then_some(float)
}

/// An f32 as an f64. A NaN keeps sign and payload, also a signalling one, which a cast would make quiet.
pub fn widen(value: f32) -> f64 {
    if !value.is_nan() {
        return value.into();
    }
    let bits = u64::from(value.to_bits());
    f64::from_bits(((bits >> 31) << 63) | (0x7ff << 52) | ((bits & 0x7f_ffff) << 29))
}

/// An f64 as the nearest f32; what [`widen`] made of a NaN gets its bits back.
pub fn narrow(value: f64) -> f32 {
    if !value.is_nan() {
        return value as f32;
    }
    let bits = value.to_bits();
    let payload = (bits >> 29) as u32 & 0x7f_ffff;
    let payload = if payload == 0 { 1 << 22 } else { payload };
    f32::from_bits((((bits >> 63) as u32) << 31) | (0xff << 23) | payload)
}

macro_rules! iterators {
    ($($name:ident)*) => {$(
        #[doc = concat!("The numbers of a packed list of ", stringify!($name), ".")]
        pub fn $name(packed: &[u8]) -> impl ExactSizeIterator<Item = $name> + '_ {
            let (numbers, _) = packed.as_chunks();
            numbers.iter().map(|number| $name::from_le_bytes(*number))
        }
    )*};
}
iterators!(i8 i16 i32 i64 u16 u32 u64 f32 f64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactness() {
        assert_eq!(exact_float(1 << 53, Number::F64), Some(2f64.powi(53)));
        assert_eq!(exact_float((1 << 53) + 1, Number::F64), None);
        assert_eq!(exact_float(1 << 24, Number::F32), Some(2f64.powi(24)));
        assert_eq!(exact_float((1 << 24) + 1, Number::F32), None);
        assert_eq!(exact_float(i128::MAX, Number::F64), None);
        assert_eq!(exact_float(i128::MIN, Number::F64), Some(-2f64.powi(127)));
    }

    #[test]
    fn nan_keeps_its_bits() {
        for bits in [
            0x7fa0_0001,
            0xffa0_0001,
            0x7fc0_0000,
            0xffff_ffff,
            0x7f80_0001,
        ] {
            assert_eq!(narrow(widen(f32::from_bits(bits))).to_bits(), bits);
        }
        assert_eq!(
            widen(f32::from_bits(0x7fc0_0000)).to_bits(),
            0x7ff8_0000_0000_0000
        );
        assert!(narrow(f64::from_bits(0x7ff0_0000_0000_0001)).is_nan());
        assert_eq!(narrow(widen(-0.0)).to_bits(), (-0.0f32).to_bits());
        assert_eq!(narrow(1e300), f32::INFINITY);
    }

    #[test]
    fn packed() {
        assert_eq!(i16(&[1, 0, 0xff, 0xff]).collect::<Vec<_>>(), [1, -1]);
    }
}
