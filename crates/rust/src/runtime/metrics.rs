//! What a client counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// How a client's calls went so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientMetrics {
    /// Calls that were started.
    pub calls: u64,
    /// Attempts beyond the first ones.
    pub retries: u64,
    /// Those of them that were made because a link was lost or a provider left.
    pub failovers: u64,
    /// Calls that were not tried again because too many of late had been.
    pub retries_refused: u64,
    /// Instances that calls go to now.
    pub instances: u32,
    /// Those of them that rest because they kept failing.
    pub resting: u32,
}

/// The counters behind it.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    calls: AtomicU64,
    retries: AtomicU64,
    failovers: AtomicU64,
    retries_refused: AtomicU64,
}

impl Counts {
    pub fn called(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub fn retried(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub fn failed_over(&self) {
        self.failovers.fetch_add(1, Ordering::Relaxed);
    }

    pub fn refused(&self) {
        self.retries_refused.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts, without what only the driver knows.
    pub fn read(&self) -> ClientMetrics {
        ClientMetrics {
            calls: self.calls.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            failovers: self.failovers.load(Ordering::Relaxed),
            retries_refused: self.retries_refused.load(Ordering::Relaxed),
            ..ClientMetrics::default()
        }
    }
}
