use popfield::Tie;
use popfield::separation::Degree;
use popfield_lab::theory::{one_step, polynomial};

use crate::close;
use crate::enumeration::dot;
use crate::quadrature::normal_above;

fn degree(k: u32) -> Degree {
    Degree::new(k).unwrap()
}

/// Mean and variance of f over all keys of `dim` positions.
fn over_keys(dim: usize, f: impl Fn(&[i64]) -> f64) -> (f64, f64) {
    let count = f64::from(1u32 << dim);
    let values: Vec<f64> = (0..1u32 << dim)
        .map(|bits| f(&(0..dim).map(|j| if bits >> j & 1 == 1 { 1 } else { -1 }).collect::<Vec<i64>>()))
        .collect();
    let mean = values.iter().sum::<f64>() / count;
    (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count)
}

/// Every law is a normal tail whose moments are those of the rule's terms, counted key by key.
#[test]
fn moments_key_by_key() {
    for (dim, flips) in [(5usize, 0usize), (6, 1), (9, 2), (10, 3)] {
        let query = vec![1i64; dim];
        let own_key: Vec<i64> = (0..dim).map(|j| if j < flips { -1 } else { 1 }).collect();
        for k in [1, 2, 3, 4, 7] {
            for patterns in [2u64, 30, 1000] {
                let (d, f, others) = (dim as u64, flips as u64, (patterns - 1) as f64);
                let power = |s: i64| (s as f64).powi(k);
                let tail = |signal: f64, (mean, variance): (f64, f64)| {
                    normal_above((signal + others * mean) / (others * variance).sqrt())
                };
                let signal = power(dot(&own_key, &query));
                // A random value makes ± of a term, with its square as variance.
                let (mean, variance) = over_keys(dim, |key| power(dot(key, &query)));
                let random = tail(signal, (0.0, variance + mean * mean));
                let k_degree = degree(k as u32);
                close(polynomial::hetero(d, patterns, f, k_degree).unwrap(), random, 1e-8);
                let worst = tail(signal, over_keys(dim, |key| -power(dot(key, &query))));
                close(polynomial::worst(d, patterns, f, k_degree).unwrap(), worst, 1e-8);
                // Position by position for networks: the first flipped one, and the last.
                let mut kept = 0.0;
                let mut difference = 0.0;
                for j in 0..dim {
                    let right = own_key[j];
                    let term = over_keys(dim, |key| power(dot(key, &query)) * (key[j] * right) as f64);
                    kept += tail(signal, term) / dim as f64;
                    let energy = |key: &[i64], bit: i64| {
                        let state: Vec<i64> = (0..dim).map(|l| if l == j { bit } else { query[l] }).collect();
                        (dot(key, &state) as f64).powi(k + 1)
                    };
                    let gain = |key: &[i64]| energy(key, right) - energy(key, -right);
                    difference += tail(gain(&own_key), over_keys(dim, gain)) / dim as f64;
                }
                close(polynomial::auto_kept(d, patterns, f, k_degree).unwrap(), kept, 1e-8);
                close(polynomial::energy_difference(d, patterns, f, k_degree).unwrap(), difference, 1e-8);
            }
        }
    }
}

/// The linear rule is the polynomial one of degree 1, and its crosstalk is close to normal.
#[test]
fn degree_one_is_linear() {
    for (d, n, f) in [(200u64, 40u64, 0u64), (200, 60, 20), (1000, 300, 100)] {
        let near =
            |law: f64, exact: popfield_lab::Result<one_step::BitLaw>| close(law, exact.unwrap().error(Tie::Plus), 2e-2);
        near(polynomial::hetero(d, n, f, degree(1)).unwrap(), one_step::hetero(d, n, f));
        near(polynomial::worst(d, n, f, degree(1)).unwrap(), one_step::hetero(d, n, f));
        near(polynomial::energy_difference(d, n, f, degree(1)).unwrap(), one_step::auto_zeroed(d, n, f));
        near(polynomial::auto_kept(d, n, f, degree(1)).unwrap(), one_step::auto_kept(d, n, f));
    }
}

