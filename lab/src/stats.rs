//! Intervals: how far what was measured may be from what is so.
//!
//! Bits of one memory hang together, and so do its queries, so the unit of chance is the memory: a point's estimate is
//! the mean of one figure for each memory, and its interval is Student's t over memories. That is good where the mean of
//! many memories is nearly normal. It fails where few memories err, and says 0 ± 0 where none did. There a bound takes
//! its place that holds without it: how many memories err at all is binomial, by Clopper and Pearson, and one that errs
//! is taken to err as much as the worst that was seen, some of them twice as much, or altogether if none was (so that 0
//! of k memories gives 3.7/k at 95 %). Where each memory is asked for one yes or no, Clopper and
//! Pearson's is exact. Errors that are of two kinds, small ones that all memories have and large ones of a few, are
//! bounded kind by kind.

/// An estimate and the interval that holds the truth with the confidence asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// Memories that must err, and that must not, for their mean to be taken as normal.
const FEW: u64 = 20;

/// The probability of which `successes` of `trials` independent yes-or-no trials speak.
///
/// # Source
/// Clopper and Pearson 1934: the interval holds the truth at least as often as asked.
pub fn proportion(successes: u64, trials: u64, confidence: f64) -> Interval {
    let (s, n, tail) = (successes as f64, trials as f64, (1.0 - confidence) / 2.0);
    let low = if successes == 0 { 0.0 } else { root(|p| beta(s, n - s + 1.0, p, 1.0 - p) < tail) };
    let high = if successes >= trials { 1.0 } else { 1.0 - root(|q| beta(n - s, s + 1.0, q, 1.0 - q) < tail) };
    Interval { value: if trials == 0 { f64::NAN } else { s / n }, low, high }
}

/// The mean of a fraction in [0, 1] of which each memory gives one, with the bounds of this module where few err.
pub fn of_memories(fractions: &[f64], confidence: f64) -> Interval {
    let count = |of: &dyn Fn(f64) -> bool| fractions.iter().filter(|&&x| of(x)).count() as u64;
    let memories = fractions.len() as u64;
    if fractions.iter().all(|&x| x == 0.0 || x == 1.0) {
        return proportion(count(&|x| x == 1.0), memories, confidence);
    }
    let mut interval = mean(fractions, confidence);
    // From either end of [0, 1]: how many memories are away from it, and how far.
    if let Some((low, high)) = rare(fractions.iter().copied(), 1.0, confidence) {
        interval = Interval { low: interval.low.min(low).max(0.0), high: interval.high.max(high), ..interval };
    }
    if let Some((low, high)) = rare(fractions.iter().map(|x| 1.0 - x), 1.0, confidence) {
        interval = Interval { low: interval.low.min(1.0 - high), high: interval.high.max(1.0 - low), ..interval };
    }
    Interval { low: interval.low.max(0.0), high: interval.high.min(1.0), ..interval }
}

/// The mean of fractions in [0, 1] that are each the sum of a usual part and of one that few memories have, which may be
/// as large as `worst` though none was seen to have it.
pub fn of_two_kinds(usual: &[f64], seldom: &[f64], worst: f64, confidence: f64) -> Interval {
    let sums: Vec<f64> = usual.iter().zip(seldom).map(|(a, b)| a + b).collect();
    let together = of_memories(&sums, confidence);
    let Some((low, high)) = rare(seldom.iter().copied(), worst, confidence) else { return together };
    let unseen = |numbers: &[f64]| numbers.iter().all(|&x| x == 0.0);
    // Where a part was not seen, the bound on the other is one on both.
    let (from, to) = match (unseen(usual), of_memories(usual, confidence)) {
        (true, _) => (low, high),
        (false, apart) => (apart.low + low, apart.high + high),
    };
    let to = if unseen(seldom) { to } else { to.max(together.high) };
    Interval { value: together.value, low: from.min(together.low).max(0.0), high: to.min(1.0) }
}

/// Bounds on the mean of non-negative `numbers` of which few are not 0; `None` if more are. None was seen that errs: one
/// may err by `worst`. Else the worst that was seen stands for what one errs, and twice that for one in so many as could
/// have been missed.
fn rare(numbers: impl Iterator<Item = f64> + Clone, worst: f64, confidence: f64) -> Option<(f64, f64)> {
    let erring = numbers.clone().filter(|&x| x > 0.0);
    let count = erring.clone().count() as u64;
    let share = proportion(count, numbers.count() as u64, confidence);
    let (low, high) = erring.fold((f64::INFINITY, 0.0f64), |(low, high), x| (low.min(x), high.max(x)));
    match count {
        0 => Some((0.0, share.high * worst)),
        1..FEW => Some((share.low * low, share.high * high * (1.0 + proportion(0, count, confidence).high))),
        _ => None,
    }
}

