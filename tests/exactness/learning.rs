//! Learning rules held to the reference: signs, ties, weights, and the laws that the literature promises.

use std::cmp::Ordering;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use popfield::dynamics::{Diagonal, Limit, Order, sweep_order};
use popfield::learning::{Dependence, FieldSigns, Hebb, Network, PseudoInverse, RULES, Rule, Spectrum, Storkey};
use popfield::{Dynamics, Error, Memory, Pattern, Patterns, Progress, Queries, Recall, Separation, Tie};
use popfield_reference as reference;
use popfield_reference::learning as naive;
use proptest::prelude::*;

use crate::worlds::{KINDS, Kind, World, erasures, on_threads, packed, plain_tie};

const MOORE_PENROSE: PseudoInverse = PseudoInverse { dependence: Dependence::MoorePenrose };

fn check(network: &dyn Network, queries: &[Vec<i8>], diagonal: Diagonal, expected: impl Fn(&[i8]) -> Vec<Ordering>) {
    let packed = Queries::from_signs(&queries.concat(), queries[0].len()).unwrap();
    let found = network.field_signs(&packed, diagonal).unwrap();
    for (query, FieldSigns { plus, tied, .. }) in queries.iter().zip(found) {
        for (j, expected) in expected(query).into_iter().enumerate() {
            let found = (plus.bits()[j], tied.bits()[j]);
            let wanted = (expected == Ordering::Greater, expected == Ordering::Equal);
            assert_eq!(found, wanted, "{network:?}, {diagonal:?}, position {j}");
        }
    }
}

fn near(network: &dyn Network, expected: &[Vec<f64>]) {
    let weights = network.weights().unwrap();
    for (found, expected) in weights.elements.iter().zip(expected.concat()) {
        assert!(
            (found - expected).abs() <= weights.error + 1e-15 * expected.abs(),
            "{found} {expected} {}",
            weights.error
        );
    }
}

