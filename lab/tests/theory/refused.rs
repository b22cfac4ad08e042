//! What is out of range is refused, and the message names it.

use popfield::separation::{Beta, Degree};
use popfield_lab::theory::{
    MOST, ags, attention, capacity, exponential, nearest, one_step, overlaps, polynomial, pseudo_inverse, success,
};
use popfield_lab::{Error, Result};

#[track_caller]
fn refuses<T: std::fmt::Debug>(what: &str, result: Result<T>) {
    match result {
        Err(error @ Error::Parameter { .. }) => {
            let message = error.to_string();
            assert!(message.starts_with(&format!("{what}: expected ")), "{message}");
        }
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn sizes() {
    let (beta, degree) = (Beta::new(1.0).unwrap(), Degree::new(2).unwrap());
    let bad = [
        ("dimension", (0, 5, 0)),
        ("dimension", (MOST + 1, 1, 0)),
        ("patterns", (5, 0, 0)),
        ("patterns", (1, u64::MAX, 0)),
        ("flips", (5, 5, 6)),
        ("dimension times patterns", (1 << 30, 1 << 30, 0)),
        ("dimension times patterns", (MOST, MOST, 0)),
    ];
    for (what, (d, n, f)) in bad {
        refuses(what, one_step::hetero(d, n, f));
        refuses(what, one_step::auto_kept(d, n, f));
        refuses(what, one_step::auto_zeroed(d, n, f));
        refuses(what, capacity::hoeffding_bit(d, n, f));
        refuses(what, polynomial::hetero(d, n, f, degree));
        refuses(what, polynomial::worst(d, n, f, degree));
        refuses(what, polynomial::energy_difference(d, n, f, degree));
        refuses(what, polynomial::auto_kept(d, n, f, degree));
        refuses(what, exponential::random_values(d, n, f, beta));
        refuses(what, exponential::worst_values(d, n, f, beta));
        refuses(what, exponential::energy_difference(d, n, f, beta));
        refuses(what, exponential::random_error(d, n, f, beta));
        refuses(what, exponential::pattern_success(d, n, f, beta, 9));
        refuses(what, nearest::pattern_success(d, n, f, 9));
        refuses(what, exponential::worst_error(d, n, f, beta));
        refuses(what, exponential::energy_difference_error(d, n, f, beta));
        refuses(what, exponential::normal_error(d, n, f, beta));
        refuses(what, attention::top_weight_failure(d, n, f, beta));
        refuses(what, nearest::random_values(d, n, f));
        refuses(what, nearest::worst_values(d, n, f));
        refuses(what, nearest::alone(d, n, f));
    }
    refuses("dimension", capacity::mceliece_one(1, 0.0));
    refuses("dimension", capacity::mceliece_all(0, 0.0));
    refuses("dimension", polynomial::krotov_hopfield_clean(1, 0.0, degree));
    refuses("dimension", polynomial::krotov_hopfield_error(0, 1, 0.0, degree));
    refuses("patterns", polynomial::krotov_hopfield_error(1, 0, 0.0, degree));
    refuses("dimension", overlaps::pair(0, 0.5));
    refuses("dimension", exponential::energy_difference(1, 1, 0, beta));
    refuses("patterns", overlaps::any_pair(5, 0, 0.5));
    refuses("patterns", overlaps::any_key(5, 0, 0.5));
    refuses("patterns", overlaps::maximum(5, 0, 0.5));
    refuses("dimension", overlaps::maximum_pair(0, 5, 0.5));
    refuses("dimension", overlaps::typical_maximum(0, 5));
    refuses("value dimension", capacity::hoeffding_one(5, 0, 0, 0.5));
    refuses("value dimension", capacity::hoeffding_all(5, 0, 0, 0.5));
    refuses("flips", capacity::hoeffding_all(5, 6, 5, 0.5));
    refuses("value dimension", exponential::pattern_success(9, 9, 0, beta, 0));
    refuses("value dimension", nearest::pattern_success(9, 9, 0, 0));
    refuses("events", success::independent(0.5, 0));
    refuses("events", success::union_bound(0.5, 0));
    refuses("patterns", attention::dimension_bound(1, 0.0, beta, 0.5));
    refuses("patterns", attention::dimension_typical(0, 0.0, beta));
    refuses("counts by distance", exponential::normal_error_given(&[], 0, beta));
    refuses("flips", exponential::normal_error_given(&[1, 2], 2, beta));
}

#[test]
fn numbers() {
    let (beta, degree) = (Beta::new(1.0).unwrap(), Degree::new(2).unwrap());
    for bad in [f64::NAN, -0.1, 1.1, f64::INFINITY, f64::NEG_INFINITY] {
        refuses("noise", one_step::hetero_erfc(0.1, bad));
        refuses("noise", one_step::auto_kept_erfc(0.1, bad));
        refuses("noise", pseudo_inverse::auto_zeroed(0.5, bad));
        refuses("noise", pseudo_inverse::auto_kept(0.5, bad));
        refuses("noise", exponential::random_threshold(bad, beta));
        refuses("noise", exponential::worst_threshold(bad, beta));
        refuses("noise", exponential::random_rate_all(bad, beta));
        refuses("noise", exponential::worst_rate_all(bad, beta));
        refuses("noise", exponential::demircigil_rate(bad));
        refuses("noise", capacity::mceliece_one(9, bad));
        refuses("noise", polynomial::krotov_hopfield_error(9, 9, bad, degree));
        refuses("noise", polynomial::krotov_hopfield_patterns(9, bad, degree, 0.1));
        refuses("noise", polynomial::krotov_hopfield_clean(9, bad, degree));
        refuses("noise", attention::slope(bad, beta));
        refuses("noise", attention::dimension_bound(9, bad, beta, 0.5));
        refuses("overlap", overlaps::pair(9, bad));
        refuses("overlap", overlaps::hoeffding_pair(9, bad));
        refuses("overlap", overlaps::printed_pair(9, bad));
        refuses("probability of a pair", overlaps::any_pair_bound(9, bad));
        refuses("error", success::independent(bad, 9));
        refuses("error", success::union_bound(bad, 9));
    }
    for bad in [f64::NAN, 0.0, -1.0, 1.5, f64::INFINITY] {
        refuses("failure", capacity::hoeffding_one(9, 0, 9, bad));
        refuses("failure", capacity::hoeffding_all(9, 0, 9, bad));
        refuses("failure", overlaps::maximum(9, 9, bad));
        refuses("failure", overlaps::maximum_pair(9, 9, bad));
        refuses("failure", attention::patterns_bound(9, 0, beta, bad));
        refuses("failure", attention::dimension_bound(9, 0.0, beta, bad));
        refuses("load", pseudo_inverse::auto_zeroed(bad, 0.1));
        refuses("load", pseudo_inverse::auto_kept(bad, 0.1));
    }
    for bad in [f64::NAN, -0.1, f64::INFINITY] {
        refuses("load", ags::retrieval(bad));
        refuses("load", one_step::hetero_erfc(bad, 0.1));
        refuses("load", one_step::auto_kept_erfc(bad, 0.1));
    }
    refuses("load", one_step::hetero_erfc(0.0, 0.1));
    for half in [0.5, 0.75] {
        refuses("noise", capacity::mceliece_all(9, half));
        refuses("noise", exponential::demircigil_rate(half));
        refuses("noise", polynomial::krotov_hopfield_clean(9, half, degree));
        refuses("error", polynomial::krotov_hopfield_patterns(9, 0.1, degree, half));
    }
    refuses("error", polynomial::krotov_hopfield_patterns(9, 0.1, degree, 0.0));
}
