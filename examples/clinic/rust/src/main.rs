//! The coverage policy of the demo clinic, in Rust, and what shows a journey to a person.
//!
//! ```text
//! clinic serve                     serves example:clinic/policy, and HTTP for the comparison
//! clinic stand-in INTERFACE        serves example:clinic/journeys or risk-model where their language is not wanted
//! clinic probe                     serves example:clinic/probe
//! clinic measure                   prints the median time of a call to whoever serves example:clinic/probe, in microseconds
//! clinic outlast                   scores patients until its input ends, and prints how many calls were tried again or lost
//! clinic tell PATIENT CLAIM…       walks a patient's journey and prints it
//! ```

mod http;
mod journeys;
mod outlast;
mod policy;
mod probe;
mod records;
mod risk;
mod simulate;
mod tell;

use std::path::PathBuf;
use std::process::ExitCode;

use hms_ffi::{Client, Component, ComponentBuilder, Error, Result};
use records::{Claim, Coverage, Decision, Denial, Missing, Observation};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["serve"] => serve(),
        ["stand-in", "journeys"] => journeys::serve(),
        ["stand-in", "risk-model"] => stand_in_for_risk(),
        ["probe"] => probe::serve(),
        ["measure"] => probe::measure(),
        ["outlast"] => outlast::outlast(),
        ["tell", patient, claims @ ..] => tell::tell(patient, claims),
        _ => {
            eprintln!(
                "usage: clinic serve | stand-in INTERFACE | probe | measure | outlast | tell PATIENT CLAIM…"
            );
            return ExitCode::from(64);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("clinic: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A component of the clinic's contract.
fn component(interface: &str) -> Result<ComponentBuilder> {
    let home = std::env::var_os("CLINIC_HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    Component::builder(&format!("example:clinic/{interface}")).wit(home.join("wit"))
}

fn connect(interface: &str) -> Result<Client> {
    Client::connect(&format!("example:clinic/{interface}"))
}

fn serve() -> Result<()> {
    let records = connect("records")?;
    let archive = records.clone();
    http::serve("policy", http::policy)?;
    component("policy")?
        .export("evaluate", move |claim: Claim| evaluate(&records, &claim))?
        .export("verify-card", move |coverage: String| -> Result<bool> {
            let scan: Vec<u8> = archive.call("card-scan", (coverage,))?;
            Ok(!scan.is_empty())
        })?
        .build()?
        .serve()
}

/// The inner result is the contract's; the outer one is for what else goes wrong while the coverage is looked up.
fn evaluate(records: &Client, claim: &Claim) -> Result<Result<Decision, Denial>> {
    match records.call::<Coverage>("find-coverage", (&claim.coverage,)) {
        Ok(coverage) => Ok(policy::decide(claim, &coverage)),
        Err(error) => match error.declared::<Missing>() {
            Some(missing) => Ok(Err(Denial::UnknownCoverage(missing))),
            None => Err(error),
        },
    }
}

fn stand_in_for_risk() -> Result<()> {
    http::serve("risk-model", http::risk)?;
    component("risk-model")?
        .export("score", |observations: Vec<Observation>| {
            risk::score(&observations)
        })?
        .export("simulate", |observations: Vec<Observation>, trials: u64| {
            simulate::simulate(&observations, trials)
        })?
        .export("abandoned", simulate::abandoned)?
        .build()?
        .serve()
}

/// An error of the comparison, which is no part of a call.
fn failed(error: impl std::fmt::Display) -> Error {
    Error::internal(error.to_string())
}
