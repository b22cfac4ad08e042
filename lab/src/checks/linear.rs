//! The linear rule, one step: exact laws of finite memories, their bounds, and self-recall that proves nothing.

use popfield::{Memory, Patterns, Tie};

use super::check::{Check, Expected, Relation};
use super::trials::{Trials, wrong};
use crate::effort::{Asked, Effort};
use crate::error::Result;
use crate::experiment::{Experiment, Rule, Setting};
use crate::outcome::{Observable, Outcome};
use crate::point::Point;
use crate::theory::one_step::{self, BitLaw};
use crate::theory::{capacity, success};

/// Sizes of the exact hetero-associative law, and keys asked of each memory.
const D: usize = 1000;
const HETERO: [(u64, u64); 5] = [(105, 64), (138, 64), (185, 32), (370, 16), (610, 16)];

/// Memories. Where n and d are even, all queries of a memory may tie or none: every field is the same modulo 4.
const MEMORIES: u64 = 3000;

const BINOMIAL: &str = "exact, P[S_d(n-1) < -d]";

pub fn checks() -> Vec<Check> {
    let (mut checks, mut ties) = (Vec::new(), Vec::new());
    for (patterns, queries) in HETERO {
        let point = Point { dim: D, patterns };
        let hetero = Experiment::new(Rule::Hebb, Setting::Hetero);
        let effort = Effort { asked: Asked::Some(queries), ..Effort::new(MEMORIES) };
        let law = move || one_step::hetero(D as u64, patterns, 0);
        let rate = move |of: fn(BitLaw) -> f64| law().map(|law: BitLaw| Expected::rate(of(law)));
        let measure = move |trials: &Trials, of: fn(&Outcome) -> f64| trials.mean(&hetero, point, effort, of);
        checks.push(Check::new(
            format!("hetero bit error, d = {D}, n = {patterns}"),
            BINOMIAL,
            move || rate(|law| law.wrong),
            move |trials| measure(trials, strictly_wrong),
        ));
        ties.push(Check::new(
            format!("hetero tied bits, d = {D}, n = {patterns}"),
            "exact, P[S_d(n-1) = -d]",
            move || rate(|law| law.tie),
            move |trials| measure(trials, Outcome::tied_fraction),
        ));
    }
    checks.extend(ties);
    checks.extend(square());
    checks.extend(bounds());
    checks.extend(vacuous());
    checks
}

/// Wrong bits with a field other than 0: half of the ties come out wrong, whichever bits they are.
fn strictly_wrong(outcome: &Outcome) -> f64 {
    outcome.bit_error() - 0.5 * outcome.tied_fraction()
}

/// As many patterns as dimensions: what the self-term does.
fn square() -> Vec<Check> {
    let point = Point { dim: 100, patterns: 100 };
    let at = |setting, few, source, law: fn() -> Result<BitLaw>, of: fn(&Outcome) -> f64| {
        let experiment = Experiment::new(Rule::Hebb, setting);
        Check::new(
            format!("{} bit error, d = n = 100", setting),
            source,
            move || Ok(Expected::rate(law()?.wrong)),
            move |trials: &Trials| trials.mean(&experiment, point, Effort::new(few), of),
        )
    };
    // From the pattern itself a tie that stays is right.
    vec![
        at(Setting::Hetero, 500, BINOMIAL, || one_step::hetero(100, 100, 0), strictly_wrong),
        at(
            Setting::AutoZeroed,
            500,
            "exact, P[S_(n-1)(d-1) < -(d-1)]",
            || one_step::auto_zeroed(100, 100, 0),
            Outcome::bit_error,
        ),
        at(
            Setting::AutoKept,
            1000,
            "exact, P[S_(n-1)(d-1) < -(d+n-1)]",
            || one_step::auto_kept(100, 100, 0),
            Outcome::bit_error,
        ),
    ]
}

fn bounds() -> Vec<Check> {
    const FEW: u64 = 200;
    let at = |patterns| (Experiment::new(Rule::Hebb, Setting::Hetero), Point { dim: D, patterns }, Effort::new(FEW));
    let hoeffding = Check::new(
        format!("hetero bit error or tie, d = {D}, n = 138"),
        "no more than Hoeffding 1963; falsified: without its 2",
        || {
            let bound = capacity::hoeffding_bit(D as u64, 138, 0)?;
            Ok(Expected::rate(bound).planted(bound * bound))
        },
        move |trials| {
            let (experiment, point, effort) = at(138);
            let wrong_or_tied = |outcome: &Outcome| strictly_wrong(outcome) + outcome.tied_fraction();
            trials.mean(&experiment, point, effort, wrong_or_tied)
        },
    );
    // d/(2 ln d) is 72.4.
    let whole = Check::new(
        format!("hetero whole patterns, d = {D}, n = 72 of d/(2 ln d)"),
        "no fewer than by the exact bit law and Jensen; n: McEliece et al. 1987",
        || {
            let error = one_step::hetero(D as u64, 72, 0)?.error(Tie::Plus);
            let right = |error| success::independent(error, D as u64);
            Ok(Expected::rate(right(error)?).planted(right(error / 2.0)?))
        },
        move |trials| {
            let (experiment, point, effort) = at(72);
            trials.mean(&experiment, point, effort, |outcome| Observable::Pattern.fraction(outcome))
        },
    );
    vec![hoeffding.relation(Relation::AtMost), whole.relation(Relation::AtLeast)]
}

/// With the diagonal kept a memory gives back what it is asked, stored or not.
fn vacuous() -> Vec<Check> {
    const DIM: u64 = 100;
    // A pattern that is not stored has no vote of its own.
    let unstored = |n: u64| crate::theory::walk::below(n * (DIM - 1), -(n as i64));
    let mut checks = Vec::new();
    for (times, few) in [(4u64, 600u64), (100, 60)] {
        let patterns = times * DIM;
        let point = Point { dim: DIM as usize, patterns };
        let kept = Experiment::new(Rule::Hebb, Setting::AutoKept);
        // Many times over capacity nothing is wrong any more; one who took it for recall would expect this.
        let planted = move |value: f64| -> Result<Expected> {
            let recall = one_step::hetero(DIM, patterns, 0)?.wrong;
            let rate = Expected::rate(value);
            Ok(if value > 1e-4 { rate } else { rate.planted(recall) })
        };
        checks.push(Check::new(
            format!("auto-kept self-recall, d = 100, n = {times} d: bit error"),
            "a memory gives back what it is asked: exact, P[S_(n-1)(d-1) < -(d+n-1)]",
            move || planted(one_step::auto_kept(DIM, patterns, 0)?.wrong),
            move |trials| trials.mean(&kept, point, Effort::new(few), Outcome::bit_error),
        ));
        checks.push(Check::new(
            format!("auto-kept \"recall\" of patterns never stored, n = {times} d: bit error"),
            "a memory gives back what it is asked: exact, P[S_n(d-1) < -n]",
            move || planted(unstored(patterns)),
            move |trials| {
                let figures = trials.draws(&format!("strangers to {patterns} patterns"), few, |seed| {
                    let memory =
                        Memory::auto_associative(Patterns::random(patterns as usize, DIM as usize, seed, "keys")?)?;
                    let strangers = Patterns::random(64, DIM as usize, seed, "strangers")?;
                    wrong(&memory, strangers.clone(), &strangers)
                })?;
                Ok(trials.interval(&figures).into())
            },
        ));
    }
    checks
}
