//! `hms check`: two versions of a contract compared.

use std::path::PathBuf;

use hms_ffi_core::contract::Contract;
use hms_ffi_core::contract::check::{Change, Effect, Report, compare};
use serde_json::{Value, json};

use crate::Done;
use crate::failure::Failure;
use crate::output::{Look, Output};

/// Compare two versions of a contract: what changed, what breaks, which version it needs
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hms check released/wit wit
  hms check old.wit new.wit --json

There are two verdicts: by our rules, by which callers of the old version go on with a provider of the new
one as long as what they use can be translated, and by the component model's stricter ones.

The exit status is 1 when the change breaks old callers by our rules, or when the new contract's version
number is too low for the change.")]
pub struct Check {
    /// The old contract
    old: PathBuf,
    /// The new contract
    new: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl Check {
    pub fn run(self, output: &mut Output) -> Done {
        let report = compare(&Contract::load(&self.old)?, &Contract::load(&self.new)?);
        if self.json {
            output.json(&to_json(&report))?;
        } else {
            print(&report, output)?;
        }
        if is_good(&report) {
            Ok(())
        } else {
            Err(Failure::Found)
        }
    }
}

/// A new major version may break: whoever asked for the old one never gets it.
fn is_good(report: &Report) -> bool {
    report.ours() != Effect::Breaking && report.version_is_enough()
}

fn print(report: &Report, output: &mut Output) -> Done {
    output.line(output.paint(Look::Bold, &format!("{} to {}", report.old, report.new)))?;
    for change in &report.changes {
        let place = place(change);
        let ours = verdict(output, change.ours);
        let stricter = if change.component_model == change.ours {
            String::new()
        } else {
            output.paint(
                Look::Dim,
                &format!(" (component model: {})", change.component_model.name()),
            )
        };
        output.line(format!("  {ours} {place}: {}{stricter}", change.what))?;
    }
    if report.changes.is_empty() {
        output.line("  no changes")?;
    }
    for reason in &report.backwards {
        output.line(output.paint(Look::Dim, &format!("  the other way round: {reason}")))?;
    }
    output.line(format!("by our rules: {}", verdict(output, report.ours())))?;
    output.line(format!(
        "by the component model's rules: {}",
        verdict(output, report.component_model())
    ))?;
    if let Some(needed) = report.needed_version() {
        let state = if report.version_is_enough() {
            output.paint(Look::Green, "is high enough")
        } else {
            output.paint(Look::Red, "is too low")
        };
        output.line(format!(
            "the change needs at least version {needed} ({}): {} {state}",
            report.bump().name(),
            report.new
        ))?;
    }
    Ok(())
}

fn place(change: &Change) -> String {
    if change.place.is_empty() {
        change.interface.clone()
    } else {
        format!("{} {}", change.interface, change.place)
    }
}

fn verdict(output: &Output, effect: Effect) -> String {
    let look = match effect {
        Effect::Breaking => Look::Red,
        Effect::Compatible => Look::Yellow,
        Effect::None => Look::Green,
    };
    output.paint(look, effect.name())
}

fn to_json(report: &Report) -> Value {
    let change = |change: &Change| {
        json!({
            "interface": change.interface,
            "place": change.place,
            "what": change.what,
            "ours": change.ours.name(),
            "component-model": change.component_model.name(),
        })
    };
    json!({
        "old": report.old,
        "new": report.new,
        "changes": report.changes.iter().map(change).collect::<Vec<_>>(),
        "backwards": report.backwards,
        "ours": report.ours().name(),
        "component-model": report.component_model().name(),
        "bump": report.bump().name(),
        "needed-version": report.needed_version(),
        "version-is-enough": report.version_is_enough(),
        "good": is_good(report),
    })
}
