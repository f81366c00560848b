//! Bytes that wait for the transport: a buffer of encoded frames, and the bodies that will fill it in turn.

use std::collections::VecDeque;
use std::sync::Arc;

use super::header::{FRAGMENT, HEADER, padded};
use super::{Args, Frame, FrameType, Header, flags};

/// The buffer is filled up to here; more is encoded only when it has drained.
const CHUNK: usize = 64 << 10;

/// A body that waits for its turn, or of which some fragments have been sent.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) id: u64,
    pub(super) kind: FrameType,
    /// What stands in front of `tail` in the body.
    pub(super) head: Vec<u8>,
    pub(super) tail: Tail,
    /// Bytes that have been encoded.
    pub(super) position: usize,
}

#[derive(Debug)]
pub(super) enum Tail {
    Own(Vec<u8>),
    Args(Args),
    Shared(Arc<[u8]>),
}

impl Outgoing {
    fn tail(&self) -> &[u8] {
        match &self.tail {
            Tail::Own(bytes) => bytes,
            Tail::Args(bytes) => bytes,
            Tail::Shared(bytes) => bytes,
        }
    }

    fn total(&self) -> usize {
        self.head.len() + self.tail().len()
    }

    /// What it counts towards the receiver's reassembly limit while it is incomplete there. The head of a call does not
    /// count, so a body that the message limit allows always fits when no other is incomplete.
    fn weight(&self) -> u64 {
        let counts = self.total() > FRAGMENT && self.kind != FrameType::SchemaReply;
        if counts { self.tail().len() as u64 } else { 0 }
    }

    /// Appends the next frame; true if it was the last one.
    fn encode_next(&mut self, out: &mut Vec<u8>) -> bool {
        let total = self.total();
        let length = (total - self.position).min(FRAGMENT);
        let (first, last) = (self.position == 0, self.position + length == total);
        let sized = first && !last;
        let header = Header {
            length: (length + if sized { 8 } else { 0 }) as u32,
            kind: if first {
                self.kind
            } else {
                FrameType::Fragment
            },
            flags: if last { 0 } else { flags::MORE },
            id: self.id,
        };
        out.extend_from_slice(&header.encode());
        if sized {
            out.extend_from_slice(&(total as u64).to_le_bytes());
        }
        let split = self.head.len();
        let (from, to) = (self.position, self.position + length);
        if from < split {
            out.extend_from_slice(&self.head[from..to.min(split)]);
        }
        if to > split {
            out.extend_from_slice(&self.tail()[from.max(split) - split..to - split]);
        }
        put_padding(out, length);
        self.position = to;
        last
    }
}

/// What an encoded frame of a body that waited means for its call.
pub(super) struct Emitted {
    pub(super) id: u64,
    pub(super) kind: FrameType,
    /// Position in the link's output where the body's first byte stands, if this was the first frame.
    pub(super) began: Option<u64>,
    /// Whether this was the last frame of the body.
    pub(super) finished: bool,
}

#[derive(Debug, Default)]
pub(super) struct Output {
    buffer: Vec<u8>,
    /// Bytes of `buffer` that the transport has taken.
    taken: usize,
    /// Bytes that the transport has taken since the link began.
    consumed: u64,
    /// Calls of which nothing has been encoded, in the order of their ids: a receiver tells ended calls from
    /// unopened ones by that order.
    calls: VecDeque<Outgoing>,
    /// The same for replies and schemas.
    replies: VecDeque<Outgoing>,
    /// Bodies of which a part has been encoded.
    begun: VecDeque<Outgoing>,
    /// Whose turn it is: 0 replies, 1 calls, 2 begun bodies.
    turn: u8,
    /// Bytes of incomplete bodies at the receiver.
    incomplete: u64,
    /// The receiver's limit for them.
    pub(super) reassembly: u64,
    /// Bytes that went past begun bodies since the last fragment of one.
    overtaken: usize,
}

impl Output {
    /// Position behind the last encoded byte.
    pub(super) fn end(&self) -> u64 {
        self.consumed + (self.buffer.len() - self.taken) as u64
    }

