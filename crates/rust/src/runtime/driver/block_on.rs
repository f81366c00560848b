//! A thread that waits for a future: it takes turns at leading as it would for a call of its own, and runs calls of the same chain.

use super::Inner;
use super::lead;
use super::rota::{Seat, Spot};
use crate::runtime::server;
use hms_ffi_core::error::Result;
use hms_ffi_transport::park::Parker;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Wakes the thread, wherever it waits.
struct Bell {
    inner: Arc<Inner>,
    parker: Arc<Parker>,
    rung: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        if !self.rung.swap(true, Ordering::AcqRel) && self.inner.is_ours() {
            let mut state = self.inner.lock();
            self.inner.wake(&mut state, &self.parker);
        }
    }
}

impl Inner {
    /// Blocks until the future has ended; `chain` is that of the call that it serves.
    ///
    /// # Errors
    /// `failed-precondition` in the child of a fork that the future or a call of the chain made.
    pub fn block_on<F: Future>(
        self: &Arc<Self>,
        mut future: Pin<&mut F>,
        chain: [u8; 16],
    ) -> Result<F::Output> {
        let parker = lead::current()?;
        let bell = Arc::new(Bell {
            inner: self.clone(),
            parker: parker.clone(),
            rung: AtomicBool::new(true),
        });
        let waker = Waker::from(bell.clone());
        let mut context = Context::from_waker(&waker);
        let seat = Seat::take(self);
        let mut state = self.lock();
        state.waiting.push((chain, parker.clone()));
        let output = loop {
            if bell.rung.swap(false, Ordering::AcqRel) {
                // The future may start calls, block, or take long.
                self.hand_over(&mut state);
                drop(state);
                let polled = future.as_mut().poll(&mut context);
                if !self.is_ours() {
                    return Err(lead::forked(None));
                }
                state = self.lock();
                if let Poll::Ready(output) = polled {
                    break output;
                }
                continue;
            }
            if let Some(inbound) = server::take_of_chain(self, &mut state, chain) {
                self.hand_over(&mut state);
                drop(state);
                inbound.run();
                if !self.is_ours() {
                    return Err(lead::forked(None));
                }
                state = self.lock();
                continue;
            }
            state = self.wait_once(state, &parker, 0, Spot::Caller).0;
        };
        let place = state
            .waiting
            .iter()
            .rposition(|(c, p)| *c == chain && Arc::ptr_eq(p, &parker));
        if let Some(at) = place {
            state.waiting.swap_remove(at);
        }
        self.flush(&mut state);
        seat.leave(&mut state);
        Ok(output)
    }
}
