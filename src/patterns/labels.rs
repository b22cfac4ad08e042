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
    /// The first place of each.
    starts: Vec<usize>,
}

impl Labels {
    pub(crate) fn new(runs: Vec<LabelRun>) -> Self {
        let mut starts = vec![0];
        runs.iter().for_each(|run| starts.push(starts[starts.len() - 1] + run.len()));
        starts.truncate(runs.len());
        Self { runs, starts }
    }

    /// Whether no association has one.
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.iter().all(LabelRun::is_bare)
    }

    /// The label of `place`, if it has one.
    pub(crate) fn get(&self, place: usize) -> Option<&str> {
        let run = self.starts.partition_point(|&start| start <= place).checked_sub(1)?;
        self.runs[run].get(place - self.starts[run])
    }

    /// The labels of all places, without end.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        self.runs.iter().flat_map(|run| (0..run.len()).map(|at| run.get(at))).chain(std::iter::repeat(None))
    }

    /// These labels, of `places` places, and after them those of `more`, where they have any.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(crate) fn appended(&self, places: usize, more: Option<&[String]>) -> Result<Self> {
        let Some(more) = more.filter(|more| more.iter().any(|label| !label.is_empty())) else {
            return Ok(self.clone());
        };
        let mut runs = self.runs.clone();
        let labelled: usize = runs.iter().map(LabelRun::len).sum();
        if labelled < places {
            runs.push(LabelRun::Bare { len: places - labelled });
        }
        runs.push(LabelRun::of(more.iter().map(String::as_str))?);
        Ok(Self::new(runs))
    }

    /// Takes out `place`; those after it move up by one.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory), and nothing has changed.
    pub(crate) fn remove(&mut self, place: usize) -> Result<()> {
        let run = self.starts.partition_point(|&start| start <= place);
        let Some(run) = run.checked_sub(1).filter(|&run| place - self.starts[run] < self.runs[run].len()) else {
            return Ok(());
        };
        let (at, of) = (place - self.starts[run], &self.runs[run]);
        let rest = match of {
            LabelRun::Bare { len } => LabelRun::Bare { len: len - 1 },
            LabelRun::Texts { .. } => {
                let mut texts: Vec<&str> = room_for(of.len() - 1, "labels")?;
                texts.extend((0..of.len()).filter(|&other| other != at).map(|other| of.get(other).unwrap_or_default()));
                LabelRun::of(texts.iter().copied())?
            }
        };
        self.runs[run] = rest;
        *self = Self::new(std::mem::take(&mut self.runs));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_and_taken_out_where_they_are() {
        let runs = vec![
            LabelRun::Bare { len: 2 },
            LabelRun::of(["one", "", "drei", "四"].into_iter()).unwrap(),
            LabelRun::of(["", ""].into_iter()).unwrap(),
            LabelRun::of(["last"].into_iter()).unwrap(),
        ];
        let mut labels = Labels::new(runs);
        let none = None::<&str>;
        let mut expected = vec![none, none, Some("one"), none, Some("drei"), Some("四"), none, none, Some("last")];
        for removed in [4, 0, 6, 50, 3, 0, 0] {
            assert!(labels.iter().take(12).eq(expected.iter().copied().chain([none; 12]).take(12)));
            assert!((0..12).all(|place| labels.get(place) == expected.get(place).copied().flatten()));
            labels.remove(removed).unwrap();
            if removed < expected.len() {
                expected.remove(removed);
            }
        }
        assert!(labels.is_empty() && Labels::default().is_empty());
    }
}
