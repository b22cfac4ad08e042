//! Budgets: how much of a key a query may get wrong.

use std::cmp::Ordering;

use crate::basins::{Basin, Basins};
use crate::separation::law::Law;
use crate::{Error, Result, Separation};

/// A budget under a power, and the keys that it is held to.
#[derive(Debug)]
pub(crate) struct Budgeted {
    pub(crate) budget: u32,
    /// (E, N_E), ascending: how many others stand at the lesser distance E, to the key or to its complement.
    pub(crate) others: Vec<(u32, u64)>,
}

impl Basins {
    /// For each of these keys in storing order its budget under `separation`: every query with 2h + u no more than this,
    /// h being its flips among the known positions and u the unknown ones, recalls the key's value in every bit, no bit
    /// is tied, and its nearest keys are the key and its copies. `None` where nothing is certain, not even of the key
    /// itself: another too near, a copy of another value, or under s^K another too near its complement.
    ///
    /// Exact in its decisions, and the largest that these basins prove: no more than the radius, beyond which it is not
    /// known what stands. Where all keys are equal 2d, as no query can cost more; under s^K d − 1, as at d nothing is left
    /// of its overlap with the key.
    ///
    /// A budget of one β or degree holds for every larger one.
    ///
    /// Cost: log₂ d times the distances at which there are keys, for each key; under s^K so many powers, in integers of
    /// any length where it is close.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a linear or polynomial separation where far keys were not
    /// [asked for](crate::basins::Look::far).
    ///
    /// # Example
    /// ```
    /// use popfield::basins::Look;
    /// use popfield::{Memory, Patterns, Separation};
    /// let memory = Memory::auto_associative(Patterns::random(1000, 256, 5, "keys")?)?;
    /// // At both ends, and so far that no key stays out; around three keys.
    /// let basins = memory.basins_of(&Look::new(128).far().keys(&[7, 42, 99]))?;
    /// let flips = |k| -> popfield::Result<Option<u32>> {
    ///     Ok(basins.budgets(Separation::polynomial(k)?)?.into_iter().flatten().min().map(|budget| budget / 2))
    /// };
    /// // s² is lost in the noise of a thousand keys; s^9 bears some flips, whatever they are.
    /// assert_eq!(flips(2)?, None);
    /// assert!(flips(9)? >= Some(15));
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn budgets(&self, separation: Separation) -> Result<Vec<Option<u32>>> {
        if separation.power().is_some() && self.all.iter().any(|basin| basin.far.is_none()) {
            let (expected, found) = ("exponential or max, far keys not being counted".into(), separation.to_string());
            return Err(Error::Parameter { what: "separation of budgets", expected, found });
        }
        let law = separation.law(false, self.dim);
        Ok(self.all.iter().map(|basin| self.budget(basin, separation, law.as_ref())).collect())
    }

    /// The budget of each of these keys under `separation`, a power.
    ///
    /// # Errors
    /// As [`budgets`](Self::budgets).
    pub(crate) fn budgets_of_others(&self, separation: Separation) -> Result<impl Iterator<Item = Option<Budgeted>>> {
        let budgets = self.budgets(separation)?;
        let of = |(basin, budget): (&Basin, Option<u32>)| {
            budget.map(|budget| Budgeted { budget, others: self.near_either_end(basin) })
        };
        Ok(self.all.iter().zip(budgets).map(of))
    }

    fn budget(&self, basin: &Basin, separation: Separation, law: &dyn Law) -> Option<u32> {
        if !basin.values_agree {
            return None;
        }
        let dim = self.dim as u32;
        if separation.power().is_some() {
            return budget_under_power(law, dim, &self.near_either_end(basin));
        }
        let others = self.near(basin);
        // Below the nearest other key the stored one stays the nearest; those not met are beyond the radius.
        let end = others.first().map_or(2 * dim + 1, |nearest| nearest.0);
        largest_below(end, |budget| separation == Separation::Max || outweighs(law, dim, budget, &others))
    }

    /// (D, N_D) of all keys other than this one and its copies, ascending; those that were not met stand for sure no
    /// nearer than beyond the radius.
    fn near(&self, basin: &Basin) -> Vec<(u32, u64)> {
        self.with_unmet(basin, basin.near.clone())
    }

    /// The same by the lesser of a key's distances, to this one and to its complement.
    fn near_either_end(&self, basin: &Basin) -> Vec<(u32, u64)> {
        let dim = self.dim as u32;
        // Each key once, where both lists have it.
        let near = basin.near.iter().filter(|near| near.0 <= dim - near.0);
        let far = basin.far.iter().flatten().filter(|far| far.0 < dim - far.0);
        let mut met: Vec<(u32, u64)> = near.chain(far).copied().collect();
        met.sort_unstable();
        self.with_unmet(basin, met)
    }

    fn with_unmet(&self, basin: &Basin, mut met: Vec<(u32, u64)>) -> Vec<(u32, u64)> {
        let known: u64 = basin.copies + met.iter().map(|met| met.1).sum::<u64>();
        if self.keys > known {
            met.push((self.radius + 1, self.keys - known));
        }
        met
    }
}

/// The budget of a key under the power that `law` is of, given how many `others` stand at each distance to it or to its
/// complement, whichever is less, ascending.
pub(crate) fn budget_under_power(law: &dyn Law, dim: u32, others: &[(u32, u64)]) -> Option<u32> {
    let end = others.first().map_or(dim, |nearest| nearest.0);
    largest_below(end, |budget| outpowers(law, dim, budget, others))
}

/// The largest budget below `end` that `holds`, if 0 does. What holds for one holds for every smaller one.
pub(crate) fn largest_below(end: u32, holds: impl Fn(u32) -> bool) -> Option<u32> {
    // All below the one hold; the other does not, or is the end.
    let (mut low, mut high) = (0, end);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low.checked_sub(1)
}

/// Whether one key outweighs `others`, each of (distance, count), all of them moved nearer by `budget`, which is less than
/// any distance.
fn outweighs(law: &dyn Law, dim: u32, budget: u32, others: &[(u32, u64)]) -> bool {
    let [low, high] = law.weigh(&mut others.iter().copied(), budget);
    if high < 1.0 || low >= 1.0 {
        return high < 1.0;
    }
    // Too close for `f64`.
    let mut votes = vec![(0, 1)];
    votes.extend(others.iter().map(|&(distance, count)| (distance - budget, -(count as i64))));
    law.sign(dim, &mut std::iter::empty(), &mut votes) == Ordering::Greater
}

/// Whether (d − w)^K exceeds Σ N_E (|s| + w)^K, |s| = d − 2E, over `others`, each of (E, N_E), E the lesser of the
/// distances to a key and to its complement; the budget w is less than d and than any of these.
fn outpowers(law: &dyn Law, dim: u32, budget: u32, others: &[(u32, u64)]) -> bool {
    // Among d + w positions d − w is the overlap at distance w, and |s| + w the one at distance E.
    let mut votes = vec![(budget, 1)];
    votes.extend(others.iter().map(|&(distance, count)| (distance, -(count as i64))));
    law.sign(dim + budget, &mut std::iter::empty(), &mut votes) == Ordering::Greater
}
