//! One step of the `max` separation: the nearest keys vote. Exact, hetero-associative.
//!
//! The own key, at overlap t = d − 2·flips, is right; it is alone if all others are farther. Others that are as near or
//! nearer vote by their values: at each place M of the nearest, each of the n − 1 is one of them with a probability
//! q = P(S_d = M | S_d ≤ M), so that their votes are n − 1 independent steps that stand still with probability 1 − q.

use std::f64::consts::PI;

use super::exponential::{Bounds, any};
use super::one_step::BitLaw;
use super::parameters::{count, signal, sizes};
use super::walk;
use crate::error::Result;

/// Random values: the nearest of all keys decide, and a key nearer than the own one decides against in half of the
/// cases. [`Tie::Stay`](popfield::Tie::Stay) is a fair coin.
///
/// Absolute error below 10⁻¹². Cost: O(√n + √d) for each of up to `flips` places that are likely enough, some √d of
/// them: 20 s at d = 10⁸ or n = 2⁵³.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) for a size of 0 or beyond [`MOST`](super::MOST), or more flips than
/// positions.
pub fn random_values(dim: u64, patterns: u64, flips: u64) -> Result<BitLaw> {
    sizes(dim, patterns, flips)?;
    let (own, others) = (signal(dim, flips), patterns - 1);
    let (mut wrong, mut tie) = (0.0, 0.0);
    for place in (own..=dim as i64).step_by(2) {
        let (here, farther) = (walk::at(dim, place), walk::below(dim, place));
        // That none is nearer than this place.
        let reached = 1.0 - any(walk::above(dim, place), others);
        let share = here / (here + farther);
        if others == 0 || share == 0.0 || reached == 0.0 {
            continue;
        }
        let votes = Votes::of(others, share);
        if place == own {
            wrong += reached * (0.5 * votes.apart - votes.against_by_one);
            tie += reached * votes.against_by_one;
        } else {
            wrong += reached * 0.5 * votes.apart;
            tie += reached * (any(share, others) - votes.apart);
        }
    }
    let (wrong, tie) = (wrong.max(0.0), tie.max(0.0));
    Ok(BitLaw { wrong, tie, tie_stay_wrong: 0.5 * tie })
}

/// Worst-case values, where every other value opposes: wrong if a key is nearer than the own one or two are as near,
/// tied if one is as near. All bits of a value fail together.
///
/// # Errors
/// As [`random_values`].
pub fn worst_values(dim: u64, patterns: u64, flips: u64) -> Result<BitLaw> {
    sizes(dim, patterns, flips)?;
    let (own, others) = (signal(dim, flips), patterns - 1);
    let (here, nearer) = (walk::at(dim, own), walk::above(dim, own));
    let reaching = (here + nearer).min(1.0);
    // That exactly one is as near, and the rest are farther.
    let tie = match others {
        0 | 1 => others as f64 * here,
        _ => others as f64 * here * ((others - 1) as f64 * (-reaching).ln_1p()).exp(),
    };
    let wrong = (any(reaching, others) - tie).max(0.0);
    Ok(BitLaw { wrong, tie, tie_stay_wrong: 0.5 * tie })
}

/// The probability that every other key is farther than the own one, so that a value is right in all bits whatever the
/// values are: (1 − P(S_d ≥ d − 2·flips))^{n−1}.
///
/// # Errors
/// As [`random_values`].
pub fn alone(dim: u64, patterns: u64, flips: u64) -> Result<f64> {
    sizes(dim, patterns, flips)?;
    Ok(1.0 - any(walk::at_least(dim, signal(dim, flips)), patterns - 1))
}

/// The probability that a query recalls all `value_dim` bits of its value, between bounds: random values, ties by half.
/// low is [`alone`]; with a key as near or nearer, bits are independent and wrong with probability ¼ or more, so that
/// high exceeds it by (3/4)^value_dim at the most.
///
/// # Errors
/// As [`random_values`]; and unless `value_dim` is 1 to [`MOST`](super::MOST).
pub fn pattern_success(dim: u64, patterns: u64, flips: u64, value_dim: u64) -> Result<Bounds> {
    count("value dimension", value_dim)?;
    let low = alone(dim, patterns, flips)?;
    Ok(Bounds { low, high: low + (1.0 - low) * 0.75f64.powf(value_dim as f64) })
}

/// The probability that a query recalls all bits of its own key where keys are their own values, between bounds.
///
/// Where every other key is farther than the own one, it alone votes, and is recalled: low is [`alone`]. Where a key is
/// nearer, the own one has no vote; high is the probability that none is. What lies between are keys as near as the own
/// one; what lies beyond is that several keys, all nearer, have the own one for their majority in every bit, which is
/// not counted.
///
/// # Errors
/// As [`random_values`].
pub fn auto_kept(dim: u64, patterns: u64, flips: u64) -> Result<Bounds> {
    let low = alone(dim, patterns, flips)?;
    Ok(Bounds { low, high: 1.0 - any(walk::above(dim, signal(dim, flips)), patterns - 1) })
}

/// The sum V of many steps that are ±1 with probability share/2 each and else 0.
struct Votes {
    /// P(V ≠ 0).
    apart: f64,
    /// P(V = −1).
    against_by_one: f64,
}

impl Votes {
    /// From the characteristic function (1 − share·(1 − cos θ))^steps, by the trapezoidal rule, which is exact for so
    /// many points that V is never as large.
    fn of(steps: u64, share: f64) -> Self {
        let deviation = (steps as f64 * share).sqrt();
        let points = (2.0 * steps as f64 + 2.0).min(64.0 + 20.0 * deviation).ceil() as u64;
        let (mut apart, mut against_by_one) = (0.0, 0.0);
        for point in 0..points {
            let angle = 2.0 * PI * point as f64 / points as f64;
            let half = (0.5 * angle).sin();
            let fall = 2.0 * share * half * half;
            // One less than the characteristic function, so that small probabilities keep their digits.
            let less = if fall <= 1.0 {
                (steps as f64 * (-fall).ln_1p()).exp_m1()
            } else {
                let sign = if steps.is_multiple_of(2) { 1.0 } else { -1.0 };
                sign * (fall - 1.0).powf(steps as f64) - 1.0
            };
            apart -= less;
            against_by_one += angle.cos() * less;
        }
        Self { apart: apart / points as f64, against_by_one: against_by_one / points as f64 }
    }
}
