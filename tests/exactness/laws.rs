//! Laws that hold for any memory, whatever the reference says.

use popfield::{Memory, Patterns, Queries, Recall, Separation, Tie};
use proptest::prelude::*;

use crate::worlds::{KINDS, World, dims, erasures, packed, separations};

fn recall(memory: &Memory, queries: &Queries, separation: Separation, tie: Tie) -> (Patterns, u64) {
    let recalled = memory.recall(queries, &Recall::new(separation).tie(tie)).unwrap();
    let ties = recalled.tied_bits();
    (recalled.patterns, ties)
}

fn world() -> impl Strategy<Value = World> {
    // Beyond 1040 keys the votes of all are counted by distance, below they are gathered.
    let n = prop_oneof![3 => 1usize..200, 1 => 1100usize..1500];
    (prop::sample::select(KINDS.to_vec()), n, dims(), 1usize..100, erasures(), any::<u64>())
        .prop_map(|(kind, n, dim, value_dim, erased, seed)| World::new(kind, n, dim, value_dim, 4, erased, seed))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// XOR-ing one mask into keys and queries moves no distance.
    #[test]
    fn a_common_mask_changes_nothing(world in world(), separation in separations(), mask in prop::collection::vec(prop::bool::ANY, 1000)) {
        let masked = |rows: &[Vec<i8>]| -> Vec<Vec<i8>> {
            rows.iter().map(|row| row.iter().zip(&mask).map(|(&x, &flip)| if flip { -x } else { x }).collect()).collect()
        };
        let other = World { keys: masked(&world.keys), values: world.values.clone(), queries: masked(&world.queries) };
        let plain = recall(&world.memory(), &world.packed_queries(), separation, Tie::Plus);
        prop_assert_eq!(plain, recall(&other.memory(), &other.packed_queries(), separation, Tie::Plus));
    }

    #[test]
    fn the_order_of_storing_changes_nothing(world in world(), separation in separations(), turn in 0usize..2000) {
        let mut other = world.clone();
        let turn = turn % other.keys.len();
        for rows in [&mut other.keys, &mut other.values] {
            rows.rotate_left(turn);
            rows[turn / 2..].reverse();
        }
        let plain = recall(&world.memory(), &world.packed_queries(), separation, Tie::Minus);
        prop_assert_eq!(plain, recall(&other.memory(), &other.packed_queries(), separation, Tie::Minus));
    }

    /// Negating all values negates the answer, and swaps the tie policy.
    #[test]
    fn negated_values_negate_the_answer(world in world(), separation in separations()) {
        let negate = |rows: &[Vec<i8>]| -> Vec<Vec<i8>> { rows.iter().map(|row| row.iter().map(|x| -x).collect()).collect() };
        let other = Memory::hetero_associative(packed(&world.keys), packed(&negate(&world.values))).unwrap();
        let (plain, ties) = recall(&world.memory(), &world.packed_queries(), separation, Tie::Plus);
        let (negated, negated_ties) = recall(&other, &world.packed_queries(), separation, Tie::Minus);
        prop_assert_eq!(ties, negated_ties);
        prop_assert!(plain.to_signs().iter().zip(negated.to_signs()).all(|(&a, b)| a == -b));
    }

    /// A batch is its queries, one by one; and the same query may come many times over.
    #[test]
    fn a_batch_is_its_queries(world in world(), separation in separations(), copies in 1usize..40) {
        let memory = world.memory();
        let mut queries = Vec::new();
        (0..copies).for_each(|_| queries.extend(world.queries.iter().cloned()));
        let all = Queries::from_signs(&queries.concat(), world.queries[0].len()).unwrap();
        let (batch, _) = recall(&memory, &all, separation, Tie::Plus);
        for q in 0..all.len() {
            if q < 4 || q + 4 >= all.len() {
                let (alone, _) = recall(&memory, &all.range(q..q + 1).unwrap(), separation, Tie::Plus);
                prop_assert_eq!(alone.get(0), batch.get(q));
            }
        }
    }

    /// Degree 1 is linear; the sign of attention's mean is exponential recall wherever the mean is clear.
    #[test]
    fn separations_agree_where_they_must(world in world(), beta in 0.01f64..2.0) {
        let (memory, queries) = (world.memory(), world.packed_queries());
        let linear = recall(&memory, &queries, Separation::Linear, Tie::Plus);
        prop_assert_eq!(linear, recall(&memory, &queries, Separation::polynomial(1).unwrap(), Tie::Plus));
        let (exponential, _) = recall(&memory, &queries, Separation::exponential(beta).unwrap(), Tie::Plus);
        let means = memory.attend(&queries, popfield::separation::Beta::new(beta).unwrap()).unwrap();
        for (mean, sign) in means.iter().zip(exponential.to_signs()) {
            prop_assert!(mean.abs() < 1e-9 || (*mean > 0.0) == (sign > 0));
        }
    }

    #[test]
    fn round_trips_lose_nothing(world in world()) {
        use popfield::patterns::BitOrder::{Big, Little};
        let keys = packed(&world.keys);
        prop_assert_eq!(&Patterns::from_signs(&keys.to_signs(), keys.dim()).unwrap(), &keys);
        prop_assert_eq!(&Patterns::from_bools(&keys.to_bools(), keys.dim()).unwrap(), &keys);
        for order in [Big, Little] {
            prop_assert_eq!(&Patterns::from_packed(&keys.to_packed(order), keys.dim(), order).unwrap(), &keys);
        }
        prop_assert_eq!(&keys.iter().collect::<Vec<_>>().iter().collect::<popfield::Result<Patterns>>().unwrap(), &keys);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memory");
        let memory = world.memory();
        memory.save(&path).unwrap();
        let opened = Memory::open(&path).unwrap();
        prop_assert_eq!((opened.keys(), opened.values()), (memory.keys(), memory.values()));
    }
}
