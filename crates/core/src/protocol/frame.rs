//! Every frame of the protocol, as a value that borrows its body.

use super::cursor::Cursor;
use super::header::{FRAGMENT, padded};
use super::{FrameType, HEADER, Header, Reason, Violation, flags};

/// A body that may be fragmented: all of it, or its first part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body<'a> {
    /// Bytes of this frame, without the total.
    pub bytes: &'a [u8],
    /// Bytes of the whole body if fragments follow.
    pub total: Option<u64>,
}

impl<'a> Body<'a> {
    /// A body that fits one frame.
    pub const fn whole(bytes: &'a [u8]) -> Self {
        Body { bytes, total: None }
    }

    /// Bytes of the whole body.
    pub fn len(&self) -> u64 {
        self.total.unwrap_or(self.bytes.len() as u64)
    }

    /// Whether the whole body is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that are still to come.
    pub(super) fn missing(&self) -> u64 {
        self.len() - self.bytes.len() as u64
    }
}

/// A place in an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArenaRef {
    /// The arena.
    pub arena: u32,
    /// Counts the uses of the slot.
    pub generation: u32,
    /// Bytes from the arena's start.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
}

/// Which side of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum StreamSide {
    /// Writes items.
    Sender = 0,
    /// Reads items.
    Receiver = 1,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EndHow {
    /// Nothing more comes.
    Done = 0,
    /// It failed.
    Error = 1,
    /// It was given up.
    Dropped = 2,
}

