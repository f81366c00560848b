//! What moves the bytes of a link, and what waits for them:
//!
//! - [`fork`]: the fork generation, and descriptors that a forked child closes and never uses;
//! - [`socket`]: Unix stream sockets with the peer's kernel credentials;
//! - [`poll`]: one poller for many descriptors, with a timer inside;
//! - [`park`]: a parked thread that another one wakes;
//! - [`peer`]: notice of another process's death;
//! - [`clock`]: the machine's monotonic clock.
//!
//! It knows nothing of frames, contracts or calls, and starts no thread.

pub mod clock;
pub mod fork;
pub mod park;
pub mod peer;
pub mod poll;
pub mod socket;
