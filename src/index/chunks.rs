//! Chunks: which positions of a pattern each table looks at.
//!
//! Chunks are disjoint, as the pigeonhole asks. Where the bits of keys are as good as random, a chunk is a run of
//! consecutive positions. Where they are not, consecutive ones say much the same, and buckets grow crowded: then the
//! positions are dealt out by how much they still tell, given those that the chunk has. Where few are ever set, as in
//! fingerprints, it takes a hundred of them to tell keys apart: such a chunk is folded into the bits of a table's value.

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

/// Keys that may share a bucket with another, on average, before chunks are folded: as these are longer there are fewer, and
/// the pigeonhole reaches less far.
const OVERCROWDED: f64 = 64.0;

/// Folded chunks at the least.
const FEWEST: usize = 4;

/// Unknown positions of a chunk of which every filling is looked up, at the most.
pub(crate) const FILLED: usize = 2;

/// A position at which fewer than one key in so many differs from the others tells nothing.
const TELLING: u32 = 256;

/// The positions of each table's chunk.
///
/// A value is the exclusive or of the marks of those positions whose bit is set. Of a chunk of as many positions as values
/// have bits each has a bit of its own. Longer ones are folded: keys that differ there may share their value, so that more
/// are met than have to be, and those that do not differ are met all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunks {
    /// Bits of a value.
    bits: u32,
    /// Positions of each chunk.
    length: usize,
    /// Those of the tables one after the other.
    positions: Vec<u32>,
    /// Whether those of each table are consecutive, and each has its own bit.
    runs: Vec<bool>,
    /// The words in which the positions of each chunk lie, with these.
    masks: Vec<Vec<(usize, u64)>>,
    /// The mark of each position of a pattern, where chunks are folded.
    marks: Vec<u32>,
}

/// What chunks may be made of keys that have much in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct May {
    /// Some bits longer: a table takes room for every value.
    pub(crate) lengthen: bool,
    /// Longer than their values.
    pub(crate) fold: bool,
}

/// The mark of a position where values of `bits` bits are folded.
fn mark(position: u32, bits: u32) -> u32 {
    (mixed(position) >> (64 - bits)) as u32
}

/// As good as a random number: the finisher of splitmix64.
fn mixed(position: u32) -> u64 {
    let mut x = u64::from(position).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

/// The set bits of a word that lies at `word` in a pattern, as positions of that.
fn set_positions(word: usize, mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(64 * word + bit)
    })
}

impl Chunks {
    /// The chunks of these positions, `length` each, of which values of `bits` bits are made; `None` unless they are whole
    /// chunks, no shorter than that, of positions below `dim` that come once.
    pub(crate) fn of_positions(bits: u32, length: usize, positions: Vec<u32>, dim: usize) -> Option<Self> {
        let whole = BITS.contains(&bits) && length >= bits as usize;
        if !whole || positions.is_empty() || !positions.len().is_multiple_of(length) {
            return None;
        }
        let mut sorted = positions.clone();
        sorted.sort_unstable();
        let once = sorted.windows(2).all(|pair| pair[0] < pair[1]);
        if !once || sorted.last().is_some_and(|&last| last as usize >= dim) {
            return None;
        }
        let folded = length > bits as usize;
        let is_run = |chunk: &[u32]| !folded && chunk.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        let runs = positions.chunks_exact(length).map(is_run).collect();
        let masks = |chunk: &[u32]| {
            let mut masks: Vec<(usize, u64)> = Vec::new();
            let mut chunk = chunk.to_vec();
            chunk.sort_unstable();
            for position in chunk {
                let (word, bit) = (position as usize / 64, 1 << (position % 64));
                match masks.last_mut().filter(|last| last.0 == word) {
                    Some(last) => last.1 |= bit,
                    None => masks.push((word, bit)),
                }
            }
            masks
        };
        let masks = positions.chunks_exact(length).map(masks).collect();
        let marks = if folded { (0..dim as u32).map(|position| mark(position, bits)).collect() } else { Vec::new() };
        Some(Self { bits, length, positions, runs, masks, marks })
    }

