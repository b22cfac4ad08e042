//! Dynamics: networks that run from a state to their limit.
//!
//! ```text
//! start → step or sweep (signs of fields) → state, energy → … → limit → what it is among the stored patterns
//!           mod.rs        sweep.rs            energy.rs      limit.rs             end.rs
//! ```
//!
//! A synchronous step is a recall whose fields may leave the self-term out; a sweep visits position after position.

mod end;
mod energy;
mod limit;
mod plane;
mod sweep;

use rand_xoshiro::rand_core::Rng;
use rayon::prelude::*;

pub use end::{Closest, End};
pub use energy::Energy;
pub use limit::Limit;
#[cfg(feature = "learning")]
pub(crate) use sweep::weight_of_plus;

use crate::census::Census;
use crate::closing::Answer;
use crate::field::Field;
use crate::overlap::{distances, each_query, each_tile};
use crate::random::{below, stream};
use crate::self_term::SelfTerm;
use crate::{Error, Memory, Pattern, Patterns, Queries, Query, Result, Separation, Tie};
use energy::Histogram;
use limit::Path;
pub(crate) use plane::Plane;
use sweep::{Walker, Weights};

/// Which positions a step updates, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// All at once, from the same state: x ← sign[Wx] (Little 1974).
    #[default]
    Synchronous,
    /// One after the other, from the first to the last, each seeing what the ones before it became (Hopfield 1982).
    Fixed,
    /// One after the other, in an order drawn anew for each sweep and query: see [`sweep_order`].
    Random {
        /// Of the orders.
        seed: u64,
    },
}

impl Order {
    /// Its name: `sync`, `async` or `async-random`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Synchronous => "sync",
            Self::Fixed => "async",
            Self::Random { .. } => "async-random",
        }
    }
}

/// What a position's new bit is the sign of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// Its field Σ_i f(s_i) x_ij.
    Field,
    /// The energy with the bit down less the energy with the bit up: Σ_i F(s_i with the bit up) − F(s_i with it down),
    /// F being s² (linear), s^{K+1} (polynomial), e^{βs} (exponential); under `max` the largest overlap takes the place
    /// of the sum. The diagonal makes no difference to it.
    ///
    /// Krotov and Hopfield 2016; Demircigil et al. 2017.
    Difference,
}

impl Update {
    /// Its name: `field` or `difference`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Difference => "difference",
        }
    }
}

/// Whether a position's own bit enters its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diagonal {
    /// It does: W_jj = n, the literal sum.
    Keep,
    /// It does not: W_jj = 0; of other separations, overlaps run over the other positions.
    Zero,
}

impl Diagonal {
    /// Its name: `keep` or `zero`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Zero => "zero",
        }
    }
}

/// Positions that never change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Clamp {
    /// None.
    #[default]
    Free,
    /// Those that are known in each query: only erased ones are filled in.
    Known,
    /// These, in every query. Each must be known there.
    Positions(Vec<usize>),
}

/// How a network runs.
///
/// ```
/// use popfield::{Dynamics, Memory, Order, Patterns, Separation};
/// let memory = Memory::auto_associative(Patterns::random(20, 400, 1, "keys")?)?;
/// let dynamics = Dynamics::new(Separation::Linear).order(Order::Fixed).step_limit(50)?;
/// let runs = memory.relax(&Patterns::random(3, 400, 1, "start")?.into(), &dynamics)?;
/// assert!(runs.iter().all(|run| run.energies.is_sorted_by(|before, after| before >= after)));
/// # Ok::<(), popfield::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dynamics {
    separation: Separation,
    order: Order,
    update: Update,
    diagonal: Diagonal,
    tie: Tie,
    clamp: Clamp,
    step_limit: u32,
    traced: bool,
}

impl Dynamics {
    /// The steps that a run may take unless told otherwise.
    pub const STEP_LIMIT: u32 = 1000;

    /// Synchronous steps, at most [`STEP_LIMIT`](Self::STEP_LIMIT) of them, ties stay. Linear networks update by their
    /// field with the diagonal zeroed, others by the difference of energies.
    pub fn new(separation: Separation) -> Self {
        let update = if separation == Separation::Linear { Update::Field } else { Update::Difference };
        Self {
            separation,
            order: Order::Synchronous,
            update,
            diagonal: Diagonal::Zero,
            tie: Tie::Stay,
            clamp: Clamp::Free,
            step_limit: Self::STEP_LIMIT,
            traced: false,
        }
    }