fn diagonals(square: bool) -> Vec<Diagonal> {
    if square { vec![Diagonal::Keep, Diagonal::Zero] } else { vec![Diagonal::Keep] }
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop::sample::select(KINDS.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn pseudo_inverses_are_those_of_moore_and_penrose(
        kind in kinds(), n in 1usize..16, dim in prop_oneof![1usize..20, 60usize..70], square: bool,
        erased in erasures(), seed: u64,
    ) {
        let value_dim = if square { dim } else { 1 + (seed % 9) as usize };
        let world = World::new(kind, n, dim, value_dim, 4, erased, seed);
        let memory = world.memory();
        let exact = naive::PseudoInverse::new(&world.keys, &world.values);
        on_threads(|_| {
            let network = MOORE_PENROSE.learn(&memory).unwrap();
            for diagonal in diagonals(square) {
                let zero = diagonal == Diagonal::Zero;
                check(&*network, &world.queries, diagonal, |query| exact.field_signs(query, zero));
                check(&*network, &world.keys, diagonal, |query| exact.field_signs(query, diagonal == Diagonal::Zero));
            }
            near(&*network, &exact.weights());
            assert_eq!(network.facts()[0], ("rank", exact.rank() as f64));
            assert!(!network.is_identity(), "values are others");
        });
        let own = Memory::auto_associative(packed(&world.keys)).unwrap();
        let weights = naive::PseudoInverse::new(&world.keys, &world.keys).weights();
        let one = |j: usize, k: usize| f64::from(u8::from(j == k));
        let identity = (0..dim).all(|j| (0..dim).all(|k| (weights[j][k] - one(j, k)).abs() < 1e-9));
        prop_assert_eq!(MOORE_PENROSE.learn(&own).unwrap().is_identity(), identity);
        prop_assert!(!Hebb.learn(&own).unwrap().is_identity());
        let dependent = naive::dependent(&world.keys);
        match (PseudoInverse::default().learn(&memory), dependent.first()) {
            (Ok(_), None) => {}
            (Err(Error::Dependent { id, of, opposed, count, .. }), Some(&first)) => {
                let (id, of) = (id as usize, of.into_iter().map(|id| id as usize).collect::<Vec<_>>());
                prop_assert_eq!((id, count), (first, dependent.len()));
                // Those named are enough, and none is superfluous.
                let with = |of: &[usize]| {
                    let keys: Vec<_> = of.iter().chain([&id]).map(|&id| world.keys[id].clone()).collect();
                    naive::dependent(&keys) == [of.len()]
                };
                prop_assert!(with(&of) && of.iter().all(|&other| other < id));
                for left_out in &of {
                    let fewer: Vec<_> = of.iter().copied().filter(|other| other != left_out).collect();
                    prop_assert!(fewer.is_empty() || !with(&fewer));
                }
                prop_assert_eq!(opposed, of.len() == 1 && world.keys[id][0] != world.keys[of[0]][0]);
            }
            (found, expected) => prop_assert!(false, "{:?} {:?}", found.map(|_| ()), expected),
        }
    }

    #[test]
    fn storkey_is_the_sum_that_it_says(
        kind in kinds(), n in 1usize..14, dim in prop_oneof![1usize..20, 30usize..34], erased in erasures(), seed: u64,
    ) {
        let world = World::new(kind, n, dim, 1, 4, erased, seed);
        let memory = Memory::auto_associative(packed(&world.keys)).unwrap();
        let exact = naive::Storkey::new(&world.keys);
        on_threads(|_| {
            let network = Storkey.learn(&memory).unwrap();
            for diagonal in [Diagonal::Keep, Diagonal::Zero] {
                let zero = diagonal == Diagonal::Zero;
                check(&*network, &world.queries, diagonal, |query| exact.field_signs(query, zero));
            }
            if network.weights().unwrap().error < 1e-6 {
                near(&*network, &exact.weights());
            }
        });
    }

    #[test]
    fn hebb_is_the_linear_separation(
        kind in kinds(), n in 1usize..20, dim in 1usize..70, erased in erasures(), seed: u64,
    ) {
        let world = World::new(kind, n, dim, 1, 4, erased, seed);
        let memory = Memory::auto_associative(packed(&world.keys)).unwrap();
        let network = Hebb.learn(&memory).unwrap();
        let field = |query: &[i8], kept: bool| {
            let own = |j: usize| if kept { 0 } else { n as i64 * i64::from(query[j]) };
            let vote = |key: &Vec<i8>, j: usize| reference::overlap(key, query) * i64::from(key[j]);
            let sum = |j: usize| world.keys.iter().map(|key| vote(key, j)).sum::<i64>();
            (0..dim).map(|j| (sum(j) - own(j)).cmp(&0)).collect::<Vec<_>>()
        };
        for diagonal in [Diagonal::Keep, Diagonal::Zero] {
            check(&*network, &world.queries, diagonal, |query| field(query, diagonal == Diagonal::Keep));
        }
        let weights = network.weights().unwrap();
        let sum = |j: usize, k: usize| world.keys.iter().map(|key| f64::from(key[j] * key[k])).sum::<f64>();
        prop_assert!(weights.elements.iter().enumerate().all(|(at, &w)| w == sum(at / dim, at % dim)));
    }

    /// Every state on the way to the limit follows from the one before by the reference's exact signs.
    #[test]
    fn learned_networks_run_as_the_reference(
        kind in kinds(), n in 1usize..10, dim in 1usize..24, erased in erasures(), zero: bool,
        tie in prop::sample::select(vec![Tie::Stay, Tie::Plus, Tie::Minus]), order in 0usize..3, seed: u64,
    ) {
        let world = World::new(kind, n, dim, 1, 3, erased, seed);
        let memory = Memory::auto_associative(packed(&world.keys)).unwrap();
        let inverse = naive::PseudoInverse::new(&world.keys, &world.keys);
        let storkey = naive::Storkey::new(&world.keys);
        let order = [Order::Synchronous, Order::Fixed, Order::Random { seed }][order];
        let diagonal = if zero { Diagonal::Zero } else { Diagonal::Keep };
        let dynamics = Dynamics::new(Separation::Linear).order(order).diagonal(diagonal).tie(tie);
        let dynamics = dynamics.traced(true).step_limit(20).unwrap();
        type Signs<'a> = Box<dyn Fn(&[i8]) -> Vec<Ordering> + 'a>;
        let networks: [(&dyn Rule, Signs<'_>); 2] = [
            (&MOORE_PENROSE, Box::new(|state: &[i8]| inverse.field_signs(state, zero))),
            (&Storkey, Box::new(|state: &[i8]| storkey.field_signs(state, zero))),
        ];
        for (rule, signs) in &networks {
            let network = rule.learn(&memory).unwrap();
            let runs = network.relax(&world.packed_queries(), &dynamics).unwrap();
            for (q, run) in runs.iter().enumerate() {
                let mut state = world.queries[q].clone();
                for (step, traced) in run.trace.iter().flatten().enumerate().skip(1) {
                    let mut next = state.clone();
                    let positions = match order {
                        Order::Random { seed } => sweep_order(seed, q as u64, step as u64 - 1, dim),
                        _ => (0..dim).collect(),
                    };
                    for j in positions {
                        let from = if order == Order::Synchronous { &state } else { &next };
                        next[j] = reference::dynamics::update(signs(from)[j], from[j], plain_tie(tie));
                    }
                    prop_assert_eq!(&next, &traced.signs().to_signs(), "{}, {:?}", rule.name(), order);
                    state = next;
                }
                let next = |j: usize| reference::dynamics::update(signs(&state)[j], state[j], plain_tie(tie));
                if run.limit == Limit::FixedPoint {
                    prop_assert!((0..dim).all(|j| next(j) == state[j]));
                }
                // W is symmetric.
                let short = matches!(run.limit, Limit::FixedPoint | Limit::Cycle(2));
                prop_assert!(short || order != Order::Synchronous || tie != Tie::Stay, "{:?}", run.limit);
            }
        }
        // Hebb's network and the memory itself are one.
        let network = Hebb.learn(&memory).unwrap().relax(&world.packed_queries(), &dynamics).unwrap();
        let itself = memory.relax(&world.packed_queries(), &dynamics).unwrap();
        for (a, b) in network.iter().zip(&itself) {
            prop_assert_eq!((&a.state, a.limit, &a.end, a.tied_bits), (&b.state, b.limit, &b.end, b.tied_bits));
            prop_assert!(a.energies.iter().zip(&b.energies).all(|(a, b)| a.to_f64() == b.to_f64()));
        }
    }

    /// What was stored and forgotten leaves no trace.
    #[test]
    fn forgetting_is_exact(n in 1usize..20, dim in 1usize..140, auto: bool, extra in 1usize..12, seed: u64) {
        let pattern =
            |purpose: &str, dim, i: usize| Patterns::random(i + 1, dim, seed, purpose).unwrap().get(i).unwrap();
        let keys = Patterns::random(n, dim, seed, "keys").unwrap();
        let before = match auto {
            true => Memory::auto_associative(keys),
            false => Memory::hetero_associative(keys, Patterns::random(n, 9, seed, "values").unwrap()),
        }.unwrap();
        let bytes = |memory: &Memory| {
            let mut bytes = Vec::new();
            memory.write_to(&mut bytes).unwrap();
            bytes
        };
        let mut memory = before.clone();
        for i in 0..extra {
            let value = pattern("more values", 9, i);
            memory.store(&pattern("more", dim, i), (!auto).then_some(&value)).unwrap();
        }
        prop_assert_eq!(memory.len(), n + extra);
        // From the middle, one after the other.
        let mut stored: Vec<u64> = (n as u64..(n + extra) as u64).collect();
        for i in (0..extra).rev() {
            let (key, value) = memory.forget(stored.remove(i / 2)).unwrap();
            prop_assert_eq!(key.dim(), dim);
            prop_assert_eq!(value.is_some(), !auto);
        }
        // But for the id that counting gives next, 8 bytes of the header, and so for the hash.
        let (mut now, mut then) = (bytes(&memory), bytes(&before));
        prop_assert_eq!(memory.next_id(), (n + extra) as u64);
        for bytes in [&mut now, &mut then] {
            bytes.truncate(bytes.len() - 32);
            bytes[40..48].fill(0);
        }
        prop_assert_eq!(now, then);
        let recall = Recall::new(Separation::Linear);
        let queries: Queries = Patterns::random(3, dim, seed, "queries").unwrap().into();
        let (now, then) = (memory.recall(&queries, &recall).unwrap(), before.recall(&queries, &recall).unwrap());
        prop_assert_eq!(now.patterns, then.patterns);
        if n > 1 {
            let mut fewer = before.clone();
            let (key, value) = fewer.forget(0).unwrap();
            prop_assert_eq!(key, before.keys().get(0).unwrap());
            prop_assert_eq!(fewer.keys(), before.keys().range(1..n).unwrap());
            prop_assert_eq!(value, (!auto).then(|| before.values().get(0).unwrap()));
        }
    }
}

/// The first `n` of random keys that are independent.
fn independent_keys(n: usize, dim: usize, seed: u64) -> Patterns {
    let keys = Patterns::random(4 * dim, dim, seed, "keys").unwrap();
    let mut memory = Memory::auto_associative(keys.range(0..1).unwrap()).unwrap();
    for key in keys.iter().skip(1) {
        if memory.len() == n {
            break;
        }
        let id = memory.store(&key, None).unwrap();
        if PseudoInverse::default().learn(&memory).is_err() {
            memory.forget(id).unwrap();
        }
    }
    assert_eq!(memory.len(), n);
    memory.keys().to_patterns().unwrap()
}

/// n = d linearly independent keys are recalled exactly, the diagonal kept, whatever their values.
#[test]
fn as_many_keys_as_dimensions_are_recalled() {
    for dim in [1, 2, 3, 8, 33, 64, 100, 200] {
        let keys = independent_keys(dim, dim, dim as u64);
        for values in [keys.clone(), Patterns::random(dim, 70, 1, "values").unwrap()] {
            let memory = Memory::hetero_associative(keys.clone(), values).unwrap();
            let network = PseudoInverse::default().learn(&memory).unwrap();
            let recalled =
                network.recall(&memory.keys().to_patterns().unwrap().into(), Diagonal::Keep, 1, Tie::Plus).unwrap();
            assert_eq!(recalled.patterns, memory.values(), "d = {dim}");
            assert!(recalled.tied_bits.iter().all(|&ties| ties == 0));
            assert!(network.weights().unwrap().error < 1e-2);
        }
    }
}

/// Orthogonal keys: Hebb's rule is as good, and keys and values are its singular vectors.
#[test]
fn hadamard_keys_are_recalled_by_hebb_and_are_singular_vectors() {
    for dim in [1, 2, 16, 64, 256] {
        let keys = Patterns::hadamard(dim, dim).unwrap();
        let values = Patterns::random(dim, 50, 2, "values").unwrap();
        for (values, orthogonal) in [(keys.clone(), true), (values, false)] {
            let sigma = ((dim * values.dim()) as f64).sqrt();
            let memory = Memory::hetero_associative(keys.clone(), values).unwrap();
            for rule in [&Hebb as &dyn Rule, &PseudoInverse::default()] {
                let network = rule.learn(&memory).unwrap();
                let recalled = network.recall(&keys.clone().into(), Diagonal::Keep, 1, Tie::Minus).unwrap();
                assert_eq!(recalled.patterns, memory.values(), "{}, d = {dim}", rule.name());
            }
            let spectrum = Spectrum::new(&*Hebb.learn(&memory).unwrap()).unwrap();
            for association in &spectrum.associations {
                assert_eq!(association.right_residual, 0.0);
                assert!((association.sigma - sigma).abs() < 1e-12 * sigma);
                assert!(association.is_singular_pair(0.0) || !orthogonal);
            }
            if orthogonal {
                assert_eq!(spectrum.rank, Some(dim));
                assert!(spectrum.singular_values.iter().all(|value| (value - sigma).abs() < 1e-9 * sigma));
            }
        }
    }
    // Random keys are not.
    let memory = Memory::auto_associative(Patterns::random(40, 64, 1, "keys").unwrap()).unwrap();
    let spectrum = Spectrum::new(&*Hebb.learn(&memory).unwrap()).unwrap();
    assert_eq!(spectrum.rank, Some(40));
    assert!(spectrum.associations.iter().all(|association| association.right_residual > 0.1));
    // Under the pseudo-inverse every key is mapped onto itself.
    let spectrum = Spectrum::new(&*PseudoInverse::default().learn(&memory).unwrap()).unwrap();
    assert!(spectrum.associations.iter().all(|pair| (pair.sigma - 1.0).abs() < 1e-9 && pair.is_singular_pair(1e-6)));
}

/// Ties and near-ties at sizes where f64 is at a loss, with keys of much structure and of none.
/// As many singular values are above zero as there are independent pairs, and their squares add up to those of the weights,
/// which are integers; also where the rank is half of the dimension, and where one side is far longer than the other.
#[test]
fn singular_values_are_those_of_the_weights() {
    for (n, dim, value_dim) in
        [(64, 128, None), (64, 128, Some(128)), (32, 64, Some(90)), (20, 40, Some(20)), (3, 500, Some(1)), (1, 1, None)]
    {
        for seed in 1..4 {
            let keys = Patterns::random(n, dim, seed, "keys").unwrap();
            let memory = match value_dim {
                None => Memory::auto_associative(keys),
                Some(dim) => Memory::hetero_associative(keys, Patterns::random(n, dim, seed, "values").unwrap()),
            };
            let network = Hebb.learn(&memory.unwrap()).unwrap();
            let spectrum = Spectrum::new(&*network).unwrap();
            let least = n.min(dim).min(value_dim.unwrap_or(dim));
            assert_eq!(spectrum.rank, Some(least), "{n}, {dim}, {value_dim:?}, {seed}: {:?}", spectrum.singular_values);
            let squares = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>();
            let all = squares(&network.weights().unwrap().elements);
            let found = squares(&spectrum.singular_values);
            assert!((found / all - 1.0).abs() < 1e-12, "{n}, {dim}, {value_dim:?}, {seed}: {found}, {all}");
        }
    }
}

#[test]
fn ties_of_larger_systems_are_seen() {
    // Hadamard keys: fields are integers over d, and many are 0.
    let keys = Patterns::hadamard(100, 128).unwrap();
    let memory = Memory::auto_associative(keys.clone()).unwrap();
    let network = PseudoInverse::default().learn(&memory).unwrap();
    let queries: Vec<Vec<i8>> = Patterns::random(6, 128, 1, "queries").unwrap().iter().map(|q| q.to_signs()).collect();
    let keys: Vec<Vec<i8>> = keys.iter().map(|key| key.to_signs()).collect();
    let field = |query: &[i8]| {
        let sum = |j: usize| keys.iter().map(|key| reference::overlap(key, query) * i64::from(key[j])).sum::<i64>();
        (0..128).map(|j| sum(j).cmp(&0)).collect::<Vec<_>>()
    };
    check(&*network, &queries, Diagonal::Keep, field);
    // Random keys in pairs that differ only where the query is erased: values of the two cancel exactly.
    let half = Patterns::random(30, 80, 3, "half").unwrap();
    let mut keys = Patterns::new(160).unwrap();
    let mut values = Patterns::new(2).unwrap();
    for (i, half) in half.iter().enumerate() {
        for sign in [1i8, -1] {
            let half = half.to_signs();
            let other = Patterns::random(30, 80, 4, "other").unwrap().get(i).unwrap().to_signs();
            let row: Vec<i8> = half.iter().copied().chain(other.iter().map(|&x| x * sign)).collect();
            keys.push(&Pattern::from_signs(&row).unwrap()).unwrap();
            values.push(&Pattern::from_signs(&[sign, 1]).unwrap()).unwrap();
        }
    }
    let query: Vec<i8> = Patterns::random(1, 80, 5, "query").unwrap().to_signs().into_iter().chain([0; 80]).collect();
    let memory = Memory::hetero_associative(keys, values).unwrap();
    let network = PseudoInverse::default().learn(&memory).unwrap();
    let signs = network.field_signs(&Queries::from_signs(&query, 160).unwrap(), Diagonal::Keep).unwrap();
    assert_eq!(signs[0].tied.to_signs(), [1, -1]);
}

/// Queries that no position prompts, or that prompt only pairs of positions which every pattern of `keys` sets alike or
/// opposed: their fields are 0 at every other position.
fn cancelling(keys: &[Vec<i8>], seed: u64) -> Vec<Vec<i8>> {
    let dim = keys[0].len();
    let mut queries = vec![vec![0; dim]];
    for first in 0..dim {
        for second in first + 1..dim {
            let ratio = keys[0][first] * keys[0][second];
            if keys.iter().all(|key| key[first] * key[second] == ratio) {
                let mut query = vec![0; dim];
                query[first] = if seed >> (first % 64) & 1 == 1 { 1 } else { -1 };
                query[second] = -ratio * query[first];
                queries.push(query);
            }
        }
    }
    queries.truncate(4);
    queries
}

/// So many patterns that `f64` loses track of Storkey's weights: finer ones decide, and the exact ones for ties.
#[test]
fn many_patterns_by_storkeys_rule() {
    // Integers over 2^p of one limb to twenty, with bits dropped by whole steps (d a power of two) and by parts of them.
    let cases = [(100, 32), (210, 20), (400, 9), (300, 8), (900, 4), (700, 3), (1500, 2), (150, 33), (60, 48), (9, 1)];
    for (at, (n, dim)) in cases.into_iter().enumerate() {
        for kind in [Kind::Random, KINDS[1 + at % (KINDS.len() - 1)]] {
            let world = World::new(kind, n, dim, 1, 6, 0.1, n as u64);
            // Positions 0 and 1 alike, or opposed.
            let mut keys = world.keys.clone();
            if dim > 2 && n % 4 == 0 {
                keys.iter_mut().for_each(|key| key[1] = if n % 8 == 0 { key[0] } else { -key[0] });
            }
            let mut queries = world.queries.clone();
            queries.extend(cancelling(&keys, n as u64));
            let memory = Memory::auto_associative(packed(&keys)).unwrap();
            let exact = naive::Storkey::new(&keys);
            on_threads(|_| {
                let network = Storkey.learn(&memory).unwrap();
                for diagonal in [Diagonal::Keep, Diagonal::Zero] {
                    check(&*network, &queries, diagonal, |query| exact.field_signs(query, diagonal == Diagonal::Zero));
                }
                near(&*network, &exact.weights());
            });
        }
    }
}

/// Weights that have grown beyond `f64`: signs are exact all the same.
#[test]
fn storkeys_weights_may_leave_f64() {
    // Patterns that differ in one position: what is orthogonal to nearly all grows by 1 + 2/d each time.
    let keys: Vec<Vec<i8>> =
        (0..2600).map(|i| vec![1, if i == 7 { -1 } else { 1 }, if i == 9 { -1 } else { 1 }]).collect();
    let memory = Memory::auto_associative(packed(&keys)).unwrap();
    let exact = naive::Storkey::new(&keys);
    let network = Storkey.learn(&memory).unwrap();
    let queries: Vec<Vec<i8>> =
        (0..8).map(|bits| (0..3).map(|j| if bits >> j & 1 == 1 { 1 } else { -1 }).collect()).collect();
    for diagonal in [Diagonal::Keep, Diagonal::Zero] {
        check(&*network, &queries, diagonal, |query| exact.field_signs(query, diagonal == Diagonal::Zero));
    }
    // They say of themselves that they are good for nothing.
    assert_eq!(network.weights().unwrap().error, f64::INFINITY);
    let dynamics = Dynamics::new(Separation::Linear).order(Order::Fixed).diagonal(Diagonal::Zero);
    let starts = Queries::from_signs(&queries.concat(), 3).unwrap();
    for (start, run) in queries.iter().zip(network.relax(&starts, &dynamics).unwrap()) {
        let mut state = start.clone();
        for j in (0..3).cycle().take(60) {
            let sign = exact.field_signs(&state, true)[j];
            state[j] = reference::dynamics::update(sign, state[j], plain_tie(Tie::Stay));
        }
        assert_eq!((run.limit, run.state.to_signs()), (Limit::FixedPoint, state), "{start:?}");
    }
}

/// Keys so nearly dependent that `f64` cannot invert their Gram matrix: everything is exact all the same.
#[test]
fn systems_beyond_f64_are_solved() {
    let dim = 40;
    // Lower triangular with ones on some subdiagonals, as ±1 with a border: the inverse grows without measure.
    let sign = |i: usize, j: usize| match (i, j) {
        (0, _) | (_, 0) => 1,
        _ if i == j || i > j && [1, 3, 5].contains(&(i - j)) => -1,
        _ => 1,
    };
    let keys: Vec<Vec<i8>> = (0..dim).map(|i| (0..dim).map(|j| sign(i, j)).collect()).collect();
    for n in [dim, dim - 1] {
        let keys = &keys[..n];
        let memory = Memory::auto_associative(packed(keys)).unwrap();
        let network = PseudoInverse::default().learn(&memory).unwrap();
        let exact = naive::PseudoInverse::new(keys, keys);
        let queries: Vec<Vec<i8>> =
            Patterns::random(4, dim, 1, "queries").unwrap().iter().map(|q| q.to_signs()).collect();
        for diagonal in [Diagonal::Keep, Diagonal::Zero] {
            check(&*network, &queries, diagonal, |query| exact.field_signs(query, diagonal == Diagonal::Zero));
        }
        near(&*network, &exact.weights());
    }
}

#[test]
fn learning_tells_how_far_it_is_and_can_be_stopped() {
    let square = Memory::auto_associative(Patterns::random(300, 320, 5, "keys").unwrap()).unwrap();
    let spanning = Memory::auto_associative(Patterns::random(90, 30, 6, "keys").unwrap()).unwrap();
    // Dependent ones that do not span all of space, so that their dependence is proven exactly.
    let mut few = Patterns::random(40, 60, 7, "keys").unwrap();
    (0..3).for_each(|place| few.push(&few.get(place).unwrap()).unwrap());
    let few = Memory::auto_associative(few).unwrap();
    // f64 is too rough for these, which integers then take from the first on.
    let many = Memory::auto_associative(Patterns::random(300, 8, 8, "keys").unwrap()).unwrap();
    let cases: [(&dyn Rule, &Memory, bool); 7] = [
        (&Hebb, &square, true),
        (&PseudoInverse::default(), &square, true),
        (&MOORE_PENROSE, &spanning, true),
        (&MOORE_PENROSE, &few, false),
        (&PseudoInverse::default(), &few, false),
        (&Storkey, &square, true),
        (&Storkey, &many, true),
    ];
    for (rule, memory, to_the_end) in cases {
        let (asked, most) = (AtomicU64::new(0), AtomicU64::new(0));
        let watcher = |done: u64, total: u64| {
            assert!(total == memory.len() as u64 && done <= total);
            most.fetch_max(done, Relaxed);
            asked.fetch_add(1, Relaxed);
            true
        };
        let learned = rule.learn_watched(memory, Progress::new(&watcher)).map(drop);
        assert_eq!(learned.is_ok(), rule.learn(memory).is_ok(), "{rule}");
        assert!(!to_the_end || most.into_inner() == memory.len() as u64, "{rule}");
        // Stopped at the first question, and at later ones.
        let times = asked.into_inner();
        assert!(times > 0, "{rule}");
        for last in [0, 1, times / 2, times - 1] {
            let (asked, refused) = (AtomicU64::new(0), AtomicU64::new(0));
            let watcher = |_, _| {
                let go_on = asked.fetch_add(1, Relaxed) < last;
                refused.fetch_add(u64::from(!go_on), Relaxed);
                go_on
            };
            let stopped = rule.learn_watched(memory, Progress::new(&watcher)).map(drop);
            // Questions go by the clock too, so that another time there may be fewer.
            match refused.into_inner() {
                0 => assert!(last > 0 && stopped.is_ok() == learned.is_ok(), "{rule}"),
                once => assert!(once == 1 && matches!(stopped, Err(Error::Interrupted)), "{rule}: {stopped:?}"),
            }
        }
    }
}

#[test]
fn what_cannot_be_learned_is_refused() {
    let says = |result: popfield::Result<()>, words: &[&str]| {
        let message = result.unwrap_err().to_string();
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    };
    let rows = |rows: &[&str]| -> Patterns {
        let signs = |row: &&str| row.chars().map(|c| if c == '+' { 1 } else { -1 }).collect::<Vec<i8>>();
        packed(&rows.iter().map(signs).collect::<Vec<_>>())
    };
    let learn = |rule: &dyn Rule, keys: Patterns| {
        let memory = Memory::auto_associative(keys).unwrap();
        rule.learn(&memory).map(|_| ())
    };
    let refuse = PseudoInverse::default();
    says(learn(&refuse, rows(&["++--", "+-+-", "++--"])), &["key 2, a repetition of key 0"]);
    says(learn(&refuse, rows(&["++--", "+-+-", "--++", "+-+-"])), &["key 2, the complement of key 0", "2 keys depend"]);
    says(learn(&refuse, rows(&["+++-", "++-+", "+-++", "-+++", "++++"])), &["key 4", "keys 0, 1, 2, 3"]);
    let wide = Patterns::filled(1, 8193, true).unwrap();
    says(learn(&Storkey, wide), &["dimension of at most 8192", "found 8193", "537001992"]);
    let memory = Memory::hetero_associative(rows(&["++--"]), rows(&["++"])).unwrap();
    says(Storkey.learn(&memory).map(|_| ()), &["Storkey", "no values"]);
    let network = refuse.learn(&memory).unwrap();
    let queries: Queries = rows(&["++--"]).into();
    says(network.recall(&queries, Diagonal::Keep, 2, Tie::Plus).map(|_| ()), &["expected 4, found 2"]);
    says(network.recall(&queries, Diagonal::Keep, 1, Tie::Stay).map(|_| ()), &["expected 4, found 2"]);
    says(network.recall(&queries, Diagonal::Zero, 1, Tie::Plus).map(|_| ()), &["zeroed diagonal"]);
    says(network.recall(&queries, Diagonal::Keep, 0, Tie::Plus).map(|_| ()), &["steps"]);
    says(network.recall(&rows(&["++-"]).into(), Diagonal::Keep, 1, Tie::Plus).map(|_| ()), &["dimension 4, found 3"]);
    let large = Memory::auto_associative(Patterns::random(2, 2049, 1, "keys").unwrap()).unwrap();
    says(Spectrum::new(&*Hebb.learn(&large).unwrap()).map(|_| ()), &["spectrum", "2049 x 2049", "bytes"]);
    assert_eq!(RULES.iter().map(|rule| rule.name()).collect::<Vec<_>>(), ["hebb", "pseudo-inverse", "storkey"]);
    for rule in RULES {
        assert_eq!(rule.to_string().parse::<&dyn Rule>().unwrap().name(), rule.name());
    }
    let refused = "delta".parse::<&dyn Rule>().unwrap_err().to_string();
    assert_eq!(refused, "rule: expected hebb, pseudo-inverse or storkey, found \"delta\"");
}
