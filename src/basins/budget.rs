//! Budgets: how much of a key a query may get wrong.

use std::cmp::Ordering;

use crate::basins::{Basin, Basins};
use crate::separation::law::Law;
use crate::{Error, Result, Separation};

impl Basins {
    /// For each key in storing order its budget under `separation`, exponential or max: every query with 2h + u no more
    /// than this, h being its flips among the known positions and u the unknown ones, recalls the key's value in every
    /// bit, no bit is tied, and its nearest keys are the key and its copies. `None` where nothing is certain, not even of
    /// the key itself: another too near, or a copy of another value.
    ///
    /// Exact in its decisions, and the largest that these basins prove: no more than the radius, beyond which it is not
    /// known what stands. 2d where all keys are equal, as no query can cost more.
    ///
    /// Cost: log₂ d times the distances at which there are keys, for each key.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another separation.
    pub fn budgets(&self, separation: Separation) -> Result<Vec<Option<u32>>> {
        let law = match separation {
            Separation::Exponential(_) => Some(separation.law(false, self.dim)),
            Separation::Max => None,
            _ => {
                let (expected, found) = ("exponential or max".into(), separation.to_string());
                return Err(Error::Parameter { what: "separation of budgets", expected, found });
            }
        };
        Ok(self.all.iter().map(|basin| self.budget(basin, law.as_deref())).collect())
    }

    /// The budget of one key; by the nearest others alone where there is no law.
    fn budget(&self, basin: &Basin, law: Option<&dyn Law>) -> Option<u32> {
        if !basin.values_agree {
            return None;
        }
        let others = self.all.len() as u64 - basin.copies;
        if others == 0 {
            return Some(2 * self.dim as u32);
        }
        // Below the nearest other key the stored one stays the nearest; those not met are beyond the radius.
        let nearest = basin.nearest.map_or(self.radius.saturating_add(1), |nearest| nearest.distance);
        let most = nearest - 1;
        let Some(law) = law else { return Some(most) };
        let met: u64 = basin.near.iter().map(|near| near.1).sum();
        let unmet = others - met;
        let all: Vec<(u32, u64)> =
            basin.near.iter().copied().chain((unmet > 0).then_some((self.radius + 1, unmet))).collect();
        let holds = |budget: u32| outweighs(law, self.dim as u32, budget, &all);
        if !holds(0) {
            return None;
        }
        // The largest that holds, between one that does and one that does not.
        let (mut low, mut high) = (0, most + 1);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if holds(middle) { low = middle } else { high = middle }
        }
        Some(low)
    }
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
