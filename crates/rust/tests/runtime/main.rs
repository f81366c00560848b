//! The runtime as bindings use it: processes, threads and event loops that call one another as bytes.

mod batch;
mod calls;
mod event_loop;
mod fork;
mod nested;
mod provider;
mod queueing;
mod recovery;
mod reentrancy;
mod retry;
mod tap;
mod turns;
mod versions;
