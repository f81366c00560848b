//! Handlers that run as futures end at their deadline, also where their caller says nothing.

use super::Inner;
use super::state::{State, Timer};
use crate::runtime::context::{CallContext, LATE};
use std::sync::Arc;

impl State {
    /// Such a handler runs; its call is `inbound`.
    pub fn time_handler(&mut self, inner: &Inner, inbound: u64, context: &Arc<CallContext>) {
        if context.deadline != 0 {
            self.timers
                .insert((context.deadline, Timer::Handler(inbound)));
            self.timed.insert(inbound, context.clone());
            inner.arm(self);
        }
    }

    /// It has ended.
    pub fn untime_handler(&mut self, inbound: u64) {
        if !self.timed.is_empty()
            && let Some(context) = self.timed.remove(&inbound)
        {
            self.timers
                .remove(&(context.deadline, Timer::Handler(inbound)));
        }
    }

    pub fn handler_is_late(&mut self, inbound: u64) {
        if let Some(context) = self.timed.remove(&inbound) {
            context.end(LATE);
            self.later.abandon(&context);
        }
    }
}
