//! Runs: from start states to their limits, whatever takes the steps.

use rayon::prelude::*;

use super::drawn::Drawn;
use super::end::{Closest, End};
use super::limit::{Limit, Path, unless_frozen};
use super::plane::Plane;
use super::sweep::{Visiting, Walker};
use super::visit::{positions_in_turn, visit};
use super::{Dynamics, Order};
use crate::progress::Steps;
use crate::recall::asked::Asked;
use crate::recall::certificate::Reason;
use crate::recall::closing::Answer;
use crate::recall::step::{Tile, WIDE_MARGIN};
use crate::scan::census::Census;
use crate::scan::keys::Scan;
use crate::scan::plan::Plan;
use crate::scan::propose::Proposers;
use crate::scan::survey::{distances, survey};
use crate::scan::tiles::each_tile;
use crate::scan::watch::Watched;
use crate::separation::energy::Energy;
use crate::separation::field::Field;
use crate::votes::counts::Counts;
use crate::{Error, Pattern, Patterns, Queries, Query, Result};

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
    /// What proved by an index that a stored pattern draws the start to itself, if anything did: then no step was taken
    /// and no position visited. The run is the same to the bit.
    pub proof: Option<Reason>,
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

/// Runs from every start to its limit, each counted as it comes there; new bits are the signs of `field`. Some are `drawn`.
pub(crate) fn relax(
    asked: Asked<'_>,
    drawn: &Drawn<'_>,
    starts: &Queries,
    dynamics: &Dynamics,
    field: &Field,
) -> Result<Vec<Run>> {
    let scan = asked.scan;
    // The first start that is refused is, whoever would come to it first.
    for (index, start) in starts.iter().enumerate() {
        dynamics.frozen(&start, index)?;
    }
    let left = drawn.others(starts.len());
    let walk = || match dynamics.order {
        Order::Synchronous => step_to_limit(starts, &left, dynamics, scan.steps(), &|states| {
            step_with_energy(asked, states, field, dynamics)
        }),
        Order::Fixed | Order::Random { .. } => {
            walk_to_limit(scan, starts, &left, dynamics, field, Dynamics::KEPT_BYTES)
        }
    };
    let of_drawn = drawn.of_drawn(scan, starts, dynamics, field)?;
    conclude(scan, drawn.paths(of_drawn, left.len(), walk, field.separation())?)
}

/// Sweeps from those of `starts` that are `left`; keys that take no more than `kept` bytes transposed are so for all
/// sweeps.
fn walk_to_limit(
    scan: Scan<'_>,
    starts: &Queries,
    left: &[usize],
    dynamics: &Dynamics,
    field: &Field,
    kept: usize,
) -> Result<Vec<Path>> {
    let sweeping = field.law().sweep(field.self_term(), scan.dim());
    let keys = scan.side();
    let words = 0..keys.words();
    let kept = dynamics.order != Order::Fixed || Plane::bytes(keys, words.clone()) <= kept;
    let whole = if kept { Some(Plane::new(keys, words)?) } else { None };
    sweep_to_limit(starts, left, dynamics, scan.steps(), &|start, index| {
        let near = distances(scan, starts, index)?;
        let walker = Walker::new(scan, field, &sweeping, start, &near)?;
        Ok(Walk { walker, whole: whole.as_ref(), dynamics })
    })
}

/// The next state from each of `states`, and the energy of each as it is.
fn step_with_energy(asked: Asked<'_>, states: &Queries, field: &Field, dynamics: &Dynamics) -> Result<Vec<Step>> {
    let scan = asked.scan;
    let plan = Plan::new(scan, states)?;
    each_tile(scan.side().len(), states.len(), |range| {
        let proposers = Proposers::new(scan, &plan);
        let tile = Tile::new(asked, states, &plan, proposers, field, dynamics.tie, range.clone())?;
        // Every distance is needed for the energy, so that a wide window costs nothing more.
        let watch = |place| {
            let wanted = tile.wanted(range.start + place, WIDE_MARGIN);
            (Census::new(scan.ids(), wanted.window, scan.len()), Counts::default())
        };
        let (censuses, counts): (Vec<_>, Vec<_>) =
            survey(scan, &states.panel(range.clone())?, watch)?.into_iter().unzip();
        let read = (scan.len() * scan.dim()) as u64;
        let counted = censuses
            .into_iter()
            .map(|census| Watched::of_all(census, read).counted(scan.len()).ok_or(Error::Empty { what: "keys" }));
        let answers = tile.conclude(counted.collect::<Result<_>>()?)?;
        let step = |((index, answer), keys): ((usize, Answer), Counts)| {
            let known = states.known_count(index) as u32;
            let energy = field.law().energy(dynamics.energy_diagonal(), known, &keys);
            Step { energy, next: answer.pattern, tied: answer.tied }
        };
        Ok(range.clone().zip(answers).zip(counts).map(step).collect())
    })
}

