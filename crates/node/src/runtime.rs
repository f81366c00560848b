//! The state of one JavaScript environment: its driver, who watches it, and what the package knows by numbers.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use hms_ffi::runtime::{CallContext, Client, Driver, Event, Inbound};
use hms_ffi::runtime::{Code, Error};
use hms_ffi_core::contract::schema::Schema;
use napi::bindgen_prelude::{Function, JsValue, Uint8Array};
use napi::{Env, sys};
use napi_derive::napi;

use crate::component::Served;
use crate::error::thrown;
use crate::inbox;
use crate::watch::{Callback, Watch};

pub(crate) const LANGUAGE: &str = "node";

/// Everything of one environment.
pub(crate) struct Runtime {
    env: sys::napi_env,
    // The watch ends before the driver whose descriptor it watches.
    watch: Watch,
    pub(crate) driver: Driver,
    pub(crate) schemas: Table<Arc<Schema>>,
    pub(crate) clients: Table<Client>,
    pub(crate) sync_clients: Table<Client>,
    pub(crate) servers: Table<Served>,
    /// Calls that handlers are working on.
    pub(crate) inbound: HashMap<u64, Inbound>,
    /// Events that found no room in the inbox yet.
    pub(crate) backlog: VecDeque<Event>,
    /// Bodies that are larger than the inbox, until the package takes them.
    pub(crate) bodies: HashMap<u32, Vec<u8>>,
    pub(crate) next_body: u32,
}

/// Things by number; numbers of things that went are used again.
pub(crate) struct Table<T> {
    entries: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table {
            entries: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Table<T> {
    pub(crate) fn add(&mut self, entry: T) -> u32 {
        if let Some(id) = self.free.pop() {
            self.entries[id as usize] = Some(entry);
            return id;
        }
        self.entries.push(Some(entry));
        (self.entries.len() - 1) as u32
    }

    pub(crate) fn get(&self, id: u32) -> napi::Result<&T> {
        self.entries
            .get(id as usize)
            .and_then(Option::as_ref)
            .ok_or_else(|| gone(id))
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<T> {
        let entry = self.entries.get_mut(id as usize)?.take()?;
        self.free.push(id);
        Some(entry)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..)
            .zip(&self.entries)
            .filter_map(|(id, entry)| Some((id, entry.as_ref()?)))
    }
}

fn gone(id: u32) -> napi::Error {
    thrown(&Error::new(
        Code::FailedPrecondition,
        format!("handle {id} was closed"),
    ))
}

thread_local! {
    /// Each environment has a thread of its own.
    static RUNTIME: RefCell<Option<Runtime>> = const { RefCell::new(None) };
}

/// Runs `f` with this environment's runtime.
pub(crate) fn with<R>(f: impl FnOnce(&mut Runtime) -> napi::Result<R>) -> napi::Result<R> {
    RUNTIME.with_borrow_mut(|runtime| match runtime {
        Some(runtime) => f(runtime),
        None => Err(thrown(&Error::new(
            Code::FailedPrecondition,
            "the addon was not started in this thread",
        ))),
    })
}

/// The environment ends: closes links and servers.
pub(crate) fn end() {
    // Dropped outside of the borrow, so that nothing that runs then finds it borrowed.
    let runtime = RUNTIME.with_borrow_mut(Option::take);
    drop(runtime);
}

/// Prepares this environment. `on_readable` is called from the event loop when [`turn`] has something to do.
#[napi]
pub fn start(env: Env, on_readable: Function<'_, (), ()>, without_libuv: bool) -> napi::Result<()> {
    if RUNTIME.with_borrow(|runtime| {
        runtime
            .as_ref()
            .is_some_and(|runtime| runtime.env == env.raw())
    }) {
        return Ok(());
    }
    let driver = Driver::for_loop(LANGUAGE).map_err(|error| thrown(&error))?;
    let callback = Callback::new(env.raw(), on_readable.raw())?;
    let watch = Watch::start(env.raw(), driver.as_raw_fd(), callback, without_libuv)?;
    let runtime = Runtime {
        env: env.raw(),
        watch,
        driver,
        schemas: Table::default(),
        clients: Table::default(),
        sync_clients: Table::default(),
        servers: Table::default(),
        inbound: HashMap::new(),
        backlog: VecDeque::new(),
        bodies: HashMap::new(),
        next_body: 0,
    };
    RUNTIME.with_borrow_mut(|slot| *slot = Some(runtime));
    Ok(())
}

/// Whether the event loop watches by itself, or a thread does.
#[napi]
pub fn uses_libuv() -> napi::Result<bool> {
    with(|runtime| Ok(runtime.watch.is_uv()))
}

/// Whether to keep the event loop alive.
#[napi]
pub fn keep_alive(alive: bool) -> napi::Result<()> {
    with(|runtime| {
        runtime.watch.keep_alive(alive);
        Ok(())
    })
}

/// Does what can be done and writes what came of it into the inbox (see `inbox`). Returns the number of bytes written,
/// below zero if there is more.
#[napi]
pub fn turn(mut inbox: Uint8Array) -> napi::Result<i32> {
    with(|runtime| {
        if runtime.backlog.is_empty() {
            runtime.backlog.extend(runtime.driver.turn());
        }
        // SAFETY: the package uses the inbox only between two turns, on this thread.
        let bytes = unsafe { inbox.as_mut() };
        let used = inbox::fill(runtime, bytes) as i32;
        if runtime.backlog.is_empty() {
            runtime.watch.again();
            Ok(used)
        } else {
            Ok(-used)
        }
    })
}

/// A body that did not fit the inbox.
#[napi]
pub fn take_body(key: u32) -> napi::Result<Uint8Array> {
    with(|runtime| Ok(runtime.bodies.remove(&key).unwrap_or_default().into()))
}

impl Runtime {
    /// What the call that a handler works on passes on to the calls that it makes. 0 is none.
    pub(crate) fn parent(&self, inbound: f64) -> Option<Arc<CallContext>> {
        if inbound == 0.0 {
            return None;
        }
        self.inbound
            .get(&(inbound as u64))
            .map(|call| call.context().clone())
    }
}
