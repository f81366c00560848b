//! A seeded generator, random type tables and random values of their types as JSON.

use hms_ffi_core::contract::schema::{Case, Constraints, Field, Kind, Schema, TypeDef, TypeId};
use hms_ffi_core::convert::json::Json;
use hms_ffi_core::wire::Number;
use hms_ffi_core::wire::types::{Date, Duration, TimeOfDay, Timestamp, Uuid, ZonedTimestamp};

/// SplitMix64: small, and good enough to choose test data.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Any 64 bits, with a liking for bounds and small numbers.
    pub fn bits(&mut self) -> u64 {
        match self.below(4) {
            0 => self.next() % 300,
            1 => (self.next() % 300).wrapping_neg(),
            2 => 1u64
                .rotate_left(self.below(64) as u32)
                .wrapping_sub(self.next() % 2),
            _ => self.next(),
        }
    }
}

const SCALARS: [Kind; 11] = [
    Kind::Bool,
    Kind::S8,
    Kind::S16,
    Kind::S32,
    Kind::S64,
    Kind::U8,
    Kind::U16,
    Kind::U32,
    Kind::U64,
    Kind::Char,
    Kind::String,
];
const OTHERS: [Kind; 11] = [
    Kind::F32,
    Kind::F64,
    Kind::Timestamp,
    Kind::ZonedTimestamp,
    Kind::Date,
    Kind::PartialDate,
    Kind::TimeOfDay,
    Kind::Duration,
    Kind::Decimal,
    Kind::Uuid,
    Kind::Document,
];

fn cases(random: &mut Random, most: usize, payloads: Option<TypeId>) -> Vec<Case> {
    let count = if random.chance(8) {
        most
    } else {
        1 + random.below(5)
    };
    (0..count)
        .map(|index| Case {
            name: format!("c{index}"),
            ty: payloads
                .filter(|_| random.chance(2))
                .map(|last| random.below(last as usize) as TypeId),
            docs: String::new(),
        })
        .collect()
}

/// A table of all scalars and of `count` random types upon them.
pub fn schema(random: &mut Random, count: usize) -> Schema {
    let mut kinds: Vec<Kind> = SCALARS.into_iter().chain(OTHERS).collect();
    for _ in 0..count {
        let known = kinds.len() as TypeId;
        let mut any = || random.below(known as usize) as TypeId;
        let (first, second) = (any(), any());
        let key = random.below(SCALARS.len()) as TypeId;
        kinds.push(match random.below(12) {
            0 => Kind::List { element: first },
            1 => Kind::FixedList {
                element: first,
                length: random.below(4) as u32,
            },
            2 => Kind::Tuple {
                elements: (0..=random.below(4))
                    .map(|_| random.below(known as usize) as TypeId)
                    .collect(),
            },
            3 => Kind::Set { element: key },
            4 => Kind::Map { key, value: first },
            5 | 6 => {
                let mut fields = Vec::new();
                for index in 0..=random.below(5) {
                    fields.push(Field {
                        name: format!("f{index}"),
                        ty: random.below(known as usize) as TypeId,
                        constraints: Constraints::default(),
                        docs: String::new(),
                    });
                }
                Kind::Record { fields }
            }
            7 => Kind::Enum {
                cases: cases(random, 300, None),
                fallback: None,
            },
            8 => Kind::Flags {
                flags: cases(random, 32, None),
            },
            9 => Kind::Variant {
                cases: cases(random, 300, Some(known)),
                fallback: None,
            },
            10 => Kind::Option { payload: first },
            _ => Kind::Result {
                ok: Some(first).filter(|_| random.chance(2)),
                err: Some(second),
            },
        });
    }
    let def = |kind| TypeDef {
        name: None,
        owner: None,
        kind,
        constraints: Constraints::default(),
        foreign: Vec::new(),
        docs: String::new(),
    };
    Schema {
        interface: "test:random/random".to_owned(),
        fingerprint: String::new(),
        types: kinds.into_iter().map(def).collect(),
        functions: Vec::new(),
        resources: Vec::new(),
        docs: String::new(),
        wit: String::new(),
        topics: false,
    }
}

