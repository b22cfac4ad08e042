//! Budgets under powers of overlaps: how much of each key a query may get wrong.
//!
//! Under s^K every key weighs, near or far, so that what stands around a key near by does not tell. Its budget does
//! (`basins/budget.rs`), for the degree it was taken of and every larger one, and for whatever remains of the keys.

use std::sync::Arc;

use crate::basins::Basins;
use crate::error::room_for;
use crate::index::proof::{Found, Proof, agree, copies};
use crate::index::seek::{Goal, Met};
use crate::index::tables::Halves;
use crate::patterns::segments::Side;
use crate::{Result, Separation};

/// Budgets of keys under one degree.
#[derive(Clone, Debug)]
pub(crate) struct Powers {
    degree: u32,
    /// The budget of each key and [`COUNTED`], only that where nothing is certain, or 0 for a place whose key is not among
    /// those that were counted.
    numbers: Arc<dyn Halves>,
    /// The largest budget.
    most: u32,
}

/// What tells a key that was counted.
const COUNTED: u32 = 1;

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
        let budgets = basins.budgets(separation)?;
        let mut numbers: Vec<u32> = room_for(keys, "budgets to keep")?;
        numbers.resize(keys, 0);
        for (budget, place) in budgets.into_iter().zip(places) {
            numbers[place] = COUNTED + budget.map_or(0, |budget| budget + 1);
        }
        Ok(Self::of_numbers(degree, Arc::new(numbers)))
    }

    /// As they were before.
    pub(crate) fn of_numbers(degree: u32, numbers: Arc<dyn Halves>) -> Self {
        let most = numbers.halves().iter().max().map_or(0, |most| most.saturating_sub(COUNTED + 1));
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

    /// Whether the key at `place` was counted around the others.
    #[cfg(feature = "store")]
    pub(crate) fn knows(&self, place: usize) -> bool {
        self.numbers().get(place).is_some_and(|&number| number >= COUNTED)
    }

    /// Whether a query that differs from the key at `place` at a cost of 2h + u = `cost` is within its budget.
    fn covers(&self, place: usize, cost: u32) -> bool {
        self.numbers().get(place).is_some_and(|&number| cost < number.saturating_sub(COUNTED))
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
