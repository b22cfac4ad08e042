//! What laws are asked with, held to its ranges.

use crate::error::{Error, Result};

/// The largest count that the laws take, so that all counts are `f64` without rounding.
pub const MOST: u64 = 1 << 53;

/// A count from 1 to [`MOST`].
pub(super) fn count(what: &'static str, value: u64) -> Result<()> {
    let expected = || format!("1 to {MOST}");
    if (1..=MOST).contains(&value) { Ok(()) } else { Err(refused(what, expected(), value)) }
}

/// A dimension, a number of patterns, and flipped positions of those dimensions. The crosstalk's d·(n − 1) terms are
/// counted too.
pub(super) fn sizes(dim: u64, patterns: u64, flips: u64) -> Result<()> {
    count("dimension", dim)?;
    count("patterns", patterns)?;
    if flips > dim {
        return Err(refused("flips", format!("0 to the dimension, {dim}"), flips));
    }
    match dim.checked_mul(patterns) {
        Some(terms) if terms <= MOST => Ok(()),
        _ => Err(refused("dimension times patterns", format!("up to {MOST}"), format!("{dim} times {patterns}"))),
    }
}

/// A number within a range, ends included. Not a number is in none.
pub(super) fn within(what: &'static str, value: f64, low: f64, high: f64) -> Result<()> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(refused(what, format!("{low} to {high}"), value)) }
}

/// A number above 0, up to `high`.
pub(super) fn positive(what: &'static str, value: f64, high: f64) -> Result<()> {
    if value > 0.0 && value <= high { Ok(()) } else { Err(refused(what, format!("above 0, up to {high}"), value)) }
}

pub(super) fn refused(what: &'static str, expected: String, found: impl ToString) -> Error {
    Error::Parameter { what, expected, found: found.to_string() }
}

/// d − 2·flips: the overlap of the query with its own key.
pub(super) fn signal(dim: u64, flips: u64) -> i64 {
    dim as i64 - 2 * flips as i64
}
