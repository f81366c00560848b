//! A 64-byte echo from one process to another: over HMS FFI, and over a blocking Unix socket that does nothing else.
//!
//! See [`USAGE`].

mod ours;
mod pipelined;
mod raw;
mod round;

use pipelined::Load;
use round::{Round, median};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;
use std::{env, io};

const USAGE: &str = "usage:
  hms-ffi-bench ROUNDS CALLS [WORKERS]
      starts both providers (ours with WORKERS threads, one for each CPU without), takes turns in rounds of CALLS
      calls, prints one JSON line: name, ours, peer, ratio, unit
  hms-ffi-bench pipelined ROUNDS MILLISECONDS [IN_FLIGHT [WORKERS]]
      one caller that keeps IN_FLIGHT (256) echoes open, one provider with WORKERS (1) threads; prints one JSON
      line: name, calls_per_second, caller_cpu_us and provider_cpu_us (processor time of a call in each process),
      in_flight, workers; medians of the rounds
  hms-ffi-bench scaling ROUNDS MILLISECONDS [IN_FLIGHT [WORKERS]]
      the same for 1, 2 and 4 callers and 1 and 2 providers, each a process: a JSON line for each pair, with
      callers, providers, calls_per_second (of all callers together), in_flight (of each caller), and the rest as above";

/// Bytes of the echo.
const SIZE: usize = 64;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        ["serve-ours", ref workers @ ..] => number(workers, 0, 0).and_then(ours::serve),
        ["serve-raw", path] => raw::serve(Path::new(path)),
        ["call-ours", ref rest @ ..] => number(rest, 0, 256).and_then(pipelined::call),
        ["pipelined", ref rest @ ..] if rest.len() >= 2 => {
            load(rest).and_then(|load| in_directory(|directory| pipelined::one(directory, load)))
        }
        ["scaling", ref rest @ ..] if rest.len() >= 2 => load(rest)
            .and_then(|load| in_directory(|directory| pipelined::scaling(directory, load))),
        [_, _] | [_, _, _] => compare(&args),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hms-ffi-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// A provider in a process of its own, ended with this.
struct Provider(Child);

impl Provider {
    /// Starts it and waits until it says that it is ready.
    fn start_in(directory: &Path, args: &[&str]) -> io::Result<Provider> {
        let mut child = Command::new(env::current_exe()?)
            .args(args)
            .env("HMS_RUNTIME_DIR", directory.join("runtime"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut ready = [0; 6];
        if let Some(output) = &mut child.stdout {
            io::Read::read_exact(output, &mut ready)?;
        }
        Ok(Provider(child))
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The argument at this place, if there is one.
fn number(args: &[&str], at: usize, otherwise: usize) -> Result<usize> {
    match args.get(at) {
        None => Ok(otherwise),
        Some(arg) => arg
            .parse()
            .map_err(|_| format!("{arg:?} is no number\n{USAGE}").into()),
    }
}

fn load(args: &[&str]) -> Result<Load> {
    Ok(Load {
        rounds: number(args, 0, 0)?,
        time: Duration::from_millis(number(args, 1, 0)? as u64),
        in_flight: number(args, 2, 256)?,
        workers: number(args, 3, 1)?,
    })
}

fn in_directory(run: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let directory = env::temp_dir().join(format!("hms-bench-{}", std::process::id()));
    std::fs::create_dir(&directory)?;
    let result = run(&directory);
    std::fs::remove_dir_all(&directory)?;
    result
}

fn compare(args: &[&str]) -> Result<()> {
    let (rounds, calls, workers) = (
        number(args, 0, 0)?,
        number(args, 1, 0)?,
        number(args, 2, 0)?,
    );
    in_directory(|directory| compare_in(directory, rounds, calls, workers))
}

fn compare_in(directory: &Path, rounds: usize, calls: usize, workers: usize) -> Result<()> {
    let socket = directory.join("raw");
    let path = socket.to_string_lossy();
    // SAFETY: this program has one thread so far.
    unsafe { env::set_var("HMS_RUNTIME_DIR", directory.join("runtime")) };
    let _providers = [
        Provider::start_in(directory, &["serve-ours", &workers.to_string()])?,
        Provider::start_in(directory, &["serve-raw", &path])?,
    ];
    let client = ours::connect()?;
    let mut stream = raw::connect(&socket)?;
    let data = vec![7u8; SIZE];

    let ours = || Round::run(calls, || ours::call(&client, &data));
    let mut peer = || Round::run(calls, || raw::call(&mut stream, &data));
    // Not measured: caches, branch predictors, the schedulers' idea of both.
    ours()?;
    peer()?;
    let mut pairs = Vec::new();
    for round in 0..rounds {
        // Who begins alternates, so that neither profits from its place.
        pairs.push(if round % 2 == 0 {
            let ours = ours()?;
            (ours, peer()?)
        } else {
            let peer = peer()?;
            (ours()?, peer)
        });
    }
    let ratio = median(pairs.iter().map(|(ours, peer)| ours.p50 / peer.p50));
    let ours = median(pairs.iter().map(|(ours, _)| ours.p50));
    let peer = median(pairs.iter().map(|(_, peer)| peer.p50));
    println!(
        "{{\"name\": \"64-byte echo, Rust to Rust, against a blocking Unix socket\", \
         \"ours\": {ours:.2}, \"peer\": {peer:.2}, \"ratio\": {ratio:.3}, \"unit\": \"us\"}}"
    );
    Ok(())
}
