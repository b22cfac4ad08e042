use popfield::Tie;
use popfield_lab::theory::one_step::{self, BitLaw};
use popfield_lab::theory::{capacity, success};
use proptest::prelude::*;

use crate::enumeration::{Fractions, auto, dot, hetero, over_overlaps, sign_of};
use crate::quadrature::normal_above;
use crate::{close, rounds_to};

#[track_caller]
fn agree(law: BitLaw, counted: Fractions) {
    let pairs = [(law.wrong, counted.wrong), (law.tie, counted.tie), (law.tie_stay_wrong, counted.tie_stay_wrong)];
    pairs.iter().for_each(|pair| assert!((pair.0 - pair.1).abs() < 1e-12, "{law:?}, {counted:?}"));
}

#[test]
fn all_small_memories() {
    for (dim, patterns) in [(1, 1), (1, 4), (2, 1), (2, 2), (2, 4), (3, 2), (3, 3), (4, 3), (5, 2), (7, 2)] {
        for flips in 0..=dim {
            let (d, n, f) = (dim as u64, patterns as u64, flips as u64);
            // sign Σ ⟨query, x_i⟩ y_i
            let sum = |overlaps: &[i64], values: &[i64]| sign_of(dot(overlaps, values) * values[0]);
            agree(one_step::hetero(d, n, f).unwrap(), hetero(dim, patterns, flips, sum));
            // The same with every other value opposed.
            let opposed = |overlaps: &[i64], _: &[i64]| sign_of(overlaps[0] - overlaps[1..].iter().sum::<i64>());
            agree(one_step::hetero(d, n, f).unwrap(), hetero(dim, patterns, flips, opposed));
            // W_jl = Σ x_ij x_il, with and without its diagonal.
            let field = |keys: &[Vec<i64>], query: &[i64], j: usize, diagonal: bool| -> i64 {
                let weight = |l: usize| keys.iter().map(|key| key[j] * key[l]).sum::<i64>();
                (0..dim).filter(|&l| diagonal || l != j).map(|l| weight(l) * query[l]).sum()
            };
            let kept = auto(dim, patterns, flips, |k, q, j| sign_of(field(k, q, j, true) * k[0][j]));
            agree(one_step::auto_kept(d, n, f).unwrap(), kept);
            let zeroed = auto(dim, patterns, flips, |k, q, j| sign_of(field(k, q, j, false) * k[0][j]));
            agree(one_step::auto_zeroed(d, n, f).unwrap(), zeroed);
            // Energies −½ Σ s², with the bit right and wrong.
            let difference = auto(dim, patterns, flips, |keys, query, j| {
                let with = |bit: i64| {
                    let state: Vec<i64> = (0..dim).map(|l| if l == j { bit } else { query[l] }).collect();
                    keys.iter().map(|key| dot(key, &state).pow(2)).sum::<i64>()
                };
                sign_of(with(keys[0][j]) - with(-keys[0][j]))
            });
            agree(one_step::auto_zeroed(d, n, f).unwrap(), difference);
        }
    }
}

#[test]
fn figures() {
    let table = [
        (105, 0.0009546, 0.0000202),
        (138, 0.0034211, 0.0000560),
        (185, 0.0098084, 0.0001229),
        (370, 0.0496904, 0.0003388),
        (610, 0.0997984, 0.0004499),
    ];
    for (patterns, wrong, tie) in table {
        let law = one_step::hetero(1000, patterns, 0).unwrap();
        rounds_to(law.wrong, wrong, 7);
        rounds_to(law.tie, tie, 7);
    }
    rounds_to(one_step::hetero(100, 100, 0).unwrap().wrong, 0.1550, 4);
    rounds_to(one_step::auto_kept(100, 100, 0).unwrap().wrong, 0.0217, 4);
    rounds_to(one_step::auto_zeroed(100, 100, 0).unwrap().wrong, 0.1562, 4);
}

