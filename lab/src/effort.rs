//! Effort: how many memories are tried at a point, how many of their keys are asked, and how memories are had.

use popfield::Progress;
use popfield::patterns::MAX_DIM;
use popfield::tiers::TILE;
use rayon::prelude::*;

use crate::choice::choice;
use crate::error::{Error, Part, Result};
use crate::experiment::{Experiment, Steps};
use crate::machine::available;
use crate::outcome::Outcome;
use crate::point::Point;
use crate::{sampled, stored};

/// Which keys of a memory are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// As many as pay: see [`Effort::queries`].
    AsPays,
    /// This many, or all if there are fewer.
    Some(u64),
    /// All.
    All,
}

/// How memories are had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// Every pattern is drawn and stored.
    Stored,
    /// Only what a query depends on is drawn, at a cost that does not grow with n: hetero, one query a memory, rules
    /// that learn no weights.
    Sampled,
}

choice!(Way, "memories", {
    Stored => "stored", "Every pattern is drawn and stored";
    Sampled => "sampled",
        "Only what a query depends on is drawn: hetero, one query a memory, rules that learn no weights";
});

/// How much is done at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Memories.
    pub trials: u64,
    /// Which of their keys are asked.
    pub asked: Asked,
    /// How memories are had, if not by which is cheaper.
    pub way: Option<Way>,
}

/// Bytes that an outcome takes until all is done.
const OUTCOME: u128 = 128;

/// Memory for trials that run side by side.
const BESIDE: u128 = 512 << 20;

/// Runs to the limit in a memory, where not told: they cost more than the memory, and in large ones so much more that
/// another memory is the better use of the time.
fn runs(point: Point) -> u64 {
    if point.patterns.saturating_mul(point.dim as u64) > 1 << 22 { 1 } else { 4 }
}

impl Effort {
    /// Trials with everything else as it pays.
    pub fn new(trials: u64) -> Self {
        Self { trials, asked: Asked::AsPays, way: None }
    }

    /// Which way is taken at `point`.
    ///
    /// # Errors
    /// [`Error::Experiment`] if the way asked for does not serve there.
    pub fn way(&self, experiment: &Experiment, point: Point) -> Result<Way> {
        let serves = sampled::serves(experiment, point) && matches!(self.asked, Asked::AsPays | Asked::Some(1));
        match self.way {
            Some(Way::Sampled) if !serves => {
                let (most, dim) = (sampled::MOST_PATTERNS, sampled::MOST_DIM);
                Err(Error::Experiment {
                    part: Part::Sampled,
                    expected: format!(
                        "hetero, a rule that learns no weights, one query a memory, dimension up to {dim} and up to {most} \
                         patterns"
                    ),
                    found: format!(
                        "{} with {}, {} patterns of dimension {}",
                        experiment.setting, experiment.rule, point.patterns, point.dim
                    ),
                })
            }
            Some(way) => Ok(way),
            None if serves => {
                // A word drawn and scanned against a binomial count.
                let stored = u128::from(point.patterns) * point.dim.div_ceil(64) as u128;
                let bits = experiment.answer_bits(point.dim) as u128;
                let sampled = 16 * (bits * u128::from(sampled::reach(experiment, point.dim)) + 2 * point.dim as u128);
                Ok(if stored > sampled { Way::Sampled } else { Way::Stored })
            }
            None => Ok(Way::Stored),
        }
    }

    /// Queries to each memory at `point`: by default 64 for a single step, 4 for runs to a limit (1 in memories of more
    /// than 2²² bits), all if there are fewer, and one where memories are sampled.
    ///
    /// # Errors
    /// As [`way`](Self::way).
    pub fn queries(&self, experiment: &Experiment, point: Point) -> Result<u64> {
        if self.way(experiment, point)? == Way::Sampled {
            return Ok(1);
        }
        let wanted = match (self.asked, experiment.steps) {
            (Asked::All, _) => point.patterns,
            (Asked::Some(queries), _) => queries,
            (Asked::AsPays, Steps::OneStep) => TILE as u64,
            (Asked::AsPays, _) => runs(point),
        };
        Ok(wanted.min(point.patterns))
    }

