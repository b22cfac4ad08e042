//! The answer that all keys give, by the definition.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::bits::{Packed, is_set, words_of};
use super::law::outweighs;
use super::memory::{Association, Associations};
use super::pass::{Passing, Seen};
use crate::{Oracle, Separation, Tie};

/// Bytes of votes that a thread counts at a time.
const TABLE_BYTES: usize = 1 << 26;

/// Words of the answer to a query of which `seen` tells the distances, and how many positions are ties; `None` if it was
/// stopped.
///
/// Cost: none where the nearest keys outweigh all others and agree; else a pass over all keys and values, each bit of them
/// one by one, and exact signs of sums over all distances.
pub(super) fn answer_of_all<M: Associations>(
    passing: &Passing<'_, M>,
    query: &Packed,
    seen: &Seen,
    separation: Separation,
    tie: Tie,
) -> Option<(Vec<u64>, u64)> {
    let value_dim = passing.memory.value_dim();
    let Some(nearest) = &seen.nearest else { return Some((vec![0; words_of(value_dim)], 0)) };
    let at = |distance: u32| seen.counts.get(distance as usize).copied().unwrap_or(0);
    let others = (u64::from(nearest.distance)..).zip(&seen.counts[nearest.distance as usize..]).skip(1);
    let gaps = others.map(|(distance, &count)| (distance - u64::from(nearest.distance), count));
    if nearest.agree && outweighs(separation, at(nearest.distance), gaps) {
        return Some((nearest.value.clone(), 0));
    }
    // Which of the distances at which there are keys each is; under max those of the nearest alone are asked.
    let most = if separation == Separation::Max { nearest.distance as usize } else { seen.counts.len() - 1 };
    let distances: Vec<usize> = (0..=most).filter(|&distance| seen.counts[distance] > 0).collect();
    let mut row_of = vec![usize::MAX; seen.counts.len()];
    distances.iter().enumerate().for_each(|(row, &distance)| row_of[distance] = row);

    let known = passing.memory.dim() as i64 - i64::from(unknown(query, passing.memory.dim()));
    let (mut signs, mut tied) = (vec![0u64; words_of(value_dim)], 0);
    let columns = (TABLE_BYTES / 8 / distances.len().max(1) / 64).max(1) * 64;
    for start in (0..value_dim).step_by(columns) {
        let range = start..value_dim.min(start + columns);
        let plus = count(passing, query, &row_of, distances.len(), range.clone())?;
        let decided: Vec<Ordering> = range
            .clone()
            .into_par_iter()
            .map_init(Oracle::default, |oracle, column| {
                let votes: BTreeMap<i64, i64> = distances
                    .iter()
                    .enumerate()
                    .map(|(row, &distance)| {
                        let votes = 2 * plus[row * range.len() + column - range.start] as i64;
                        (known - 2 * distance as i64, votes - seen.counts[distance] as i64)
                    })
                    .collect();
                oracle.sign(&votes, separation)
            })
            .collect();
        for (column, sign) in range.zip(decided) {
            tied += u64::from(sign == Ordering::Equal);
            let plus = match (sign, tie) {
                (Ordering::Greater, _) | (Ordering::Equal, Tie::Plus) => true,
                (Ordering::Less, _) | (Ordering::Equal, Tie::Minus) => false,
                (Ordering::Equal, Tie::Stay) => !query.is_known(column) || is_set(&query.bits, column),
            };
            signs[column / 64] |= u64::from(plus) << (column % 64);
        }
    }
    Some((signs, tied))
}

fn unknown(query: &Packed, dim: usize) -> u32 {
    query.known.as_ref().map_or(0, |known| dim as u32 - super::bits::count(known))
}

/// How many keys of each row of distances say plus in each of some columns, row by row.
fn count<M: Associations>(
    passing: &Passing<'_, M>,
    query: &Packed,
    row_of: &[usize],
    rows: usize,
    columns: Range<usize>,
) -> Option<Vec<u64>> {
    let of_piece = |places: Range<usize>| {
        let mut plus = vec![0u64; rows * columns.len()];
        let whole = passing.each(places, &mut |Association { key, value, .. }| {
            let Some(&row) = row_of.get(query.distance(key) as usize).filter(|row| **row < rows) else { return };
            let plus = &mut plus[row * columns.len()..][..columns.len()];
            // Columns begin with a word.
            for (word, plus) in value[columns.start / 64..].iter().zip(plus.chunks_mut(64)) {
                plus.iter_mut().enumerate().for_each(|(bit, plus)| *plus += word >> bit & 1);
            }
        });
        whole.then_some(plus)
    };
    let pieces: Vec<Option<Vec<u64>>> = passing.pieces().into_par_iter().map(of_piece).collect();
    pieces.into_iter().try_fold(vec![0; rows * columns.len()], |mut all, piece| {
        all.iter_mut().zip(piece?).for_each(|(plus, more)| *plus += more);
        Some(all)
    })
}
