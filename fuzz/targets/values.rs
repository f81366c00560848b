//! The reader of values: the first two bytes choose a type of the vectors, the others are the message.
#![no_main]

use std::sync::LazyLock;

use hms_ffi_core::contract::Contract;
use hms_ffi_core::convert::Converter;
use hms_ffi_core::convert::json::ToJson;
use hms_ffi_core::wire::Limits;
use libfuzzer_sys::fuzz_target;

static CONVERTER: LazyLock<Converter> = LazyLock::new(|| {
    let contract = Contract::parse(
        "vectors.wit",
        include_str!("../../tests/vectors/vectors.wit"),
    );
    let schema = contract.expect("valid").schema("test:vectors/vectors");
    Converter::new(schema.expect("present"))
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, message)) = data.split_first_chunk::<2>() else {
        return;
    };
    let types = CONVERTER.schema().types.len();
    let id = usize::from(u16::from_le_bytes(*choice)) % types;
    let limits = Limits {
        max_elements: 65_536,
        ..Limits::DEFAULT
    };
    let _ = CONVERTER.lift_message(id as u32, "value", &mut ToJson, message, &limits);
});
