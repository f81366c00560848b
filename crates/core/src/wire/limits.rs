//! How much one message may hold.

/// Limits of one message. Both sides check them: the writer before it sends, the reader before it allocates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a message.
    pub max_message: u64,
    /// Nesting of values; the message itself is at depth 0.
    pub max_depth: u32,
    /// Sum of the counts of all lists, sets and maps; a list of numbers counts as one element.
    pub max_elements: u64,
}

impl Limits {
    /// What applies unless something else is configured: 256 MiB, 64 levels, 16 Mi elements.
    pub const DEFAULT: Limits = Limits {
        max_message: 256 << 20,
        max_depth: 64,
        max_elements: 16 << 20,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