    /// At most `tables` chunks of so many consecutive positions.
    fn consecutive(dim: usize, tables: usize, bits: u32) -> Option<Self> {
        let tables = tables.min(dim / bits as usize);
        Self::of_positions(bits, bits as usize, (0..tables as u32 * bits).collect(), dim)
    }

    /// `count` chunks that tell keys apart as well as so many can: where bits are not as good as random, all positions that
    /// tell something are dealt out to them. `None` if there are too few.
    pub(crate) fn telling(side: &Side, count: usize) -> Result<Option<Self>> {
        let bits_of = |length: usize| (length as u32).min(*BITS.end());
        let Some(columns) = Columns::sample(side)?.filter(|columns| !columns.are_random()) else {
            let chunks = Self::consecutive(side.dim(), count, bits_of(side.dim() / count).max(1));
            return Ok(chunks.filter(|chunks| chunks.len() == count));
        };
        let length = columns.telling() / count;
        let chunks = Self::of_positions(bits_of(length), length, columns.deal(count, length), side.dim());
        Ok(chunks.filter(|chunks| chunks.len() == count))
    }

    /// At most `tables` chunks of `bits` positions each, as the bits of the keys of `side` advise; where `may` allows it,
    /// longer ones if their buckets would else be crowded. `None` if there are not as many positions.
    pub(crate) fn choose(side: &Side, tables: usize, bits: u32, may: May) -> Result<Option<Self>> {
        let Some(columns) = Columns::sample(side)?.filter(|columns| !columns.are_random()) else {
            return Ok(Self::consecutive(side.dim(), tables, bits));
        };
        let dealt = |bits: u32, length: usize| {
            let chunks = Self::of_positions(bits, length, columns.deal(tables, length), side.dim())?;
            let together = columns.together(&chunks) * side.len() as f64;
            Some((chunks, together))
        };
        let most = if may.lengthen { (bits + LONGER).min(*BITS.end()) } else { bits };
        let mut chosen = None;
        for bits in (bits..=most).step_by(2) {
            let Some(next) = dealt(bits, bits as usize) else { break };
            let enough = next.1 <= CROWDED;
            chosen = Some(next);
            if enough {
                break;
            }
        }
        let Some((chunks, together)) = chosen else { return Ok(Self::consecutive(side.dim(), tables, bits)) };
        if !may.fold || together <= OVERCROWDED {
            return Ok(Some(chunks));
        }
        let mut length = 2 * bits as usize;
        while let Some((folded, together)) = dealt(bits, length).filter(|folded| folded.0.len() >= FEWEST) {
            if together <= OVERCROWDED {
                return Ok(Some(folded));
            }
            length += length / 2;
        }
        Ok(Some(chunks))
    }

    /// Bits of a value.
    pub(crate) fn bits(&self) -> u32 {
        self.bits
    }

