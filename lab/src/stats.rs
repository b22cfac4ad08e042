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
//!
//! Where it is known how much the queries of one memory hang together, as it is of a single step, each of them counts,
//! divided by the *design effect*: so many queries tell as much as one independent one (Kish 1965). Then a few memories
//! already make an interval, and errors are few where few queries err; proportions are bounded by Clopper and Pearson's
//! interval at that effective number (Korn and Graubard 1998).

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
    clopper_pearson(successes as f64, trials as f64, confidence)
}

/// The same of numbers that need not be whole, as effective ones are not.
fn clopper_pearson(s: f64, n: f64, confidence: f64) -> Interval {
    let tail = (1.0 - confidence) / 2.0;
    let low = if s <= 0.0 { 0.0 } else { root(|p| beta(s, n - s + 1.0, p, 1.0 - p) < tail) };
    let high = if s >= n { 1.0 } else { 1.0 - root(|q| beta(n - s, s + 1.0, q, 1.0 - q) < tail) };
    Interval { value: if n == 0.0 { f64::NAN } else { s / n }, low, high }
}

/// The mean of a fraction in [0, 1] of which each query gives one, where the variance of the mean is known to be at most
/// `design_effect` times what it would be if queries were independent. `memories` are the queries of each, by their
/// fraction and how many of them have it.
pub fn of_queries(memories: &[Vec<(f64, u64)>], design_effect: f64, confidence: f64) -> Interval {
    let all = || memories.iter().flatten().copied();
    let sum = |of: &dyn Fn(f64) -> f64| all().map(|(x, queries)| queries as f64 * of(x)).sum::<f64>();
    let (queries, value) = (sum(&|_| 1.0), sum(&|x| x) / sum(&|_| 1.0));
    let effective = queries / design_effect.max(1.0);
    let binary = all().all(|(x, _)| x == 0.0 || x == 1.0);
    let few = |erring: f64| erring < FEW as f64;
    let (erring, failing) = (sum(&|x| f64::from(u8::from(x > 0.0))), sum(&|x| f64::from(u8::from(x < 1.0))));
    if binary && (few(erring) || few(failing) || few(memories.len() as f64) || design_effect <= 1.0) {
        return clopper_pearson(value * effective, effective, confidence);
    }
    let mut interval = if few(memories.len() as f64) {
        let variance = sum(&|x| (x - value).powi(2)) / (queries - 1.0).max(1.0);
        let reach = if effective > 1.0 {
            student(effective - 1.0, confidence) * (variance / effective).sqrt()
        } else {
            f64::INFINITY
        };
        Interval { value, low: value - reach, high: value + reach }
    } else {
        let means = memories.iter().map(|memory| {
            let queries: u64 = memory.iter().map(|entry| entry.1).sum();
            memory.iter().map(|&(x, queries)| x * queries as f64).sum::<f64>() / queries as f64
        });
        mean(&means.collect::<Vec<_>>(), confidence)
    };
    // From either end of [0, 1]: how many queries are away from it, and how far.
    let away = |count: f64, from: &dyn Fn(f64) -> f64| {
        let share = clopper_pearson(count / queries * effective, effective, confidence);
        let seen = all().map(|(x, _)| from(x)).filter(|&x| x > 0.0);
        few(count).then(|| scarce(share, seen, count as u64, 1.0, confidence))
    };
    if let Some((low, high)) = away(erring, &|x| x) {
        interval = Interval { low: interval.low.min(low), high: interval.high.max(high), ..interval };
    }
    if let Some((low, high)) = away(failing, &|x| 1.0 - x) {
        interval = Interval { low: interval.low.min(1.0 - high), high: interval.high.max(1.0 - low), ..interval };
    }
    Interval { low: interval.low.max(0.0), high: interval.high.min(1.0), ..interval }
}

