//! Near keys: the scan that reads keys no further than it must.
//!
//! Who asks for near keys ([`Watch`]) wants those within some bound that shrinks as nearer ones are met. A key whose
//! leading words already differ in as many bits is left there; the kernel's screen does that many keys at a time. So
//! the lower the bound, and the earlier it is known, the less is read:
//!
//! 1. a guess, that the nearest key is within an eighth of the positions, or as near as it was for the first queries of
//!    the batch, mostly gives a low one. If what is found within it accounts for all that was wanted, the scan is over;
//!    else it is done once more for that query, by what was found, or by the next guess;
//! 2. where there is nothing to guess by, a sample of the keys, read whole, gives a bound that surely holds;
//! 3. the [`Plan`] chooses how many words to screen by, from what the sampled keys would have cost. Where many are within
//!    the bound, every distance is taken: first for the nearest key alone, and if the crowd is as near as that, once more.
//!
//! What is found depends on none of this; it is all that was wanted.

use std::ops::Range;

use popfield_kernels::{LANES, Near, QueryPanel, Screen, Tier};
use rayon::prelude::*;

use crate::overlap::{TILE, pieces, survey};
use crate::plan::Plan;
use crate::watch::{Visit, Watch, Watched};
use crate::{Patterns, Queries, Result};

/// Shows some queries, given by their indices, the keys that their watchers want.
///
/// Cost: for each key and query some 0.1 ns a screened word on AVX-512, a half of that or less where words are joined;
/// keys that pass the screen, tens of nanoseconds each. Watchers that are not content with the guess cost a second
/// scan, at the worst a third. Where the sample shows that many keys pass, every distance is taken, at the worst twice,
/// and those that are wanted are met one by one, a few nanoseconds each.
pub(crate) fn near<W: Watch>(
    tier: Tier,
    keys: &Patterns,
    queries: &Queries,
    indices: &[usize],
    plan: &Plan<'_>,
    watcher: impl Fn(usize) -> W + Sync,
) -> Result<Vec<Watched<W>>> {
    // Places in `indices`.
    let mut pending: Vec<usize> = (0..indices.len()).collect();
    let mut panel = queries.panel(indices.iter().copied())?;
    // Who knows from the start what it wants need not guess.
    let mut sure: Vec<u32> = indices.iter().map(|&index| watcher(index).wants()).collect();
    let guesses = sure.first() == Some(&u32::MAX);
    let mut bits_read = vec![0; indices.len()];
    let mut watched: Vec<Option<Watched<W>>> = indices.iter().map(|_| None).collect();
    for round in 0usize.. {
        if pending.is_empty() {
            break;
        }
        let guess = |index: usize| {
            let known = queries.known_count(index) as u32;
            match round {
                0 | 1 if guesses => match plan.learned() {
                    Some([likely, _]) if round == 0 => likely,
                    Some([likely, widest]) if likely < widest => widest,
                    // What was not within it is nowhere to be guessed.
                    Some(_) => u32::MAX,
                    None => watcher(index).would_want(known.div_ceil(8 >> round)),
                },
                _ => u32::MAX,
            }
        };
        let mut limits: Vec<u32> = pending.iter().map(|&place| guess(indices[place]).min(sure[place])).collect();
        if limits.contains(&u32::MAX) {
            let sampled = plan.sure_bounds(tier, &panel, pending.iter().map(|&place| watcher(indices[place])))?;
            for ((&place, limit), sampled) in pending.iter().zip(&mut limits).zip(sampled) {
                sure[place] = sure[place].min(sampled);
                *limit = sure[place].min(*limit);
            }
        }
        let watcher_at = |q: usize| watcher(indices[pending[q]]);
        let all_words = (keys.len() * keys.words() * panel.queries()) as u64;
        let mut words_read = 0;
        let to_gain = |(&place, &limit): (&usize, &u32)| watcher(indices[place]).would_want(0) < limit;
        if plan.crowds(&limits) && pending.iter().zip(&limits).any(to_gain) {
            // The crowd may lie beyond what is wanted once the nearest key is known; a scan that keeps nothing tells.
            let nearest = survey(tier, keys, &panel, |_| Least(u32::MAX))?;
            for ((&place, limit), nearest) in pending.iter().zip(&mut limits).zip(nearest) {
                sure[place] = sure[place].min(watcher(indices[place]).would_want(nearest.0));
                *limit = sure[place];
            }
            words_read += all_words;
        }
        let (watchers, more) = if plan.crowds(&limits) {
            // Whoever sees every key has seen all that it wants.
            limits.fill(u32::MAX);
            (survey(tier, keys, &panel, watcher_at)?, all_words)
        } else {
            pass(tier, keys, &panel, plan.screen(&limits), &limits, watcher_at)?
        };
        words_read += more;
        let share = words_read * 64 / pending.len() as u64;
        let mut left = Vec::new();
        for ((&place, limit), watcher) in pending.iter().zip(limits).zip(watchers) {
            bits_read[place] += share;
            let wanted = watcher.wants();
            if wanted <= limit || limit == sure[place] {
                let bound = wanted.min(limit);
                watched[place] = Some(Watched { watcher, bound, bits_read: bits_read[place] });
            } else {
                sure[place] = wanted.min(sure[place]);
                left.push(place);
            }
        }
        pending = left;
        panel = queries.panel(pending.iter().map(|&place| indices[place]))?;
    }
    let watched: Vec<Watched<W>> = watched.into_iter().flatten().collect();
    if guesses && indices.len() == TILE {
        plan.learn(watched.iter().map(|watched| watched.bound).collect());
    }
    Ok(watched)
}

/// One scan of all keys. Returns what the watchers became, and how many words were read for them together.
fn pass<W: Watch>(
    tier: Tier,
    keys: &Patterns,
    panel: &QueryPanel,
    screen: Screen,
    limits: &[u32],
    watcher: impl Fn(usize) -> W + Sync,
) -> Result<(Vec<W>, u64)> {
    let start = || -> Vec<W> { (0..panel.queries()).map(&watcher).collect() };
    let scan = |piece: Range<usize>| -> Result<(Vec<W>, u64)> {
        let mut watchers = start();
        let mut bounds: Vec<u32> = limits.iter().zip(&watchers).map(|(&limit, w)| limit.min(w.wants())).collect();
        let mut found: Vec<Near> = Vec::new();
        let mut words_read = 0;
        for (first, slab) in keys.slabs(piece, usize::MAX) {
            words_read += tier.near(slab?, panel, screen, &bounds, &mut found)?;
            for near in found.drain(..) {
                let (id, query) = (first * LANES + near.pattern as usize, near.query as usize);
                // The bound may have shrunk since; and the last block may have lanes without a key.
                if near.distance < bounds[query] && id < keys.len() {
                    watchers[query].meet(id, near.distance);
                    bounds[query] = limits[query].min(watchers[query].wants());
                }
            }
        }
        Ok((watchers, words_read))
    };
    let merged = pieces(keys).into_par_iter().map(scan).try_reduce_with(|(mut a, read), (b, more)| {
        a.iter_mut().zip(b).for_each(|(a, b)| a.merge(b));
        Ok((a, read + more))
    });
    merged.unwrap_or_else(|| Ok((start(), 0)))
}

/// The least distance of all.
struct Least(u32);

impl Visit for Least {
    fn visit(&mut self, _: usize, distances: &[u32]) {
        self.0 = distances.iter().fold(self.0, |least, &distance| least.min(distance));
    }

    fn merge(&mut self, later: Self) {
        self.0 = self.0.min(later.0);
    }
}
