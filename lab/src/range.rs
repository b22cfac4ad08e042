//! Ranges: the numbers along a curve, and how they are written.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// Numbers above 0 in order, and how they were written.
///
/// A text parses to a range: `0.02:0.2:0.005` is every number from the first to the last, which is among them where a
/// step meets it; `1e3:1e8:x10` grows by a factor; `0.1,0.138` is a list.
///
/// # Example
/// ```
/// use popfield_lab::Range;
/// let range: Range = "0.1:0.4:0.1".parse()?;
/// assert_eq!(range.values(), [0.1, 0.2, 0.3, 0.4]);
/// assert_eq!(range, Range::linear(0.1, 0.4, 0.1)?);
/// assert_eq!(Range::geometric(1.0, 8.0, 2.0)?.to_string(), "1:8:x2");
/// # Ok::<(), popfield_lab::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    values: Vec<f64>,
    geometric: bool,
    text: String,
}

/// The most numbers of a range.
const MOST: f64 = 100_000.0;

/// How ranges are written.
const SYNTAX: &str = "FIRST:LAST:STEP, FIRST:LAST:xFACTOR, or numbers with commas";

impl Range {
    /// These numbers.
    ///
    /// # Errors
    /// [`Error::Range`] if there is none, or one that is not above 0 and finite.
    pub fn list(values: &[f64]) -> Result<Self> {
        let text = values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        if values.is_empty() {
            return Err(refused("none"));
        }
        Self::held(values.to_vec(), false, text)
    }

    /// Every number from `first` to `last`, `step` apart; `last` is among them where a step meets it.
    ///
    /// # Errors
    /// [`Error::Range`] if a number is not above 0, `first` is above `last`, or there are more than 100,000 numbers.
    pub fn linear(first: f64, last: f64, step: f64) -> Result<Self> {
        Self::stepping(first, last, step, format!("{first}:{last}:{step}"))
    }

    /// Every number from `first` to `last`, each the one before times `factor`.
    ///
    /// # Errors
    /// [`Error::Range`] if a number is not above 0, `factor` is not above 1, `first` is above `last`, or there are more
    /// than 100,000 numbers.
    pub fn geometric(first: f64, last: f64, factor: f64) -> Result<Self> {
        Self::growing(first, last, factor, format!("{first}:{last}:x{factor}"))
    }

    /// The numbers, in the order in which they were given.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Whether they grow by a factor.
    pub fn is_geometric(&self) -> bool {
        self.geometric
    }

    fn stepping(first: f64, last: f64, step: f64, text: String) -> Result<Self> {
        in_order(first, last, &text)?;
        if step <= 0.0 || step.is_nan() {
            return Err(refused(&format!("{text}, whose step is not above 0")));
        }
        let steps = ((last - first) / step + 1e-9).floor();
        check_length(steps)?;
        // Rounded to the digits of the step, so that 0.02 + 0.005·k is what it looks like.
        let digits = 10f64.powi((12 - step.log10().floor() as i32).clamp(0, 15));
        let at = |k: u32| match k {
            0 => first,
            k => ((first + step * f64::from(k)) * digits).round() / digits,
        };
        Self::held((0..=steps as u32).map(at).collect(), false, text)
    }

    fn growing(first: f64, last: f64, factor: f64, text: String) -> Result<Self> {
        in_order(first, last, &text)?;
        if factor <= 1.0 || factor.is_nan() || first <= 0.0 {
            return Err(refused(&format!("{text}: a factor is above 1, and grows numbers above 0")));
        }
        let steps = (libm::log(last / first) / libm::log(factor) + 1e-9).floor();
        check_length(steps)?;
        Self::held((0..=steps as i32).map(|k| first * factor.powi(k)).collect(), true, text)
    }

    fn held(values: Vec<f64>, geometric: bool, text: String) -> Result<Self> {
        if let Some(value) = values.iter().find(|value| !(**value > 0.0 && value.is_finite())) {
            return Err(refused(&format!("{text}, which holds {value}: expected numbers above 0")));
        }
        Ok(Self { values, geometric, text })
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for Range {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |part: &str| match part.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(refused(&format!("{part:?}, which is no number"))),
        };
        let parts: Vec<&str> = text.split(':').collect();
        let own = text.to_owned();
        match parts[..] {
            [list] if !list.trim().is_empty() => {
                Self::held(list.split(',').map(number).collect::<Result<Vec<f64>>>()?, false, own)
            }
            [first, last, step] => {
                let (first, last) = (number(first)?, number(last)?);
                in_order(first, last, text)?;
                match step.trim().strip_prefix('x') {
                    None => Self::stepping(first, last, number(step)?, own),
                    Some(factor) => Self::growing(first, last, number(factor)?, own),
                }
            }
            _ => Err(refused(&format!("{text:?}"))),
        }
    }
}

