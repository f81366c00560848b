//! Walks a journey and prints it for a person.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use crate::connect;
use crate::probe::median;
use crate::records::{Denial, Journey, Observation};
use hms_ffi::runtime::discovery;
use hms_ffi::{Cancel, Client, Result, Settings};

/// How often a journey is walked for its median time.
const WALKS: usize = 200;
/// Of a simulation that would take a quarter of an hour.
const TRIALS: u64 = 1_000_000_000;

pub fn tell(patient: &str, claims: &[&str]) -> Result<()> {
    let journeys = connect("journeys")?;
    let languages = languages()?;
    let language = |component: &str| languages.get(component).map_or("?", String::as_str);

    let journey: Journey = journeys.call("walk", (patient, claims))?;
    println!(
        "The journey of patient {patient}, led by journeys ({})\n",
        language("journeys")
    );
    for (number, step) in journey.steps.iter().enumerate() {
        println!(
            "{:>4}  {:<10} {:<8} {:<14} {:<46} {:>7.2} ms",
            number + 1,
            step.component,
            language(&step.component),
            step.operation,
            step.outcome,
            f64::from(step.microseconds) / 1000.0
        );
    }
    result(&journey);
    failure(&journeys);
    cancelled(patient, language("risk-model"))?;
    times(&journeys, patient, claims)
}

fn result(journey: &Journey) {
    println!("\nResult");
    let patient = &journey.patient;
    for name in &patient.names {
        let until = name.period.as_ref().and_then(|period| period.end.as_ref());
        println!(
            "      {} {}{}",
            name.given.join(" "),
            name.family.as_deref().unwrap_or("(no family name)"),
            until.map_or(String::new(), |until| format!(", until {}", until.text()))
        );
    }
    println!(
        "      born {}, {} encounters",
        patient.born(),
        journey.encounters
    );
    println!("      risk {} points", journey.risk.score);
    for (name, z) in &journey.risk.z_scores {
        println!("        {name}: {z:+}");
    }
    for decision in &journey.decisions {
        let (paid, charged) = (&decision.paid, &decision.charged);
        println!(
            "      claim {}: pays {} of {} {}",
            decision.claim, paid.amount, charged.amount, charged.currency
        );
    }
    for (claim, denial) in &journey.denials {
        let why = match denial {
            Denial::Ended(when) => format!("the coverage ended on {}", when.text()),
            Denial::NotActive(status) => format!("the coverage is {status}"),
            Denial::NoAmount => "no amount is claimed".to_owned(),
            Denial::UnknownCoverage(missing) => {
                format!("there is no {} {}", missing.kind, missing.id)
            }
        };
        println!("      claim {claim}: denied, {why}");
    }
}

/// Journeys asks policy, policy asks records, and records has no scan of the card.
fn failure(journeys: &Client) {
    println!("\nA call that fails in the third hop: journeys.verify-card");
    match journeys.call::<bool>("verify-card", ("9876B1",)) {
        Ok(verified) => println!("      it did not fail, but answered {verified}"),
        Err(error) => {
            println!("      {error}");
            for frame in error.trace() {
                println!("        {frame}");
            }
        }
    }
}

/// Waits for a long simulation, then no longer.
fn cancelled(patient: &str, language: &str) -> Result<()> {
    println!(
        "\nA call that is cancelled after 300 ms: risk-model.simulate ({language}), {TRIALS} trials"
    );
    let observations: Vec<Observation> = connect("records")?.call("observations", (patient,))?;
    let (model, cancel) = (connect("risk-model")?, Cancel::new());
    let call = model.with().no_timeout().cancelled_by(&cancel);
    let (ended, took) = thread::scope(|scope| {
        let waiting = scope.spawn(|| call.call::<f64>("simulate", (&observations, TRIALS)));
        thread::sleep(Duration::from_millis(300));
        let started = Instant::now();
        cancel.cancel();
        let ended = waiting.join().expect("no panic");
        (ended, started.elapsed())
    });
    let ended = ended.map_or_else(
        |error| error.to_string(),
        |score| format!("it answered {score}"),
    );
    println!(
        "      the caller, {:.2} ms later: {ended}",
        took.as_secs_f64() * 1e3
    );
    let note: String = model.call("abandoned", ())?;
    println!("      the handler: {note}");
    Ok(())
}

fn times(journeys: &Client, patient: &str, claims: &[&str]) -> Result<()> {
    let ours = median(20, WALKS, || {
        journeys
            .call::<Journey>("walk", (patient, claims))
            .map(drop)
    })?;
    let http: Option<u32> = journeys.call("walk-over-http", (patient, claims, WALKS as u32))?;
    println!("\nThe whole journey, median of {WALKS}");
    println!(
        "      HMS FFI          {:>7.2} ms",
        ours.as_secs_f64() * 1e3
    );
    match http {
        Some(micros) => println!(
            "      HTTP with JSON   {:>7.2} ms",
            f64::from(micros) / 1000.0
        ),
        None => println!("      HTTP with JSON   not served"),
    }
    Ok(())
}

/// The language of each interface's provider.
fn languages() -> Result<BTreeMap<String, String>> {
    let mut languages = BTreeMap::new();
    for instance in discovery::list(&Settings::from_env()?)? {
        for interface in &instance.interfaces {
            if let Some((_, rest)) = interface.split_once('/') {
                let name = rest.split('@').next().unwrap_or(rest);
                languages.insert(name.to_owned(), instance.language.clone());
            }
        }
    }
    Ok(languages)
}
