use num_bigint::BigUint;
use popfield_lab::theory::walk;
use proptest::prelude::*;

use crate::close;
use crate::quadrature::simpson;

/// count/2^k, to the last bits of `f64`.
fn share(count: &BigUint, k: u64) -> f64 {
    let shift = count.bits().saturating_sub(64);
    let top: u64 = (count >> shift).try_into().unwrap();
    // In two factors, so that neither underflows before the product does.
    let power = shift as i32 - k as i32;
    top as f64 * 2f64.powi(power / 2) * 2f64.powi(power - power / 2)
}

#[test]
fn sums_of_big_integers() {
    for k in [0u64, 1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 64, 101, 333, 1000, 2001, 4000] {
        // From the highest place down: C(k, x) at s = 2x − k, and all above it.
        let (mut binomial, mut above) = (BigUint::from(1u32), BigUint::ZERO);
        for x in (0..=k).rev() {
            let place = 2 * x as i64 - k as i64;
            let (at, tail) = (share(&binomial, k), share(&above, k));
            let with = share(&(&above + &binomial), k);
            if at > 1e-290 {
                close(walk::at(k, place), at, 1e-12);
                close(walk::above(k, place - 1), with, 1e-12);
                close(walk::above(k, place - 2), with, 1e-12);
                close(walk::below(k, 1 - place), with, 1e-12);
                close(walk::at_least(k, place), with, 1e-12);
            }
            if tail > 1e-290 || tail == 0.0 {
                close(walk::above(k, place), tail, 1e-12);
            }
            assert_eq!(walk::at(k, place + 1), 0.0);
            above += &binomial;
            binomial = binomial * x / (k - x + 1);
        }
        assert_eq!(above, BigUint::from(1u32) << k);
        assert_eq!((walk::above(k, k as i64), walk::above(k, i64::MAX)), (0.0, 0.0));
        assert_eq!((walk::below(k, -(k as i64)), walk::below(k, i64::MIN)), (0.0, 0.0));
        assert_eq!((walk::above(k, i64::MIN), walk::above(k, -(k as i64) - 1)), (1.0, 1.0));
    }
}

/// The tail as an integral over Stirling's series, with the corrections of Euler and Maclaurin for its steps of two.
fn tail_by_integral(k: u64, first: i64) -> f64 {
    let n = k as f64;
    let density = |s: f64| {
        let u2 = (s / n) * (s / n);
        let rate = u2 * (1.0 / 2.0 + u2 * (1.0 / 12.0 + u2 * (1.0 / 30.0 + u2 / 56.0)));
        let series = (1.0 - 4.0 / (1.0 - u2)) / (12.0 * n);
        (series - n * rate).exp() * (2.0 / (std::f64::consts::PI * n * (1.0 - u2))).sqrt()
    };
    let low = first as f64;
    let slope = (density(low + 1.0) - density(low - 1.0)) / 2.0;
    0.5 * simpson(low, low + 14.0 * n.sqrt(), 200_000, density) + 0.5 * density(low) - slope / 6.0
}

#[test]
fn integrals() {
    for k in [100_000_000u64, 999_999_999, 1_000_000_000_000] {
        for deviations in [0.01, 0.5, 3.0, 8.0, 20.0, 36.0] {
            let place = (deviations * (k as f64).sqrt()) as i64;
            let first = if (place as u64 + k).is_multiple_of(2) { place } else { place + 1 };
            close(walk::at_least(k, place), tail_by_integral(k, first), 2e-11);
        }
        close(2.0 * walk::above(k, 0) + walk::at(k, 0), 1.0, 1e-12);
    }
}

#[test]
fn moments() {
    for k in [1u64, 2, 9, 100, 65_537] {
        let d = k as f64;
        close(walk::moment(k, 0), 1.0, 1e-12);
        assert_eq!(walk::moment(k, 3), 0.0);
        close(walk::moment(k, 2), 1.0, 1e-12);
        close(walk::moment(k, 4), 3.0 - 2.0 / d, 1e-12);
        close(walk::moment(k, 6), 15.0 - 30.0 / d + 16.0 / (d * d), 1e-12);
        close(walk::mean(k, |s| (0.01 * s as f64).exp()), 0.01f64.cosh().powi(k as i32), 1e-11);
    }
    assert_eq!(walk::moment(0, 2), 0.0);
}

#[test]
fn the_rate_and_its_inverse() {
    assert_eq!(walk::rate(0.0), 0.0);
    assert_eq!(walk::rate(1.0), std::f64::consts::LN_2);
    assert_eq!((walk::rate(1.1), walk::rate(-2.0)), (f64::INFINITY, f64::INFINITY));
    assert!(walk::rate(f64::NAN).is_nan());
    for i in 1..1000 {
        let a = f64::from(i) / 1000.0;
        // I(a) = ∫ atanh, from 0. Near 1 that is too steep for Simpson's rule.
        if a < 0.95 {
            close(walk::rate(a), simpson(0.0, a, 4000, f64::atanh), 1e-10);
        }
        close(walk::rate(a), 0.5 * ((1.0 + a) * (1.0 + a).ln() + (1.0 - a) * (1.0 - a).ln()), 1e-9);
        close(walk::inverse_rate(walk::rate(a)), a, 1e-9);
        assert_eq!(walk::rate(-a), walk::rate(a));
    }
    close(walk::rate(1e-8), 0.5e-16, 1e-12);
    assert_eq!((walk::inverse_rate(-1.0), walk::inverse_rate(0.0), walk::inverse_rate(9.0)), (0.0, 0.0, 1.0));
}

proptest! {
    #[test]
    fn a_step_is_an_average(k in 1u64..1_000_000_000_000, deviations in -30.0..30.0f64) {
        let place = (deviations * (k as f64).sqrt()) as i64;
        let place = place + (place + k as i64 + 1).rem_euclid(2);
        let next = walk::at(k + 1, place);
        let before = 0.5 * (walk::at(k, place - 1) + walk::at(k, place + 1));
        prop_assert!((next - before).abs() <= 2e-12 * before);
    }

    #[test]
    fn tails_add_up(k in 0u64..1_000_000, place in -5000i64..5000) {
        let sum = walk::below(k, place) + walk::at(k, place) + walk::above(k, place);
        prop_assert!((sum - 1.0).abs() < 1e-12);
        prop_assert!((walk::below(k, place) - walk::above(k, -place)).abs() == 0.0);
    }

    #[test]
    fn the_rate_bounds_the_tail(k in 1u64..100_000, fraction in 0.0..=1.0f64) {
        let place = (fraction * k as f64).ceil() as i64;
        let bound = (-(k as f64) * walk::rate((place as f64 / k as f64).min(1.0))).exp();
        prop_assert!(bound < 1e-290 || walk::at_least(k, place) <= bound * (1.0 + 1e-9));
    }
}
