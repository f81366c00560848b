//! From bytes to frames, and the frames about the whole link.

use std::sync::Arc;

use super::super::body::Assembly;
use super::super::header::HEADER;
use super::super::{
    Body, Frame, FrameType, Header, Hello, LinkEvent, MAX_SCHEMA, Violation, decode_error,
    encode_error,
};
use super::{Link, MAX_ANSWERS, Role, State};
use crate::error::{Error, Result};

/// Schemas that are asked for, in both directions.
#[derive(Debug)]
pub(super) struct Schemas {
    /// By index of this side's exports: asked for and not yet answered.
    requested: Vec<bool>,
    /// By index of this side's exports: the answer waits in the output.
    answering: std::collections::VecDeque<u32>,
    /// By index of the peer's exports: asked for and not yet answered.
    wanted: Vec<bool>,
    /// A reply whose fragments are arriving.
    incoming: Option<(u32, Assembly)>,
}

impl Schemas {
    pub(super) fn new(exports: usize) -> Schemas {
        Schemas {
            requested: vec![false; exports],
            answering: std::collections::VecDeque::new(),
            wanted: Vec::new(),
            incoming: None,
        }
    }

    /// Whether the peer's schema has to be asked for.
    pub(super) fn want(&mut self, index: u32) -> Result<bool> {
        match self.wanted.get_mut(index as usize) {
            Some(wanted) => Ok(!std::mem::replace(wanted, true)),
            None => Err(Error::invalid_argument(format!(
                "the peer exports no interface {index}"
            ))),
        }
    }

    /// Whether the peer waits for this schema.
    pub(super) fn answer(&mut self, index: u32) -> bool {
        let waits =
            self.requested.get(index as usize) == Some(&true) && !self.answering.contains(&index);
        if waits {
            self.answering.push_back(index);
        }
        waits
    }

    /// The oldest answer has been encoded; they go out in order.
    pub(super) fn answered(&mut self) {
        if let Some(index) = self.answering.pop_front() {
            self.requested[index as usize] = false;
        }
    }
}

