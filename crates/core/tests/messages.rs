//! The messages of functions: arguments, results and declared errors, with the code and path of what goes wrong.

use hms_ffi_core::contract::Contract;
use hms_ffi_core::convert::Converter;
use hms_ffi_core::convert::json::{FromJson, Json, Node, ToJson};
use hms_ffi_core::wire::Limits;

const CONTRACT: &str = "
package test:messages@1.0.0;

interface calls {
  record line { code: string, units: u16 }
  divide: func(dividend: s32, divisor: s32) -> result<s32, string>;
  nothing: func();
  check: func(lines: list<line>) -> result<_, line>;
  name: func() -> string;
  resource list-of-work { add: func(text: string) -> u32; }
  open: func(name: string) -> list-of-work;
  share: func(worklist: option<borrow<list-of-work>>, note: string) -> string;
  follow: func() -> stream<u8>;
}
";
const LIMITS: Limits = Limits::DEFAULT;

fn converter() -> Converter {
    let contract = Contract::parse("messages.wit", CONTRACT).expect("the contract is valid");
    Converter::new(
        contract
            .schema("test:messages/calls")
            .expect("the interface exists"),
    )
}

type Lowered = Result<Vec<u8>, String>;

fn args(function: &str, args: &[&str]) -> Lowered {
    let converter = converter();
    let (_, function) = converter
        .schema()
        .function(function)
        .expect("the function exists");
    let args: Vec<Json> = args.iter().map(|arg| Json::parse(arg).unwrap()).collect();
    let nodes: Vec<Node<'_>> = args.iter().map(Node::Value).collect();
    let lowered = converter.lower_args(function, &mut FromJson::default(), &nodes, &LIMITS);
    lowered.map_err(|failure| hms_ffi_core::error::Error::from(failure).to_string())
}

fn lift_args(function: &str, message: &[u8]) -> Result<String, String> {
    let converter = converter();
    let (_, function) = converter
        .schema()
        .function(function)
        .expect("the function exists");
    let mut args = Vec::new();
    let each = |_: &mut ToJson, index: usize, arg: Json| {
        args.push(format!("{index}={arg}"));
        Ok(())
    };
    let lifted = converter.lift_args(function, &mut ToJson, message, &LIMITS, each);
    lifted.map_err(|failure| hms_ffi_core::error::Error::from(failure).to_string())?;
    Ok(args.join(" "))
}

fn outcome(function: &str, declared: bool, json: Option<&str>) -> Lowered {
    let converter = converter();
    let (_, function) = converter
        .schema()
        .function(function)
        .expect("the function exists");
    let json = json.map(|json| Json::parse(json).unwrap());
    let node = json.as_ref().map(Node::Value);
    let mut model = FromJson::default();
    let lowered = if declared {
        converter.lower_err(function, &mut model, node.as_ref(), &LIMITS)
    } else {
        converter.lower_ok(function, &mut model, node.as_ref(), &LIMITS)
    };
    lowered.map_err(|failure| hms_ffi_core::error::Error::from(failure).to_string())
}

fn lift_outcome(function: &str, declared: bool, message: &[u8]) -> Result<Option<Json>, String> {
    let converter = converter();
    let (_, function) = converter
        .schema()
        .function(function)
        .expect("the function exists");
    let lifted = if declared {
        converter.lift_err(function, &mut ToJson, message, &LIMITS)
    } else {
        converter.lift_ok(function, &mut ToJson, message, &LIMITS)
    };
    lifted.map_err(|failure| hms_ffi_core::error::Error::from(failure).to_string())
}

fn fails<T: std::fmt::Debug>(result: Result<T, String>, message: &str) {
    assert_eq!(result.unwrap_err(), message);
}

#[test]
fn arguments() {
    let message = args("divide", &["7", "-2"]).unwrap();
    assert_eq!(message, [7, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff]);
    assert_eq!(lift_args("divide", &message).unwrap(), "0=7 1=-2");
    assert_eq!(args("nothing", &[]).unwrap(), [0u8; 0]);
    assert_eq!(lift_args("nothing", &[]).unwrap(), "");
    fails(
        args("divide", &["7"]),
        "invalid-argument: divide: expected 2 arguments, got 1",
    );
    fails(
        args("divide", &["7", "true"]),
        "invalid-argument: divisor: expected s32, got bool",
    );
    fails(
        args(
            "check",
            &[r#"[{"code":"a","units":1},{"code":"b","units":-1}]"#],
        ),
        "invalid-argument: lines[1].units: expected u16, got a number out of its range",
    );
    fails(
        lift_args("divide", &message[..6]),
        "invalid-argument: divisor: the message ends inside this value",
    );
    fails(
        lift_args("nothing", &[0]),
        "invalid-argument: arguments: bytes follow the last value",
    );
}

#[test]
fn outcomes() {
    assert_eq!(outcome("divide", false, Some("3")).unwrap(), [3, 0, 0, 0]);
    assert_eq!(
        outcome("divide", true, Some(r#""x""#)).unwrap(),
        [1, 0, 0, 0, b'x']
    );
    assert_eq!(outcome("check", false, None).unwrap(), [0u8; 0]);
    assert_eq!(outcome("nothing", false, None).unwrap(), [0u8; 0]);
    assert_eq!(
        lift_outcome("divide", false, &[3, 0, 0, 0]).unwrap(),
        Some(Json::Integer(3))
    );
    assert_eq!(lift_outcome("check", false, &[]).unwrap(), None);
}

#[test]
fn a_provider_that_breaks_its_contract_is_internal() {
    fails(
        outcome("divide", false, Some("\"3\"")),
        "internal: result: expected s32, got string",
    );
    fails(outcome("divide", false, None), "internal: result: missing");
    fails(
        outcome("nothing", false, Some("1")),
        "internal: result: the contract has no value here",
    );
    fails(
        outcome("check", true, Some(r#"{"code":"a","units":null}"#)),
        "internal: error.units: expected u16, got null",
    );
}

#[test]
fn results_that_do_not_decode_are_data_loss() {
    fails(
        lift_outcome("divide", false, &[3]),
        "data-loss: result: the message ends inside this value",
    );
    fails(
        lift_outcome("check", false, &[3]),
        "data-loss: result: bytes follow the last value",
    );
    fails(
        lift_outcome("divide", true, &[1, 0, 0, 0, 0xff]),
        "data-loss: error: not valid UTF-8",
    );
}

#[test]
fn handles_and_streams_are_unimplemented_at_their_path() {
    fails(
        lift_outcome("open", false, &[0; 8]),
        "unimplemented: result: a value of type list-of-work cannot be passed yet",
    );
    fails(
        outcome("follow", false, Some("[]")),
        "unimplemented: result: a value of type stream<u8> cannot be passed yet",
    );
    fails(
        args("share", &["5", "\"x\""]),
        "unimplemented: worklist: a value of type borrow<list-of-work> cannot be passed yet",
    );
    // What needs no handle works.
    assert_eq!(
        args("share", &["null", "\"x\""]).unwrap(),
        [0, 1, 0, 0, 0, b'x']
    );
}
