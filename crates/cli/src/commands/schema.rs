//! `hms schema`: a contract parsed, checked and listed.

use std::path::PathBuf;
use std::sync::Arc;

use hms_ffi_core::contract::schema::{Function, Schema as Table};
use hms_ffi_core::contract::{Contract, Warning};
use serde_json::{Value, json};

use crate::output::{Look, Output};
use crate::{Done, signature};

/// Check a contract; show its functions, fingerprints and warnings
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hms schema wit/
  hms schema claims.wit --json

A mistake is reported with file, line and column, and the exit status is 2.")]
pub struct Schema {
    /// A .wit file, or a directory with .wit files and an optional directory deps
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl Schema {
    pub fn run(self, output: &mut Output) -> Done {
        let contract = Contract::load(&self.file)?;
        let mut schemas = Vec::new();
        for name in contract.interfaces() {
            schemas.push(contract.schema(name)?);
        }
        if self.json {
            return output.json(&to_json(&contract, &schemas));
        }
        output.line(output.paint(Look::Bold, contract.package()))?;
        for schema in &schemas {
            let kind = if schema.topics { "topics" } else { "interface" };
            output.line("")?;
            output.line(format!(
                "{kind} {}",
                output.paint(Look::Bold, &schema.interface)
            ))?;
            output.line(format!(
                "  {}",
                output.paint(Look::Dim, &schema.fingerprint)
            ))?;
            for function in &schema.functions {
                output.line(format!("  {}", signature::function(schema, function)))?;
                let mut facts = marks(function);
                facts.push(&function.fingerprint);
                output.line(format!("    {}", output.paint(Look::Dim, &facts.join(" "))))?;
            }
        }
        for world in contract.worlds() {
            output.line("")?;
            output.line(format!("world {world}"))?;
        }
        if !contract.warnings().is_empty() {
            output.line("")?;
        }
        for warning in contract.warnings() {
            output.line(format!(
                "{}: {warning}",
                output.paint(Look::Yellow, "warning")
            ))?;
        }
        Ok(())
    }
}

fn marks(function: &Function) -> Vec<&str> {
    [
        (function.idempotent, "idempotent"),
        (function.topic, "topic"),
        (function.quick, "quick"),
    ]
    .into_iter()
    .filter_map(|(is, mark)| is.then_some(mark))
    .collect()
}

fn to_json(contract: &Contract, schemas: &[Arc<Table>]) -> Value {
    let functions = |schema: &Table| -> Vec<Value> {
        let of = |function: &Function| {
            json!({
                "name": function.name,
                "signature": signature::function(schema, function),
                "fingerprint": function.fingerprint,
                "async": function.is_async,
                "idempotent": function.idempotent,
                "topic": function.topic,
                "quick": function.quick,
            })
        };
        schema.functions.iter().map(of).collect()
    };
    let interface = |schema: &Arc<Table>| {
        json!({
            "interface": schema.interface,
            "fingerprint": schema.fingerprint,
            "topics": schema.topics,
            "functions": functions(schema),
        })
    };
    let warning = |warning: &Warning| {
        json!({
            "file": warning.file,
            "line": warning.line,
            "column": warning.column,
            "message": warning.message,
        })
    };
    json!({
        "package": contract.package(),
        "interfaces": schemas.iter().map(interface).collect::<Vec<_>>(),
        "worlds": contract.worlds(),
        "warnings": contract.warnings().iter().map(warning).collect::<Vec<_>>(),
    })
}
