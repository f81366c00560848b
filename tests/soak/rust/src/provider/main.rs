//! A provider of the soak in Rust.

use hms_ffi::{Client, Component, Error, Result, current_call};
use hms_ffi_soak::{Order, contract, price};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, io, process};

fn main() -> Result<()> {
    let ledger = ledger().map_err(|error| Error::failed_precondition(error.to_string()))?;
    let callback = Mutex::new(None);
    Component::builder("test:soak/work")
        .contract(&contract()?)?
        .workers(8)
        .export("add", |a: u64, b: u64| a + b)?
        .export("echo", |data: Vec<u8>| data)?
        .export("price", |order: Order| price(&order))?
        .export("ask-back", move |n: u64| -> Result<u64> {
            let client = client(&callback)?;
            Ok(client.call::<u64>("double", (n,))? + 1)
        })?
        .export("linger", linger)?
        .export("note", move |id: String| -> Result<()> {
            // One write: a kill leaves the whole line or nothing.
            (&ledger)
                .write_all(format!("{id}\n").as_bytes())
                .map_err(|error| Error::internal(error.to_string()))
        })?
        .build()?
        .serve_with(|| {
            println!("ready");
            // A closed pipe would mean that nobody waits for us.
            let _ = io::stdout().flush();
        })
}

fn ledger() -> io::Result<File> {
    let folder = PathBuf::from(env::var_os("SOAK_LEDGER").unwrap_or_default());
    let path = folder.join(format!("executed-rust-{}", process::id()));
    OpenOptions::new().create(true).append(true).open(path)
}

fn client(made: &Mutex<Option<Client>>) -> Result<Client> {
    let mut made = made
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(client) = &*made {
        return Ok(client.clone());
    }
    let client = Client::connect("test:soak/callback")?;
    *made = Some(client.clone());
    Ok(client)
}

fn linger(milliseconds: u32) -> u32 {
    let until = Instant::now() + Duration::from_millis(milliseconds.into());
    let call = current_call().expect("in a handler");
    while Instant::now() < until && !call.is_cancelled() {
        sleep(Duration::from_millis(5));
    }
    milliseconds
}
