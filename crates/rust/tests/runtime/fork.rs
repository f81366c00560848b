//! A process that has connected forks, and both sides call.

use crate::provider::{ECHO, HOLD, PID, Process, call, connect, list, scratch};
use hms_ffi::runtime::{BatchCall, CallOptions, Client, Outcome, Timeout};
use hms_ffi_core::error::{Code, Sent};
use std::time::Duration;

#[test]
fn parent_and_child_both_call_after_fork() {
    let (settings, dir) = scratch("fork");
    let provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    assert_eq!(
        call(&client, ECHO, &list(b"before")),
        Outcome::Ok(list(b"before"))
    );
    // SAFETY: the child makes calls through state of its own, touches none of the parent's locks but the allocator's, which glibc
    // makes usable in a child, and leaves without destructors.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let fine = (0..100u32).all(|i| {
            call(&client, ECHO, &list(&i.to_le_bytes())) == Outcome::Ok(list(&i.to_le_bytes()))
        });
        drop(client);
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(i32::from(!fine)) };
    }
    for i in 0..100u32 {
        assert_eq!(
            call(&client, ECHO, &list(&i.to_le_bytes())),
            Outcome::Ok(list(&i.to_le_bytes()))
        );
    }
    let mut status = 0;
    // SAFETY: waits for the child made above.
    unsafe { libc::waitpid(pid, &mut status, 0) };
    assert_eq!(status, 0);
    let expected = provider.child.id().to_le_bytes().to_vec();
    assert_eq!(
        call(&client, PID, &[]),
        Outcome::Ok(expected),
        "the child's end did not end the parent's link"
    );
    std::fs::remove_dir_all(dir).expect("clean up");
}

fn hold(client: &Client, interrupt: &mut dyn FnMut() -> bool) -> Outcome {
    client.call(HOLD, vec![], &soon(), interrupt)
}

fn hold_in_a_batch(client: &Client, interrupt: &mut dyn FnMut() -> bool) -> Outcome {
    let call = BatchCall {
        function: HOLD,
        args: vec![],
        options: soon(),
    };
    let mut outcomes = client.batch(vec![call], interrupt);
    outcomes.pop().expect("one outcome")
}

fn soon() -> CallOptions {
    CallOptions {
        timeout: Timeout::After(Duration::from_secs(3)),
        ..CallOptions::default()
    }
}

/// What is asked whether to give up may be a signal handler of the language, and may fork.
#[test]
fn a_fork_within_a_wait_leaves_the_call_to_the_parent() {
    let (settings, dir) = scratch("fork-within");
    let _provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    for wait in [hold, hold_in_a_batch] {
        let mut child = None;
        let outcome = wait(&client, &mut || {
            // SAFETY: as above.
            child.get_or_insert_with(|| unsafe { libc::fork() });
            false
        });
        let Outcome::System(error) = outcome else {
            panic!("{outcome:?}")
        };
        let child = child.expect("it was asked");
        if child == 0 {
            let refused = error.code() == Code::FailedPrecondition;
            let fine = refused && error.sent() == Sent::MaybeExecuted;
            // SAFETY: ends the child at once.
            unsafe { libc::_exit(i32::from(!fine)) };
        }
        assert_eq!(error.code(), Code::DeadlineExceeded);
        let mut status = 0;
        // SAFETY: waits for the child made above.
        unsafe { libc::waitpid(child, &mut status, 0) };
        assert_eq!(status, 0);
    }
    std::fs::remove_dir_all(dir).expect("clean up");
}
