//! A calls B, which calls A back: A's waiting thread serves it, also where A has one thread only.

use crate::event_loop::turn;
use crate::provider::{ECHO, Gate, HOLD, Serving, call, connect, list, options, schema, scratch};
use hms_ffi::runtime::{
    CallOptions, Client, Driver, Event, Export, Handler, Inbound, Outcome, ServeOptions, Server,
    Settings, Timeout,
};
use hms_ffi_core::contract::Contract;
use hms_ffi_core::error::Code;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

const BACK: &str = "package test:back@1.0.0; interface calls { there-and-back: func(data: list<u8>) -> list<u8>; }";

fn back() -> Arc<hms_ffi_core::contract::Schema> {
    Contract::parse("back.wit", BACK)
        .expect("valid")
        .schema("test:back/calls")
        .expect("there")
}

/// B: an event loop of its own thread that answers `there-and-back` by calling A's `echo`.
fn start_b(settings: Settings) -> (std::thread::JoinHandle<()>, std::sync::mpsc::Sender<()>) {
    let (ready, is_ready) = std::sync::mpsc::channel();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        let driver = Driver::for_loop("rust").expect("driver");
        let serve = ServeOptions {
            settings: Some(settings.clone()),
            ..ServeOptions::default()
        };
        let _server = Server::start(
            &driver,
            vec![Export {
                schema: back(),
                handler: None,
            }],
            serve,
        )
        .expect("serving");
        ready.send(()).expect("test waits");
        let mut client: Option<Client> = None;
        let mut waiting: HashMap<u64, Inbound> = HashMap::new();
        let mut queued: Vec<Inbound> = Vec::new();
        while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            let mut fd = libc::pollfd {
                fd: driver.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            };
            // SAFETY: one valid pollfd.
            unsafe { libc::poll(&mut fd, 1, 50) };
            for event in driver.turn() {
                match event {
                    Event::Call(inbound) => {
                        if client.is_none() && queued.is_empty() {
                            Client::connect_start(
                                &driver,
                                "test:runtime/calls",
                                options(&settings),
                                0,
                            )
                            .expect("started");
                        }
                        queued.push(inbound);
                    }
                    Event::Connected { result, .. } => client = Some(result.expect("A serves")),
                    Event::Done { token, outcome } => {
                        waiting.remove(&token).expect("known").reply(outcome)
                    }
                    other => panic!("unexpected {other:?}"),
                }
            }
            if let Some(client) = &client {
                for inbound in queued.drain(..) {
                    let options = CallOptions {
                        parent: Some(inbound.context().clone()),
                        ..CallOptions::default()
                    };
                    client.start(ECHO, inbound.args().to_vec(), &options, inbound.id());
                    waiting.insert(inbound.id(), inbound);
                }
            }
            driver.flush();
        }
    });
    is_ready.recv().expect("B serves");
    (thread, stop)
}

