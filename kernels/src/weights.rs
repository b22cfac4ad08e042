//! Weights: what every pattern counts for each query, looked up by its distance.

use crate::distances;
use crate::panel::QueryPanel;
use crate::scan::Near;
use crate::simd::Simd;
use crate::slab::Slab;

/// The largest magnitude of a weight that is looked up: three bytes, and sums of 255 of them stay below 2³¹.
pub const MAX_WEIGHT: i32 = (1 << 23) - 1;

/// Patterns whose weights are looked at together: their sum stays below 2³¹.
const CHUNK: usize = 128;

/// In a table: this weight is heavy.
const HEAVY: i32 = i32::MIN;

/// Integer weights by distance.
///
/// Those above [`MAX_WEIGHT`] in magnitude are *heavy*: patterns at such a distance are not weighed but named
/// ([`Weights::heavy`]), for the caller to add one by one. They should be few.
#[derive(Clone, Debug)]
pub struct WeightTable {
    weights: Vec<i64>,
    /// By distance; [`HEAVY`] where it is.
    light: Vec<i32>,
    pub(crate) bytes: Option<ByteTable>,
}

/// The weights of fewer than 256 distances in a row, none of them heavy, byte by byte.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct ByteTable {
    /// `[byte][distance − first]`, lowest byte first; zeros from `len` on.
    pub(crate) planes: [[u8; 256]; 3],
    /// The first distance.
    pub(crate) first: u32,
    /// Distances, fewer than 256.
    pub(crate) len: usize,
}

impl WeightTable {
    /// The weights of distances 0, 1, …; farther patterns have none. Most patterns should be at a distance within
    /// `usual`; only the time depends on it.
    #[must_use]
    pub fn new(weights: Vec<i64>, usual: std::ops::Range<u32>) -> Self {
        let most = i64::from(MAX_WEIGHT);
        let fits = |&weight: &i64| if (-most..=most).contains(&weight) { weight as i32 } else { HEAVY };
        let light: Vec<i32> = weights.iter().map(fits).collect();
        let bytes = ByteTable::new(&light, usual);
        Self { weights, light, bytes }
    }

    /// The weight of a pattern at `distance`.
    #[must_use]
    pub fn weight(&self, distance: u32) -> i64 {
        self.weights.get(distance as usize).copied().unwrap_or(0)
    }

    /// The same, unless it is heavy.
    pub(crate) fn light(&self, distance: u32) -> Option<i32> {
        Some(self.light.get(distance as usize).copied().unwrap_or(0)).filter(|&weight| weight != HEAVY)
    }

    /// Bytes that hold every light weight, two's complement: 1 to 3.
    pub(crate) fn width(&self) -> usize {
        let light = self.light.iter().filter(|&&weight| weight != HEAVY);
        let magnitudes = light.fold(0, |all, weight| all | (weight ^ (weight >> 31)));
        // And a bit for the sign.
        (33 - magnitudes.leading_zeros()).div_ceil(8) as usize
    }
}

impl ByteTable {
    /// A table around `usual`, if that has room.
    fn new(light: &[i32], usual: std::ops::Range<u32>) -> Option<Self> {
        const MOST: usize = 255;
        let usual = (usual.start as usize).min(light.len())..(usual.end as usize).min(light.len());
        let middle = usual.start.midpoint(usual.end).min(light.len().saturating_sub(1));
        if light.get(middle).is_none_or(|&weight| weight == HEAVY) {
            return None;
        }
        // The run of light weights about the middle.
        let start = light[..middle].iter().rposition(|&weight| weight == HEAVY).map_or(0, |heavy| heavy + 1);
        let end =
            light[middle..].iter().position(|&weight| weight == HEAVY).map_or(light.len(), |heavy| middle + heavy);
        if usual.start.max(start) + MOST < usual.end.min(end) {
            return None;
        }
        let first = middle.saturating_sub(MOST / 2).min(end.saturating_sub(MOST)).max(start);
        let len = MOST.min(end - first);
        let mut planes = [[0; 256]; 3];
        for (at, weight) in light[first..first + len].iter().enumerate() {
            for (plane, byte) in planes.iter_mut().zip(weight.to_le_bytes()) {
                plane[at] = byte;
            }
        }
        Some(Self { planes, first: first as u32, len })
    }
}

/// A cache line, aligned as one.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [u8; 64]);

/// The weights of some patterns for some queries, in whatever form the tier adds up fastest.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    /// Who made them.
    pub(crate) tier: &'static str,
    pub(crate) queries: usize,
    pub(crate) patterns: usize,
    pub(crate) form: Form,
    /// `[query][pattern]`
    pub(crate) rows: Vec<i32>,
    /// In tiles, as `amx/tiles.rs` lays them out; what stands in the padding of queries has no meaning, in that of
    /// patterns there are zeros.
    pub(crate) lines: Vec<Line>,
    pub(crate) distances: Vec<u32>,
    pub(crate) totals: Vec<i64>,
    pub(crate) heavy: Vec<Near>,
}

/// Where weights stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    #[default]
    Rows,
    /// In so many bytes each.
    Bytes(usize),
}

impl Weights {
    /// No weights yet; what was made once makes room for the next.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The weight of all patterns together, by query; heavy ones are left out.
    #[must_use]
    pub fn totals(&self) -> &[i64] {
        &self.totals
    }

    /// Patterns whose weights are heavy; they are part of no total and no sum.
    #[must_use]
    pub fn heavy(&self) -> &[Near] {
        &self.heavy
    }

    pub(crate) fn start(&mut self, tier: &'static str, queries: usize, patterns: usize) {
        (self.tier, self.queries, self.patterns) = (tier, queries, patterns);
        self.form = Form::Rows;
        self.totals.clear();
        self.totals.resize(queries, 0);
        self.heavy.clear();
    }
}

/// Looks up the weights of the first `present` patterns; the others have none. `made` was started.
#[inline(always)]
pub(crate) fn rows<S: Simd>(
    simd: S,
    keys: Slab<'_>,
    present: usize,
    panel: &QueryPanel,
    tables: &[&WeightTable],
    made: &mut Weights,
) {
    let patterns = keys.patterns();
    made.distances.resize(made.queries * patterns, 0);
    made.rows.resize(made.queries * patterns, 0);
    if patterns == 0 {
        return;
    }
    distances::distances(simd, keys, panel, &mut made.distances);
    for (q, (distances, row)) in made.distances.chunks(patterns).zip(made.rows.chunks_mut(patterns)).enumerate() {
        simd.look_up(&tables[q].light, &distances[..present], &mut row[..present]);
        row[present..].fill(0);
        let mut total = 0;
        for (c, weights) in row.chunks_mut(CHUNK).enumerate() {
            let (mut sum, mut least) = (0i32, i32::MAX);
            for &weight in &*weights {
                sum = sum.wrapping_add(weight);
                least = least.min(weight);
            }
            if least == HEAVY {
                sum = 0;
                for (i, weight) in weights.iter_mut().enumerate() {
                    if *weight == HEAVY {
                        *weight = 0;
                        let pattern = c * CHUNK + i;
                        let distance = distances[pattern];
                        made.heavy.push(Near { query: q as u32, pattern: pattern as u32, distance });
                    }
                    sum += *weight;
                }
            }
            total += i64::from(sum);
        }
        made.totals[q] = total;
    }
}
