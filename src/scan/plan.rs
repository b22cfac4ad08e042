//! The plan of a scan: how many leading words to look at before a key is read whole.
//!
//! More words cost every key, fewer let more keys pass. What passes depends on what is stored, so the plan is made from
//! a sample of the keys and some of the queries: lower bounds of distance under every screen. Only the time depends on
//! it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use popfield_kernels::{QueryPanel, Screen, Tier};

use crate::scan::keys::Scan;
use crate::scan::sample::spread;
use crate::scan::watch::Watch;
use crate::{Patterns, Queries, Result};

/// Queries whose lower bounds are looked at.
const QUERIES: usize = 8;

/// One pair in the sample for so many of the scan, so that planning costs next to nothing.
const PAIRS_EACH: usize = 1 << 14;

/// Keys that are read whole sooner than a plan for them is made.
const FEW: usize = 2048;

/// What a key that passes the screen costs, in vector instructions: a mispredicted branch, words that are not in the
/// cache, and the watcher.
const PASSING: f64 = 400.0;

/// One key in so many, if it is met, is a crowd.
const CROWD: usize = 8;

/// What fetching one word of eight keys from memory costs, in vector instructions.
const FETCHING: f64 = 24.0;

/// How to scan the keys for a batch of queries.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    sample: Cow<'a, Patterns>,
    screens: Vec<Sampled>,
    learned: OnceLock<[u32; 2]>,
}

/// The lower bounds that a screen gave for the sampled pairs.
#[derive(Debug)]
struct Sampled {
    screen: Screen,
    /// Ascending.
    bounds: Vec<u32>,
    mean: f64,
    deviation: f64,
}

impl<'a> Plan<'a> {
    /// A plan to scan for `queries`, which may be none.
    ///
    /// Cost: a thousandth of the scan, roughly, and the sample's 256 keys at the most.
    pub(crate) fn new(scan: Scan<'a>, queries: &Queries) -> Result<Self> {
        // What is scanned, whatever may answer.
        let (keys, sample) = (scan.side().len(), scan.sample()?);
        if keys < FEW {
            let screen = Screen { words: sample.words(), joined: false };
            let screens = vec![Sampled { screen, bounds: Vec::new(), mean: 0.0, deviation: 0.0 }];
            return Ok(Self { sample, screens, learned: OnceLock::new() });
        }
        let panel = queries.panel(spread(QUERIES.min(queries.len()), queries.len()))?;
        let pairs = (keys.saturating_mul(queries.len()) / PAIRS_EACH).max(64);
        let each = pairs.div_ceil(panel.queries().max(1)).min(sample.len());
        let screens = sampled(&sample, &panel, || spread(each, sample.len()));
        Ok(Self { sample, screens, learned: OnceLock::new() })
    }

    /// Bounds that hold for sure, since there are keys in the sample that keep them: what each watcher wants after
    /// those, and one more, as it may not have wanted another key at the distance of the last. Watchers are consumed,
    /// since they meet the sampled keys by their places in the sample; all of these may answer.
    pub(crate) fn sure_bounds<W: Watch>(
        &self,
        tier: Tier,
        panel: &QueryPanel,
        watchers: impl Iterator<Item = W>,
    ) -> Result<Vec<u32>> {
        let mut watchers: Vec<W> = watchers.collect();
        self.each_distance(tier, panel, |query, distances| {
            for (place, &distance) in distances.iter().enumerate() {
                if distance < watchers[query].wants() {
                    watchers[query].meet(place, distance);
                }
            }
        })?;
        Ok(watchers.iter().map(|watcher| watcher.wants().saturating_add(1)).collect())
    }

    /// Shows every query its distances to the sampled keys, some at a time.
    fn each_distance(&self, tier: Tier, panel: &QueryPanel, mut show: impl FnMut(usize, &[u32])) -> Result<()> {
        let mut distances = Vec::new();
        for (first, slab) in self.sample.slabs() {
            let slab = slab?;
            distances.resize(panel.queries() * slab.patterns(), 0);
            tier.distances(slab, panel, &mut distances)?;
            let present = slab.patterns().min(self.sample.len() - first);
            for (query, row) in distances.chunks_exact(slab.patterns()).enumerate() {
                show(query, &row[..present]);
            }
        }
        Ok(())
    }

    /// The range of distances at which most keys lie, by the sample: mean and 3.5 deviations, or all but a hundredth
    /// where that is wider.
    pub(crate) fn usual_distances(&self, tier: Tier, panel: &QueryPanel) -> Result<Vec<Range<u32>>> {
        let mut all = vec![Vec::with_capacity(self.sample.len()); panel.queries()];
        self.each_distance(tier, panel, |query, distances| all[query].extend_from_slice(distances))?;
        let usual = |mut distances: Vec<u32>| {
            let [mean, deviation] = moments(&distances);
            let aside = distances.len() / 128;
            let low = *distances.select_nth_unstable(aside).1;
            let last = distances.len() - 1 - aside;
            let high = *distances.select_nth_unstable(last).1;
            low.min((mean - 3.5 * deviation) as u32)..high.max((mean + 3.5 * deviation).ceil() as u32) + 1
        };
        Ok(all.into_iter().map(usual).collect())
    }

    /// The screen that makes a scan within `limits`, one a query, cheapest.
    pub(crate) fn screen(&self, limits: &[u32]) -> Screen {
        let costs = self.screens.iter().map(|sampled| (sampled.screen, sampled.cost(limits)));
        costs.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(Screen { words: 1, joined: false }, |best| best.0)
    }

