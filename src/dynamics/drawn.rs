//! Starts that a stored pattern draws to itself: known by an index, without a position visited.
//!
//! Where a start lies within the budget of a stored pattern, less what a position's own bit may make of it, every field
//! has that pattern's sign, in whatever order positions are visited. A position that turns comes nearer to the pattern and
//! no farther from it than from any other; so what held at the start holds at each state on the way, and the first step or
//! sweep ends there. Energies need all keys all the same, at the start and at the end.

use std::collections::BTreeMap;

use super::Dynamics;
use super::end::{Closest, End};
use super::limit::{Limit, Path, unless_frozen};
use crate::index::{Found, Index, Purpose};
use crate::recall::asked::Asked;
use crate::recall::certificate::Reason;
use crate::scan::keys::Scan;
use crate::scan::survey::survey;
use crate::scan::tiles::each_tile;
use crate::separation::energy::Energy;
use crate::separation::field::Field;
use crate::votes::counts::Counts;
use crate::{Error, Pattern, Patterns, Queries, Query, Result, Separation};

/// The stored pattern that draws a start to itself.
#[derive(Debug)]
struct Attractor {
    /// Its id, the lowest of equals.
    id: u64,
    pattern: Pattern,
    /// What proves it.
    reason: Reason,
}

/// Starts of which some are drawn to a stored pattern, as an index has proven.
#[derive(Debug, Default)]
pub(crate) struct Drawn<'a> {
    index: Option<&'a Index>,
    /// By their numbers.
    by: BTreeMap<usize, Attractor>,
}

impl<'a> Drawn<'a> {
    /// Those of `starts` that are drawn under `field`, as far as the index of `asked` proves it and is worth asking.
    pub(crate) fn new(asked: &Asked<'a>, starts: &Queries, field: &Field) -> Result<Self> {
        let Some((index, found)) = asked.found(starts, field, Purpose::Relax(field.separation()))? else {
            return Ok(Self::default());
        };
        let attractor = |(start, found): (usize, Option<Found>)| {
            // Keys that differ only where the start is unknown draw it both.
            let found = found.filter(|found| found.dissent.is_none())?;
            let pattern = Pattern::from_words(asked.values.row(found.place).collect(), asked.values.dim());
            let (id, reason) = (found.nearest.id, Reason::from(found.proof));
            Some(pattern.map(|pattern| (start, Attractor { id, pattern, reason })))
        };
        let by = found.unwrap_or_default().into_iter().enumerate().filter_map(attractor).collect::<Result<_>>()?;
        Ok(Self { index: Some(index), by })
    }

    /// Those of `starts` starts that are not drawn.
    pub(super) fn others(&self, starts: usize) -> Vec<usize> {
        (0..starts).filter(|start| !self.by.contains_key(start)).collect()
    }

    /// The paths of all starts in order: of those drawn, and of the `others`, whom `walk` takes where there are any; how
    /// long that takes is remembered.
    pub(super) fn paths(
        &self,
        of_drawn: Vec<Path>,
        others: usize,
        walk: impl FnOnce() -> Result<Vec<Path>>,
        separation: Separation,
    ) -> Result<Vec<Path>> {
        let walked = match self.index {
            _ if others == 0 => Vec::new(),
            Some(index) => index.timed(Purpose::Relax(separation), others, walk)?,
            None => walk()?,
        };
        let (starts, mut of_drawn, mut walked) = (of_drawn.len() + others, of_drawn.into_iter(), walked.into_iter());
        let next = |start| if self.by.contains_key(&start) { of_drawn.next() } else { walked.next() };
        Ok((0..starts).filter_map(next).collect())
    }

    /// The paths of those of `starts` that are drawn, in order.
    pub(super) fn of_drawn(
        &self,
        scan: Scan<'_>,
        starts: &Queries,
        dynamics: &Dynamics,
        field: &Field,
    ) -> Result<Vec<Path>> {
        if self.by.is_empty() {
            return Ok(Vec::new());
        }
        let (mut from, mut to) = (Vec::new(), Vec::new());
        for (&index, attractor) in &self.by {
            let start = starts.get(index).ok_or(Error::Empty { what: "queries" })?;
            let frozen = dynamics.frozen(&start, index)?;
            to.push(unless_frozen(&attractor.pattern, &start, &frozen)?);
            from.push(start);
        }
        let before = energies(scan, &from.iter().collect::<Result<_>>()?, dynamics, field)?;
        let moves = |(start, end): &(&Query, &Pattern)| start.known().is_some() || start.signs() != *end;
        let moved: Vec<&Pattern> = from.iter().zip(&to).filter(moves).map(|(_, end)| end).collect();
        let mut after = match moved.is_empty() {
            true => Vec::new(),
            false => energies(scan, &moved.into_iter().collect::<Result<Patterns>>()?.into(), dynamics, field)?,
        }
        .into_iter();
        let mut paths = Vec::with_capacity(from.len());
        for (((start, end), attractor), energy) in from.into_iter().zip(to).zip(self.by.values()).zip(before) {
            let mut path = dynamics.path(start);
            path.energies.push(energy);
            path.advance(end.clone(), 0);
            if path.limit.is_none() {
                path.energies.extend(after.next());
                match dynamics.step_limit {
                    1 => path.limit = Some(Limit::StepLimit),
                    _ => path.advance(end.clone(), 0),
                }
            }
            let (id, overlap) = (attractor.id, end.dim() as i32);
            path.proof = Some(attractor.reason);
            path.end = (end == attractor.pattern).then_some((End::Stored { id }, Closest { id, overlap }));
            scan.steps().advance(1)?;
            paths.push(path);
        }
        Ok(paths)
    }
}

/// The energy of each of `states`.
fn energies(scan: Scan<'_>, states: &Queries, dynamics: &Dynamics, field: &Field) -> Result<Vec<Energy>> {
    each_tile(scan.side().len(), states.len(), |range| {
        let counts = survey(scan, &states.panel(range.clone())?, |_| Counts::default())?;
        let energy = |(index, keys): (usize, Counts)| {
            field.law().energy(dynamics.energy_diagonal(), states.known_count(index) as u32, &keys)
        };
        Ok(range.zip(counts).map(energy).collect())
    })
}
