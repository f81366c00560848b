//! Two sides, the bytes between them, and what may happen to those.

use std::collections::VecDeque;

use hms_ffi_core::protocol::Role;

use crate::rng::Rng;
use crate::side::{Counts, Side};

/// Bytes that the transport holds in one direction.
const PIPE: usize = 100_000;

pub struct World {
    rng: Rng,
    sides: [Side; 2],
    /// What side 0 sent, what side 1 sent.
    pipes: [VecDeque<u8>; 2],
    /// Bytes are damaged on the way.
    hostile: bool,
    /// The link breaks at this step.
    kill_at: Option<u64>,
    steps: u64,
    totals: Totals,
}

/// What happened, to be sure that the schedules meet everything.
#[derive(Default)]
pub struct Totals {
    counts: Counts,
    kills: u64,
    violations: u64,
    drained: u64,
}

impl World {
    pub fn new(seed: u64) -> World {
        let mut rng = Rng::new(seed);
        let hostile = rng.percent(20);
        let steps = rng.between(50, 600);
        let kill_at = rng.percent(30).then(|| rng.below(steps));
        let sides = [Role::Client, Role::Server].map(|role| Side::new(role, !hostile, &mut rng));
        World {
            rng,
            sides,
            pipes: [VecDeque::new(), VecDeque::new()],
            hostile,
            kill_at,
            steps,
            totals: Totals::default(),
        }
    }

    pub fn run(mut self) -> Totals {
        for now in 1..=self.steps {
            if self.kill_at == Some(now) {
                self.kill();
                break;
            }
            let side = self.rng.below(2) as usize;
            match self.rng.below(3) {
                0 => self.sides[side].act(now, &mut self.rng),
                1 => _ = self.write(side, PIPE),
                _ => _ = self.read(side),
            }
            self.sides.iter_mut().for_each(Side::take_events);
        }
        self.settle();
        if self.hostile && self.sides.iter().any(|side| side.link.is_closed()) {
            self.totals.violations += 1;
            self.sides.iter_mut().for_each(|side| side.link.lost());
        } else if self.hostile {
            // Damaged bytes may be a valid message of another meaning: then nobody can tell how it should have ended.
            self.sides.iter_mut().for_each(|side| side.link.lost());
        }
        self.sides.iter_mut().for_each(Side::take_events);
        for side in 0..2 {
            let (this, peer) = (&self.sides[side], &self.sides[1 - side]);
            this.assert_clean();
            if !self.hostile {
                this.assert_not_sent_is_true(peer);
            }
            self.totals.counts.add(&this.counts);
            self.totals.drained += u64::from(this.link.is_draining());
        }
        self.totals
    }

    /// The transport of `side` takes some of its output.
    fn write(&mut self, side: usize, room: usize) -> usize {
        let output = self.sides[side].link.output();
        let room = room
            .saturating_sub(self.pipes[side].len())
            .min(output.len());
        let n = if self.rng.percent(30) {
            room
        } else {
            self.rng.size(room as u64).min(room)
        };
        self.pipes[side].extend(&output[..n]);
        if self.hostile && n > 0 && self.rng.percent(3) {
            let at = self.pipes[side].len() - 1 - self.rng.below(n as u64) as usize;
            // Single bits and the bytes of lengths and types are more telling than noise.
            self.pipes[side][at] ^= 1 << self.rng.below(8);
        }
        self.sides[side].link.consume(n);
        n
    }

    /// `side` reads some of what its peer sent.
    fn read(&mut self, side: usize) -> usize {
        let pipe = &mut self.pipes[1 - side];
        let all = pipe.len();
        let n = if self.rng.percent(30) {
            all
        } else {
            self.rng.size(all as u64).min(all)
        };
        let bytes: Vec<u8> = pipe.drain(..n).collect();
        let result = self.sides[side].link.receive(&bytes);
        assert!(
            self.hostile || result.is_ok(),
            "a violation between honest sides: {result:?}"
        );
        n
    }

    /// One side dies or the connection breaks: bytes on the way may arrive or not.
    fn kill(&mut self) {
        self.totals.kills += 1;
        for side in 0..2 {
            if self.rng.percent(50) {
                self.read(side);
            }
            self.sides[side].take_events();
        }
        for pipe in &mut self.pipes {
            pipe.clear();
        }
        self.sides.iter_mut().for_each(|side| side.link.lost());
    }

    /// Lets everything that has begun end.
    fn settle(&mut self) {
        let mut idle = 0;
        let mut rounds = 0;
        while idle < 3 {
            rounds += 1;
            assert!(rounds < 100_000, "the links do not come to rest");
            let mut moved = 0;
            for side in 0..2 {
                moved += self.write(side, usize::MAX) + self.read(side);
                self.sides[side].take_events();
                self.sides[side].finish(self.steps, &mut self.rng);
                moved += usize::from(
                    self.sides[side].link.is_open() && self.sides[side].link.has_output(),
                );
            }
            moved += self.pipes.iter().map(VecDeque::len).sum::<usize>();
            idle = if moved == 0 { idle + 1 } else { 0 };
        }
    }
}

impl Counts {
    fn all(&self) -> [(&'static str, u64); 8] {
        [
            ("calls", self.calls),
            ("results", self.ok),
            ("system errors", self.system),
            ("cancelled", self.cancelled),
            ("given up", self.given_up),
            ("refused", self.refused),
            ("not sent", self.not_sent),
            ("schemas", self.schemas),
        ]
    }

    fn add(&mut self, other: &Counts) {
        self.calls += other.calls;
        self.ok += other.ok;
        self.system += other.system;
        self.cancelled += other.cancelled;
        self.given_up += other.given_up;
        self.refused += other.refused;
        self.not_sent += other.not_sent;
        self.schemas += other.schemas;
    }
}

impl Totals {
    pub fn add(&mut self, other: &Totals) {
        self.counts.add(&other.counts);
        self.kills += other.kills;
        self.violations += other.violations;
        self.drained += other.drained;
    }

    fn all(&self) -> Vec<(&'static str, u64)> {
        let mut all = self.counts.all().to_vec();
        all.extend([
            ("kills", self.kills),
            ("violations", self.violations),
            ("drained", self.drained),
        ]);
        all
    }

    /// A simulation that never meets a case proves nothing about it.
    pub fn assert_everything_happened(&self) {
        for (name, count) in self.all() {
            assert!(count > 0, "no schedule had {name}");
        }
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, (name, count)) in self.all().into_iter().enumerate() {
            write!(f, "{}{count} {name}", if n == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
