//! Cancellation goes inwards: what a handler waits for ends with the call that it serves.

use crate::event_loop::Loop;
use crate::provider::{ECHO, HOLD, Process, Serving, options, schema, scratch};
use hms_ffi::runtime::{
    CallOptions, Client, Driver, Export, Handler, Inbound, Outcome, Settings, Timeout,
};
use hms_ffi_core::contract::Contract;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Serves `test:outer/calls`, whose `hold` holds at the provider of `test:runtime/calls`.
struct Outer {
    settings: Settings,
    ended: Mutex<Sender<Outcome>>,
}

impl Handler for Outer {
    fn handle(&self, call: Inbound) {
        let driver = Driver::shared("rust").expect("driver");
        let client = Client::connect(
            &driver,
            "test:runtime/calls",
            options(&self.settings),
            &mut || false,
        )
        .expect("connected");
        let options = CallOptions {
            parent: Some(call.context().clone()),
            timeout: Timeout::None,
            ..CallOptions::default()
        };
        let outcome = client.call(HOLD, vec![], &options, &mut || false);
        let after = client.call(ECHO, vec![0; 4], &options, &mut || false);
        let ended = self.ended.lock().expect("lock");
        ended.send(outcome).expect("test waits");
        ended.send(after).expect("test waits");
        call.reply(Outcome::Ok(vec![]));
    }
}

fn outer() -> Arc<hms_ffi_core::contract::Schema> {
    let wit = "package test:outer@1.0.0; interface calls { hold: func(); }";
    let contract = Contract::parse("outer.wit", wit).expect("valid");
    contract.schema("test:outer/calls").expect("there")
}

#[test]
fn a_cancelled_call_cancels_what_its_handler_waits_for() {
    let (settings, dir) = scratch("inwards");
    let mut inner = Process::start(&dir, "plain");
    let (ended, has_ended) = channel();
    let handler = Outer {
        settings: settings.clone(),
        ended: Mutex::new(ended),
    };
    let export = Export {
        schema: outer(),
        handler: Some(Arc::new(handler)),
    };
    let serving = Serving::with(&settings, export, 1, 4, Arc::default());
    let caller = Loop::connect_to(&settings, "test:outer/calls");
    assert_ne!(schema().interface, outer().interface);
    caller.start(0, vec![], Timeout::None, 1);
    inner.wait_for_line("holding");
    caller.give_up(1);
    let liveness = Duration::from_secs(10);
    assert_eq!(
        has_ended.recv_timeout(liveness).expect("it was woken"),
        Outcome::Cancelled
    );
    // What it starts afterwards does not run.
    let Outcome::System(after) = has_ended.recv_timeout(liveness).expect("at once") else {
        panic!("it ran")
    };
    assert_eq!(after.code(), hms_ffi_core::error::Code::Cancelled);
    drop(serving);
    inner.kill();
    std::fs::remove_dir_all(dir).expect("clean up");
}
