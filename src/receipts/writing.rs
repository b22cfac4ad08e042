//! Recall and search that write receipts beside their answers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;

use crate::memory::View;
use crate::recall::{Reason, Report};
use crate::receipts::basin::Keys;
use crate::receipts::header::{header, of_recall};
use crate::receipts::line::{Lines, Object};
use crate::receipts::probe::{Met, Probing};
use crate::receipts::record::{Certificate, of_query, outweighs, unknown};
use crate::{Error, Neighbor, Pattern, Progress, Queries, Query, Recall, Recalled, Result, Separation};

impl View<'_> {
    /// Recalls every query as [`recall`](Self::recall) does, and writes to `receipts` what proves each answer: lines of JSON,
    /// which `popfield check-receipts` and the crate `popfield-reference` hold to the memory. Where writing fails the lines
    /// end early, and are refused.
    ///
    /// Answers that an index proves are told so that the proof can be done again, by fewer scans than there are queries
    /// where several come to one key; others as they are, for whoever checks to recall them by all keys. Of several steps
    /// each is told, but of a query that has come to a fixed point no more. What is counted for who watches are queries, in
    /// each step anew.
    ///
    /// Cost: beside the recall a pass over the memory for its hash; for each key whose basin proves an answer two scans of
    /// all keys; for other answers that an index gives the look-up again. A kilobyte or so for each answer.
    ///
    /// # Errors
    /// As [`recall`](Self::recall); [`Error::Io`] of `receipts`.
    ///
    /// # Example
    /// ```
    /// use popfield::{Memory, Patterns, Recall, Separation};
    /// let memory = Memory::auto_associative(Patterns::random(1000, 64, 5, "keys")?)?;
    /// let (queries, mut receipts) = (memory.keys().range(0..9)?.into(), Vec::new());
    /// let recall = Recall::new(Separation::exponential(1.0)?);
    /// let recalled = memory.view().recall_with_receipts(&queries, &recall, &mut receipts)?;
    /// assert_eq!(recalled.patterns, memory.recall(&queries, &recall)?.patterns);
    /// // A header, nine answers, and the line that closes the file.
    /// assert_eq!(receipts.iter().filter(|&&byte| byte == b'\n').count(), 11);
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn recall_with_receipts(&self, queries: &Queries, recall: &Recall, receipts: impl Write) -> Result<Recalled> {
        let (dim, value_dim) = (self.memory().dim(), self.memory().value_dim());
        if recall.steps > 1 && dim != value_dim {
            return Err(Error::UnequalDimensions { what: "recall in several steps", key_dim: dim, value_dim });
        }
        let one = Recall { steps: 1, ..*recall };
        let mut recalled = self.recall(queries, &one)?;
        let mut lines = Lines::new(receipts);
        let steps = self.begin(queries.len() as u64);
        let go_on = |_: u64, _: u64| steps.check().is_ok();
        let quiet = self.watched(Progress::new(&go_on));
        lines.put(header(&quiet, queries.len(), |object| of_recall(object, recall))?)?;
        let mut telling = Telling::new(&quiet, Probing::new(self.index(), self.scan(&steps)?), Some(recall.separation));
        let mut asked = Cow::Borrowed(queries);
        let mut followed: Vec<usize> = (0..queries.len()).collect();
        for step in 1..=recall.steps {
            if step > 1 {
                asked = Cow::Owned(Queries::from(recalled.patterns.clone()));
                recalled = self.recall(&asked, &one)?;
            }
            telling.answers(step, &asked, &followed, &recalled, &mut lines)?;
            let moves = |&query: &usize| {
                let query = asked.get(query).zip(recalled.patterns.get(query));
                query.is_some_and(|(query, answer)| query.known().is_some() || *query.signs() != answer)
            };
            followed.retain(moves);
            if followed.is_empty() {
                break;
            }
        }
        lines.close()?;
        Ok(recalled)
    }

    /// The `top` nearest keys of every query as [`search_top`](Self::search_top) finds them, and what proves them to
    /// `receipts`: see [`recall_with_receipts`](Self::recall_with_receipts).
    ///
    /// # Errors
    /// As [`search_top`](Self::search_top); [`Error::Io`] of `receipts`.
    pub fn search_top_with_receipts(
        &self,
        queries: &Queries,
        top: usize,
        receipts: impl Write,
    ) -> Result<Vec<Vec<Neighbor>>> {
        let found = self.search_top(queries, top)?;
        self.tell_found(queries, &found, Wanted::Top(top), receipts)?;
        Ok(found)
    }

    /// All keys within `radius` of every query as [`search_radius`](Self::search_radius) finds them, and what proves them to
    /// `receipts`: see [`recall_with_receipts`](Self::recall_with_receipts).
    ///
    /// # Errors
    /// As [`search_radius`](Self::search_radius); [`Error::Io`] of `receipts`.
    pub fn search_radius_with_receipts(
        &self,
        queries: &Queries,
        radius: u32,
        receipts: impl Write,
    ) -> Result<Vec<Vec<Neighbor>>> {
        let found = self.search_radius(queries, radius)?;
        self.tell_found(queries, &found, Wanted::Within(radius), receipts)?;
        Ok(found)
    }

    fn tell_found(
        &self,
        queries: &Queries,
        found: &[Vec<Neighbor>],
        wanted: Wanted,
        receipts: impl Write,
    ) -> Result<()> {
        let mut lines = Lines::new(receipts);
        let asked = |object: Object| match wanted {
            Wanted::Top(top) => object.text("call", "search").number("top", top),
            Wanted::Within(radius) => object.text("call", "search").number("radius", radius),
        };
        let steps = self.begin(queries.len() as u64);
        let go_on = |_: u64, _: u64| steps.check().is_ok();
        let quiet = self.watched(Progress::new(&go_on));
        lines.put(header(&quiet, queries.len(), asked)?)?;
        let mut telling = Telling::new(&quiet, Probing::new(self.index(), self.scan(&steps)?), None);
        telling.lists(queries, found, wanted, &mut lines)?;
        lines.close()
    }
}

