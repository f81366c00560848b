//! Instances that keep failing are rested: others are preferred for a while, then one call probes them.

use super::connection::Route;
use super::state::State;
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::Code;
use hms_ffi_transport::clock;

/// Failures in a row after which an instance is rested.
const MOST_FAILURES: u32 = 5;
/// Nanoseconds: the first rest and the longest one.
const FIRST_REST: u64 = 1_000_000_000;
const LONGEST_REST: u64 = 30_000_000_000;
/// Instances to remember; names are never used again, so old ones are of no use.
const MOST_INSTANCES: usize = 64;

/// What is held against an instance.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Health {
    failures: u32,
    rest: u64,
    /// Point of the monotonic clock until which others are preferred; 0 before the first rest.
    until: u64,
}

impl Health {
    fn fails(&mut self, now: u64) {
        self.failures += 1;
        if self.failures >= MOST_FAILURES {
            self.rest = (self.rest * 2).clamp(FIRST_REST, LONGEST_REST);
            self.until = now + self.rest;
        }
    }

    fn rests(&self, now: u64) -> bool {
        self.until > now
    }

    /// True for one caller after a rest; the others wait for what it finds.
    fn probe(&mut self, now: u64) -> bool {
        if self.rests(now) {
            return false;
        }
        if self.until != 0 {
            self.until = now + self.rest;
        }
        true
    }
}

impl State {
    /// What the outcome of a call on a link says about its instance.
    pub fn note_outcome(&mut self, link: u64, outcome: &Outcome) {
        let failed = matches!(outcome, Outcome::System(error) if matches!(
            error.code(),
            Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded
        ));
        if failed {
            self.note_failure_of_link(link);
        } else if !self.health.is_empty()
            && let Some(name) = self.instance_of(link)
        {
            self.health.remove(&name);
        }
    }

    pub fn note_failure_of_link(&mut self, link: u64) {
        if let Some(name) = self.instance_of(link) {
            self.note_failure(name);
        }
    }

    pub fn note_failure(&mut self, instance: String) {
        let now = clock::now();
        if self.health.len() >= MOST_INSTANCES {
            self.health.retain(|_, health| health.rests(now));
        }
        self.health.entry(instance).or_default().fails(now);
    }

    fn instance_of(&self, link: u64) -> Option<String> {
        let peer = self.links.get(&link)?.peer.as_ref()?;
        Some(peer.instance.clone())
    }

    /// Whether an instance rests now.
    pub fn rests(&self, instance: &str) -> bool {
        let health = self.health.get(instance);
        health.is_some_and(|health| health.rests(clock::now()))
    }

    /// The least busy route of a connection. Instances that leave are left out, those that rest come last.
    pub fn pick(&mut self, connection: u64) -> Option<Route> {
        let connection = self.connections.get_mut(&connection)?;
        let usable = |route: &Route| {
            route.link.is_none_or(|key| {
                let link = self.links.get(&key);
                link.is_some_and(|link| !link.protocol.is_draining() && !link.protocol.is_closed())
            })
        };
        if let [only] = connection.routes.as_slice() {
            return usable(only).then(|| only.clone());
        }
        connection.turn = connection.turn.wrapping_add(1);
        let count = connection.routes.len().max(1);
        let start = connection.turn % count;
        let now = if self.health.is_empty() {
            0
        } else {
            clock::now()
        };
        let instance = |route: &Route| {
            let link = route.link.and_then(|key| self.links.get(&key));
            link.and_then(|link| link.peer.as_ref())
        };
        let rests = |route: &Route| {
            now != 0
                && instance(route).is_some_and(|peer| {
                    let health = self.health.get(&peer.instance);
                    health.is_some_and(|health| health.rests(now))
                })
        };
        let load = |route: &Route| {
            let link = route.link.and_then(|key| self.links.get(&key));
            link.map_or(0, |link| link.outgoing.len())
        };
        let best = (0..connection.routes.len())
            .map(|i| &connection.routes[(start + i) % count])
            .filter(|route| usable(route))
            .min_by_key(|route| (rests(route), load(route)))?
            .clone();
        if now != 0
            && let Some(peer) = instance(&best).cloned()
            && let Some(health) = self.health.get_mut(&peer.instance)
        {
            health.probe(now);
        }
        Some(best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_double_and_one_call_probes() {
        let mut health = Health::default();
        for _ in 0..MOST_FAILURES - 1 {
            health.fails(0);
        }
        assert!(health.probe(1) && !health.rests(1), "not yet");
        health.fails(10);
        assert!(health.rests(11) && !health.probe(11));
        let over = 10 + FIRST_REST;
        assert!(health.probe(over), "one");
        assert!(!health.probe(over), "not two");
        health.fails(over);
        assert!(health.rests(over + 2 * FIRST_REST - 1));
        assert!(!health.rests(over + 2 * FIRST_REST));
        for _ in 0..20 {
            health.fails(over);
        }
        assert!(!health.rests(over + LONGEST_REST));
    }
}
