//! The interface `callback`, for the provider to call.

use hms_ffi::{Client, Code, Component, Error, Result, current_call};
use hms_ffi_conformance::types::Denial;
use std::collections::HashSet;
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// Keys of which `hold` runs or ran, and those of which it has noticed its end.
pub static HELD: Keys = Keys::new();
pub static RELEASED: Keys = Keys::new();

/// A set that one can wait for.
pub struct Keys {
    keys: Mutex<Option<HashSet<String>>>,
    changed: Condvar,
}

impl Keys {
    const fn new() -> Self {
        Keys {
            keys: Mutex::new(None),
            changed: Condvar::new(),
        }
    }

    fn add(&self, key: &str) {
        let mut keys = self.keys.lock().expect("nobody panics here");
        keys.get_or_insert_default().insert(key.to_owned());
        self.changed.notify_all();
    }

    /// Whether the key comes within ten seconds.
    pub fn wait(&self, key: &str) -> bool {
        let keys = self.keys.lock().expect("nobody panics here");
        let missing = |keys: &mut Option<HashSet<String>>| {
            !keys.as_ref().is_some_and(|keys| keys.contains(key))
        };
        let waited = self
            .changed
            .wait_timeout_while(keys, Duration::from_secs(10), missing)
            .expect("nobody panics here");
        !waited.1.timed_out()
    }
}

pub fn component() -> Result<Component> {
    let suite = || Client::connect("test:conformance/suite");
    Component::builder("test:conformance/callback")
        .contract(&hms_ffi_conformance::contract()?)?
        .workers(8)
        .export("bounce", move |times: u32| -> Result<u32> {
            match times {
                0 => Ok(0),
                _ => Ok(1 + suite()?.call::<u32>("bounce", (times - 1,))?),
            }
        })?
        .export("fail", move |hops: u32, code: Code| -> Result<()> {
            match hops {
                0 => Err(Error::new(code, format!("raised {code}"))),
                _ => suite()?.call("fail", (hops - 1, code)),
            }
        })?
        .export("time-left", || {
            current_call()
                .expect("in a handler")
                .remaining()
                .map(|left| left.as_millis() as u64)
        })?
        .export("deny", || -> Result<u32, Denial> { Err(Denial::Duplicate) })?
        .export("hold", |key: String| {
            let call = current_call().expect("in a handler");
            HELD.add(&key);
            while !call.is_cancelled() {
                thread::sleep(Duration::from_millis(2));
            }
            RELEASED.add(&key);
        })?
        .build()
}