/// What a search wants.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    Top(usize),
    Within(u32),
}

/// Tells what proves answers.
struct Telling<'a> {
    /// Whose calls may be stopped, and tell nobody how far they have come: what is counted are the queries.
    view: &'a View<'a>,
    keys: Keys,
    probing: Option<Probing<'a>>,
    /// `None` for a search.
    separation: Option<Separation>,
}

impl<'a> Telling<'a> {
    fn new(view: &'a View<'a>, probing: Option<Probing<'a>>, separation: Option<Separation>) -> Self {
        Self { view, keys: Keys::default(), probing, separation }
    }

    /// Writes a record of each answer to the queries that are `followed`.
    fn answers(
        &mut self,
        step: u32,
        queries: &Queries,
        followed: &[usize],
        recalled: &Recalled,
        lines: &mut Lines<impl Write>,
    ) -> Result<()> {
        let all = || {
            let one = |&index: &usize| {
                let (query, answer) = (queries.get(index)?, recalled.patterns.get(index)?);
                Some((index, query, answer, recalled.reports.get(index)?))
            };
            followed.iter().filter_map(one)
        };
        let by_basin = all().filter(|(.., report)| report.certificate.reason == Reason::Basin);
        self.tell_keys(by_basin.map(|(_, query, _, report)| (report.nearest.id, cost(&query, report))), lines)?;
        for (index, query, answer, report) in all() {
            let certificate = self.of_answer(&query, report, lines)?;
            lines.put(record(step, index, &query, &answer, report, &certificate))?;
        }
        Ok(())
    }

    fn tell_keys(&mut self, costs: impl Iterator<Item = (u64, u32)>, lines: &mut Lines<impl Write>) -> Result<()> {
        let mut most = BTreeMap::new();
        for (id, cost) in costs {
            let known = most.entry(id).or_insert(cost);
            *known = cost.max(*known);
        }
        self.keys.tell(self.view, self.separation, &most, lines)
    }

