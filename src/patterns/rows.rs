//! Patterns from rows of elements or packed bytes, and back: many rows at once, pages side by side.

use std::ops::Range;

use popfield_kernels::{LANES, Lanes};
use rayon::prelude::*;

use crate::error::room_for;
use crate::patterns::Patterns;
use crate::patterns::packing::{BitOrder, bools_of, pack, pack_bits, pack_signs, signs_of, to_elements, unpack_bytes};
use crate::patterns::pages::Pages;
use crate::patterns::pattern::{check_words, not_a_sign, words_of};
use crate::{Error, Result};

impl Patterns {
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
        let mut patterns = Self::for_rows(signs.len(), dim, dim, "elements (whole rows)")?;
        patterns.set_signs(0, signs)?;
        Ok(patterns)
    }

    /// Patterns from rows of booleans, `true` being +1; `bits` is (n, `dim`), row by row.
    ///
    /// # Errors
    /// As [`filled`](Self::filled); [`Error::Count`] if the rows are not whole.
    pub fn from_bools(bits: &[bool], dim: usize) -> Result<Self> {
        Self::of_elements(bits, dim, |&bit| bit)
    }

    /// Patterns from rows of elements, of which `is_set` tells the bit, which is 0 for the type's default.
    pub(super) fn of_elements<T: Copy + Default + Sync>(
        elements: &[T],
        dim: usize,
        is_set: fn(&T) -> bool,
    ) -> Result<Self> {
        let mut patterns = Self::for_rows(elements.len(), dim, dim, "elements (whole rows)")?;
        patterns.set_rows(0..patterns.len, |i, words| {
            pack(&elements[i * dim..][..dim], is_set, words);
            Ok(())
        })?;
        Ok(patterns)
    }

    /// Patterns from packed rows of ⌈`dim`/8⌉ bytes, as `numpy.packbits(…, axis=1)` makes them.
    ///
    /// # Errors
    /// As [`filled`](Self::filled); [`Error::Count`] if the rows are not whole; [`Error::TailBit`] if a bit beyond
    /// `dim` is set.
    pub fn from_packed(bytes: &[u8], dim: usize, order: BitOrder) -> Result<Self> {
        let mut patterns = Self::for_rows(bytes.len(), dim.div_ceil(8), dim, "packed bytes (whole rows)")?;
        patterns.set_packed(0, bytes, order)?;
        Ok(patterns)
    }

    /// Room for the patterns that stand in `found` elements, `row` of them each.
    fn for_rows(found: usize, row: usize, dim: usize, what: &'static str) -> Result<Self> {
        words_of(dim)?;
        whole_rows(found, row, what)?;
        Self::filled(found / row, dim, false)
    }

    /// Makes the patterns from `first` on what rows of d elements ±1 say, as many as there are rows.
    /// After an error some of them may be changed.
    ///
    /// # Errors
    /// [`Error::Count`] if the rows are not whole; [`Error::Element`] at the first element that is not ±1;
    /// [`Error::Parameter`] if there are not so many patterns.
    pub fn set_signs(&mut self, first: usize, signs: &[i8]) -> Result<()> {
        let dim = self.dim;
        let range = self.places(first, signs.len(), dim, "elements (whole rows)")?;
        self.set_rows(range, |i, words| {
            let row = &signs[i * dim..][..dim];
            pack_signs(row, words).map_err(|at| not_a_sign(row[at], "patterns", first + i, at))
        })
    }

    /// Makes the patterns from `first` on what rows of d elements say, 0 being −1 and 1 being +1, as many as there are
    /// rows. After an error some of them may be changed.
    ///
    /// # Errors
    /// [`Error::Count`] if the rows are not whole; [`Error::Element`] at the first element that is neither;
    /// [`Error::Parameter`] if there are not so many patterns.
    ///
    /// # Example
    /// ```
    /// let mut patterns = popfield::Patterns::filled(2, 3, false)?;
    /// patterns.set_bits(0, &[1, 0, 1, 0, 0, 1])?;
    /// assert_eq!(patterns.to_signs(), [1, -1, 1, -1, -1, 1]);
    /// assert!(patterns.set_bits(1, &[0, 2, 1]).is_err());
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn set_bits(&mut self, first: usize, bits: &[u8]) -> Result<()> {
        let dim = self.dim;
        let range = self.places(first, bits.len(), dim, "elements (whole rows)")?;
        self.set_rows(range, |i, words| {
            let row = &bits[i * dim..][..dim];
            pack_bits(row, words).map_err(|column| Error::Element {
                what: "patterns",
                row: first + i,
                column,
                expected: "0 or 1",
                found: row[column].to_string(),
            })
        })
    }

    /// Makes the patterns from `first` on what rows of d booleans say, `true` being +1, as many as there are rows.
    ///
    /// # Errors
    /// [`Error::Count`] if the rows are not whole; [`Error::Parameter`] if there are not so many patterns.
    pub fn set_bools(&mut self, first: usize, bits: &[bool]) -> Result<()> {
        let dim = self.dim;
        let range = self.places(first, bits.len(), dim, "elements (whole rows)")?;
        self.set_rows(range, |i, words| {
            pack(&bits[i * dim..][..dim], |&bit| bit, words);
            Ok(())
        })
    }

    /// Makes the patterns from `first` on what rows of ⌈d/8⌉ packed bytes say, as many as there are rows.
    /// After an error some of them may be changed.
    ///
    /// # Errors
    /// [`Error::Count`] if the rows are not whole; [`Error::TailBit`] if a bit is set beyond the dimension;
    /// [`Error::Parameter`] if there are not so many patterns.
    pub fn set_packed(&mut self, first: usize, bytes: &[u8], order: BitOrder) -> Result<()> {
        let (dim, row) = (self.dim, self.dim.div_ceil(8));
        let range = self.places(first, bytes.len(), row, "packed bytes (whole rows)")?;
        self.set_rows(range, |i, words| {
            unpack_bytes(&bytes[i * row..][..row], order, words);
            check_words(words, dim, "patterns", first + i)
        })
    }

    /// The patterns that `found` elements from `first` on fill, `row` of them each.
    fn places(&self, first: usize, found: usize, row: usize, what: &'static str) -> Result<Range<usize>> {
        whole_rows(found, row, what)?;
        let range = first..first.saturating_add(found / row);
        if range.end > self.len {
            let (expected, found) = (format!("at most {}", self.len), range.end.to_string());
            return Err(Error::Parameter { what: "end of the rows to be set", expected, found });
        }
        Ok(range)
    }

    /// Makes the patterns `range`, which exist, anew, pages side by side: `row` writes the words of one, given its place
    /// in the range, with no bit beyond the dimension. The error that comes back is that of the first row that has one.
    pub(super) fn set_rows(
        &mut self,
        range: Range<usize>,
        row: impl Fn(usize, &mut [u64]) -> Result<()> + Sync,
    ) -> Result<()> {
        let (words, lanes_of_page, rows_of_page) = (self.words(), self.pages.page_lanes(), self.page_rows());
        let (first, pages) = (range.start / rows_of_page, range.end.div_ceil(rows_of_page));
        let of_page = |(page, lanes): (usize, &mut [Lanes])| {
            let before = page * rows_of_page;
            let blocks = lanes.len() / words;
            let mut eight = vec![0u64; LANES * words];
            let mut at = range.start.max(before);
            while at < range.end.min(before + rows_of_page) {
                let (block, lane) = ((at - before) / LANES, at % LANES);
                let some = (LANES - lane).min(range.end - at);
                for (i, words) in eight.chunks_exact_mut(words).take(some).enumerate() {
                    if let Err(error) = row(at - range.start + i, words) {
                        return Some(error);
                    }
                }
                for w in 0..words {
                    let to = &mut lanes[w * blocks + block].0;
                    if some == LANES {
                        *to = std::array::from_fn(|i| eight[i * words + w]);
                    } else {
                        for (i, word) in to[lane..lane + some].iter_mut().enumerate() {
                            *word = eight[i * words + w];
                        }
                    }
                }
                at += some;
            }
            None
        };
        let lanes = self.pages.lanes_mut();
        let bad = if pages <= first + 1 {
            // To ask other threads takes longer than a few rows.
            lanes.chunks_mut(lanes_of_page).enumerate().take(pages).nth(first).and_then(of_page)
        } else {
            let pages = lanes.par_chunks_mut(lanes_of_page).enumerate().take(pages).skip(first);
            pages.filter_map(of_page).find_first(|_| true)
        };
        bad.map_or(Ok(()), Err)
    }

    /// A copy of the patterns of `range`, which is cut to those that exist.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn range(&self, range: Range<usize>) -> Result<Self> {
        let range = range.start.min(self.len)..range.end.min(self.len);
        let rows = self.page_rows();
        if range.start.is_multiple_of(rows) && (range.end == self.len || range.end.is_multiple_of(rows)) {
            // Whole pages, as they lie.
            let place = |row: usize| row.div_ceil(LANES) * self.words();
            let lanes = self.lanes().get(place(range.start)..place(range.end)).unwrap_or_default();
            let mut own = room_for(lanes.len(), "patterns")?;
            own.extend_from_slice(lanes);
            return Ok(Self { dim: self.dim, len: range.len(), pages: Pages::from_lanes(self.words(), own) });
        }
        let mut part = Self::filled(range.len(), self.dim, false)?;
        part.set_rows(0..range.len(), |i, words| {
            words.iter_mut().enumerate().for_each(|(w, word)| *word = self.word(range.start + i, w));
            Ok(())
        })?;
        Ok(part)
    }

    /// The elements as ±1, (n, d) row by row.
    pub fn to_signs(&self) -> Vec<i8> {
        self.to_elements(signs_of)
    }

    /// The elements as booleans, (n, d) row by row.
    pub fn to_bools(&self) -> Vec<bool> {
        self.to_elements(bools_of)
    }

    fn to_elements<T: Copy + Default + Send>(&self, of_bits: fn(u64) -> [T; 8]) -> Vec<T> {
        let mut all = vec![T::default(); self.len * self.dim];
        let of_block = |(block, rows): (usize, &mut [T])| {
            for (lane, row) in rows.chunks_exact_mut(self.dim).enumerate() {
                to_elements((0..self.words()).map(|w| self.word(block * LANES + lane, w)), of_bits, row);
            }
        };
        if self.len <= LANES {
            // Too few to ask other threads.
            of_block((0, &mut all));
        } else {
            all.par_chunks_mut(LANES * self.dim).enumerate().for_each(of_block);
        }
        all
    }

    /// Packed rows of ⌈d/8⌉ bytes, tail bits zero.
    pub fn to_packed(&self, order: BitOrder) -> Vec<u8> {
        let row_bytes = self.dim.div_ceil(8);
        let mut all = vec![0; self.len * row_bytes];
        all.par_chunks_mut(LANES * row_bytes).enumerate().for_each(|(block, rows)| {
            for (lane, row) in rows.chunks_exact_mut(row_bytes).enumerate() {
                for (w, bytes) in row.chunks_mut(8).enumerate() {
                    let word = self.word(block * LANES + lane, w);
                    let word = if order == BitOrder::Big { word.reverse_bits().swap_bytes() } else { word };
                    bytes.copy_from_slice(&word.to_le_bytes()[..bytes.len()]);
                }
            }
        });
        all
    }
}

