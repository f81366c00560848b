//! Calls with values, and how they end.

use crate::claims::{Claim, Decision, Denial, Directory, Status, claim, contract};
use hms_ffi::{Cancel, Client, Code, Component, Result, Sent, SystemError, current_call};
use std::time::Duration;

#[test]
fn the_running_example() {
    let directory = Directory::new("example");
    let _serving = directory.adjudication();
    let claims = directory.connect("hms:claims/adjudication@1.2").unwrap();
    let decision: Decision = claims.call("adjudicate", (claim(),)).unwrap();
    let expected = Decision {
        claim: "c1".into(),
        status: Status::Approved,
        paid: "120.50".parse().unwrap(),
    };
    assert_eq!(decision, expected);

    let error = claims
        .call::<Decision>("adjudicate", (&claim(),))
        .unwrap_err();
    assert_eq!(error.declared::<Denial>(), Some(Denial::Duplicate));
    assert_eq!((error.code(), error.as_system()), (None, None));
    assert_eq!(
        error.to_string(),
        "declared error of hms:claims/adjudication@1.2.0 adjudicate"
    );

    let empty = Claim {
        lines: vec![],
        ..claim()
    };
    let error = claims.call::<Decision>("adjudicate", (empty,)).unwrap_err();
    assert_eq!(
        error.declared::<Denial>(),
        Some(Denial::NotCovered("no lines".into()))
    );
    assert_eq!(error.declared::<bool>(), None);
    let why = error.as_declared().unwrap().value::<bool>().unwrap_err();
    assert_eq!(why.message(), "error: expected bool, got variant denial");
}

#[test]
fn what_cannot_be_called_yet_says_so() {
    let directory = Directory::new("yet");
    let _serving = directory.adjudication();
    let claims = directory.connect("hms:claims/adjudication").unwrap();
    let error = claims.call::<()>("watch", ("p1",)).unwrap_err();
    assert_eq!(error.code(), Some(Code::Unimplemented));
}

#[test]
fn arguments_are_checked_before_anything_is_sent() {
    let directory = Directory::new("arguments");
    let _serving = directory.probe();
    let probe = directory.connect("hms:claims/probe").unwrap();
    let refused = |error: hms_ffi::Error| {
        let system = error.as_system().expect("a system error").clone();
        assert_eq!(system.sent(), Sent::NotSent);
        (system.code(), system.message().to_owned())
    };
    assert_eq!(probe.call::<u32>("add", (1, 2)).unwrap(), 3);
    assert_eq!(
        refused(probe.call::<u32>("add", (1, -2)).unwrap_err()),
        (
            Code::InvalidArgument,
            "b: expected u32, got a number out of its range".into()
        )
    );
    assert_eq!(
        refused(probe.call::<u32>("add", (1,)).unwrap_err()),
        (
            Code::InvalidArgument,
            "add: expected 2 arguments, got 1".into()
        )
    );
    let (code, message) = refused(probe.call::<u32>("subtract", (1, 2)).unwrap_err());
    assert_eq!(code, Code::Unimplemented);
    assert!(
        message.starts_with("hms:claims/probe@1.2.0 has no function \"subtract\""),
        "{message}"
    );
    let error = probe.call::<String>("add", (1, 2)).unwrap_err();
    assert_eq!(error.message(), "result: expected string, got u32");
    assert_eq!(
        (error.code(), error.sent()),
        (Some(Code::InvalidArgument), Sent::MaybeExecuted)
    );
    probe.call::<()>("nothing", ()).unwrap();
}

