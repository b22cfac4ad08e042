//! The capacity of one step, and the overlaps that it hangs on.

use popfield::theory::{capacity, one_step, overlaps, success};
use popfield::{Patterns, Tie, stream};
use rand_xoshiro::rand_core::Rng;
use rayon::prelude::*;

use super::chart::Chart;
use super::claim::{Claim, Predicted, Row, Section, Shown};
use super::teacher::{Teacher, crossing, meeting};
use crate::commands::capacity::CONFIDENCE;
use crate::failure::Result;
use crate::lab::outcome::Observable;
use crate::lab::point::Point;
use crate::lab::stats::{self, Interval};

pub const SECTION: Section = Section {
    id: "one-step-capacity",
    title: "One-step capacity",
    lead: "How many patterns does the linear rule hold? The answer depends on what must be right: most bits, one pattern in \
           every bit, or all patterns at once. Each asks for the tail of the same bell curve at another height.",
    claims: &[
        Claim {
            id: "bits-patterns-all",
            title: "Bits, patterns, all patterns",
            lead: "With an error of e in a bit, a pattern of d bits is whole with probability (1 − e)^{d}, and a memory of n \
                   patterns answers for all of them with probability (1 − e)^{nd}, nearly. Since e falls as exp(−d/2n), \
                   asking for d or for nd right bits costs a logarithm.",
            statement: "With values apart from keys, or the diagonal zeroed: n ~ d/(2 ln d) for one pattern in every bit, \
                        n ~ d/(4 ln d) for all patterns; a constant times d if some bits may be wrong.",
            correction: Some(
                "“n ~ d / log d” leaves the constant out, and with it what is asked: ½ for one pattern, ¼ for all, natural \
                 logarithm, prompts without noise; times (1 − 2p)^{2} with noise p. Those are limits, approached as \
                 slowly as ln ln d / ln d. At d = 256 half of the patterns are still whole at 37, not 23.",
            ),
            source: "McEliece, Posner, Rodemich, Venkatesh 1987; exact law of a bit, as if bits were independent.",
            show: counts,
        },
        Claim {
            id: "hoeffding",
            title: "The constant in Hoeffding's bound",
            lead: "All of it rests on random patterns being nearly orthogonal: the overlap of two of them is a sum of d coins. \
                   How unlikely is it to reach εd?",
            statement: "P[overlap ≥ εd] ≤ e^{−ε²d/2}, so that all pairs of n patterns stay below εd with probability at least \
                        1 − C(n,2) e^{−ε²d/2}.",
            correction: Some(
                "Some lecture notes print e^{−ε²d}. That is no bound, as the dots above it show. Each sign ranges over \
                 2, from −1 to +1, so Hoeffding's exponent 2t^{2}/Σ(b−a)^{2} is 2(εd)^{2}/(4d) = ε^{2}d/2.",
            ),
            source: "Hoeffding 1963, theorem 2, for variables in [−1, 1]; exact binomial tails.",
            show: hoeffding,
        },
        Claim {
            id: "largest-overlap",
            title: "The largest overlap",
            lead: "The loudest stranger is what a recall must beat, so its size decides. It grows with the logarithm of the \
                   crowd, hence very slowly.",
            statement: "The largest of n overlaps with one prompt is about √(2 d ln n); the largest of all pairs of n patterns \
                        about 2 √(d ln n).",
            correction: Some(
                "From e^{−ε²d} one reads √(2 d ln n) for all pairs, a factor √2 too small. For pairs it is 2 √(d ln n): there \
                 are n^{2}/2 of them, and ln n^{2} = 2 ln n.",
            ),
            source: "Hoeffding and the union bound; for one prompt the mean of the largest of n, exactly.",
            show: largest,
        },
    ],
};

