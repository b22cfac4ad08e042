//! Signs of sums that no fixed precision can be trusted with.
//!
//! # Exponential
//!
//! For rational β ≠ 0 the numbers e^{−2βt}, t = 0, 1, 2, …, are linearly independent over the rationals (Lindemann and
//! Weierstrass). So Σ_t v_t e^{−2βt} with integer v_t is zero if and only if every v_t is, and any other sum shows its
//! sign once it is evaluated precisely enough. [`ExponentialSign`] raises the precision until it does: `f64` with a
//! bound on its error, then integer balls of 192, 384, 768, … bits.
//!
//! # Polynomial
//!
//! The sum is an integer. It is formed in `i128` where that cannot overflow, else in `f64` with a bound on its error,
//! else in integers of any length.

use std::cmp::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use dashu_int::ops::{Abs, UnsignedAbs};
use dashu_int::{IBig, UBig};

/// Unit of relative error: 2⁻⁵², twice the largest rounding error of an `f64` operation.
pub(crate) const ULP: f64 = f64::EPSILON;

/// More than any weight that underflows, and than the error of any that nearly does.
pub(crate) const UNDERFLOW: f64 = 1e-300;

/// The sign of `value` if `error` leaves it beyond doubt.
fn clear_sign(value: f64, error: f64) -> Option<Ordering> {
    // An error that is NaN or infinite leaves doubt.
    (value.abs() > error).then(|| value.total_cmp(&0.0))
}

/// The sign that all of `terms` share, if they do; `Equal` if there are none. Votes of zero must be gone.
fn common_sign(terms: &[(u32, i64)]) -> Option<Ordering> {
    let Some(first) = terms.first() else { return Some(Ordering::Equal) };
    terms.iter().all(|term| term.1.signum() == first.1.signum()).then(|| first.1.cmp(&0))
}

/// e^{−x} for x ≥ 0, in error by less than (x + 8)·[`ULP`] relative, or [`UNDERFLOW`] absolute, where `x` itself
/// carries one rounding.
///
/// `libm`'s exponential is within one unit in the last place on every platform, being written in plain IEEE operations;
/// the argument's rounding moves the result by x·2⁻⁵³; the rest is margin.
pub(crate) fn decay(x: f64) -> f64 {
    libm::exp(-x)
}

/// Decides signs of Σ_t v_t e^{−2βt}.
#[derive(Debug)]
pub(crate) struct ExponentialSign {
    beta: f64,
    /// The longest polynomial: distances lie in 0..=span.
    span: u32,
    /// Powers of e^{−2β} in ever higher precision, made when first needed.
    powers: Mutex<Vec<Arc<Powers>>>,
}

impl ExponentialSign {
    pub(crate) fn new(beta: f64, span: u32) -> Self {
        Self { beta, span, powers: Mutex::default() }
    }

    /// The sign of Σ v·e^{−2βh} over `terms` (h, v), which ascend in h; changes `terms`.
    ///
    /// Cost: the number of terms in `f64`. Where that leaves doubt, about √span products of b-bit numbers and a short
    /// product for each term, for b = 192, 384, … until the sign shows; near-ties that need many bits must be built on
    /// purpose.
    pub(crate) fn sign(&self, terms: &mut Vec<(u32, i64)>) -> Ordering {
        terms.retain(|term| term.1 != 0);
        if let Some(sign) = common_sign(terms) {
            return sign;
        }
        // Dividing by the first weight changes no sign, and nothing that decides underflows.
        let first = terms[0].0;
        terms.iter_mut().for_each(|term| term.0 -= first);
        if let Some(sign) = self.sign_in_f64(terms) {
            return sign;
        }
        // Ends: the sum is not zero, so some precision shows its sign.
        (0..).find_map(|level| self.powers(level).polynomial(terms).sign()).expect("the range of precisions has no end")
    }

    fn sign_in_f64(&self, terms: &[(u32, i64)]) -> Option<Ordering> {
        let count = terms.len() as f64;
        let (mut sum, mut error) = (0.0, 0.0);
        for &(t, v) in terms {
            let x = 2.0 * self.beta * f64::from(t);
            let term = decay(x) * v as f64;
            sum += term;
            error += term.abs() * (x.min(745.0) + count + 16.0) + v.unsigned_abs() as f64 * (UNDERFLOW / ULP);
        }
        clear_sign(sum, error * ULP * 1.001)
    }

