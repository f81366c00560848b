//! A system error as the body of a frame.

use super::cursor::{Cursor, put_string};
use super::{MAX_ERROR, Violation};
use crate::error::{Code, Error, Frame, Sent};

const MAX_FRAMES: usize = 256;
const MAX_CAUSES: usize = 16;
/// What is kept of the message of an error that is too large.
const SHORT_MESSAGE: usize = 64 << 10;

/// The body of a system-error frame. An error beyond the limits is shortened: causes and frames past the last allowed one,
/// then everything but code and message.
pub fn encode_error(error: &Error) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + error.message().len());
    put_error(&mut out, error, 0);
    if out.len() as u64 > MAX_ERROR {
        let message = error.message();
        let cut = (0..=SHORT_MESSAGE.min(message.len()))
            .rev()
            .find(|&at| message.is_char_boundary(at));
        let mut short =
            Error::new(error.code(), &message[..cut.unwrap_or(0)]).with_sent(error.sent());
        if let Some(retry) = error.retry_hint() {
            short = short.with_retry(retry);
        }
        out.clear();
        put_error(&mut out, &short, 0);
    }
    out
}

fn put_error(out: &mut Vec<u8>, error: &Error, depth: usize) {
    let retry = match error.retry_hint() {
        None => 0,
        Some(false) => 1,
        Some(true) => 2,
    };
    out.extend_from_slice(&[error.code().number(), error.sent() as u8, retry, 0]);
    put_string(out, error.message());
    match error.details() {
        None => out.push(0),
        Some(details) => {
            out.push(1);
            out.extend_from_slice(&(details.len() as u32).to_le_bytes());
            out.extend_from_slice(details);
        }
    }
    let frames = &error.trace()[..error.trace().len().min(MAX_FRAMES)];
    out.extend_from_slice(&(frames.len() as u32).to_le_bytes());
    for frame in frames {
        for text in [
            &frame.language,
            &frame.component,
            &frame.function,
            &frame.file,
        ] {
            put_string(out, text);
        }
        out.extend_from_slice(&frame.line.to_le_bytes());
    }
    match error.cause() {
        Some(cause) if depth < MAX_CAUSES => {
            out.push(1);
            put_error(out, cause, depth + 1);
        }
        _ => out.push(0),
    }
}

/// Reads the body of a system-error frame.
///
/// # Errors
/// What breaks the format.
pub fn decode_error(body: &[u8]) -> Result<Error, Violation> {
    let mut cursor = Cursor::new("system-error", body);
    let error = read_error(&mut cursor, 0)?;
    cursor.end()?;
    Ok(error)
}

fn read_error(cursor: &mut Cursor<'_>, depth: usize) -> Result<Error, Violation> {
    let Some(code) = Code::from_number(cursor.u8()?) else {
        return Err(cursor.violation("the code is not known"));
    };
    let sent = match cursor.u8()? {
        0 => Sent::NotSent,
        1 => Sent::MaybeExecuted,
        _ => return Err(cursor.violation("sent is neither 0 nor 1")),
    };
    let retry = match cursor.u8()? {
        0 => None,
        1 => Some(false),
        2 => Some(true),
        _ => return Err(cursor.violation("the retry hint is not known")),
    };
    cursor.zero(1)?;
    let mut error = Error::new(code, cursor.string(usize::MAX)?).with_sent(sent);
    if let Some(retry) = retry {
        error = error.with_retry(retry);
    }
    if flag(cursor, "details")? {
        let length = cursor.u32()? as usize;
        error = error.with_details(cursor.bytes(length)?.to_vec());
    }
    let count = cursor.u32()? as usize;
    if count > MAX_FRAMES {
        return Err(cursor.violation("the trace is too long"));
    }
    if count > 0 {
        let mut frames = Vec::with_capacity(count.min(cursor.remaining() / 20));
        for _ in 0..count {
            let mut text = || cursor.string(usize::MAX).map(str::to_owned);
            frames.push(Frame {
                language: text()?,
                component: text()?,
                function: text()?,
                file: text()?,
                line: cursor.u32()?,
            });
        }
        error = error.with_trace(frames);
    }
    if flag(cursor, "cause")? {
        if depth == MAX_CAUSES {
            return Err(cursor.violation("too many causes"));
        }
        error = error.with_cause(read_error(cursor, depth + 1)?);
    }
    Ok(error)
}

fn flag(cursor: &mut Cursor<'_>, what: &str) -> Result<bool, Violation> {
    match cursor.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(cursor.violation(&format!("the byte in front of {what} is neither 0 nor 1"))),
    }
}
