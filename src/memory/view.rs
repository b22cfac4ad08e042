//! Views: a memory as one call sees it.

use crate::index::Index;
use crate::patterns::Stored;
use crate::patterns::bits::Bits;
use crate::patterns::segments::Side;
use crate::progress::Steps;
use crate::recall::asked::Asked;
use crate::scan::keys::Scan;
use crate::{Error, Memory, Progress, Result, Scope};

/// A memory as one call sees it: all of it or the associations in a [`Scope`], and who watches the call.
///
/// Recall, search and attention know scopes. Dynamics, overlaps, distances and saving are watched, of whole memories;
/// [`Memory::advance`], [`Memory::partial`] and [`Memory::votes`] are neither.
///
/// ```
/// use popfield::{Memory, Missing, Patterns, Progress, Recall, Separation};
/// let memory = Memory::auto_associative(Patterns::random(100, 64, 5, "keys")?)?;
/// let scope = memory.scope(None, &[42], Missing::Refuse)?;
/// let query = memory.keys().range(42..43)?.into();
/// let recall = Recall::new(Separation::Max);
/// let recalled = memory.within(&scope).watched(Progress::NONE).recall(&query, &recall)?;
/// assert_ne!(recalled.reports[0].nearest.id, 42);
/// # Ok::<(), popfield::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    memory: &'a Memory,
    scope: Option<&'a Scope>,
    progress: Progress<'a>,
    /// Whether an index may answer.
    indexed: bool,
}

impl Memory {
    /// All of the memory.
    pub fn view(&self) -> View<'_> {
        View { memory: self, scope: None, progress: Progress::NONE, indexed: true }
    }

    /// The associations in `scope`, as if there were no others.
    pub fn within<'a>(&'a self, scope: &'a Scope) -> View<'a> {
        View { scope: Some(scope), ..self.view() }
    }

    /// All of the memory, for a call that `progress` watches and may stop.
    pub fn watched<'a>(&'a self, progress: Progress<'a>) -> View<'a> {
        self.view().watched(progress)
    }
}

impl<'a> View<'a> {
    /// This view, for a call that `progress` watches and may stop.
    #[must_use]
    pub fn watched(self, progress: Progress<'a>) -> Self {
        Self { progress, ..self }
    }

    /// This view, for a call that asks the index or, with `false`, scans; it is asked unless told, where there is one and
    /// as far as it is worth while. Answers are the same.
    #[must_use]
    pub fn indexed(self, indexed: bool) -> Self {
        Self { indexed, ..self }
    }

    /// The index, if it is to be asked.
    pub(crate) fn index(&self) -> Option<&'a Index> {
        // One that is in a file is read now: not if it is not to be asked.
        if self.indexed { self.memory.index.index() } else { None }
    }

    /// Associations that there are for the call.
    pub fn len(&self) -> usize {
        self.scope.map_or(self.memory.len(), Scope::len)
    }

    /// Never: there is at least one.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys in storing order.
    pub fn keys(&self) -> Stored<'a> {
        Stored::new(self.memory.key_side(), self.memory.keys.ids(), self.present())
    }

    /// The values in storing order.
    pub fn values(&self) -> Stored<'a> {
        Stored::new(self.memory.value_side(), self.memory.keys.ids(), self.present())
    }

    /// The ids in storing order.
    pub fn ids(&self) -> impl Iterator<Item = u64> + use<'a> {
        let (ids, keys) = (self.memory.keys.ids(), self.memory.key_side().len());
        let present = self.present();
        (0..keys).filter(move |&place| present.is_none_or(|present| present.contains(place))).map(|place| ids.id(place))
    }

    /// The places of the associations that there are for the call; `None` for all. A scope of other keys has others.
    pub(crate) fn present(&self) -> Option<&'a Bits> {
        let scope = self.scope.filter(|scope| scope.generation() == self.memory.keys.generation());
        scope.map(Scope::present).or(self.memory.keys.live())
    }

    /// This view of `settled`, which holds the same associations; it must be a view of all of them.
    pub(super) fn of_settled<'b>(&self, settled: &'b Memory) -> View<'b>
    where
        'a: 'b,
    {
        View { memory: settled, scope: None, progress: self.progress, indexed: self.indexed }
    }

    /// Refuses scopes that leave associations out.
    pub(super) fn check_whole(&self, what: &'static str) -> Result<()> {
        if self.scope.is_some_and(|scope| scope.generation() != self.memory.keys.generation()) {
            return Err(Error::Mismatch { what: "the memory of a call and that of its scope" });
        }
        if self.len() < self.memory.len() {
            let (expected, found) = (format!("all {} associations", self.memory.len()), self.len().to_string());
            return Err(Error::Parameter { what, expected, found });
        }
        Ok(())
    }

    pub(crate) fn memory(&self) -> &'a Memory {
        self.memory
    }

    pub(super) fn value_side(&self) -> &'a Side {
        self.memory.value_side()
    }

    /// Begins a call of `total` things.
    pub(crate) fn begin(&self, total: u64) -> Steps<'a> {
        self.progress.begin(total)
    }

    /// What the call scans.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if the scope is of another memory, or of this one before it was changed.
    pub(crate) fn scan<'s>(&'s self, steps: &'s Steps<'s>) -> Result<Scan<'s>> {
        Scan::new(&self.memory.keys, self.scope, steps)
    }

    /// What a step asks.
    pub(crate) fn asked<'s>(&'s self, steps: &'s Steps<'s>) -> Result<Asked<'s>> {
        Ok(Asked { scan: self.scan(steps)?, values: self.value_side(), index: self.index() })
    }
}
