//! Cases, and what they expect.

use hms_ffi::{Call, Client, Code, Error, Result, SystemError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::fmt::Debug;
use std::panic::{self, AssertUnwindSafe};
use std::process;
use std::sync::Mutex;
use std::time::Duration;

type Case = Box<dyn Fn(&Client)>;

/// The cases that this caller knows, by name.
pub struct Cases {
    client: Client,
    known: HashMap<String, Case>,
}

static PANIC: Mutex<String> = Mutex::new(String::new());

impl Cases {
    pub fn new(client: Client) -> Self {
        // A failing case panics; its line says why.
        panic::set_hook(Box::new(|info| {
            *PANIC.lock().expect("only text") = info.to_string().replace('\n', " ");
        }));
        Cases {
            client,
            known: HashMap::new(),
        }
    }

    pub fn add(&mut self, name: impl Into<String>, case: impl Fn(&Client) + 'static) {
        let twice = self.known.insert(name.into(), Box::new(case));
        assert!(twice.is_none(), "two cases of one name");
    }

    /// Adds the case that a function answers with what it was given.
    pub fn echo<T: Serialize + DeserializeOwned + Debug + 'static>(
        &mut self,
        name: &str,
        values: Vec<T>,
    ) {
        let function = name.to_owned();
        self.add(name, move |client| {
            for value in &values {
                let answer: T = within(client)
                    .call(&function, (value,))
                    .expect("the value comes back");
                same(&answer, value);
            }
        });
    }

    /// Runs all cases of `cases.txt` in order; says whether one has failed.
    pub fn run(self) -> bool {
        let names = include_str!("../../../cases.txt")
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut failed = false;
        for name in names {
            match self.known.get(name) {
                None => println!("absent {name}"),
                Some(case) => match panic::catch_unwind(AssertUnwindSafe(|| case(&self.client))) {
                    Ok(()) => println!("ok {name}"),
                    Err(_) => {
                        failed = true;
                        println!("not ok {name}: {}", PANIC.lock().expect("only text"));
                    }
                },
            }
        }
        failed
    }
}

/// A call that a failure does not turn into a hang.
pub fn within(client: &Client) -> Call<'_> {
    client.with().timeout(Duration::from_secs(10))
}

/// Compares exactly: with `{:?}` also -0.0, NaN and scales count.
#[track_caller]
pub fn same<T: Debug + ?Sized>(answer: &T, expected: &T) {
    assert_eq!(format!("{answer:?}"), format!("{expected:?}"));
}

/// The system error of a call that failed with this code.
#[track_caller]
pub fn system<T>(result: Result<T>, code: Code) -> SystemError {
    let Err(error) = result else {
        panic!("expected {code}, got an answer")
    };
    let Some(system) = error.as_system() else {
        panic!("expected {code}, got {error}")
    };
    assert_eq!(system.code(), code, "{error:?}");
    system.clone()
}

/// The value of a declared error.
#[track_caller]
pub fn declared<T, E: DeserializeOwned>(result: Result<T>) -> E {
    let Err(error) = result else {
        panic!("expected a declared error, got an answer")
    };
    match error.as_declared() {
        Some(declared) => declared.value().expect("the error's value"),
        None => panic!("expected a declared error, got {error}"),
    }
}

/// The link still works.
#[track_caller]
pub fn still_usable(client: &Client) {
    let answer: Result<u8, Error> = within(client).call("echo-u8", (7,));
    assert_eq!(answer.expect("still usable"), 7);
}

/// A key that no other process uses.
pub fn key(what: &str) -> String {
    format!("{what}-rust-{}", process::id())
}

/// What `held` or `released` answers.
#[track_caller]
pub fn asks(client: &Client, function: &str, key: &str) -> bool {
    within(client).call(function, (key,)).expect("an answer")
}

/// How often the handlers of `flaky` and `flaky-once` ran for a key.
#[track_caller]
pub fn tally(client: &Client, key: &str) -> u32 {
    within(client).call("tally", (key,)).expect("an answer")
}
