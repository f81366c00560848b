//! A caller of the soak: Rust threads. `soak-caller NAME THREADS`.

mod dice;
mod tally;
mod work;

use dice::Dice;
use hms_ffi::{Client, Component, Serving};
use hms_ffi_soak::contract;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use std::{env, process::ExitCode};
use tally::Tally;
use work::Worker;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("soak-caller: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut args = env::args().skip(1);
    let (Some(name), Some(threads)) = (args.next(), args.next()) else {
        return Err("usage: soak-caller NAME THREADS".into());
    };
    let threads: u64 = threads.parse()?;
    let seed: u64 = env::var("SOAK_SEED")?.parse()?;
    let tally = Tally::new(&name)?;
    let callback = callback()?;
    let client = Client::connect("test:soak/work")?;
    let stop = AtomicBool::new(false);
    let workers_ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|number| {
                let mut worker = Worker {
                    client: client.clone(),
                    tally: &tally,
                    dice: Dice(seed.wrapping_mul(1000).wrapping_add(number)),
                };
                let stop = &stop;
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        worker.once();
                    }
                })
            })
            .collect();
        let reporter = scope.spawn(|| {
            while !workers_ended.load(Ordering::Relaxed) {
                thread::park_timeout(Duration::from_secs(1));
                tally.report(None);
            }
        });
        wait_for_line();
        stop.store(true, Ordering::Relaxed);
        for worker in workers {
            // A thread that panicked has printed so, and the runner sees its standard error.
            let _ = worker.join();
        }
        workers_ended.store(true, Ordering::Relaxed);
        reporter.thread().unpark();
    });
    tally.report(Some(client.metrics()));
    // Others may still call back until the runner closes our standard input.
    io::copy(&mut io::stdin(), &mut io::sink())?;
    client.close();
    callback.close();
    Ok(())
}

fn wait_for_line() {
    // The end of the input is as good as a line.
    let _ = io::stdin().read(&mut [0; 16]);
}

fn callback() -> hms_ffi::Result<Serving> {
    Component::builder("test:soak/callback")
        .contract(&contract()?)?
        .workers(2)
        .export("double", |n: u64| 2 * n)?
        .build()?
        .start()
}
