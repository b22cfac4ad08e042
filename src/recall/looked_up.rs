//! One step of recall with an index: what it proves is the answer, and what it leaves is scanned for.

use std::collections::BTreeMap;

use crate::index::{Dissent, Found, Index, Outweighing, Proof, Purpose, WithinBudget};
use crate::recall::asked::Asked;
use crate::recall::certificate::{Certificate, Reason, Report};
use crate::recall::closing::{Answer, Closing};
use crate::recall::partial::Partial;
use crate::recall::recalled::Recalled;
use crate::separation::field::Field;
use crate::sign::exact::ULP;
use crate::sign::self_term::SelfTerm;
use crate::votes::VoteTable;
use crate::{Error, Patterns, Queries, Query, Result, Tie};

/// Values are fetched so many queries before they are copied.
const AHEAD: usize = 4;

impl<'a> Asked<'a> {
    /// One step for every query.
    pub(crate) fn recalled(self, queries: &Queries, field: &Field, tie: Tie) -> Result<Recalled> {
        let purpose = Purpose::Recall(field.separation());
        let Some((index, found)) = self.found(queries, field, purpose)? else { return self.plain(queries, field, tie) };
        let Some(found) = found else {
            return Recalled::new(self.scanned(index, queries, field, tie)?, self.values.dim());
        };
        self.by_index(index, found, queries, field, tie)
    }

    /// The key that each query finds by the index, and that outweighs all others, as far as that is proven; `None` if the
    /// index has nothing to say under `field`, and in its place if it is not worth asking for `purpose`.
    #[expect(clippy::type_complexity, reason = "what is said of one and of all")]
    pub(crate) fn found(
        &self,
        queries: &Queries,
        field: &Field,
        purpose: Purpose,
    ) -> Result<Option<(&'a Index, Option<Vec<Option<Found>>>)>> {
        let Some(index) = self.index else { return Ok(None) };
        let (is_kept, values) = (field.self_term() == SelfTerm::Kept, self.values);
        let found = match field.separation().power() {
            None => {
                let goal = Outweighing { law: field.law(), values, slack: u32::from(!is_kept) };
                index.seek(self.scan, &goal, purpose, queries)?
            }
            Some(degree) => match index.powers().filter(|powers| is_kept && powers.degree() <= degree) {
                Some(powers) => index.seek(self.scan, &WithinBudget { powers, values }, purpose, queries)?,
                None => return Ok(None),
            },
        };
        Ok(Some((index, found)))
    }

    fn plain(self, queries: &Queries, field: &Field, tie: Tie) -> Result<Recalled> {
        Recalled::new(self.answers(queries, field, tie)?, self.values.dim())
    }

    fn by_index(
        self,
        index: &Index,
        mut found: Vec<Option<Found>>,
        queries: &Queries,
        field: &Field,
        tie: Tie,
    ) -> Result<Recalled> {
        let mut voted = BTreeMap::new();
        for (query, of_query) in found.iter_mut().enumerate() {
            let Some((dissent, one)) = of_query.as_ref().and_then(|one| Some((one.dissent.as_deref()?, one))) else {
                continue;
            };
            match self.voted(queries.get(query), one, dissent, field, tie)? {
                Some(answer) => drop(voted.insert(query, answer)),
                None => *of_query = None,
            }
        }
        let left: Vec<usize> = (0..found.len()).filter(|&query| found[query].is_none()).collect();
        self.scan.steps().advance((found.len() - left.len()) as u64)?;
        let mut answers = match left.is_empty() {
            true => Vec::new(),
            false => self.scanned(index, &queries.select(&left)?, field, tie)?,
        };
        // A proof that took as long as this is worth being had sooner the next time.
        let dear = found.iter().flatten().filter(|found| found.probes as usize > 2 * index.tables().chunks.len());
        self.learn(field, dear.map(|found| found.place))?;
        if !voted.is_empty() {
            let mut scanned = answers.into_iter();
            let in_order = |(query, one): (usize, &Option<Found>)| match one {
                Some(_) => voted.remove(&query),
                None => scanned.next(),
            };
            answers = found.iter().enumerate().filter_map(in_order).collect();
        }
        self.together(field, &found, answers)
    }

