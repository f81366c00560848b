//! Calls that go on while their providers are killed and replaced.

use std::io::Read;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::connect;
use crate::records::{Observation, Quantity, Risk};
use hms_ffi::{Client, Result, Value};

const THREADS: usize = 4;

/// Scores on several threads until the input ends; then prints how the calls went.
pub fn outlast() -> Result<()> {
    let model = connect("risk-model")?;
    let (calls, lost) = (AtomicU64::new(0), AtomicU64::new(0));
    let (is_over, why) = (AtomicBool::new(false), Mutex::new(None));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let heart_rate = 40 + calls.fetch_add(1, Ordering::Relaxed) % 100;
                    if let Err(error) = score(&model, heart_rate) {
                        lost.fetch_add(1, Ordering::Relaxed);
                        why.lock().expect("nobody panics here").get_or_insert(error);
                    }
                }
            });
        }
        // What is read does not matter, only that it ends.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        is_over.store(true, Ordering::Relaxed);
    });
    let metrics = model.metrics();
    println!(
        "      {} calls of score on {THREADS} threads: {} tried again ({} with another instance), {} lost",
        calls.into_inner(),
        metrics.retries,
        metrics.failovers,
        lost.into_inner()
    );
    match why.into_inner().expect("nobody panics here") {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// One idempotent call; its answer has to be the right one.
fn score(model: &Client, heart_rate: u64) -> Result<()> {
    let observation = Observation {
        id: "heart-rate".into(),
        patient: "example".into(),
        code: "8867-4".into(),
        name: "Heart rate".into(),
        effective: None,
        value: Some(Quantity {
            value: heart_rate.to_string().parse().expect("a decimal"),
            unit: "/min".into(),
        }),
        components: Vec::new(),
        extra: Value::Null,
    };
    let risk: Risk = model.call("score", ([observation],))?;
    let z = (heart_rate as f64 - 75.0) / 12.0;
    assert!((risk.z_scores["heart rate"] - z).abs() < 0.006, "{risk:?}");
    Ok(())
}
