//! Calls that this side makes.

use super::super::Args;
use super::super::body::Assembly;
use super::super::header::FRAGMENT;
use super::super::output::{Outgoing, Tail};
use super::super::{
    Body, CallHead, Frame, FrameType, Header, LinkEvent, Reason, Violation, decode_error,
};
use super::Link;
use crate::dispatch::Outcome;
use crate::error::{Code, Error, Result, Sent};

#[derive(Debug)]
pub(super) struct OutgoingCall {
    /// Position of its first byte in the output; `u64::MAX` while nothing of it is encoded.
    pub(super) began: u64,
    /// Whether a part of it waits to be encoded.
    pub(super) in_output: bool,
    given_up: bool,
    /// The terminal frame whose fragments are arriving.
    reply: Option<Box<Reply>>,
}

#[derive(Debug)]
struct Reply {
    kind: FrameType,
    assembly: Assembly,
}

impl Link {
    /// Starts a call; [`LinkEvent::Outcome`] ends it. Returns its id.
    ///
    /// # Errors
    /// Always not-sent: `resource-exhausted` if the peer's quota of calls is used up or the arguments are larger than
    /// it accepts, `unavailable` if the link is not open or the peer has said goodbye, `invalid-argument` if the
    /// metadata is too large.
    pub fn call(&mut self, head: CallHead, args: Vec<u8>) -> Result<u64> {
        self.call_with(head, &Args::from(args))
    }

    /// As [`Link::call`], for a caller that keeps the arguments for another attempt: small ones are copied, large ones shared.
    ///
    /// # Errors
    /// As [`Link::call`].
    pub fn call_with(&mut self, head: CallHead, args: &Args) -> Result<u64> {
        let peer = self.check_open()?;
        if self.heard_goodbye {
            return Err(Error::unavailable("the peer is shutting down"));
        }
        if self.room() == 0 {
            let open = self.outgoing.len();
            return Err(Error::new(
                Code::ResourceExhausted,
                format!("{open} calls are in flight on this link already"),
            ));
        }
        if args.len() as u64 > peer.message {
            let message = format!(
                "the arguments have {} bytes, the peer accepts {}",
                args.len(),
                peer.message
            );
            return Err(Error::new(Code::ResourceExhausted, message).with_retry(false));
        }
        let head_size = head.encoded_size()?;
        let id = self.next_id;
        self.next_id += 2;
        let total = head_size + args.len();
        let mut call = OutgoingCall {
            began: u64::MAX,
            in_output: false,
            given_up: false,
            reply: None,
        };
        if total <= FRAGMENT && self.output.is_open_for(FrameType::Call) {
            call.began = self.output.put_small(id, FrameType::Call, total, |out| {
                head.encode(out);
                out.extend_from_slice(args);
            });
            self.last_sent = id;
        } else {
            call.in_output = true;
            let mut bytes = Vec::with_capacity(head_size);
            head.encode(&mut bytes);
            self.output.queue(Outgoing {
                id,
                kind: FrameType::Call,
                head: bytes,
                tail: Tail::Args(args.clone()),
                position: 0,
            });
        }
        self.outgoing.insert(id, call);
        Ok(id)
    }

    /// The caller no longer waits. True if the call was still open: then no [`LinkEvent::Outcome`] comes, and the caller
    /// reports `cancelled` or `deadline-exceeded` itself. False if its outcome is there already or it is not known.
    pub fn give_up(&mut self, id: u64, reason: Reason) -> bool {
        let Some(call) = self.outgoing.get_mut(&id) else {
            return false;
        };
        if call.given_up {
            return false;
        }
        if call.in_output {
            self.output.remove(id);
            call.in_output = false;
        }
        if call.began == u64::MAX {
            // The peer never learns of it.
            self.outgoing.remove(&id);
            return true;
        }
        call.given_up = true;
        if let Some(reply) = &mut call.reply {
            self.reassembling -= reply.assembly.skip();
        }
        self.output.put(id, &Frame::Cancel { reason });
        true
    }

    /// Whether no byte of an open call was handed to the transport.
    pub fn is_unsent(&self, id: u64) -> bool {
        self.outgoing
            .get(&id)
            .is_some_and(|call| call.began >= self.output.consumed())
    }

