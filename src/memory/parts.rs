//! Parts: what a memory that is one of several says of a query. How parts are merged stands in `recall/partial.rs`.

use crate::recall::partial::{Partial, Request, Votes};
use crate::scan::plan::Plan;
use crate::scan::propose::{Proposers, Wanted};
use crate::scan::survey::distances;
use crate::separation::field::Field;
use crate::sign::self_term::SelfTerm;
use crate::votes::{Ranked, VoteTable};
use crate::{Error, Memory, Progress, Queries, Query, Result, Separation};

/// Of a part alone: parts know nothing of each other's nearest keys, and a second round costs more than a wider window.
const PART_MARGIN: f64 = 6.0;

impl Memory {
    /// What these keys say of `query`: the first round of a recall over parts. `first_id` is added to every id, so that
    /// parts which each count from 0 are told apart: it is the number of keys in the parts before this one. Parts whose ids
    /// differ as they are take 0.
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
    /// let (front, back) = (keys.range(0..200)?, keys.range(200..500)?);
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
        let (queries, steps) = (Queries::from(query.clone()), Progress::NONE.begin(0));
        let view = self.view();
        let scan = view.scan(&steps)?;
        scan.check(&queries)?;
        let field = Field::new(separation, SelfTerm::Kept, self.dim());
        let plan = Plan::new(scan, &queries)?;
        let wanted = Wanted { query: 0, window: field.window(self.len() as u64, PART_MARGIN), nearest: None };
        let mut censuses = Proposers::new(scan, &plan).propose(&queries, &[wanted])?;
        let counted = censuses.pop().ok_or(Error::Empty { what: "keys" })?;
        let mut partial = Partial::new(query.clone(), counted, &field, self.value_side());
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
        let (queries, steps) = (Queries::from(request.query.clone()), Progress::NONE.begin(0));
        let view = self.view();
        let scan = view.scan(&steps)?;
        scan.check(&queries)?;
        if request.value_dim != self.value_dim() {
            let (expected, found) = (request.value_dim, self.value_dim());
            return Err(Error::Dimension { what: "values of a part", expected, found });
        }
        let ranked = Ranked::new(distances(scan, &queries, 0)?, scan.farthest());
        let table = VoteTable::count(self.value_side(), &ranked, &request.words);
        Ok(Votes { request: request.clone(), table })
    }
}
