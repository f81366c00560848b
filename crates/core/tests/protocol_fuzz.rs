//! Mutated frames against the frame reader and against a link: no panic, no loop, no memory on the peer's word.
//! HMS_FUZZ_ITERATIONS says how many inputs (default 20,000), HMS_FUZZ_SEED where they start.

#[path = "support/rng.rs"]
mod rng;

use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error, Frame as TraceFrame};
use hms_ffi_core::protocol::{
    ArenaRef, Body, CallHead, EndHow, Export, FRAGMENT, Frame, FrameType, Hello, Link, LinkEvent,
    Metadata, Reason, Role, StreamSide, decode_error, encode_error,
};
use rng::Rng;

fn environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}"))
    })
}

/// Frames that a link may receive, each good in some state.
fn corpus() -> Vec<Vec<u8>> {
    let full = vec![7; FRAGMENT];
    let place = ArenaRef {
        arena: 1,
        generation: 2,
        offset: 3,
        length: 4,
    };
    let mut head = Vec::new();
    let meta = Metadata {
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into()),
        tracestate: Some("a=b".into()),
        idempotency_key: Some("key".into()),
        hops: 3,
        want_trace: false,
    };
    CallHead {
        interface: 1,
        function: 2,
        deadline: 3,
        chain: [4; 16],
        meta,
    }
    .encode(&mut head);
    head.extend_from_slice(b"arguments");
    let error = encode_error(
        &Error::new(Code::NotFound, "message")
            .with_details(vec![0xf6])
            .with_trace(vec![TraceFrame {
                language: "go".into(),
                component: "c".into(),
                function: "f".into(),
                file: "x.go".into(),
                line: 4,
            }])
            .with_cause(Error::internal("cause")),
    );
    let exports = vec![
        Export {
            interface: "a:b/c@1.0.0".into(),
            fingerprint: [9; 32]
        };
        2
    ];
    let hello = Hello {
        instance: "i".into(),
        language: "go".into(),
        exports,
        ..Hello::default()
    }
    .encode()
    .unwrap();
    let first = Body {
        bytes: &full,
        total: Some(40_000),
    };
    let mut frames = Vec::new();
    let mut add = |id: u64, frame: Frame<'_>| {
        let mut bytes = Vec::new();
        frame.encode(id, &mut bytes);
        frames.push(bytes);
    };
    add(0, Frame::Hello(&hello));
    add(0, Frame::SchemaRequest { index: 0 });
    add(
        0,
        Frame::SchemaReply {
            index: 0,
            json: Body::whole(b"{}"),
        },
    );
    add(
        0,
        Frame::SchemaReply {
            index: 0,
            json: Body {
                bytes: &full[4..],
                total: Some(40_000),
            },
        },
    );
    add(
        0,
        Frame::ShmOffer {
            ring: 1,
            features: 2,
        },
    );
    add(0, Frame::ShmAnswer { accepted: true });
    for id in [1, 3, 5] {
        add(id, Frame::Call(Body::whole(&head)));
        add(id, Frame::Call(first));
        add(
            id,
            Frame::Cancel {
                reason: Reason::Deadline,
            },
        );
    }
    for id in [0, 1, 2, 3] {
        add(
            id,
            Frame::Fragment {
                bytes: &full,
                more: true,
            },
        );
        add(
            id,
            Frame::Fragment {
                bytes: &full[..40_000 - 2 * FRAGMENT],
                more: false,
            },
        );
    }
    for id in [2, 4] {
        add(id, Frame::Ok(Body::whole(b"result")));
        add(id, Frame::Ok(first));
        add(id, Frame::DeclaredError(Body::whole(b"declared")));
        add(id, Frame::SystemError(Body::whole(&error)));
        add(id, Frame::Cancelled);
    }
    add(0, Frame::SystemError(Body::whole(&error)));
    add(
        2,
        Frame::Item {
            stream: 1,
            item: Body::whole(b"item"),
        },
    );
    add(
        2,
        Frame::Credit {
            stream: 1,
            items: 2,
            bytes: 3,
        },
    );
    add(
        2,
        Frame::End {
            stream: 1,
            who: StreamSide::Sender,
            how: EndHow::Error,
            error: Body::whole(&error),
        },
    );
    add(0, Frame::Drop { handles: &[1; 16] });
    add(1, Frame::Event(Body::whole(&head)));
    add(0, Frame::Ping(1));
    add(0, Frame::Pong(1));
    add(
        0,
        Frame::Goodbye {
            last: 2,
            reason: "bye",
        },
    );
    add(
        1,
        Frame::InArena {
            kind: FrameType::Call,
            head: &head[..40],
            place,
        },
    );
    add(2, Frame::ArenaRef(place));
    add(
        0,
        Frame::ArenaRelease {
            arena: 1,
            generation: 2,
            offset: 3,
        },
    );
    frames
}

/// Numbers that break careless arithmetic.
const INTERESTING: [u64; 12] = [
    0,
    1,
    2,
    7,
    0xff,
    FRAGMENT as u64,
    FRAGMENT as u64 + 1,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    i64::MAX as u64,
    u64::MAX,
];

/// Most bytes of interest are near the front: header, total, fixed fields.
fn position(rng: &mut Rng, length: usize) -> usize {
    let reach = if rng.percent(80) {
        length.min(96)
    } else {
        length
    };
    rng.below(reach as u64) as usize
}

