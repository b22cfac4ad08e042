use std::collections::BTreeMap;
use std::f64::consts::LN_2;

use popfield::patterns::stream;
use popfield::separation::Beta;
use popfield_lab::theory::exponential::{self, Bounds};
use popfield_lab::theory::{attention, nearest, walk};
use proptest::prelude::*;

use crate::enumeration::{Sign, auto, dot, hetero, over_overlaps};
use crate::quadrature::{maximum, normal_above, root};
use crate::{close, rounds_to};

fn beta(value: f64) -> Beta {
    Beta::new(value).unwrap()
}

/// I(a), as printed.
fn rate(a: f64) -> f64 {
    let part = |x: f64| if x > 0.0 { x * x.ln() } else { 0.0 };
    0.5 * (part(1.0 + a) + part(1.0 - a))
}

#[test]
fn figures() {
    let table = [(1.0, [0.6750, 0.3681, 0.1927]), (0.25, [0.3799, 0.2799, 0.1799])];
    for (b, thresholds) in table {
        for (noise, threshold) in [0.0, 0.1, 0.2].into_iter().zip(thresholds) {
            rounds_to(exponential::random_threshold(noise, beta(b)).unwrap(), threshold, 4);
        }
    }
    rounds_to(exponential::worst_threshold(0.0, beta(1.0)).unwrap(), 0.5662, 4);
    rounds_to(exponential::worst_threshold(0.1, beta(1.0)).unwrap(), 0.3662, 4);
    close(exponential::demircigil_rate(0.0).unwrap(), 0.5 * LN_2, 1e-14);
    close(exponential::demircigil_rate(0.1).unwrap(), 0.5 * 0.368_064_2, 1e-6);
}

/// Crosstalk at rate r has the exponent max r − I(u) + w·u over the overlaps u that exist, I(u) ≤ r: with weights
/// e^{2βs} its square, with weights e^{βs} itself. The threshold is where that reaches the signal's.
#[test]
fn thresholds_by_the_largest_exponent() {
    for b in [0.02, 0.1, 0.25, 0.5, 0.8, 1.0, 2.0, 6.0] {
        for noise in [0.0, 0.02, 0.1, 0.2, 0.35, 0.49] {
            let a = 1.0 - 2.0 * noise;
            let by_exponent = |w: f64| {
                let excess = |r: f64| {
                    let nearest = if r >= LN_2 { 1.0 } else { root(0.0, 1.0, |u| rate(u) - r) };
                    maximum(0.0, nearest, |u| r - rate(u) + w * u) - w * a
                };
                root(0.0, LN_2, excess)
            };
            let random = exponential::random_threshold(noise, beta(b)).unwrap();
            let worst = exponential::worst_threshold(noise, beta(b)).unwrap();
            assert!((random - by_exponent(2.0 * b)).abs() < 1e-7, "β = {b}, noise {noise}: {random}");
            assert!((worst - by_exponent(b)).abs() < 1e-7, "β = {b}, noise {noise}: {worst}");
            close(attention::slope(noise, beta(b)).unwrap(), 1.0 / worst, 1e-14);
            let half = rate(a) / 2.0;
            close(exponential::random_rate_all(noise, beta(b)).unwrap(), random.min(half), 1e-9);
            close(exponential::worst_rate_all(noise, beta(b)).unwrap(), worst.min(half), 1e-9);
        }
    }
}

