//! The types of the contract in Rust.
#![allow(missing_docs)]

use hms_ffi::{
    Date, Decimal, Duration, PartialDate, TimeOfDay, Timestamp, Uuid, Value, ZonedTimestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Color {
    Red,
    DarkGreen,
    Blue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Permission {
    Read,
    Write,
    RunIt,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub code: String,
    pub units: u16,
    pub charge: Decimal,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    pub id: String,
    pub lines: Vec<Line>,
    pub note: Option<String>,
    pub paid_in_full: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Awkward {
    pub class: String,
    pub then: u8,
    pub none: bool,
    pub self_: i32,
    pub hash: String,
    pub constructor: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    Empty,
    Circle(f64),
    Label(String),
    Claim(Claim),
    Maybe(Option<u8>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Money {
    pub amount: Decimal,
    pub currency: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantity {
    pub value: Decimal,
    pub unit: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub flag: bool,
    pub small: u8,
    pub negative: i16,
    pub large: u64,
    pub lowest: i64,
    pub ratio: f64,
    pub letter: char,
    pub text: String,
    pub blob: Vec<u8>,
    pub series: Vec<f64>,
    pub words: BTreeSet<String>,
    pub totals: BTreeMap<String, u32>,
    pub pair: (u8, String),
    pub color: Color,
    pub permissions: BTreeSet<Permission>,
    pub shape: Shape,
    pub present: Option<u32>,
    pub absent: Option<u32>,
    pub boxed: Option<Option<u8>>,
    pub good: Result<u32, String>,
    pub bad: Result<u32, String>,
    pub at: Timestamp,
    pub local: ZonedTimestamp,
    pub day: Date,
    pub month: PartialDate,
    pub clock: TimeOfDay,
    pub span: Duration,
    pub price: Decimal,
    pub id: Uuid,
    pub extra: Value,
    pub cost: Money,
    pub dose: Quantity,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    pub title: String,
    pub severity: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Denial {
    Duplicate,
    NotCovered(String),
    OverLimit(Decimal),
}
