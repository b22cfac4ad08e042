use popfield::Tie;
use popfield_lab::theory::nearest;
use proptest::prelude::*;

use crate::close;
use crate::enumeration::{Sign, hetero, over_overlaps, sign_of};

fn votes(overlaps: &[i64], values: impl Fn(usize) -> i64) -> Sign {
    let nearest = overlaps.iter().max();
    let voting = overlaps.iter().enumerate().filter(|(_, s)| Some(*s) == nearest);
    sign_of(voting.map(|(i, _)| values(i)).sum())
}

#[test]
fn all_small_memories() {
    for (dim, patterns) in [(1, 1), (1, 4), (2, 4), (3, 3), (4, 3), (6, 2), (7, 2)] {
        for flips in 0..=dim {
            let (d, n, f) = (dim as u64, patterns as u64, flips as u64);
            let random = hetero(dim, patterns, flips, |overlaps, y| votes(overlaps, |i| y[i] * y[0]));
            let law = nearest::random_values(d, n, f).unwrap();
            assert!((law.wrong - random.wrong).abs() < 1e-12, "{dim} {patterns} {flips}: {law:?} {random:?}");
            assert!((law.tie - random.tie).abs() < 1e-12, "{dim} {patterns} {flips}: {law:?} {random:?}");
            assert!((law.error(Tie::Stay) - random.wrong - random.tie_stay_wrong).abs() < 1e-12);
            let worst = hetero(dim, patterns, flips, |overlaps, _| votes(overlaps, |i| if i == 0 { 1 } else { -1 }));
            let law = nearest::worst_values(d, n, f).unwrap();
            assert!((law.wrong - worst.wrong).abs() < 1e-12, "{dim} {patterns} {flips}: {law:?} {worst:?}");
            assert!((law.tie - worst.tie).abs() < 1e-12, "{dim} {patterns} {flips}: {law:?} {worst:?}");
            let own = dim as i64 - 2 * flips as i64;
            let alone = hetero(dim, patterns, flips, |overlaps, _| {
                if overlaps[1..].iter().all(|&s| s < own) { Sign::Right } else { Sign::Wrong }
            });
            assert!((nearest::alone(d, n, f).unwrap() - (1.0 - alone.wrong)).abs() < 1e-12);
            let nearer = hetero(dim, patterns, flips, |overlaps, _| {
                if overlaps[1..].iter().any(|&s| s > own) { Sign::Wrong } else { Sign::Right }
            });
            let kept = nearest::auto_kept(d, n, f).unwrap();
            assert!((kept.low - (1.0 - alone.wrong)).abs() < 1e-12 && (kept.high - (1.0 - nearer.wrong)).abs() < 1e-12);
        }
    }
}

#[test]
fn four_other_keys() {
    for (dim, flips) in [(8, 0), (8, 2), (9, 3), (12, 4)] {
        let own = dim as i64 - 2 * flips as i64;
        let count = |wanted: Sign, signs: u32| {
            over_overlaps(dim, 4, &mut |others| {
                let overlaps: Vec<i64> = [own].iter().chain(others).copied().collect();
                let value = |i: usize| if i == 0 || signs >> (i - 1) & 1 == 1 { 1 } else { -1 };
                f64::from(u8::from(votes(&overlaps, value) == wanted))
            })
        };
        let over_signs = |wanted| (0..16).map(|signs| count(wanted, signs)).sum::<f64>() / 16.0;
        let law = nearest::random_values(dim as u64, 5, flips).unwrap();
        assert!((law.wrong - over_signs(Sign::Wrong)).abs() < 1e-12, "{law:?}");
        assert!((law.tie - over_signs(Sign::Tied)).abs() < 1e-12, "{law:?}");
    }
}

/// Many keys, one position: every key is at one of two places, so that votes are binomial.
#[test]
fn one_position() {
    let mut ln_factorial = vec![0.0];
    (1..=1000).for_each(|n| ln_factorial.push(ln_factorial[n - 1] + (n as f64).ln()));
    let binomial = |n: usize, k: usize| {
        (ln_factorial[n] - ln_factorial[k] - ln_factorial[n - k] - n as f64 * std::f64::consts::LN_2).exp()
    };
    for others in [1, 2, 3, 10, 101, 1000] {
        let (mut wrong, mut tie) = (0.0, 0.0);
        // So many are where the own key is, and so many of those are against it.
        for near in 0..=others {
            for against in 0..=near {
                let probability = binomial(others, near) * binomial(near, against);
                match 1 + near as i64 - 2 * against as i64 {
                    0 => tie += probability,
                    ..0 => wrong += probability,
                    _ => {}
                }
            }
        }
        let law = nearest::random_values(1, others as u64 + 1, 0).unwrap();
        close(law.wrong, wrong, 1e-10);
        close(law.tie, tie, 1e-10);
    }
}

#[test]
fn small_probabilities_keep_their_digits() {
    // One key in 10⁶ equals the query with probability 2⁻⁶⁴: then its vote is against in half of the cases, a tie.
    let law = nearest::random_values(64, 1_000_001, 0).unwrap();
    close(law.tie, 0.5e6 * 0.5f64.powi(64), 1e-9);
    assert!(law.wrong < 1e-25);
    close(nearest::worst_values(64, 1_000_001, 0).unwrap().tie, 1e6 * 0.5f64.powi(64), 1e-9);
}

proptest! {
    #[test]
    fn random_values_err_half_as_often(d in 1u64..120, n in 1u64..100_000_000, share in 0.0..=1.0f64) {
        let f = (share * d as f64) as u64;
        let (random, worst) = (nearest::random_values(d, n, f).unwrap(), nearest::worst_values(d, n, f).unwrap());
        for law in [random, worst] {
            prop_assert!(law.wrong >= 0.0 && law.tie >= 0.0 && law.wrong + law.tie <= 1.0 + 1e-12, "{law:?}");
        }
        prop_assert!(random.error(Tie::Plus) <= 0.5 + 1e-12);
        prop_assert!(2.0 * random.error(Tie::Plus) <= worst.wrong + worst.tie + 1e-12);
        let alone = nearest::alone(d, n, f).unwrap();
        prop_assert!((worst.wrong + worst.tie - (1.0 - alone)).abs() < 1e-12);
    }
}