#[test]
fn krotov_and_hopfield() {
    // ½ erfc(√(d^K/(2n(2K−1)!!))), with 15 = 5!! at K = 3.
    let (d, n) = (50u64, 20_000u64);
    let expected = normal_above((50f64.powi(3) / (15.0 * 20_000.0)).sqrt());
    close(polynomial::krotov_hopfield_error(d, n, 0.0, degree(3)).unwrap(), expected, 1e-9);
    close(
        polynomial::krotov_hopfield_error(d, n, 0.1, degree(3)).unwrap(),
        normal_above(0.8f64.powi(3) * (50f64.powi(3) / (15.0 * 20_000.0)).sqrt()),
        1e-9,
    );
    for k in [1, 2, 3, 5] {
        for noise in [0.0, 0.2] {
            for error in [0.3, 0.01, 1e-6] {
                let n = polynomial::krotov_hopfield_patterns(100_000, noise, degree(k), error).unwrap();
                if n < 1e15 {
                    let at = |n| polynomial::krotov_hopfield_error(100_000, n, noise, degree(k)).unwrap();
                    assert!(at(n as u64) <= error * (1.0 + 1e-9) && at(n as u64 + 1) >= error * (1.0 - 1e-9));
                }
            }
        }
    }
    // The classical network: 0.14 d at an error of 0.0036, and d/(2 ln d) without.
    close(polynomial::krotov_hopfield_patterns(1000, 0.0, degree(1), 0.0036).unwrap(), 138.5, 2e-3);
    close(polynomial::krotov_hopfield_clean(1000, 0.0, degree(1)).unwrap(), 72.382_414, 1e-7);
    close(polynomial::krotov_hopfield_clean(100, 0.25, degree(2)).unwrap(), 1e4 / 16.0 / (6.0 * 100f64.ln()), 1e-12);
    // The finite laws tend to it as d grows.
    for k in [1, 2, 3] {
        let distance = |d: u64| {
            let n = polynomial::krotov_hopfield_patterns(d, 0.1, degree(k), 0.05).unwrap() as u64;
            let hetero = polynomial::hetero(d, n, d / 10, degree(k)).unwrap();
            let difference = polynomial::energy_difference(d, n, d / 10, degree(k)).unwrap();
            [(hetero - 0.05).abs(), (difference - 0.05).abs()]
        };
        let (near, far) = (distance(10_000), distance(100));
        assert!((0..2).all(|law| near[law] < 2e-4 && near[law] < far[law] + 1e-5), "{k}: {near:?} {far:?}");
    }
}

#[test]
fn the_self_term_swamps_the_rest() {
    // K = 3: at noise 0 nothing fails however many are stored, at noise 0.1 nothing is corrected.
    let n = polynomial::krotov_hopfield_patterns(100, 0.0, degree(3), 0.01).unwrap() as u64;
    assert!(polynomial::auto_kept(100, n, 0, degree(3)).unwrap() < 1e-9);
    assert!((polynomial::auto_kept(100, n, 10, degree(3)).unwrap() - 0.1).abs() < 1e-6);
    // Even degrees add up where all others oppose.
    assert!(polynomial::worst(100, n, 0, degree(2)).unwrap() > 0.999);
    // No other key, no error.
    assert_eq!(polynomial::hetero(9, 1, 0, degree(2)).unwrap(), 0.0);
    assert_eq!(polynomial::hetero(9, 1, 9, degree(1)).unwrap(), 1.0);
    assert_eq!(polynomial::hetero(8, 1, 4, degree(1)).unwrap(), 0.5);
    // The largest of everything still is a number.
    assert!(polynomial::hetero(65_536, 1 << 37, 0, degree(64)).unwrap() >= 0.0);
    assert!(polynomial::energy_difference(65_536, 1 << 37, 6000, degree(64)).unwrap() >= 0.0);
    // Powers beyond all numbers, on either side of 0.
    for (d, k) in [(4_200_000_000, 64), (10_000_000_000, 64), (10_000_000_000, 63)] {
        assert_eq!(polynomial::energy_difference(d, 2, 0, degree(k)).unwrap(), 0.0);
    }
    let inverted = polynomial::energy_difference(1_000_000_000, 2, 999_999_999, degree(63)).unwrap();
    close(inverted, 1.0, 1e-6);
    let clean = polynomial::krotov_hopfield_clean(65_536, 0.0, degree(64)).unwrap();
    let factorial: f64 = (1..=64).map(|i| f64::from(2 * i - 1).ln()).sum();
    close(clean.ln(), 64.0 * 65_536f64.ln() - factorial - (2.0 * 65_536f64.ln()).ln(), 1e-12);
    assert!(polynomial::krotov_hopfield_patterns(65_536, 0.0, degree(64), 0.4).unwrap().is_finite());
}
