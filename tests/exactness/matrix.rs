//! Matrices of overlaps and distances against the reference, entry by entry.

use popfield::{Distance, Error, Memory, Missing, Patterns, Progress, Queries};
use popfield_reference as reference;
use proptest::prelude::*;

use crate::worlds::{KINDS, World, dims, erasures, on_threads, packed, tiers};

/// A matrix of a type that holds distances, filled in by `fill`, as integers.
fn filled<D: Distance + Into<u32>>(entries: usize, fill: impl Fn(&mut [D]) -> popfield::Result<()>) -> Vec<u32> {
    let mut out = vec![D::default(); entries];
    fill(&mut out).unwrap();
    out.into_iter().map(Into::into).collect()
}

/// Every matrix of `memory`, which holds `keys`, in every tier and on several threads.
fn check(memory: &Memory, keys: &[Vec<i8>], queries: &Queries, plain_queries: &[Vec<i8>]) {
    let n = keys.len();
    let every = |rows: &[Vec<i8>]| -> (Vec<i32>, Vec<u32>) {
        let pairs = || rows.iter().flat_map(|row| keys.iter().map(move |key| (row, key)));
        (
            pairs().map(|(row, key)| reference::overlap(row, key) as i32).collect(),
            pairs().map(|(row, key)| reference::distance(row, key)).collect(),
        )
    };
    let (overlaps, distances) = every(plain_queries);
    let (mutual_overlaps, mutual_distances) = every(keys);
    for tier in tiers() {
        let memory = memory.clone().with_tier(tier);
        on_threads(|threads| {
            let what = format!("tier {}, {threads} threads", tier.name());
            let mut out = vec![77; overlaps.len()];
            memory.overlaps_into(queries, &mut out).unwrap();
            assert!(out == overlaps, "{what}");
            assert!(memory.overlaps(queries).unwrap() == overlaps, "{what}");
            assert!(filled::<u32>(distances.len(), |out| memory.distances_into(queries, out)) == distances, "{what}");
            assert!(filled::<u16>(distances.len(), |out| memory.distances_into(queries, out)) == distances, "{what}");
            let mut out = vec![77; n * n];
            memory.mutual_overlaps_into(&mut out).unwrap();
            assert!(out == mutual_overlaps, "{what}");
            assert!(filled::<u32>(n * n, |out| memory.mutual_distances_into(out)) == mutual_distances, "{what}");
            assert!(filled::<u16>(n * n, |out| memory.mutual_distances_into(out)) == mutual_distances, "{what}");
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn matrices_hold_every_pair(
        kind in prop::sample::select(KINDS.to_vec()), n in prop_oneof![1usize..40, 200usize..330], dim in dims(),
        queries in prop_oneof![1usize..9, 60usize..140], erased in erasures(), seed: u64,
    ) {
        let world = World::new(kind, n, dim, 1, queries, erased, seed);
        check(&world.memory(), &world.keys, &world.packed_queries(), &world.queries);
    }
}

/// More keys than one part has, in all ways of asking; and the same whatever the order of asking.
#[test]
fn matrices_of_several_parts() {
    for (n, dim) in [(2500, 70), (1100, 1100), (300, 3000)] {
        let keys = Patterns::random(n, dim, 3, "keys").unwrap();
        let memory = Memory::auto_associative(keys.clone()).unwrap();
        let plain: Vec<Vec<i8>> = keys.iter().map(|key| key.to_signs()).collect();
        let mutual = filled::<u16>(n * n, |out| memory.mutual_distances_into(out));
        let as_queries = filled::<u16>(n * n, |out| memory.distances_into(&keys.clone().into(), out));
        assert!(mutual == as_queries);
        for (i, j) in (0..5000).map(|at| (at * 7919 % n, at * 104_729 % n)) {
            assert_eq!(mutual[i * n + j], reference::distance(&plain[i], &plain[j]), "{i}, {j}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let keys = Patterns::random(20, 100, 3, "keys").unwrap();
    let memory = Memory::auto_associative(keys.clone()).unwrap();
    let queries: Queries = keys.range(0..3).unwrap().into();
    for length in [0, 59, 61] {
        let count = |result: popfield::Result<()>| {
            assert!(matches!(result, Err(Error::Count { found, .. }) if found == length as u64), "{result:?}");
        };
        count(memory.overlaps_into(&queries, &mut vec![0; length]));
        count(memory.distances_into(&queries, &mut vec![0u16; length]));
        count(memory.mutual_distances_into(&mut vec![0u32; length]));
        count(memory.mutual_overlaps_into(&mut vec![0; length]));
    }
    assert!(memory.overlaps_into(&Queries::from_signs(&[], 100).unwrap(), &mut []).is_ok());
    let other: Queries = Patterns::random(3, 99, 3, "queries").unwrap().into();
    assert!(matches!(memory.overlaps_into(&other, &mut [0; 60]), Err(Error::Dimension { .. })));
    let scope = memory.scope(None, &[4], Missing::Refuse).unwrap();
    let refused = memory.within(&scope).distances_into(&queries, &mut [0u16; 57]);
    assert!(matches!(refused, Err(Error::Parameter { .. })));
    let stop = |_: u64, _: u64| false;
    let stopped = memory.watched(Progress::new(&stop)).mutual_overlaps_into(&mut [0; 400]);
    assert!(matches!(stopped, Err(Error::Interrupted)));
    // The largest dimension whose distances fit 16 bits, at the largest distance, and the next.
    for (dim, fits) in [(65_535, true), (65_536, false)] {
        let opposed = packed(&[vec![1; dim], vec![-1; dim]]);
        let memory = Memory::auto_associative(opposed.clone()).unwrap();
        let mut short = [1u16; 4];
        assert_eq!(memory.distances_into(&opposed.clone().into(), &mut short).is_ok(), fits);
        assert_eq!(memory.mutual_distances_into(&mut short).is_ok(), fits);
        assert_eq!(short, if fits { [0, 65_535, 65_535, 0] } else { [1; 4] });
        let mut long = [1u32; 4];
        memory.distances_into(&opposed.into(), &mut long).unwrap();
        assert_eq!(long, [0, dim as u32, dim as u32, 0]);
    }
}
