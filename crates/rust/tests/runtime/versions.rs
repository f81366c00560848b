//! A caller with a contract of another version: bytes are translated on the way, under the caller's limits.

use crate::provider::{Gate, Serving, list, options, scratch};
use hms_ffi::runtime::{
    CallOptions, Client, ConnectOptions, Driver, Export, Handler, Inbound, Outcome, Settings,
};
use hms_ffi_core::contract::{Contract, Schema};
use hms_ffi_core::error::{Code, Sent};
use std::sync::Arc;

const OLD: &str = "package test:grown@1.0.0;
interface calls { record r { items: list<list<u8>> } echo: func(r: r) -> r; }";
const NEW: &str = "package test:grown@1.1.0;
interface calls { record r { note: option<string>, items: list<list<u8>> } echo: func(r: r) -> r; }";

fn schema(wit: &str) -> Arc<Schema> {
    let contract = Contract::parse("grown.wit", wit).expect("valid");
    contract.schema("test:grown/calls").expect("there")
}

struct Echo;

impl Handler for Echo {
    fn handle(&self, call: Inbound) {
        let bytes = call.args().to_vec();
        call.reply(Outcome::Ok(bytes));
    }
}

#[test]
fn translation_holds_the_callers_limits() {
    let (settings, dir) = scratch("translated");
    let export = Export {
        schema: schema(NEW),
        handler: Some(Arc::new(Echo)),
    };
    let serving = Serving::with(&settings, export, 1, 4, Arc::new(Gate::default()));
    let mut few = Settings::clone(&settings);
    few.limits.max_elements = 4;
    let driver = Driver::shared("rust").expect("driver");
    let connect = ConnectOptions {
        view: Some(schema(OLD)),
        ..options(&few)
    };
    let client = Client::connect(&driver, "test:grown/calls", connect, &mut || false)
        .expect("the versions fit");
    let items = |count: u32| {
        let mut bytes = count.to_le_bytes().to_vec();
        (0..count).for_each(|i| bytes.extend(list(&[i as u8])));
        bytes
    };
    let call = |count| client.call(0, items(count), &CallOptions::default(), &mut || false);
    assert_eq!(call(2), Outcome::Ok(items(2)));
    let Outcome::System(error) = call(5) else {
        panic!("five elements are over the limit")
    };
    assert_eq!(
        (error.code(), error.sent()),
        (Code::ResourceExhausted, Sent::NotSent),
        "{error}"
    );
    drop(serving);
    std::fs::remove_dir_all(dir).expect("clean up");
}