fn string(value: impl ToString) -> Json {
    Json::String(value.to_string())
}

fn text(random: &mut Random) -> String {
    const CHARS: [char; 8] = ['a', 'Z', '0', 'é', '€', '😀', '\0', '"'];
    (0..random.below(6)).map(|_| *random.pick(&CHARS)).collect()
}

fn float(value: f64) -> Json {
    match value {
        value if value.is_nan() => string("NaN"),
        f64::INFINITY => string("Infinity"),
        f64::NEG_INFINITY => string("-Infinity"),
        value => Json::Float(value),
    }
}

fn number(random: &mut Random, number: Number) -> Json {
    let bits = random.bits();
    let long = |value: i128| {
        if value.unsigned_abs() < 1 << 53 {
            Json::Integer(value)
        } else {
            string(value)
        }
    };
    match number {
        Number::S8 => Json::Integer((bits as i8).into()),
        Number::S16 => Json::Integer((bits as i16).into()),
        Number::S32 => Json::Integer((bits as i32).into()),
        Number::S64 => long((bits as i64).into()),
        Number::U8 => Json::Integer((bits as u8).into()),
        Number::U16 => Json::Integer((bits as u16).into()),
        Number::U32 => Json::Integer((bits as u32).into()),
        Number::U64 => long(bits.into()),
        Number::F32 => float(f32::from_bits(bits as u32).into()),
        Number::F64 => float(f64::from_bits(bits)),
    }
}

fn document(random: &mut Random, depth: u32) -> Json {
    match random.below(if depth > 3 { 5 } else { 7 }) {
        0 => Json::Null,
        1 => Json::Bool(random.chance(2)),
        2 => Json::Integer((random.bits() as i64).into()),
        3 => match f64::from_bits(random.bits()) {
            value if value.is_finite() => Json::Float(value),
            _ => Json::Float(-0.0),
        },
        4 => string(text(random)),
        5 => Json::Array(
            (0..random.below(4))
                .map(|_| document(random, depth + 1))
                .collect(),
        ),
        _ => Json::Object(
            (0..random.below(4))
                .map(|index| {
                    (
                        format!("{}{index}", text(random)),
                        document(random, depth + 1),
                    )
                })
                .collect(),
        ),
    }
}

fn timestamp(random: &mut Random) -> Timestamp {
    const FIRST: i64 = -62_135_596_800;
    let seconds = FIRST + (random.next() % 315_537_897_600) as i64;
    Timestamp::new(seconds, (random.next() % 1_000_000_000) as u32).unwrap()
}

/// Distinct values: those of sets and the keys of maps.
fn distinct(random: &mut Random, schema: &Schema, id: TypeId) -> Vec<Json> {
    let mut values: Vec<Json> = Vec::new();
    for _ in 0..random.below(5) {
        let next = value(random, schema, id, 0);
        if !values.contains(&next) {
            values.push(next);
        }
    }
    values
}

