//! The header says what the library exports: the same functions with as many parameters, and structs of the same size.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const HEADER: &str = include_str!("../include/hms_ffi.h");

fn crate_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Number of parameters in what stands between the parentheses.
fn parameters(list: &str) -> usize {
    match list.trim() {
        "" | "void" => 0,
        list => list.trim_end_matches(',').split(',').count(),
    }
}

/// Functions `hms_*` with their numbers of parameters, where `before` stands in front of the name.
fn functions(text: &str, before: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for (at, _) in text.match_indices(&format!("{before}hms_")) {
        let rest = &text[at + before.len()..];
        let (name, rest) = rest.split_once('(').expect("a function has parameters");
        if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            let (list, _) = rest.split_once(')').expect("parameters end");
            found.insert(name.to_owned(), parameters(list));
        }
    }
    found
}

#[test]
fn same_functions() {
    let mut exported = BTreeMap::new();
    for file in std::fs::read_dir(crate_dir().join("src")).expect("sources") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        exported.extend(functions(&text, "extern \"C\" fn "));
    }
    let declarations: String = HEADER
        .lines()
        .filter(|line| !line.contains("/*") && !line.starts_with(" *"))
        .collect();
    let declared = functions(&declarations, " ");
    assert!(exported.len() > 20, "{exported:?}");
    assert_eq!(exported, declared);
}

#[test]
fn the_go_package_has_the_same_header() {
    let copy = crate_dir().join("../../packages/go/internal/native/hms_ffi.h");
    assert!(
        std::fs::read_to_string(copy).expect("the copy") == HEADER,
        "copy crates/go/include/hms_ffi.h to packages/go/internal/native/"
    );
}

/// C and C++ compilers take the header, and its structs are as large as ours.
#[test]
fn c_and_cpp() {
    let dir = std::env::temp_dir().join(format!("hms-ffi-header-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a folder");
    for (compiler, file, assert) in [
        ("cc", "header.c", "_Static_assert"),
        ("c++", "header.cpp", "static_assert"),
    ] {
        let path = dir.join(file);
        let text = format!(
            "#include \"hms_ffi.h\"\n\
             {assert}(sizeof(HmsBuffer) == 3 * sizeof(void *), \"buffer\");\n\
             {assert}(sizeof(HmsEvent) == 40 + sizeof(HmsBuffer), \"event\");\n\
             {assert}(sizeof(HmsRequest) == 64, \"request\");\n\
             {assert}(sizeof(HmsClientMetrics) == 40, \"metrics\");\n\
             {assert}(sizeof(HmsCallInfo) == 48, \"info\");\n\
             {assert}(sizeof(HmsLimits) == 24, \"limits\");\n\
             int main(void) {{ hms_buffer_free((HmsBuffer){{0, 0, 0}}); return 0; }}\n"
        );
        std::fs::write(&path, text).expect("the program");
        let checked = Command::new(compiler)
            .args(["-Wall", "-Wextra", "-fsyntax-only", "-I"])
            .arg(crate_dir().join("include"))
            .arg(&path)
            .output()
            .expect("a compiler");
        assert!(
            checked.status.success(),
            "{}",
            String::from_utf8_lossy(&checked.stderr)
        );
    }
    std::fs::remove_dir_all(&dir).expect("cleaning up");
}
