//! Studies: an experiment at many points, what is measured there, and what theory says of it.
//!
//! A [`Study`] is the question, plain data. Its [`Plan`] is what that comes to: the points, the effort at each, and the
//! predictions beside them; what cannot be done is refused there, before any work. [`Findings`] are the answer.

use popfield::patterns::MAX_DIM;
use popfield::{Named, Progress};

use crate::crossing::{Crossing, search};
use crate::effort::{Asked, Effort, Way};
use crate::error::{Error, Part, Result};
use crate::experiment::Experiment;
use crate::outcome::{Observable, Outcome};
use crate::point::Point;
use crate::predictions::{self, Prediction};
use crate::range::Range;
use crate::sampled::MOST_PATTERNS;
use crate::stats::Interval;

/// The confidence of all intervals of a study.
pub const CONFIDENCE: f64 = 0.95;

/// What the search looks for: success of 99 % and of half.
const TARGETS: [f64; 2] = [0.99, 0.5];

/// Words of 64 bits drawn, or drawn and scanned by a query, at a point at the most that the search tries.
const SEARCHED_WORDS: u128 = 1 << 33;

/// The numbers of patterns at which a study measures, in each dimension.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Sizes {
    /// Those that a search needs for the n at which 99 % and 50 % succeed.
    Searched,
    /// By the load n/d.
    Load(Range),
    /// By the rate (ln n)/d.
    Rate(Range),
    /// The numbers n themselves.
    Patterns(Range),
}

/// What is to be measured: an experiment, where, how often, and what of its answers.
///
/// # Example
/// ```
/// use popfield::Progress;
/// use popfield_lab::{Crossing, Experiment, Rule, Setting, Study};
///
/// // The number of patterns of which the pseudo-inverse rule recalls half: not far beyond the dimension.
/// let study = Study::new(Experiment::new(Rule::PseudoInverse, Setting::Hetero)).dims([16]).trials(10);
/// let found = study.run(Progress::NONE, &mut ())?;
/// let Crossing::At(half) = found.capacities[0].half else { panic!() };
/// assert!(16.0 < half.value && half.value < 24.0);
/// # Ok::<(), popfield_lab::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Study {
    /// What is tried.
    pub experiment: Experiment,
    /// What is measured of its answers.
    pub observable: Observable,
    /// Dimensions, in the order in which they were given.
    pub dims: Vec<usize>,
    /// Numbers of patterns in each.
    pub sizes: Sizes,
    /// Memories at each point.
    pub trials: u64,
    /// Keys asked of each memory; by default as many as pay ([`Effort::queries`]), or all where the observable is of all.
    pub queries: Option<u64>,
    /// How memories are had, if not by which is cheaper.
    pub way: Option<Way>,
    /// The predictions beside it, by name; all that say something by default.
    pub predictions: Option<Vec<String>>,
    /// Seed of all that is drawn.
    pub seed: u64,
}

impl Study {
    /// The share of patterns recalled whole by 100 memories a point, its numbers of patterns searched at dimensions 100,
    /// 200 and 400, seed 1.
    pub fn new(experiment: Experiment) -> Self {
        Self {
            experiment,
            observable: Observable::Pattern,
            dims: vec![100, 200, 400],
            sizes: Sizes::Searched,
            trials: 100,
            queries: None,
            way: None,
            predictions: None,
            seed: 1,
        }
    }

    /// Measures this of the answers.
    pub fn observable(self, observable: Observable) -> Self {
        Self { observable, ..self }
    }

    /// Measures in these dimensions.
    pub fn dims(self, dims: impl IntoIterator<Item = usize>) -> Self {
        Self { dims: dims.into_iter().collect(), ..self }
    }

    /// Measures at these numbers of patterns.
    pub fn sizes(self, sizes: Sizes) -> Self {
        Self { sizes, ..self }
    }

    /// Measures at loads n/d, n rounded to whole patterns.
    pub fn load(self, range: Range) -> Self {
        self.sizes(Sizes::Load(range))
    }

    /// Measures at rates (ln n)/d, n rounded to whole patterns.
    pub fn rate(self, range: Range) -> Self {
        self.sizes(Sizes::Rate(range))
    }

