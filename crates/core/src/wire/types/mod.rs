//! The well-known types of `hms:types` as plain Rust types: checked when made, read from and written as the texts of
//! the JSON mapping. A value of these types is always within its range.

mod calendar;
pub mod cbor;
mod date;
mod decimal;
mod document;
mod duration;
mod half;
mod integer;
mod partial_date;
mod scan;
mod serialize;
mod time_of_day;
mod timestamp;
mod uuid;
mod zoned_timestamp;

pub use calendar::civil_from_days;
pub use date::Date;
pub use decimal::Decimal;
pub use document::Value;
pub use duration::Duration;
pub use partial_date::PartialDate;
pub use time_of_day::TimeOfDay;
pub use timestamp::Timestamp;
pub use uuid::Uuid;
pub use zoned_timestamp::ZonedTimestamp;

use super::Fault;

/// Why something is not a value of a well-known type: the rule that it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid(pub(crate) &'static str);

impl Invalid {
    /// The rule, for a person.
    pub const fn message(self) -> &'static str {
        self.0
    }
}

impl From<Invalid> for Fault {
    fn from(invalid: Invalid) -> Self {
        Fault::Invalid(invalid.0)
    }
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Invalid {}

const NANOSECONDS: Invalid = Invalid("nanoseconds are 0 to 999999999");
