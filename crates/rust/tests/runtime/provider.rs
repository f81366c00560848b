//! A provider for the tests: handlers for a small contract, in this process or in one of its own.

use hms_ffi::runtime::{
    CallOptions, Client, ConnectOptions, Driver, Export, Handler, Inbound, Outcome, ServeOptions,
    Server, Settings,
};
use hms_ffi_core::contract::{Contract, Schema};
use hms_ffi_core::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

pub const WIT: &str = r#"package test:runtime@1.0.0;
interface calls {
  echo: func(data: list<u8>) -> list<u8>;
  hold: func();
  deny: func() -> result<_, string>;
  panic: func();
  pid: func() -> u32;
  watch: func() -> stream<u8>;
  @external-id("hms:idempotent")
  flaky: func(failures: u32) -> u32;
  once: func(failures: u32) -> u32;
  @external-id("hms:idempotent")
  stay: func() -> u32;
  give-up: func();
}"#;

pub const ECHO: u32 = 0;
pub const HOLD: u32 = 1;
pub const DENY: u32 = 2;
pub const PANIC: u32 = 3;
pub const PID: u32 = 4;
pub const WATCH: u32 = 5;
/// Fails `unavailable` so many times, then answers how often it was called; idempotent.
pub const FLAKY: u32 = 6;
/// The same, not idempotent.
pub const ONCE: u32 = 7;
/// As HOLD, answers the process; idempotent.
pub const STAY: u32 = 8;
/// Answers that it was cancelled as soon as its deadline has passed.
pub const GIVE_UP: u32 = 9;

pub fn schema() -> Arc<Schema> {
    Contract::parse("test.wit", WIT)
        .expect("valid")
        .schema("test:runtime/calls")
        .expect("there")
}

/// A gate that `hold` waits at.
#[derive(Default)]
pub struct Gate {
    state: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Gate {
    /// Waits until `count` handlers wait here.
    pub fn wait_for(&self, count: usize) {
        let mut state = self.state.lock().expect("lock");
        while state.0 < count {
            state = self.changed.wait(state).expect("lock");
        }
    }

    pub fn open(&self) {
        self.state.lock().expect("lock").1 = true;
        self.changed.notify_all();
    }

    pub fn pass(&self) {
        let mut state = self.state.lock().expect("lock");
        state.0 += 1;
        self.changed.notify_all();
        while !state.1 {
            state = self.changed.wait(state).expect("lock");
        }
    }
}

pub struct TestHandler {
    pub gate: Arc<Gate>,
    pub tally: AtomicU32,
}

impl TestHandler {
    pub fn new(gate: Arc<Gate>) -> Self {
        TestHandler {
            gate,
            tally: AtomicU32::new(0),
        }
    }

