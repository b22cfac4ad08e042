//! Memories with own ids, places of forgotten associations and scopes, against a plain memory of the associations that
//! there are: what is told is the same, under their ids.

use std::collections::HashSet;

use super::*;
use crate::Neighbor;
use crate::parts::Answer;
use crate::patterns::bits::Bits;
use crate::patterns::contents::Contents;
use crate::patterns::labels::LabelRun;
use crate::patterns::stream;
use crate::recall::Nearest;
use crate::tiers::{TIERS, TierInfo};
use rand_xoshiro::rand_core::Rng;

/// Different ids, below 1000 or so a piece, in no order.
fn some_ids(count: usize, seed: u64) -> Vec<u64> {
    let (mut rng, mut seen) = (stream(seed, "ids", 0), HashSet::new());
    std::iter::from_fn(|| Some(rng.next_u64() % (1000 + 10 * count as u64)))
        .filter(|&id| seen.insert(id))
        .take(count)
        .collect()
}

/// Associations of which some were forgotten, and a memory of them.
struct Case {
    keys: Patterns,
    values: Option<Patterns>,
    ids: Vec<u64>,
    memory: Memory,
    /// Places, in storing order.
    live: Vec<usize>,
}

impl Case {
    /// `forgotten` of 8 places are empty, but for one. The ids of those that were forgotten may be given again.
    fn new(keys: Patterns, values: Option<Patterns>, lengths: &[usize], own: bool, forgotten: u64, seed: u64) -> Self {
        let (n, mut rng) = (keys.len(), stream(seed, "forgotten", 0));
        let mut bits = Bits::filled(n, true, "bits").unwrap();
        for place in 0..n - 1 {
            bits.set(place, rng.next_u64() % 8 >= forgotten);
        }
        let mut ids = if own { some_ids(n, seed) } else { (5..5 + n as u64).collect() };
        if own {
            // Given again.
            for place in (0..n / 2).filter(|&place| !bits.contains(place)) {
                ids[place] = ids[place + n / 2];
            }
        }
        let mut start = 0;
        let mut runs = Vec::new();
        for length in lengths.iter().copied().chain([n]) {
            let end = n.min(start + length);
            let list = ids[start..end].to_vec();
            runs.push(match own {
                true => crate::patterns::ids::IdRun::listed(list).unwrap(),
                false => crate::patterns::ids::IdRun::Counted { first: 5 + start as u64, len: end - start },
            });
            start = end;
        }
        let next = ids.iter().max().unwrap() + 7;
        let live: Vec<usize> = bits.places().collect();
        let contents = Contents {
            keys: in_segments(&keys, lengths, false),
            values: values.as_ref().map(|values| in_segments(values, lengths, false)),
            ids: Ids::new(runs, next),
            live: Some(bits),
            labels: Labels::default(),
            notes: Notes::new(),
        };
        let memory = Memory::of_contents(contents).unwrap();
        Self { keys, values, ids, memory, live }
    }

    /// The memory of the associations at `places` alone, in this order.
    fn alone(&self, places: &[usize]) -> Memory {
        let side = |patterns: &Patterns| {
            let mut chosen = Patterns::new(patterns.dim()).unwrap();
            places.iter().for_each(|&place| chosen.push(&patterns.get(place).unwrap()).unwrap());
            Side::from(chosen)
        };
        Memory::of_sides(side(&self.keys), self.values.as_ref().map(side)).unwrap().with_tier(self.memory.tier())
    }

    /// Some of the places by ascending id, and these ids.
    fn by_id(&self, places: &[usize]) -> (Vec<usize>, Vec<u64>) {
        let mut places = places.to_vec();
        places.sort_by_key(|&place| self.ids[place]);
        let ids = places.iter().map(|&place| self.ids[place]).collect();
        (places, ids)
    }
}