fn mutate(rng: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..rng.below(4) {
        if bytes.is_empty() {
            return;
        }
        let at = position(rng, bytes.len());
        match rng.below(6) {
            0 => bytes[at] ^= 1 << rng.below(8),
            1 => bytes[at] = rng.next() as u8,
            2 => bytes[at] = rng.below(32) as u8,
            3 => {
                let width = *rng.pick(&[2, 4, 8]);
                let value = rng.pick(&INTERESTING).to_le_bytes();
                let end = (at + width).min(bytes.len());
                bytes[at..end].copy_from_slice(&value[..end - at]);
            }
            4 => bytes.truncate(at),
            _ => {
                let insert: Vec<u8> = (0..rng.between(1, 8)).map(|_| rng.next() as u8).collect();
                bytes.splice(at..at, insert);
            }
        }
    }
}

/// Whatever decodes encodes to the same bytes.
fn read_frames(mut bytes: &[u8]) -> u64 {
    let mut frames = 0;
    let mut again = Vec::new();
    while let Ok(Some((header, frame, size))) = Frame::decode(bytes) {
        again.clear();
        frame.encode(header.id, &mut again);
        assert!(again == bytes[..size], "{header:?} is not canonical");
        match frame {
            Frame::Call(body) | Frame::Event(body) => drop(CallHead::decode(body.bytes)),
            Frame::SystemError(body) => drop(decode_error(body.bytes)),
            Frame::Hello(body) => drop(Hello::decode(body)),
            _ => {}
        }
        frames += 1;
        bytes = &bytes[size..];
    }
    frames
}

const LIMIT: u64 = 100_000;

/// A server that is open, has made two calls and asked for a schema.
fn server(open: &[u8]) -> Link {
    let exports = vec![Export {
        interface: "a:b/c@1.0.0".into(),
        fingerprint: [0; 32],
    }];
    let hello = Hello {
        message: LIMIT,
        reassembly: LIMIT,
        calls: 4,
        exports,
        ..Hello::default()
    };
    let mut link = Link::new(Role::Server, hello).unwrap();
    link.receive(open).unwrap();
    link.call(CallHead::default(), Vec::new()).unwrap();
    link.call(CallHead::default(), Vec::new()).unwrap();
    link.request_schema(0).unwrap();
    link
}

fn drive(link: &mut Link, rng: &mut Rng, bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let mut good = true;
    while !rest.is_empty() && good {
        let n = if rng.percent(50) {
            rest.len()
        } else {
            rng.size(rest.len() as u64).clamp(1, rest.len())
        };
        good = link.receive(&rest[..n]).is_ok();
        rest = &rest[n..];
        let mut outcomes = 0;
        while let Some(event) = link.poll_event() {
            match event {
                LinkEvent::Call { id, args, .. } => {
                    assert!(args.len() as u64 <= LIMIT);
                    if rng.percent(50) {
                        link.reply(id, Outcome::Ok(args));
                    }
                }
                LinkEvent::Outcome { id, .. } => {
                    assert!(id == 2 || id == 4);
                    outcomes += 1;
                }
                LinkEvent::SchemaRequested { index } => {
                    link.reply_schema(index, vec![1].into()).unwrap()
                }
                _ => {}
            }
        }
        assert!(outcomes <= 2);
        assert!(link.inbound_calls() <= 4 && link.reassembling() <= LIMIT);
        if rng.percent(50) {
            let n = link.output().len();
            link.consume(n);
        }
    }
    good
}

#[test]
fn mutated_frames_never_break_the_reader() {
    let iterations = environment("HMS_FUZZ_ITERATIONS", 20_000);
    let seed = environment("HMS_FUZZ_SEED", 1);
    let corpus = corpus();
    let open = corpus[0].clone();
    let (mut frames, mut refused, mut accepted) = (0, 0, 0);
    let mut input = Vec::new();
    for n in 0..iterations {
        // A failing input is found again by starting at its own number.
        let number = seed.wrapping_add(n);
        let mut rng = Rng::new(number);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            input.clear();
            for _ in 0..rng.between(1, 4) {
                // Large frames are rarer: they cost time and their bodies hold nothing to break.
                let mut frame = rng.pick(&corpus);
                while frame.len() > 1000 && rng.percent(80) {
                    frame = rng.pick(&corpus);
                }
                let from = input.len();
                input.extend_from_slice(frame);
                let mut mutated = input.split_off(from);
                mutate(&mut rng, &mut mutated);
                input.append(&mut mutated);
            }
            frames += read_frames(&input);
            let mut link = server(&open);
            if drive(&mut link, &mut rng, &input) {
                accepted += 1
            } else {
                refused += 1
            }
        }));
        if let Err(panic) = result {
            eprintln!(
                "frame fuzz: input {number} failed; HMS_FUZZ_SEED={number} HMS_FUZZ_ITERATIONS=1 runs it alone"
            );
            std::panic::resume_unwind(panic);
        }
    }
    println!(
        "frame fuzz: {iterations} inputs from {seed}: {frames} frames read, {accepted} inputs accepted, {refused} refused"
    );
    if iterations >= 10_000 {
        assert!(
            frames > iterations / 10 && accepted > iterations / 20 && refused > iterations / 20
        );
    }
}
