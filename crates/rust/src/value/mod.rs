//! Values of a contract as any Rust types that serde knows: the object model of Rust.
//!
//! The schema drives: fields are matched by name (`not_covered`, `notCovered` and `NotCovered` all stand for
//! `not-covered`, `#[serde(rename)]` works as ever), integers may be wider or narrower than the contract's as long as the
//! value fits, and nothing else is converted. Well-known types are [`Timestamp`], [`ZonedTimestamp`], [`Date`],
//! [`PartialDate`], [`TimeOfDay`], [`Duration`], [`Decimal`], [`Uuid`] and, for documents, [`Value`] or any other type;
//! `std::time::SystemTime` and `std::time::Duration` are accepted where they are exact.

mod describe;
mod document_lift;
mod document_lower;
mod known;
mod lift;
mod lift_case;
mod lift_list;
mod lift_record;
mod lower;
mod lower_list;
mod lower_map;
mod lower_record;
mod message;
mod names;
mod only;
mod outcome;
mod problem;
mod relocate;
mod same;

pub use hms_ffi_core::wire::types::{
    Date, Decimal, Duration, PartialDate, TimeOfDay, Timestamp, Uuid, Value, ZonedTimestamp,
};
pub use message::{Args, OwnedArgs, from_wire, from_wire_seed, to_wire};
pub(crate) use message::{lift_args, lift_outcome, lower_args, lower_outcome};
pub(crate) use names::{same_letters, snake};
pub(crate) use outcome::{Split, split_result};
pub(crate) use same::same_type;
