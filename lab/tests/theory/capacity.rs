use popfield_lab::theory::capacity;
use proptest::prelude::*;

use crate::close;

#[test]
fn the_largest_that_holds() {
    for most in [1u64, 2, 3, 100, 1 << 40] {
        for limit in [0, 1, 2, 3, 4, 5, 99, 100, 101, 12_345_678_901] {
            let mut calls = 0;
            let found = capacity::largest(most, |n| {
                calls += 1;
                assert!((1..=most).contains(&n));
                Ok(n <= limit)
            });
            assert_eq!(found.unwrap(), limit.min(most));
            assert!(calls <= 90);
        }
    }
    assert_eq!(capacity::largest(0, |_| Ok(true)).unwrap(), 0);
    assert_eq!(capacity::largest(u64::MAX, |_| Ok(true)).unwrap(), u64::MAX);
    assert!(capacity::largest(9, |n| capacity::mceliece_one(n, 0.0).map(|_| true)).is_err());
}

#[test]
fn mceliece() {
    close(capacity::mceliece_one(1000, 0.0).unwrap(), 72.382_414, 1e-7);
    close(capacity::mceliece_all(1000, 0.0).unwrap(), 36.191_207, 1e-7);
    close(capacity::mceliece_all(1000, 0.25).unwrap(), 36.191_207 / 4.0, 1e-7);
    // What Hoeffding and the union bound promise has the same order: their ratio tends to 1, from below.
    for noise in [0.0, 0.1] {
        let ratios = [10_000u64, 1_000_000, 100_000_000].map(|dim| {
            let flips = (noise * dim as f64) as u64;
            let one = capacity::hoeffding_one(dim, flips, dim, 0.5).unwrap() as f64;
            let all = capacity::hoeffding_all(dim, flips, dim, 0.5).unwrap() as f64;
            [one / capacity::mceliece_one(dim, noise).unwrap(), all / capacity::mceliece_all(dim, noise).unwrap()]
        });
        for law in 0..2 {
            assert!((0.85..1.2).contains(&ratios[2][law]), "{ratios:?}");
            assert!((ratios[2][law] - 1.0).abs() < (ratios[0][law] - 1.0).abs(), "{ratios:?}");
        }
    }
}

proptest! {
    #[test]
    fn hoeffding_keeps_what_it_promises(
        d in 1u64..5000, share in 0.0..0.6f64, bits in 1u64..5000, failure in 1e-9..1.0f64
    ) {
        let f = (share * d as f64) as u64;
        let bound = |n| capacity::hoeffding_bit(d, n, f).unwrap() * bits as f64;
        let one = capacity::hoeffding_one(d, f, bits, failure).unwrap();
        prop_assert!(one == 0 || bound(one) <= failure);
        prop_assert!(bound(one + 1) > failure);
        let all = capacity::hoeffding_all(d, f, bits, failure).unwrap();
        prop_assert!(all == 0 || bound(all) * all as f64 <= failure);
        prop_assert!(bound(all + 1) * (all + 1) as f64 > failure);
        prop_assert!(all <= one);
    }
}
