//! Calls that the peer makes.

use super::super::body::Assembly;
use super::super::header::FRAGMENT;
use super::super::output::{Outgoing, Tail};
use super::super::{
    Body, CallHead, Frame, FrameType, Header, LinkEvent, Reason, Violation, encode_error,
};
use super::Link;
use crate::dispatch::Outcome;
use crate::error::{Code, Error, Sent};

#[derive(Debug)]
pub(super) enum InboundCall {
    /// Fragments of the arguments are missing.
    Assembling(Box<Arguments>),
    /// Its event waits to be polled.
    Ready,
    /// Its event has been polled.
    Running,
    /// The same, and its caller has given up.
    Abandoned,
    /// Its terminal frame waits in the output.
    Replying,
}

#[derive(Debug)]
pub(super) struct Arguments {
    head: CallHead,
    assembly: Assembly,
}

impl Link {
    /// Ends a call of the peer. Does nothing if it has ended already or the link is over.
    ///
    /// If its caller has given up, `cancelled` is sent instead; a result that is larger than the peer accepts becomes
    /// `resource-exhausted`.
    pub fn reply(&mut self, id: u64, outcome: Outcome) {
        let outcome = match self.inbound.get(&id) {
            Some(InboundCall::Ready | InboundCall::Running) => outcome,
            Some(InboundCall::Abandoned) => Outcome::Cancelled,
            _ => return,
        };
        let limit = self.peer.as_ref().map_or(0, |peer| peer.message);
        let (kind, body) = match outcome {
            Outcome::Ok(body) if body.len() as u64 <= limit => (FrameType::Ok, body),
            Outcome::Declared(body) if body.len() as u64 <= limit => {
                (FrameType::DeclaredError, body)
            }
            Outcome::Ok(body) | Outcome::Declared(body) => {
                let message = format!(
                    "the result has {} bytes, the caller accepts {limit}",
                    body.len()
                );
                let error = Error::new(Code::ResourceExhausted, message);
                (
                    FrameType::SystemError,
                    encode_error(&error.with_sent(Sent::MaybeExecuted).with_retry(false)),
                )
            }
            Outcome::System(error) => (FrameType::SystemError, encode_error(&error)),
            Outcome::Cancelled => (FrameType::Cancelled, Vec::new()),
        };
        if body.len() <= FRAGMENT && self.output.is_open_for(kind) {
            self.output
                .put_small(id, kind, body.len(), |out| out.extend_from_slice(&body));
            self.inbound.remove(&id);
            self.unsent_ends.push_back(self.output.end());
        } else {
            self.inbound.insert(id, InboundCall::Replying);
            self.output.queue(Outgoing {
                id,
                kind,
                head: Vec::new(),
                tail: Tail::Own(body),
                position: 0,
            });
        }
    }

    /// Its event is being polled; false if it was cancelled before.
    pub(super) fn hand_out(&mut self, id: u64) -> bool {
        match self.inbound.get_mut(&id) {
            Some(state @ InboundCall::Ready) => {
                *state = InboundCall::Running;
                true
            }
            _ => false,
        }
    }

