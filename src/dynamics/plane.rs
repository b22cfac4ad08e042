//! Bit planes: one position of all keys side by side, which is what a single visited bit needs.

use std::ops::Range;

use popfield_kernels::LANES;
use rayon::prelude::*;

use crate::Result;
use crate::error::room_for;
use crate::patterns::segments::Side;

/// The positions of some words of all keys, transposed: bit i of a column is key i's bit there.
#[derive(Debug)]
pub(crate) struct Plane {
    first: usize,
    /// Words in a column, ⌈n/64⌉.
    height: usize,
    columns: Vec<u64>,
}

impl Plane {
    /// Words in a column of `keys`.
    pub(crate) fn height(keys: &Side) -> usize {
        keys.len().div_ceil(64)
    }

    /// What the positions of `words` take.
    pub(crate) fn bytes(keys: &Side, words: Range<usize>) -> usize {
        words.len().saturating_mul(64 * 8).saturating_mul(Self::height(keys))
    }

    /// The positions of `words`; 64 · n bits a word.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(crate) fn new(keys: &Side, words: Range<usize>) -> Result<Self> {
        let height = Self::height(keys);
        let mut columns = room_for(words.len() * 64 * height, "bit planes")?;
        columns.resize(words.len() * 64 * height, 0);
        let fill = |(word, strip): (usize, &mut [u64])| {
            let (mut square, mut rows, mut tall) = ([0u64; 64], 0, 0);
            let mut turn = |square: &mut [u64; 64]| {
                transpose(square);
                strip.chunks_exact_mut(height).zip(&*square).for_each(|(column, &bits)| column[tall] = bits);
                tall += 1;
            };
            for run in keys.runs(0..keys.blocks(), usize::MAX) {
                for (b, block) in run.column(word).iter().enumerate() {
                    let mut words = &block.0[..LANES.min(run.present - b * LANES)];
                    while !words.is_empty() {
                        let (now, later) = words.split_at(words.len().min(64 - rows));
                        square[rows..rows + now.len()].copy_from_slice(now);
                        (words, rows) = (later, rows + now.len());
                        if rows == 64 {
                            turn(&mut square);
                            rows = 0;
                        }
                    }
                }
            }
            if rows > 0 {
                square[rows..].fill(0);
                turn(&mut square);
            }
        };
        let strips = columns.par_chunks_mut(64 * height).enumerate();
        strips.for_each(|(w, strip)| fill((words.start + w, strip)));
        Ok(Self { first: words.start * 64, height, columns })
    }

    /// The column of `position`, which must be among those of the plane.
    pub(crate) fn column(&self, position: usize) -> &[u64] {
        let start = (position - self.first) * self.height;
        &self.columns[start..start + self.height]
    }
}

/// Transposes a square of 64 × 64 bits: quarters change places, then their quarters, down to single bits.
fn transpose(square: &mut [u64; 64]) {
    let (mut size, mut mask) = (32, u64::MAX >> 32);
    while size > 0 {
        for both in square.chunks_exact_mut(2 * size) {
            let (low, high) = both.split_at_mut(size);
            for (low, high) in low.iter_mut().zip(high) {
                let moved = (*low >> size ^ *high) & mask;
                *low ^= moved << size;
                *high ^= moved;
            }
        }
        size /= 2;
        mask ^= mask << size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Patterns;

    #[test]
    fn columns_are_the_positions_of_all_keys() {
        // Few keys, and more than stand in a page of many words or of one.
        for (n, dim) in [(1, 1), (64, 64), (65, 200), (130, 63), (300, 20_000), (5000, 60)] {
            let keys = Side::from(Patterns::random(n, dim, 1, "keys").unwrap());
            let words = dim.div_ceil(64);
            for plane in [Plane::new(&keys, 0..words).unwrap(), Plane::new(&keys, words - 1..words).unwrap()] {
                // Some of many.
                for position in (plane.first..dim).step_by(dim.div_ceil(1000)) {
                    let column = plane.column(position);
                    assert!(
                        (0..n).all(|i| (column[i / 64] >> (i % 64) & 1 == 1) == keys.get(i).unwrap().bits()[position])
                    );
                    assert!(column.iter().map(|bits| bits.count_ones()).sum::<u32>() <= n as u32);
                }
            }
        }
    }
}
