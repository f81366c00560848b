//! Providers in processes of their own: signals, death, forks.

use crate::claims::{Directory, probe};
use crate::tasks::{INTERFACE, Provided, block_on, builder, poll_once, runtime, tasks};
use hms_ffi::{Client, Code, Component, Result};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

pub struct Process(Child);

impl Process {
    /// The test program again, as a provider.
    fn start(directory: &Path) -> Process {
        Process::of(directory, "probe")
    }

    /// A provider of one of the components.
    pub fn of(directory: &Path, component: &str) -> Process {
        Process::life("provider_process", directory, component)
    }

    /// One of the tests below that are no tests of their own, until it says that it is ready.
    fn life(life: &str, directory: &Path, detail: &str) -> Process {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([&format!("processes::{life}"), "--exact", "--nocapture"])
            .env("HMS_TYPED_PROCESS", life)
            .env("HMS_TYPED_DIRECTORY", directory)
            .env("HMS_TYPED_DETAIL", detail)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(
            lines.any(|line| line.unwrap().ends_with("ready")),
            "the provider got ready"
        );
        // What it prints later goes nowhere, but must not fail.
        std::thread::spawn(move || lines.for_each(drop));
        Process(child)
    }

    fn signal(&self, signal: libc::c_int) {
        // SAFETY: a signal to a child that has not been waited for.
        assert_eq!(unsafe { libc::kill(self.0.id() as libc::pid_t, signal) }, 0);
    }

    fn wait(&mut self) -> ExitStatus {
        self.0.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the process of this life is about; `None` in the process that tests.
fn lives(life: &str) -> Option<(PathBuf, String)> {
    let variable = |name| std::env::var(name).unwrap();
    let is_it = std::env::var("HMS_TYPED_PROCESS").is_ok_and(|own| own == life);
    is_it.then(|| {
        let directory = variable("HMS_TYPED_DIRECTORY").into();
        (directory, variable("HMS_TYPED_DETAIL"))
    })
}

/// No test of its own: the life of a provider.
#[test]
fn provider_process() {
    let Some((directory, component)) = lives("provider_process") else {
        return;
    };
    let component = match &*component {
        "tasks" => tasks(&directory, Some(&runtime())).unwrap(),
        "blocking-tasks" => tasks(&directory, None).unwrap(),
        "narrow-tasks" => narrow(&directory).unwrap(),
        _ => probe(&directory).unwrap(),
    };
    component.serve_with(|| println!("ready")).unwrap();
}

/// No test of its own: the life of a caller with half a second of patience.
#[test]
fn caller_process() {
    let Some((directory, key)) = lives("caller_process") else {
        return;
    };
    let client = Client::builder(INTERFACE).runtime_dir(directory);
    let client = client.connect().unwrap();
    println!("ready");
    let call = client.with().timeout(Duration::from_millis(500));
    let _ = call.call::<()>("hold", (key,));
}

/// No test of its own: a process that awaits calls in a runtime, then elsewhere.
#[test]
fn awaiting_process() {
    let Some((directory, _)) = lives("awaiting_process") else {
        return;
    };
    println!("ready");
    let client = Client::builder(INTERFACE).runtime_dir(directory);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let client = runtime.enable_all().build().unwrap().block_on(async {
        let client = client.connect_async().await.unwrap();
        let calls = (0..100).map(|value| client.call_async::<u32>("echo", (value,)));
        for (value, result) in (0..).zip(futures_util::future::join_all(calls).await) {
            assert_eq!(result.unwrap(), value);
        }
        client
    });
    assert_eq!(driver_threads(), 0);
    for _ in 0..3 {
        block_on(client.call_async::<u32>("echo", (1,))).unwrap();
    }
    assert_eq!(driver_threads(), 1);
}

fn driver_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.unwrap().path().join("comm")).unwrap_or_default()
    };
    tasks
        .map(name)
        .filter(|name| name.trim() == "hms-driver")
        .count()
}

#[test]
fn a_thread_is_started_only_outside_of_tokio() {
    let directory = Directory::new("driver-threads");
    let _provider = Process::of(directory.path(), "tasks");
    let mut awaiting = Process::life("awaiting_process", directory.path(), "");
    assert!(awaiting.wait().success());
}

/// Few calls in flight.
fn narrow(directory: &Path) -> Result<Component> {
    builder(directory, Some(&runtime()))?
        .settings(|settings| settings.max_calls = Some(64))
        .build()
}

#[test]
fn a_signal_ends_serving_in_order() {
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let directory = Directory::new(&format!("signal-{signal}"));
        let mut provider = Process::start(directory.path());
        let client = directory.connect("hms:claims/probe").unwrap();
        assert_eq!(client.call::<u32>("add", (1, 2)).unwrap(), 3);
        provider.signal(signal);
        assert!(provider.wait().success());
        let error = client
            .with()
            .timeout(Duration::from_secs(1))
            .call::<u32>("add", (1, 2))
            .unwrap_err();
        assert_eq!(error.code(), Some(Code::Unavailable));
    }
}

#[test]
fn a_killed_provider_is_unavailable_and_its_successor_is_found() {
    let directory = Directory::new("killed");
    let mut provider = Process::start(directory.path());
    let client = directory.connect("hms:claims/probe").unwrap();
    let started = std::thread::scope(|scope| {
        let held = scope.spawn(|| client.with().no_timeout().call::<()>("hold", ()));
        // The call is in flight, or fails all the same: in both cases with `unavailable`.
        client.call::<()>("nothing", ()).unwrap();
        provider.signal(libc::SIGKILL);
        let started = Instant::now();
        assert_eq!(
            held.join().unwrap().unwrap_err().code(),
            Some(Code::Unavailable)
        );
        started
    });
    assert!(started.elapsed() < Duration::from_secs(1));
    provider.wait();
    let _successor = Process::start(directory.path());
    assert_eq!(client.call::<u32>("add", (1, 2)).unwrap(), 3);
}

