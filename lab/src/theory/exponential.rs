//! The exponential separation e^{βs}: thresholds of the rate (ln n)/d, and bounds for finite d.
//!
//! With own overlap t = d − 2·flips, a bit is wrong if crosstalk Σ ±e^{βs_i} outweighs e^{βt}. The n overlaps s_i are a
//! random energy model: nearly d·u of them exist only while I(u) ≤ r, the rate. Random values add with random signs, so
//! that crosstalk is the root of Σ e^{2βs_i}, and 2β is what weighs keys; worst-case values add in phase, and it is β.
//! With w for either, the sum is e^{d(r + ln cosh w)} while it is carried by many keys, at u = tanh w, and that of the
//! nearest keys alone beyond. It reaches a = 1 − 2·noise at the rate
//!
//! I(a) while a < tanh w (a single key is as near as the own one), else w·a − ln cosh w (the many outweigh it).
//!
//! The energy-difference update of a bit by Σ e^{βs_i} is the hetero law with random values in d − 1 dimensions,
//! exactly: the difference is 2 sinh β times the field that the other positions make.
//!
//! Source: Derrida 1981 (random energy model); Lucibello, Mézard 2024, "Exponential capacity of dense associative
//! memories", by the same method for other ensembles; derived above for ±1.

use popfield::separation::Beta;

use super::inversion::Terms;
use super::numeric::normal_above;
use super::parameters::{count, refused, signal, sizes, within};
use super::success::independent;
use super::walk;
use crate::error::Result;

/// A probability between two bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// It is no less.
    pub low: f64,
    /// It is no more.
    pub high: f64,
}

/// The rate (ln n)/d up to which typical queries are recalled as d → ∞, hetero-associative, random values (or by energy
/// difference): with a = 1 − 2·noise, I(a) while a < tanh 2β, else 2βa − ln cosh 2β. Below it the error of a bit tends
/// to 0, above it to ½; at it, where many keys carry crosstalk (a > tanh 2β), to a standard normal's tail beyond 1,
/// .1587. 0 if half of the positions or more are flipped.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) unless 0 ≤ `noise` ≤ 1.
///
/// # Example
/// ```
/// use popfield::separation::Beta;
/// use popfield_lab::theory::exponential;
/// assert!((exponential::random_threshold(0.0, Beta::new(1.0)?)? - 0.6750).abs() < 5e-5);
/// assert!((exponential::random_threshold(0.1, Beta::new(0.25)?)? - 0.2799).abs() < 5e-5);
/// # Ok::<(), popfield_lab::Error>(())
/// ```
pub fn random_threshold(noise: f64, beta: Beta) -> Result<f64> {
    threshold(noise, 2.0 * beta.get())
}

/// The rate (ln n)/d up to which typical queries are recalled as d → ∞, hetero-associative, worst-case values, where
/// every other value opposes: with a = 1 − 2·noise, I(a) while a < tanh β, else βa − ln cosh β. Above it the error of a
/// bit tends to 1. It is the rate up to which the own key has more than half of the softmax weight.
///
/// # Errors
/// As [`random_threshold`].
pub fn worst_threshold(noise: f64, beta: Beta) -> Result<f64> {
    threshold(noise, beta.get())
}

fn threshold(noise: f64, weight: f64) -> Result<f64> {
    within("noise", noise, 0.0, 1.0)?;
    let a = 1.0 - 2.0 * noise;
    if a <= 0.0 {
        return Ok(0.0);
    }
    if a < weight.tanh() {
        return Ok(walk::rate(a));
    }
    // The same number in two forms: w·a and ln cosh w nearly cancel at large w.
    if weight < 1.0 {
        Ok((weight * a - walk::ln_cosh(weight)).max(0.0))
    } else {
        Ok((std::f64::consts::LN_2 - 2.0 * weight * noise - (-2.0 * weight).exp().ln_1p()).max(0.0))
    }
}

/// The rate α = I(1 − 2·noise)/2 up to which n = e^{αd} + 1 patterns are *all* recalled in every bit, each from a query
/// with noise·d positions flipped, in one step, with probability → 1 as d → ∞: a bound, not a threshold. β = 1,
/// energy-difference. (ln 2)/2 without noise.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) unless 0 ≤ `noise` < ½.
///
/// Source: Demircigil, Heusel, Löwe, Upgang, Vermet 2017, "On a model of associative memory with huge storage
/// capacity", the theorem on F(x) = e^x (1.3 in arXiv:1702.01929v2).
pub fn demircigil_rate(noise: f64) -> Result<f64> {
    within("noise", noise, 0.0, 0.5_f64.next_down())?;
    Ok(half_rate(noise))
}

