//! Patterns: lists of ±1 vectors as bits, in the one layout that everything else stands on.

pub(crate) mod bits;
pub(crate) mod contents;
pub(crate) mod ids;
pub(crate) mod labels;
mod noise;
pub(crate) mod pages;
pub(crate) mod pattern;
mod queries;
pub(crate) mod random;
pub(crate) mod segments;
mod stored;

use std::fmt;
use std::ops::Range;

use popfield_kernels::{LANES, Lanes, Slab};
use rayon::prelude::*;

pub use contents::Notes;
pub use noise::{NoiseModel, add_noise, flips};
pub use pattern::{BitOrder, MAX_DIM, Pattern};
pub use queries::{Queries, Query};
pub use random::stream;
pub use segments::Side;
pub use stored::Stored;

use crate::{Error, Result};
use pages::Pages;
use pattern::{check_words, sign_bit, tail_mask, words_of};

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

    /// Patterns from rows of ±1 elements; `signs` is (n, `dim`), row by row.
    ///
    /// # Errors
    /// As [`filled`](Self::filled); [`Error::Count`] if the rows are not whole; [`Error::Element`] at the first element
    /// that is not ±1.
    ///
    /// # Example
    /// ```
    /// let patterns = popfield::Patterns::from_signs(&[1, -1, 1, -1, -1, 1], 3)?;
    /// assert_eq!(patterns.len(), 2);
    /// assert_eq!(patterns.get(1).unwrap().to_string(), "--+");
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn from_signs(signs: &[i8], dim: usize) -> Result<Self> {
        Self::from_elements(signs, dim, |&sign, row, column| sign_bit(sign, "patterns", row, column))
    }

    /// Patterns from rows of booleans, `true` being +1; `bits` is (n, `dim`), row by row.
    ///
    /// # Errors
    /// As [`filled`](Self::filled); [`Error::Count`] if the rows are not whole.
    pub fn from_bools(bits: &[bool], dim: usize) -> Result<Self> {
        Self::from_elements(bits, dim, |&bit, _, _| Ok(bit))
    }

    /// Patterns from packed rows of ⌈`dim`/8⌉ bytes, as `numpy.packbits(…, axis=1)` makes them.
    ///
    /// # Errors
    /// As [`filled`](Self::filled); [`Error::Count`] if the rows are not whole; [`Error::TailBit`] if a bit beyond
    /// `dim` is set.
    pub fn from_packed(bytes: &[u8], dim: usize, order: BitOrder) -> Result<Self> {
        words_of(dim)?;
        let row_bytes = dim.div_ceil(8);
        whole_rows(bytes.len(), row_bytes, "packed bytes (whole rows)")?;
        let mut patterns = Self::filled(bytes.len() / row_bytes, dim, false)?;
        for (i, row) in bytes.chunks_exact(row_bytes).enumerate() {
            patterns.set_packed(i, row, order)?;
        }
        Ok(patterns)
    }

    fn from_elements<T>(elements: &[T], dim: usize, bit: impl Fn(&T, usize, usize) -> Result<bool>) -> Result<Self> {
        let mut pattern = Pattern::new(dim)?;
        whole_rows(elements.len(), dim, "elements (whole rows)")?;
        let mut patterns = Self::filled(elements.len() / dim, dim, false)?;
        for (r, row) in elements.chunks_exact(dim).enumerate() {
            for (c, element) in row.iter().enumerate() {
                pattern.bits_mut().set(c, bit(element, r, c)?);
            }
            patterns.put(r, pattern.words().iter().copied());
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
        self.pages.lanes_mut().try_reserve_exact(more).map_err(|_| out_of_memory(blocks))
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

    /// Makes pattern `index` what ⌈d/8⌉ packed bytes say.
    ///
    /// # Errors
    /// [`Error::Count`] if the bytes are not ⌈d/8⌉; [`Error::TailBit`] if a bit is set beyond the dimension;
    /// [`Error::Parameter`] if there is no such pattern.
    pub fn set_packed(&mut self, index: usize, bytes: &[u8], order: BitOrder) -> Result<()> {
        let (expected, found) = (self.dim.div_ceil(8), bytes.len());
        if expected != found {
            let (expected, found) = (expected as u64, found as u64);
            return Err(Error::Count { what: "packed bytes of a pattern", expected, found });
        }
        if index >= self.len {
            let (expected, found) = (format!("below {}", self.len), index.to_string());
            return Err(Error::Parameter { what: "index of a pattern", expected, found });
        }
        let mut words = vec![0; self.words()];
        for (i, &byte) in bytes.iter().enumerate() {
            let byte = if order == BitOrder::Big { byte.reverse_bits() } else { byte };
            words[i / 8] |= u64::from(byte) << (i % 8 * 8);
        }
        check_words(&words, self.dim, "patterns", index)?;
        self.put(index, words);
        Ok(())
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
        for (w, word) in words.into_iter().enumerate() {
            *self.pages.get_mut(index, w) = word;
        }
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

    /// A copy of the patterns of `range`, which is cut to those that exist.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn range(&self, range: Range<usize>) -> Result<Self> {
        let range = range.start.min(self.len)..range.end.min(self.len);
        let mut part = Self::filled(range.len(), self.dim, false)?;
        for (to, from) in range.enumerate() {
            part.put(to, (0..self.words()).map(|w| self.word(from, w)));
        }
        Ok(part)
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

    /// The elements as ±1, (n, d) row by row.
    pub fn to_signs(&self) -> Vec<i8> {
        self.iter().flat_map(|pattern| pattern.to_signs()).collect()
    }

    /// The elements as booleans, (n, d) row by row.
    pub fn to_bools(&self) -> Vec<bool> {
        self.iter().flat_map(|pattern| pattern.bits().iter().by_vals().collect::<Vec<_>>()).collect()
    }

    /// Packed rows of ⌈d/8⌉ bytes, tail bits zero.
    pub fn to_packed(&self, order: BitOrder) -> Vec<u8> {
        let row_bytes = self.dim.div_ceil(8);
        let mut bytes = Vec::with_capacity(self.len * row_bytes);
        for i in 0..self.len {
            let row = (0..self.words()).flat_map(|w| self.word(i, w).to_le_bytes()).take(row_bytes);
            match order {
                BitOrder::Little => bytes.extend(row),
                BitOrder::Big => bytes.extend(row.map(u8::reverse_bits)),
            }
        }
        bytes
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

fn whole_rows(found: usize, row: usize, what: &'static str) -> Result<()> {
    if !found.is_multiple_of(row) {
        return Err(Error::Count { what, expected: found.next_multiple_of(row) as u64, found: found as u64 });
    }
    Ok(())
}
