//! One process of the simulation: makes calls, serves calls, checks what its link tells it.

use std::collections::{BTreeMap, BTreeSet};

use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error, Sent};
use hms_ffi_core::protocol::{CallHead, Export, Hello, Link, LinkEvent, Reason, Role};

use crate::rng::Rng;

/// Largest message limit, in bytes.
const LARGEST: u64 = 200_000;

/// What became of a call that this side made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Open { deadline: u64 },
    GivenUp,
    Ended { sent: Sent },
}

pub struct Side {
    pub link: Link,
    pub hello: Hello,
    role: Role,
    honest: bool,
    pub fates: BTreeMap<u64, Fate>,
    /// Calls of the peer that its handler has not answered, with their deadlines.
    pub running: BTreeMap<u64, u64>,
    /// Calls of the peer that were handed out, ever.
    pub started: BTreeSet<u64>,
    pub cancelled: BTreeSet<u64>,
    schemas_to_answer: Vec<u32>,
    schemas_wanted: BTreeSet<u32>,
    pongs_wanted: BTreeSet<u64>,
    pub opened: bool,
    pub counts: Counts,
}

#[derive(Default)]
pub struct Counts {
    pub calls: u64,
    pub ok: u64,
    pub system: u64,
    pub cancelled: u64,
    pub given_up: u64,
    pub refused: u64,
    pub not_sent: u64,
    pub schemas: u64,
}

/// The bytes of call `id` of `role`: who made it can be told from every position.
fn pattern(role: Role, id: u64, length: usize) -> Vec<u8> {
    let start = id
        .wrapping_mul(31)
        .wrapping_add(if role == Role::Client { 1 } else { 2 });
    (0..length as u64)
        .map(|n| (start.wrapping_add(n).wrapping_mul(0x9E37_79B9) >> 16) as u8)
        .collect()
}

fn other(role: Role) -> Role {
    if role == Role::Client {
        Role::Server
    } else {
        Role::Client
    }
}

impl Side {
    pub fn new(role: Role, honest: bool, rng: &mut Rng) -> Side {
        let message = rng.between(100, LARGEST);
        let exports = (0..rng.below(3))
            .map(|n| Export {
                interface: format!("sim:sim/i{n}@1.0.0"),
                fingerprint: [n as u8; 32],
            })
            .collect();
        let hello = Hello {
            calls: rng.between(1, 12) as u32,
            message,
            reassembly: message * rng.between(0, 3),
            instance: "sim".into(),
            exports,
            ..Hello::default()
        };
        Side {
            link: Link::new(role, hello.clone()).unwrap(),
            hello,
            role,
            honest,
            fates: BTreeMap::new(),
            running: BTreeMap::new(),
            started: BTreeSet::new(),
            cancelled: BTreeSet::new(),
            schemas_to_answer: Vec::new(),
            schemas_wanted: BTreeSet::new(),
            pongs_wanted: BTreeSet::new(),
            opened: false,
            counts: Counts::default(),
        }
    }

    /// Does something at random that a program may do.
    pub fn act(&mut self, now: u64, rng: &mut Rng) {
        match rng.below(20) {
            0..=7 => self.call(now, rng),
            8..=13 => self.reply(now, rng),
            14 if rng.percent(40) => self.give_up(rng),
            15 => {
                if let Some(peer) = self.link.peer()
                    && !peer.exports.is_empty()
                {
                    let index = rng.below(peer.exports.len() as u64) as u32;
                    if self.link.request_schema(index).is_ok() {
                        self.schemas_wanted.insert(index);
                    }
                }
            }
            16 => self.answer_schema(rng),
            17 if self.link.is_open() => {
                let value = rng.next();
                self.link.ping(value);
                self.pongs_wanted.insert(value);
            }
            18 if rng.percent(2) => self.link.goodbye("simulated"),
            _ => {}
        }
        self.expire(now);
    }

