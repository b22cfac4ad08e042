//! From the error of one bit to patterns and memories recalled whole.
//!
//! Bits of one pattern share their crosstalk, and patterns of one memory share their keys: errors are not independent.
//! What follows is a bound or an approximation, as each says.

use super::parameters::{count, within};
use crate::error::Result;

/// At least this is the probability that all `events` go well if each fails with probability `error`, however they
/// depend on each other: max(0, 1 − events·error). For a pattern, events are its bits; for a memory, all bits of all.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) unless 0 ≤ `error` ≤ 1 and `events` is at least 1.
///
/// Source: the union bound (Boole's inequality).
pub fn union_bound(error: f64, events: u64) -> Result<f64> {
    within("error", error, 0.0, 1.0)?;
    count("events", events)?;
    Ok((1.0 - error * events as f64).max(0.0))
}

/// The probability that all `events` go well if they were independent: (1 − error)^events.
///
/// For the bits of one pattern, hetero-associative with random values, it is a lower bound whatever the separation:
/// given the overlaps, bits are independent and alike, and the mean of a power is no less than the power of the mean
/// (Jensen). It is sharp where the overlaps hardly change the error, as with the linear rule at large n. With
/// worst-case values all bits fail together, and a pattern is recalled with probability 1 − error. For auto-associative
/// memories and for all patterns of a memory it is an approximation.
///
/// # Errors
/// As [`union_bound`].
pub fn independent(error: f64, events: u64) -> Result<f64> {
    within("error", error, 0.0, 1.0)?;
    count("events", events)?;
    Ok((events as f64 * (-error).ln_1p()).exp())
}