    /// Whether so many of the sampled keys lie within `limits`, one a query, that to take every distance is cheaper than
    /// to screen.
    pub(crate) fn crowds(&self, limits: &[u32]) -> bool {
        let Some(whole) = self.screens.iter().rfind(|sampled| !sampled.screen.joined) else { return false };
        let within: usize = limits.iter().map(|&limit| whole.bounds.partition_point(|&bound| bound < limit)).sum();
        within * CROWD > whole.bounds.len() * limits.len()
    }

    /// Once the first queries of the batch have been scanned: the bound that they make likely for the others, and one
    /// that contented them all.
    pub(crate) fn learned(&self) -> Option<[u32; 2]> {
        self.learned.get().copied()
    }

    /// Learns from the bounds that the first queries of the batch ended with: of those bounds the one at which a scan
    /// is likely to be cheapest, together with the second scan of the queries that it does not content.
    pub(crate) fn learn(&self, mut bounds: Vec<u32>) {
        bounds.sort_unstable();
        let cost = |bound: u32| {
            let limits = vec![bound; bounds.len()];
            let screen = self.screen(&limits);
            let sampled = self.screens.iter().find(|sampled| sampled.screen == screen);
            sampled.map_or(0.0, |sampled| sampled.cost(&limits)) / bounds.len() as f64
        };
        let again = bounds.last().map_or(0.0, |&widest| cost(widest));
        let total = |rank: usize| cost(bounds[rank]) + again * (bounds.len() - 1 - rank) as f64 / bounds.len() as f64;
        // Of equal bounds the last: that many are content.
        let ranks = (0..bounds.len()).filter(|&rank| bounds.get(rank + 1) != Some(&bounds[rank]));
        let best = ranks.map(|rank| (rank, total(rank))).min_by(|a, b| a.1.total_cmp(&b.1));
        if let Some(((rank, _), &widest)) = best.zip(bounds.last()) {
            self.learned.get_or_init(|| [bounds[rank], widest]);
        }
    }
}

impl Sampled {
    /// What a scan of eight keys for queries with these bounds costs, in vector instructions.
    fn cost(&self, limits: &[u32]) -> f64 {
        let mut passing = 0.0;
        let mut last = (u32::MAX, 0.0);
        for &limit in limits {
            if last.0 != limit {
                last = (limit, self.share_below(limit));
            }
            passing += last.1;
        }
        limits.len() as f64 * self.screen.instructions() as f64
            + passing * 8.0 * PASSING
            + self.screen.words as f64 * FETCHING
    }

    /// The share of pairs whose lower bound is likely to be below `limit`: as in the sample, or as in the normal
    /// distribution of the same mean and deviation, whichever is larger. The sample is too small to show rare ones.
    fn share_below(&self, limit: u32) -> f64 {
        let seen = self.bounds.partition_point(|&bound| bound < limit) as f64 / self.bounds.len().max(1) as f64;
        let score = (self.mean + 0.5 - f64::from(limit)) / self.deviation.max(0.5);
        seen.max(0.5 * libm::erfc(score / std::f64::consts::SQRT_2))
    }
}

/// Mean and standard deviation.
fn moments(numbers: &[u32]) -> [f64; 2] {
    let count = numbers.len().max(1) as f64;
    let mean = numbers.iter().map(|&number| f64::from(number)).sum::<f64>() / count;
    let square = numbers.iter().map(|&number| (f64::from(number) - mean).powi(2)).sum::<f64>() / count;
    [mean, square.sqrt()]
}

/// Depths worth a try among `words`: all up to 8, then in steps of an eighth.
fn depths(words: usize) -> Vec<usize> {
    let mut depths: Vec<usize> = (1..=words.min(8)).collect();
    let mut depth = 8;
    while depth < words {
        depth = (depth + depth / 8).min(words);
        depths.push(depth);
    }
    depths
}

/// Lower bounds of the pairs of all queries of `panel` with the patterns `chosen`, under every screen worth a try.
fn sampled<I: Iterator<Item = usize>>(sample: &Patterns, panel: &QueryPanel, chosen: impl Fn() -> I) -> Vec<Sampled> {
    let depths = depths(sample.words());
    let mut plain: Vec<Vec<u32>> = vec![Vec::new(); depths.len()];
    let mut joined = plain.clone();
    for (query, pattern) in (0..panel.queries()).flat_map(|query| chosen().map(move |pattern| (query, pattern))) {
        let (signs, known) = (panel.signs(query), panel.known(query));
        let (mut sum, mut pairs, mut before, mut place) = (0, 0, 0, 0);
        for (w, sign) in signs.iter().enumerate() {
            let differ = (sample.word(pattern, w) ^ sign) & known.map_or(u64::MAX, |known| known[w]);
            sum += differ.count_ones();
            let bound = if w % 2 == 0 { pairs + differ.count_ones() } else { pairs + (before | differ).count_ones() };
            if w % 2 == 1 {
                pairs = bound;
            }
            before = differ;
            if depths[place] == w + 1 {
                plain[place].push(sum);
                joined[place].push(bound);
                place += 1;
            }
        }
    }
    let screens = |bounds: Vec<Vec<u32>>, joined: bool| {
        depths.clone().into_iter().zip(bounds).map(move |(words, mut bounds)| {
            bounds.sort_unstable();
            let [mean, deviation] = moments(&bounds);
            Sampled { screen: Screen { words, joined }, bounds, mean, deviation }
        })
    };
    screens(plain, false).chain(screens(joined, true)).collect()
}
