//! `hms list`: what runs on this machine.

use hms_ffi::runtime::Settings;
use hms_ffi::runtime::discovery::{self, InstanceDescription};
use serde_json::{Value, json};

use crate::Done;
use crate::output::Output;

/// List the instances that run on this machine
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hms list
  hms list hms:claims/adjudication
  hms list --json

Shown are the instances of users that you trust (yourself, root and HMS_TRUSTED_USERS).")]
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
            "COMPONENT",
            "INSTANCE",
        ];
        let mut rows = vec![heading.map(str::to_owned).to_vec()];
        for instance in &instances {
            for interface in &instance.interfaces {
                let (name, version) = interface.split_once('@').unwrap_or((interface, "-"));
                rows.push(vec![
                    name.to_owned(),
                    version.to_owned(),
                    instance.language.clone(),
                    instance.pid.to_string(),
                    user(instance),
                    instance.transport.clone(),
                    instance.component.clone(),
                    instance.name.clone(),
                ]);
            }
        }
        rows[1..].sort();
        output.table(&rows)
    }
}

fn user(instance: &InstanceDescription) -> String {
    instance.user().unwrap_or_else(|| instance.uid.to_string())
}

fn to_json(instance: &InstanceDescription) -> Value {
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
    })
}
