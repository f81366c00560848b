//! Damaged vectors: the reader of values never panics, and what it accepts has exactly these bytes.
//! HMS_FUZZ_ITERATIONS says how many (default 20,000), HMS_FUZZ_SEED where they start; a failing input is printed with its seed.

mod support;

use hms_ffi_core::contract::schema::{Kind, Schema, TypeId};
use hms_ffi_core::convert::Converter;
use hms_ffi_core::convert::json::{Json, ToJson, to_wire};
use hms_ffi_core::wire::Limits;
use support::random::Random;
use support::vectors::{bytes, files, hex, schema, text, ty};

/// Prints the input if the test panics in the middle of it.
struct Input<'a>(u64, &'a str, &'a [u8]);

impl Drop for Input<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "HMS_FUZZ_SEED={}: type {}, bytes {}",
                self.0,
                self.1,
                hex(self.2)
            );
        }
    }
}

/// Changes a message in one to four places.
fn mutate(random: &mut Random, message: &mut Vec<u8>, other: &[u8]) {
    const INTERESTING: [u32; 8] = [
        0,
        1,
        2,
        0xff,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        0x0100_0000,
    ];
    for _ in 0..=random.below(4) {
        let at = random.below(message.len() + 1);
        let end = (at + 1 + random.below(8)).min(message.len());
        match random.below(8) {
            0 if at < message.len() => message[at] ^= 1 << random.below(8),
            1 if at < message.len() => message[at] = random.next() as u8,
            2 => message.truncate(at),
            3 => message.insert(at, random.next() as u8),
            4 => drop(message.drain(at..end)),
            5 => {
                let copy = message[at..end].to_vec();
                message.splice(at..at, copy);
            }
            6 if at + 4 <= message.len() => {
                message[at..at + 4].copy_from_slice(&random.pick(&INTERESTING).to_le_bytes());
            }
            _ => {
                let from = random.below(other.len() + 1);
                message.truncate(at);
                message.extend_from_slice(&other[from..]);
            }
        }
    }
}

/// Whether JSON says everything about values of this type: documents hold more.
fn has_document(schema: &Schema, id: TypeId) -> bool {
    let mut found = matches!(schema.ty(id).kind, Kind::Document);
    schema
        .ty(id)
        .kind
        .for_each_child(&mut |child| found |= has_document(schema, child));
    found
}

fn fuzz(iterations: u64) {
    let converter = Converter::new(schema());
    let entries: Vec<Json> = ["good", "bad"]
        .into_iter()
        .flat_map(files)
        .flat_map(|(_, entries)| entries)
        .collect();
    let messages: Vec<(&str, TypeId, bool, Vec<u8>)> = entries
        .iter()
        .map(|entry| {
            let name = text(entry, "type");
            let id = ty(converter.schema(), name);
            (
                name,
                id,
                has_document(converter.schema(), id),
                bytes(text(entry, "hex")),
            )
        })
        .collect();
    // Small limits, so that many inputs reach them and none takes long.
    let limits = Limits {
        max_message: 4096,
        max_depth: 16,
        max_elements: 512,
    };
    let mut accepted = 0u64;
    let first = setting("HMS_FUZZ_SEED", 0);
    for iteration in first..first.saturating_add(iterations) {
        let mut random = Random::new(iteration);
        let (name, id, has_document, message) = random.pick(&messages);
        let mut message = message.clone();
        let other = &random.pick(&messages).3;
        mutate(&mut random, &mut message, other);
        let input = Input(iteration, name, &message);
        if let Ok(json) = converter.lift_message(*id, "value", &mut ToJson, &message, &limits) {
            accepted += 1;
            if !has_document {
                let again = to_wire(&converter, *id, "value", &json, &limits);
                assert_eq!(again.as_deref().map(hex), Ok(hex(&message)), "{json}");
            }
        }
        drop(input);
    }
    println!("{iterations} damaged messages, {accepted} of them valid all the same");
    assert!(
        iterations < 1000 || (accepted > 0 && accepted < iterations),
        "the mutations are neither too weak nor too strong"
    );
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |count| count.parse().expect("a number"))
}

#[test]
fn damaged_vectors() {
    fuzz(setting("HMS_FUZZ_ITERATIONS", 20_000));
}

#[test]
#[ignore = "long: part of make test-all"]
fn ten_million_damaged_vectors() {
    fuzz(setting("HMS_FUZZ_ITERATIONS", 10_000_000));
}
