//! Queries: what a memory is prompted with, erased positions included.

use std::ops::Range;

use popfield_kernels::QueryPanel;

use crate::{Error, Pattern, Patterns, Result};

/// One query: a pattern whose positions may be unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    signs: Pattern,
    known: Option<Pattern>,
}

impl Query {
    /// A query whose every position is known.
    pub fn new(signs: Pattern) -> Self {
        Self { signs, known: None }
    }

    /// The ±1 elements; an erased position reads −1.
    pub fn signs(&self) -> &Pattern {
        &self.signs
    }

    /// The known positions as set bits, or `None` if all are known.
    pub fn known(&self) -> Option<&Pattern> {
        self.known.as_ref()
    }

    /// The ±1 elements, taking the query apart.
    pub fn into_signs(self) -> Pattern {
        self.signs
    }

    /// How many positions are known.
    pub fn known_count(&self) -> usize {
        self.known.as_ref().map_or(self.signs.dim(), |known| known.bits().count_ones())
    }
}

impl From<Pattern> for Query {
    fn from(signs: Pattern) -> Self {
        Self::new(signs)
    }
}

/// A batch of queries of one dimension.
///
/// A query may hold *erased* positions, whose element is unknown: overlaps and distances then run over the known ones
/// only, s = known − 2h.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queries {
    signs: Patterns,
    known: Option<Patterns>,
}

impl Queries {
    /// Queries from rows of elements +1, −1 or 0, the 0 marking an erased position; `elements` is (n, `dim`), row by
    /// row.
    ///
    /// # Errors
    /// [`Error::Count`] if the rows are not whole; [`Error::Element`] at any other element.
    ///
    /// # Example
    /// ```
    /// let queries = popfield::Queries::from_signs(&[1, 0, -1, 1], 4)?;
    /// assert_eq!(queries.get(0).unwrap().known_count(), 3);
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn from_signs(elements: &[i8], dim: usize) -> Result<Self> {
        if let Some(at) = elements.iter().position(|sign| !(-1..=1).contains(sign)) {
            let (row, column, found) = (at / dim.max(1), at % dim.max(1), elements[at].to_string());
            return Err(Error::Element { what: "queries", row, column, expected: "+1, −1 or 0 (erased)", found });
        }
        let patterns = |is_set| Patterns::of_elements(elements, dim, is_set);
        let signs = patterns(|&sign| sign > 0)?;
        let known = if elements.contains(&0) { Some(patterns(|&sign| sign != 0)?) } else { None };
        Ok(Self { signs, known })
    }

    /// Queries of which only the positions set in `known` are known; what `signs` holds elsewhere does not matter.
    ///
    /// # Errors
    /// [`Error::Dimension`] or [`Error::Count`] if the two have not the same shape.
    pub fn with_known(signs: Patterns, known: Patterns) -> Result<Self> {
        if signs.dim() != known.dim() {
            return Err(Error::Dimension { what: "known positions", expected: signs.dim(), found: known.dim() });
        }
        if signs.len() != known.len() {
            let (expected, found) = (signs.len() as u64, known.len() as u64);
            return Err(Error::Count { what: "rows of known positions", expected, found });
        }
        let mut signs = signs;
        for i in 0..signs.len() {
            let words: Vec<u64> = (0..signs.words()).map(|w| signs.word(i, w) & known.word(i, w)).collect();
            signs.put(i, words);
        }
        Ok(Self { signs, known: Some(known) })
    }

    /// Queries in the batch.
    pub fn len(&self) -> usize {
        self.signs.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.signs.is_empty()
    }

    /// Positions d of each.
    pub fn dim(&self) -> usize {
        self.signs.dim()
    }

    /// The ±1 elements; an erased position reads −1.
    pub fn signs(&self) -> &Patterns {
        &self.signs
    }

    /// The ±1 elements, taking the batch apart.
    pub fn into_signs(self) -> Patterns {
        self.signs
    }

    /// The known positions as set bits, or `None` if all of every query are known.
    pub fn known(&self) -> Option<&Patterns> {
        self.known.as_ref()
    }

    /// Query `index`, or `None` beyond the end.
    pub fn get(&self, index: usize) -> Option<Query> {
        // A mask of nothing but known positions says nothing.
        let known = self.known.as_ref().and_then(|known| known.get(index)).filter(|known| !known.bits().all());
        self.signs.get(index).map(|signs| Query { signs, known })
    }

    /// The queries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Query> {
        (0..self.len()).map(|i| self.get(i).expect("an index below the length"))
    }

    /// How many positions of query `index` are known; 0 beyond the end.
    pub fn known_count(&self, index: usize) -> usize {
        match &self.known {
            None if index < self.len() => self.dim(),
            Some(known) if index < self.len() => {
                (0..known.words()).map(|w| known.word(index, w).count_ones() as usize).sum()
            }
            _ => 0,
        }
    }

    /// A copy of the queries of `range`, which is cut to those that exist.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn range(&self, range: Range<usize>) -> Result<Self> {
        let known = self.known.as_ref().map(|known| known.range(range.clone())).transpose()?;
        Ok(Self { signs: self.signs.range(range)?, known })
    }

    /// Copies of some of them, all in range.
    pub(crate) fn select(&self, indices: &[usize]) -> Result<Self> {
        let copy = |patterns: &Patterns| -> Result<Patterns> {
            let mut chosen = Patterns::filled(indices.len(), patterns.dim(), false)?;
            for (to, &index) in indices.iter().enumerate() {
                chosen.put(to, patterns.row(index));
            }
            Ok(chosen)
        };
        Ok(Self { signs: copy(&self.signs)?, known: self.known.as_ref().map(copy).transpose()? })
    }

    /// Some of them, packed for the kernels.
    pub(crate) fn panel<I>(&self, indices: I) -> Result<QueryPanel>
    where
        I: IntoIterator<Item = usize, IntoIter: Clone>,
    {
        let (words, indices) = (self.signs.words(), indices.into_iter());
        let rows = |patterns: &Patterns| -> Vec<u64> {
            let mut rows = Vec::with_capacity(indices.size_hint().0 * words);
            indices.clone().for_each(|i| rows.extend(patterns.row(i)));
            rows
        };
        Ok(QueryPanel::new(rows(&self.signs), self.known.as_ref().map(rows), words)?)
    }
}

impl From<Patterns> for Queries {
    fn from(signs: Patterns) -> Self {
        Self { signs, known: None }
    }
}

/// Queries of one dimension, of which there must be at least one.
impl<'a> FromIterator<&'a Query> for Result<Queries> {
    fn from_iter<I: IntoIterator<Item = &'a Query>>(iter: I) -> Self {
        let queries: Vec<&Query> = iter.into_iter().collect();
        let signs = queries.iter().map(|query| &query.signs).collect::<Result<Patterns>>()?;
        if queries.iter().all(|query| query.known.is_none()) {
            return Ok(Queries { signs, known: None });
        }
        let mut known = Patterns::new(signs.dim())?;
        known.reserve(queries.len())?;
        for query in queries {
            match &query.known {
                Some(mask) => known.push(mask)?,
                None => known.push(&Pattern::filled(query.signs.dim(), true)?)?,
            }
        }
        Ok(Queries { signs, known: Some(known) })
    }
}

impl From<Query> for Queries {
    fn from(query: Query) -> Self {
        let one = |pattern: &Pattern| {
            let mut patterns = Patterns::new(pattern.dim()).expect("a pattern's dimension is in range");
            patterns.push(pattern).expect("the same dimension");
            patterns
        };
        Self { signs: one(&query.signs), known: query.known.as_ref().map(one) }
    }
}
