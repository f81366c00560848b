//! Long simulations, which end when nobody waits for them any more: stands in for `python/simulate.py`.

use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::records::Observation;
use crate::risk;
use hms_ffi::{Code, Error, Result, current_call};

/// Trials between two looks at the call.
const CHUNK: u64 = 10_000;

static NOTE: Mutex<Option<String>> = Mutex::new(None);
static NOTED: Condvar = Condvar::new();

/// The mean score if every measurement scattered.
pub fn simulate(observations: &[Observation], trials: u64) -> Result<f64> {
    let started = Instant::now();
    let call = current_call().expect("in a handler");
    let z: Vec<f64> = risk::z_scores(observations).map(|(_, z)| z).collect();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut total = 0.0;
    for trial in 0..trials {
        if trial % CHUNK == 0 && call.is_cancelled() {
            let took = started.elapsed().as_millis();
            let note = format!("noticed after {took} ms, at trial {trial} of {trials}");
            *NOTE.lock().expect("nobody panics here") = Some(note);
            NOTED.notify_all();
            return Err(Error::new(Code::Cancelled, "stopped"));
        }
        total += z
            .iter()
            .map(|z| risk::points(z + random.normal()))
            .sum::<f64>();
    }
    Ok(total / trials.max(1) as f64)
}

/// What the last simulation that was cancelled has noted.
pub fn abandoned() -> Result<String> {
    let note = NOTE.lock().expect("nobody panics here");
    let waited = NOTED
        .wait_timeout_while(note, Duration::from_secs(10), |note| note.is_none())
        .expect("nobody panics here");
    waited
        .0
        .clone()
        .ok_or_else(|| Error::not_found("no simulation was cancelled"))
}

/// Xorshift: good enough for a demo.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Nearly: the sum of twelve has variance 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}
