//! Ranges on the command line: where points stand.

use std::fmt;

/// Numbers in order, and how they were written.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    pub values: Vec<f64>,
    /// Whether they grow by a factor.
    pub geometric: bool,
    text: String,
}

/// The most numbers of a range.
const MOST: f64 = 100_000.0;

/// How ranges are written.
pub const SYNTAX: &str = "FIRST:LAST:STEP, FIRST:LAST:xFACTOR, or numbers with commas";

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `0.02:0.2:0.005` is every number from the first to the last, which is among them where a step meets it; `1e3:1e8:x10` grows by
/// a factor; `0.1,0.138` is a list.
pub fn range(text: &str) -> Result<Range, String> {
    let refused = |found: &str| Err(format!("expected {SYNTAX}, found {found}"));
    let number = |part: &str| match part.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(format!("expected {SYNTAX}, found {part:?}, which is no number")),
    };
    let parts: Vec<&str> = text.split(':').collect();
    let (values, geometric) = match parts[..] {
        [list] if !list.trim().is_empty() => (list.split(',').map(number).collect::<Result<Vec<f64>, _>>()?, false),
        [first, last, step] => {
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return refused(&format!("{text}, whose first is above its last"));
            }
            match step.trim().strip_prefix('x') {
                None => {
                    let step = number(step)?;
                    if step <= 0.0 {
                        return refused(&format!("{text}, whose step is not above 0"));
                    }
                    let steps = ((last - first) / step + 1e-9).floor();
                    check_length(steps)?;
                    // Rounded to the digits of the step, so that 0.02 + 0.005·k is what it looks like.
                    let digits = 10f64.powi((12 - step.log10().floor() as i32).clamp(0, 15));
                    let at = |k: u32| match k {
                        0 => first,
                        k => ((first + step * f64::from(k)) * digits).round() / digits,
                    };
                    ((0..=steps as u32).map(at).collect(), false)
                }
                Some(factor) => {
                    let factor = number(factor)?;
                    if factor <= 1.0 || first <= 0.0 {
                        return refused(&format!("{text}: a factor is above 1, and grows numbers above 0"));
                    }
                    let steps = (libm::log(last / first) / libm::log(factor) + 1e-9).floor();
                    check_length(steps)?;
                    ((0..=steps as i32).map(|k| first * factor.powi(k)).collect(), true)
                }
            }
        }
        _ => return refused(&format!("{text:?}")),
    };
    if let Some(value) = values.iter().find(|value| !(**value > 0.0 && value.is_finite())) {
        return refused(&format!("{text}, which holds {value}: expected numbers above 0"));
    }
    Ok(Range { values, geometric, text: text.to_owned() })
}

fn check_length(steps: f64) -> Result<(), String> {
    if steps + 1.0 > MOST {
        return Err(format!("expected at most {MOST} numbers, found {:.0}", steps + 1.0));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(grown.geometric);
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
            let message = range(text).unwrap_err();
            assert!(message.contains(word), "{text:?}: {message}");
            assert!(message.contains("expected") && message.contains("found"), "{text:?}: {message}");
        }
    }
}
