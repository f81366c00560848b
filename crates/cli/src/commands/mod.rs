//! The commands, one in each file.

mod call;
mod check;
mod completions;
mod describe;
mod list;
mod schema;
mod topics;
mod trace;
mod types;

use clap::Subcommand;

use crate::Done;
use crate::output::Output;

#[derive(Subcommand)]
pub enum Command {
    List(list::List),
    Describe(describe::Describe),
    Call(call::Call),
    Schema(schema::Schema),
    Check(check::Check),
    Types(types::Types),
    Trace(trace::Trace),
    Publish(topics::Publish),
    Subscribe(topics::Subscribe),
    Completions(completions::Completions),
}

impl Command {
    pub fn run(self, output: &mut Output) -> Done {
        match self {
            Command::List(command) => command.run(output),
            Command::Describe(command) => command.run(output),
            Command::Call(command) => command.run(output),
            Command::Schema(command) => command.run(output),
            Command::Check(command) => command.run(output),
            Command::Types(command) => command.run(output),
            Command::Trace(command) => command.run(output),
            Command::Publish(command) => command.run(),
            Command::Subscribe(command) => command.run(),
            Command::Completions(command) => command.run(output),
        }
    }

    /// Whether a program reads what is printed, errors included.
    pub fn is_json(&self) -> bool {
        match self {
            Command::List(command) => command.json,
            Command::Describe(command) => command.json,
            Command::Call(command) => command.json,
            Command::Schema(command) => command.json,
            Command::Check(command) => command.json,
            Command::Trace(command) => command.json,
            _ => false,
        }
    }
}
