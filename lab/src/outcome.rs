//! Outcomes: what one memory answered.

use crate::choice::choice;
use crate::experiment::Experiment;
use crate::point::Point;
use crate::stats::{self, Interval};

/// What is measured of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observable {
    /// The fraction of wrong bits.
    BitError,
    /// The fraction of queries recalled in every bit.
    Pattern,
    /// The fraction of memories of which every key is recalled in every bit.
    All,
    /// The mean overlap m = s/d of answers with what was stored, and its histogram.
    Overlap,
}

choice!(Observable, "observable", {
    BitError => "bit-error", "The fraction of wrong bits";
    Pattern => "pattern", "The fraction of queries recalled in every bit";
    All => "all", "The fraction of memories of which every key is recalled in every bit";
    Overlap => "overlap", "The mean overlap m of answers with what was stored, and its histogram";
});

impl Observable {
    /// What is measured, in two words.
    pub fn quantity(self) -> &'static str {
        match self {
            Self::BitError => "bit error",
            Self::Pattern => "patterns recalled",
            Self::All => "memories recalled",
            Self::Overlap => "overlap m",
        }
    }

    /// Of one memory, as a fraction in [0, 1]: the overlap m as (1 + m)/2.
    pub fn fraction(self, outcome: &Outcome) -> f64 {
        match self {
            Self::BitError => outcome.bit_error(),
            Self::Pattern => outcome.pattern_success(),
            Self::All => f64::from(u8::from(outcome.all())),
            Self::Overlap => 1.0 - outcome.bit_error(),
        }
    }

    /// Of all memories at `point`, with its interval at `confidence`. Where it is [known](Experiment::design_effect) how
    /// much queries of a memory hang together, each counts; else the memory does, an answer is either near its pattern
    /// or lost, and there may be lost ones though none was seen.
    pub fn estimate(self, experiment: &Experiment, point: Point, outcomes: &[Outcome], confidence: f64) -> Interval {
        let queries = outcomes.first().map_or(0, Outcome::queries);
        let design_effect = experiment.design_effect(point, queries).filter(|_| self != Self::All);
        let Interval { value, low, high } = match (self, design_effect) {
            (_, Some(design_effect)) => {
                let whole = self == Self::Pattern;
                let of = |outcome: &Outcome| outcome.by_query(whole);
                stats::of_queries(&outcomes.iter().map(of).collect::<Vec<_>>(), design_effect, confidence)
            }
            (Self::BitError | Self::Overlap, None) => {
                let parts = |lost: bool| outcomes.iter().map(|o| o.bit_error_of(lost)).collect::<Vec<f64>>();
                // What is lost has no overlap with its pattern, or some yet; from far off it may go to the other side.
                let worst = if experiment.noise < 0.5 { 0.5 } else { 1.0 };
                stats::of_two_kinds(&parts(false), &parts(true), worst, confidence)
            }
            _ => stats::of_memories(&outcomes.iter().map(|o| self.fraction(o)).collect::<Vec<_>>(), confidence),
        };
        match self {
            Self::Overlap => Interval { value: 1.0 - 2.0 * value, low: 1.0 - 2.0 * high, high: 1.0 - 2.0 * low },
            _ => Interval { value, low, high },
        }
    }
}

/// What the queries to one memory recalled. Its bits are not independent: the memory is the unit of chance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Which trial it was, from 0.
    pub trial: u64,
    /// Bits of an answer.
    pub bits: u64,
    /// Bits, over all queries, whose field was exactly 0 in the last step.
    pub tied: u64,
    /// Runs that came to no limit within the steps allowed.
    pub unsettled: u64,
    /// Queries by the number of bits that they got wrong, ascending.
    pub by_wrong: Vec<(u64, u64)>,
}

impl Outcome {
    /// Of the number of wrong bits of each query.
    pub fn new(trial: u64, bits: u64, tied: u64, unsettled: u64, mut wrong: Vec<u64>) -> Self {
        wrong.sort_unstable();
        let by_wrong = wrong.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len() as u64)).collect();
        Self { trial, bits, tied, unsettled, by_wrong }
    }

    /// Queries that were asked.
    pub fn queries(&self) -> u64 {
        self.by_wrong.iter().map(|entry| entry.1).sum()
    }

    /// Wrong bits of all queries.
    pub fn wrong(&self) -> u64 {
        self.by_wrong.iter().map(|entry| entry.0 * entry.1).sum()
    }

    /// Queries recalled in every bit.
    pub fn whole(&self) -> u64 {
        self.by_wrong.iter().filter(|entry| entry.0 == 0).map(|entry| entry.1).sum()
    }

    /// Queries by their share of wrong bits, or by whether they were recalled in every bit.
    fn by_query(&self, whole: bool) -> Vec<(f64, u64)> {
        let of = |wrong: u64| if whole { f64::from(u8::from(wrong == 0)) } else { wrong as f64 / self.bits as f64 };
        self.by_wrong.iter().map(|&(wrong, queries)| (of(wrong), queries)).collect()
    }

    /// Wrong bits of queries that are lost, more than a quarter of their bits wrong, or of the others, of all bits.
    fn bit_error_of(&self, lost: bool) -> f64 {
        let of = self.by_wrong.iter().filter(|entry| (4 * entry.0 > self.bits) == lost);
        of.map(|entry| entry.0 * entry.1).sum::<u64>() as f64 / (self.queries() * self.bits) as f64
    }

    /// Wrong bits of all bits.
    pub fn bit_error(&self) -> f64 {
        self.wrong() as f64 / (self.queries() * self.bits) as f64
    }

    /// Tied bits of all bits.
    pub fn tied_fraction(&self) -> f64 {
        self.tied as f64 / (self.queries() * self.bits) as f64
    }

    /// Queries recalled in every bit of all queries.
    pub fn pattern_success(&self) -> f64 {
        self.whole() as f64 / self.queries() as f64
    }

    /// Whether all queries were recalled in every bit.
    pub fn all(&self) -> bool {
        self.whole() == self.queries()
    }
}

