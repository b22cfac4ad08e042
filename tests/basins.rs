//! Basins held to the definition: what stands around each key and around its complement, budgets to exact arithmetic, and
//! every query within a budget to the reference's recall.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use popfield::basins::Look;
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

/// The largest budget under s^K by exact arithmetic, all overlaps being known: the largest cost w at which, however much
/// of it is unknown, Σ min(d − u, |s| + w)^K < (d − w)^K.
fn exact_power(oracle: &mut reference::Oracle, near: &BTreeMap<u32, u64>, dim: u32, degree: u32) -> Option<u32> {
    let [dim, degree] = [i64::from(dim), degree.into()];
    let budget = (0..dim).rev().find(|&cost| {
        (0..=cost).filter(|unknown| (cost - unknown) % 2 == 0).all(|unknown| {
            let mut votes = BTreeMap::from([(dim - cost, 1)]);
            near.iter().for_each(|(&distance, &count)| {
                let overlap = (dim - 2 * i64::from(distance)).abs() + cost;
                *votes.entry(overlap.min(dim - unknown)).or_insert(0) -= count as i64;
            });
            oracle.sign(&votes, reference::Separation::Polynomial(degree as u32)) == Ordering::Greater
        })
    });
    budget.map(|budget| budget as u32)
}

/// A query that costs just so much, spent where `other` differs from `key` before it is elsewhere, on flips and on
/// unknown positions; `None` where there are not positions enough.
fn spent(dice: &mut Xoshiro256PlusPlus, key: &Row, other: Option<&Row>, cost: u32) -> Option<Row> {
    let mut places: Vec<(bool, usize, usize)> =
        (0..key.len()).map(|at| (other.is_some_and(|other| other[at] == key[at]), below(dice, 1 << 20), at)).collect();
    places.sort_unstable();
    // Of one sort, or mixed.
    let flips = below(dice, 3);
    let mut query = key.clone();
    let mut left = cost;
    for (.., at) in places {
        if left == 0 {
            break;
        }
        let flip = left > 1 && (flips == 0 || flips == 1 && below(dice, 2) == 0);
        query[at] = if flip { -key[at] } else { 0 };
        left -= 1 + u32::from(flip);
    }
    (left == 0).then_some(query)
}

#[test]
fn queries_within_a_budget_of_a_power_are_recalled_and_those_beyond_need_not_be() {
    let mut dice = stream(2024, "basins", 2);
    let mut oracle = reference::Oracle::default();
    let (mut within, mut at_the_budget, mut beyond, mut wrong_beyond, mut far_first) = (0, 0, 0, 0, 0);
    for round in 0..400 {
        let dim = [1, 2, 3, 5, 6, 9, 17, 25, 32, 40][round % 10];
        let world = world(&mut dice, dim);
        let radius = 1 + below(&mut dice, dim) as u32;
        let whole = [dim.div_ceil(2), (dim / 2).max(1), dim][below(&mut dice, 3)] as u32;
        let basins = [radius, whole].map(|radius| world.memory.basins_of(&Look::new(radius).far()).unwrap());
        let degree = if below(&mut dice, 12) == 0 { 1 } else { 2 + below(&mut dice, 8) as u32 };
        let separation = Separation::polynomial(degree).unwrap();
        let of_reference = reference::Separation::Polynomial(degree);
        let [narrow, wide] = [0, 1].map(|which| basins[which].budgets(separation).unwrap());
        if degree == 1 {
            assert_eq!(basins[1].budgets(Separation::Linear).unwrap(), wide);
        }
        for (i, key) in world.keys.iter().enumerate() {
            let near = around(&world.keys, key);
            let agree = world.keys.iter().zip(&world.values).all(|(k, v)| k != key || *v == world.values[i]);
            let expected = if agree { exact_power(&mut oracle, &near, dim as u32, degree) } else { None };
            assert_eq!(wide[i], expected, "{near:?}, {separation}, {dim}");
            assert!(narrow[i] <= wide[i]);
            // Where the key or the complement that is nearest differs, a flip or an unknown position hurts most.
            let complement = |row: &Row| row.iter().map(|sign| -sign).collect::<Row>();
            let rivals = world.keys.iter().filter(|other| *other != key);
            let rivals = rivals.flat_map(|other| [(false, other.clone()), (true, complement(other))]);
            let rival = rivals.min_by_key(|(_, other)| reference::distance(key, other));
            far_first += usize::from(rival.as_ref().is_some_and(|rival| rival.0) && wide[i] > Some(0));
            let rival = rival.map(|rival| rival.1);
            let mut all = queries(&mut dice, key, rival.as_ref());
            for budget in [narrow[i], wide[i]].into_iter().flatten() {
                let costs = [budget, budget, budget, budget + 1, budget + 1];
                all.extend(costs.into_iter().filter_map(|cost| spent(&mut dice, key, rival.as_ref(), cost)));
            }
            for query in all {
                let cost = cost(key, &query);
                let pair = (key, &world.values[i]);
                if wide[i].is_some_and(|budget| cost <= budget) {
                    within += 1;
                    at_the_budget += usize::from(Some(cost) == wide[i] || Some(cost) == narrow[i]);
                    assert!(certain(&mut oracle, &world, pair, &query, of_reference), "{query:?} of {key:?}");
                } else if wide[i].is_some_and(|budget| cost == budget + 1) {
                    // Inflated by one, budgets are wrong.
                    beyond += 1;
                    wrong_beyond += usize::from(!certain(&mut oracle, &world, pair, &query, of_reference));
                }
            }
        }
    }
    assert!(within > 5_000 && at_the_budget > 2_000 && far_first > 100, "{within}, {at_the_budget}, {far_first}");
    assert!(wrong_beyond > 100, "{wrong_beyond} of {beyond}");
}

