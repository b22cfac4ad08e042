//! Partial states: what each part of a memory knows of a query, merged by integer addition into one exact answer.
//!
//! Two rounds, whatever the split into threads, shards or machines:
//!
//! 1. every part gives its [`Partial`]: its nearest keys, the votes of those that matter, and a bound for the rest.
//!    They [`merge`](Partial::merge), and [`close`](Partial::close) decides every bit that the sum certifies;
//! 2. for the bits still open every part counts all of its votes ([`Memory::votes`](crate::Memory::votes)); they merge
//!    too, and [`resolve`](Closing::resolve) decides the rest. Complete votes leave nothing open.
//!
//! A memory on its own is the case of one part; [`Memory::recall`](crate::Memory::recall) takes the same way.

use std::collections::BTreeMap;

use crate::census::Census;
use crate::exact::ULP;
use crate::field::{Evidence, Field, WordSigns, by_distance, set_bits};
use crate::recall::Tie;
use crate::votes::{COLUMNS, Ranked, Votes};
use crate::{Certificate, Error, Nearest, Pattern, Patterns, Query, Reason, Report, Result, Separation};

/// One recalled pattern.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// The signs of the fields.
    pub pattern: Pattern,
    /// What is known beside.
    pub report: Report,
}

/// What the keys of one part say of a query: the first round. See [`Memory::partial`](crate::Memory::partial).
#[derive(Clone, Debug)]
pub struct Partial {
    separation: Separation,
    key_dim: usize,
    value_dim: usize,
    nearest: Nearest,
    /// Votes, in every word, of the keys that were counted.
    votes: Votes,
    /// Keys that were not counted but whose distance is known.
    placed: BTreeMap<u32, u64>,
    /// Keys known only by a lower bound of their distance.
    beyond: BTreeMap<u32, u64>,
}

impl Partial {
    /// From the census of some keys, whose values are `values`; ids count from `first_id`. `None` if there were no
    /// keys.
    pub(crate) fn new(census: Census, field: &Field, key_dim: usize, values: &Patterns, first_id: u64) -> Option<Self> {
        let mut nearest = census.nearest()?;
        let (mut kept, beyond) = census.finish();
        let mut placed = BTreeMap::new();
        if nearest.count == 1 && !kept.is_empty() {
            let others = kept.iter().filter(|key| key.0 > nearest.distance);
            let rest = others.map(|key| (key.0, 1)).chain(by_distance(&beyond));
            if field.weigh(rest, nearest.distance)[1] < 1.0 {
                // The nearest key outweighs the rest; their votes cannot matter, their distances still tell its weight.
                kept.retain(|&(distance, _)| {
                    if distance > nearest.distance {
                        *placed.entry(distance).or_insert(0) += 1;
                    }
                    distance == nearest.distance
                });
            }
        }
        let votes = Votes::gather(values, &mut kept);
        nearest.id += first_id;
        Some(Self { separation: field.separation(), key_dim, value_dim: values.dim(), nearest, votes, placed, beyond })
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
    /// [`Error::Dimension`] or [`Error::Parameter`] if the other state is of another shape or separation.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        for (what, expected, found) in
            [("keys of a part", self.key_dim, other.key_dim), ("values of a part", self.value_dim, other.value_dim)]
        {
            if expected != found {
                return Err(Error::Dimension { what, expected, found });
            }
        }
        if self.separation != other.separation {
            let (expected, found) = (self.separation.to_string(), other.separation.to_string());
            return Err(Error::Parameter { what: "separation of a part", expected, found });
        }
        self.nearest = self.nearest.or(other.nearest);
        self.votes.merge(&other.votes)?;
        for (mine, others) in [(&mut self.placed, &other.placed), (&mut self.beyond, &other.beyond)] {
            for (&distance, &keys) in others {
                *mine.entry(distance).or_insert(0) += keys;
            }
        }
        Ok(())
    }

    /// Decides every bit that this state certifies.
    ///
    /// # Errors
    /// [`Error::Dimension`] if `query` is of another dimension than the keys; [`Error::UnequalDimensions`] for
    /// [`Tie::Stay`] where keys and values differ in dimension.
    pub fn close(self, query: &Query, tie: Tie) -> Result<Closing> {
        if query.signs().dim() != self.key_dim {
            return Err(Error::Dimension { what: "query", expected: self.key_dim, found: query.signs().dim() });
        }
        tie.check(self.key_dim, self.value_dim)?;
        let field = Field::new(self.separation, self.key_dim);
        self.close_by(&field, query, tie)
    }

