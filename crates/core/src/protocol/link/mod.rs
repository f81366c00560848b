//! The state machine of one link.

mod inbound;
mod outgoing;
mod receive;

use std::collections::VecDeque;
use std::sync::Arc;

use super::ids::IdMap;
use super::output::{Emitted, Outgoing, Output, Tail};
use super::{Body, Export, Frame, FrameType, Hello, LinkEvent, Violation, encode_error};
use crate::error::{Error, Result};
use inbound::InboundCall;
use outgoing::OutgoingCall;

/// Which end of the link this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It connected; its calls have odd ids.
    Client,
    /// It accepted; its calls have even ids.
    Server,
}

/// Answers to single frames of the peer (pongs, refusals) that may wait because the peer does not read.
const MAX_ANSWERS: usize = 4096;

/// One link without its transport: calls in both directions, fragments, quotas, cancels, the end.
///
/// Nothing here blocks, reads a clock or knows a socket. After every [`Link::receive`] and every other call that takes
/// `&mut self`, there may be events to poll and output to send.
#[derive(Debug)]
pub struct Link {
    role: Role,
    state: State,
    own: Hello,
    peer: Option<Arc<Hello>>,
    /// Start of a frame whose rest has not arrived.
    input: Vec<u8>,
    output: Output,
    events: VecDeque<LinkEvent>,
    /// Calls that this side made and whose place in the quota is taken.
    outgoing: IdMap<OutgoingCall>,
    next_id: u64,
    /// Highest id of this side's calls of which a byte has been encoded.
    last_sent: u64,
    /// Calls of the peer without a complete terminal frame.
    inbound: IdMap<InboundCall>,
    /// Highest id that the peer has opened.
    last_inbound: u64,
    /// Ends of terminal frames that the transport has not taken: their calls still fill the peer's quota.
    unsent_ends: VecDeque<u64>,
    /// Ends of answers that the transport has not taken.
    unsent_answers: VecDeque<u64>,
    /// Bytes of incomplete bodies that count towards this side's reassembly limit.
    reassembling: u64,
    /// This side said goodbye: the last id that it accepts.
    said_goodbye: Option<u64>,
    heard_goodbye: bool,
    schemas: receive::Schemas,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Opening,
    Open,
    /// The peer broke the protocol.
    Poisoned(Violation),
    Lost,
}

impl Link {
    /// A link whose first output is `hello`.
    ///
    /// # Errors
    /// `invalid-argument` if the hello breaks the protocol's limits.
    pub fn new(role: Role, hello: Hello) -> Result<Link> {
        let body = hello.encode()?;
        let mut output = Output::default();
        output.put(0, &Frame::Hello(&body));
        let mut own = hello;
        own.reassembly = own.reassembly.max(own.message);
        Ok(Link {
            role,
            state: State::Opening,
            schemas: receive::Schemas::new(own.exports.len()),
            own,
            peer: None,
            input: Vec::new(),
            output,
            events: VecDeque::new(),
            outgoing: IdMap::default(),
            next_id: if role == Role::Client { 1 } else { 2 },
            last_sent: 0,
            inbound: IdMap::default(),
            last_inbound: 0,
            unsent_ends: VecDeque::new(),
            unsent_answers: VecDeque::new(),
            reassembling: 0,
            said_goodbye: None,
            heard_goodbye: false,
        })
    }

    /// Which end this is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The peer's hello, once it has arrived.
    pub fn peer(&self) -> Option<&Arc<Hello>> {
        self.peer.as_ref()
    }

    /// The interfaces that this side exports.
    pub fn exports(&self) -> &[Export] {
        &self.own.exports
    }

