//! What every rule is, and every network that one makes.

use std::fmt;

use crate::recall::steps::repeat;
use crate::sign::self_term::Diagonal;
use crate::sign::self_term::OwnBits;
use crate::{Error, Memory, Pattern, Patterns, Progress, Queries, Query, Result, Tie};

/// How a network is learned from associations.
pub trait Rule: fmt::Debug + Send + Sync {
    /// Its name: `hebb`, `pseudo-inverse`, `storkey`.
    fn name(&self) -> &'static str;

    /// What it does, in a few words.
    fn about(&self) -> &'static str;

    /// The network that the rule makes of `memory`, which it shares: nothing is copied but where associations were
    /// forgotten in a store, and what is stored or forgotten later does not change the network.
    ///
    /// # Errors
    /// What the rule cannot learn: see each.
    fn learn(&self, memory: &Memory) -> Result<Box<dyn Network>> {
        self.learn_watched(memory, Progress::NONE)
    }

    /// The network that the rule makes of `memory`: see [`learn`](Self::learn). What is counted for who watches are keys,
    /// as each rule says.
    ///
    /// # Errors
    /// As [`learn`](Self::learn); [`Error::Interrupted`].
    fn learn_watched(&self, memory: &Memory, progress: Progress<'_>) -> Result<Box<dyn Network>>;
}

/// The signs of the fields of one query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSigns {
    /// Positions whose field is above 0.
    pub plus: Pattern,
    /// Positions whose field is exactly 0.
    pub tied: Pattern,
}

/// A linear network: what a rule made of a memory.
pub trait Network: fmt::Debug + Send + Sync {
    /// What it was learned of: the same associations, under the same ids.
    fn memory(&self) -> &Memory;

    /// The exact signs of the fields W·query of each query, an erased position counting 0. [`Diagonal::Zero`] takes
    /// W_jj to be 0, for networks of equal dimensions.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the queries are of another dimension; [`Error::UnequalDimensions`] for a zeroed diagonal
    /// of a W that is not square, [`Error::HeteroAssociative`] for that of a Hebbian W whose keys are not their own
    /// values; [`Error::OutOfMemory`]; [`Error::TooLarge`] if a field lies too close to 0 for `f64` and the exact
    /// arithmetic would not fit; [`Error::Parameter`] if that meets a determinant it has no prime for: never seen.
    fn field_signs(&self, queries: &Queries, diagonal: Diagonal) -> Result<Vec<FieldSigns>>;

    /// W itself, (value_dim, dim), diagonal kept, in `f64`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] beyond [`MOST_WEIGHTS`] elements; [`Error::OutOfMemory`]; [`Error::Parameter`] as
    /// [`field_signs`](Self::field_signs).
    fn weights(&self) -> Result<Weights>;

    /// The memory, if this network is its linear separation and nothing more: then dynamics need no weights.
    fn as_memory(&self) -> Option<&Memory> {
        None
    }

    /// Whether it is known, exactly, that W is the identity: then every field is the query's own element, or with the
    /// diagonal zeroed 0, and nothing is corrected. Only the pseudo-inverse asks, of keys that are their own values and
    /// span all of space.
    fn is_identity(&self) -> bool {
        false
    }

    /// What is worth telling of how it was learned: names and figures.
    fn facts(&self) -> Vec<(&'static str, f64)>;
}

/// The most elements of a W that is formed: 8192².
pub const MOST_WEIGHTS: usize = 1 << 26;

/// A weight matrix in `f64`.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Rows: the dimension of what is recalled.
    pub value_dim: usize,
    /// Columns: the dimension of queries.
    pub dim: usize,
    /// (value_dim, dim), row by row.
    pub elements: Vec<f64>,
    /// No element is off by more.
    pub error: f64,
    /// The elements of no row together are off by more.
    pub row_error: f64,
}

