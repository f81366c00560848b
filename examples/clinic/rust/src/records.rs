//! The records of `wit/clinic.wit`. Fields are matched by name; the same derives serve JSON in the HTTP comparison.

use std::collections::BTreeMap;

use hms_ffi::{Date, Decimal, PartialDate, Value, ZonedTimestamp};
use serde::{Deserialize, Serialize};

/// A day, only a year or a month, or a moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    Day(Date),
    Partial(PartialDate),
    Moment(ZonedTimestamp),
}

impl When {
    /// The text that the resource had: it sorts by time as far as two of them are precise.
    pub fn text(&self) -> String {
        match self {
            When::Day(day) => day.to_string(),
            When::Partial(partial) => partial.to_string(),
            When::Moment(moment) => moment.to_string(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Period {
    pub start: Option<When>,
    pub end: Option<When>,
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
pub struct HumanName {
    pub usage: Option<String>,
    pub family: Option<String>,
    pub given: Vec<String>,
    pub period: Option<Period>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gender {
    Male,
    Female,
    Other,
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Patient {
    pub id: String,
    pub active: Option<bool>,
    pub names: Vec<HumanName>,
    pub gender: Option<Gender>,
    pub birth_date: Option<When>,
    pub extra: Value,
}

impl Patient {
    /// The birth date, for people.
    pub fn born(&self) -> String {
        self.birth_date
            .as_ref()
            .map_or("unknown".to_owned(), When::text)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encounter {
    pub id: String,
    pub patient: String,
    pub status: String,
    pub care_class: String,
    pub period: Option<Period>,
    pub extra: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Component {
    pub code: String,
    pub value: Option<Quantity>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    pub id: String,
    pub patient: String,
    pub code: String,
    pub name: String,
    pub effective: Option<When>,
    pub value: Option<Quantity>,
    pub components: Vec<Component>,
    pub extra: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    pub id: String,
    pub status: String,
    pub beneficiary: String,
    pub period: Option<Period>,
    pub extra: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimLine {
    pub sequence: u32,
    pub code: String,
    pub net: Option<Money>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    pub id: String,
    pub patient: String,
    pub created: When,
    pub coverage: String,
    pub lines: Vec<ClaimLine>,
    pub total: Option<Money>,
    pub extra: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Missing {
    pub kind: String,
    pub id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub claim: String,
    pub charged: Money,
    pub paid: Money,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Denial {
    Ended(When),
    NotActive(String),
    NoAmount,
    UnknownCoverage(Missing),
}

impl Denial {
    /// The case, as in the contract.
    pub fn name(&self) -> &'static str {
        match self {
            Denial::Ended(_) => "ended",
            Denial::NotActive(_) => "not-active",
            Denial::NoAmount => "no-amount",
            Denial::UnknownCoverage(_) => "unknown-coverage",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Risk {
    pub score: f64,
    pub z_scores: BTreeMap<String, f64>,
    pub observations: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub component: String,
    pub operation: String,
    pub outcome: String,
    pub microseconds: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Journey {
    pub patient: Patient,
    pub encounters: u32,
    pub risk: Risk,
    pub decisions: Vec<Decision>,
    pub denials: Vec<(String, Denial)>,
    pub steps: Vec<Step>,
}
