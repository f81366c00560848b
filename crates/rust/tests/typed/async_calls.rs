//! Calls as futures, on whichever executor.

use crate::claims::Denial;
use crate::tasks::{INTERFACE, LONG, Provided, block_on, poll_once, runtime, threads};
use futures_util::future::join_all;
use hms_ffi::{CallFuture, Client, Code, Sent};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

async fn echoes(client: &Client, count: u32) {
    for value in 0..count {
        assert_eq!(
            client.call_async::<u32>("echo", (value,)).await.unwrap(),
            value
        );
    }
}

/// Calls one after the other, many at once, errors of both kinds, and a connect.
async fn everything(provided: &Provided) {
    let client = &provided.client;
    echoes(client, 20).await;
    join_all((0..50).map(|_| echoes(client, 4))).await;
    let error = client
        .call_async::<u32>("fail", ("declared",))
        .await
        .unwrap_err();
    assert_eq!(error.declared::<Denial>(), Some(Denial::Duplicate));
    let error = client
        .call_async::<u32>("fail", ("not-found",))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(Code::NotFound));
    assert!(
        error.trace()[0].file.ends_with("async_calls.rs"),
        "{error:?}"
    );
    let another = Client::builder(INTERFACE)
        .runtime_dir(provided.directory.path())
        .connect_async();
    echoes(&another.await.unwrap(), 5).await;
}

/// All executors, one after the other and in turns: each finds whoever drives.
fn on_every_executor(provided: &Provided) {
    let threads = runtime();
    let single = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    // Without I/O the runtime cannot watch the driver, which says so once: a thread has to.
    let bare = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    for _ in 0..2 {
        block_on(everything(provided));
        single.block_on(everything(provided));
        futures_executor::block_on(everything(provided));
        threads.block_on(everything(provided));
        bare.block_on(everything(provided));
        assert_eq!(provided.client.call::<u32>("echo", (7,)).unwrap(), 7);
    }
}

#[test]
fn any_executor_with_another_process() {
    on_every_executor(&Provided::there("executors-there"));
}

#[test]
fn any_executor_within_the_process() {
    on_every_executor(&Provided::here("executors-here", Some(&runtime())));
}

#[test]
fn tasks_and_threads_call_at_once() {
    let provided = Arc::new(Provided::there("mixed"));
    let runtime = runtime();
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let provided = provided.clone();
            runtime.spawn(async move { echoes(&provided.client, 20).await })
        })
        .collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for value in 0..200 {
                    assert_eq!(
                        provided.client.call::<u32>("echo", (value,)).unwrap(),
                        value
                    );
                }
            });
            scope.spawn(|| block_on(echoes(&provided.client, 200)));
        }
    });
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn a_runtime_that_ends_leaves_its_calls_to_others() {
    let provided = Provided::there("ended");
    let mut held = pin!(
        provided
            .client
            .with()
            .no_timeout()
            .call_async::<u32>("meet", (2,))
    );
    let first = runtime();
    // Seen first in a runtime that then goes; awaited elsewhere.
    assert!(
        first
            .block_on(async { poll_once(held.as_mut()) })
            .is_pending()
    );
    drop(first);
    let second = provided.client.call_async::<u32>("meet", (2,));
    let (held, second) = block_on(futures_util::future::join(held, second));
    assert_eq!((held.unwrap(), second.unwrap()), (2, 2));
}

#[test]
fn ten_thousand_calls_in_flight_without_a_thread_each() {
    const COUNT: u32 = 10_000;
    let provided = Provided::there("crowd");
    let client = &provided.client;
    let calls = (0..COUNT).map(|_| {
        client
            .with()
            .timeout(LONG)
            .call_async::<u32>("meet", (COUNT,))
    });
    for result in block_on(join_all(calls)) {
        assert_eq!(result.unwrap(), COUNT);
    }
    assert!(client.call::<u32>("threads", ()).unwrap() < 16);
    // Other tests run at the same time.
    assert!(threads() < 200);
}

#[test]
fn what_is_pending_is_bounded() {
    let provided = Provided::there_as("bounded", "narrow-tasks");
    let client = &provided.client;
    let mut pending = Vec::new();
    let mut refused = 0;
    for _ in 0..20_000 {
        let mut call = Box::pin(client.call_async::<()>("hold", ("bounded",)));
        match poll_once(call.as_mut()) {
            Poll::Pending => pending.push(call),
            Poll::Ready(result) => {
                let error = result.unwrap_err();
                assert_eq!(
                    (error.code(), error.sent()),
                    (Some(Code::ResourceExhausted), Sent::NotSent)
                );
                refused += 1;
            }
        }
    }
    assert_eq!((pending.len(), refused), (64, 19_936));
    drop(pending);
    let echo = client.with().wait_for_room().call::<u32>("echo", (1,));
    assert_eq!(echo.unwrap(), 1);
}