fn whole_rows(found: usize, row: usize, what: &'static str) -> Result<()> {
    if !found.is_multiple_of(row) {
        return Err(Error::Count { what, expected: found.next_multiple_of(row) as u64, found: found as u64 });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Elements that tell where they belong.
    fn sign(row: usize, column: usize) -> i8 {
        if (row * 31 + column * column * 7 + row / 5 * column).is_multiple_of(3) { 1 } else { -1 }
    }

    fn signs(rows: Range<usize>, dim: usize) -> Vec<i8> {
        rows.flat_map(|row| (0..dim).map(move |column| sign(row, column))).collect()
    }

    #[test]
    fn rows_land_where_they_belong_from_any_place_on() {
        for dim in [1, 7, 8, 9, 63, 64, 65, 130, 5000] {
            let page = Patterns::rows_of_page(dim);
            let all = 2 * page + 13;
            let expected = Patterns::from_signs(&signs(0..all, dim), dim).unwrap();
            assert_eq!(expected.to_signs(), signs(0..all, dim));
            let ends = [0, 1, 5, 8, page - 3, page, page + 9, 2 * page, all];
            for (i, &start) in ends.iter().enumerate() {
                for &end in &ends[i..] {
                    let part = expected.range(start..end).unwrap();
                    let rows = signs(start..end, dim);
                    assert_eq!((part.len(), part.to_signs()), (end - start, rows.clone()), "{dim}: {start}..{end}");
                    assert_eq!(part, Patterns::from_signs(&rows, dim).unwrap());
                    // What is set anew leaves the rest.
                    let mut other = Patterns::filled(all, dim, true).unwrap();
                    other.set_signs(start, &rows).unwrap();
                    let same = |row: usize| if (start..end).contains(&row) { expected.get(row) } else { None };
                    for row in [0, start, end.saturating_sub(1), end, all - 1].into_iter().filter(|&row| row < all) {
                        let full = crate::Pattern::filled(dim, true).unwrap();
                        assert_eq!(other.get(row), Some(same(row).unwrap_or(full)), "{dim}: row {row}");
                    }
                    for order in [BitOrder::Big, BitOrder::Little] {
                        let mut packed = Patterns::filled(all, dim, true).unwrap();
                        packed.set_packed(start, &part.to_packed(order), order).unwrap();
                        assert_eq!(packed, other);
                    }
                }
            }
        }
    }

    #[test]
    fn the_first_bad_row_is_told() {
        let dim = 70;
        let rows = 3 * Patterns::rows_of_page(dim);
        let mut patterns = Patterns::filled(rows + 4, dim, false).unwrap();
        let mut elements = signs(0..rows, dim);
        let bad = rows / 3 * dim + 69;
        for at in [bad, bad + 1, rows / 2 * dim, rows * dim - 1] {
            elements[at] = 0;
        }
        let error = patterns.set_signs(4, &elements).unwrap_err();
        let Error::Element { row, column, found, .. } = error else { panic!("{error}") };
        assert_eq!((row, column, found.as_str()), (4 + rows / 3, 69, "0"));
        let mut bytes = vec![0; rows * 9];
        for row in [rows - 1, 5, 6] {
            bytes[row * 9 + 8] = 0x80;
        }
        let error = patterns.set_packed(1, &bytes, BitOrder::Little).unwrap_err();
        assert!(matches!(error, Error::TailBit { row: 6, dim: 70, bit: 71, .. }), "{error}");
        assert!(matches!(patterns.set_signs(5, &elements), Err(Error::Parameter { .. })));
        assert!(matches!(patterns.set_packed(0, &bytes[1..], BitOrder::Big), Err(Error::Count { .. })));
    }

    #[test]
    fn what_is_packed_is_what_each_element_says() {
        for len in 1..=130 {
            let row = signs(7..8, len);
            let bits: Vec<bool> = row.iter().map(|&sign| sign > 0).collect();
            let by_signs = Patterns::from_signs(&row, len).unwrap();
            assert_eq!(by_signs, Patterns::from_bools(&bits, len).unwrap());
            let pattern = by_signs.get(0).unwrap();
            assert!(bits.iter().enumerate().all(|(at, &bit)| pattern.bits()[at] == bit), "{len}");
            assert_eq!((by_signs.to_bools(), by_signs.to_signs()), (bits, row.clone()));
            for (at, bad) in [(0, 0), (len - 1, 2), (len / 2, -128), (len / 2, 127)] {
                let mut row = row.clone();
                row[at] = bad;
                let error = Patterns::from_signs(&row, len).unwrap_err();
                assert!(matches!(error, Error::Element { row: 0, column, .. } if column == at), "{len}: {error}");
            }
        }
    }
}
