//! Dynamics held to the reference step by step: states, energies, ties, limits and what they end in.

use popfield::dynamics::{Clamp, Diagonal, End, Energy, Limit, Order, Run, Update, sweep_order};
use popfield::{Dynamics, Memory, Queries, Separation, Tie};
use popfield_reference as reference;
use popfield_reference::dynamics as naive;
use proptest::prelude::*;

use crate::worlds::{KINDS, Kind, World, on_threads, packed, plain, plain_tie, separations, tiers};

/// One setting in all its choices.
#[derive(Clone, Debug)]
struct Setting {
    separation: Separation,
    update: Update,
    diagonal: Diagonal,
    order: Order,
    tie: Tie,
    clamped: Option<Vec<usize>>,
    step_limit: u32,
}

fn settings() -> impl Strategy<Value = Setting> {
    (
        separations(),
        prop::sample::select(vec![Update::Field, Update::Difference]),
        prop::sample::select(vec![Diagonal::Keep, Diagonal::Zero]),
        prop_oneof![
            2 => Just(Order::Synchronous),
            1 => Just(Order::Fixed),
            1 => any::<u64>().prop_map(|seed| Order::Random { seed }),
        ],
        prop::sample::select(vec![Tie::Stay, Tie::Plus, Tie::Minus]),
        prop::option::weighted(0.3, prop::collection::vec(any::<prop::sample::Index>(), 0..6)),
        prop_oneof![4 => Just(40u32), 1 => 1u32..4],
    )
        .prop_map(|(separation, update, diagonal, order, tie, clamped, step_limit)| {
            let clamped = clamped.map(|indices| indices.iter().map(|index| index.index(1 << 20)).collect());
            Setting { separation, update, diagonal, order, tie, clamped, step_limit }
        })
}

impl Setting {
    fn dynamics(&self, dim: usize) -> Dynamics {
        let clamp = match &self.clamped {
            Some(positions) => Clamp::Positions(positions.iter().map(|position| position % dim).collect()),
            None => Clamp::Free,
        };
        let dynamics = Dynamics::new(self.separation).order(self.order).update(self.update).diagonal(self.diagonal);
        dynamics.tie(self.tie).clamp(clamp).traced(true).step_limit(self.step_limit).unwrap()
    }

    /// What the reference makes of query `q` of `world`.
    fn expected(&self, world: &World, q: usize) -> naive::Run {
        let (start, dim) = (&world.queries[q], world.queries[q].len());
        let mut clamped: Vec<usize> = self.clamped.iter().flatten().map(|position| position % dim).collect();
        clamped.sort_unstable();
        clamped.dedup();
        let update = match (self.update, self.diagonal) {
            (Update::Difference, _) => naive::Update::Difference,
            (Update::Field, Diagonal::Keep) => naive::Update::FieldKept,
            (Update::Field, Diagonal::Zero) => naive::Update::FieldZeroed,
            (other, _) => panic!("the reference has no update {other}"),
        };
        let (separation, tie) = (plain(self.separation), plain_tie(self.tie));
        let mut oracle = reference::Oracle::default();
        let oracle = &mut oracle;
        let orders = |of: &dyn Fn(u64) -> Vec<usize>| (0..u64::from(self.step_limit)).map(of).collect::<Vec<_>>();
        match self.order {
            Order::Synchronous => {
                let limit = self.step_limit as usize;
                naive::synchronous(oracle, &world.keys, start, separation, update, tie, &clamped, limit)
            }
            Order::Fixed => {
                let orders = orders(&|_| (0..dim).collect());
                naive::asynchronous(oracle, &world.keys, start, separation, update, tie, &clamped, &orders, true)
            }
            Order::Random { seed } => {
                let orders = orders(&|sweep| sweep_order(seed, q as u64, sweep, dim));
                naive::asynchronous(oracle, &world.keys, start, separation, update, tie, &clamped, &orders, false)
            }
            other => panic!("the reference has no order {other}"),
        }
    }
}