    /// Whether calls can be made and served. Also true while draining.
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Whether the link is over: lost, or ended by either side's violation.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Poisoned(_) | State::Lost)
    }

    /// Whether the peer has said goodbye: it takes no new calls.
    pub fn is_draining(&self) -> bool {
        self.heard_goodbye
    }

    /// Calls that this side made and whose terminal frame has not arrived, given-up ones included.
    pub fn outgoing_calls(&self) -> usize {
        self.outgoing.len()
    }

    /// Calls that this side may have open at once: what the peer grants.
    pub fn quota(&self) -> usize {
        self.peer.as_ref().map_or(0, |peer| peer.calls as usize)
    }

    /// Calls that may be made beside those that are open: what is left of the quota.
    pub fn room(&self) -> usize {
        self.quota().saturating_sub(self.outgoing.len())
    }

    /// Calls of the peer that have not been replied to completely.
    pub fn inbound_calls(&self) -> usize {
        self.inbound.len()
    }

    /// What the incomplete bodies of the peer's calls and results count towards this side's reassembly limit, in bytes.
    pub fn reassembling(&self) -> u64 {
        self.reassembling
    }

    /// The next thing to act on.
    pub fn poll_event(&mut self) -> Option<LinkEvent> {
        loop {
            let event = self.events.pop_front()?;
            if let LinkEvent::Call { id, .. } = &event
                && !self.hand_out(*id)
            {
                continue; // cancelled before anybody saw it
            }
            return Some(event);
        }
    }

    /// Whether [`Link::output`] has something.
    pub fn has_output(&self) -> bool {
        !self.output.pending().is_empty() || self.output.has_waiting()
    }

    /// Bytes to send now, as many as the transport takes; more may follow once they are consumed. Empty if there are none.
    pub fn output(&mut self) -> &[u8] {
        if self.output.has_waiting() {
            self.fill();
        }
        self.output.pending()
    }

    fn fill(&mut self) {
        let Link {
            output,
            outgoing,
            inbound,
            unsent_ends,
            schemas,
            last_sent,
            ..
        } = self;
        output.fill(
            |Emitted {
                 id,
                 kind,
                 began,
                 finished,
             },
             end| match kind {
                FrameType::Call => {
                    if let Some(call) = outgoing.get_mut(&id) {
                        if let Some(began) = began {
                            call.began = began;
                            *last_sent = id;
                        }
                        call.in_output = !finished;
                    }
                }
                FrameType::SchemaReply => {
                    if finished {
                        schemas.answered();
                    }
                }
                _ => {
                    if finished {
                        inbound.remove(&id);
                        unsent_ends.push_back(end);
                    }
                }
            },
        );
    }

    /// Tells that the transport has taken the first `n` bytes of [`Link::output`]. Whether a call counts as sent when the
    /// link is lost depends on it.
    ///
    /// # Panics
    /// If there were fewer bytes.
    pub fn consume(&mut self, n: usize) {
        self.output.consume(n);
        let consumed = self.output.consumed();
        for ends in [&mut self.unsent_ends, &mut self.unsent_answers] {
            while ends.front().is_some_and(|&end| end <= consumed) {
                ends.pop_front();
            }
        }
    }

    /// Asks for the schema of the peer's export `index`; [`LinkEvent::Schema`] brings it. Does nothing if it has been
    /// asked for already.
    ///
    /// # Errors
    /// `invalid-argument` if the peer exports fewer interfaces, `unavailable` if the link is not open.
    pub fn request_schema(&mut self, index: u32) -> Result<()> {
        self.check_open()?;
        if self.schemas.want(index)? {
            self.output.put(0, &Frame::SchemaRequest { index });
        }
        Ok(())
    }

    /// Answers [`LinkEvent::SchemaRequested`]. Does nothing if the peer did not ask or the link is over.
    ///
    /// # Errors
    /// `resource-exhausted` if the schema is larger than [`MAX_SCHEMA`](super::MAX_SCHEMA).
    pub fn reply_schema(&mut self, index: u32, json: Arc<[u8]>) -> Result<()> {
        if json.len() as u64 + 4 > super::MAX_SCHEMA {
            return Err(Error::new(
                crate::error::Code::ResourceExhausted,
                "the schema is too large to be sent",
            ));
        }
        if !self.is_open() || !self.schemas.answer(index) {
            return Ok(());
        }
        self.output.queue(Outgoing {
            id: 0,
            kind: FrameType::SchemaReply,
            head: index.to_le_bytes().to_vec(),
            tail: Tail::Shared(json),
            position: 0,
        });
        Ok(())
    }

    /// Asks the peer for a sign of life: [`LinkEvent::Pong`] with the same value.
    pub fn ping(&mut self, value: u64) {
        if self.is_open() {
            self.output.put(0, &Frame::Ping(value));
        }
    }

    /// Says that this side takes no new calls. Those that it has accepted go on; those that are still under way are
    /// ignored, and the peer ends them as not-sent. `reason` is cut to 1,024 bytes.
    pub fn goodbye(&mut self, reason: &str) {
        if !self.is_open() || self.said_goodbye.is_some() {
            return;
        }
        let cut = (0..=reason.len().min(1024))
            .rev()
            .find(|&at| reason.is_char_boundary(at))
            .unwrap_or(0);
        self.said_goodbye = Some(self.last_inbound);
        self.output.put(
            0,
            &Frame::Goodbye {
                last: self.last_inbound,
                reason: &reason[..cut],
            },
        );
    }

    /// Ends the link before anything is done on it: the peer learns why, and the transport is to be closed once that is sent.
    pub fn turn_away(&mut self, why: &Error) {
        self.close(State::Lost, None);
        let body = encode_error(why);
        self.output.put(0, &Frame::SystemError(Body::whole(&body)));
    }

    /// The transport is gone: open calls of this side end with `unavailable`, calls that the peer made are cancelled.
    pub fn lost(&mut self) {
        self.close(State::Lost, None);
    }

    fn close(&mut self, state: State, cause: Option<Error>) {
        if self.is_closed() {
            return;
        }
        self.state = state;
        self.input = Vec::new();
        self.output.clear_waiting();
        self.end_outgoing(cause);
        self.cancel_inbound();
        self.reassembling = 0;
    }

    fn check_open(&self) -> Result<&Arc<Hello>> {
        match (&self.state, &self.peer) {
            (State::Open, Some(peer)) => Ok(peer),
            (State::Opening, _) => Err(Error::unavailable("the link is not open yet")),
            _ => Err(Error::unavailable("the link is closed")),
        }
    }
}
