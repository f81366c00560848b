//! Handles: integers for objects, never reused, so that a stale one is an error and not a crash.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, PoisonError, RwLock};

use hms_ffi_core::error::{Code, Error, Result};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// The objects of one kind.
pub struct Table<T> {
    kind: &'static str,
    entries: LazyLock<RwLock<HashMap<u64, T>>>,
}

impl<T> Table<T> {
    pub const fn new(kind: &'static str) -> Self {
        Table {
            kind,
            entries: LazyLock::new(RwLock::default),
        }
    }

    pub fn insert(&self, value: T) -> u64 {
        let handle = NEXT.fetch_add(1, Ordering::Relaxed);
        self.entries
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(handle, value);
        handle
    }

    /// Shows an object to `run`, or is an error for a handle that is not (or no longer) one of these.
    pub fn with<R>(&self, handle: u64, run: impl FnOnce(&T) -> R) -> Result<R> {
        self.entries
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&handle)
            .map(run)
            .ok_or_else(|| self.unknown())
    }

    pub fn remove(&self, handle: u64) -> Option<T> {
        self.entries
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&handle)
    }

    pub fn unknown(&self) -> Error {
        Error::new(
            Code::FailedPrecondition,
            format!("there is no such {}, or it was closed", self.kind),
        )
    }
}

impl<T: Clone> Table<T> {
    pub fn get(&self, handle: u64) -> Result<T> {
        self.with(handle, T::clone)
    }
}