#[test]
fn thresholds_at_the_ends() {
    for noise in [0.5, 0.7, 1.0] {
        assert_eq!(exponential::random_threshold(noise, beta(1.0)).unwrap(), 0.0);
        assert_eq!(exponential::random_rate_all(noise, beta(1.0)).unwrap(), 0.0);
        assert_eq!(attention::slope(noise, beta(1.0)).unwrap(), f64::INFINITY);
    }
    close(exponential::random_threshold(0.0, beta(1e9)).unwrap(), LN_2, 1e-14);
    close(exponential::worst_threshold(0.1, beta(1e9)).unwrap(), rate(0.8), 1e-12);
    // β small: 2βa − 2β².
    close(exponential::random_threshold(0.1, beta(1e-9)).unwrap(), 1.6e-9 - 2e-18, 1e-12);
    // In between, from the left as from the right.
    for noise in [0.01, 0.1, 0.3] {
        let turn = 0.5 * (1.0f64 - 2.0 * noise).atanh();
        let around = [turn - 1e-9, turn + 1e-9].map(|b| exponential::random_threshold(noise, beta(b)).unwrap());
        assert!((around[0] - around[1]).abs() < 1e-12, "{around:?}");
    }
    for noise in [0.0, 0.05, 0.2, 0.4] {
        close(
            exponential::random_rate_all(noise, beta(1.0)).unwrap(),
            exponential::demircigil_rate(noise).unwrap(),
            1e-14,
        );
    }
}

/// The sign of Σ e^{βs} v over votes v, with votes at equal overlaps added as integers.
fn sign(b: f64, votes: impl Iterator<Item = (i64, i64)>) -> Sign {
    let mut by_overlap = BTreeMap::new();
    votes.for_each(|(overlap, vote)| *by_overlap.entry(overlap).or_insert(0) += vote);
    let field: f64 =
        by_overlap.iter().map(|(&overlap, &vote)| f64::from(vote as i32) * (b * overlap as f64).exp()).sum();
    match by_overlap.values().all(|&vote| vote == 0) {
        true => Sign::Tied,
        false if field > 0.0 => Sign::Right,
        false => Sign::Wrong,
    }
}

fn holds(bounds: Bounds, wrong: f64, tie: f64) {
    assert!(bounds.low <= wrong + 1e-12 && wrong + tie <= bounds.high + 1e-12, "{bounds:?}, {wrong}, {tie}");
}

#[test]
fn all_small_memories() {
    for b in [0.1, 0.4, 1.0, 3.0] {
        for (dim, patterns) in [(2, 4), (3, 3), (4, 3), (6, 2), (5, 1)] {
            for flips in 0..=dim {
                let (d, n, f) = (dim as u64, patterns as u64, flips as u64);
                let random = hetero(dim, patterns, flips, |overlaps, values| {
                    sign(b, overlaps.iter().zip(values).map(|(&s, &y)| (s, y * values[0])))
                });
                holds(exponential::random_values(d, n, f, beta(b)).unwrap(), random.wrong, random.tie);
                let worst = hetero(dim, patterns, flips, |overlaps, _| {
                    let vote = |i: usize| if i == 0 { 1 } else { -1 };
                    sign(b, overlaps.iter().enumerate().map(|(i, &s)| (s, vote(i))))
                });
                holds(exponential::worst_values(d, n, f, beta(b)).unwrap(), worst.wrong, worst.tie);
                holds(attention::top_weight_failure(d, n, f, beta(b)).unwrap(), worst.wrong, worst.tie);
            }
        }
    }
}

/// The difference of the energies −Σ e^{βs} has the hetero law of one position less.
#[test]
fn energy_difference_is_hetero() {
    for b in [0.3, 1.0] {
        for (dim, patterns, flips) in [(3, 3, 0), (4, 3, 1), (4, 3, 2), (7, 2, 3)] {
            let difference = auto(dim, patterns, flips, |keys, query, j| {
                let rest: Vec<i64> = (0..dim).map(|l| if l == j { 0 } else { query[l] }).collect();
                // e^{β(u+x)} with the bit right, less e^{β(u−x)} with it wrong.
                sign(
                    b,
                    keys.iter().flat_map(|key| {
                        let (u, x) = (dot(key, &rest), key[j] * keys[0][j]);
                        [(u + x, 1), (u - x, -1)]
                    }),
                )
            });
            let of = |flips: usize| {
                hetero(dim - 1, patterns, flips, |overlaps, values| {
                    sign(b, overlaps.iter().zip(values).map(|(&s, &y)| (s, y * values[0])))
                })
            };
            let flipped = flips as f64 / dim as f64;
            let right = of(flips.min(dim - 1));
            let wrong = of(flips.saturating_sub(1));
            let mixed = |a: f64, b: f64| (1.0 - flipped) * a + flipped * b;
            let (d, n, f) = (dim as u64, patterns as u64, flips as u64);
            let bounds = exponential::energy_difference(d, n, f, beta(b)).unwrap();
            holds(bounds, difference.wrong, difference.tie);
            let error = exponential::energy_difference_error(d, n, f, beta(b)).unwrap();
            close(error, difference.wrong + 0.5 * difference.tie, 0.02);
            close(difference.wrong, mixed(right.wrong, wrong.wrong), 1e-12);
            assert!((difference.tie - mixed(right.tie, wrong.tie)).abs() < 1e-12);
        }
    }
}