    fn call(&mut self, now: u64, rng: &mut Rng) {
        let Some(peer) = self.link.peer().cloned() else {
            let error = self.link.call(CallHead::default(), Vec::new()).unwrap_err();
            assert_eq!(
                (error.code(), error.sent()),
                (Code::Unavailable, Sent::NotSent)
            );
            return;
        };
        // Now and then more than the peer takes. A damaged hello may claim anything.
        let limit = peer.message.min(LARGEST);
        let size = if rng.percent(3) {
            limit as usize + 1
        } else {
            rng.size(limit)
        };
        let open = self.link.outgoing_calls();
        let deadline = if rng.percent(20) {
            now + rng.between(1, 300)
        } else {
            0
        };
        let mut head = CallHead {
            function: size as u32,
            deadline,
            ..CallHead::default()
        };
        if rng.percent(10) {
            head.meta.idempotency_key = Some("k".repeat(rng.size(300)));
            head.meta.hops = rng.below(9) as u16;
        }
        let expected_id = self
            .fates
            .keys()
            .next_back()
            .map_or(u64::from(self.role == Role::Server) + 1, |id| id + 2);
        match self.link.call(head, pattern(self.role, expected_id, size)) {
            Ok(id) => {
                assert_eq!(id, expected_id);
                assert!(open < peer.calls as usize, "the quota is not kept");
                assert!(size as u64 <= peer.message, "the message limit is not kept");
                let deadline = if deadline == 0 { u64::MAX } else { deadline };
                self.fates.insert(id, Fate::Open { deadline });
                self.counts.calls += 1;
            }
            Err(error) => {
                assert_eq!(error.sent(), Sent::NotSent);
                let expected = if !self.link.is_open() || self.link.is_draining() {
                    Code::Unavailable
                } else {
                    Code::ResourceExhausted
                };
                assert_eq!(error.code(), expected, "{error}");
                self.counts.refused += 1;
            }
        }
    }

    fn reply(&mut self, now: u64, rng: &mut Rng) {
        let Some((&id, &deadline)) = self.running.iter().nth(rng.below(8) as usize) else {
            return;
        };
        self.running.remove(&id);
        let limit = self.link.peer().expect("open").message.min(LARGEST);
        let size = if rng.percent(3) {
            limit as usize + 1
        } else {
            rng.size(limit)
        };
        let outcome = match rng.below(10) {
            _ if deadline < now => Outcome::System(Error::new(Code::DeadlineExceeded, "late")),
            0 => Outcome::Declared(pattern(other(self.role), id, size)),
            1 => Outcome::System(Error::internal("served").with_sent(Sent::MaybeExecuted)),
            2 => Outcome::Cancelled,
            _ => Outcome::Ok(pattern(other(self.role), id, size)),
        };
        self.link.reply(id, outcome.clone());
        if rng.percent(5) {
            self.link.reply(id, outcome); // a second reply does nothing
        }
    }

    fn answer_schema(&mut self, rng: &mut Rng) {
        if let Some(index) = self.schemas_to_answer.pop() {
            let json = vec![index as u8; rng.size(60_000)];
            self.link.reply_schema(index, json.into()).unwrap();
        }
    }

    fn give_up(&mut self, rng: &mut Rng) {
        let open: Vec<u64> = self
            .fates
            .iter()
            .filter(|(_, fate)| matches!(fate, Fate::Open { .. }))
            .map(|(&id, _)| id)
            .collect();
        if !open.is_empty() {
            self.stop(*rng.pick(&open), Reason::Cancelled);
        }
    }

    fn expire(&mut self, now: u64) {
        let late: Vec<u64> = self
            .fates
            .iter()
            .filter(|(_, fate)| matches!(fate, Fate::Open { deadline } if *deadline < now))
            .map(|(&id, _)| id)
            .collect();
        for id in late {
            self.stop(id, Reason::Deadline);
        }
    }

    fn stop(&mut self, id: u64, reason: Reason) {
        // All events have been taken, so an open call is open in the link too.
        assert!(self.link.give_up(id, reason), "call {id} is open");
        assert!(
            !self.link.give_up(id, reason),
            "call {id} was given up twice"
        );
        self.fates.insert(id, Fate::GivenUp);
        self.counts.given_up += 1;
    }

    /// Takes all events and checks them.
    pub fn take_events(&mut self) {
        while let Some(event) = self.link.poll_event() {
            self.on_event(event);
        }
        assert!(
            self.running.len() <= self.hello.calls as usize,
            "more calls run than the quota allows"
        );
        assert!(self.link.reassembling() <= self.hello.reassembly.max(self.hello.message));
        if self.link.is_closed() {
            assert_eq!(
                (
                    self.link.inbound_calls(),
                    self.link.outgoing_calls(),
                    self.link.reassembling()
                ),
                (0, 0, 0)
            );
        }
    }

