//! Scalars, lists and options.

use crate::{line, types};
use hms_ffi::value::Decimal;
use serde::Deserialize;

#[test]
fn scalars() {
    let types = types();
    types.both_ways("u8", &255u8, "ff");
    types.both_ways("s64", &i64::MIN, "0000000000000080");
    types.both_ways("f64", &-0.0f64, "0000000000000080");
    types.both_ways("char", &'😀', "00f60100");
    types.both_ways("text", &"\0π".to_owned(), "0300000000cf80");
    assert_eq!(types.hex("u8", &7i64), "07", "any integer that fits");
    assert_eq!(types.hex("s64", &7u8), "0700000000000000");
    assert_eq!(
        types.hex("f32", &0.1f64),
        types.hex("f32", &0.1f32),
        "the nearest f32"
    );
    assert_eq!(
        types.hex("f64", &f64::from_bits(0xfff8_0000_0000_0001)),
        "000000000000f87f"
    );
}

#[test]
fn scalars_out_of_range() {
    let types = types();
    types.refuses(
        "u8",
        &256i64,
        "v: expected u8, got a number out of its range",
    );
    types.refuses("u8", &-1i8, "v: expected u8, got a number out of its range");
    types.refuses(
        "s64",
        &u64::MAX,
        "v: expected s64, got a number out of its range",
    );
    types.refuses(
        "f32",
        &1e300,
        "v: expected f32, got a number out of its range",
    );
    types.refuses("f64", &1, "v: expected f64, got integer");
    types.refuses("u8", &1.0, "v: expected u8, got float");
    types.refuses("u8", &true, "v: expected u8, got bool");
    types.refuses("text", &'a', "v: expected string, got char");
    types.refuses("char", &"a", "v: expected char, got string");
    types.refuses_to_lift::<f64>("u8", "07", "v: expected f64, got u8");
    types.refuses_to_lift::<f32>("f64", "0000000000000000", "v: expected f32, got f64");
    types.refuses_to_lift::<char>("text", "0100000061", "v: expected char, got string");
    types.refuses_to_lift::<i8>("u8", "ff", "v: expected i8, got another unsigned integer");
}

#[test]
fn lists_are_packed_and_aligned() {
    let types = types();
    types.both_ways("bytes", &vec![1u8, 2], "020000000102");
    types.both_ways("doubles", &vec![1.0f64], "0100000000000000000000000000f03f");
    types.both_ways("doubles", &Vec::<f64>::new(), "00000000");
    types.both_ways("three", &[1i32, -2, 3], "01000000feffffff03000000");
    types.both_ways("three", &vec![1i32, -2, 3], "01000000feffffff03000000");
    types.both_ways("pair", &(1u8, "a".to_owned()), "010100000061");
    let nan = f32::from_bits(0x7fa0_0001);
    assert_eq!(
        types.hex("singles", &[nan]),
        "010000000100a07f",
        "bits of a NaN in a list are kept"
    );
    types.refuses("three", &vec![1], "v: expected 3 elements, got 1");
    types.refuses("three", &vec![1, 2, 3, 4], "v: expected 3 elements, got 4");
    types.refuses("doubles", &vec![1], "v[0]: expected f64, got integer");
    types.refuses(
        "bytes",
        &vec![1, 300],
        "v[1]: expected u8, got a number out of its range",
    );
    types.refuses(
        "pair",
        &(1u8,),
        "v: expected tuple<u8, string>, got tuple of 1",
    );
    types.refuses("bytes", &"text", "v: expected list<u8>, got string");
}

#[test]
fn strings_and_bytes_are_lent() {
    #[derive(Deserialize, PartialEq, Debug)]
    struct Borrowed<'a> {
        code: &'a str,
        units: u16,
        charge: Decimal,
    }
    let types = types();
    let message = types.lower("lines", &[line("A", "1")]).unwrap();
    let lines: Vec<Borrowed<'_>> = types.lift("lines", &message).unwrap();
    assert_eq!(lines[0].code, "A");
    assert!(message.as_ptr_range().contains(&lines[0].code.as_ptr()));
    let message = types.lower("bytes", &vec![1u8, 2, 3]).unwrap();
    assert_eq!(types.lift::<&[u8]>("bytes", &message).unwrap(), [1, 2, 3]);
}

#[test]
fn options_nest() {
    let types = types();
    types.both_ways("nested", &None::<Option<u8>>, "00");
    types.both_ways("nested", &Some(None::<u8>), "0100");
    types.both_ways("nested", &Some(Some(5u8)), "010105");
    types.refuses(
        "nested",
        &5u8,
        "v: expected option<option<u8>>, got integer",
    );
    types.refuses_to_lift::<u8>(
        "nested",
        "010105",
        "v: expected integer, got option<option<u8>>",
    );
}
