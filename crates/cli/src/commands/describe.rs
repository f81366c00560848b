//! `hms describe`: the contract of something that runs.

use crate::Done;
use crate::connection::{self, Target, Timeout};
use crate::output::Output;

/// Print the contract of a running interface as WIT, with its documentation
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hms describe hms:claims/adjudication
  hms describe hms:claims/adjudication@1.2 > claims.wit
  hms describe hms:claims/adjudication --json

With --json the schema is printed: the table that every binding works from.")]
pub struct Describe {
    /// The interface, with or without @version
    interface: String,
    /// Seconds (decimals allowed) to find a provider, or none [default: 30, or HMS_TIMEOUT]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<Timeout>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl Describe {
    pub fn run(self, output: &mut Output) -> Done {
        let client = connection::connect(&self.interface, Target::default(), self.timeout)?;
        let schema = client.schema();
        if self.json {
            output.bytes(&schema.to_json())?;
            return output.line("");
        }
        output.bytes(schema.wit.as_bytes())?;
        if schema.wit.ends_with('\n') {
            Ok(())
        } else {
            output.line("")
        }
    }
}