/// The rate up to which *all* n patterns are recalled in every bit with probability → 1 as d → ∞, hetero-associative,
/// random values (or by energy difference), any β: the smaller of I(a)/2, a = 1 − 2·noise, and [`random_threshold`].
/// For β = 1 it is [`demircigil_rate`].
///
/// Below the threshold of typical queries, crosstalk exceeds the signal only if a key is as near as the own one, with
/// probability n·e^{−dI(a)}, or two nearly so, the square of that: many keys that together do it without being expected
/// are less likely than any exponential (Bernstein's inequality). The union bound over n queries halves I(a).
///
/// # Errors
/// As [`random_threshold`].
pub fn random_rate_all(noise: f64, beta: Beta) -> Result<f64> {
    Ok(random_threshold(noise, beta)?.min(half_rate(noise)))
}

/// The rate up to which *all* n patterns are recalled in every bit with probability → 1 as d → ∞, hetero-associative,
/// worst-case values, any β: the smaller of I(a)/2, a = 1 − 2·noise, and [`worst_threshold`], by the argument of
/// [`random_rate_all`].
///
/// # Errors
/// As [`random_threshold`].
pub fn worst_rate_all(noise: f64, beta: Beta) -> Result<f64> {
    Ok(worst_threshold(noise, beta)?.min(half_rate(noise)))
}

fn half_rate(noise: f64) -> f64 {
    0.5 * walk::rate((1.0 - 2.0 * noise).max(0.0))
}

/// The probability that a bit is wrong (`low`) or wrong or tied (`high`): hetero-associative, random values, `flips`
/// positions flipped, any d and n.
///
/// high = ½ min(1, (n−1) E min(1, e^{2β(S_d − t)})): crosstalk is symmetric, and exceeds the signal only if some key
/// does or, by Chebyshev's inequality, with the second moment of those that do not. With n = e^{rd} it tends to 0 for r
/// below [`random_threshold`]. low = ¼ P(some s_i > t): with probability ½ the other keys do not weaken that one, and
/// half of those times it is against. Of two patterns both are exact.
///
/// Cost: O(√d).
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) for a size of 0 or beyond [`MOST`](super::MOST), or more flips than
/// positions.
pub fn random_values(dim: u64, patterns: u64, flips: u64, beta: Beta) -> Result<Bounds> {
    sizes(dim, patterns, flips)?;
    let own = signal(dim, flips);
    if patterns == 2 {
        return Ok(Bounds { low: 0.5 * walk::above(dim, own), high: 0.5 * walk::at_least(dim, own) });
    }
    let high = 0.5 * (exceeding(dim, own, 2.0 * beta.get()) * (patterns - 1) as f64).min(1.0);
    Ok(Bounds { low: 0.25 * any(walk::above(dim, own), patterns - 1), high })
}

/// The probability that a bit is wrong (`low`) or wrong or tied (`high`) after the energy-difference update,
/// auto-associative, the mean over right and flipped positions, `flips` of these, any d and n: the difference is 2 sinh
/// β times the field that the other d − 1 positions make, of which `flips` are flipped at a right position and one
/// fewer at a flipped one. So the bounds are those of [`random_values`] there.
///
/// # Errors
/// As [`random_values`]; and unless `dim` is at least 2.
pub fn energy_difference(dim: u64, patterns: u64, flips: u64, beta: Beta) -> Result<Bounds> {
    let bounds = |flips| random_values(dim - 1, patterns, flips, beta);
    let low = mean_over_positions(dim, patterns, flips, |flips| Ok(bounds(flips)?.low))?;
    let high = mean_over_positions(dim, patterns, flips, |flips| Ok(bounds(flips)?.high))?;
    Ok(Bounds { low, high })
}

/// [`random_values`] for worst-case values, where all bits of a value fail together: the probability that Σ_{i≠own}
/// e^{βs_i} exceeds (`low`), or is no less than (`high`), the own weight e^{βt}; that the own key has not more than
/// half of the softmax weight.
///
/// high = min(1, (n−1) E min(1, e^{β(S_d − t)})), Markov's inequality in place of Chebyshev's; it tends to 0 for rates
/// below [`worst_threshold`]. low is the larger of P(some s_i ≥ t), since any third key adds to one as near as the own
/// one, and what Cantelli's inequality gives the sum of the keys up to some distance, at the best such distance. Of two
/// patterns both bounds are exact.
///
/// Cost: O(√d).
///
/// # Errors
/// As [`random_values`].
pub fn worst_values(dim: u64, patterns: u64, flips: u64, beta: Beta) -> Result<Bounds> {
    sizes(dim, patterns, flips)?;
    let (own, beta, others) = (signal(dim, flips), beta.get(), (patterns - 1) as f64);
    if patterns == 2 {
        return Ok(Bounds { low: walk::above(dim, own), high: walk::at_least(dim, own) });
    }
    let high = (exceeding(dim, own, beta) * others).min(1.0);
    let mut low = any(walk::at_least(dim, own), patterns - 1);
    let (mut first, mut second) = (0.0, 0.0);
    for (place, probability) in walk::upwards(dim) {
        let weight = (beta * (place - own) as f64).exp();
        if weight > 1e60 {
            break;
        }
        first += probability * weight;
        second += probability * weight * weight;
        let above = others * first - 1.0;
        if above > 0.0 {
            let variance = others * (second - first * first).max(0.0);
            low = low.max(above * above / (variance + above * above));
        }
    }
    Ok(Bounds { low: low.min(high), high })
}

