//! Stands in for the risk component where Python is not wanted: the same score as `python/risk.py`.

use std::collections::BTreeMap;

use crate::records::{Observation, Risk};

/// LOINC code, name, usual mean and standard deviation in adults.
const USUAL: &[(&str, &str, f64, f64)] = &[
    ("8867-4", "heart rate", 75.0, 12.0),
    ("8310-5", "body temperature", 36.8, 0.4),
    ("9279-1", "respiratory rate", 16.0, 2.5),
    ("2708-6", "oxygen saturation", 97.0, 1.5),
    ("8480-6", "systolic pressure", 120.0, 12.0),
    ("8462-4", "diastolic pressure", 78.0, 9.0),
    ("8478-0", "mean pressure", 92.0, 9.0),
    ("39156-5", "body mass index", 24.0, 4.0),
    ("9269-2", "glasgow coma score", 15.0, 0.5),
    ("15074-8", "glucose", 5.3, 0.7),
    ("718-7", "haemoglobin", 14.5, 1.2),
];

/// Each measurement that is known, with its z-score.
pub fn z_scores(observations: &[Observation]) -> impl Iterator<Item = (&'static str, f64)> {
    let direct = observations
        .iter()
        .filter_map(|o| o.value.as_ref().map(|value| (&o.code, value)));
    let parts = observations
        .iter()
        .flat_map(|o| &o.components)
        .filter_map(|c| c.value.as_ref().map(|value| (&c.code, value)));
    direct.chain(parts).filter_map(|(code, quantity)| {
        let (_, name, mean, deviation) = USUAL.iter().find(|usual| usual.0 == code)?;
        let value: f64 = quantity.value.as_str().parse().ok()?;
        Some((*name, (value - mean) / deviation))
    })
}

/// Within one standard deviation nothing is remarkable.
pub fn points(z: f64) -> f64 {
    (z.abs() - 1.0).max(0.0)
}

/// Points: 0 is unremarkable.
pub fn score(observations: &[Observation]) -> Risk {
    let mut by_name: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (name, z) in z_scores(observations) {
        by_name.entry(name).or_default().push(z);
    }
    let total: f64 = by_name.values().flatten().map(|z| points(*z)).sum();
    Risk {
        score: rounded(total),
        observations: by_name.values().map(|scores| scores.len() as u32).sum(),
        z_scores: by_name
            .into_iter()
            .map(|(name, scores)| {
                let mean = scores.iter().sum::<f64>() / scores.len() as f64;
                (name.to_owned(), rounded(mean))
            })
            .collect(),
    }
}

fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