/// Three and four other keys in more dimensions than memories can be enumerated in.
#[test]
fn bounds_hold_for_few_keys() {
    for (dim, others, flips, b) in [(8, 3, 0, 0.2), (8, 3, 2, 0.2), (10, 3, 3, 1.0), (14, 2, 3, 0.5), (40, 2, 12, 0.1)]
    {
        let own = dim as i64 - 2 * flips as i64;
        let (mut wrong, mut tie) = (0.0, 0.0);
        for signs in 0..1u32 << others {
            let vote = |i: usize| if signs >> i & 1 == 1 { 1 } else { -1 };
            let count = |wanted: Sign| {
                over_overlaps(dim, others, &mut |overlaps| {
                    let votes = overlaps.iter().enumerate().map(|(i, &s)| (s, vote(i)));
                    f64::from(u8::from(sign(b, votes.chain([(own, 1)])) == wanted))
                })
            };
            wrong += count(Sign::Wrong) / f64::from(1u32 << others);
            tie += count(Sign::Tied) / f64::from(1u32 << others);
        }
        holds(exponential::random_values(dim as u64, others as u64 + 1, flips, beta(b)).unwrap(), wrong, tie);
    }
}

/// The law of crosstalk that is known to a 300th of the signal, term by term: normal noise of that deviation.
#[test]
fn errors_for_few_keys() {
    for (dim, others, flips, b) in [(4, 2, 1, 0.1), (8, 3, 2, 0.2), (10, 3, 3, 1.0), (14, 2, 3, 0.5), (40, 2, 12, 0.1)]
    {
        let own = dim as i64 - 2 * flips as i64;
        let wrong = |vote: &dyn Fn(usize) -> f64| {
            over_overlaps(dim, others, &mut |overlaps| {
                let weight = |i: usize| vote(i) * (b * (overlaps[i] - own) as f64).exp();
                let field = 1.0 + (0..others).map(weight).sum::<f64>();
                0.5 * libm::erfc(300.0 * field / 2f64.sqrt())
            })
        };
        let random = (0..1u32 << others)
            .map(|signs| wrong(&|i| if signs >> i & 1 == 1 { 1.0 } else { -1.0 }) / f64::from(1u32 << others))
            .sum::<f64>();
        let (d, n) = (dim as u64, others as u64 + 1);
        close(exponential::random_error(d, n, flips, beta(b)).unwrap(), random, 1e-6);
        // A key as near as the own one leaves no doubt, since there is another.
        let worst = over_overlaps(dim, others, &mut |overlaps| {
            let field = 1.0 - overlaps.iter().map(|&s| (b * (s - own) as f64).exp()).sum::<f64>();
            if overlaps.iter().any(|&s| s >= own) { 1.0 } else { 0.5 * libm::erfc(300.0 * field / 2f64.sqrt()) }
        });
        close(exponential::worst_error(d, n, flips, beta(b)).unwrap(), worst, 1e-6);
    }
}

/// Two patterns leave nothing open, whatever β is.
#[test]
fn two_patterns() {
    for (dim, flips) in [(1, 0), (1, 1), (2, 1), (6, 1), (6, 3), (10, 0), (10, 5), (9, 9)] {
        let own = dim as i64 - 2 * flips as i64;
        let (nearer, as_near) = (walk::above(dim, own), walk::at(dim, own));
        for b in [1e-9, 1e-6, 0.3, 5.0, 1e9] {
            let worst = exponential::worst_values(dim, 2, flips, beta(b)).unwrap();
            holds(worst, nearer, as_near);
            assert_eq!(worst.low, nearer);
            close(exponential::worst_error(dim, 2, flips, beta(b)).unwrap(), nearer + 0.5 * as_near, 1e-14);
            let random = 0.5 * nearer + 0.25 * as_near;
            close(exponential::random_error(dim, 2, flips, beta(b)).unwrap(), random, 1e-14);
        }
    }
}

