//! Basins held to the definition: what stands around each key, budgets to exact arithmetic, and every query within a
//! budget to the reference's recall.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use popfield::patterns::stream;
use popfield::{Memory, Missing, Patterns, Progress, Separation, Tie};
use popfield_reference as reference;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng;

type Row = Vec<i8>;

fn below(dice: &mut Xoshiro256PlusPlus, bound: usize) -> usize {
    (dice.next_u64() % bound as u64) as usize
}

fn random(dice: &mut Xoshiro256PlusPlus, dim: usize) -> Row {
    (0..dim).map(|_| if below(dice, 2) == 0 { -1 } else { 1 }).collect()
}

fn packed(rows: &[Row]) -> Patterns {
    Patterns::from_signs(&rows.concat(), rows[0].len()).unwrap()
}

/// A small memory: random keys, near ones, copies, opposites; values of their own or not.
struct World {
    keys: Vec<Row>,
    values: Vec<Row>,
    memory: Memory,
}

fn world(dice: &mut Xoshiro256PlusPlus, dim: usize) -> World {
    let count = 1 + below(dice, 9);
    let mut keys: Vec<Row> = vec![random(dice, dim)];
    while keys.len() < count {
        let mut key = keys[below(dice, keys.len())].clone();
        match below(dice, 5) {
            0 => {}
            1 => key.iter_mut().for_each(|sign| *sign = -*sign),
            2 => (0..1 + below(dice, 3)).for_each(|_| {
                let at = below(dice, dim);
                key[at] = -key[at];
            }),
            _ => key = random(dice, dim),
        }
        keys.push(key);
    }
    let hetero = below(dice, 2) == 0;
    let values = if hetero { keys.iter().map(|_| random(dice, 3)).collect() } else { keys.clone() };
    let memory = match hetero {
        true => Memory::hetero_associative(packed(&keys), packed(&values)),
        false => Memory::auto_associative(packed(&keys)),
    };
    World { keys, values, memory: memory.unwrap() }
}

/// e^{−2β} is near 1/2, 1/3, … for some, so that sums come close to 1.
const BETAS: [f64; 9] = [1e-9, 0.05, 0.25, 0.346_573_590_279_972_64, 0.5, 0.549_306_144_334_054_9, 1.0, 3.0, 1e9];

/// (D, N_D) of the keys that differ from `key`.
fn around(keys: &[Row], key: &Row) -> BTreeMap<u32, u64> {
    let mut near = BTreeMap::new();
    for other in keys.iter().filter(|other| *other != key) {
        *near.entry(reference::distance(key, other)).or_insert(0) += 1;
    }
    near
}

/// The largest budget by exact arithmetic, all distances being known.
fn exact(oracle: &mut reference::Oracle, near: &BTreeMap<u32, u64>, separation: Separation) -> Option<u32> {
    let least = *near.keys().next().unwrap();
    (0..least).rev().find(|&budget| {
        let Some(beta) = separation.beta() else { return true };
        let mut votes: BTreeMap<i64, i64> = BTreeMap::from([(0, 1)]);
        near.iter().for_each(|(&distance, &count)| {
            *votes.entry(-2 * i64::from(distance - budget)).or_insert(0) -= count as i64;
        });
        oracle.sign(&votes, reference::Separation::Exponential(beta.get())) == Ordering::Greater
    })
}

/// Every query over three elements a position, or so many random ones near `key`.
fn queries(dice: &mut Xoshiro256PlusPlus, key: &Row, other: Option<&Row>) -> Vec<Row> {
    let dim = key.len();
    if dim <= 6 {
        let digit = |code: usize, j: u32| (code / 3usize.pow(j) % 3) as i8 - 1;
        return (0..3usize.pow(dim as u32)).map(|code| (0..dim as u32).map(|j| digit(code, j)).collect()).collect();
    }
    let mut all = Vec::new();
    for _ in 0..60 {
        let mut query = key.clone();
        for _ in 0..below(dice, dim) {
            let at = below(dice, dim);
            // Where the other key differs a flip or an unknown position hurts most.
            if other.is_none_or(|other| other[at] != key[at]) || below(dice, 4) == 0 {
                query[at] = if below(dice, 3) == 0 { 0 } else { -key[at] };
            }
        }
        all.push(query);
    }
    all
}