#[test]
fn handlers_end_calls_in_every_way() {
    let directory = Directory::new("ways");
    let _serving = directory.probe();
    let probe = directory.connect("hms:claims/probe").unwrap();
    let fail = |function: &str, how: &str| probe.call::<u32>(function, (how,));
    assert_eq!(fail("fail", "ok").unwrap(), 7);
    assert_eq!(fail("plain", "ok").unwrap(), 7);
    let declared = fail("fail", "declared").unwrap_err().declared::<Denial>();
    assert_eq!(declared, Some(Denial::OverLimit("10.50".parse().unwrap())));

    let system = |result: Result<u32>| {
        result
            .unwrap_err()
            .as_system()
            .expect("a system error")
            .clone()
    };
    let error = system(fail("plain", "declared"));
    assert_eq!(
        (error.code(), error.sent()),
        (Code::Internal, Sent::MaybeExecuted)
    );
    let error = system(fail("fail", "wrong-declared"));
    assert_eq!(error.code(), Code::Internal);
    assert_eq!(
        error.message(),
        "error: expected variant denial, got integer"
    );
    let error = system(fail("fail", "not-found"));
    assert_eq!(
        (error.code(), error.message()),
        (Code::NotFound, "no such patient")
    );
    let error = system(fail("fail", "with-cause"));
    assert_eq!(
        (error.code(), error.cause().map(SystemError::code)),
        (Code::Aborted, Some(Code::Unavailable))
    );
    let error = system(fail("fail", "panic"));
    assert_eq!(
        (error.code(), error.message()),
        (Code::Internal, "fail: panicked: on purpose")
    );
    assert_eq!(fail("fail", "ok").unwrap(), 7, "a panic ends its call only");
}

#[test]
fn errors_of_nested_calls() {
    let directory = Directory::new("nested");
    let _serving = directory.probe();
    let probe = directory.connect("hms:claims/probe").unwrap();
    let relay = |function: &str, how: &str| probe.call::<u32>(function, (how,)).unwrap_err();
    // The function's own declared error goes through; another function's is internal.
    assert_eq!(
        relay("relay", "declared").declared::<Denial>(),
        Some(Denial::OverLimit("10.50".parse().unwrap()))
    );
    assert_eq!(
        relay("relay-plain", "declared").code(),
        Some(Code::Internal)
    );
    let error = relay("relay", "not-found");
    assert_eq!(error.code(), Some(Code::Internal));
    assert_eq!(error.cause().map(SystemError::code), Some(Code::NotFound));
    assert_eq!(relay("relay", "with-cause").code(), Some(Code::Aborted));
}

#[test]
fn the_traceback_names_every_hop() {
    let directory = Directory::new("trace");
    let _serving = directory.probe();
    let probe = directory.connect("hms:claims/probe").unwrap();
    for (how, line) in [
        ("not-found", "Error::not_found"),
        ("panic", "panic!(\"on purpose\")"),
    ] {
        let error = probe.call::<u32>("relay", (how,)).unwrap_err();
        let frames = error.trace();
        let summary: Vec<_> = frames
            .iter()
            .map(|frame| (&*frame.component, &*frame.function))
            .collect();
        let component = "hms:claims/probe@1.2.0";
        assert_eq!(
            summary[1..],
            [(component, "relay"), (component, "fail")],
            "{error:?}"
        );
        assert!(frames.iter().all(|frame| frame.language == "rust"));
        assert!(
            frames[0].file.ends_with("calls.rs") && frames[2].file.ends_with("claims.rs"),
            "{error:?}"
        );
        let source = include_str!("claims.rs")
            .lines()
            .nth(frames[2].line as usize - 1)
            .unwrap();
        assert!(source.contains(line), "{source}");
        assert!(format!("{error:?}").contains("\n    at [rust] hms:claims/probe@1.2.0 relay ("));
    }
}

#[test]
fn deadlines_are_inherited() {
    let directory = Directory::new("deadlines");
    let serving = directory.probe();
    let probe = directory.connect("hms:claims/probe").unwrap();
    let left = |options: hms_ffi::Call<'_>| options.call::<Option<u64>>("time-left", ()).unwrap();
    assert!((20_001..=30_000).contains(&left(probe.with()).unwrap()));
    assert!(left(probe.with().timeout(Duration::from_secs(5))).unwrap() <= 5_000);
    assert_eq!(left(probe.with().no_timeout()), None);
    let error = probe
        .with()
        .timeout(Duration::from_millis(20))
        .call::<()>("hold", ())
        .unwrap_err();
    assert_eq!(error.code(), Some(Code::DeadlineExceeded));
    assert!(current_call().is_none());
    serving.close();
}

