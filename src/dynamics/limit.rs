//! Where a run ends: the limit, and the path that leads there.

use std::collections::HashMap;
use std::fmt;

use super::end::{Closest, End};
use crate::recall::certificate::Reason;
use crate::separation::energy::Energy;
use crate::{Pattern, Query, Result};

/// What kind of limit a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// A state that the next step left as it was.
    FixedPoint,
    /// A cycle of this many states, two or more. Synchronous classical networks know only cycles of two.
    Cycle(u32),
    /// None within the steps allowed.
    StepLimit,
}

impl Limit {
    /// Its name: `fixed-point`, `cycle` or `step-limit`.
    pub fn name(self) -> &'static str {
        match self {
            Self::FixedPoint => "fixed-point",
            Self::Cycle(_) => "cycle",
            Self::StepLimit => "step-limit",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FixedPoint => f.pad("fixed point"),
            Self::Cycle(length) => f.pad(&format!("cycle of {length}")),
            Self::StepLimit => f.pad("step limit"),
        }
    }
}

/// The states that one run has passed.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) state: Query,
    pub(crate) energies: Vec<Energy>,
    /// The states before `state`, if they are wanted.
    pub(crate) trace: Option<Vec<Query>>,
    pub(crate) tied_bits: u64,
    pub(crate) limit: Option<Limit>,
    /// What proved by an index that it ends where it does, if that did, and what is known of its end by that.
    pub(crate) proof: Option<Reason>,
    pub(crate) end: Option<(End, Closest)>,
    /// When each state was passed, by its BLAKE3 hash, if a state that returns means a cycle. Two states of one hash
    /// would be a collision of that function; none is known.
    seen: Option<HashMap<blake3::Hash, usize>>,
    steps: usize,
}

impl Path {
    /// From `start`; `repeats` says that a step depends on nothing but the state, so that a state that returns means
    /// a cycle.
    pub(crate) fn new(start: Query, repeats: bool, traced: bool) -> Self {
        let trace = traced.then(Vec::new);
        let seen = repeats.then(HashMap::new);
        let (energies, limit, proof, end) = (Vec::new(), None, None, None);
        let mut path = Self { state: start, energies, trace, tied_bits: 0, limit, proof, end, seen, steps: 0 };
        path.remember();
        path
    }

    /// Notes when the present state was passed. One with positions unknown never returns.
    fn remember(&mut self) {
        if let Some(seen) = &mut self.seen
            && self.state.known().is_none()
        {
            seen.insert(hash(self.state.signs()), self.steps);
        }
    }

    /// Goes on to `next`, unless that shows that the limit is reached.
    pub(crate) fn advance(&mut self, next: Pattern, tied_bits: u64) {
        self.tied_bits = tied_bits;
        if self.state.known().is_none() && *self.state.signs() == next {
            self.limit = Some(Limit::FixedPoint);
            return;
        }
        self.steps += 1;
        if let Some(&before) = self.seen.as_ref().and_then(|seen| seen.get(&hash(&next))) {
            self.limit = Some(Limit::Cycle((self.steps - before) as u32));
            return;
        }
        let left = std::mem::replace(&mut self.state, Query::new(next));
        if let Some(trace) = &mut self.trace {
            trace.push(left);
        }
        self.remember();
    }
}

fn hash(state: &Pattern) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for word in state.words() {
        hasher.update(&word.to_le_bytes());
    }
    hasher.finalize()
}

/// `new` but at the `frozen` positions, where `state` stays.
pub(super) fn unless_frozen(new: &Pattern, state: &Query, frozen: &[u64]) -> Result<Pattern> {
    let words = new.words().iter().zip(state.signs().words()).zip(frozen);
    Pattern::from_words(words.map(|((new, old), frozen)| new & !frozen | old & frozen).collect(), new.dim())
}