    /// The answer that copies whose values differ give by their votes, if these outweigh all others in every bit.
    fn voted(
        self,
        query: Option<Query>,
        found: &Found,
        dissent: &Dissent,
        field: &Field,
        tie: Tie,
    ) -> Result<Option<Answer>> {
        let query = query.ok_or(Error::Empty { what: "queries" })?;
        let nearest = found.nearest;
        let mut beyond = BTreeMap::new();
        for &(farther, keys) in &dissent.others {
            *beyond.entry(nearest.distance.saturating_add(farther)).or_insert(0) += keys;
        }
        let votes = VoteTable::gather(self.values, &mut dissent.copies.clone());
        let partial = Partial {
            query,
            separation: field.separation(),
            value_dim: self.values.dim(),
            nearest,
            votes,
            placed: BTreeMap::new(),
            beyond,
            bits_read: found.bits_read,
        };
        let closing = Closing::new(partial, field, tie);
        if closing.open_bits() > 0 {
            return Ok(None);
        }
        let mut answer = closing.finish()?;
        answer.report.certificate.probes = found.probes.into();
        Ok(Some(answer))
    }

    /// The answers by a scan, of which `index` learns.
    fn scanned(self, index: &Index, queries: &Queries, field: &Field, tie: Tie) -> Result<Vec<Answer>> {
        let purpose = Purpose::Recall(field.separation());
        let answers = index.timed(purpose, queries.len(), || self.answers(queries, field, tie))?;
        self.learn(field, answers.iter().filter_map(|answer| self.scan.place_of(answer.report.nearest.id)))?;
        Ok(answers)
    }

    /// Lets the index learn of keys that were found at such a cost, by their places, where that may prove answers under
    /// `field`.
    pub(crate) fn learn(&self, field: &Field, found: impl Iterator<Item = usize>) -> Result<()> {
        match self.index.filter(|_| self.scan.is_whole() && field.separation().power().is_none()) {
            Some(index) => index.learn(self.scan, found),
            None => Ok(()),
        }
    }

    /// What was found, and the `answers` of the others, in order.
    fn together(self, field: &Field, found: &[Option<Found>], answers: Vec<Answer>) -> Result<Recalled> {
        let (values, mut answers) = (self.values, answers.into_iter());
        let mut patterns = Patterns::filled(found.len(), values.dim(), false)?;
        let mut reports = Vec::with_capacity(found.len());
        for (query, of_query) in found.iter().enumerate() {
            if let Some(Some(later)) = found.get(query + AHEAD) {
                values.prefetch(later.place)?;
            }
            match of_query {
                Some(found) if found.dissent.is_none() => {
                    patterns.put(query, values.row(found.place));
                    reports.push(report(field, found, values.dim()));
                }
                _ => {
                    if let Some(answer) = answers.next() {
                        patterns.put(query, answer.pattern.words().iter().copied());
                        reports.push(answer.report);
                    }
                }
            }
        }
        Ok(Recalled { patterns, reports })
    }
}

impl From<Proof> for Reason {
    fn from(proof: Proof) -> Self {
        match proof {
            Proof::Basin => Self::Basin,
            Proof::Probe => Self::Probe,
        }
    }
}

/// What is known of an answer that is the value of a key found.
fn report(field: &Field, found: &Found, value_dim: usize) -> Report {
    let top = found.nearest.count as f64;
    // Where the others are is known from one side only.
    let top_weight = field.has_top_weight().then(|| [top / (top + found.others) * (1.0 - 4.0 * ULP), 1.0]);
    let reason = Reason::from(found.proof);
    Report {
        nearest: found.nearest,
        top_weight,
        certificate: Certificate { reason, keys_touched: found.nearest.count, probes: found.probes.into() },
        tied_bits: 0,
        bits_read: found.bits_read + value_dim as u64,
    }
}
