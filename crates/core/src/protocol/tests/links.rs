//! Two linked state machines, one behaviour a test.

use super::pair::{Pair, carry, event, events};
use crate::dispatch::Outcome;
use crate::error::{Code, Error, Sent};
use crate::protocol::{CallHead, Hello, Link, LinkEvent, Reason, Role};

pub(super) fn default_pair() -> Pair {
    Pair::open(Hello::default(), Hello::default())
}

pub(super) fn call(link: &mut Link, args: &[u8]) -> u64 {
    link.call(
        CallHead {
            function: 7,
            ..CallHead::default()
        },
        args.to_vec(),
    )
    .unwrap()
}

#[track_caller]
pub(super) fn system(event: LinkEvent) -> (u64, Error) {
    match event {
        LinkEvent::Outcome {
            id,
            outcome: Outcome::System(error),
        } => (id, error),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(super) fn arrived(event: LinkEvent) -> (u64, Vec<u8>) {
    match event {
        LinkEvent::Call { id, args, .. } => (id, args),
        other => panic!("{other:?}"),
    }
}

#[test]
fn calls_go_both_ways_and_end_in_four_ways() {
    let mut pair = default_pair();
    let head = CallHead {
        interface: 1,
        function: 2,
        deadline: 3,
        chain: [4; 16],
        ..CallHead::default()
    };
    for (n, outcome) in [
        Outcome::Ok(vec![1, 2]),
        Outcome::Declared(vec![3]),
        Outcome::System(Error::internal("broken").with_sent(Sent::MaybeExecuted)),
        Outcome::Cancelled,
    ]
    .into_iter()
    .enumerate()
    {
        let id = pair.client.call(head.clone(), vec![n as u8]).unwrap();
        assert_eq!(id, 1 + 2 * n as u64);
        pair.settle();
        assert_eq!(
            event(&mut pair.server),
            LinkEvent::Call {
                id,
                head: head.clone(),
                args: vec![n as u8]
            }
        );
        pair.server.reply(id, outcome.clone());
        pair.settle();
        assert_eq!(event(&mut pair.client), LinkEvent::Outcome { id, outcome });
    }
    let id = pair.server.call(head.clone(), Vec::new()).unwrap();
    assert_eq!(id, 2);
    pair.settle();
    assert_eq!(arrived(event(&mut pair.client)), (2, Vec::new()));
    pair.client.reply(2, Outcome::Ok(Vec::new()));
    pair.settle();
    assert_eq!(
        event(&mut pair.server),
        LinkEvent::Outcome {
            id: 2,
            outcome: Outcome::Ok(Vec::new())
        }
    );
    assert_eq!(
        pair.client.outgoing_calls() + pair.server.inbound_calls(),
        0
    );
}

#[test]
fn bodies_of_every_size_around_a_fragment_arrive_whole() {
    let mut pair = default_pair();
    for size in [
        0, 1, 7, 8, 16_343, 16_344, 16_345, 16_384, 16_385, 32_767, 32_768, 32_769, 1_000_003,
    ] {
        let bytes: Vec<u8> = (0..size).map(|n: u32| (n % 251) as u8).collect();
        let id = call(&mut pair.client, &bytes);
        pair.settle();
        assert_eq!(
            arrived(event(&mut pair.server)),
            (id, bytes.clone()),
            "{size}"
        );
        pair.server.reply(id, Outcome::Ok(bytes.clone()));
        pair.settle();
        assert_eq!(
            event(&mut pair.client),
            LinkEvent::Outcome {
                id,
                outcome: Outcome::Ok(bytes)
            },
            "{size}"
        );
    }
}

#[test]
fn a_small_call_overtakes_a_large_body() {
    let mut pair = default_pair();
    let large = call(&mut pair.client, &vec![1; 100 << 20]);
    carry(&mut pair.client, &mut pair.server);
    let small = call(&mut pair.client, &[2]);
    let mut before = 0;
    let id = loop {
        if let Some(event) = pair.server.poll_event() {
            break arrived(event).0;
        }
        before += carry(&mut pair.client, &mut pair.server);
    };
    assert_eq!(id, small);
    assert!(
        before < 256 << 10,
        "{before} bytes came before the small call"
    );
    pair.settle();
    assert_eq!(arrived(event(&mut pair.server)).0, large);
}

#[test]
fn large_bodies_share_the_link() {
    let mut pair = default_pair();
    for _ in 0..3 {
        call(&mut pair.client, &vec![1; 1 << 20]);
    }
    let mut ends = Vec::new();
    let mut sent = 0;
    while pair.client.has_output() {
        sent += carry(&mut pair.client, &mut pair.server);
        ends.extend(events(&mut pair.server).into_iter().map(|_| sent));
    }
    assert_eq!(ends.len(), 3);
    assert!(
        ends[0] > sent * 9 / 10,
        "in turn, so they all end near the end: {ends:?} of {sent}"
    );
}

#[test]
fn small_calls_do_not_starve_a_large_body() {
    let mut pair = default_pair();
    let large = call(&mut pair.client, &vec![1; 1 << 20]);
    let mut rounds = 0;
    loop {
        rounds += 1;
        assert!(rounds < 500, "the large body does not get through");
        for _ in 0..10 {
            call(&mut pair.client, &[0; 8_000]);
        }
        carry(&mut pair.client, &mut pair.server);
        let mut done = false;
        for event in events(&mut pair.server) {
            let id = arrived(event).0;
            done |= id == large;
            pair.server.reply(id, Outcome::Cancelled);
        }
        carry(&mut pair.server, &mut pair.client);
        if done {
            break;
        }
    }
}

#[test]
fn the_quota_is_kept_on_both_sides_and_comes_back_with_the_terminal_frame_only() {
    let mut pair = Pair::open(
        Hello::default(),
        Hello {
            calls: 2,
            ..Hello::default()
        },
    );
    let first = call(&mut pair.client, &[]);
    call(&mut pair.client, &[]);
    let error = pair
        .client
        .call(CallHead::default(), Vec::new())
        .unwrap_err();
    assert_eq!(
        (error.code(), error.sent()),
        (Code::ResourceExhausted, Sent::NotSent)
    );
    pair.settle();
    assert!(pair.client.give_up(first, Reason::Cancelled));
    assert!(
        pair.client.call(CallHead::default(), Vec::new()).is_err(),
        "given up, but not ended"
    );
    pair.settle();
    events(&mut pair.server);
    pair.server.reply(first, Outcome::Ok(vec![1]));
    pair.settle();
    assert_eq!(
        events(&mut pair.client),
        [],
        "what a given-up call returns is dropped"
    );
    call(&mut pair.client, &[]);
    assert!(pair.client.call(CallHead::default(), Vec::new()).is_err());
}

#[test]
fn a_caller_over_the_quota_is_refused_call_by_call() {
    // The client believes in a larger quota than the server grants.
    let mut server = Link::new(
        Role::Server,
        Hello {
            calls: 1,
            ..Hello::default()
        },
    )
    .unwrap();
    let mut client = Pair::open(
        Hello::default(),
        Hello {
            calls: 9,
            ..Hello::default()
        },
    )
    .client;
    let mut hello = Link::new(Role::Client, Hello::default()).unwrap();
    carry(&mut hello, &mut server);
    let len = server.output().len();
    server.consume(len);
    events(&mut server);
    let first = call(&mut client, &[]);
    let second = call(&mut client, &[]);
    carry(&mut client, &mut server);
    assert_eq!(arrived(event(&mut server)).0, first);
    carry(&mut server, &mut client);
    let (id, error) = system(event(&mut client));
    assert_eq!(
        (id, error.code(), error.sent()),
        (second, Code::ResourceExhausted, Sent::NotSent)
    );
    server.reply(first, Outcome::Ok(Vec::new()));
    carry(&mut server, &mut client);
    assert!(matches!(
        event(&mut client),
        LinkEvent::Outcome {
            outcome: Outcome::Ok(_),
            ..
        }
    ));
}

#[test]
fn a_cancelled_call_that_waits_never_starts() {
    let mut pair = default_pair();
    let id = call(&mut pair.client, &[1]);
    carry(&mut pair.client, &mut pair.server);
    assert!(pair.client.give_up(id, Reason::Deadline));
    assert!(!pair.client.give_up(id, Reason::Deadline));
    carry(&mut pair.client, &mut pair.server);
    assert_eq!(events(&mut pair.server), []);
    pair.settle();
    assert_eq!(events(&mut pair.client), []);
    assert_eq!(
        pair.client.outgoing_calls() + pair.server.inbound_calls(),
        0
    );
}

#[test]
fn a_running_call_hears_of_its_cancel_and_its_result_is_not_sent() {
    let mut pair = default_pair();
    let id = call(&mut pair.client, &[1]);
    pair.settle();
    arrived(event(&mut pair.server));
    pair.client.give_up(id, Reason::Deadline);
    pair.settle();
    assert_eq!(
        event(&mut pair.server),
        LinkEvent::CancelRequested {
            id,
            reason: Reason::Deadline
        }
    );
    pair.server.reply(id, Outcome::Ok(vec![0; 1 << 20]));
    let sent = carry(&mut pair.server, &mut pair.client);
    assert_eq!(sent, 16, "a cancelled frame and nothing else");
    assert_eq!(pair.client.outgoing_calls(), 0);
}

#[test]
fn a_cancel_stops_a_large_body_in_either_direction() {
    let mut pair = default_pair();
    let id = call(&mut pair.client, &vec![1; 10 << 20]);
    carry(&mut pair.client, &mut pair.server);
    assert!(pair.client.give_up(id, Reason::Cancelled));
    let mut sent = 0;
    while pair.client.has_output() || pair.server.has_output() {
        sent +=
            carry(&mut pair.client, &mut pair.server) + carry(&mut pair.server, &mut pair.client);
    }
    assert!(sent < 200 << 10, "{sent}");
    assert_eq!(
        (events(&mut pair.client), events(&mut pair.server)),
        (vec![], vec![])
    );
    assert_eq!(
        pair.client.outgoing_calls() + pair.server.inbound_calls(),
        0
    );

    let id = call(&mut pair.client, &[]);
    pair.settle();
    arrived(event(&mut pair.server));
    pair.server.reply(id, Outcome::Ok(vec![1; 10 << 20]));
    carry(&mut pair.server, &mut pair.client);
    assert!(pair.client.give_up(id, Reason::Cancelled));
    sent = 0;
    while pair.client.has_output() || pair.server.has_output() {
        sent +=
            carry(&mut pair.client, &mut pair.server) + carry(&mut pair.server, &mut pair.client);
    }
    assert!(sent < 200 << 10, "{sent}");
    assert_eq!(
        (events(&mut pair.client), events(&mut pair.server)),
        (vec![], vec![])
    );
    assert_eq!(
        pair.client.outgoing_calls() + pair.server.inbound_calls(),
        0
    );
}

#[test]
fn a_call_given_up_before_its_first_byte_leaves_no_trace() {
    let mut pair = default_pair();
    call(&mut pair.client, &vec![0; 1 << 20]);
    let id = call(&mut pair.client, &vec![0; 1 << 20]);
    let last = call(&mut pair.client, &[5]);
    assert!(pair.client.is_unsent(id));
    assert!(pair.client.give_up(id, Reason::Cancelled));
    pair.settle();
    let mut ids: Vec<u64> = events(&mut pair.server)
        .into_iter()
        .map(|e| arrived(e).0)
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, last]);
    assert_eq!(pair.client.outgoing_calls(), 2);
}