impl Link {
    /// Takes bytes that arrived, in pieces of any size.
    ///
    /// # Errors
    /// The peer broke the protocol. The link is over: its calls have ended as by [`Link::lost`], the output ends with
    /// an error that tells the peer why, and the transport is to be closed once that is sent. Later calls return the
    /// same violation.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        match &self.state {
            State::Poisoned(violation) => return Err(violation.clone()),
            State::Lost => return Ok(()),
            State::Opening | State::Open => {}
        }
        self.take(bytes).inspect_err(|violation| {
            let error = Error::new(violation.code(), violation.reason());
            self.close(State::Poisoned(violation.clone()), Some(error.clone()));
            let body = encode_error(&error);
            self.output.put(0, &Frame::SystemError(Body::whole(&body)));
        })
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Violation> {
        while !self.input.is_empty() {
            // Complete the frame that has begun, and only that one: what follows is read in place.
            let wanted = match self.input.first_chunk::<HEADER>() {
                None => HEADER,
                Some(header) => Header::decode(header)?.frame_size(),
            };
            let (now, later) = bytes.split_at(bytes.len().min(wanted - self.input.len()));
            self.input.extend_from_slice(now);
            bytes = later;
            if self.input.len() < wanted {
                return Ok(());
            }
            if wanted == HEADER
                && Header::decode(self.input.first_chunk().expect("complete"))?.frame_size()
                    > HEADER
            {
                continue;
            }
            let input = std::mem::take(&mut self.input);
            if let Some((header, frame, _)) = Frame::decode(&input)? {
                self.on_frame(&header, frame)?;
            }
            if self.is_closed() {
                return Ok(());
            }
            self.input = input;
            self.input.clear();
        }
        while let Some((header, frame, size)) = Frame::decode(bytes)? {
            self.on_frame(&header, frame)?;
            if self.is_closed() {
                return Ok(());
            }
            bytes = &bytes[size..];
        }
        self.input.extend_from_slice(bytes);
        Ok(())
    }

    fn on_frame(&mut self, header: &Header, frame: Frame<'_>) -> Result<(), Violation> {
        if self.state == State::Opening && !matches!(frame, Frame::Hello(_) | Frame::SystemError(_))
        {
            return Err(header.violation("hello comes first"));
        }
        let from_here = (header.id & 1 == 1) == (self.role == Role::Client);
        let own = |own: bool| {
            if from_here == own {
                Ok(())
            } else {
                Err(header.violation("the id belongs to the other side's calls"))
            }
        };
        match frame {
            Frame::Call(body) => {
                own(false)?;
                self.on_call(header, body)
            }
            Frame::SystemError(body) if header.id == 0 => self.on_failure(header, body),
            Frame::Ok(body) | Frame::DeclaredError(body) | Frame::SystemError(body) => {
                own(true)?;
                self.on_terminal(header, header.kind, body)
            }
            Frame::Cancelled => {
                own(true)?;
                self.on_terminal(header, FrameType::Cancelled, Body::whole(&[]))
            }
            Frame::Cancel { reason } => {
                own(false)?;
                self.on_cancel(header, reason)
            }
            Frame::Fragment { bytes, .. } if header.id == 0 => {
                self.on_schema_fragment(header, bytes)
            }
            Frame::Fragment { bytes, .. } if from_here => self.on_reply_fragment(header, bytes),
            Frame::Fragment { bytes, .. } => self.on_args_fragment(header, bytes),
            Frame::Hello(body) => self.on_hello(header, body),
            Frame::SchemaRequest { index } => {
                match self.schemas.requested.get_mut(index as usize) {
                    None => return Err(header.violation("no such export")),
                    Some(requested) if *requested => return Err(header.violation("asked twice")),
                    Some(requested) => *requested = true,
                }
                self.events.push_back(LinkEvent::SchemaRequested { index });
                Ok(())
            }
            Frame::SchemaReply { index, json } => self.on_schema(header, index, json),
            Frame::Ping(value) => self.answer(0, &Frame::Pong(value)),
            Frame::Pong(value) => {
                self.events.push_back(LinkEvent::Pong(value));
                Ok(())
            }
            Frame::Goodbye { last, reason } => {
                if self.heard_goodbye {
                    return Err(header.violation("said twice"));
                }
                self.on_goodbye(last);
                self.events.push_back(LinkEvent::Goodbye {
                    reason: reason.to_owned(),
                });
                Ok(())
            }
            Frame::ShmOffer { .. }
            | Frame::ShmAnswer { .. }
            | Frame::Item { .. }
            | Frame::Credit { .. }
            | Frame::End { .. }
            | Frame::Drop { .. }
            | Frame::Event(_)
            | Frame::InArena { .. }
            | Frame::ArenaRef(_)
            | Frame::ArenaRelease { .. } => {
                Err(header.violation("it needs a feature that was not announced"))
            }
        }
    }

    fn on_hello(&mut self, header: &Header, body: &[u8]) -> Result<(), Violation> {
        if self.state != State::Opening {
            return Err(header.violation("said twice"));
        }
        let peer = Arc::new(Hello::decode(body)?);
        self.schemas.wanted = vec![false; peer.exports.len()];
        self.output.reassembly = peer.reassembly;
        self.state = State::Open;
        self.peer = Some(peer.clone());
        self.events.push_back(LinkEvent::Opened(peer));
        Ok(())
    }

    /// The peer ends the link.
    fn on_failure(&mut self, header: &Header, body: Body<'_>) -> Result<(), Violation> {
        if body.total.is_some() {
            return Err(header.violation("an error about the link fits one frame"));
        }
        let error = decode_error(body.bytes)?;
        self.close(State::Lost, Some(error.clone()));
        self.events.push_back(LinkEvent::Failed(error));
        Ok(())
    }

    fn on_schema(&mut self, header: &Header, index: u32, json: Body<'_>) -> Result<(), Violation> {
        if self.schemas.incoming.is_some() {
            return Err(header.violation("another schema is incomplete"));
        }
        if self.schemas.wanted.get(index as usize) != Some(&true) {
            return Err(header.violation("nobody asked for it"));
        }
        if json.len() + 4 > MAX_SCHEMA {
            return Err(header.violation("the schema is too large"));
        }
        if json.total.is_some() {
            self.schemas.incoming = Some((index, Assembly::new(json.bytes, json.missing(), 0)));
        } else {
            self.schemas.wanted[index as usize] = false;
            self.events.push_back(LinkEvent::Schema {
                index,
                json: json.bytes.to_vec(),
            });
        }
        Ok(())
    }

    fn on_schema_fragment(&mut self, header: &Header, bytes: &[u8]) -> Result<(), Violation> {
        let Some((_, assembly)) = &mut self.schemas.incoming else {
            return Err(header.violation("there is no body to continue"));
        };
        if assembly.add(header, bytes)? {
            let (index, assembly) = self.schemas.incoming.take().expect("just used");
            // Only now: before, the peer still counts it as asked for.
            self.schemas.wanted[index as usize] = false;
            self.events.push_back(LinkEvent::Schema {
                index,
                json: assembly.into_bytes(),
            });
        }
        Ok(())
    }

    /// Answers a frame that the peer may send at any time. A peer that asks and does not read is stopped.
    pub(super) fn answer(&mut self, id: u64, frame: &Frame<'_>) -> Result<(), Violation> {
        if self.unsent_answers.len() >= MAX_ANSWERS {
            return Err(Violation::new(
                "the peer does not read the answers that it asks for",
            ));
        }
        self.output.put(id, frame);
        self.unsent_answers.push_back(self.output.end());
        Ok(())
    }
}
