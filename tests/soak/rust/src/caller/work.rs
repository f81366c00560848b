//! The calls of one thread: which, with what, and what must come back.

use crate::dice::Dice;
use crate::tally::{Tally, code};
use hms_ffi::{Args, Cancel, Client, Code, Error, Result};
use hms_ffi_soak::{Line, Order, Receipt, Refusal, price};
use serde::de::DeserializeOwned;
use std::thread;
use std::time::{Duration, Instant};

/// One thread's client, luck and counts.
pub struct Worker<'a> {
    pub client: Client,
    pub tally: &'a Tally,
    pub dice: Dice,
}

impl Worker<'_> {
    /// Makes one call of a kind that is drawn.
    pub fn once(&mut self) {
        match self.dice.below(100) {
            0..40 => {
                let (a, b) = (self.dice.below(1 << 62), self.dice.below(1 << 62));
                self.right("add", (a, b), &(a + b));
            }
            40..58 => self.price(),
            58..73 => self.note(),
            73..83 => {
                let n = self.dice.below(1 << 60);
                self.right("ask-back", (n,), &(2 * n + 1));
            }
            83..88 => self.echo(),
            88..92 => {
                let length = self.dice.below(100) as u32;
                self.right("linger", (length,), &length);
            }
            92..97 => self.hurry(),
            _ => self.cancel(),
        }
    }

    /// An idempotent call, which must be answered rightly.
    fn right<T: DeserializeOwned + PartialEq>(
        &self,
        function: &str,
        args: impl Args,
        expected: &T,
    ) {
        let start = Instant::now();
        let answer: Result<T> = self.client.call(function, args);
        self.judge(
            function,
            answer.map(|answer| answer == *expected),
            start.elapsed(),
        );
    }

    fn judge(&self, kind: &str, right: Result<bool>, took: Duration) {
        match right {
            Ok(true) => self.tally.ended(kind, "ok", Some(took)),
            Ok(false) => self.tally.lost(kind, "wrong", "another answer", took),
            Err(error) => self.lost(kind, &error, took),
        }
    }

    fn lost(&self, kind: &str, error: &Error, took: Duration) {
        self.tally
            .lost(kind, &code(error), &format!("{error}"), took);
    }

    fn price(&mut self) {
        let lines: Vec<_> = (0..self.dice.below(25))
            .map(|_| Line {
                units: self.dice.below(100) as u32,
                price: self.dice.below(1 << 32),
            })
            .collect();
        let note = (self.dice.below(2) == 0).then(|| "é".repeat(lines.len()));
        let order = Order {
            id: lines.len().to_string(),
            lines,
            note,
        };
        let start = Instant::now();
        let answer: Result<Receipt> = self.client.call("price", (&order,));
        let took = start.elapsed();
        match (answer, price(&order)) {
            (Ok(answer), Ok(expected)) => self.judge("price", Ok(answer == expected), took),
            (Err(error), Err(expected))
                if error.declared::<Refusal>() == Some(expected.clone()) =>
            {
                self.tally.ended("price", "declared", Some(took));
            }
            (Ok(_), Err(_)) => self.judge("price", Ok(false), took),
            (Err(error), _) => self.lost("price", &error, took),
        }
    }

    fn echo(&mut self) {
        let start = self.dice.below(256);
        let data: Vec<u8> = (0..self.dice.below(400_000))
            .map(|i| (start + i) as u8)
            .collect();
        self.right("echo", (&data,), &data);
    }

    fn note(&self) {
        let id = self.tally.next_note();
        let ended: Result<()> = self.client.call("note", (&id,));
        self.tally.noted(&id, ended.err().as_ref());
    }

    /// A deadline that is often too short.
    fn hurry(&mut self) {
        let limit = Duration::from_micros(self.dice.below(40_000));
        let start = Instant::now();
        let answer: Result<u32> = self.client.with().timeout(limit).call("linger", (20,));
        match answer {
            Ok(20) => self.tally.ended("hurry", "ok", None),
            Ok(_) => self
                .tally
                .lost("hurry", "wrong", "another answer", start.elapsed()),
            Err(error) if error.code() == Some(Code::DeadlineExceeded) => {
                self.tally.ended("hurry", "late", None);
            }
            // A provider that dies may leave too little time for another.
            Err(error) => self.tally.ended("hurry", &code(&error), None),
        }
    }

    fn cancel(&mut self) {
        let cancel = Cancel::new();
        let after = Duration::from_millis(self.dice.below(10));
        let start = Instant::now();
        let ended: Result<u32> = thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(after);
                cancel.cancel();
            });
            self.client
                .with()
                .cancelled_by(&cancel)
                .call("linger", (2000,))
        });
        match ended {
            Err(error) if error.code() == Some(Code::Cancelled) => {
                self.tally.ended("cancel", "cancelled", None);
            }
            Err(error) => self.lost("cancel", &error, start.elapsed()),
            Ok(_) => self.tally.lost(
                "cancel",
                "wrong",
                "an answer, though it was cancelled",
                start.elapsed(),
            ),
        }
    }
}
