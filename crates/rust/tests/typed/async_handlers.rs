//! Handlers that are futures.

use crate::claims::{Denial, Directory, contract};
use crate::tasks::{INTERFACE, LONG, Provided, block_on, builder, poll_once, runtime};
use hms_ffi::{Code, Component, Sent};
use std::time::Duration;

/// On a runtime, and waited for by two workers; from this process and from another.
fn ways(name: &str) -> [Provided; 4] {
    [
        Provided::there(&format!("{name}-1")),
        Provided::there_as(&format!("{name}-2"), "blocking-tasks"),
        Provided::here(&format!("{name}-3"), Some(&runtime())),
        Provided::here(&format!("{name}-4"), None),
    ]
}

#[test]
fn they_end_calls_in_every_way() {
    for provided in ways("async-ways") {
        let fail = |how: &str| provided.client.call::<u32>("fail", (how,));
        assert_eq!(fail("ok").unwrap(), 7);
        let declared = fail("declared").unwrap_err().declared::<Denial>();
        assert_eq!(declared, Some(Denial::Duplicate));
        let error = fail("not-found").unwrap_err();
        assert_eq!(
            (error.code(), error.message()),
            (Some(Code::NotFound), "no such patient")
        );
        let frame = error.trace().last().unwrap();
        assert_eq!(
            (&*frame.component, &*frame.function),
            ("hms:claims/tasks@1.2.0", "fail"),
            "the call is known after an await"
        );
        let error = fail("panic").unwrap_err();
        assert_eq!(
            (error.code(), error.message()),
            (Some(Code::Internal), "fail: panicked: in a task")
        );
        let left = provided.client.with().timeout(LONG);
        assert!(left.call::<Option<u64>>("left", ()).unwrap().is_some());
        let left = provided.client.with().no_timeout();
        assert_eq!(left.call::<Option<u64>>("left", ()).unwrap(), None);
    }
}

/// Where workers wait for the futures, six calls that await one another need more than the two there are.
#[test]
fn calls_that_come_back_need_no_worker() {
    for provided in ways("async-bounce") {
        assert_eq!(provided.client.call::<u32>("bounce", (6,)).unwrap(), 6);
        let bounces = (0..8).map(|_| provided.client.call_async::<u32>("bounce", (3,)));
        for result in block_on(futures_util::future::join_all(bounces)) {
            assert_eq!(result.unwrap(), 3);
        }
    }
}

#[test]
fn a_cancelled_handler_is_dropped_with_its_call() {
    for (way, provided) in (0..).zip(ways("async-cancel")) {
        let key = format!("async-cancel-{way}");
        let mut call = Box::pin(
            provided
                .client
                .with()
                .no_timeout()
                .call_async::<()>("hold", (&key,)),
        );
        assert!(poll_once(call.as_mut()).is_pending());
        provided.became(&key, "held");
        drop(call);
        provided.became(&key, "dropped");
    }
}

#[test]
fn calls_at_once_are_bounded_apart_from_workers() {
    let directory = Directory::new("async-bound");
    let runtime = runtime();
    let builder = builder(directory.path(), Some(&runtime)).unwrap();
    let serving = builder
        .max_concurrent(4)
        .queue(0)
        .build()
        .unwrap()
        .start()
        .unwrap();
    let client = directory.connect(INTERFACE).unwrap();
    let mut held = Vec::new();
    for number in 0..4 {
        let key = format!("bound-{number}");
        let mut call = Box::pin(client.with().no_timeout().call_async::<()>("hold", (&key,)));
        assert!(poll_once(call.as_mut()).is_pending());
        held.push(call);
    }
    let error = client
        .with()
        .no_retry()
        .call::<u32>("echo", (1,))
        .unwrap_err();
    assert_eq!(
        (error.code(), error.sent()),
        (Some(Code::ResourceExhausted), Sent::NotSent)
    );
    held.pop();
    // The place is free as soon as the handler was dropped.
    let echo = || client.with().no_retry().call::<u32>("echo", (1,));
    let freed = std::time::Instant::now();
    while echo().is_err() {
        assert!(freed.elapsed() < LONG);
        std::thread::yield_now();
    }
    serving.close();
    drop(held);
}

#[test]
fn a_task_that_is_thrown_away_ends_its_call() {
    let directory = Directory::new("async-thrown");
    let spawned = builder(directory.path(), None).unwrap().spawner(drop);
    let _serving = spawned.build().unwrap().start().unwrap();
    let client = directory.connect(INTERFACE).unwrap();
    let error = client.call::<u32>("echo", (1,)).unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (
            Some(Code::Internal),
            "echo: the handler ended without a reply"
        )
    );
}

/// The spawner is called on a worker, which knows the runtime in which it was given.
#[test]
fn a_spawner_knows_its_runtime() {
    let directory = Directory::new("async-spawner");
    let runtime = runtime();
    let serving = runtime.block_on(async {
        let builder = builder(directory.path(), None).unwrap();
        let spawned = builder.spawner(|task| {
            tokio::spawn(task);
        });
        spawned.build().unwrap().start().unwrap()
    });
    let client = directory.connect(INTERFACE).unwrap();
    assert_eq!(client.call::<u32>("echo", (1,)).unwrap(), 1);
    serving.close();
}

/// The one thread that could run the handler waits for it: an error at the deadline, and the runtime goes on.
#[test]
fn a_blocking_call_to_a_handler_of_the_same_thread_ends_at_its_deadline() {
    let directory = Directory::new("async-own-thread");
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    runtime.block_on(async {
        let spawned = builder(directory.path(), None).unwrap().spawner(|task| {
            tokio::spawn(task);
        });
        let _serving = spawned.build().unwrap().start().unwrap();
        let client = directory.connect(INTERFACE).unwrap();
        let call = client.with().timeout(Duration::from_millis(100));
        let error = call.call::<u32>("echo", (1,)).unwrap_err();
        assert_eq!(error.code(), Some(Code::DeadlineExceeded));
        assert_eq!(client.call_async::<u32>("echo", (2,)).await.unwrap(), 2);
    });
}

#[test]
fn async_handlers_are_checked_like_others() {
    let builder = || Component::builder(INTERFACE).contract(&contract()).unwrap();
    let error = builder().export_async("echo", || async { 1 }).unwrap_err();
    assert_eq!(error.message(), "echo takes 1 arguments, the handler 0");
    let twice = builder()
        .export_async("echo", |a: u32| async move { a })
        .unwrap();
    let error = twice.export("echo", |a: u32| a).unwrap_err();
    assert_eq!(error.code(), Some(Code::AlreadyExists));
    let provided = Provided::here("async-args", None);
    let error = provided.client.call::<u32>("echo", ("text",)).unwrap_err();
    assert_eq!(error.code(), Some(Code::InvalidArgument));
}
