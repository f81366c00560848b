//! `hms publish` and `hms subscribe`: topics are a later part of HMS FFI.

use hms_ffi_core::error::Error;

use crate::Done;

/// Publish to a topic (not yet)
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  hms publish hms:claims/events decided '{\"claim\": \"c1\"}'

Topics cannot be published to yet: the command ends with `unimplemented`.")]
pub struct Publish {
    /// The interface of topics
    interface: String,
    /// The topic
    topic: String,
    /// Arguments, each as JSON
    #[arg(allow_negative_numbers = true)]
    args: Vec<String>,
}

impl Publish {
    pub fn run(self) -> Done {
        let (interface, topic) = (&self.interface, &self.topic);
        let message = format!(
            "topics cannot be published to yet: {interface} {topic} with {} arguments",
            self.args.len()
        );
        Err(Error::unimplemented(message).into())
    }
}

/// Print what is published to an interface of topics (not yet)
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  hms subscribe hms:claims/events

Topics cannot be subscribed to yet: the command ends with `unimplemented`.")]
pub struct Subscribe {
    /// The interface of topics
    interface: String,
}

impl Subscribe {
    pub fn run(self) -> Done {
        Err(Error::unimplemented(format!(
            "topics cannot be subscribed to yet: {}",
            self.interface
        ))
        .into())
    }
}
