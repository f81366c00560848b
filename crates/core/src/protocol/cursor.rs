//! Reads the fixed fields of frame bodies; every length is checked against what is left.

use super::Violation;

pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Cursor<'a> {
    /// `what` names the frame in errors.
    pub(super) fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Cursor { rest: bytes, what }
    }

    #[cold]
    pub(super) fn violation(&self, why: &str) -> Violation {
        Violation::new(format!("{}: {why}", self.what))
    }

    pub(super) fn bytes(&mut self, n: usize) -> Result<&'a [u8], Violation> {
        match self.rest.split_at_checked(n) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(self.violation("the body is too short")),
        }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Violation> {
        match self.rest.split_first_chunk::<N>() {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(*taken)
            }
            None => Err(self.violation("the body is too short")),
        }
    }

    pub(super) fn u8(&mut self) -> Result<u8, Violation> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn u16(&mut self) -> Result<u16, Violation> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Violation> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, Violation> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// Bytes that have to be zero.
    pub(super) fn zero(&mut self, n: usize) -> Result<(), Violation> {
        if self.bytes(n)?.iter().any(|&b| b != 0) {
            return Err(self.violation("reserved bytes are not zero"));
        }
        Ok(())
    }

    /// A string of at most `limit` bytes.
    pub(super) fn string(&mut self, limit: usize) -> Result<&'a str, Violation> {
        let length = self.u32()? as usize;
        if length > limit {
            return Err(self.violation("a string is too long"));
        }
        let bytes = self.bytes(length)?;
        self.text(bytes)
    }

    pub(super) fn text(&self, bytes: &'a [u8]) -> Result<&'a str, Violation> {
        std::str::from_utf8(bytes).map_err(|_| self.violation("text is not UTF-8"))
    }

    /// What is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Nothing may be left.
    pub(super) fn end(self) -> Result<(), Violation> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.violation("the body is too long"))
        }
    }
}

pub(super) fn put_string(out: &mut Vec<u8>, text: &str) {
    // Callers bound their strings far below 4 GiB.
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}