    /// Measures at numbers of patterns n.
    pub fn patterns(self, range: Range) -> Self {
        self.sizes(Sizes::Patterns(range))
    }

    /// Tries so many memories at each point.
    pub fn trials(self, trials: u64) -> Self {
        Self { trials, ..self }
    }

    /// Asks so many keys of each memory, or all if there are fewer.
    pub fn queries(self, queries: u64) -> Self {
        Self { queries: Some(queries), ..self }
    }

    /// Has memories in this way.
    pub fn way(self, way: Way) -> Self {
        Self { way: Some(way), ..self }
    }

    /// Sets no predictions beside what is measured.
    pub fn without_predictions(self) -> Self {
        Self { predictions: Some(Vec::new()), ..self }
    }

    /// Sets the predictions of these names beside what is measured; with no name, none.
    pub fn predictions<T: Into<String>>(self, names: impl IntoIterator<Item = T>) -> Self {
        Self { predictions: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// Draws from this seed.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// What is done at each point.
    ///
    /// # Errors
    /// [`Error::AllAsked`] if a number of keys is to be asked where the observable is of all keys.
    pub fn effort(&self) -> Result<Effort> {
        let asked = match (self.observable, self.queries) {
            (Observable::All, Some(queries)) => return Err(Error::AllAsked { queries }),
            (Observable::All, None) => Asked::All,
            (_, Some(queries)) => Asked::Some(queries),
            (_, None) => Asked::AsPays,
        };
        Ok(Effort { asked, way: self.way, ..Effort::new(self.trials) })
    }

    /// What the study comes to, checked; nothing is measured yet.
    ///
    /// # Errors
    /// [`Error::Experiment`] where parts do not go together or lead to no number of patterns; [`Error::AllAsked`];
    /// [`Error::NoPrediction`]; [`Error::NothingToSearch`]; [`Error::TooLarge`] and [`Error::OutOfMemory`] for a point
    /// that this machine cannot do.
    pub fn plan(&self) -> Result<Plan<'_>> {
        self.experiment.checked()?;
        let effort = self.effort()?;
        let predictions = predictions::choose(self.predictions.as_deref(), &self.experiment, self.observable)?;
        let dims = self.distinct_dims()?;
        let points = self.points(&dims)?;
        if points.is_none() && !matches!(self.observable, Observable::Pattern | Observable::All) {
            return Err(Error::NothingToSearch { observable: self.observable.name() });
        }
        for &point in points.iter().flatten() {
            effort.check(&self.experiment, point)?;
        }
        Ok(Plan { study: self, effort, predictions, dims, points })
    }

    /// Measures it all: [`plan`](Self::plan), then [`Plan::run`].
    ///
    /// # Errors
    /// As those two.
    pub fn run<O: Observer>(&self, progress: Progress<'_>, observer: &mut O) -> Result<Findings, O::Error> {
        self.plan()?.run(progress, observer)
    }

    /// The dimensions, each once, in the order given.
    fn distinct_dims(&self) -> Result<Vec<usize>> {
        let mut dims: Vec<usize> = Vec::new();
        for &dim in &self.dims {
            if !(1..=MAX_DIM).contains(&dim) {
                let expected = if dim == 0 { "at least 1".to_owned() } else { format!("at most {MAX_DIM}") };
                return Err(Error::Experiment { part: Part::Dimension, expected, found: dim.to_string() });
            }
            if !dims.contains(&dim) {
                dims.push(dim);
            }
        }
        Ok(dims)
    }

    /// The points, by dimension; none where they are to be searched.
    fn points(&self, dims: &[usize]) -> Result<Option<Vec<Point>>> {
        type Patterns = fn(f64, f64) -> f64;
        let (part, range, patterns): (Part, &Range, Patterns) = match &self.sizes {
            Sizes::Searched => return Ok(None),
            Sizes::Load(range) => (Part::Load, range, |load, dim| load * dim),
            Sizes::Rate(range) => (Part::Rate, range, |rate, dim| libm::exp(rate * dim)),
            Sizes::Patterns(range) => (Part::Patterns, range, |patterns, _| patterns),
        };
        let mut points = Vec::new();
        for &dim in dims {
            for &value in range.values() {
                let exactly = patterns(value, dim as f64);
                let n = exactly.round();
                if part == Part::Patterns && !range.is_geometric() && n != exactly {
                    let (expected, found) = ("whole numbers".to_owned(), exactly.to_string());
                    return Err(Error::Experiment { part, expected, found });
                }
                if !(1.0..=u64::MAX as f64 / 2.0).contains(&n) {
                    let expected = format!("1 to {} patterns", u64::MAX / 2);
                    let found = format!("{n:?} by {value:?} at dimension {dim}");
                    return Err(Error::Experiment { part, expected, found });
                }
                points.push(Point { dim, patterns: n as u64 });
            }
        }
        // Numbers may come twice, and neighbours round to the same.
        points.sort_unstable();
        points.dedup();
        Ok(Some(points))
    }
}

/// Who knows points that were finished before, and hears of each that is finished now.
pub trait Observer {
    /// What it may fail with.
    type Error: From<Error>;