/// Queries of all `outcomes` by the number of bits that they got wrong, ascending.
pub fn histogram(outcomes: &[Outcome]) -> Vec<(u64, u64)> {
    let mut all = std::collections::BTreeMap::new();
    for &(wrong, queries) in outcomes.iter().flat_map(|outcome| &outcome.by_wrong) {
        *all.entry(wrong).or_insert(0) += queries;
    }
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BetaScaling, Effort, Rule, Setting};

    #[test]
    fn figures_follow_from_wrong_bits() {
        let outcome = Outcome::new(3, 10, 2, 0, vec![0, 4, 0, 1]);
        assert_eq!(outcome.by_wrong, [(0, 2), (1, 1), (4, 1)]);
        assert_eq!((outcome.queries(), outcome.wrong(), outcome.whole(), outcome.all()), (4, 5, 2, false));
        assert_eq!((outcome.bit_error(), outcome.tied_fraction(), outcome.pattern_success()), (0.125, 0.05, 0.5));
        assert_eq!(histogram(&[outcome.clone(), Outcome::new(4, 10, 0, 0, vec![1])]), [(0, 2), (1, 2), (4, 1)]);
    }

    /// Ten memories at a time of many: their intervals hold the mean of all as often as they say, in experiments from where
    /// hardly a query errs to where most do, with few bits and with what even powers and small β give to all queries.
    #[test]
    fn intervals_of_ten_memories_hold_what_one_step_comes_to() {
        let exponential = |beta| Rule::Exponential(BetaScaling::Fixed(beta));
        let (groups, memories) = (150, 10);
        for (rule, setting, noise, dim, patterns) in [
            (Rule::Hebb, Setting::Hetero, 0.0, 60, 8),
            (Rule::Hebb, Setting::Hetero, 0.0, 60, 64),
            (Rule::Hebb, Setting::AutoZeroed, 0.1, 30, 6),
            (Rule::Hebb, Setting::AutoKept, 0.0, 5, 12),
            (Rule::Polynomial(2), Setting::Hetero, 0.0, 24, 40),
            (Rule::Polynomial(3), Setting::EnergyDifference, 0.05, 20, 60),
            (exponential(0.05), Setting::Hetero, 0.0, 60, 64),
            (exponential(1.0), Setting::Hetero, 0.1, 14, 150),
            (Rule::Max, Setting::AutoKept, 0.2, 16, 64),
        ] {
            let experiment = Experiment::new(rule, setting).noise(noise).checked().unwrap();
            let point = Point { dim, patterns };
            let effort = Effort::new(groups * memories);
            let outcomes = effort.measure(&experiment, point, 4, popfield::Progress::NONE).unwrap();
            for observable in [Observable::BitError, Observable::Pattern, Observable::Overlap] {
                let of = |outcomes: &[Outcome]| observable.estimate(&experiment, point, outcomes, 0.95);
                let truth = of(&outcomes).value;
                let held = outcomes.chunks(memories as usize).filter(|few| {
                    let found = of(few);
                    found.low <= truth && truth <= found.high
                });
                let held = held.count() as f64 / groups as f64;
                // Four deviations below 95 %.
                assert!(held > 0.878, "{rule}, {setting}, {observable} {truth}: {held}");
            }
            // A small β gives much to all queries alike, so that they are not what independent ones would be.
            if rule == exponential(0.05) {
                let rows: Vec<_> = outcomes.iter().map(|outcome| outcome.by_query(true)).collect();
                let truth = stats::of_queries(&rows, 1.0, 0.95).value;
                let held = rows.chunks(memories as usize).filter(|few| {
                    let found = stats::of_queries(few, 1.0, 0.95);
                    found.low <= truth && truth <= found.high
                });
                let held = held.count() as f64 / groups as f64;
                assert!(held < 0.75, "no test: {held}");
            }
        }
    }

    #[test]
    fn few_memories_make_an_interval_where_queries_are_known() {
        let point = Point { dim: 100, patterns: 100 };
        let estimate = |experiment: Experiment, observable: Observable| {
            let outcomes = Effort::new(10).measure(&experiment, point, 1, popfield::Progress::NONE).unwrap();
            observable.estimate(&experiment, point, &outcomes, 0.95)
        };
        let error = estimate(Experiment::new(Rule::Hebb, Setting::Hetero), Observable::BitError);
        assert!(error.low > 0.14 && error.high < 0.18, "{error:?}");
        let whole = estimate(Experiment::new(Rule::Max, Setting::Hetero), Observable::Pattern);
        assert!(whole.value == 1.0 && whole.low > 0.985, "{whole:?}");
        // Of whole memories there are ten, whatever is known of their queries; and of runs nothing is.
        let all = estimate(Experiment::new(Rule::Max, Setting::Hetero), Observable::All);
        assert!((0.6..0.75).contains(&all.low), "{all:?}");
        let runs = Experiment::new(Rule::Hebb, Setting::AutoZeroed).steps(crate::Steps::Async);
        assert_eq!(runs.design_effect(point, 4), None);
        assert_eq!(Experiment::new(Rule::PseudoInverse, Setting::Hetero).design_effect(point, 4), None);
    }
}