    /// Refuses what this machine has not the memory for, before any work.
    ///
    /// # Errors
    /// As [`Experiment::checked`] and [`way`](Self::way); [`Error::Parameter`] for a point without patterns or positions,
    /// or of too many of these; [`Error::OutOfMemory`] with the bytes that it would take; [`Error::TooLarge`] where the
    /// library learns no weights.
    pub fn check(&self, experiment: &Experiment, point: Point) -> Result<()> {
        experiment.checked()?;
        let Point { dim, patterns } = point;
        if !(1..=MAX_DIM).contains(&dim) || patterns == 0 {
            let expected = format!("at least one pattern of dimension 1 to {MAX_DIM}");
            let found = format!("{patterns} of dimension {dim}");
            return Err(Error::Parameter { what: "point", expected, found });
        }
        let outcomes = u128::from(self.trials) * OUTCOME;
        let way = self.way(experiment, point)?;
        let bytes = match way {
            Way::Sampled => outcomes,
            Way::Stored => outcomes + stored::bytes(experiment, point, self.queries(experiment, point)?),
        };
        if bytes > isize::MAX as u128 {
            return Err(Error::OutOfMemory { bytes, point, available: None });
        }
        match available() {
            available @ Some(room) if bytes > u128::from(room) => Err(Error::OutOfMemory { bytes, point, available }),
            _ if way == Way::Stored => stored::check(experiment, point),
            _ => Ok(()),
        }
    }

    /// The outcomes of all trials at `point`, in order: the same on any number of threads. `progress` counts trials.
    ///
    /// # Errors
    /// As [`check`](Self::check); what the engine fails with, [`popfield::Error::Interrupted`] among it.
    pub fn measure(
        &self,
        experiment: &Experiment,
        point: Point,
        seed: u64,
        progress: Progress<'_>,
    ) -> Result<Vec<Outcome>> {
        let steps = progress.begin(self.trials);
        self.measure_ticking(experiment, point, seed, &|| steps.advance(1))
    }

