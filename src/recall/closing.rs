//! Closing a recall: deciding bits from the votes at hand, and from all votes where those leave bits open.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use crate::patterns::pattern::tail_mask;
use crate::patterns::segments::Side;
use crate::progress::Steps;
use crate::recall::fixed_point::FixedPoint;
use crate::recall::partial::{Partial, Request, Votes};
use crate::separation::field::Field;
use crate::sign::evidence::{Evidence, WordSigns, by_distance, set_bits};
use crate::sign::exact::ULP;
use crate::sign::self_term::{OwnBits, SelfTerm};
use crate::votes::{COLUMNS, Ranked, WordVotes};

use crate::recall::certificate::{Certificate, Reason, Report};
use crate::scan::census::Nearest;
use crate::{Error, Pattern, Query, Result, Separation, Tie};

/// One recalled pattern.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// The signs of the fields.
    pub pattern: Pattern,
    /// The positions whose field is exactly 0, as set bits.
    pub tied: Pattern,
    /// What is known beside.
    pub report: Report,
}

impl Partial {
    /// Decides every bit that this state certifies.
    ///
    /// # Errors
    /// [`Error::UnequalDimensions`] for [`Tie::Stay`] where keys and values differ in dimension.
    pub fn close(self, tie: Tie) -> Result<Closing> {
        tie.check(self.query.signs().dim(), self.value_dim)?;
        let field = Field::new(self.separation, SelfTerm::Kept, self.query.signs().dim());
        Ok(Closing::new(self, &field, tie))
    }
}

/// A recall between its two rounds: some bits decided, others perhaps open. See [`Partial::close`].
#[derive(Clone, Debug)]
pub struct Closing {
    query: Query,
    separation: Separation,
    tie: Tie,
    /// The words of the recalled pattern, as far as decided.
    signs: Vec<u64>,
    /// Positions whose field is exactly 0, as far as decided.
    tied: Vec<u64>,
    value_dim: usize,
    /// Columns still open, by word.
    open: Vec<u64>,
    keys: u64,
    report: Report,
}

impl Closing {
    pub(crate) fn new(partial: Partial, field: &Field, tie: Tie) -> Self {
        let (keys, nearest) = (partial.keys(), partial.nearest);
        let Partial { query, separation, value_dim, votes, placed, beyond, bits_read, .. } = partial;
        let mut without_votes = beyond.clone();
        by_distance(&placed).for_each(|(distance, keys)| *without_votes.entry(distance).or_insert(0) += keys);
        let others = votes.census().filter(|key| key.0 > nearest.distance);
        let outweighed =
            field.weigh(others.chain(by_distance(&without_votes)), nearest.distance)[1] < field.dominance();
        let reason = match without_votes.is_empty() {
            _ if nearest.count == 1 && outweighed => Reason::Dominant,
            false => Reason::Votes,
            true => Reason::Full,
        };
        let report = Report {
            nearest,
            top_weight: top_weight(field, nearest, votes.census().chain(by_distance(&placed)), &beyond),
            certificate: Certificate { reason, keys_touched: votes.key_count(), probes: 0 },
            tied_bits: 0,
            bits_read: bits_read + votes.key_count() * value_dim as u64,
        };
        let signs = vec![0; value_dim.div_ceil(COLUMNS)];
        let tied = signs.clone();
        let mut open = vec![u64::MAX; signs.len()];
        open[signs.len() - 1] = tail_mask(value_dim);
        let mut closing = Self { query, separation, tie, signs, tied, value_dim, open, keys, report };
        let evidence = closing.evidence(&votes.distances, &votes.keys, &without_votes);
        for (&word, votes) in &votes.words {
            let columns = closing.open[word];
            let signs = match reason {
                // Its own bits are the signs, whatever the others say.
                Reason::Dominant => WordSigns { plus: columns & plus(&votes[0]), ..WordSigns::default() },
                _ => field.word_signs(evidence, votes, columns, closing.own_bits(word)),
            };
            closing.note(word, columns, signs);
        }
        closing
    }

    /// Bits not yet decided.
    pub fn open_bits(&self) -> u64 {
        self.open.iter().map(|columns| u64::from(columns.count_ones())).sum()
    }

    /// Positions of the bits not yet decided, ascending.
    pub fn open_positions(&self) -> impl Iterator<Item = usize> {
        self.open.iter().enumerate().flat_map(|(word, &columns)| set_bits(columns).map(move |bit| word * COLUMNS + bit))
    }

