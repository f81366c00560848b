//! A parked thread. It waits on a descriptor and not on a futex, so that a signal ends the wait with EINTR and its language can look
//! whether it was interrupted.

use crate::fork::{Descriptor, hold_off};
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::io::Errno;
use rustix::time::Timespec;
use std::io;
use std::time::Duration;

/// The place where one thread waits for another one's wake-up. A wake-up that comes first is kept.
#[derive(Debug)]
pub struct Parker {
    bell: Descriptor,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parked {
    /// Somebody called [`Parker::unpark`].
    Woken,
    /// The time was up.
    TimedOut,
    /// A signal came.
    Interrupted,
}

impl Parker {
    /// A new place to wait.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn new() -> io::Result<Self> {
        let _whole = hold_off();
        let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Parker {
            bell: Descriptor::new(fd),
        })
    }

    /// Whether this process made it (not an ancestor before a fork).
    pub fn is_ours(&self) -> bool {
        self.bell.is_ours()
    }

    /// Waits for [`Parker::unpark`], at most `timeout`.
    pub fn park(&self, timeout: Option<Duration>) -> Parked {
        let timeout = timeout.map(|d| Timespec {
            tv_sec: d.as_secs() as _,
            tv_nsec: d.subsec_nanos() as _,
        });
        let mut fds = [PollFd::new(&self.bell, PollFlags::IN)];
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) => Parked::TimedOut,
            Ok(_) => {
                let _ = rustix::io::read(&self.bell, &mut [0u8; 8]);
                Parked::Woken
            }
            Err(Errno::INTR) => Parked::Interrupted,
            // Nothing else can happen to a valid eventfd; treated as a wake-up, the caller checks its condition again.
            Err(_) => Parked::Woken,
        }
    }

    /// Ends the current wait, or the next one.
    pub fn unpark(&self) {
        let _ = rustix::io::write(&self.bell, &1u64.to_ne_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_that_came_first_is_kept_once() {
        let parker = Parker::new().expect("eventfd");
        parker.unpark();
        parker.unpark();
        assert_eq!(parker.park(None), Parked::Woken);
        assert_eq!(
            parker.park(Some(Duration::from_millis(1))),
            Parked::TimedOut
        );
    }

    #[test]
    fn another_thread_wakes() {
        let parker = Parker::new().expect("eventfd");
        std::thread::scope(|s| {
            s.spawn(|| parker.unpark());
            assert_eq!(parker.park(Some(Duration::from_secs(10))), Parked::Woken);
        });
    }
}