/// The mean of a fraction in [0, 1] of which each memory gives one, with the bounds of this module where few err.
pub fn of_memories(fractions: &[f64], confidence: f64) -> Interval {
    let mut interval = errors(fractions, confidence);
    if fractions.iter().all(|&x| x == 0.0 || x == 1.0) {
        return interval;
    }
    // From the other end of [0, 1] likewise.
    if let Some((low, high)) = rare(fractions.iter().map(|x| 1.0 - x), 1.0, confidence) {
        interval = Interval { low: interval.low.min(1.0 - high), high: interval.high.max(1.0 - low), ..interval };
    }
    Interval { low: interval.low.max(0.0), high: interval.high.min(1.0), ..interval }
}

/// The mean of fractions in [0, 1] of which few may differ from 0.
fn errors(fractions: &[f64], confidence: f64) -> Interval {
    if fractions.iter().all(|&x| x == 0.0 || x == 1.0) {
        let all = fractions.iter().filter(|&&x| x == 1.0).count();
        return proportion(all as u64, fractions.len() as u64, confidence);
    }
    let interval = mean(fractions, confidence);
    let (low, high) = rare(fractions.iter().copied(), 1.0, confidence).unwrap_or((interval.low, interval.high));
    Interval { low: interval.low.min(low).max(0.0), high: interval.high.max(high).min(1.0), ..interval }
}

/// The mean of fractions in [0, 1] that are each the sum of a usual part and of one that few memories have, which may be
/// as large as `worst` though none was seen to have it.
pub fn of_two_kinds(usual: &[f64], seldom: &[f64], worst: f64, confidence: f64) -> Interval {
    let sums: Vec<f64> = usual.iter().zip(seldom).map(|(a, b)| a + b).collect();
    let together = errors(&sums, confidence);
    let Some((low, high)) = rare(seldom.iter().copied(), worst, confidence) else { return together };
    let unseen = |numbers: &[f64]| numbers.iter().all(|&x| x == 0.0);
    // Where a part was not seen, the bound on the other is one on both.
    let (from, to) = match (unseen(usual), errors(usual, confidence)) {
        (true, _) => (low, high),
        (false, apart) => (apart.low + low, apart.high + high),
    };
    let to = if unseen(seldom) { to } else { to.max(together.high) };
    Interval { value: together.value, low: from.min(together.low).max(0.0), high: to.min(1.0) }
}

/// Bounds on the mean of non-negative `numbers` of which few are not 0; `None` if more are.
fn rare(numbers: impl Iterator<Item = f64> + Clone, worst: f64, confidence: f64) -> Option<(f64, f64)> {
    let erring = numbers.clone().filter(|&x| x > 0.0);
    let count = erring.clone().count() as u64;
    let memories = numbers.count() as u64;
    let share = proportion(count, memories, confidence);
    // Of few memories half are not few.
    (count < FEW.min(memories.div_ceil(2))).then(|| scarce(share, erring, count, worst, confidence))
}