/// The probability that a query recalls all bits of its own key where keys are their own values, between bounds, any d
/// and n.
///
/// low: that the own key has more than half of the softmax weight, whatever the others say, by [`worst_values`]. high:
/// that no key is nearer than the own one. Where one is, it outweighs the own key at every position where the two differ,
/// and to recall the own one the rest would have to turn all of these; at most of them they vote with the query, and so
/// against it. What is left of that chance is not counted.
///
/// # Errors
/// As [`random_values`].
pub fn auto_kept(dim: u64, patterns: u64, flips: u64, beta: Beta) -> Result<Bounds> {
    let high = 1.0 - any(walk::above(dim, signal(dim, flips)), patterns.saturating_sub(1));
    let low = 1.0 - worst_values(dim, patterns, flips, beta)?.high;
    Ok(Bounds { low: low.min(high), high })
}

/// The bit error at finite d and n, hetero-associative, random values: the probability that Σ ±e^{βs_i} outweighs
/// e^{βt}, ties by half, from the characteristic function of crosstalk.
///
/// Exact for two patterns. Else crosstalk is known to a 300th of the signal, one deviation: what lies as near to it
/// counts in part, so that the value is off by hardly more than half the probability that crosstalk is within a
/// hundredth of the signal. Where hundreds of keys have a say that is far below one percent of the value. For a handful
/// whose weights happen to add up so it may be some percent, and at β·t far below 1/300 all weights are alike and votes
/// that nearly tie count half: off by one over the root of the number of keys, or by any factor if these are few. Keys
/// that outweigh the query by 10⁶ balance none but their own kind, which is off by up to 2 % if hundreds of them are
/// expected. Rounding adds up to 10⁻¹³.
///
/// Cost: half a million sums over the places whose weights matter, or thrice that: 0.1 to 0.3 s at d = 32, tens of
/// seconds where β is small and d large.
///
/// # Errors
/// As [`random_values`].
///
/// Source: Gil-Pelaez 1951, "Note on the inversion theorem"; Davies 1973, "Numerical inversion of a characteristic
/// function".
pub fn random_error(dim: u64, patterns: u64, flips: u64, beta: Beta) -> Result<f64> {
    let bounds = random_values(dim, patterns, flips, beta)?;
    if patterns == 2 {
        return Ok(0.5 * (bounds.low + bounds.high));
    }
    let terms = Terms::signed(dim, signal(dim, flips), beta.get());
    Ok(terms.above_one(patterns - 1).max(bounds.low).min(bounds.high))
}

/// The bit error at finite d and n, hetero-associative, worst-case values: the probability that Σ e^{βs_i} outweighs
/// e^{βt}, which is that the own key has less than half of the softmax weight. Of two patterns ties count half; of more
/// there are none: a third key adds to one as near as the own one, and no other powers of e add up to each other
/// (Lindemann and Weierstrass).
///
/// Error and cost as [`random_error`].
///
/// # Errors
/// As [`random_values`].
pub fn worst_error(dim: u64, patterns: u64, flips: u64, beta: Beta) -> Result<f64> {
    let bounds = worst_values(dim, patterns, flips, beta)?;
    let (own, others) = (signal(dim, flips), patterns - 1);
    if patterns == 2 {
        return Ok(0.5 * (bounds.low + bounds.high));
    }
    // A key as near is enough; else all terms are below 1.
    let as_near = walk::at_least(dim, own);
    if as_near >= 1.0 {
        return Ok(bounds.high);
    }
    let terms = Terms::positive(dim, own, beta.get());
    let (mean, square) = terms.mean_and_square(others);
    // So far above 1 that it cannot be missed, by Bernstein's inequality for terms from 0 to 1.
    let far = mean > 1.0 && (mean - 1.0) * (mean - 1.0) > 80.0 * square;
    let at_most = if far { 0.0 } else { 1.0 - terms.above_one(others) };
    Ok((1.0 - (1.0 - any(as_near, others)) * at_most).max(bounds.low).min(bounds.high))
}

