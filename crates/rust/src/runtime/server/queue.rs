//! The calls of a server that no handler has seen yet, in the order of their arrival.
//!
//! Every question that is asked for each call is answered without looking through the queue: a thousand calls may wait.

use super::Inbound;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

type Chain = [u8; 16];

/// See the module.
#[derive(Default)]
pub(crate) struct Queue {
    /// Keys ascend.
    calls: VecDeque<Inbound>,
    /// The keys of those that may belong to a chain that waits or runs here already, by chain, ascending.
    shared: FxHashMap<Chain, VecDeque<u64>>,
}

impl Queue {
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    pub fn first(&self) -> Option<&Inbound> {
        self.calls.front()
    }

    pub fn last(&self) -> Option<&Inbound> {
        self.calls.back()
    }

    /// Puts a call behind all others; its key is the highest so far.
    pub fn push(&mut self, call: Inbound) {
        if call.may_share_its_chain() {
            self.shared
                .entry(call.context.chain)
                .or_default()
                .push_back(call.key);
        }
        self.calls.push_back(call);
    }

    pub fn take_first(&mut self) -> Option<Inbound> {
        let key = self.calls.front()?.key;
        self.take(key)
    }

    /// Whether a call of this chain waits.
    pub fn has_chain(&self, chain: &Chain) -> bool {
        !self.shared.is_empty() && self.shared.contains_key(chain)
    }

    /// The first call of this chain.
    pub fn take_of(&mut self, chain: &Chain) -> Option<Inbound> {
        let key = *self.shared.get(chain)?.front()?;
        self.take(key)
    }

    /// The first call of one of the chains that run.
    pub fn take_of_running(&mut self, running: &FxHashMap<Chain, u32>) -> Option<Inbound> {
        let shared = &self.shared;
        // Either may be large, rarely both.
        let key = if shared.len() <= running.len() {
            let runs = |(chain, _): &(&Chain, _)| running.contains_key(*chain);
            let firsts = shared.iter().filter(runs);
            firsts.filter_map(|(_, keys)| keys.front()).min().copied()
        } else {
            let waiting = running.keys().filter_map(|chain| shared.get(chain));
            waiting.filter_map(VecDeque::front).min().copied()
        };
        self.take(key?)
    }

    /// The call with this key, if it still waits.
    pub fn take(&mut self, key: u64) -> Option<Inbound> {
        let at = match self.calls.front() {
            Some(first) if first.key == key => 0,
            _ => self
                .calls
                .binary_search_by_key(&key, |call| call.key)
                .ok()?,
        };
        let call = self.calls.remove(at)?;
        if call.may_share_its_chain()
            && let Some(keys) = self.shared.get_mut(&call.context.chain)
        {
            if let Ok(at) = keys.binary_search(&key) {
                keys.remove(at);
            }
            if keys.is_empty() {
                self.shared.remove(&call.context.chain);
            }
        }
        Some(call)
    }

    pub fn drain(&mut self) -> VecDeque<Inbound> {
        self.shared.clear();
        std::mem::take(&mut self.calls)
    }
}
