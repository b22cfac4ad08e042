//! What a run ended in, seen from the stored patterns.

use std::cmp::Reverse;

use crate::patterns::segments::Side;
use crate::scan::keys::Scan;
use crate::scan::survey::distances;
use crate::{Pattern, Queries, Result};

/// A mixture has at most this many members.
const MEMBERS: usize = 9;

/// What the last state of a run is, among the stored patterns.
///
/// Near is no more than ⌊d/20⌋ positions off, d being the dimension. A state that is near both a pattern and a mixture
/// is what it is nearer to, and of equals what takes fewest patterns, a pattern being the mixture of itself. Patterns
/// that are random hardly ever leave the choice: a mixture of three lies d/4 from each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// A stored pattern, bit for bit; the lowest id where several are equal.
    Stored {
        /// Its id.
        id: u64,
    },
    /// The complement of a stored pattern, bit for bit.
    Complement {
        /// The pattern's id.
        id: u64,
    },
    /// Near a stored pattern or the complement of one, but not equal to it: what the literature calls retrieval with
    /// errors, as crosstalk moves the fixed points off the patterns (Amit, Gutfreund and Sompolinsky 1987).
    Near {
        /// The pattern's id, that of the closest one.
        id: u64,
        /// Whether the state is near the pattern as it is (`true`) or near its complement.
        as_is: bool,
        /// Positions at which the state differs from that, 1 to ⌊d/20⌋.
        distance: u32,
    },
    /// Equal to, or near, the sign of the sum of an odd number of stored patterns or complements, 3 to 9 of them: those
    /// of largest |overlap| with the state, equal ones by lower id.
    Mixture {
        /// The patterns' ids, and whether each enters as it is (`true`) or as its complement.
        members: Vec<(u64, bool)>,
        /// Positions at which the state differs from the sign of the sum, 0 to ⌊d/20⌋.
        distance: u32,
    },
    /// None of these.
    Spurious,
}

impl End {
    /// Its name: `stored`, `complement`, `near`, `mixture` or `spurious`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Stored { .. } => "stored",
            Self::Complement { .. } => "complement",
            Self::Near { .. } => "near",
            Self::Mixture { .. } => "mixture",
            Self::Spurious => "spurious",
        }
    }
}

/// The stored pattern with the largest |overlap| with a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closest {
    /// Its id, the lowest of equals; that of the pattern that the state is, or is the complement of, if it is one.
    pub id: u64,
    /// Its overlap s; s/d is the physicists' m.
    pub overlap: i32,
}

impl End {
    /// What state `index` of `states` is among the patterns that `scan` scans, all of which there are.
    ///
    /// Cost: n × ⌈d/64⌉ word operations and 4n bytes.
    pub(super) fn of(scan: Scan<'_>, states: &Queries, index: usize) -> Result<(Self, Closest)> {
        let (dim, ids) = (scan.dim() as i32, scan.ids());
        let distances = distances(scan, states, index)?;
        let overlap = |place: usize| dim - 2 * distances[place] as i32;
        let find = |wanted: u32| {
            let mut equal = (0..distances.len()).filter(|&place| distances[place] == wanted).map(|place| ids.id(place));
            if ids.ascending() { equal.next() } else { equal.min() }
        };
        // The first few by |overlap|, equal ones by id.
        let mut ranked: Vec<(Reverse<u32>, u64, usize)> = Vec::with_capacity(2 * MEMBERS);
        for place in 0..distances.len() {
            let rank = (Reverse(overlap(place).unsigned_abs()), ids.ordinal(place), place);
            if ranked.len() < MEMBERS || rank < ranked[MEMBERS - 1] {
                ranked.insert(ranked.partition_point(|other| *other < rank), rank);
                ranked.truncate(MEMBERS);
            }
        }
        let first = ranked[0].2;
        let closest = Closest { id: ids.id(first), overlap: overlap(first) };
        if let Some(id) = find(0) {
            return Ok((End::Stored { id }, Closest { id, overlap: dim }));
        }
        if let Some(id) = find(dim as u32) {
            return Ok((End::Complement { id }, Closest { id, overlap: -dim }));
        }
        let members: Vec<(usize, bool)> =
            ranked.into_iter().map(|(_, _, place)| (place, overlap(place) >= 0)).collect();
        let state = states.signs().get(index).map_or_else(|| Pattern::new(scan.dim()), Ok)?;
        // The closest pattern is the majority of itself alone.
        let nearest =
            (1..=members.len()).step_by(2).map(|k| (majority_distance(scan.side(), &members[..k], &state), k));
        let end = match nearest.min() {
            Some((distance, 1)) if distance <= dim as u32 / 20 => {
                End::Near { id: closest.id, as_is: closest.overlap >= 0, distance }
            }
            Some((distance, k)) if distance <= dim as u32 / 20 => {
                let members = members[..k].iter().map(|&(place, as_is)| (ids.id(place), as_is)).collect();
                End::Mixture { members, distance }
            }
            _ => End::Spurious,
        };
        Ok((end, closest))
    }
}

/// Positions at which `state` differs from the majority of an odd number of `members`, given by their places.
fn majority_distance(keys: &Side, members: &[(usize, bool)], state: &Pattern) -> u32 {
    let agrees = |(word, own): (usize, u64)| {
        // Counters of four bits, bit-sliced: up to 9 votes.
        let mut counter = [0u64; 4];
        for &(place, as_is) in members {
            let mut carry = if as_is { keys.word(place, word) } else { !keys.word(place, word) };
            for digit in &mut counter {
                (*digit, carry) = (*digit ^ carry, *digit & carry);
            }
        }
        // More than half: at least (k + 1)/2.
        let needed = members.len().div_ceil(2);
        let (mut more, mut equal) = (0, u64::MAX);
        for (place, digit) in counter.iter().enumerate().rev() {
            let wanted = if needed >> place & 1 == 1 { u64::MAX } else { 0 };
            more |= equal & digit & !wanted;
            equal &= !(digit ^ wanted);
        }
        let tail =
            if word + 1 == state.words().len() { crate::patterns::pattern::tail_mask(state.dim()) } else { u64::MAX };
        (((more | equal) ^ own) & tail).count_ones()
    };
    state.words().iter().copied().enumerate().map(agrees).sum()
}
