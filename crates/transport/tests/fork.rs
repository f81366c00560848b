//! In a process of its own: other tests would share their descriptors with the child for a moment.

use hms_ffi_transport::fork::{Descriptor, generation};
use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

#[test]
fn a_child_closes_what_the_parent_has_open() {
    // More than a block of 256, so that the chained blocks are walked too.
    let pairs: Vec<_> = (0..300)
        .map(|_| {
            let (ours, theirs) = UnixStream::pair().expect("socket pair");
            (Descriptor::new(OwnedFd::from(ours)), theirs)
        })
        .collect();
    let before = generation();
    // SAFETY: the child only reads atomics, sleeps in pause(2) and is killed; it touches no lock.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let closed = pairs.iter().all(|(fd, _)| {
            // SAFETY: fcntl on a number; it is only asked whether it is open.
            unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFD) == -1 }
        });
        let inert = pairs.iter().all(|(fd, _)| !fd.is_ours());
        // SAFETY: leaves at once, without destructors.
        unsafe {
            libc::_exit(if closed && inert && generation() == before + 1 {
                0
            } else {
                1
            })
        };
    }
    let mut status = 0;
    // SAFETY: waits for the child made above.
    unsafe { libc::waitpid(pid, &mut status, 0) };
    assert_eq!(status, 0);
    // The parent still has its ends, and dropping them is seen by the peer although a child existed.
    let (fd, mut theirs) = pairs.into_iter().next_back().expect("a pair");
    assert!(fd.is_ours());
    drop(fd);
    assert_eq!(theirs.read(&mut [0; 1]).expect("end of file"), 0);
}
