//! A map from call ids to states. Ids are sequential, so one multiplication spreads them well enough.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

pub(super) type IdMap<T> = HashMap<u64, T, BuildHasherDefault<IdHasher>>;

#[derive(Clone, Copy, Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(self.0.rotate_left(8) ^ u64::from(byte));
        }
    }

    fn write_u64(&mut self, id: u64) {
        // The map takes its bucket from the low bits and its tag from the high ones: fold them together.
        let spread = u128::from(id) * 0x9E37_79B9_7F4A_7C15;
        self.0 = (spread as u64) ^ (spread >> 64) as u64;
    }
}
