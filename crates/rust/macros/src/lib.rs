//! `include_contract!`: a folder of WIT files inside the program. `include_str!` knows single files only.

use proc_macro::{Literal, TokenStream, TokenTree};
use std::fs;
use std::path::{Path, PathBuf};

/// Embeds a `.wit` file or a folder in the `wit/` + `wit/deps/` layout, relative to the crate's folder, and gives a
/// `hms_ffi::Result<hms_ffi::Contract>`.
#[proc_macro]
pub fn include_contract(input: TokenStream) -> TokenStream {
    expand(input).unwrap_or_else(|message| {
        let message = Literal::string(&message);
        format!("::core::compile_error!({message})")
            .parse()
            .expect("a macro call")
    })
}

fn expand(input: TokenStream) -> Result<TokenStream, String> {
    let root =
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join(path_of(input)?);
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    if files.is_empty() {
        return Err(format!("{} holds no .wit file", root.display()));
    }
    files.sort();
    let base = if root.is_dir() {
        root.as_path()
    } else {
        root.parent().unwrap_or(&root)
    };
    let mut pairs = String::new();
    for file in &files {
        let name = file
            .strip_prefix(base)
            .unwrap_or(file)
            .to_string_lossy()
            .into_owned();
        // `include_str!` makes the compiler watch the file.
        pairs += &format!(
            "({}, ::core::include_str!({})),",
            Literal::string(&name),
            Literal::string(&file.to_string_lossy())
        );
    }
    format!("::hms_ffi::embedded_contract(&[{pairs}])")
        .parse()
        .map_err(|error| format!("{error}"))
}

/// The one argument: a string literal.
fn path_of(input: TokenStream) -> Result<String, String> {
    const EXPECTED: &str =
        "expected the path of a .wit file or folder, relative to the crate: \"wit\"";
    let mut tokens = input.into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Literal(literal)), None) => {
            let text = literal.to_string();
            let path = text
                .strip_prefix('"')
                .and_then(|text| text.strip_suffix('"'))
                .ok_or(EXPECTED)?;
            if path.contains('\\') {
                Err("the path must be without escapes".to_owned())
            } else {
                Ok(path.to_owned())
            }
        }
        _ => Err(EXPECTED.to_owned()),
    }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let at = |error| format!("{}: {error}", path.display());
    if !path.is_dir() {
        fs::metadata(path).map_err(at)?;
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(at)? {
        let entry = entry.map_err(at)?.path();
        if entry.is_dir()
            || entry
                .extension()
                .is_some_and(|extension| extension == "wit")
        {
            collect(&entry, files)?;
        }
    }
    Ok(())
}
