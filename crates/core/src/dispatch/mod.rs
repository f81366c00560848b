//! What an instance exports, and the layers around a call.

mod outcome;

pub use outcome::Outcome;
