//! The order in which answers come: step by step, and in each the queries that are still followed.

use std::collections::BTreeMap;

use super::bits::Packed;
use super::verdict::{Fault, same};

/// Which answer comes next.
pub(super) struct Sequence {
    queries: u64,
    steps: u32,
    step: u32,
    /// The queries of this step; in the first all.
    turn: Option<Vec<u64>>,
    /// How many of them have come.
    come: u64,
    /// What the queries of the next step are, by their numbers.
    reached: BTreeMap<u64, Vec<u64>>,
    /// The same of this step.
    asked: BTreeMap<u64, Vec<u64>>,
}

impl Sequence {
    pub(super) fn new(queries: u64, steps: u32) -> Self {
        let (reached, asked) = (BTreeMap::new(), BTreeMap::new());
        Self { queries, steps, step: 1, turn: None, come: 0, reached, asked }
    }

    /// (query, step) of the next answer, if there is to be one.
    fn next(&self) -> Option<(u64, u32)> {
        let query = match &self.turn {
            None => Some(self.come).filter(|&query| query < self.queries),
            Some(turn) => turn.get(self.come as usize).copied(),
        };
        query.map(|query| (query, self.step))
    }

    /// Takes the answer that came.
    pub(super) fn take(&mut self, number: u64, step: u32, query: &Packed, answer: &[u64]) -> Result<(), Fault> {
        let Some((expected, in_step)) = self.next() else {
            return Err(Fault::new("query", "no further answer", number));
        };
        same("query", expected, number)?;
        same("step", in_step, step)?;
        if step > 1 && (query.known.is_some() || self.asked.get(&number) != Some(&query.bits)) {
            return Err(Fault::new("bits", "the answer of the step before, all of it known", "others"));
        }
        let settled = query.known.is_none() && query.bits == answer;
        if step < self.steps && !settled {
            self.reached.insert(number, answer.to_vec());
        }
        self.come += 1;
        if self.next().is_none() && !self.reached.is_empty() {
            self.asked = std::mem::take(&mut self.reached);
            self.turn = Some(self.asked.keys().copied().collect());
            (self.step, self.come) = (self.step + 1, 0);
        }
        Ok(())
    }

    /// Whether all answers have come.
    pub(super) fn is_over(&self) -> Result<(), Fault> {
        match self.next() {
            None => Ok(()),
            Some((query, step)) => {
                let expected = format!("the answer to query {query} in step {step}");
                Err(Fault::new("record", expected, "the last line"))
            }
        }
    }
}