fn counts(teacher: &Teacher) -> Result<Shown> {
    const DIM: usize = 256;
    const ERROR: f64 = 0.01;
    let one = teacher.capacity(&format!("--rule hebb --dim {DIM}"), 200)?;
    let all = teacher.capacity(&format!("--rule hebb --dim {DIM} --observable all"), 200)?;
    let bits = teacher.capacity(&format!("--rule hebb --dim {DIM} --patterns 8:72:8 --observable bit-error"), 100)?;
    let law = |n: u64| -> Result<f64> { Ok(one_step::hetero(DIM as u64, n, 0)?.error(Tie::Plus)) };
    // Between whole numbers, as what is measured.
    let where_half = |events: &dyn Fn(u64) -> u64| -> Result<Option<f64>> {
        let at = |n: u64| Ok((n as f64, success::independent(law(n)?, events(n))?));
        let points = (2..DIM as u64).map(at).collect::<Result<Vec<_>>>()?;
        Ok(meeting(&points, 0.5))
    };
    let n = |point: Point| point.patterns as f64;
    let errors = (2..DIM as u64).map(|n| Ok((n as f64, law(n)?))).collect::<Result<Vec<_>>>()?;
    let mut shown = Shown::new(vec![one.command.clone(), all.command.clone(), bits.command.clone()]);
    if let Some(found) = crossing(&bits.dots(DIM, n), ERROR) {
        let predicted = meeting(&errors, ERROR).map_or(Predicted::Nothing, Predicted::Value);
        shown = shown.row(Row::estimate("n at which 1 % of bits are wrong", predicted, found));
    }
    let (dim, value_dim) = (DIM as u64, DIM as u64);
    shown = shown
        .row(Row::estimate(
            "n at which half of patterns are whole, as if bits were independent",
            where_half(&|_| value_dim)?.map_or(Predicted::Nothing, Predicted::AtLeast),
            one.half(DIM)?,
        ))
        .row(Row::estimate(
            "n at which half of memories are whole, likewise",
            where_half(&|n| n * value_dim)?.map_or(Predicted::Nothing, Predicted::About),
            all.half(DIM)?,
        ));
    let promised = capacity::hoeffding_one(dim, 0, value_dim, 0.5)? as f64;
    shown = shown.row(Row::estimate(
        "half of patterns, by Hoeffding and the union bound",
        Predicted::AtLeast(promised),
        one.half(DIM)?,
    ));
    let curve = |events: &dyn Fn(u64) -> u64| -> Result<Vec<(f64, f64)>> {
        (2..=72).map(|n| Ok((n as f64, success::independent(law(n)?, events(n))?))).collect()
    };
    let chart = Chart::new("patterns n", "share that is right")
        .line(2, "bits", curve(&|_| 1)?)
        .line(0, "patterns", curve(&|_| value_dim)?)
        .line(1, "memories, in all their patterns", curve(&|n| n * value_dim)?)
        .dots(2, "", bits.observed(Observable::Overlap, DIM, n).into_iter().map(halved).collect())
        .dots(0, "", inside(one.dots(DIM, n)))
        .dots(1, "", inside(all.dots(DIM, n)))
        .place(0, "d/(2 ln d)", capacity::mceliece_one(dim, 0.0)?)
        .place(1, "d/(4 ln d)", capacity::mceliece_all(dim, 0.0)?)
        .upwards(0.0, 1.03);
    shown.plate(
        chart.plate(format!(
            "d = {DIM}. Dots are measured, lines are the exact law of a bit, as if bits were independent."
        )),
    )
}

/// Of what searches tried, those that the chart has room for.
fn inside(dots: Vec<(f64, Interval)>) -> Vec<(f64, Interval)> {
    dots.into_iter().filter(|dot| dot.0 <= 72.0).collect()
}

/// The share of right bits of an overlap m.
fn halved((x, m): (f64, Interval)) -> (f64, Interval) {
    let share = |m: f64| (1.0 + m) / 2.0;
    (x, Interval { value: share(m.value), low: share(m.low), high: share(m.high) })
}

/// What `of` makes of the overlaps of all pairs of `patterns` random patterns, of so many memories. The pairs of the last
/// pattern come last.
fn pairs<T: Send>(
    teacher: &Teacher,
    dim: usize,
    patterns: usize,
    memories: u64,
    of: impl Fn(&[i64]) -> T + Sync,
) -> Result<Vec<T>> {
    let memory = |memory: u64| {
        let seed = stream(teacher.seed, "pairs", memory).next_u64();
        let drawn: Vec<_> = Patterns::random(patterns, dim, seed, "pairs")?.iter().collect();
        let overlap = |a: usize, b: usize| Ok(dim as i64 - 2 * i64::from(drawn[a].distance(&drawn[b])?));
        let pairs = (0..patterns).flat_map(|a| (0..a).map(move |b| (a, b)));
        Ok(of(&pairs.map(|(a, b)| overlap(a, b)).collect::<Result<Vec<_>>>()?))
    };
    (0..memories).into_par_iter().map(memory).collect()
}

