//! The runtime below every binding: discovery, links, drivers, calls as bytes. Bindings add types and their language's way of waiting.
//!
//! - [`settings`]: options in code, then the environment, then defaults;
//! - [`discovery`]: the directory in which instances find each other;
//! - [`driver`]: a set of links and who waits for them;
//! - [`client`]: the caller's side, [`batch`] many calls at once; [`server`]: the provider's side;
//! - [`logging`]: where warnings go;
//! - [`context`]: what a handler knows of its call.

pub mod batch;
pub mod client;
pub mod context;
pub mod discovery;
pub mod driver;
pub mod logging;
pub mod server;
pub mod settings;

pub mod future;

mod account;
mod cancel;
mod chain;
mod deadline;
mod metrics;
mod watchers;

pub use batch::BatchCall;
pub use cancel::Cancel;
pub use client::{CallOptions, Client, ConnectOptions};
pub use context::{CallContext, Caller};
pub use driver::{Driver, Event};
pub use future::{BatchFuture, CallFuture, ConnectFuture};
pub use metrics::ClientMetrics;
pub use server::{Export, Handler, Inbound, ServeOptions, Server, uncallable};
pub use settings::{Settings, Timeout};
pub use watchers::Cancelled;

pub use hms_ffi_core::dispatch::Outcome;
pub use hms_ffi_core::error::{Code, Error, Frame, Result, Sent};