/// Keys that outweigh the query by far cancel where two of one place differ in sign, and leave the rest to farther ones.
#[test]
fn heavy_keys_cancel() {
    for (dim, others, flips, b) in [(2, 2, 2, 1e9), (4, 2, 2, 10.0), (4, 5, 2, 10.0), (6, 4, 3, 8.0), (3, 6, 3, 7.0)] {
        let own = dim as i64 - 2 * flips as i64;
        let error = |signs: u32| {
            let vote = |i: usize| if signs >> i & 1 == 1 { 1 } else { -1 };
            over_overlaps(dim, others, &mut |overlaps| {
                let mut votes = BTreeMap::from([(own, 1)]);
                overlaps.iter().enumerate().for_each(|(i, &s)| *votes.entry(s).or_insert(0) += vote(i));
                // The nearest that do not cancel decide.
                match votes.values().rev().find(|&&vote| vote != 0) {
                    Some(&vote) => f64::from(u8::from(vote < 0)),
                    None => 0.5,
                }
            })
        };
        let expected = (0..1u32 << others).map(error).sum::<f64>() / f64::from(1u32 << others);
        let found = exponential::random_error(dim as u64, others as u64 + 1, flips, beta(b)).unwrap();
        assert!((found - expected).abs() < 1e-6, "{dim} {others} {flips} {b}: {found}, expected {expected}");
    }
    // As counted by Fourier sums over the plane of signs and places.
    close(exponential::random_error(4, 121, 2, beta(10.0)).unwrap(), 0.499_366_821_47, 1e-9);
    // Every place that does not underflow outweighs the query by far: two others decide unless they cancel.
    let same: f64 = (-2000..=2000).step_by(2).map(|place| walk::at(2000, place).powi(2)).sum();
    close(exponential::random_error(2000, 3, 2000, beta(1.0)).unwrap(), 0.5 * (1.0 - 0.5 * same), 1e-9);
    // Where many are expected none of this matters, to 2 %.
    let found = exponential::random_error(4, 8000, 2, beta(10.0)).unwrap();
    let nearest = nearest::random_values(4, 8000, 2).unwrap();
    close(found, nearest.wrong + 0.5 * nearest.tie, 0.02);
}

/// Weights that the steps of the inversion would take for one another.
#[test]
fn no_weight_is_taken_for_another() {
    for (dim, patterns, flips) in [(10, 500, 1), (10, 200, 2), (14, 2000, 2), (10, 5000, 1), (10, 20_000, 1)] {
        // e^{2β} is 2π over the first step, twice that, and a half to a fifth of it.
        for period in [1.0, 2.0, 0.5, 1.0 / 3.0, 0.25, 0.2] {
            let b = 0.5 * (period * std::f64::consts::TAU / 0.005).ln();
            let [before, here, after] =
                [b - 0.05, b, b + 0.05].map(|b| exponential::random_error(dim, patterns, flips, beta(b)).unwrap());
            assert!((here - 0.5 * (before + after)).abs() < 5e-4, "{dim}, {patterns}, {b}: {before} {here} {after}");
        }
    }
}

type SignOfVotes<'a> = &'a dyn Fn(&[(i64, i64)]) -> Sign;

