//! Parts of a memory, in any split and merged in any order, against the whole.

use popfield::{Error, Memory, Patterns, Queries, Query, Recall, Separation, Stored, Tie};
use proptest::prelude::*;

use crate::worlds::{KINDS, World, dims, erasures, separations};

/// Recalls `query` from parts that end at `cuts`, merged back to front if `reversed`, asking `words` words at a time.
fn from_parts(
    memory: &Memory,
    cuts: &[usize],
    query: &Query,
    separation: Separation,
    tie: Tie,
    reversed: bool,
    words: usize,
) -> popfield::parts::Answer {
    let mut edges = [&[0], cuts, &[memory.len()]].concat();
    edges.sort_unstable();
    edges.dedup();
    let part = |side: Stored<'_>, edge: &[usize]| side.range(edge[0]..edge[1]).unwrap();
    let mut parts: Vec<(u64, Memory)> = edges
        .windows(2)
        .map(|e| (e[0] as u64, Memory::hetero_associative(part(memory.keys(), e), part(memory.values(), e)).unwrap()))
        .collect();
    if reversed {
        parts.reverse();
    }
    let mut partials = parts.iter().map(|(first, part)| part.partial(query, separation, *first).unwrap());
    let mut sum = partials.next().unwrap();
    partials.for_each(|partial| sum.merge(&partial).unwrap());
    assert_eq!(sum.keys(), memory.len() as u64);
    let mut closing = sum.close(tie).unwrap();
    assert_eq!(closing.open_positions().count() as u64, closing.open_bits());
    for request in closing.requests(words) {
        let mut votes = parts.iter().map(|(_, part)| part.votes(&request).unwrap());
        let mut sum = votes.next().unwrap();
        votes.for_each(|votes| sum.merge(&votes).unwrap());
        closing.resolve(&sum).unwrap();
    }
    closing.finish().unwrap()
}

pub fn check_parts(world: &World, cuts: &[usize], separation: Separation, tie: Tie, reversed: bool, words: usize) {
    let memory = world.memory();
    let queries = world.packed_queries();
    let whole = memory.recall(&queries, &Recall::new(separation).tie(tie)).unwrap();
    for q in 0..queries.len() {
        let answer = from_parts(&memory, cuts, &queries.get(q).unwrap(), separation, tie, reversed, words);
        assert_eq!(answer.pattern, whole.patterns.get(q).unwrap(), "{separation}, cuts {cuts:?}");
        assert_eq!(answer.report.nearest, whole.reports[q].nearest);
        assert_eq!(answer.report.tied_bits, whole.reports[q].tied_bits);
        if let (Some(a), Some(b)) = (answer.report.top_weight, whole.reports[q].top_weight) {
            assert!(a[0] <= b[1] && b[0] <= a[1], "disjoint intervals {a:?} {b:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn parts_recall_as_the_whole(
        kind in prop::sample::select(KINDS.to_vec()), n in prop_oneof![4 => 1usize..150, 1 => 1100usize..2500], dim in dims(),
        value_dim in 1usize..200, erased in erasures(), separation in separations(), reversed: bool, words in 1usize..4,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6), seed: u64,
    ) {
        let world = World::new(kind, n, dim, value_dim, 3, erased, seed);
        let cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(n)).collect();
        check_parts(&world, &cuts, separation, Tie::Plus, reversed, words);
    }
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let one = Memory::auto_associative(Patterns::random(5000, 64, 1, "keys").unwrap()).unwrap();
    let other = Memory::auto_associative(Patterns::random(9, 65, 1, "keys").unwrap()).unwrap();
    let query = Query::new(one.keys().get(0).unwrap());
    let separation = Separation::exponential(0.01).unwrap();
    let mut partial = one.partial(&query, separation, 0).unwrap();
    let mismatch = |result: popfield::Result<()>| matches!(result, Err(Error::Mismatch { .. }));
    let elsewhere = Query::new(other.keys().get(0).unwrap());
    assert!(one.partial(&elsewhere, separation, 0).is_err());
    assert!(mismatch(partial.merge(&other.partial(&elsewhere, separation, 0).unwrap())));
    assert!(mismatch(partial.merge(&one.partial(&query, Separation::Linear, 0).unwrap())));
    let next = Query::new(one.keys().get(1).unwrap());
    assert!(mismatch(partial.merge(&one.partial(&next, separation, 0).unwrap())));
    assert!(one.partial(&next, separation, u64::MAX).is_err(), "ids beyond 64 bits");
    let erased = Queries::from_signs(&[0; 64], 64).unwrap().get(0).unwrap();
    assert!(mismatch(partial.merge(&one.partial(&erased, separation, 0).unwrap())));
    let mut closing = partial.close(Tie::Plus).unwrap();
    assert!(closing.clone().finish().is_err(), "bits are open");
    // Votes of half of the keys, or about another query, are not the votes asked for.
    let request = &closing.requests(1)[0];
    let half = Memory::auto_associative(one.keys().range(0..2500).unwrap()).unwrap();
    assert!(mismatch(closing.resolve(&half.votes(request).unwrap())));
    let of_next = one.partial(&next, separation, 0).unwrap().close(Tie::Plus).unwrap().requests(1).remove(0);
    assert!(mismatch(closing.resolve(&one.votes(&of_next).unwrap())));
    assert!(mismatch(one.votes(request).unwrap().merge(&one.votes(&of_next).unwrap())));
    assert!(other.votes(request).is_err());
    let votes = one.votes(request).unwrap();
    assert_eq!(votes.keys().iter().sum::<u64>(), 5000);
    assert!(votes.column(63).is_some() && votes.column(64).is_none());
    closing.resolve(&votes).unwrap();
    closing.finish().unwrap();
}
