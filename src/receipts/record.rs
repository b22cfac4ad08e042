//! What records of answers have in common, and what they rest on.

use std::cmp::Ordering;

use crate::receipts::line::Object;
use crate::{Query, Separation};

/// Whether a key outweighs all `others`, each of (how much farther it is, how many there are).
pub(super) fn outweighs(separation: Separation, dim: usize, others: impl Iterator<Item = (u32, u64)>) -> bool {
    let mut votes = vec![(0, 1, 1)];
    for (gap, count) in others.filter(|other| other.1 > 0) {
        let Ok(against) = i64::try_from(count) else { return false };
        votes.push((gap, count, -against));
    }
    is_plus(separation, dim as u32, &votes)
}

/// Whether (d − w)^K exceeds Σ N_D (|d − 2D| + w)^K over `others`, each of (D, N_D), w being the cost of a query.
pub(super) fn outpowers(
    separation: Separation,
    dim: usize,
    cost: u32,
    others: impl Iterator<Item = (u32, u64)>,
) -> bool {
    let dim = dim as u32;
    if cost >= dim {
        return false;
    }
    // Among d + w positions d − w is the overlap at distance w, and |d − 2D| + w that at the lesser of D and d − D.
    let mut votes = vec![(cost, 1, 1)];
    for (distance, count) in others {
        let Ok(against) = i64::try_from(count) else { return false };
        votes.push((distance.min(dim.saturating_sub(distance)), count, -against));
    }
    is_plus(separation, dim + cost, &votes)
}

/// What cannot be asked is not.
fn is_plus(separation: Separation, known: u32, votes: &[(u32, u64, i64)]) -> bool {
    separation.sign(known, votes).is_ok_and(|sign| sign == Ordering::Greater)
}

/// The members that tell of a query.
pub(super) fn of_query(object: Object, query: &Query) -> Object {
    let dim = query.signs().dim();
    let object = object.pattern("bits", query.signs().words(), dim);
    let object = match query.known() {
        Some(known) => object.pattern("known", known.words(), dim),
        None => object,
    };
    object.number("unknown", unknown(query))
}

/// Positions of a query that are unknown.
pub(super) fn unknown(query: &Query) -> u32 {
    (query.signs().dim() - query.known_count()) as u32
}

/// What an answer rests on.
#[derive(Debug)]
pub(super) enum Certificate {
    /// The key, and what the query costs it.
    Basin(u64, u32),
    /// What was looked up.
    Probe(Object),
    /// Every key.
    Scan,
}

impl Certificate {
    /// The members that tell it.
    pub(super) fn put(&self, object: Object) -> Object {
        match self {
            Self::Basin(key, cost) => {
                let basin = Object::default().number("key", key).number("cost", cost);
                object.text("certificate", "basin").object("basin", &basin)
            }
            Self::Probe(probe) => object.text("certificate", "probe").object("probe", probe),
            Self::Scan => object.text("certificate", "scan"),
        }
    }
}
