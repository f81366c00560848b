//! Pairs of contract versions against expected reports: `tests/check/NAME.old.wit`, `NAME.new.wit` and `NAME.txt`.
//! `BLESS=1` writes the reports anew.

use std::fmt::Write;
use std::path::Path;

use hms_ffi_core::contract::Contract;
use hms_ffi_core::contract::check::compare;

#[test]
fn reports_are_as_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
    let mut names: Vec<String> = std::fs::read_dir(&root)
        .unwrap()
        .filter_map(|entry| {
            entry
                .unwrap()
                .file_name()
                .into_string()
                .unwrap()
                .strip_suffix(".old.wit")
                .map(str::to_owned)
        })
        .collect();
    names.sort();
    assert!(names.len() >= 5);
    for name in names {
        let load = |which: &str| {
            Contract::load(&root.join(format!("{name}.{which}.wit")))
                .unwrap_or_else(|e| panic!("{e}"))
        };
        let report = compare(&load("old"), &load("new"));
        let mut found = format!(
            "ours {}, component model {}, {} change: needs {}, {}\n",
            report.ours().name(),
            report.component_model().name(),
            report.bump().name(),
            report.needed_version().as_deref().unwrap_or("no version"),
            if report.version_is_enough() {
                "has it"
            } else {
                "does not have it"
            },
        );
        for change in &report.changes {
            let effects = format!("{}/{}", change.ours.name(), change.component_model.name());
            writeln!(
                found,
                "{effects} {} {}: {}",
                change.interface, change.place, change.what
            )
            .unwrap();
        }
        for line in &report.backwards {
            writeln!(found, "backwards {line}").unwrap();
        }
        let golden = root.join(format!("{name}.txt"));
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&golden, &found).unwrap();
        }
        assert_eq!(
            found,
            std::fs::read_to_string(&golden).unwrap_or_default(),
            "{name}"
        );
    }
}