/// The mean of independent numbers, by Student's t.
pub fn mean(numbers: &[f64], confidence: f64) -> Interval {
    let n = numbers.len() as f64;
    let value = numbers.iter().sum::<f64>() / n;
    let variance = numbers.iter().map(|x| (x - value).powi(2)).sum::<f64>() / (n - 1.0);
    let reach = if numbers.len() < 2 { f64::INFINITY } else { student(n - 1.0, confidence) * (variance / n).sqrt() };
    Interval { value, low: value - reach, high: value + reach }
}

/// The mean of fractions in [0, 1] for confidence near 1, where the skewness of few or rare figures would tell.
pub fn cautious(fractions: &[f64], confidence: f64) -> Interval {
    let interval = of_memories(fractions, confidence);
    if fractions.iter().all(|&x| x == 0.0 || x == 1.0) {
        return interval;
    }
    let wider = combined(&[(1.0, fractions)], confidence);
    let (low, high) = (interval.low.min(wider.low).max(0.0), interval.high.max(wider.high).min(1.0));
    Interval { low, high, ..interval }
}

/// Σ weight·mean over samples of independent numbers: Student's t with the degrees of freedom of the smallest sample,
/// widened on both sides by what skewness moves its quantile, |γ|(2t² + 1)/6 with γ the skewness of the whole sum.
///
/// # Source
/// Hall 1983, "Inverting an Edgeworth expansion".
pub fn combined(parts: &[(f64, &[f64])], confidence: f64) -> Interval {
    let (mut value, mut variance, mut third, mut freedom) = (0.0, 0.0, 0.0, f64::INFINITY);
    for &(weight, numbers) in parts {
        let n = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / n;
        let moment = |power: i32| numbers.iter().map(|x| (weight * (x - mean)).powi(power)).sum::<f64>();
        value += weight * mean;
        variance += moment(2) / (n * (n - 1.0));
        third += moment(3) / (n * n * n);
        freedom = f64::min(freedom, n - 1.0);
    }
    if freedom < 1.0 {
        return Interval { value, low: f64::NEG_INFINITY, high: f64::INFINITY };
    }
    let t = student(freedom, confidence);
    let skewness = if variance > 0.0 { third / variance.powf(1.5) } else { 0.0 };
    let reach = variance.sqrt() * (t + skewness.abs() * (2.0 * t * t + 1.0) / 6.0);
    Interval { value, low: value - reach, high: value + reach }
}

/// The t that Student's distribution with `freedom` degrees of freedom stays within, on both sides, with this
/// confidence.
pub fn student(freedom: f64, confidence: f64) -> f64 {
    // P[|T| > t] = I_x(ν/2, ½) at x = ν/(ν + t²); y = 1 − x keeps its digits where ν is large.
    let y = root(|y| beta(freedom / 2.0, 0.5, 1.0 - y, y) > 1.0 - confidence);
    (freedom * y / (1.0 - y)).sqrt()
}

/// Where in [0, 1] `before` turns false, to the last digit: it must hold up to a point and not beyond.
fn root(before: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return middle;
        }
        if before(middle) { low = middle } else { high = middle }
    }
}

