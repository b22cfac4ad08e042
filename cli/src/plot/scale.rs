//! Scales: where numbers stand along an axis, and which of them are written there.

use super::pen::Letters;

/// An axis: what it is called and what it spans.
#[derive(Clone, Debug)]
pub struct Axis {
    pub name: String,
    pub low: f64,
    pub high: f64,
    pub logarithmic: bool,
    /// Nothing stands between whole numbers.
    pub whole: bool,
}

impl Axis {
    pub fn new(name: impl Into<String>, (low, high): (f64, f64)) -> Self {
        Self { name: name.into(), low, high, logarithmic: false, whole: false }
    }

    pub fn logarithmic(self, logarithmic: bool) -> Self {
        Self { logarithmic, ..self }
    }

    pub fn whole(self) -> Self {
        Self { whole: true, ..self }
    }
}

/// The ends of `values`, those that are finite; 0 to 1 if there are none.
pub fn ends(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let finite = values.into_iter().filter(|value| value.is_finite());
    let ends = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    if ends.0 > ends.1 { (0.0, 1.0) } else { ends }
}

/// From `low` to `high` with a margin on both sides.
pub fn with_margin((low, high): (f64, f64), logarithmic: bool) -> (f64, f64) {
    match logarithmic {
        true if high > low => {
            let factor = libm::pow(high / low, 0.03).max(1.05);
            (low / factor, high * factor)
        }
        true => (low / 2.0, high * 2.0),
        false if high > low => (low - 0.03 * (high - low), high + 0.03 * (high - low)),
        false => (low - 0.1 * low.abs().max(0.1), high + 0.1 * high.abs().max(0.1)),
    }
}

/// The decades that hold `low` to `high`.
pub fn decades((low, high): (f64, f64)) -> (f64, f64) {
    let (from, to) = (libm::floor(libm::log10(low) + 1e-9), libm::ceil(libm::log10(high) - 1e-9));
    (libm::pow(10.0, from), libm::pow(10.0, to.max(from + 1.0)))
}

/// An axis of a length.
#[derive(Clone, Debug)]
pub struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
    /// Numbers with what is written at them, ascending.
    pub ticks: Vec<(f64, String)>,
    /// Numbers between them that have a stroke of their own.
    pub minor: Vec<f64>,
}

impl Scale {
    /// Along `length` pixels from left to right, as many numbers as have room.
    pub fn across(axis: &Axis, length: f64, letters: Letters) -> Self {
        let crowded = |scale: &Self| {
            let spans: Vec<(f64, f64)> = (scale.ticks.iter())
                .map(|(value, words)| (scale.at(*value) * length, 0.5 * letters.width(words)))
                .collect();
            spans.windows(2).any(|pair| pair[0].0 + pair[0].1 + letters.size > pair[1].0 - pair[1].1)
        };
        let most = ((length / (4.0 * letters.size)) as usize).clamp(2, 12);
        (2..=most).rev().map(|most| Self::new(axis, most)).find(|scale| !crowded(scale)).unwrap_or_else(|| {
            let mut one = Self::new(axis, 2);
            one.ticks.truncate(1);
            one
        })
    }

    /// Along `length` pixels from below upwards.
    pub fn upwards(axis: &Axis, length: f64, letters: Letters) -> Self {
        Self::new(axis, ((length / (3.0 * letters.size)) as usize).clamp(2, 10))
    }

    fn new(axis: &Axis, most: usize) -> Self {
        let (mut low, mut high) = (axis.low, axis.high);
        if !(low.is_finite() && high.is_finite()) || axis.logarithmic && low <= 0.0 {
            (low, high) = if axis.logarithmic { (1.0, 10.0) } else { (0.0, 1.0) };
        }
        if high <= low {
            (low, high) = with_margin((low, low), axis.logarithmic);
        }
        let mut scale = Self { low, high, logarithmic: axis.logarithmic, ticks: Vec::new(), minor: Vec::new() };
        let values = match axis.logarithmic {
            true => scale.decades(most),
            false => steps(low, high, most, axis.whole),
        };
        let words = labels(&values, axis.logarithmic);
        scale.ticks = values.into_iter().zip(words).collect();
        scale
    }

