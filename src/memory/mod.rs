//! A memory: keys, the values they recall, and the tier that scans them.

mod attend;
mod file;
mod recall;
mod search;

use std::ops::Range;
use std::sync::OnceLock;

use popfield_kernels::Tier;

pub use recall::{Recall, Recalled};

use crate::error::room_for;
use crate::recall::partial::{Partial, Request, Votes};
use crate::scan::census::{Census, Counted};
use crate::scan::hunt::near;
use crate::scan::plan::Plan;
use crate::scan::sample::sample;
use crate::scan::survey::{distances, survey};
use crate::scan::watch::{Visit, Watch, Watched};
use crate::separation::field::Field;
use crate::sign::self_term::SelfTerm;
use crate::votes::{Ranked, VoteTable};
use crate::{Error, Pattern, Patterns, Queries, Query, Result, Separation};

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
/// let recalled = memory.recall(&memory.keys().range(0..10).into(), &Recall::new(Separation::exponential(1.0)?))?;
/// assert_eq!(recalled.patterns, memory.values().range(0..10));
/// # Ok::<(), popfield::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Memory {
    keys: Patterns,
    /// `None` where keys are their own values: they are stored once.
    values: Option<Patterns>,
    tier: Tier,
    /// Some of the keys, once a scan was planned.
    sample: OnceLock<Patterns>,
}

/// Of a part alone: parts know nothing of each other's nearest keys, and a second round costs more than a wider window.
const PART_MARGIN: f64 = 6.0;

impl Memory {
    /// A memory of `keys` that recall themselves, y = x.
    ///
    /// # Errors
    /// [`Error::Empty`] without keys; [`Error::Kernel`] if `POPFIELD_TIER` names no tier of this CPU.
    pub fn auto_associative(keys: Patterns) -> Result<Self> {
        Self::new(keys, None)
    }

    /// A memory in which key i recalls value i; their dimensions may differ.
    ///
    /// # Errors
    /// As [`auto_associative`](Self::auto_associative); [`Error::Count`] unless there are as many values as keys.
    pub fn hetero_associative(keys: Patterns, values: Patterns) -> Result<Self> {
        if keys.len() != values.len() {
            let (expected, found) = (keys.len() as u64, values.len() as u64);
            return Err(Error::Count { what: "values, one for each key", expected, found });
        }
        Self::new(keys, Some(values))
    }

    fn new(keys: Patterns, values: Option<Patterns>) -> Result<Self> {
        if keys.is_empty() {
            return Err(Error::Empty { what: "keys" });
        }
        Ok(Self { keys, values, tier: Tier::from_env()?, sample: OnceLock::new() })
    }