/// The regularised incomplete beta function I_x(a, b) with y = 1 − x, by Lentz's continued fraction.
///
/// Good to about 10⁻¹² of itself for a + b up to 10³, and, by the cancelling logarithms of Γ, to 10⁻¹⁶ (a + b) ln(a + b)
/// beyond.
fn beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 || y <= 0.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    let log = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log(y);
    let front = libm::exp(log);
    if x < (a + 1.0) / (a + b + 2.0) { front * fraction(a, b, x) / a } else { 1.0 - front * fraction(b, a, y) / b }
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let away = |x: f64| if x.abs() < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { x };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut value = d;
    // It takes some √max(a, b) terms.
    for m in (1..).map(f64::from).take(100_000) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            change = c * d;
            value *= change;
        }
        if (change - 1.0f64).abs() <= f64::EPSILON {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use popfield::patterns::stream;
    use rand_xoshiro::rand_core::Rng;

    use super::*;

    /// P[X ≥ k] of a binomial, summed.
    fn tail(k: u64, n: u64, p: f64) -> f64 {
        let choose = |i: u64| (0..i).map(|j| ((n - j) as f64 / (i - j) as f64).ln()).sum::<f64>();
        (k..=n).map(|i| (choose(i) + i as f64 * p.ln() + (n - i) as f64 * (1.0 - p).ln()).exp()).sum()
    }

    #[test]
    fn ends_of_proportions_have_the_tails_asked_for() {
        for n in [1, 2, 7, 40, 300] {
            for k in [0, 1, n / 3, n / 2, n - 1, n] {
                for confidence in [0.9, 0.95, 0.999, 1.0 - 1e-6] {
                    let Interval { low, high, value } = proportion(k, n, confidence);
                    let half = (1.0 - confidence) / 2.0;
                    assert_eq!(value, k as f64 / n as f64);
                    assert!(low <= value && value <= high);
                    if k > 0 {
                        assert!((tail(k, n, low) / half - 1.0).abs() < 1e-6, "{k} of {n}: {low}");
                    }
                    if k < n {
                        assert!(((1.0 - tail(k + 1, n, high)) / half - 1.0).abs() < 1e-4, "{k} of {n}: {high}");
                    }
                }
            }
        }
        // The rule of three, and large numbers as the normal law has them.
        assert!((proportion(0, 1000, 0.95).high * 1000.0 - 3.68).abs() < 0.01);
        let large = proportion(500_000, 1_000_000, 0.95);
        assert!((large.high - large.low - 2.0 * 1.96 * 0.0005).abs() < 1e-5, "{large:?}");
    }

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        for (freedom, confidence, expected) in [
            (1.0, 0.95, 12.706_204_74),
            (2.0, 0.95, 4.302_652_73),
            (10.0, 0.99, 3.169_272_67),
            (30.0, 0.95, 2.042_272_46),
            (1e9, 0.95, 1.959_963_985),
            (100.0, 0.999, 3.390_491_31),
        ] {
            let found = student(freedom, confidence);
            assert!((found - expected).abs() < 1e-6 * expected, "{freedom}, {confidence}: {found}");
        }
    }

    #[test]
    fn nothing_seen_is_not_nothing() {
        let none = of_memories(&[0.0; 100], 0.95);
        assert_eq!((none.value, none.low), (0.0, 0.0));
        assert!((none.high - 0.0362).abs() < 1e-4);
        let all = of_memories(&[1.0; 100], 0.95);
        assert!((1.0 - all.low - none.high).abs() < 1e-12 && all.high == 1.0);
        // One memory in a hundred that errs in a thousandth of its bits.
        let mut one = vec![0.0; 100];
        one[17] = 1e-3;
        let one = of_memories(&one, 0.95);
        assert!((one.high - 1e-3 * 0.0545 * 1.975).abs() < 1e-6 && one.low < 1e-6, "{one:?}");
        // Of two kinds, where the larger is at most a half: seen or not.
        let neither = of_two_kinds(&[0.0; 100], &[0.0; 100], 0.5, 0.95);
        assert!((neither.high - 0.0181).abs() < 1e-4 && neither.low == 0.0, "{neither:?}");
        let small = of_two_kinds(&[0.01; 100], &[0.0; 100], 0.5, 0.95);
        assert!((small.high - 0.0281).abs() < 1e-4 && (small.low - 0.01).abs() < 1e-12, "{small:?}");
        assert!(mean(&[0.3], 0.95).high.is_infinite());
    }

    #[test]
    fn sums_of_samples_have_the_deviation_of_their_parts() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0], [10.0, 12.0, 14.0, 16.0]);
        let both = combined(&[(2.0, &a), (-1.0, &b)], 0.95);
        // Symmetric samples: variances 5/3 and 20/3 of four numbers each.
        let reach = student(3.0, 0.95) * (4.0 * (5.0 / 3.0) / 4.0 + (20.0 / 3.0) / 4.0f64).sqrt();
        assert!((both.value + 8.0).abs() < 1e-12 && (both.high - both.value - reach).abs() < 1e-9, "{both:?}");
        assert!(combined(&[(1.0, &[0.3])], 0.95).high.is_infinite());
    }

    /// Rare events in large memories, a few to each: as skewed as what is measured with confidence near 1.
    #[test]
    fn cautious_intervals_hold_skewed_means_where_plain_ones_do_not() {
        let (runs, memories, confidence) = (10_000, 200, 0.999);
        let (mut plain, mut held) = (0, 0);
        for run in 0..runs {
            let mut rng = stream(12, "coverage", run);
            let mut uniform = || (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
            // Exponential of mean 0.02.
            let fractions: Vec<f64> = (0..memories).map(|_| (-0.02 * (1.0 - uniform()).ln()).min(1.0)).collect();
            let holds = |interval: Interval| interval.low <= 0.02 && 0.02 <= interval.high;
            plain += u32::from(!holds(mean(&fractions, confidence)));
            held += u32::from(!holds(cautious(&fractions, confidence)));
        }
        let missed = |count: u32| f64::from(count) / runs as f64;
        assert!(missed(plain) > 2.0 * (1.0 - confidence), "no test: {}", missed(plain));
        assert!(missed(held) < 2.0 * (1.0 - confidence), "{}", missed(held));
    }

    /// Small errors of all memories and large ones of a few, as near a critical load.
    #[test]
    fn intervals_of_two_kinds_hold_what_is_seldom_seen() {
        for (rate, memories) in [(0.003, 40), (0.01, 40), (0.02, 100), (0.05, 200), (0.3, 100)] {
            let (runs, mut held, mut plain) = (1000, 0, 0);
            let truth = 0.004 + rate * 0.25;
            for run in 0..runs {
                let mut rng = stream(13, "coverage", run);
                let mut uniform = || (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
                let usual: Vec<f64> = (0..memories).map(|_| 0.008 * uniform()).collect();
                let mut lost = || if uniform() < rate { 0.1 + 0.3 * uniform() } else { 0.0 };
                let seldom: Vec<f64> = (0..memories).map(|_| lost()).collect();
                let holds = |interval: Interval| u32::from(interval.low <= truth && truth <= interval.high);
                held += holds(of_two_kinds(&usual, &seldom, 0.5, 0.95));
                let sums: Vec<f64> = usual.iter().zip(&seldom).map(|(a, b)| a + b).collect();
                plain += holds(of_memories(&sums, 0.95));
            }
            let (held, plain) = (f64::from(held) / runs as f64, f64::from(plain) / runs as f64);
            assert!(held > 0.935, "{rate}, {memories}: {held}, plain {plain}");
            assert!(rate > 0.01 || plain < 0.7, "no test: {plain}");
        }
    }

    /// A wrong bit here and there, sometimes several in one memory.
    #[test]
    fn intervals_hold_what_few_memories_err() {
        for (rate, more, memories) in [(0.01, 0.1, 100), (0.03, 0.3, 100), (0.05, 0.05, 100), (0.1, 0.5, 60)] {
            let (runs, mut held) = (2000, 0);
            // Events at a rate, each of a geometric number of bits.
            let truth = rate / (1.0 - more);
            for run in 0..runs {
                let mut rng = stream(14, "coverage", run);
                let mut uniform = || (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
                let mut memory = || {
                    let mut bits = 0.0;
                    if uniform() < rate {
                        bits += 1.0;
                        while uniform() < more {
                            bits += 1.0;
                        }
                    }
                    bits / 800.0
                };
                let fractions: Vec<f64> = (0..memories).map(|_| memory()).collect();
                let interval = of_memories(&fractions, 0.95);
                held += u32::from(interval.low <= truth / 800.0 && truth / 800.0 <= interval.high);
            }
            let held = f64::from(held) / runs as f64;
            assert!(held > 0.945, "{rate}, {more}: {held}");
        }
    }

    /// Memories of unlike error, from rare to common: the interval holds the mean as often as it says, or more.
    #[test]
    fn intervals_hold_the_truth_as_often_as_they_say() {
        for (rate, memories) in [(0.01, 200), (0.1, 200), (0.5, 50), (0.97, 200)] {
            let (runs, mut held) = (2000, 0);
            for run in 0..runs {
                let mut rng = stream(11, "coverage", run);
                let mut uniform = || (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
                // A memory errs at the rate, and then in a uniform share of its bits.
                let fractions: Vec<f64> =
                    (0..memories).map(|_| if uniform() < rate { uniform() } else { 0.0 }).collect();
                let interval = of_memories(&fractions, 0.95);
                held += u32::from(interval.low <= rate / 2.0 && rate / 2.0 <= interval.high);
            }
            let held = f64::from(held) / runs as f64;
            assert!(held > 0.935, "{rate}: {held}");
        }
    }
}