#[test]
fn what_waits_for_a_provider_is_bounded() {
    let provided = Provided::there("bounded-queue");
    let client = Client::builder(INTERFACE)
        .runtime_dir(provided.directory.path())
        .settings(|settings| settings.max_calls = Some(100));
    let client = client.connect().unwrap();
    drop(provided);
    // The loss is known afterwards.
    let error = client
        .with()
        .no_retry()
        .call::<u32>("echo", (1,))
        .unwrap_err();
    assert_eq!(error.code(), Some(Code::Unavailable));
    let mut calls = Vec::new();
    let mut refused = 0;
    for _ in 0..1000 {
        let mut call = Box::pin(client.call_async::<u32>("echo", (1,)));
        match poll_once(call.as_mut()) {
            Poll::Pending => calls.push(call),
            Poll::Ready(result) => {
                let error = result.unwrap_err();
                assert_eq!(
                    (error.code(), error.sent()),
                    (Some(Code::ResourceExhausted), Sent::NotSent)
                );
                refused += 1;
            }
        }
    }
    // Some may have ended meanwhile and made room.
    assert!(refused > 0);
    for result in block_on(join_all(calls)) {
        let error = result.unwrap_err();
        assert_eq!(
            (error.code(), error.sent()),
            (Some(Code::Unavailable), Sent::NotSent)
        );
    }
}

#[test]
fn a_dropped_future_cancels_its_call() {
    for provided in [
        Provided::there("dropped-there"),
        Provided::here("dropped-here", Some(&runtime())),
    ] {
        let client = &provided.client;
        for (function, round) in [
            ("hold", 1),
            ("hold-blocking", 1),
            ("hold", 2),
            ("hold-nested", 1),
        ] {
            let key = format!("{function}-{round}-{}", provided.directory.path().display());
            let mut call = Box::pin(
                client
                    .with()
                    .no_timeout()
                    .call_async::<()>(function, (&key,)),
            );
            assert!(poll_once(call.as_mut()).is_pending());
            provided.became(&key, "held");
            drop(call);
            provided.became(&key, "dropped");
        }
        // Never polled, never sent.
        let calls = client.metrics().calls;
        drop(client.call_async::<()>("hold", ("unpolled",)));
        assert_eq!(client.metrics().calls, calls);
    }
}

#[test]
fn deadlines_of_futures() {
    let provided = Provided::there("late");
    let client = &provided.client;
    for limit in [Duration::ZERO, Duration::from_nanos(1)] {
        let error = block_on(
            client
                .with()
                .timeout(limit)
                .call_async::<()>("hold", ("late-0",)),
        );
        let error = error.unwrap_err();
        assert_eq!(
            (error.code(), error.sent()),
            (Some(Code::DeadlineExceeded), Sent::NotSent)
        );
    }
    for (key, function) in [("late-1", "hold"), ("late-2", "hold-nested")] {
        let options = client.with().timeout(Duration::from_millis(100));
        let error = block_on(options.call_async::<()>(function, (key,))).unwrap_err();
        assert_eq!(
            (error.code(), error.sent()),
            (Some(Code::DeadlineExceeded), Sent::MaybeExecuted)
        );
        provided.became(key, "dropped");
    }
    let left = block_on(
        client
            .with()
            .timeout(LONG)
            .call_async::<Option<u64>>("left", ()),
    );
    assert!(left.unwrap().unwrap() <= LONG.as_millis() as u64);
}

#[test]
#[should_panic(expected = "awaited again")]
fn awaiting_twice_panics() {
    let provided = Provided::there("twice");
    let mut call = pin!(provided.client.call_async::<u32>("echo", (1,)));
    assert_eq!(block_on(call.as_mut()).unwrap(), 1);
    let _ = block_on(call);
}

#[test]
fn wrong_calls_are_named_before_anything_is_sent() {
    let provided = Provided::there("wrong");
    let client = &provided.client;
    let error = block_on(client.call_async::<u32>("echo", (-1,))).unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (
            Some(Code::InvalidArgument),
            "value: expected u32, got a number out of its range"
        )
    );
    let error = block_on(client.call_async::<u32>("nothing", ())).unwrap_err();
    assert_eq!(error.code(), Some(Code::Unimplemented));
    client.close();
    let error = block_on(client.call_async::<u32>("echo", (1,))).unwrap_err();
    assert_eq!(error.code(), Some(Code::FailedPrecondition));
    let error = block_on(
        Client::builder("hms:claims/probe")
            .runtime_dir(provided.directory.path())
            .connect_async(),
    );
    assert_eq!(error.unwrap_err().code(), Some(Code::Unavailable));
}

#[test]
fn closing_a_client_ends_its_futures() {
    let provided = Provided::there("closed");
    let client = provided.client.clone();
    let mut call = pin!(client.call_async::<()>("hold", ("closed",)));
    assert!(poll_once(call.as_mut()).is_pending());
    client.close();
    let error = block_on(call).unwrap_err();
    assert_eq!(error.code(), Some(Code::Cancelled));
}

#[test]
fn futures_may_go_to_other_threads() {
    fn is_send<T: Send + 'static>(_: &T) {}
    let provided = Provided::there("send");
    let call: CallFuture<u32> = provided.client.call_async("echo", (5,));
    is_send(&call);
    is_send(&provided.client.batch().call_async());
    is_send(&Client::connect_async(INTERFACE));
    let echoed = std::thread::spawn(move || block_on(call)).join().unwrap();
    assert_eq!(echoed.unwrap(), 5);
}