/// Of 10⁵ random keys of 1,024 positions s³ has no basins, and those of higher powers are as wide as they are known to
/// be. Powers that no 128 bits hold, and some that `f64` cannot tell apart.
#[test]
fn budgets_of_powers_among_many_keys() {
    let memory = Memory::auto_associative(Patterns::random(100_000, 1024, 1, "keys").unwrap()).unwrap();
    let basins = memory.basins_of(&Look::new(512).far().keys(&[3, 70_000, 41])).unwrap();
    assert_eq!(basins.all().iter().map(|basin| basin.id).collect::<Vec<_>>(), [3, 41, 70_000]);
    for basin in basins.all() {
        let at_half = basin.near().iter().find(|near| near.0 == 512).map_or(0, |near| near.1);
        let counted = |list: &[(u32, u64)]| list.iter().map(|entry| entry.1).sum::<u64>();
        assert_eq!(1 + counted(basin.near()) + counted(basin.far().unwrap()) - at_half, basins.keys());
    }
    for (degree, flips) in [(3, None), (5, Some(30)), (7, Some(68)), (10, Some(110))] {
        for budget in basins.budgets(Separation::polynomial(degree).unwrap()).unwrap() {
            assert_eq!(budget.map(|budget| budget / 2), flips, "degree {degree}");
        }
    }
    // Powers that no 128 bits hold, one rival near the key and one near its complement.
    let dim = 1 << 15;
    let first: Row = vec![1; dim];
    let flipped = |flips: usize, sign: i8| (0..dim).map(|at| if at < flips { -sign } else { sign }).collect::<Row>();
    let keys = [first.clone(), flipped(9_000, 1), flipped(9_000, -1)];
    let memory = Memory::auto_associative(packed(&keys)).unwrap();
    let basins = memory.basins_of(&Look::new(dim as u32).far().keys(&[0])).unwrap();
    let expected = exact_power(&mut reference::Oracle::default(), &around(&keys, &first), dim as u32, 64);
    assert!(expected > Some(8_000));
    assert_eq!(basins.budgets(Separation::polynomial(64).unwrap()).unwrap(), [expected]);
    // 2⁸ keys of half the overlap weigh the same to the last bit, where 2 (d − 2·28,000 + w) = d − w.
    let dim = 1 << 16;
    let other: Row = (0..dim).map(|at| if at < 28_000 { -1 } else { 1 }).collect();
    let keys: Vec<Row> = std::iter::once(vec![1; dim]).chain(vec![other; 256]).collect();
    let basins = Memory::auto_associative(packed(&keys)).unwrap().basins_of(&Look::new(1 << 15).far().keys(&[0]));
    assert_eq!(basins.unwrap().budgets(Separation::polynomial(8).unwrap()).unwrap(), [Some(15_487)]);
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
        let view = world.memory.within(&scope);
        let basins = view.basins(radius).unwrap();
        assert_eq!((basins.dim(), basins.radius(), basins.all().len()), (dim, radius, left.len()));
        assert_eq!(basins.keys(), left.len() as u64);
        let keys: Vec<Row> = left.iter().map(|&id| world.keys[id as usize].clone()).collect();
        for (rank, basin) in basins.all().iter().enumerate() {
            let key = &keys[rank];
            let near: Vec<(u32, u64)> = around(&keys, key).into_iter().filter(|near| near.0 <= radius).collect();
            let same: Vec<&u64> = left.iter().filter(|id| world.keys[**id as usize] == *key).collect();
            let agree = same.iter().all(|id| world.values[**id as usize] == world.values[*same[0] as usize]);
            assert_eq!((basin.id, basin.copies, basin.values_agree), (left[rank], same.len() as u64, agree));
            assert_eq!(basin.near(), near);
            assert!(basin.far().is_none());
            let nearest = left.iter().filter(|id| world.keys[**id as usize] != *key);
            let nearest = nearest.map(|&id| (reference::distance(key, &world.keys[id as usize]), id)).min();
            let nearest = nearest.filter(|nearest| nearest.0 <= radius);
            assert_eq!(basin.nearest.map(|nearest| (nearest.distance, nearest.id)), nearest);
        }
        let least = basins.all().iter().filter_map(|basin| basin.nearest).map(|nearest| nearest.distance).min();
        assert_eq!(basins.least_distance(), least);

        // At both ends all is as at one, and the far end is the near one of complements.
        let both = view.basins_of(&Look::new(radius).far()).unwrap();
        assert_eq!(both.least_distance(), least);
        for (rank, (basin, alone)) in both.all().iter().zip(basins.all()).enumerate() {
            assert_eq!((basin.id, basin.copies, basin.values_agree), (alone.id, alone.copies, alone.values_agree));
            assert_eq!((basin.nearest, basin.near()), (alone.nearest, alone.near()));
            let complement: Row = keys[rank].iter().map(|sign| -sign).collect();
            let mut far = around(&keys, &complement);
            let copies = keys.iter().filter(|other| **other == complement).count() as u64;
            far.extend((copies > 0).then_some((0, copies)));
            let far: Vec<(u32, u64)> = far.into_iter().filter(|far| far.0 <= radius).collect();
            assert_eq!(basin.far(), Some(&far[..]));
        }

        // Those of some keys are those that they have among all, in storing order, and so are their budgets.
        let mut some = left.clone();
        let mut named: Vec<u64> =
            (0..below(&mut dice, left.len())).map(|_| some.swap_remove(below(&mut dice, some.len()))).collect();
        let of_some = view.basins_of(&Look::new(radius).far().keys(&named)).unwrap();
        named.sort_unstable();
        let ranks: Vec<usize> = named.iter().map(|id| left.binary_search(id).unwrap()).collect();
        let expected: Vec<_> = ranks.iter().map(|&rank| both.all()[rank].clone()).collect();
        assert_eq!((of_some.all(), of_some.keys()), (&expected[..], left.len() as u64));
        for separation in [Separation::exponential(0.5).unwrap(), Separation::Max, Separation::polynomial(5).unwrap()] {
            let all = both.budgets(separation).unwrap();
            let expected: Vec<_> = ranks.iter().map(|&rank| all[rank]).collect();
            assert_eq!(of_some.budgets(separation).unwrap(), expected);
        }
        let refused = |ids: &[u64]| view.basins_of(&Look::new(radius).keys(ids)).unwrap_err().to_string();
        assert_eq!(
            refused(&[left[0], gone[7]]),
            format!("keys of basins, place 1: expected an id that an association has, found {}", gone[7])
        );
        assert_eq!(
            refused(&[left[1], left[0], left[1]]),
            format!("keys of basins, place 2: expected an id not given before, as at place 0, found {}", left[1])
        );
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
    let both = memory.basins_of(&Look::new(30).far()).unwrap();
    let complements = memory.basins_of(&Look::new(66).far()).unwrap();
    for ((basin, alone), wide) in both.all().iter().zip(basins.all()).zip(complements.all()) {
        assert_eq!((basin.nearest, basin.near()), (alone.nearest, alone.near()));
        // What is 66 or farther is 30 or nearer to the complement.
        let far = wide.near().iter().rev().filter(|near| near.0 == 66).map(|near| near.1).sum::<u64>();
        assert_eq!(basin.far().unwrap().last().map_or(0, |far| if far.0 == 30 { far.1 } else { 0 }), far);
    }
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
    // What weighs near complements needs them.
    for (separation, name) in [(Separation::Linear, "linear"), (Separation::polynomial(5).unwrap(), "polynomial")] {
        let refused = basins.budgets(separation).unwrap_err().to_string();
        let expected = "separation of budgets: expected exponential or max, far keys not being counted, found ";
        assert!(refused.starts_with(expected) && refused.contains(name), "{refused}");
    }
}