    /// Stores one more association, under the next id. `value` is left out where keys are their own values.
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
        self.keys.grow()?;
        self.values.as_mut().map_or(Ok(()), Patterns::grow)?;
        self.sample.take();
        self.keys.push(key)?;
        self.values.as_mut().zip(value).map_or(Ok(()), |(values, value)| values.push(value))
    }

    /// Forgets association `id`, and returns its key and its value, if they differ in kind. Ids above it move down by
    /// one.
    ///
    /// Forgetting is exact: since no weights are kept, the memory is bit for bit what it would be had the association
    /// never been stored. Cost: (n − `id`) × words of a pattern.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such id; [`Error::Empty`] if it is the last association.
    pub fn forget(&mut self, id: usize) -> Result<(Pattern, Option<Pattern>)> {
        if self.len() == 1 && id == 0 {
            return Err(Error::Empty { what: "keys after forgetting" });
        }
        let expected = || format!("0 to {}", self.len() - 1);
        let missing = Error::Parameter { what: "id to forget", expected: expected(), found: id.to_string() };
        let key = self.keys.remove(id).ok_or(missing)?;
        self.sample.take();
        Ok((key, self.values.as_mut().and_then(|values| values.remove(id))))
    }

    /// The same memory, scanned by `tier`. Answers are the same bits on every tier.
    pub fn with_tier(self, tier: Tier) -> Self {
        Self { tier, ..self }
    }

    /// The tier that scans.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Associations n.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Never: a memory holds at least one association.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Dimension d of the keys.
    pub fn dim(&self) -> usize {
        self.keys.dim()
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
    pub fn keys(&self) -> &Patterns {
        &self.keys
    }

    /// The values in storing order.
    pub fn values(&self) -> &Patterns {
        self.values.as_ref().unwrap_or(&self.keys)
    }

    /// Bytes of memory that the stored patterns take.
    pub fn bytes(&self) -> usize {
        self.keys.bytes() + self.values.as_ref().map_or(0, Patterns::bytes)
    }

    /// Overlaps s = ⟨query, key⟩ of every query with every key: (queries, n), row by row; known − 2h over the known
    /// positions.
    ///
    /// Cost: queries × n × ⌈d/64⌉ word operations and 4 bytes for each pair; ask for few queries at a time where n is
    /// large.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the queries are of another dimension; [`Error::OutOfMemory`] if the answer does not fit.
    pub fn overlaps(&self, queries: &Queries) -> Result<Vec<i32>> {
        self.check(queries)?;
        let mut overlaps = room_for(queries.len().saturating_mul(self.len()), "overlaps")?;
        for q in 0..queries.len() {
            let known = queries.get(q).map_or(0, |query| query.known_count()) as i32;
            overlaps.extend(distances(self.tier, &self.keys, queries, q)?.into_iter().map(|h| known - 2 * h as i32));
        }
        Ok(overlaps)
    }

    /// What these keys say of `query`: the first round of a recall over parts. Ids are counted from `first_id`, the
    /// number of keys in the parts before this one.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the query is of another dimension; [`Error::Parameter`] if an id would exceed 64 bits.
    ///
    /// # Example
    /// ```
    /// use popfield::{Memory, Patterns, Query, Recall, Separation, Tie};
    /// let keys = Patterns::random(500, 100, 3, "keys")?;
    /// let query = Query::new(keys.get(321).unwrap());
    /// let separation = Separation::exponential(0.05)?;
    ///
    /// let whole = Memory::auto_associative(keys.clone())?;
    /// let expected = whole.recall(&query.clone().into(), &Recall::new(separation))?;
    ///
    /// let (front, back) = (keys.range(0..200), keys.range(200..500));
    /// let parts = [(0, Memory::auto_associative(front)?), (200, Memory::auto_associative(back)?)];
    /// let mut sum = parts[0].1.partial(&query, separation, parts[0].0)?;
    /// sum.merge(&parts[1].1.partial(&query, separation, parts[1].0)?)?;
    /// let mut closing = sum.close(Tie::Plus)?;
    /// for request in closing.requests(8) {
    ///     let mut votes = parts[0].1.votes(&request)?;
    ///     votes.merge(&parts[1].1.votes(&request)?)?;
    ///     closing.resolve(&votes)?;
    /// }
    /// assert_eq!(closing.finish()?.pattern, expected.patterns.get(0).unwrap());
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn partial(&self, query: &Query, separation: Separation, first_id: u64) -> Result<Partial> {
        let queries = Queries::from(query.clone());
        self.check(&queries)?;
        let field = Field::new(separation, SelfTerm::Kept, self.dim());
        let plan = self.plan(&queries)?;
        let window = field.window(self.len() as u64, PART_MARGIN);
        let mut censuses = self.censuses(&queries, &[0], &plan, |_| Census::new(window, self.len()))?;
        let counted = censuses.pop().ok_or(Error::Empty { what: "keys" })?;
        let mut partial = Partial::new(query.clone(), counted, &field, self.values());
        partial.nearest.id = partial.nearest.id.checked_add(first_id).ok_or_else(|| Error::Parameter {
            what: "first id of a part",
            expected: "ids below 2^64".into(),
            found: first_id.to_string(),
        })?;
        Ok(partial)
    }

    /// All votes of these keys that `request` asks for: the second round of a recall over parts.
    ///
    /// Cost: n × ⌈d/64⌉ word operations, and for each word asked for some 13 n word operations and 512 bytes a distance.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the request is about a memory of other dimensions; [`Error::OutOfMemory`].
    pub fn votes(&self, request: &Request) -> Result<Votes> {
        let queries = Queries::from(request.query.clone());
        self.check(&queries)?;
        if request.value_dim != self.value_dim() {
            let (expected, found) = (request.value_dim, self.value_dim());
            return Err(Error::Dimension { what: "values of a part", expected, found });
        }
        let table = VoteTable::count(self.values(), &self.ranked(&queries, 0)?, &request.words);
        Ok(Votes { request: request.clone(), table })
    }

    /// # Errors
    /// [`Error::Dimension`] if the queries are of another dimension than the keys.
    pub(crate) fn check(&self, queries: &Queries) -> Result<()> {
        if queries.dim() != self.dim() {
            return Err(Error::Dimension { what: "queries", expected: self.dim(), found: queries.dim() });
        }
        Ok(())
    }

    /// How to scan the keys for `queries`.
    pub(crate) fn plan(&self, queries: &Queries) -> Result<Plan<'_>> {
        let sampled = match self.sample.get() {
            Some(sampled) => sampled,
            None => {
                let sampled = sample(&self.keys)?;
                self.sample.get_or_init(|| sampled)
            }
        };
        Plan::new(self.len(), sampled, queries)
    }

    /// The census of each query of `indices`, by what `census` makes of its place there.
    pub(crate) fn censuses(
        &self,
        queries: &Queries,
        indices: &[usize],
        plan: &Plan<'_>,
        census: impl Fn(usize) -> Census + Sync,
    ) -> Result<Vec<Counted>> {
        let watched = self.near(queries, indices, plan, census)?;
        let counted = |watched: Watched<Census>| watched.counted(self.len()).ok_or(Error::Empty { what: "keys" });
        watched.into_iter().map(counted).collect()
    }

    /// Shows each query of `indices` the keys that its watcher wants, by what `watcher` makes of its place there.
    pub(crate) fn near<W: Watch>(
        &self,
        queries: &Queries,
        indices: &[usize],
        plan: &Plan<'_>,
        watcher: impl Fn(usize) -> W + Sync,
    ) -> Result<Vec<Watched<W>>> {
        near(self.tier, &self.keys, queries, indices, plan, watcher)
    }

    /// Shows the distances of all keys to each query of `tile`, by what `visitor` makes of its place there.
    pub(crate) fn survey<V: Visit>(
        &self,
        queries: &Queries,
        tile: Range<usize>,
        visitor: impl Fn(usize) -> V + Sync,
    ) -> Result<Vec<V>> {
        survey(self.tier, &self.keys, &queries.panel(tile)?, visitor)
    }

    /// All keys ranked by their distance to query `index`.
    pub(crate) fn ranked(&self, queries: &Queries, index: usize) -> Result<Ranked> {
        Ok(Ranked::new(distances(self.tier, &self.keys, queries, index)?, self.dim()))
    }
}