    fn powers(&self, level: usize) -> Arc<Powers> {
        let mut powers = self.powers.lock().unwrap_or_else(PoisonError::into_inner);
        while powers.len() <= level {
            let precision = 192 << powers.len();
            powers.push(Arc::new(Powers::new(self.beta, self.span, precision)));
        }
        powers[level].clone()
    }
}

/// A real number known to within a radius: |x·2^p − mid| ≤ radius, the precision p being the caller's.
#[derive(Clone, Debug)]
struct Ball {
    mid: IBig,
    radius: UBig,
}

impl Ball {
    fn exact(mid: IBig) -> Self {
        Self { mid, radius: UBig::ZERO }
    }

    fn product(&self, other: &Self, precision: usize) -> Self {
        let spread = (&self.mid).unsigned_abs() * &other.radius
            + (&other.mid).unsigned_abs() * &self.radius
            + &self.radius * &other.radius;
        // One for each of the two shifts, which cut off less than one unit.
        Self { mid: (&self.mid * &other.mid) >> precision, radius: (spread >> precision) + UBig::from(2u8) }
    }

    fn add_multiple(&mut self, other: &Self, factor: i64) {
        self.mid += &other.mid * IBig::from(factor);
        self.radius += &other.radius * UBig::from(factor.unsigned_abs());
    }

    fn divide(&self, divisor: u64) -> Self {
        Self { mid: &self.mid / IBig::from(divisor), radius: &self.radius / UBig::from(divisor) + UBig::from(2u8) }
    }

    fn sign(&self) -> Option<Ordering> {
        ((&self.mid).unsigned_abs() > self.radius).then(|| self.mid.cmp(&IBig::ZERO))
    }
}

/// Powers of r = e^{−2β} in one precision, enough to evaluate polynomials up to a span by steps: r⁰ … r^{b−1} and r^b,
/// b ≈ √span.
#[derive(Debug)]
struct Powers {
    precision: usize,
    small: Vec<Ball>,
    giant: Ball,
}

impl Powers {
    fn new(beta: f64, span: u32, precision: usize) -> Self {
        let steps = (f64::from(span) + 1.0).sqrt().ceil() as usize;
        let ratio = exp_negative(beta, precision);
        let mut small = vec![Ball::exact(IBig::ONE << precision)];
        while small.len() < steps {
            let next = small[small.len() - 1].product(&ratio, precision);
            small.push(next);
        }
        let giant = small[small.len() - 1].product(&ratio, precision);
        Self { precision, small, giant }
    }

    /// Σ v·r^t over `terms` (t, v), ascending in t.
    fn polynomial(&self, terms: &[(u32, i64)]) -> Ball {
        let steps = self.small.len();
        let mut sum = Ball::exact(IBig::ZERO);
        let mut rest = terms;
        for block in (0..=terms.last().map_or(0, |term| term.0 as usize / steps)).rev() {
            let (before, here) = rest.split_at(rest.partition_point(|term| (term.0 as usize) < block * steps));
            sum = sum.product(&self.giant, self.precision);
            for &(t, v) in here {
                sum.add_multiple(&self.small[t as usize - block * steps], v);
            }
            rest = before;
        }
        sum
    }
}

/// e^{−2β}: Taylor's series of e^{−y} with y = 2β/2^k below 2⁻⁸, squared k times.
fn exp_negative(beta: f64, precision: usize) -> Ball {
    // β = mantissa · 2^exponent, exactly.
    let bits = beta.to_bits();
    let biased = (bits >> 52 & 0x7ff) as i64;
    debug_assert!(biased > 0 && beta > 0.0, "β is positive and normal");
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let exponent = biased - 1075;
    // 2β < 2^(exponent + 54).
    let squarings = (exponent + 54 + 8).max(0);
    let shift = precision as i64 + exponent + 1 - squarings;
    let y = if shift >= 0 {
        Ball::exact(IBig::from(mantissa) << shift as usize)
    } else {
        Ball { mid: IBig::from(mantissa) >> (-shift) as usize, radius: UBig::ONE }
    };
    let mut sum = Ball::exact(IBig::ONE << precision);
    let mut term = sum.clone();
    for m in 1.. {
        term = term.product(&y, precision).divide(m);
        sum.add_multiple(&term, if m % 2 == 1 { -1 } else { 1 });
        if (&term.mid).abs() <= IBig::ONE {
            break;
        }
    }
    // The terms left out: an alternating series that falls by more than 2⁸ a term, from below one unit and its radius.
    sum.radius += &term.radius + UBig::from(2u8);
    for _ in 0..squarings {
        sum = sum.product(&sum.clone(), precision);
    }
    sum
}

