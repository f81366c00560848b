//! `hms list`: what runs on this machine.

use hms_ffi::runtime::discovery::{self, InstanceDescription};
use hms_ffi::runtime::{CallOptions, Client, ConnectOptions, Driver, Outcome, Settings, Timeout};
use hms_ffi::value::from_wire;
use hms_ffi_core::convert::Converter;
use hms_ffi_core::error::{Code, Error};
use hms_ffi_core::wire::Limits;
use serde_json::{Value, json};
use std::time::Duration;

use crate::Done;
use crate::output::Output;
use crate::recorded::{CALLS, Status};

/// List the instances that run on this machine
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hms list
  hms list hms:claims/adjudication
  hms list --json

Shown are the instances of users that you trust (yourself, root and HMS_TRUSTED_USERS). STATE is `serving`, `busy` (it did not
answer now) or `-` (it does not tell you). CALLS and ERRORS count since its start; ERRORS are system errors. Which instances a caller avoids because they failed it is among that caller's own metrics.")]
pub struct List {
    /// Only instances that export this interface, with or without @version
    interface: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl List {
    pub fn run(self, output: &mut Output) -> Done {
        let mut instances = discovery::list(&Settings::from_env()?)?;
        if let Some(wanted) = &self.interface {
            let matches = |name: &String| hms_ffi_core::contract::interface_matches(wanted, name);
            instances.retain(|instance| instance.interfaces.iter().any(matches));
        }
        let instances = with_status(instances);
        if self.json {
            return output.json(&Value::Array(instances.iter().map(to_json).collect()));
        }
        if instances.is_empty() {
            // For people only; a program that counts lines counts none.
            eprintln!("no instances");
            return Ok(());
        }
        let heading = [
            "INTERFACE",
            "VERSION",
            "LANGUAGE",
            "PID",
            "USER",
            "TRANSPORT",
            "STATE",
            "RUNNING",
            "QUEUED",
            "CALLS",
            "ERRORS",
            "COMPONENT",
            "INSTANCE",
        ];
        let mut rows = vec![heading.map(str::to_owned).to_vec()];
        for (instance, state) in &instances {
            for interface in &instance.interfaces {
                let (name, version) = interface.split_once('@').unwrap_or((interface, "-"));
                let mut row = vec![
                    name.to_owned(),
                    version.to_owned(),
                    instance.language.clone(),
                    instance.pid.to_string(),
                    user(instance),
                    instance.transport.clone(),
                ];
                row.extend(state.cells());
                row.extend([instance.component.clone(), instance.name.clone()]);
                rows.push(row);
            }
        }
        rows[1..].sort();
        output.table(&rows)
    }
}

fn user(instance: &InstanceDescription) -> String {
    instance.user().unwrap_or_else(|| instance.uid.to_string())
}

/// What is known of an instance beside its description.
enum State {
    Known(Status),
    Busy,
    Unknown,
}

impl State {
    fn name(&self) -> &'static str {
        match self {
            State::Known(_) => "serving",
            State::Busy => "busy",
            State::Unknown => "-",
        }
    }

    fn cells(&self) -> [String; 5] {
        let counts = match self {
            State::Known(status) => [
                status.running.into(),
                status.queued.into(),
                status.ok + status.declared + status.system + status.cancelled,
                status.system,
            ]
            .map(|count: u64| count.to_string()),
            _ => ["-"; 4].map(str::to_owned),
        };
        let [running, queued, calls, errors] = counts;
        [self.name().to_owned(), running, queued, calls, errors]
    }
}

/// How long an instance has to answer.
const PATIENCE: Duration = Duration::from_millis(300);

/// Asks all instances at once, so that busy ones cost the time of one.
fn with_status(instances: Vec<InstanceDescription>) -> Vec<(InstanceDescription, State)> {
    std::thread::scope(|scope| {
        let asked: Vec<_> = instances
            .into_iter()
            .map(|instance| {
                let name = instance.name.clone();
                (instance, scope.spawn(move || ask(&name)))
            })
            .collect();
        let state = |asked: std::thread::ScopedJoinHandle<'_, State>| {
            asked.join().unwrap_or(State::Unknown)
        };
        asked
            .into_iter()
            .map(|(instance, asked)| (instance, state(asked)))
            .collect()
    })
}

fn ask(instance: &str) -> State {
    match fetch(instance) {
        Ok(status) => State::Known(status),
        Err(error) if error.code() == Code::DeadlineExceeded => State::Busy,
        Err(_) => State::Unknown,
    }
}

fn fetch(instance: &str) -> Result<Status, Error> {
    let driver = Driver::shared("cli")?;
    let options = ConnectOptions {
        instance: Some(instance.to_owned()),
        timeout: Timeout::After(PATIENCE),
        ..ConnectOptions::default()
    };
    let client = Client::connect(&driver, CALLS, options, &mut || false)?;
    let schema = client.schema();
    let unknown = || Error::unimplemented("the instance does not tell what it does");
    let (index, function) = schema.function("status").ok_or_else(unknown)?;
    let options = CallOptions {
        timeout: Timeout::After(PATIENCE),
        no_retry: true,
        ..CallOptions::default()
    };
    let bytes = match client.call(index, Vec::new(), &options, &mut || false) {
        Outcome::Ok(bytes) => bytes,
        Outcome::System(error) => return Err(error),
        _ => return Err(unknown()),
    };
    let result = schema.outcome(function).ok.ok_or_else(unknown)?;
    let converter = Converter::new(schema.clone());
    from_wire(&converter, result, "result", &bytes, &Limits::default())
}

fn to_json((instance, state): &(InstanceDescription, State)) -> Value {
    let status = match state {
        State::Known(status) => json!(status),
        _ => Value::Null,
    };
    json!({
        "instance": instance.name,
        "interfaces": instance.interfaces,
        "language": instance.language,
        "pid": instance.pid,
        "uid": instance.uid,
        "user": instance.user(),
        "component": instance.component,
        "transport": instance.transport,
        "hms-version": instance.version,
        "state": match state {
            State::Unknown => Value::Null,
            known => json!(known.name()),
        },
        "status": status,
    })
}
