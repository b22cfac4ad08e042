//! Recall: x ← sign of the field, once or several times over.

use crate::memory::view::View;
use crate::recall::closing::Answer;
use crate::recall::steps::repeat;
use crate::separation::field::Field;
use crate::sign::self_term::SelfTerm;
use crate::{Error, Memory, Patterns, Queries, Report, Result, Separation, Tie};

/// How to recall: the separation, the number of steps and the tie policy.
///
/// ```
/// use popfield::{Recall, Separation, Tie};
/// let recall = Recall::new(Separation::polynomial(3)?).steps(2)?.tie(Tie::Stay);
/// # Ok::<(), popfield::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recall {
    separation: Separation,
    steps: u32,
    tie: Tie,
}

impl Recall {
    /// One step under `separation`; sign(0) is +1.
    pub fn new(separation: Separation) -> Self {
        Self { separation, steps: 1, tie: Tie::Plus }
    }

    /// `steps` steps, each step's answer prompting the next. More than one needs values of the keys' dimension.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `steps` is 0.
    pub fn steps(self, steps: u32) -> Result<Self> {
        if steps == 0 {
            return Err(Error::Parameter { what: "steps", expected: "at least 1".into(), found: "0".into() });
        }
        Ok(Self { steps, ..self })
    }

    /// The policy for fields of exactly 0, in every step.
    pub fn tie(self, tie: Tie) -> Self {
        Self { tie, ..self }
    }
}

/// What a batch of queries recalled.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recalled {
    /// The recalled pattern of each query: signs of the fields of the last step.
    pub patterns: Patterns,
    /// The report of each query, on the last step.
    pub reports: Vec<Report>,
}

impl Recalled {
    /// Of answers of dimension `value_dim`.
    pub(crate) fn new(answers: Vec<Answer>, value_dim: usize) -> Result<Self> {
        let mut patterns = Patterns::filled(answers.len(), value_dim, false)?;
        let mut reports = Vec::with_capacity(answers.len());
        for (index, answer) in answers.into_iter().enumerate() {
            patterns.put(index, answer.pattern.words().iter().copied());
            reports.push(answer.report);
        }
        Ok(Self { patterns, reports })
    }

    /// Positions, over all queries, where the field of the last step was exactly 0.
    pub fn tied_bits(&self) -> u64 {
        self.reports.iter().map(|report| report.tied_bits).sum()
    }
}

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
    /// [`Tie::Stay`] where keys and values differ in dimension; [`Error::OutOfMemory`].
    ///
    /// # Source
    /// Hopfield 1982 (linear); Krotov and Hopfield 2016 (polynomial); Demircigil, Heusel, Löwe, Upgang and Vermet 2017
    /// (exponential).
    pub fn recall(&self, queries: &Queries, recall: &Recall) -> Result<Recalled> {
        self.view().recall(queries, recall)
    }
}

impl View<'_> {
    /// As [`Memory::recall`], of the associations in the view. What is counted for who watches are queries, once a step.
    ///
    /// # Errors
    /// As [`Memory::recall`]; [`Error::Count`] for a scope of another memory; [`Error::Interrupted`].
    pub fn recall(&self, queries: &Queries, recall: &Recall) -> Result<Recalled> {
        let (dim, value_dim) = (self.memory().dim(), self.memory().value_dim());
        let steps = self.begin(queries.len() as u64 * u64::from(recall.steps));
        let asked = self.asked(&steps)?;
        asked.scan.check(queries)?;
        recall.tie.check(dim, value_dim)?;
        if recall.steps > 1 && dim != value_dim {
            return Err(Error::UnequalDimensions { what: "recall in several steps", key_dim: dim, value_dim });
        }
        let field = Field::new(recall.separation, SelfTerm::Kept, dim);
        let step = |queries: &Queries| Recalled::new(asked.answers(queries, &field, recall.tie)?, value_dim);
        let skipped = |more: u32| steps.advance(queries.len() as u64 * u64::from(more));
        repeat(queries, recall.steps, step, |recalled| &recalled.patterns, skipped)
    }
}