    /// The outcomes at `point`, if it was finished before: one for each trial, in order. It is then not measured again.
    fn finished(&mut self, point: Point) -> Option<Vec<Outcome>>;

    /// Hears of a point that was measured.
    ///
    /// # Errors
    /// Its own, which end the study.
    fn finish(&mut self, point: Point, outcomes: &[Outcome]) -> Result<(), Self::Error>;
}

/// Nobody, who knows of no point and hears of none.
impl Observer for () {
    type Error = Error;

    fn finished(&mut self, _: Point) -> Option<Vec<Outcome>> {
        None
    }

    fn finish(&mut self, _: Point, _: &[Outcome]) -> Result<()> {
        Ok(())
    }
}

/// What a study comes to, checked.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    study: &'a Study,
    effort: Effort,
    predictions: Vec<Prediction>,
    dims: Vec<usize>,
    /// None where they are to be searched.
    points: Option<Vec<Point>>,
}

/// What a study found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Findings {
    /// The dimensions, each once, in the order given.
    pub dims: Vec<usize>,
    /// The predictions beside what was measured.
    pub predictions: Vec<Prediction>,
    /// The points that were measured, by dimension and number of patterns.
    pub points: Vec<MeasuredPoint>,
    /// What was searched for in each dimension; empty where nothing was.
    pub capacities: Vec<Capacity>,
}

/// A point and its outcomes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MeasuredPoint {
    /// Where.
    pub point: Point,
    /// Of each trial, in order.
    pub outcomes: Vec<Outcome>,
    /// The observable, with its interval at [`CONFIDENCE`].
    pub estimate: Interval,
    /// What each prediction says of the observable here, in their order; none where it says nothing.
    pub predicted: Vec<Option<f64>>,
}

/// What was searched for in one dimension: the numbers of patterns of which half, and 99 %, succeed.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Capacity {
    /// d.
    pub dim: usize,
    /// Where half succeed.
    pub half: Crossing,
    /// Where 99 % succeed.
    pub nearly_all: Crossing,
    /// A number of patterns by which success has risen again, if it was seen to.
    pub rises: Option<u64>,
}

