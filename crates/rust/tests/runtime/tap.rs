//! What `hms trace` sees of an instance's calls.

use crate::provider::{DENY, ECHO, Process, call, connect, list, options, scratch};
use hms_ffi::runtime::{CallOptions, Client, ConnectOptions, Driver, Outcome, discovery};
use hms_ffi::value::from_wire;
use hms_ffi_core::convert::Converter;
use hms_ffi_core::wire::Limits;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Call {
    function: String,
    caller_pid: u32,
    outcome: Ended,
    args: Option<Vec<u8>>,
    reply: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[allow(dead_code, reason = "this provider ends only in two of the four ways")]
enum Ended {
    Ok,
    Declared,
    System,
    Cancelled,
}

#[derive(Debug, Deserialize)]
struct Calls {
    calls: Vec<Call>,
    next: u64,
    missed: u64,
}

fn recent(tap: &Client, after: u64, values: bool) -> Calls {
    let mut args = after.to_le_bytes().to_vec();
    args.push(u8::from(values));
    let bytes = match tap.call(0, args, &CallOptions::default(), &mut || false) {
        Outcome::Ok(bytes) => bytes,
        other => panic!("no answer: {other:?}"),
    };
    let result = tap.schema().functions[0].result.expect("a result");
    let converter = Converter::new(tap.schema().clone());
    from_wire(&converter, result, "result", &bytes, &Limits::default()).expect("calls")
}

#[test]
fn calls_are_recorded_while_somebody_asks() {
    let (settings, dir) = scratch("tap");
    let _provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    let _ = call(&client, ECHO, &list(b"before"));
    let instance = discovery::list(&settings).expect("list").remove(0).name;
    let driver = Driver::shared("rust").expect("driver");
    let only = ConnectOptions {
        instance: Some(instance),
        ..options(&settings)
    };
    let tap = Client::connect(&driver, "hms:introspection/calls", only, &mut || false)
        .expect("every instance has it");
    let first = recent(&tap, 0, false);
    assert!(first.calls.is_empty(), "nobody had asked before: {first:?}");
    let _ = call(&client, ECHO, &list(b"quiet"));
    let quiet = recent(&tap, first.next, true);
    assert_eq!(quiet.calls.len(), 1);
    assert_eq!(
        (quiet.calls[0].function.as_str(), quiet.calls[0].outcome),
        ("echo", Ended::Ok)
    );
    assert_eq!(quiet.calls[0].caller_pid, std::process::id());
    assert_eq!(
        quiet.calls[0].args, None,
        "values had not been asked for when it ran"
    );
    let _ = call(&client, DENY, &[]);
    let _ = call(&client, ECHO, &list(b"seen"));
    let seen = recent(&tap, quiet.next, true);
    assert_eq!(
        seen.calls.iter().map(|c| c.outcome).collect::<Vec<_>>(),
        [Ended::Declared, Ended::Ok]
    );
    assert_eq!(seen.calls[1].args, Some(list(b"seen")));
    assert_eq!(seen.calls[1].reply, Some(list(b"seen")));
    assert!(
        recent(&tap, quiet.next, false)
            .calls
            .iter()
            .all(|c| c.args.is_none())
    );
    for _ in 0..1100 {
        let _ = call(&client, DENY, &[]);
    }
    let many = recent(&tap, seen.next, false);
    assert_eq!((many.calls.len(), many.missed), (1024, 76));
    std::fs::remove_dir_all(dir).expect("clean up");
}
