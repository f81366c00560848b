//! Arguments that outlive their sending.

use std::ops::Deref;
use std::sync::Arc;

use super::header::FRAGMENT;

/// The encoded arguments of a call, kept by its caller for another attempt. Sending copies small ones, which costs less than
/// sharing them would, and shares large ones.
#[derive(Clone, Debug)]
pub struct Args(Kept);

#[derive(Clone, Debug)]
enum Kept {
    Small(Vec<u8>),
    Large(Arc<Vec<u8>>),
}

impl Args {
    /// The bytes, copied only if somebody else has them too.
    pub fn into_vec(self) -> Vec<u8> {
        match self.0 {
            Kept::Small(bytes) => bytes,
            Kept::Large(bytes) => Arc::unwrap_or_clone(bytes),
        }
    }
}

impl From<Vec<u8>> for Args {
    fn from(bytes: Vec<u8>) -> Self {
        Args(if bytes.len() < FRAGMENT {
            Kept::Small(bytes)
        } else {
            Kept::Large(Arc::new(bytes))
        })
    }
}

impl Deref for Args {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Kept::Small(bytes) => bytes,
            Kept::Large(bytes) => bytes,
        }
    }
}