    /// A terminal frame arrived.
    pub(super) fn on_terminal(
        &mut self,
        header: &Header,
        kind: FrameType,
        body: Body<'_>,
    ) -> Result<(), Violation> {
        let id = header.id;
        let Some(call) = self.outgoing.get_mut(&id) else {
            return if id <= self.last_sent {
                Ok(())
            } else {
                Err(header.violation("the call was never opened"))
            };
        };
        if call.began == u64::MAX {
            return Err(header.violation("the call was never opened"));
        }
        if let Some(reply) = &mut call.reply {
            // Only `cancelled` may cut another terminal frame short.
            if kind != FrameType::Cancelled {
                return Err(header.violation("another body of this call is incomplete"));
            }
            self.reassembling -= reply.assembly.skip();
        }
        let limit = if kind == FrameType::SystemError {
            super::super::MAX_ERROR
        } else {
            self.own.message
        };
        if body.len() > limit && kind == FrameType::SystemError {
            return Err(header.violation("the error is too large"));
        }
        let given_up = call.given_up;
        let too_large = if body.len() > limit {
            Some(format!(
                "the result has {} bytes, the limit is {limit}",
                body.len()
            ))
        } else if body.total.is_some()
            && self.reassembling.saturating_add(body.len()) > self.own.reassembly
        {
            Some(format!(
                "a result of {} bytes does not fit beside others that are incomplete",
                body.len()
            ))
        } else {
            None
        };
        if body.total.is_none() {
            if !given_up {
                // Before the call ends: a violation has to find it open.
                let outcome = match too_large {
                    Some(message) => too_large_outcome(message),
                    None => outcome(kind, body.bytes.to_vec())?,
                };
                self.events.push_back(LinkEvent::Outcome { id, outcome });
            }
            self.end_call(id);
            return Ok(());
        }
        let assembly = if given_up || too_large.is_some() {
            Assembly::skipping(body.missing())
        } else {
            self.reassembling += body.len();
            Assembly::new(body.bytes, body.missing(), body.len())
        };
        call.reply = Some(Box::new(Reply { kind, assembly }));
        if let (Some(message), false) = (too_large, given_up) {
            // The place in the quota comes back with the last fragment only.
            call.given_up = true;
            self.events.push_back(LinkEvent::Outcome {
                id,
                outcome: too_large_outcome(message),
            });
        }
        Ok(())
    }

    /// A fragment of a terminal frame arrived.
    pub(super) fn on_reply_fragment(
        &mut self,
        header: &Header,
        bytes: &[u8],
    ) -> Result<(), Violation> {
        let id = header.id;
        let Some(call) = self.outgoing.get_mut(&id) else {
            return if id <= self.last_sent {
                Ok(())
            } else {
                Err(header.violation("the call was never opened"))
            };
        };
        let Some(reply) = &mut call.reply else {
            return Err(header.violation("there is no body to continue"));
        };
        if !reply.assembly.add(header, bytes)? {
            return Ok(());
        }
        let Reply { kind, mut assembly } = *call.reply.take().expect("just used");
        let given_up = call.given_up;
        let skipped = assembly.is_skipped();
        self.reassembling -= std::mem::take(&mut assembly.held);
        if !given_up && !skipped {
            let outcome = outcome(kind, assembly.into_bytes())?;
            self.events.push_back(LinkEvent::Outcome { id, outcome });
        }
        self.end_call(id);
        Ok(())
    }

    /// Its terminal frame is complete. A provider may end a call whose arguments are still being sent.
    fn end_call(&mut self, id: u64) {
        if self.outgoing.remove(&id).is_some_and(|call| call.in_output) {
            self.output.remove(id);
        }
    }

    /// The peer accepts no calls above `last`.
    pub(super) fn on_goodbye(&mut self, last: u64) {
        self.heard_goodbye = true;
        for id in self.sorted_outgoing().into_iter().filter(|&id| id > last) {
            let call = self.outgoing.remove(&id).expect("listed");
            if call.in_output {
                self.output.remove(id);
            }
            if let Some(mut reply) = call.reply {
                self.reassembling -= reply.assembly.skip();
            }
            if !call.given_up {
                let error =
                    Error::unavailable("the peer is shutting down and did not take the call");
                self.events.push_back(LinkEvent::Outcome {
                    id,
                    outcome: Outcome::System(error),
                });
            }
        }
    }

    /// The link is over.
    pub(super) fn end_outgoing(&mut self, cause: Option<Error>) {
        let consumed = self.output.consumed();
        for id in self.sorted_outgoing() {
            let call = self.outgoing.remove(&id).expect("listed");
            if call.given_up {
                continue;
            }
            let sent = if call.began >= consumed {
                Sent::NotSent
            } else {
                Sent::MaybeExecuted
            };
            let mut error =
                Error::unavailable("the link to the other process was lost").with_sent(sent);
            if let Some(cause) = &cause {
                error = error.with_cause(cause.clone());
            }
            self.events.push_back(LinkEvent::Outcome {
                id,
                outcome: Outcome::System(error),
            });
        }
    }

    fn sorted_outgoing(&self) -> Vec<u64> {
        let mut ids: Vec<u64> = self.outgoing.keys().copied().collect();
        ids.sort_unstable();
        ids
    }
}

fn too_large_outcome(message: String) -> Outcome {
    let error = Error::new(Code::ResourceExhausted, message);
    Outcome::System(error.with_sent(Sent::MaybeExecuted).with_retry(false))
}

fn outcome(kind: FrameType, body: Vec<u8>) -> Result<Outcome, Violation> {
    Ok(match kind {
        FrameType::Ok => Outcome::Ok(body),
        FrameType::DeclaredError => Outcome::Declared(body),
        FrameType::SystemError => Outcome::System(decode_error(&body)?),
        _ => Outcome::Cancelled,
    })
}
