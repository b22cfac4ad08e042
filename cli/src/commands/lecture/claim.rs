//! What a claim is: what it says, what shows it, and what was found.

use popfield_lab::Interval;

use super::plate::Plate;
use super::teacher::Teacher;
use crate::failure::Result;

/// A station on the way: claims that belong together.
///
/// Texts are in the [markup](super::markup) of the lecture.
pub struct Section {
    /// Its anchor on the page.
    pub id: &'static str,
    pub title: &'static str,
    /// Where it comes from and where it leads.
    pub lead: &'static str,
    pub claims: &'static [Claim],
    pub exercises: &'static [Exercise],
}

/// What a reader may try, with the answer.
pub struct Exercise {
    pub task: &'static str,
    pub answer: &'static str,
}

/// One claim of the theory.
pub struct Claim {
    /// Its anchor on the page, and its name for programs.
    pub id: &'static str,
    pub title: &'static str,
    /// What to think of, before the claim.
    pub lead: &'static str,
    /// The claim itself, in a line.
    pub statement: &'static str,
    /// Why it is so, step by step.
    pub derivation: &'static [&'static str],
    /// What the usual lecture notes have otherwise.
    pub correction: Option<&'static str>,
    pub source: &'static str,
    /// Measures what it says.
    pub show: fn(&Teacher) -> Result<Shown>,
}

/// A claim with what was found.
pub struct Shown {
    /// Lines of a shell that show it.
    pub commands: Vec<String>,
    /// Where its figures are in what these print, and what they do not print.
    pub note: Option<String>,
    pub figures: Vec<Row>,
    pub plates: Vec<Plate>,
}

/// A section with its claims, shown.
pub type Taught = (&'static Section, Vec<(&'static Claim, Shown)>);

/// One figure beside what theory says of it.
pub struct Row {
    pub what: String,
    pub predicted: Predicted,
    pub measured: Measured,
}

/// What theory says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Predicted {
    /// This, at the sizes measured.
    Value(f64),
    /// This as sizes grow.
    Limit(f64),
    /// Nearly this: a stated approximation at the sizes measured.
    About(f64),
    AtMost(f64),
    AtLeast(f64),
    /// Between these.
    Between(f64, f64),
    /// Nothing in numbers.
    Nothing,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measured {
    /// A statistic, with its interval.
    Estimate(Interval),
    /// A number that is what it is.
    Number(f64),
    /// So many of so many.
    Count(u64, u64),
}

impl Row {
    pub fn new(what: impl Into<String>, predicted: Predicted, measured: Measured) -> Self {
        Self { what: what.into(), predicted, measured }
    }

    /// A statistic beside its prediction.
    pub fn estimate(what: impl Into<String>, predicted: Predicted, interval: Interval) -> Self {
        Self::new(what, predicted, Measured::Estimate(interval))
    }
}

impl Shown {
    pub fn new(commands: Vec<String>) -> Self {
        Self { commands, note: None, figures: Vec::new(), plates: Vec::new() }
    }

    /// Says what stands below the commands.
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    pub fn row(mut self, row: Row) -> Self {
        self.figures.push(row);
        self
    }

    pub fn rows(mut self, rows: impl IntoIterator<Item = Row>) -> Self {
        self.figures.extend(rows);
        self
    }

    /// Adds a figure with its legend and caption.
    pub fn plate(mut self, plate: Plate) -> Self {
        self.plates.push(plate);
        self
    }

    pub fn plates(mut self, plates: impl IntoIterator<Item = Plate>) -> Self {
        self.plates.extend(plates);
        self
    }
}

impl Predicted {
    /// In words.
    pub fn text(self) -> String {
        match self {
            Self::Value(value) => number(value),
            Self::Limit(value) => format!("$\\to$ {}", number(value)),
            Self::About(value) => format!("$\\approx$ {}", number(value)),
            Self::AtMost(value) => format!("$\\le$ {}", number(value)),
            Self::AtLeast(value) => format!("$\\ge$ {}", number(value)),
            Self::Between(low, high) => format!("{} to {}", number(low), number(high)),
            Self::Nothing => "–".into(),
        }
    }

    /// Its kind, for programs.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Value(_) => "value",
            Self::Limit(_) => "limit",
            Self::About(_) => "about",
            Self::AtMost(_) => "at-most",
            Self::AtLeast(_) => "at-least",
            Self::Between(..) => "between",
            Self::Nothing => "nothing",
        }
    }

    /// Its ends: one number twice, or one of them open.
    pub fn ends(self) -> (Option<f64>, Option<f64>) {
        match self {
            Self::Value(value) | Self::Limit(value) | Self::About(value) => (Some(value), Some(value)),
            Self::AtMost(value) => (None, Some(value)),
            Self::AtLeast(value) => (Some(value), None),
            Self::Between(low, high) => (Some(low), Some(high)),
            Self::Nothing => (None, None),
        }
    }
}

impl Measured {
    /// How many of them are so.
    pub fn count(of: impl Iterator<Item = bool>) -> Self {
        let (yes, all) = of.fold((0, 0), |(yes, all), is| (yes + u64::from(is), all + 1));
        Self::Count(yes, all)
    }

    /// The figure, in words.
    pub fn text(self) -> String {
        match self {
            Self::Estimate(Interval { value, .. }) | Self::Number(value) => number(value),
            Self::Count(count, all) => format!("{count} of {all}"),
        }
    }

    /// The interval, in words, where it has one.
    pub fn interval(self) -> String {
        match self {
            Self::Estimate(Interval { low, high, .. }) => format!("{} to {}", rounded(low, 3), rounded(high, 3)),
            Self::Number(_) | Self::Count(..) => String::new(),
        }
    }

    /// The figure and the ends of its interval.
    pub fn numbers(self) -> (f64, Option<(f64, f64)>) {
        match self {
            Self::Estimate(Interval { value, low, high }) => (value, Some((low, high))),
            Self::Number(value) => (value, None),
            Self::Count(count, all) => (count as f64 / all as f64, None),
        }
    }
}

/// A number to four digits, or as a whole number where it is one.
pub fn number(value: f64) -> String {
    rounded(value, 4)
}

/// The same to so many digits.
pub fn rounded(value: f64, digits: i32) -> String {
    let size = value.abs();
    match size {
        _ if !value.is_finite() => value.to_string(),
        0.0 => "0".into(),
        _ if value.fract() == 0.0 && size < 1e6 => format!("{value:.0}").replace('-', "−"),
        size if !(1e-3..1e6).contains(&size) => {
            let text = format!("{value:.*e}", (digits - 1).max(0) as usize);
            let (lead, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            format!("${lead}\\cdot10^{{{exponent}}}$")
        }
        size => {
            let whole = libm::floor(libm::log10(size)) as i32 + 1;
            let decimals = (digits - whole).clamp(0, 6) as usize;
            format!("{value:.decimals$}").replace('-', "−")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_have_three_digits() {
        let interval = Measured::Estimate(Interval { value: 0.03, low: 0.0062301, high: 1234.5 });
        assert_eq!(interval.interval(), "0.00623 to 1234");
    }

    #[test]
    fn numbers_have_four_digits_or_are_whole() {
        for (value, text) in [
            (0.0, "0"),
            (138.0, "138"),
            (-3.0, "−3"),
            (0.0034211, "0.003421"),
            (0.09801, "0.09801"),
            (0.999557, "0.9996"),
            (23.083, "23.08"),
            (1234.56, "1235"),
            (2.5e-7, r"$2.500\cdot10^{-7}$"),
            (8.886e6, r"$8.886\cdot10^{6}$"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
