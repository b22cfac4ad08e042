//! Memories settled: without the places of what was forgotten, for those who know of none.

use std::borrow::Cow;

use crate::patterns::contents::Contents;
use crate::patterns::ids::{Ids, spans};
use crate::patterns::labels::{LabelRun, Labels};
use crate::patterns::segments::Side;
use crate::{Memory, Result};

impl Memory {
    /// The same associations under the same ids, in storing order, at places that are all live: this memory itself where
    /// nothing was forgotten in a store, else a copy.
    ///
    /// Recall, search and attention pass over places where nothing is. Sweeps and what is learned of the patterns look at
    /// all of them, position by position, and copying them once costs little beside that.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(crate) fn settled(&self) -> Result<Cow<'_, Self>> {
        let Some(live) = self.keys.live() else { return Ok(Cow::Borrowed(self)) };
        let copy = |side: &Side| side.select(live.len(), live.places()).map(Side::from);
        let labels: Vec<&str> = match self.has_labels() {
            true => self.labels().map(Option::unwrap_or_default).collect(),
            false => Vec::new(),
        };
        let contents = Contents {
            keys: copy(self.key_side())?,
            values: self.values.as_ref().map(copy).transpose()?,
            ids: Ids::of_spans(&spans(self.ids())?, self.keys.ids().next())?,
            live: None,
            labels: Labels::new(vec![LabelRun::of(labels.iter().copied())?]),
            notes: self.notes().clone(),
        };
        Ok(Cow::Owned(Self::of_contents(contents)?.with_tier(self.tier())))
    }
}
