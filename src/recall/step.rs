//! One step of recall for a tile of queries: from their nearest keys to the sign of every field.
//!
//! Each query goes only as deep as it must:
//!
//! 1. its census: the nearest keys and those within a window of them, beyond which all others together weigh little.
//!    Where their votes certify every bit, that is all ([`Partial`], [`Closing`]);
//! 2. the same with a wider window, if bits stay open;
//! 3. fields over all keys in fixed point (`fixed_point.rs`), if bits are still open or every key matters from the start;
//! 4. the votes of all keys by distance (`votes/`), for what even those leave open: ties, mostly.

use std::ops::Range;

use crate::recall::asked::Asked;
use crate::recall::closing::{Answer, Closing};
use crate::recall::fixed_point::{self, OfQuery};
use crate::recall::partial::Partial;
use crate::scan::census::Counted;
use crate::scan::plan::Plan;
use crate::scan::propose::{Proposers, Wanted};
use crate::scan::survey::distances;
use crate::scan::tiles::{each_query, each_tile, side_by_side};
use crate::separation::field::Field;
use crate::votes::Ranked;
use crate::{Error, Queries, Result, Tie};

/// How little all keys beyond the window may weigh, e^−margin of the nearest: enough for a nearest key that stands
/// alone.
const MARGIN: f64 = 0.5;

/// How little keys beyond the window may weigh where the nearest does not decide alone, and fields may be close to zero.
pub(crate) const WIDE_MARGIN: f64 = 8.0;

impl Asked<'_> {
    /// One step for every query.
    pub(crate) fn answers(self, queries: &Queries, field: &Field, tie: Tie) -> Result<Vec<Answer>> {
        let plan = Plan::new(self.scan, queries)?;
        let proposers = Proposers::new(self.scan, &plan);
        each_tile(self.scan.side().len(), queries.len(), |range| {
            let count = range.len() as u64;
            let answers = Tile::new(self, queries, &plan, proposers, field, tie, range)?.answers()?;
            self.scan.steps().advance(count)?;
            Ok(answers)
        })
    }
}

/// Some queries of a batch that take a step together.
pub(crate) struct Tile<'a> {
    asked: Asked<'a>,
    queries: &'a Queries,
    plan: &'a Plan<'a>,
    proposers: Proposers<'a>,
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
        asked: Asked<'a>,
        queries: &'a Queries,
        plan: &'a Plan<'a>,
        proposers: Proposers<'a>,
        field: &'a Field,
        tie: Tie,
        range: Range<usize>,
    ) -> Result<Self> {
        let (keys, dim) = (asked.scan.len() as u64, asked.scan.dim());
        let window = field.window(keys, MARGIN);
        let crowded = if window as usize >= dim {
            vec![true; range.len()]
        } else if (window as usize) < dim / 8 {
            vec![false; range.len()]
        } else {
            let usual = plan.usual_distances(asked.scan.tier(), &queries.panel(range.clone())?)?;
            usual.into_iter().map(|usual| window > usual.start).collect()
        };
        Ok(Self { asked, queries, plan, proposers, field, tie, range, crowded })
    }

    fn is_crowded(&self, index: usize) -> bool {
        self.crowded[index - self.range.start]
    }

    /// The near keys that query `index` needs, all keys beyond them weighing less than e^−`margin` of its nearest.
    pub(crate) fn wanted(&self, index: usize, margin: f64) -> Wanted {
        let keys = self.asked.scan.len() as u64;
        let window = if self.is_crowded(index) { 0 } else { self.field.window(keys, margin) };
        Wanted { query: index, window, nearest: None }
    }

    /// The answers of one step.
    pub(crate) fn answers(self) -> Result<Vec<Answer>> {
        let wanted: Vec<Wanted> = self.range.clone().map(|index| self.wanted(index, MARGIN)).collect();
        let counted = self.proposers.propose(self.queries, &wanted)?;
        self.conclude(counted)
    }

    /// The answers of one step, once the near keys of each query are counted.
    pub(crate) fn conclude(self, counted: Vec<Counted>) -> Result<Vec<Answer>> {
        let Self { asked, queries, plan, field, .. } = self;
        let Asked { scan, values, .. } = asked;
        let indices: Vec<usize> = self.range.clone().collect();
        // Where more keys lie in the window than were kept, a wider one shows nothing new.
        let full: Vec<bool> =
            counted.iter().zip(&self.crowded).map(|(counted, &crowd)| crowd || counted.shut).collect();
        let states = self.close(&indices, counted)?;
        if states.iter().all(|state| state.1.open_bits() == 0) {
            return finish(states);
        }
        let (mut open, mut closed) = apart(states);
        if (field.window(scan.len() as u64, WIDE_MARGIN) as usize) < scan.dim() {
            let (narrow, rest): (Vec<State>, Vec<State>) =
                open.into_iter().partition(|state| !full[state.0 - self.range.start]);
            let indices: Vec<usize> = narrow.iter().map(|state| state.0).collect();
            let wider = |(index, closing): &State| Wanted {
                nearest: Some(closing.nearest_distance()),
                ..self.wanted(*index, WIDE_MARGIN)
            };
            let wanted: Vec<Wanted> = narrow.iter().map(wider).collect();
            let mut counted = self.proposers.propose(queries, &wanted)?;
            counted.iter_mut().zip(&narrow).for_each(|(counted, before)| counted.bits_read += before.1.bits_read());
            let (still_open, more) = apart(self.close(&indices, counted)?);
            open = rest.into_iter().chain(still_open).collect();
            closed.extend(more);
        }
        if let Some(own) = field.own_weight() {
            let wanted = |state: &State| OfQuery { query: state.0, nearest: state.1.nearest_distance() };
            fixed_point::fields(asked, queries, plan, field, &mut open, wanted, |state, fields| {
                state.1.decide_by_fields(field, fields, own)
            })?;
        }
        let (open, more) = apart(open);
        closed.extend(more);
        closed.extend(each_query(scan.side().len(), open, |(index, mut closing)| {
            let ranked = Ranked::new(distances(scan, queries, index)?, scan.farthest());
            closing.resolve_by(field, values, &ranked, scan.steps())?;
            Ok((index, closing))
        })?);
        closed.sort_unstable_by_key(|state| state.0);
        finish(closed)
    }

    /// What the censuses of the queries `indices` certify.
    fn close(&self, indices: &[usize], counted: Vec<Counted>) -> Result<Vec<State>> {
        let close = |(index, mut counted): (usize, Counted)| {
            let query = self.queries.get(index).ok_or(Error::Empty { what: "queries" })?;
            if self.is_crowded(index) {
                counted.forget();
            }
            let partial = Partial::new(query, counted, self.field, self.asked.values);
            Ok((index, Closing::new(partial, self.field, self.tie)))
        };
        side_by_side(indices.iter().copied().zip(counted).collect(), close)
    }
}

/// Those with open bits, and those without.
fn apart(states: Vec<State>) -> (Vec<State>, Vec<State>) {
    states.into_iter().partition(|state| state.1.open_bits() > 0)
}

/// The answers of states in which no bit is open.
fn finish(states: Vec<State>) -> Result<Vec<Answer>> {
    states.into_iter().map(|state| state.1.finish()).collect()
}
