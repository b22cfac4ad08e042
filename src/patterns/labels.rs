//! Labels: what people call associations, by their places.

use std::fmt;
use std::sync::Arc;

use crate::Result;
use crate::error::room_for;
use crate::patterns::ids::Numbers;

/// Some bytes that lie together: in memory, or in a file that is mapped.
pub(crate) trait Bytes: fmt::Debug + Send + Sync {
    fn bytes(&self) -> &[u8];
}

impl Bytes for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

/// The labels of some places that follow each other.
#[derive(Clone, Debug)]
pub(crate) enum LabelRun {
    /// None has one.
    Bare {
        /// How many places.
        len: usize,
    },
    /// Texts one after the other, UTF-8; an empty one is none.
    Texts {
        text: Arc<dyn Bytes>,
        /// Where each ends.
        ends: Arc<dyn Numbers>,
    },
}

impl LabelRun {
    /// The labels of `texts`, in order; an empty one is none.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(crate) fn of<'a>(texts: impl ExactSizeIterator<Item = &'a str> + Clone) -> Result<Self> {
        let total = texts.clone().map(str::len).sum();
        if total == 0 {
            return Ok(Self::Bare { len: texts.len() });
        }
        let (mut text, mut ends) = (room_for(total, "labels")?, room_for(texts.len(), "labels")?);
        for one in texts {
            text.extend_from_slice(one.as_bytes());
            ends.push(text.len() as u64);
        }
        Ok(Self::Texts { text: Arc::new(text), ends: Arc::new(ends) })
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Bare { len } => *len,
            Self::Texts { ends, .. } => ends.numbers().len(),
        }
    }

    /// Whether none has one.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(self, Self::Bare { .. })
    }

    /// The label of the run's place `index`. Where a mapped file is damaged a label is none, or another.
    pub(crate) fn get(&self, index: usize) -> Option<&str> {
        let Self::Texts { text, ends } = self else { return None };
        let ends = ends.numbers();
        let start = if index == 0 { 0 } else { *ends.get(index - 1)? };
        let text = text.bytes().get(start as usize..*ends.get(index)? as usize)?;
        std::str::from_utf8(text).ok().filter(|label| !label.is_empty())
    }
}

/// The labels of a memory's associations, by place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    /// One run of places after the other; places beyond the last have none.
    runs: Vec<LabelRun>,
}

impl Labels {
    pub(crate) fn new(runs: Vec<LabelRun>) -> Self {
        Self { runs }
    }

    /// Whether no association has one.
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.iter().all(LabelRun::is_bare)
    }

    /// The label of `place`, if it has one.
    pub(crate) fn get(&self, place: usize) -> Option<&str> {
        let mut at = place;
        for run in &self.runs {
            if at < run.len() {
                return run.get(at);
            }
            at -= run.len();
        }
        None
    }
}
