//! Recall: x ← sign of the field, once or several times over.

use std::collections::HashSet;

use rayon::prelude::*;

use crate::census::{Census, Counted};
use crate::closing::{Answer, Closing};
use crate::field::Field;
use crate::overlap::{each_query, each_tile};
use crate::partial::Partial;
use crate::plan::Plan;
use crate::self_term::SelfTerm;
use crate::weighed;
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
    /// Bits that stay open even then (ties) add 4n bytes and n × 8 byte look-ups for each word of 64 open columns.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the queries are of another dimension; [`Error::UnequalDimensions`] for several steps or
    /// [`Tie::Stay`] where keys and values differ in dimension; [`Error::OutOfMemory`].
    ///
    /// # Source
    /// Hopfield 1982 (linear); Krotov and Hopfield 2016 (polynomial); Demircigil, Heusel, Löwe, Upgang and Vermet 2017
    /// (exponential).
    pub fn recall(&self, queries: &Queries, recall: &Recall) -> Result<Recalled> {
        self.check(queries)?;
        recall.tie.check(self.dim(), self.value_dim())?;
        if recall.steps > 1 && self.dim() != self.value_dim() {
            let (key_dim, value_dim) = (self.dim(), self.value_dim());
            return Err(Error::UnequalDimensions { what: "recall in several steps", key_dim, value_dim });
        }
        let field = Field::new(recall.separation, SelfTerm::Kept, self.dim());
        let mut recalled = self.step(queries, &field, recall.tie)?;
        let mut before: Option<Patterns> = None;
        let mut left = recall.steps - 1;
        while left > 0 {
            let state = recalled.patterns.clone();
            let next = self.step(&Queries::from(state.clone()), &field, recall.tie)?;
            left -= 1;
            if next.patterns == state {
                // A fixed point of every query: further steps repeat this one.
                return Ok(next);
            }
            if before.as_ref() == Some(&next.patterns) {
                // A cycle of two, or fixed points and such cycles side by side: only the parity of what is left
                // matters.
                left %= 2;
            }
            before = Some(state);
            recalled = next;
        }
        Ok(recalled)
    }

    fn step(&self, queries: &Queries, field: &Field, tie: Tie) -> Result<Recalled> {
        let answers = self.answers(queries, field, tie)?;
        let mut patterns = Patterns::filled(queries.len(), self.value_dim(), false)?;
        let mut reports = Vec::with_capacity(queries.len());
        for (index, answer) in answers.into_iter().enumerate() {
            patterns.put(index, answer.pattern.words().iter().copied());
            reports.push(answer.report);
        }
        Ok(Recalled { patterns, reports })
    }

    /// One step for every query.
    pub(crate) fn answers(&self, queries: &Queries, field: &Field, tie: Tie) -> Result<Vec<Answer>> {
        let plan = self.plan(queries)?;
        let window = field.window(self.len() as u64, MARGIN);
        each_tile(self.len(), queries.len(), |tile| {
            let indices: Vec<usize> = tile.collect();
            let crowded = self.crowded(queries, &indices, &plan, field)?;
            // There the scan only looks for the nearest.
            let window = |index| if crowded.contains(&index) { 0 } else { window };
            let counted = self.censuses(queries, &indices, &plan, |index| Census::new(window(index), self.len()))?;
            self.conclude(queries, &indices, &plan, counted, field, tie)
        })
    }

    /// Those queries of `indices` for which more keys lie within the window than are worth keeping, so that votes of
    /// the nearest keys will not decide: all, where every key matters.
    pub(crate) fn crowded(
        &self,
        queries: &Queries,
        indices: &[usize],
        plan: &Plan<'_>,
        field: &Field,
    ) -> Result<HashSet<usize>> {
        let window = field.window(self.len() as u64, MARGIN);
        if window as usize >= self.dim() {
            return Ok(indices.iter().copied().collect());
        }
        if (window as usize) < self.dim() / 8 {
            return Ok(HashSet::new());
        }
        let usual = plan.usual_distances(self.tier(), &queries.panel(indices.iter().copied())?)?;
        Ok(indices.iter().zip(usual).filter(|(_, usual)| window > usual.start).map(|(&index, _)| index).collect())
    }

    /// The answers to the queries of `indices`, whose censuses were taken; deeper for those queries only that stay
    /// open: a wider window, then fields over all keys in fixed point, then all votes by distance.
    pub(crate) fn conclude(
        &self,
        queries: &Queries,
        indices: &[usize],
        plan: &Plan<'_>,
        counted: Vec<Counted>,
        field: &Field,
        tie: Tie,
    ) -> Result<Vec<Answer>> {
        let crowded = self.crowded(queries, indices, plan, field)?;
        let close = |(&index, mut counted): (&usize, Counted)| -> Result<State> {
            let query = queries.get(index).ok_or(Error::Empty { what: "queries" })?;
            if crowded.contains(&index) {
                counted.forget();
            }
            Ok((index, Closing::new(Partial::new(query, counted, field, self.values()), field, tie)))
        };
        let mut closings: Vec<State> = indices.par_iter().zip(counted).map(close).collect::<Result<_>>()?;
        let wide = field.window(self.len() as u64, WIDE_MARGIN);
        if (wide as usize) < self.dim() {
            let deeper = |closing: &State| closing.1.open_bits() > 0 && !crowded.contains(&closing.0);
            let (open, mut decided): (Vec<_>, Vec<_>) = closings.into_iter().partition(deeper);
            let indices: Vec<usize> = open.iter().map(|closing| closing.0).collect();
            let nearest = |index| {
                let place = indices.binary_search(&index).unwrap_or_default();
                open[place].1.nearest_distance()
            };
            let census = |index| Census::new(wide, self.len()).beside(nearest(index));
            let mut counted = self.censuses(queries, &indices, plan, census)?;
            counted.iter_mut().zip(&open).for_each(|(counted, open)| counted.bits_read += open.1.bits_read());
            decided.extend(indices.par_iter().zip(counted).map(close).collect::<Result<Vec<_>>>()?);
            closings = decided;
        }
        let (mut open, mut decided) = apart(closings);
        weighed::decide(self, queries, plan, field, &mut open)?;
        let (open, more) = apart(open);
        decided.extend(more);
        decided.extend(each_query(self.len(), open, |(index, mut closing)| {
            closing.resolve_by(field, self.values(), &self.ranked(queries, index)?);
            Ok((index, closing))
        })?);
        decided.sort_unstable_by_key(|closing| closing.0);
        decided.into_iter().map(|closing| closing.1.finish()).collect()
    }
}

/// How little all keys beyond the window may weigh, e^−margin of the nearest: enough for a nearest key that stands
/// alone.
const MARGIN: f64 = 0.5;

/// The same where it does not, and fields may be close to zero.
pub(crate) const WIDE_MARGIN: f64 = 8.0;

/// The state of a query, by its index.
type State = (usize, Closing);

/// Those with open bits, and those without.
fn apart(closings: Vec<State>) -> (Vec<State>, Vec<State>) {
    closings.into_iter().partition(|closing| closing.1.open_bits() > 0)
}
