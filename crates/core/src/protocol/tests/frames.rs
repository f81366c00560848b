//! Frames byte by byte, and what is refused.

use crate::error::{Code, Error, Frame as TraceFrame, Sent};
use crate::protocol::*;

fn frame(kind: u8, flags: u8, id: u64, body: &[u8]) -> Vec<u8> {
    let mut out = (body.len() as u32).to_le_bytes().to_vec();
    out.extend([kind, flags, 0, 0]);
    out.extend(id.to_le_bytes());
    out.extend(body);
    out.resize(out.len().next_multiple_of(8), 0);
    out
}

#[test]
fn a_call_is_the_bytes_of_the_specification() {
    let mut link = Link::new(Role::Client, Hello::default()).unwrap();
    let hello = link.output().to_vec();
    link.consume(hello.len());
    let peer = Link::new(Role::Server, Hello::default())
        .unwrap()
        .output()
        .to_vec();
    link.receive(&peer).unwrap();
    let head = CallHead {
        interface: 1,
        function: 2,
        deadline: 3,
        chain: [0xAA; 16],
        meta: Metadata {
            idempotency_key: Some("k".into()),
            hops: 5,
            want_trace: false,
            ..Metadata::default()
        },
    };
    link.call(head, vec![9, 8]).unwrap();
    let mut body = Vec::new();
    body.extend(1u32.to_le_bytes());
    body.extend(2u32.to_le_bytes());
    body.extend(3u64.to_le_bytes());
    body.extend([0xAA; 16]);
    body.extend(16u32.to_le_bytes());
    body.extend([0; 4]);
    body.extend([3, 0, 1, 0, b'k', 4, 0, 2, 0, 5, 0, 5, 0, 1, 0, 0]);
    body.extend([9, 8]);
    assert_eq!(link.output(), frame(8, 0, 1, &body));
}

#[test]
fn hello_is_the_bytes_of_the_specification() {
    let hello = Hello {
        features: 0,
        calls: 2,
        message: 3,
        reassembly: 4,
        pid: 5,
        instance: "i".into(),
        language: "go".into(),
        exports: vec![Export {
            interface: "a:b/c@1.0.0".into(),
            fingerprint: [7; 32],
        }],
    };
    let mut body = b"HMSFFI\0\x01\x01\0\x01\0\0\0\0\0\x02\0\0\0".to_vec();
    body.extend(3u64.to_le_bytes());
    body.extend(4u64.to_le_bytes());
    body.extend(b"\x05\0\0\0\x01\0\0\0i\x02\0\0\0go\x01\0\0\0\x0b\0\0\0a:b/c@1.0.0");
    body.extend([7; 32]);
    assert_eq!(
        Link::new(Role::Client, hello.clone()).unwrap().output(),
        frame(1, 0, 0, &body)
    );
    assert_eq!(Hello::decode(&body).unwrap(), hello);
    body.extend(b"later fields");
    assert_eq!(Hello::decode(&body).unwrap(), hello);
    for cut in 0..body.len() - 12 {
        assert!(Hello::decode(&body[..cut]).is_err(), "{cut}");
    }
    body[8] = 2;
    body[10] = 9;
    assert_eq!(
        Hello::decode(&body).unwrap_err().code(),
        Code::Unimplemented
    );
}

#[test]
fn a_hello_over_the_limits_is_not_made() {
    let export = |length: usize| Export {
        interface: "i".repeat(length),
        fingerprint: [0; 32],
    };
    for exports in [
        vec![export(257)],
        vec![export(1); 1025],
        vec![export(256); 300],
    ] {
        let error = Link::new(
            Role::Client,
            Hello {
                exports,
                ..Hello::default()
            },
        )
        .unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
    }
}

