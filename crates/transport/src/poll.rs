//! One poller for many descriptors with a timer inside, so that an event loop has to watch only the poller's own descriptor.
//! Linux: epoll and timerfd.
//!
//! Edge-triggered: a change is reported to one waiting thread, once. Level-triggered epoll wakes a second waiting thread for
//! every event, which costs a switch per call where a thread waits in reserve. So a reader reads until a short read, and until
//! the end where [`Ready::hung_up`] says so. Of several waiting threads Linux wakes the one that came last.

use crate::fork::{Descriptor, hold_off};
use rustix::buffer::spare_capacity;
use rustix::event::{EventfdFlags, Timespec, epoll, eventfd};
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

/// What to wait for on a descriptor. Errors and hang-ups are always reported, as readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest {
    /// Bytes, connections or the end have come.
    pub readable: bool,
    /// There is room to write.
    pub writable: bool,
}

impl Interest {
    /// Only readable.
    pub const READ: Interest = Interest {
        readable: true,
        writable: false,
    };
    /// Both.
    pub const READ_WRITE: Interest = Interest {
        readable: true,
        writable: true,
    };

    fn flags(self) -> epoll::EventFlags {
        let mut flags = epoll::EventFlags::ET | epoll::EventFlags::RDHUP;
        if self.readable {
            flags |= epoll::EventFlags::IN;
        }
        if self.writable {
            flags |= epoll::EventFlags::OUT;
        }
        flags
    }
}

/// A descriptor that is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The key that it was added with.
    pub key: u64,
    /// There is something to read, an error or a hang-up.
    pub readable: bool,
    /// There is room to write.
    pub writable: bool,
    /// The other side has closed or failed: read until the end, no further change may be reported.
    pub hung_up: bool,
}

/// Waits for many descriptors.
#[derive(Debug)]
pub struct Poller {
    epoll: Descriptor,
    timer: Descriptor,
    bell: Descriptor,
}

/// The timer's key inside; no caller's key may be this or the next.
const TIMER: u64 = u64::MAX;
/// The bell's.
const BELL: u64 = u64::MAX - 1;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// Descriptors are ready, the bell rang, or the time was up.
    Done {
        /// It was the time.
        timed_out: bool,
    },
    /// A signal came.
    Interrupted,
}

impl Poller {
    /// A poller without descriptors.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn new() -> io::Result<Self> {
        let _whole = hold_off();
        let epoll = Descriptor::new(epoll::create(epoll::CreateFlags::CLOEXEC)?);
        let timer = Descriptor::new(timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK,
        )?);
        epoll::add(
            &epoll,
            &timer,
            epoll::EventData::new_u64(TIMER),
            epoll::EventFlags::IN,
        )?;
        let bell = Descriptor::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        epoll::add(
            &epoll,
            &bell,
            epoll::EventData::new_u64(BELL),
            epoll::EventFlags::IN | epoll::EventFlags::ET,
        )?;
        Ok(Poller { epoll, timer, bell })
    }

    /// Starts to watch `fd` under `key`.
    ///
    /// # Errors
    /// When the kernel's limit is reached.
    pub fn add(&self, fd: impl AsFd, key: u64, interest: Interest) -> io::Result<()> {
        Ok(epoll::add(
            &self.epoll,
            fd,
            epoll::EventData::new_u64(key),
            interest.flags(),
        )?)
    }

    /// Watches `fd`, which was added, for something else.
    ///
    /// # Errors
    /// When `fd` was not added.
    pub fn modify(&self, fd: impl AsFd, key: u64, interest: Interest) -> io::Result<()> {
        Ok(epoll::modify(
            &self.epoll,
            fd,
            epoll::EventData::new_u64(key),
            interest.flags(),
        )?)
    }

    /// Stops watching `fd`. Closing a descriptor does the same, unless another process has it too.
    pub fn remove(&self, fd: impl AsFd) {
        let _ = epoll::delete(&self.epoll, fd);
    }

    /// Sets the timer to a point of the monotonic clock in nanoseconds (0 switches it off): the poller's descriptor becomes
    /// readable then, and a wait returns.
    pub fn set_timer(&self, at: u64) {
        let value = Timespec {
            tv_sec: (at / 1_000_000_000) as _,
            tv_nsec: (at % 1_000_000_000) as _,
        };
        let spec = Itimerspec {
            it_interval: Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: value,
        };
        let _ = timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &spec);
    }

    /// Ends the wait of one thread, the one that came last; or the next wait, if nobody waits.
    pub fn ring(&self) {
        // Each write is a new edge; the count is never read, and would take 2^64 writes to fill.
        let _ = rustix::io::write(&self.bell, &1u64.to_ne_bytes());
    }

    /// Waits until something is ready, at most `timeout`, and puts it into `ready` (cleared first).
    pub fn wait(&self, ready: &mut ReadyList, timeout: Option<Duration>) -> Waited {
        let timeout = timeout.map(|d| Timespec {
            tv_sec: d.as_secs() as _,
            tv_nsec: d.subsec_nanos() as _,
        });
        ready.raw.clear();
        ready.list.clear();
        match epoll::wait(
            &self.epoll,
            spare_capacity(&mut ready.raw),
            timeout.as_ref(),
        ) {
            Ok(_) => {}
            Err(Errno::INTR) => return Waited::Interrupted,
            Err(_) => return Waited::Done { timed_out: true },
        }
        for event in &ready.raw {
            let key = event.data.u64();
            if key == BELL {
                continue;
            }
            if key == TIMER {
                let _ = rustix::io::read(&self.timer, &mut [0u8; 8]);
                continue;
            }
            let flags = event.flags;
            let hung_up = flags.intersects(
                epoll::EventFlags::ERR | epoll::EventFlags::HUP | epoll::EventFlags::RDHUP,
            );
            ready.list.push(Ready {
                key,
                readable: hung_up || flags.contains(epoll::EventFlags::IN),
                writable: flags.contains(epoll::EventFlags::OUT),
                hung_up,
            });
        }
        Waited::Done {
            timed_out: ready.raw.is_empty(),
        }
    }
}

