//! A caller that waits the way event loops do: for the driver's descriptor.

use crate::provider::{
    ECHO, HOLD, Process, Serving, call, connect, list, options, schema, scratch,
};
use hms_ffi::runtime::{
    CallOptions, Client, Driver, Event, Export, Inbound, Outcome, ServeOptions, Server, Settings,
    Timeout,
};
use hms_ffi_core::error::Code;
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

pub struct Loop {
    pub driver: Driver,
    client: Client,
    done: RefCell<HashMap<u64, Outcome>>,
}

/// Waits for the descriptor as a loop would; a test that waits ten seconds has failed.
pub fn turn(driver: &Driver) -> Vec<Event> {
    let events = driver.turn();
    if !events.is_empty() {
        return events;
    }
    let mut fd = libc::pollfd {
        fd: driver.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one valid pollfd.
    let ready = unsafe { libc::poll(&mut fd, 1, 10_000) };
    assert_ne!(ready, 0, "nothing happened for ten seconds");
    driver.turn()
}

impl Loop {
    pub fn connect(settings: &Settings) -> Loop {
        Self::connect_to(settings, "test:runtime/calls")
    }

    pub fn connect_to(settings: &Settings, interface: &str) -> Loop {
        let driver = Driver::for_loop("rust").expect("driver");
        Client::connect_start(&driver, interface, options(settings), 1).expect("started");
        loop {
            for event in turn(&driver) {
                if let Event::Connected { token: 1, result } = event {
                    return Loop {
                        driver,
                        client: result.expect("connected"),
                        done: RefCell::default(),
                    };
                }
            }
        }
    }

    pub fn start(&self, function: u32, args: Vec<u8>, timeout: Timeout, token: u64) {
        self.client.start(
            function,
            args,
            &CallOptions {
                timeout,
                ..CallOptions::default()
            },
            token,
        );
        self.driver.flush();
    }

    /// Starts calls, without a deadline and with tokens from `first` on, and sends them together.
    pub fn start_all(&self, calls: &[(u32, Vec<u8>)], first: u64) {
        let options = CallOptions {
            timeout: Timeout::None,
            ..CallOptions::default()
        };
        for ((function, args), token) in calls.iter().zip(first..) {
            self.client.start(*function, args.clone(), &options, token);
        }
        self.driver.flush();
    }

    pub fn give_up(&self, token: u64) {
        self.client.give_up(token);
        self.driver.flush();
    }

    pub fn wait_for(&self, token: u64) -> Outcome {
        loop {
            if let Some(outcome) = self.done.borrow_mut().remove(&token) {
                return outcome;
            }
            for event in turn(&self.driver) {
                if let Event::Done { token, outcome } = event {
                    assert!(
                        self.done.borrow_mut().insert(token, outcome).is_none(),
                        "one outcome a call"
                    );
                }
            }
        }
    }
}

#[test]
fn a_thousand_calls_in_flight_and_each_gets_its_answer() {
    let (settings, dir) = scratch("loop");
    let _provider = Process::start(&dir, "plain");
    let caller = Loop::connect(&settings);
    for i in 0..1000u64 {
        caller
            .client
            .start(ECHO, list(&i.to_le_bytes()), &CallOptions::default(), i);
    }
    for i in (0..1000u64).rev() {
        assert_eq!(caller.wait_for(i), Outcome::Ok(list(&i.to_le_bytes())));
    }
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn a_call_over_the_quota_fails_locally() {
    for (granted, wanted) in [(Some(2), Some(2)), (Some(2), None), (None, Some(2))] {
        over_the_quota_of_two(granted, wanted);
    }
}

fn over_the_quota_of_two(granted: Option<u32>, wanted: Option<u32>) {
    let (mut settings, dir) = scratch("quota");
    settings.max_calls = granted;
    let serving = Serving::start(&settings, 4, 4);
    settings.max_calls = wanted;
    let caller = Loop::connect(&settings);
    for token in 1..=3 {
        caller.start(HOLD, vec![], Timeout::None, token);
    }
    let Outcome::System(error) = caller.wait_for(3) else {
        panic!("the third is over the quota")
    };
    assert_eq!(error.code(), Code::ResourceExhausted);
    serving.gate.open();
    assert_eq!(caller.wait_for(1), Outcome::Ok(vec![]));
    assert_eq!(caller.wait_for(2), Outcome::Ok(vec![]));
    drop(serving);
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn a_loop_serves_and_is_told_of_cancellation() {
    let (settings, dir) = scratch("serve");
    let driver = Driver::for_loop("rust").expect("driver");
    let serve = ServeOptions {
        settings: Some(settings.clone()),
        max_concurrent: 2,
        ..ServeOptions::default()
    };
    let server = Server::start(
        &driver,
        vec![Export {
            schema: schema(),
            handler: None,
        }],
        serve,
    )
    .expect("serving");
    // A blocking call of the same thread would wait for itself: refused instead.
    let own = connect(&settings).expect_err("refused");
    assert_eq!(own.code(), Code::FailedPrecondition);
    let caller_settings = settings.clone();
    let caller = std::thread::spawn(move || {
        let client = connect(&caller_settings).expect("connected");
        assert_eq!(
            call(&client, ECHO, &list(b"loop")),
            Outcome::Ok(list(b"loop"))
        );
        let options = CallOptions {
            timeout: Timeout::After(Duration::from_millis(50)),
            ..CallOptions::default()
        };
        client.call(HOLD, vec![], &options, &mut || false)
    });
    let mut held: Option<Inbound> = None;
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < Duration::from_secs(10));
        let mut cancelled = false;
        for event in turn(&driver) {
            match event {
                Event::Call(inbound) if inbound.function_index() == ECHO => {
                    let bytes = inbound.args().to_vec();
                    inbound.reply(Outcome::Ok(bytes));
                }
                Event::Call(inbound) => held = Some(inbound),
                Event::CancelInbound { id, late } => {
                    assert_eq!(Some(id), held.as_ref().map(Inbound::id));
                    assert!(late, "the caller's deadline had passed");
                    cancelled = true;
                }
                other => panic!("unexpected {other:?}"),
            }
        }
        driver.flush();
        if cancelled {
            break;
        }
    }
    let held = held.expect("held");
    assert!(held.context().is_cancelled());
    held.reply(Outcome::Ok(vec![]));
    let Outcome::System(error) = caller.join().expect("caller") else {
        panic!("late")
    };
    assert_eq!(error.code(), Code::DeadlineExceeded);
    drop(server);
    std::fs::remove_dir_all(dir).expect("clean up");
}
