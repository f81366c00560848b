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
    fn packed() {
        assert_eq!(i16(&[1, 0, 0xff, 0xff]).collect::<Vec<_>>(), [1, -1]);
    }
}