    /// Which positions a step updates, and when.
    pub fn order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// What a new bit is the sign of.
    pub fn update(self, update: Update) -> Self {
        Self { update, ..self }
    }

    /// Whether a position's own bit enters its field.
    pub fn diagonal(self, diagonal: Diagonal) -> Self {
        Self { diagonal, ..self }
    }

    /// The policy for fields of exactly 0.
    pub fn tie(self, tie: Tie) -> Self {
        Self { tie, ..self }
    }

    /// Positions that never change.
    pub fn clamp(self, clamp: Clamp) -> Self {
        Self { clamp, ..self }
    }

    /// The steps, or sweeps, after which a run stops without a limit.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it is 0.
    pub fn step_limit(self, step_limit: u32) -> Result<Self> {
        if step_limit == 0 {
            return Err(Error::Parameter { what: "step limit", expected: "at least 1".into(), found: "0".into() });
        }
        Ok(Self { step_limit, ..self })
    }

    /// Whether to keep the states along the way: d bits a step and query.
    pub fn traced(self, traced: bool) -> Self {
        Self { traced, ..self }
    }

    fn self_term(&self) -> SelfTerm {
        match (self.update, self.diagonal) {
            (Update::Difference, _) => SelfTerm::difference(self.separation),
            (Update::Field, Diagonal::Keep) => SelfTerm::Kept,
            (Update::Field, Diagonal::Zero) => SelfTerm::Zeroed,
        }
    }

    /// The energy's diagonal: a difference of energies knows no self-term.
    fn energy_diagonal(&self) -> Diagonal {
        if self.update == Update::Difference { Diagonal::Zero } else { self.diagonal }
    }

    /// The positions of query `index` that never change, as set bits.
    fn frozen(&self, query: &Query, index: usize) -> Result<Vec<u64>> {
        let dim = query.signs().dim();
        let mut frozen = match &self.clamp {
            Clamp::Known => {
                return Ok(query.known().map_or_else(|| vec![u64::MAX; dim.div_ceil(64)], |k| k.words().to_vec()));
            }
            Clamp::Free | Clamp::Positions(_) => Pattern::new(dim)?,
        };
        let Clamp::Positions(positions) = &self.clamp else { return Ok(frozen.words().to_vec()) };
        for &position in positions {
            let refused =
                |expected: String, found: String| Error::Parameter { what: "clamped position", expected, found };
            if position >= dim {
                return Err(refused(format!("0 to {}", dim - 1), position.to_string()));
            }
            if query.known().is_some_and(|known| !known.bits()[position]) {
                let found = format!("{position}, which is erased in query {index}");
                return Err(refused("a position that is known".into(), found));
            }
            frozen.bits_mut().set(position, true);
        }
        Ok(frozen.words().to_vec())
    }
}

/// The order in which sweep `sweep` (from 0) of query `query` visits `dim` positions under [`Order::Random`]: a
/// permutation, a function of its arguments alone.
pub fn sweep_order(seed: u64, query: u64, sweep: u64, dim: usize) -> Vec<usize> {
    let mut rng = stream(seed, &format!("sweep {sweep}"), query);
    let mut order: Vec<usize> = (0..dim).collect();
    shuffle(&mut order, &mut rng);
    order
}

/// Fisher and Yates.
fn shuffle(order: &mut [usize], rng: &mut impl Rng) {
    for left in (1..order.len()).rev() {
        order.swap(left, below(rng, left as u64 + 1) as usize);
    }
}

/// One run from its start to its limit.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Run {
    /// The last state before one was seen again: the fixed point, the last of the cycle, or where the steps ended.
    pub state: Pattern,
    /// The energies of the states from the start to `state`: one more than there were steps that led to a new state.
    pub energies: Vec<Energy>,
    /// The states of these energies, if they were asked for; a start may have positions unknown.
    pub trace: Option<Vec<Query>>,
    /// What kind of limit it is.
    pub limit: Limit,
    /// Positions whose field was exactly 0 in the last step.
    pub tied_bits: u64,
    /// What `state` is among the stored patterns.
    pub end: End,
    /// The stored pattern that is closest to `state`, or whose complement is.
    pub closest: Closest,
}

