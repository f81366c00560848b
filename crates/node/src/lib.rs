//! The native addon of `@hms/ffi`: links, discovery and waiting for Node.js. Values are converted in the package's JavaScript; what
//! crosses here is bytes.
//!
//! - `runtime`: the state of one JavaScript environment (the main thread, each worker thread) and its events;
//! - `watch`: who tells the event loop that the driver has something to do;
//! - `inbox`, `outbox`: what crosses in a turn, as bytes;
//! - `contract`, `client`, `component`: what the package calls; `error`: errors on their way; `allocation`: the count of live bytes.
//!
//! Invariants: no JavaScript value is kept but the package's one callback, and nothing is shared between environments.

mod allocation;
mod client;
mod component;
mod contract;
mod error;
mod inbox;
mod outbox;
mod runtime;
mod settings;
mod watch;
