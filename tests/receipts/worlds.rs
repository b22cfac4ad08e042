//! Memories that are hard to tell of, queries, and files of receipts.

use popfield::basins::Look;
use popfield::index::IndexOptions;
use popfield::patterns::stream;
use popfield::receipts::{Verdict, check};
use popfield::{Batch, Memory, Missing, Patterns, Progress, Queries, Recall, Recalled, Scope, Separation, Tie};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng;

pub type Row = Vec<i8>;

pub struct Dice(Xoshiro256PlusPlus);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(stream(seed, "receipts", 0))
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound as u64) as usize
    }

    pub fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    pub fn row(&mut self, dim: usize) -> Row {
        (0..dim).map(|_| if self.one_in(2) { -1 } else { 1 }).collect()
    }

    /// `row` with some positions flipped and some unknown.
    pub fn noisy(&mut self, row: &Row, flips: usize, unknown: usize) -> Row {
        let mut noisy = row.clone();
        for nth in 0..flips + unknown {
            let at = self.below(row.len());
            noisy[at] = if nth < flips { -row[at] } else { 0 };
        }
        noisy
    }
}

pub fn packed(rows: &[Row]) -> Patterns {
    Patterns::from_signs(&rows.concat(), rows[0].len()).unwrap()
}

/// A memory with an index, and the keys that it has or had.
pub struct World {
    pub memory: Memory,
    pub keys: Vec<Row>,
    pub scope: Option<Scope>,
}

impl World {
    /// Random keys, clusters and copies; with basins of all keys, if they are in the index.
    pub fn new(dice: &mut Dice, hetero: bool) -> Self {
        let (dim, count, chunk) = (dice.of(&[48, 64, 100, 130]), dice.of(&[30, 120, 250]), dice.of(&[6, 8, 12]));
        let crowded = dice.one_in(3);
        let mut keys: Vec<Row> = Vec::new();
        for _ in 0..count {
            let other = dice.one_in(if crowded { 2 } else { 6 }) && !keys.is_empty();
            let key = if other {
                let (near, flips) = (dice.below(keys.len()), dice.of(&[0, 0, 3, 9]));
                dice.noisy(&keys[near].clone(), flips, 0)
            } else {
                dice.row(dim)
            };
            keys.push(key);
        }
        let value_dim = dice.of(&[1, 9, 70, dim]);
        let of_value = |dice: &mut Dice, key: &Row| -> Row {
            // Copies agree as a rule.
            if dice.one_in(20) { dice.row(value_dim) } else { key.iter().cycle().take(value_dim).copied().collect() }
        };
        let values: Vec<Row> = keys.iter().map(|key| of_value(dice, key)).collect();
        let mut memory = match hetero {
            true => Memory::hetero_associative(packed(&keys), packed(&values)).unwrap(),
            false => Memory::auto_associative(packed(&keys)).unwrap(),
        };
        if dice.one_in(3) {
            // Own ids, which do not ascend.
            let ids = (0..count as u64).map(|id| 3 * ((id * 7) % count as u64) + 5);
            let ids: Vec<u64> = if count % 7 == 0 { ids.rev().collect() } else { ids.collect() };
            memory = memory.with_ids(ids).unwrap();
        }
        let mut options = IndexOptions::default();
        options.chunk = Some(chunk as u32);
        memory.build_index(options, Progress::NONE).unwrap();
        if dice.one_in(2) {
            memory.index_basins(&memory.basins(dim as u32 / 2).unwrap(), Separation::Max).unwrap();
        }
        if dice.one_in(2) {
            let basins = memory.basins_of(&Look::new(dim as u32).far()).unwrap();
            memory.index_basins(&basins, Separation::polynomial(7).unwrap()).unwrap();
        }
        if dice.one_in(2) {
            let more: Vec<Row> = (0..1 + dice.below(12))
                .map(|_| {
                    let (near, flips) = (dice.below(keys.len()), dice.of(&[0, 2, 7, 200]));
                    dice.noisy(&keys[near].clone(), flips, 0)
                })
                .collect();
            let values: Vec<Row> = more.iter().map(|key| of_value(dice, key)).collect();
            let (more, values) = (packed(&more), packed(&values));
            let batch = if hetero { Batch::new(&more).values(&values) } else { Batch::new(&more) };
            memory.append(batch).unwrap();
        }
        if dice.one_in(3) {
            for id in memory.ids().collect::<Vec<_>>() {
                if dice.one_in(9) && memory.len() > 5 {
                    memory.forget(id).unwrap();
                }
            }
        }
        let scope = dice.one_in(3).then(|| {
            let many = dice.of(&[2, 10]);
            let out: Vec<u64> = memory.ids().filter(|_| dice.one_in(many)).collect();
            memory.scope(None, &out[..out.len().min(memory.len() - 1)], Missing::Refuse).unwrap()
        });
        Self { memory, keys, scope }
    }

    /// Queries near keys and some that are near none, each key asked for more than once.
    pub fn queries(&self, dice: &mut Dice, count: usize, erased: bool) -> Queries {
        let rows: Vec<Row> = (0..count)
            .map(|_| {
                let key = dice.below(self.keys.len().min(20));
                let flips = dice.of(&[0, 1, 2, 3, 5, 12, 40]);
                let unknown = if erased { dice.of(&[0, 0, 1, 4]) } else { 0 };
                dice.noisy(&self.keys[key].clone(), flips, unknown)
            })
            .collect();
        Queries::from_signs(&rows.concat(), rows[0].len()).unwrap()
    }

    pub fn view(&self) -> popfield::View<'_> {
        self.scope.as_ref().map_or(self.memory.view(), |scope| self.memory.within(scope))
    }

    pub fn recall(&self, queries: &Queries, recall: &Recall) -> (Recalled, Vec<u8>) {
        let mut file = Vec::new();
        let recalled = self.view().recall_with_receipts(queries, recall, &mut file).unwrap();
        (recalled, file)
    }

    pub fn check(&self, file: &[u8]) -> Verdict {
        check(&self.memory, file, Progress::NONE).unwrap()
    }
}

pub fn recall(dice: &mut Dice, steps: u32, stay: bool) -> Recall {
    let exponential =
        |dice: &mut Dice| Separation::exponential(dice.of(&[1e-9, 0.05, 0.3, 1.0, 1.0, 2.5, 1e9])).unwrap();
    let separation = match dice.below(8) {
        0 => Separation::Linear,
        1 => Separation::polynomial(dice.of(&[2, 3, 7, 20, 20])).unwrap(),
        2 | 3 => Separation::Max,
        _ => exponential(dice),
    };
    let tie = dice.of(&[Tie::Plus, Tie::Minus, if stay { Tie::Stay } else { Tie::Plus }]);
    Recall::new(separation).steps(steps).unwrap().tie(tie)
}
