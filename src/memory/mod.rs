//! A memory: keys, the values they recall, and all that one asks of it, a file for each.

mod attend;
mod file;
mod overlaps;
mod parts;
mod recall;
mod relax;
mod search;
#[cfg(test)]
mod tests;
mod view;

use popfield_kernels::Tier;

pub use view::View;

use crate::patterns::segments::Side;
use crate::scan::keys::Keys;
use crate::{Error, Missing, Pattern, Result, Scope};

/// An associative memory of n stored associations (x_i, y_i): keys x_i ∈ {±1}^d and values y_i ∈ {±1}^{d'}.
///
/// The patterns themselves are the memory: no weight matrix is ever formed, so storing takes n·(d + d') bits (n·d where
/// keys are their own values), and every separation and β reads the same bits.
///
/// # Example
/// ```
/// use popfield::{Memory, Patterns, Recall, Separation};
/// let keys = Patterns::random(1000, 256, 1, "keys")?;
/// let values = Patterns::random(1000, 32, 1, "values")?;
/// let memory = Memory::hetero_associative(keys, values)?;
/// let queries = memory.keys().range(0..10)?.into();
/// let recalled = memory.recall(&queries, &Recall::new(Separation::exponential(1.0)?))?;
/// assert_eq!(recalled.patterns, memory.values().range(0..10)?);
/// # Ok::<(), popfield::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Memory {
    keys: Keys,
    /// `None` where keys are their own values: they are stored once.
    values: Option<Side>,
}

impl Memory {
    /// A memory of `keys` that recall themselves, y = x.
    ///
    /// # Errors
    /// [`Error::Empty`] without keys; [`Error::Kernel`] if `POPFIELD_TIER` names no tier of this CPU.
    pub fn auto_associative(keys: impl Into<Side>) -> Result<Self> {
        Self::of_sides(keys.into(), None)
    }

    /// A memory in which key i recalls value i; their dimensions may differ.
    ///
    /// # Errors
    /// As [`auto_associative`](Self::auto_associative); [`Error::Count`] unless there are as many values as keys.
    pub fn hetero_associative(keys: impl Into<Side>, values: impl Into<Side>) -> Result<Self> {
        Self::of_sides(keys.into(), Some(values.into()))
    }

    /// Keys and the values beside them, in segments of the same lengths.
    pub(crate) fn of_sides(keys: Side, values: Option<Side>) -> Result<Self> {
        if let Some(values) = values.as_ref().filter(|values| values.len() != keys.len()) {
            let (expected, found) = (keys.len() as u64, values.len() as u64);
            return Err(Error::Count { what: "values, one for each key", expected, found });
        }
        if keys.is_empty() {
            return Err(Error::Empty { what: "keys" });
        }
        // Scans walk both sides together.
        let values = match values {
            Some(values) if !values.is_cut_as(&keys) => Some(values.to_patterns()?.into()),
            values => values,
        };
        let keys = match &values {
            Some(values) if !keys.is_cut_as(values) => keys.to_patterns()?.into(),
            _ => keys,
        };
        Ok(Self { keys: Keys::new(keys, Tier::from_env()?), values })
    }

    /// Stores one more association, under the next id. `value` is left out where keys are their own values.
    ///
    /// Cost: the words of a pattern; where a clone of the memory or a network learned of it shares the patterns, a copy of
    /// the last segment, once.
    ///
    /// # Errors
    /// [`Error::Dimension`] if key or value is of another dimension; [`Error::Count`] if a value is missing, or given
    /// to a memory whose keys are their own values; [`Error::OutOfMemory`].
    pub fn store(&mut self, key: &Pattern, value: Option<&Pattern>) -> Result<()> {
        let (expected, found) = (u64::from(self.values.is_some()), u64::from(value.is_some()));
        if expected != found {
            return Err(Error::Count { what: "values of an association", expected, found });
        }
        for (what, pattern, dim) in [("key", Some(key), self.dim()), ("value", value, self.value_dim())] {
            if let Some(found) = pattern.map(Pattern::dim).filter(|&found| found != dim) {
                return Err(Error::Dimension { what, expected: dim, found });
            }
        }
        // Room for both before either is stored, so that a failure changes nothing.
        self.keys.side_mut().grow()?;
        self.values.as_mut().map_or(Ok(()), Side::grow)?;
        self.keys.side_mut().push(key)?;
        self.values.as_mut().zip(value).map_or(Ok(()), |(values, value)| values.push(value))
    }

