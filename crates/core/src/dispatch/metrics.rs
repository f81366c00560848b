//! The metrics layer: how many calls of each function ended how, and how long they took.

use super::{Layer, LayerCall, Outcome};
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of one function.
#[derive(Debug, Default)]
struct Counts {
    ok: AtomicU64,
    declared: AtomicU64,
    system: AtomicU64,
    cancelled: AtomicU64,
    nanoseconds: AtomicU64,
}

/// What the metrics layer has counted for one function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionMetrics {
    /// Calls that ended with a result.
    pub ok: u64,
    /// Calls that ended with a declared error.
    pub declared: u64,
    /// Calls that ended with a system error.
    pub system: u64,
    /// Calls that ended cancelled.
    pub cancelled: u64,
    /// Time of all of them together, queueing included.
    pub nanoseconds: u64,
}

/// See the module. Counting takes no lock.
#[derive(Debug)]
pub struct MetricsLayer(Vec<Vec<Counts>>);

impl MetricsLayer {
    /// For exports with these numbers of functions.
    pub fn new(functions: impl IntoIterator<Item = usize>) -> Self {
        MetricsLayer(
            functions
                .into_iter()
                .map(|n| (0..n).map(|_| Counts::default()).collect())
                .collect(),
        )
    }

    /// The counts of a function; zeros if there is no such function.
    pub fn get(&self, export: usize, function: usize) -> FunctionMetrics {
        let Some(c) = self.0.get(export).and_then(|f| f.get(function)) else {
            return FunctionMetrics::default();
        };
        FunctionMetrics {
            ok: c.ok.load(Ordering::Relaxed),
            declared: c.declared.load(Ordering::Relaxed),
            system: c.system.load(Ordering::Relaxed),
            cancelled: c.cancelled.load(Ordering::Relaxed),
            nanoseconds: c.nanoseconds.load(Ordering::Relaxed),
        }
    }
}

impl Layer for MetricsLayer {
    fn end(&self, call: &LayerCall<'_>, outcome: &Outcome, nanoseconds: u64) {
        let Some(counts) = self.0.get(call.export).and_then(|f| f.get(call.index)) else {
            return;
        };
        let count = match outcome {
            Outcome::Ok(_) => &counts.ok,
            Outcome::Declared(_) => &counts.declared,
            Outcome::System(_) => &counts.system,
            Outcome::Cancelled => &counts.cancelled,
        };
        count.fetch_add(1, Ordering::Relaxed);
        counts.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::schema::{Function, Schema};
    use crate::dispatch::{Layers, LimitLayer};
    use crate::error::{Code, Error};
    use std::sync::Arc;

    #[test]
    fn a_refused_call_is_counted_and_takes_no_place() {
        let function = Function {
            name: "f".into(),
            params: vec![],
            result: None,
            is_async: false,
            idempotent: false,
            topic: false,
            quick: false,
            fingerprint: String::new(),
            foreign: vec![],
            docs: String::new(),
        };
        let schema = Schema {
            interface: "a:b/c".into(),
            fingerprint: String::new(),
            types: vec![],
            functions: vec![function.clone()],
            resources: vec![],
            docs: String::new(),
            wit: String::new(),
            topics: false,
        };
        let metrics = Arc::new(MetricsLayer::new([1]));
        let layers = Layers::new(vec![metrics.clone(), Arc::new(LimitLayer::new(1))]);
        let call = LayerCall {
            export: 0,
            index: 0,
            schema: &schema,
            function: &function,
            caller_uid: 0,
            caller_pid: 0,
            args: &[],
        };
        layers.start(&call).expect("first");
        let refused = layers.start(&call).expect_err("second");
        assert_eq!(refused.code(), Code::ResourceExhausted);
        layers.end(&call, &Outcome::Ok(vec![]), 5);
        layers.start(&call).expect("room again");
        layers.end(&call, &Outcome::System(Error::internal("x")), 7);
        assert_eq!(
            metrics.get(0, 0),
            FunctionMetrics {
                ok: 1,
                system: 2,
                nanoseconds: 12,
                ..FunctionMetrics::default()
            }
        );
    }
}
