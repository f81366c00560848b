//! Generated types against the files in `tests/types/` at the root of the repository, which the languages' own tools check.
//! `BLESS=1` writes them anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hms_ffi_core::contract::Contract;
use hms_ffi_core::contract::generate::{Target, generate};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/types")
}

#[test]
fn generated_files_are_as_expected() {
    for target in Target::ALL {
        for contract in ["claims", "everything"] {
            let loaded = Contract::load(&root().join(format!("{contract}.wit")))
                .unwrap_or_else(|e| panic!("{e}"));
            let files = generate(target, &loaded);
            assert!(!files.is_empty());
            for file in files {
                let path = root().join(target.name()).join(&file.path);
                if std::env::var_os("BLESS").is_some() {
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(&path, &file.text).unwrap();
                }
                let expected = std::fs::read_to_string(&path).unwrap_or_default();
                assert_eq!(
                    file.text,
                    expected,
                    "{}: run with BLESS=1 if it is right",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn paths_stay_below_the_output_directory() {
    let contract = Contract::load(&root().join("everything.wit")).unwrap();
    let mut seen = BTreeSet::new();
    for target in Target::ALL {
        assert_eq!(Target::from_name(target.name()), Some(target));
        for file in generate(target, &contract) {
            assert!(file.path.is_relative());
            assert!(
                file.path
                    .components()
                    .all(|part| matches!(part, std::path::Component::Normal(_)))
            );
            assert!(seen.insert(file.path));
        }
    }
    assert_eq!(Target::from_name("cobol"), None);
}
