//! The runtime as bindings use it: processes, threads and event loops that call one another as bytes.

mod calls;
mod event_loop;
mod fork;
mod provider;
mod recovery;
mod reentrancy;
mod tap;
mod versions;
