//! Patterns: lists of ±1 vectors as bits, in the one layout that everything else stands on.

mod batch;
pub(crate) mod bits;
pub(crate) mod contents;
pub(crate) mod ids;
pub(crate) mod labels;
mod noise;
mod packing;
pub(crate) mod pages;
pub(crate) mod pattern;
mod queries;
pub(crate) mod random;
mod rows;
pub(crate) mod segments;
mod stored;

use std::fmt;

use popfield_kernels::{LANES, Lanes, Slab, prefer_large_pages};
use rayon::prelude::*;

pub use batch::Batch;
pub use contents::Notes;
pub use noise::{NoiseModel, add_noise, flips};
pub use packing::BitOrder;
pub use pattern::{MAX_DIM, Pattern};
pub use queries::{Queries, Query};
pub use random::stream;
pub use segments::Side;
pub use stored::Stored;

use crate::{Error, Result};
use pages::Pages;
use pattern::{check_words, tail_mask, words_of};

/// A list of patterns of one dimension, packed for the scan: d bits each, 64-byte aligned.
///
/// The layout, pages of word planes (`pages.rs`), is this type's secret: nothing outside it, the segments of a memory and
/// the file format (`memory/file.rs`) knows it. Tail bits and unused tail lanes are always zero.
#[derive(Clone, PartialEq, Eq)]
pub struct Patterns {
    dim: usize,
    len: usize,
    pages: Pages,
}

impl Patterns {
    /// No patterns yet, of dimension `dim`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `dim` is 0 or above [`MAX_DIM`].
    pub fn new(dim: usize) -> Result<Self> {
        Ok(Self { dim, len: 0, pages: Pages::new(words_of(dim)?) })
    }

    /// `len` patterns that are `bit` throughout: `true` is +1.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`Error::OutOfMemory`] if they do not fit.
    pub fn filled(len: usize, dim: usize, bit: bool) -> Result<Self> {
        let mut patterns = Self::new(dim)?;
        patterns.reserve(len)?;
        let words = patterns.words();
        patterns.pages.lanes_mut().resize(len.div_ceil(LANES) * words, Lanes::default());
        patterns.len = len;
        if bit {
            let tail = tail_mask(dim);
            for i in 0..len {
                patterns.put(i, (0..words).map(|w| if w + 1 == words { tail } else { u64::MAX }));
            }
        }
        Ok(patterns)
    }

    /// The first `len` rows of the Hadamard matrix of order `dim` (Sylvester's construction): pairwise orthogonal
    /// keys, element (i, j) being (−1)^popcount(i & j).
    ///
    /// # Errors
    /// [`Error::Parameter`] if `dim` is not a power of two or `len` exceeds it.
    pub fn hadamard(len: usize, dim: usize) -> Result<Self> {
        if !dim.is_power_of_two() || len > dim {
            return Err(Error::Parameter {
                what: "rows of a Hadamard matrix",
                expected: "an order that is a power of two, and no more rows than that".into(),
                found: format!("{len} rows of order {dim}"),
            });
        }
        // Rows of the matrix of order 64: bit j of row i is (−1)^popcount(i & j). Larger orders repeat them, negated
        // where the higher bits of row and column meet an odd number of times.
        let small =
            |i: usize| (0..64).fold(0u64, |row, j| row | u64::from((i & j).count_ones().is_multiple_of(2)) << j);
        let mut patterns = Self::filled(len, dim, false)?;
        let words = patterns.words();
        for i in 0..len {
            let row = small(i % 64) & tail_mask(dim);
            patterns.put(i, (0..words).map(|w| if ((i / 64) & w).count_ones().is_multiple_of(2) { row } else { !row }));
        }
        Ok(patterns)
    }

