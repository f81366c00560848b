//! Many calls in flight on one link: a caller that keeps a number of 64-byte echoes open, as an event loop does.

use crate::{Provider, Result, SIZE, median};
use hms_ffi::runtime::{CallOptions, Client, ConnectOptions, Driver, Event, Outcome};
use rustix::event::{PollFd, PollFlags, poll};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fmt, io, thread};

const INTERFACE: &str = "bench:echo/echo";

/// What is measured.
#[derive(Clone, Copy)]
pub struct Load {
    /// Calls that are open at once, for each caller.
    pub in_flight: usize,
    /// Worker threads of each provider.
    pub workers: usize,
    /// How long one round lasts.
    pub time: Duration,
    pub rounds: usize,
}

/// Prints the calls per second of one caller and one provider.
pub fn one(directory: &Path, load: Load) -> Result<()> {
    let measured = scale(directory, 1, 1, load)?;
    println!(
        "{{\"name\": \"64-byte echo, Rust to Rust, {} in flight\", {measured}, \"in_flight\": {}, \"workers\": {}}}",
        load.in_flight, load.in_flight, load.workers
    );
    Ok(())
}

/// Prints the calls per second of 1, 2 and 4 callers with 1 and 2 providers, a line each.
pub fn scaling(directory: &Path, load: Load) -> Result<()> {
    for providers in [1, 2] {
        for callers in [1, 2, 4] {
            let measured = scale(
                &directory.join(format!("{callers}-{providers}")),
                callers,
                providers,
                load,
            )?;
            println!(
                "{{\"callers\": {callers}, \"providers\": {providers}, {measured}, \"in_flight\": {}, \"workers\": {}}}",
                load.in_flight, load.workers
            );
            io::stdout().flush()?;
        }
    }
    Ok(())
}

/// What all callers reach together, as the middle round has it.
struct Measured {
    rate: f64,
    /// Processor time of a call in microseconds, which other load on the machine hardly changes.
    caller: f64,
    provider: f64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measured {
            rate,
            caller,
            provider,
        } = self;
        write!(
            f,
            "\"calls_per_second\": {rate:.0}, \"caller_cpu_us\": {caller:.2}, \"provider_cpu_us\": {provider:.2}"
        )
    }
}

fn scale(directory: &Path, callers: usize, providers: usize, load: Load) -> Result<Measured> {
    let workers = load.workers.to_string();
    let providers: Vec<_> = (0..providers)
        .map(|_| Provider::start_in(directory, &["serve-ours", &workers]))
        .collect::<io::Result<_>>()?;
    let mut callers: Vec<_> = (0..callers)
        .map(|_| Caller::start(directory, load.in_flight))
        .collect::<Result<_>>()?;
    let mut rounds = Vec::new();
    // The first round is not counted: caches, branch predictors, the scheduler's idea of all.
    for _ in 0..=load.rounds {
        let spent = |callers: &[Caller]| -> io::Result<(u64, u64)> {
            let callers = callers.iter().map(|caller| spent(caller.child.id()));
            let providers = providers.iter().map(|provider| spent(provider.0.id()));
            Ok((
                callers.sum::<io::Result<u64>>()?,
                providers.sum::<io::Result<u64>>()?,
            ))
        };
        let before = spent(&callers)?;
        for caller in &mut callers {
            caller.begin(load.time)?;
        }
        let done: Result<Vec<(f64, f64)>> = callers.iter_mut().map(Caller::end).collect();
        let after = spent(&callers)?;
        let (mut rate, mut calls) = (0.0, 0.0);
        for (count, seconds) in done? {
            rate += count / seconds;
            calls += count;
        }
        rounds.push(Measured {
            rate,
            caller: (after.0 - before.0) as f64 / calls / 1000.0,
            provider: (after.1 - before.1) as f64 / calls / 1000.0,
        });
    }
    let of = |part: fn(&Measured) -> f64| median(rounds.iter().skip(1).map(part));
    Ok(Measured {
        rate: of(|round| round.rate),
        caller: of(|round| round.caller),
        provider: of(|round| round.provider),
    })
}