#[test]
fn bodies_over_the_message_limit_are_refused_by_whoever_meets_them_first() {
    let small = Hello {
        message: 100_000,
        ..Hello::default()
    };
    let mut pair = Pair::open(small.clone(), small.clone());
    let error = pair
        .client
        .call(CallHead::default(), vec![0; 100_001])
        .unwrap_err();
    assert_eq!(
        (error.code(), error.sent(), error.is_retryable()),
        (Code::ResourceExhausted, Sent::NotSent, false)
    );
    let id = call(&mut pair.client, &vec![0; 100_000]);
    pair.settle();
    assert_eq!(arrived(event(&mut pair.server)).1.len(), 100_000);
    pair.server.reply(id, Outcome::Ok(vec![0; 100_001]));
    pair.settle();
    let (_, error) = system(event(&mut pair.client));
    assert_eq!(
        (error.code(), error.sent()),
        (Code::ResourceExhausted, Sent::MaybeExecuted)
    );

    // A peer that does not know the limit: its bodies are skipped, not held.
    for size in [100_001, 5_000_000] {
        let mut client = Pair::open(small.clone(), Hello::default()).client;
        let mut server = Pair::open(Hello::default(), small.clone()).server;
        let id = call(&mut client, &vec![0; size]);
        while client.has_output() || server.has_output() {
            carry(&mut client, &mut server);
            carry(&mut server, &mut client);
        }
        let (ended, error) = system(event(&mut client));
        assert_eq!(
            (ended, error.code(), error.sent()),
            (id, Code::ResourceExhausted, Sent::NotSent)
        );
        assert_eq!(events(&mut server), []);

        let mut client = Pair::open(small.clone(), Hello::default()).client;
        let mut server = Pair::open(Hello::default(), Hello::default()).server;
        let id = call(&mut client, &[]);
        carry(&mut client, &mut server);
        arrived(event(&mut server));
        server.reply(id, Outcome::Ok(vec![0; size]));
        carry(&mut server, &mut client);
        let (_, error) = system(event(&mut client));
        assert_eq!(
            (error.code(), error.sent()),
            (Code::ResourceExhausted, Sent::MaybeExecuted)
        );
        while server.has_output() {
            assert_eq!(
                client.outgoing_calls(),
                1,
                "the place comes back at the end"
            );
            carry(&mut server, &mut client);
        }
        assert_eq!((client.outgoing_calls(), events(&mut client)), (0, vec![]));
    }
}

#[test]
fn large_bodies_wait_for_room_to_be_reassembled() {
    let tight = Hello {
        message: 1 << 20,
        reassembly: 2 << 20,
        ..Hello::default()
    };
    let mut pair = Pair::open(tight.clone(), tight);
    let ids: Vec<u64> = (0..8)
        .map(|_| call(&mut pair.client, &vec![7; 1_000_000]))
        .collect();
    pair.settle();
    let got: Vec<u64> = events(&mut pair.server)
        .into_iter()
        .map(|e| arrived(e).0)
        .collect();
    assert_eq!(got, ids);
    for &id in &ids {
        pair.server.reply(id, Outcome::Ok(vec![8; 1_000_000]));
    }
    pair.settle();
    let done = events(&mut pair.client);
    assert_eq!(done.len(), 8);
    assert!(done.iter().all(|e| matches!(e, LinkEvent::Outcome { outcome: Outcome::Ok(body), .. } if body.len() == 1_000_000)));
}
