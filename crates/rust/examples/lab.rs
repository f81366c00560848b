//! Calls from tasks: many at once, a batch, one that is cancelled; and a component whose handlers are futures.
//! `cargo run --example lab --features tokio`

use hms_ffi::{Cancel, Client, Code, Component, Result, include_contract};
use std::time::Duration;

/// The whole program.
pub async fn run() -> Result<()> {
    let component = Component::builder("example:lab/results")
        .contract(&include_contract!("examples/lab.wit")?)?
        .export_async("score", |sample: String| async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            match sample.len() {
                0 => Err("an empty sample"),
                length => Ok(length as u32),
            }
        })?
        .export_async("incubate", |_sample: String| async {
            // Dropped as soon as the caller no longer waits.
            std::future::pending::<()>().await;
        })?
        .spawner(|task| {
            tokio::spawn(task);
        })
        .build()?;
    let serving = component.start()?;

    let lab = Client::connect_async("example:lab/results").await?;
    let one: u32 = lab.call_async("score", ("blood",)).await?;
    println!("one: {one}");

    // A hundred at once: each future is a call, none is a thread.
    let calls = (1..=100).map(|i| lab.call_async::<u32>("score", ("x".repeat(i),)));
    let scores = futures_util::future::try_join_all(calls).await?;
    println!("a hundred: {}", scores.iter().sum::<u32>());

    // A batch is sent in one write; its errors are values.
    let mut batch = lab.batch();
    let full = batch.add::<u32>("score", ("plasma",));
    let empty = batch.add::<u32>("score", ("",));
    let mut results = batch.call_async().await;
    println!("full: {}", results.take(full)?);
    if let Err(error) = results.take(empty) {
        println!("empty: {:?}", error.declared::<String>());
    }

    // Whoever has the `Cancel` ends the call, from any thread; so does dropping its future.
    let cancel = Cancel::new();
    let waiting = lab.with().no_timeout().cancelled_by(&cancel);
    let waiting = waiting.call_async::<()>("incubate", ("serum",));
    let (ended, ()) = futures_util::future::join(waiting, async { cancel.cancel() }).await;
    assert_eq!(ended.unwrap_err().code(), Some(Code::Cancelled));

    tokio::task::spawn_blocking(move || serving.drain(Duration::from_secs(1)))
        .await
        .expect("draining does not panic");
    Ok(())
}

#[allow(dead_code, reason = "a test runs the same")]
#[tokio::main]
async fn main() -> Result<()> {
    run().await
}
