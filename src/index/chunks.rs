//! Chunks: which positions of a pattern each table looks at.
//!
//! Chunks are disjoint, as the pigeonhole asks. Where the bits of keys are as good as random, a chunk is a run of
//! consecutive positions. Where they are not, consecutive ones say much the same, and buckets grow crowded: then the
//! positions are dealt out by how much they still tell, given those that the chunk has.

use crate::Result;
use crate::error::room_for;
use crate::patterns::segments::Side;
use crate::scan::sample::spread;

/// Bits of a chunk at the least and at the most.
pub(crate) const BITS: std::ops::RangeInclusive<u32> = 4..=30;

/// Keys that are looked at to choose positions.
const SAMPLE: usize = 2048;

/// Positions that are looked at at the most: each is held against every other.
const MOST_POSITIONS: usize = 4096;

/// How far from even, or from independent, positions may be to count as random: this many standard deviations, on
/// average.
const DEVIATIONS: f64 = 1.5;

/// Bits by which chunks grow at the most where keys have much in common: a table takes room for every value.
const LONGER: u32 = 4;

/// Keys that may share a bucket with another, on average.
const CROWDED: f64 = 4.0;

/// A position at which fewer than one key in so many differs from the others tells nothing.
const TELLING: u32 = 256;

/// The positions of each table's chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunks {
    bits: u32,
    /// Those of the tables one after the other, `bits` each.
    positions: Vec<u32>,
    /// Whether those of each table are consecutive.
    runs: Vec<bool>,
}

impl Chunks {
    /// The chunks of these positions, `bits` each; `None` unless they are whole chunks of positions below `dim` that
    /// come once.
    pub(crate) fn of_positions(bits: u32, positions: Vec<u32>, dim: usize) -> Option<Self> {
        let whole = BITS.contains(&bits) && !positions.is_empty() && positions.len().is_multiple_of(bits as usize);
        if !whole {
            return None;
        }
        let mut sorted = positions.clone();
        sorted.sort_unstable();
        let once = sorted.windows(2).all(|pair| pair[0] < pair[1]);
        if !once || sorted.last().is_some_and(|&last| last as usize >= dim) {
            return None;
        }
        let is_run = |chunk: &[u32]| chunk.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        let runs = positions.chunks_exact(bits as usize).map(is_run).collect();
        Some(Self { bits, positions, runs })
    }

    /// At most `tables` chunks of `bits` positions each, as the bits of the keys of `side` advise; where `longer` allows
    /// it, longer ones if their buckets would else be crowded. `None` if there are not as many positions.
    pub(crate) fn choose(side: &Side, tables: usize, bits: u32, longer: bool) -> Result<Option<Self>> {
        let consecutive = |bits: u32| {
            let tables = tables.min(side.dim() / bits as usize);
            Self::of_positions(bits, (0..tables as u32 * bits).collect(), side.dim())
        };
        let Some(columns) = Columns::sample(side)?.filter(|columns| !columns.are_random()) else {
            return Ok(consecutive(bits));
        };
        let most = if longer { (bits + LONGER).min(*BITS.end()) } else { bits };
        let mut chosen = None;
        for bits in (bits..=most).step_by(2) {
            let dealt = columns.deal(tables, bits as usize);
            let Some(chunks) = Self::of_positions(bits, dealt, side.dim()) else { break };
            let together = columns.together(&chunks) * side.len() as f64;
            chosen = Some(chunks);
            if together <= CROWDED {
                break;
            }
        }
        Ok(chosen.or_else(|| consecutive(bits)))
    }

    pub(crate) fn bits(&self) -> u32 {
        self.bits
    }

    /// How many chunks there are.
    pub(crate) fn len(&self) -> usize {
        self.runs.len()
    }

    /// The positions of all, one chunk after the other.
    #[cfg(feature = "store")]
    pub(crate) fn positions(&self) -> &[u32] {
        &self.positions
    }

    /// Those of one chunk; its bits have this order.
    pub(crate) fn of_table(&self, table: usize) -> &[u32] {
        &self.positions[table * self.bits as usize..][..self.bits as usize]
    }

    /// The bits of a pattern at the positions of `table`, given its words.
    #[inline(always)]
    pub(crate) fn value(&self, table: usize, word: impl Fn(usize) -> u64) -> u32 {
        let positions = self.of_table(table);
        if self.runs[table] {
            let (start, mask) = (positions[0] as usize, (1u64 << self.bits) - 1);
            let (at, shift) = (start / 64, start % 64);
            let low = word(at) >> shift;
            let high = if shift + self.bits as usize > 64 { word(at + 1) << (64 - shift) } else { 0 };
            return ((low | high) & mask) as u32;
        }
        let bit = |(i, &position): (usize, &u32)| ((word(position as usize / 64) >> (position % 64) & 1) as u32) << i;
        positions.iter().enumerate().map(bit).fold(0, |value, bit| value | bit)
    }
}