    /// Words with open columns, and these.
    fn open_words(&self, words: Range<usize>) -> impl Iterator<Item = (usize, u64)> {
        words.map(|word| (word, self.open[word])).filter(|open| open.1 != 0)
    }

    /// The questions of the second round, each for at most `words` words (64 columns each) of votes; none if every bit
    /// is decided. A part's answer takes 512 bytes for each word and distance that occurs, so few words at a time bound
    /// its memory.
    pub fn requests(&self, words: usize) -> Vec<Request> {
        let open: Vec<usize> = self.open_words(0..self.open.len()).map(|open| open.0).collect();
        let request =
            |words: &[usize]| Request { query: self.query.clone(), value_dim: self.value_dim, words: words.to_vec() };
        open.chunks(words.max(1)).map(request).collect()
    }

    /// Decides the bits of the words that `votes` holds, which must be the merged votes of all parts.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if the votes are about another query, or not of just the keys that the first round spoke
    /// for.
    pub fn resolve(&mut self, votes: &Votes) -> Result<()> {
        let (table, nearest) = (&votes.table, self.report.nearest);
        if votes.request.query != self.query || votes.request.value_dim != self.value_dim {
            return Err(Error::Mismatch { what: "queries of the first and the second round" });
        }
        if table.key_count() != self.keys || table.census().next() != Some((nearest.distance, nearest.count)) {
            return Err(Error::Mismatch { what: "keys of the first and the second round" });
        }
        let field = Field::new(self.separation, SelfTerm::Kept, self.query.signs().dim());
        let votes_of = |word| Ok(table.words.get(&word).map(Cow::Borrowed));
        self.decide(&field, &table.distances, &table.keys, votes_of)
    }

    /// The distance of the nearest keys.
    pub(crate) fn nearest_distance(&self) -> u32 {
        self.report.nearest.distance
    }

    /// Bits read so far.
    pub(crate) fn bits_read(&self) -> u64 {
        self.report.bits_read
    }

    /// Decides what fields in fixed point can of the open bits; each key holds `own` votes of the query for itself that
    /// do not count.
    pub(crate) fn decide_by_fields(&mut self, field: &Field, fields: &FixedPoint<'_>, own: i64) -> Result<()> {
        let literal = fields.signs(0)?;
        // Fields where the query's own bit is plus, and where it is minus.
        let votes = own * self.keys as i64;
        let without_own = if votes == 0 { None } else { Some([fields.signs(votes)?, fields.signs(-votes)?]) };
        for word in 0..self.open.len() {
            let columns = self.open[word];
            if columns == 0 {
                continue;
            }
            let [mut above, mut below] = [literal[0][word], literal[1][word]];
            if let Some([plus, minus]) = &without_own {
                let own = self.own_bits(word);
                // Positions that the query does not know hold no vote of its own.
                let choose = |side: usize, literal: u64| {
                    let known = plus[side][word] & own.signs | minus[side][word] & !own.signs;
                    known & own.known | literal & !own.known
                };
                [above, below] = [choose(0, above), choose(1, below)];
            }
            let rest = columns & !(above | below);
            let signs = match fields.is_exact() {
                true => WordSigns { plus: above & columns, tied: rest, open: 0 },
                false => WordSigns { plus: above & columns, tied: 0, open: rest },
            };
            self.note(word, columns, signs);
        }
        self.report.bits_read += self.keys * (self.query.signs().dim() + self.open.len() * COLUMNS) as u64;
        self.report.certificate = Certificate { reason: Reason::Full, keys_touched: self.keys, probes: 0 };
        if field.has_top_weight() {
            let top = self.report.nearest.count as f64;
            let [low, high] = fields.share_of_one().map(|share| share * top);
            let margin = 8.0 * ULP;
            self.report.top_weight = Some([(low * (1.0 - margin)).max(0.0), (high * (1.0 + margin)).min(1.0)]);
        }
        Ok(())
    }

    /// Decides everything from the ranked keys of a memory that is the only part; a word of columns at a time, so that
    /// no table of all votes is formed.
    ///
    /// # Errors
    /// [`Error::Interrupted`] if `steps` says so.
    pub(crate) fn resolve_by(
        &mut self,
        field: &Field,
        values: &Side,
        ranked: &Ranked,
        steps: &Steps<'_>,
    ) -> Result<()> {
        self.decide(field, &ranked.distances, &ranked.keys, |word| {
            steps.check()?;
            Ok(Some(Cow::Owned(ranked.votes(values, word))))
        })
    }

