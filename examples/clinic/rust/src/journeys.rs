//! Stands in for the journeys component where Node is not wanted: the same as `node/journeys.mjs`.

use std::time::Instant;

use serde::de::DeserializeOwned;

use crate::http::Caller;
use crate::probe::median;
use crate::records::{
    Claim, Decision, Denial, Encounter, Journey, Missing, Observation, Patient, Risk, Step,
};
use crate::{component, connect, failed};
use hms_ffi::{Args, Client, Error, Result};

pub fn serve() -> Result<()> {
    let clinic = Clinic {
        records: connect("records")?,
        policy: connect("policy")?,
        risk: connect("risk-model")?,
    };
    let policy = clinic.policy.clone();
    component("journeys")?
        .export("walk", move |patient: String, claims: Vec<String>| {
            clinic.walk(&patient, &claims)
        })?
        .export(
            "walk-over-http",
            |patient: String, claims: Vec<String>, times: u32| {
                walk_over_http(&patient, &claims, times)
            },
        )?
        .export("verify-card", move |coverage: String| -> Result<bool> {
            policy.call("verify-card", (coverage,))
        })?
        .build()?
        .serve()
}

struct Clinic {
    records: Client,
    policy: Client,
    risk: Client,
}

impl Clinic {
    /// A record that is missing is passed on: `walk` declares the same error.
    fn walk(&self, id: &str, claims: &[String]) -> Result<Journey> {
        let mut steps = Steps(Vec::new());
        let patient: Patient = steps
            .take(
                &self.records,
                "records",
                "find-patient",
                (id,),
                |patient: &Patient| {
                    format!("{} names, born {}", patient.names.len(), patient.born())
                },
            )
            .map_err(missing)?;
        let encounters: Vec<Encounter> = steps.take(
            &self.records,
            "records",
            "encounters",
            (id,),
            |found: &Vec<Encounter>| format!("{} encounters", found.len()),
        )?;
        let observations: Vec<Observation> = steps.take(
            &self.records,
            "records",
            "observations",
            (id,),
            |found: &Vec<Observation>| format!("{} observations", found.len()),
        )?;
        let risk: Risk = steps.take(
            &self.risk,
            "risk-model",
            "score",
            (&observations,),
            |found: &Risk| {
                format!(
                    "{} points from {} measurements",
                    found.score, found.observations
                )
            },
        )?;
        let mut decisions = Vec::new();
        let mut denials = Vec::new();
        for id in claims {
            let claim: Claim = steps
                .take(
                    &self.records,
                    "records",
                    "find-claim",
                    (id,),
                    |claim: &Claim| {
                        let total = claim
                            .total
                            .as_ref()
                            .map_or("not given".to_owned(), |t| t.amount.to_string());
                        format!("claim {id}: {} lines, total {total}", claim.lines.len())
                    },
                )
                .map_err(missing)?;
            let decided = steps.take(
                &self.policy,
                "policy",
                "evaluate",
                (&claim,),
                |decision: &Decision| {
                    format!(
                        "pays {} of {} {}",
                        decision.paid.amount, decision.charged.amount, decision.charged.currency
                    )
                },
            );
            match decided {
                Ok(decision) => decisions.push(decision),
                Err(error) => match error.declared::<Denial>() {
                    Some(denial) => denials.push((id.clone(), denial)),
                    None => return Err(error),
                },
            }
        }
        Ok(Journey {
            patient,
            encounters: encounters.len() as u32,
            risk,
            decisions,
            denials,
            steps: steps.0,
        })
    }
}

fn missing(error: Error) -> Error {
    match error.declared::<Missing>() {
        Some(missing) => Error::declare(missing),
        None => error,
    }
}

struct Steps(Vec<Step>);

impl Steps {
    fn take<T: DeserializeOwned>(
        &mut self,
        client: &Client,
        component: &str,
        operation: &str,
        arguments: impl Args,
        describe: impl FnOnce(&T) -> String,
    ) -> Result<T> {
        let started = Instant::now();
        let result = client.call::<T>(operation, arguments);
        self.0.push(Step {
            component: component.to_owned(),
            operation: operation.to_owned(),
            microseconds: started.elapsed().as_micros() as u32,
            outcome: match &result {
                Ok(value) => describe(value),
                Err(error) => match error.declared::<Denial>() {
                    Some(denial) => format!("declared error {}", denial.name()),
                    None => error.message().to_owned(),
                },
            },
        });
        result
    }
}

fn walk_over_http(patient: &str, claims: &[String], times: u32) -> Result<Option<u32>> {
    if std::env::var_os("CLINIC_HTTP").is_none() || times == 0 {
        return Ok(None);
    }
    let caller = Caller::new();
    let took = median(0, times as usize, || {
        let asked = |error: Missing| failed(format!("there is no {} {}", error.kind, error.id));
        let patient_found =
            caller.ask::<Patient, Missing>("records", "find-patient", &(patient,))?;
        patient_found.map_err(asked)?;
        let encounters =
            caller.ask::<Vec<Encounter>, Missing>("records", "encounters", &(patient,))?;
        encounters.map_err(asked)?;
        let observations =
            caller.ask::<Vec<Observation>, Missing>("records", "observations", &(patient,))?;
        let observations = observations.map_err(asked)?;
        caller
            .ask::<Risk, Missing>("risk-model", "score", &(observations,))?
            .map_err(asked)?;
        for claim in claims {
            let claim = caller
                .ask::<Claim, Missing>("records", "find-claim", &(claim,))?
                .map_err(asked)?;
            // A denial is an answer too.
            let _ = caller.ask::<Decision, Denial>("policy", "evaluate", &(claim,))?;
        }
        Ok(())
    })?;
    Ok(Some(took.as_micros() as u32))
}