fn same_energy(found: &Energy, expected: &naive::Energy) -> bool {
    match expected {
        naive::Energy::Twice(twice) => {
            // The decimal digits of half an integer.
            let text = found.to_string();
            let (whole, half) = text.split_once('.').map_or((text.as_str(), 0), |(whole, _)| (whole, 1));
            let whole: num_bigint::BigInt = whole.parse().unwrap();
            let negative = text.starts_with('-');
            found.is_exact() && whole * 2 + if negative { -half } else { half } == *twice
        }
        naive::Energy::Real(real) => !found.is_exact() && (found.to_f64() - real).abs() <= 1e-9 * real.abs().max(1.0),
    }
}

fn check(run: &Run, expected: &naive::Run, keys: &[Vec<i8>], what: &str) {
    let limit = match expected.limit {
        naive::Limit::FixedPoint => Limit::FixedPoint,
        naive::Limit::Cycle(length) => Limit::Cycle(length as u32),
        naive::Limit::StepLimit => Limit::StepLimit,
    };
    let states: Vec<Vec<i8>> = run
        .trace
        .iter()
        .flatten()
        .map(|state| {
            let known = |j: usize| state.known().is_none_or(|known| known.bits()[j]);
            let signs = state.signs().to_signs();
            signs.into_iter().enumerate().map(|(j, sign)| if known(j) { sign } else { 0 }).collect()
        })
        .collect();
    assert_eq!(states, expected.states, "{what}: states");
    assert_eq!(run.limit, limit, "{what}: limit");
    assert_eq!(run.tied_bits, expected.tied, "{what}: ties");
    assert_eq!(run.energies.len(), expected.energies.len(), "{what}: energies");
    assert_eq!(run.steps() + 1, states.len());
    for (step, (found, expected)) in run.energies.iter().zip(&expected.energies).enumerate() {
        assert!(same_energy(found, expected), "{what}: energy {step}: {found} and {expected:?}");
    }
    let last = expected.states.last().unwrap();
    if last.contains(&0) {
        return;
    }
    assert_eq!(&run.state.to_signs(), last);
    assert_eq!(run.end, packed_end(naive::end_state(keys, last)), "{what}: end");
    let overlap = |id: usize| reference::overlap(&keys[id], last);
    let closest = match run.end {
        End::Stored { id } | End::Complement { id } | End::Near { id, .. } => id as usize,
        _ => (0..keys.len()).min_by_key(|&id| (-overlap(id).abs(), id)).unwrap(),
    };
    assert_eq!((run.closest.id, i64::from(run.closest.overlap)), (closest as u64, overlap(closest)));
}

fn packed_end(end: naive::End) -> End {
    match end {
        naive::End::Stored(id) => End::Stored { id: id as u64 },
        naive::End::Complement(id) => End::Complement { id: id as u64 },
        naive::End::Near { key, sign, distance } => End::Near { id: key as u64, as_is: sign > 0, distance },
        naive::End::Mixture { members, distance } => {
            End::Mixture { members: members.into_iter().map(|(id, sign)| (id as u64, sign > 0)).collect(), distance }
        }
        naive::End::Spurious => End::Spurious,
    }
}