    /// Decides the open words of which `votes_of` knows the votes of every key.
    fn decide<'a>(
        &mut self,
        field: &Field,
        distances: &[u32],
        keys: &[u64],
        votes_of: impl Fn(usize) -> Result<Option<Cow<'a, WordVotes>>> + Sync,
    ) -> Result<()> {
        let complete = BTreeMap::new();
        let evidence = self.evidence(distances, keys, &complete);
        let open: Vec<(usize, u64)> = self.open_words(0..self.open.len()).collect();
        let signs_of = |(word, columns): (usize, u64)| -> Result<Option<(usize, u64, WordSigns)>> {
            let signs = |votes: Cow<'_, WordVotes>| field.word_signs(evidence, &votes, columns, self.own_bits(word));
            Ok(votes_of(word)?.map(|votes| (word, columns, signs(votes))))
        };
        let decided: Vec<_> =
            open.into_par_iter().filter_map(|open| signs_of(open).transpose()).collect::<Result<_>>()?;
        self.report.bits_read += self.keys * (self.query.signs().dim() + decided.len() * COLUMNS) as u64;
        for (word, columns, signs) in decided {
            self.note(word, columns, signs);
        }
        // Every key was counted, and so the top weight is known as well as `f64` can tell it.
        let placed = distances.iter().copied().zip(keys.iter().copied());
        self.report.certificate = Certificate { reason: Reason::Full, keys_touched: self.keys, probes: 0 };
        self.report.top_weight = top_weight(field, self.report.nearest, placed, &complete);
        Ok(())
    }

    /// The answer, once every bit is decided.
    ///
    /// # Errors
    /// [`Error::Count`] if bits are still open.
    pub fn finish(self) -> Result<Answer> {
        if self.open_bits() > 0 {
            return Err(Error::Count { what: "bits still open", expected: 0, found: self.open_bits() });
        }
        let pattern = |words| Pattern::from_words(words, self.value_dim);
        Ok(Answer { pattern: pattern(self.signs)?, tied: pattern(self.tied)?, report: self.report })
    }

    fn evidence<'a>(&self, distances: &'a [u32], keys: &'a [u64], beyond: &'a BTreeMap<u32, u64>) -> Evidence<'a> {
        let known = self.query.known_count() as u32;
        Evidence { known, nearest: self.report.nearest.distance, distances, keys, beyond }
    }

    /// The query's own bits at the columns of a word; none where values are of another dimension.
    fn own_bits(&self, word: usize) -> OwnBits {
        OwnBits::of(&self.query, word)
    }

    fn note(&mut self, word: usize, columns: u64, signs: WordSigns) {
        self.signs[word] =
            (self.signs[word] & !columns) | signs.plus | (signs.tied & self.tie.word(self.own_bits(word)));
        self.tied[word] |= signs.tied;
        self.report.tied_bits += u64::from(signs.tied.count_ones());
        self.open[word] = signs.open;
    }
}

/// The columns with more votes for plus.
fn plus(votes: &[i64; COLUMNS]) -> u64 {
    votes.iter().enumerate().fold(0, |plus, (column, &votes)| plus | u64::from(votes > 0) << column)
}

/// An interval that holds the softmax weight of the nearest keys together: N₀ / Σ N_h e^{−2β(h−h₀)}.
fn top_weight(
    field: &Field,
    nearest: Nearest,
    placed: impl Iterator<Item = (u32, u64)>,
    beyond: &BTreeMap<u32, u64>,
) -> Option<[f64; 2]> {
    if !field.has_top_weight() {
        return None;
    }
    let [low, high] = field.weigh(placed.filter(|others| others.0 > nearest.distance), nearest.distance);
    // Keys that may be as near as the nearest are perhaps those already in its count: they only widen the interval.
    let unplaced = field.weigh(by_distance(beyond), nearest.distance)[1];
    let top = nearest.count as f64;
    let margin = 4.0 * ULP;
    Some([top / (top + high + unplaced) * (1.0 - margin), (top / (top + low) * (1.0 + margin)).min(1.0)])
}