    /// Where `value` stands: 0 at the beginning, 1 at the end; no number where a logarithm has no place for it.
    pub fn at(&self, value: f64) -> f64 {
        match self.logarithmic {
            true if value > 0.0 => libm::log(value / self.low) / libm::log(self.high / self.low),
            true => f64::NAN,
            false => (value - self.low) / (self.high - self.low),
        }
    }

    /// What stands at this share of the length.
    pub fn value(&self, share: f64) -> f64 {
        match self.logarithmic {
            true => self.low * libm::exp(share * libm::log(self.high / self.low)),
            false => self.low + share * (self.high - self.low),
        }
    }

    /// Numbers of a logarithmic axis: powers of ten, where there are few of these 2 and 5 times them, and where they too
    /// are few round steps.
    fn decades(&mut self, most: usize) -> Vec<f64> {
        let first = libm::floor(libm::log10(self.low)) as i32;
        let last = libm::ceil(libm::log10(self.high)) as i32;
        let (low, high) = (self.low * (1.0 - 1e-9), self.high * (1.0 + 1e-9));
        let times = |leads: &[u32]| -> Vec<f64> {
            let powers = (first..=last).flat_map(|power| leads.iter().map(move |&lead| (lead, power)));
            let values = powers.map(|(lead, power)| f64::from(lead) * libm::pow(10.0, power.into()));
            values.filter(|value| (low..=high).contains(value)).collect()
        };
        let powers = times(&[1]);
        let stride = powers.len().div_ceil(most.max(1)).max(1);
        if stride == 1 {
            self.minor = times(&[2, 3, 4, 5, 6, 7, 8, 9]);
        }
        let finer = times(&[1, 2, 5]);
        match powers.len() {
            0..3 if finer.len() <= most.max(3) && finer.len() > 2 => finer,
            0..2 => steps(self.low, self.high, most, false),
            _ => {
                // Those whose power the stride divides, so that 1 is among them.
                let whole = |value: &f64| (libm::round(libm::log10(*value)) as i64).rem_euclid(stride as i64) == 0;
                powers.into_iter().filter(whole).collect()
            }
        }
    }
}

/// Round numbers from `low` to `high`, no more than `most` of them unless so few pass over the range.
fn steps(low: f64, high: f64, most: usize, whole: bool) -> Vec<f64> {
    let mut finer = (most..most + 12).map(|most| round_steps(low, high, most, whole));
    finer.find(|values| !values.is_empty()).unwrap_or_default()
}

/// Round numbers from `low` to `high`, no more than `most` of them, or none.
fn round_steps(low: f64, high: f64, most: usize, whole: bool) -> Vec<f64> {
    let rough = (high - low) / most.max(1) as f64;
    let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|lead| lead * power).find(|&step| step >= rough * (1.0 - 1e-9));
    let step = step.unwrap_or(rough);
    let step = if whole { step.ceil().max(1.0) } else { step };
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    (0..=(last - first).clamp(-1.0, 1e3) as i64).map(|k| (first + k as f64) * step).filter(|_| last >= first).collect()
}

/// The numbers in words, all in one manner.
fn labels(values: &[f64], logarithmic: bool) -> Vec<String> {
    let largest = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    let smallest =
        values.iter().filter(|&&value| value != 0.0).fold(f64::INFINITY, |least, value| least.min(value.abs()));
    let plain = if logarithmic { smallest >= 1e-3 && largest < 1e5 } else { (1e-3..1e6).contains(&largest) };
    if !plain && largest > 0.0 {
        return values.iter().map(|&value| power_of_ten(value)).collect();
    }
    let step = values.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    let places = |of: f64| (-libm::floor(libm::log10(of) + 1e-9)).clamp(0.0, 9.0) as usize;
    let shared = if step.is_finite() && step > 0.0 { places(step) } else { places(largest.max(1e-9)) };
    let of = |&value: &f64| number(value, if logarithmic { places(value) } else { shared });
    values.iter().map(of).collect()
}