fn refused(found: &str) -> Error {
    Error::Range { expected: SYNTAX.to_owned(), found: found.to_owned() }
}

fn in_order(first: f64, last: f64, text: &str) -> Result<()> {
    match first.partial_cmp(&last) {
        Some(std::cmp::Ordering::Less | std::cmp::Ordering::Equal) => Ok(()),
        _ => Err(refused(&format!("{text}, whose first is above its last"))),
    }
}

/// Refuses what is too long; a length that is no number too.
fn check_length(steps: f64) -> Result<()> {
    if steps + 1.0 <= MOST {
        return Ok(());
    }
    Err(Error::Range { expected: format!("at most {MOST} numbers"), found: format!("{:.0}", steps + 1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Result<Range> {
        text.parse()
    }

    #[test]
    fn both_ends_are_met() {
        let values = range("0.02:0.20:0.005").unwrap().values;
        assert_eq!((values.len(), values[0], values[1], values[36]), (37, 0.02, 0.025, 0.2));
        assert_eq!(range("1:2:0.4").unwrap().values, [1.0, 1.4, 1.8]);
        assert_eq!(range("1:2:0.41").unwrap().values, [1.0, 1.41, 1.82]);
        assert_eq!(range("5:5:1").unwrap().values, [5.0]);
        assert_eq!(range("5:5:1e-300").unwrap().values, [5.0]);
        assert_eq!(range("1:1:1e14").unwrap().values, [1.0]);
        assert_eq!(range("1:1500:x1000").unwrap().values, [1.0, 1000.0]);
        assert_eq!(range("1:900:x1000").unwrap().values, [1.0]);
        assert_eq!(range("1e3:4e7:x10").unwrap().values, [1e3, 1e4, 1e5, 1e6, 1e7]);
        assert_eq!(range("0.1, 0.138").unwrap().values, [0.1, 0.138]);
        let grown = range("1e3:1e8:x10").unwrap();
        assert!(grown.is_geometric());
        assert_eq!(grown.values, [1e3, 1e4, 1e5, 1e6, 1e7, 1e8]);
        assert_eq!(range("1:9:x2").unwrap().values, [1.0, 2.0, 4.0, 8.0]);
        assert_eq!(grown.to_string(), "1e3:1e8:x10");
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for (text, word) in [
            ("", "found \"\""),
            (" ", "found \" \""),
            ("a", "no number"),
            ("0.1,", "no number"),
            ("1:2", "found \"1:2\""),
            ("1:2:3:4", "found"),
            ("0.2:0.1:0.05", "first is above its last"),
            ("0.1:0.2:0", "step is not above 0"),
            ("0.1:0.2:-0.05", "step is not above 0"),
            ("NaN", "no number"),
            ("0.1:nan:0.1", "no number"),
            ("0.1:0.2:NaN", "no number"),
            ("inf", "no number"),
            ("1:10:x1", "factor"),
            ("1:10:xx", "no number"),
            ("0:10:x2", "factor"),
            ("0:1:0.1", "above 0"),
            ("-1", "above 0"),
            ("0:1e9:1e-3", "at most"),
        ] {
            let message = range(text).unwrap_err().to_string();
            assert!(message.contains(word), "{text:?}: {message}");
            assert!(message.contains("expected") && message.contains("found"), "{text:?}: {message}");
        }
    }

    #[test]
    fn numbers_make_the_ranges_that_texts_of_them_are() {
        for (made, text) in [
            (Range::linear(0.2, 0.5, 0.03), "0.2:0.5:0.03"),
            (Range::geometric(16.0, 8192.0, 2.0), "16:8192:x2"),
            (Range::list(&[0.05, 0.138, 1.0]), "0.05,0.138,1"),
        ] {
            let made = made.unwrap();
            assert_eq!(made.to_string(), text);
            assert_eq!(made, range(text).unwrap());
        }
        for refused in [
            Range::list(&[]),
            Range::list(&[0.1, f64::NAN]),
            Range::linear(f64::NAN, 1.0, 0.1),
            Range::linear(0.1, f64::INFINITY, 0.1),
            Range::linear(0.1, 1.0, f64::NAN),
            Range::geometric(1.0, 2.0, f64::NAN),
            Range::geometric(1.0, f64::INFINITY, 2.0),
            Range::geometric(2.0, 1.0, 2.0),
        ] {
            assert!(matches!(refused, Err(Error::Range { .. })), "{refused:?}");
        }
    }
}
