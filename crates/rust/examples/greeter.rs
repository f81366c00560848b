//! The example of the README: `greeter serve` provides, `greeter` calls.

use hms_ffi::{Client, Component, Result};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Person {
    name: String,
    titles: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Refusal {
    Nameless,
    TooManyTitles(u32),
}

fn serve() -> Result<()> {
    Component::builder("example:hello/greeter")
        .wit("hello.wit")?
        .export("greet", |person: Person| -> Result<String, Refusal> {
            match (person.name.as_str(), person.titles.len()) {
                ("", _) => Err(Refusal::Nameless),
                (_, count @ 10..) => Err(Refusal::TooManyTitles(count as u32)),
                (name, _) => Ok(format!(
                    "Hello {} {name}, this is Rust",
                    person.titles.join(" ")
                )),
            }
        })?
        .build()?
        .serve()
}

fn call() -> Result<()> {
    let greeter = Client::connect("example:hello/greeter")?;
    let greet = |name: &str, titles: &[&str]| {
        let titles = titles.iter().map(|title| (*title).to_owned()).collect();
        let person = Person {
            name: name.to_owned(),
            titles,
        };
        greeter.call::<String>("greet", (person,))
    };
    println!("{}", greet("Ada", &["Countess"])?);
    match greet("", &[]) {
        Err(error) if error.as_declared().is_some() => {
            println!("refused: {:?}", error.declared::<Refusal>())
        }
        other => println!("{}", other?),
    }
    Ok(())
}

fn main() -> Result<()> {
    if std::env::args().nth(1).is_some() {
        serve()
    } else {
        call()
    }
}
