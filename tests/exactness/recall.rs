//! One-step and iterated recall, search, overlaps and attention against the reference.

use popfield::{Memory, Queries, Recall, Separation, Tie};
use popfield_reference as reference;
use proptest::prelude::*;

use crate::worlds::{KINDS, Kind, World, check_everywhere, dims, erasures, on_threads, packed, separations, tiers};

fn kinds() -> impl Strategy<Value = Kind> {
    prop::sample::select(KINDS.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn recall_is_the_sign_of_the_field(
        kind in kinds(), n in 1usize..120, dim in dims(), value_dim in 1usize..140, erased in erasures(),
        separation in separations(), tie in prop::sample::select(vec![Tie::Plus, Tie::Minus]), seed: u64,
    ) {
        check_everywhere(&World::new(kind, n, dim, value_dim, 5, erased, seed), separation, tie);
    }

    #[test]
    fn signs_follow_from_votes_by_distance(
        kind in kinds(), n in 1usize..60, dim in dims(), erased in erasures(), separation in separations(), seed: u64,
    ) {
        let world = World::new(kind, n, dim, 1, 4, erased, seed);
        let recalled = world.memory().recall(&world.packed_queries(), &Recall::new(separation)).unwrap();
        for (q, query) in world.queries.iter().enumerate() {
            let known = query.iter().filter(|&&sign| sign != 0).count() as u32;
            let votes = world.keys.iter().zip(&world.values);
            let votes: Vec<_> = votes.map(|(key, value)| (reference::distance(query, key), 1, i64::from(value[0]))).collect();
            let tied = recalled.reports[q].tied_bits == 1;
            let expected = if tied { 0 } else { recalled.patterns.get(q).unwrap().to_signs()[0] };
            prop_assert_eq!(separation.sign(known, &votes).unwrap(), expected.cmp(&0));
        }
    }

    #[test]
    fn ties_may_stay(
        kind in kinds(), n in 1usize..60, dim in 1usize..140, erased in erasures(), separation in separations(), seed: u64,
    ) {
        check_everywhere(&World::new(kind, n, dim, dim, 4, erased, seed), separation, Tie::Stay);
    }

    #[test]
    fn steps_are_recalls_in_turn(
        kind in kinds(), n in 1usize..40, dim in 1usize..80, separation in separations(), steps in 1u32..9, erased in erasures(),
        tie in prop::sample::select(vec![Tie::Plus, Tie::Minus, Tie::Stay]), seed: u64,
    ) {
        let mut world = World::new(kind, n, dim, dim, 3, erased, seed);
        let (memory, queries) = (world.memory(), world.packed_queries());
        let recalled = memory.recall(&queries, &Recall::new(separation).steps(steps).unwrap().tie(tie)).unwrap();
        for _ in 1..steps {
            world.queries = world.expected(separation, tie).into_iter().map(|(bits, _)| bits).collect();
        }
        world.check(&recalled, &world.expected(separation, tie), separation, &format!("{separation}, {steps} steps"));
    }

    #[test]
    fn search_and_overlaps_are_exact(
        kind in kinds(), n in 1usize..400, dim in dims(), erased in erasures(), top in 1usize..50, seed: u64,
    ) {
        let world = World::new(kind, n, dim, 1, 3, erased, seed);
        let (memory, queries) = (world.memory(), world.packed_queries());
        for tier in tiers() {
            let memory = memory.clone().with_tier(tier);
            on_threads(|_| {
                let found = memory.search_top(&queries, top).unwrap();
                let overlaps = memory.overlaps(&queries).unwrap();
                for (q, query) in world.queries.iter().enumerate() {
                    let all = reference::search(&world.keys, query, usize::MAX);
                    let plain = |found: &[popfield::Neighbor]| found.iter().map(|f| (f.distance, f.id as usize)).collect::<Vec<_>>();
                    assert_eq!(plain(&found[q]), all[..top.min(n)]);
                    let radius = all[n / 2].0;
                    let within = all.iter().copied().filter(|key| key.0 <= radius).collect::<Vec<_>>();
                    let found = memory.search_radius(&queries.range(q..q + 1).unwrap(), radius).unwrap();
                    assert_eq!(plain(&found[0]), within);
                    let row = &overlaps[q * n..(q + 1) * n];
                    assert!(row.iter().zip(&world.keys).all(|(&s, key)| i64::from(s) == reference::overlap(query, key)));
                }
            });
        }
    }

    #[test]
    fn attention_is_the_mean_under_softmax(
        kind in kinds(), n in 1usize..200, dim in dims(), value_dim in 1usize..80, erased in erasures(),
        exponent in -9.0f64..9.0, seed: u64,
    ) {
        let world = World::new(kind, n, dim, value_dim, 3, erased, seed);
        let beta = popfield::separation::Beta::new(10f64.powf(exponent).clamp(1e-9, 1e9)).unwrap();
        let (memory, queries) = (world.memory(), world.packed_queries());
        let mut answers = Vec::new();
        for tier in tiers() {
            let memory = memory.clone().with_tier(tier);
            answers.extend(on_threads(|_| memory.attend(&queries, beta).unwrap()));
        }
        // The same bits, not just nearly the same.
        prop_assert!(answers.iter().all(|answer| answer.iter().map(|x| x.to_bits()).eq(answers[0].iter().map(|x| x.to_bits()))));
        let weights = memory.attention_weights(&queries, beta).unwrap();
        for (q, query) in world.queries.iter().enumerate() {
            let overlaps: Vec<f64> = world.keys.iter().map(|key| reference::overlap(query, key) as f64).collect();
            let top = overlaps.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let raw: Vec<f64> = overlaps.iter().map(|s| (beta.get() * (s - top)).exp()).collect();
            let total: f64 = raw.iter().sum();
            for (i, raw) in raw.iter().enumerate() {
                prop_assert!((weights[q * n + i] - raw / total).abs() < 1e-12);
            }
            for j in 0..value_dim {
                let mean = raw.iter().zip(&world.values).map(|(w, value)| w * f64::from(value[j])).sum::<f64>() / total;
                prop_assert!((answers[0][q * value_dim + j] - mean).abs() < 1e-11, "{} {mean}", answers[0][q * value_dim + j]);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Enough keys that the census gives up and every vote is counted by distance.
    #[test]
    fn thousands_of_keys(
        kind in kinds(), n in 1030usize..5000, dim in prop::sample::select(vec![1usize, 17, 64, 65, 130]), value_dim in 1usize..70,
        erased in erasures(), separation in separations(), seed: u64,
    ) {
        check_everywhere(&World::new(kind, n, dim, value_dim, 3, erased, seed), separation, Tie::Plus);
    }
}

#[test]
fn every_kind_and_separation_at_every_boundary() {
    for (k, kind) in KINDS.into_iter().enumerate() {
        for (i, dim) in [1, 63, 64, 65, 127, 511, 512, 513, 1000].into_iter().enumerate() {
            let world =
                World::new(kind, [1, 2, 9, 65][(k + i) % 4], dim, [1, 64, 65, 7][i % 4], 3, 0.0, (k * 100 + i) as u64);
            for separation in [
                Separation::exponential(1e-9).unwrap(),
                Separation::exponential(0.01).unwrap(),
                Separation::exponential(1.0).unwrap(),
                Separation::exponential(1e9).unwrap(),
                Separation::polynomial(2).unwrap(),
                Separation::polynomial(63).unwrap(),
                Separation::polynomial(64).unwrap(),
                Separation::Linear,
                Separation::Max,
            ] {
                check_everywhere(&world, separation, Tie::Minus);
            }
        }
    }
}

#[test]
fn long_patterns() {
    let world = World::new(Kind::Clustered, 20, 65_536, 130, 3, 0.3, 1);
    for separation in [Separation::exponential(0.001).unwrap(), Separation::polynomial(64).unwrap(), Separation::Linear]
    {
        check_everywhere(&world, separation, Tie::Plus);
    }
}

/// More votes than are gathered at once: they are counted a word of columns at a time, and no table of all is formed.
#[test]
fn long_patterns_that_recall_themselves() {
    let world = World::new(Kind::Random, 60, 65_536, 1, 2, 0.1, 2);
    let world = World { values: world.keys.clone(), ..world };
    for separation in [Separation::exponential(1e-5).unwrap(), Separation::Linear] {
        let expected = world.expected(separation, Tie::Plus);
        let memory = Memory::auto_associative(packed(&world.keys)).unwrap();
        let recalled = memory.recall(&world.packed_queries(), &Recall::new(separation)).unwrap();
        world.check(&recalled, &expected, separation, &separation.to_string());
    }
}

#[test]
fn auto_association_stores_once_and_recalls_the_same() {
    let world = World::new(Kind::Random, 300, 100, 100, 6, 0.2, 4);
    let auto = Memory::auto_associative(packed(&world.keys)).unwrap();
    let twice = Memory::hetero_associative(packed(&world.keys), packed(&world.keys)).unwrap();
    assert_eq!(2 * auto.bytes(), twice.bytes());
    let queries: Queries = world.packed_queries();
    for separation in [Separation::exponential(0.1).unwrap(), Separation::Linear, Separation::Max] {
        let recall = Recall::new(separation);
        let (a, b) = (auto.recall(&queries, &recall).unwrap(), twice.recall(&queries, &recall).unwrap());
        assert_eq!(a.patterns, b.patterns);
        assert_eq!(a.reports, b.reports);
    }
}
