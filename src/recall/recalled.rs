//! How to recall, and what was recalled.

use crate::recall::certificate::Report;
use crate::recall::closing::Answer;
use crate::{Error, Patterns, Result, Separation, Tie};

/// How to recall: the separation, the number of steps and the tie policy.
///
/// ```
/// use popfield::{Recall, Separation, Tie};
/// let recall = Recall::new(Separation::polynomial(3)?).steps(2)?.tie(Tie::Stay);
/// # Ok::<(), popfield::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recall {
    pub(crate) separation: Separation,
    pub(crate) steps: u32,
    pub(crate) tie: Tie,
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
    #[must_use]
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
