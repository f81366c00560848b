//! How long a call takes.

use std::time::{Duration, Instant};

use crate::records::{Observation, Quantity};
use crate::{component, connect};
use hms_ffi::{Result, Value};

const WARM_UP: usize = 200;
const CALLS: usize = 2000;

pub fn serve() -> Result<()> {
    component("probe")?
        .export("echo", |observation: Observation| observation)?
        .build()?
        .serve()
}

pub fn measure() -> Result<()> {
    let probe = connect("probe")?;
    let extra = [
        // In the order of the encoded keys, as documents come back.
        ("status", Value::Text("final".into())),
        (
            "category",
            Value::Array(vec![Value::Text("vital-signs".into())]),
        ),
    ];
    let observation = Observation {
        id: "heart-rate".into(),
        patient: "example".into(),
        code: "8867-4".into(),
        name: "Heart rate".into(),
        effective: None,
        value: Some(Quantity {
            value: "44".parse().expect("a decimal"),
            unit: "/min".into(),
        }),
        components: Vec::new(),
        extra: Value::Map(
            extra
                .map(|(name, value)| (name.to_owned(), value))
                .into_iter()
                .collect(),
        ),
    };
    let took = median(WARM_UP, CALLS, || {
        let back: Observation = probe.call("echo", (&observation,))?;
        assert_eq!(back, observation);
        Ok(())
    })?;
    println!("{:.1}", took.as_secs_f64() * 1e6);
    Ok(())
}

/// The median time of `counted` calls after `warm_up` more.
pub fn median(
    warm_up: usize,
    counted: usize,
    mut call: impl FnMut() -> Result<()>,
) -> Result<Duration> {
    let mut times = Vec::with_capacity(counted);
    for round in 0..warm_up + counted {
        let started = Instant::now();
        call()?;
        if round >= warm_up {
            times.push(started.elapsed());
        }
    }
    times.sort_unstable();
    Ok(times[counted / 2])
}
