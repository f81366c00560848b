//! The commands that talk to instances, against a Rust component in this process.

mod support;

use std::process::Stdio;
use std::time::Duration;

use hms_ffi::{Code, Component, Contract, Decimal, Serving};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::{Answer, Folder, command, run};

const WIT: &str = r#"
package test:clinic@1.2.0;

/// Patients and what is known of them.
interface records {
  use hms:types/numbers@1.0.0.{decimal};
  @external-id("hms:sensitive.name")
  record patient { id: string, name: string, weight: decimal, tags: list<string> }
  variant refusal { unknown(string), closed }
  /// One patient.
  find: func(id: string) -> result<patient, refusal>;
  store: func(patient: patient, note: option<string>, urgent: option<bool>) -> u64;
  negate: func(n: s64) -> s64;
  nothing: func();
  slow: func() -> u8;
  fail: func(message: string) -> u8;
  watch: func() -> stream<u8>;
}
"#;

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Patient {
    id: String,
    name: String,
    weight: Decimal,
    tags: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Refusal {
    Unknown(String),
    Closed,
}

struct World {
    folder: Folder,
    _serving: Serving,
}

impl World {
    fn new(name: &str) -> World {
        let folder = Folder::new(name);
        let contract = Contract::parse("clinic.wit", WIT).unwrap();
        let serving = Component::builder("test:clinic/records")
            .contract(&contract)
            .unwrap()
            .runtime_dir(&folder.0)
            .export("find", |id: String| -> Result<Patient, Refusal> {
                match id.as_str() {
                    "p1" => Ok(Patient {
                        id,
                        name: "n-secret".into(),
                        weight: "70.50".parse().unwrap(),
                        tags: vec!["a".into()],
                    }),
                    "" => Err(Refusal::Closed),
                    _ => Err(Refusal::Unknown(id)),
                }
            })
            .unwrap()
            .export(
                "store",
                |patient: Patient, note: Option<String>, urgent: Option<bool>| {
                    patient.tags.len() as u64 + note.map_or(0, |_| 100) + urgent.map_or(0, |_| 1000)
                },
            )
            .unwrap()
            .export("negate", |n: i64| -n)
            .unwrap()
            .export("nothing", || ())
            .unwrap()
            .export("slow", || {
                std::thread::sleep(Duration::from_millis(300));
                7u8
            })
            .unwrap()
            .export("fail", |message: String| -> hms_ffi::Result<u8> {
                Err(hms_ffi::Error::new(Code::NotFound, message))
            })
            .unwrap()
            .build()
            .unwrap()
            .start()
            .unwrap();
        World {
            folder,
            _serving: serving,
        }
    }

    fn hms(&self, arguments: &[&str]) -> Answer {
        run(command(arguments).env("HMS_RUNTIME_DIR", &self.folder.0))
    }

    fn call(&self, arguments: &[&str]) -> Answer {
        self.hms(&[&["call", "test:clinic/records"], arguments].concat())
    }
}

#[test]
fn calls_take_and_give_json() {
    let world = World::new("calls");
    let found = world.call(&["find", "\"p1\""]);
    assert_eq!((found.status, found.stderr.as_str()), (0, ""));
    let patient = json!({"id": "p1", "name": "n-secret", "weight": "70.50", "tags": ["a"]});
    assert_eq!(found.json(), patient);
    assert_eq!(found.stdout.lines().count(), 1);

    let text = patient.to_string();
    assert_eq!(
        world.call(&["store", &text]).json(),
        1,
        "options at the end may be left out"
    );
    assert_eq!(
        world.call(&["store", &text, "\"note\"", "true"]).json(),
        1101
    );
    let file = world.folder.file("patient.json", &text);
    assert_eq!(world.call(&["store", &format!("@{file}")]).json(), 1);
    let mut child = command(&["call", "test:clinic/records", "store", "-"])
        .env("HMS_RUNTIME_DIR", &world.folder.0)
        .stdin(Stdio::from(std::fs::File::open(&file).unwrap()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    assert!(child.wait().unwrap().success());

    assert_eq!(world.call(&["negate", "-5"]).json(), 5);
    assert_eq!(
        world.call(&["negate", "\"9223372036854775807\""]).json(),
        "-9223372036854775807"
    );
    let nothing = world.call(&["nothing"]);
    assert_eq!((nothing.status, nothing.stdout.as_str()), (0, ""));
    assert_eq!(
        world
            .hms(&["call", "test:clinic/records@1.1", "negate", "1"])
            .json(),
        -1
    );
}

#[test]
fn errors_have_their_status_and_their_place() {
    let world = World::new("errors");
    let declared = world.call(&["find", "\"p9\""]);
    assert_eq!((declared.status, declared.stdout.as_str()), (1, ""));
    assert_eq!(
        declared.stderr,
        "declared error: {\"tag\":\"unknown\",\"val\":\"p9\"}\n"
    );
    let declared = world.call(&["find", "\"\"", "--json"]);
    let error: Value = serde_json::from_str(&declared.stderr).unwrap();
    assert_eq!(
        (declared.status, error),
        (1, json!({"declared": {"tag": "closed"}}))
    );

    let failed = world.call(&["fail", "\"no such bed\""]);
    assert_eq!(failed.status, 2);
    assert!(
        failed
            .stderr
            .starts_with("error: not-found: no such bed (maybe-executed)"),
        "{}",
        failed.stderr
    );
    assert!(
        failed.stderr.contains("calls.rs:"),
        "the trace names the place: {}",
        failed.stderr
    );
    let failed = world.call(&["fail", "\"no such bed\"", "--json"]);
    let error: Value = serde_json::from_str(&failed.stderr).unwrap();
    assert_eq!(error["error"]["code"], "not-found");
    assert_eq!(error["error"]["trace"][0]["language"], "rust");

    let wrong = world.call(&[
        "store",
        r#"{"id": "x", "name": "y", "weight": 1.5, "tags": []}"#,
    ]);
    assert_eq!(wrong.status, 2);
    assert!(
        wrong.stderr.contains("patient.weight: expected decimal"),
        "{}",
        wrong.stderr
    );
    let unknown = world.call(&["fnid", "1"]);
    assert_eq!(unknown.status, 2);
    assert!(
        unknown.stderr.contains("unimplemented") && unknown.stderr.contains("find"),
        "{}",
        unknown.stderr
    );
    let stream = world.call(&["watch"]);
    assert_eq!(stream.status, 2);
    assert!(stream.stderr.contains("unimplemented"), "{}", stream.stderr);

    for arguments in [&["find"][..], &["find", "\"a\"", "\"b\""]] {
        let usage = world.call(arguments);
        assert_eq!(usage.status, 64, "{}", usage.stderr);
        assert!(
            usage.stderr.contains("find: func(id: string)"),
            "{}",
            usage.stderr
        );
    }
    let late = world.call(&["slow", "--timeout", "0.05"]);
    assert_eq!(late.status, 2);
    assert!(late.stderr.contains("deadline-exceeded"), "{}", late.stderr);
    assert_eq!(world.call(&["slow", "--timeout", "none"]).json(), 7);
}

#[test]
fn list_and_describe_show_what_runs() {
    let world = World::new("list");
    let list = world.hms(&["list", "--json"]).json();
    let instance = &list[0];
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(instance["interfaces"], json!(["test:clinic/records@1.2.0"]));
    assert_eq!(instance["pid"], std::process::id());
    assert_eq!(instance["language"], "rust");
    assert_eq!(instance["state"], "serving");
    assert_eq!(instance["status"]["system"], 0);
    assert_eq!(instance["status"]["callers"], 1, "the one that asks");
    assert_eq!(world.call(&["slow", "--timeout", "none"]).json(), 7);
    let again = world.hms(&["list", "--json"]).json();
    assert_eq!(again[0]["status"]["ok"], 1);
    assert_eq!(again[0]["status"]["running"], 0);
    let text = world.hms(&["list"]).stdout;
    let rows: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0][..3], ["INTERFACE", "VERSION", "LANGUAGE"]);
    assert_eq!(rows[1][..3], ["test:clinic/records", "1.2.0", "rust"]);
    assert_eq!(
        rows[0][6..11],
        ["STATE", "RUNNING", "QUEUED", "CALLS", "ERRORS"]
    );
    assert_eq!(rows[1][6..11], ["serving", "0", "0", "1", "0"]);
    assert_eq!(
        world
            .hms(&["list", "test:clinic/records@2", "--json"])
            .json(),
        json!([])
    );

    let described = world.hms(&["describe", "test:clinic/records"]).stdout;
    assert!(
        described.contains("/// One patient.") && described.contains("find: func(id: string)"),
        "{described}"
    );
    // What is printed is a contract again, with the same fingerprint.
    let file = world.folder.file("described.wit", &described);
    let schema = world
        .hms(&["describe", "test:clinic/records", "--json"])
        .json();
    let again = world.hms(&["schema", &file, "--json"]).json();
    assert_eq!(again["interfaces"][0]["fingerprint"], schema["fingerprint"]);

    // The caller's own, older view.
    let older = WIT
        .replace(", urgent: option<bool>", "")
        .replace("1.2.0", "1.1.0");
    let view = world.folder.file("older.wit", &older);
    let patient = r#"{"id": "x", "name": "y", "weight": "1", "tags": []}"#;
    assert_eq!(
        world
            .call(&["store", patient, "null", "--wit", &view])
            .json(),
        0
    );
    assert_eq!(
        world
            .call(&["store", patient, "null", "true", "--wit", &view])
            .status,
        64
    );
}

/// Calls until the trace has seen enough: it needs no signal that it watches.
fn trace(world: &World, arguments: &[&str]) -> Answer {
    let arguments = [&["trace", "test:clinic/records"], arguments].concat();
    let mut child = command(&arguments)
        .env("HMS_RUNTIME_DIR", &world.folder.0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while child.try_wait().unwrap().is_none() {
        world.call(&["find", "\"p1\""]);
        world.call(&["find", "\"p2\""]);
        world.call(&["fail", "\"f-secret\""]);
    }
    let output = child.wait_with_output().unwrap();
    Answer {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn trace_shows_calls_and_hides_values() {
    let world = World::new("trace");
    let seen = trace(&world, &["--json", "--count", "6"]);
    assert_eq!(seen.status, 0, "{}", seen.stderr);
    let calls: Vec<Value> = seen
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(calls.len(), 6);
    for (function, outcome) in [("find", "ok"), ("find", "declared"), ("fail", "system")] {
        assert!(
            calls
                .iter()
                .any(|call| call["function"] == function && call["outcome"] == outcome),
            "{outcome}"
        );
    }
    assert!(
        !seen.stdout.contains("p1") && !seen.stdout.contains("secret"),
        "{}",
        seen.stdout
    );

    let seen = trace(&world, &["--values", "--json", "--count", "9"]);
    let calls: Vec<Value> = seen
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let found = calls
        .iter()
        .find(|call| call["outcome"] == "ok" && call.get("reply").is_some());
    let found = found.unwrap_or_else(|| panic!("no call with its values: {}", seen.stdout));
    assert_eq!(found["args"], json!(["p1"]));
    assert_eq!(found["reply"]["weight"], "70.50");
    assert!(
        !seen.stdout.contains("n-secret"),
        "sensitive even with --values: {}",
        seen.stdout
    );

    let seen = trace(&world, &["--values", "--count", "9"]);
    assert!(seen.stdout.contains("  id: \"p1\""), "{}", seen.stdout);
    assert!(
        seen.stdout
            .contains("  -> {\"tag\":\"unknown\",\"val\":\"p2\"}"),
        "{}",
        seen.stdout
    );
    assert!(!seen.stdout.contains("n-secret"), "{}", seen.stdout);

    let none = world.hms(&["trace", "test:clinic/other"]);
    assert_eq!(none.status, 2);
    assert!(none.stderr.contains("unavailable"), "{}", none.stderr);
}
