//! Contracts as text, and schemas of peers as JSON.
#![no_main]

use hms_ffi_core::contract::Contract;
use hms_ffi_core::contract::schema::Schema;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = Schema::from_peer_json(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Contract::parse("fuzz.wit", text);
    }
});
