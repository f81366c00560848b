//! Threads that take turns at leading: with signals at random moments, panics, and a provider that is killed.

use crate::provider::{ECHO, HOLD, Process, call, connect, list, scratch};
use hms_ffi::runtime::{CallOptions, Client, Code, Outcome};
use std::os::unix::thread::JoinHandleExt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

const THREADS: u64 = 16;

/// Calls of all threads; `HMS_TURNS_CALLS` says how many.
fn calls() -> u64 {
    let calls = std::env::var("HMS_TURNS_CALLS");
    calls.map_or(16_000, |calls| calls.parse().expect("a number"))
}

extern "C" fn ignore(_: libc::c_int) {}

/// A signal that only ends waits, as the first half of what Ctrl-C does.
fn catch_signal() {
    // SAFETY: a handler that does nothing; without SA_RESTART, so that waits end.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = ignore as extern "C" fn(libc::c_int) as libc::sighandler_t;
        assert_eq!(
            libc::sigaction(libc::SIGUSR2, &action, std::ptr::null_mut()),
            0
        );
    }
}

/// Small and repeatable: xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[derive(Default)]
struct Tally {
    done: AtomicU64,
    interrupted: AtomicU64,
    lost: AtomicU64,
}

fn caller(client: &Client, thread: u64, calls: u64, tally: &Tally) {
    let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ thread);
    for number in 0..calls {
        let mut bytes = thread.to_le_bytes().to_vec();
        bytes.extend_from_slice(&number.to_le_bytes());
        let args = list(&bytes);
        let outcome = client.call(ECHO, args.clone(), &CallOptions::default(), &mut || {
            random.next().is_multiple_of(2)
        });
        match outcome {
            Outcome::Ok(echoed) => assert_eq!(echoed, args, "a reply to another call"),
            Outcome::Cancelled => {
                tally.interrupted.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::System(error) if error.code() == Code::Unavailable => {
                tally.lost.fetch_add(1, Ordering::Relaxed);
            }
            other => panic!("{other:?}"),
        }
        tally.done.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn sixteen_threads_get_their_own_replies_among_interrupts_and_a_kill() {
    catch_signal();
    let (settings, dir) = scratch("turns");
    let mut first = Process::start(&dir, "plain");
    let _second = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    let tally = Arc::new(Tally::default());
    let (calls, stop) = (calls(), AtomicBool::new(false));
    // Threads stay until no signal is sent any more.
    let end = Arc::new(Barrier::new(THREADS as usize + 1));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (client, tally, end) = (client.clone(), tally.clone(), end.clone());
            std::thread::spawn(move || {
                let called = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    caller(&client, thread, calls / THREADS, &tally);
                }));
                end.wait();
                called.expect("no wrong reply");
            })
        })
        .collect();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = Random(7);
            while !stop.load(Ordering::Relaxed) {
                let thread = &threads[(random.next() % THREADS) as usize];
                // SAFETY: the thread waits at the barrier until this one has stopped.
                unsafe { libc::pthread_kill(thread.as_pthread_t(), libc::SIGUSR2) };
                for _ in 0..random.next() % 1000 {
                    std::hint::spin_loop();
                }
                std::thread::yield_now();
            }
        });
        let (mut seen, mut since) = (0, Instant::now());
        let mut killed = false;
        loop {
            let done = tally.done.load(Ordering::Relaxed);
            if done > seen {
                (seen, since) = (done, Instant::now());
            }
            if done == calls / THREADS * THREADS || since.elapsed() > Duration::from_secs(60) {
                break;
            }
            if !killed && done > calls / 2 {
                first.kill();
                killed = true;
            }
            std::thread::yield_now();
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(
        tally.done.load(Ordering::Relaxed),
        calls / THREADS * THREADS,
        "no call ended for a minute"
    );
    end.wait();
    for thread in threads {
        thread.join().expect("a caller");
    }
    let lost = tally.lost.load(Ordering::Relaxed);
    // A call of each thread may have run in the provider that was killed; further attempts are for others.
    assert!(lost <= 2 * THREADS, "{lost} calls were lost");
    assert!(tally.interrupted.load(Ordering::Relaxed) > 0);
    assert_eq!(
        call(&client, ECHO, &list(b"end")),
        Outcome::Ok(list(b"end"))
    );
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn a_thread_that_panics_while_it_waits_gives_up_its_call_and_the_lead() {
    catch_signal();
    let (settings, dir) = scratch("panics");
    let mut provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    let asked = Arc::new(AtomicBool::new(false));
    let held = std::thread::spawn({
        let (client, asked) = (client.clone(), asked.clone());
        move || {
            client.call(HOLD, vec![], &CallOptions::default(), &mut || {
                asked.store(true, Ordering::Release);
                panic!("as foreign code may");
            })
        }
    });
    provider.wait_for_line("holding");
    // SAFETY: the thread has not been joined.
    unsafe { libc::pthread_kill(held.as_pthread_t(), libc::SIGUSR2) };
    assert!(held.join().is_err(), "it panicked");
    assert!(asked.load(Ordering::Acquire));
    for i in 0..100u8 {
        assert_eq!(call(&client, ECHO, &list(&[i])), Outcome::Ok(list(&[i])));
    }
    std::fs::remove_dir_all(dir).expect("clean up");
}