impl Plan<'_> {
    /// The points, by dimension and number of patterns; none where they are searched.
    pub fn points(&self) -> Option<&[Point]> {
        self.points.as_deref()
    }

    /// Trials, as far as they are known beforehand: those of a search are not.
    pub fn trials(&self) -> u64 {
        self.points.as_ref().map_or(0, |points| points.len() as u64).saturating_mul(self.study.trials)
    }

    /// Measures all points but those that `observer` knows: the same findings on any number of threads. `progress`
    /// counts trials, those of known points among them; where points are searched the total grows as they are found.
    ///
    /// # Errors
    /// What the engine fails with, [`popfield::Error::Interrupted`] among it; what `observer` fails with;
    /// [`Error::OutOfMemory`] where the machine has less memory left by then.
    pub fn run<O: Observer>(&self, progress: Progress<'_>, observer: &mut O) -> Result<Findings, O::Error> {
        let Self { study, effort, .. } = self;
        let mut measured: Vec<MeasuredPoint> = Vec::new();
        let (mut done, mut total) = (0, self.trials());
        // Returns the observable.
        let mut measure = |point: Point| -> Result<Interval, O::Error> {
            if self.points.is_none() {
                total = u64::saturating_add(total, study.trials);
            }
            let steps = progress.begin(total);
            steps.advance(done).map_err(Error::from)?;
            let outcomes = match observer.finished(point) {
                Some(outcomes) => {
                    steps.advance(study.trials).map_err(Error::from)?;
                    outcomes
                }
                None => {
                    let tick = || steps.advance(1);
                    let outcomes = effort.measure_ticking(&study.experiment, point, study.seed, &tick)?;
                    observer.finish(point, &outcomes)?;
                    outcomes
                }
            };
            done = u64::saturating_add(done, study.trials);
            let found = self.measured(point, outcomes);
            let estimate = found.estimate;
            measured.push(found);
            Ok(estimate)
        };
        let mut capacities = Vec::new();
        match &self.points {
            Some(points) => points.iter().try_for_each(|&point| measure(point).map(drop))?,
            None => {
                for &dim in &self.dims {
                    let found = search(&TARGETS, self.most_patterns(dim), |patterns| measure(Point { dim, patterns }))?;
                    let [nearly_all, half] = found.crossings[..] else { continue };
                    capacities.push(Capacity { dim, half, nearly_all, rises: found.rises });
                }
            }
        }
        measured.sort_by_key(|measured| measured.point);
        let (dims, predictions) = (self.dims.clone(), self.predictions.clone());
        Ok(Findings { dims, predictions, points: measured, capacities })
    }

    fn measured(&self, point: Point, outcomes: Vec<Outcome>) -> MeasuredPoint {
        let Study { experiment, observable, .. } = self.study;
        let estimate = observable.estimate(experiment, point, &outcomes, CONFIDENCE);
        let predicted = self.predictions.iter().map(|p| p.at(experiment, *observable, point)).collect();
        MeasuredPoint { point, outcomes, estimate, predicted }
    }

    /// The most patterns of dimension `dim` that a search tries: what fits, and does not take all day.
    fn most_patterns(&self, dim: usize) -> u64 {
        let Self { study: Study { experiment, trials, .. }, effort, .. } = self;
        let bearable = |patterns: u64| {
            let point = Point { dim, patterns };
            let Ok(queries) = effort.check(experiment, point).and_then(|()| effort.queries(experiment, point)) else {
                return false;
            };
            let words = u128::from(patterns) * dim.div_ceil(64) as u128 * u128::from(8 + queries);
            matches!(effort.way(experiment, point), Ok(Way::Sampled))
                || words.saturating_mul(u128::from(*trials)) <= SEARCHED_WORDS
        };
        // Sizes in between may not be bearable where larger ones are, since these are sampled.
        let most = 1 << (0..=MOST_PATTERNS.ilog2()).rev().find(|&power| bearable(1 << power)).unwrap_or(0);
        // No rule that learns weights holds more than d patterns.
        if experiment.rule.learned().is_some() { most.min(4 * dim as u64) } else { most }
    }
}

impl Findings {
    /// What was measured at `point`, if it was.
    pub fn at(&self, point: Point) -> Option<&MeasuredPoint> {
        self.points.iter().find(|measured| measured.point == point)
    }

    /// The points of dimension `dim`, by number of patterns.
    pub fn of_dim(&self, dim: usize) -> impl Iterator<Item = &MeasuredPoint> {
        self.points.iter().filter(move |measured| measured.point.dim == dim)
    }

    /// What was searched for in dimension `dim`, if it was.
    pub fn capacity(&self, dim: usize) -> Option<&Capacity> {
        self.capacities.iter().find(|capacity| capacity.dim == dim)
    }
}

impl MeasuredPoint {
    /// Queries to each memory.
    pub fn queries(&self) -> u64 {
        self.outcomes.first().map_or(0, Outcome::queries)
    }

    /// Whether all answers agree, so that the interval of the observable reaches as far as so many leave open.
    pub fn agree(&self, observable: Observable) -> bool {
        let first = self.outcomes.first().map(|outcome| observable.fraction(outcome));
        let alike = |outcome: &Outcome| Some(observable.fraction(outcome)) == first;
        matches!(first, Some(0.0 | 1.0)) && self.outcomes.iter().all(alike)
    }