fn cost(key: &Row, query: &Row) -> u32 {
    2 * reference::distance(query, key) + query.iter().filter(|&&sign| sign == 0).count() as u32
}

/// Whether the reference recalls `value` of `query`, untied, `key` and its copies being the nearest.
fn certain(
    oracle: &mut reference::Oracle,
    world: &World,
    (key, value): (&Row, &Row),
    query: &Row,
    separation: reference::Separation,
) -> bool {
    let (answer, tied) = oracle.recall(&world.keys, &world.values, query, separation, reference::Tie::Plus);
    let own = reference::distance(query, key);
    let nearest = world.keys.iter().all(|other| other == key || reference::distance(query, other) > own);
    answer == *value && tied == 0 && nearest
}

#[test]
fn queries_within_a_budget_are_recalled_and_those_beyond_need_not_be() {
    let mut dice = stream(2024, "basins", 0);
    let mut oracle = reference::Oracle::default();
    let (mut within, mut at_the_budget, mut beyond, mut wrong_beyond) = (0, 0, 0, 0);
    for round in 0..160 {
        let dim = [1, 2, 3, 5, 6, 9, 17, 40][round % 8];
        let world = world(&mut dice, dim);
        let radius = 1 + below(&mut dice, dim) as u32;
        let basins = [world.memory.basins(radius).unwrap(), world.memory.basins(dim as u32).unwrap()];
        let beta = BETAS[below(&mut dice, BETAS.len())];
        for (separation, of_reference) in [
            (Separation::exponential(beta).unwrap(), reference::Separation::Exponential(beta)),
            (Separation::Max, reference::Separation::Max),
        ] {
            let [narrow, wide] = [0, 1].map(|which| basins[which].budgets(separation).unwrap());
            for (i, key) in world.keys.iter().enumerate() {
                let near = around(&world.keys, key);
                let agree = world.keys.iter().zip(&world.values).all(|(k, v)| k != key || *v == world.values[i]);
                let expected = match agree {
                    false => None,
                    true if near.is_empty() => Some(2 * dim as u32),
                    true => exact(&mut oracle, &near, separation),
                };
                assert_eq!(wide[i], expected, "{near:?}, {separation}, {:?}", separation.beta());
                assert!(narrow[i] <= wide[i]);
                let nearest = wide[i].and(near.keys().next());
                let other =
                    nearest.and_then(|&d| world.keys.iter().find(|k| reference::distance(key, k) == d && *k != key));
                for query in queries(&mut dice, key, other) {
                    let cost = cost(key, &query);
                    let pair = (key, &world.values[i]);
                    if narrow[i].is_some_and(|budget| cost <= budget) {
                        within += 1;
                        at_the_budget += usize::from(Some(cost) == narrow[i]);
                        assert!(certain(&mut oracle, &world, pair, &query, of_reference), "{query:?} of {key:?}");
                    } else if wide[i].is_some_and(|budget| cost == budget + 1) {
                        // Inflated by one, budgets are wrong.
                        beyond += 1;
                        wrong_beyond += usize::from(!certain(&mut oracle, &world, pair, &query, of_reference));
                    }
                }
            }
        }
    }
    assert!(within > 5_000 && at_the_budget > 500, "{within}, {at_the_budget}");
    assert!(wrong_beyond > 50, "{wrong_beyond} of {beyond}");
}