/// A frame without its call id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the specification names the fields
pub enum Frame<'a> {
    Hello(&'a [u8]),
    SchemaRequest {
        index: u32,
    },
    SchemaReply {
        index: u32,
        json: Body<'a>,
    },
    ShmOffer {
        ring: u32,
        features: u32,
    },
    ShmAnswer {
        accepted: bool,
    },
    Call(Body<'a>),
    Fragment {
        bytes: &'a [u8],
        more: bool,
    },
    Ok(Body<'a>),
    DeclaredError(Body<'a>),
    SystemError(Body<'a>),
    Cancelled,
    Cancel {
        reason: Reason,
    },
    Item {
        stream: u32,
        item: Body<'a>,
    },
    Credit {
        stream: u32,
        items: u32,
        bytes: u64,
    },
    End {
        stream: u32,
        who: StreamSide,
        how: EndHow,
        error: Body<'a>,
    },
    Drop {
        handles: &'a [u8],
    },
    Event(Body<'a>),
    Ping(u64),
    Pong(u64),
    Goodbye {
        last: u64,
        reason: &'a str,
    },
    /// A frame of this type with the flag ARENA: `head` stands before the reference.
    InArena {
        kind: FrameType,
        head: &'a [u8],
        place: ArenaRef,
    },
    ArenaRef(ArenaRef),
    ArenaRelease {
        arena: u32,
        generation: u32,
        offset: u64,
    },
}

impl<'a> Frame<'a> {
    /// Reads one whole frame from the front of `bytes`: its header, the frame and its size with padding.
    /// `None` if more bytes are needed.
    ///
    /// # Errors
    /// What breaks the format, as early as the header shows it.
    pub fn decode(bytes: &'a [u8]) -> Result<Option<(Header, Frame<'a>, usize)>, Violation> {
        let Some((head, rest)) = bytes.split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let header = Header::decode(head)?;
        let length = header.length as usize;
        let Some(whole) = rest.get(..padded(length)) else {
            return Ok(None);
        };
        let (body, padding) = whole.split_at(length);
        if padding.iter().any(|&b| b != 0) {
            return Err(header.violation("the padding is not zero"));
        }
        Ok(Some((
            header,
            Frame::decode_body(&header, body)?,
            HEADER + whole.len(),
        )))
    }

    fn decode_body(header: &Header, bytes: &'a [u8]) -> Result<Frame<'a>, Violation> {
        if header.arena() {
            return decode_in_arena(header, bytes);
        }
        let mut cursor = Cursor::new(header.kind.name(), bytes);
        Ok(match header.kind {
            FrameType::Call => Frame::Call(body(header, bytes)?),
            FrameType::Ok => Frame::Ok(body(header, bytes)?),
            FrameType::Fragment => Frame::Fragment {
                bytes,
                more: header.more(),
            },
            FrameType::DeclaredError => Frame::DeclaredError(body(header, bytes)?),
            FrameType::SystemError => Frame::SystemError(body(header, bytes)?),
            FrameType::Event => Frame::Event(body(header, bytes)?),
            FrameType::Hello => Frame::Hello(bytes),
            FrameType::SchemaRequest => {
                let index = cursor.u32()?;
                cursor.end()?;
                Frame::SchemaRequest { index }
            }
            FrameType::SchemaReply => {
                let (mut cursor, total) = split_total(header, cursor)?;
                let index = cursor.u32()?;
                Frame::SchemaReply {
                    index,
                    json: Body {
                        bytes: cursor.rest(),
                        total: total.map(|t| t - 4),
                    },
                }
            }
            FrameType::ShmOffer => {
                let (ring, features) = (cursor.u32()?, cursor.u32()?);
                cursor.end()?;
                Frame::ShmOffer { ring, features }
            }
            FrameType::ShmAnswer => {
                let accepted = match cursor.u8()? {
                    0 => false,
                    1 => true,
                    _ => return Err(cursor.violation("the answer is neither 0 nor 1")),
                };
                cursor.end()?;
                Frame::ShmAnswer { accepted }
            }
            FrameType::Cancelled => {
                cursor.end()?;
                Frame::Cancelled
            }
            FrameType::Cancel => {
                let reason = match cursor.u8()? {
                    0 => Reason::Cancelled,
                    1 => Reason::Deadline,
                    _ => return Err(cursor.violation("the reason is not known")),
                };
                cursor.end()?;
                Frame::Cancel { reason }
            }
            FrameType::Item => {
                let (mut cursor, total) = split_total(header, cursor)?;
                let stream = cursor.u32()?;
                cursor.zero(4)?;
                Frame::Item {
                    stream,
                    item: Body {
                        bytes: cursor.rest(),
                        total: total.map(|t| t - 8),
                    },
                }
            }
            FrameType::Credit => {
                let (stream, items, bytes) = (cursor.u32()?, cursor.u32()?, cursor.u64()?);
                cursor.end()?;
                Frame::Credit {
                    stream,
                    items,
                    bytes,
                }
            }
            FrameType::End => decode_end(header, cursor)?,
            FrameType::Drop => {
                let count = cursor.u32()? as usize;
                cursor.zero(4)?;
                if count.checked_mul(8) != Some(cursor.remaining()) {
                    return Err(cursor.violation("the count does not match the body"));
                }
                Frame::Drop {
                    handles: cursor.rest(),
                }
            }
            FrameType::Ping | FrameType::Pong => {
                let value = cursor.u64()?;
                cursor.end()?;
                if header.kind == FrameType::Ping {
                    Frame::Ping(value)
                } else {
                    Frame::Pong(value)
                }
            }
            FrameType::Goodbye => {
                let last = cursor.u64()?;
                let length = cursor.remaining();
                let bytes = cursor.bytes(length)?;
                Frame::Goodbye {
                    last,
                    reason: cursor.text(bytes)?,
                }
            }
            FrameType::ArenaRef => {
                let place = arena_ref(&mut cursor)?;
                cursor.end()?;
                Frame::ArenaRef(place)
            }
            FrameType::ArenaRelease => {
                let (arena, generation, offset) = (cursor.u32()?, cursor.u32()?, cursor.u64()?);
                cursor.end()?;
                Frame::ArenaRelease {
                    arena,
                    generation,
                    offset,
                }
            }
        })
    }

    /// The frame's type.
    pub fn kind(&self) -> FrameType {
        match self {
            Frame::Hello(_) => FrameType::Hello,
            Frame::SchemaRequest { .. } => FrameType::SchemaRequest,
            Frame::SchemaReply { .. } => FrameType::SchemaReply,
            Frame::ShmOffer { .. } => FrameType::ShmOffer,
            Frame::ShmAnswer { .. } => FrameType::ShmAnswer,
            Frame::Call(_) => FrameType::Call,
            Frame::Fragment { .. } => FrameType::Fragment,
            Frame::Ok(_) => FrameType::Ok,
            Frame::DeclaredError(_) => FrameType::DeclaredError,
            Frame::SystemError(_) => FrameType::SystemError,
            Frame::Cancelled => FrameType::Cancelled,
            Frame::Cancel { .. } => FrameType::Cancel,
            Frame::Item { .. } => FrameType::Item,
            Frame::Credit { .. } => FrameType::Credit,
            Frame::End { .. } => FrameType::End,
            Frame::Drop { .. } => FrameType::Drop,
            Frame::Event(_) => FrameType::Event,
            Frame::Ping(_) => FrameType::Ping,
            Frame::Pong(_) => FrameType::Pong,
            Frame::Goodbye { .. } => FrameType::Goodbye,
            Frame::InArena { kind, .. } => *kind,
            Frame::ArenaRef(_) => FrameType::ArenaRef,
            Frame::ArenaRelease { .. } => FrameType::ArenaRelease,
        }
    }

    /// Appends the whole frame to `out`. The body has to be within one frame's limits, a first fragment has to be full.
    pub fn encode(&self, id: u64, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; HEADER]);
        let mut flags = 0;
        self.encode_body(&mut flags, out);
        let length = out.len() - start - HEADER;
        debug_assert!(length <= FRAGMENT + 8 || self.kind() == FrameType::Hello);
        let header = Header {
            length: length as u32,
            kind: self.kind(),
            flags,
            id,
        };
        out[start..start + HEADER].copy_from_slice(&header.encode());
        out.resize(start + header.frame_size(), 0);
    }

    fn encode_body(&self, flags: &mut u8, out: &mut Vec<u8>) {
        fn u32s(out: &mut Vec<u8>, values: &[u32]) {
            for value in values {
                out.extend_from_slice(&value.to_le_bytes());
            }
        }
        // `fixed` is the part of a fragmented body that the frame's fields hold.
        let total = |flags: &mut u8, out: &mut Vec<u8>, body: &Body<'_>, fixed: u64| {
            if let Some(total) = body.total {
                *flags |= flags::MORE;
                out.extend_from_slice(&(total + fixed).to_le_bytes());
            }
        };
        match *self {
            Frame::Hello(bytes) => out.extend_from_slice(bytes),
            Frame::SchemaRequest { index } => u32s(out, &[index]),
            Frame::SchemaReply { index, json } => {
                total(flags, out, &json, 4);
                u32s(out, &[index]);
                out.extend_from_slice(json.bytes);
            }
            Frame::ShmOffer { ring, features } => u32s(out, &[ring, features]),
            Frame::ShmAnswer { accepted } => out.push(u8::from(accepted)),
            Frame::Call(body)
            | Frame::Ok(body)
            | Frame::DeclaredError(body)
            | Frame::SystemError(body)
            | Frame::Event(body) => {
                total(flags, out, &body, 0);
                out.extend_from_slice(body.bytes);
            }
            Frame::Fragment { bytes, more } => {
                *flags |= if more { flags::MORE } else { 0 };
                out.extend_from_slice(bytes);
            }
            Frame::Cancelled => {}
            Frame::Cancel { reason } => out.push(u8::from(reason == Reason::Deadline)),
            Frame::Item { stream, item } => {
                total(flags, out, &item, 8);
                u32s(out, &[stream, 0]);
                out.extend_from_slice(item.bytes);
            }
            Frame::Credit {
                stream,
                items,
                bytes,
            } => {
                u32s(out, &[stream, items]);
                out.extend_from_slice(&bytes.to_le_bytes());
            }
            Frame::End {
                stream,
                who,
                how,
                error,
            } => {
                total(flags, out, &error, 8);
                u32s(out, &[stream]);
                out.extend_from_slice(&[who as u8, how as u8, 0, 0]);
                out.extend_from_slice(error.bytes);
            }
            Frame::Drop { handles } => {
                u32s(out, &[(handles.len() / 8) as u32, 0]);
                out.extend_from_slice(handles);
            }
            Frame::Ping(value) | Frame::Pong(value) => out.extend_from_slice(&value.to_le_bytes()),
            Frame::Goodbye { last, reason } => {
                out.extend_from_slice(&last.to_le_bytes());
                out.extend_from_slice(reason.as_bytes());
            }
            Frame::InArena { head, place, .. } => {
                *flags |= flags::ARENA;
                out.extend_from_slice(head);
                put_arena_ref(out, &place);
            }
            Frame::ArenaRef(place) => put_arena_ref(out, &place),
            Frame::ArenaRelease {
                arena,
                generation,
                offset,
            } => {
                u32s(out, &[arena, generation]);
                out.extend_from_slice(&offset.to_le_bytes());
            }
        }
    }
}

/// The body of a type that is nothing but bytes.
fn body<'a>(header: &Header, bytes: &'a [u8]) -> Result<Body<'a>, Violation> {
    if !header.more() {
        return Ok(Body::whole(bytes));
    }
    let (cursor, total) = split_total(header, Cursor::new(header.kind.name(), bytes))?;
    Ok(Body {
        bytes: cursor.rest(),
        total,
    })
}

/// Takes the total off the front of a first fragment.
fn split_total<'a>(
    header: &Header,
    mut cursor: Cursor<'a>,
) -> Result<(Cursor<'a>, Option<u64>), Violation> {
    if !header.more() {
        return Ok((cursor, None));
    }
    let total = cursor.u64()?;
    if total <= FRAGMENT as u64 {
        return Err(header.violation("a body that fits one frame is split"));
    }
    Ok((cursor, Some(total)))
}