/// Bounds on a mean of numbers of which this share is not 0. Where none was `seen` that errs, one may err by `worst`. Else
/// the worst of the `count` seen stands for what one errs, and twice that for one in so many as could have been missed.
fn scarce(share: Interval, seen: impl Iterator<Item = f64>, count: u64, worst: f64, confidence: f64) -> (f64, f64) {
    let (low, high) = seen.fold((f64::INFINITY, 0.0f64), |(low, high), x| (low.min(x), high.max(x)));
    match count {
        0 => (0.0, share.high * worst),
        _ => {
            let highest = (high * (1.0 + proportion(0, count, confidence).high)).min(worst.max(high));
            (share.low * low, share.high * highest)
        }
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
        // No fraction is above the worst there is.
        assert!(of_memories(&[[1.0; 3].as_slice(), &[0.5]].concat(), 0.95).high <= 1.0);
        // Of two kinds, where the larger is at most a half: seen or not.
        let neither = of_two_kinds(&[0.0; 100], &[0.0; 100], 0.5, 0.95);
        assert!((neither.high - 0.0181).abs() < 1e-4 && neither.low == 0.0, "{neither:?}");
        let small = of_two_kinds(&[0.01; 100], &[0.0; 100], 0.5, 0.95);
        assert!((small.high - 0.0281).abs() < 1e-4 && (small.low - 0.01).abs() < 1e-12, "{small:?}");
        assert!(mean(&[0.3], 0.95).high.is_infinite());
    }

    #[test]
    fn queries_count_by_their_design_effect() {
        // Ten memories of 64 queries, none of which errs, by themselves and in pairs.
        let none = vec![vec![(0.0, 64)]; 10];
        let [apart, paired] = [1.0, 2.0].map(|effect| of_queries(&none, effect, 0.95));
        assert_eq!(apart, proportion(0, 640, 0.95));
        assert_eq!(paired, proportion(0, 320, 0.95));
        // One that errs; as many as make no difference; one memory.
        let mut one = none.clone();
        one[3] = vec![(0.0, 63), (1.0, 1)];
        let one = of_queries(&one, 2.0, 0.95);
        assert!(one.low > 0.0 && one.high < 0.015 && one.value == 1.0 / 640.0, "{one:?}");
        let sixteen = of_queries(&vec![vec![(0.15, 32), (0.17, 32)]; 10], 2.0, 0.95);
        assert!((sixteen.value - 0.16).abs() < 1e-12 && sixteen.high - sixteen.low < 0.0025, "{sixteen:?}");
        let single = of_queries(&[vec![(0.0, 32), (1.0, 32)]], 1.5, 0.95);
        assert!(single.low > 0.33 && single.high < 0.67, "{single:?}");
        assert_eq!(of_queries(&[vec![(0.3, 1)]], 1.0, 0.95), Interval { value: 0.3, low: 0.0, high: 1.0 });
        // A hundred memories are told by themselves, however much they differ from one another.
        let unlike: Vec<_> = (0..100).map(|memory| vec![(f64::from(memory % 2), 64)]).collect();
        let unlike = of_queries(&unlike, 2.0, 0.95);
        assert!((unlike.high - 0.6).abs() < 0.001, "{unlike:?}");
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

    /// A few memories, some of whose runs are lost: however many are.
    #[test]
    fn intervals_of_a_few_memories_hold_what_is_lost() {
        for rate in [0.02, 0.1, 0.3, 0.6, 0.9] {
            let (runs, memories, asked, mut held) = (1000, 10, 4, 0);
            let truth = 0.996 * 0.004 * (1.0 - rate) + rate * 0.25;
            for run in 0..runs {
                let mut rng = stream(15, "coverage", run);
                let mut uniform = || (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
                let (mut usual, mut seldom) = (Vec::new(), Vec::new());
                for _ in 0..memories {
                    // Memories differ in how much they lose.
                    let here = if rate < 0.5 { 2.0 * rate * uniform() } else { 1.0 - 2.0 * (1.0 - rate) * uniform() };
                    let lost: Vec<bool> = (0..asked).map(|_| uniform() < here).collect();
                    let share = |of: &[f64]| of.iter().sum::<f64>() / f64::from(asked);
                    let kept: Vec<f64> =
                        lost.iter().map(|&lost| if lost { 0.0 } else { 0.996 * 0.008 * uniform() }).collect();
                    let gone: Vec<f64> =
                        lost.iter().map(|&lost| if lost { 0.1 + 0.3 * uniform() } else { 0.0 }).collect();
                    usual.push(share(&kept));
                    seldom.push(share(&gone));
                }
                let interval = of_two_kinds(&usual, &seldom, 0.5, 0.95);
                held += u32::from(interval.low <= truth && truth <= interval.high);
            }
            let held = f64::from(held) / runs as f64;
            assert!(held > 0.93, "{rate}: {held}");
        }
    }
}
