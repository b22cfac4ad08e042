//! Budgets under powers of overlaps: how much of each key a query may get wrong.
//!
//! Under s^K every key weighs, near or far, so that what stands around a key near by does not tell. Its budget does
//! (`basins/budget.rs`), for the degree it was taken of and every larger one, and for whatever remains of the keys.
//!
//! The others outweigh a query that costs v where ‖|s| + v‖ reaches d − v, the norm being (Σ (|s| + v)^K)^1/K over all of
//! them. So with a budget w that norm is kept, and the one for v = 0: of what is added it grows, and as it is convex in v
//! (Minkowski's inequality), a straight line between the two bounds it for every smaller budget. As keys are stored
//! budgets shrink until they hold again; they are never too large, and few are smaller, mostly by one, than those counted anew.

use std::sync::Arc;

use rayon::prelude::*;

use crate::basins::Basins;
use crate::basins::{budget_under_power, largest_below};
use crate::error::room_for;
use crate::index::proof::{Found, Proof, agree, copies};
use crate::index::seek::{Goal, Met};
use crate::index::tables::Halves;
use crate::patterns::Queries;
use crate::patterns::segments::Side;
use crate::scan::keys::Scan;
use crate::scan::survey::distances;
use crate::scan::watch::ABSENT;
use crate::{Result, Separation};

/// Budgets of keys under one degree.
#[derive(Clone, Debug)]
pub(crate) struct Powers {
    degree: u32,
    /// The budget of each key and [`COUNTED`], only that where nothing is certain, or 0 for a place whose key is not among
    /// those that were counted; then of each the [`Norms`], one and then the other.
    numbers: Arc<dyn Halves>,
    /// The largest budget.
    most: u32,
}

/// What tells a key that was counted.
const COUNTED: u32 = 1;

/// Parts of d in which norms are kept, rounded up.
const PARTS: f64 = 4_294_967_296.0;

/// By how much a norm must be less than what is left of the key, as shares of d, whatever was rounded: more than a part.
const MARGIN: f64 = 1e-9;

/// What roundings may take from a norm or add to it.
const ROUNDED: f64 = 1.0 + 1e-12;

/// A budget w, and what goes with it.
#[derive(Clone, Copy, Debug)]
struct Budgeted {
    budget: u32,
    norms: Norms,
}

/// Bounds of the norm of the others, as shares of d.
#[derive(Clone, Copy, Debug)]
struct Norms {
    /// Where the query is the key.
    clean: f64,
    /// Where it costs what the budget allows.
    spent: f64,
}

/// The three numbers of a key that was counted.
fn written(known: Option<Budgeted>) -> [u32; 3] {
    let parts = |share: f64| (share * PARTS).ceil() as u32;
    known.map_or([COUNTED, 0, 0], |Budgeted { budget, norms }| {
        [COUNTED + budget + 1, parts(norms.clean), parts(norms.spent)]
    })
}

/// What such numbers are of.
fn read([budget, clean, spent]: [u32; 3]) -> Option<Budgeted> {
    let norms = Norms { clean: f64::from(clean) / PARTS, spent: f64::from(spent) / PARTS };
    Some(Budgeted { budget: budget.checked_sub(COUNTED + 1)?, norms })
}

