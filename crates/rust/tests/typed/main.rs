//! Programs in Rust: clients and components with types.

mod async_calls;
mod async_handlers;
mod batches;
mod calls;
mod cancels;
mod claims;
mod example;
mod processes;
mod storm;
mod tasks;