/// A number with so many places behind the point, thousands apart.
fn number(value: f64, places: usize) -> String {
    let text = format!("{:.places$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && whole.len() > 4 && (whole.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign =
        if value < 0.0 && text.bytes().any(|digit| digit.is_ascii_digit() && digit != b'0') { "−" } else { "" };
    format!("{sign}{grouped}{rest}")
}

/// A number by powers of ten.
pub fn power_of_ten(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let exponent = libm::floor(libm::log10(value.abs()) + 1e-9);
    let lead = (100.0 * value.abs() / libm::pow(10.0, exponent)).round() / 100.0;
    // What rounds up to ten is one of the next power.
    let (lead, exponent) = if lead < 10.0 { (lead, exponent) } else { (1.0, exponent + 1.0) };
    let sign = if value < 0.0 { "−" } else { "" };
    let raised: String = exponent.to_string().chars().map(raise).collect();
    if lead == 1.0 { format!("{sign}10{raised}") } else { format!("{sign}{lead}·10{raised}") }
}

fn raise(letter: char) -> char {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    letter.to_digit(10).map_or('⁻', |digit| RAISED[digit as usize])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::plot::INK;

    fn words(axis: &Axis, most: usize) -> Vec<String> {
        Scale::new(axis, most).ticks.into_iter().map(|tick| tick.1).collect()
    }

    #[test]
    fn numbers_are_round_and_alike() {
        let linear = |low, high| words(&Axis::new("", (low, high)), 6);
        assert_eq!(linear(0.0, 1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(linear(-0.3, 0.31), ["−0.2", "0.0", "0.2"]);
        assert_eq!(linear(0.0, 31_000.0), ["0", "10,000", "20,000", "30,000"]);
        assert_eq!(linear(-2.5e7, 2.5e7), ["−2·10⁷", "−10⁷", "0", "10⁷", "2·10⁷"]);
        assert_eq!(linear(5.0, 5.0).len(), 5);
        let log = |low, high| words(&Axis::new("", (low, high)).logarithmic(true), 8);
        assert_eq!(log(1.0, 1e3), ["1", "10", "100", "1000"]);
        assert_eq!(log(1.0, 1e6), ["10⁰", "10¹", "10²", "10³", "10⁴", "10⁵", "10⁶"]);
        assert_eq!(log(3.0, 250.0), ["5", "10", "20", "50", "100", "200"]);
        assert_eq!(log(110.0, 170.0), ["110", "120", "130", "140", "150", "160", "170"]);
        assert_eq!(log(1e-12, 1.0), ["10⁻¹²", "10⁻¹⁰", "10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "10⁰"]);
        assert_eq!(log(0.004, 0.2), ["0.005", "0.01", "0.02", "0.05", "0.1", "0.2"]);
    }

    #[test]
    fn whole_axes_have_whole_numbers() {
        for high in [2.0, 3.0, 4.0, 17.0] {
            let scale = Scale::new(&Axis::new("", (0.9, high + 0.1)).whole(), 12);
            assert!(scale.ticks.iter().all(|(value, words)| value.fract() == 0.0 && !words.contains('.')), "{scale:?}");
            assert!(scale.ticks.len() > 1 && scale.ticks.len() <= 12);
        }
    }

    proptest! {
        #[test]
        fn written_numbers_stand_apart_inside_and_in_order(
            low in -1e9..1e9f64, span in 1e-6..1e9f64, length in 40.0..2000.0f64, logarithmic: bool, power in -9.0..9.0f64,
        ) {
            let (from, to) = if logarithmic {
                (10f64.powf(power), 10f64.powf(power) * (1.0 + span))
            } else {
                (low, low + span.max(1e-6 * low.abs()))
            };
            let letters = Letters::new(11.0, INK);
            let scale = Scale::across(&Axis::new("", (from, to)).logarithmic(logarithmic), length, letters);
            let spans: Vec<(f64, f64)> = (scale.ticks.iter())
                .map(|(value, words)| (scale.at(*value) * length, letters.width(words) / 2.0)).collect();
            prop_assert!(spans.iter().all(|span| (-0.01..=length + 0.01).contains(&span.0)), "{scale:?}");
            prop_assert!(spans.windows(2).all(|pair| pair[0].0 + pair[0].1 < pair[1].0 - pair[1].1), "{scale:?}");
            prop_assert!(!scale.ticks.is_empty(), "{scale:?}");
        }
    }

    #[test]
    fn a_range_between_two_round_numbers_has_one_all_the_same() {
        let axis = Axis::new("", (-950_859_526.4, -537_296_551.6));
        assert_eq!(Scale::across(&axis, 40.0, Letters::new(11.0, INK)).ticks.len(), 1);
    }
}
