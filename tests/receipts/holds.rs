//! Whatever was asked of whatever memory, its receipts hold.

use popfield::receipts::Verdict;

use super::worlds::{Dice, World, recall};

#[test]
fn receipts_hold() {
    let (mut all, mut powers) = ([0; 4], 0);
    let mut count = |verdict: &Verdict, what: &str| {
        assert!(verdict.holds(), "{what}: {}", verdict.refused[0]);
        [verdict.basin, verdict.probe, verdict.scan, verdict.keys].iter().zip(&mut all).for_each(|(n, all)| *all += n);
    };
    for seed in 0..60 {
        let dice = &mut Dice::new(seed);
        let hetero = dice.one_in(2);
        let world = World::new(dice, hetero);
        let view = world.view();
        let stay = world.memory.dim() == world.memory.value_dim();
        for round in 0..3 {
            let erased = dice.one_in(2);
            let queries = world.queries(dice, 12, erased);
            let steps = if stay { dice.of(&[1, 1, 2, 4]) } else { 1 };
            let recall = recall(dice, steps, stay);
            let (recalled, file) = world.recall(&queries, &recall);
            let plain = view.indexed(false).recall(&queries, &recall).unwrap();
            assert_eq!(recalled.patterns, plain.patterns, "world {seed}");
            let verdict = world.check(&file);
            count(&verdict, &format!("world {seed}, round {round}, {recall:?}"));
            powers += if format!("{recall:?}").contains("Polynomial") { verdict.basin } else { 0 };
            assert_eq!(verdict.lines, file.iter().filter(|&&byte| byte == b'\n').count() as u64);
        }
        let queries = world.queries(dice, 12, true);
        for top in [1, 4, 1000] {
            let mut file = Vec::new();
            let found = view.search_top_with_receipts(&queries, top, &mut file).unwrap();
            assert_eq!(found, view.indexed(false).search_top(&queries, top).unwrap());
            count(&world.check(&file), &format!("world {seed}, top {top}"));
        }
        for radius in [0, 3, 20] {
            let mut file = Vec::new();
            let found = view.search_radius_with_receipts(&queries, radius, &mut file).unwrap();
            assert_eq!(found, view.indexed(false).search_radius(&queries, radius).unwrap());
            count(&world.check(&file), &format!("world {seed}, radius {radius}"));
        }
    }
    let [basin, probe, scan, keys] = all;
    assert!(powers > 20, "{powers}");
    assert!(basin > 300 && probe > 300 && scan > 1000 && keys < basin, "{all:?}");
}

/// Without an index all answers are told as a scan gave them.
#[test]
fn without_an_index() {
    for seed in 100..112 {
        let dice = &mut Dice::new(seed);
        let hetero = dice.one_in(2);
        let mut world = World::new(dice, hetero);
        world.memory.drop_index();
        let queries = world.queries(dice, 9, true);
        let (recalled, file) = world.recall(&queries, &recall(dice, 1, false));
        assert_eq!(recalled.patterns.len(), 9);
        let verdict = world.check(&file);
        assert!(verdict.holds(), "{}", verdict.refused[0]);
        assert_eq!((verdict.basin, verdict.probe, verdict.scan, verdict.queries), (0, 0, 9, 9));
    }
}
