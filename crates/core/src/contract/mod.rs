//! Contracts: from WIT to a schema.

pub mod schema;