/// The basins of some associations are those of a memory that holds them alone, whatever was stored and forgotten before;
/// counts, copies and nearest keys are those of the definition.
#[test]
fn basins_are_of_the_associations_that_there_are() {
    let mut dice = stream(7, "basins", 1);
    for round in 0..40 {
        let dim = [3, 8, 64, 70, 130][round % 5];
        let mut world = world(&mut dice, dim);
        let radius = 1 + below(&mut dice, dim) as u32;
        for _ in 0..30 {
            let key = match below(&mut dice, 3) {
                0 => world.keys[below(&mut dice, world.keys.len())].clone(),
                _ => random(&mut dice, dim),
            };
            let value = if world.memory.is_auto_associative() { key.clone() } else { random(&mut dice, 3) };
            let pattern = |row: &Row| popfield::Pattern::from_signs(row).unwrap();
            let own = (!world.memory.is_auto_associative()).then(|| pattern(&value));
            world.memory.store(&pattern(&key), own.as_ref()).unwrap();
            world.keys.push(key);
            world.values.push(value);
        }
        let mut left: Vec<u64> = (0..world.keys.len() as u64).collect();
        let gone: Vec<u64> = (0..10).map(|_| left.swap_remove(below(&mut dice, left.len()))).collect();
        world.memory.forget_some(&gone[..5], Missing::Refuse).unwrap();
        let scope = world.memory.scope(None, &gone[5..], Missing::Refuse).unwrap();
        left.sort_unstable();
        let basins = world.memory.within(&scope).basins(radius).unwrap();
        assert_eq!((basins.dim(), basins.radius(), basins.all().len()), (dim, radius, left.len()));
        let keys: Vec<Row> = left.iter().map(|&id| world.keys[id as usize].clone()).collect();
        for (rank, basin) in basins.all().iter().enumerate() {
            let key = &keys[rank];
            let near: Vec<(u32, u64)> = around(&keys, key).into_iter().filter(|near| near.0 <= radius).collect();
            let same: Vec<&u64> = left.iter().filter(|id| world.keys[**id as usize] == *key).collect();
            let agree = same.iter().all(|id| world.values[**id as usize] == world.values[*same[0] as usize]);
            assert_eq!((basin.id, basin.copies, basin.values_agree), (left[rank], same.len() as u64, agree));
            assert_eq!(basin.near(), near);
            let nearest = left.iter().filter(|id| world.keys[**id as usize] != *key);
            let nearest = nearest.map(|&id| (reference::distance(key, &world.keys[id as usize]), id)).min();
            let nearest = nearest.filter(|nearest| nearest.0 <= radius);
            assert_eq!(basin.nearest.map(|nearest| (nearest.distance, nearest.id)), nearest);
        }
        let least = basins.all().iter().filter_map(|basin| basin.nearest).map(|nearest| nearest.distance).min();
        assert_eq!(basins.least_distance(), least);
    }
}

/// More keys than a tile, and than are asked about at a time; threads; a watcher.
#[test]
fn many_keys() {
    let keys = Patterns::random(5_000, 96, 3, "keys").unwrap();
    let memory = Memory::auto_associative(keys).unwrap();
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| memory.basins(30).unwrap())
    };
    let basins = of(1);
    assert_eq!(basins.all(), of(3).all());
    let queries = memory.keys().range(4_090..4_110).unwrap().into();
    for (rank, found) in (4_090..).zip(memory.search_radius(&queries, 30).unwrap()) {
        let others: Vec<_> = found.iter().filter(|other| other.id != rank).collect();
        let basin = &basins.all()[rank as usize];
        assert_eq!(basin.id, rank);
        assert_eq!(basin.near().iter().map(|near| near.1).sum::<u64>(), others.len() as u64);
        assert_eq!(basin.nearest.as_ref(), others.first().copied());
    }
    // What the budgets promise, by the engine itself: a twentieth of the bits flipped.
    let separation = Separation::exponential(1.0).unwrap();
    let budgets = basins.budgets(separation).unwrap();
    let noisy = popfield::patterns::add_noise(
        &memory.keys().to_patterns().unwrap(),
        0.05,
        popfield::patterns::NoiseModel::Exact,
        5,
    )
    .unwrap();
    let recalled = memory.recall(&noisy.into(), &popfield::Recall::new(separation).tie(Tie::Stay)).unwrap();
    let flips = popfield::patterns::flips(0.05, 96) as u32;
    let mut promised = 0;
    for (i, budget) in budgets.iter().enumerate() {
        if budget.is_some_and(|budget| 2 * flips <= budget) {
            promised += 1;
            assert_eq!(recalled.patterns.get(i), memory.keys().get(i));
            assert_eq!(recalled.reports[i].nearest.id, i as u64);
        }
    }
    assert!(promised > 4_900, "{promised}");
    let stopped = |_: u64, _: u64| false;
    assert!(matches!(memory.watched(Progress::new(&stopped)).basins(30), Err(popfield::Error::Interrupted)));
    for radius in [0, 97] {
        assert!(memory.basins(radius).unwrap_err().to_string().starts_with("radius of basins: expected 1 to 96"));
    }
    assert!(basins.budgets(Separation::Linear).is_err());
}
