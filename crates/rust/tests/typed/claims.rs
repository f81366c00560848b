//! The running example: its types, and components for the tests.

use hms_ffi::{
    Client, Code, Component, Contract, Decimal, Error, Result, Serving, Timestamp, current_call,
    include_contract,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub code: String,
    pub units: u16,
    pub charge: Decimal,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    pub id: String,
    pub patient: String,
    pub lines: Vec<Line>,
    pub diagnoses: BTreeSet<String>,
    pub tags: BTreeMap<String, String>,
    pub submitted: Timestamp,
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Status {
    Received,
    Approved,
    Denied,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub claim: String,
    pub status: Status,
    pub paid: Decimal,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Denial {
    NotCovered(String),
    Duplicate,
    OverLimit(Decimal),
}

pub fn claim() -> Claim {
    Claim {
        id: "c1".into(),
        patient: "p1".into(),
        lines: vec![Line {
            code: "99213".into(),
            units: 1,
            charge: "120.50".parse().unwrap(),
        }],
        diagnoses: BTreeSet::from(["I10".into(), "E11.9".into()]),
        tags: BTreeMap::from([("channel".into(), "web".into())]),
        submitted: Timestamp::new(1_700_000_000, 1).unwrap(),
        note: None,
    }
}

pub fn contract() -> Contract {
    include_contract!("tests/typed/wit").unwrap()
}

/// A runtime directory of its own, removed at the end.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new(name: &str) -> Directory {
        let path = std::env::temp_dir().join(format!("hms-typed-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Directory(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn connect(&self, interface: &str) -> Result<Client> {
        Client::builder(interface).runtime_dir(&self.0).connect()
    }

    pub fn adjudication(&self) -> Serving {
        let decided = Mutex::new(BTreeSet::new());
        Component::builder("hms:claims/adjudication")
            .contract(&contract())
            .unwrap()
            .runtime_dir(&self.0)
            .export(
                "adjudicate",
                move |claim: Claim| -> Result<Decision, Denial> {
                    if claim.lines.is_empty() {
                        return Err(Denial::NotCovered("no lines".into()));
                    }
                    if !decided.lock().unwrap().insert(claim.id.clone()) {
                        return Err(Denial::Duplicate);
                    }
                    let paid = claim.lines[0].charge.clone();
                    Ok(Decision {
                        claim: claim.id,
                        status: Status::Approved,
                        paid,
                    })
                },
            )
            .unwrap()
            .build()
            .unwrap()
            .start()
            .unwrap()
    }

    pub fn probe(&self) -> Serving {
        probe(&self.0).unwrap().start().unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn fail(how: &str) -> Result<u32> {
    match how {
        "declared" => Err(Error::declare(Denial::OverLimit("10.50".parse().unwrap()))),
        "wrong-declared" => Err(Error::declare(7)),
        "not-found" => Err(Error::not_found("no such patient")),
        "panic" => panic!("on purpose"),
        "with-cause" => {
            let cause = Error::unavailable("the database is down");
            Err(Error::new(Code::Aborted, "try again").with_cause(cause))
        }
        _ => Ok(7),
    }
}

pub fn probe(directory: &Path) -> Result<Component> {
    let connect = {
        let directory = directory.to_owned();
        move || {
            Client::builder("hms:claims/probe")
                .runtime_dir(&directory)
                .connect()
        }
    };
    let (relay, relay_plain, bounce) = (connect.clone(), connect.clone(), connect);
    Component::builder("hms:claims/probe")
        .contract(&contract())?
        .runtime_dir(directory)
        .workers(2)
        .export("add", |a: u32, b: u32| a + b)?
        .export("nothing", || ())?
        .export("fail", |how: String| fail(&how))?
        .export("plain", |how: String| fail(&how))?
        .export("time_left", || {
            current_call()
                .unwrap()
                .remaining()
                .map(|left| left.as_millis() as u64)
        })?
        .export("relay", move |how: String| -> Result<u32> {
            relay()?.call("fail", (how,))
        })?
        .export("relay-plain", move |how: String| -> Result<u32> {
            relay_plain()?.call("fail", (how,))
        })?
        .export("hold", || -> Result<()> {
            let call = current_call().unwrap();
            while !call.is_cancelled() {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            Ok(())
        })?
        .export("bounce", move |times: u32| -> Result<u32> {
            match times {
                0 => Ok(0),
                _ => Ok(1 + bounce()?.call::<u32>("bounce", (times - 1,))?),
            }
        })?
        .build()
}
