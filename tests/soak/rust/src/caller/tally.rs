//! What the caller counts, and how it tells the runner.

use hms_ffi::{ClientMetrics, Error, Sent};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{env, io};

/// Counts of one caller; threads share it.
pub struct Tally {
    name: String,
    counts: Mutex<Counts>,
}

struct Counts {
    ends: BTreeMap<String, u64>,
    latency: BTreeMap<i32, u64>,
    slowest: Duration,
    lost: u64,
    notes: u64,
    log: File,
}

impl Tally {
    pub fn new(name: &str) -> io::Result<Tally> {
        let folder = PathBuf::from(env::var_os("SOAK_LEDGER").unwrap_or_default());
        Ok(Tally {
            name: name.to_owned(),
            counts: Mutex::new(Counts {
                ends: BTreeMap::new(),
                latency: BTreeMap::new(),
                slowest: Duration::ZERO,
                lost: 0,
                notes: 0,
                log: File::create(folder.join(format!("outcomes-{name}")))?,
            }),
        })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call ended as it may.
    pub fn ended(&self, kind: &str, how: &str, took: Option<Duration>) {
        let mut counts = self.counts();
        *counts.ends.entry(format!("{kind} {how}")).or_default() += 1;
        if let Some(took) = took {
            let microseconds = (took.as_secs_f64() * 1e6).max(1.0);
            let bucket = (4.0 * microseconds.log2()).floor() as i32;
            *counts.latency.entry(bucket).or_default() += 1;
            counts.slowest = counts.slowest.max(took);
        }
    }

    /// An idempotent call failed, or was answered wrongly.
    pub fn lost(&self, kind: &str, code: &str, what: &str, took: Duration) {
        self.ended(kind, &format!("lost {code}"), None);
        self.counts().lost += 1;
        let (name, took, what) = (&self.name, took.as_millis(), what.replace('\n', " "));
        eprintln!("lost {name} {kind} after {took} ms: {code} {what}");
    }

    /// A new id for `note`.
    pub fn next_note(&self) -> String {
        let mut counts = self.counts();
        counts.notes += 1;
        format!("{}-{}", self.name, counts.notes)
    }

    /// How a `note` ended, to be compared with what the providers have recorded.
    pub fn noted(&self, id: &str, error: Option<&Error>) {
        let how = match error {
            None => "ok",
            Some(error) if error.sent() == Sent::NotSent => "not",
            Some(_) => "maybe",
        };
        match error {
            None => self.ended("note", how, None),
            Some(error) => self.ended("note", &format!("{how} {}", code(error)), None),
        }
        if let Err(error) = writeln!(self.counts().log, "{id} {how}") {
            eprintln!("the outcome of {id} could not be written: {error}");
        }
    }

    /// Prints the counts for the runner; the last time with what the client's metrics say.
    pub fn report(&self, metrics: Option<ClientMetrics>) {
        let counts = self.counts();
        let latency: BTreeMap<String, u64> = counts
            .latency
            .iter()
            .map(|(bucket, count)| (bucket.to_string(), *count))
            .collect();
        let attempts = metrics.map(|metrics| {
            json!({
                "retries": metrics.retries,
                "failovers": metrics.failovers,
                "retries_refused": metrics.retries_refused,
            })
        });
        let report = json!({
            "lost": counts.lost, "ends": counts.ends, "latency": latency,
            "slowest": counts.slowest.as_secs_f64(), "final": metrics.is_some(),
            "attempts": attempts.unwrap_or_else(|| json!({})),
        });
        println!("{report}");
    }
}

/// A word for the kind of an error.
pub fn code(error: &Error) -> String {
    error
        .code()
        .map_or_else(|| "declared".to_owned(), |code| code.to_string())
}
