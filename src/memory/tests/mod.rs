//! Memories as stores hand them over: in several segments, with own ids, with places of forgotten associations, and
//! damaged.

use std::sync::Arc;

use proptest::prelude::*;

mod around;
mod changed;
mod damaged;
mod grown;
mod named;

use super::*;
use crate::Patterns;
use crate::dynamics::Order;
use crate::patterns::segments::Segment;
use crate::patterns::{NoiseModel, add_noise};
use crate::separation::Beta;
use crate::{Dynamics, Pattern, Progress, Queries, Query, Recall, Recalled, Separation, Tie};

/// The patterns in segments of these lengths, and the rest, if `grows`, in the one that grows.
fn in_segments(patterns: &Patterns, lengths: &[usize], grows: bool) -> Side {
    let mut start = 0;
    let mut segments: Vec<Arc<dyn Segment>> = Vec::new();
    for &length in lengths {
        segments.push(Arc::new(patterns.range(start..start + length).unwrap()));
        start = patterns.len().min(start + length);
    }
    let rest = patterns.range(start..patterns.len()).unwrap();
    if !grows {
        segments.push(Arc::new(rest));
        return Side::new(patterns.dim(), segments).unwrap();
    }
    let mut side = Side::new(patterns.dim(), segments).unwrap();
    rest.iter().for_each(|pattern| side.push(&pattern).unwrap());
    side
}