#[test]
fn the_limit_is_normal() {
    for (load, noise) in [(0.1, 0.0), (0.14, 0.1), (0.5, 0.2), (1.0, 0.45), (3.0, 0.7)] {
        let signal = 1.0 - 2.0 * noise;
        close(one_step::hetero_erfc(load, noise).unwrap(), normal_above(signal / f64::sqrt(load)), 1e-9);
        let kept = (1.0 - noise) * normal_above((signal + load) / f64::sqrt(load))
            + noise * normal_above((signal - load) / f64::sqrt(load));
        close(one_step::auto_kept_erfc(load, noise).unwrap(), kept, 1e-9);
        // The distance to the limit falls as 1/d.
        let distance = |dim: u64| {
            let (patterns, flips) = ((load * dim as f64) as u64, (noise * dim as f64).round() as u64);
            let law = |law: popfield_lab::Result<BitLaw>| law.unwrap().error(Tie::Plus);
            [
                law(one_step::hetero(dim, patterns, flips)) - one_step::hetero_erfc(load, noise).unwrap(),
                law(one_step::auto_zeroed(dim, patterns, flips)) - one_step::hetero_erfc(load, noise).unwrap(),
                law(one_step::auto_kept(dim, patterns, flips)) - one_step::auto_kept_erfc(load, noise).unwrap(),
            ]
        };
        for (near, far) in distance(100_000).into_iter().zip(distance(1000)) {
            assert!(near.abs() < 2e-5 && near.abs() < 0.02 * far.abs() + 1e-9, "{load}, {noise}: {near}, {far}");
        }
    }
}

#[test]
fn ties_under_each_policy() {
    let law = BitLaw { wrong: 0.1, tie: 0.04, tie_stay_wrong: 0.01 };
    close(law.error(Tie::Plus), 0.12, 1e-15);
    close(law.error(Tie::Minus), 0.12, 1e-15);
    close(law.error(Tie::Stay), 0.11, 1e-15);
    // Two patterns of one position, the other opposed: a tie, which the own bit decides rightly unless flipped.
    assert_eq!(one_step::auto_zeroed(1, 2, 0).unwrap().error(Tie::Stay), 0.0);
    assert_eq!(one_step::auto_zeroed(1, 2, 1).unwrap().error(Tie::Stay), 1.0);
}

#[test]
fn patterns_whole() {
    close(success::union_bound(0.01, 10).unwrap(), 0.9, 1e-14);
    assert_eq!(success::union_bound(0.2, 10).unwrap(), 0.0);
    close(success::independent(0.01, 10).unwrap(), 0.99f64.powi(10), 1e-14);
    close(success::independent(1e-18, 1_000_000_000_000_000).unwrap(), 0.999000499833375, 1e-14);
    assert_eq!(success::independent(1.0, 3).unwrap(), 0.0);
    // Two or three bits of random values: given the overlaps they are independent.
    for (dim, others, flips) in [(5, 2, 0), (6, 3, 1), (9, 3, 2)] {
        let law = one_step::hetero(dim as u64, others as u64 + 1, flips).unwrap();
        let signal = dim as i64 - 2 * flips as i64;
        for bits in 1..=3u64 {
            let whole = over_overlaps(dim, others, &mut |overlaps| {
                let right = (0..1u32 << others).filter(|signs| {
                    let cross = |i: usize| if signs >> i & 1 == 1 { overlaps[i] } else { -overlaps[i] };
                    signal + (0..others).map(cross).sum::<i64>() >= 0
                });
                (right.count() as f64 / f64::from(1u32 << others)).powi(bits as i32)
            });
            let (union, independent) =
                (success::union_bound(law.wrong, bits).unwrap(), success::independent(law.wrong, bits).unwrap());
            assert!(union <= independent + 1e-12 && independent <= whole + 1e-12, "{union} {independent} {whole}");
        }
    }
}

#[test]
fn the_signal_against_its_own_bit() {
    // Beyond n = d a kept diagonal recalls better what it is shown, right or not.
    let error = |n, f| one_step::auto_kept(200, n, f).unwrap().error(Tie::Plus);
    assert!(error(20_000, 0) < 1e-6 && error(400, 0) > 0.01);
    assert!((error(20_000, 40) - 0.2).abs() < 0.01);
    assert_eq!(capacity::largest(100, |n| Ok(n * n <= 50)).unwrap(), 7);
}

proptest! {
    #[test]
    fn more_flips_or_patterns_err_more(d in 2u64..400, n in 2u64..400, share in 0.0..0.45f64) {
        let f = (share * d as f64) as u64;
        let error = |n, f| one_step::hetero(d, n, f).unwrap().error(Tie::Plus);
        prop_assert!(error(n, f) <= error(n, f + 1) + 1e-12);
        prop_assert!(error(n, f) <= error(n + 1, f) + 1e-12);
        let law = one_step::hetero(d, n, f).unwrap();
        prop_assert!(law.wrong + law.tie <= capacity::hoeffding_bit(d, n, f).unwrap() * (1.0 + 1e-12));
        // A query and its complement: right turns to wrong.
        let turned = one_step::hetero(d, n, d - f).unwrap();
        prop_assert!((turned.wrong + turned.tie + law.wrong - 1.0).abs() < 1e-12);
    }
}