#[test]
fn errors_survive_the_wire() {
    let frame = |n: u32| TraceFrame {
        language: "python".into(),
        component: "a:b/c".into(),
        function: format!("f{n}"),
        file: "x.py".into(),
        line: n,
    };
    let error = Error::new(Code::NotFound, "nö")
        .with_sent(Sent::MaybeExecuted)
        .with_retry(true)
        .with_details(vec![0xf6])
        .with_trace(vec![frame(1), frame(2)])
        .with_cause(Error::unavailable("deeper").with_retry(false));
    assert_eq!(decode_error(&encode_error(&error)).unwrap(), error);
    let plain = Error::internal("");
    assert_eq!(
        encode_error(&plain),
        [13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    );

    let body = encode_error(&error);
    for cut in 0..body.len() {
        assert!(decode_error(&body[..cut]).is_err(), "{cut}");
    }
    for (at, value) in [(0, 0), (0, 17), (1, 2), (2, 3), (3, 1)] {
        let mut bad = encode_error(&plain);
        bad[at] = value;
        assert!(decode_error(&bad).is_err());
    }
}

#[test]
fn errors_over_the_limits_are_shortened() {
    let mut deep = Error::internal("0");
    for n in 1..40 {
        deep = Error::internal(n.to_string()).with_cause(deep);
    }
    let decoded = decode_error(&encode_error(&deep)).unwrap();
    let causes = std::iter::successors(Some(&decoded), |e| e.cause()).count();
    assert_eq!(causes, 17, "the error and sixteen causes");

    let huge = Error::new(Code::Aborted, "é".repeat(1 << 20))
        .with_sent(Sent::MaybeExecuted)
        .with_retry(false);
    let decoded = decode_error(&encode_error(&huge)).unwrap();
    assert_eq!(
        (decoded.code(), decoded.sent(), decoded.retry_hint()),
        (Code::Aborted, Sent::MaybeExecuted, Some(false))
    );
    assert_eq!(decoded.message().len(), 64 << 10);
}

/// One frame of every kind.
pub(super) fn every_frame() -> Vec<(u64, Frame<'static>)> {
    let place = ArenaRef {
        arena: 1,
        generation: 2,
        offset: 3,
        length: 4,
    };
    static FULL: [u8; FRAGMENT] = [5; FRAGMENT];
    let first = Body {
        bytes: &FULL,
        total: Some(FRAGMENT as u64 + 1),
    };
    // Some first fragments have fixed fields, which count.
    let behind = |fixed: usize| Body {
        bytes: &FULL[fixed..],
        total: Some(FRAGMENT as u64 + 1),
    };
    vec![
        (0, Frame::Hello(b"anything")),
        (0, Frame::SchemaRequest { index: 3 }),
        (
            0,
            Frame::SchemaReply {
                index: 3,
                json: Body::whole(b"{}"),
            },
        ),
        (
            0,
            Frame::SchemaReply {
                index: 3,
                json: behind(4),
            },
        ),
        (
            0,
            Frame::ShmOffer {
                ring: 65536,
                features: 1,
            },
        ),
        (0, Frame::ShmAnswer { accepted: true }),
        (1, Frame::Call(Body::whole(&[1; 41]))),
        (1, Frame::Call(first)),
        (
            1,
            Frame::Fragment {
                bytes: b"x",
                more: false,
            },
        ),
        (
            1,
            Frame::Fragment {
                bytes: &FULL,
                more: true,
            },
        ),
        (
            0,
            Frame::Fragment {
                bytes: b"x",
                more: false,
            },
        ),
        (1, Frame::Ok(Body::whole(b""))),
        (1, Frame::Ok(first)),
        (2, Frame::DeclaredError(Body::whole(b"e"))),
        (2, Frame::SystemError(Body::whole(b"s"))),
        (0, Frame::SystemError(Body::whole(b"s"))),
        (3, Frame::Cancelled),
        (
            3,
            Frame::Cancel {
                reason: Reason::Cancelled,
            },
        ),
        (
            3,
            Frame::Cancel {
                reason: Reason::Deadline,
            },
        ),
        (
            4,
            Frame::Item {
                stream: 1,
                item: Body::whole(b"item"),
            },
        ),
        (
            4,
            Frame::Item {
                stream: 1,
                item: behind(8),
            },
        ),
        (
            4,
            Frame::Credit {
                stream: 1,
                items: 2,
                bytes: 3,
            },
        ),
        (
            4,
            Frame::End {
                stream: 1,
                who: StreamSide::Sender,
                how: EndHow::Done,
                error: Body::whole(b""),
            },
        ),
        (
            4,
            Frame::End {
                stream: 1,
                who: StreamSide::Receiver,
                how: EndHow::Dropped,
                error: Body::whole(b""),
            },
        ),
        (
            4,
            Frame::End {
                stream: 1,
                who: StreamSide::Sender,
                how: EndHow::Error,
                error: Body::whole(b"err"),
            },
        ),
        (0, Frame::Drop { handles: &[9; 16] }),
        (5, Frame::Event(Body::whole(&[1; 40]))),
        (0, Frame::Ping(u64::MAX)),
        (0, Frame::Pong(1)),
        (
            0,
            Frame::Goodbye {
                last: 9,
                reason: "bye",
            },
        ),
        (
            1,
            Frame::InArena {
                kind: FrameType::Call,
                head: &[1; 40],
                place,
            },
        ),
        (1, Frame::ArenaRef(place)),
        (
            0,
            Frame::ArenaRelease {
                arena: 1,
                generation: 2,
                offset: 3,
            },
        ),
    ]
}

#[test]
fn every_frame_survives_a_round_trip_and_no_prefix_is_a_frame() {
    let mut seen = Vec::new();
    for (id, frame) in every_frame() {
        let mut bytes = Vec::new();
        frame.encode(id, &mut bytes);
        assert_eq!(bytes.len() % 8, 0);
        let (header, decoded, size) = Frame::decode(&bytes).unwrap().unwrap();
        assert_eq!((header.id, decoded, size), (id, frame, bytes.len()));
        for cut in (0..bytes.len()).step_by(if bytes.len() > 1000 { 997 } else { 1 }) {
            assert_eq!(Frame::decode(&bytes[..cut]), Ok(None), "{frame:?} {cut}");
        }
        seen.push(header.kind);
    }
    for kind in FrameType::ALL {
        assert!(seen.contains(kind), "{} is not tested", kind.name());
    }
}

#[test]
fn what_breaks_the_format_is_refused() {
    let full = [0u8; FRAGMENT];
    let first = |total: u64| [&total.to_le_bytes()[..], &full].concat();
    let mut reserved = frame(24, 0, 0, &[0; 8]);
    reserved[6] = 1;
    let mut padding = frame(14, 0, 1, &[0]);
    padding[20] = 1;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("unknown type", frame(0, 0, 0, &[])),
        ("unknown type", frame(6, 0, 0, &[])),
        ("unknown flag", frame(8, 4, 1, &[0; 40])),
        ("reserved bytes", reserved),
        ("padding", padding),
        ("id on a link frame", frame(24, 0, 1, &[0; 8])),
        ("no id on a call frame", frame(8, 0, 0, &[0; 40])),
        ("MORE on a ping", frame(24, 1, 0, &[0; 8])),
        (
            "a frame that is too long",
            frame(8, 0, 1, &[0; FRAGMENT + 1]),
        ),
        (
            "a hello that is too long",
            frame(1, 0, 0, &[0; MAX_BODY + 1]),
        ),
        (
            "a first fragment that is not full",
            frame(8, 1, 1, &first(20_000)[..FRAGMENT]),
        ),
        ("a fragment that is not full", frame(9, 1, 1, &full[1..])),
        (
            "a total that fits one frame",
            frame(8, 1, 1, &first(FRAGMENT as u64)),
        ),
        ("a long ping", frame(24, 0, 0, &[0; 9])),
        ("a short ping", frame(24, 0, 0, &[0; 7])),
        ("a cancelled with a body", frame(13, 0, 1, &[0])),
        ("an unknown reason", frame(14, 0, 1, &[2])),
        (
            "a goodbye that is not UTF-8",
            frame(26, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 0, 0xff]),
        ),
        (
            "handles without count",
            frame(19, 0, 0, &[2, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]),
        ),
        (
            "an end without its error",
            frame(18, 0, 1, &[0, 0, 0, 0, 0, 1, 0, 0]),
        ),
        (
            "an end with a stray error",
            frame(18, 0, 1, &[0, 0, 0, 0, 0, 0, 0, 0, 1]),
        ),
        ("an arena flag on a ping", frame(24, 2, 0, &[0; 24])),
        ("an arena flag with MORE", frame(8, 3, 1, &first(20_000))),
        ("an arena-ref that is too short", frame(8, 2, 1, &[0; 23])),
    ];
    for (what, bytes) in cases {
        assert!(Frame::decode(&bytes).is_err(), "{what}");
    }
}

