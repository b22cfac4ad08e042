use popfield_lab::theory::overlaps;
use proptest::prelude::*;

use crate::close;

/// The fraction of all sets of `n` vectors in which some two overlap by `least` or more, by brute force.
fn counted(dim: u32, n: u32, least: i64) -> f64 {
    let mask = (1u64 << dim) - 1;
    let sets = 1u64 << (dim * n);
    let close = (0..sets).filter(|set| {
        let vector = |i: u32| set >> (i * dim) & mask;
        (0..n).any(|i| (0..i).any(|j| i64::from(dim) - 2 * i64::from((vector(i) ^ vector(j)).count_ones()) >= least))
    });
    close.count() as f64 / sets as f64
}

#[test]
fn all_small_sets() {
    for (dim, n) in [(1, 2), (2, 3), (3, 4), (4, 4), (5, 3), (6, 3), (8, 2)] {
        for least in 0..=i64::from(dim) {
            let fraction = least as f64 / f64::from(dim);
            let (d, n64) = (u64::from(dim), u64::from(n));
            close(overlaps::pair(d, fraction).unwrap(), counted(dim, 2, least), 1e-12);
            let truth = counted(dim, n, least);
            let bounds = overlaps::any_pair(d, n64, fraction).unwrap();
            assert!(bounds.low <= truth + 1e-12 && truth <= bounds.high + 1e-12, "{bounds:?}, {truth}");
            let pair = overlaps::hoeffding_pair(d, fraction).unwrap();
            assert!(truth <= overlaps::any_pair_bound(n64, pair).unwrap() + 1e-12);
        }
    }
    // One query among two and three keys is one vector of three and four.
    close(overlaps::any_key(2, 2, 1.0).unwrap(), 1.0 - 0.75f64.powi(2), 1e-12);
    close(overlaps::any_key(3, 3, 0.3).unwrap(), 1.0 - 0.5f64.powi(3), 1e-12);
}

#[test]
fn the_printed_bound_is_violated() {
    // Two hundred dimensions, overlaps of two tenths.
    let (pair, printed) = (overlaps::pair(200, 0.2).unwrap(), overlaps::printed_pair(200, 0.2).unwrap());
    close(printed, (-8.0f64).exp(), 1e-12);
    assert!(pair > 8.0 * printed, "{pair} against {printed}");
    assert!(overlaps::any_pair(200, 20, 0.2).unwrap().low > overlaps::any_pair_bound(20, printed).unwrap());
    let kept = overlaps::hoeffding_pair(200, 0.2).unwrap();
    assert!(overlaps::any_pair(200, 20, 0.2).unwrap().high <= overlaps::any_pair_bound(20, kept).unwrap());
    // At every fraction, once d is large.
    for fraction in [0.02, 0.1, 0.3, 0.6, 0.9, 1.0] {
        let dim = (100.0 / (fraction * fraction)) as u64;
        assert!(overlaps::pair(dim, fraction).unwrap() > overlaps::printed_pair(dim, fraction).unwrap(), "{fraction}");
    }
}

#[test]
fn fractions_that_are_whole_places() {
    // 0.29·100 is 28.999999999999996 and 0.07·100 is 7.000000000000001: they are 29 and 7, neither of them reached by
    // an even sum, so 30 and 8.
    close(overlaps::pair(100, 0.29).unwrap(), overlaps::pair(100, 0.3).unwrap(), 1e-15);
    close(overlaps::pair(100, 0.07).unwrap(), overlaps::pair(100, 0.08).unwrap(), 1e-15);
    close(overlaps::pair(100, 0.14).unwrap(), popfield_lab::theory::walk::at_least(100, 14), 1e-15);
    close(overlaps::pair(4, 1.0).unwrap(), 1.0 / 16.0, 1e-14);
}

#[test]
fn the_constant_of_the_maximum() {
    // The typical maximum is √(2d ln n) while ln n is small beside d.
    let ratio =
        |dim: u64| overlaps::typical_maximum(dim, 1_000_000).unwrap() / overlaps::maximum(dim, 1_000_000, 1.0).unwrap();
    assert!(ratio(100_000) > 0.9999 && ratio(100_000) < 1.0 && ratio(100) < ratio(1000));
    assert_eq!(overlaps::typical_maximum(10, 1024).unwrap(), 10.0);
    assert_eq!(overlaps::typical_maximum(10, 1).unwrap(), 0.0);
    assert_eq!(overlaps::maximum_pair(10, 1, 0.5).unwrap(), 0.0);
    let simple = 2.0 * (500.0 * (1000.0 / (2.0 * 0.1f64).sqrt()).ln()).sqrt();
    let exact = overlaps::maximum_pair(500, 1000, 0.1).unwrap();
    assert!(exact < simple && exact > 0.9999 * simple);
}

proptest! {
    #[test]
    fn hoeffding_is_kept(d in 1u64..10_000, fraction in 0.0..=1.0f64) {
        prop_assert!(overlaps::pair(d, fraction).unwrap() <= overlaps::hoeffding_pair(d, fraction).unwrap());
    }

    #[test]
    fn maxima_are_kept(d in 1u64..3000, n in 1u64..1_000_000, failure in 1e-6..1.0f64) {
        let one = overlaps::maximum(d, n, failure).unwrap() / d as f64;
        prop_assert!(one > 1.0 || overlaps::any_key(d, n, one).unwrap() <= failure);
        let all = overlaps::maximum_pair(d, n, failure).unwrap() / d as f64;
        prop_assert!(n == 1 || all > 1.0 || overlaps::any_pair(d, n, all).unwrap().high <= failure);
    }

    #[test]
    fn bounds_are_in_order(d in 1u64..3000, n in 1u64..1_000_000, fraction in 0.0..=1.0f64) {
        let bounds = overlaps::any_pair(d, n, fraction).unwrap();
        prop_assert!(0.0 <= bounds.low && bounds.low <= bounds.high && bounds.high <= 1.0, "{bounds:?}");
    }
}
