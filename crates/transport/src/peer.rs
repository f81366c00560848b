//! Notice of another process's death, also where a forked child of it still holds its sockets open.

use crate::fork::{Descriptor, hold_off};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::os::fd::{AsFd, BorrowedFd};

/// A descriptor that becomes readable when a process has died.
#[derive(Debug)]
pub struct Process {
    fd: Descriptor,
}

impl Process {
    /// Watches the process `pid` of this pid namespace; `None` if it is dead already, of another namespace (pid 0), or the
    /// kernel is too old.
    pub fn watch(pid: u32) -> Option<Self> {
        let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
        let _whole = hold_off();
        Some(Process {
            fd: Descriptor::new(pidfd_open(pid, PidfdFlags::empty()).ok()?),
        })
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