    /// A call frame arrived.
    pub(super) fn on_call(&mut self, header: &Header, body: Body<'_>) -> Result<(), Violation> {
        let id = header.id;
        if id <= self.last_inbound {
            return Err(header.violation("the id has been used"));
        }
        self.last_inbound = id;
        let (head, args) = CallHead::decode(body.bytes)?;
        if self.said_goodbye.is_some() {
            return Ok(()); // the peer ends it itself when it reads the goodbye
        }
        // The second condition stops a peer that does not read its replies. The transport may report late what it has
        // taken, so it leaves room: a peer that keeps to its quota never meets either.
        let (open, quota) = (self.inbound.len(), self.own.calls as usize);
        if open >= quota || open + self.unsent_ends.len() >= quota.saturating_mul(2) {
            let message = format!("the link's quota of {} calls is used up", self.own.calls);
            return self.refuse(header, message, None);
        }
        let size = body.len() - (body.bytes.len() - args.len()) as u64;
        if size > self.own.message {
            let message = format!(
                "the arguments have {size} bytes, the limit is {}",
                self.own.message
            );
            return self.refuse(header, message, Some(false));
        }
        if body.total.is_none() {
            self.inbound.insert(id, InboundCall::Ready);
            self.events.push_back(LinkEvent::Call {
                id,
                head,
                args: args.to_vec(),
            });
            return Ok(());
        }
        if self.reassembling.saturating_add(size) > self.own.reassembly {
            let message =
                format!("arguments of {size} bytes do not fit beside others that are incomplete");
            return self.refuse(header, message, None);
        }
        self.reassembling += size;
        let assembly = Assembly::new(args, body.missing(), size);
        self.inbound.insert(
            id,
            InboundCall::Assembling(Box::new(Arguments { head, assembly })),
        );
        Ok(())
    }

    /// Answers a call that is not accepted; its fragments are ignored like those of any call that has ended.
    fn refuse(
        &mut self,
        header: &Header,
        message: String,
        retry: Option<bool>,
    ) -> Result<(), Violation> {
        let mut error = Error::new(Code::ResourceExhausted, message);
        if let Some(retry) = retry {
            error = error.with_retry(retry);
        }
        let body = encode_error(&error);
        self.answer(header.id, &Frame::SystemError(Body::whole(&body)))
    }

    /// A fragment of arguments arrived.
    pub(super) fn on_args_fragment(
        &mut self,
        header: &Header,
        bytes: &[u8],
    ) -> Result<(), Violation> {
        let id = header.id;
        if id > self.last_inbound {
            return Err(header.violation("the call was never opened"));
        }
        match self.inbound.get_mut(&id) {
            // Ended: refused or cancelled.
            None => Ok(()),
            Some(InboundCall::Assembling(arguments)) => {
                if !arguments.assembly.add(header, bytes)? {
                    return Ok(());
                }
                let Some(InboundCall::Assembling(arguments)) =
                    self.inbound.insert(id, InboundCall::Ready)
                else {
                    unreachable!("matched above")
                };
                let Arguments { head, mut assembly } = *arguments;
                self.reassembling -= std::mem::take(&mut assembly.held);
                self.events.push_back(LinkEvent::Call {
                    id,
                    head,
                    args: assembly.into_bytes(),
                });
                Ok(())
            }
            Some(_) => Err(header.violation("there is no body to continue")),
        }
    }

    /// A cancel arrived.
    pub(super) fn on_cancel(&mut self, header: &Header, reason: Reason) -> Result<(), Violation> {
        let id = header.id;
        if id > self.last_inbound {
            return Err(header.violation("the call was never opened"));
        }
        match self.inbound.get_mut(&id) {
            None | Some(InboundCall::Abandoned) => return Ok(()),
            Some(state @ InboundCall::Running) => {
                *state = InboundCall::Abandoned;
                self.events
                    .push_back(LinkEvent::CancelRequested { id, reason });
                return Ok(());
            }
            Some(InboundCall::Assembling(arguments)) => {
                self.reassembling -= arguments.assembly.skip()
            }
            Some(InboundCall::Ready) => {}
            // What is left of the reply need not be sent.
            Some(InboundCall::Replying) => self.output.remove(id),
        }
        self.inbound.remove(&id);
        self.output.put(id, &Frame::Cancelled);
        self.unsent_ends.push_back(self.output.end());
        Ok(())
    }

    /// The link is over.
    pub(super) fn cancel_inbound(&mut self) {
        let mut running: Vec<u64> = self
            .inbound
            .iter()
            .filter(|(_, state)| matches!(state, InboundCall::Running))
            .map(|(&id, _)| id)
            .collect();
        running.sort_unstable();
        self.inbound.clear();
        for id in running {
            self.events.push_back(LinkEvent::CancelRequested {
                id,
                reason: Reason::Lost,
            });
        }
    }
}