/// Bits of random values are independent given the overlaps.
#[test]
fn whole_patterns_of_few_keys() {
    for (dim, others, flips, b) in [(5, 3, 1, 0.3), (8, 3, 2, 0.2), (9, 3, 3, 1.0), (14, 2, 1, 1.0)] {
        let own = dim as i64 - 2 * flips as i64;
        for bits in [1u64, 2, 5, 40] {
            let whole = |sign_of: SignOfVotes| {
                over_overlaps(dim, others, &mut |overlaps| {
                    let error: f64 = (0..1u32 << others)
                        .map(|signs| {
                            let vote = |i: usize| if signs >> i & 1 == 1 { 1 } else { -1 };
                            let mut votes = vec![(own, 1)];
                            votes.extend(overlaps.iter().enumerate().map(|(i, &s)| (s, vote(i))));
                            match sign_of(&votes) {
                                Sign::Wrong => 1.0,
                                Sign::Tied => 0.5,
                                Sign::Right => 0.0,
                            }
                        })
                        .sum();
                    (1.0 - error / f64::from(1u32 << others)).powi(bits as i32)
                })
            };
            let (d, n) = (dim as u64, others as u64 + 1);
            let exponential = whole(&|votes| sign(b, votes.iter().copied()));
            let bounds = exponential::pattern_success(d, n, flips, beta(b), bits).unwrap();
            assert!(
                bounds.low <= exponential + 1e-12 && exponential <= bounds.high + 1e-12,
                "{bounds:?} {exponential}"
            );
            let max = whole(&|votes| {
                let nearest = votes.iter().map(|vote| vote.0).max().unwrap();
                sign(1.0, votes.iter().copied().filter(|vote| vote.0 == nearest))
            });
            let bounds = nearest::pattern_success(d, n, flips, bits).unwrap();
            assert!(bounds.low <= max + 1e-12 && max <= bounds.high + 1e-12, "{bounds:?} {max}");
        }
    }
}

/// The laws of finite d and n held to samples of overlaps and signs.
#[test]
fn errors_as_sampled() {
    let cases =
        [(20u32, 300u64, 0i64, 0.25), (20, 2000, 2, 1.0), (24, 3000, 3, 0.5), (30, 500, 6, 0.25), (48, 1000, 12, 0.15)];
    for (case, (dim, others, flips, b)) in cases.into_iter().enumerate() {
        use rand_xoshiro::rand_core::Rng;
        let mut rng = stream(11, "errors as sampled", case as u64);
        let (own, samples) = (i64::from(dim) - 2 * flips, 20_000);
        let (mut random, mut worst) = (0.0, 0.0);
        let weights: Vec<f64> =
            (0..=dim).map(|h| (b * (i64::from(dim) - 2 * i64::from(h) - own) as f64).exp()).collect();
        for _ in 0..samples {
            let mut votes = vec![[0i64; 2]; dim as usize + 1];
            for _ in 0..others {
                let draw = rng.next_u64();
                // The low bits are the key, the top one its value.
                let distance = (draw << (64 - dim)).count_ones() as usize;
                votes[distance][0] += if draw >> 63 == 1 { 1 } else { -1 };
                votes[distance][1] -= 1;
            }
            let field = |of: usize| 1.0 + votes.iter().zip(&weights).map(|(v, w)| v[of] as f64 * w).sum::<f64>();
            let error = |field: f64| if field.abs() < 1e-12 { 0.5 } else { f64::from(u8::from(field < 0.0)) };
            random += error(field(0));
            worst += error(field(1));
        }
        let check = |found: f64, errors: f64| {
            let rate = errors / f64::from(samples);
            // Five deviations.
            let allowed = 5.0 * ((rate * (1.0 - rate)).max(1e-4) / f64::from(samples)).sqrt();
            assert!((found - rate).abs() < allowed, "case {case}: {found} against {rate} ± {allowed}");
        };
        let (d, n, f) = (u64::from(dim), others + 1, flips as u64);
        check(exponential::random_error(d, n, f, beta(b)).unwrap(), random);
        check(exponential::worst_error(d, n, f, beta(b)).unwrap(), worst);
    }
}