    pub(crate) fn close_by(self, field: &Field, query: &Query, tie: Tie) -> Result<Closing> {
        let pattern = Pattern::new(self.value_dim)?;
        let mut without_votes = self.beyond.clone();
        by_distance(&self.placed).for_each(|(distance, keys)| *without_votes.entry(distance).or_insert(0) += keys);
        let counted = self.votes.distances().iter().copied().zip(self.votes.keys().iter().copied());
        let dominant = self.nearest.count == 1 && self.votes.distances().first() == Some(&self.nearest.distance) && {
            let counted = counted.clone();
            field.weigh(counted.skip(1).chain(by_distance(&without_votes)), self.nearest.distance)[1] < 1.0
        };
        let reason = match (dominant, without_votes.is_empty()) {
            (true, _) => Reason::Dominant,
            (false, false) => Reason::Votes,
            (false, true) => Reason::Full,
        };
        let mut closing = Closing {
            separation: self.separation,
            pattern: pattern.words().to_vec(),
            key_dim: self.key_dim,
            value_dim: self.value_dim,
            open: BTreeMap::new(),
            known: query.known_count() as u32,
            keys: self.keys(),
            report: Report {
                nearest: self.nearest,
                top_weight: top_weight(
                    field,
                    self.nearest,
                    counted.clone().chain(by_distance(&self.placed)),
                    &self.beyond,
                ),
                certificate: Certificate { reason, keys_touched: self.votes.key_count() },
                tied_bits: 0,
                bits_read: self.keys() * self.key_dim as u64 + self.votes.key_count() * self.value_dim as u64,
            },
            ties: match tie {
                Tie::Plus => Ties::All(u64::MAX),
                Tie::Minus => Ties::All(0),
                // An erased position counts as plus.
                Tie::Stay => Ties::Words(match query.known() {
                    None => query.signs().words().to_vec(),
                    Some(known) => query.signs().words().iter().zip(known.words()).map(|(s, k)| s | !k).collect(),
                }),
            },
        };
        let evidence = Evidence {
            known: closing.known,
            nearest: self.nearest.distance,
            distances: self.votes.distances(),
            keys: self.votes.keys(),
            beyond: &without_votes,
        };
        for (word, votes) in self.votes.words() {
            let columns = columns_of(word, self.value_dim);
            closing.note(word, columns, field.word_signs(evidence, votes, columns));
        }
        Ok(closing)
    }
}

/// What decides a bit whose field is exactly zero.
#[derive(Clone, Debug)]
enum Ties {
    All(u64),
    Words(Vec<u64>),
}

/// A recall between its two rounds: some bits decided, others perhaps open.
#[derive(Clone, Debug)]
pub struct Closing {
    separation: Separation,
    pattern: Vec<u64>,
    key_dim: usize,
    value_dim: usize,
    /// Columns still open, by word.
    open: BTreeMap<usize, u64>,
    known: u32,
    keys: u64,
    report: Report,
    ties: Ties,
}

/// Words of value columns of which all votes are asked for: the second round's question to every part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub(crate) words: Vec<usize>,
}

impl Closing {
    /// Bits not yet decided.
    pub fn open_bits(&self) -> u64 {
        self.open.values().map(|columns| u64::from(columns.count_ones())).sum()
    }

    /// Positions of the bits not yet decided, ascending.
    pub fn open_positions(&self) -> impl Iterator<Item = usize> {
        self.open.iter().flat_map(|(&word, &columns)| set_bits(columns).map(move |bit| word * COLUMNS + bit))
    }

    /// The questions of the second round, each for at most `words` words (64 columns each) of votes; none if every bit
    /// is decided. A part's answer takes 512 bytes for each word and distance that occurs, so few words at a time bound
    /// its memory.
    pub fn requests(&self, words: usize) -> Vec<Request> {
        let open: Vec<usize> = self.open.keys().copied().collect();
        open.chunks(words.max(1)).map(|words| Request { words: words.to_vec() }).collect()
    }

