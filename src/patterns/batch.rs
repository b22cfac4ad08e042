//! A batch: associations on their way into a memory or a store.

use crate::patterns::Patterns;
use crate::{Error, Result};

/// Associations to be stored, some at a time.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    pub(crate) keys: &'a Patterns,
    pub(crate) values: Option<&'a Patterns>,
    pub(crate) ids: Option<&'a [u64]>,
    pub(crate) labels: Option<&'a [String]>,
}

impl<'a> Batch<'a> {
    /// Keys that are their own values, under counted ids.
    pub fn new(keys: &'a Patterns) -> Self {
        Self { keys, values: None, ids: None, labels: None }
    }

    /// Keys with what else there is for each of them: values, ids, labels.
    pub fn of(
        keys: &'a Patterns,
        values: Option<&'a Patterns>,
        ids: Option<&'a [u64]>,
        labels: Option<&'a [String]>,
    ) -> Self {
        Self { keys, values, ids, labels }
    }

    /// With a value for each key.
    #[must_use]
    pub fn values(self, values: &'a Patterns) -> Self {
        Self { values: Some(values), ..self }
    }

    /// With an id for each key, instead of counted ones.
    #[must_use]
    pub fn ids(self, ids: &'a [u64]) -> Self {
        Self { ids: Some(ids), ..self }
    }

    /// With a label for each key; an empty one is none.
    #[must_use]
    pub fn labels(self, labels: &'a [String]) -> Self {
        Self { labels: Some(labels), ..self }
    }

    /// Refuses what does not fit a memory of these dimensions, or together.
    pub(crate) fn check(&self, dim: usize, value_dim: Option<usize>) -> Result<()> {
        let dimension = |what, expected: usize, found: usize| match found == expected {
            true => Ok(()),
            false => Err(Error::Dimension { what, expected, found }),
        };
        dimension("keys", dim, self.keys.dim())?;
        match (value_dim, self.values) {
            (Some(value_dim), Some(values)) => dimension("values", value_dim, values.dim())?,
            (None, None) => {}
            (expected, found) => {
                let count = |there: bool| if there { self.keys.len() as u64 } else { 0 };
                let (expected, found) = (count(expected.is_some()), count(found.is_some()));
                return Err(Error::Count {
                    what: "values, one for each key of a memory that has values",
                    expected,
                    found,
                });
            }
        }
        let lengths = [
            ("values, one for each key", self.values.map(Patterns::len)),
            ("ids, one for each key", self.ids.map(<[u64]>::len)),
            ("labels, one for each key", self.labels.map(<[String]>::len)),
        ];
        for (what, found) in lengths {
            if let Some(found) = found.filter(|&found| found != self.keys.len()) {
                return Err(Error::Count { what, expected: self.keys.len() as u64, found: found as u64 });
            }
        }
        Ok(())
    }
}
