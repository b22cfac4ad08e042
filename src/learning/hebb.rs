//! Hebb's rule: W = Σ y_i x_iᵀ, implicit in the patterns.

use super::rule::{FieldSigns, Network, Rule, Weights, check};
use super::spectrum::hebbian;
use crate::recall::closing::Answer;
use crate::separation::field::Field;
use crate::sign::self_term::Diagonal;
use crate::sign::self_term::SelfTerm;
use crate::{Error, Memory, Progress, Queries, Result, Separation, Tie};

/// W = Σ_i y_i x_iᵀ (Hopfield 1982, without a factor): recall under the linear separation, which never forms W.
///
/// Learning is storing and forgetting is exact: [`Memory::store`], [`Memory::forget`].
#[derive(Clone, Copy, Debug)]
pub struct Hebb;

impl Rule for Hebb {
    fn name(&self) -> &'static str {
        "hebb"
    }

    fn about(&self) -> &'static str {
        "W = Σ y xᵀ: the linear separation"
    }

    fn learn_watched(&self, memory: &Memory, progress: Progress<'_>) -> Result<Box<dyn Network>> {
        let steps = progress.begin(memory.len() as u64);
        steps.check()?;
        let settled = memory.settled()?.into_owned();
        steps.advance(memory.len() as u64)?;
        Ok(Box::new(Patterned(settled)))
    }
}

/// A memory as the network that it is.
#[derive(Debug)]
struct Patterned(Memory);

impl Network for Patterned {
    fn memory(&self) -> &Memory {
        &self.0
    }

    fn field_signs(&self, queries: &Queries, diagonal: Diagonal) -> Result<Vec<FieldSigns>> {
        check(&self.0, queries, diagonal)?;
        // W_jj = Σ_i y_ij x_ij is n only where keys are their own values.
        if diagonal == Diagonal::Zero && !self.0.is_auto_associative() {
            return Err(Error::HeteroAssociative { what: "a zeroed diagonal of Hebb's rule" });
        }
        let self_term = if diagonal == Diagonal::Zero { SelfTerm::Zeroed } else { SelfTerm::Kept };
        let field = Field::new(Separation::Linear, self_term, self.0.dim());
        let signs = |Answer { pattern, tied, .. }: Answer| FieldSigns { plus: pattern, tied };
        let (view, steps) = (self.0.view(), Progress::NONE.begin(0));
        Ok(view.asked(&steps)?.answers(queries, &field, Tie::Minus)?.into_iter().map(signs).collect())
    }

    /// Integers, Σ_i y_ij x_ik = 2·(agreements) − n, so exact.
    fn weights(&self) -> Result<Weights> {
        Weights::check("weights of Hebb's rule", self.0.value_dim(), self.0.dim())?;
        let elements = hebbian(&self.0)?;
        Ok(Weights { value_dim: self.0.value_dim(), dim: self.0.dim(), elements, error: 0.0, row_error: 0.0 })
    }

    fn as_memory(&self) -> Option<&Memory> {
        self.0.is_auto_associative().then_some(&self.0)
    }

    fn facts(&self) -> Vec<(&'static str, f64)> {
        Vec::new()
    }
}
