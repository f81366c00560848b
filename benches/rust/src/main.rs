//! A 64-byte echo from one process to another: over HMS FFI, and over a blocking Unix socket that does nothing else.
//!
//! `hms-ffi-bench ROUNDS CALLS` starts both providers, takes turns in rounds and prints one JSON line.

mod ours;
mod raw;
mod round;

use round::{Round, median};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::{env, io};

/// Bytes of the echo.
const SIZE: usize = 64;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        ["serve-ours"] => ours::serve(),
        ["serve-raw", path] => raw::serve(Path::new(path)),
        [rounds, calls] => match (rounds.parse(), calls.parse()) {
            (Ok(rounds), Ok(calls)) => compare(rounds, calls),
            _ => Err("ROUNDS and CALLS are numbers".into()),
        },
        _ => Err("usage: hms-ffi-bench ROUNDS CALLS".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hms-ffi-bench: {error:?}");
            ExitCode::FAILURE
        }
    }
}

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// A provider in a process of its own, ended with this.
struct Provider(Child);

impl Provider {
    fn start(args: &[&str]) -> io::Result<Provider> {
        let mut child = Command::new(env::current_exe()?)
            .args(args)
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

fn compare(rounds: usize, calls: usize) -> Result<()> {
    let directory = env::temp_dir().join(format!("hms-bench-{}", std::process::id()));
    std::fs::create_dir(&directory)?;
    let result = compare_in(&directory, rounds, calls);
    std::fs::remove_dir_all(&directory)?;
    result
}

fn compare_in(directory: &Path, rounds: usize, calls: usize) -> Result<()> {
    let socket = directory.join("raw");
    let path = socket.to_string_lossy();
    // SAFETY: this program has one thread so far.
    unsafe { env::set_var("HMS_RUNTIME_DIR", directory.join("runtime")) };
    let _providers = [
        Provider::start(&["serve-ours"])?,
        Provider::start(&["serve-raw", &path])?,
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
