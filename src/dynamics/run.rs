//! Runs: from start states to their limits, whatever takes the steps.

use rayon::prelude::*;

use super::end::{Closest, End};
use super::limit::{Limit, Path};
use super::plane::Plane;
use super::sweep::Walker;
use super::{Clamp, Dynamics, Order, sweep_order};
use crate::recall::step::{Tile, WIDE_MARGIN};
use crate::scan::survey::distances;
use crate::scan::tiles::each_tile;
use crate::scan::watch::Watched;
use crate::separation::energy::Energy;
use crate::separation::field::Field;
use crate::votes::counts::Histogram;
use crate::{Answer, Error, Memory, Pattern, Patterns, Queries, Query, Recalled, Result};

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
    /// erased in a query have no bit until they are first updated; until then overlaps and energies run over the
    /// others. Under [`Order::Synchronous`] and [`Order::Fixed`] a state that returns shows a cycle and its length; in
    /// random order there are only fixed points. Energies never rise under the asynchronous orders where the separation
    /// is linear with the diagonal zeroed, or the update is the difference and all positions are known.
    ///
    /// A start of given overlap m with a pattern is [`add_noise`](crate::add_noise) of p = (1 − m)/2; random ones are
    /// [`Patterns::random`].
    ///
    /// Cost: a synchronous step is a recall, and a count of the keys by distance for the energy: 8 bytes for each
    /// distance between the nearest and the farthest. A sweep takes O(n) for each visited position and as much again
    /// for each bit that changes, and where `f64` does not decide or the position was erased 8 bytes for each
    /// distance between nearest and farthest. Queries run in parallel in the current rayon pool.
    ///
    /// Memory: 4n bytes a query under way (12n under polynomial and exponential separations, up to 12n under `max`),
    /// 48·d shared, and all keys transposed, n·d bits with n rounded up to 64; in fixed order only up to
    /// [`Dynamics::KEPT_BYTES`], and above a plane of 64·n bits for each thread.
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
        self.check_dynamics(starts)?;
        let field = Field::new(dynamics.separation, dynamics.self_term(), self.dim());
        let paths = match dynamics.order {
            Order::Synchronous => {
                step_to_limit(starts, dynamics, finished, &|states| self.step_with_energy(states, &field, dynamics))?
            }
            Order::Fixed | Order::Random { .. } => {
                self.walk_to_limit(starts, dynamics, &field, finished, Dynamics::KEPT_BYTES)?
            }
        };
        self.conclude_runs(paths)
    }

    /// Sweeps from each of `starts`; keys that take no more than `kept` bytes transposed are so for all sweeps.
    fn walk_to_limit(
        &self,
        starts: &Queries,
        dynamics: &Dynamics,
        field: &Field,
        finished: &(dyn Fn() + Sync),
        kept: usize,
    ) -> Result<Vec<Path>> {
        let sweeping = field.law().sweep(field.self_term(), self.dim());
        let keys = self.keys();
        let words = 0..keys.words();
        let kept = dynamics.order != Order::Fixed || Plane::bytes(keys, words.clone()) <= kept;
        let whole = if kept { Some(Plane::new(keys, words)?) } else { None };
        sweep_to_limit(starts, dynamics, finished, &|start, index| {
            let near = distances(self.tier(), keys, starts, index)?;
            let walker = Walker::new(self, field, &sweeping, dynamics.tie, start, &near);
            Ok(Walk { walker, whole: whole.as_ref(), dynamics })
        })
    }

    /// One synchronous step from every state, without the energies and ends that [`relax`](Self::relax) tells: what
    /// [`recall`](Self::recall) is, with the self-term as `dynamics` says. Its step limit does not matter.
    ///
    /// Cost: that of a recall; where the self-term is left out, polynomial and exponential fields that the nearest key
    /// does not decide need all votes counted.
    ///
    /// # Errors
    /// As [`relax`](Self::relax); [`Error::Parameter`] for an order that is not synchronous, or clamped positions.
    pub fn advance(&self, states: &Queries, dynamics: &Dynamics) -> Result<Recalled> {
        self.check_dynamics(states)?;
        if dynamics.order != Order::Synchronous {
            let (expected, found) = (Order::Synchronous.name().into(), dynamics.order.name().into());
            return Err(Error::Parameter { what: "order of a single step", expected, found });
        }
        if dynamics.clamp != Clamp::Free {
            let (expected, found) = ("none".into(), format!("{:?}", dynamics.clamp));
            return Err(Error::Parameter { what: "clamped positions of a single step", expected, found });
        }
        self.step(states, &Field::new(dynamics.separation, dynamics.self_term(), self.dim()), dynamics.tie)
    }

    /// Refuses what has no dynamics, and starts of another dimension.
    pub(crate) fn check_dynamics(&self, starts: &Queries) -> Result<()> {
        if self.dim() != self.value_dim() {
            let (key_dim, value_dim) = (self.dim(), self.value_dim());
            return Err(Error::UnequalDimensions { what: "dynamics", key_dim, value_dim });
        }
        if !self.is_auto_associative() {
            return Err(Error::HeteroAssociative { what: "dynamics" });
        }
        self.check(starts)
    }

    /// The next state from each of `states`, and the energy of each as it is.
    fn step_with_energy(&self, states: &Queries, field: &Field, dynamics: &Dynamics) -> Result<Vec<Step>> {
        let plan = self.plan(states)?;
        each_tile(self.len(), states.len(), |range| {
            let tile = Tile::new(self, states, &plan, field, dynamics.tie, range.clone())?;
            // Every distance is needed for the energy, so that a wide window costs nothing more.
            let watch = |place| (tile.census(range.start + place, WIDE_MARGIN), Histogram::default());
            let (censuses, histograms): (Vec<_>, Vec<_>) =
                self.survey(states, range.clone(), watch)?.into_iter().unzip();
            let read = (self.len() * self.dim()) as u64;
            let counted = censuses
                .into_iter()
                .map(|census| Watched::of_all(census, read).counted(self.len()).ok_or(Error::Empty { what: "keys" }));
            let answers = tile.conclude(counted.collect::<Result<_>>()?)?;
            let step = |((index, answer), keys): ((usize, Answer), Histogram)| {
                let known = states.known_count(index) as u32;
                let energy = field.law().energy(dynamics.energy_diagonal(), known, &keys);
                Step { energy, next: answer.pattern, tied: answer.tied }
            };
            Ok(range.clone().zip(answers).zip(histograms).map(step).collect())
        })
    }

    /// What each path ended in.
    pub(crate) fn conclude_runs(&self, paths: Vec<Path>) -> Result<Vec<Run>> {
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

/// A synchronous step from a state.
pub(crate) struct Step {
    /// Of the state itself.
    pub(crate) energy: Energy,
    /// The next state, if nothing is frozen.
    pub(crate) next: Pattern,
    /// The positions whose field is exactly 0.
    pub(crate) tied: Pattern,
}

/// Takes synchronous steps from all of `starts` until each run has its limit.
pub(crate) fn step_to_limit(
    starts: &Queries,
    dynamics: &Dynamics,
    finished: &(dyn Fn() + Sync),
    step: &dyn Fn(&Queries) -> Result<Vec<Step>>,
) -> Result<Vec<Path>> {
    let mut paths: Vec<(Path, Vec<u64>)> = Vec::with_capacity(starts.len());
    for (index, start) in starts.iter().enumerate() {
        let frozen = dynamics.frozen(&start, index)?;
        paths.push((Path::new(start, true, dynamics.traced), frozen));
    }
    let mut running: Vec<usize> = (0..paths.len()).collect();
    for taken in 0..=dynamics.step_limit {
        if running.is_empty() {
            break;
        }
        let states = running.iter().map(|&run| &paths[run].0.state).collect::<Result<Queries>>()?;
        for (&run, Step { energy, next, tied }) in running.iter().zip(step(&states)?) {
            let (path, frozen) = &mut paths[run];
            path.energies.push(energy);
            if taken == dynamics.step_limit {
                path.limit = Some(Limit::StepLimit);
            } else {
                let words = next.words().iter().zip(path.state.signs().words()).zip(&*frozen);
                let words = words.map(|((new, old), frozen)| new & !frozen | old & frozen).collect();
                let tied = tied.words().iter().zip(&*frozen);
                let tied = tied.map(|(tied, frozen)| u64::from((tied & !frozen).count_ones())).sum();
                path.advance(Pattern::from_words(words, next.dim())?, tied);
            }
            if path.limit.is_some() {
                finished();
            }
        }
        running.retain(|&run| paths[run].0.limit.is_none());
    }
    Ok(paths.into_iter().map(|path| path.0).collect())
}

/// A state that sweeps go over.
pub(crate) trait Sweep {
    /// The energy of the state as it is.
    fn energy(&self) -> Energy;
    /// Visits all positions but the `frozen` ones, in the order of sweep `sweep` of query `index`; returns at how many
    /// of them the field was exactly 0.
    fn sweep(&mut self, index: usize, sweep: u32, frozen: &[u64]) -> Result<u64>;
    /// The state, once a sweep has gone over it.
    fn state(&self) -> Result<Pattern>;
}

/// Sweeps from each of `starts` until it has its limit.
pub(crate) fn sweep_to_limit<S: Sweep>(
    starts: &Queries,
    dynamics: &Dynamics,
    finished: &(dyn Fn() + Sync),
    walk: &(dyn Fn(&Query, usize) -> Result<S> + Sync),
) -> Result<Vec<Path>> {
    let run = |index: usize| -> Result<Path> {
        let start = starts.get(index).ok_or(Error::Empty { what: "queries" })?;
        let frozen = dynamics.frozen(&start, index)?;
        let mut walk = walk(&start, index)?;
        let mut path = Path::new(start, dynamics.order == Order::Fixed, dynamics.traced);
        for sweep in 0..=dynamics.step_limit {
            path.energies.push(walk.energy());
            if sweep == dynamics.step_limit {
                path.limit = Some(Limit::StepLimit);
                break;
            }
            let tied = walk.sweep(index, sweep, &frozen)?;
            path.advance(walk.state()?, tied);
            if path.limit.is_some() {
                break;
            }
        }
        finished();
        Ok(path)
    };
    (0..starts.len()).into_par_iter().map(run).collect()
}

/// A walker over a memory's patterns, and where its columns come from.
struct Walk<'a> {
    walker: Walker<'a>,
    /// All positions; else each word's are made as the sweep comes to it.
    whole: Option<&'a Plane>,
    dynamics: &'a Dynamics,
}

