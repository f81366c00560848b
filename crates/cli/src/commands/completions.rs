//! `hms completions`: scripts for shells.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::output::Output;
use crate::{Arguments, Done};

/// Print a script that completes this command's arguments in a shell
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hms completions bash > ~/.local/share/bash-completion/completions/hms
  hms completions zsh > ~/.zfunc/_hms
  hms completions fish > ~/.config/fish/completions/hms.fish")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(self, output: &mut Output) -> Done {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "hms", &mut script);
        output.bytes(&script)
    }
}
