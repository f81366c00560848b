//! One round: the same call many times, each timed.

use std::time::Instant;

/// What a round has measured.
pub struct Round {
    /// The median in microseconds.
    pub p50: f64,
}

impl Round {
    /// Runs `calls` calls; the first error ends the round.
    pub fn run<E>(calls: usize, mut call: impl FnMut() -> Result<(), E>) -> Result<Round, E> {
        let mut nanoseconds = Vec::with_capacity(calls);
        for _ in 0..calls {
            let start = Instant::now();
            call()?;
            nanoseconds.push(start.elapsed().as_nanos() as u64);
        }
        nanoseconds.sort_unstable();
        Ok(Round {
            p50: nanoseconds.get(calls / 2).copied().unwrap_or_default() as f64 / 1000.0,
        })
    }
}

/// The middle value.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