    fn hold(&self) {
        if std::env::var_os("HMS_TEST_PROVIDER").is_some() {
            println!("holding");
            std::io::stdout().flush().expect("stdout");
        }
        self.gate.pass();
    }
}

impl Handler for TestHandler {
    fn handle(&self, call: Inbound) {
        match call.function_index() {
            ECHO => {
                let bytes = call.args().to_vec();
                call.reply(Outcome::Ok(bytes));
            }
            HOLD => {
                self.hold();
                call.reply(Outcome::Ok(vec![]));
            }
            STAY => {
                self.hold();
                call.reply(Outcome::Ok(std::process::id().to_le_bytes().to_vec()));
            }
            GIVE_UP => {
                while !call.context().is_late() {
                    std::thread::yield_now();
                }
                call.reply(Outcome::Cancelled);
            }
            FLAKY | ONCE => {
                let failures = u32::from_le_bytes(call.args().try_into().expect("four bytes"));
                let count = self.tally.fetch_add(1, Ordering::Relaxed) + 1;
                call.reply(if count <= failures {
                    Outcome::System(Error::unavailable("not now"))
                } else {
                    Outcome::Ok(count.to_le_bytes().to_vec())
                });
            }
            DENY => call.reply(Outcome::Declared(b"\x02\0\0\0no".to_vec())),
            PANIC => panic!("on purpose"),
            // An instance that runs but cannot do its work.
            PID if mode_is("failing") => {
                call.reply(Outcome::System(Error::unavailable(
                    "its own database is gone",
                )));
            }
            PID => call.reply(Outcome::Ok(std::process::id().to_le_bytes().to_vec())),
            other => call.reply(Outcome::System(Error::internal(format!(
                "function {other} was called"
            )))),
        }
    }
}

fn mode_is(mode: &str) -> bool {
    std::env::var_os("HMS_TEST_PROVIDER").is_some_and(|is| is == mode)
}

/// A runtime directory of its own.
pub fn scratch(name: &str) -> (Settings, PathBuf) {
    let dir = std::env::temp_dir().join(format!("hms-runtime-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    (
        Settings {
            runtime_dir: Some(dir.clone()),
            ..Settings::default()
        },
        dir,
    )
}

/// A server with worker threads, and one that reads.
pub struct Serving {
    pub server: Arc<Server>,
    pub gate: Arc<Gate>,
    threads: Vec<JoinHandle<()>>,
}

impl Serving {
    pub fn start(settings: &Settings, workers: usize, queue: usize) -> Serving {
        let gate = Arc::new(Gate::default());
        let handler: Arc<dyn Handler> = Arc::new(TestHandler::new(gate.clone()));
        Self::with(
            settings,
            Export {
                schema: schema(),
                handler: Some(handler),
            },
            workers,
            queue,
            gate,
        )
    }

    pub fn with(
        settings: &Settings,
        export: Export,
        workers: usize,
        queue: usize,
        gate: Arc<Gate>,
    ) -> Serving {
        let driver = Driver::shared("rust").expect("driver");
        let options = ServeOptions {
            settings: Some(settings.clone()),
            max_concurrent: workers.max(1),
            queue,
            name: "test".into(),
        };
        let server = Arc::new(Server::start(&driver, vec![export], options).expect("serving"));
        let mut threads = Vec::new();
        for i in 0..=workers {
            let server = server.clone();
            threads.push(std::thread::spawn(move || {
                let end = if i == workers {
                    server.read(&mut || false)
                } else {
                    server.work(&mut || false)
                };
                end.expect("worked");
            }));
        }
        // Without workers a waiting thread of the same chain would run calls itself.
        while server.workers() < workers {
            std::thread::yield_now();
        }
        Serving {
            server,
            gate,
            threads,
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.gate.open();
        self.server.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

pub fn options(settings: &Settings) -> ConnectOptions {
    ConnectOptions {
        settings: Some(settings.clone()),
        ..ConnectOptions::default()
    }
}

pub fn connect(settings: &Settings) -> hms_ffi::runtime::Result<Client> {
    let driver = Driver::shared("rust").expect("driver");
    Client::connect(
        &driver,
        "test:runtime/calls",
        options(settings),
        &mut || false,
    )
}

pub fn call(client: &Client, function: u32, args: &[u8]) -> Outcome {
    client.call(
        function,
        args.to_vec(),
        &CallOptions::default(),
        &mut || false,
    )
}

/// A list<u8> as argument.
pub fn list(bytes: &[u8]) -> Vec<u8> {
    let mut encoded = (bytes.len() as u32).to_le_bytes().to_vec();
    encoded.extend_from_slice(bytes);
    encoded
}

/// A provider in a process of its own, which ends with its standard input.
pub struct Process {
    pub child: Child,
    stdin: Option<ChildStdin>,
    output: BufReader<std::process::ChildStdout>,
}

impl Process {
    pub fn start(dir: &Path, mode: &str) -> Process {
        let mut child = Command::new(std::env::current_exe().expect("test binary"))
            .args([
                "provider::provider_process",
                "--exact",
                "--nocapture",
                "--test-threads=1",
            ])
            .env("HMS_TEST_PROVIDER", mode)
            .env("HMS_RUNTIME_DIR", dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("provider process");
        let stdin = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let mut process = Process {
            child,
            stdin,
            output,
        };
        process.wait_for_line("ready");
        process
    }

    /// Reads the provider's output up to this line.
    pub fn wait_for_line(&mut self, wanted: &str) {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(
                self.output.read_line(&mut line).expect("output"),
                0,
                "the provider ended before {wanted:?}"
            );
            // The test harness writes in front of the first line.
            if line.trim_end().ends_with(wanted) {
                return;
            }
        }
    }

    /// Lets it end by itself.
    pub fn stop(mut self) {
        drop(self.stdin.take());
        self.child.wait().expect("it ends");
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("reaped");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// No test of its own: the life of a [`Process`].
#[test]
fn provider_process() {
    let Some(mode) = std::env::var_os("HMS_TEST_PROVIDER") else {
        return;
    };
    let settings = Settings::from_env().expect("settings");
    let serving = Serving::start(&settings, 2, 2000);
    if mode == "open" {
        serving.gate.open();
    }
    if mode == "forked" {
        // SAFETY: the child only waits for its input to end; it touches no lock.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            // SAFETY: async-signal-safe.
            unsafe {
                let mut byte = 0u8;
                libc::read(0, std::ptr::from_mut(&mut byte).cast(), 1);
                libc::_exit(0);
            }
        }
    }
    println!("ready");
    std::io::stdout().flush().expect("stdout");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    serving.server.drain(std::time::Duration::from_secs(10));
}