impl Sweep for Walk<'_> {
    fn energy(&self) -> Energy {
        self.walker.energy(self.dynamics.energy_diagonal())
    }

    fn sweep(&mut self, index: usize, sweep: u32, frozen: &[u64]) -> Result<u64> {
        let keys = self.walker.memory().keys();
        let Some(plane) = self.whole else {
            let mut tied = 0;
            for word in 0..keys.words() {
                let plane = Plane::new(keys, word..word + 1)?;
                tied += self.walker.visit(&plane, word * 64..keys.dim().min((word + 1) * 64), frozen)?;
            }
            return Ok(tied);
        };
        match self.dynamics.order {
            Order::Random { seed } => {
                let order = sweep_order(seed, index as u64, u64::from(sweep), keys.dim());
                self.walker.visit(plane, order.into_iter(), frozen)
            }
            Order::Fixed | Order::Synchronous => self.walker.visit(plane, 0..keys.dim(), frozen),
        }
    }

    fn state(&self) -> Result<Pattern> {
        self.walker.state()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NoiseModel, Separation, add_noise};

    /// Keys transposed once, or word by word in every sweep.
    #[test]
    fn kept_planes_are_those_made_anew() {
        let keys = Patterns::random(70, 333, 5, "keys").unwrap();
        let memory = Memory::auto_associative(keys.clone()).unwrap();
        let starts = Queries::from(add_noise(&keys.range(0..20), 0.3, NoiseModel::Exact, 5).unwrap());
        for separation in [Separation::Linear, Separation::exponential(0.1).unwrap(), Separation::Max] {
            let dynamics = Dynamics::new(separation).order(Order::Fixed);
            let field = Field::new(dynamics.separation, dynamics.self_term(), memory.dim());
            let run = |kept| {
                let paths = memory.walk_to_limit(&starts, &dynamics, &field, &|| (), kept).unwrap();
                memory.conclude_runs(paths).unwrap()
            };
            let told = |run: &Run| (run.state.clone(), run.energies.clone(), run.limit, run.tied_bits);
            let (anew, kept) = (run(0), run(usize::MAX));
            assert!(anew.iter().map(told).eq(kept.iter().map(told)), "{separation:?}");
            assert!(anew.iter().any(|run| run.steps() > 0));
        }
    }
}
