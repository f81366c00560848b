//! The interface `suite`.

use hms_ffi::{
    Client, Code, Component, ComponentBuilder, Date, Decimal, Duration, Error, PartialDate, Result,
    TimeOfDay, Timestamp, Uuid, Value, ZonedTimestamp, current_call,
};
use hms_ffi_conformance::sample::sample;
use hms_ffi_conformance::types::{
    Awkward, Claim, Color, Denial, Money, Permission, Problem, Quantity, Sample, Shape,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock};
use std::task::{Poll, Waker};

type Declared<E> = std::result::Result<u32, E>;

pub fn component() -> Result<Component> {
    let builder = Component::builder("test:conformance/suite")
        .contract(&hms_ffi_conformance::contract()?)?
        .workers(96);
    nested(failing(waiting(errors(echoes(builder)?)?)?)?)?.build()
}

fn echoes(builder: ComponentBuilder) -> Result<ComponentBuilder> {
    macro_rules! echo {
        ($($name:literal: $ty:ty,)*) => {
            builder $(.export(concat!("echo-", $name), |value: $ty| value)?)*
        };
    }
    let builder = echo! {
        "bool": bool, "u8": u8, "u16": u16, "u32": u32, "u64": u64, "s8": i8, "s16": i16, "s32": i32, "s64": i64,
        "f32": f32, "f64": f64, "char": char, "string": String, "bytes": Vec<u8>, "list-u16": Vec<u16>,
        "list-s32": Vec<i32>, "list-u64": Vec<u64>, "list-f32": Vec<f32>, "list-f64": Vec<f64>,
        "list-bool": Vec<bool>, "list-string": Vec<String>, "list-list": Vec<Vec<u32>>,
        "list-option": Vec<Option<String>>, "fixed": [u16; 3], "tuple": (u8, String, f64), "record": Claim,
        "awkward": Awkward, "enum": Color, "flags": BTreeSet<Permission>, "wide-flags": u32, "variant": Shape,
        "option": Option<u32>, "nested-option": Option<Option<u8>>,
        "results": Vec<std::result::Result<u32, String>>, "bare-results": Vec<std::result::Result<(), ()>>,
        "map-string": HashMap<String, u32>, "map-u64": BTreeMap<u64, String>, "map-bool": BTreeMap<bool, Vec<u8>>,
        "map-char": HashMap<char, i8>, "set-string": HashSet<String>, "set-u32": BTreeSet<u32>,
        "set-enum": BTreeSet<Color>, "set-uuid": BTreeSet<Uuid>, "alias": Vec<Decimal>, "timestamp": Timestamp,
        "zoned-timestamp": ZonedTimestamp, "date": Date, "partial-date": PartialDate, "time-of-day": TimeOfDay,
        "duration": Duration, "decimal": Decimal, "uuid": Uuid, "document": Value,
        "option-document": Option<Value>, "money": Money, "quantity": Quantity,
    };
    builder
        .export("echo-many", |a: u8, b: String, c: Option<f64>| (a, b, c))?
        .export("nothing", || ())?
        .export("make-sample", sample)?
        .export("is-sample", |value: Sample| value == sample())
}

fn errors(builder: ComponentBuilder) -> Result<ComponentBuilder> {
    builder
        .export("fail-with", |code: Code, message: String| -> Result<()> {
            Err(Error::new(code, message))
        })?
        .export("fail-with-details", |details: Value| -> Result<()> {
            Err(Error::failed_precondition("see the details").with_details(&details))
        })?
        .export("bug", || {
            let nothing = Vec::<u8>::new();
            let beyond = nothing.len();
            std::hint::black_box(nothing[beyond]);
        })?
        .export("deny-text", |text: String| -> Declared<String> {
            Err(text)
        })?
        .export("deny-record", |problem: Problem| -> Declared<Problem> {
            Err(problem)
        })?
        .export("deny-enum", |color: Color| -> Declared<Color> {
            Err(color)
        })?
        .export("deny-variant", |denial: Denial| -> Result<u32> {
            Err(Error::declare(denial))
        })?
        .export(
            "deny-option",
            |value: Option<u32>| -> Declared<Option<u32>> { Err(value) },
        )?
        .export("deny-bare", || -> Declared<()> { Err(()) })?
        .export("allow", |value: u32| -> Declared<Denial> { Ok(value) })?
        .export("allow-bare", || -> std::result::Result<(), Denial> {
            Ok(())
        })
}

/// What handlers of different calls tell one another.
#[derive(Default)]
struct Rooms {
    held: HashSet<String>,
    released: HashSet<String>,
    guests: HashMap<String, u32>,
    calls: HashMap<String, u32>,
    wakers: Vec<Waker>,
}

static ROOMS: Mutex<Option<Rooms>> = Mutex::new(None);
static CHANGED: Condvar = Condvar::new();

