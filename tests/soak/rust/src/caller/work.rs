//! The calls of one thread: which, with what, and what must come back.

use crate::dice::Dice;
use crate::tally::{Tally, code};
use futures_executor::block_on;
use futures_util::future::join_all;
use hms_ffi::{Added, Args, Cancel, Client, Code, Error, Result};
use hms_ffi_soak::{Line, Order, Receipt, Refusal, price};
use serde::de::DeserializeOwned;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
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
            92..94 => self.hurry(),
            94..96 => self.batch(),
            96..98 => self.crowd(),
            98..99 => self.cancel(),
            _ => self.drop_future(),
        }
    }

    /// An idempotent call, which must be answered rightly.
    fn right<T: DeserializeOwned + PartialEq>(
        &mut self,
        function: &str,
        args: impl Args,
        expected: &T,
    ) {
        let start = Instant::now();
        let answer: Result<T> = if self.dice.below(2) == 0 {
            self.client.call(function, args)
        } else {
            block_on(self.client.call_async(function, args))
        };
        let took = start.elapsed();
        self.judge(function, answer.map(|answer| answer == *expected), took);
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

    /// Calls of several functions in one, among them some with declared errors.
    fn batch(&mut self) {
        enum Member {
            Number(Added<u64>, u64),
            Refused(Added<Receipt>),
        }
        let empty = Order {
            id: "none".into(),
            lines: Vec::new(),
            note: None,
        };
        let client = self.client.clone();
        let mut batch = client.batch();
        let members: Vec<_> = (0..1 + self.dice.below(20))
            .map(|_| {
                let (a, b) = (self.dice.below(1 << 60), self.dice.below(1 << 60));
                match self.dice.below(3) {
                    0 => Member::Number(batch.add("add", (a, b)), a + b),
                    1 => Member::Number(batch.add("ask-back", (a,)), 2 * a + 1),
                    _ => Member::Refused(batch.add("price", (&empty,))),
                }
            })
            .collect();
        let start = Instant::now();
        let mut results = if self.dice.below(2) == 0 {
            batch.call()
        } else {
            block_on(batch.call_async())
        };
        let took = start.elapsed();
        for member in members {
            match member {
                Member::Number(added, expected) => {
                    let right = results.take(added).map(|answer| answer == expected);
                    self.judge("batch", right, took);
                }
                Member::Refused(added) => match results.take(added) {
                    Err(error) if error.declared::<Refusal>() == Some(Refusal::Empty) => {
                        self.tally.ended("batch", "declared", Some(took));
                    }
                    Err(error) => self.lost("batch", &error, took),
                    Ok(_) => self.judge("batch", Ok(false), took),
                },
            }
        }
    }

    /// Many futures of one task.
    fn crowd(&mut self) {
        let start = Instant::now();
        let numbers: Vec<u64> = (0..32).map(|_| self.dice.below(1 << 60)).collect();
        let calls = numbers
            .iter()
            .map(|n| self.client.call_async::<u64>("add", (*n, 1)));
        let answers = block_on(join_all(calls));
        let took = start.elapsed();
        for (answer, n) in answers.into_iter().zip(numbers) {
            self.judge("crowd", answer.map(|answer| answer == n + 1), took);
        }
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

    /// A task that stops waiting.
    fn drop_future(&mut self) {
        let after = Duration::from_millis(self.dice.below(10));
        let start = Instant::now();
        let answered = block_on(async {
            let mut call = self.client.call_async::<u32>("linger", (2000,));
            let mut look =
                async || poll_fn(|task| Poll::Ready(Pin::new(&mut call).poll(task))).await;
            let early = look().await;
            thread::sleep(after);
            if early.is_ready() {
                early
            } else {
                look().await
            }
        });
        match answered {
            Poll::Pending => self.tally.ended("cancel", "cancelled", None),
            Poll::Ready(Err(error)) => self.lost("cancel", &error, start.elapsed()),
            Poll::Ready(Ok(_)) => self.judge("cancel", Ok(false), start.elapsed()),
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
