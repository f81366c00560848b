//! Providers that are missing, die, come back, or talk rubbish.

use crate::provider::{ECHO, HOLD, Process, Serving, call, connect, list, scratch};
use hms_ffi::runtime::{Outcome, discovery};
use hms_ffi_core::error::{Code, Sent};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

#[test]
fn without_a_provider_the_error_names_where_it_looked() {
    let (settings, dir) = scratch("none");
    let error = connect(&settings).expect_err("nobody");
    assert_eq!(
        (error.code(), error.sent()),
        (Code::Unavailable, Sent::NotSent)
    );
    assert!(
        error.message().contains(&dir.display().to_string()),
        "{error}"
    );
    assert!(error.message().contains("test:runtime/calls"), "{error}");
}

#[test]
fn a_provider_that_is_killed_in_mid_call_is_noticed_and_replaced() {
    for mode in ["plain", "forked"] {
        let (settings, dir) = scratch(&format!("killed-{mode}"));
        let mut provider = Process::start(&dir, mode);
        let client = connect(&settings).expect("connected");
        let waiting = {
            let client = client.clone();
            std::thread::spawn(move || (call(&client, HOLD, &[]), Instant::now()))
        };
        provider.wait_for_line("holding");
        let killed = Instant::now();
        provider.kill();
        let (outcome, noticed) = waiting.join().expect("caller");
        let Outcome::System(error) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(
            (error.code(), error.sent()),
            (Code::Unavailable, Sent::MaybeExecuted),
            "{mode}"
        );
        assert!(
            noticed - killed < Duration::from_secs(1),
            "{mode}: {:?}",
            noticed - killed
        );
        let Outcome::System(error) = call(&client, ECHO, &list(b"x")) else {
            panic!("nobody is there")
        };
        assert_eq!(
            (error.code(), error.sent()),
            (Code::Unavailable, Sent::NotSent)
        );
        let _next = Process::start(&dir, "plain");
        assert_eq!(
            call(&client, ECHO, &list(b"back")),
            Outcome::Ok(list(b"back")),
            "{mode}"
        );
        drop(provider);
        std::fs::remove_dir_all(dir).expect("clean up");
    }
}

#[test]
fn callers_use_two_instances_and_go_on_with_one() {
    let (settings, dir) = scratch("two");
    let mut first = Process::start(&dir, "plain");
    let second = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    // The second instance joins in the background.
    let expected: std::collections::BTreeSet<_> = [first.child.id(), second.child.id()].into();
    let mut pids = std::collections::BTreeSet::new();
    let start = Instant::now();
    while pids != expected {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "only {pids:?} of {expected:?}"
        );
        let Outcome::Ok(pid) = call(&client, crate::provider::PID, &[]) else {
            panic!("no pid")
        };
        pids.insert(u32::from_le_bytes(pid.try_into().expect("four bytes")));
    }
    first.kill();
    let mut failures = 0;
    for _ in 0..20 {
        match call(&client, ECHO, &list(b"x")) {
            Outcome::Ok(_) => {}
            Outcome::System(error) if error.code() == Code::Unavailable => failures += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(failures <= 1, "only a call that was on its way may notice");
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn rubbish_on_one_link_leaves_the_others_alone() {
    let (settings, dir) = scratch("rubbish");
    let serving = Serving::start(&settings, 1, 4);
    let caller = crate::event_loop::Loop::connect(&settings);
    let entry = discovery::list(&settings).expect("list").remove(0);
    let socket = dir
        .join(entry.uid.to_string())
        .join(format!("{}.sock", entry.name));
    for rubbish in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 4096], &[0; 64]] {
        let mut stream = UnixStream::connect(&socket).expect("connect");
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("timeout");
        let _ = stream.write_all(rubbish);
        let mut answer = Vec::new();
        // Hello, perhaps the reason, then the end.
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.len() >= 16, "its hello had been sent");
    }
    caller.start(ECHO, list(b"fine"), hms_ffi::runtime::Timeout::Default, 7);
    assert_eq!(caller.wait_for(7), Outcome::Ok(list(b"fine")));
    drop(serving);
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn callers_of_a_server_that_drains_in_their_process_go_elsewhere() {
    let (settings, dir) = scratch("drained");
    let other = Process::start(&dir, "plain");
    let serving = Serving::start(&settings, 1, 4);
    let client = connect(&settings).expect("connected");
    let pid = || match call(&client, crate::provider::PID, &[]) {
        Outcome::Ok(pid) => u32::from_le_bytes(pid.try_into().expect("four bytes")),
        other => panic!("no pid: {other:?}"),
    };
    assert_eq!(pid(), std::process::id(), "the nearest one");
    serving.server.stop_accepting();
    assert_eq!(pid(), other.child.id());
    drop(serving);
    assert_eq!(pid(), other.child.id());
    std::fs::remove_dir_all(dir).expect("clean up");
}
