//! The sixteen canonical status codes: names and numbers as in gRPC's `google.rpc.Code`.
//! This table is the only one; the classes of every language are made from it or tested against it.

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal, $temporary:literal;)*) => {
        /// A canonical status code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $name)] $variant = $number,)*
        }

        impl Code {
            /// All codes in order of their numbers.
            pub const ALL: [Code; 16] = [$(Code::$variant,)*];

            /// The kebab-case name, `not-found`.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// The name of this code's class in every language, `NotFound`.
            pub const fn class_name(self) -> &'static str {
                match self { $(Code::$variant => stringify!($variant),)* }
            }

            /// Whether the same call may succeed a little later without a change by the caller.
            pub const fn is_temporary(self) -> bool {
                match self { $(Code::$variant => $temporary,)* }
            }

            /// The code with this number (1 to 16).
            pub const fn from_number(number: u8) -> Option<Code> {
                match number { $($number => Some(Code::$variant),)* _ => None }
            }

            /// The code with this kebab-case name.
            pub fn from_name(name: &str) -> Option<Code> {
                match name { $($name => Some(Code::$variant),)* _ => None }
            }
        }
    };
}

codes! {
    /// The call was cancelled, usually by its caller.
    Cancelled = 1, "cancelled", false;
    /// An error that has no better code.
    Unknown = 2, "unknown", false;
    /// The caller gave an argument that is wrong whatever the state of the system.
    InvalidArgument = 3, "invalid-argument", false;
    /// The deadline passed before the call ended.
    DeadlineExceeded = 4, "deadline-exceeded", true;
    /// What was asked for does not exist.
    NotFound = 5, "not-found", false;
    /// What was to be made exists already.
    AlreadyExists = 6, "already-exists", false;
    /// The caller is known and may not do this.
    PermissionDenied = 7, "permission-denied", false;
    /// A quota, a limit or a queue is full.
    ResourceExhausted = 8, "resource-exhausted", true;
    /// The system is not in the state that the call needs.
    FailedPrecondition = 9, "failed-precondition", false;
    /// The call lost a race, as in a transaction; it may be tried again from the start.
    Aborted = 10, "aborted", true;
    /// The call went past the end of something.
    OutOfRange = 11, "out-of-range", false;
    /// The function or interface does not exist here or cannot be called yet.
    Unimplemented = 12, "unimplemented", false;
    /// A mistake in a provider or in HMS FFI.
    Internal = 13, "internal", false;
    /// No provider can be reached now.
    Unavailable = 14, "unavailable", true;
    /// Data is lost or damaged.
    DataLoss = 15, "data-loss", false;
    /// The caller is not known.
    Unauthenticated = 16, "unauthenticated", false;
}

impl Code {
    /// The number on the wire, 1 to 16.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
