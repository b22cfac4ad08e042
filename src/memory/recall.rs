//! Recall: x ← sign of the field, once or several times over.

use crate::memory::view::View;
use crate::recall::steps::repeat;
use crate::separation::field::Field;
use crate::sign::self_term::SelfTerm;
use crate::{Error, Memory, Queries, Recall, Recalled, Result};

impl Memory {
    /// Recalls every query: sign[Σ_i f(⟨query, x_i⟩) y_i], the literal sum with the self-term kept.
    ///
    /// Every bit is the sign of the real field, for every tier, number of threads, batch and order of storing; ties are
    /// those fields that are exactly 0. Runs in the current rayon pool.
    ///
    /// Cost: each step looks at the first words of all n keys, once for up to 64 queries, and reads on where it must;
    /// exponential and max recall seldom need more than the votes of a few keys. Where every key matters (linear,
    /// polynomial, small β) each query takes n distances, look-ups and additions of weights for ⌈value_dim/64⌉ words.
    /// Bits that stay open even then (ties) add 4n bytes and some nanoseconds a key for each word of 64 open columns.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the queries are of another dimension; [`Error::UnequalDimensions`] for several steps or
    /// [`Tie::Stay`](crate::Tie::Stay) where keys and values differ in dimension; [`Error::OutOfMemory`].
    ///
    /// # Source
    /// Hopfield 1982 (linear); Krotov and Hopfield 2016 (polynomial); Demircigil, Heusel, Löwe, Upgang and Vermet 2017
    /// (exponential).
    pub fn recall(&self, queries: &Queries, recall: &Recall) -> Result<Recalled> {
        self.view().recall(queries, recall)
    }
}

impl View<'_> {
    /// Recalls every query from the associations in the view, sign[Σ_i f(⟨query, x_i⟩) y_i] over these: see
    /// [`Memory::recall`]. What is counted for who watches are queries, once a step.
    ///
    /// # Errors
    /// As [`Memory::recall`]; [`Error::Mismatch`] for a scope of another memory; [`Error::Interrupted`].
    pub fn recall(&self, queries: &Queries, recall: &Recall) -> Result<Recalled> {
        let (dim, value_dim) = (self.memory().dim(), self.memory().value_dim());
        let steps = self.begin((queries.len() as u64).saturating_mul(recall.steps.into()));
        let asked = self.asked(&steps)?;
        asked.scan.check(queries)?;
        recall.tie.check(dim, value_dim)?;
        if recall.steps > 1 && dim != value_dim {
            return Err(Error::UnequalDimensions { what: "recall in several steps", key_dim: dim, value_dim });
        }
        let field = Field::new(recall.separation, SelfTerm::Kept, dim);
        let step = |queries: &Queries| asked.recalled(queries, &field, recall.tie);
        let skipped = |more: u32| steps.advance((queries.len() as u64).saturating_mul(more.into()));
        repeat(queries, recall.steps, step, |recalled| &recalled.patterns, skipped)
    }
}