fn decode_end<'a>(header: &Header, cursor: Cursor<'a>) -> Result<Frame<'a>, Violation> {
    let (mut cursor, total) = split_total(header, cursor)?;
    let stream = cursor.u32()?;
    let who = match cursor.u8()? {
        0 => StreamSide::Sender,
        1 => StreamSide::Receiver,
        _ => return Err(cursor.violation("the side is not known")),
    };
    let how = match cursor.u8()? {
        0 => EndHow::Done,
        1 => EndHow::Error,
        2 => EndHow::Dropped,
        _ => return Err(cursor.violation("the way to end is not known")),
    };
    cursor.zero(2)?;
    if (how == EndHow::Error) != (cursor.remaining() > 0) {
        return Err(cursor.violation("an error belongs to how 1 and only there"));
    }
    Ok(Frame::End {
        stream,
        who,
        how,
        error: Body {
            bytes: cursor.rest(),
            total: total.map(|t| t - 8),
        },
    })
}

fn decode_in_arena<'a>(header: &Header, bytes: &'a [u8]) -> Result<Frame<'a>, Violation> {
    const SIZE: usize = 24;
    let Some(split) = bytes.len().checked_sub(SIZE) else {
        return Err(header.violation("the body is too short for an arena-ref"));
    };
    let (head, place) = bytes.split_at(split);
    let place = arena_ref(&mut Cursor::new(header.kind.name(), place))?;
    Ok(Frame::InArena {
        kind: header.kind,
        head,
        place,
    })
}

fn arena_ref(cursor: &mut Cursor<'_>) -> Result<ArenaRef, Violation> {
    Ok(ArenaRef {
        arena: cursor.u32()?,
        generation: cursor.u32()?,
        offset: cursor.u64()?,
        length: cursor.u64()?,
    })
}

fn put_arena_ref(out: &mut Vec<u8>, place: &ArenaRef) {
    out.extend_from_slice(&place.arena.to_le_bytes());
    out.extend_from_slice(&place.generation.to_le_bytes());
    out.extend_from_slice(&place.offset.to_le_bytes());
    out.extend_from_slice(&place.length.to_le_bytes());
}