/// A value of a type, as lifting gives it, but sets and maps in any order. Lists of floats have no NaN bits.
pub fn value(random: &mut Random, schema: &Schema, id: TypeId, depth: u32) -> Json {
    let of = |random: &mut Random, id: TypeId| value(random, schema, id, depth + 1);
    let most = if depth > 4 { 1 } else { 4 };
    let kind = &schema.ty(id).kind;
    if let Some(kind) = Number::of(kind) {
        return number(random, kind);
    }
    match kind {
        Kind::Bool => Json::Bool(random.chance(2)),
        Kind::Char => string(*random.pick(&['a', 'é', '€', '😀', '\0', '\u{10ffff}'])),
        Kind::String => string(text(random)),
        Kind::List { element } => {
            list(random, schema, *element, depth, |random| random.below(most))
        }
        Kind::FixedList { element, length } => {
            list(random, schema, *element, depth, |_| *length as usize)
        }
        Kind::Tuple { elements } => {
            Json::Array(elements.iter().map(|id| of(random, *id)).collect())
        }
        Kind::Set { element } => Json::Array(distinct(random, schema, *element)),
        Kind::Map { key, value: id } => {
            let keys = distinct(random, schema, *key);
            let entries = keys.into_iter().map(|key| (key, of(random, *id)));
            if schema.ty(*key).kind == Kind::String {
                let member = |(key, value)| match key {
                    Json::String(key) => (key, value),
                    other => unreachable!("a string is lifted to {}", other.kind()),
                };
                Json::Object(entries.map(member).collect())
            } else {
                Json::Array(
                    entries
                        .map(|(key, value)| Json::Array(vec![key, value]))
                        .collect(),
                )
            }
        }
        Kind::Record { fields } => Json::Object(
            fields
                .iter()
                .map(|field| (field.name.clone(), of(random, field.ty)))
                .collect(),
        ),
        Kind::Enum { cases, .. } => string(&random.pick(cases).name),
        Kind::Flags { flags } => Json::Array(
            flags
                .iter()
                .filter(|_| random.chance(2))
                .map(|flag| string(&flag.name))
                .collect(),
        ),
        Kind::Variant { cases, .. } => {
            let case = random.pick(cases);
            let mut members = vec![("tag".to_owned(), string(&case.name))];
            members.extend(case.ty.map(|id| ("val".to_owned(), of(random, id))));
            Json::Object(members)
        }
        Kind::Option { .. } if random.chance(3) => Json::Null,
        Kind::Option { payload } => {
            let inner = of(random, *payload);
            match schema.ty(*payload).kind {
                Kind::Option { .. } | Kind::Document => {
                    Json::Object(vec![("some".to_owned(), inner)])
                }
                _ => inner,
            }
        }
        Kind::Result { ok, err } => {
            let (key, id) = if random.chance(2) {
                ("ok", ok)
            } else {
                ("err", err)
            };
            Json::Object(vec![(
                key.to_owned(),
                id.map_or(Json::Null, |id| of(random, id)),
            )])
        }
        Kind::Timestamp => string(timestamp(random)),
        Kind::ZonedTimestamp => {
            let instant = timestamp(random);
            let offset = (random.next() % 2879) as i16 - 1439;
            string(
                ZonedTimestamp::new(instant, offset)
                    .or(ZonedTimestamp::new(instant, 0))
                    .unwrap(),
            )
        }
        Kind::Date => string(
            Date::new(
                1 + random.below(9999) as u16,
                1 + random.below(12) as u8,
                1 + random.below(28) as u8,
            )
            .unwrap(),
        ),
        Kind::PartialDate => {
            let year = 1 + random.below(9999);
            string(if random.chance(2) {
                format!("{year:04}")
            } else {
                format!("{year:04}-{:02}", 1 + random.below(12))
            })
        }
        Kind::TimeOfDay => {
            let small = |random: &mut Random, bound| random.below(bound) as u8;
            let (hour, minute, second) = (small(random, 24), small(random, 60), small(random, 60));
            string(
                TimeOfDay::new(hour, minute, second, random.below(1_000_000_000) as u32).unwrap(),
            )
        }
        Kind::Duration => {
            string(Duration::new(random.bits() as i64, random.below(1_000_000_000) as u32).unwrap())
        }
        Kind::Decimal => {
            let sign = if random.chance(2) { "-" } else { "" };
            string(format!(
                "{sign}{}.{:03}",
                random.bits(),
                1 + random.below(999)
            ))
        }
        Kind::Uuid => string(Uuid::from_u128(
            u128::from(random.next()) << 64 | u128::from(random.next()),
        )),
        Kind::Document => document(random, depth),
        other => unreachable!("no random values of {other:?}"),
    }
}

fn list(
    random: &mut Random,
    schema: &Schema,
    element: TypeId,
    depth: u32,
    len: impl Fn(&mut Random) -> usize,
) -> Json {
    let len = len(random);
    if schema.ty(element).kind == Kind::U8 {
        const BASE64: [&str; 4] = ["", "/w==", "AAE=", "AQID"];
        return string(BASE64[len]);
    }
    Json::Array(
        (0..len)
            .map(|_| value(random, schema, element, depth + 1))
            .collect(),
    )
}
