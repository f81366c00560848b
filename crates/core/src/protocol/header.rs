//! The 16 bytes in front of every frame.

use super::Violation;

/// Bytes of a header.
pub const HEADER: usize = 16;

/// Bytes of a body in one frame; a larger one is split into fragments of this size.
pub const FRAGMENT: usize = 16 << 10;

/// Largest body of one frame, in bytes: only a hello may be that large.
pub const MAX_BODY: usize = 64 << 10;

/// Bits of a header's flags.
pub mod flags {
    /// Fragments follow.
    pub const MORE: u8 = 1;
    /// The value bytes lie in an arena.
    pub const ARENA: u8 = 2;
}

macro_rules! types {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal;)*) => {
        /// The type of a frame.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum FrameType {
            $($(#[$doc])* $variant = $number,)*
        }

        impl FrameType {
            /// All types in order of their numbers.
            pub const ALL: &'static [FrameType] = &[$(FrameType::$variant,)*];

            /// The name in the specification.
            pub const fn name(self) -> &'static str {
                match self { $(FrameType::$variant => $name,)* }
            }

            /// The type with this number.
            pub const fn from_number(number: u8) -> Option<FrameType> {
                match number { $($number => Some(FrameType::$variant),)* _ => None }
            }
        }
    };
}

types! {
    /// Who the peer is, its limits and exports.
    Hello = 1, "hello";
    /// Asks for the schema of an exported interface.
    SchemaRequest = 2, "schema-request";
    /// A schema's JSON.
    SchemaReply = 3, "schema-reply";
    /// Offers shared memory.
    ShmOffer = 4, "shm-offer";
    /// Takes or refuses shared memory.
    ShmAnswer = 5, "shm-answer";
    /// Opens a call.
    Call = 8, "call";
    /// Continues a body.
    Fragment = 9, "fragment";
    /// Ends a call with a result.
    Ok = 10, "ok";
    /// Ends a call with its declared error.
    DeclaredError = 11, "declared-error";
    /// Ends a call with a system error; on id 0, ends the link.
    SystemError = 12, "system-error";
    /// Ends a call that was cancelled.
    Cancelled = 13, "cancelled";
    /// The caller has given up.
    Cancel = 14, "cancel";
    /// An item of a stream.
    Item = 16, "item";
    /// Lets a stream's sender go on.
    Credit = 17, "credit";
    /// The end of a stream.
    End = 18, "end";
    /// Handles that are no longer held.
    Drop = 19, "drop";
    /// A message of a topic.
    Event = 20, "event";
    /// Asks for a sign of life.
    Ping = 24, "ping";
    /// The sign of life.
    Pong = 25, "pong";
    /// No new calls, please.
    Goodbye = 26, "goodbye";
    /// The rest of a body lies in an arena.
    ArenaRef = 28, "arena-ref";
    /// An arena's slot is free again.
    ArenaRelease = 29, "arena-release";
}

impl FrameType {
    /// Whether the call id is 0 (`Some(true)`), not 0 (`Some(false)`) or either.
    pub const fn is_for_link(self) -> Option<bool> {
        match self {
            FrameType::Hello
            | FrameType::SchemaRequest
            | FrameType::SchemaReply
            | FrameType::ShmOffer
            | FrameType::ShmAnswer
            | FrameType::Drop
            | FrameType::Ping
            | FrameType::Pong
            | FrameType::Goodbye
            | FrameType::ArenaRelease => Some(true),
            // A fragment with id 0 continues a schema-reply; a system-error with id 0 is about the link.
            FrameType::Fragment | FrameType::SystemError => None,
            _ => Some(false),
        }
    }

    /// Whether a body of this type may be split into fragments.
    pub const fn is_fragmented(self) -> bool {
        matches!(
            self,
            FrameType::SchemaReply
                | FrameType::Call
                | FrameType::Fragment
                | FrameType::Ok
                | FrameType::DeclaredError
                | FrameType::SystemError
                | FrameType::Item
                | FrameType::End
                | FrameType::Event
        )
    }

    /// Whether the value bytes of this type may lie in an arena.
    pub const fn may_use_arena(self) -> bool {
        matches!(
            self,
            FrameType::Call
                | FrameType::Ok
                | FrameType::DeclaredError
                | FrameType::Item
                | FrameType::Event
        )
    }
}

/// A frame's header, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes of the body, without padding.
    pub length: u32,
    /// The type.
    pub kind: FrameType,
    /// See [`flags`].
    pub flags: u8,
    /// Call id; 0 for frames about the whole link.
    pub id: u64,
}

impl Header {
    /// Reads and checks a header.
    pub fn decode(bytes: &[u8; HEADER]) -> Result<Header, Violation> {
        let length = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let Some(kind) = FrameType::from_number(bytes[4]) else {
            return Err(Violation::new(format!(
                "frame type {} is not known",
                bytes[4]
            )));
        };
        let flags = bytes[5];
        let id = u64::from_le_bytes(bytes[8..].try_into().expect("8 bytes"));
        let header = Header {
            length,
            kind,
            flags,
            id,
        };
        if bytes[6] != 0 || bytes[7] != 0 {
            return Err(header.violation("reserved bytes are not zero"));
        }
        if flags & !(flags::MORE | flags::ARENA) != 0 {
            return Err(header.violation("a flag is not known"));
        }
        if header.more() && !kind.is_fragmented() {
            return Err(header.violation("MORE on a type without fragments"));
        }
        if header.arena() && (!kind.may_use_arena() || header.more()) {
            return Err(header.violation("ARENA where it is not allowed"));
        }
        match kind.is_for_link() {
            Some(true) if id != 0 => return Err(header.violation("a call id where 0 belongs")),
            Some(false) if id == 0 => return Err(header.violation("no call id")),
            _ => {}
        }
        let limit = match kind {
            FrameType::Hello => MAX_BODY,
            // The first of several holds the total in front.
            _ if header.more() && kind != FrameType::Fragment => FRAGMENT + 8,
            _ => FRAGMENT,
        };
        if length as usize > limit {
            return Err(header.violation("the body is too long for one frame"));
        }
        if header.more() && (length as usize) < limit {
            return Err(header.violation("a fragment before the last is not full"));
        }
        Ok(header)
    }

    /// The header's bytes.
    pub fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&self.length.to_le_bytes());
        bytes[4] = self.kind as u8;
        bytes[5] = self.flags;
        bytes[8..].copy_from_slice(&self.id.to_le_bytes());
        bytes
    }

    /// Whether fragments follow.
    pub const fn more(&self) -> bool {
        self.flags & flags::MORE != 0
    }

    /// Whether the value bytes lie in an arena.
    pub const fn arena(&self) -> bool {
        self.flags & flags::ARENA != 0
    }

    /// Bytes of the whole frame: header, body and padding.
    pub const fn frame_size(&self) -> usize {
        HEADER + padded(self.length as usize)
    }

    pub(super) fn violation(&self, what: &str) -> Violation {
        Violation::new(format!(
            "{} frame, id {}: {what}",
            self.kind.name(),
            self.id
        ))
    }
}

/// `length` rounded up to a multiple of 8.
pub(super) const fn padded(length: usize) -> usize {
    (length + 7) & !7
}
