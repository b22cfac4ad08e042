//! Partial states: what each part of a memory knows of a query, merged by integer addition into one exact answer.
//!
//! Two rounds, whatever the split into threads, shards or machines:
//!
//! 1. every part gives its [`Partial`]: its nearest keys, the votes of those that matter, and a bound for the rest.
//!    They [`merge`](Partial::merge), and [`close`](Partial::close) decides every bit that the sum certifies;
//! 2. for the bits still open every part counts all of its [`Votes`] ([`Memory::votes`](crate::Memory::votes)); they
//!    merge too, and [`Closing::resolve`](crate::recall::closing::Closing::resolve) decides the rest. Complete votes leave nothing open.
//!
//! A memory on its own is the case of one part; [`Memory::recall`](crate::Memory::recall) takes the same way.

use std::collections::BTreeMap;

use crate::patterns::segments::Side;
use crate::scan::census::Counted;
use crate::scan::census::Nearest;
use crate::separation::field::Field;
use crate::sign::evidence::by_distance;
use crate::votes::{COLUMNS, VoteTable};
use crate::{Error, Query, Result, Separation};

/// What the keys of one part say of a query: the first round. See [`Memory::partial`](crate::Memory::partial).
#[derive(Clone, Debug)]
pub struct Partial {
    pub(crate) query: Query,
    pub(crate) separation: Separation,
    pub(crate) value_dim: usize,
    pub(crate) nearest: Nearest,
    /// Votes, in every word, of the keys that were counted.
    pub(crate) votes: VoteTable,
    /// Keys that were not counted but whose distance is known.
    pub(crate) placed: BTreeMap<u32, u64>,
    /// Keys known only by a lower bound of their distance.
    pub(crate) beyond: BTreeMap<u32, u64>,
    /// Bits of keys that were read.
    pub(crate) bits_read: u64,
}

impl Partial {
    /// From the census of some keys, whose values are `values`.
    pub(crate) fn new(query: Query, mut counted: Counted, field: &Field, values: &Side) -> Self {
        let nearest = counted.nearest;
        let beyond = |counted: &Counted| (counted.beyond > 0).then_some((counted.bound, counted.beyond));
        let mut by_count = BTreeMap::new();
        counted.kept.iter().for_each(|key| *by_count.entry(key.0).or_insert(0) += 1);
        let mut placed = BTreeMap::new();
        let others = by_distance(&by_count).filter(|key| key.0 > nearest.distance);
        let alone = nearest.count == 1 && !counted.kept.is_empty();
        if alone && field.weigh(others.clone().chain(beyond(&counted)), nearest.distance)[1] < field.dominance() {
            // The nearest key outweighs the rest: their votes cannot matter, their distances still tell its weight.
            placed.extend(others);
            counted.kept.retain(|key| key.0 == nearest.distance);
        } else if beyond(&counted).is_some_and(|rest| {
            // What the counted keys weigh, and at least what the others may: then no bit can be certain.
            let [_, most] = field.weigh(by_distance(&by_count), nearest.distance);
            field.weigh([rest], nearest.distance)[1] >= most
        }) || !VoteTable::is_affordable(values, &counted.kept)
        {
            counted.forget();
        }
        let votes = VoteTable::gather(values, &mut counted.kept);
        let beyond = beyond(&counted).into_iter().collect();
        let (separation, value_dim, bits_read) = (field.separation(), values.dim(), counted.bits_read);
        Self { query, separation, value_dim, nearest, votes, placed, beyond, bits_read }
    }

    /// Keys that this state speaks for.
    pub fn keys(&self) -> u64 {
        self.votes.key_count() + self.placed.values().sum::<u64>() + self.beyond.values().sum::<u64>()
    }

    /// The nearest of them.
    pub fn nearest(&self) -> Nearest {
        self.nearest
    }

    /// Adds what other keys say of the same query.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if the other state is about another query, separation or kind of memory;
    /// [`Error::Parameter`] if there are 2⁶³ keys or more.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        let mismatch = |what, same| if same { Ok(()) } else { Err(Error::Mismatch { what }) };
        mismatch("queries of two partial states", self.query == other.query)?;
        mismatch("separations of two partial states", self.separation == other.separation)?;
        mismatch("value dimensions of two partial states", self.value_dim == other.value_dim)?;
        check_keys(self.keys(), other.keys())?;
        self.nearest = self.nearest.or(other.nearest);
        self.votes.merge(&other.votes);
        self.bits_read += other.bits_read;
        for (mine, others) in [(&mut self.placed, &other.placed), (&mut self.beyond, &other.beyond)] {
            for (distance, keys) in by_distance(others) {
                *mine.entry(distance).or_insert(0) += keys;
            }
        }
        Ok(())
    }
}

/// Words of value columns of which all votes are asked for: the second round's question to every part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub(crate) query: Query,
    pub(crate) value_dim: usize,
    pub(crate) words: Vec<usize>,
}

/// All votes of some keys, by distance, in the columns that a [`Request`] asks for: the second round.
///
/// Shape: distances × columns, the columns being whole words of 64; 8 bytes each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Votes {
    pub(crate) request: Request,
    pub(crate) table: VoteTable,
}

impl Votes {
    /// The distances at which there are keys, ascending.
    pub fn distances(&self) -> &[u32] {
        &self.table.distances
    }

    /// N_h, the keys at each of [`distances`](Self::distances).
    pub fn keys(&self) -> &[u64] {
        &self.table.keys
    }

    /// V[h][`column`] at each of [`distances`](Self::distances), or `None` if the request was not for that column.
    pub fn column(&self, column: usize) -> Option<impl Iterator<Item = i64>> {
        let word = self.table.words.get(&(column / COLUMNS)).filter(|_| column < self.request.value_dim)?;
        Some(word.iter().map(move |votes| votes[column % COLUMNS]))
    }

    /// Adds the votes of other keys.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if they answer another request; [`Error::Parameter`] if there are 2⁶³ keys or more.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.request != other.request {
            return Err(Error::Mismatch { what: "requests that two lots of votes answer" });
        }
        check_keys(self.table.key_count(), other.table.key_count())?;
        self.table.merge(&other.table);
        Ok(())
    }
}

/// Votes are signed: fewer than 2⁶³ keys can be counted together.
fn check_keys(mine: u64, others: u64) -> Result<()> {
    match mine.checked_add(others) {
        Some(keys) if i64::try_from(keys).is_ok() => Ok(()),
        _ => Err(Error::Parameter {
            what: "keys of merged parts",
            expected: "fewer than 2^63".into(),
            found: format!("{mine} and {others}"),
        }),
    }
}