fn open_server() -> Link {
    let mut server = Link::new(
        Role::Server,
        Hello {
            exports: vec![Export {
                interface: "a:b/c@1.0.0".into(),
                fingerprint: [0; 32],
            }],
            ..Hello::default()
        },
    )
    .unwrap();
    let hello = Link::new(Role::Client, Hello::default())
        .unwrap()
        .output()
        .to_vec();
    server.receive(&hello).unwrap();
    let length = server.output().len();
    server.consume(length);
    while server.poll_event().is_some() {}
    server
}

#[test]
fn frames_that_break_the_rules_of_a_link_poison_it() {
    let call = |id: u64| frame(8, 0, id, &[0; 40]);
    let head = |meta: &[u8]| {
        let mut body = vec![0; 40];
        body[32..36].copy_from_slice(&(meta.len() as u32).to_le_bytes());
        body.extend(meta);
        body.resize(body.len().next_multiple_of(8), 0);
        body
    };
    let big = |id: u64| {
        let mut body = 20_000u64.to_le_bytes().to_vec();
        body.resize(8 + FRAGMENT, 0);
        frame(8, 1, id, &body)
    };
    let hello = Link::new(Role::Client, Hello::default())
        .unwrap()
        .output()
        .to_vec();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a second hello", hello),
        ("a call with the server's id", call(2)),
        ("a call id used twice", [call(3), call(3)].concat()),
        ("a call id that goes back", [call(3), call(1)].concat()),
        ("a result for the peer's own call", frame(10, 0, 1, &[])),
        (
            "a result for a call that was never made",
            frame(10, 0, 2, &[]),
        ),
        ("a cancel of an unopened call", frame(14, 0, 1, &[0])),
        ("a fragment of an unopened call", frame(9, 0, 1, &[0])),
        (
            "a fragment of a whole call",
            [call(1), frame(9, 0, 1, &[0])].concat(),
        ),
        (
            "fragments past the total",
            [big(1), frame(9, 0, 1, &[0; 3617])].concat(),
        ),
        (
            "fragments short of the total",
            [big(1), frame(9, 0, 1, &[0; 3615])].concat(),
        ),
        ("a fragment without schema", frame(9, 0, 0, &[0])),
        ("a schema that nobody asked for", frame(3, 0, 0, &[0; 6])),
        ("a request for no export", frame(2, 0, 0, &[1, 0, 0, 0])),
        (
            "a schema asked for twice",
            [frame(2, 0, 0, &[0; 4]), frame(2, 0, 0, &[0; 4])].concat(),
        ),
        (
            "two goodbyes",
            [frame(26, 0, 0, &[0; 8]), frame(26, 0, 0, &[0; 8])].concat(),
        ),
        ("a short call", frame(8, 0, 1, &[0; 39])),
        (
            "metadata past the end",
            frame(8, 0, 1, &{
                let mut b = [0; 40];
                b[32] = 8;
                b
            }),
        ),
        (
            "metadata keys out of order",
            frame(8, 0, 1, &head(&[3, 0, 0, 0, 1, 0, 0, 0])),
        ),
        (
            "metadata keys twice",
            frame(8, 0, 1, &head(&[3, 0, 0, 0, 3, 0, 0, 0])),
        ),
        ("hops of one byte", frame(8, 0, 1, &head(&[4, 0, 1, 0, 1]))),
        (
            "a trace wish of two",
            frame(8, 0, 1, &head(&[5, 0, 1, 0, 2])),
        ),
        (
            "a traceparent that is not UTF-8",
            frame(8, 0, 1, &head(&[1, 0, 1, 0, 0xff])),
        ),
        ("a malformed error", frame(12, 0, 0, &[0; 14])),
    ];
    for (what, bytes) in cases {
        assert!(open_server().receive(&bytes).is_err(), "{what}");
        let mut bytewise = open_server();
        assert!(
            bytes.chunks(1).any(|byte| bytewise.receive(byte).is_err()),
            "{what}, byte by byte"
        );
    }
    assert!(
        open_server()
            .receive(&frame(8, 0, 1, &head(&[99, 0, 1, 0, 7])))
            .is_ok(),
        "unknown metadata is ignored"
    );
    assert!(
        open_server()
            .receive(&[call(1), call(5), frame(14, 0, 3, &[0])].concat())
            .is_ok(),
        "ids may be left out"
    );
    let mut early = Link::new(Role::Server, Hello::default()).unwrap();
    assert!(early.receive(&call(1)).is_err(), "a call before hello");
}

#[test]
fn features_that_were_not_announced_are_refused() {
    for (id, frame) in every_frame() {
        let feature = matches!(
            frame.kind(),
            FrameType::ShmOffer
                | FrameType::ShmAnswer
                | FrameType::Item
                | FrameType::Credit
                | FrameType::End
                | FrameType::Drop
                | FrameType::Event
                | FrameType::ArenaRef
                | FrameType::ArenaRelease
        ) || matches!(frame, Frame::InArena { .. });
        if feature {
            let mut bytes = Vec::new();
            frame.encode(id, &mut bytes);
            let violation = open_server().receive(&bytes).unwrap_err();
            assert!(violation.reason().contains("not announced"), "{violation}");
        }
    }
}