impl Weights {
    /// Refuses matrices that are too large to form.
    pub(super) fn check(what: &'static str, value_dim: usize, dim: usize) -> Result<()> {
        if value_dim.saturating_mul(dim) > MOST_WEIGHTS {
            let expected = format!("at most {MOST_WEIGHTS} weights");
            let found = format!("{value_dim} x {dim}");
            return Err(Error::TooLarge { what, expected, found, bytes: 8 * value_dim as u64 * dim as u64 });
        }
        Ok(())
    }
}

/// What a batch of queries recalled from a network.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NetworkRecalled {
    /// The recalled pattern of each query.
    pub patterns: Patterns,
    /// Positions of each query whose field was exactly 0 in the last step.
    pub tied_bits: Vec<u64>,
}

impl dyn Network + '_ {
    /// Dimension of the queries.
    pub fn dim(&self) -> usize {
        self.memory().dim()
    }

    /// Dimension of what is recalled.
    pub fn value_dim(&self) -> usize {
        self.memory().value_dim()
    }

    /// Recalls every query in `steps` steps, each prompting the next: sign[W·query], sign(0) by the tie policy.
    ///
    /// # Errors
    /// As [`Network::field_signs`]; [`Error::Parameter`] if `steps` is 0; [`Error::UnequalDimensions`] for several
    /// steps or [`Tie::Stay`] where keys and values differ in dimension.
    pub fn recall(&self, queries: &Queries, diagonal: Diagonal, steps: u32, tie: Tie) -> Result<NetworkRecalled> {
        tie.check(self.dim(), self.value_dim())?;
        if steps == 0 {
            return Err(Error::Parameter { what: "steps", expected: "at least 1".into(), found: "0".into() });
        }
        if steps > 1 && self.dim() != self.value_dim() {
            let (key_dim, value_dim) = (self.dim(), self.value_dim());
            return Err(Error::UnequalDimensions { what: "recall in several steps", key_dim, value_dim });
        }
        let step = |states: &Queries| -> Result<NetworkRecalled> {
            let signs = self.field_signs(states, diagonal)?;
            let mut patterns = Patterns::new(self.value_dim())?;
            patterns.reserve(signs.len())?;
            for (signs, query) in signs.iter().zip(states.iter()) {
                patterns.push(&tie.decide(signs, &query)?)?;
            }
            let tied_bits = signs.iter().map(|signs| signs.tied.bits().count_ones() as u64).collect();
            Ok(NetworkRecalled { patterns, tied_bits })
        };
        repeat(queries, steps, step, |recalled| &recalled.patterns, |_| Ok(()))
    }
}

impl Tie {
    /// The pattern that these signs are to `query`.
    pub(super) fn decide(self, signs: &FieldSigns, query: &Query) -> Result<Pattern> {
        let word = |(word, (plus, tied)): (usize, (&u64, &u64))| plus | tied & self.word(OwnBits::of(query, word));
        let words = signs.plus.words().iter().zip(signs.tied.words()).enumerate().map(word);
        Pattern::from_words(words.collect(), signs.plus.dim())
    }
}

/// Checks what every network asks of queries and diagonal.
pub(super) fn check(memory: &Memory, queries: &Queries, diagonal: Diagonal) -> Result<()> {
    let (key_dim, value_dim) = (memory.dim(), memory.value_dim());
    if queries.dim() != key_dim {
        return Err(Error::Dimension { what: "queries", expected: key_dim, found: queries.dim() });
    }
    if diagonal == Diagonal::Zero && key_dim != value_dim {
        return Err(Error::UnequalDimensions { what: "a zeroed diagonal", key_dim, value_dim });
    }
    Ok(())
}

/// A query's elements: +1, −1, or 0 where it is erased.
pub(super) fn elements(query: &Query) -> impl Iterator<Item = f64> + '_ {
    let known = |j: usize| query.known().is_none_or(|known| known.bits()[j]);
    signs(query.signs()).enumerate().map(move |(j, sign)| if known(j) { sign } else { 0.0 })
}

/// A pattern's elements: +1 and −1.
pub(super) fn signs(pattern: &Pattern) -> impl Iterator<Item = f64> + '_ {
    pattern.bits().iter().by_vals().map(|bit| if bit { 1.0 } else { -1.0 })
}
