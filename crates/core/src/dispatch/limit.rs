//! The first layer: a bound on calls that are queued or run.

use super::{Layer, LayerCall, Outcome};
use crate::error::{Code, Error, Result};
use std::sync::atomic::{AtomicUsize, Ordering};

/// At most so many calls at once, queued ones included.
#[derive(Debug)]
pub struct LimitLayer {
    most: usize,
    now: AtomicUsize,
}

impl LimitLayer {
    /// At most `most` calls.
    pub fn new(most: usize) -> Self {
        LimitLayer {
            most,
            now: AtomicUsize::new(0),
        }
    }
}

impl Layer for LimitLayer {
    fn start(&self, _: &LayerCall<'_>) -> Result<()> {
        if self.now.fetch_add(1, Ordering::Relaxed) >= self.most {
            self.now.fetch_sub(1, Ordering::Relaxed);
            let message = format!(
                "the provider has its {} calls running and queued; try again later",
                self.most
            );
            return Err(Error::new(Code::ResourceExhausted, message));
        }
        Ok(())
    }

    fn end(&self, _: &LayerCall<'_>, _: &Outcome, _: u64) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }
}
