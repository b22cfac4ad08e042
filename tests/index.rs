//! Answers by an index held to those by a scan and to the reference: bits, nearest keys, ties, lists and floats.
//!
//! Worlds are small and adversarial: keys at exact distances from each other, copies, tables so few and chunks so short
//! that much is met by chance and much is not. Queries stand within what proves them by nothing, or beyond it by one.
//! `POPFIELD_WORLDS=all` tries some twenty-five times as many, in minutes.

use std::collections::{BTreeMap, BTreeSet};

use popfield::basins::Look;
use popfield::dynamics::{Clamp, Diagonal, Order, Update};
use popfield::index::IndexOptions;
use popfield::patterns::stream;
use popfield::recall::{Reason, Report};
use popfield::{
    Batch, Dynamics, Memory, Missing, Neighbor, Pattern, Patterns, Progress, Queries, Recall, Recalled, Scope,
    Separation, Tie,
};
use popfield_reference as reference;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng;

type Row = Vec<i8>;

/// Whether there is time for many worlds.
fn all() -> bool {
    std::env::var_os("POPFIELD_WORLDS").is_some_and(|how| how == "all")
}

struct Dice(Xoshiro256PlusPlus);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound as u64) as usize
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn row(&mut self, dim: usize) -> Row {
        (0..dim).map(|_| if self.one_in(2) { -1 } else { 1 }).collect()
    }

    fn flipped(&mut self, row: &Row, flips: usize) -> Row {
        let mut flipped = row.clone();
        for _ in 0..flips {
            let at = self.below(row.len());
            flipped[at] = -flipped[at];
        }
        flipped
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

/// How keys lie.
#[derive(Clone, Copy, Debug)]
enum Lie {
    Random,
    /// A few flips from some centres.
    Clustered,
    /// The same few keys again and again.
    Copies,
    /// Each at a small distance from one before, its differences spread evenly or side by side, so that they fall into
    /// all chunks or into few.
    Chained,
    /// Few positions are set, and some far more often than others, as in fingerprints; or a few flips from such a key.
    Sparse,
    /// Some of each but these.
    Mixed,
}

const LIES: [Lie; 5] = [Lie::Random, Lie::Clustered, Lie::Copies, Lie::Chained, Lie::Mixed];

/// `count` more keys, beside `keys`.
fn more(dice: &mut Dice, lie: Lie, dim: usize, tables: usize, count: usize, keys: &mut Vec<Row>) {
    let centres = 1 + dice.below(1 + count / 4);
    for _ in 0..count {
        let lie = match lie {
            Lie::Mixed => dice.of(&[Lie::Random, Lie::Clustered, Lie::Copies, Lie::Chained]),
            lie => lie,
        };
        if keys.is_empty() && !matches!(lie, Lie::Sparse) {
            keys.push(dice.row(dim));
            continue;
        }
        if matches!(lie, Lie::Sparse) {
            keys.push(match dice.below(5) {
                0 | 1 if !keys.is_empty() => {
                    let (near, flips) = (keys[dice.below(keys.len())].clone(), dice.below(4));
                    dice.flipped(&near, flips)
                }
                _ => {
                    let mut key = vec![-1; dim];
                    (0..10 + dice.below(20)).for_each(|_| {
                        let most = 1 + dice.below(dim);
                        key[dice.below(most)] = 1;
                    });
                    key
                }
            });
            continue;
        }
        let before = keys[dice.below(keys.len())].clone();
        let near = keys[dice.below(keys.len().min(centres))].clone();
        let key = match lie {
            Lie::Random | Lie::Sparse | Lie::Mixed => dice.row(dim),
            _ if keys.len() < centres => dice.row(dim),
            Lie::Clustered => {
                let flips = 1 + dice.below(6);
                dice.flipped(&near, flips)
            }
            Lie::Copies => near,
            Lie::Chained => {
                // As far as a budget or the pigeonhole goes, or by one more or less.
                let distance = (1 + dice.below(2 * tables + 2)).min(dim);
                let step = if dice.one_in(2) { 1 } else { (dim / distance).max(1) };
                let first = dice.below(dim);
                let mut key = before;
                for nth in 0..distance {
                    let at = (first + nth * step) % dim;
                    key[at] = -key[at];
                }
                key
            }
        };
        keys.push(key);
    }
}

/// A memory, and what is in it in plain.
#[derive(Clone)]
struct World {
    memory: Memory,
    /// (key, value) by id.
    rows: BTreeMap<u64, (Row, Row)>,
    tables: usize,
    /// Whether there are keys that the index does not cover.
    grown: bool,
    /// Whether keys have come into its budgets under powers.
    powers_grown: bool,
}

/// Answers, by what proved them.
#[derive(Debug, Default)]
struct Tally {
    by_basin: u64,
    by_probe: u64,
    scanned: u64,
    /// By budgets under powers.
    by_power: u64,
    /// By those into which keys have come that were stored since.
    by_grown_power: u64,
    /// By basins that only queries can have taught.
    learned: u64,
    /// By the votes of copies whose values differ.
    by_votes: u64,
    /// Runs of dynamics that needed no step, and those of them that would have swept.
    drawn: u64,
    drawn_in_sweeps: u64,
    /// Those that the reference gave as well.
    held_to_reference: u64,
    /// Lists and means of which at least one look-up was tried.
    others: u64,
}

fn packed(rows: &[Row]) -> Patterns {
    Patterns::from_signs(&rows.concat(), rows[0].len()).unwrap()
}

fn distance(a: &[i8], b: &[i8]) -> u32 {
    // Sums that the compiler makes vectors of: −1 where both are known and differ.
    a.iter().zip(b).map(|(&a, &b)| u32::from(a * b < 0)).sum()
}

/// `key` with flips and unknown positions that cost exactly `cost`, where `rival` differs as long as it does.
fn spent(dice: &mut Dice, key: &Row, rival: Option<&Row>, cost: u32) -> Option<Row> {
    let mut places: Vec<usize> = (0..key.len()).collect();
    dice.shuffle(&mut places);
    places.sort_by_key(|&at| rival.is_some_and(|rival| rival[at] == key[at]));
    let sort = dice.below(3);
    let (mut query, mut left) = (key.clone(), cost);
    for at in places {
        if left == 0 {
            break;
        }
        let flip = left > 1 && (sort == 0 || sort == 1 && dice.one_in(2));
        query[at] = if flip { -key[at] } else { 0 };
        left -= 1 + u32::from(flip);
    }
    (left == 0).then_some(query)
}

/// e^{−2β} is near 1/2, 1/3, … for some, so that sums come close to 1.
const BETAS: [f64; 12] =
    [1e-9, 0.05, 0.25, 0.346_573_590_279_972_64, 0.4, 0.5, 0.549_306_144_334_054_9, 0.8, 1.0, 1.5, 3.0, 1e9];

fn separation(dice: &mut Dice) -> Separation {
    if dice.one_in(4) {
        return power(dice, &DEGREES);
    }
    if dice.one_in(5) { Separation::Max } else { Separation::exponential(dice.of(&BETAS)).unwrap() }
}

/// Of those the index has the budgets of one, and serves it and the larger ones.
const DEGREES: [u32; 7] = [1, 2, 3, 5, 9, 20, 40];

fn power(dice: &mut Dice, degrees: &[u32]) -> Separation {
    match dice.of(degrees) {
        1 => Separation::Linear,
        degree => Separation::polynomial(degree).unwrap(),
    }
}

fn of_reference(separation: Separation) -> reference::Separation {
    if let Some(degree) = separation.degree() {
        return reference::Separation::Polynomial(degree.get());
    }
    if separation == Separation::Linear {
        return reference::Separation::Linear;
    }
    separation.beta().map_or(reference::Separation::Max, |beta| reference::Separation::Exponential(beta.get()))
}

impl World {
    /// With chunks of `chunk` bits, or where that is 0 with those that keys advise.
    fn new(dice: &mut Dice, lie: Lie, dim: usize, count: usize, chunk: usize) -> Self {
        let chunks = dim.checked_div(chunk).unwrap_or(12);
        // Few leave much to basins and to scans, and all leave little.
        let most = dice.of(&[chunks.min(3), chunks, chunks]);
        let tables = if dice.one_in(3) { most } else { 1 + dice.below(most) };
        let mut keys = Vec::new();
        more(dice, lie, dim, tables, count, &mut keys);
        let hetero = dice.one_in(2);
        // Copies agree in their values as a rule, or seldom.
        let (value_dim, agree) = (dice.of(&[1, 3, 70, dim]), !dice.one_in(3));
        let mut of_key: BTreeMap<Row, Row> = BTreeMap::new();
        let mut values = Vec::new();
        for key in &keys {
            let value = match hetero {
                true if agree => of_key.entry(key.clone()).or_insert_with(|| dice.row(value_dim)).clone(),
                true => dice.row(value_dim),
                false => key.clone(),
            };
            values.push(value);
        }
        let memory = match hetero {
            true => Memory::hetero_associative(packed(&keys), packed(&values)),
            false => Memory::auto_associative(packed(&keys)),
        };
        let (mut memory, mut ids) = (memory.unwrap(), (0..keys.len() as u64).collect::<Vec<u64>>());
        if dice.one_in(3) {
            // The lowest of equal keys is then not the first of them.
            dice.shuffle(&mut ids);
            memory = memory.with_ids(ids.clone()).unwrap();
        }
        let rows = ids.into_iter().zip(keys.into_iter().zip(values)).collect();
        let mut world = Self { memory, rows, tables, grown: false, powers_grown: false };
        world.build(dice, chunk as u32);
        world
    }

    fn build(&mut self, dice: &mut Dice, chunk: u32) {
        let mut options = IndexOptions::default();
        if chunk > 0 {
            (options.tables, options.chunk) = (Some(self.tables), Some(chunk));
        }
        self.memory.build_index(options, Progress::NONE).unwrap();
        let dim = self.memory.dim();
        if self.rows.len() <= 5_000 && dice.one_in(2) {
            let radius = [1 + dice.below(3), 1 + dice.below(dim), dim][dice.below(3)].min(dim) as u32;
            let basins = self.memory.basins(radius).unwrap();
            self.memory.index_basins(&basins, Separation::Max).unwrap();
        }
        if self.rows.len() <= 600 && !dice.one_in(3) {
            self.index_powers(dice);
        }
    }

    /// Gives the index budgets under some power.
    fn index_powers(&mut self, dice: &mut Dice) {
        let dim = self.memory.dim() as u32;
        let radius = if dice.one_in(3) { 1 + dice.below(dim as usize) as u32 } else { dim };
        let basins = self.memory.basins_of(&Look::new(radius).far()).unwrap();
        self.memory.index_basins(&basins, power(dice, &DEGREES[..5])).unwrap();
        self.powers_grown = false;
    }

    /// Brings the index up to date, should there still be one.
    fn update(&mut self) {
        let covered =
            |memory: &Memory| memory.index_info().filter(|info| info.degree.is_some()).map(|info| info.covered);
        let before = covered(&self.memory);
        self.memory.update_index(Progress::NONE).unwrap();
        self.powers_grown |= before.is_some() && covered(&self.memory) > before;
        self.grown &= self.memory.index_info().is_none();
    }

    /// The same associations at other places, as after a compaction, with the index of before and what it knows.
    fn move_about(&mut self, dice: &mut Dice) {
        let mut ids: Vec<u64> = self.rows.keys().copied().collect();
        dice.shuffle(&mut ids);
        let (keys, values): (Vec<Row>, Vec<Row>) = ids.iter().map(|id| self.rows[id].clone()).unzip();
        let moved = match self.auto() {
            true => Memory::auto_associative(packed(&keys)),
            false => Memory::hetero_associative(packed(&keys), packed(&values)),
        };
        let mut moved = moved.unwrap().with_ids(ids).unwrap();
        moved.inherit_index(&self.memory).unwrap();
        self.memory = moved;
        self.grown = self.memory.index_info().is_some();
    }

    fn auto(&self) -> bool {
        self.memory.is_auto_associative()
    }

    /// Stores some more, one by one or together.
    fn grow(&mut self, dice: &mut Dice, lie: Lie, count: usize) {
        let mut keys: Vec<Row> = self.rows.values().map(|row| row.0.clone()).collect();
        let before = keys.len();
        more(dice, lie, self.memory.dim(), self.tables, count, &mut keys);
        let keys = keys.split_off(before);
        let of_key = |key: &Row| self.rows.values().find(|row| row.0 == *key).map(|row| row.1.clone());
        let values: Vec<Row> = keys
            .iter()
            .map(|key| match self.auto() {
                true => key.clone(),
                false => of_key(key).filter(|_| !dice.one_in(3)).unwrap_or_else(|| dice.row(self.memory.value_dim())),
            })
            .collect();
        let first = self.memory.next_id();
        self.grown = true;
        if dice.one_in(2) {
            for (key, value) in keys.iter().zip(&values) {
                let value = Pattern::from_signs(value).unwrap();
                let own = (!self.auto()).then_some(&value);
                self.memory.store(&Pattern::from_signs(key).unwrap(), own).unwrap();
            }
        } else {
            let (keys, values) = (packed(&keys), packed(&values));
            let batch = Batch::new(&keys);
            self.memory.append(if self.auto() { batch } else { batch.values(&values) }).unwrap();
        }
        self.rows.extend((first..).zip(keys.into_iter().zip(values)));
    }

    /// Forgets some, and as a rule not so many that the index is dropped.
    fn shrink(&mut self, dice: &mut Dice, most: usize) {
        let mut ids: Vec<u64> = self.rows.keys().copied().collect();
        dice.shuffle(&mut ids);
        ids.truncate((1 + dice.below(most)).min(ids.len() - 1));
        if dice.one_in(2) {
            ids.iter().for_each(|&id| drop(self.memory.forget(id).unwrap()));
        } else {
            self.memory.forget_some(&ids, Missing::Refuse).unwrap();
        }
        ids.iter().for_each(|id| drop(self.rows.remove(id)));
    }

    /// Queries that are hard to answer: at keys, about their budgets for a separation, and elsewhere; and that separation.
    fn queries(&self, dice: &mut Dice, count: usize) -> (Vec<Row>, Separation) {
        let dim = self.memory.dim();
        // As they were stored, which is the order of budgets.
        let rows: Vec<&Row> = self.memory.ids().map(|id| &self.rows[&id].0).collect();
        let separation = separation(dice);
        let look = Look::new(dim as u32).far();
        let budgets_of = |memory: &Memory| memory.basins_of(&look).unwrap().budgets(separation).unwrap();
        let budgets = (rows.len() <= 60).then(|| budgets_of(&self.memory));
        let mut queries: Vec<Row> = Vec::new();
        while queries.len() < count {
            let at = dice.below(rows.len());
            let key = rows[at];
            if dice.one_in(4) {
                queries.push(match dice.below(8) {
                    0 => dice.row(dim),
                    1 => vec![0; dim],
                    2 => key.iter().map(|&sign| -sign).collect(),
                    3 | 4 => key.clone(),
                    _ => {
                        let flips = dice.below(dim / 4 + 2);
                        dice.flipped(key, flips)
                    }
                });
                continue;
            }
            let rival = rows.iter().filter(|row| **row != key).min_by_key(|row| distance(row, key)).copied();
            let least = rival.map_or(2 * dim as u32, |rival| distance(rival, key));
            let mut costs: Vec<u32> = vec![dice.below(least as usize + 3) as u32];
            // Within what proves it by nothing, and beyond it by one; a step without the own bit has one less.
            if let Some(budget) = budgets.as_ref().and_then(|budgets| budgets[at]) {
                costs.extend([budget.saturating_sub(1), budget, budget, budget + 1]);
            }
            costs.extend([least.saturating_sub(2), least.saturating_sub(1), least, least + 1]);
            // Where the pigeonhole ends.
            costs.push(2 * dice.below(self.tables + 2) as u32);
            for _ in 0..3 {
                let cost = dice.of(&costs);
                queries.extend(spent(dice, key, rival, cost));
            }
        }
        queries.truncate(count);
        (queries, separation)
    }

    /// Asks everything of all, or of a scope, and holds it to a scan and to the definition.
    fn check(
        &self,
        dice: &mut Dice,
        oracle: &mut reference::Oracle,
        (queries, favoured): &(Vec<Row>, Separation),
        tally: &mut Tally,
    ) {
        let (mut ids, mut scope): (Vec<u64>, Option<Scope>) = (self.rows.keys().copied().collect(), None);
        if dice.one_in(3) {
            dice.shuffle(&mut ids);
            ids.truncate(1 + dice.below(self.rows.len()));
            scope = Some(if dice.one_in(2) {
                self.memory.scope(Some(&ids), &[], Missing::Refuse).unwrap()
            } else {
                let within: BTreeSet<u64> = ids.iter().copied().collect();
                let out: Vec<u64> = self.rows.keys().filter(|id| !within.contains(id)).copied().collect();
                self.memory.scope(None, &out, Missing::Refuse).unwrap()
            });
            ids.sort_unstable();
        }
        let view = scope.as_ref().map_or(self.memory.view(), |scope| self.memory.within(scope));
        let plain = view.indexed(false);
        let batch = Queries::from_signs(&queries.concat(), self.memory.dim()).unwrap();
        let separation = if dice.one_in(2) { *favoured } else { separation(dice) };
        let tie = if self.memory.dim() == self.memory.value_dim() { Tie::Stay } else { Tie::Minus };

        let recall = Recall::new(separation).tie(tie);
        let (found, expected) = (view.recall(&batch, &recall).unwrap(), plain.recall(&batch, &recall).unwrap());
        same(&found, &expected, &format!("{separation}, {:?}", separation.beta()));
        self.count(&found, separation, tally);
        self.hold(dice, oracle, &ids, queries, (separation, tie), &found, tally);
        if self.memory.dim() == self.memory.value_dim() && dice.one_in(3) {
            let recall = recall.steps(2 + dice.below(3) as u32).unwrap();
            let found = view.recall(&batch, &recall).unwrap();
            same(&found, &plain.recall(&batch, &recall).unwrap(), "steps");
            self.count(&found, separation, tally);
        }
        if self.auto() && scope.is_none() && dice.one_in(2) {
            let mut unindexed = self.memory.clone();
            unindexed.drop_index();
            let (update, of_update) = match dice.below(3) {
                0 => (Update::Difference, reference::dynamics::Update::Difference),
                _ => (Update::Field, reference::dynamics::Update::FieldZeroed),
            };
            let dynamics = Dynamics::new(separation).update(update).diagonal(Diagonal::Zero).tie(Tie::Stay);
            let found = self.memory.advance(&batch, &dynamics).unwrap();
            same(&found, &unindexed.advance(&batch, &dynamics).unwrap(), "a step of dynamics");
            self.count(&found, separation, tally);
            let keys: Vec<Row> = self.rows.values().map(|row| row.0.clone()).collect();
            for (query, row) in queries.iter().enumerate() {
                if keys.len() * row.len() > 400 || !dice.one_in(4) {
                    continue;
                }
                let field = |j: usize| {
                    let sign =
                        reference::dynamics::field_sign(oracle, &keys, row, j, of_reference(separation), of_update);
                    reference::dynamics::update(sign, row[j], reference::Tie::Stay)
                };
                let expected: Row = (0..row.len()).map(field).collect();
                assert_eq!(found.patterns.get(query).unwrap().to_signs(), expected, "{separation}, {row:?}");
                tally.held_to_reference += 1;
            }
            if self.rows.len() * self.memory.dim() <= 30_000 {
                self.relax(dice, &unindexed, &batch, separation, tally);
            }
        }

        let most = ids.len().min(300);
        let tops = [1, 1, 2, 3, 5, most, most + 1];
        let top = dice.of(&tops);
        let found = view.search_top(&batch, top).unwrap();
        assert_eq!(found, plain.search_top(&batch, top).unwrap(), "top {top}");
        self.hold_list(dice, &ids, queries, |near| near.truncate(top), &found);
        let radius = dice.below(2 * self.tables + 3) as u32;
        let found = view.search_radius(&batch, radius).unwrap();
        assert_eq!(found, plain.search_radius(&batch, radius).unwrap(), "radius {radius}");
        self.hold_list(dice, &ids, queries, |near| near.retain(|near| near.distance <= radius), &found);
        tally.others += 2 * queries.len() as u64;
        if let Some(beta) = separation.beta() {
            let bits = |means: Vec<f64>| means.into_iter().map(f64::to_bits).collect::<Vec<_>>();
            let found = view.attend(&batch, beta).unwrap();
            assert_eq!(bits(found), bits(plain.attend(&batch, beta).unwrap()), "attention at {}", beta.get());
            tally.others += queries.len() as u64;
        }
    }

    /// Runs to limits, in every order and with positions that stay: those that a stored pattern draws to itself, as an index
    /// says, are those that take every step.
    fn relax(&self, dice: &mut Dice, unindexed: &Memory, batch: &Queries, separation: Separation, tally: &mut Tally) {
        let dim = self.memory.dim();
        let starts = batch.range(0..batch.len().min(12)).unwrap();
        let order = dice.of(&[Order::Synchronous, Order::Fixed, Order::Random { seed: 7 }]);
        let update = dice.of(&[Update::Field, Update::Difference]);
        let clamp = match dice.below(4) {
            0 => Clamp::Known,
            1 => Clamp::Positions((0..1 + dice.below(dim)).map(|_| dice.below(dim)).collect()),
            _ => Clamp::Free,
        };
        let limit = dice.of(&[1, 2, 3, 30]);
        let dynamics = Dynamics::new(separation).order(order).update(update).clamp(clamp).traced(dice.one_in(2));
        let dynamics = dynamics.diagonal(dice.of(&[Diagonal::Zero, Diagonal::Keep])).step_limit(limit).unwrap();
        let dynamics = dynamics.tie(dice.of(&[Tie::Stay, Tie::Plus, Tie::Minus]));
        // A clamped position that a start does not know is refused.
        let (found, expected) = (self.memory.relax(&starts, &dynamics), unindexed.relax(&starts, &dynamics));
        assert_eq!(found.is_ok(), expected.is_ok());
        for (start, (mut found, expected)) in
            found.into_iter().flatten().zip(expected.into_iter().flatten()).enumerate()
        {
            assert_eq!(expected.proof, None);
            tally.drawn += u64::from(found.proof.is_some());
            tally.drawn_in_sweeps += u64::from(found.proof.is_some() && order != Order::Synchronous);
            let what = (start, &dynamics, found.proof.take());
            assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{what:?}");
        }
    }

    fn count(&self, found: &Recalled, separation: Separation, tally: &mut Tally) {
        let power = matches!(separation, Separation::Linear | Separation::Polynomial(_));
        let basins = self.memory.index_info().is_some_and(|info| info.radius.is_some());
        for report in &found.reports {
            match report.certificate.reason {
                Reason::Basin if power => {
                    (tally.by_basin, tally.by_power) = (tally.by_basin + 1, tally.by_power + 1);
                    tally.by_grown_power += u64::from(self.powers_grown);
                }
                Reason::Basin if basins => tally.by_basin += 1,
                Reason::Basin => (tally.by_basin, tally.learned) = (tally.by_basin + 1, tally.learned + 1),
                Reason::Probe => tally.by_probe += 1,
                _ if report.certificate.probes > 0 => tally.by_votes += 1,
                _ => tally.scanned += 1,
            }
        }
    }

    /// Holds a recall to the definition: the nearest keys and their weight, and some bits.
    #[expect(clippy::too_many_arguments, reason = "who was asked what, and what came of it")]
    fn hold(
        &self,
        dice: &mut Dice,
        oracle: &mut reference::Oracle,
        ids: &[u64],
        queries: &[Row],
        (separation, tie): (Separation, Tie),
        found: &Recalled,
        tally: &mut Tally,
    ) {
        let rows: Vec<&(Row, Row)> = ids.iter().map(|id| &self.rows[id]).collect();
        let many = rows.len() * self.memory.dim();
        for (index, query) in queries.iter().enumerate() {
            if many > 4000 && !dice.one_in(1 + many / 500) {
                continue;
            }
            let report = &found.reports[index];
            let distances: Vec<u32> = rows.iter().map(|row| distance(query, &row.0)).collect();
            let least = *distances.iter().min().unwrap();
            let nearest: Vec<u64> =
                ids.iter().zip(&distances).filter(|near| *near.1 == least).map(|near| *near.0).collect();
            let told = (report.nearest.distance, report.nearest.id, report.nearest.count);
            assert_eq!(told, (least, nearest[0], nearest.len() as u64), "{:?}", report.certificate);
            if let (Some(beta), Some([low, high])) = (separation.beta(), report.top_weight) {
                let all: f64 = distances.iter().map(|&h| (-2.0 * beta.get() * f64::from(h - least)).exp()).sum();
                let weight = nearest.len() as f64 / all;
                assert!(low <= weight * (1.0 + 1e-12) && weight * (1.0 - 1e-12) <= high, "{report:?}: {weight}");
            }
            let certified = report.certificate.probes > 0;
            if certified && rows.len() * self.memory.value_dim() <= 400 && dice.one_in(6) {
                let (keys, values): (Vec<Row>, Vec<Row>) = rows.iter().map(|&row| row.clone()).unzip();
                let tie = if tie == Tie::Stay { reference::Tie::Stay } else { reference::Tie::Minus };
                let (answer, tied) = oracle.recall(&keys, &values, query, of_reference(separation), tie);
                assert_eq!(found.patterns.get(index).unwrap().to_signs(), answer, "{separation}, {report:?}");
                assert_eq!(tied, report.tied_bits);
                tally.held_to_reference += 1;
            }
        }
    }

    /// Holds some lists of neighbours to the definition.
    fn hold_list(
        &self,
        dice: &mut Dice,
        ids: &[u64],
        queries: &[Row],
        cut: impl Fn(&mut Vec<Neighbor>),
        found: &[Vec<Neighbor>],
    ) {
        for (query, found) in queries.iter().zip(found) {
            if ids.len() * query.len() > 2000 || !dice.one_in(4) {
                continue;
            }
            let mut near: Vec<(u32, u64)> = ids.iter().map(|&id| (distance(query, &self.rows[&id].0), id)).collect();
            near.sort_unstable();
            let mut told: Vec<Neighbor> = found.clone();
            cut(&mut told);
            assert_eq!(told, *found);
            let found: Vec<(u32, u64)> = found.iter().map(|near| (near.distance, near.id)).collect();
            assert_eq!(near[..found.len()], found[..]);
        }
    }
}

/// The same answers, whatever proved them.
fn same(found: &Recalled, expected: &Recalled, what: &str) {
    assert_eq!(found.patterns, expected.patterns, "{what}");
    let of = |report: &Report| (report.nearest, report.tied_bits);
    for (found, expected) in found.reports.iter().zip(&expected.reports) {
        assert_eq!(of(found), of(expected), "{what}: {found:?}");
        assert_eq!(expected.certificate.probes, 0, "{what}");
        match (found.top_weight, expected.top_weight) {
            // Two intervals that hold the same number.
            (Some(found), Some(expected)) => {
                assert!(found[0] <= expected[1] && expected[0] <= found[1], "{what}: {found:?}, {expected:?}");
                assert!(0.0 <= found[0] && found[1] <= 1.0);
            }
            (found, expected) => assert_eq!(found, expected, "{what}"),
        }
    }
}

/// A world's life: asked, asked again as it learns, grown, pinned, shrunk, and asked of the pinned ones once more.
fn live(dice: &mut Dice, mut world: World, asked: usize, tally: &mut Tally) {
    let (mut oracle, dim) = (reference::Oracle::default(), world.memory.dim());
    let queries = world.queries(dice, asked);
    // What a scan finds is noted, learned when it comes again, and then it answers.
    for _ in 0..4 {
        world.check(dice, &mut oracle, &queries, tally);
    }
    let before = world.clone();
    let others = world.queries(dice, asked);
    for _ in 0..3 {
        if dice.one_in(2) {
            let more = 1 + dice.below(5);
            world.grow(dice, Lie::Mixed, more);
        } else if world.rows.len() > 1 {
            let most = 1 + world.rows.len().min(100) / if dice.one_in(4) { 1 } else { 4 };
            world.shrink(dice, most);
        }
        if dice.one_in(6) {
            world.move_about(dice);
        }
        if dice.one_in(4) && world.rows.len() <= 5_000 && world.memory.index_info().is_some() {
            // Of fewer keys they are wider; of what was stored since, the index knows nothing to go with them.
            let basins = world.memory.basins(dim as u32).unwrap();
            let short = world.memory.index_info().is_some_and(|info| info.covered < world.memory.len());
            let kept = world.memory.index_basins(&basins, Separation::Max).is_ok();
            assert!(if kept { !short } else { world.grown });
            if kept && world.rows.len() <= 600 {
                world.index_powers(dice);
            }
        }
        if dice.one_in(3) {
            // Tables and basins take in what was stored since; who was pinned before keeps the index of before.
            world.update();
        }
        let queries = if dice.one_in(2) { &queries } else { &others };
        // One learns from the other's queries, and neither is harmed.
        for _ in 0..2 {
            world.check(dice, &mut oracle, queries, tally);
            if dice.one_in(2) {
                before.check(dice, &mut oracle, queries, tally);
            }
        }
    }
    // About what it is by now.
    let queries = world.queries(dice, asked);
    for _ in 0..3 {
        world.check(dice, &mut oracle, &queries, tally);
    }
    before.check(dice, &mut oracle, &others, tally);
}

#[test]
fn small_worlds() {
    let mut tally = Tally::default();
    for seed in 0..if all() { 6_000 } else { 220 } {
        let dice = &mut Dice(stream(2024, "index", seed));
        let dim = dice.of(&[8, 9, 11, 13, 16, 20, 24, 33, 40, 64, 65, 70, 100, 128, 130, 200, 256, 300]);
        let count = 1 + dice.below(if seed % 4 == 0 { 6 } else { 50 });
        let (lie, chunk) = (dice.of(&LIES), (4 + dice.below(9)).min(dim));
        let world = World::new(dice, lie, dim, count, chunk);
        live(dice, world, 40, &mut tally);
    }
    println!("{tally:?}");
    // How often an index is asked hangs on what it takes.
    assert!(tally.by_basin > 10_000 && tally.by_probe > 3_000 && tally.scanned > 10_000, "{tally:?}");
    assert!(tally.learned > 500 && tally.by_power > 500 && tally.held_to_reference > 2_000, "{tally:?}");
    assert!(tally.by_grown_power > 100 && tally.by_votes > 500 && tally.drawn_in_sweeps > 100, "{tally:?}");
}

/// Buckets of many keys, and of more than are looked at; more keys met than are remembered.
#[test]
fn middling_worlds() {
    let mut tally = Tally::default();
    for seed in 0..if all() { 250 } else { 10 } {
        let dice = &mut Dice(stream(2024, "index of many", seed));
        let dim = [64, 96, 128, 130, 300, 1024][seed as usize % 6];
        let count = 300 + dice.below(if dim == 1024 { 900 } else { 3_000 });
        let (lie, chunk) = (LIES[seed as usize % 5], 4 + dice.below(9));
        let world = World::new(dice, lie, dim, count, chunk);
        live(dice, world, 60, &mut tally);
    }
    let dice = &mut Dice(stream(2024, "index of copies", 0));
    for lie in [Lie::Copies, Lie::Clustered] {
        let world = World::new(dice, lie, 64, 9_000, 4);
        live(dice, world, 20, &mut tally);
    }
    println!("{tally:?}");
    assert!(tally.by_basin > 300 && tally.by_probe > 300, "{tally:?}");
}

/// Chunks so long that they are folded into the bits of a table's value: keys that differ there may meet all the same.
#[test]
fn folded_worlds() {
    let mut tally = Tally::default();
    for seed in 0..if all() { 80 } else { 4 } {
        let dice = &mut Dice(stream(2024, "index of few set", seed));
        // And so many that values which differ in one position are looked up as well.
        let many = seed % 4 == 3;
        let (dim, count) = if many { (200, 66_000) } else { (dice.of(&[300, 520, 1024]), 2_000 + dice.below(2_000)) };
        let world = World::new(dice, Lie::Sparse, dim, count, 0);
        let info = world.memory.index_info().unwrap();
        assert!(info.positions > info.chunk as usize, "{info:?}");
        live(dice, world, 60, &mut tally);
    }
    println!("{tally:?}");
    assert!(tally.by_basin > 300 && tally.by_probe > 100, "{tally:?}");
}

/// In so many dimensions powers of overlaps are too small for floats: a budget that follows its memory is none too large.
#[test]
fn powers_too_small_for_floats() {
    let dim = 1 << 19;
    // The first positions are shared, so that buckets are.
    let opposed =
        |count: usize| -> Row { (0..dim).map(|at| if (400..400 + count).contains(&at) { -1 } else { 1 }).collect() };
    let look = Look::new(dim as u32).far();
    for (degree, far, newcomer) in [(60, 262_143, 251_193), (64, 262_144, 200_000)] {
        let separation = Separation::polynomial(degree).unwrap();
        let mut keys = vec![opposed(0)];
        keys.extend(std::iter::repeat_n(opposed(far), 50));
        let mut memory = Memory::auto_associative(packed(&keys)).unwrap();
        memory.build_index(IndexOptions::default(), Progress::NONE).unwrap();
        memory.index_basins(&memory.basins_of(&look).unwrap(), separation).unwrap();
        memory.append(Batch::new(&packed(&[opposed(newcomer)]))).unwrap();
        memory.update_index(Progress::NONE).unwrap();
        let budget = memory.basins_of(&look).unwrap().budgets(separation).unwrap()[0].unwrap() as usize;
        // Where the newcomer differs too, at the budget and beyond.
        let query = |cost: usize| {
            let mut query = opposed(cost / 2);
            query[400 + cost / 2] = if cost % 2 == 1 { 0 } else { 1 };
            query
        };
        let queries: Vec<Row> = (budget - 1..budget + 4).map(query).collect();
        let queries = Queries::from_signs(&queries.concat(), dim).unwrap();
        let recall = Recall::new(separation);
        let found = memory.recall(&queries, &recall).unwrap();
        same(&found, &memory.view().indexed(false).recall(&queries, &recall).unwrap(), &format!("s^{degree}"));
        assert_eq!(found.reports[0].certificate.reason, Reason::Basin, "s^{degree}");
    }
}

/// So many keys that values which differ in a bit are looked up as well: the pigeonhole then reaches twice as far.
#[test]
fn values_that_differ_in_a_bit() {
    let mut tally = Tally::default();
    for seed in 0..if all() { 20 } else { 1 } {
        let dice = &mut Dice(stream(2024, "index of very many", seed));
        let (dim, chunk) = ([64, 24, 40][seed as usize % 3], 12 - seed as usize % 2);
        let lie = [Lie::Mixed, Lie::Random][seed as usize % 2];
        let world = World::new(dice, lie, dim, 66_000, chunk);
        live(dice, world, 50, &mut tally);
    }
    println!("{tally:?}");
    assert!(tally.by_probe > 30, "{tally:?}");
}

/// Where the values of the nearest keys cancel, the mean is what the farthest key in the window says, however little that
/// weighs: it must not be left out where no chunk leads to it.
#[test]
fn attention_has_all_keys_of_its_window() {
    let key: Row = vec![1; 64];
    for far in 4..=12 {
        // A flip in each of eight chunks, and then a second one.
        let mut other = key.clone();
        (0..far).for_each(|nth| other[nth % 8 * 8 + nth / 8] = -1);
        let (keys, values) = ([key.clone(), key.clone(), other], [vec![1], vec![-1], vec![1]]);
        let mut memory = Memory::hetero_associative(packed(&keys), packed(&values)).unwrap();
        let batch = Queries::from_signs(&keys.concat(), 64).unwrap();
        let mut options = IndexOptions::default();
        (options.tables, options.chunk) = (Some(8), Some(8));
        for with_basins in [false, true] {
            memory.build_index(options, Progress::NONE).unwrap();
            if with_basins {
                memory.index_basins(&memory.basins(64).unwrap(), Separation::Max).unwrap();
            }
            // Windows of 5 to 12.
            for beta in
                [2.0, 2.2, 2.4, 2.6, 2.9, 3.3, 3.9, 4.8].map(|beta| popfield::separation::Beta::new(beta).unwrap())
            {
                let bits = |means: Vec<f64>| means.into_iter().map(f64::to_bits).collect::<Vec<_>>();
                let expected = memory.view().indexed(false).attend(&batch, beta).unwrap();
                assert_eq!(bits(memory.attend(&batch, beta).unwrap()), bits(expected), "{far}, {}", beta.get());
            }
        }
    }
}

/// More keys in a bucket than are looked at, and more met than are remembered: those are for the scan, not left out.
#[test]
fn crowds_are_left_to_the_scan() {
    let dice = &mut Dice(stream(2024, "index of crowds", 0));
    let (many, more, others) = (dice.row(64), dice.row(64), dice.row(64));
    let mut keys: Vec<Row> = (0..200).map(|_| dice.flipped(&others, 3)).collect();
    keys.extend((0..1_400).map(|at| if at % 2 == 0 { many.clone() } else { dice.flipped(&many, 1) }));
    keys.extend((0..4_500).map(|_| more.clone()));
    dice.shuffle(&mut keys);
    let values: Vec<Row> = keys.iter().map(|key| key[..5].to_vec()).collect();
    let mut memory = Memory::hetero_associative(packed(&keys), packed(&values)).unwrap();
    let mut options = IndexOptions::default();
    options.chunk = Some(8);
    memory.build_index(options, Progress::NONE).unwrap();
    let queries = [many.clone(), more.clone(), others.clone(), dice.flipped(&many, 1), dice.flipped(&more, 2)];
    let batch = Queries::from_signs(&queries.concat(), 64).unwrap();
    let (view, plain) = (memory.view(), memory.view().indexed(false));
    for separation in [Separation::Max, Separation::exponential(1.0).unwrap(), Separation::exponential(20.0).unwrap()] {
        let recall = Recall::new(separation);
        same(&view.recall(&batch, &recall).unwrap(), &plain.recall(&batch, &recall).unwrap(), "crowds");
    }
    for radius in 0..5 {
        let found = view.search_radius(&batch, radius).unwrap();
        assert_eq!(found, plain.search_radius(&batch, radius).unwrap(), "radius {radius}");
    }
    for top in [1, 3, 900, 1_500, 5_000] {
        assert_eq!(view.search_top(&batch, top).unwrap(), plain.search_top(&batch, top).unwrap(), "top {top}");
    }
}

/// Another key under the id of one that was forgotten, and another memory with the same ids: basins of before are refused,
/// since what they prove is wrong. Clones have the same keys.
#[test]
fn basins_of_other_keys_are_refused() {
    let keys = Patterns::random(10, 64, 1, "keys").unwrap();
    let mut memory = Memory::auto_associative(keys.clone()).unwrap();
    let basins = memory.basins(64).unwrap();
    let mut clone = memory.clone();
    clone.build_index(IndexOptions::default(), Progress::NONE).unwrap();
    clone.index_basins(&basins, Separation::Max).unwrap();
    memory.forget(9).unwrap();
    // A flip away from another.
    let mut near = keys.get(3).unwrap();
    let flipped = !near.bits()[7];
    near.bits_mut().set(7, flipped);
    memory.append(Batch::new(&Patterns::from_signs(&near.to_signs(), 64).unwrap()).ids(&[9])).unwrap();
    let mut other = Memory::auto_associative(Patterns::random(10, 64, 2, "keys").unwrap()).unwrap();
    for memory in [&mut memory, &mut other] {
        assert!(memory.ids().eq(clone.ids()));
        memory.build_index(IndexOptions::default(), Progress::NONE).unwrap();
        assert!(matches!(memory.index_basins(&basins, Separation::Max), Err(popfield::Error::Mismatch { .. })));
        memory.index_basins(&memory.basins(64).unwrap(), Separation::Max).unwrap();
    }
}
