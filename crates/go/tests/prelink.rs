//! A program may hold another static library that was written in Rust: prelinked, ours shows only its own names.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;

const OTHER: &str = "#[unsafe(no_mangle)] pub extern \"C\" fn other(n: u32) -> u32 { \
    std::panic::catch_unwind(|| if n > 5 { panic!(\"{n}\") } else { n }).unwrap_or(77) }\n";

const MAIN: &str = "#include \"hms_ffi.h\"\n\
    uint32_t other(uint32_t);\n\
    int main(void) {\n\
      HmsBuffer error = {0, 0, 0};\n\
      uint64_t contract = 0;\n\
      if (hms_contract_load((const uint8_t *)\"none.wit\", 8, &contract, &error) != 1) return 1;\n\
      if (hms_error_code(error.ptr, error.len) != 3) return 2;\n\
      hms_buffer_free(error);\n\
      return other(3) == 3 && other(6) == 77 ? 0 : 3;\n\
    }\n";

fn run(command: &mut Command) {
    let out = command.output().expect("it starts");
    assert!(
        out.status.success(),
        "{command:?}\n{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

/// The static library, which cargo builds before the tests of this package.
fn library() -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let deps = test.parent().expect("a folder");
    let mut found: Vec<_> = std::fs::read_dir(deps)
        .expect("a folder")
        .chain(std::fs::read_dir(deps.parent().expect("a folder")).expect("a folder"))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            name.starts_with("libhms_ffi_c") && name.ends_with(".a")
        })
        .collect();
    found.sort_by_key(|path| {
        std::fs::metadata(path)
            .and_then(|file| file.modified())
            .ok()
    });
    found.pop().expect("the static library")
}

#[test]
fn two_rust_libraries_in_one_program() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = std::env::temp_dir().join(format!("hms-ffi-prelink-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a folder");
    std::fs::write(dir.join("other.rs"), OTHER).expect("a file");
    std::fs::write(dir.join("main.c"), MAIN).expect("a file");
    run(Command::new(here.join("prelink.sh"))
        .arg(library())
        .arg(dir.join("libhms_ffi.a")));
    run(Command::new("rustc")
        .args(["--crate-type", "staticlib", "-C", "debuginfo=0", "other.rs"])
        .current_dir(&dir));
    run(Command::new("cc")
        .args([
            "main.c",
            "libhms_ffi.a",
            "libother.a",
            "-lm",
            "-ldl",
            "-lpthread",
            "-o",
            "main",
            "-I",
        ])
        .arg(here.join("include"))
        .current_dir(&dir));
    run(Command::new(dir.join("main")).current_dir(&dir));
    std::fs::remove_dir_all(&dir).expect("cleaning up");
}
