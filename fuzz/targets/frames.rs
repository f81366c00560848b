//! The reader of frames: whole frames off the front of the input until one is refused or incomplete.
#![no_main]

use hms_ffi_core::protocol::Frame;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    while let Ok(Some((_, _, length))) = Frame::decode(rest) {
        rest = &rest[length..];
    }
});