fn hoeffding(teacher: &Teacher) -> Result<Shown> {
    const DIM: usize = 100;
    const PATTERNS: usize = 50;
    let drawn = pairs(teacher, DIM, PATTERNS, teacher.choose(4000, 100), <[i64]>::to_vec)?;
    let (dim, patterns) = (DIM as u64, PATTERNS as u64);
    let share = |fraction: f64| {
        let place = (fraction * DIM as f64).round() as i64;
        let of = |overlaps: &Vec<i64>| overlaps.iter().filter(|&&s| s >= place).count() as f64 / overlaps.len() as f64;
        stats::of_memories(&drawn.iter().map(of).collect::<Vec<_>>(), CONFIDENCE)
    };
    let fractions: Vec<f64> = (0..=10).map(|step| f64::from(2 * step) * 0.02).collect();
    let line = |law: fn(u64, f64) -> popfield::Result<f64>| {
        (0..=80).map(|step| f64::from(step) * 0.005).map(|x| Ok((x, law(dim, x)?))).collect::<Result<Vec<_>>>()
    };
    let mut shown = Shown::new(Vec::new());
    for fraction in [0.2, 0.3, 0.4] {
        let found = share(fraction);
        shown = shown.row(Row::estimate(
            format!("a pair overlaps by {fraction} d: exactly"),
            Predicted::Value(overlaps::pair(dim, fraction)?),
            found,
        ));
    }
    let any = drawn.iter().filter(|overlaps| overlaps.iter().any(|&s| s >= 40)).count() as u64;
    let any = stats::proportion(any, drawn.len() as u64, CONFIDENCE);
    let bound = |pair: fn(u64, f64) -> popfield::Result<f64>| -> Result<f64> {
        Ok(overlaps::any_pair_bound(patterns, pair(dim, 0.4)?)?)
    };
    let bounds = overlaps::any_pair(dim, patterns, 0.4)?;
    let some = format!("some pair of {PATTERNS} overlaps by 0.4 d");
    shown = shown.rows([
        Row::estimate(some.clone(), Predicted::Between(bounds.low, bounds.high), any),
        Row::estimate(format!("{some}: e^{{−ε²d/2}}"), Predicted::AtMost(bound(overlaps::hoeffding_pair)?), any),
        Row::estimate(format!("{some}: as printed"), Predicted::AtMost(bound(overlaps::printed_pair)?), any),
    ]);
    // The same by a command: under `max` a worst-case value is lost when a key is as near as the right one.
    let run = teacher.capacity(
        "--rule max --values worst --noise 0.3 --dim 100 --patterns 50,500,5000 --observable bit-error",
        2000,
    )?;
    for measured in run.of(DIM) {
        let predicted = run.predicted("exact", measured).map_or(Predicted::Nothing, Predicted::Value);
        let what =
            format!("one of {} keys is nearer than the right one at 0.4 d (a tie: half)", measured.point.patterns);
        shown = shown.row(Row::estimate(what, predicted, measured.estimate));
    }
    shown.commands.push(run.command);
    let dots = fractions.iter().map(|&x| (x, share(x))).filter(|dot| dot.1.value > 0.0).collect();
    let chart = Chart::new("ε", "P[overlap ≥ εd]")
        .log_y()
        .upwards(1e-6, 1.5)
        .line(0, "exact", line(overlaps::pair)?)
        .dashes(2, "Hoeffding, e^{−ε²d/2}", line(overlaps::hoeffding_pair)?)
        .dashes(1, "as printed, e^{−ε²d}", line(overlaps::printed_pair)?)
        .dots(0, "measured", dots);
    shown.plate(chart.plate(format!(
        "d = {DIM}, all pairs of {} memories of {PATTERNS} patterns. A bound must lie above the dots; the red one does not.",
        drawn.len()
    )))
}

