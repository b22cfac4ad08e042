//! A trial without its memory: what one query depends on is drawn instead.
//!
//! The answer to one query depends on the other n − 1 keys only by how many stand at each distance and how their values
//! vote. Distances of independent fair keys from any query are independent, each binomial (d, ½), so the counts N_h are
//! multinomial; given these, a bit's votes are V_h = 2·binomial(N_h, ½) − N_h for random values, each bit on its own,
//! and −N_h where all others oppose. So this is exact in distribution, at a cost that does not grow with n.
//!
//! Votes are drawn from the largest weight down, and only until what is left cannot turn the sign.

use std::cmp::Ordering;

use popfield::patterns::{flips, stream};
use popfield::{Separation, Tie};
use rand_distr::{Binomial, Distribution};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng;

use crate::error::{Error, Result};
use crate::experiment::{Experiment, Setting, Values};
use crate::outcome::Outcome;
use crate::point::Point;

/// The largest dimension: beyond it binomial probabilities underflow.
pub const MOST_DIM: usize = 1000;

/// The most patterns: counts up to here are exact in `f64`.
pub const MOST_PATTERNS: u64 = 1 << 52;

/// Whether this way serves.
pub fn serves(experiment: &Experiment, point: Point) -> bool {
    let separation = experiment.rule.separation(point.dim);
    experiment.setting == Setting::Hetero
        && separation.is_ok_and(|separation| separation.is_some_and(is_drawn))
        && point.dim <= MOST_DIM
        && point.patterns <= MOST_PATTERNS
}

/// Whether the weights of `separation` are known here.
fn is_drawn(separation: Separation) -> bool {
    use Separation::{Exponential, Linear, Max, Polynomial};
    matches!(separation, Exponential(_) | Linear | Max | Polynomial(_))
}

/// How many votes a bit takes, roughly.
pub fn reach(experiment: &Experiment, dim: usize) -> u64 {
    let spread = 12.0 * (dim as f64).sqrt();
    match experiment.rule.separation(dim) {
        Ok(Some(Separation::Exponential(beta))) => (8.0 + 4.0 / beta.get()).min(spread) as u64,
        Ok(Some(Separation::Max)) => 1,
        _ => spread as u64,
    }
}

/// Draws what trial `trial` at `point` asks of a memory, with one query.
pub fn trial(experiment: &Experiment, point: Point, seed: u64, trial: u64) -> Result<Outcome> {
    let Some(separation) = experiment.rule.separation(point.dim)?.filter(|&separation| is_drawn(separation)) else {
        let (expected, found) = ("one that is a separation".to_owned(), experiment.rule.to_string());
        return Err(Error::Parameter { what: "rule", expected, found });
    };
    let dim = point.dim as u32;
    let mut rng = stream(seed, &point.purpose("sample"), trial);
    let counts = counts(dim, point.patterns - 1, &mut rng)?;
    let bits = experiment.answer_bits(point.dim) as u64;
    let query = Sampled::new(separation, dim, flips(experiment.noise, point.dim) as u32, &counts)?;
    let (mut wrong, mut tied) = (0, 0);
    for _ in 0..bits {
        // The tested value's own bit, which matters to ties alone.
        let plus = rng.next_u64() >> 63 == 1;
        let right = match query.sign(experiment.values, &mut rng)? {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal => {
                tied += 1;
                plus == (experiment.tie != Tie::Minus)
            }
        };
        wrong += u64::from(!right);
    }
    Ok(Outcome::new(trial, bits, tied, 0, vec![wrong]))
}

fn binomial(trials: u64, p: f64) -> Result<Binomial> {
    Binomial::new(trials, p).map_err(|error| Error::Parameter {
        what: "probability of a count",
        expected: "0 to 1".to_owned(),
        found: format!("{p}: {error}"),
    })
}

