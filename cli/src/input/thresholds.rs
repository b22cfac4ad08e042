//! Above what numbers are +1: given, or drawn from the keys of a memory.

use crate::args::BinarizeArg;
use crate::failure::{Failure, Result};

/// Bytes that counters of all positions may take at once.
const COUNTER_BYTES: usize = 1 << 29;

/// Classes by which Otsu's threshold divides.
const CLASSES: usize = 1 << 16;

/// Above what a number is +1; at it, or below, it is −1.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    method: BinarizeArg,
    /// One for all positions, or one each.
    each: Vec<f64>,
}

impl Thresholds {
    /// Those of a method that needs no keys.
    pub fn constant(method: BinarizeArg) -> Option<Self> {
        method.constant().map(|threshold| Self { method, each: vec![threshold] })
    }

    /// Those by which ±1 are what they are.
    pub fn of_signs() -> Self {
        Self { method: BinarizeArg::Sign, each: vec![0.0] }
    }

    pub fn method(&self) -> BinarizeArg {
        self.method
    }

    /// How many there are: one for all positions, or one each.
    pub fn len(&self) -> usize {
        self.each.len()
    }

    /// Those that are noted in `text`, as [`Self::note`] writes them.
    pub fn noted(method: BinarizeArg, text: &str) -> Option<Self> {
        let each: Option<Vec<f64>> = text.split(' ').map(|number| number.parse().ok()).collect();
        each.map(|each| Self { method, each })
    }

    /// The numbers, to be noted; `None` where the method tells them.
    pub fn note(&self) -> Option<String> {
        let text = |each: &[f64]| each.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
        self.method.constant().is_none().then(|| text(&self.each))
    }

    /// In words that follow what the numbers are.
    pub fn in_words(&self) -> String {
        match self.method {
            BinarizeArg::Sign => "above 0".into(),
            BinarizeArg::Mean => "above the mean of each position".into(),
            BinarizeArg::Median => "above the median of each position".into(),
            BinarizeArg::Otsu => format!("above {} (otsu)", self.of(0)),
            BinarizeArg::Above(number) => format!("above {number}"),
        }
    }

    /// The threshold of a position.
    pub fn of(&self, position: usize) -> f64 {
        self.each[if self.each.len() == 1 { 0 } else { position }]
    }
}

/// The thresholds that a method draws from the numbers of all files that hold any; `None` where none does, as where all
/// hold ±1 alone. `each` opens one file after the other and shows all of its numbers.
pub fn thresholds_of(method: BinarizeArg, keys: &mut impl Keys) -> Result<Option<Thresholds>> {
    if method.constant().is_some() {
        return Ok(Thresholds::constant(method));
    }
    let (mut rows, mut dim) = (0u64, 0);
    let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
    keys.each(&mut |row| {
        dim = row.len();
        rows += 1;
        row.iter().for_each(|&number| (least, greatest) = (least.min(number), greatest.max(number)));
        Ok(())
    })?;
    if rows == 0 {
        return Ok(None);
    }
    let each = match method {
        BinarizeArg::Mean => means(rows, dim, keys)?,
        BinarizeArg::Median => medians(rows, dim, keys)?,
        _ => vec![otsu(least, greatest, keys)?],
    };
    Ok(Some(Thresholds { method, each }))
}

/// Rows of numbers that are shown as often as asked, in one order.
pub trait Keys {
    /// Shows `see` every row.
    fn each(&mut self, see: &mut dyn FnMut(&[f64]) -> Result<()>) -> Result<()>;
    /// An error of all files together.
    fn failure(&self, message: String) -> Failure;
}

/// Room for `len` of these.
fn room<T: Clone>(len: usize, of: T) -> Result<Vec<T>> {
    let mut room = Vec::new();
    let bytes = len.saturating_mul(size_of::<T>());
    let reserved = room.try_reserve_exact(len);
    reserved.map_err(|_| Failure::Resource(format!("thresholds: out of memory: {bytes} bytes of counters")))?;
    room.resize(len, of);
    Ok(room)
}

/// The mean of each position, rounded once or twice: what additions lose is added up beside (Neumaier 1974).
fn means(rows: u64, dim: usize, keys: &mut impl Keys) -> Result<Vec<f64>> {
    let mut sums = room(dim, (0.0f64, 0.0f64))?;
    keys.each(&mut |row| {
        for ((sum, lost), &number) in sums.iter_mut().zip(row) {
            let next = *sum + number;
            *lost += if sum.abs() >= number.abs() { (*sum - next) + number } else { (number - next) + *sum };
            *sum = next;
        }
        Ok(())
    })?;
    let means: Vec<f64> = sums.iter().map(|(sum, lost)| (sum + lost) / rows as f64).collect();
    match means.iter().position(|mean| !mean.is_finite()) {
        Some(at) => {
            Err(keys.failure(format!("position {at}: expected numbers whose sum is one, found them too large")))
        }
        None => Ok(means),
    }
}

