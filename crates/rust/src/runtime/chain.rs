//! Chain ids: what all calls share that one call outside has caused.

use hms_ffi_transport::clock;
use hms_ffi_transport::fork::{self, PerProcess};
use std::sync::atomic::{AtomicU64, Ordering};

struct Chains {
    random: [u8; 8],
    count: AtomicU64,
}

static CHAINS: PerProcess<Chains> = PerProcess::new(|| {
    let mut random = [0; 8];
    // Fails only before the kernel's generator is seeded; then the start time has to do.
    if rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::NONBLOCK).is_err() {
        random = clock::now().to_le_bytes();
    }
    Chains {
        random,
        count: AtomicU64::new(u64::from(fork::generation()) << 48),
    }
});

/// A new chain id: random for the process, counted within it.
pub(super) fn new() -> [u8; 16] {
    let chains = CHAINS.get();
    let count = chains.count.fetch_add(1, Ordering::Relaxed);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&chains.random);
    id[8..].copy_from_slice(&count.to_le_bytes());
    id
}