/// How many of `keys` keys stand at each distance from 0 to `dim`: those at the first, at the second of what is left, …
fn counts(dim: u32, keys: u64, rng: &mut Xoshiro256PlusPlus) -> Result<Vec<u64>> {
    // C(d, h)/2^d, and from each distance on; summed from the far end, where the small ones are.
    let mut at = vec![libm::ldexp(1.0, -(dim as i32))];
    for h in 1..=dim {
        at.push(at[h as usize - 1] * f64::from(dim - h + 1) / f64::from(h));
    }
    let mut beyond = at.clone();
    for h in (0..dim as usize).rev() {
        beyond[h] += beyond[h + 1];
    }
    let mut left = keys;
    let mut counts = Vec::with_capacity(at.len());
    for (at, beyond) in at.iter().zip(&beyond) {
        let count = if left == 0 { 0 } else { binomial(left, (at / beyond).min(1.0))?.sample(rng) };
        left -= count;
        counts.push(count);
    }
    Ok(counts)
}

/// Keys at one distance.
struct Shell {
    distance: u32,
    keys: u64,
    /// In `f64`, relative to any other shell's.
    weight: f64,
    /// Of how many of them say plus.
    plus: Binomial,
    /// |weight| of all keys in the shells after this one.
    rest: f64,
}

/// A query and the keys around it.
struct Sampled {
    separation: Separation,
    dim: u32,
    /// Of the tested key.
    distance: u32,
    weight: f64,
    /// By falling |weight|.
    shells: Vec<Shell>,
}

/// What `f64` may be off by, relative to all that was added up: at the most 1000 weights, each off by less than 10⁻¹³ of
/// itself.
const DOUBT: f64 = 1e-9;

impl Sampled {
    fn new(separation: Separation, dim: u32, distance: u32, counts: &[u64]) -> Result<Self> {
        let occupied = (0..).zip(counts).filter(|shell| *shell.1 > 0);
        let nearest = occupied.clone().map(|shell| shell.0).next().unwrap_or(distance).min(distance);
        let weight = |h: u32| match separation {
            Separation::Exponential(beta) => libm::exp(-2.0 * beta.get() * f64::from(h - nearest)),
            Separation::Max => f64::from(u8::from(h == nearest)),
            Separation::Linear => f64::from(dim) - 2.0 * f64::from(h),
            Separation::Polynomial(degree) => {
                let s = 1.0 - 2.0 * f64::from(h) / f64::from(dim);
                (0..degree.get()).fold(1.0, |power, _| power * s)
            }
            // None is drawn.
            _ => 0.0,
        };
        let shell = |(distance, &keys)| -> Result<Shell> {
            Ok(Shell { distance, keys, weight: weight(distance), plus: binomial(keys, 0.5)?, rest: 0.0 })
        };
        let mut shells = occupied.map(shell).collect::<Result<Vec<_>>>()?;
        if separation == Separation::Max {
            shells.retain(|shell| shell.distance == nearest);
        }
        shells.sort_by(|a, b| f64::total_cmp(&b.weight.abs(), &a.weight.abs()));
        for index in (1..shells.len()).rev() {
            shells[index - 1].rest = shells[index].rest + shells[index].keys as f64 * shells[index].weight.abs();
        }
        Ok(Self { separation, dim, distance, weight: weight(distance), shells })
    }

