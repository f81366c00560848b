//! The commands that need no provider.

mod support;

use support::{Folder, command, hms, run};

const OLD: &str = "\
package test:shop@1.2.0;

interface orders {
  record order { id: string, items: list<string> }
  variant refusal { unknown, too-late(u32) }
  @external-id(\"hms:idempotent\")
  place: async func(order: order, note: option<string>) -> result<u64, refusal>;
  class: func(id: string);
}
";

#[test]
fn schema_lists_functions_fingerprints_and_warnings() {
    let folder = Folder::new("schema");
    let file = folder.file("shop.wit", OLD);
    let text = hms(&["schema", &file]);
    assert_eq!((text.status, text.stderr.as_str()), (0, ""));
    assert!(
        text.stdout.contains(
            "place: async func(order: order, note: option<string>) -> result<u64, refusal>"
        )
    );
    assert!(text.stdout.contains("    idempotent "), "{}", text.stdout);
    assert!(
        text.stdout.contains(&format!("warning: {file}:8:")),
        "{}",
        text.stdout
    );
    assert!(
        !text.stdout.contains('\x1b'),
        "colours belong on a terminal"
    );

    let json = hms(&["schema", &file, "--json"]).json();
    assert_eq!(json["package"], "test:shop@1.2.0");
    let interface = &json["interfaces"][0];
    assert_eq!(interface["interface"], "test:shop/orders@1.2.0");
    assert_eq!(interface["functions"][0]["name"], "place");
    assert_eq!(interface["functions"][0]["idempotent"], true);
    for fingerprint in [
        &interface["fingerprint"],
        &interface["functions"][0]["fingerprint"],
    ] {
        let fingerprint = fingerprint.as_str().unwrap();
        assert!(fingerprint.len() == 64 && text.stdout.contains(fingerprint));
    }
    assert_eq!(json["warnings"][0]["line"], 8);
}

#[test]
fn a_mistake_in_a_contract_has_its_place() {
    let folder = Folder::new("mistake");
    let file = folder.file(
        "bad.wit",
        "package test:bad;\ninterface a {\n  f: func(x: nothing);\n}\n",
    );
    let text = hms(&["schema", &file]);
    assert_eq!((text.status, text.stdout.as_str()), (2, ""));
    assert!(
        text.stderr.starts_with(&format!("error: {file}:3:14: ")),
        "{}",
        text.stderr
    );
    let json = hms(&["schema", &file, "--json"]);
    let error: serde_json::Value = serde_json::from_str(&json.stderr).unwrap();
    assert_eq!(
        (&error["error"]["line"], &error["error"]["column"]),
        (&3.into(), &14.into())
    );
    assert_eq!(hms(&["schema", &folder.path("none.wit")]).status, 2);
}

#[test]
fn check_tells_what_breaks_and_which_version_it_needs() {
    let folder = Folder::new("check");
    let old = folder.file("old.wit", OLD);
    let changed = OLD.replace(
        "items: list<string>",
        "items: list<string>, gift: option<bool>",
    );
    let too_low = folder.file("low.wit", &changed);
    let enough = folder.file("enough.wit", &changed.replace("1.2.0", "1.3.0"));
    let breaking = folder.file(
        "breaking.wit",
        &OLD.replace("id: string)", "id: u32)")
            .replace("1.2.0", "1.3.0"),
    );

    let same = hms(&["check", &old, &old, "--json"]);
    assert_eq!((same.status, &same.json()["ours"]), (0, &"none".into()));
    let good = hms(&["check", &old, &enough]);
    assert_eq!(good.status, 0, "{}{}", good.stdout, good.stderr);
    assert!(
        good.stdout.contains("by our rules: compatible"),
        "{}",
        good.stdout
    );
    assert!(
        good.stdout
            .contains("by the component model's rules: breaking"),
        "{}",
        good.stdout
    );
    let low = hms(&["check", &old, &too_low, "--json"]);
    assert_eq!(
        (low.status, &low.json()["needed-version"]),
        (1, &"1.3.0".into())
    );
    assert_eq!(low.json()["version-is-enough"], false);
    let bad = hms(&["check", &old, &breaking, "--json"]);
    assert_eq!((bad.status, &bad.json()["ours"]), (1, &"breaking".into()));
    assert_eq!(bad.json()["needed-version"], "2.0.0");
    assert!(bad.stderr.is_empty());
}

#[test]
fn types_writes_files_for_every_language() {
    let folder = Folder::new("types");
    let file = folder.file("shop.wit", OLD);
    for (language, ending) in [
        ("typescript", ".ts"),
        ("py", ".pyi"),
        ("go", ".go"),
        ("rust", ".rs"),
    ] {
        let out = folder.path(&format!("out/{language}"));
        let answer = hms(&["types", language, &file, "-o", &out]);
        assert_eq!((answer.status, answer.stderr.as_str()), (0, ""));
        let paths: Vec<&str> = answer.stdout.lines().collect();
        assert!(!paths.is_empty());
        assert!(paths.iter().any(|path| path.ends_with(ending)), "{paths:?}");
        for path in paths {
            assert!(path.starts_with(&out));
            assert!(std::fs::metadata(path).unwrap().len() > 0, "{path}");
        }
    }
    let answer = hms(&["types", "cobol", &file, "-o", "x"]);
    assert_eq!(answer.status, 64);
    assert!(answer.stderr.contains("typescript"), "{}", answer.stderr);
}

#[test]
fn bad_usage_is_64_and_help_is_0() {
    for arguments in [
        &["nonsense"][..],
        &[],
        &["call", "a:b/c"],
        &["call", "a:b/c", "f", "{"],
        &["call", "a:b/c", "f", "word"],
        &["call", "a:b/c", "f", "@/no/such/file"],
        &["call", "a:b/c", "f", "1", "--timeout", "soon"],
        &["list", "--unknown"],
    ] {
        let answer = hms(arguments);
        assert_eq!(
            (answer.status, answer.stdout.as_str()),
            (64, ""),
            "{arguments:?}"
        );
        assert!(!answer.stderr.is_empty());
    }
    let word = hms(&["call", "a:b/c", "f", "word"]);
    assert!(word.stderr.contains("'\"word\"'"), "{}", word.stderr);
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["call", "--help"],
        &["help", "check"],
    ] {
        let answer = hms(arguments);
        assert_eq!(
            (answer.status, answer.stderr.as_str()),
            (0, ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn completions_are_scripts() {
    let script = hms(&["completions", "bash"]).stdout;
    assert!(script.contains("_hms()") && script.contains("describe"));
    let check = std::process::Command::new("bash")
        .args(["-n", "-c", &script])
        .status()
        .unwrap();
    assert!(check.success());
}

#[test]
fn topics_answer_by_name() {
    for arguments in [
        &["publish", "a:b/c", "event", "1"][..],
        &["subscribe", "a:b/c"],
    ] {
        let answer = hms(arguments);
        assert_eq!(answer.status, 2);
        assert!(answer.stderr.contains("unimplemented"), "{}", answer.stderr);
        assert!(answer.stderr.contains("a:b/c"), "{}", answer.stderr);
    }
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(&["completions", "bash"])
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(141), &b""[..])
    );
}

#[test]
fn without_a_provider_every_directory_is_named() {
    let folder = Folder::new("none");
    let directory = folder.path("run");
    std::fs::create_dir(&directory).unwrap();
    let answer =
        run(command(&["call", "a:b/c", "f", "--timeout", "2"]).env("HMS_RUNTIME_DIR", &directory));
    assert_eq!(answer.status, 2);
    assert!(
        answer.stderr.starts_with("error: unavailable: "),
        "{}",
        answer.stderr
    );
    assert!(answer.stderr.contains(&directory), "{}", answer.stderr);
    let answer = run(command(&["list", "--json"]).env("HMS_RUNTIME_DIR", &directory));
    assert_eq!((answer.status, answer.stdout.trim()), (0, "[]"));
    let answer = run(command(&["call", "a:b/c", "f", "--json"]).env("HMS_TIMEOUT", "soon"));
    assert_eq!(answer.status, 2);
    let error: serde_json::Value = serde_json::from_str(&answer.stderr).unwrap();
    assert_eq!(error["error"]["code"], "invalid-argument");
}
