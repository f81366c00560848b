//! What stands in front of a call's arguments.

use super::Violation;
use super::cursor::Cursor;
use super::header::padded;
use crate::error::Error;

/// Largest metadata of a call, in bytes: head and metadata always lie in the call's first frame.
pub const MAX_METADATA: usize = 8 << 10;

const FIXED: usize = 40;

const TRACEPARENT: u16 = 1;
const TRACESTATE: u16 = 2;
const IDEMPOTENCY_KEY: u16 = 3;
const HOPS: u16 = 4;
const WANT_TRACE: u16 = 5;

/// Everything about a call but its arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallHead {
    /// Index of the interface in the provider's hello.
    pub interface: u32,
    /// Index of the function in the interface's schema.
    pub function: u32,
    /// Nanoseconds of the machine's monotonic clock; 0 for no deadline.
    pub deadline: u64,
    /// Random name of the chain of calls that this one belongs to.
    pub chain: [u8; 16],
    /// The rest.
    pub meta: Metadata,
}

/// Optional facts about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// W3C trace state.
    pub tracestate: Option<String>,
    /// Two calls with the same key are the same call.
    pub idempotency_key: Option<String>,
    /// Number of calls above this one in its chain.
    pub hops: u16,
    /// Whether an error's trace is wanted.
    pub want_trace: bool,
}

impl Default for Metadata {
    fn default() -> Self {
        Metadata {
            traceparent: None,
            tracestate: None,
            idempotency_key: None,
            hops: 0,
            want_trace: true,
        }
    }
}

impl Metadata {
    fn texts(&self) -> [(u16, Option<&str>); 3] {
        [
            (TRACEPARENT, self.traceparent.as_deref()),
            (TRACESTATE, self.tracestate.as_deref()),
            (IDEMPOTENCY_KEY, self.idempotency_key.as_deref()),
        ]
    }

    /// Bytes of the encoded metadata.
    fn size(&self) -> usize {
        let texts: usize = self
            .texts()
            .iter()
            .filter_map(|(_, text)| text.map(|t| 4 + t.len()))
            .sum();
        texts + if self.hops == 0 { 0 } else { 6 } + if self.want_trace { 0 } else { 5 }
    }
}

impl CallHead {
    /// Bytes of the encoded head with metadata and padding: arguments follow.
    ///
    /// # Errors
    /// `invalid-argument` if the metadata is too large.
    pub fn encoded_size(&self) -> Result<usize, Error> {
        let meta = self.meta.size();
        if meta > MAX_METADATA {
            return Err(Error::invalid_argument(format!(
                "trace context and idempotency key of a call have at most {MAX_METADATA} bytes together"
            )));
        }
        Ok(FIXED + padded(meta))
    }

    /// Appends the encoded head, metadata and padding. [`CallHead::encoded_size`] has to have succeeded.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let size = self.meta.size();
        let mut fixed = [0; FIXED];
        fixed[..4].copy_from_slice(&self.interface.to_le_bytes());
        fixed[4..8].copy_from_slice(&self.function.to_le_bytes());
        fixed[8..16].copy_from_slice(&self.deadline.to_le_bytes());
        fixed[16..32].copy_from_slice(&self.chain);
        fixed[32..36].copy_from_slice(&(size as u32).to_le_bytes());
        out.extend_from_slice(&fixed);
        if size == 0 {
            return;
        }
        let mut put = |key: u16, bytes: &[u8]| {
            out.extend_from_slice(&key.to_le_bytes());
            out.extend_from_slice(&(bytes.len() as u16).to_le_bytes());
            out.extend_from_slice(bytes);
        };
        for (key, text) in self.meta.texts() {
            if let Some(text) = text {
                put(key, text.as_bytes());
            }
        }
        if self.meta.hops != 0 {
            put(HOPS, &self.meta.hops.to_le_bytes());
        }
        if !self.meta.want_trace {
            put(WANT_TRACE, &[0]);
        }
        out.extend_from_slice(&[0; 8][..padded(size) - size]);
    }

    /// Reads the head in front of a call's arguments; returns it with what follows it.
    ///
    /// # Errors
    /// What breaks the format.
    pub fn decode(body: &[u8]) -> Result<(CallHead, &[u8]), Violation> {
        let mut cursor = Cursor::new("call", body);
        let mut head = CallHead {
            interface: cursor.u32()?,
            function: cursor.u32()?,
            deadline: cursor.u64()?,
            chain: cursor.array()?,
            meta: Metadata::default(),
        };
        let size = cursor.u32()? as usize;
        cursor.zero(4)?;
        if size > 0 {
            if size > MAX_METADATA {
                return Err(cursor.violation("too much metadata"));
            }
            head.meta = decode_metadata(cursor.bytes(size)?)?;
            cursor.zero(padded(size) - size)?;
        }
        Ok((head, cursor.rest()))
    }
}

fn decode_metadata(bytes: &[u8]) -> Result<Metadata, Violation> {
    let mut meta = Metadata::default();
    let mut cursor = Cursor::new("call metadata", bytes);
    let mut last = None;
    while cursor.remaining() > 0 {
        let key = cursor.u16()?;
        let length = cursor.u16()? as usize;
        let value = cursor.bytes(length)?;
        if last.is_some_and(|last| key <= last) {
            return Err(cursor.violation("keys are not ascending"));
        }
        last = Some(key);
        match key {
            TRACEPARENT => meta.traceparent = Some(cursor.text(value)?.to_owned()),
            TRACESTATE => meta.tracestate = Some(cursor.text(value)?.to_owned()),
            IDEMPOTENCY_KEY => meta.idempotency_key = Some(cursor.text(value)?.to_owned()),
            HOPS => match value.try_into() {
                Ok(hops) => meta.hops = u16::from_le_bytes(hops),
                Err(_) => return Err(cursor.violation("hops are not two bytes")),
            },
            WANT_TRACE => match value {
                [flag @ (0 | 1)] => meta.want_trace = *flag == 1,
                _ => return Err(cursor.violation("the trace wish is neither 0 nor 1")),
            },
            _ => {}
        }
    }
    Ok(meta)
}
