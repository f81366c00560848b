//! The models. Each thread waits as the driver's threads do: it looks, waits once, looks again; and it may be interrupted.

use crate::rota::{self, Ended, Seat, Site, Spot};
use crate::site::{A_CALL, Driver, FOR_EVER, Spot as Place, State};
use loom::sync::{Arc, MutexGuard};
use loom::thread;

fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(2));
    builder.check(model);
}

/// As `wait_once` and the loops around it: an interrupted thread hands over before it asks what the signal was.
fn wait<'a>(
    driver: &'a Driver,
    state: MutexGuard<'a, State>,
    place: &Place,
    spot: Spot,
) -> (MutexGuard<'a, State>, bool) {
    let (mut state, ended) = rota::wait(driver, state, place, spot, FOR_EVER);
    let interrupted = ended != Ended::Woken;
    if interrupted {
        driver.rota(&mut state).hand_over();
    }
    (state, interrupted)
}

/// Waits for an answer; false if a signal came first.
fn call(driver: &Driver, place: &Place, number: usize) -> bool {
    let seat = Seat::take(driver);
    let mut state = driver.lock();
    state.callers[number].spot = Some(place.clone());
    let answered = loop {
        if state.callers[number].answered {
            break true;
        }
        let (next, interrupted) = wait(driver, state, place, Spot::Caller);
        state = next;
        if interrupted {
            break state.callers[number].answered;
        }
    };
    state.callers[number].spot = None;
    seat.leave(&mut state);
    answered
}

fn start<R: 'static>(
    driver: &Arc<Driver>,
    run: impl FnOnce(&Driver, &Place) -> R + 'static,
) -> (thread::JoinHandle<R>, Place) {
    let place = Place::new();
    let (driver, theirs) = (driver.clone(), place.clone());
    let thread = thread::spawn(move || {
        theirs.is_of_this_thread();
        run(&driver, &theirs)
    });
    (thread, place)
}

#[test]
fn two_callers_get_their_answers_in_whatever_order() {
    check(|| {
        let driver = Driver::new();
        let (first, _) = start(&driver, |driver, place| call(driver, place, 0));
        let (second, _) = start(&driver, |driver, place| call(driver, place, 1));
        driver.arrives(1);
        driver.arrives(0);
        assert!(first.join().unwrap());
        assert!(second.join().unwrap());
    });
}

#[test]
fn an_interrupted_thread_leaves_nobody_asleep() {
    check(|| {
        let driver = Driver::new();
        let (first, place) = start(&driver, |driver, place| call(driver, place, 0));
        let (second, _) = start(&driver, |driver, place| call(driver, place, 1));
        driver.signal(&place);
        driver.arrives(1);
        // The first one's answer never comes: only the signal ends its call.
        assert!(!first.join().unwrap());
        assert!(second.join().unwrap());
    });
}

#[test]
fn a_call_that_another_thread_ends_wakes_its_caller_wherever_it_waits() {
    check(|| {
        let driver = Driver::new();
        let (first, _) = start(&driver, |driver, place| call(driver, place, 0));
        let (second, _) = start(&driver, |driver, place| call(driver, place, 1));
        // As where a reply is made within the process, or a call is given up by a third thread.
        let mut state = driver.lock();
        driver.answer(&mut state, 0);
        drop(state);
        assert!(first.join().unwrap());
        driver.arrives(1);
        assert!(second.join().unwrap());
    });
}

/// A worker's life, until it has run a call or the server is closed.
fn work(driver: &Driver, place: &Place, handler: impl FnOnce(&Driver)) -> bool {
    let seat = Seat::take(driver);
    let mut state = driver.lock();
    state.workers.push(place.clone());
    let ran = loop {
        if state.calls > 0 {
            state.calls -= 1;
            driver.rota(&mut state).leave_to_run(true);
            drop(state);
            handler(driver);
            state = driver.lock();
            break true;
        }
        if state.closed {
            break false;
        }
        state = wait(driver, state, place, Spot::Worker(0)).0;
    };
    seat.leave(&mut state);
    ran
}

#[test]
fn a_worker_that_leaves_to_run_a_call_leaves_no_caller_asleep() {
    check(|| {
        let driver = Driver::new();
        // With a thread in reserve the worker might keep the lead free, but not while a caller waits.
        driver.lock().rota.reserves = 1;
        let (worker, _) = start(&driver, |driver, place| work(driver, place, Driver::meet));
        let (caller, _) = start(&driver, |driver, place| {
            let answered = call(driver, place, 0);
            driver.meet();
            answered
        });
        driver.arrives(A_CALL);
        driver.arrives(0);
        assert!(worker.join().unwrap());
        assert!(caller.join().unwrap());
    });
}

#[test]
fn a_handler_that_waits_for_another_call_does_not_keep_the_lead() {
    check(|| {
        let driver = Driver::new();
        let meet = |driver: &Driver, place: &Place| work(driver, place, Driver::meet);
        let (first, _) = start(&driver, meet);
        let (second, _) = start(&driver, meet);
        driver.arrives(A_CALL);
        driver.arrives(A_CALL);
        assert!(first.join().unwrap());
        assert!(second.join().unwrap());
    });
}

#[test]
fn a_closed_server_ends_its_worker_wherever_it_waits() {
    check(|| {
        let driver = Driver::new();
        let (worker, place) = start(&driver, |driver, place| work(driver, place, |_| ()));
        let (caller, _) = start(&driver, |driver, place| call(driver, place, 0));
        let mut state = driver.lock();
        state.closed = true;
        state.rota.wake_all(Spot::Worker(0));
        rota::wake(&state.rota, &place, || driver.ring());
        drop(state);
        driver.arrives(0);
        assert!(!worker.join().unwrap());
        assert!(caller.join().unwrap());
    });
}

#[test]
fn a_thread_that_ends_without_a_word_hands_over_by_its_seat() {
    check(|| {
        let driver = Driver::new();
        let (first, _) = start(&driver, |driver, place| {
            let _seat = Seat::take(driver);
            let state = driver.lock();
            if state.calls == 0 {
                // Whatever woke it, it ends: the drop of its seat is all that the others have.
                drop(rota::wait(driver, state, place, Spot::Worker(0), FOR_EVER));
            }
        });
        let (second, _) = start(&driver, |driver, place| call(driver, place, 0));
        driver.arrives(A_CALL);
        first.join().unwrap();
        driver.arrives(0);
        assert!(second.join().unwrap());
    });
}
