//! Memories that are appended to and forgotten from, beside ones that are made of what is left.

use super::*;
use crate::Batch;

/// What a memory should hold, in storing order: id, key, label.
type Model = Vec<(u64, Pattern, String)>;

fn check(memory: &Memory, model: &Model, queries: &Queries) {
    assert_eq!(memory.ids().collect::<Vec<_>>(), model.iter().map(|row| row.0).collect::<Vec<_>>());
    let labels: Vec<_> = memory.labels().map(Option::unwrap_or_default).collect();
    assert_eq!(labels, model.iter().map(|row| row.2.as_str()).collect::<Vec<_>>());
    for (id, key, label) in model {
        assert_eq!(memory.get(*id).unwrap().0, *key);
        assert_eq!(memory.label(*id).unwrap_or_default(), label);
    }
    let mut keys = Patterns::new(memory.dim()).unwrap();
    model.iter().for_each(|row| keys.push(&row.1).unwrap());
    let fresh = Memory::auto_associative(keys).unwrap();
    let fresh = fresh.with_ids(model.iter().map(|row| row.0).collect()).unwrap();
    let recall = Recall::new(Separation::exponential(0.3).unwrap());
    assert_eq!(told(memory.recall(queries, &recall).unwrap()), told(fresh.recall(queries, &recall).unwrap()));
    assert_eq!(memory.search_top(queries, 5).unwrap(), fresh.search_top(queries, 5).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn what_is_appended_and_forgotten_is_what_is_left(
        dim in 1usize..200,
        first in 1usize..40,
        steps in prop::collection::vec((0u8..4, 1usize..30, any::<u64>()), 1..25),
    ) {
        let draw = |count: usize, seed: u64| Patterns::random(count, dim, seed, "changed").unwrap();
        let queries: Queries = draw(9, 77).into();
        let start = draw(first, 1);
        let mut memory = Memory::auto_associative(start.clone()).unwrap();
        let mut model: Model = start.iter().zip(0..).map(|(key, id)| (id, key, String::new())).collect();
        let mut next = first as u64;
        for (what, count, seed) in steps {
            let (before, old) = (memory.clone(), model.clone());
            let (keys, label) = (draw(count, seed), |i: usize| if i.is_multiple_of(2) { format!("{seed} {i}") } else { String::new() });
            match what {
                0 => {
                    prop_assert_eq!(memory.append(Batch::new(&keys)).unwrap(), next..next + count as u64);
                    model.extend(keys.iter().zip(next..).map(|(key, id)| (id, key, String::new())));
                    next += count as u64;
                }
                1 => {
                    // Some of these are there, in some cases, and then nothing changes.
                    let ids: Vec<u64> = (0..count as u64).map(|i| (i * 7 + seed) % 211).collect();
                    let labels: Vec<String> = (0..count).map(label).collect();
                    let there = ids.iter().any(|id| model.iter().any(|row| row.0 == *id));
                    let appended = memory.append(Batch::new(&keys).ids(&ids).labels(&labels));
                    prop_assert_eq!(appended.is_err(), there);
                    if !there {
                        next = next.max(ids.iter().max().unwrap() + 1);
                        model.extend(keys.iter().enumerate().map(|(i, key)| (ids[i], key, labels[i].clone())));
                    }
                }
                _ => {
                    let mut ids: Vec<u64> = model.iter().map(|row| row.0).filter(|id| (id ^ seed) % 5 < 2).collect();
                    ids.truncate(count);
                    let all = ids.len() == model.len();
                    prop_assert!(memory.forget_some(&[ids.as_slice(), &[999_999]].concat(), Missing::Refuse).is_err());
                    match memory.forget_some(&[ids.as_slice(), &[999_999]].concat(), Missing::Allow) {
                        Ok(forgotten) => prop_assert_eq!(forgotten, ids.len() as u64),
                        Err(error) => prop_assert!(all, "{}", error),
                    }
                    if !all {
                        model.retain(|row| !ids.contains(&row.0));
                    }
                }
            }
            check(&memory, &model, &queries);
            check(&before, &old, &queries);
            prop_assert_eq!(memory.next_id(), next);
            prop_assert!(memory.key_side().is_cut_as(memory.value_side()));
        }
    }
}

#[test]
fn many_small_appends_make_few_segments() {
    let keys = Patterns::random(3000, 65, 1, "changed").unwrap();
    let mut memory = Memory::hetero_associative(keys.range(0..1).unwrap(), keys.range(0..1).unwrap()).unwrap();
    for i in 1..3000 {
        let one = keys.range(i..i + 1).unwrap();
        memory.append(Batch::new(&one).values(&one).ids(&[(i as u64 * 2654435761) % (1 << 32)])).unwrap();
    }
    assert_eq!(memory.keys().to_patterns().unwrap(), keys);
    let runs = memory.key_side().runs(0..memory.key_side().blocks(), usize::MAX).count();
    assert!(runs <= 24, "{runs} runs");
}