    /// Decides the bits of the words that `votes` holds, which must be the merged votes of all parts.
    ///
    /// # Errors
    /// [`Error::Count`] if the votes are not of just the keys that the first round spoke for.
    pub fn resolve(&mut self, votes: &Votes) -> Result<()> {
        if votes.key_count() != self.keys {
            let (expected, found) = (self.keys, votes.key_count());
            return Err(Error::Count { what: "keys in the votes of the second round", expected, found });
        }
        let field = Field::new(self.separation, self.known as usize);
        let complete = BTreeMap::new();
        let evidence = self.evidence(votes.distances(), votes.keys(), &complete);
        let signs: Vec<(usize, WordSigns)> = votes
            .words()
            .filter_map(|(word, votes)| {
                self.open.get(&word).map(|&columns| (word, field.word_signs(evidence, votes, columns)))
            })
            .collect();
        let columns = (signs.len() * COLUMNS).min(self.value_dim);
        self.report.bits_read += self.keys * (self.key_dim + columns) as u64;
        signs.into_iter().for_each(|(word, signs)| self.settle(word, signs));
        self.counted(&field, votes.distances(), votes.keys());
        Ok(())
    }

    /// Decides everything from the ranked keys of a memory that is the only part; a word of columns at a time, so that
    /// no table of all votes is formed.
    pub(crate) fn resolve_by(&mut self, field: &Field, values: &Patterns, ranked: &Ranked) {
        use rayon::prelude::*;
        let complete = BTreeMap::new();
        let evidence = self.evidence(&ranked.distances, &ranked.keys, &complete);
        let open: Vec<(usize, u64)> = self.open.iter().map(|(&word, &columns)| (word, columns)).collect();
        let signs: Vec<WordSigns> = open
            .par_iter()
            .map(|&(word, columns)| field.word_signs(evidence, &ranked.votes(values, word), columns))
            .collect();
        let columns = (open.len() * COLUMNS).min(self.value_dim);
        self.report.bits_read += self.keys * (self.key_dim + columns) as u64;
        open.iter().zip(signs).for_each(|(&(word, _), signs)| self.settle(word, signs));
        self.counted(field, &ranked.distances, &ranked.keys);
    }

    /// The answer, once every bit is decided.
    ///
    /// # Errors
    /// [`Error::Count`] if bits are still open.
    pub fn finish(self) -> Result<Answer> {
        if !self.open.is_empty() {
            return Err(Error::Count { what: "bits still open", expected: 0, found: self.open_bits() });
        }
        Ok(Answer { pattern: Pattern::from_words(self.pattern, self.value_dim)?, report: self.report })
    }

    fn evidence<'a>(&self, distances: &'a [u32], keys: &'a [u64], beyond: &'a BTreeMap<u32, u64>) -> Evidence<'a> {
        Evidence { known: self.known, nearest: self.report.nearest.distance, distances, keys, beyond }
    }

    /// Every key was counted: says so, and now the top weight is known as well as `f64` can tell it.
    fn counted(&mut self, field: &Field, distances: &[u32], keys: &[u64]) {
        self.report.certificate = Certificate { reason: Reason::Full, keys_touched: self.keys };
        let placed = distances.iter().copied().zip(keys.iter().copied());
        self.report.top_weight = top_weight(field, self.report.nearest, placed, &BTreeMap::new());
    }

    fn settle(&mut self, word: usize, signs: WordSigns) {
        if let Some(columns) = self.open.remove(&word) {
            self.note(word, columns, signs);
        }
    }

    fn note(&mut self, word: usize, columns: u64, signs: WordSigns) {
        let ties = match &self.ties {
            Ties::All(bits) => *bits,
            Ties::Words(words) => words[word],
        };
        self.pattern[word] = self.pattern[word] & !columns | signs.plus | (signs.tied & ties);
        self.report.tied_bits += u64::from(signs.tied.count_ones());
        if signs.open != 0 {
            self.open.insert(word, signs.open);
        }
    }
}

/// The columns of value word `word` that lie within the dimension.
fn columns_of(word: usize, value_dim: usize) -> u64 {
    u64::MAX >> (COLUMNS - COLUMNS.min(value_dim - word * COLUMNS))
}

/// An interval that holds the softmax weight of the nearest keys together: N₀ / Σ N_h e^{−2β(h−h₀)}.
fn top_weight(
    field: &Field,
    nearest: Nearest,
    placed: impl Iterator<Item = (u32, u64)>,
    beyond: &BTreeMap<u32, u64>,
) -> Option<[f64; 2]> {
    field.separation().beta()?;
    let [low, high] = field.weigh(placed.filter(|others| others.0 > nearest.distance), nearest.distance);
    // Keys that may be as near as the nearest are perhaps those already in its count: without them the weight is known
    // no better.
    let unplaced = field.weigh(by_distance(beyond), nearest.distance)[1];
    let top = nearest.count as f64;
    let margin = 4.0 * ULP;
    Some([top / (top + high + unplaced) * (1.0 - margin), (top / (top + low) * (1.0 + margin)).min(1.0)])
}