    /// Makes room for `additional` more patterns.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn reserve(&mut self, additional: usize) -> Result<()> {
        let words = self.words();
        let out_of_memory = |blocks: usize| Error::OutOfMemory {
            what: "patterns",
            bytes: (blocks as u64).saturating_mul(words as u64).saturating_mul(size_of::<Lanes>() as u64),
        };
        let blocks = self.len.saturating_add(additional).div_ceil(LANES);
        let lanes = blocks.checked_mul(words).ok_or_else(|| out_of_memory(blocks))?;
        let more = lanes - self.pages.lanes().len();
        self.pages.lanes_mut().try_reserve_exact(more).map_err(|_| out_of_memory(blocks))?;
        prefer_large_pages(self.pages.lanes_mut().spare_capacity_mut());
        Ok(())
    }

    /// Makes room for one more, and for as many again where that takes a move: for those who store one by one.
    pub(crate) fn grow(&mut self) -> Result<()> {
        let words = self.words();
        let bytes = (words * size_of::<Lanes>()) as u64;
        self.pages.lanes_mut().try_reserve(words).map_err(|_| Error::OutOfMemory { what: "patterns", bytes })
    }

    /// Appends a pattern. Where many come at once, [`filled`](Self::filled) and setting them moves less.
    ///
    /// # Errors
    /// [`Error::Dimension`] if it has another dimension; [`Error::OutOfMemory`].
    pub fn push(&mut self, pattern: &Pattern) -> Result<()> {
        if pattern.dim() != self.dim {
            return Err(Error::Dimension { what: "pattern", expected: self.dim, found: pattern.dim() });
        }
        self.push_checked(pattern.words())
    }

    /// Appends a pattern given as packed words.
    ///
    /// # Errors
    /// [`Error::Count`] if the words are not ⌈d/64⌉; [`Error::TailBit`] if one is set beyond the dimension;
    /// [`Error::OutOfMemory`].
    pub fn push_words(&mut self, words: &[u64]) -> Result<()> {
        check_words(words, self.dim, "patterns", self.len)?;
        self.push_checked(words)
    }

    /// Makes pattern `index` what ⌈d/64⌉ words say, the lowest bit of the first word first.
    ///
    /// # Errors
    /// [`Error::Count`] if the words are not ⌈d/64⌉; [`Error::TailBit`] if one is set beyond the dimension;
    /// [`Error::Parameter`] if there is no such pattern.
    pub fn set_words(&mut self, index: usize, words: &[u64]) -> Result<()> {
        check_words(words, self.dim, "patterns", index)?;
        if index >= self.len {
            let (expected, found) = (format!("below {}", self.len), index.to_string());
            return Err(Error::Parameter { what: "index of a pattern", expected, found });
        }
        self.put(index, words.iter().copied());
        Ok(())
    }

    /// Words known to be right, in the place of pattern `index`.
    pub(crate) fn put(&mut self, index: usize, words: impl IntoIterator<Item = u64>) {
        self.pages.put(index, words);
    }

    fn push_checked(&mut self, words: &[u64]) -> Result<()> {
        if self.len.is_multiple_of(LANES) {
            self.grow()?;
            self.pages.push_block();
        }
        self.len += 1;
        self.put(self.len - 1, words.iter().copied());
        Ok(())
    }

    /// Takes out pattern `index`; those after it move up by one. `None` beyond the end.
    ///
    /// Cost: (n − `index`) × ⌈d/64⌉ words.
    pub fn remove(&mut self, index: usize) -> Option<Pattern> {
        let removed = self.get(index)?;
        for i in index + 1..self.len {
            for w in 0..self.words() {
                *self.pages.get_mut(i - 1, w) = self.word(i, w);
            }
        }
        self.len -= 1;
        if self.len.is_multiple_of(LANES) {
            self.pages.pop_block();
        } else {
            self.put(self.len, vec![0; self.words()]);
        }
        Some(removed)
    }

    /// Patterns n.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Positions d of each.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Bytes of memory that the patterns take.
    pub fn bytes(&self) -> usize {
        size_of_val(self.pages.lanes())
    }

    /// Pattern `index`, or `None` beyond the end.
    pub fn get(&self, index: usize) -> Option<Pattern> {
        (index < self.len).then(|| {
            let words = (0..self.words()).map(|w| self.word(index, w)).collect();
            Pattern::of_checked(words, self.dim)
        })
    }

    /// The patterns in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Pattern> {
        (0..self.len).map(|i| self.get(i).expect("an index below the length"))
    }

    /// Sets position `column` of pattern `row`: `true` is +1. Out of range does nothing and returns `false`.
    pub fn set(&mut self, row: usize, column: usize, bit: bool) -> bool {
        if row >= self.len || column >= self.dim {
            return false;
        }
        let word = self.pages.get_mut(row, column / 64);
        *word = *word & !(1 << (column % 64)) | u64::from(bit) << (column % 64);
        true
    }

    /// Words in a pattern, ⌈d/64⌉.
    pub(crate) fn words(&self) -> usize {
        self.pages.words()
    }

    /// Word `word` of pattern `index`; both in range.
    #[inline]
    pub(crate) fn word(&self, index: usize, word: usize) -> u64 {
        self.pages.view().get(index, word)
    }

    /// The words of pattern `index`, which is in range.
    #[inline]
    pub(crate) fn row(&self, index: usize) -> impl Iterator<Item = u64> {
        self.pages.view().row(index)
    }

    /// Blocks of eight, the last one perhaps not full.
    pub(crate) fn blocks(&self) -> usize {
        self.pages.blocks()
    }

    /// Blocks of a page: the most that one [`slab`](Self::slabs) holds.
    pub(crate) fn page_blocks(&self) -> usize {
        self.pages.page_blocks()
    }

    /// How many patterns of dimension `dim` stand together: where many are stored some at a time, multiples of this move
    /// fastest. 0 for a dimension out of range.
    pub fn rows_of_page(dim: usize) -> usize {
        Self::new(dim).map_or(0, |patterns| patterns.page_rows())
    }

    /// Patterns of a page that is full.
    pub(crate) fn page_rows(&self) -> usize {
        self.page_blocks() * LANES
    }

    /// Slabs over all blocks, each with its first pattern.
    pub(crate) fn slabs(&self) -> impl Iterator<Item = (usize, Result<Slab<'_>>)> {
        let view = self.pages.view();
        view.runs(0..self.blocks(), usize::MAX).map(move |run| (run.start * LANES, view.slab(run)))
    }

    /// The layout itself, for segments and files.
    pub(crate) fn lanes(&self) -> &[Lanes] {
        self.pages.lanes()
    }

    /// Makes the patterns of every block anew, blocks side by side: their words, one pattern after the other, are what
    /// `next` gives, beginning with what `start` makes of the block's number. Bits beyond the dimension are left out.
    pub(crate) fn fill<S>(&mut self, start: impl Fn(usize) -> S + Sync, next: impl Fn(&mut S) -> u64 + Sync) {
        let (len, words, tail) = (self.len, self.words(), tail_mask(self.dim));
        let (size, lanes) = (self.pages.page_blocks(), self.pages.page_lanes());
        self.pages.lanes_mut().par_chunks_mut(lanes).enumerate().for_each(|(page, lanes)| {
            let blocks = lanes.len() / words;
            for b in 0..blocks {
                let block = page * size + b;
                let mut state = start(block);
                for lane in 0..LANES.min(len - block * LANES) {
                    for w in 0..words {
                        lanes[w * blocks + b].0[lane] = next(&mut state) & if w + 1 == words { tail } else { u64::MAX };
                    }
                }
            }
        });
    }

    /// Patterns that stand in `lanes` already, as files hold them.
    ///
    /// # Errors
    /// [`Error::TailBit`] if a tail bit or lane is not zero; [`Error::Count`] if there are not just enough lanes.
    pub(crate) fn from_lanes(lanes: Vec<Lanes>, len: usize, dim: usize, what: &'static str) -> Result<Self> {
        let words = words_of(dim)?;
        let expected = len.div_ceil(LANES) * words;
        if lanes.len() != expected {
            return Err(Error::Count { what, expected: expected as u64, found: lanes.len() as u64 });
        }
        let patterns = Self { dim, len, pages: Pages::from_lanes(words, lanes) };
        for index in 0..patterns.blocks() * LANES {
            let allowed = if index < len { tail_mask(dim) } else { 0 };
            let tail = patterns.word(index, words - 1) & !allowed;
            if tail != 0 {
                let bit = (words - 1) * 64 + tail.trailing_zeros() as usize;
                return Err(Error::TailBit { what, row: index, dim, bit });
            }
            if index >= len
                && let Some(w) = (0..words).find(|&w| patterns.word(index, w) != 0)
            {
                return Err(Error::TailBit { what, row: index, dim: 0, bit: w * 64 });
            }
        }
        Ok(patterns)
    }
}

impl fmt::Debug for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Patterns({} of dimension {})", self.len, self.dim)
    }
}

/// Patterns of one dimension, of which there must be at least one.
impl<'a> FromIterator<&'a Pattern> for Result<Patterns> {
    fn from_iter<I: IntoIterator<Item = &'a Pattern>>(iter: I) -> Self {
        let mut iter = iter.into_iter().peekable();
        let mut patterns = Patterns::new(iter.peek().ok_or(Error::Empty { what: "patterns" })?.dim())?;
        iter.try_for_each(|pattern| patterns.push(pattern))?;
        Ok(patterns)
    }
}