impl Run {
    /// Steps, or sweeps, that led from the start to `state`.
    pub fn steps(&self) -> usize {
        self.energies.len().saturating_sub(1)
    }
}

impl Memory {
    /// Runs the network from every query to its limit: a fixed point, a cycle, or the end of the steps allowed.
    ///
    /// Every new bit is the sign of the real field or difference, as exact as in [`recall`](Self::recall). Positions
    /// erased in a query have no bit until they are first updated; until then overlaps and energies run over the others.
    /// Under [`Order::Synchronous`] and [`Order::Fixed`] a state that returns shows a cycle and its length; in random
    /// order there are only fixed points. Energies never rise under the asynchronous orders where the separation is
    /// linear with the diagonal zeroed, or the update is the difference and all positions are known.
    ///
    /// Cost: a synchronous step is a recall. A sweep takes O(n) for each visited position and as much again for each
    /// bit that changes; 4n bytes a query under way (12n unless linear or `max`), a plane of 64·n bits for each thread
    /// in fixed order, one of n·d bits in random order. Queries run in parallel in the current rayon pool.
    ///
    /// # Errors
    /// [`Error::UnequalDimensions`] if keys and values differ in dimension, [`Error::HeteroAssociative`] if they differ
    /// in anything; [`Error::Dimension`] if the queries are of another dimension; [`Error::Parameter`] for a clamped
    /// position out of range or erased; [`Error::OutOfMemory`].
    ///
    /// # Source
    /// Hopfield 1982; Goles, Fogelman and Pellegrin 1985 (synchronous cycles have length ≤ 2); Krotov and Hopfield
    /// 2016; Demircigil et al. 2017.
    pub fn relax(&self, starts: &Queries, dynamics: &Dynamics) -> Result<Vec<Run>> {
        self.relax_watched(starts, dynamics, &|| ())
    }

    /// As [`relax`](Self::relax), and calls `finished` for each run that has come to its limit, from whichever thread.
    ///
    /// # Errors
    /// As [`relax`](Self::relax).
    pub fn relax_watched(
        &self,
        starts: &Queries,
        dynamics: &Dynamics,
        finished: &(dyn Fn() + Sync),
    ) -> Result<Vec<Run>> {
        if self.dim() != self.value_dim() {
            let (key_dim, value_dim) = (self.dim(), self.value_dim());
            return Err(Error::UnequalDimensions { what: "dynamics", key_dim, value_dim });
        }
        if !self.is_auto_associative() {
            return Err(Error::HeteroAssociative { what: "dynamics" });
        }
        self.check(starts)?;
        let frozen = |index: usize, start: &Query| dynamics.frozen(start, index);
        let paths = match dynamics.order {
            Order::Synchronous => self.step_all(starts, dynamics, &frozen, finished)?,
            Order::Fixed | Order::Random { .. } => self.sweep_all(starts, dynamics, &frozen, finished)?,
        };
        self.conclude_runs(paths)
    }

    fn step_all(
        &self,
        starts: &Queries,
        dynamics: &Dynamics,
        frozen: &Frozen<'_>,
        finished: &(dyn Fn() + Sync),
    ) -> Result<Vec<Path>> {
        let field = Field::new(dynamics.separation, dynamics.self_term(), self.dim());
        let mut paths: Vec<(Path, Vec<u64>)> = Vec::with_capacity(starts.len());
        for (index, start) in starts.iter().enumerate() {
            let frozen = frozen(index, &start)?;
            paths.push((Path::new(start, true, dynamics.traced), frozen));
        }
        let mut running: Vec<usize> = (0..paths.len()).collect();
        for step in 0..=dynamics.step_limit {
            if running.is_empty() {
                break;
            }
            let states = running.iter().map(|&run| &paths[run].0.state).collect::<Result<Queries>>()?;
            let answers = self.step_with_energy(&states, &field, dynamics)?;
            for (&run, (answer, energy)) in running.iter().zip(answers) {
                let (path, frozen) = &mut paths[run];
                path.energies.push(energy);
                if step == dynamics.step_limit {
                    path.limit = Some(Limit::StepLimit);
                } else {
                    let words = answer.pattern.words().iter().zip(path.state.signs().words()).zip(&*frozen);
                    let words = words.map(|((new, old), frozen)| new & !frozen | old & frozen).collect();
                    let tied = answer.tied.words().iter().zip(&*frozen);
                    let tied = tied.map(|(tied, frozen)| u64::from((tied & !frozen).count_ones())).sum();
                    path.advance(Pattern::from_words(words, self.dim())?, tied);
                }
                if path.limit.is_some() {
                    finished();
                }
            }
            running.retain(|&run| paths[run].0.limit.is_none());
        }
        Ok(paths.into_iter().map(|path| path.0).collect())
    }

