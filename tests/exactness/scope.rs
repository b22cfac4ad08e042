//! Calls within a scope against the reference on the memory that holds the associations in scope alone.

use popfield::{
    Error, Memory, Missing, Neighbor, Patterns, Progress, Queries, Recall, Recalled, Scope, Separation, Tie,
};
use popfield_reference as reference;
use proptest::prelude::*;

use crate::worlds::{KINDS, World, dims, erasures, on_threads, separations, tiers};

/// How a scope lies in a memory.
#[derive(Clone, Copy, Debug)]
enum Lie {
    /// Everything is in it.
    Full,
    /// One association, somewhere.
    One(u64),
    /// Each association with a chance of so many in 256, by the seed.
    Some(u64, u64),
    /// A stretch, from the first share to the second, in 256ths.
    Stretch(u64, u64),
    /// Every other one: twins of duplicates and complements stand across the border.
    Twins,
}

impl Lie {
    /// The ids in the scope, of `n` associations: at least one.
    fn ids(self, n: usize) -> Vec<u64> {
        let all = 0..n as u64;
        let chosen: Vec<u64> = match self {
            Self::Full => all.collect(),
            Self::One(at) => vec![at % n as u64],
            Self::Some(chance, seed) => {
                let hash = |id: u64| (id ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56;
                all.filter(|&id| hash(id) < chance).collect()
            }
            Self::Stretch(from, to) => all.skip(n * from as usize / 256).take(n * to as usize / 256).collect(),
            Self::Twins => all.step_by(2).collect(),
        };
        if chosen.is_empty() { vec![n as u64 - 1] } else { chosen }
    }
}

fn lies() -> impl Strategy<Value = Lie> {
    prop_oneof![
        1 => Just(Lie::Full),
        2 => any::<u64>().prop_map(Lie::One),
        4 => (1u64..256, any::<u64>()).prop_map(|(chance, seed)| Lie::Some(chance, seed)),
        2 => (0u64..256, 1u64..256).prop_map(|(from, to)| Lie::Stretch(from, to)),
        1 => Just(Lie::Twins),
    ]
}

/// The world of some associations of another alone.
fn only(world: &World, ids: &[u64]) -> World {
    let rows = |rows: &[Vec<i8>]| ids.iter().map(|&id| rows[id as usize].clone()).collect();
    World { keys: rows(&world.keys), values: rows(&world.values), queries: world.queries.clone() }
}

/// A scope of these ids, named as those to keep, or as those to leave out.
fn scope(memory: &Memory, ids: &[u64], by_exclusion: bool) -> Scope {
    let scope = if by_exclusion {
        let others: Vec<u64> = (0..memory.len() as u64).filter(|id| ids.binary_search(id).is_err()).collect();
        memory.scope(None, &others, Missing::Refuse).unwrap()
    } else {
        memory.scope(Some(ids), &[], Missing::Refuse).unwrap()
    };
    assert!(scope.ids().eq(ids.iter().copied()));
    scope
}

/// The same reports under the ids that the memory of `ids` alone counts, what the scan read left out.
fn renamed(mut recalled: Recalled, ids: &[u64]) -> Recalled {
    for report in &mut recalled.reports {
        report.nearest.id = ids.binary_search(&report.nearest.id).expect("a nearest key in scope") as u64;
        report.bits_read = 0;
    }
    recalled
}

fn named(found: Vec<Vec<Neighbor>>, ids: &[u64]) -> Vec<Vec<(u32, u64)>> {
    found.iter().map(|row| row.iter().map(|f| (f.distance, ids[f.id as usize])).collect()).collect()
}

fn plain(found: &[Vec<Neighbor>]) -> Vec<Vec<(u32, u64)>> {
    found.iter().map(|row| row.iter().map(|f| (f.distance, f.id)).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn recall_within_a_scope_is_that_of_its_associations_alone(
        kind in prop::sample::select(KINDS.to_vec()), n in 1usize..200, dim in dims(), value_dim in 1usize..140,
        erased in erasures(), separation in separations(), tie in prop::sample::select(vec![Tie::Plus, Tie::Minus]),
        lie in lies(), by_exclusion: bool, seed: u64,
    ) {
        let world = World::new(kind, n, dim, value_dim, 4, erased, seed);
        let ids = lie.ids(n);
        let alone = only(&world, &ids);
        let expected = alone.expected(separation, tie);
        let (memory, queries) = (world.memory(), world.packed_queries());
        let scope = scope(&memory, &ids, by_exclusion);
        let recall = Recall::new(separation).tie(tie);
        for tier in tiers() {
            let (memory, alone_memory) = (memory.clone().with_tier(tier), alone.memory().with_tier(tier));
            on_threads(|threads| {
                let recalled = renamed(memory.within(&scope).recall(&queries, &recall).unwrap(), &ids);
                let what = format!("{lie:?}, {separation}, tier {}, {threads} threads", tier.name());
                alone.check(&recalled, &expected, separation, &what);
                // And proven alike.
                let plainly = renamed(alone_memory.recall(&queries, &recall).unwrap(), &(0..ids.len() as u64).collect::<Vec<_>>());
                assert_eq!(recalled.reports, plainly.reports, "{what}");
            });
        }
    }

    #[test]
    fn several_steps_stay_within_the_scope(
        kind in prop::sample::select(KINDS.to_vec()), n in 1usize..60, dim in 1usize..100, separation in separations(),
        steps in 1u32..6, lie in lies(), seed: u64,
    ) {
        let world = World::new(kind, n, dim, dim, 3, 0.0, seed);
        let ids = lie.ids(n);
        let (memory, alone) = (world.memory(), only(&world, &ids).memory());
        let scope = scope(&memory, &ids, false);
        let recall = Recall::new(separation).steps(steps).unwrap().tie(Tie::Stay);
        let queries = world.packed_queries();
        let (within, plainly) = (memory.within(&scope).recall(&queries, &recall).unwrap(), alone.recall(&queries, &recall).unwrap());
        prop_assert_eq!(within.patterns, plainly.patterns);
    }

    #[test]
    fn search_and_attention_within_a_scope_know_nothing_else(
        kind in prop::sample::select(KINDS.to_vec()), n in 1usize..300, dim in dims(), erased in erasures(),
        top in 1usize..40, exponent in -4.0f64..3.0, lie in lies(), seed: u64,
    ) {
        let world = World::new(kind, n, dim, 5, 3, erased, seed);
        let ids = lie.ids(n);
        let (memory, queries, alone) = (world.memory(), world.packed_queries(), only(&world, &ids));
        let scope = scope(&memory, &ids, false);
        let beta = popfield::separation::Beta::new(10f64.powf(exponent)).unwrap();
        for tier in tiers() {
            let (memory, alone_memory) = (memory.clone().with_tier(tier), alone.memory().with_tier(tier));
            let view = memory.within(&scope);
            on_threads(|_| {
                let found = view.search_top(&queries, top).unwrap();
                for (q, query) in world.queries.iter().enumerate() {
                    let all = reference::search(&alone.keys, query, usize::MAX);
                    let all: Vec<(u32, u64)> = all.into_iter().map(|(h, at)| (h, ids[at])).collect();
                    assert_eq!(plain(&found)[q], all[..top.min(ids.len())]);
                    let radius = all[ids.len() / 2].0;
                    let one = queries.range(q..q + 1).unwrap();
                    let within: Vec<_> = all.into_iter().filter(|key| key.0 <= radius).collect();
                    assert_eq!(plain(&view.search_radius(&one, radius).unwrap())[0], within);
                }
                let bits = |means: Vec<f64>| means.into_iter().map(f64::to_bits).collect::<Vec<_>>();
                assert_eq!(bits(view.attend(&queries, beta).unwrap()), bits(alone_memory.attend(&queries, beta).unwrap()));
                let (weights, of_alone) = (view.attention_weights(&queries, beta).unwrap(), alone_memory.attention_weights(&queries, beta).unwrap());
                for (row, of_alone) in weights.chunks(n).zip(of_alone.chunks(ids.len())) {
                    assert!(ids.iter().zip(of_alone).all(|(&id, weight)| row[id as usize].to_bits() == weight.to_bits()));
                    assert_eq!(row.iter().filter(|&&weight| weight != 0.0).count(), of_alone.iter().filter(|&&w| w != 0.0).count());
                }
            });
        }
    }
}

/// Memories large enough for screens, samples and many pages: held to the memory of the scope alone.
#[test]
fn large_memories_within_a_scope() {
    let (n, dim) = (30_000, 320);
    let mut keys = Patterns::random(n, dim, 4, "keys").unwrap();
    // Copies across the border of every scope.
    for copy in 0..200 {
        let key = keys.get(copy).unwrap();
        for place in [n / 2 + 3 * copy, n - 1 - copy] {
            (0..dim).for_each(|j| assert!(keys.set(place, j, key.bits()[j])));
        }
    }
    let values = Patterns::random(n, 70, 4, "values").unwrap();
    let originals = keys.range(0..130).unwrap();
    let queries: Queries =
        popfield::patterns::add_noise(&originals, 0.15, popfield::patterns::NoiseModel::Exact, 4).unwrap().into();
    let memory = Memory::hetero_associative(keys.clone(), values.clone()).unwrap();
    for lie in [
        Lie::Full,
        Lie::One(77),
        Lie::Some(3, 1),
        Lie::Some(128, 2),
        Lie::Some(250, 3),
        Lie::Stretch(100, 99),
        Lie::Twins,
    ] {
        let ids = lie.ids(n);
        let scope = scope(&memory, &ids, ids.len() > n / 2);
        let mut chosen = [Patterns::new(dim).unwrap(), Patterns::new(70).unwrap()];
        for (chosen, all) in chosen.iter_mut().zip([&keys, &values]) {
            ids.iter().for_each(|&id| chosen.push(&all.get(id as usize).unwrap()).unwrap());
        }
        let [chosen_keys, chosen_values] = chosen;
        let alone = Memory::hetero_associative(chosen_keys, chosen_values).unwrap();
        for separation in [1.0, 0.02].map(|beta| Separation::exponential(beta).unwrap()).into_iter().chain([
            Separation::Linear,
            Separation::polynomial(3).unwrap(),
            Separation::Max,
        ]) {
            let recall = Recall::new(separation);
            let within = renamed(memory.within(&scope).recall(&queries, &recall).unwrap(), &ids);
            let mut plainly = alone.recall(&queries, &recall).unwrap();
            plainly.reports.iter_mut().for_each(|report| report.bits_read = 0);
            assert_eq!(within.patterns, plainly.patterns, "{lie:?}, {separation}");
            let told =
                |recalled: &Recalled| recalled.reports.iter().map(|r| (r.nearest, r.tied_bits)).collect::<Vec<_>>();
            assert_eq!(told(&within), told(&plainly), "{lie:?}, {separation}");
        }
        let view = memory.within(&scope);
        assert_eq!(plain(&view.search_top(&queries, 7).unwrap()), named(alone.search_top(&queries, 7).unwrap(), &ids));
    }
}

#[test]
fn scopes_of_other_memories_and_dynamics_are_refused() {
    let memory = Memory::auto_associative(Patterns::random(10, 20, 1, "keys").unwrap()).unwrap();
    let other = Memory::auto_associative(Patterns::random(11, 20, 1, "keys").unwrap()).unwrap();
    let scope = other.scope(None, &[3], Missing::Refuse).unwrap();
    let query: Queries = memory.keys().range(0..1).unwrap().into();
    let recall = Recall::new(Separation::Max);
    let refused = memory.within(&scope).recall(&query, &recall).unwrap_err();
    assert!(matches!(refused, Error::Mismatch { .. }), "{refused}");
    let mut changed = memory.clone();
    let scope = memory.scope(None, &[3], Missing::Refuse).unwrap();
    assert!(changed.within(&scope).recall(&query, &recall).is_ok());
    changed.store(&memory.keys().get(0).unwrap(), None).unwrap();
    changed.forget(0).unwrap();
    assert!(matches!(changed.within(&scope).recall(&query, &recall), Err(Error::Mismatch { .. })));
    assert!(matches!(changed.within(&scope).overlaps(&query), Err(Error::Mismatch { .. })));
    assert!(matches!(memory.scope(Some(&[]), &[], Missing::Allow), Err(Error::Parameter { .. })));
    let scope = memory.scope(None, &[3], Missing::Refuse).unwrap();
    let refused = memory.within(&scope).relax(&query, &popfield::Dynamics::new(Separation::Linear)).unwrap_err();
    assert!(refused.to_string().contains("expected all 10 associations, found 9"), "{refused}");
}

/// Who watches is told of everything, and stops the call.
#[test]
fn calls_are_watched_and_stopped() {
    use std::sync::atomic::{AtomicU64, Ordering};
    let memory = Memory::auto_associative(Patterns::random(5000, 100, 1, "keys").unwrap()).unwrap();
    let queries: Queries = Patterns::random(300, 100, 1, "queries").unwrap().into();
    let (beta, recall) =
        (popfield::separation::Beta::new(0.01).unwrap(), Recall::new(Separation::Linear).steps(3).unwrap());
    type Call<'a> = &'a (dyn Fn(Progress<'_>) -> popfield::Result<()> + Sync);
    let dynamics = popfield::Dynamics::new(Separation::Linear).step_limit(3).unwrap();
    let sweeps = dynamics.clone().order(popfield::dynamics::Order::Fixed);
    let file = tempfile::NamedTempFile::new().unwrap();
    memory.save(file.path()).unwrap();
    let bytes = memory.bytes() as u64;
    let calls: [(u64, Call<'_>); 9] = [
        (900, &|progress| memory.watched(progress).recall(&queries, &recall).map(drop)),
        (300, &|progress| memory.watched(progress).search_top(&queries, 3).map(drop)),
        (300, &|progress| memory.watched(progress).search_radius(&queries, 30).map(drop)),
        (300, &|progress| memory.watched(progress).attend(&queries, beta).map(drop)),
        (300, &|progress| memory.watched(progress).relax(&queries, &dynamics).map(drop)),
        (300, &|progress| memory.watched(progress).relax(&queries, &sweeps).map(drop)),
        (300, &|progress| memory.watched(progress).overlaps(&queries).map(drop)),
        (bytes, &|progress| memory.watched(progress).write_to(&mut std::io::sink())),
        (bytes, &|progress| Memory::open_watched(file.path(), progress).map(drop)),
    ];
    for (number, (all, call)) in calls.into_iter().enumerate() {
        on_threads(|threads| {
            let (most, asked) = (AtomicU64::new(0), AtomicU64::new(0));
            let watcher = |done: u64, total: u64| {
                assert!(total == all && done <= total, "call {number}: {done} of {total}");
                most.fetch_max(done, Ordering::Relaxed);
                asked.fetch_add(1, Ordering::Relaxed);
                true
            };
            call(Progress::new(&watcher)).unwrap();
            assert_eq!(most.into_inner(), all, "call {number}");
            assert!(asked.into_inner() > 0);
            // At once, or when half is done; whatever it would say later.
            for stop in [0, all / 2] {
                let said = AtomicU64::new(0);
                let watcher = |done: u64, _: u64| done < stop || said.fetch_add(1, Ordering::Relaxed) > 0;
                assert!(
                    matches!(call(Progress::new(&watcher)), Err(Error::Interrupted)),
                    "call {number}, from {stop} on"
                );
                // Threads may ask side by side, but none anew.
                assert!(said.into_inner() <= threads as u64, "call {number}, asked after it was stopped");
            }
        });
    }
}
