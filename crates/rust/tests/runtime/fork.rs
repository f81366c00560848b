//! A process that has connected forks, and both sides call.

use crate::provider::{ECHO, PID, Process, call, connect, list, scratch};
use hms_ffi::runtime::Outcome;

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
