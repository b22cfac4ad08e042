//! Indexes of memories that change, beside counting anew.

use std::collections::BTreeMap;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng;

use super::*;
use crate::index::{Around, IndexOptions};
use crate::patterns::stream;
use crate::scan::keys::Scan;
use crate::{Batch, Missing};

fn below(dice: &mut Xoshiro256PlusPlus, bound: usize) -> usize {
    (dice.next_u64() % bound as u64) as usize
}

/// A key some flips from another, so that distances are many, few, or none at all.
fn key(dice: &mut Xoshiro256PlusPlus, rows: &BTreeMap<u64, Pattern>, dim: usize, far: usize) -> Pattern {
    let at = below(dice, rows.len().max(1));
    let Some(mut key) = rows.values().nth(at).cloned() else {
        return Patterns::random(1, dim, dice.next_u64(), "first").unwrap().get(0).unwrap();
    };
    for _ in 0..below(dice, far + 1) {
        let position = below(dice, dim);
        let bit = key.bits()[position];
        key.bits_mut().set(position, !bit);
    }
    key
}

fn distance(a: &Pattern, b: &Pattern) -> u32 {
    a.bits().iter().zip(b.bits().iter()).map(|(a, b)| u32::from(*a != *b)).sum()
}

/// A memory with basins in its index, and by id the keys that should have been counted around each key.
struct Grown {
    memory: Memory,
    rows: BTreeMap<u64, Pattern>,
    counted: BTreeMap<u64, Vec<Pattern>>,
}

impl Grown {
    fn new(dice: &mut Xoshiro256PlusPlus, dim: usize, count: usize, far: usize, radius: u32) -> Self {
        let mut rows = BTreeMap::new();
        for id in 0..count as u64 {
            let key = key(dice, &rows, dim, far);
            rows.insert(id, key);
        }
        let mut memory = Memory::auto_associative(packed(rows.values(), dim)).unwrap();
        memory.build_index(IndexOptions::default(), Progress::NONE).unwrap();
        memory.index_basins(&memory.basins(radius).unwrap(), Separation::Max).unwrap();
        let mut grown = Self { memory, rows, counted: BTreeMap::new() };
        grown.count();
        grown
    }

    /// What bringing the index up to date should count.
    fn count(&mut self) {
        let new: Vec<u64> = self.rows.keys().filter(|id| !self.counted.contains_key(id)).copied().collect();
        self.counted.retain(|id, _| self.rows.contains_key(id));
        let keys: Vec<Pattern> = new.iter().map(|id| self.rows[id].clone()).collect();
        self.counted.values_mut().for_each(|counted| counted.extend(keys.iter().cloned()));
        self.counted.extend(new.into_iter().map(|id| (id, self.rows.values().cloned().collect())));
    }

    fn append(&mut self, dice: &mut Xoshiro256PlusPlus, far: usize) {
        let dim = self.memory.dim();
        let mut more = BTreeMap::new();
        let first = self.memory.next_id();
        for id in 0..1 + below(dice, 40) as u64 {
            let key = key(dice, if more.is_empty() { &self.rows } else { &more }, dim, far);
            more.insert(first + id, key);
        }
        // Ids that were forgotten may come again, for other keys or for the same.
        let returning = (0..first).find(|id| !self.rows.contains_key(id)).filter(|_| below(dice, 3) == 0);
        if let (Some(id), Some((_, key))) = (returning, more.pop_last()) {
            more.insert(id, key);
        }
        let ids: Vec<u64> = more.keys().copied().collect();
        self.memory.append(Batch::new(&packed(more.values(), dim)).ids(&ids)).unwrap();
        self.rows.extend(more);
    }

    fn forget(&mut self, dice: &mut Xoshiro256PlusPlus, most: usize) {
        let mut ids: Vec<u64> = self.rows.keys().copied().collect();
        (1..ids.len()).rev().for_each(|last| ids.swap(last, below(dice, last + 1)));
        ids.truncate((1 + below(dice, most)).min(ids.len() - 1));
        self.memory.forget_some(&ids, Missing::Refuse).unwrap();
        for id in &ids {
            self.rows.remove(id);
            self.counted.remove(id);
        }
    }

