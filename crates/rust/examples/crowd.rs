//! Several calls at once, and in a batch: a caller of the provider in `greeter.rs`.

use futures_util::future::join_all;
use hms_ffi::{Client, Result};
use serde::Serialize;

#[derive(Serialize)]
struct Person {
    name: &'static str,
    titles: [&'static str; 1],
}

async fn crowd() -> Result<()> {
    let greeter = Client::connect_async("example:hello/greeter").await?;
    let people = ["Ada", "Alan", ""].map(|name| Person {
        name,
        titles: ["Dr"],
    });
    let greet = |person| greeter.call_async::<String>("greet", (person,));
    for greeting in join_all(people[..2].iter().map(greet)).await {
        println!("{}", greeting?);
    }
    let mut batch = greeter.batch();
    for person in &people {
        batch.add::<String>("greet", (person,));
    }
    for result in batch.call_async().await.into_all::<String>() {
        match result {
            Err(error) if error.as_declared().is_some() => println!("refused"),
            greeting => println!("{}", greeting?),
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    futures_executor::block_on(crowd())
}
