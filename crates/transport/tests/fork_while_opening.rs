//! In a process of its own: other tests would share their descriptors with the children for a moment.

use hms_ffi_transport::park::Parker;
use hms_ffi_transport::peer::Process;
use hms_ffi_transport::poll::Poller;
use hms_ffi_transport::socket::{Listener, Socket};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

fn is_open(fd: i32) -> bool {
    // SAFETY: fcntl on a number; it is only asked whether it is open.
    unsafe { libc::fcntl(fd, libc::F_GETFD) != -1 }
}

#[test]
fn a_child_gets_nothing_that_threads_are_just_opening_or_closing() {
    let path = std::env::temp_dir().join(format!("hms-fork-{}", std::process::id()));
    let listener = Listener::bind(&path).expect("listen");
    // What the test's own program has open is not ours to close.
    let ours: [bool; 256] = std::array::from_fn(|fd| is_open(fd as i32));
    let stop = AtomicBool::new(false);
    let opened = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let _client = Socket::connect(&path);
                    let _accepted = listener.accept();
                    let _rest = (Parker::new(), Poller::new(), Socket::pair());
                    let _process = Process::watch(std::process::id());
                    opened.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut inherited = 0;
        for _ in 0..300 {
            // SAFETY: the child only asks for numbers and leaves; it touches no lock.
            let child = unsafe { libc::fork() };
            if child == 0 {
                let found = (3..256).any(|fd| is_open(fd) && !ours[fd as usize]);
                // SAFETY: leaves at once, without destructors.
                unsafe { libc::_exit(i32::from(found)) };
            }
            let mut status = 0;
            // SAFETY: waits for the child made above.
            unsafe { libc::waitpid(child, &mut status, 0) };
            inherited += i32::from(status != 0);
        }
        stop.store(true, Ordering::Relaxed);
        assert_eq!(inherited, 0, "of 300 children");
    });
    assert!(opened.into_inner() > 0);
    std::fs::remove_file(path).expect("clean up");
}