/// Where a number stands in the order of all.
fn rank_of(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// The number that stands there.
fn number_of(rank: u64) -> f64 {
    f64::from_bits(if rank >> 63 == 1 { rank & !(1 << 63) } else { !rank })
}

/// The median of each position: the middle one of its numbers, or the mean of both. Digit by digit, the numbers are counted
/// by the next digit of those that begin alike, so that none is kept.
fn medians(rows: u64, dim: usize, keys: &mut impl Keys) -> Result<Vec<f64>> {
    let fits = |&digit: &u32| dim.saturating_mul(8 << digit) <= COUNTER_BYTES && 1 << digit <= rows.max(2);
    let digit = [16, 8, 4, 2].into_iter().find(fits).unwrap_or(1);
    let mut counts = room(dim << digit, 0u64)?;
    // Of the lower one of the middle two: the digits so far, and how many of those that begin so stand before it.
    let mut found = room(dim, (0u64, (rows - 1) / 2))?;
    for known in (0..64).step_by(digit as usize) {
        counts.fill(0);
        keys.each(&mut |row| {
            for (j, &number) in row.iter().enumerate() {
                let rank = rank_of(number);
                let begins = if known == 0 { 0 } else { rank >> (64 - known) };
                if begins == found[j].0 {
                    let next = rank << known >> (64 - digit);
                    counts[(j << digit) + next as usize] += 1;
                }
            }
            Ok(())
        })?;
        for (j, (begins, before)) in found.iter_mut().enumerate() {
            let of_digit = &counts[j << digit..(j + 1) << digit];
            let next = of_digit.iter().position(|&count| {
                let here = *before < count;
                *before -= if here { 0 } else { count };
                here
            });
            *begins = *begins << digit | next.unwrap_or_default() as u64;
        }
    }
    drop(counts);
    let lower: Vec<f64> = found.iter().map(|&(rank, _)| number_of(rank)).collect();
    if rows % 2 == 1 {
        return Ok(lower);
    }
    // The upper one is the lower one again, or the least number above.
    let mut upper = room(dim, (0u64, f64::INFINITY))?;
    keys.each(&mut |row| {
        for ((&number, &lower), (up_to, above)) in row.iter().zip(&lower).zip(&mut upper) {
            *up_to += u64::from(number <= lower);
            *above = if number > lower { above.min(number) } else { *above };
        }
        Ok(())
    })?;
    let both =
        |(&lower, (up_to, above)): (&f64, (u64, f64))| if up_to > rows / 2 { lower } else { between(lower, above) };
    Ok(lower.iter().zip(upper).map(both).collect())
}

/// The middle of two numbers that ascend, always below the greater one.
fn between(lower: f64, upper: f64) -> f64 {
    let middle = match lower + upper {
        sum if sum.is_finite() => sum / 2.0,
        _ => lower / 2.0 + upper / 2.0,
    };
    if middle < upper { middle } else { lower }
}

/// What divides all numbers so that the variance between both classes is largest (Otsu 1979), in the middle between
/// the classes. Of 65,536 steps from the least number to the greatest those that hold any are tried.
fn otsu(least: f64, greatest: f64, keys: &mut impl Keys) -> Result<f64> {
    let (range, last) = (greatest - least, (CLASSES - 1) as f64);
    if least == greatest {
        return Err(keys.failure(format!("--binarize otsu: every number is {least}: expected some to divide")));
    }
    if !(range * last).is_finite() {
        return Err(keys.failure("--binarize otsu: expected numbers nearer to one another".into()));
    }
    /// Numbers of one step.
    #[derive(Clone, Copy)]
    struct Step {
        count: u64,
        sum: f64,
        least: f64,
        greatest: f64,
    }
    let mut steps = room(CLASSES, Step { count: 0, sum: 0.0, least: f64::INFINITY, greatest: f64::NEG_INFINITY })?;
    keys.each(&mut |row| {
        for &number in row {
            // Whole numbers of so small a range have a step each, since the product is exact.
            let step = &mut steps[(((number - least) * last / range) as usize).min(CLASSES - 1)];
            step.count += 1;
            step.sum += number - least;
            step.least = step.least.min(number);
            step.greatest = step.greatest.max(number);
        }
        Ok(())
    })?;
    let steps: Vec<&Step> = steps.iter().filter(|step| step.count > 0).collect();
    let all = steps.iter().fold((0.0, 0.0), |all, step| (all.0 + step.count as f64, all.1 + step.sum));
    let (mut below, mut best) = ((0.0, 0.0), (f64::NEG_INFINITY, least));
    for pair in steps.windows(2) {
        below = (below.0 + pair[0].count as f64, below.1 + pair[0].sum);
        let apart = below.1 / below.0 - (all.1 - below.1) / (all.0 - below.0);
        let variance = (below.0 / all.0) * ((all.0 - below.0) / all.0) * (apart / range) * (apart / range);
        if variance > best.0 {
            best = (variance, between(pair[0].greatest, pair[1].least));
        }
    }
    Ok(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Rows(Vec<Vec<f64>>);

    impl Keys for Rows {
        fn each(&mut self, see: &mut dyn FnMut(&[f64]) -> Result<()>) -> Result<()> {
            self.0.iter().try_for_each(|row| see(row))
        }

        fn failure(&self, message: String) -> Failure {
            Failure::input(message)
        }
    }

    /// Numbers of all sizes, some of them alike.
    fn rows(count: usize, dim: usize, seed: u64) -> Rows {
        let mut state = seed;
        let mut number = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let x = (state >> 40) as f64 / 1e7 - 0.8;
            match state >> 38 & 3 {
                0 => (4.0 * x).round(),
                1 => x * 1e-9,
                2 => x,
                _ => x * 1e12,
            }
        };
        Rows((0..count).map(|_| (0..dim).map(|_| number()).collect()).collect())
    }

    #[test]
    fn medians_are_those_of_sorted_numbers() {
        for count in [1, 2, 3, 4, 9, 10, 255, 256, 300] {
            let mut keys = rows(count, 7, count as u64);
            let found = thresholds_of(BinarizeArg::Median, &mut keys).unwrap().unwrap();
            for (j, &found) in found.each.iter().enumerate() {
                let mut column: Vec<f64> = keys.0.iter().map(|row| row[j]).collect();
                column.sort_by(f64::total_cmp);
                let (lower, upper) = (column[(count - 1) / 2], column[count / 2]);
                assert_eq!(found, (lower + upper) / 2.0, "{count} {j}");
            }
        }
    }

    #[test]
    fn middles_lie_below_the_greater() {
        assert_eq!(between(1.0, 1.0f64.next_up()), 1.0);
        assert_eq!(between(f64::MAX, f64::MAX), f64::MAX);
        assert_eq!(between(-f64::MAX, f64::MAX), 0.0);
        assert_eq!(between(103.0, 104.0), 103.5);
    }

    #[test]
    fn means_lose_nothing() {
        let mut keys = Rows([1e16, 1.0, 1.0, -1e16].map(|x| vec![x, 3.0]).into());
        assert_eq!(thresholds_of(BinarizeArg::Mean, &mut keys).unwrap().unwrap().each, [0.5, 3.0]);
        let mut keys = Rows(vec![vec![f64::MAX], vec![f64::MAX]]);
        assert!(thresholds_of(BinarizeArg::Mean, &mut keys).is_err());
    }

    /// Held to all thresholds, one by one.
    #[test]
    fn otsu_divides_best() {
        let greys: Vec<f64> = (0..200u32).map(|i| f64::from(i * i % 97 + if i % 3 == 0 { 120 } else { 0 })).collect();
        let variance = |threshold: f64| {
            let (dark, light): (Vec<f64>, Vec<f64>) = greys.iter().partition(|&&grey| grey <= threshold);
            let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
            if dark.is_empty() || light.is_empty() {
                return 0.0;
            }
            dark.len() as f64 * light.len() as f64 * (mean(&dark) - mean(&light)).powi(2)
        };
        let mut keys = Rows(greys.chunks(10).map(<[f64]>::to_vec).collect());
        let found = thresholds_of(BinarizeArg::Otsu, &mut keys).unwrap().unwrap().each;
        let most = (0..256).map(|grey| variance(f64::from(grey) + 0.5)).fold(0.0, f64::max);
        assert!(found.len() == 1 && variance(found[0]) > most * (1.0 - 1e-12), "{found:?}");
        // What is a thousandth, and moved, is divided at a thousandth, moved.
        keys.0.iter_mut().flatten().for_each(|grey| *grey = *grey / 1024.0 - 7.0);
        let moved = thresholds_of(BinarizeArg::Otsu, &mut keys).unwrap().unwrap().each;
        assert_eq!(moved, [found[0] / 1024.0 - 7.0]);
        let mut keys = Rows(vec![vec![3.0, 3.0]]);
        assert!(thresholds_of(BinarizeArg::Otsu, &mut keys).is_err());
    }

    #[test]
    fn what_is_noted_is_read_back() {
        let each = vec![0.1, -0.0, 1e-300, 2f64.powi(70), f64::MIN_POSITIVE / 4.0, -103.5];
        let thresholds = Thresholds { method: BinarizeArg::Mean, each };
        let note = thresholds.note().unwrap();
        assert_eq!(Thresholds::noted(BinarizeArg::Mean, &note), Some(thresholds));
        assert_eq!(Thresholds::noted(BinarizeArg::Mean, "1 x"), None);
    }
}
