//! How links end, what peers may not do, and what is exchanged beside calls.

use super::links::{arrived, call, default_pair, system};
use super::pair::{Pair, carry, event, events};
use crate::dispatch::Outcome;
use crate::error::{Code, Sent};
use crate::protocol::{CallHead, Export, Hello, LinkEvent, Reason};

#[test]
fn a_lost_link_ends_calls_and_knows_which_were_sent() {
    let mut pair = default_pair();
    let arrived_id = call(&mut pair.client, &[1]);
    pair.settle();
    arrived(event(&mut pair.server));
    let half = call(&mut pair.client, &[0; 100]);
    let not = call(&mut pair.client, &[0; 100]);
    let given_up = call(&mut pair.client, &[0; 100]);
    pair.client.give_up(given_up, Reason::Cancelled);
    let bytes = pair.client.output().to_vec();
    pair.client.consume(1);
    pair.server.receive(&bytes[..1]).unwrap();
    pair.client.lost();
    pair.server.lost();
    let ends: Vec<_> = events(&mut pair.client)
        .into_iter()
        .map(|event| {
            let (id, error) = system(event);
            assert_eq!(error.code(), Code::Unavailable);
            (id, error.sent())
        })
        .collect();
    assert_eq!(
        ends,
        [
            (arrived_id, Sent::MaybeExecuted),
            (half, Sent::MaybeExecuted),
            (not, Sent::NotSent)
        ]
    );
    assert_eq!(
        event(&mut pair.server),
        LinkEvent::CancelRequested {
            id: arrived_id,
            reason: Reason::Lost
        }
    );
    pair.server.reply(arrived_id, Outcome::Ok(vec![]));
    assert_eq!(pair.server.output(), b"");
    assert_eq!(
        pair.client
            .call(CallHead::default(), vec![])
            .unwrap_err()
            .code(),
        Code::Unavailable
    );
    pair.client.lost();
    assert_eq!(events(&mut pair.client), []);
}

#[test]
fn goodbye_lets_accepted_calls_end_and_ends_the_others_as_not_sent() {
    let mut pair = default_pair();
    let accepted = call(&mut pair.client, &[]);
    pair.settle();
    arrived(event(&mut pair.server));
    let crossing = call(&mut pair.client, &vec![0; 100_000]);
    pair.server.goodbye("SIGTERM");
    carry(&mut pair.client, &mut pair.server);
    carry(&mut pair.server, &mut pair.client);
    let mut all = events(&mut pair.client);
    assert_eq!(
        all.pop(),
        Some(LinkEvent::Goodbye {
            reason: "SIGTERM".into()
        })
    );
    let (id, error) = system(all.pop().unwrap());
    assert_eq!(
        (id, error.code(), error.sent()),
        (crossing, Code::Unavailable, Sent::NotSent)
    );
    assert_eq!(all, []);
    let error = pair.client.call(CallHead::default(), vec![]).unwrap_err();
    assert_eq!(
        (error.code(), error.sent()),
        (Code::Unavailable, Sent::NotSent)
    );
    pair.settle();
    assert_eq!(events(&mut pair.server), []);
    pair.server.reply(accepted, Outcome::Ok(vec![1]));
    // The side that said goodbye may still call.
    let back = call(&mut pair.server, &[3]);
    pair.settle();
    let mut all = events(&mut pair.client);
    assert_eq!(
        all.remove(0),
        LinkEvent::Outcome {
            id: accepted,
            outcome: Outcome::Ok(vec![1])
        }
    );
    assert_eq!(arrived(all.remove(0)).0, back);
}

