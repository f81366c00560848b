//! The thread in reserve: a provider keeps one thread more than its workers, which reads while all of them run handlers
//! (cancels, pings, more calls to queue or refuse).
//!
//! It does not wait in the poller beside a leader: a caller's next request often comes before the worker that answered is back there,
//! and would wake the thread in reserve for every call. While calls come it looks every millisecond whether the lead
//! has stayed free since the last look, and leads only then, until a worker is free again; when none come it sleeps.

use super::Inner;
use super::lead::{LOOK_UP, Step};
use super::locked::Locked;
use super::rota::{self, Ended, Spot};
use crate::runtime::server;
use hms_ffi_transport::clock;
use hms_ffi_transport::park::Parker;
use std::sync::Arc;
use std::time::Duration;

/// How long calls may stay unread because a handler takes long for once.
const TICK: Duration = Duration::from_millis(1);
/// Ticks without a call until it sleeps.
const PATIENCE: u32 = 100;
/// How long it leads before it looks whether a worker is free again.
const STINT: Duration = Duration::from_millis(5);

/// What the thread remembers from look to look.
#[derive(Default)]
pub(crate) struct Reserve {
    /// [`Rota::leads`](super::rota::Rota::leads) at the last look, and whether the lead was free then.
    seen: u64,
    vacant: bool,
    quiet: u32,
    /// Monotonic nanoseconds of the last look.
    looked: u64,
}

impl Inner {
    /// Waits once in reserve.
    pub fn wait_in_reserve<'a>(
        self: &'a Arc<Self>,
        mut state: Locked<'a>,
        parker: &Arc<Parker>,
        memory: &mut Reserve,
    ) -> (Locked<'a>, Step) {
        let looked = std::mem::replace(&mut memory.looked, clock::now());
        server::look_after_queues(self, &mut state, looked);
        let unchanged = memory.seen == state.rota.leads();
        if state.rota.leader().is_none() && (memory.vacant && unchanged || !state.has_workers()) {
            let timeout = if state.has_workers() { STINT } else { LOOK_UP };
            let (mut state, ended) = rota::lead(self, state, parker, timeout);
            // Also one that was just woken for a call: it reads when it has run what there is.
            let free = server::has_free_worker(&state);
            memory.vacant = !free;
            memory.seen = state.rota.leads();
            memory.quiet = 0;
            if free || state.rota.is_parked(Spot::Caller) {
                self.hand_over(&mut state);
            }
            let ask = ended == Ended::Interrupted || ended == Ended::TimedOut && timeout == LOOK_UP;
            return (state, if ask { Step::AskInterrupt } else { Step::Look });
        }
        memory.quiet = if unchanged {
            memory.quiet.saturating_add(1)
        } else {
            0
        };
        memory.vacant = state.rota.leader().is_none();
        memory.seen = state.rota.leads();
        let asleep = memory.quiet > PATIENCE && !memory.vacant && !server::any_waits(&state);
        if asleep {
            state.rota.falls_asleep(parker);
        }
        let timeout = if asleep { LOOK_UP } else { TICK };
        let (state, ended) = rota::park(self, state, parker, Spot::Reserve, timeout);
        let ask = ended == Ended::Interrupted || asleep && ended == Ended::TimedOut;
        (state, if ask { Step::AskInterrupt } else { Step::Look })
    }
}
