//! What associations and memories are called: ids, labels and notes.

use crate::patterns::Notes;
use crate::patterns::contents::Contents;
use crate::patterns::ids::Ids;
use crate::patterns::labels::{LabelRun, Labels};
use crate::{Error, Memory, Pattern, Result};

impl Memory {
    /// This memory under people's own ids, one for each association in storing order. Counting goes on above the largest.
    ///
    /// Cost: 8 bytes an id unless they count, and as much again where they do not ascend; their sorting.
    ///
    /// # Errors
    /// [`Error::Count`] if they are not as many; [`Error::Id`] for one that comes twice, and for 2⁶⁴ − 1;
    /// [`Error::OutOfMemory`].
    ///
    /// # Example
    /// ```
    /// use popfield::{Memory, Patterns};
    /// let keys = Patterns::random(3, 64, 5, "keys")?;
    /// let mut memory = Memory::auto_associative(keys.clone())?.with_ids(vec![70, 12, 55])?;
    /// assert_eq!(memory.search_top(&keys.range(1..2)?.into(), 1)?[0][0].id, 12);
    /// assert_eq!(memory.store(&keys.get(0).unwrap(), None)?, 71);
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn with_ids(self, ids: Vec<u64>) -> Result<Self> {
        self.check_count("ids, one for each association", ids.len())?;
        let ids = Ids::own(ids)?;
        let tier = self.tier();
        let contents = self.settled()?.into_owned().contents();
        Ok(Self::of_contents(Contents { ids, ..contents })?.with_tier(tier))
    }

    /// This memory with a label for each association, in storing order; an empty one is none. They need not be unique.
    ///
    /// Cost: a copy of the labels.
    ///
    /// # Errors
    /// [`Error::Count`] if they are not as many; [`Error::OutOfMemory`].
    pub fn with_labels<L: AsRef<str>>(self, labels: &[L]) -> Result<Self> {
        self.check_count("labels, one for each association", labels.len())?;
        let labels = Labels::new(vec![LabelRun::of(labels.iter().map(AsRef::as_ref))?]);
        Ok(Self { labels, ..self.settled()?.into_owned() })
    }

    /// This memory with these notes in place of those that it has.
    #[must_use]
    pub fn with_notes(self, notes: Notes) -> Self {
        Self { notes, ..self }
    }

    fn check_count(&self, what: &'static str, found: usize) -> Result<()> {
        if found != self.len() {
            return Err(Error::Count { what, expected: self.len() as u64, found: found as u64 });
        }
        Ok(())
    }

    /// The ids in storing order.
    pub fn ids(&self) -> impl Iterator<Item = u64> {
        self.places().map(|place| self.keys.ids().id(place))
    }

    /// The id that the next association that is [stored](Self::store) is given: above all that ever were.
    pub fn next_id(&self) -> u64 {
        self.keys.ids().next()
    }

    /// Whether there is an association `id`.
    pub fn contains(&self, id: u64) -> bool {
        self.keys.find(id).is_some()
    }

    /// The key of association `id`, and its value, if they differ in kind; `None` if there is no such id.
    ///
    /// Cost: log n and the words of a pattern; where ids do not ascend from segment to segment, log n for each.
    pub fn get(&self, id: u64) -> Option<(Pattern, Option<Pattern>)> {
        self.keys.find(id).and_then(|place| self.at(place))
    }

    /// Whether any association may have a label.
    pub fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    /// The label of association `id`; `None` if it has none, or there is no such id.
    pub fn label(&self, id: u64) -> Option<&str> {
        self.keys.find(id).and_then(|place| self.labels.get(place))
    }

    /// The labels in storing order; `None` where an association has none.
    pub fn labels(&self) -> impl Iterator<Item = Option<&str>> {
        let live = self.keys.live();
        let all = self.labels.iter().enumerate().take(self.key_side().len());
        all.filter(move |(place, _)| live.is_none_or(|live| live.contains(*place))).map(|(_, label)| label)
    }

    /// What was noted of the memory.
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// The id of `place`, which is in range.
    #[cfg(any(feature = "learning", feature = "receipts"))]
    pub(crate) fn id(&self, place: usize) -> u64 {
        self.keys.ids().id(place)
    }

    /// The places of the associations that there are, ascending.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        let live = self.keys.live();
        (0..self.key_side().len()).filter(move |&place| live.is_none_or(|live| live.contains(place)))
    }
}