#[test]
fn another_thread_cancels() {
    let directory = Directory::new("cancel");
    let _serving = directory.probe();
    let probe = directory.connect("hms:claims/probe").unwrap();
    let cancel = Cancel::new();
    std::thread::scope(|scope| {
        let held = scope.spawn(|| {
            probe
                .with()
                .no_timeout()
                .cancelled_by(&cancel)
                .call::<()>("hold", ())
        });
        cancel.cancel();
        let error = held.join().unwrap().unwrap_err();
        assert_eq!(error.code(), Some(Code::Cancelled));
    });
}

#[test]
fn re_entrancy_with_few_workers() {
    let directory = Directory::new("bounce");
    let _serving = directory.probe();
    let probe = directory.connect("hms:claims/probe").unwrap();
    assert_eq!(probe.call::<u32>("bounce", (6,)).unwrap(), 6);
}

/// The last owner of the inner client is the handler, which goes when the server goes.
#[test]
fn a_component_whose_handler_owns_a_client_closes() {
    let directory = Directory::new("owner");
    let _serving = directory.adjudication();
    let inner = directory.connect("hms:claims/adjudication").unwrap();
    let outer = Component::builder("hms:claims/adjudication")
        .contract(&contract())
        .unwrap()
        .runtime_dir(directory.path())
        .export("adjudicate", move |claim: Claim| -> Result<Decision> {
            inner.call("adjudicate", (claim,))
        })
        .unwrap()
        .build()
        .unwrap()
        .start()
        .unwrap();
    let (closed, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        outer.close();
        closed.send(()).unwrap();
    });
    wait.recv_timeout(Duration::from_secs(10)).unwrap();
}

#[test]
fn components_are_checked_when_they_are_made() {
    let builder = || {
        Component::builder("hms:claims/probe")
            .contract(&contract())
            .unwrap()
    };
    let refused = |result: Result<hms_ffi::ComponentBuilder>| {
        let error = result.unwrap_err();
        (error.code().unwrap(), error.message().to_owned())
    };
    assert_eq!(
        refused(builder().export("add", |a: u32| a)),
        (
            Code::InvalidArgument,
            "add takes 2 arguments, the handler 1".into()
        )
    );
    let (code, message) = refused(builder().export("subtract", || ()));
    assert_eq!(code, Code::Unimplemented);
    assert!(message.contains("no function \"subtract\""), "{message}");
    let twice = builder()
        .export("nothing", || ())
        .unwrap()
        .export("nothing", || ());
    assert_eq!(
        refused(twice),
        (Code::AlreadyExists, "nothing has a handler already".into())
    );
    assert_eq!(
        builder()
            .export("nothing", || ())
            .unwrap()
            .build()
            .unwrap_err()
            .message(),
        "hms:claims/probe@1.2.0 has no handler for add, fail, plain, time-left, relay, relay-plain, hold, bounce"
    );
    let (code, _) = refused(Component::builder("hms:claims/nothing").contract(&contract()));
    assert_eq!(code, Code::NotFound);
    let (code, message) = refused(Component::builder("a:b/c").wit("no-such-folder"));
    assert_eq!(code, Code::InvalidArgument);
    assert!(message.contains("no-such-folder"), "{message}");
}

#[test]
fn no_provider() {
    let directory = Directory::new("none");
    let connect = || {
        Client::builder("hms:claims/probe")
            .runtime_dir(directory.path())
            .timeout(Duration::from_millis(100))
            .connect()
    };
    let error = connect().unwrap_err();
    assert_eq!(error.code(), Some(Code::Unavailable));
    assert!(
        error
            .message()
            .contains(&directory.path().display().to_string()),
        "{error}"
    );
}