/// What is told of a recall, under other ids.
fn told(recalled: Recalled, ids: Option<&[u64]>) -> impl PartialEq + std::fmt::Debug {
    let renamed = |nearest: Nearest| Nearest { id: ids.map_or(nearest.id, |ids| ids[nearest.id as usize]), ..nearest };
    let reports: Vec<_> = recalled.reports.iter().map(|r| (renamed(r.nearest), r.tied_bits)).collect();
    (recalled.patterns.to_signs(), reports)
}

/// How it was proven, which depends on the order of storing.
fn proven(recalled: &Recalled) -> Vec<impl PartialEq + std::fmt::Debug + use<>> {
    recalled.reports.iter().map(|r| (r.nearest.distance, r.nearest.count, r.certificate, r.top_weight)).collect()
}

fn renamed(found: Vec<Vec<Neighbor>>, ids: &[u64]) -> Vec<Vec<Neighbor>> {
    let rename = |neighbor: Neighbor| Neighbor { id: ids[neighbor.id as usize], ..neighbor };
    found.into_iter().map(|row| row.into_iter().map(rename).collect()).collect()
}

fn closed(memory: &Memory, query: &Query, separation: Separation) -> Answer {
    let mut closing = memory.partial(query, separation, 0).unwrap().close(Tie::Plus).unwrap();
    for request in closing.requests(2) {
        closing.resolve(&memory.votes(&request).unwrap()).unwrap();
    }
    closing.finish().unwrap()
}

/// Keys of which many are equal, or far from it.
fn keys(n: usize, dim: usize, kinds: usize, seed: u64) -> Patterns {
    Patterns::random(kinds.min(n), dim, seed, "kinds").unwrap().choose(n, seed, "keys").unwrap()
}

fn separations(beta: f64) -> [Separation; 4] {
    [Separation::Linear, Separation::Max, Separation::polynomial(3).unwrap(), Separation::exponential(beta).unwrap()]
}

/// Recall, search, attention and parts on every tier and one to three threads.
fn check_scans(case: &Case, scope: &[usize], queries: &Queries, beta: f64) {
    let (places, ids) = case.by_id(scope);
    let whole = scope.len() == case.live.len();
    let in_scope: Vec<u64> = scope.iter().map(|&place| case.ids[place]).collect();
    let (others, in_order) = (case.alone(&places), case.alone(scope));
    for tier in TIERS.iter().filter_map(TierInfo::tier) {
        let [memory, alone, in_order] = [&case.memory, &others, &in_order].map(|memory| memory.clone().with_tier(tier));
        for threads in 1..=3 {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let scope = memory.scope(Some(&in_scope), &[], Missing::Refuse).unwrap();
                let view = if whole { memory.view() } else { memory.within(&scope) };
                assert_eq!((view.len(), view.keys().len()), (ids.len(), ids.len()));
                for separation in separations(beta) {
                    let (recall, what) = (Recall::new(separation), format!("{separation}, tier {}", tier.name()));
                    let recalled = view.recall(queries, &recall).unwrap();
                    if case.keys.len() < 1000 {
                        assert_eq!(proven(&recalled), proven(&in_order.recall(queries, &recall).unwrap()), "{what}");
                    }
                    let expected = told(alone.recall(queries, &recall).unwrap(), Some(&ids));
                    assert_eq!(told(recalled, None), expected, "{what}, {threads} threads");
                }
                for top in [1, 2, 7, ids.len()] {
                    let expected = renamed(alone.search_top(queries, top).unwrap(), &ids);
                    assert_eq!(view.search_top(queries, top).unwrap(), expected, "top {top}, tier {}", tier.name());
                }
                for radius in [0, memory.dim() as u32 / 4, memory.dim() as u32 / 2] {
                    let expected = renamed(alone.search_radius(queries, radius).unwrap(), &ids);
                    assert_eq!(view.search_radius(queries, radius).unwrap(), expected, "radius {radius}");
                }
            });
        }
    }
    let view = case.memory.view();
    let scope = case.memory.scope(Some(&in_scope), &[], Missing::Refuse).unwrap();
    let view = if whole { view } else { case.memory.within(&scope) };
    let (few, beta) = (queries.range(0..3).unwrap(), Beta::new(beta).unwrap());
    assert_eq!(view.attend(&few, beta).unwrap(), others.attend(&few, beta).unwrap());
    let (weights, of_alone) =
        (view.attention_weights(&few, beta).unwrap(), others.attention_weights(&few, beta).unwrap());
    for (row, of_alone) in weights.chunks(case.live.len()).zip(of_alone.chunks(ids.len())) {
        for (place, &weight) in case.live.iter().zip(row) {
            let expected = ids.binary_search(&case.ids[*place]).map_or(0.0, |at| of_alone[at]);
            assert_eq!(weight, if scope.contains(case.ids[*place]) { expected } else { 0.0 });
        }
    }
    if whole {
        for separation in separations(beta.get()) {
            let query = queries.get(0).unwrap();
            let (a, b) = (closed(&case.memory, &query, separation), closed(&others, &query, separation));
            assert_eq!((a.pattern, a.tied), (b.pattern, b.tied));
            assert_eq!(a.report.nearest, Nearest { id: ids[b.report.nearest.id as usize], ..b.report.nearest });
        }
        let in_order = case.alone(&case.live);
        assert_eq!(case.memory.overlaps(&few).unwrap(), in_order.overlaps(&few).unwrap());
        assert!(case.memory.keys() == in_order.keys() && case.memory.values() == in_order.values());
    }
}