fn told(recalled: Recalled) -> impl PartialEq + std::fmt::Debug {
    let reports: Vec<_> = recalled.reports.iter().map(|r| (r.nearest, r.tied_bits)).collect();
    (recalled.patterns.to_signs(), reports)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn segments_of_any_length_are_one_memory(
        lengths in prop::collection::vec(prop_oneof![1usize..20, 1usize..700], 0..9), rest in 1usize..50, grows: bool,
        dim in prop_oneof![1usize..100, 300usize..500], value_dim in prop::option::of(1usize..700), beta in 0.001f64..0.5,
        seed: u64,
    ) {
        let n = lengths.iter().sum::<usize>() + rest;
        let keys = Patterns::random(n, dim, seed, "keys").unwrap();
        let values = value_dim.map(|dim| Patterns::random(n, dim, seed, "values").unwrap());
        let whole = Memory::of_sides(keys.clone().into(), values.clone().map(Side::from)).unwrap();
        let parts = values.as_ref().map(|values| in_segments(values, &lengths, grows));
        let parts = Memory::of_sides(in_segments(&keys, &lengths, grows), parts).unwrap();
        prop_assert_eq!((parts.keys(), parts.values()), (whole.keys(), whole.values()));

        let originals = keys.choose(70, seed, "queries").unwrap();
        let noisy = add_noise(&originals, 0.15, NoiseModel::Exact, seed).unwrap();
        let queries = Queries::with_known(noisy, Patterns::random(70, dim, seed, "known").unwrap()).unwrap();
        let ids: Vec<u64> = (0..n as u64).filter(|id| (id ^ seed) % 3 > 0).chain([n as u64 - 1]).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
        let separations = [Separation::Linear, Separation::Max, Separation::polynomial(3).unwrap(), Separation::exponential(beta).unwrap()];
        for separation in separations {
            let recall = Recall::new(separation);
            prop_assert_eq!(told(parts.recall(&queries, &recall).unwrap()), told(whole.recall(&queries, &recall).unwrap()));
            let within = |memory: &Memory| {
                let scope = memory.scope(Some(&ids), &[], Missing::Refuse).unwrap();
                told(memory.within(&scope).recall(&queries, &recall).unwrap())
            };
            prop_assert_eq!(within(&parts), within(&whole));
        }
        prop_assert_eq!(parts.search_top(&queries, 5).unwrap(), whole.search_top(&queries, 5).unwrap());
        prop_assert_eq!(parts.search_radius(&queries, dim as u32 / 3).unwrap(), whole.search_radius(&queries, dim as u32 / 3).unwrap());
        let few = queries.range(0..3).unwrap();
        prop_assert_eq!(parts.overlaps(&few).unwrap(), whole.overlaps(&few).unwrap());
        let beta = Beta::new(beta).unwrap();
        prop_assert_eq!(parts.attend(&few, beta).unwrap(), whole.attend(&few, beta).unwrap());
        if value_dim.is_none() {
            for order in [Order::Synchronous, Order::Fixed, Order::Random { seed }] {
                for separation in separations {
                    let dynamics = Dynamics::new(separation).order(order).step_limit(2).unwrap();
                    let run = |memory: &Memory| {
                        let runs = memory.relax(&few, &dynamics).unwrap();
                        runs.into_iter().map(|run| (run.state, run.energies, run.limit, run.end, run.tied_bits)).collect::<Vec<_>>()
                    };
                    prop_assert_eq!(run(&parts), run(&whole));
                }
            }
        }
        let query: Query = few.get(0).unwrap();
        let close = |memory: &Memory| {
            let mut closing = memory.partial(&query, Separation::Linear, 0).unwrap().close(Tie::Plus).unwrap();
            for request in closing.requests(4) {
                closing.resolve(&memory.votes(&request).unwrap()).unwrap();
            }
            closing.finish().unwrap().pattern
        };
        prop_assert_eq!(close(&parts), close(&whole));
        let mut files = [Vec::new(), Vec::new()];
        parts.write_to(&mut files[0]).unwrap();
        whole.write_to(&mut files[1]).unwrap();
        prop_assert!(files[0] == files[1]);
        let told = std::sync::Mutex::new((0, 0));
        let watcher = |done: u64, total: u64| {
            *told.lock().unwrap() = (done, total);
            done <= total
        };
        parts.watched(Progress::new(&watcher)).write_to(&mut std::io::sink()).unwrap();
        let (done, total) = told.into_inner().unwrap();
        prop_assert_eq!(done, total);
    }

    /// Places of forgotten associations have no columns, and no rows; whole stretches of them may be missing.
    #[test]
    fn matrices_pass_over_what_is_forgotten(
        lengths in prop::collection::vec(prop_oneof![1usize..20, 200usize..700], 0..5), rest in 1usize..50, gone in 0u64..9,
        dim in prop_oneof![1usize..200, 1100usize..1200], seed: u64,
    ) {
        let n = lengths.iter().sum::<usize>() + rest;
        let keys = Patterns::random(n, dim, seed, "keys").unwrap();
        let mut live = Bits::filled(n, true, "live").unwrap();
        let forgotten = |place: usize| match gone {
            0 => false,
            1 => place % 600 < 300,
            _ => (place as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60 < gone,
        };
        (0..n - 1).filter(|&place| forgotten(place)).for_each(|place| live.set(place, false));
        let side = in_segments(&keys, &lengths, false);
        let ids = Ids::counted(n);
        let contents =
            Contents { keys: side, values: None, ids, live: Some(live), labels: Labels::default(), notes: Notes::new() };
        let memory = Memory::of_contents(contents).unwrap();
        let settled = memory.settled().unwrap();
        prop_assert_eq!(settled.len(), memory.len());

        let queries: Queries = keys.choose(n.min(67), seed, "queries").unwrap().into();
        let told = |memory: &Memory| {
            let (n, queries) = (memory.len(), &queries);
            let (mut short, mut overlaps) = (vec![7u16; queries.len() * n], vec![7; n * n]);
            memory.distances_into(queries, &mut short).unwrap();
            memory.mutual_overlaps_into(&mut overlaps).unwrap();
            (memory.overlaps(queries).unwrap(), short, overlaps)
        };
        let (found, expected) = (told(&memory), told(&settled));
        prop_assert!(found == expected);
        let n = memory.len();
        prop_assert!((0..n).all(|i| found.2[i * n + i] == dim as i32 && (0..i).all(|j| found.2[i * n + j] == found.2[j * n + i])));
        let (kept, s) = (memory.keys().to_patterns().unwrap(), |at: usize| dim as i32 - 2 * i32::from(found.1[at]));
        for q in 0..queries.len() {
            let (at, query) = (q * n + q % n, queries.get(q).unwrap());
            let key = kept.get(q % n).unwrap();
            let same = key.to_signs().iter().zip(query.signs().to_signs()).filter(|&(&a, b)| a == b).count() as i32;
            prop_assert_eq!((found.0[at], s(at)), (2 * same - dim as i32, found.0[at]));
        }
    }

    #[test]
    fn storing_and_forgetting_change_no_clone(
        lengths in prop::collection::vec(1usize..30, 0..4), rest in 1usize..40, changes in prop::collection::vec(any::<(bool, u64)>(), 1..20),
        auto: bool, seed: u64,
    ) {
        let n = lengths.iter().sum::<usize>() + rest;
        let (dim, value_dim) = (70, if auto { 70 } else { 9 });
        let keys = Patterns::random(n, dim, seed, "keys").unwrap();
        let values = Patterns::random(n, value_dim, seed, "values").unwrap();
        let side = |patterns: &Patterns| in_segments(patterns, &lengths, seed.is_multiple_of(2));
        let mut memory = Memory::of_sides(side(&keys), (!auto).then(|| side(&values))).unwrap();
        let mut rows: Vec<(Pattern, Pattern)> = keys.iter().zip(if auto { keys.iter() } else { values.iter() }.collect::<Vec<_>>()).collect();
        // What was given is not given again.
        let (mut ids, mut stored): (Vec<u64>, _) = ((0..n as u64).collect(), 0);
        for (round, (store, at)) in changes.into_iter().enumerate() {
            let before = memory.clone();
            let then = rows.clone();
            if store || rows.len() == 1 {
                let key = Patterns::random(1, dim, at, "key").unwrap().get(0).unwrap();
                let value = Patterns::random(1, value_dim, at, "value").unwrap().get(0).unwrap();
                ids.push(memory.store(&key, (!auto).then_some(&value)).unwrap());
                prop_assert_eq!(ids[ids.len() - 1], (n + stored) as u64);
                stored += 1;
                rows.push((key.clone(), if auto { key } else { value }));
            } else {
                let place = (at % rows.len() as u64) as usize;
                let (key, value) = memory.forget(ids.remove(place)).unwrap();
                let (expected_key, expected_value) = rows.remove(place);
                prop_assert_eq!(key, expected_key);
                prop_assert_eq!(value, (!auto).then_some(expected_value));
            }
            let holds = |memory: &Memory, rows: &[(Pattern, Pattern)]| {
                memory.len() == rows.len() && memory.keys().iter().zip(memory.values().iter()).eq(rows.iter().cloned())
            };
            prop_assert!(holds(&memory, &rows), "round {round}");
            prop_assert!(memory.ids().eq(ids.iter().copied()));
            // Every other time somebody else holds the segments.
            if round % 2 == 0 {
                prop_assert!(holds(&before, &then));
            }
        }
    }
}

/// Keys and values that come in segments of other lengths are put together alike.
#[test]
fn sides_cut_apart_are_joined() {
    let keys = Patterns::random(300, 90, 1, "keys").unwrap();
    let values = Patterns::random(300, 20, 1, "values").unwrap();
    let whole = Memory::hetero_associative(keys.clone(), values.clone()).unwrap();
    let queries: Queries = keys.range(0..70).unwrap().into();
    for (of_keys, of_values) in [(vec![3, 5], vec![8]), (vec![], vec![100, 1]), (vec![299], vec![])] {
        let parts =
            Memory::hetero_associative(in_segments(&keys, &of_keys, true), in_segments(&values, &of_values, false))
                .unwrap();
        for separation in [Separation::Linear, Separation::Max] {
            let recall = Recall::new(separation);
            assert_eq!(told(parts.recall(&queries, &recall).unwrap()), told(whole.recall(&queries, &recall).unwrap()));
        }
    }
    let short = in_segments(&values.range(0..299).unwrap(), &[], true);
    assert!(matches!(Memory::hetero_associative(keys, short), Err(Error::Count { .. })));
}