    /// The next state from each of `states`, and the energy of each as it is.
    fn step_with_energy(&self, states: &Queries, field: &Field, dynamics: &Dynamics) -> Result<Vec<(Answer, Energy)>> {
        let window = field.window(self.len() as u64);
        each_tile(self.len(), states.len(), |tile| {
            let watch = |_| (Census::new(window, self.len(), self.dim()), Histogram::default());
            let watched = self.survey(states, tile.clone(), watch)?;
            each_query(self.len(), tile, watched, |index, (census, keys)| {
                let answer = self.conclude(states, index, census, field, dynamics.tie)?;
                let known = states.known_count(index) as u32;
                Ok((answer, Energy::new(dynamics.separation, dynamics.energy_diagonal(), known, &keys)))
            })
        })
    }

    fn sweep_all(
        &self,
        starts: &Queries,
        dynamics: &Dynamics,
        frozen: &Frozen<'_>,
        finished: &(dyn Fn() + Sync),
    ) -> Result<Vec<Path>> {
        let field = Field::new(dynamics.separation, dynamics.self_term(), self.dim());
        let weights = Weights::new(&field, self.dim());
        let whole = match dynamics.order {
            Order::Random { .. } => Some(Plane::new(self.keys(), 0..self.keys().words())?),
            _ => None,
        };
        (0..starts.len())
            .into_par_iter()
            .map(|index| {
                let start = starts.get(index).ok_or(Error::Empty { what: "queries" })?;
                let frozen = frozen(index, &start)?;
                let near = distances(self.tier(), self.keys(), starts, index)?;
                let mut walker = Walker::new(self, &field, weights.as_ref(), dynamics.tie, &start, &near);
                drop(near);
                let mut path = Path::new(start, whole.is_none(), dynamics.traced);
                for sweep in 0..=dynamics.step_limit {
                    let (known, keys) = (walker.known_count(), walker.histogram());
                    path.energies.push(Energy::new(dynamics.separation, dynamics.energy_diagonal(), known, &keys));
                    if sweep == dynamics.step_limit {
                        path.limit = Some(Limit::StepLimit);
                        break;
                    }
                    let tied = match (&whole, dynamics.order) {
                        (Some(plane), Order::Random { seed }) => {
                            let order = sweep_order(seed, index as u64, u64::from(sweep), self.dim());
                            walker.visit(plane, order.into_iter(), &frozen)
                        }
                        _ => {
                            let mut tied = 0;
                            for word in 0..self.keys().words() {
                                let plane = Plane::new(self.keys(), word..word + 1)?;
                                tied += walker.visit(&plane, word * 64..self.dim().min((word + 1) * 64), &frozen);
                            }
                            tied
                        }
                    };
                    path.advance(walker.state()?, tied);
                    if path.limit.is_some() {
                        break;
                    }
                }
                finished();
                Ok(path)
            })
            .collect()
    }

    fn conclude_runs(&self, paths: Vec<Path>) -> Result<Vec<Run>> {
        let mut states = Patterns::new(self.dim())?;
        states.reserve(paths.len())?;
        paths.iter().try_for_each(|path| states.push(path.state.signs()))?;
        let states = Queries::from(states);
        let ends: Vec<(End, Closest)> =
            (0..states.len()).into_par_iter().map(|index| self.end(&states, index)).collect::<Result<_>>()?;
        let conclude = |(path, (end, closest)): (Path, (End, Closest))| {
            let Path { state, energies, trace, tied_bits, limit, .. } = path;
            let trace = trace.map(|mut before| {
                before.push(state.clone());
                before
            });
            let limit = limit.unwrap_or(Limit::StepLimit);
            Run { state: state.into_signs(), energies, trace, limit, tied_bits, end, closest }
        };
        Ok(paths.into_iter().zip(ends).map(conclude).collect())
    }
}

/// The frozen positions of a start.
type Frozen<'a> = dyn Fn(usize, &Query) -> Result<Vec<u64>> + Sync + 'a;