/// Where crosstalk is carried by keys of a hundred thousandth of the signal and less, it is normal.
#[test]
fn errors_of_many_small_terms() {
    for off in [-0.004, 0.0, 0.004] {
        // Worst-case values: mean n·e^{−βt} cosh(β)^d, deviation a few ten thousandths and the resolution of 1/300.
        let (d, f, b) = (600u64, 180u64, 0.1f64);
        let each = (-b * 240.0).exp() * b.cosh().powi(600);
        let n = ((1.0 + off) / each) as u64 + 1;
        let square = (-2.0 * b * 240.0).exp() * (2.0 * b).cosh().powi(600) - each * each;
        let (mean, variance) = ((n - 1) as f64 * each, (n - 1) as f64 * square);
        let expected = normal_above((1.0 - mean) / (variance + 1.0 / 90_000.0).sqrt());
        // The bounds may know better.
        let low = exponential::worst_values(d, n, f, beta(b)).unwrap().low;
        close(exponential::worst_error(d, n, f, beta(b)).unwrap(), expected.max(low), 2e-3);
    }
    let (d, n, f, b) = (1750, 360_000_000_000, 525, 0.02);
    let normal = exponential::normal_error(d, n, f, beta(b)).unwrap();
    assert!((0.1..0.3).contains(&normal));
    close(exponential::random_error(d, n, f, beta(b)).unwrap(), normal, 2e-3);
}

#[test]
fn errors_at_their_limits() {
    // Far below the threshold a bit fails by a key equal to the query (a tie in half of the cases) or one nearer to it.
    let equal = 0.5f64.powi(40) * 1e6;
    close(exponential::random_error(40, 1_000_001, 0, beta(2.0)).unwrap(), 0.25 * equal, 0.02);
    // Far above, and of β so small that a thousand keys are all alike, crosstalk is normal.
    for (d, n, f, b) in [(30u64, 1u64 << 40, 3u64, 0.25), (100, 20_000, 10, 0.001), (64, 1 << 30, 8, 0.2)] {
        let normal = exponential::normal_error(d, n, f, beta(b)).unwrap();
        let error = exponential::random_error(d, n, f, beta(b)).unwrap();
        assert!((error - normal).abs() < 0.02 * normal.max(0.01), "{error} {normal}");
    }
    assert_eq!(exponential::worst_error(30, 1 << 40, 3, beta(1.0)).unwrap(), 1.0);
    for error in [exponential::random_error, exponential::worst_error, exponential::energy_difference_error] {
        assert!(error(10, 1, 3, beta(1.0)).unwrap().abs() < 1e-9);
        assert!((0.0..=1.0).contains(&error(10, 1 << 45, 10, beta(1e9)).unwrap()));
        assert!((0.0..=1.0).contains(&error(10, 1 << 45, 3, beta(1e-9)).unwrap()));
    }
}

/// As d grows the bounds close upon the thresholds: nothing fails below, and above worst-case values always do.
#[test]
fn bounds_close_upon_the_thresholds() {
    for (b, noise) in [(1.0, 0.0), (1.0, 0.1), (0.25, 0.1), (0.25, 0.0)] {
        let random = exponential::random_threshold(noise, beta(b)).unwrap();
        let worst = exponential::worst_threshold(noise, beta(b)).unwrap();
        let at = |rate: f64, dim: u64| ((rate * dim as f64).exp() as u64, (noise * dim as f64).round() as u64);
        let below = [20u64, 40, 60].map(|dim| {
            let ((n, f), (m, _)) = (at(0.8 * random, dim), at(0.8 * worst, dim));
            let bounds = exponential::random_values(dim, n.max(2), f, beta(b)).unwrap();
            let opposed = exponential::worst_values(dim, m.max(2), f, beta(b)).unwrap();
            [bounds.high, opposed.high]
        });
        for law in 0..2 {
            assert!(below[0][law] > below[1][law] && below[1][law] > below[2][law], "{below:?}");
        }
        let (n, f) = at(1.25 * worst, 50);
        let above = exponential::worst_values(50, n.min(1 << 47), f, beta(b)).unwrap();
        assert!(above.low > 0.9 && above.high == 1.0, "{b}, {noise}: {above:?}");
    }
}

