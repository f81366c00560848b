//! Trying again: calls that no handler has seen, and idempotent ones, when what went wrong may pass.
//!
//! A call is tried at most `Settings::retries` times more. The first attempt after a lost link is made at once, others wait
//! a random part of a span that doubles ("full jitter"). Attempts that providers' refusals cause are paid from a budget,
//! so that callers do not keep a provider busy with refusing; a lost link costs none, but a call whose link is lost again while it may be
//! running is given up, since it may be what brings providers down.

use super::Inner;
use super::state::{Progress, State, Timer};
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error, Sent};
use hms_ffi_transport::clock;
use std::sync::Arc;

/// Nanoseconds: the span before the second attempt, and the longest one.
const FIRST_SPAN: u64 = 25_000_000;
const LONGEST_SPAN: u64 = 1_000_000_000;
/// Attempts of one call that may end with the loss of its link while it may be running.
const MOST_LOST: u8 = 2;
/// Of the budget: what it begins with, what a call adds, what it holds at most. An attempt takes 1.
const BUDGET: f32 = 10.0;
const BUDGET_PER_CALL: f32 = 0.1;
const BUDGET_AT_MOST: f32 = 100.0;

/// Where an outcome comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The provider answered.
    Answered,
    /// The link was lost, or the provider left.
    Lost,
    /// No provider was found.
    Nobody,
}

/// What a client may spend on trying again after refusals.
pub(crate) struct Budget(f32);

impl Default for Budget {
    fn default() -> Self {
        Budget(BUDGET)
    }
}

impl Budget {
    pub fn earn(&mut self) {
        self.0 = (self.0 + BUDGET_PER_CALL).min(BUDGET_AT_MOST);
    }

    fn spend(&mut self) -> bool {
        let enough = self.0 >= 1.0;
        if enough {
            self.0 -= 1.0;
        }
        enough
    }
}

impl Inner {
    /// An attempt has ended: the call is tried again or ends with it.
    pub fn answered(self: &Arc<Self>, state: &mut State, key: u64, outcome: Outcome, cause: Cause) {
        let outcome = match outcome {
            Outcome::System(error) => match self.try_again(state, key, error, cause) {
                Some(error) => Outcome::System(error),
                None => return,
            },
            other => other,
        };
        self.complete(state, key, outcome);
    }

    /// Arranges another attempt; gives the error back where there is none.
    fn try_again(
        self: &Arc<Self>,
        state: &mut State,
        key: u64,
        error: Error,
        cause: Cause,
    ) -> Option<Error> {
        let Some(pending) = state.pending.get_mut(&key) else {
            return Some(error);
        };
        let Some(request) = &pending.request else {
            return Some(error);
        };
        let Some(connection) = state.connections.get_mut(&pending.connection) else {
            return Some(error);
        };
        let may_have_run = error.sent() == Sent::MaybeExecuted;
        pending.may_have_run |= may_have_run;
        let idempotent = connection.is_idempotent(request.function);
        // Later attempts do not hide that an earlier one may have run.
        let error = match pending.may_have_run {
            true => error.with_sent(Sent::MaybeExecuted),
            false => error,
        };
        if !is_worth_it(&error, idempotent) {
            return Some(error);
        }
        // A call that waits for room waits for the provider's, too.
        let waits =
            request.wait_for_room && error.code() == Code::ResourceExhausted && !may_have_run;
        if cause == Cause::Lost && may_have_run {
            pending.lost += 1;
        }
        if !waits {
            if u32::from(pending.attempts) >= connection.settings.retries
                || pending.lost > MOST_LOST
                || request.no_retry
            {
                return Some(with_attempts(error, pending.attempts));
            }
            if cause == Cause::Answered && !connection.budget.spend() {
                connection.counts.refused();
                return Some(with_attempts(error, pending.attempts));
            }
        }
        let now = clock::now();
        let pause = match (cause, pending.attempts) {
            (Cause::Lost, 0) => 0,
            (_, attempts) => jitter(key ^ now, attempts),
        };
        if pending.deadline != 0 && now.saturating_add(pause) >= pending.deadline {
            return Some(with_attempts(error, pending.attempts));
        }
        pending.attempts = pending.attempts.saturating_add(1);
        pending.progress = Progress::Queued;
        pending.plan = None;
        connection.counts.retried();
        if cause == Cause::Lost {
            connection.counts.failed_over();
        }
        log::debug!("a call is tried again in {} us: {error}", pause / 1000);
        if pause == 0 {
            self.place(state, key);
        } else {
            state.timers.insert((now + pause, Timer::Retry(key)));
            self.arm(state);
        }
        None
    }
}

/// Whether another attempt does no harm and may end better.
fn is_worth_it(error: &Error, idempotent: bool) -> bool {
    let unseen = error.sent() == Sent::NotSent;
    let passes = match error.code() {
        Code::Unavailable | Code::ResourceExhausted => true,
        Code::Aborted => !unseen,
        _ => false,
    };
    passes && (unseen || idempotent) && error.is_retryable()
}

/// A random part of the span before this attempt, at least a millisecond.
fn jitter(seed: u64, attempts: u8) -> u64 {
    let span = FIRST_SPAN
        .saturating_mul(1 << u32::from(attempts).min(16))
        .min(LONGEST_SPAN);
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 32;
    1_000_000 + x % span
}

fn with_attempts(error: Error, attempts: u8) -> Error {
    if attempts == 0 {
        return error;
    }
    let message = format!(
        "{} (tried {} times)",
        error.message(),
        u32::from(attempts) + 1
    );
    error.with_message(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_unseen_or_idempotent_is_tried_again() {
        let lost = |sent| Error::unavailable("lost").with_sent(sent);
        assert!(is_worth_it(&lost(Sent::NotSent), false));
        assert!(is_worth_it(&lost(Sent::MaybeExecuted), true));
        assert!(!is_worth_it(&lost(Sent::MaybeExecuted), false));
        assert!(!is_worth_it(&lost(Sent::NotSent).with_retry(false), true));
        for code in [
            Code::InvalidArgument,
            Code::Internal,
            Code::DeadlineExceeded,
        ] {
            assert!(!is_worth_it(&Error::new(code, "no"), true), "{code}");
        }
    }

    #[test]
    fn spans_double_up_to_a_second() {
        for attempts in 0..40 {
            let span = (FIRST_SPAN << attempts.min(10)).min(LONGEST_SPAN);
            for seed in 0..100 {
                let pause = jitter(seed * 7919, attempts);
                assert!((1_000_000..1_000_000 + span).contains(&pause));
            }
        }
    }

    #[test]
    fn a_budget_runs_dry_and_fills_slowly() {
        let mut budget = Budget::default();
        let mut spend = || (0..1000).take_while(|_| budget.spend()).count();
        assert_eq!(spend(), 10);
        (0..20).for_each(|_| budget.earn());
        assert_eq!((0..1000).take_while(|_| budget.spend()).count(), 2);
    }
}