impl Powers {
    /// Under `separation`, s^`degree`, by `basins`, whose keys stand at the places `places`, of `keys` keys.
    ///
    /// # Errors
    /// Those of [`Basins::budgets`]; [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(crate) fn of_basins(
        basins: &Basins,
        (separation, degree): (Separation, u32),
        places: impl Iterator<Item = usize>,
        keys: usize,
    ) -> Result<Self> {
        let mut numbers = nothing(keys)?;
        let power = Power { dim: basins.dim() as u32, degree };
        for (counted, place) in basins.budgets_of_others(separation)?.zip(places) {
            put(&mut numbers, place, counted.map(|counted| power.counted(counted.budget, &counted.others)));
        }
        Ok(Self::of_numbers(degree, Arc::new(numbers)))
    }

    /// As they were before, three for each key.
    pub(crate) fn of_numbers(degree: u32, numbers: Arc<dyn Halves>) -> Self {
        let budgets = &numbers.halves()[..numbers.halves().len() / 3];
        let most = budgets.iter().max().map_or(0, |most| most.saturating_sub(COUNTED + 1));
        Self { degree, numbers, most }
    }

    pub(crate) fn degree(&self) -> u32 {
        self.degree
    }

    pub(crate) fn numbers(&self) -> &[u32] {
        self.numbers.halves()
    }

    /// The largest budget of any key.
    pub(crate) fn most(&self) -> u32 {
        self.most
    }

    /// The places of which they tell.
    pub(crate) fn keys(&self) -> usize {
        self.numbers().len() / 3
    }

    /// The numbers of the key at `place`; zeros beyond the last.
    fn of(&self, place: usize) -> [u32; 3] {
        let (numbers, keys) = (self.numbers(), self.keys());
        if place < keys { [0, 1, 2].map(|nth| numbers[nth * keys + place]) } else { [0; 3] }
    }

    /// Whether the key at `place` was counted around the others.
    pub(crate) fn knows(&self, place: usize) -> bool {
        self.of(place)[0] >= COUNTED
    }

    /// Whether a query that differs from the key at `place` at a cost of 2h + u = `cost` is within its budget.
    fn covers(&self, place: usize, cost: u32) -> bool {
        cost < self.numbers()[..self.keys()].get(place).map_or(0, |number| number.saturating_sub(COUNTED))
    }

    /// The budgets of the same keys at the places of today, of which there are `keys`: `before` tells where the key of a
    /// place was, if it was there.
    pub(crate) fn moved(&self, keys: usize, before: impl Fn(usize) -> Option<usize>) -> Result<Self> {
        let mut numbers = nothing(keys)?;
        for place in 0..keys {
            if let Some(was) = before(place) {
                let three = self.of(was);
                (0..3).for_each(|nth| numbers[nth * keys + place] = three[nth]);
            }
        }
        Ok(Self::of_numbers(self.degree, Arc::new(numbers)))
    }

    /// The budgets of the keys of `scan`, all that may answer: of those that were counted, and of `newcomers`, who are all
    /// the others. The scan's steps are told of each newcomer.
    ///
    /// Cost: a scan for each newcomer, and a power for each pair of one and a key.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory); [`Error::Interrupted`](crate::Error::Interrupted).
    pub(crate) fn grown(&self, scan: Scan<'_>, newcomers: &[usize]) -> Result<Self> {
        let (keys, dim, degree) = (scan.side().len(), scan.dim() as u32, self.degree);
        let separation = if degree == 1 { Separation::Linear } else { Separation::polynomial(degree)? };
        let (law, power) = (separation.law(false, scan.dim()), Power { dim, degree });
        let mut known: Vec<Option<Budgeted>> = room_for(keys, "budgets")?;
        // A file that was made to mislead may say more than can be.
        let sane = |known: &Budgeted| known.budget < dim;
        known.extend((0..keys).map(|place| read(self.of(place)).filter(sane).filter(|_| scan.holds(place))));
        let mut of_newcomers = room_for(newcomers.len(), "budgets of new keys")?;
        for &newcomer in newcomers {
            let query = Queries::from(scan.side().select(1, [newcomer])?);
            let distances = distances(scan, &query, 0)?;
            let mut counts = vec![0u64; scan.dim() / 2 + 1];
            for distance in distances.iter().copied().filter(|&distance| distance != ABSENT && distance > 0) {
                counts[distance.min(dim - distance) as usize] += 1;
            }
            let others: Vec<(u32, u64)> = (0..).zip(counts).filter(|other| other.1 > 0).collect();
            let budget = budget_under_power(law.as_ref(), dim, &others);
            of_newcomers.push(budget.map(|budget| power.counted(budget, &others)));
            // A copy takes nothing from a key that was there; whether their values agree is asked when it is met.
            known.par_iter_mut().zip(&distances).filter(|(_, distance)| **distance > 0).for_each(
                |(known, &distance)| {
                    *known = known.and_then(|known| power.joined(known, distance.min(dim - distance)));
                },
            );
            scan.steps().advance(1)?;
        }
        let mut numbers = nothing(keys)?;
        for (place, of_place) in
            known.into_iter().enumerate().filter(|(place, _)| scan.holds(*place) && self.knows(*place))
        {
            put(&mut numbers, place, of_place);
        }
        for (&place, of_place) in newcomers.iter().zip(of_newcomers) {
            put(&mut numbers, place, of_place);
        }
        Ok(Self::of_numbers(degree, Arc::new(numbers)))
    }
}