#[test]
fn normal_crosstalk() {
    for (dim, patterns, flips, b) in [(20u64, 50u64, 0u64, 0.1), (30, 4000, 3, 0.2), (64, 1000, 8, 0.05)] {
        let variance = walk::mean(dim, |s| (2.0 * b * s as f64).exp()) * (patterns - 1) as f64;
        let signal = (b * (dim as f64 - 2.0 * flips as f64)).exp();
        let expected = normal_above(signal / variance.sqrt());
        close(exponential::normal_error(dim, patterns, flips, beta(b)).unwrap(), expected, 1e-8);
        // The counts that are expected, as nearly as counts can be.
        let scale = 1e12;
        let counts: Vec<u64> = (0..=dim as i64)
            .map(|h| (scale * (patterns - 1) as f64 * walk::at(dim, dim as i64 - 2 * h)).round() as u64)
            .collect();
        let given = exponential::normal_error_given(&counts, flips, beta(b)).unwrap();
        close(given, normal_above(signal / (scale * variance).sqrt()), 1e-6);
    }
    assert_eq!(exponential::normal_error(10, 1, 0, beta(1.0)).unwrap(), 0.0);
    assert_eq!(exponential::normal_error_given(&[0, 0, 0], 0, beta(1.0)).unwrap(), 0.0);
    close(exponential::normal_error_given(&[1, 0], 0, beta(1.0)).unwrap(), normal_above(1.0), 1e-9);
}

#[test]
fn attention_needs_a_dimension() {
    // c = 1/0.5662 without noise at β = 1.
    close(attention::slope(0.0, beta(1.0)).unwrap(), 1.76610, 1e-4);
    close(attention::dimension_typical(1_000_000, 0.0, beta(1.0)).unwrap(), 1e6f64.ln() * 1.76610, 1e-4);
    assert_eq!(attention::dimension_bound(2, 0.2, beta(1.0), 1.0).unwrap(), 1.0);
    // As n grows, the bound is the typical dimension and a constant.
    let excess = |n: u64| {
        attention::dimension_bound(n, 0.1, beta(1.0), 0.01).unwrap()
            - attention::dimension_typical(n, 0.1, beta(1.0)).unwrap()
    };
    assert!((excess(1 << 50) - excess(1 << 20)).abs() < 1.5);
}

proptest! {
    #[test]
    fn attention_keeps_what_it_promises(
        n in 2u64..1_000_000_000, noise in 0.0..0.4f64, b in 0.05..3.0f64, failure in 1e-6..1.0f64
    ) {
        let d = attention::dimension_bound(n, noise, beta(b), failure).unwrap() as u64;
        let f = (noise * d as f64) as u64;
        prop_assert!(attention::top_weight_failure(d, n, f, beta(b)).unwrap().high <= failure * (1.0 + 1e-9));
        let most = attention::patterns_bound(d, f, beta(b), failure).unwrap();
        prop_assert!(most >= n as f64);
        if most < 1e13 {
            let failing = |n: f64| attention::top_weight_failure(d, n as u64, f, beta(b)).unwrap().high;
            prop_assert!(failing(most) <= failure * (1.0 + 1e-9));
            prop_assert!(failing(most + 1.0) >= failure * (1.0 - 1e-9) || failing(most + 1.0) == 1.0);
        }
    }

    #[test]
    fn bounds_are_in_order(d in 1u64..300, n in 1u64..1_000_000_000, share in 0.0..=1.0f64, b in 1e-3..20.0f64) {
        let f = (share * d as f64) as u64;
        let random = exponential::random_values(d, n, f, beta(b)).unwrap();
        let worst = exponential::worst_values(d, n, f, beta(b)).unwrap();
        for bounds in [random, worst] {
            prop_assert!(0.0 <= bounds.low && bounds.low <= bounds.high && bounds.high <= 1.0, "{bounds:?}");
        }
        prop_assert!(random.high <= 0.5 && random.high <= worst.high + 1e-12);
        let kept = exponential::auto_kept(d, n, f, beta(b)).unwrap();
        prop_assert!(0.0 <= kept.low && kept.low <= kept.high && kept.high <= 1.0, "{kept:?}");
        // With β so large the nearest keys decide.
        prop_assert!(kept.low <= nearest::auto_kept(d, n, f).unwrap().low + 1e-9);
    }
}
