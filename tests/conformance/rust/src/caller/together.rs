//! Many calls of one task at once: their futures are polled in turn, on one thread.

use crate::expect::{Cases, asks, declared, key, still_usable, system, within};
use hms_ffi::{Client, Code, Result, Sent};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

pub fn add(cases: &mut Cases) {
    cases.add("await-one", |client| {
        let call = within(client).call_async::<String>("echo-string", ("one",));
        assert_eq!(block_on(call).expect("an answer"), "one");
    });
    cases.add("await-many", |client| {
        let room = key("many");
        let meet = |_| within(client).call_async("meet", (&room, 64));
        assert_eq!(answers::<u32, _>((0..64).map(meet)), [64; 64]);
    });
    cases.add("await-thousand", |client| {
        let calls = (0..1000u32).map(|i| within(client).call_async("echo-u32", (i,)));
        assert_eq!(answers::<u32, _>(calls), (0..1000).collect::<Vec<_>>());
    });
    cases.add("await-over-quota", |client| {
        let calls = (0..3000u32).map(|i| within(client).call_async("echo-u32", (i,)));
        let ended: Vec<Result<u32>> = block_on(all(calls));
        let answered = ended.iter().filter(|result| result.is_ok()).count();
        for (i, result) in (0..).zip(ended) {
            match result {
                Ok(value) => assert_eq!(value, i),
                refused => {
                    let error = system(refused, Code::ResourceExhausted);
                    assert_eq!(error.sent(), Sent::NotSent);
                }
            }
        }
        assert!(answered >= 1000, "{answered} calls were answered");
        still_usable(client);
    });
    cases.add("await-in-another-order", another_order);
    cases.add("await-errors", errors);
    cases.add("await-nested", |client| {
        let calls = (0..32).map(|_| within(client).call_async("bounce", (4,)));
        assert_eq!(answers::<u32, _>(calls), [4; 32]);
    });
    cases.add("cancel-one-of-many", cancel_one);
}

fn another_order(client: &Client) {
    let (first, second) = (key("first"), key("second"));
    let meet = |room: &str, guests: u32| within(client).call_async::<u32>("meet", (room, guests));
    let mut waiting = pin!(meet(&first, 2));
    assert!(started(waiting.as_mut()), "the first call is waiting");
    assert_eq!(answers((0..8).map(|_| meet(&second, 8))), [8; 8]);
    assert!(started(waiting.as_mut()), "the first call is waiting");
    assert_eq!(block_on(meet(&first, 2)).expect("an answer"), 2);
    assert_eq!(block_on(waiting).expect("an answer"), 2);
}

fn errors(client: &Client) {
    let calls = (0..64u32).map(|i| async move {
        let text = i.to_string();
        let call = within(client);
        match i % 4 {
            0 => {
                let answer: Result<u32> = call.call_async("echo-u32", (i,)).await;
                assert_eq!(answer.expect("an answer"), i);
            }
            1 => {
                let denied = call.call_async::<u32>("deny-text", (&text,)).await;
                assert_eq!(declared::<_, String>(denied), text);
            }
            2 => {
                let failed = call.call_async::<()>("fail-with", (Code::Aborted, &text));
                let error = system(failed.await, Code::Aborted);
                assert!(error.message().contains(&text), "{error}");
            }
            _ => {
                let answer: Result<String> = call.call_async("echo-string", (&text,)).await;
                assert_eq!(answer.expect("an answer"), text);
            }
        }
    });
    block_on(all(calls));
}

/// A call ends when its future is dropped.
fn cancel_one(client: &Client) {
    let (one, other) = (key("one"), key("other"));
    let hold = |key: &str| {
        let call = client.with().no_timeout();
        Box::pin(call.call_async::<()>("hold", (key,)))
    };
    let (mut first, mut second) = (hold(&one), hold(&other));
    assert!(started(first.as_mut()) && started(second.as_mut()));
    assert!(asks(client, "held", &one) && asks(client, "held", &other));
    drop(first);
    assert!(asks(client, "released", &one));
    assert!(started(second.as_mut()), "the second call runs on");
    drop(second);
    assert!(asks(client, "released", &other));
}

/// The answers of calls that are all started before the first is awaited.
#[track_caller]
fn answers<T, F: Future<Output = Result<T>>>(calls: impl Iterator<Item = F>) -> Vec<T> {
    let ended = block_on(all(calls));
    ended
        .into_iter()
        .map(|result| result.expect("an answer"))
        .collect()
}

/// All futures at once.
async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut ready = true;
        for (future, output) in &mut running {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(value) => *output = Some(value),
                    Poll::Pending => ready = false,
                }
            }
        }
        if ready {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    running
        .into_iter()
        .filter_map(|(_, output)| output)
        .collect()
}

/// Polls once: starts the call, and tells whether it goes on.
pub fn started<F: Future>(future: Pin<&mut F>) -> bool {
    future
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_pending()
}

/// The simplest executor there is.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Bell(Thread);
    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Bell(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
