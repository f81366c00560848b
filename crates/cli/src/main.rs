//! The command `hms`. Each command has a file in `commands`; what it prints goes through [`output`], and how it fails
//! through [`failure`].

mod commands;
mod connection;
mod failure;
mod output;
mod recorded;
mod sensitive;
mod signature;

use std::process::ExitCode;

use clap::Parser;
use commands::Command;
use failure::{BAD_USAGE, Failure};
use output::Output;

/// Call functions written in any language from the shell, and look after their contracts.
#[derive(Parser)]
#[command(name = "hms", version, max_term_width = 100, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  hms list
  hms describe hms:claims/adjudication
  hms call hms:claims/adjudication adjudicate '{\"id\": \"c1\", \"lines\": []}'
  hms schema wit/
  hms check old.wit new.wit

Environment:
  HMS_RUNTIME_DIR    the directory in which instances are looked for, alone
  HMS_TIMEOUT        default deadline of calls: seconds, or none
  HMS_TRUSTED_USERS  users beside yourself and root whose instances may be called
  NO_COLOR           no colours on a terminal either

Exit status: 0; 1 for a declared error or a contract that breaks; 2 for a system error; 64 for bad usage.";

fn main() -> ExitCode {
    hms_ffi::runtime::logging::to_stderr();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors. A closed standard output is not worth a word.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(BAD_USAGE)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let json = arguments.command.is_json();
    let mut output = Output::new();
    let result = arguments
        .command
        .run(&mut output)
        .and_then(|()| output.flush());
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = output.flush();
            failure.report(json);
            ExitCode::from(failure.status())
        }
    }
}

/// Result of a command.
type Done = Result<(), Failure>;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent_and_every_command_has_an_example() {
        let mut command = super::Arguments::command();
        command.build();
        command.clone().debug_assert();
        for sub in command
            .get_subcommands()
            .filter(|sub| sub.get_name() != "help")
        {
            let help = sub.clone().render_long_help().to_string();
            assert!(
                help.contains("Example"),
                "{} has no example:\n{help}",
                sub.get_name()
            );
        }
    }
}
