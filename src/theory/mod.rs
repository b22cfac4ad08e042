//! Theory: bounds and predictions of associative memory, each a pure function with its source and its setting.
//!
//! Patterns are fair random ±1 throughout, n of them in d dimensions, and the query is the first key with `flips` of
//! its d positions flipped (a fraction `noise` where a law is asymptotic). A law says which of these it is about:
//!
//! - **hetero**: values are apart from keys, *random* or *worst-case* (every other value opposes the right one);
//! - **auto-kept**: values are the keys, and a position's own bit votes for itself, as in the literal sum;
//! - **auto-zeroed**: values are the keys, W_jj = 0;
//! - **energy-difference**: values are the keys, a bit is the sign of the difference of energies with it up and down.
//!
//! The main laws:
//!
//! | law | setting | kind | function |
//! |---|---|---|---|
//! | sums of fair ±1 | | exact | [`walk::above`] |
//! | linear, one step | hetero, any values | exact | [`one_step::hetero`] |
//! | | auto-kept | exact | [`one_step::auto_kept`] |
//! | | auto-zeroed, energy-difference | exact | [`one_step::auto_zeroed`] |
//! | | hetero, auto-zeroed | asymptotic | [`one_step::hetero_erfc`] |
//! | | auto-kept | asymptotic | [`one_step::auto_kept_erfc`] |
//! | Hoeffding, one bit | hetero, any values | bound | [`capacity::hoeffding_bit`] |
//! | Hoeffding and union, n | hetero, any values | bound | [`capacity::hoeffding_one`] |
//! | | the same, all patterns | bound | [`capacity::hoeffding_all`] |
//! | McEliece et al., n | auto-zeroed, one pattern | asymptotic | [`capacity::mceliece_one`] |
//! | | all patterns | asymptotic | [`capacity::mceliece_all`] |
//! | Amit, Gutfreund, Sompolinsky | auto-zeroed, asynchronous limit | asymptotic | [`ags::retrieval`] |
//! | pseudo-inverse, one step | auto-zeroed | asymptotic | [`pseudo_inverse::auto_zeroed`] |
//! | | auto-kept | asymptotic | [`pseudo_inverse::auto_kept`] |
//! | polynomial, one step | hetero, random values | normal | [`polynomial::hetero`] |
//! | | hetero, worst-case values | normal | [`polynomial::worst`] |
//! | | energy-difference | normal | [`polynomial::energy_difference`] |
//! | | auto-kept | normal | [`polynomial::auto_kept`] |
//! | Krotov, Hopfield, error | hetero, energy-difference | asymptotic | [`polynomial::krotov_hopfield_error`] |
//! | n with errors | the same | asymptotic | [`polynomial::krotov_hopfield_patterns`] |
//! | n without | the same | asymptotic | [`polynomial::krotov_hopfield_clean`] |
//! | exponential, one step | hetero, random values | two bounds | [`exponential::random_values`] |
//! | | hetero, worst-case values | two bounds | [`exponential::worst_values`] |
//! | | energy-difference | two bounds | [`exponential::energy_difference`] |
//! | | hetero, random values | numeric | [`exponential::random_error`] |
//! | | hetero, worst-case values | numeric | [`exponential::worst_error`] |
//! | | energy-difference | numeric | [`exponential::energy_difference_error`] |
//! | | hetero, random values | normal | [`exponential::normal_error`] |
//! | exponential, (ln n)/d | random values | asymptotic | [`exponential::random_threshold`] |
//! | | worst-case values | asymptotic | [`exponential::worst_threshold`] |
//! | | random values, all patterns | asymptotic | [`exponential::random_rate_all`] |
//! | | worst-case values, all patterns | asymptotic | [`exponential::worst_rate_all`] |
//! | Demircigil et al., (ln n)/d | energy-difference, all patterns | bound | [`exponential::demircigil_rate`] |
//! | max, one step | hetero, random values | exact | [`nearest::random_values`] |
//! | | hetero, worst-case values | exact | [`nearest::worst_values`] |
//! | exponential, max, whole patterns | hetero, random values | two bounds | [`exponential::pattern_success`] |
//! | overlaps of pairs | | exact, bounds | [`overlaps::any_pair`] |
//! | largest overlap | | bound | [`overlaps::maximum`] |
//! | attention, top weight | any values | two bounds | [`attention::top_weight_failure`] |
//! | attention, d = Θ(log n) | any values | asymptotic | [`attention::slope`] |
//! | whole patterns, any rule | from the bit error | bounds | [`success::independent`] |
//!
//! *Normal* means that crosstalk is taken to be so, with its exact moments at the given d; *numeric*, that the exact
//! law at the given d and n is evaluated to a stated error.
//!
//! Probabilities below 10⁻³⁰⁰ may come out as 0. Costs are stated where they are more than a few hundred operations.

pub mod ags;
pub mod attention;
pub mod capacity;
pub mod exponential;
mod inversion;
pub mod nearest;
pub mod one_step;
pub mod overlaps;
pub mod polynomial;
pub mod pseudo_inverse;
pub mod success;
pub mod walk;

use crate::{Error, Result};

/// The largest count that the laws take, so that all counts are `f64` without rounding.
pub const MOST: u64 = 1 << 53;

/// A count from 1 to [`MOST`].
fn count(what: &'static str, value: u64) -> Result<()> {
    let expected = || format!("1 to {MOST}");
    if (1..=MOST).contains(&value) { Ok(()) } else { Err(refused(what, expected(), value)) }
}

/// A dimension, a number of patterns, and flipped positions of those dimensions. The crosstalk's d·(n − 1) terms are
/// counted too.
fn sizes(dim: u64, patterns: u64, flips: u64) -> Result<()> {
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
fn within(what: &'static str, value: f64, low: f64, high: f64) -> Result<()> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(refused(what, format!("{low} to {high}"), value)) }
}

/// A number above 0, up to `high`.
fn positive(what: &'static str, value: f64, high: f64) -> Result<()> {
    if value > 0.0 && value <= high { Ok(()) } else { Err(refused(what, format!("above 0, up to {high}"), value)) }
}

fn refused(what: &'static str, expected: String, found: impl ToString) -> Error {
    Error::Parameter { what, expected, found: found.to_string() }
}

/// d − 2·flips: the overlap of the query with its own key.
fn signal(dim: u64, flips: u64) -> i64 {
    dim as i64 - 2 * flips as i64
}

/// P(Z > z) of a standard normal Z.
fn normal_above(z: f64) -> f64 {
    0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2)
}

/// Where `rising` turns from false to true within [low, high], to the last bit.
fn bisect(mut low: f64, mut high: f64, rising: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            return middle;
        }
        if rising(middle) { high = middle } else { low = middle }
    }
}