/// The sign of Σ v·(known − 2h)^K over `terms` (h, v), with h ≤ known; changes `terms`.
///
/// Cost: the number of terms in `i128` or `f64`, except where Σ|v|·known^K ≥ 2¹²⁶ and the sum is zero or nearly: then
/// products of K·log₂(known) bits.
pub(crate) fn polynomial_sign(known: u32, degree: u32, terms: &mut Vec<(u32, i64)>) -> Ordering {
    // As (|s|, votes with the sign of s^K): an even K cannot tell s from −s, and their votes may cancel.
    for (h, v) in terms.iter_mut() {
        let s = i64::from(known) - 2 * i64::from(*h);
        *h = s.unsigned_abs() as u32;
        *v *= if s < 0 && degree % 2 == 1 { -1 } else { 1 };
    }
    terms.sort_unstable_by_key(|term| term.0);
    terms.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0 };
        same
    });
    terms.retain(|term| term.0 != 0 && term.1 != 0);
    if let Some(sign) = common_sign(terms) {
        return sign;
    }
    let largest = terms[terms.len() - 1].0;
    let votes: u64 = terms.iter().map(|term| term.1.unsigned_abs()).sum();
    if degree * (32 - largest.leading_zeros()) + (64 - votes.leading_zeros()) <= 126 {
        return terms.iter().map(|&(s, v)| i128::from(s).pow(degree) * i128::from(v)).sum::<i128>().cmp(&0);
    }
    let count = f64::from(degree) + terms.len() as f64;
    let (mut sum, mut error) = (0.0, 0.0);
    for &(s, v) in terms.iter() {
        let ratio = f64::from(s) / f64::from(largest);
        // 2K roundings at the most: K of the quotient, one for each product.
        let term = (0..degree).fold(v as f64, |power, _| power * ratio);
        sum += term;
        error += f64::abs(term) * (count + 16.0) + v.unsigned_abs() as f64 * (UNDERFLOW / ULP);
    }
    clear_sign(sum, error * ULP * 1.001).unwrap_or_else(|| {
        let power = |s: u32| IBig::from(s).pow(degree as usize);
        terms.iter().map(|&(s, v)| power(s) * IBig::from(v)).sum::<IBig>().cmp(&IBig::ZERO)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exponential(beta: f64, terms: &[(u32, i64)]) -> Ordering {
        let span = terms.iter().map(|term| term.0).max().unwrap_or(0);
        ExponentialSign::new(beta, span).sign(&mut terms.to_vec())
    }

    /// Coefficients of (1 − x)^order: at x = e^{−2β} the sum is (1 − x)^order > 0, however small.
    fn binomial(order: u32) -> Vec<(u32, i64)> {
        let mut row = vec![1i64];
        for _ in 0..order {
            let next = (0..=row.len()).map(|k| row.get(k).unwrap_or(&0) - if k > 0 { row[k - 1] } else { 0 });
            row = next.collect();
        }
        (0..).zip(row).collect()
    }

    #[test]
    fn only_cancelled_votes_tie() {
        assert_eq!(exponential(1.0, &[]), Ordering::Equal);
        assert_eq!(exponential(1.0, &[(0, 0), (3, 0)]), Ordering::Equal);
        assert_eq!(exponential(1e9, &[(0, 0), (60_000, -1)]), Ordering::Less);
        assert_eq!(exponential(1e9, &[(0, 1), (1, -1_000_000)]), Ordering::Greater);
        assert_eq!(exponential(1e-9, &[(0, 1), (1, -1)]), Ordering::Greater);
        assert_eq!(exponential(1e-9, &[(0, -1), (65_536, 1)]), Ordering::Less);
    }

    #[test]
    fn high_order_cancellation_is_decided() {
        for beta in [1e-9, 1e-3, 0.2, 0.7] {
            for order in [1, 2, 5, 13, 30] {
                let terms = binomial(order);
                assert_eq!(exponential(beta, &terms), Ordering::Greater, "β {beta}, order {order}");
                let negated: Vec<_> = terms.iter().map(|&(t, v)| (t + 17, -v)).collect();
                assert_eq!(exponential(beta, &negated), Ordering::Less, "β {beta}, order {order}");
            }
        }
    }

    /// Digits of 1 in base 1/r come as close to cancelling as one likes.
    #[test]
    fn near_ties_to_any_depth_are_decided() {
        let beta = 0.3;
        let powers = Powers::new(beta, 4000, 1 << 13);
        let mut rest = Ball::exact(IBig::ONE << powers.precision);
        let mut terms = vec![(0, -1)];
        let ratio = exp_negative(beta, powers.precision);
        let mut power = ratio.clone();
        for t in 1..4000 {
            let mut next = rest.clone();
            next.add_multiple(&power, -1);
            if next.sign() == Some(Ordering::Greater) {
                rest = next;
                terms.push((t, 1));
            }
            power = power.product(&ratio, powers.precision);
        }
        // The digits fall short of 1 by less than r^3900 ≈ 10^−1016, and every prefix does as well.
        assert!(terms.len() > 1000);
        assert_eq!(exponential(beta, &terms), Ordering::Less);
        let last = terms.len() - 1;
        terms[last].1 += 1;
        assert_eq!(exponential(beta, &terms), Ordering::Greater);
    }

    /// The bound that `decay` promises, held to balls.
    #[test]
    fn decay_keeps_its_bound() {
        for beta in [1e-9, 1e-4, 0.01, 0.3, 1.0, 7.25, 1e3, 1e9] {
            let precision = 1200;
            let ratio = exp_negative(beta, precision);
            let mut power = Ball::exact(IBig::ONE << precision);
            for t in 0..300u32 {
                let x = 2.0 * beta * f64::from(t);
                let claimed = decay(x);
                if x < 690.0 {
                    use dashu_int::ops::BitTest;
                    let cut = power.mid.bit_len() - 80;
                    let leading = (&power.mid >> cut).to_f64().value();
                    let true_value = libm::scalbn(leading, cut as i32 - precision as i32);
                    assert!((true_value - claimed).abs() <= claimed * (x + 8.0) * ULP, "β {beta}, t {t}");
                } else {
                    assert!(claimed < UNDERFLOW);
                }
                power = power.product(&ratio, precision);
            }
        }
    }

    #[test]
    fn polynomials_are_integers() {
        // 3² + 4² = 5² at the overlaps of known = 5: h = 1, and a tie.
        let known = 25;
        let at = |s: i64| ((i64::from(known) - s) / 2) as u32;
        let mut tie = vec![(at(15), 25), (at(9), 0), (at(5), -225)];
        assert_eq!(polynomial_sign(known, 2, &mut tie), Ordering::Equal);
        let mut off = vec![(at(15), 25), (at(5), -224)];
        assert_eq!(polynomial_sign(known, 2, &mut off), Ordering::Greater);
        // An even degree cannot tell a key from its complement; an odd one opposes them.
        assert_eq!(polynomial_sign(10, 4, &mut vec![(0, 1), (10, -1)]), Ordering::Equal);
        assert_eq!(polynomial_sign(10, 5, &mut vec![(0, 1), (10, 1)]), Ordering::Equal);
        assert_eq!(polynomial_sign(10, 5, &mut vec![(0, 1), (10, -1)]), Ordering::Greater);
        // 2⁶⁴ votes of 1 outweigh nothing of 2^64 at degree 64 … exactly.
        let known = 1 << 16;
        let half = known / 4;
        let mut tie = vec![(0, 1), (half, -(1 << 40)), (known - half, 1 << 40), (known, -1)];
        assert_eq!(polynomial_sign(known, 64, &mut tie), Ordering::Equal);
        let mut near = vec![(half, 1i64 << 60), (half - 1, -(1i64 << 60)), (0, 1)];
        let exact =
            (IBig::from(32768).pow(64) - IBig::from(32770).pow(64)) * (IBig::ONE << 60) + IBig::from(65536).pow(64);
        assert_eq!(polynomial_sign(known, 64, &mut near), exact.cmp(&IBig::ZERO));
    }

    /// 1·128^64 votes against 2^64·64^64: equal to the last bit, and far beyond `i128`.
    #[test]
    fn huge_polynomial_ties_are_seen() {
        let known = 128;
        let mut tie = vec![(0, 1), (32, -(1 << 62)), (32, 0)];
        assert_eq!(polynomial_sign(known, 62, &mut tie), Ordering::Equal);
        let mut near = vec![(0, 1), (32, -(1 << 62)), (63, 1)];
        assert_eq!(polynomial_sign(known, 62, &mut near), Ordering::Greater);
        let mut near = vec![(0, 1), (32, -(1 << 62)), (63, -1)];
        assert_eq!(polynomial_sign(known, 62, &mut near), Ordering::Less);
    }
}