fn largest(teacher: &Teacher) -> Result<Shown> {
    const DIM: usize = 1000;
    let dim = DIM as u64;
    let mut shown = Shown::new(Vec::new());
    let (mut key_dots, mut pair_dots, mut key_law, mut pair_law) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (patterns, memories) in [(10, 400), (30, 400), (100, 400), (300, 200), (1000, 40)] {
        let (keys, n) = (patterns - 1, patterns as u64);
        let memories = teacher.choose(memories, memories / 10);
        // Of the last pattern with those before it, and of all pairs.
        let max = |overlaps: &[i64]| overlaps.iter().copied().max().unwrap_or(0) as f64;
        let both = |pairs: &[i64]| (max(&pairs[pairs.len() - keys..]), max(pairs));
        let (of_keys, of_pairs): (Vec<f64>, Vec<f64>) =
            pairs(teacher, DIM, patterns, memories, both)?.into_iter().unzip();
        let (key, pair) = (stats::mean(&of_keys, CONFIDENCE), stats::mean(&of_pairs, CONFIDENCE));
        let law = [mean_largest(dim, keys as u64)?, mean_largest(dim, n * (n - 1) / 2)?];
        let scaled = |value: f64, n: usize| value / libm::sqrt(DIM as f64 * libm::log(n as f64));
        let interval = |Interval { value, low, high }: Interval, n| {
            (n as f64, Interval { value: scaled(value, n), low: scaled(low, n), high: scaled(high, n) })
        };
        key_dots.push(interval(key, keys));
        pair_dots.push(interval(pair, patterns));
        key_law.push((keys as f64, scaled(law[0], keys)));
        pair_law.push((patterns as f64, scaled(law[1], patterns)));
        if patterns < 100 {
            continue;
        }
        let bound = overlaps::maximum_pair(dim, n, 0.05)?;
        let beyond = of_pairs.iter().filter(|&&largest| largest >= bound).count() as u64;
        shown = shown.rows([
            Row::estimate(format!("largest of {keys} overlaps with one prompt, mean"), Predicted::Value(law[0]), key),
            Row::estimate(
                format!("largest of all pairs of {n}, mean, as if pairs were independent"),
                Predicted::About(law[1]),
                pair,
            ),
            Row::estimate(
                format!("memories of {n} with a pair at √(2d ln(C(n,2)/0.05)) = {bound:.0}"),
                Predicted::AtMost(0.05),
                stats::proportion(beyond, memories, CONFIDENCE),
            ),
        ]);
    }
    let run = teacher.capacity("--rule max --values worst --noise 0.35 --dim 100,200,400", 400)?;
    for dim in [100, 200, 400] {
        let half = run.half(dim)?;
        let law = run.law("exact", dim, |point| point.patterns as f64);
        shown = shown.row(Row::estimate(
            format!("n at which half of prompts have a stranger at overlap 0.3 d, d = {dim}"),
            meeting(&law, 0.5).map_or(Predicted::Nothing, Predicted::Value),
            half,
        ));
    }
    shown.commands.push(run.command);
    let flat = |level: f64| vec![(9.0, level), (1000.0, level)];
    let chart = Chart::new("patterns n", "largest overlap / √(d ln n)")
        .log_x()
        .upwards(0.9, 2.1)
        .line(0, "one prompt, exact mean", key_law)
        .dashes(0, "√2, its limit", flat(core::f64::consts::SQRT_2))
        .line(1, "all pairs, as if independent", pair_law)
        .dashes(1, "2, its limit", flat(2.0))
        .dots(0, "", key_dots)
        .dots(1, "", pair_dots);
    shown.plate(chart.plate(format!(
        "d = {DIM}; dots are measured. All pairs go to 2, past the √2 that the printed bound would have; slowly, as \
         logarithms do."
    )))
}

/// The mean of the largest of `keys` overlaps with one prompt: the sum of P[largest ≥ s] over s = 2, 4, … twice, since
/// that the largest is not above 0 has a probability of 2^−keys.
fn mean_largest(dim: u64, keys: u64) -> Result<f64> {
    let places = (1..=dim / 2).map(|half| 2 * half);
    places.map(|s| Ok(2.0 * overlaps::any_key(dim, keys, s as f64 / dim as f64)?)).sum()
}
