//! Who leads, who is parked, and how the lead passes on. The protocol alone, over primitives that a model can replace
//! (`tests/loom` runs this file under loom).
//!
//! What holds, whatever happens between two lockings:
//! - at most one thread leads: only it waits in the poller;
//! - when the lead is free and threads are parked, one of them has been woken and not yet looked, or a thread that is awake looks
//!   before it waits; the exception is a worker that keeps the lead free over a short call while another thread is in reserve;
//! - a wake-up for a thread that is not parked yet is kept, so it may look first and wait then.

use std::time::Duration;

/// Where one thread waits: a wake-up that comes first is kept.
pub(crate) trait Place: Clone {
    fn unpark(&self);
    /// Whether both are of the same thread.
    fn is(&self, other: &Self) -> bool;
    /// Whether it is the running thread's.
    fn is_current(&self) -> bool;
}

/// The driver, as far as this protocol is concerned.
pub(crate) trait Site {
    type Place: Place;
    /// The state, locked.
    type Guard<'a>
    where
        Self: 'a;
    /// What the poller reported.
    type Ready: ?Sized;

    fn lock(&self) -> Self::Guard<'_>;
    fn rota<'g>(&self, guard: &'g mut Self::Guard<'_>) -> &'g mut Rota<Self::Place>;
    /// Waits in the poller and hands on what came.
    fn poll<R>(
        &self,
        place: &Self::Place,
        timeout: Duration,
        then: impl FnOnce(&Self::Ready, Ended) -> R,
    ) -> R;
    /// Takes in what came, under the lock.
    fn take_in(&self, guard: &mut Self::Guard<'_>, ready: &Self::Ready);
    fn park(&self, place: &Self::Place, timeout: Duration) -> Ended;
    /// The lead is free, and no thread is parked that could take it.
    fn nobody_leads(&self, guard: &mut Self::Guard<'_>);
    /// Whether this process may touch it: not so in the child of a fork.
    fn is_ours(&self) -> bool;
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Something came, or somebody woke the thread.
    Woken,
    TimedOut,
    /// A signal came.
    Interrupted,
}

/// What a parked thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// A call that it has made, or the end of all calls.
    Caller,
    /// Work for this server.
    Worker(u64),
    /// That all others are busy.
    Reserve,
}

/// See the module. Part of the state, so always locked.
pub(crate) struct Rota<P> {
    leader: Option<P>,
    leads: u64,
    /// Those that nobody has woken for a call.
    parked: Vec<(Spot, P)>,
    /// Threads in reserve that sleep until calls come.
    asleep: Vec<P>,
    /// How many threads are in reserve, waiting or not.
    pub reserves: usize,
}

impl<P> Default for Rota<P> {
    fn default() -> Self {
        Rota {
            leader: None,
            leads: 0,
            parked: Vec::new(),
            asleep: Vec::new(),
            reserves: 0,
        }
    }
}

impl<P: Place> Rota<P> {
    /// The thread that waits in the poller.
    pub fn leader(&self) -> Option<&P> {
        self.leader.as_ref()
    }

    /// How often a thread has begun to lead.
    pub fn leads(&self) -> u64 {
        self.leads
    }

    pub fn is_parked(&self, spot: Spot) -> bool {
        self.parked.iter().any(|(other, _)| *other == spot)
    }

    pub fn count_parked(&self, spot: Spot) -> usize {
        self.parked
            .iter()
            .filter(|(other, _)| *other == spot)
            .count()
    }

    /// Wakes the one that parked last in this spot, for good: it is no longer counted as parked.
    pub fn call_up(&mut self, spot: Spot) -> bool {
        let Some(at) = self.parked.iter().rposition(|(other, _)| *other == spot) else {
            return false;
        };
        self.parked.remove(at).1.unpark();
        true
    }

    /// Wakes all in this spot, who stay counted until they have looked.
    pub fn wake_all(&self, spot: Spot) {
        for (other, place) in &self.parked {
            if *other == spot {
                place.unpark();
            }
        }
    }

    /// A thread stops waiting: somebody else has to lead. Also where it did not lead itself, for it may have been woken to.
    /// False if there is nobody to do so.
    pub fn hand_over(&self) -> bool {
        if self.leader.is_some() {
            return true;
        }
        let rank = |spot: &Spot| match spot {
            Spot::Caller => 2,
            Spot::Worker(_) => 1,
            Spot::Reserve => 0,
        };
        // Of equals the last one: its caches are the warmest.
        match self.parked.iter().max_by_key(|(spot, _)| rank(spot)) {
            Some((_, next)) => next.unpark(),
            None => return false,
        }
        true
    }

