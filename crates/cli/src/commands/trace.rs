//! `hms trace`: the calls of running instances, as they end.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::{Duration, Instant};

use hms_ffi::runtime::{CallOptions, Client, Outcome, Settings, discovery};
use hms_ffi::value::from_wire;
use hms_ffi_core::contract::interface_matches;
use hms_ffi_core::convert::Converter;
use hms_ffi_core::convert::json::Json;
use hms_ffi_core::error::{Code, Error};
use hms_ffi_core::wire::Limits;

use crate::Done;
use crate::connection::{self, Target};
use crate::failure::Failure;
use crate::output::{Look, Output};
use crate::recorded::{CALLS, Call, Calls, Ended, took};

/// How often the instances are asked for new calls.
const PAUSE: Duration = Duration::from_millis(100);
/// How often instances that have started meanwhile are looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Show the calls of an interface as they happen
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hms trace hms:claims/adjudication
  hms trace hms:claims/adjudication --values
  hms trace hms:claims/adjudication --json --count 10

A call is shown when it has ended. Values are hidden unless --values is given; what the contract marks as
sensitive is hidden even then. Instances of your own user are shown, to root all. Ctrl-C ends it.")]
pub struct Trace {
    /// The interface, with or without @version
    interface: String,
    /// Show arguments and results
    #[arg(long)]
    values: bool,
    /// End after so many calls
    #[arg(long, value_name = "NUMBER")]
    count: Option<u64>,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// An instance that is watched.
struct Watched {
    tap: Client,
    converter: Converter,
    after: u64,
}

impl Trace {
    pub fn run(self, output: &mut Output) -> Done {
        let settings = Settings::from_env()?;
        let mut watched = BTreeMap::new();
        self.look(&settings, &mut watched)?;
        if watched.is_empty() {
            // The connection's error says where was looked and what was found there.
            connection::connect(&self.interface, Target::default(), None)?;
            let message = format!("no instance of {} shows its calls", self.interface);
            return Err(Error::unavailable(message).into());
        }
        if !self.json {
            eprintln!(
                "watching {} of {}; Ctrl-C ends it",
                watched.len(),
                self.interface
            );
        }
        let mut looked = Instant::now();
        let mut left = self.count.unwrap_or(u64::MAX);
        loop {
            let mut calls = Vec::new();
            let mut gone = Vec::new();
            for (name, instance) in &mut watched {
                match instance.fetch(self.values) {
                    Ok(new) => {
                        if new.missed > 0 {
                            eprintln!("{} calls came too fast to be shown", new.missed);
                        }
                        let mine = new.calls.into_iter();
                        calls.extend(
                            mine.filter(|call| interface_matches(&self.interface, &call.interface))
                                .map(|call| (name.clone(), call)),
                        );
                    }
                    Err(error) if error.code() == Code::Unavailable => gone.push(name.clone()),
                    Err(error) => return Err(error.into()),
                }
            }
            calls.sort_by_key(|(_, call)| call.arrived);
            for (name, call) in calls {
                self.show(output, &name, &watched[&name].converter, &call)?;
                left -= 1;
                if left == 0 {
                    return Ok(());
                }
            }
            output.flush()?;
            watched.retain(|name, _| !gone.contains(name));
            std::thread::sleep(PAUSE);
            if looked.elapsed() > LOOK_AGAIN {
                self.look(&settings, &mut watched)?;
                looked = Instant::now();
            }
        }
    }

    /// Adds instances that are not watched yet.
    fn look(&self, settings: &Settings, watched: &mut BTreeMap<String, Watched>) -> Done {
        for instance in discovery::list(settings)? {
            let exports = |name: &String| interface_matches(&self.interface, name);
            if !instance.interfaces.iter().any(exports) {
                continue;
            }
            let Entry::Vacant(entry) = watched.entry(instance.name.clone()) else {
                continue;
            };
            match Watched::new(&self.interface, &instance.name, self.values) {
                Ok(new) => {
                    entry.insert(new);
                }
                // It ended between the two, or belongs to a user who may be called but not watched.
                Err(Failure::System(error)) if error.code() == Code::Unavailable => {}
                Err(Failure::System(error)) if error.code() == Code::PermissionDenied => {
                    eprintln!(
                        "{} (process {}): {}",
                        instance.name,
                        instance.pid,
                        error.message()
                    );
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn show(
        &self,
        output: &mut Output,
        instance: &str,
        converter: &Converter,
        call: &Call,
    ) -> Done {
        let schema = converter.schema();
        let (args, reply) = (call.args(converter), call.reply(converter));
        if self.json {
            let line = Json::Object(call.json(instance, args, reply));
            return output.line(line);
        }
        let outcome = match call.outcome {
            Ended::Ok => output.paint(Look::Green, "ok"),
            Ended::Declared => output.paint(Look::Yellow, "declared error"),
            Ended::System => {
                output.paint(Look::Red, call.code.as_deref().unwrap_or("system error"))
            }
            Ended::Cancelled => output.paint(Look::Yellow, "cancelled"),
        };
        output.line(format!(
            "{} {} {} {} {}",
            output.paint(Look::Dim, &call.arrived.to_string()),
            output.paint(Look::Bold, &call.function),
            outcome,
            took(call.took),
            output.paint(
                Look::Dim,
                &format!("process {} of user {}", call.caller_pid, call.caller_uid)
            ),
        ))?;
        if let (Some(args), Some((_, function))) = (args, schema.function(&call.function)) {
            for (param, arg) in function.params.iter().zip(args) {
                output.line(format!("  {}: {arg}", param.name))?;
            }
        }
        reply.map_or(Ok(()), |reply| output.line(format!("  -> {reply}")))
    }
}

impl Watched {
    fn new(interface: &str, instance: &str, values: bool) -> Result<Watched, Failure> {
        let only = |interface: &str| {
            connection::connect(
                interface,
                Target {
                    instance: Some(instance.to_owned()),
                    view: None,
                },
                None,
            )
        };
        let schema = only(interface)?.schema().clone();
        let mut new = Watched {
            tap: only(CALLS)?,
            converter: Converter::new(schema),
            after: 0,
        };
        // The first answer holds what others asked for before; from here on it records for us.
        new.fetch(values)?;
        Ok(new)
    }

    fn fetch(&mut self, values: bool) -> Result<Calls, Error> {
        let schema = self.tap.schema();
        let (index, function) = schema
            .function("recent")
            .ok_or_else(|| Error::unimplemented("the instance does not show its recent calls"))?;
        let mut args = self.after.to_le_bytes().to_vec();
        args.push(u8::from(values));
        let bytes = match self
            .tap
            .call(index, args, &CallOptions::default(), &mut || false)
        {
            Outcome::Ok(bytes) => bytes,
            Outcome::System(error) => return Err(error),
            _ => return Err(Error::internal("the instance gave no calls")),
        };
        let result = schema
            .outcome(function)
            .ok
            .ok_or_else(|| Error::unimplemented("the instance does not show its recent calls"))?;
        let converter = Converter::new(schema.clone());
        let calls: Calls = from_wire(&converter, result, "result", &bytes, &Limits::default())?;
        self.after = calls.next;
        Ok(calls)
    }
}
