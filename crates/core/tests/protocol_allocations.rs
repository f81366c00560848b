//! What a small call costs: the vectors of its arguments and its result, and nothing else.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::protocol::{CallHead, Hello, Link, LinkEvent, Role};

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is passed on to the system's allocator; the counter is a plain cell of the thread.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn carry(from: &mut Link, to: &mut Link) {
    let bytes = from.output();
    let length = bytes.len();
    to.receive(bytes).unwrap();
    from.consume(length);
}

#[test]
fn a_small_call_allocates_its_arguments_and_its_result() {
    let mut client = Link::new(Role::Client, Hello::default()).unwrap();
    let mut server = Link::new(Role::Server, Hello::default()).unwrap();
    carry(&mut client, &mut server);
    carry(&mut server, &mut client);
    while client.poll_event().is_some() || server.poll_event().is_some() {}
    let mut round = |args: Vec<u8>| {
        client.call(CallHead::default(), args).unwrap();
        carry(&mut client, &mut server);
        let Some(LinkEvent::Call { id, args, .. }) = server.poll_event() else {
            panic!("no call")
        };
        server.reply(id, Outcome::Ok(args));
        carry(&mut server, &mut client);
        let Some(LinkEvent::Outcome {
            outcome: Outcome::Ok(body),
            ..
        }) = client.poll_event()
        else {
            panic!("no result")
        };
        body
    };
    // Buffers and tables find their size first.
    for _ in 0..100 {
        round(vec![7; 64]);
    }
    let before = COUNT.get();
    for _ in 0..1000 {
        round(vec![7; 64]);
    }
    // The caller's vector, the provider's copy of it, the caller's copy of the result.
    assert_eq!(COUNT.get() - before, 3 * 1000);
}
