//! `hms types`: a contract's types and signatures as source files.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use hms_ffi_core::contract::Contract;
use hms_ffi_core::contract::generate::{Target, generate};

use crate::Done;
use crate::failure::Failure;
use crate::output::Output;

/// Write a contract's types and signatures for a language
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hms types typescript wit/ -o src/generated
  hms types python claims.wit -o typings
  hms types go wit/ -o internal/claims

Directories are made, files of the same names are replaced; the names of the files are printed.")]
pub struct Types {
    /// The language
    #[arg(value_name = "LANG")]
    language: Language,
    /// A .wit file, or a directory with .wit files and an optional directory deps
    contract: PathBuf,
    /// The directory in which the files are written
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

#[derive(Clone, Copy)]
struct Language(Target);

impl clap::ValueEnum for Language {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Language; Target::ALL.len()] = {
            let mut all = [Language(Target::TypeScript); Target::ALL.len()];
            let mut n = 0;
            while n < all.len() {
                all[n] = Language(Target::ALL[n]);
                n += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let short = SHORT
            .iter()
            .filter(|name| Target::from_name(name) == Some(self.0));
        Some(PossibleValue::new(self.0.name()).aliases(short))
    }
}

/// Usual short forms.
const SHORT: [&str; 7] = ["ts", "javascript", "js", "node", "py", "golang", "rs"];

impl Types {
    pub fn run(self, output: &mut Output) -> Done {
        let contract = Contract::load(&self.contract)?;
        for file in generate(self.language.0, &contract) {
            let path = self.output.join(&file.path);
            let folder = path.parent().expect("a file lies in a folder");
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&path, &file.text))
                .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
            output.line(path.display())?;
        }
        Ok(())
    }
}
