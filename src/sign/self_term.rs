//! The self-term: how the bit at a position enters the field of that same position.
//!
//! With y = x the sum Σ_i f(s_i) x_ij holds a vote of the query's own bit for itself, since s_i counts it. Recall keeps
//! that literal sum. Networks that run to a limit leave it out, in one of two ways, and both are again sums over votes
//! by distance. Let σ be the bit of the state at position j; of the keys at distance h, a_h agree with it there and
//! b_h oppose it: a_h + b_h = N_h and σ(a_h − b_h) = V[h][j].
//!
//! - *Zeroed* (W_jj = 0): overlaps run over the other positions. A key that agrees stays at its distance, one that
//!   opposes comes one nearer, so the votes are σ(a_h − b_{h+1}) over known − 1 positions.
//! - *Difference*: the energy with the bit down less that with the bit up. Turning the bit moves those that agree one
//!   farther and those that oppose one nearer, so the votes are σ(N_h − a_{h−1} − b_{h+1}), weighed by the energy's
//!   function F. Where F is s² or e^{βs} this is the zeroed field times a positive number.
//!
//! A position that is not known has no vote to leave out: the zeroed field is the literal one, and the difference asks
//! what either bit would add.

use crate::Query;
use crate::names::named;

/// Whether a position's own bit enters its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diagonal {
    /// It does: W_jj = n, the literal sum.
    Keep,
    /// It does not: W_jj = 0; of other separations, overlaps run over the other positions.
    Zero,
}

named!(Diagonal, "diagonal",
    Diagonal::Keep, Diagonal::Keep => "keep", "It does";
    Diagonal::Zero, Diagonal::Zero => "zero", "It does not";
);

/// How a position's own bit enters its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SelfTerm {
    /// Σ_i f(s_i) x_ij, the literal sum.
    Kept,
    /// Σ_i f(s_i) x_ij with overlaps that run over the other positions.
    Zeroed,
    /// Energy with the bit down less energy with the bit up.
    Difference,
}

/// The query's bits at 64 columns.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OwnBits {
    pub(crate) signs: u64,
    /// Columns at which the query has a bit.
    pub(crate) known: u64,
}

impl OwnBits {
    /// The bits of `query` at the columns of `word`; none beyond its end.
    pub(crate) fn of(query: &Query, word: usize) -> Self {
        let signs = query.signs().words().get(word).copied();
        let known = query.known().map_or(Some(u64::MAX), |known| known.words().get(word).copied());
        signs.zip(known).map_or_else(Self::default, |(signs, known)| Self { signs, known })
    }
}