    /// The same associations elsewhere, as after a compaction, and one more that is not indexed yet.
    fn move_about(&mut self, dice: &mut Xoshiro256PlusPlus, far: usize) {
        let mut order: Vec<u64> = self.rows.keys().copied().collect();
        (1..order.len()).rev().for_each(|last| order.swap(last, below(dice, last + 1)));
        let one = key(dice, &self.rows, self.memory.dim(), far);
        let next = self.memory.next_id();
        order.insert(below(dice, order.len() + 1), next);
        self.rows.insert(next, one);
        if below(dice, 3) == 0 {
            // An id that was given to another key meanwhile.
            let (id, other) = (order[below(dice, order.len())], key(dice, &self.rows, self.memory.dim(), far + 1));
            if self.rows.insert(id, other.clone()) != Some(other) {
                self.counted.remove(&id);
            }
        }
        let keys = packed(order.iter().map(|id| &self.rows[id]), self.memory.dim());
        let mut moved = Memory::auto_associative(keys).unwrap().with_ids(order).unwrap();
        moved.inherit_index(&self.memory).unwrap();
        self.memory = moved;
    }

    /// Every key's near distances are those of the keys that should have been counted.
    fn check(&self, radius: u32) -> &Around {
        let around = self.memory.index.index().and_then(|index| index.around()).unwrap();
        for (id, key) in &self.rows {
            let place = self.memory.keys.find(*id).unwrap();
            let Some(counted) = self.counted.get(id) else {
                assert_eq!(around.beyond(place), 0, "nothing is known of {id} yet");
                continue;
            };
            let mut near: BTreeMap<u32, u64> = BTreeMap::new();
            for other in counted {
                *near.entry(distance(key, other)).or_default() += 1;
            }
            let alone = near.len() == 1;
            near.remove(&0);
            let near: Vec<(u32, u64)> = near.into_iter().filter(|near| near.0 <= radius).collect();
            let beyond = near.get(16).map_or(radius + 1, |near| near.0);
            assert_eq!(around.beyond(place), if alone { u32::MAX } else { beyond }, "{id}");
            assert!(around.near(place).eq(near.into_iter().take(16)), "{id}");
        }
        around
    }
}

fn packed<'a>(keys: impl Iterator<Item = &'a Pattern>, dim: usize) -> Patterns {
    let mut packed = Patterns::new(dim).unwrap();
    keys.for_each(|key| packed.push(key).unwrap());
    packed
}

/// Who takes another's place with an equal key takes over what is known of it, and the other is new where it stands now:
/// to count it as the same again would leave one of the two uncounted.
#[test]
fn an_equal_key_is_not_taken_for_two() {
    let keys = Patterns::random(2, 64, 3, "keys").unwrap();
    let (a, b) = (keys.get(0).unwrap(), keys.get(1).unwrap());
    let mut before = Memory::auto_associative(keys).unwrap();
    before.build_index(IndexOptions::default(), Progress::NONE).unwrap();
    before.index_basins(&before.basins(64).unwrap(), Separation::Max).unwrap();
    let mut now =
        Memory::auto_associative(packed([&a, &b, &a].into_iter(), 64)).unwrap().with_ids(vec![5, 1, 0]).unwrap();
    now.inherit_index(&before).unwrap();
    now.update_index(Progress::NONE).unwrap();
    let around = now.index.index().and_then(|index| index.around()).unwrap();
    assert_eq!(around.near(1).collect::<Vec<_>>(), [(distance(&a, &b), 2)]);
}

fn flipped(key: &Pattern, positions: &[usize]) -> Pattern {
    let mut key = key.clone();
    for &position in positions {
        let bit = key.bits()[position];
        key.bits_mut().set(position, !bit);
    }
    key
}

/// Recalls a query that is as near to `a` as to that key with positions 0 and 4 flipped, and meets `a` alone.
fn between(memory: &Memory, a: &Pattern) -> [Recalled; 2] {
    let query = Queries::from(packed([&flipped(a, &[4, 5])].into_iter(), 64));
    let recall = Recall::new(Separation::exponential(1.0).unwrap());
    [true, false].map(|indexed| memory.view().indexed(indexed).recall(&query, &recall).unwrap())
}