    /// Does what [`measure`](Self::measure) does; `tick` is called after each trial, and may stop it.
    pub(crate) fn measure_ticking(
        &self,
        experiment: &Experiment,
        point: Point,
        seed: u64,
        tick: &(dyn Fn() -> popfield::Result<()> + Sync),
    ) -> Result<Vec<Outcome>> {
        self.check(experiment, point)?;
        let (way, queries) = (self.way(experiment, point)?, self.queries(experiment, point)?);
        let one = |trial: u64| {
            let outcome = match way {
                Way::Sampled => sampled::trial(experiment, point, seed, trial),
                Way::Stored => stored::trial(experiment, point, queries, seed, trial),
            };
            tick()?;
            outcome
        };
        // Small memories side by side; large ones in turn, with all threads in the engine.
        let beside = match way {
            Way::Sampled => self.trials,
            Way::Stored => (BESIDE / stored::bytes(experiment, point, queries).max(1)) as u64,
        };
        let beside = beside.clamp(1, self.trials.max(1));
        let (mut outcomes, bytes) = (Vec::new(), u128::from(self.trials) * OUTCOME);
        if outcomes.try_reserve_exact(self.trials as usize).is_err() {
            return Err(Error::OutOfMemory { bytes, point, available: available() });
        }
        for first in (0..self.trials).step_by(beside as usize) {
            let here = first..(first + beside).min(self.trials);
            match beside {
                1 => outcomes.extend(here.map(one).collect::<Result<Vec<_>>>()?),
                _ => outcomes.extend(here.into_par_iter().map(one).collect::<Result<Vec<_>>>()?),
            }
        }
        Ok(outcomes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{BetaScaling, Rule, Setting, Values};

    fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
    }

    #[test]
    fn outcomes_do_not_depend_on_threads_or_on_how_many_trials_there_are() {
        let point = Point { dim: 70, patterns: 20 };
        for rule in [Rule::Hebb, Rule::PseudoInverse, Rule::Storkey, Rule::Polynomial(3), Rule::Max] {
            for setting in [Setting::Hetero, Setting::AutoKept, Setting::AutoZeroed, Setting::EnergyDifference] {
                for steps in [Steps::OneStep, Steps::Sync, Steps::Async] {
                    let Ok(experiment) = Experiment::new(rule, setting).steps(steps).noise(0.1).checked() else {
                        continue;
                    };
                    let measure = |threads, trials| {
                        on_threads(threads, || {
                            Effort::new(trials).measure(&experiment, point, 9, Progress::NONE).unwrap()
                        })
                    };
                    let outcomes = measure(1, 5);
                    assert_eq!(outcomes, measure(3, 5), "{experiment:?}");
                    assert_eq!(outcomes[..2], measure(2, 2), "{experiment:?}");
                    let queries = if steps == Steps::OneStep { 20 } else { 4 };
                    assert!(outcomes.iter().all(|outcome| outcome.queries() == queries));
                }
            }
        }
    }

    /// The self-term at work: kept it is all that counts from the pattern itself, zeroed it is not.
    #[test]
    fn settings_are_what_they_say() {
        let point = Point { dim: 60, patterns: 60 };
        let error = |rule, setting, steps| {
            let experiment = Experiment::new(rule, setting).steps(steps).checked().unwrap();
            let outcomes = Effort::new(60).measure(&experiment, point, 2, Progress::NONE).unwrap();
            outcomes.iter().map(Outcome::bit_error).sum::<f64>() / 60.0
        };
        let [kept, zeroed, hetero] = [Setting::AutoKept, Setting::AutoZeroed, Setting::Hetero]
            .map(|setting| error(Rule::Hebb, setting, Steps::OneStep));
        // erfc(√2)/2 and erfc(1/√2)/2, and a little less.
        assert!((0.018..0.025).contains(&kept), "{kept}");
        assert!((0.14..0.17).contains(&zeroed) && (0.14..0.17).contains(&hetero), "{zeroed}, {hetero}");
        assert_eq!(
            error(Rule::Hebb, Setting::AutoZeroed, Steps::Async),
            error(Rule::Hebb, Setting::EnergyDifference, Steps::Async)
        );
        assert!(error(Rule::Hebb, Setting::AutoZeroed, Steps::Sync) > zeroed);
        assert_eq!(error(Rule::PseudoInverse, Setting::AutoKept, Steps::OneStep), 0.0);
        assert_eq!(error(Rule::Exponential(BetaScaling::Fixed(1.0)), Setting::AutoZeroed, Steps::OneStep), 0.0);
    }

    #[test]
    fn the_way_follows_from_what_it_costs_and_serves() {
        let exponential = Experiment::new(Rule::Exponential(BetaScaling::Fixed(1.0)), Setting::Hetero);
        let way =
            |effort: Effort, experiment: &Experiment, dim, patterns| effort.way(experiment, Point { dim, patterns });
        let free = Effort::new(1);
        assert_eq!(way(free, &exponential, 32, 100_000_000).unwrap(), Way::Sampled);
        assert_eq!(way(free, &exponential, 32, 100).unwrap(), Way::Stored);
        assert_eq!(way(free, &Experiment::new(Rule::Hebb, Setting::Hetero), 1000, 138).unwrap(), Way::Stored);
        assert_eq!(way(free, &exponential.values(Values::Worst), 32, 10_000).unwrap(), Way::Sampled);
        let many = Effort { asked: Asked::Some(8), ..free };
        assert_eq!(way(many, &exponential, 32, 100_000_000).unwrap(), Way::Stored);
        let sampled = Effort { way: Some(Way::Sampled), ..free };
        assert!(way(Effort { asked: Asked::All, ..sampled }, &exponential, 32, 100).is_err());
        assert!(way(sampled, &Experiment::new(Rule::Hebb, Setting::AutoKept), 32, 100).is_err());
        assert!(way(sampled, &exponential, 1001, 100).is_err());
        // What cannot be held is refused before it is tried.
        let experiment = Experiment::new(Rule::Max, Setting::AutoKept);
        let point = Point { dim: 1000, patterns: 1 << 50 };
        let error = free.measure(&experiment, point, 1, Progress::NONE).unwrap_err();
        assert!(error.to_string().contains("bytes"), "{error}");
        assert_eq!(error.kind(), popfield::ErrorKind::Resource);
    }

    #[test]
    fn worst_values_err_in_all_bits_or_none_and_ties_are_counted() {
        // Two keys of one bit: equal ones tie, opposed ones vote alike.
        let experiment = Experiment::new(Rule::Hebb, Setting::Hetero).values(Values::Worst).checked().unwrap();
        for way in [Way::Stored, Way::Sampled] {
            let effort = Effort { trials: 400, asked: Asked::Some(1), way: Some(way) };
            let outcomes = effort.measure(&experiment, Point { dim: 1, patterns: 2 }, 3, Progress::NONE).unwrap();
            let tied: u64 = outcomes.iter().map(|outcome| outcome.tied).sum();
            let wrong: u64 = outcomes.iter().map(Outcome::wrong).sum();
            assert!((150..250).contains(&tied), "{way:?}: {tied}");
            assert!((60..140).contains(&wrong), "{way:?}: {wrong}");
            assert!(outcomes.iter().all(|outcome| outcome.bits == 1));
        }
    }
}
