//! Looks: how far around which keys.

use crate::Separation;
use crate::patterns::flips;

/// How keys are looked around: see [`View::basins_of`](crate::View::basins_of).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look<'a> {
    pub(crate) radius: u32,
    pub(crate) far: bool,
    pub(crate) keys: Option<&'a [u64]>,
}

impl<'a> Look<'a> {
    /// As far as distance `radius`, 1 to d, around every key.
    pub fn new(radius: u32) -> Self {
        Self { radius, far: false, keys: None }
    }

    /// How far must be looked among `keys` keys of dimension `dim` for the budgets of most to cover a noise of share
    /// `noise` under `separation`; where weights fall as slowly as powers do, so far that no key is missed.
    pub fn reach(keys: usize, dim: usize, separation: Separation, noise: f64) -> u32 {
        if separation.power().is_some() {
            return (dim as u32 / 2).max(1);
        }
        let beta = separation.beta().map_or(1.0, |beta| beta.get());
        let others = (keys as f64).ln() / (2.0 * beta);
        let reach = 2.0 * flips(noise, dim) as f64 + others;
        (reach.ceil() as u32).clamp(1, dim as u32)
    }

    /// Counts the keys that are as near to the complement of a key too, which weigh like near ones under s^K: what
    /// budgets of linear and polynomial separations need. Every distance is taken then.
    ///
    /// Their weights fall slowly, so that it takes nearly all keys to tell: from a radius of d/2 on all are met.
    #[must_use]
    pub fn far(self) -> Self {
        Self { far: true, ..self }
    }

    /// Only around the keys of these ids, each named once. The others still stand around them.
    #[must_use]
    pub fn keys(self, ids: &'a [u64]) -> Self {
        Self { keys: Some(ids), ..self }
    }
}