#[test]
fn schemas_are_exchanged_in_any_size() {
    let exports = |n: usize| -> Vec<Export> {
        (0..n)
            .map(|n| Export {
                interface: format!("test:a/i{n}@1.0.0"),
                fingerprint: [n as u8; 32],
            })
            .collect()
    };
    let mut pair = Pair::open(
        Hello::default(),
        Hello {
            exports: exports(3),
            ..Hello::default()
        },
    );
    assert_eq!(pair.client.peer().unwrap().exports, exports(3));
    assert_eq!(
        pair.client.request_schema(3).unwrap_err().code(),
        Code::InvalidArgument
    );
    for index in [0, 1, 1, 2] {
        pair.client.request_schema(index).unwrap();
    }
    pair.settle();
    let asked = events(&mut pair.server);
    assert_eq!(asked.len(), 3, "a schema is asked for once");
    let sizes = [1_000_000, 10, 500_000];
    for event in asked {
        let LinkEvent::SchemaRequested { index } = event else {
            panic!("{event:?}")
        };
        pair.server
            .reply_schema(
                index,
                vec![b'0' + index as u8; sizes[index as usize]].into(),
            )
            .unwrap();
    }
    pair.server.reply_schema(0, vec![].into()).unwrap();
    pair.settle();
    let mut got: Vec<(u32, usize)> = events(&mut pair.client)
        .into_iter()
        .map(|event| match event {
            LinkEvent::Schema { index, json } => {
                assert!(json.iter().all(|&b| b == b'0' + index as u8));
                (index, json.len())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    got.sort_unstable();
    assert_eq!(got, [(0, 1_000_000), (1, 10), (2, 500_000)]);
    // Once more, after the first answer.
    pair.client.request_schema(1).unwrap();
    pair.settle();
    assert_eq!(
        event(&mut pair.server),
        LinkEvent::SchemaRequested { index: 1 }
    );
}

#[test]
fn pings_are_answered_and_overtake_large_bodies() {
    let mut pair = default_pair();
    call(&mut pair.client, &vec![0; 50 << 20]);
    carry(&mut pair.client, &mut pair.server);
    pair.client.ping(42);
    carry(&mut pair.client, &mut pair.server);
    carry(&mut pair.server, &mut pair.client);
    assert_eq!(event(&mut pair.client), LinkEvent::Pong(42));
}

#[test]
fn a_violation_poisons_the_link_and_tells_the_peer() {
    let mut pair = default_pair();
    let id = call(&mut pair.client, &[]);
    let waiting = call(&mut pair.server, &[]);
    pair.settle();
    events(&mut pair.client);
    events(&mut pair.server);
    let violation = pair.server.receive(&[0xff; 16]).unwrap_err();
    assert_eq!(violation.code(), Code::InvalidArgument);
    assert_eq!(pair.server.receive(&[]).unwrap_err(), violation);
    assert!(pair.server.is_closed());
    let mut all = events(&mut pair.server);
    assert_eq!(
        all.pop(),
        Some(LinkEvent::CancelRequested {
            id,
            reason: Reason::Lost
        })
    );
    assert_eq!(system(all.pop().unwrap()).0, waiting);
    carry(&mut pair.server, &mut pair.client);
    let mut all = events(&mut pair.client);
    let Some(LinkEvent::Failed(error)) = all.pop() else {
        panic!()
    };
    assert_eq!(
        (error.code(), error.message()),
        (Code::InvalidArgument, violation.reason())
    );
    assert!(pair.client.is_closed());
    assert_eq!(all.len(), 2);
    assert_eq!(system(all.remove(0)).1.cause(), Some(&error));
    assert_eq!(
        all,
        [LinkEvent::CancelRequested {
            id: waiting,
            reason: Reason::Lost
        }]
    );
}

#[test]
fn a_peer_that_asks_without_reading_is_stopped() {
    let mut pair = default_pair();
    for n in 0..4096 {
        pair.client.ping(n);
        let bytes = pair.client.output().to_vec();
        pair.client.consume(bytes.len());
        pair.server.receive(&bytes).unwrap();
    }
    pair.client.ping(0);
    let bytes = pair.client.output().to_vec();
    assert!(pair.server.receive(&bytes).is_err());
}

#[test]
fn calls_and_cancels_without_reading_fill_the_quota() {
    let mut pair = Pair::open(
        Hello::default(),
        Hello {
            calls: 4,
            ..Hello::default()
        },
    );
    // The peer never reads what the server sends, so its own count is that of another, generous server.
    let mut client = Pair::open(
        Hello::default(),
        Hello {
            calls: 100,
            ..Hello::default()
        },
    )
    .client;
    for _ in 0..50 {
        let id = call(&mut client, &[]);
        let bytes = client.output().to_vec();
        client.consume(bytes.len());
        client.give_up(id, Reason::Cancelled);
        pair.server.receive(&bytes).unwrap();
        carry(&mut client, &mut pair.server);
    }
    let started = events(&mut pair.server).len();
    assert_eq!(started, 0);
    // Eight `cancelled` and 42 refusals; nothing more piles up than one answer a call.
    assert!(
        pair.server.output().len() < 50 * 160,
        "{}",
        pair.server.output().len()
    );
}
