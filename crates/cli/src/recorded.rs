//! A call as an instance shows it, decoded with the schema of the interface that was called.

use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::convert::Converter;
use hms_ffi_core::convert::json::{Json, ToJson};
use hms_ffi_core::wire::{Limits, types};
use serde::{Deserialize, Serialize};

use crate::sensitive;

/// The interface by which an instance shows its calls.
pub const CALLS: &str = "hms:introspection/calls";

/// What an instance answers; the contract is `wit/hms-introspection`.
#[derive(Deserialize)]
pub struct Calls {
    pub calls: Vec<Call>,
    pub next: u64,
    pub missed: u64,
}

#[derive(Deserialize)]
pub struct Call {
    pub interface: String,
    pub function: String,
    pub caller_uid: u32,
    pub caller_pid: u32,
    pub arrived: types::Timestamp,
    pub took: types::Duration,
    pub outcome: Ended,
    pub code: Option<String>,
    pub args: Option<Vec<u8>>,
    pub reply: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
pub enum Ended {
    Ok,
    Declared,
    System,
    Cancelled,
}

/// What it is doing.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Status {
    pub running: u32,
    pub queued: u32,
    pub callers: u32,
    pub ok: u64,
    pub declared: u64,
    pub system: u64,
    pub cancelled: u64,
}

impl Call {
    pub fn args(&self, converter: &Converter) -> Option<Vec<Json>> {
        let schema = converter.schema();
        let (_, function) = schema.function(&self.function)?;
        let mut args = Vec::new();
        let limits = Limits::default();
        let each = |_: &mut ToJson, _, value| {
            args.push(value);
            Ok(())
        };
        converter
            .lift_args(function, &mut ToJson, self.args.as_deref()?, &limits, each)
            .ok()?;
        for (param, arg) in function.params.iter().zip(&mut args) {
            sensitive::hide_field(schema, param, arg);
        }
        Some(args)
    }

    pub fn reply(&self, converter: &Converter) -> Option<Json> {
        let schema: &Schema = converter.schema();
        let (_, function) = schema.function(&self.function)?;
        let outcome = schema.outcome(function);
        let (bytes, limits) = (self.reply.as_deref()?, Limits::default());
        let (ty, value) = match self.outcome {
            Ended::Ok => (
                outcome.ok?,
                converter.lift_ok(function, &mut ToJson, bytes, &limits),
            ),
            Ended::Declared => (
                outcome.err?,
                converter.lift_err(function, &mut ToJson, bytes, &limits),
            ),
            Ended::System | Ended::Cancelled => return None,
        };
        let mut value = value.ok()??;
        sensitive::hide(schema, ty, &mut value);
        Some(value)
    }

    pub fn json(
        &self,
        instance: &str,
        args: Option<Vec<Json>>,
        reply: Option<Json>,
    ) -> Vec<(String, Json)> {
        let text = |text: &str| Json::String(text.to_owned());
        let outcome = match self.outcome {
            Ended::Ok => "ok",
            Ended::Declared => "declared",
            Ended::System => "system",
            Ended::Cancelled => "cancelled",
        };
        let mut members = vec![
            ("arrived", text(&self.arrived.to_string())),
            ("took", text(&self.took.to_string())),
            ("instance", text(instance)),
            ("interface", text(&self.interface)),
            ("function", text(&self.function)),
            ("caller-pid", Json::Integer(self.caller_pid.into())),
            ("caller-uid", Json::Integer(self.caller_uid.into())),
            ("outcome", text(outcome)),
        ];
        if let Some(code) = &self.code {
            members.push(("code", text(code)));
        }
        if let Some(args) = args {
            members.push(("args", Json::Array(args)));
        }
        if let Some(reply) = reply {
            members.push(("reply", reply));
        }
        members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// A duration for people: three digits that matter.
pub fn took(took: types::Duration) -> String {
    let nanoseconds = i128::from(took.seconds()) * 1_000_000_000 + i128::from(took.nanoseconds());
    let seconds = nanoseconds as f64 / 1e9;
    if nanoseconds < 1_000_000 {
        format!("{:.1} us", seconds * 1e6)
    } else if nanoseconds < 1_000_000_000 {
        format!("{:.1} ms", seconds * 1e3)
    } else {
        format!("{seconds:.2} s")
    }
}