#[test]
fn a_waiting_thread_serves_its_own_chain() {
    let (settings, dir) = scratch("chain");
    // A serves without any worker: only the thread that waits below can run `echo`.
    let driver = Driver::shared("rust").expect("driver");
    struct Echo;
    impl Handler for Echo {
        fn handle(&self, call: Inbound) {
            assert_eq!(call.context().hops(), 1);
            let bytes = call.args().to_vec();
            call.reply(Outcome::Ok(bytes));
        }
    }
    let export = Export {
        schema: schema(),
        handler: Some(Arc::new(Echo)),
    };
    let serve = ServeOptions {
        settings: Some(settings.clone()),
        ..ServeOptions::default()
    };
    let server = Server::start(&driver, vec![export], serve).expect("serving");
    let (b, stop) = start_b(settings.clone());
    let client = Client::connect(&driver, "test:back/calls", options(&settings), &mut || {
        false
    })
    .expect("connected");
    for i in 0..20u8 {
        assert_eq!(call(&client, 0, &list(&[i])), Outcome::Ok(list(&[i])));
    }
    drop(stop);
    b.join().expect("B");
    drop(server);
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn nested_calls_inherit_the_deadline() {
    let (settings, dir) = scratch("inherit");
    struct Nested(Settings);
    impl Handler for Nested {
        fn handle(&self, call: Inbound) {
            let client = connect(&self.0).expect("connected");
            let options = CallOptions {
                parent: Some(call.context().clone()),
                timeout: Timeout::None,
                ..CallOptions::default()
            };
            let outcome = client.call(HOLD, vec![], &options, &mut || false);
            call.reply(match outcome {
                Outcome::System(error) => Outcome::System(error.into_nested()),
                other => other,
            });
        }
    }
    let holding = Serving::start(&settings, 1, 1);
    let export = Export {
        schema: back(),
        handler: Some(Arc::new(Nested(settings.clone()))),
    };
    let nested = Serving::with(&settings, export, 1, 1, Arc::new(Gate::default()));
    let caller = Driver::for_loop("rust").expect("driver");
    Client::connect_start(&caller, "test:back/calls", options(&settings), 1).expect("started");
    let client = loop {
        if let Some(Event::Connected { result, .. }) = turn(&caller).pop() {
            break result.expect("connected");
        }
    };
    let start = Instant::now();
    let limit = CallOptions {
        timeout: Timeout::After(Duration::from_millis(100)),
        ..CallOptions::default()
    };
    client.start(0, list(b""), &limit, 9);
    caller.flush();
    let Some(Event::Done {
        outcome: Outcome::System(error),
        ..
    }) = turn(&caller).pop()
    else {
        panic!("late")
    };
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert!(start.elapsed() < Duration::from_secs(5));
    // The nested call has given up too, although `hold` still holds: its server's only worker is free for others.
    while nested.server.in_flight() > 0 {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "the nested call outlived the deadline"
        );
        std::thread::yield_now();
    }
    drop(nested);
    drop(holding);
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn a_call_that_comes_back_to_a_loop_blocked_by_it_is_refused() {
    let (settings, dir) = scratch("blocked");
    // A serves on this thread's event loop, and calls B with a blocking call: nobody turns the loop meanwhile.
    let a = Driver::for_loop("rust").expect("driver");
    let serve = ServeOptions {
        settings: Some(settings.clone()),
        ..ServeOptions::default()
    };
    let export = Export {
        schema: schema(),
        handler: None,
    };
    let server = Server::start(&a, vec![export], serve).expect("serving");
    let (b, stop) = start_b(settings.clone());
    let threads = Driver::shared("rust").expect("driver");
    let client = Client::connect(&threads, "test:back/calls", options(&settings), &mut || {
        false
    })
    .expect("connected");
    for _ in 0..3 {
        let Outcome::System(error) = call(&client, 0, &list(b"x")) else {
            panic!("it cannot have been served")
        };
        assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
    }
    // Another caller's call waits until the loop goes on.
    let other = std::thread::spawn({
        let settings = settings.clone();
        move || {
            call(
                &connect(&settings).expect("connected"),
                ECHO,
                &list(b"later"),
            )
        }
    });
    loop {
        let mut answered = false;
        for event in turn(&a) {
            if let Event::Call(inbound) = event {
                let bytes = inbound.args().to_vec();
                inbound.reply(Outcome::Ok(bytes));
                answered = true;
            }
        }
        a.flush();
        if answered {
            break;
        }
    }
    assert_eq!(other.join().expect("caller"), Outcome::Ok(list(b"later")));
    drop(stop);
    b.join().expect("B");
    drop(server);
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn a_free_worker_is_used_while_another_thread_runs_a_call_of_its_own_chain() {
    let (settings, dir) = scratch("free");
    let (elsewhere, other_dir) = scratch("free-elsewhere");
    struct TwoGates(Arc<Gate>, Arc<Gate>);
    impl Handler for TwoGates {
        fn handle(&self, call: Inbound) {
            match call.function_index() {
                HOLD => self.0.pass(),
                crate::provider::PID => self.1.pass(),
                _ => {}
            }
            let bytes = call.args().to_vec();
            call.reply(Outcome::Ok(bytes));
        }
    }
    let (first, second) = (Arc::new(Gate::default()), Arc::new(Gate::default()));
    let handler = Arc::new(TwoGates(first.clone(), second.clone()));
    let driver = Driver::shared("rust").expect("driver");
    let serve = ServeOptions {
        settings: Some(settings.clone()),
        max_concurrent: 2,
        ..ServeOptions::default()
    };
    let export = Export {
        schema: schema(),
        handler: Some(handler),
    };
    let server = Arc::new(Server::start(&driver, vec![export], serve).expect("serving"));
    let worker = std::thread::spawn({
        let server = server.clone();
        move || server.work(&mut || false)
    });
    while server.workers() == 0 {
        std::thread::yield_now();
    }
    // A thread of this process waits for an answer that does not come yet, and so leads while the worker is busy.
    let mut remote = crate::provider::Process::start(&other_dir, "plain");
    let waiting = std::thread::spawn({
        let client = connect(&elsewhere).expect("connected");
        move || call(&client, HOLD, &[])
    });
    remote.wait_for_line("holding");
    let caller = crate::event_loop::Loop::connect(&settings);
    caller.start(HOLD, vec![], Timeout::None, 1);
    first.wait_for(1);
    // The only worker is busy, so this thread runs its call itself.
    let own = std::thread::spawn({
        let client = connect(&settings).expect("connected");
        move || call(&client, crate::provider::PID, &[])
    });
    second.wait_for(1);
    first.open();
    assert_eq!(caller.wait_for(1), Outcome::Ok(vec![]));
    // Without a wake-up the worker would look only every half second.
    let start = Instant::now();
    for token in 2..32 {
        caller.start(ECHO, list(b"now"), Timeout::None, token);
        assert_eq!(caller.wait_for(token), Outcome::Ok(list(b"now")));
    }
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    second.open();
    assert_eq!(own.join().expect("own"), Outcome::Ok(vec![]));
    server.close();
    worker.join().expect("worker").expect("worked");
    remote.kill();
    let Outcome::System(gone) = waiting.join().expect("waiting") else {
        panic!("its provider is gone")
    };
    assert_eq!(gone.code(), Code::Unavailable);
    std::fs::remove_dir_all(dir).expect("clean up");
    std::fs::remove_dir_all(other_dir).expect("clean up");
}