    /// The mean over memories of one figure of each.
    pub fn mean(&self, of: impl Fn(&Outcome) -> f64) -> f64 {
        self.outcomes.iter().map(of).sum::<f64>() / self.outcomes.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};

    use popfield::ErrorKind;

    use super::*;
    use crate::experiment::{Rule, Setting};

    /// What has been finished, and how many points were measured.
    #[derive(Default)]
    struct Notes {
        finished: BTreeMap<Point, Vec<Outcome>>,
        measured: usize,
    }

    impl Observer for Notes {
        type Error = Error;

        fn finished(&mut self, point: Point) -> Option<Vec<Outcome>> {
            self.finished.get(&point).cloned()
        }

        fn finish(&mut self, point: Point, outcomes: &[Outcome]) -> Result<()> {
            self.measured += 1;
            self.finished.insert(point, outcomes.to_vec());
            Ok(())
        }
    }

    fn hebb() -> Study {
        Study::new(Experiment::new(Rule::Hebb, Setting::Hetero)).dims([30, 20, 30]).trials(6)
    }

    fn loads() -> Range {
        Range::linear(0.1, 0.5, 0.2).unwrap()
    }

    #[test]
    fn known_points_are_not_measured_again_and_change_nothing() {
        for study in [hebb().load(loads()), hebb()] {
            let mut notes = Notes::default();
            let whole = study.run(Progress::NONE, &mut notes).unwrap();
            assert_eq!((&whole.dims, whole.points.len()), (&vec![30, 20], notes.measured));
            assert!(whole.points.is_sorted_by_key(|measured| measured.point));
            let known = notes.finished.iter().step_by(2).map(|(point, outcomes)| (*point, outcomes.clone()));
            let mut half = Notes { finished: known.collect(), measured: 0 };
            let known = half.finished.len();
            let again = study.run(Progress::NONE, &mut half).unwrap();
            assert_eq!(half.measured, notes.measured - known);
            assert_eq!(format!("{whole:?}"), format!("{again:?}"));
        }
    }

    #[test]
    fn trials_are_counted_to_the_end_and_a_no_ends_the_study() {
        for study in [hebb().load(loads()), hebb()] {
            let told = Mutex::new(Vec::new());
            let watcher = |done: u64, total: u64| {
                told.lock().unwrap().push((done, total));
                true
            };
            let found = study.run(Progress::new(&watcher), &mut ()).unwrap();
            let trials = found.points.len() as u64 * study.trials;
            assert_eq!(told.lock().unwrap().iter().max(), Some(&(trials, trials)));
            let asked = AtomicU64::new(0);
            let stop = |_: u64, _: u64| asked.fetch_add(1, Ordering::Relaxed) < trials / 2;
            let mut notes = Notes::default();
            let stopped = study.run(Progress::new(&stop), &mut notes).unwrap_err();
            assert_eq!(stopped.kind(), ErrorKind::Interrupted);
            assert!((1..found.points.len()).contains(&notes.measured), "{}", notes.measured);
        }
    }

    #[test]
    fn what_cannot_be_is_refused_before_any_work() {
        let refused = |study: Study| study.plan().unwrap_err().to_string();
        for (study, words) in [
            (hebb().observable(Observable::All).queries(3), "queries: expected none"),
            (hebb().observable(Observable::BitError), "bit-error: expected numbers of patterns"),
            (hebb().dims([0]), "dimension: expected at least 1"),
            (hebb().dims([MAX_DIM + 1]), "dimension: expected at most"),
            (hebb().load(Range::list(&[0.001]).unwrap()), "load: expected 1 to"),
            (hebb().patterns(Range::list(&[2.5]).unwrap()), "patterns: expected whole numbers, found 2.5"),
            (
                hebb().predictions(["exact", "ags"]),
                "predictions: expected what says something about the pattern of hebb",
            ),
            (hebb().trials(u64::MAX).load(loads()), "out of memory"),
            (Study::new(Experiment::new(Rule::Storkey, Setting::Hetero)), "setting: expected one that storkey has"),
        ] {
            let found = refused(study);
            assert!(found.starts_with(words) && !found.contains("--"), "{found}");
        }
        assert_eq!(hebb().load(loads()).plan().unwrap().trials(), 6 * 6);
    }
}