/// Learns of the key at the first place, as recall does of what it finds again.
fn learn_of_the_first(memory: &Memory) {
    let steps = Progress::NONE.begin(0);
    let scan = Scan::new(&memory.keys, None, &steps).unwrap();
    (0..2).for_each(|_| memory.index.index().unwrap().learn(scan, [0].into_iter()).unwrap());
}

/// What was learned of fewer keys is not believed of more: not once the tables have taken these in, and not by a memory
/// that still has what the one which learned has forgotten.
#[test]
fn what_was_learned_is_not_believed_of_more_keys() {
    let random = Patterns::random(2, 64, 3, "keys").unwrap();
    let (a, b) = (random.get(0).unwrap(), random.get(1).unwrap());
    let options = IndexOptions { tables: Some(2), chunk: Some(4), budget: None };
    let mut memory = Memory::auto_associative(random).unwrap();
    memory.build_index(options, Progress::NONE).unwrap();
    learn_of_the_first(&memory);
    assert_eq!(between(&memory, &a)[0].reports[0].certificate.reason.name(), "basin");
    memory.append(Batch::new(&packed([&flipped(&a, &[0, 4])].into_iter(), 64))).unwrap();
    memory.update_index(Progress::NONE).unwrap();
    let [found, scanned] = between(&memory, &a);
    assert_eq!(scanned.reports[0].nearest.count, 2);
    assert_eq!(told(found), told(scanned));

    let keys = packed([&a, &b, &flipped(&a, &[0, 4])].into_iter(), 64);
    let mut before = Memory::auto_associative(keys).unwrap();
    before.build_index(options, Progress::NONE).unwrap();
    let mut live = Bits::filled(3, true, "what is forgotten").unwrap();
    live.set(2, false);
    let mut now = Memory::of_contents(Contents { live: Some(live), ..before.contents() }).unwrap();
    now.inherit_index(&before).unwrap();
    learn_of_the_first(&now);
    assert_eq!(between(&now, &a)[0].reports[0].nearest.count, 1);
    let [found, scanned] = between(&before, &a);
    assert_eq!(told(found), told(scanned));
}

/// A key that was forgotten before basins were counted is around none of them. Where it is alive, it must not pass for one
/// that was counted: it is met in no bucket of the query, and as near as the key that is.
#[test]
fn a_key_that_was_forgotten_there_was_not_counted() {
    let random = Patterns::random(2, 64, 3, "keys").unwrap();
    let (a, b) = (random.get(0).unwrap(), random.get(1).unwrap());
    let keys = packed([&a, &b, &flipped(&a, &[0, 4])].into_iter(), 64);
    let mut before = Memory::auto_associative(keys.clone()).unwrap();
    before.build_index(IndexOptions { tables: Some(2), chunk: Some(4), budget: None }, Progress::NONE).unwrap();
    before.forget(2).unwrap();
    before.index_basins(&before.basins(64).unwrap(), Separation::Max).unwrap();
    let mut now = Memory::auto_associative(keys).unwrap();
    now.inherit_index(&before).unwrap();
    let query = Queries::from(packed([&flipped(&a, &[4, 5])].into_iter(), 64));
    let recall = Recall::new(Separation::exponential(1.0).unwrap());
    let (found, scanned) =
        (now.recall(&query, &recall).unwrap(), now.view().indexed(false).recall(&query, &recall).unwrap());
    assert_eq!(scanned.reports[0].nearest.count, 2);
    assert_eq!(told(found), told(scanned));
    // Who has forgotten it too is served by what was counted.
    now.forget(2).unwrap();
    assert_eq!(told(now.recall(&query, &recall).unwrap()), told(before.recall(&query, &recall).unwrap()));
}