    /// The sign of the field of one bit, relative to the tested value's: greater is right.
    fn sign(&self, values: Values, rng: &mut Xoshiro256PlusPlus) -> Result<Ordering> {
        let (mut field, mut size) = (self.weight, self.weight.abs());
        let mut votes = vec![(self.distance, 1, 1)];
        for shell in &self.shells {
            let keys = shell.keys as i64;
            let vote = match values {
                Values::Random => 2 * shell.plus.sample(rng) as i64 - keys,
                Values::Worst => -keys,
            };
            votes.push((shell.distance, shell.keys, vote));
            field += shell.weight * vote as f64;
            size += shell.weight.abs() * vote.unsigned_abs() as f64;
            if field.abs() > shell.rest * (1.0 + DOUBT) + size * DOUBT {
                return Ok(field.total_cmp(&0.0));
            }
        }
        // Complete, so the exact sign decides.
        Ok(self.separation.sign(self.dim, &votes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{BetaScaling, Rule};
    use crate::{stats, stored};

    #[test]
    fn counts_are_multinomial() {
        let (dim, keys, draws) = (6, 1000u64, 4000);
        let mut rng = stream(5, "counts", 0);
        let mut sums = vec![(0.0, 0.0); dim + 1];
        for _ in 0..draws {
            let counts = counts(dim as u32, keys, &mut rng).unwrap();
            assert_eq!(counts.iter().sum::<u64>(), keys);
            for (sum, &count) in sums.iter_mut().zip(&counts) {
                *sum = (sum.0 + count as f64, sum.1 + (count as f64).powi(2));
            }
        }
        for ((first, second), ways) in sums.into_iter().zip([1.0, 6.0, 15.0, 20.0, 15.0, 6.0, 1.0]) {
            let (p, n, draws) = (ways / 64.0, keys as f64, f64::from(draws));
            let (mean, variance) = (first / draws, second / draws - (first / draws).powi(2));
            let expected = n * p * (1.0 - p);
            assert!((mean - n * p).abs() < 5.0 * (expected / draws).sqrt(), "mean {mean} of p {p}");
            assert!((variance / expected - 1.0).abs() < 5.0 * (2.0 / draws).sqrt(), "variance {variance} of p {p}");
        }
    }

    /// The sampled way and the stored way are draws from one distribution: their intervals at 1 − 10⁻⁵ meet.
    #[test]
    fn samples_agree_with_memories_that_are_stored() {
        let exponential = |beta| Rule::Exponential(BetaScaling::Fixed(beta));
        for (rule, values, noise, dim, patterns) in [
            (exponential(1.0), Values::Random, 0.1, 12, 400),
            (exponential(0.3), Values::Random, 0.0, 12, 300),
            (exponential(1.0), Values::Worst, 0.1, 14, 150),
            (exponential(0.02), Values::Random, 0.0, 20, 5),
            (Rule::Hebb, Values::Random, 0.1, 40, 12),
            (Rule::Hebb, Values::Worst, 0.0, 30, 7),
            (Rule::Polynomial(2), Values::Random, 0.05, 20, 60),
            (Rule::Polynomial(3), Values::Random, 0.1, 20, 200),
            (Rule::Max, Values::Random, 0.2, 12, 90),
            (Rule::Max, Values::Worst, 0.15, 14, 60),
        ] {
            let experiment = Experiment::new(rule, Setting::Hetero).values(values).noise(noise);
            let point = Point { dim, patterns };
            assert!(serves(&experiment, point));
            let trials = 3000;
            let sampled: Vec<_> = (0..trials).map(|t| trial(&experiment, point, 1, t).unwrap()).collect();
            let stored: Vec<_> = (0..trials).map(|t| stored::trial(&experiment, point, 1, 2, t).unwrap()).collect();
            let figures: [fn(&Outcome) -> f64; 3] =
                [Outcome::bit_error, Outcome::tied_fraction, Outcome::pattern_success];
            for (place, figure) in figures.into_iter().enumerate() {
                let estimate = |outcomes: &[Outcome]| {
                    stats::of_memories(&outcomes.iter().map(figure).collect::<Vec<_>>(), 1.0 - 1e-5)
                };
                let (a, b) = (estimate(&sampled), estimate(&stored));
                let what = format!("{rule}, {values:?}, figure {place}: {a:?}, {b:?}");
                assert!(a.low <= b.high && b.low <= a.high, "{what}");
                assert!(place == 1 || a.value > 0.0 && a.value < 1.0, "no test: {what}");
            }
        }
    }
}