    /// Forgets association `id`, and returns its key and its value, if they differ in kind. Ids above it move down by
    /// one.
    ///
    /// Forgetting is exact: since no weights are kept, the memory is bit for bit what it would be had the association
    /// never been stored.
    ///
    /// Cost: (n − `id`) × words of a pattern; where a clone of the memory or a network learned of it shares the patterns, a
    /// copy of their segment.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such id; [`Error::Empty`] if it is the last association.
    pub fn forget(&mut self, id: usize) -> Result<(Pattern, Option<Pattern>)> {
        if self.len() == 1 && id == 0 {
            return Err(Error::Empty { what: "keys after forgetting" });
        }
        let (Some(key), value) = (self.keys().get(id), self.values.as_ref().and_then(|values| values.get(id))) else {
            let (expected, found) = (format!("0 to {}", self.len() - 1), id.to_string());
            return Err(Error::Parameter { what: "id to forget", expected, found });
        };
        // What may fail before anything changes.
        let keys = self.keys().without(id)?;
        let values = self.values.as_ref().map(|values| values.without(id)).transpose()?.flatten();
        take_out(self.keys.side_mut(), id, keys);
        if let Some(side) = &mut self.values {
            take_out(side, id, values);
        }
        Ok((key, value))
    }

    /// This memory, scanned by `tier`. Answers are equal to the bit on every tier.
    #[must_use]
    pub fn with_tier(self, tier: Tier) -> Self {
        Self { keys: self.keys.with_tier(tier), ..self }
    }

    /// The tier that scans.
    pub fn tier(&self) -> Tier {
        self.keys.tier
    }

    /// Associations n.
    pub fn len(&self) -> usize {
        self.keys().len()
    }

    /// Never: a memory holds at least one association.
    pub fn is_empty(&self) -> bool {
        self.keys().is_empty()
    }

    /// Dimension d of the keys.
    pub fn dim(&self) -> usize {
        self.keys().dim()
    }

    /// Dimension of the values.
    pub fn value_dim(&self) -> usize {
        self.values().dim()
    }

    /// Whether keys are their own values.
    pub fn is_auto_associative(&self) -> bool {
        self.values.is_none()
    }

    /// The keys in storing order.
    pub fn keys(&self) -> &Side {
        &self.keys.side
    }

    /// The values in storing order.
    pub fn values(&self) -> &Side {
        self.values.as_ref().unwrap_or(&self.keys.side)
    }

    /// Bytes of memory that the stored patterns take.
    pub fn bytes(&self) -> usize {
        self.keys().bytes() + self.values.as_ref().map_or(0, Side::bytes)
    }

    /// The associations that `only` names, or all, less those that `exclude` names; no id may be given twice in one list.
    ///
    /// # Errors
    /// [`Error::Id`] for an id that comes again, and for one that no association has unless `missing` allows it;
    /// [`Error::Parameter`] if none is left; [`Error::OutOfMemory`].
    pub fn scope(&self, only: Option<&[u64]>, exclude: &[u64], missing: Missing) -> Result<Scope> {
        self.keys.scope(only, exclude, missing)
    }
}

/// Makes `side` what it is `without` pattern `id`; without a copy it is taken out in place.
fn take_out(side: &mut Side, id: usize, without: Option<Side>) {
    match without {
        Some(without) => *side = without,
        None => side.remove_last(id),
    }
}
