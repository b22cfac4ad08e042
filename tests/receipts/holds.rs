//! Whatever was asked of whatever memory, its receipts hold.

use popfield::index::IndexOptions;
use popfield::receipts::Verdict;
use popfield::{Memory, Progress, Recall, Separation};

use super::worlds::{Dice, World, packed, recall};

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

/// Chunks that are folded: keys of the same value may differ there, and are not told as met.
#[test]
fn folded_chunks_tell_who_shares_them() {
    let dice = &mut Dice::new(7);
    let mut keys: Vec<Vec<i8>> = Vec::new();
    for nth in 0..3_000 {
        keys.push(match nth % 4 {
            1.. if nth > 20 => {
                let (near, flips) = (keys[dice.below(nth)].clone(), dice.of(&[1, 2, 5, 9]));
                dice.noisy(&near, flips, 0)
            }
            _ => {
                let mut key = vec![-1; 400];
                for _ in 0..25 {
                    let most = 1 + dice.below(400);
                    key[dice.below(most)] = 1;
                }
                key
            }
        });
    }
    let mut memory = Memory::auto_associative(packed(&keys)).unwrap();
    memory.build_index(IndexOptions::default(), Progress::NONE).unwrap();
    let info = memory.index_info().unwrap();
    assert!(info.positions > info.chunk as usize, "{info:?}");
    let world = World { memory, keys, scope: None };
    let mut probes = 0;
    for erased in [false, true] {
        let queries = world.queries(dice, 60, erased);
        for separation in [Separation::exponential(1.0).unwrap(), Separation::Max] {
            let (recalled, file) = world.recall(&queries, &Recall::new(separation));
            let plain = world.view().indexed(false).recall(&queries, &Recall::new(separation)).unwrap();
            assert_eq!(recalled.patterns, plain.patterns);
            let verdict = world.check(&file);
            assert!(verdict.holds(), "{}", verdict.refused[0]);
            probes += verdict.probe;
        }
        let mut file = Vec::new();
        world.view().search_radius_with_receipts(&queries, 5, &mut file).unwrap();
        let verdict = world.check(&file);
        assert!(verdict.holds(), "{}", verdict.refused[0]);
        probes += verdict.probe;
    }
    assert!(probes > 50, "{probes}");
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
