//! Contracts: from WIT to a schema.
//!
//! - [`schema`], [`kind`](mod@kind): the table that every binding works from.
//! - `load`, `lower`, `rules`, `token`, `tokened`, `constraint`, `wellknown`: from files to a checked schema.
//! - `canonical`: fingerprints. `print`: back to WIT. `peer`: schemas that came over a link.
//! - [`names`], `local`: names in each language.
//! - [`resolve`]: a caller's view against an exporter's schema, down to the bytes.
//! - [`check`]: two versions of a contract compared.
//! - [`generate`]: types and signatures for editors and static languages.
//! - [`version`]: which version satisfies which wish.

mod canonical;
pub mod check;
mod constraint;
pub mod generate;
mod kind;
mod load;
mod local;
mod lower;
pub mod names;
mod peer;
mod print;
pub mod resolve;
mod rules;
pub mod schema;
mod source;
mod token;
mod tokened;
pub mod version;
mod wellknown;

pub use load::Contract;
pub use schema::Schema;
pub use source::{ContractError, Warning};
pub use version::interface_matches;