/// Nanoseconds of processor time that the threads of a process have had.
fn spent(pid: u32) -> io::Result<u64> {
    let mut total = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let stat = std::fs::read_to_string(task?.path().join("schedstat"))?;
        let nanoseconds = stat
            .split_whitespace()
            .next()
            .and_then(|n| n.parse::<u64>().ok());
        total += nanoseconds.unwrap_or_default();
    }
    Ok(total)
}

/// A caller in a process of its own.
struct Caller {
    child: Child,
    input: ChildStdin,
    output: BufReader<std::process::ChildStdout>,
}

impl Caller {
    fn start(directory: &Path, in_flight: usize) -> Result<Caller> {
        let mut child = Command::new(env::current_exe()?)
            .args(["call-ours", &in_flight.to_string()])
            .env("HMS_RUNTIME_DIR", directory.join("runtime"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().ok_or("no pipe")?;
        let output = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        let mut caller = Caller {
            child,
            input,
            output,
        };
        if caller.line()? != "ready" {
            return Err("a caller did not connect".into());
        }
        Ok(caller)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    fn begin(&mut self, time: Duration) -> io::Result<()> {
        writeln!(self.input, "{}", time.as_millis())
    }

    /// Calls and seconds.
    fn end(&mut self) -> Result<(f64, f64)> {
        let line = self.line()?;
        let (calls, seconds) = line.split_once(' ').ok_or("the caller ended early")?;
        Ok((calls.parse()?, seconds.parse()?))
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The life of a [`Caller`]: for each line with milliseconds it calls for so long, and answers with calls and
/// seconds.
pub fn call(in_flight: usize) -> Result<()> {
    let mut flow = Flow::connect(in_flight)?;
    println!("ready");
    for line in io::stdin().lines() {
        let time = Duration::from_millis(line?.parse()?);
        let (calls, seconds) = flow.run(time)?;
        println!("{calls} {seconds}");
    }
    Ok(())
}

struct Flow {
    driver: Driver,
    client: Client,
    in_flight: usize,
    options: CallOptions,
    args: Vec<u8>,
}

impl Flow {
    fn connect(in_flight: usize) -> Result<Flow> {
        let driver = Driver::for_loop("rust")?;
        // A second provider that starts at the same moment should be found as well.
        thread::sleep(Duration::from_millis(50));
        Client::connect_start(&driver, INTERFACE, ConnectOptions::default(), 0)?;
        let client = loop {
            wait(&driver)?;
            if let Some(Event::Connected { result, .. }) = driver.turn().into_iter().next() {
                break result?;
            }
        };
        let mut args = (SIZE as u32).to_le_bytes().to_vec();
        args.resize(4 + SIZE, 7);
        Ok(Flow {
            driver,
            client,
            in_flight,
            options: CallOptions::default(),
            args,
        })
    }

    fn start(&self, token: u64) {
        self.client
            .start(0, self.args.clone(), &self.options, token);
    }

    /// Calls for this time: how many, and how long it took in seconds.
    fn run(&mut self, time: Duration) -> Result<(u64, f64)> {
        let (mut token, mut open, mut done) = (0, 0, 0u64);
        let begun = Instant::now();
        while begun.elapsed() < time || open > 0 {
            if begun.elapsed() < time {
                while open < self.in_flight {
                    token += 1;
                    open += 1;
                    self.start(token);
                }
            }
            if !self.driver.flush() {
                wait(&self.driver)?;
            }
            for event in self.driver.turn() {
                if let Event::Done { outcome, .. } = event {
                    match outcome {
                        Outcome::Ok(bytes) if bytes == self.args => {}
                        other => return Err(format!("a call ended with {other:?}").into()),
                    }
                    open -= 1;
                    done += 1;
                }
            }
        }
        Ok((done, begun.elapsed().as_secs_f64()))
    }
}

/// Waits as an event loop does, on the driver's one descriptor.
fn wait(driver: &Driver) -> Result<()> {
    // SAFETY: the driver keeps its descriptor open for as long as it lives.
    let fd = unsafe { BorrowedFd::borrow_raw(driver.as_raw_fd()) };
    poll(&mut [PollFd::new(&fd, PollFlags::IN)], None)?;
    Ok(())
}