    /// Positions of each chunk.
    pub(crate) fn length(&self) -> usize {
        self.length
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

    /// Those of one chunk; where each has its own bit, in the order of these.
    pub(crate) fn of_table(&self, table: usize) -> &[u32] {
        &self.positions[table * self.length..][..self.length]
    }

    /// The value of the chunk of `table`, given the words of a pattern.
    #[inline(always)]
    pub(crate) fn value(&self, table: usize, word: impl Fn(usize) -> u64) -> u32 {
        if self.runs[table] {
            let (start, mask) = (self.of_table(table)[0] as usize, (1u64 << self.bits) - 1);
            let (at, shift) = (start / 64, start % 64);
            let low = word(at) >> shift;
            let high = if shift + self.bits as usize > 64 { word(at + 1) << (64 - shift) } else { 0 };
            return ((low | high) & mask) as u32;
        }
        if self.is_folded() {
            let set = |&(at, mask): &(usize, u64)| set_positions(at, word(at) & mask);
            return self.masks[table].iter().flat_map(set).fold(0, |value, position| value ^ self.marks[position]);
        }
        let bit = |(i, &position): (usize, &u32)| ((word(position as usize / 64) >> (position % 64) & 1) as u32) << i;
        self.of_table(table).iter().enumerate().map(bit).fold(0, |value, bit| value | bit)
    }

    /// Shows the values of the chunk of `table` that a key has which differs in none of a query's known positions there, or
    /// where it is to be `flipped` in just one of them; `signs` are zero where a position is not known. `None`, and nothing,
    /// where too many are unknown; otherwise how many are.
    #[inline]
    pub(crate) fn ask(
        &self,
        table: usize,
        signs: &[u64],
        known: Option<&[u64]>,
        flipped: bool,
        mut show: impl FnMut(u32),
    ) -> Option<u32> {
        let value = self.value(table, |word| signs[word]);
        let (mut unknown, mut count) = ([0; FILLED], 0);
        if let Some(known) = known {
            let most = if flipped { 0 } else { FILLED };
            for position in self.masks[table].iter().flat_map(|&(at, mask)| set_positions(at, !known[at] & mask)) {
                if count == most {
                    return None;
                }
                unknown[count] = self.mark_of(table, position);
                count += 1;
            }
        }
        if flipped {
            for (nth, &position) in self.of_table(table).iter().enumerate() {
                show(value ^ self.marks.get(position as usize).copied().unwrap_or_else(|| 1 << nth));
            }
            return Some(0);
        }
        for filling in 0..1 << count {
            let filled = unknown.iter().enumerate().filter(|unknown| filling >> unknown.0 & 1 == 1);
            show(filled.fold(value, |value, mark| value ^ mark.1));
        }
        Some(count as u32)
    }

    /// How many positions of the chunk of `table` are set in a pattern, given its words.
    pub(crate) fn count(&self, table: usize, word: impl Fn(usize) -> u64) -> u32 {
        self.masks[table].iter().map(|&(at, mask)| (word(at) & mask).count_ones()).sum()
    }

    fn is_folded(&self) -> bool {
        !self.marks.is_empty()
    }

    /// What a position of the chunk of `table` does to its value.
    fn mark_of(&self, table: usize, position: usize) -> u32 {
        match self.marks.get(position) {
            Some(&mark) => mark,
            None => self.of_table(table).iter().position(|&own| own as usize == position).map_or(0, |bit| 1 << bit),
        }
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

    /// How many positions tell something.
    fn telling(&self) -> usize {
        let keys = self.keys as f64;
        let even = (keys / 2.0 - keys / f64::from(TELLING)) * 2.0 / keys.sqrt();
        (0..self.positions.len()).filter(|&column| self.lean(column) <= even).count()
    }

    /// The share of pairs of keys that have the same bits in a chunk, on average.
    fn together(&self, chunks: &Chunks) -> f64 {
        let column_of = |position: u32| self.positions.binary_search(&position).ok();
        let mut pairs = 0u64;
        for table in 0..chunks.len() {
            // By the marks of positions, of which there may be more than a word has bits.
            let columns: Vec<(&[u64], u64)> = chunks
                .of_table(table)
                .iter()
                .filter_map(|&position| Some((self.column(column_of(position)?), mixed(position))))
                .collect();
            let value = |key: usize| {
                let set = |column: &&(&[u64], u64)| column.0[key / 64] >> (key % 64) & 1 == 1;
                columns.iter().filter(set).fold(0, |value, column| value ^ column.1)
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
        if bits == 0 {
            return Vec::new();
        }
        let mut order: Vec<usize> = (0..self.positions.len()).collect();
        let leans: Vec<f64> = order.iter().map(|&column| self.lean(column)).collect();
        order.sort_by(|&a, &b| leans[a].total_cmp(&leans[b]).then(a.cmp(&b)));
        let tables = tables.min(self.telling().max(bits).min(order.len()) / bits);
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