fn check_world(world: &World, setting: &Setting) {
    let memory = Memory::auto_associative(packed(&world.keys)).unwrap();
    let starts: Queries = world.packed_queries();
    let dynamics = setting.dynamics(memory.dim());
    let expected: Vec<naive::Run> = (0..world.queries.len()).map(|q| setting.expected(world, q)).collect();
    for tier in tiers() {
        let memory = memory.clone().with_tier(tier);
        on_threads(|threads| {
            let runs = memory.relax(&starts, &dynamics).unwrap();
            for (q, (run, expected)) in runs.iter().zip(&expected).enumerate() {
                check(
                    run,
                    expected,
                    &world.keys,
                    &format!("{setting:?}, tier {}, {threads} threads, query {q}", tier.name()),
                );
            }
            if setting.order == Order::Synchronous && setting.clamped.is_none() {
                let first = |run: &Run| run.trace.as_ref().and_then(|trace| trace.get(1)).map(|q| q.signs().clone());
                let expected: Vec<_> = runs.iter().map(|run| first(run).unwrap_or_else(|| run.state.clone())).collect();
                assert!(memory.advance(&starts, &dynamics).unwrap().patterns.iter().eq(expected));
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_step_is_that_of_the_reference(
        kind in prop::sample::select(KINDS.to_vec()), n in 1usize..14, dim in prop_oneof![1usize..12, 60usize..70],
        setting in settings(),
        erased in prop_oneof![3 => Just(0.0), 1 => 0.0..=1.0], seed: u64,
    ) {
        // Clamped positions must be known.
        let erased = if setting.clamped.is_some() { 0.0 } else { erased };
        check_world(&World::new(kind, n, dim, 1, 4, erased, seed), &setting);
    }

    #[test]
    fn known_positions_stay_if_asked(
        n in 1usize..8, dim in 1usize..40, separation in separations(),
        order in prop::sample::select(vec![Order::Synchronous, Order::Fixed]),
        erased in 0.0..=1.0, seed: u64,
    ) {
        let world = World::new(Kind::Random, n, dim, 1, 3, erased, seed);
        let memory = Memory::auto_associative(packed(&world.keys)).unwrap();
        let dynamics = Dynamics::new(separation).order(order).clamp(Clamp::Known);
        for (run, start) in memory.relax(&world.packed_queries(), &dynamics).unwrap().iter().zip(&world.queries) {
            prop_assert!(run.state.to_signs().iter().zip(start).all(|(&end, &start)| start == 0 || start == end));
        }
    }
}

/// States around patterns and mixtures, each held still, so that it is its own end.
#[test]
fn states_are_told_as_by_the_reference() {
    let names = ["stored", "complement", "near", "mixture", "spurious"];
    let mut seen = [0; 5];
    // Near a pattern and near a mixture at once, and told as each of them.
    let mut both = [0; 2];
    for seed in 0..400 {
        let kind = KINDS[seed as usize % KINDS.len()];
        let dim = [19, 20, 64, 65, 130][seed as usize % 5];
        let mut world = World::new(kind, 1 + seed as usize % 12, dim, 1, 24, 0.0, seed);
        let keys = &world.keys;
        for (state, query) in world.queries.iter_mut().enumerate() {
            // The majority of one, three or five keys, some of them turned round, and up to d/20 + 1 bits off.
            let members: Vec<&Vec<i8>> =
                (0..[1, 3, 5][state % 3]).map(|k| &keys[(state * k + k) % keys.len()]).collect();
            let sign = |k: usize| if (state >> k) % 4 == 3 { -1 } else { 1 };
            for (j, element) in query.iter_mut().enumerate() {
                *element = members.iter().enumerate().map(|(k, key)| sign(k) * key[j]).sum::<i8>().signum();
            }
            let off = (state / 3) % (dim / 20 + 2);
            (0..off).for_each(|k| query[(7 * k + state) % dim] *= -1);
        }
        let memory = Memory::auto_associative(packed(&world.keys)).unwrap();
        let still = Dynamics::new(Separation::Linear).clamp(Clamp::Known);
        for (q, run) in memory.relax(&world.packed_queries(), &still).unwrap().into_iter().enumerate() {
            let expected = packed_end(naive::end_state(&world.keys, &world.queries[q]));
            assert_eq!(run.end, expected, "{kind:?}, seed {seed}, state {q}");
            seen[names.iter().position(|name| *name == run.end.name()).unwrap()] += 1;
            let off = (dim - run.closest.overlap.unsigned_abs() as usize) / 2;
            match run.end {
                End::Mixture { .. } if off <= dim / 20 => both[0] += 1,
                End::Near { distance, .. } => {
                    assert_eq!(off, distance as usize);
                    both[1] += 1;
                }
                _ => {}
            }
        }
    }
    assert!(seen.iter().chain(&both).all(|&count| count > 20), "{seen:?}, {both:?}");
}

/// Networks large enough that weights are summed, certificates close and planes have several words.
#[test]
fn larger_networks_step_as_the_reference() {
    let settings = |separation| {
        [Update::Field, Update::Difference].into_iter().flat_map(move |update| {
            [Order::Synchronous, Order::Fixed, Order::Random { seed: 3 }].into_iter().map(move |order| Setting {
                separation,
                update,
                diagonal: Diagonal::Zero,
                order,
                tie: Tie::Stay,
                clamped: None,
                step_limit: 3,
            })
        })
    };
    let polynomial = |degree| Separation::polynomial(degree).unwrap();
    let exponential = |beta| Separation::exponential(beta).unwrap();
    let all = [Separation::Linear, polynomial(2), polynomial(5), exponential(0.05), exponential(1.0), Separation::Max];
    for (seed, (separation, (n, dim))) in
        all.into_iter().flat_map(|s| [(150, 130), (70, 200)].map(|size| (s, size))).enumerate()
    {
        let world = World::new(Kind::Random, n, dim, 1, 2, 0.0, seed as u64);
        settings(separation).for_each(|setting| check_world(&world, &setting));
    }
}

/// The laws that the literature promises, on networks at and beyond capacity.
#[test]
fn energies_fall_and_cycles_are_short() {
    for (seed, load) in [0.05, 0.14, 0.5, 2.0].into_iter().enumerate() {
        let dim = 300;
        let keys = popfield::Patterns::random((load * dim as f64) as usize, dim, seed as u64, "keys").unwrap();
        let memory = Memory::auto_associative(keys).unwrap();
        let starts: Queries = popfield::Patterns::random(20, dim, seed as u64, "start").unwrap().into();
        let dynamics = Dynamics::new(Separation::Linear);
        let mut cycles = 0;
        for diagonal in [Diagonal::Keep, Diagonal::Zero] {
            for run in memory.relax(&starts, &dynamics.clone().diagonal(diagonal)).unwrap() {
                assert!(matches!(run.limit, Limit::FixedPoint | Limit::Cycle(2)), "{:?}", run.limit);
                cycles += usize::from(run.limit == Limit::Cycle(2));
            }
        }
        assert!(cycles > 0 || load < 0.1, "no cycle at load {load}");
        let others = [Separation::polynomial(2), Separation::polynomial(3), Separation::exponential(0.1)];
        for separation in [Separation::Linear, Separation::Max].into_iter().chain(others.map(|s| s.unwrap())) {
            for order in [Order::Fixed, Order::Random { seed: 1 }] {
                let runs = memory.relax(&starts, &Dynamics::new(separation).order(order)).unwrap();
                for run in runs {
                    assert_eq!(run.limit, Limit::FixedPoint, "{separation}");
                    // The exponential energy is shown in f64.
                    let falls = run.energies.iter().zip(&run.energies[1..]).all(|(before, after)| {
                        after <= before || !after.is_exact() && after.to_f64() <= before.to_f64() + 1e-9
                    });
                    assert!(falls, "{separation}: {:?}", run.energies);
                }
            }
        }
    }
}

#[test]
fn what_cannot_run_is_refused() {
    let keys = popfield::Patterns::random(3, 10, 1, "keys").unwrap();
    let starts: Queries = keys.clone().into();
    let dynamics = Dynamics::new(Separation::Linear);
    let says = |result: popfield::Result<Vec<Run>>, words: &str| {
        let message = result.unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    };
    let values = popfield::Patterns::random(3, 4, 1, "values").unwrap();
    let hetero = Memory::hetero_associative(keys.clone(), values).unwrap();
    says(hetero.relax(&starts, &dynamics), "expected 10, found 4");
    let hetero =
        Memory::hetero_associative(keys.clone(), popfield::Patterns::random(3, 10, 1, "values").unwrap()).unwrap();
    says(hetero.relax(&starts, &dynamics), "expected no values");
    let memory = Memory::auto_associative(keys).unwrap();
    let clamp = |positions: &[usize]| dynamics.clone().clamp(Clamp::Positions(positions.to_vec()));
    says(memory.relax(&starts, &clamp(&[2, 10])), "expected 0 to 9, found 10");
    let erased = Queries::from_signs(&[1, 0, 1, 1, 1, 1, 1, 1, 1, 1], 10).unwrap();
    says(memory.relax(&erased, &clamp(&[1])), "erased in query 0");
    says(
        memory.relax(&popfield::Patterns::random(1, 9, 1, "start").unwrap().into(), &dynamics),
        "expected dimension 10, found 9",
    );
    assert!(dynamics.step_limit(0).unwrap_err().to_string().contains("at least 1"));
}