/// Positions of a sample of keys, each a column of bits, a bit a key.
struct Columns {
    /// Positions looked at.
    positions: Vec<u32>,
    /// Words of a column.
    words: usize,
    bits: Vec<u64>,
    keys: usize,
}

impl Columns {
    /// `None` where there are too few keys to say anything.
    fn sample(side: &Side) -> Result<Option<Self>> {
        let keys = side.len().min(SAMPLE);
        if keys < 64 {
            return Ok(None);
        }
        let looked_at = side.dim().min(MOST_POSITIONS);
        let positions: Vec<u32> = spread(looked_at, side.dim()).map(|position| position as u32).collect();
        let words = keys.div_ceil(64);
        let mut bits: Vec<u64> = room_for(words * looked_at, "a sample of keys")?;
        bits.resize(words * looked_at, 0);
        for (key, place) in spread(keys, side.len()).enumerate() {
            for (column, &position) in positions.iter().enumerate() {
                let bit = side.word(place, position as usize / 64) >> (position % 64) & 1;
                bits[column * words + key / 64] |= bit << (key % 64);
            }
        }
        Ok(Some(Self { positions, words, bits, keys }))
    }

    fn column(&self, column: usize) -> &[u64] {
        &self.bits[column * self.words..][..self.words]
    }

    /// How far the agreement of two columns is from chance, in standard deviations of fair and independent bits.
    fn tie(&self, a: usize, b: usize) -> f64 {
        let differ: u32 = self.column(a).iter().zip(self.column(b)).map(|(a, b)| (a ^ b).count_ones()).sum();
        let keys = self.keys as f64;
        (f64::from(differ) - keys / 2.0).abs() * 2.0 / keys.sqrt()
    }

    /// How far a column is from even, in the same unit.
    fn lean(&self, column: usize) -> f64 {
        let ones: u32 = self.column(column).iter().map(|word| word.count_ones()).sum();
        let keys = self.keys as f64;
        (f64::from(ones) - keys / 2.0).abs() * 2.0 / keys.sqrt()
    }

    /// Whether bits are as even and as independent of their neighbours as random ones, whose mean deviation is 0.8.
    fn are_random(&self) -> bool {
        let count = self.positions.len();
        let mean = |sum: f64| sum / count as f64 <= DEVIATIONS;
        mean((0..count).map(|column| self.lean(column)).sum())
            && mean((1..count).map(|column| self.tie(column - 1, column)).sum())
    }

    /// The share of pairs of keys that have the same bits in a chunk, on average.
    fn together(&self, chunks: &Chunks) -> f64 {
        let column_of = |position: u32| self.positions.binary_search(&position).ok();
        let mut pairs = 0u64;
        for table in 0..chunks.len() {
            let columns: Vec<&[u64]> =
                chunks.of_table(table).iter().filter_map(|&p| column_of(p)).map(|c| self.column(c)).collect();
            let value = |key: usize| {
                columns.iter().fold(0u64, |value, column| value << 1 | (column[key / 64] >> (key % 64) & 1))
            };
            let mut values: Vec<u64> = (0..self.keys).map(value).collect();
            values.sort_unstable();
            pairs += values.chunk_by(|a, b| a == b).map(|same| (same.len() * (same.len() - 1)) as u64).sum::<u64>();
        }
        pairs as f64 / (chunks.len() * self.keys * (self.keys - 1)) as f64
    }

    /// Positions for at most `tables` chunks of `bits`: the most even ones, each to a chunk with which it has the least
    /// in common, the chunks taking turns. Positions that tell nothing are left out as long as there is one chunk.
    fn deal(&self, tables: usize, bits: usize) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.positions.len()).collect();
        let leans: Vec<f64> = order.iter().map(|&column| self.lean(column)).collect();
        order.sort_by(|&a, &b| leans[a].total_cmp(&leans[b]).then(a.cmp(&b)));
        let keys = self.keys as f64;
        let even = (keys / 2.0 - keys / f64::from(TELLING)) * 2.0 / keys.sqrt();
        let telling = leans.iter().filter(|&&lean| lean <= even).count().max(bits);
        let tables = tables.min(telling.min(order.len()) / bits);
        order.truncate(tables * bits);
        let mut left = order;
        // What each chunk's positions have in common with each column, squared.
        let mut common = vec![vec![0.0f64; self.positions.len()]; tables];
        let mut chunks: Vec<Vec<u32>> = vec![Vec::with_capacity(bits); tables];
        for _ in 0..bits {
            for (chunk, common) in chunks.iter_mut().zip(&mut common) {
                let best = (0..left.len()).min_by(|&a, &b| common[left[a]].total_cmp(&common[left[b]]));
                let Some(best) = best else { continue };
                let column = left.remove(best);
                chunk.push(self.positions[column]);
                for &other in &left {
                    common[other] += self.tie(column, other).powi(2);
                }
            }
        }
        chunks.into_iter().flatten().collect()
    }
}
