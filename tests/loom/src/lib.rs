//! Loom runs every interleaving of a few threads over the file of the driver that decides who leads (`rota`), with loom's own
//! locks for the driver's lock, its poller and its parkers. No wait ends by time there, so a lost wake-up is a deadlock, which
//! loom reports.
//!
//! `cargo test -p hms-ffi-loom` bounds preemptions; `LOOM_MAX_PREEMPTIONS` raises the bound (`tests/long/loom.sh`).

#[cfg(test)]
mod model;
#[cfg(test)]
mod site;

#[cfg(test)]
#[path = "../../../crates/rust/src/runtime/driver/rota.rs"]
#[allow(dead_code)]
mod rota;
