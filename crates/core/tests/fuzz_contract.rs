//! Contracts, schemas of peers and version resolution under seeded mutation. `HMS_FUZZ_ITERATIONS` sets the number of inputs
//! (a few hundred by default), `HMS_FUZZ_SEED` the first seed; a failure names its seed.

use std::path::Path;
use std::sync::Arc;

use hms_ffi_core::contract::resolve::Resolution;
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::contract::{Contract, check};
use hms_ffi_core::wire::Limits;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// SplitMix64: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

fn corpus() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut texts = Vec::new();
    for folder in ["contract/good", "contract/bad", "check"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "wit") && path.is_file() {
                texts.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    texts.sort();
    texts
}

/// Words, spaces and punctuation, so that mutations stay close to WIT.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let is_word = |c: char| c.is_alphanumeric() || c == '-' || c == '%';
    for c in text.chars() {
        match tokens.last_mut() {
            Some(last) if is_word(c) && last.chars().all(is_word) => last.push(c),
            _ => tokens.push(c.to_string()),
        }
    }
    tokens
}

fn mutate(random: &mut Random, text: &str, all: &[String]) -> String {
    let mut parts = tokens(text);
    let most = random.below(6);
    for _ in 0..=random.below(most + 1) {
        if parts.is_empty() {
            break;
        }
        let (at, other) = (random.below(parts.len()), random.below(parts.len()));
        match random.below(7) {
            0 => drop(parts.remove(at)),
            1 => parts.insert(at, random.of(all).clone()),
            2 => parts[at] = random.of(all).clone(),
            3 => parts.swap(at, other),
            4 => {
                let (from, to) = (at.min(other), at.max(other).min(at.min(other) + 40));
                let piece = parts[from..to].to_vec();
                parts.splice(from..from, piece);
            }
            5 => {
                let to = (at + random.below(30)).min(parts.len());
                parts.drain(at..to);
            }
            _ => parts.insert(at, char::from(random.next() as u8).to_string()),
        }
    }
    parts.concat()
}

/// The parser's own panics are caught and reported as errors; only ours are worth a line.
fn quiet_parser_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info
            .location()
            .is_none_or(|place| !place.file().contains("wit-"))
        {
            before(info);
        }
    }));
}

#[test]
fn mutated_contracts_are_refused_or_sound() {
    quiet_parser_panics();
    let corpus = corpus();
    let all: Vec<String> = corpus.iter().flat_map(|text| tokens(text)).collect();
    let (first, count) = (
        setting("HMS_FUZZ_SEED", 1),
        setting("HMS_FUZZ_ITERATIONS", 400),
    );
    let mut accepted = 0;
    let bases: Vec<_> = corpus
        .iter()
        .map(|text| Contract::parse("base.wit", text).ok())
        .collect();
    let sound: Vec<usize> = (0..bases.len()).filter(|i| bases[*i].is_some()).collect();
    for seed in first..first + count {
        let mut random = Random(seed);
        // Mostly from texts that load.
        let index = if random.below(4) == 0 {
            random.below(corpus.len())
        } else {
            *random.of(&sound)
        };
        let text = mutate(&mut random, &corpus[index], &all);
        let Ok(contract) = Contract::parse("fuzz.wit", &text) else {
            continue;
        };
        accepted += 1;
        for name in contract.interfaces() {
            let schema = contract
                .schema(name)
                .unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
            let again = Schema::from_peer_json(&schema.to_json());
            assert_eq!(again.as_ref(), Ok(&*schema), "seed {seed}\n{text}");
            let printed = Contract::parse("printed.wit", &schema.wit).unwrap_or_else(|e| {
                panic!("seed {seed}: {e}\n{text}\n--- printed\n{}", schema.wit)
            });
            let printed = printed.schema(name).unwrap();
            assert_eq!(
                printed.fingerprint, schema.fingerprint,
                "seed {seed}\n{text}\n---\n{}",
                schema.wit
            );
        }
        if let Some(base) = &bases[index] {
            let _ = check::compare(base, &contract);
            for name in base.interfaces() {
                if let Ok(new) = contract.schema(name) {
                    let old = base.schema(name).unwrap();
                    run_resolution(&mut random, &old, &new);
                    run_resolution(&mut random, &new, &old);
                }
            }
        }
    }
    println!("contracts: {count} inputs from seed {first}, {accepted} accepted");
    assert!(accepted > 0 && accepted < count);
}