/// The bit error at finite d and n after the energy-difference update, auto-associative, the mean over right and flipped
/// positions, by the law of the field that [`energy_difference`] speaks of.
///
/// Error as [`random_error`], at twice the cost.
///
/// # Errors
/// As [`energy_difference`].
pub fn energy_difference_error(dim: u64, patterns: u64, flips: u64, beta: Beta) -> Result<f64> {
    mean_over_positions(dim, patterns, flips, |flips| random_error(dim - 1, patterns, flips, beta))
}

/// The probability that a query recalls all `value_dim` bits of its value, between bounds: hetero-associative, random
/// values, ties by half.
///
/// low is the larger of 1 − `high` of [`worst_values`] (a top weight above ½ decides every bit) and (1 − `high` of
/// [`random_values`])^value_dim ([`success::independent`](super::success::independent)). high is 1 − P(some
/// s_i > t)·(1 − (3/4)^value_dim): given a nearer key, bits are independent and wrong with probability ¼ or more.
///
/// # Errors
/// As [`random_values`]; and unless `value_dim` is 1 to [`MOST`](super::MOST).
pub fn pattern_success(dim: u64, patterns: u64, flips: u64, beta: Beta, value_dim: u64) -> Result<Bounds> {
    count("value dimension", value_dim)?;
    let bit = random_values(dim, patterns, flips, beta)?.high;
    let decided = 1.0 - worst_values(dim, patterns, flips, beta)?.high;
    let nearer = any(walk::above(dim, signal(dim, flips)), patterns - 1);
    let spoilt = 1.0 - 0.75f64.powf(value_dim as f64);
    Ok(Bounds { low: decided.max(independent(bit, value_dim)?), high: 1.0 - nearer * spoilt })
}

/// The mean of a law over right positions, which see all flips among the others, and flipped ones, which see one fewer.
fn mean_over_positions(dim: u64, patterns: u64, flips: u64, law: impl Fn(u64) -> Result<f64>) -> Result<f64> {
    sizes(dim, patterns, flips)?;
    if dim == 1 {
        return Err(refused("dimension", "at least 2".into(), dim));
    }
    let flipped = flips as f64 / dim as f64;
    let right = if flips < dim { (1.0 - flipped) * law(flips)? } else { 0.0 };
    let wrong = if flips > 0 { flipped * law(flips - 1)? } else { 0.0 };
    Ok(right + wrong)
}

/// The bit error if crosstalk is normal: ½ erfc(e^{β(d − 2·flips)}/√(2(n−1) cosh(2β)^d)), hetero-associative, random
/// values. Asymptotically right at rates above I(tanh 2β), where many keys carry crosstalk; below, a few do, and the
/// error is less or more.
///
/// # Errors
/// As [`random_values`].
pub fn normal_error(dim: u64, patterns: u64, flips: u64, beta: Beta) -> Result<f64> {
    sizes(dim, patterns, flips)?;
    if patterns == 1 {
        return Ok(0.0);
    }
    let (beta, d) = (beta.get(), dim as f64);
    let logarithm =
        beta * signal(dim, flips) as f64 - 0.5 * (((patterns - 1) as f64).ln() + d * walk::ln_cosh(2.0 * beta));
    Ok(normal_above(logarithm.exp()))
}

/// The bit error given how many other keys there are at each distance h, `others[h]`, if their crosstalk is normal:
/// ½ erfc(e^{−2β·flips}/√(2 Σ_h N_h e^{−4βh})). Hetero-associative, random values. Exact in the mean and variance of
/// the field given the counts; 0 without other keys.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) if `others` is empty, or there are more flips than its last distance.
pub fn normal_error_given(others: &[u64], flips: u64, beta: Beta) -> Result<f64> {
    let dim = (others.len() as u64).saturating_sub(1);
    if others.is_empty() {
        return Err(refused("counts by distance", "one for each distance from 0 to d".into(), "none"));
    }
    if flips > dim {
        return Err(refused("flips", format!("0 to the dimension, {dim}"), flips));
    }
    let counts = (0_u64..).zip(others).filter(|&(_, &count)| count > 0);
    let weight = |h: u64| (4.0 * beta.get() * (flips as f64 - h as f64)).exp();
    let variance: f64 = counts.map(|(h, &count)| count as f64 * weight(h)).sum();
    Ok(if variance > 0.0 { normal_above(variance.sqrt().recip()) } else { 0.0 })
}

/// E min(1, e^{weight·(S_d − own)}).
pub(super) fn exceeding(dim: u64, own: i64, weight: f64) -> f64 {
    walk::mean(dim, |s| if s >= own { 1.0 } else { (weight * (s - own) as f64).exp() })
}

/// The probability that at least one of `events` independent events of this probability happens.
pub(super) fn any(probability: f64, events: u64) -> f64 {
    if events == 0 { 0.0 } else { -(events as f64 * (-probability).ln_1p()).exp_m1() }
}