impl AsFd for Poller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

impl AsRawFd for Poller {
    fn as_raw_fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }
}

/// Room for the results of one wait, to be used again and again.
pub struct ReadyList {
    raw: Vec<epoll::Event>,
    list: Vec<Ready>,
}

impl std::fmt::Debug for ReadyList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.list).finish()
    }
}

impl ReadyList {
    /// Room for `capacity` results (at least 1); more stay for the next wait.
    pub fn new(capacity: usize) -> Self {
        ReadyList {
            raw: Vec::with_capacity(capacity.max(1)),
            list: Vec::with_capacity(capacity.max(1)),
        }
    }

    /// What was ready, the timer left out.
    pub fn as_slice(&self) -> &[Ready] {
        &self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::socket::{Progress, Socket};

    #[test]
    fn reports_readable_writable_and_hang_up() {
        let poller = Poller::new().expect("poller");
        let (a, b) = Socket::pair().expect("pair");
        poller.add(&a, 7, Interest::READ).expect("add");
        let mut ready = ReadyList::new(4);
        assert_eq!(
            poller.wait(&mut ready, Some(Duration::ZERO)),
            Waited::Done { timed_out: true }
        );
        assert!(ready.as_slice().is_empty());
        assert_eq!(b.write(b"x"), Progress::Bytes(1));
        poller.wait(&mut ready, Some(Duration::from_secs(10)));
        assert_eq!(
            ready.as_slice(),
            [Ready {
                key: 7,
                readable: true,
                writable: false,
                hung_up: false
            }]
        );
        poller.modify(&a, 7, Interest::READ_WRITE).expect("modify");
        poller.wait(&mut ready, Some(Duration::from_secs(10)));
        assert_eq!(
            ready.as_slice(),
            [Ready {
                key: 7,
                readable: true,
                writable: true,
                hung_up: false
            }]
        );
        drop(b);
        poller.wait(&mut ready, Some(Duration::from_secs(10)));
        assert!(ready.as_slice()[0].readable && ready.as_slice()[0].hung_up);
        poller.remove(&a);
        poller.wait(&mut ready, Some(Duration::ZERO));
        assert!(ready.as_slice().is_empty());
    }

    #[test]
    fn the_timer_ends_a_wait_without_a_timeout() {
        let poller = Poller::new().expect("poller");
        let start = clock::now();
        poller.set_timer(start + 5_000_000);
        let mut ready = ReadyList::new(1);
        assert_eq!(
            poller.wait(&mut ready, None),
            Waited::Done { timed_out: false }
        );
        assert!(ready.as_slice().is_empty());
        assert!(clock::now() >= start + 5_000_000);
    }
}