    /// Bytes that the transport has taken.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed
    }

    pub(super) fn pending(&self) -> &[u8] {
        &self.buffer[self.taken..]
    }

    pub(super) fn consume(&mut self, n: usize) {
        assert!(n <= self.pending().len(), "more consumed than there was");
        self.taken += n;
        self.consumed += n as u64;
        if self.taken == self.buffer.len() {
            self.buffer.clear();
            self.taken = 0;
            // A burst of small frames does not keep its memory for ever.
            if self.buffer.capacity() > 4 * CHUNK {
                self.buffer.shrink_to(2 * CHUNK);
            }
        } else if self.taken >= CHUNK {
            self.buffer.drain(..self.taken);
            self.taken = 0;
        }
    }

    pub(super) fn has_waiting(&self) -> bool {
        !(self.calls.is_empty() && self.replies.is_empty() && self.begun.is_empty())
    }

    /// Encodes a frame that takes no turn: control frames and short terminal ones.
    pub(super) fn put(&mut self, id: u64, frame: &Frame<'_>) {
        frame.encode(id, &mut self.buffer);
    }

    /// Whether a small call or reply may be encoded at once. Not if another one waits already, nor if the buffer is
    /// full, nor if small frames have taken more than their share beside a large body.
    pub(super) fn is_open_for(&self, kind: FrameType) -> bool {
        let waiting = if kind == FrameType::Call {
            &self.calls
        } else {
            &self.replies
        };
        waiting.is_empty()
            && self.buffer.len() - self.taken < CHUNK
            && (self.begun.is_empty() || self.overtaken < CHUNK)
    }

    /// Encodes a whole small body at once, if [`Output::is_open_for`] it; returns the position of its first byte.
    pub(super) fn put_small(
        &mut self,
        id: u64,
        kind: FrameType,
        length: usize,
        body: impl FnOnce(&mut Vec<u8>),
    ) -> u64 {
        let position = self.end();
        let before = self.buffer.len();
        let header = Header {
            length: length as u32,
            kind,
            flags: 0,
            id,
        };
        self.buffer.reserve(header.frame_size());
        self.buffer.extend_from_slice(&header.encode());
        body(&mut self.buffer);
        debug_assert_eq!(self.buffer.len(), before + HEADER + length);
        put_padding(&mut self.buffer, length);
        self.overtaken += header.frame_size();
        position
    }

    /// Queues a body.
    pub(super) fn queue(&mut self, body: Outgoing) {
        if body.kind == FrameType::Call {
            self.calls.push_back(body)
        } else {
            self.replies.push_back(body)
        }
    }

    /// Removes the body of a call or reply that has not been encoded completely.
    pub(super) fn remove(&mut self, id: u64) {
        if let Some(at) = self.begun.iter().position(|body| body.id == id) {
            let body = self.begun.remove(at).expect("found");
            self.incomplete -= body.weight();
        }
        self.calls.retain(|body| body.id != id);
        self.replies.retain(|body| body.id != id);
    }

    /// Drops everything that has not been encoded.
    pub(super) fn clear_waiting(&mut self) {
        self.calls.clear();
        self.replies.clear();
        self.begun.clear();
        self.incomplete = 0;
    }

    /// Encodes waiting bodies in turn until the buffer holds a chunk, and tells what that meant for their calls.
    pub(super) fn fill(&mut self, mut emitted: impl FnMut(Emitted, u64)) {
        let mut idle = 0;
        while idle < 3 && self.buffer.len() - self.taken < CHUNK {
            let before = self.buffer.len();
            match self.turn {
                0 | 1 => self.begin_waiting(&mut emitted),
                _ => self.continue_begun(&mut emitted),
            }
            self.turn = (self.turn + 1) % 3;
            idle = if self.buffer.len() == before {
                idle + 1
            } else {
                0
            };
        }
    }

    /// One fragment's worth of bodies that have not begun.
    fn begin_waiting(&mut self, emitted: &mut impl FnMut(Emitted, u64)) {
        let start = self.buffer.len();
        let mut held_back = 0;
        while self.buffer.len() - start < FRAGMENT {
            let is_call = self.turn == 1;
            let queue = if is_call {
                &mut self.calls
            } else {
                &mut self.replies
            };
            if held_back == queue.len() {
                return;
            }
            let Some(mut body) = queue.pop_front() else {
                return;
            };
            let weight = body.weight();
            if weight > 0 && self.incomplete > 0 && self.incomplete + weight > self.reassembly {
                // It begins when the receiver has room. Replies behind it may overtake it, calls may not.
                if is_call {
                    queue.push_front(body);
                    return;
                }
                queue.push_back(body);
                held_back += 1;
                continue;
            }
            // A schema has id 0 like every other: one at a time.
            if body.kind == FrameType::SchemaReply
                && self
                    .begun
                    .iter()
                    .any(|other| other.kind == FrameType::SchemaReply)
            {
                queue.push_back(body);
                held_back += 1;
                continue;
            }
            let began = Some(self.consumed + (self.buffer.len() - self.taken) as u64);
            let finished = body.encode_next(&mut self.buffer);
            let (id, kind) = (body.id, body.kind);
            if !finished {
                self.incomplete += weight;
                self.begun.push_back(body);
            }
            let end = self.end();
            emitted(
                Emitted {
                    id,
                    kind,
                    began,
                    finished,
                },
                end,
            );
        }
    }

    /// One fragment of the begun body whose turn it is.
    fn continue_begun(&mut self, emitted: &mut impl FnMut(Emitted, u64)) {
        self.overtaken = 0;
        let Some(mut body) = self.begun.pop_front() else {
            return;
        };
        let finished = body.encode_next(&mut self.buffer);
        let (id, kind) = (body.id, body.kind);
        if finished {
            self.incomplete -= body.weight();
        } else {
            self.begun.push_back(body);
        }
        let end = self.end();
        emitted(
            Emitted {
                id,
                kind,
                began: None,
                finished,
            },
            end,
        );
    }
}

/// Zero bytes behind a body of this length.
fn put_padding(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&[0; 8][..padded(length) - length]);
}
