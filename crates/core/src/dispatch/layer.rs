//! Layers: cross-cutting work around every call that an instance serves (as in tower: limits, metrics, later policy and audit).

use super::Outcome;
use crate::contract::schema::{Function, Schema};
use crate::error::Result;
use std::sync::Arc;

/// What a layer sees of a call.
#[derive(Clone, Copy, Debug)]
pub struct LayerCall<'a> {
    /// Index of the export.
    pub export: usize,
    /// Index of the function in its schema.
    pub index: usize,
    /// The interface.
    pub schema: &'a Schema,
    /// The function.
    pub function: &'a Function,
    /// The caller's user id, from the kernel.
    pub caller_uid: u32,
    /// The caller's process id in our pid namespace; 0 if it has none here.
    pub caller_pid: u32,
    /// The arguments' bytes.
    pub args: &'a [u8],
}

/// Work around a call. It sees every call once at its start and, unless a layer refused it, once at its end.
pub trait Layer: Send + Sync {
    /// Before the call is queued.
    ///
    /// # Errors
    /// An error refuses the call; the caller gets it, and later layers do not see the call.
    fn start(&self, call: &LayerCall<'_>) -> Result<()> {
        let _ = call;
        Ok(())
    }

    /// After the call has ended, `nanoseconds` after its start. Also for calls that a later layer refused.
    fn end(&self, call: &LayerCall<'_>, outcome: &Outcome, nanoseconds: u64) {
        let _ = (call, outcome, nanoseconds);
    }
}

/// Layers in order, outermost first.
#[derive(Clone, Default)]
pub struct Layers(Vec<Arc<dyn Layer>>);

impl Layers {
    /// These layers, outermost first.
    pub fn new(layers: Vec<Arc<dyn Layer>>) -> Self {
        Layers(layers)
    }

    /// Shows the call to the layers in order. If one refuses it, those before it see its end at once.
    ///
    /// # Errors
    /// The refusal.
    pub fn start(&self, call: &LayerCall<'_>) -> Result<()> {
        for (i, layer) in self.0.iter().enumerate() {
            if let Err(error) = layer.start(call) {
                let outcome = Outcome::System(error.clone());
                for before in self.0[..i].iter().rev() {
                    before.end(call, &outcome, 0);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Shows the end of a call that all layers let through, innermost first.
    pub fn end(&self, call: &LayerCall<'_>, outcome: &Outcome, nanoseconds: u64) {
        for layer in self.0.iter().rev() {
            layer.end(call, outcome, nanoseconds);
        }
    }
}
