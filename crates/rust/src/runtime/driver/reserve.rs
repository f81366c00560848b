//! The thread in reserve: a provider keeps one thread more than its workers, which reads while all of them run handlers
//! (cancels, pings, more calls to queue or refuse).
//!
//! It does not wait in the poller beside a leader: a caller's next request often comes before the worker that answered is back there,
//! and would wake the thread in reserve for every call. While calls come it looks every millisecond whether the lead
//! has stayed free since the last look, and leads only then, until a worker is free again; when none come it sleeps.

use super::Inner;
use super::lead::{LOOK_UP, Step};
use super::locked::Locked;
use hms_ffi_transport::park::{Parked, Parker};
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
    /// [`State::leads`] at the last look, and whether the lead was free then.
    seen: u64,
    vacant: bool,
    quiet: u32,
}

impl Inner {
    /// Waits once in reserve.
    pub fn wait_in_reserve<'a>(
        self: &'a Arc<Self>,
        mut state: Locked<'a>,
        parker: &Arc<Parker>,
        memory: &mut Reserve,
    ) -> (Locked<'a>, Step) {
        state.has_reserve = true;
        let unchanged = memory.seen == state.leads;
        if state.leader.is_none() && (memory.vacant && unchanged || !state.has_workers()) {
            let timeout = if state.has_workers() { STINT } else { LOOK_UP };
            let (mut state, interrupted) = self.lead(state, parker, timeout);
            let free = state.servers.values().find_map(|server| server.idle.last());
            memory.vacant = free.is_none();
            memory.seen = state.leads;
            memory.quiet = 0;
            if free.is_some() || !state.parked.is_empty() {
                self.hand_over(&mut state);
            }
            return (
                state,
                if interrupted && timeout == LOOK_UP {
                    Step::AskInterrupt
                } else {
                    Step::Look
                },
            );
        }
        memory.quiet = if unchanged {
            memory.quiet.saturating_add(1)
        } else {
            0
        };
        memory.vacant = state.leader.is_none();
        memory.seen = state.leads;
        let asleep = memory.quiet > PATIENCE && !memory.vacant;
        if asleep {
            state.reserve_asleep.push(parker.clone());
        }
        state.reserve.push(parker.clone());
        drop(state);
        let parked = parker.park(Some(if asleep { LOOK_UP } else { TICK }));
        let mut state = self.lock();
        state.reserve.retain(|other| !Arc::ptr_eq(other, parker));
        state
            .reserve_asleep
            .retain(|other| !Arc::ptr_eq(other, parker));
        let ask = parked == Parked::Interrupted || asleep && parked == Parked::TimedOut;
        (state, if ask { Step::AskInterrupt } else { Step::Look })
    }
}