    fn on_event(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Opened(_) => {
                assert!(!self.opened, "opened twice");
                self.opened = true;
            }
            LinkEvent::Call { id, head, args } => {
                assert!(self.started.insert(id), "call {id} started twice");
                assert!(args.len() as u64 <= self.hello.message);
                if self.honest {
                    assert_eq!(head.function as usize, args.len());
                    assert!(
                        args == pattern(other(self.role), id, args.len()),
                        "arguments of call {id} are damaged"
                    );
                }
                self.running.insert(
                    id,
                    if head.deadline == 0 {
                        u64::MAX
                    } else {
                        head.deadline
                    },
                );
            }
            LinkEvent::CancelRequested { id, reason } => {
                assert!(
                    self.running.contains_key(&id),
                    "cancel of call {id}, which does not run"
                );
                assert!(
                    self.cancelled.insert(id) || reason == Reason::Lost,
                    "call {id} was cancelled twice"
                );
                if reason == Reason::Lost {
                    self.running.remove(&id);
                }
            }
            LinkEvent::Outcome { id, outcome } => self.on_outcome(id, outcome),
            LinkEvent::SchemaRequested { index } => {
                assert!((index as usize) < self.hello.exports.len());
                assert!(!self.schemas_to_answer.contains(&index));
                self.schemas_to_answer.push(index);
            }
            LinkEvent::Schema { index, json } => {
                assert!(
                    self.schemas_wanted.remove(&index),
                    "a schema that nobody asked for"
                );
                assert!(!self.honest || json.iter().all(|&b| b == index as u8));
                self.counts.schemas += 1;
            }
            LinkEvent::Pong(value) => assert!(self.pongs_wanted.remove(&value) || !self.honest),
            LinkEvent::Goodbye { .. } => assert!(self.link.is_draining()),
            LinkEvent::Failed(_) => assert!(!self.honest && self.link.is_closed()),
        }
    }

    fn on_outcome(&mut self, id: u64, outcome: Outcome) {
        let fate = self
            .fates
            .get_mut(&id)
            .expect("an outcome for a call that was never made");
        assert!(
            matches!(fate, Fate::Open { .. }),
            "call {id} ends a second time: {fate:?}"
        );
        let mut sent = Sent::MaybeExecuted;
        match outcome {
            Outcome::Ok(body) | Outcome::Declared(body) => {
                self.counts.ok += 1;
                assert!(body.len() as u64 <= self.hello.message);
                if self.honest {
                    assert!(
                        body == pattern(self.role, id, body.len()),
                        "the result of call {id} is damaged"
                    );
                }
            }
            Outcome::System(error) => {
                self.counts.system += 1;
                sent = error.sent();
                if self.honest {
                    let known = match error.code() {
                        Code::Unavailable => self.link.is_closed() || self.link.is_draining(),
                        // Only a result that is too large: whoever keeps the rules is never over a quota.
                        Code::ResourceExhausted => sent == Sent::MaybeExecuted,
                        Code::Internal => error.message() == "served",
                        Code::DeadlineExceeded => error.message() == "late",
                        _ => false,
                    };
                    assert!(known, "unexpected error of call {id}: {error}");
                }
                if error.code() == Code::DeadlineExceeded {
                    sent = Sent::MaybeExecuted; // `running` counts as started here
                }
            }
            Outcome::Cancelled => self.counts.cancelled += 1,
        }
        if sent == Sent::NotSent {
            self.counts.not_sent += 1;
        }
        *fate = Fate::Ended { sent };
    }

    /// Answers everything that waits for this side.
    pub fn finish(&mut self, now: u64, rng: &mut Rng) {
        while !self.running.is_empty() {
            self.reply(now, rng);
        }
        while !self.schemas_to_answer.is_empty() {
            self.answer_schema(rng);
        }
    }

    /// Nothing is left of any call.
    pub fn assert_clean(&self) {
        assert_eq!(
            (
                self.link.inbound_calls(),
                self.link.outgoing_calls(),
                self.link.reassembling()
            ),
            (0, 0, 0)
        );
        assert!(!self.link.is_open() || !self.link.has_output());
        for (id, fate) in &self.fates {
            assert!(!matches!(fate, Fate::Open { .. }), "call {id} never ended");
        }
        if self.honest && self.link.is_open() {
            assert!(self.schemas_wanted.is_empty() && self.pongs_wanted.is_empty());
        }
    }

    /// Whether this side's calls that ended as not-sent were never started by the peer.
    pub fn assert_not_sent_is_true(&self, peer: &Side) {
        for (id, fate) in &self.fates {
            if let Fate::Ended {
                sent: Sent::NotSent,
            } = fate
            {
                assert!(
                    !peer.started.contains(id),
                    "call {id} was started and is called not-sent"
                );
            }
        }
    }
}
