//! One step of recall for a tile of queries: from their nearest keys to the sign of every field.
//!
//! Each query goes only as deep as it must:
//!
//! 1. its census: the nearest keys and those within a window of them, beyond which all others together weigh little.
//!    Where their votes certify every bit, that is all ([`Partial`], [`Closing`]);
//! 2. the same with a wider window, if bits stay open;
//! 3. fields over all keys in fixed point (`fixed_point.rs`), if bits are still open or every key matters from the start;
//! 4. the votes of all keys by distance (`votes.rs`), for what even those leave open: ties, mostly.

use std::ops::Range;

use rayon::prelude::*;

use crate::recall::closing::{Answer, Closing};
use crate::recall::fixed_point::{self, Wanted};
use crate::recall::partial::Partial;
use crate::scan::census::{Census, Counted};
use crate::scan::plan::Plan;
use crate::scan::tiles::each_query;
use crate::separation::field::Field;
use crate::{Error, Memory, Queries, Result, Tie};

/// How little all keys beyond the window may weigh, e^−margin of the nearest: enough for a nearest key that stands
/// alone.
const MARGIN: f64 = 0.5;

/// The same where it does not, and fields may be close to zero.
pub(crate) const WIDE_MARGIN: f64 = 8.0;

/// Some queries of a batch that take a step together.
pub(crate) struct Tile<'a> {
    memory: &'a Memory,
    queries: &'a Queries,
    plan: &'a Plan<'a>,
    field: &'a Field,
    tie: Tie,
    /// Which queries.
    range: Range<usize>,
    /// Whether more keys lie within the window than are worth keeping, by place in `range`: then votes of the nearest
    /// keys will not decide, and the census only looks for the nearest.
    crowded: Vec<bool>,
}

/// The state of a query, by its index.
type State = (usize, Closing);

impl<'a> Tile<'a> {
    pub(crate) fn new(
        memory: &'a Memory,
        queries: &'a Queries,
        plan: &'a Plan<'a>,
        field: &'a Field,
        tie: Tie,
        range: Range<usize>,
    ) -> Result<Self> {
        let window = field.window(memory.len() as u64, MARGIN);
        let crowded = if window as usize >= memory.dim() {
            vec![true; range.len()]
        } else if (window as usize) < memory.dim() / 8 {
            vec![false; range.len()]
        } else {
            let usual = plan.usual_distances(memory.tier(), &queries.panel(range.clone())?)?;
            usual.into_iter().map(|usual| window > usual.start).collect()
        };
        Ok(Self { memory, queries, plan, field, tie, range, crowded })
    }

    fn is_crowded(&self, index: usize) -> bool {
        self.crowded[index - self.range.start]
    }

    /// The census that query `index` needs, all keys beyond it weighing less than e^−`margin` of its nearest.
    pub(crate) fn census(&self, index: usize, margin: f64) -> Census {
        let keys = self.memory.len();
        Census::new(if self.is_crowded(index) { 0 } else { self.field.window(keys as u64, margin) }, keys)
    }

    /// The answers of one step.
    pub(crate) fn answers(self) -> Result<Vec<Answer>> {
        let indices: Vec<usize> = self.range.clone().collect();
        let census = |place| self.census(indices[place], MARGIN);
        let counted = self.memory.censuses(self.queries, &indices, self.plan, census)?;
        self.conclude(counted)
    }

    /// The same, censuses being taken.
    pub(crate) fn conclude(self, counted: Vec<Counted>) -> Result<Vec<Answer>> {
        let Self { memory, queries, plan, field, .. } = self;
        let indices: Vec<usize> = self.range.clone().collect();
        // Where more keys lie in the window than were kept, a wider one shows nothing new.
        let full: Vec<bool> =
            counted.iter().zip(&self.crowded).map(|(counted, &crowd)| crowd || counted.shut).collect();
        let (mut open, mut closed) = apart(self.close(&indices, counted)?);
        if (field.window(memory.len() as u64, WIDE_MARGIN) as usize) < memory.dim() {
            let (narrow, rest): (Vec<State>, Vec<State>) =
                open.into_iter().partition(|state| !full[state.0 - self.range.start]);
            let indices: Vec<usize> = narrow.iter().map(|state| state.0).collect();
            let census = |place: usize| {
                let (index, closing) = &narrow[place];
                self.census(*index, WIDE_MARGIN).beside(closing.nearest_distance())
            };
            let mut counted = memory.censuses(queries, &indices, plan, census)?;
            counted.iter_mut().zip(&narrow).for_each(|(counted, before)| counted.bits_read += before.1.bits_read());
            let (still_open, more) = apart(self.close(&indices, counted)?);
            open = rest.into_iter().chain(still_open).collect();
            closed.extend(more);
        }
        if let Some(own) = field.own_weight() {
            let wanted = |state: &State| Wanted { query: state.0, nearest: state.1.nearest_distance() };
            fixed_point::fields(memory, queries, plan, field, &mut open, wanted, |state, fields| {
                state.1.decide_by_fields(field, fields, own)
            })?;
        }
        let (open, more) = apart(open);
        closed.extend(more);
        closed.extend(each_query(memory.len(), open, |(index, mut closing)| {
            closing.resolve_by(field, memory.values(), &memory.ranked(queries, index)?);
            Ok((index, closing))
        })?);
        closed.sort_unstable_by_key(|state| state.0);
        closed.into_iter().map(|state| state.1.finish()).collect()
    }

    /// What the censuses of the queries `indices` certify.
    fn close(&self, indices: &[usize], counted: Vec<Counted>) -> Result<Vec<State>> {
        let close = |(&index, mut counted): (&usize, Counted)| {
            let query = self.queries.get(index).ok_or(Error::Empty { what: "queries" })?;
            if self.is_crowded(index) {
                counted.forget();
            }
            let partial = Partial::new(query, counted, self.field, self.memory.values());
            Ok((index, Closing::new(partial, self.field, self.tie)))
        };
        indices.par_iter().zip(counted).map(close).collect()
    }
}

/// Those with open bits, and those without.
fn apart(states: Vec<State>) -> (Vec<State>, Vec<State>) {
    states.into_iter().partition(|state| state.1.open_bits() > 0)
}
