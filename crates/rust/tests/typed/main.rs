//! Programs in Rust: clients and components with types.

mod calls;
mod claims;
mod processes;
