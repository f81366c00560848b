//! Puts a fragmented body together again.

use super::header::FRAGMENT;
use super::{Header, Violation};

/// A body of which fragments are still missing.
#[derive(Debug)]
pub(super) struct Assembly {
    /// Bytes that have not arrived.
    missing: u64,
    /// What this body counts towards the reassembly limit; 0 when skipped.
    pub(super) held: u64,
    /// `None`: the bytes are dropped as they come.
    bytes: Option<Vec<u8>>,
}

impl Assembly {
    /// Starts with the part of the first frame; `missing` more bytes follow.
    pub(super) fn new(first: &[u8], missing: u64, held: u64) -> Assembly {
        let total = first
            .len()
            .saturating_add(usize::try_from(missing).unwrap_or(usize::MAX));
        let mut bytes = Vec::new();
        // Within this side's own limits; if memory is short the vector grows as the fragments come.
        let _ = bytes.try_reserve_exact(total);
        bytes.extend_from_slice(first);
        Assembly {
            missing,
            held,
            bytes: Some(bytes),
        }
    }

    /// Counts the fragments and drops them.
    pub(super) fn skipping(missing: u64) -> Assembly {
        Assembly {
            missing,
            held: 0,
            bytes: None,
        }
    }

    /// From here on the fragments are dropped; returns what was held.
    pub(super) fn skip(&mut self) -> u64 {
        self.bytes = None;
        std::mem::take(&mut self.held)
    }

    pub(super) fn is_skipped(&self) -> bool {
        self.bytes.is_none()
    }

    /// Adds a fragment; true when it was the last.
    pub(super) fn add(&mut self, header: &Header, fragment: &[u8]) -> Result<bool, Violation> {
        let length = fragment.len() as u64;
        // A fragment with MORE is full (the header's check); the last one holds exactly what is missing.
        let fits = if header.more() {
            length < self.missing
        } else {
            length == self.missing
        };
        if !fits {
            return Err(header.violation("the fragments do not add up to the total"));
        }
        debug_assert!(fragment.len() <= FRAGMENT);
        self.missing -= length;
        if let Some(bytes) = &mut self.bytes {
            bytes.extend_from_slice(fragment);
        }
        Ok(self.missing == 0)
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes.unwrap_or_default()
    }
}
