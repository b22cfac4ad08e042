//! One pattern: a ±1 vector as bits.

use std::fmt;

use bitvec::prelude::{BitSlice, Lsb0};

use crate::patterns::packing::pack_signs;
use crate::{Error, Result};

/// The largest dimension: 2²⁴ positions.
pub const MAX_DIM: usize = 1 << 24;

/// One ±1 vector x ∈ {−1,+1}^d: bit 1 is +1, bit 0 is −1; position j is bit j mod 64 of word ⌊j/64⌋.
///
/// Bits beyond the dimension are always zero.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    dim: usize,
    words: Vec<u64>,
}

impl Pattern {
    /// The pattern of `dim` times −1.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `dim` is 0 or above [`MAX_DIM`].
    pub fn new(dim: usize) -> Result<Self> {
        Ok(Self { dim, words: vec![0; words_of(dim)?] })
    }

    /// The pattern of `dim` times `bit`: `true` is +1.
    ///
    /// # Errors
    /// [`Error::Parameter`] as [`new`](Self::new).
    pub fn filled(dim: usize, bit: bool) -> Result<Self> {
        let mut pattern = Self::new(dim)?;
        pattern.bits_mut().fill(bit);
        Ok(pattern)
    }

    /// The pattern with these elements, each +1 or −1.
    ///
    /// # Errors
    /// [`Error::Element`] at the first other value; [`Error::Parameter`] as [`new`](Self::new).
    pub fn from_signs(signs: &[i8]) -> Result<Self> {
        let mut pattern = Self::new(signs.len())?;
        pack_signs(signs, &mut pattern.words).map_err(|at| not_a_sign(signs[at], "pattern", 0, at))?;
        Ok(pattern)
    }

    /// The pattern of `dim` positions with these words.
    ///
    /// # Errors
    /// [`Error::Count`] if the words are not ⌈dim/64⌉; [`Error::TailBit`] if one is set beyond `dim`;
    /// [`Error::Parameter`] as [`new`](Self::new).
    pub fn from_words(words: Vec<u64>, dim: usize) -> Result<Self> {
        check_words(&words, dim, "pattern", 0)?;
        Ok(Self { dim, words })
    }

    /// The pattern of `dim` positions with these words, which are known to be right.
    pub(super) fn of_checked(words: Vec<u64>, dim: usize) -> Self {
        Self { dim, words }
    }

    /// Positions d.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The packed words, ⌈d/64⌉ of them.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// A view of the d bits.
    pub fn bits(&self) -> &BitSlice<u64, Lsb0> {
        &BitSlice::from_slice(&self.words)[..self.dim]
    }

    /// A view of the d bits to write through; what lies beyond the dimension is out of its reach.
    pub fn bits_mut(&mut self) -> &mut BitSlice<u64, Lsb0> {
        &mut BitSlice::from_slice_mut(&mut self.words)[..self.dim]
    }

    /// The elements, each +1 or −1.
    pub fn to_signs(&self) -> Vec<i8> {
        self.bits().iter().map(|bit| if *bit { 1 } else { -1 }).collect()
    }

    /// Hamming distance to `other`: h = (d − ⟨x, y⟩) / 2.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the dimensions differ.
    pub fn distance(&self, other: &Self) -> Result<u32> {
        if self.dim != other.dim {
            return Err(Error::Dimension { what: "pattern", expected: self.dim, found: other.dim });
        }
        Ok(self.words.iter().zip(&other.words).map(|(a, b)| (a ^ b).count_ones()).sum())
    }
}

/// `+` for +1 and `-` for −1, as in text files.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.bits().iter().map(|bit| if *bit { '+' } else { '-' }).collect();
        f.pad(&text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({self})")
    }
}

/// Words of a pattern of dimension `dim`.
pub(crate) fn words_of(dim: usize) -> Result<usize> {
    if dim == 0 || dim > MAX_DIM {
        let expected = format!("1 to {MAX_DIM}");
        return Err(Error::Parameter { what: "dimension", expected, found: dim.to_string() });
    }
    Ok(dim.div_ceil(64))
}

/// The bits of a last word that lie within the dimension.
pub(crate) fn tail_mask(dim: usize) -> u64 {
    u64::MAX >> (64 * dim.div_ceil(64) - dim)
}

pub(super) fn check_words(words: &[u64], dim: usize, what: &'static str, row: usize) -> Result<()> {
    let expected = words_of(dim)?;
    if words.len() != expected {
        return Err(Error::Count {
            what: "packed words of a pattern",
            expected: expected as u64,
            found: words.len() as u64,
        });
    }
    let tail = words[expected - 1] & !tail_mask(dim);
    if tail != 0 {
        return Err(Error::TailBit { what, row, dim, bit: (expected - 1) * 64 + tail.trailing_zeros() as usize });
    }
    Ok(())
}

/// An element where only ±1 may be.
pub(super) fn not_a_sign(found: i8, what: &'static str, row: usize, column: usize) -> Error {
    Error::Element { what, row, column, expected: "+1 or −1", found: found.to_string() }
}