/// Some of the places, one at least.
fn some_of(places: &[usize], share: u64, seed: u64) -> Vec<usize> {
    let mut rng = stream(seed, "scope", 0);
    let last = places[places.len() - 1];
    places.iter().copied().filter(|&place| rng.next_u64() % 8 < share || place == last).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_is_told_is_told_of_ids(
        n in prop_oneof![4 => 1usize..300, 1 => 1100usize..2500], dim in prop_oneof![1usize..100, 300usize..400],
        kinds in prop_oneof![1usize..8, Just(usize::MAX)], lengths in prop::collection::vec(1usize..200, 0..6),
        value_dim in prop::option::of(1usize..130), own in prop::bool::weighted(0.7), forgotten in 0u64..8,
        share in prop::option::of(0u64..8), beta in 0.001f64..0.5, seed: u64,
    ) {
        let stored = keys(n, dim, kinds, seed);
        let values = value_dim.map(|dim| Patterns::random(n, dim, seed, "values").unwrap());
        let mut left = n;
        let lengths: Vec<usize> = lengths.into_iter().map(|length| { let now = length.min(left); left -= now; now }).collect();
        let case = Case::new(stored, values, &lengths, own, forgotten, seed);
        let scope = share.map_or(case.live.clone(), |share| some_of(&case.live, share, seed));
        let originals = case.keys.choose(5, seed, "queries").unwrap();
        let noisy = add_noise(&originals, 0.1, NoiseModel::Exact, seed).unwrap();
        let known = if seed % 2 == 0 { Patterns::filled(5, dim, true) } else { Patterns::random(5, dim, seed, "known") }.unwrap();
        check_scans(&case, &scope, &Queries::with_known(noisy, known).unwrap(), beta);
    }

    #[test]
    fn networks_know_nothing_of_what_was_forgotten(
        n in 1usize..60, dim in 2usize..90, kinds in prop_oneof![1usize..8, Just(usize::MAX)], own: bool, forgotten in 0u64..8,
        lengths in prop::collection::vec(1usize..20, 0..3), beta in 0.01f64..0.5, seed: u64,
    ) {
        let mut left = n;
        let lengths: Vec<usize> = lengths.into_iter().map(|length| { let now = length.min(left); left -= now; now }).collect();
        let case = Case::new(keys(n, dim, kinds, seed), None, &lengths, own, forgotten, seed);
        let (places, ids) = case.by_id(&case.live);
        let alone = case.alone(&places);
        let starts: Queries = Patterns::random(4, dim, seed, "starts").unwrap().into();
        use crate::dynamics::{Closest, End, Run};
        let name = |id: u64| ids[id as usize];
        let rename = |run: &Run| {
            let end = match run.end.clone() {
                End::Stored { id } => End::Stored { id: name(id) },
                End::Complement { id } => End::Complement { id: name(id) },
                End::Near { id, as_is, distance } => End::Near { id: name(id), as_is, distance },
                End::Mixture { members, distance } => {
                    End::Mixture { members: members.into_iter().map(|(id, as_is)| (name(id), as_is)).collect(), distance }
                }
                End::Spurious => End::Spurious,
            };
            (end, Closest { id: name(run.closest.id), ..run.closest })
        };
        let path = |run: &Run| (run.state.clone(), run.energies.clone(), run.limit, run.tied_bits);
        for order in [Order::Synchronous, Order::Fixed, Order::Random { seed }] {
            for separation in separations(beta) {
                let dynamics = Dynamics::new(separation).order(order).step_limit(3).unwrap();
                let (runs, expected) = (case.memory.relax(&starts, &dynamics).unwrap(), alone.relax(&starts, &dynamics).unwrap());
                for (run, expected) in runs.iter().zip(&expected) {
                    prop_assert_eq!(path(run), path(expected));
                    prop_assert_eq!((run.end.clone(), run.closest), rename(expected));
                }
            }
        }
        let dynamics = Dynamics::new(Separation::Linear);
        let (step, expected) = (case.memory.advance(&starts, &dynamics).unwrap(), alone.advance(&starts, &dynamics).unwrap());
        prop_assert_eq!(step.patterns, expected.patterns);
    }

    #[test]
    #[cfg(feature = "learning")]
    fn what_is_learned_is_learned_of_what_is_there(
        n in 1usize..40, dim in 2usize..40, kinds in prop_oneof![1usize..8, Just(usize::MAX)], own: bool, forgotten in 0u64..8, seed: u64,
    ) {
        use crate::learning::{Dependence, Hebb, PseudoInverse, Rule, Spectrum, Storkey};
        use crate::dynamics::Diagonal;
        let case = Case::new(keys(n, dim, kinds, seed), None, &[n / 2], own, forgotten, seed);
        // In storing order, on which Storkey's rule depends.
        let alone = case.alone(&case.live);
        let queries: Queries = Patterns::random(4, dim, seed, "queries").unwrap().into();
        let moore_penrose = PseudoInverse { dependence: Dependence::MoorePenrose };
        for rule in [&Hebb as &dyn Rule, &moore_penrose, &Storkey] {
            let (network, expected) = (rule.learn(&case.memory).unwrap(), rule.learn(&alone).unwrap());
            prop_assert!(network.memory().ids().eq(case.memory.ids()));
            prop_assert_eq!(network.weights().unwrap().elements, expected.weights().unwrap().elements);
            for diagonal in [Diagonal::Keep, Diagonal::Zero] {
                prop_assert_eq!(network.field_signs(&queries, diagonal).unwrap(), expected.field_signs(&queries, diagonal).unwrap());
            }
            let (spectrum, of_alone) = (Spectrum::new(&*network).unwrap(), Spectrum::new(&*expected).unwrap());
            prop_assert_eq!(spectrum.associations, of_alone.associations);
            let dynamics = Dynamics::new(Separation::Linear).order(Order::Fixed);
            let (runs, of_alone) = (network.relax(&queries, &dynamics).unwrap(), expected.relax(&queries, &dynamics).unwrap());
            for (run, of_alone) in runs.iter().zip(&of_alone) {
                prop_assert_eq!((&run.state, run.limit, run.closest.overlap.abs()), (&of_alone.state, of_alone.limit, of_alone.closest.overlap.abs()));
                let (key, _) = case.memory.get(run.closest.id).unwrap();
                prop_assert_eq!(dim as i32 - 2 * key.distance(&run.state).unwrap() as i32, run.closest.overlap);
            }
        }
        let learn = |memory: &Memory| PseudoInverse::default().learn(memory).map(|_| ());
        match (learn(&case.memory), learn(&alone)) {
            (Ok(()), Ok(())) => {}
            (
                Err(Error::Dependent { id, of, opposed, count }),
                Err(Error::Dependent { id: rank, of: ranks, opposed: also_opposed, count: as_many }),
            ) => {
                let name = |rank: u64| case.ids[case.live[rank as usize]];
                prop_assert_eq!((id, of, opposed, count), (name(rank), ranks.into_iter().map(name).collect(), also_opposed, as_many));
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn files_and_settled_copies_hold_the_same(
        n in 1usize..200, own: bool, forgotten in 0u64..8, labelled: bool, auto: bool, seed: u64,
    ) {
        let values = (!auto).then(|| Patterns::random(n, 9, seed, "values").unwrap());
        let mut case = Case::new(keys(n, 70, usize::MAX, seed), values, &[n / 3, n / 5], own, forgotten, seed);
        if labelled {
            let text = |place: usize| if place.is_multiple_of(3) { String::new() } else { format!("label {place} ä") };
            let labels: Vec<String> = (0..n).map(text).collect();
            let of = |range: std::ops::Range<usize>| LabelRun::of(labels[range].iter().map(String::as_str)).unwrap();
            case.memory.labels = Labels::new(vec![of(0..n / 2), of(n / 2..n)]);
        }
        case.memory.notes = [("encoding", "signs"), ("", "von Hand")].map(|(name, text)| (name.into(), text.into())).into();
        let memory = &case.memory;
        let mut file = Vec::new();
        memory.write_to(&mut file).unwrap();
        let read = Memory::read_from(&file[..], file.len() as u64).unwrap();
        for other in [&read, &*memory.settled().unwrap()] {
            prop_assert!(other.ids().eq(memory.ids()) && other.labels().eq(memory.labels()));
            prop_assert!(other.keys() == memory.keys() && other.values() == memory.values());
            prop_assert_eq!((other.len(), other.next_id(), other.notes()), (memory.len(), memory.next_id(), memory.notes()));
            for id in memory.ids() {
                prop_assert_eq!((other.get(id), other.label(id)), (memory.get(id), memory.label(id)));
                prop_assert!(other.contains(id));
            }
            let mut again = Vec::new();
            other.write_to(&mut again).unwrap();
            prop_assert!(again == file);
        }
        let gone = |id: &u64| !memory.ids().any(|other| other == *id);
        for id in case.ids.iter().copied().filter(gone).chain([memory.next_id(), u64::MAX]) {
            prop_assert!(!memory.contains(id) && memory.get(id).is_none() && memory.label(id).is_none());
        }
        // Stored and forgotten where places are empty, or all are live.
        for mut memory in [memory.clone(), read] {
            let (key, value) = memory.get(memory.ids().next().unwrap()).unwrap();
            let id = memory.store(&key, value.as_ref()).unwrap();
            prop_assert_eq!(id, case.memory.next_id());
            prop_assert_eq!(memory.get(id), Some((key.clone(), value.clone())));
            prop_assert!(memory.label(id).is_none() && memory.ids().last() == Some(id));
            let first = memory.ids().next().unwrap();
            let (rest, labels): (Vec<u64>, Vec<_>) =
                memory.ids().zip(memory.labels().map(|label| label.map(str::to_owned))).skip(1).unzip();
            prop_assert_eq!(memory.forget(first).unwrap(), (key, value));
            prop_assert!(memory.ids().eq(rest));
            prop_assert!(memory.labels().map(|label| label.map(str::to_owned)).eq(labels));
            prop_assert!(memory.forget(first).is_err() && memory.next_id() == id + 1);
        }
    }
}

/// More keys at one distance than any census keeps, in no order of ids: the least of all is told.
#[test]
fn crowds_are_told_by_their_least_ids() {
    let (n, dim) = (30_000, 70);
    let one = Patterns::random(1, dim, 1, "one").unwrap();
    let mut crowd = Patterns::filled(n, dim, false).unwrap();
    let other = add_noise(&one, 0.1, NoiseModel::Exact, 1).unwrap();
    for place in 0..n {
        let from = if place % 50 == 7 { &other } else { &one };
        crowd.put(place, from.get(0).unwrap().words().iter().copied());
    }
    for own in [true, false] {
        let case = Case::new(crowd.clone(), None, &[9_001, 12_000], own, 3, 1);
        let queries = Queries::from(add_noise(&other, 0.2, NoiseModel::Exact, 1).unwrap());
        let queries = [queries.get(0).unwrap(), Query::new(one.get(0).unwrap()), Query::new(other.get(0).unwrap())];
        let queries: Queries = queries.iter().collect::<Result<Queries>>().unwrap();
        for share in [3, 8] {
            let scope = some_of(&case.live, share, 2);
            check_scans(&case, &scope, &queries, 0.05);
        }
    }
}

#[test]
fn what_names_nothing_or_too_few_is_refused() {
    let keys = Patterns::random(5, 20, 1, "keys").unwrap();
    let memory = Memory::auto_associative(keys.clone()).unwrap();
    let refused = |result: Result<Memory>| result.unwrap_err().to_string();
    assert_eq!(refused(memory.clone().with_ids(vec![1; 4])), "ids, one for each association: expected 5, found 4");
    assert!(refused(memory.clone().with_ids(vec![1, 2, 3, 4, 2])).contains("as at place 1, found 2"));
    assert_eq!(refused(memory.clone().with_labels(&["a"])), "labels, one for each association: expected 5, found 1");
    let mut named =
        memory.clone().with_ids(vec![9, 4, u64::MAX - 1, 0, 7]).unwrap().with_labels(&["", "b", "", "d", ""]).unwrap();
    assert!(named.labels().eq([None, Some("b"), None, Some("d"), None]) && named.label(4) == Some("b"));
    assert_eq!(named.search_top(&keys.range(3..4).unwrap().into(), 1).unwrap()[0][0].id, 0);
    let full = named.store(&keys.get(0).unwrap(), None).unwrap_err().to_string();
    assert_eq!(full, "ids: expected ids below 2^64 - 1, found none left above those given");
    assert_eq!((named.len(), named.keys().len()), (5, 5));
    let says = |id, memory: &mut Memory| memory.forget(id).unwrap_err().to_string();
    assert_eq!(says(5, &mut memory.clone()), "id to forget: expected an id of 0 to 4, found 5");
    assert_eq!(says(5, &mut named), "id to forget: expected an id that an association has, found 5");
    [9, 4, 0, 7].into_iter().for_each(|id| drop(named.forget(id).unwrap()));
    assert!(matches!(named.forget(u64::MAX - 1), Err(Error::Empty { .. })));
    // Contents that do not fit together, or that hold nothing.
    let contents = || memory.contents();
    let none = Bits::filled(5, false, "bits").unwrap();
    assert!(matches!(
        Memory::of_contents(Contents { live: Some(none), ..contents() }),
        Err(Error::Empty { what: "memory" })
    ));
    let few = Bits::filled(4, true, "bits").unwrap();
    assert!(matches!(Memory::of_contents(Contents { live: Some(few), ..contents() }), Err(Error::Count { .. })));
    assert!(matches!(Memory::of_contents(Contents { ids: Ids::counted(6), ..contents() }), Err(Error::Count { .. })));
    let all = Bits::filled(5, true, "bits").unwrap();
    assert!(Memory::of_contents(Contents { live: Some(all), ..contents() }).unwrap().keys.live().is_none());
}
