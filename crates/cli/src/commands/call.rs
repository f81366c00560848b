//! `hms call`: a function called with JSON.

use std::io::Read;
use std::path::PathBuf;

use hms_ffi::runtime::{CallOptions, Outcome};
use hms_ffi_core::contract::schema::{Function, Kind, Schema};
use hms_ffi_core::convert::Converter;
use hms_ffi_core::convert::json::{FromJson, Json, JsonFailure, Node, ToJson};
use hms_ffi_core::error::{Code, Error};

use crate::connection::{self, Target, Timeout};
use crate::failure::Failure;
use crate::output::Output;
use crate::{Done, signature};

/// Call a function; arguments and result are JSON
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hms call hms:claims/adjudication adjudicate '{\"id\": \"c1\", \"lines\": []}'
  hms call hms:clinic/records patient '\"p1\"'        a string is JSON too: mind its quotes
  hms call hms:clinic/records store - < patient.json  - is read from standard input
  hms call hms:claims/adjudication adjudicate @claim.json --timeout 0.5

Options at the end may be left out. The result is printed as JSON: on a terminal with line breaks, else on
one line; a function without a result prints nothing.

Exit status: 0; 1 for a declared error, 2 for a system error, 64 for bad usage. Errors are on standard
error, with --json as JSON.")]
pub struct Call {
    /// The interface, with or without @version
    interface: String,
    /// The function, as the contract calls it
    function: String,
    /// The arguments, each as JSON; - reads standard input, @FILE a file
    #[arg(value_name = "ARG", allow_negative_numbers = true)]
    args: Vec<String>,
    /// Seconds (decimals allowed) until the call has to be done, or none [default: 30, or HMS_TIMEOUT]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<Timeout>,
    /// See the interface as this contract does, instead of as the provider does
    #[arg(long, value_name = "CONTRACT")]
    wit: Option<PathBuf>,
    /// A key by which the provider can tell a repetition from a new request
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Print errors as JSON
    #[arg(long)]
    pub json: bool,
}

impl Call {
    pub fn run(self, output: &mut Output) -> Done {
        // Before anything is contacted: a typing mistake needs no provider.
        let args = read_args(&self.args)?;
        let target = Target {
            view: self.wit.as_deref(),
            instance: None,
        };
        let client = connection::connect(&self.interface, target, self.timeout)?;
        let schema = client.schema().clone();
        let (index, function) = find(&schema, &self.function)?;
        let args = complete(&schema, function, args)?;
        let nodes: Vec<Node<'_>> = args.iter().map(Node::Value).collect();
        let limits = client.settings().limits;
        let converter = Converter::new(schema.clone());
        let message = converter
            .lower_args(function, &mut FromJson::default(), &nodes, &limits)
            .map_err(system)?;
        let options = CallOptions {
            timeout: connection::timeout(self.timeout),
            idempotency_key: self.idempotency_key,
            ..CallOptions::default()
        };
        match client.call(index, message, &options, &mut || false) {
            Outcome::Ok(bytes) => match converter
                .lift_ok(function, &mut ToJson, &bytes, &limits)
                .map_err(system)?
            {
                Some(value) => output.value(&value),
                None => Ok(()),
            },
            Outcome::Declared(bytes) => Err(Failure::Declared(
                converter
                    .lift_err(function, &mut ToJson, &bytes, &limits)
                    .map_err(system)?,
            )),
            Outcome::System(error) => Err(error.into()),
            Outcome::Cancelled => Err(Error::new(Code::Cancelled, "the call was cancelled").into()),
        }
    }
}

fn system(failure: JsonFailure) -> Failure {
    Failure::System(failure.into())
}

fn read_args(texts: &[String]) -> Result<Vec<Json>, Failure> {
    let mut stdin_is_read = false;
    let mut args = Vec::with_capacity(texts.len());
    for (number, text) in texts.iter().enumerate() {
        let number = number + 1;
        let read = match text.strip_prefix('@') {
            Some(file) => Some(
                std::fs::read_to_string(file)
                    .map_err(|error| Failure::Usage(format!("{file}: {error}")))?,
            ),
            None if text == "-" => {
                if std::mem::replace(&mut stdin_is_read, true) {
                    return Err(Failure::Usage(
                        "only one argument can be read from standard input".into(),
                    ));
                }
                let mut text = String::new();
                let read = std::io::stdin().read_to_string(&mut text);
                read.map_err(|error| Failure::Usage(format!("standard input: {error}")))?;
                Some(text)
            }
            None => None,
        };
        let json = Json::parse(read.as_deref().unwrap_or(text)).map_err(|error| {
            let is_word = read.is_none()
                && text
                    .chars()
                    .all(|c| c.is_alphanumeric() || "-_:. ".contains(c));
            let hint = if is_word {
                format!(" (a string is written '\"{text}\"')")
            } else {
                String::new()
            };
            Failure::Usage(format!("argument {number}: {}{hint}", error.message()))
        })?;
        args.push(json);
    }
    Ok(args)
}

fn find<'s>(schema: &'s Schema, name: &str) -> Result<(u32, &'s Function), Failure> {
    schema.function(name).ok_or_else(|| {
        let names: Vec<&str> = schema
            .functions
            .iter()
            .map(|function| function.name.as_str())
            .collect();
        let message = format!(
            "{} has no function {name}; it has {}",
            schema.interface,
            names.join(", ")
        );
        Failure::System(Error::unimplemented(message))
    })
}

/// Options at the end that were left out are none.
fn complete(
    schema: &Schema,
    function: &Function,
    mut args: Vec<Json>,
) -> Result<Vec<Json>, Failure> {
    let params = &function.params;
    let left_out = params.get(args.len()..).unwrap_or_default();
    let are_options = left_out
        .iter()
        .all(|param| matches!(schema.ty(param.ty).kind, Kind::Option { .. }));
    if args.len() > params.len() || !are_options {
        return Err(Failure::Usage(format!(
            "expected {} arguments, got {}: {}",
            params.len(),
            args.len(),
            signature::function(schema, function)
        )));
    }
    args.resize(params.len(), Json::Null);
    Ok(args)
}
