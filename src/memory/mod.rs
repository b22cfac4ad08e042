//! A memory: keys, the values they recall, and all that one asks of it, a file for each.

#[cfg(feature = "store")]
pub(crate) mod alone;
mod attend;
mod basins;
mod change;
mod file;
mod index;
#[cfg(feature = "store")]
mod index_file;
mod index_growth;
mod index_slot;
mod named;
mod open;
mod overlaps;
mod parts;
mod recall;
mod relax;
mod search;
mod settled;
#[cfg(feature = "store")]
pub(crate) mod shared;
#[cfg(test)]
mod tests;
mod view;

use popfield_kernels::Tier;

pub use view::View;

use crate::index::Origin;
use crate::memory::index_slot::Slot;
use crate::patterns::bits::Bits;
use crate::patterns::contents::Contents;
use crate::patterns::ids::Ids;
use crate::patterns::labels::Labels;
use crate::patterns::segments::Side;
use crate::patterns::{Notes, Stored};
use crate::scan::keys::Keys;
use crate::{Error, Missing, Result, Scope};

/// An associative memory of n stored associations (x_i, y_i): keys x_i ∈ {±1}^d and values y_i ∈ {±1}^{d'}.
///
/// Each association has an *id*, which stays what it is whatever else is stored or forgotten: ids are counted from 0 as
/// associations are stored and are never given again, or are people's own ([`with_ids`](Self::with_ids)). Keys at equal
/// distance come by ascending id. An association may have a label, and a memory has notes.
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
    labels: Labels,
    notes: Notes,
    index: Slot,
    /// What the keys were when they were opened, if they are still that.
    origin: Option<Origin>,
    /// The commit of a store that it is, if it is still that; else 0.
    generation: u64,
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

    /// Keys and the values beside them, under ids counted from 0.
    pub(crate) fn of_sides(keys: Side, values: Option<Side>) -> Result<Self> {
        if keys.is_empty() && values.as_ref().is_none_or(Side::is_empty) {
            return Err(Error::Empty { what: "keys" });
        }
        let ids = Ids::counted(keys.len());
        Self::of_contents(Contents { keys, values, ids, live: None, labels: Labels::default(), notes: Notes::new() })
    }

    /// A memory of `contents`, whose patterns and labels it shares.
    ///
    /// # Errors
    /// [`Error::Count`] unless there are as many values, ids and bits of what is live as keys; [`Error::Empty`] if no
    /// association is there; [`Error::Kernel`] if `POPFIELD_TIER` names no tier of this CPU; [`Error::OutOfMemory`] if
    /// keys and values come in segments of other lengths, which are put together alike.
    pub(crate) fn of_contents(contents: Contents) -> Result<Self> {
        let Contents { keys, values, ids, live, labels, notes } = contents;
        let counts = [
            ("values, one for each key", values.as_ref().map(Side::len)),
            ("ids, one for each key", Some(ids.len())),
            ("places of forgotten associations, one for each key", live.as_ref().map(Bits::of)),
        ];
        for (what, found) in counts {
            if let Some(found) = found.filter(|&found| found != keys.len()) {
                return Err(Error::Count { what, expected: keys.len() as u64, found: found as u64 });
            }
        }
        let live = live.filter(|live| live.len() < live.of());
        if keys.is_empty() || live.as_ref().is_some_and(|live| live.len() == 0) {
            return Err(Error::Empty { what: "memory" });
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
        let keys = Keys::new(keys, ids, live, Tier::from_env()?);
        Ok(Self { keys, values, labels, notes, index: Slot::Empty, origin: None, generation: 0 })
    }

    /// What the memory is made of: its patterns and labels are shared, and no more is copied than a bit for each place.
    pub(crate) fn contents(&self) -> Contents {
        Contents {
            keys: self.key_side().clone(),
            values: self.values.clone(),
            ids: self.keys.ids().clone(),
            live: self.keys.live().cloned(),
            labels: self.labels.clone(),
            notes: self.notes.clone(),
        }
    }

    /// This memory, scanned by `tier`. Answers are equal to the bit on every tier.
    #[must_use]
    pub fn with_tier(self, tier: Tier) -> Self {
        Self { keys: self.keys.with_tier(tier), ..self }
    }

    /// The tier that scans.
    pub fn tier(&self) -> Tier {
        self.keys.tier()
    }

    /// Associations n.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Never: a memory holds at least one association.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Dimension d of the keys.
    pub fn dim(&self) -> usize {
        self.key_side().dim()
    }

    /// Dimension of the values.
    pub fn value_dim(&self) -> usize {
        self.value_side().dim()
    }

    /// Whether keys are their own values.
    pub fn is_auto_associative(&self) -> bool {
        self.values.is_none()
    }

    /// The keys in storing order.
    pub fn keys(&self) -> Stored<'_> {
        self.view().keys()
    }

    /// The values in storing order.
    pub fn values(&self) -> Stored<'_> {
        self.view().values()
    }

    /// The keys by place, those of forgotten associations included.
    pub(crate) fn key_side(&self) -> &Side {
        self.keys.side()
    }

    /// The values by place.
    pub(crate) fn value_side(&self) -> &Side {
        self.values.as_ref().unwrap_or(self.keys.side())
    }

    /// Which commit of a store it was opened as, counted from 1; 0 where it is of none, or has been changed since.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Bytes that the stored patterns take, in memory or in files that are mapped.
    pub fn bytes(&self) -> usize {
        self.key_side().bytes() + self.values.as_ref().map_or(0, Side::bytes)
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
