//! The first frame in each direction.

use super::Violation;
use super::cursor::{Cursor, put_string};
use super::header::MAX_BODY;
use crate::error::{Code, Error};

/// The protocol's version.
pub const VERSION: u16 = 1;
/// Largest number of exported interfaces.
pub const MAX_EXPORTS: usize = 1024;
/// Largest name in a hello, in bytes.
pub const MAX_NAME: usize = 256;

const MAGIC: [u8; 8] = *b"HMSFFI\0\x01";

/// Bits of [`Hello::features`].
pub mod features {
    /// Items, credit and ends of streams.
    pub const STREAMS: u32 = 1;
    /// Handles and their drops.
    pub const RESOURCES: u32 = 2;
    /// Events.
    pub const TOPICS: u32 = 4;
    /// Rings in shared memory.
    pub const SHARED_MEMORY: u32 = 8;
    /// Large values in shared memory.
    pub const ARENAS: u32 = 16;
}

/// What one side tells the other about itself. Identity is never taken from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// See [`features`].
    pub features: u32,
    /// Calls that the peer may have in flight towards this side.
    pub calls: u32,
    /// Largest arguments, result or declared error that this side accepts, in bytes.
    pub message: u64,
    /// Bytes of incomplete bodies that this side holds for the link; less than `message` counts as `message`.
    pub reassembly: u64,
    /// Process id in the sender's own pid namespace.
    pub pid: u32,
    /// Random name of the instance; empty for a pure caller.
    pub instance: String,
    /// `rust`, `python`, `node`, `go`, `ruby`, `php`.
    pub language: String,
    /// Exported interfaces, in the order of their indices.
    pub exports: Vec<Export>,
}

/// An interface that an instance exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Interface with version, `hms:claims/adjudication@1.2.0`.
    pub interface: String,
    /// The schema's fingerprint.
    pub fingerprint: [u8; 32],
}

impl Default for Hello {
    /// The default limits; no name, no exports.
    fn default() -> Self {
        Hello {
            features: 0,
            calls: 1024,
            message: 256 << 20,
            reassembly: 4 * (256 << 20),
            pid: 0,
            instance: String::new(),
            language: String::new(),
            exports: Vec::new(),
        }
    }
}

impl Hello {
    /// The body of the hello frame.
    ///
    /// # Errors
    /// `invalid-argument` if there are too many exports or a name is too long.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let names = [&self.instance, &self.language];
        if self.exports.len() > MAX_EXPORTS {
            return Err(Error::invalid_argument(format!(
                "one instance exports at most {MAX_EXPORTS} interfaces"
            )));
        }
        if let Some(name) = names
            .into_iter()
            .chain(self.exports.iter().map(|e| &e.interface))
            .find(|n| n.len() > MAX_NAME)
        {
            return Err(Error::invalid_argument(format!(
                "a name has more than {MAX_NAME} bytes: {name}"
            )));
        }
        let mut out = Vec::with_capacity(128 + self.exports.len() * 96);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.features.to_le_bytes());
        out.extend_from_slice(&self.calls.to_le_bytes());
        out.extend_from_slice(&self.message.to_le_bytes());
        out.extend_from_slice(&self.reassembly.to_le_bytes());
        out.extend_from_slice(&self.pid.to_le_bytes());
        put_string(&mut out, &self.instance);
        put_string(&mut out, &self.language);
        out.extend_from_slice(&(self.exports.len() as u32).to_le_bytes());
        for export in &self.exports {
            put_string(&mut out, &export.interface);
            out.extend_from_slice(&export.fingerprint);
        }
        if out.len() > MAX_BODY {
            return Err(Error::invalid_argument(
                "the names of the exported interfaces are too long together",
            ));
        }
        Ok(out)
    }

    /// Reads the body of a hello frame.
    ///
    /// # Errors
    /// With the code `unimplemented` if no version is common.
    pub fn decode(body: &[u8]) -> Result<Hello, Violation> {
        let mut cursor = Cursor::new("hello", body);
        if cursor.array::<8>()? != MAGIC {
            return Err(cursor.violation("the peer does not speak this protocol"));
        }
        let (minimum, maximum) = (cursor.u16()?, cursor.u16()?);
        if !(minimum..=maximum).contains(&VERSION) {
            return Err(Violation::with_code(
                Code::Unimplemented,
                format!(
                    "the peer speaks protocol versions {minimum} to {maximum}, this side {VERSION}"
                ),
            ));
        }
        let features = cursor.u32()?;
        let calls = cursor.u32()?;
        let message = cursor.u64()?;
        let reassembly = cursor.u64()?.max(message);
        let pid = cursor.u32()?;
        let instance = cursor.string(MAX_NAME)?.to_owned();
        let language = cursor.string(MAX_NAME)?.to_owned();
        let count = cursor.u32()? as usize;
        if count > MAX_EXPORTS {
            return Err(cursor.violation("too many exports"));
        }
        // An export takes at least 36 bytes: nothing is reserved on the peer's word alone.
        let mut exports = Vec::with_capacity(count.min(cursor.remaining() / 36));
        for _ in 0..count {
            let interface = cursor.string(MAX_NAME)?.to_owned();
            exports.push(Export {
                interface,
                fingerprint: cursor.array()?,
            });
        }
        Ok(Hello {
            features,
            calls,
            message,
            reassembly,
            pid,
            instance,
            language,
            exports,
        })
    }
}