fn change<T>(change: impl FnOnce(&mut Rooms) -> T) -> T {
    let mut rooms = ROOMS.lock().expect("no handler panics here");
    let rooms_now = rooms.get_or_insert_default();
    let changed = change(rooms_now);
    let wakers = std::mem::take(&mut rooms_now.wakers);
    drop(rooms);
    CHANGED.notify_all();
    wakers.into_iter().for_each(Waker::wake);
    changed
}

/// Waits until something is so, or until nobody waits for this call any more.
fn wait_until(is_so: impl Fn(&Rooms) -> bool) -> bool {
    let call = current_call().expect("in a handler");
    let mut rooms: MutexGuard<'_, Option<Rooms>> = ROOMS.lock().expect("no handler panics here");
    loop {
        if is_so(rooms.get_or_insert_default()) {
            return true;
        }
        if call.is_cancelled() {
            return false;
        }
        let pause = std::time::Duration::from_millis(5);
        rooms = CHANGED
            .wait_timeout(rooms, pause)
            .expect("no handler panics here")
            .0;
    }
}

/// Waits, as a task does, until something is so.
async fn becomes(is_so: impl Fn(&Rooms) -> bool) {
    std::future::poll_fn(|context| {
        let mut rooms = ROOMS.lock().expect("no handler panics here");
        let rooms = rooms.get_or_insert_default();
        if is_so(rooms) {
            return Poll::Ready(());
        }
        rooms.wakers.push(context.waker().clone());
        Poll::Pending
    })
    .await;
}

/// Notes that a handler that is a future has ended, or was dropped since nobody waits for it.
struct Released(String);

impl Drop for Released {
    fn drop(&mut self) {
        let key = std::mem::take(&mut self.0);
        change(|rooms| rooms.released.insert(key));
    }
}

fn waiting(builder: ComponentBuilder) -> Result<ComponentBuilder> {
    builder
        .export("time-left", time_left)?
        .export_async("hold", |key: String| async move {
            change(|rooms| rooms.held.insert(key.clone()));
            let _released = Released(key);
            std::future::pending::<()>().await;
        })?
        .export("held", |key: String| {
            wait_until(|rooms| rooms.held.contains(&key))
        })?
        .export("released", |key: String| {
            wait_until(|rooms| rooms.released.contains(&key))
        })?
        .export("make-bytes", |length: u32| {
            (0..length).map(|i| i as u8).collect::<Vec<u8>>()
        })?
        .export_async("meet", |room: String, guests: u32| async move {
            change(|rooms| *rooms.guests.entry(room.clone()).or_default() += 1);
            becomes(|rooms| rooms.guests[&room] >= guests).await;
            guests
        })?
        .export("who-calls", || {
            let caller = current_call().expect("in a handler").caller();
            (caller.uid, caller.pid)
        })
}

fn failing(builder: ComponentBuilder) -> Result<ComponentBuilder> {
    let flaky = |key: String, failures: u32| -> Result<u32> {
        let call = change(|rooms| {
            let calls = rooms.calls.entry(key).or_default();
            *calls += 1;
            *calls
        });
        match call {
            call if call > failures => Ok(call),
            call => Err(Error::unavailable(format!("call {call}"))),
        }
    };
    builder
        .export("flaky", flaky)?
        .export("flaky-once", flaky)?
        .export("tally", |key: String| {
            change(|rooms| rooms.calls.get(&key).copied().unwrap_or_default())
        })
}

fn time_left() -> Option<u64> {
    let left = current_call().expect("in a handler").remaining()?;
    Some(left.as_millis() as u64)
}

/// The caller's own interface.
fn callback() -> Result<&'static Client> {
    static CALLBACK: OnceLock<Client> = OnceLock::new();
    if let Some(client) = CALLBACK.get() {
        return Ok(client);
    }
    let client = Client::connect("test:conformance/callback")?;
    Ok(CALLBACK.get_or_init(|| client))
}

fn nested(builder: ComponentBuilder) -> Result<ComponentBuilder> {
    builder
        .export("bounce", |times: u32| -> Result<u32> {
            match times {
                0 => Ok(0),
                _ => Ok(1 + callback()?.call::<u32>("bounce", (times - 1,))?),
            }
        })?
        .export("fail", |hops: u32, code: Code| -> Result<()> {
            match hops {
                0 => Err(Error::new(code, format!("raised {code}"))),
                _ => callback()?.call("fail", (hops - 1, code)),
            }
        })?
        .export("nested-time-left", || -> Result<Option<u64>> {
            callback()?.call("time-left", ())
        })?
        .export("nested-denial", || -> Result<()> {
            callback()?.call::<u32>("deny", ())?;
            Ok(())
        })?
        .export_async("nested-hold", |key: String| async move {
            let hold = callback()?.with().no_timeout();
            let hold = hold.call_async::<()>("hold", (&key,));
            let _released = Released(key);
            hold.await
        })
}