    /// A worker leaves to run a call. The lead may stay free if it will soon be back, unless other threads wait for answers;
    /// the thread in reserve sees to the rest.
    pub fn leave_to_run(&mut self, soon_back: bool) -> bool {
        for asleep in self.asleep.drain(..) {
            asleep.unpark();
        }
        let kept_free = soon_back && self.reserves > 0 && !self.is_parked(Spot::Caller);
        kept_free || self.hand_over()
    }

    /// The thread in reserve parks until calls come.
    pub fn falls_asleep(&mut self, place: &P) {
        self.asleep.push(place.clone());
    }

    fn unpark_done(&mut self, place: &P) {
        if let Some(at) = self.parked.iter().rposition(|(_, other)| other.is(place)) {
            self.parked.remove(at);
        }
        self.asleep.retain(|other| !other.is(place));
    }
}

/// Waits once: as the leader if there is none, else parked.
pub(crate) fn wait<'a, S: Site>(
    site: &'a S,
    mut guard: S::Guard<'a>,
    place: &S::Place,
    spot: Spot,
    timeout: Duration,
) -> (S::Guard<'a>, Ended) {
    if site.rota(&mut guard).leader.is_none() {
        lead(site, guard, place, timeout)
    } else {
        park(site, guard, place, spot, timeout)
    }
}

/// Waits for a wake-up only.
pub(crate) fn park<'a, S: Site>(
    site: &'a S,
    mut guard: S::Guard<'a>,
    place: &S::Place,
    spot: Spot,
    timeout: Duration,
) -> (S::Guard<'a>, Ended) {
    site.rota(&mut guard).parked.push((spot, place.clone()));
    drop(guard);
    let stays = Parked { site, place };
    let ended = site.park(place, timeout);
    std::mem::forget(stays);
    let mut guard = site.lock();
    site.rota(&mut guard).unpark_done(place);
    (guard, ended)
}

/// Waits in the poller, for all. Nobody may lead already.
pub(crate) fn lead<'a, S: Site>(
    site: &'a S,
    mut guard: S::Guard<'a>,
    place: &S::Place,
    timeout: Duration,
) -> (S::Guard<'a>, Ended) {
    let rota = site.rota(&mut guard);
    rota.leader = Some(place.clone());
    rota.leads = rota.leads.wrapping_add(1);
    drop(guard);
    let leads = Leads(site);
    site.poll(place, timeout, |ready, ended| {
        std::mem::forget(leads);
        let mut guard = site.lock();
        site.rota(&mut guard).leader = None;
        site.take_in(&mut guard, ready);
        (guard, ended)
    })
}

/// A thread stops waiting: somebody else has to lead.
fn hand_over<S: Site>(site: &S, guard: &mut S::Guard<'_>) {
    if !site.rota(guard).hand_over() {
        site.nobody_leads(guard);
    }
}

/// Wakes a thread wherever it waits, or before it does. `ring` ends the wait in the poller, or the next one.
pub(crate) fn wake<P: Place>(rota: &Rota<P>, place: &P, ring: impl FnOnce()) {
    if place.is_current() {
        return;
    }
    match &rota.leader {
        Some(leader) if leader.is(place) => ring(),
        _ => place.unpark(),
    }
}

/// A thread that waits now and then. However it ends, somebody else leads.
pub(crate) struct Seat<'a, S: Site>(&'a S);

impl<'a, S: Site> Seat<'a, S> {
    pub fn take(site: &'a S) -> Self {
        Seat(site)
    }

    /// The usual end, under a lock that is held already.
    pub fn leave(self, guard: &mut S::Guard<'_>) {
        hand_over(self.0, guard);
        std::mem::forget(self);
    }
}

impl<S: Site> Drop for Seat<'_, S> {
    fn drop(&mut self) {
        if self.0.is_ours() {
            let mut guard = self.0.lock();
            hand_over(self.0, &mut guard);
        }
    }
}

/// The thread ends inside the poller (cancelled, or by a panic there).
struct Leads<'a, S: Site>(&'a S);

impl<S: Site> Drop for Leads<'_, S> {
    fn drop(&mut self) {
        if self.0.is_ours() {
            let mut guard = self.0.lock();
            self.0.rota(&mut guard).leader = None;
            hand_over(self.0, &mut guard);
        }
    }
}

/// The thread ends while it is parked.
struct Parked<'a, S: Site> {
    site: &'a S,
    place: &'a S::Place,
}

impl<S: Site> Drop for Parked<'_, S> {
    fn drop(&mut self) {
        if self.site.is_ours() {
            let mut guard = self.site.lock();
            self.site.rota(&mut guard).unpark_done(self.place);
            // It may have been woken to lead.
            hand_over(self.site, &mut guard);
        }
    }
}
