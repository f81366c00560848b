//! The two versions of the contract of orders.
#![allow(missing_docs)]

use hms_ffi::{Contract, Decimal, Result, Timestamp, include_contract};
use serde::{Deserialize, Serialize};

/// The older contract.
///
/// # Errors
/// None, unless it is broken.
pub fn old_contract() -> Result<Contract> {
    include_contract!("../versions/old.wit")
}

/// The newer contract.
///
/// # Errors
/// None, unless it is broken.
pub fn new_contract() -> Result<Contract> {
    include_contract!("../versions/new.wit")
}

/// The contract that fits neither.
///
/// # Errors
/// None, unless it is broken.
pub fn broken_contract() -> Result<Contract> {
    include_contract!("../versions/broken.wit")
}

pub mod old {
    use super::{Decimal, Deserialize, Serialize};

    #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Status {
        Unclear,
        Open,
        Closed,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Refusal {
        Other,
        SoldOut,
        TooMany(u32),
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Order {
        pub id: u32,
        pub item: String,
        pub status: Status,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Receipt {
        pub order: u32,
        pub total: Decimal,
        pub status: Status,
        pub seen: Vec<String>,
    }
}

pub mod new {
    use super::{Decimal, Deserialize, Serialize, Timestamp};

    #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Status {
        Unclear,
        Open,
        OnHold,
        Closed,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Refusal {
        Other,
        SoldOut,
        Embargo(String),
        TooMany(u32),
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Order {
        pub note: Option<String>,
        pub status: Status,
        pub item: String,
        pub id: u32,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Receipt {
        pub total: Decimal,
        pub paid: Option<Timestamp>,
        pub order: u32,
        pub seen: Vec<String>,
        pub status: Status,
    }
}