#[test]
fn parent_and_child_call_after_a_fork() {
    let directory = Directory::new("fork");
    let _provider = Process::start(directory.path());
    let client = directory.connect("hms:claims/probe").unwrap();
    let add = |i: u32| {
        client
            .call::<u32>("add", (i, 1))
            .is_ok_and(|sum| sum == i + 1)
    };
    assert!(add(0));
    // SAFETY: the child uses only what works after a fork (calls, the allocator), and ends without destructors.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let fine = (0..100).all(add);
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(i32::from(!fine)) };
    }
    assert!((0..100).all(add));
    let mut status = 0;
    // SAFETY: waits for the child made above.
    unsafe { libc::waitpid(pid, &mut status, 0) };
    assert_eq!(status, 0, "the child's calls");
    assert!(add(100));
}

#[test]
fn futures_after_a_fork() {
    let directory = Directory::new("fork-futures");
    let _provider = Process::of(directory.path(), "tasks");
    let client = Client::builder(INTERFACE).runtime_dir(directory.path());
    let client = client.connect().unwrap();
    let add = |i: u32| block_on(client.call_async::<u32>("echo", (i,))).is_ok_and(|j| i == j);
    assert!(add(0));
    let mut parents = pin!(client.call_async::<u32>("meet", (2,)));
    let unpolled = client.call_async::<u32>("echo", (2,));
    assert!(poll_once(parents.as_mut()).is_pending());
    // SAFETY: the child uses only what works after a fork (calls, the allocator), and ends without destructors.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // The parent's thread is not there; the child starts one of its own.
        let refused = block_on(parents).is_err_and(|e| e.code() == Some(Code::FailedPrecondition));
        let fine = refused && (0..100).all(add) && block_on(unpolled).is_ok();
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(i32::from(!fine)) };
    }
    assert!((0..100).all(add));
    let other = client.call_async::<u32>("meet", (2,));
    let met = block_on(futures_util::future::join(parents, other));
    assert_eq!((met.0.unwrap(), met.1.unwrap()), (2, 2));
    let mut status = 0;
    // SAFETY: waits for the child made above.
    unsafe { libc::waitpid(pid, &mut status, 0) };
    assert_eq!(status, 0, "the child's calls");
}

/// The worker waits for the future, whose code may be anybody's.
#[test]
fn an_async_handler_that_forks_goes_on_in_the_parent_only() {
    let wit = "package test:forking@1.0.0; interface calls { fork: func() -> s32; }";
    let contract = hms_ffi::Contract::parse("forking.wit", wit).unwrap();
    let directory = Directory::new("async-handler-forks");
    let component = Component::builder("test:forking/calls")
        .contract(&contract)
        .unwrap()
        .runtime_dir(directory.path())
        .export_async("fork", || async {
            // SAFETY: the child returns from the handler and ends with its only thread; a panic ends it at once.
            let pid = unsafe { libc::fork() };
            if pid == 0 {
                // SAFETY: ends the child at once.
                std::panic::set_hook(Box::new(|_| unsafe { libc::_exit(3) }));
            }
            pid
        })
        .unwrap();
    let _serving = component.build().unwrap().start().unwrap();
    let client = Client::builder("test:forking/calls").runtime_dir(directory.path());
    let client = client.connect().unwrap();
    // The parent serves on.
    for _ in 0..2 {
        let pid: i32 = client.call("fork", ()).unwrap();
        let mut status = 0;
        // SAFETY: waits for the child made above.
        unsafe { libc::waitpid(pid, &mut status, 0) };
        assert_eq!(status, 0, "the child left the parent's driver alone");
    }
}

/// A caller that is stopped says nothing: the provider looks at the clock itself.
#[test]
fn a_handler_ends_at_its_deadline_though_its_caller_is_silent() {
    let provided = Provided::here("silent-caller", Some(&runtime()));
    let directory = provided.directory.path();
    let caller = Process::life("caller_process", directory, "silent");
    provided.became("silent", "held");
    caller.signal(libc::SIGSTOP);
    provided.became("silent", "dropped");
}

#[test]
fn a_connect_to_a_silent_provider_ends_at_its_deadline() {
    let directory = Directory::new("silent-provider");
    let provider = Process::of(directory.path(), "tasks");
    provider.signal(libc::SIGSTOP);
    let connect = |limit| {
        let client = Client::builder(INTERFACE).runtime_dir(directory.path());
        client.timeout(limit).connect_async()
    };
    let error = block_on(connect(Duration::from_millis(100))).unwrap_err();
    assert_eq!(error.code(), Some(Code::DeadlineExceeded));
    let error = block_on(connect(Duration::ZERO)).unwrap_err();
    assert_eq!(error.code(), Some(Code::DeadlineExceeded));
    let mut given_up = Box::pin(connect(Duration::from_secs(20)));
    assert!(poll_once(given_up.as_mut()).is_pending());
    drop(given_up);
    provider.signal(libc::SIGCONT);
    let client = block_on(connect(Duration::from_secs(20))).unwrap();
    assert_eq!(block_on(client.call_async::<u32>("echo", (1,))).unwrap(), 1);
}