    fn of_answer(&mut self, query: &Query, report: &Report, lines: &mut Lines<impl Write>) -> Result<Certificate> {
        let (nearest, dim) = (report.nearest, self.view.memory().dim());
        let Some(separation) = self.separation else { return Ok(Certificate::Scan) };
        match report.certificate.reason {
            Reason::Basin => {
                let cost = cost(query, report);
                if self.keys.prove(nearest.id, cost, Some(separation), dim) {
                    return Ok(Certificate::Basin(nearest.id, cost));
                }
            }
            Reason::Probe => {}
            Reason::Dominant | Reason::Votes | Reason::Full => return Ok(Certificate::Scan),
        }
        if !matches!(separation, Separation::Exponential(_) | Separation::Max) {
            return Ok(Certificate::Scan);
        }
        // What a basin does not prove where keys were stored since, as these are near it, chunks may.
        self.probed(query, lines, |met| {
            let near = met.met.iter().take_while(|key| key.0 == nearest.distance).count() as u64;
            if nearest.distance >= met.bound || near < nearest.count {
                return false;
            }
            let farther = met.met.iter().filter(|key| key.0 > nearest.distance).map(|key| (key.0, 1));
            let read = met.read.iter().map(|(&distance, &count)| (distance, count));
            let others = farther.chain(read).chain([(met.bound, met.unseen)]);
            outweighs(separation, dim, others.map(|(distance, count)| (distance - nearest.distance, count)))
        })
    }

    /// The chunks that prove an answer, if they do; else it is as good as any by a scan.
    fn probed(
        &mut self,
        query: &Query,
        lines: &mut Lines<impl Write>,
        enough: impl Fn(&Met) -> bool,
    ) -> Result<Certificate> {
        let Some(probing) = &mut self.probing else { return Ok(Certificate::Scan) };
        let Some(met) = probing.meet(query, enough) else { return Ok(Certificate::Scan) };
        probing.tell(lines)?;
        Ok(Certificate::Probe(met.object()))
    }

    /// Writes a record of each list.
    fn lists(
        &mut self,
        queries: &Queries,
        found: &[Vec<Neighbor>],
        wanted: Wanted,
        lines: &mut Lines<impl Write>,
    ) -> Result<()> {
        let costs_of = |(query, found): (Query, &Vec<Neighbor>)| {
            let nearest = found.first()?;
            Some((nearest.id, (2 * nearest.distance).saturating_add(unknown(&query))))
        };
        let one = matches!(wanted, Wanted::Top(1)) && self.probing.is_some();
        if one {
            self.tell_keys(queries.iter().zip(found).filter_map(costs_of), lines)?;
        }
        let dim = self.view.memory().dim();
        for (index, (query, found)) in queries.iter().zip(found).enumerate() {
            let cost = costs_of((query.clone(), found)).filter(|_| one);
            let certificate = match cost.filter(|&(id, cost)| self.keys.prove(id, cost, None, dim)) {
                Some((id, cost)) => Certificate::Basin(id, cost),
                None => {
                    let last = match wanted {
                        Wanted::Top(_) => found.last().map_or(0, |last| last.distance),
                        Wanted::Within(radius) => radius,
                    };
                    self.probed(&query, lines, |met| last < met.bound)?
                }
            };
            let record = of_query(Object::record("found").number("query", index), &query)
                .lists("found", found.iter().map(|neighbor| [neighbor.id, neighbor.distance.into()]));
            lines.put(certificate.put(record))?;
        }
        Ok(())
    }
}

/// What a query costs the key nearest to it.
fn cost(query: &Query, report: &Report) -> u32 {
    (2 * report.nearest.distance).saturating_add(unknown(query))
}

/// The record of an answer.
fn record(
    step: u32,
    index: usize,
    query: &Query,
    answer: &Pattern,
    report: &Report,
    certificate: &Certificate,
) -> Object {
    let nearest = report.nearest;
    let object = Object::record("recalled").number("query", index).number("step", step);
    let object = of_query(object, query)
        .number("nearest_id", nearest.id)
        .number("nearest_distance", nearest.distance)
        .number("nearest_count", nearest.count)
        .number("tied_bits", report.tied_bits)
        .pattern("answer", answer.words(), answer.dim());
    certificate.put(object)
}
