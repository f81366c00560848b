//! What provider and caller of the soak share: the types of its contract.
#![allow(missing_docs)]

use hms_ffi::{Contract, Result, include_contract};
use serde::{Deserialize, Serialize};

/// The contract of the soak.
///
/// # Errors
/// None, unless it is broken.
pub fn contract() -> Result<Contract> {
    include_contract!("../soak.wit")
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub units: u32,
    pub price: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub id: String,
    pub lines: Vec<Line>,
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    pub id: String,
    pub total: u64,
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Refusal {
    Empty,
    TooMany(u32),
}

/// What a provider answers to an order.
///
/// # Errors
/// As the contract says.
pub fn price(order: &Order) -> std::result::Result<Receipt, Refusal> {
    match order.lines.len() {
        0 => Err(Refusal::Empty),
        count @ 21.. => Err(Refusal::TooMany(count as u32)),
        _ => Ok(Receipt {
            id: order.id.clone(),
            total: order
                .lines
                .iter()
                .map(|line| u64::from(line.units) * line.price)
                .sum(),
            note: order.note.clone(),
        }),
    }
}