/// What each path ended in.
pub(crate) fn conclude(scan: Scan<'_>, paths: Vec<Path>) -> Result<Vec<Run>> {
    let mut states = Patterns::new(scan.dim())?;
    states.reserve(paths.len())?;
    paths.iter().try_for_each(|path| states.push(path.state.signs()))?;
    let states = Queries::from(states);
    let end = |(index, path): (usize, &Path)| match &path.end {
        Some(end) => Ok(end.clone()),
        None => End::of(scan, &states, index),
    };
    let ends: Vec<(End, Closest)> = paths.par_iter().enumerate().map(end).collect::<Result<_>>()?;
    let conclude = |(path, (end, closest)): (Path, (End, Closest))| {
        let Path { state, energies, trace, tied_bits, limit, proof, .. } = path;
        let trace = trace.map(|mut before| {
            before.push(state.clone());
            before
        });
        let limit = limit.unwrap_or(Limit::StepLimit);
        Run { state: state.into_signs(), energies, trace, limit, tied_bits, proof, end, closest }
    };
    Ok(paths.into_iter().zip(ends).map(conclude).collect())
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

/// Takes synchronous steps from those of `starts` that are `left` until each run has its limit.
pub(crate) fn step_to_limit(
    starts: &Queries,
    left: &[usize],
    dynamics: &Dynamics,
    steps: &Steps<'_>,
    step: &dyn Fn(&Queries) -> Result<Vec<Step>>,
) -> Result<Vec<Path>> {
    let mut paths: Vec<(Path, Vec<u64>)> = Vec::with_capacity(left.len());
    for &index in left {
        let start = starts.get(index).ok_or(Error::Empty { what: "queries" })?;
        let frozen = dynamics.frozen(&start, index)?;
        paths.push((dynamics.path(start), frozen));
    }
    let mut running: Vec<usize> = (0..paths.len()).collect();
    for taken in 0..=dynamics.step_limit {
        if running.is_empty() {
            break;
        }
        steps.check()?;
        let states = running.iter().map(|&run| &paths[run].0.state).collect::<Result<Queries>>()?;
        for (&run, Step { energy, next, tied }) in running.iter().zip(step(&states)?) {
            let (path, frozen) = &mut paths[run];
            path.energies.push(energy);
            if taken == dynamics.step_limit {
                path.limit = Some(Limit::StepLimit);
            } else {
                let tied = tied.words().iter().zip(&*frozen);
                let tied = tied.map(|(tied, frozen)| u64::from((tied & !frozen).count_ones())).sum();
                path.advance(unless_frozen(&next, &path.state, frozen)?, tied);
            }
            if path.limit.is_some() {
                steps.advance(1)?;
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
    fn sweep(&mut self, index: usize, sweep: u32, frozen: &[u64], steps: &Steps<'_>) -> Result<u64>;
    /// The state, once a sweep has gone over it.
    fn state(&self) -> Result<Pattern>;
}

/// Sweeps from those of `starts` that are `left` until each has its limit.
pub(crate) fn sweep_to_limit<S: Sweep>(
    starts: &Queries,
    left: &[usize],
    dynamics: &Dynamics,
    steps: &Steps<'_>,
    walk: &(dyn Fn(&Query, usize) -> Result<S> + Sync),
) -> Result<Vec<Path>> {
    let run = |index: usize| -> Result<Path> {
        let start = starts.get(index).ok_or(Error::Empty { what: "queries" })?;
        let frozen = dynamics.frozen(&start, index)?;
        let mut walk = walk(&start, index)?;
        let mut path = dynamics.path(start);
        for sweep in 0..=dynamics.step_limit {
            path.energies.push(walk.energy());
            if sweep == dynamics.step_limit {
                path.limit = Some(Limit::StepLimit);
                break;
            }
            let tied = walk.sweep(index, sweep, &frozen, steps)?;
            path.advance(walk.state()?, tied);
            if path.limit.is_some() {
                break;
            }
            steps.check()?;
        }
        steps.advance(1)?;
        Ok(path)
    };
    left.par_iter().map(|&index| run(index)).collect()
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

    fn sweep(&mut self, index: usize, sweep: u32, frozen: &[u64], steps: &Steps<'_>) -> Result<u64> {
        let (keys, tie) = (self.walker.keys(), self.dynamics.tie);
        if let Some(plane) = self.whole {
            let positions = positions_in_turn(self.dynamics.order, index, sweep, keys.dim())?;
            return visit(&mut Visiting { walker: &mut self.walker, plane }, positions, frozen, tie, steps);
        }
        // In fixed order: a word's positions as the sweep comes to it.
        let mut tied = 0;
        for word in 0..keys.words() {
            let plane = Plane::new(keys, word..word + 1)?;
            let positions = word * 64..keys.dim().min((word + 1) * 64);
            tied += visit(&mut Visiting { walker: &mut self.walker, plane: &plane }, positions, frozen, tie, steps)?;
        }
        Ok(tied)
    }

    fn state(&self) -> Result<Pattern> {
        self.walker.state()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use popfield_kernels::Tier;

    use crate::patterns::ids::Ids;
    use crate::patterns::{NoiseModel, add_noise};
    use crate::scan::keys::Keys;
    use crate::{Progress, Separation};

    /// Keys transposed once, or word by word in every sweep.
    #[test]
    fn kept_planes_are_those_made_anew() {
        let keys = Patterns::random(70, 333, 5, "keys").unwrap();
        let stored = Keys::new(keys.clone().into(), Ids::counted(70), None, Tier::from_env().unwrap());
        let steps = Progress::NONE.begin(0);
        let scan = Scan::new(&stored, None, &steps).unwrap();
        let starts = Queries::from(add_noise(&keys.range(0..20).unwrap(), 0.3, NoiseModel::Exact, 5).unwrap());
        for separation in [Separation::Linear, Separation::exponential(0.1).unwrap(), Separation::Max] {
            let dynamics = Dynamics::new(separation).order(Order::Fixed);
            let field = Field::new(dynamics.separation, dynamics.self_term(), scan.dim());
            let run = |kept| {
                let paths = walk_to_limit(scan, &starts, &Vec::from_iter(0..20), &dynamics, &field, kept).unwrap();
                conclude(scan, paths).unwrap()
            };
            let told = |run: &Run| (run.state.clone(), run.energies.clone(), run.limit, run.tied_bits);
            let (anew, kept) = (run(0), run(usize::MAX));
            assert!(anew.iter().map(told).eq(kept.iter().map(told)), "{separation:?}");
            assert!(anew.iter().any(|run| run.steps() > 0));
        }
    }
}