/// Numbers for `keys` keys of whom nothing is known.
fn nothing(keys: usize) -> Result<Vec<u32>> {
    let mut numbers: Vec<u32> = room_for(3 * keys, "budgets to keep")?;
    numbers.resize(3 * keys, 0);
    Ok(numbers)
}

/// Writes what is known of the key at `place`, which was counted.
fn put(numbers: &mut [u32], place: usize, known: Option<Budgeted>) {
    let keys = numbers.len() / 3;
    written(known).into_iter().enumerate().for_each(|(nth, number)| numbers[nth * keys + place] = number);
}

/// s^K in d dimensions.
#[derive(Clone, Copy, Debug)]
struct Power {
    dim: u32,
    degree: u32,
}

impl Power {
    /// Of a key whose budget among these others, as (distance to it or to its complement, count), is known.
    fn counted(self, budget: u32, others: &[(u32, u64)]) -> Budgeted {
        let norm =
            |spent: u32| self.norm(others.iter().map(|&(distance, count)| (self.overlap(distance, spent), count)));
        // Less than what is left of the key, as the budget was decided exactly.
        let norms = Norms { clean: norm(0).min(1.0), spent: norm(budget).min(self.left(budget)) };
        Budgeted { budget, norms }
    }

    /// What a key at `distance`, or whose complement is, may agree in with a query that costs `spent`, |s| + w, as a share
    /// of d.
    fn overlap(self, distance: u32, spent: u32) -> f64 {
        f64::from((self.dim + spent).saturating_sub(2 * distance)) / f64::from(self.dim)
    }

    /// What is left of the overlap with the key itself, d − w.
    fn left(self, spent: u32) -> f64 {
        f64::from(self.dim - spent) / f64::from(self.dim)
    }

    /// (Σ N x^K)^1/K of these (x, N), or a little more. Taken beside the largest: the powers themselves may be too small for
    /// `f64`.
    fn norm(self, terms: impl Iterator<Item = (f64, u64)> + Clone) -> f64 {
        let most = terms.clone().map(|term| term.0).fold(0.0, f64::max);
        if most == 0.0 {
            return 0.0;
        }
        let sum: f64 = terms.map(|(x, count)| count as f64 * (x / most).powi(self.degree as i32)).sum();
        most * sum.powf(1.0 / f64::from(self.degree)) * ROUNDED
    }

    /// What is known of a key once another has come, at `distance` from it or from its complement.
    fn joined(self, Budgeted { budget, norms }: Budgeted, distance: u32) -> Option<Budgeted> {
        let norm = |spent: u32| {
            let line = if budget == 0 { 0.0 } else { f64::from(spent) / f64::from(budget) };
            let before = norms.clean + line * (norms.spent - norms.clean);
            self.norm([(before, 1), (self.overlap(distance, spent), 1)].into_iter())
        };
        let holds = |spent: u32| norm(spent) < self.left(spent) - MARGIN;
        // What holds for one holds for every smaller one.
        let budget = if holds(budget) { budget } else { largest_below(budget, holds)? };
        Some(Budgeted { budget, norms: Norms { clean: norm(0), spent: norm(budget) } })
    }
}

/// Seeks a key in whose budget the query lies.
pub(crate) struct WithinBudget<'a> {
    pub(crate) powers: &'a Powers,
    /// The values, which keys that are equally near must share.
    pub(crate) values: &'a Side,
}

impl Goal for WithinBudget<'_> {
    type Found = Found;

    /// However far all others are, they weigh.
    fn may_reach(&self, _: Option<u32>, _: u32, _: u64) -> bool {
        false
    }

    fn proven(&self, met: &Met<'_, '_>, _: &mut Vec<(u32, u64)>) -> Result<Option<Found>> {
        let Some(&(distance, first)) = met.met.iter().min() else { return Ok(None) };
        let cost = (2 * distance).saturating_add(met.unknown);
        // A key that the tables do not hold was counted nowhere.
        if met.is_beyond_tables() || !self.powers.covers(first as usize, cost) {
            return Ok(None);
        }
        // Then it is the nearest, and all at its distance are its copies, which were met in the same bucket.
        let Some((nearest, place)) = copies(met, distance) else { return Ok(None) };
        if !agree(met, self.values, nearest, place) {
            return Ok(None);
        }
        let (proof, probes, bits_read) = (Proof::Basin, met.probes, met.bits_read);
        Ok(Some(Found { place, nearest, others: 0.0, proof, probes, bits_read, dissent: None }))
    }
}
