//! A component whose handlers are futures, and what tests of futures need.

use crate::claims::{Denial, Directory, contract};
use crate::processes::Process;
use hms_ffi::{Client, Component, ComponentBuilder, Error, Result, Serving, current_call};
use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

pub const INTERFACE: &str = "hms:claims/tasks";
/// Nothing takes this long.
pub const LONG: Duration = Duration::from_secs(20);

/// States of calls by their key, as far as handlers have noted them.
static STATES: Mutex<BTreeMap<String, &str>> = Mutex::new(BTreeMap::new());
static CHANGED: Condvar = Condvar::new();

fn note(key: &str, state: &'static str) {
    STATES.lock().unwrap().insert(key.to_owned(), state);
    CHANGED.notify_all();
}

fn became(key: &str, state: &str) -> bool {
    let states = STATES.lock().unwrap();
    let is_other = |states: &mut BTreeMap<String, &str>| states.get(key) != Some(&state);
    let (_guard, waited) = CHANGED.wait_timeout_while(states, LONG, is_other).unwrap();
    !waited.timed_out()
}

/// Notes that a handler's future is there, and when it goes.
struct Held {
    key: String,
    inside: bool,
}

impl Held {
    fn new(key: String) -> Held {
        note(&key, "held");
        Held { key, inside: false }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A handler that is dropped still knows its call.
        self.inside = current_call().is_some_and(|call| call.is_cancelled());
        note(&self.key, if self.inside { "dropped" } else { "lost" });
    }
}

/// Where calls wait for one another.
#[derive(Default)]
struct Meeting {
    here: u32,
    wakers: Vec<Waker>,
}

static MEETING: LazyLock<Mutex<Meeting>> = LazyLock::new(Mutex::default);

async fn meet(count: u32) -> u32 {
    MEETING.lock().unwrap().here += 1;
    std::future::poll_fn(|context| {
        let mut meeting = MEETING.lock().unwrap();
        if meeting.here < count {
            meeting.wakers.push(context.waker().clone());
            return Poll::Pending;
        }
        let wakers = std::mem::take(&mut meeting.wakers);
        drop(meeting);
        wakers.into_iter().for_each(Waker::wake);
        Poll::Ready(())
    })
    .await;
    count
}

pub fn threads() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("Threads:"));
    line.unwrap()["Threads:".len()..].trim().parse().unwrap()
}

async fn fail(how: String) -> Result<u32> {
    nap().await;
    match how.as_str() {
        "declared" => Err(Error::declare(Denial::Duplicate)),
        "not-found" => Err(Error::not_found("no such patient")),
        "panic" => panic!("in a task"),
        _ => Ok(7),
    }
}

/// Lets the executor run something else.
pub async fn nap() {
    let mut first = true;
    std::future::poll_fn(|context| {
        if std::mem::take(&mut first) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}

/// The component; its futures run on the runtime, or are waited for by its two workers.
pub fn builder(
    directory: &Path,
    runtime: Option<&Arc<tokio::runtime::Runtime>>,
) -> Result<ComponentBuilder> {
    let path = directory.to_owned();
    let client = Arc::new(LazyLock::new(move || {
        Client::builder(INTERFACE)
            .runtime_dir(&path)
            .settings(|settings| settings.max_calls = Some(20_000))
            .connect()
            .unwrap()
    }));
    let (nested, bounced) = (client.clone(), client);
    let builder = Component::builder(INTERFACE)
        .contract(&contract())?
        .runtime_dir(directory)
        .settings(|settings| settings.max_calls = Some(20_000))
        .workers(2)
        .export_async("echo", |value: u32| async move {
            nap().await;
            value
        })?
        .export_async("fail", fail)?
        .export_async("hold", |key: String| async move {
            let _held = Held::new(key);
            std::future::pending::<()>().await;
        })?
        .export("hold-blocking", |key: String| {
            note(&key, "held");
            let cancelled = current_call().unwrap().wait_cancelled(LONG);
            note(&key, if cancelled { "dropped" } else { "lost" });
        })?
        .export_async("hold-nested", move |key: String| {
            let nested = nested.clone();
            async move { nested.call_async::<()>("hold", (key,)).await }
        })?
        .export("became", |key: String, state: String| became(&key, &state))?
        .export_async("meet", meet)?
        .export_async("bounce", move |times: u32| {
            let bounced = bounced.clone();
            async move {
                match times {
                    0 => Ok::<u32, Error>(0),
                    _ => Ok(1 + bounced.call_async::<u32>("bounce", (times - 1,)).await?),
                }
            }
        })?
        .export_async("left", || async {
            nap().await;
            let left = current_call().unwrap().remaining();
            left.map(|left| left.as_millis() as u64)
        })?
        .export("threads", threads)?;
    Ok(match runtime {
        Some(runtime) => {
            let runtime = runtime.clone();
            builder.max_concurrent(20_000).spawner(move |task| {
                runtime.spawn(task);
            })
        }
        None => builder,
    })
}

pub fn tasks(
    directory: &Path,
    runtime: Option<&Arc<tokio::runtime::Runtime>>,
) -> Result<Component> {
    builder(directory, runtime)?.build()
}

/// A runtime for handlers.
pub fn runtime() -> Arc<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Arc::new(builder.worker_threads(2).enable_all().build().unwrap())
}

/// A provider with a client: in another process, or in this one.
pub struct Provided {
    pub client: Client,
    _here: Option<Serving>,
    _there: Option<Process>,
    pub directory: Directory,
}

impl Provided {
    pub fn there(name: &str) -> Provided {
        Self::there_as(name, "tasks")
    }

    pub fn there_as(name: &str, component: &str) -> Provided {
        let directory = Directory::new(name);
        let process = Process::of(directory.path(), component);
        Provided {
            client: connect(&directory),
            _here: None,
            _there: Some(process),
            directory,
        }
    }

    pub fn here(name: &str, runtime: Option<&Arc<tokio::runtime::Runtime>>) -> Provided {
        let directory = Directory::new(name);
        let serving = tasks(directory.path(), runtime).unwrap().start().unwrap();
        Provided {
            client: connect(&directory),
            _here: Some(serving),
            _there: None,
            directory,
        }
    }

    pub fn became(&self, key: &str, state: &str) {
        let became = self.client.call::<bool>("became", (key, state)).unwrap();
        assert!(became, "{key} became {state}");
    }
}

fn connect(directory: &Directory) -> Client {
    Client::builder(INTERFACE)
        .runtime_dir(directory.path())
        .settings(|settings| settings.max_calls = Some(20_000))
        .connect()
        .unwrap()
}

/// The smallest executor.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

/// Polls once, and waits until the waker was called, unless that was enough.
pub fn wait_until_woken<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    #[derive(Default)]
    struct Woken(Mutex<bool>, Condvar);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            *self.0.lock().unwrap() = true;
            self.1.notify_all();
        }
    }
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    if let Poll::Ready(output) = future.poll(&mut Context::from_waker(&waker)) {
        return Some(output);
    }
    let guard = woken.0.lock().unwrap();
    let waited = woken.1.wait_timeout_while(guard, LONG, |woken| !*woken);
    assert!(!waited.unwrap().1.timed_out(), "woken");
    None
}

/// One poll with a waker that does nothing.
pub fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}