#[test]
fn basins_grow_to_what_counting_anew_gives() {
    let (mut cut, mut alone) = (0, 0);
    for seed in 0..40 {
        let dice = &mut stream(5, "growth", seed);
        let dim = [8, 20, 64, 70, 130, 200][below(dice, 6)];
        let far = [0, 1, 3, dim, 3 * dim][below(dice, 5)];
        let radius = [1, 2 + below(dice, dim - 2), dim][below(dice, 3)] as u32;
        let count = 1 + below(dice, 120);
        let mut grown = Grown::new(dice, dim, count, far, radius);
        for _ in 0..8 {
            let before = grown.memory.clone();
            let known = before.index.index().and_then(|index| index.around()).unwrap().numbers().to_vec();
            let far = if below(dice, 8) == 0 { dim } else { far };
            match below(dice, 4) {
                0 if grown.rows.len() > 1 => grown.forget(dice, 9),
                1 => {
                    grown.forget(dice, 200);
                    grown.append(dice, far);
                }
                2 => grown.move_about(dice, far),
                _ => grown.append(dice, far),
            }
            if below(dice, 4) == 0 {
                continue;
            }
            grown.memory.update_index(Progress::NONE).unwrap();
            grown.count();
            let around = grown.check(radius);
            let places = 0..around.known();
            cut += places.clone().filter(|&place| (1..=radius).contains(&around.beyond(place))).count();
            alone += places.filter(|&place| around.beyond(place) == u32::MAX).count();
            let info = grown.memory.index_info().unwrap();
            assert_eq!((info.covered, info.radius), (grown.memory.key_side().len(), Some(radius)));
            // Who shares the memory of before has the index of before.
            assert!(before.index.index().and_then(|index| index.around()).unwrap().numbers() == known);
        }
        // Nothing is forgotten in it: the very same numbers.
        if grown.memory.keys.live().is_none() && grown.counted.len() == grown.rows.len() {
            let keys = grown.rows.len();
            if grown.counted.values().all(|counted| counted.len() == keys) {
                let mut anew = grown.memory.clone();
                anew.index_basins(&anew.basins(radius).unwrap(), Separation::Max).unwrap();
                let of =
                    |memory: &Memory| memory.index.index().and_then(|index| index.around()).unwrap().numbers().to_vec();
                assert!(of(&anew) == of(&grown.memory));
            }
        }
    }
    assert!(cut > 500 && alone > 100, "{cut}, {alone}");
}

/// Budgets under powers, where keys have come: never larger than those counted anew, and hardly smaller. Some come near a
/// key that was there, or near its complement.
#[test]
fn budgets_under_powers_shrink_as_keys_come() {
    let dice = &mut stream(5, "powers", 0);
    let (mut shrunk, mut smaller) = (0, 0);
    for (degree, near) in [(5, 40), (9, 40), (9, 100), (20, 100)] {
        let separation = Separation::polynomial(degree).unwrap();
        let keys = Patterns::random(300, 256, u64::from(degree), "keys").unwrap();
        let mut memory = Memory::auto_associative(keys.clone()).unwrap();
        memory.build_index(IndexOptions::default(), Progress::NONE).unwrap();
        let look = crate::basins::Look::new(256).far();
        memory.index_basins(&memory.basins_of(&look).unwrap(), separation).unwrap();
        let before = memory.basins_of(&look).unwrap().budgets(separation).unwrap();
        for round in 0..3 {
            let mut more = Patterns::random(30, 256, u64::from(degree), &format!("more {round}")).unwrap();
            for place in 0..10 {
                let mut key = keys.get(below(dice, 300)).unwrap();
                if place % 2 == 1 {
                    key = flipped(&key, &Vec::from_iter(0..256));
                }
                let flips: Vec<usize> = (0..20 + below(dice, near)).map(|_| below(dice, 256)).collect();
                more.push(&flipped(&key, &flips)).unwrap();
            }
            memory.append(Batch::new(&more)).unwrap();
            memory.update_index(Progress::NONE).unwrap();
        }
        let anew = memory.basins_of(&look).unwrap().budgets(separation).unwrap();
        let numbers = memory.index.index().and_then(|index| index.powers()).unwrap().numbers();
        assert_eq!((anew.len(), numbers.len()), (420, 1260));
        for (place, anew) in anew.iter().enumerate() {
            let kept = numbers[place].checked_sub(2);
            assert!(kept <= *anew, "{place} of degree {degree}: {kept:?}, {anew:?}");
            let lost = anew.map_or(0, |anew| anew + 1) - kept.map_or(0, |kept| kept + 1);
            // The last to come were counted as anew.
            assert!(lost <= u32::from(place < 380), "{place} of degree {degree}: {kept:?}, {anew:?}");
            shrunk += usize::from(place < 300 && *anew < before[place]);
            smaller += usize::from(lost > 0);
        }
    }
    assert!(shrunk > 30 && smaller < 300, "{shrunk} {smaller}");
}
