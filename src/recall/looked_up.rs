//! One step of recall with an index: what it proves is the answer, and what it leaves is scanned for.

use crate::index::{Found, Goal, Index, Outweighing, Proof, Purpose, WithinBudget};
use crate::recall::asked::Asked;
use crate::recall::certificate::{Certificate, Reason, Report};
use crate::recall::closing::Answer;
use crate::recall::recalled::Recalled;
use crate::separation::field::Field;
use crate::sign::exact::ULP;
use crate::sign::self_term::SelfTerm;
use crate::{Patterns, Queries, Result, Tie};

/// Values are fetched so many queries before they are copied.
const AHEAD: usize = 4;

impl Asked<'_> {
    /// One step for every query.
    pub(crate) fn recalled(self, queries: &Queries, field: &Field, tie: Tie) -> Result<Recalled> {
        let Some(index) = self.index else { return self.plain(queries, field, tie) };
        let is_kept = field.self_term() == SelfTerm::Kept;
        match field.separation().power() {
            None => {
                let goal = Outweighing { law: field.law(), values: self.values, slack: u32::from(!is_kept) };
                self.by_index(index, &goal, queries, field, tie)
            }
            Some(degree) => match index.powers().filter(|powers| is_kept && powers.degree() <= degree) {
                Some(powers) => {
                    self.by_index(index, &WithinBudget { powers, values: self.values }, queries, field, tie)
                }
                None => self.plain(queries, field, tie),
            },
        }
    }

    fn plain(self, queries: &Queries, field: &Field, tie: Tie) -> Result<Recalled> {
        Recalled::new(self.answers(queries, field, tie)?, self.values.dim())
    }

    fn by_index(
        self,
        index: &Index,
        goal: &impl Goal<Found = Found>,
        queries: &Queries,
        field: &Field,
        tie: Tie,
    ) -> Result<Recalled> {
        let purpose = Purpose::Recall(field.separation());
        let Some(found) = index.seek(self.scan, goal, purpose, queries)? else {
            return Recalled::new(self.scanned(index, queries, field, tie)?, self.values.dim());
        };
        let left: Vec<usize> = (0..found.len()).filter(|&query| found[query].is_none()).collect();
        self.scan.steps().advance((found.len() - left.len()) as u64)?;
        let answers = match left.is_empty() {
            true => Vec::new(),
            false => self.scanned(index, &queries.select(&left)?, field, tie)?,
        };
        if self.scan.is_whole() && learns(field) {
            // A proof that took as long as this is worth being had sooner the next time.
            let dear = found.iter().flatten().filter(|found| found.probes as usize > 2 * index.tables().chunks.len());
            index.learn(self.scan, dear.map(|found| found.place))?;
        }
        self.together(field, &found, answers)
    }

    /// The answers by a scan, of which `index` learns.
    fn scanned(self, index: &Index, queries: &Queries, field: &Field, tie: Tie) -> Result<Vec<Answer>> {
        let purpose = Purpose::Recall(field.separation());
        let answers = index.timed(purpose, queries.len(), || self.answers(queries, field, tie))?;
        if self.scan.is_whole() && learns(field) {
            let found = answers.iter().filter_map(|answer| self.scan.place_of(answer.report.nearest.id));
            index.learn(self.scan, found)?;
        }
        Ok(answers)
    }

    /// What was found, and the answers of the others, in order.
    fn together(self, field: &Field, found: &[Option<Found>], answers: Vec<Answer>) -> Result<Recalled> {
        let (values, mut answers) = (self.values, answers.into_iter());
        let mut patterns = Patterns::filled(found.len(), values.dim(), false)?;
        let mut reports = Vec::with_capacity(found.len());
        for (query, of_query) in found.iter().enumerate() {
            if let Some(Some(later)) = found.get(query + AHEAD) {
                values.prefetch(later.place)?;
            }
            match of_query {
                Some(found) => {
                    patterns.put(query, values.row(found.place));
                    reports.push(report(field, found, values.dim()));
                }
                None => {
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

/// Whether to know what is nearest to a key may prove answers.
fn learns(field: &Field) -> bool {
    field.separation().power().is_none()
}

/// What is known of an answer that is the value of a key found.
fn report(field: &Field, found: &Found, value_dim: usize) -> Report {
    let top = found.nearest.count as f64;
    // Where the others are is known from one side only.
    let top_weight = field.has_top_weight().then(|| [top / (top + found.others) * (1.0 - 4.0 * ULP), 1.0]);
    let reason = match found.proof {
        Proof::Basin => Reason::Basin,
        Proof::Probe => Reason::Probe,
    };
    Report {
        nearest: found.nearest,
        top_weight,
        certificate: Certificate { reason, keys_touched: found.nearest.count, probes: found.probes.into() },
        tied_bits: 0,
        bits_read: found.bits_read + value_dim as u64,
    }
}