/// Whatever the bytes are, the plans end in a message or an error.
fn run_resolution(random: &mut Random, view: &Arc<Schema>, exporter: &Arc<Schema>) {
    let resolution = Resolution::new(view, exporter);
    for index in 0..view.functions.len() as u32 {
        let Ok(plan) = resolution.function(index) else {
            continue;
        };
        let bytes: Vec<u8> = (0..random.below(64))
            .map(|_| random.next() as u8 & 3)
            .collect();
        let _ = plan.transcode_args(&bytes, &Limits::DEFAULT);
        let _ = plan.transcode_ok(&bytes, &Limits::DEFAULT);
        let _ = plan.transcode_err(&bytes, &Limits::DEFAULT);
    }
}

#[test]
fn mutated_schemas_of_peers_are_refused_or_sound() {
    let mut corpus = Vec::new();
    for text in corpus_contracts() {
        for name in text.interfaces() {
            corpus.push(text.schema(name).unwrap());
        }
    }
    let (first, count) = (
        setting("HMS_FUZZ_SEED", 1),
        setting("HMS_FUZZ_ITERATIONS", 400),
    );
    let mut accepted = 0;
    for seed in first..first + count {
        let mut random = Random(seed);
        let schema = random.of(&corpus).clone();
        let mut value = serde_json::to_value(&*schema).unwrap();
        value["wit"] = "".into();
        for _ in 0..=random.below(3) {
            mutate_json(&mut random, &mut value);
        }
        let mut json = serde_json::to_vec(&value).unwrap();
        if random.below(4) == 0 {
            let at = random.below(json.len());
            json[at] = random.next() as u8;
        }
        if let Ok(found) = Schema::from_peer_json(&json) {
            accepted += 1;
            let found = Arc::new(found);
            run_resolution(&mut random, &schema, &found);
        }
    }
    println!("schemas: {count} inputs from seed {first}, {accepted} accepted");
}

fn corpus_contracts() -> Vec<Contract> {
    corpus()
        .iter()
        .filter_map(|text| Contract::parse("corpus.wit", text).ok())
        .collect()
}

/// Changes one place: a number, a text, a flag, or the shape.
fn mutate_json(random: &mut Random, value: &mut serde_json::Value) {
    use serde_json::Value;
    match value {
        Value::Array(items) if !items.is_empty() => {
            let at = random.below(items.len());
            match random.below(8) {
                0 => drop(items.remove(at)),
                1 => items.insert(at, items[random.below(items.len())].clone()),
                _ => mutate_json(random, &mut items[at]),
            }
        }
        Value::Object(members) if !members.is_empty() => {
            let at = random.below(members.len());
            let key = members.keys().nth(at).unwrap().clone();
            match random.below(12) {
                0 => drop(members.remove(&key)),
                1 => drop(members.insert("kind".into(), "set".into())),
                _ => mutate_json(random, members.get_mut(&key).unwrap()),
            }
        }
        Value::Number(_) => *value = [0, 1, 2, 7, 255, u64::MAX][random.below(6)].into(),
        Value::String(text) => {
            *value = [
                "",
                "a",
                "A-b",
                "__proto__",
                "x\"; drop",
                "u8",
                "hms:a/b@1.0.0",
                &text.to_uppercase(),
            ][random.below(8)]
            .into();
        }
        Value::Bool(flag) => *flag = !*flag,
        other => *other = Value::Bool(true),
    }
}
