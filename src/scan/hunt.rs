//! The hunt for near keys: rounds of scans that read keys no further than they must.
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
//!    the bound, every distance is taken: first for the nearest key alone, and if the crowd is as near as that, once more;
//!    of few queries and keys they are kept for that.
//!
//! What is found depends on none of this; it is all that was wanted.

use popfield_kernels::QueryPanel;

use crate::scan::keys::Scan;
use crate::scan::near::pass;
use crate::scan::plan::Plan;
use crate::scan::survey::{distances, survey};
use crate::scan::tiles::TILE;
use crate::scan::watch::{Visit, Watch, Watched};
use crate::{Queries, Result};

/// Distances that are kept while queries whose near keys are a crowd look for the nearest of them: a megabyte.
const DISTANCES_AT_ONCE: usize = 1 << 18;

/// Shows some queries, given by their indices, the keys that their watchers want, by what `watcher` makes of the place
/// of each among them.
///
/// Cost: for each key and query some 0.1 ns a screened word on AVX-512, a half of that or less where words are joined;
/// keys that pass the screen, tens of nanoseconds each. Watchers that are not content with the guess cost a second
/// scan, at the worst a third. Where the sample shows that many keys pass, every distance is taken, at the worst twice,
/// and those that are wanted are met one by one, a few nanoseconds each.
pub(crate) fn near<W: Watch>(
    scan: Scan<'_>,
    queries: &Queries,
    indices: &[usize],
    plan: &Plan<'_>,
    watcher: impl Fn(usize) -> W + Sync,
) -> Result<Vec<Watched<W>>> {
    let hunt = Hunt { scan, queries, plan, watcher };
    let mut seekers: Vec<Seeker> = indices.iter().enumerate().map(|at| hunt.seeker(at)).collect();
    let all_guess = seekers.iter().all(|seeker| seeker.guesses);
    let mut found: Vec<Option<Watched<W>>> = indices.iter().map(|_| None).collect();
    for round in 0.. {
        if seekers.is_empty() {
            break;
        }
        hunt.round(round, &mut seekers, &mut found)?;
    }
    let found: Vec<Watched<W>> = found.into_iter().flatten().collect();
    if all_guess && indices.len() == TILE {
        plan.learn(found.iter().map(|watched| watched.watcher.sufficed(watched.bound)).collect());
    }
    Ok(found)
}

/// Rounds of scans, until everyone is content.
struct Hunt<'a, F> {
    scan: Scan<'a>,
    queries: &'a Queries,
    plan: &'a Plan<'a>,
    watcher: F,
}

/// A query whose watcher is not content yet.
struct Seeker {
    /// Among the queries asked for.
    place: usize,
    /// Its index in the batch.
    query: usize,
    /// Whether it has nothing to go by but guesses.
    guesses: bool,
    /// It wants no key at this distance or beyond.
    sure: u32,
    /// How far this round's scan goes for it.
    limit: u32,
    bits_read: u64,
}

impl<W: Watch, F: Fn(usize) -> W + Sync> Hunt<'_, F> {
    fn seeker(&self, (place, &query): (usize, &usize)) -> Seeker {
        let sure = (self.watcher)(place).wants();
        // Who knows from the start what it wants need not guess.
        Seeker { place, query, guesses: sure == u32::MAX, sure, limit: sure, bits_read: 0 }
    }

    /// One scan for all of `seekers`; those who are content leave.
    fn round(&self, round: u32, seekers: &mut Vec<Seeker>, found: &mut [Option<Watched<W>>]) -> Result<()> {
        let panel = self.queries.panel(seekers.iter().map(|seeker| seeker.query))?;
        self.set_limits(round, seekers, &panel)?;
        let all_words = (self.scan.side().len() * self.scan.side().words() * seekers.len()) as u64;
        let mut words_read = 0;
        let to_gain = |seeker: &Seeker| (self.watcher)(seeker.place).would_want(0) < seeker.limit;
        let crowded = self.crowds(seekers) && seekers.iter().any(to_gain);
        if crowded && seekers.len() * self.scan.side().len() <= DISTANCES_AT_ONCE {
            return self.at_once(seekers, found);
        }
        if crowded {
            // The crowd may lie beyond what is wanted once the nearest key is known; a scan that keeps nothing tells.
            let nearest = survey(self.scan, &panel, |_| Least(u32::MAX))?;
            for (seeker, nearest) in seekers.iter_mut().zip(nearest) {
                seeker.sure = seeker.sure.min((self.watcher)(seeker.place).would_want(nearest.0));
                seeker.limit = seeker.sure;
            }
            words_read += all_words;
        }
        let watcher_at = |q: usize| (self.watcher)(seekers[q].place);
        let (watchers, more) = if self.crowds(seekers) {
            let watchers = survey(self.scan, &panel, watcher_at)?;
            // Whoever sees every key has seen all that it wants.
            seekers.iter_mut().for_each(|seeker| seeker.limit = u32::MAX);
            (watchers, all_words)
        } else {
            let limits = limits_of(seekers);
            pass(self.scan, &panel, self.plan.screen(&limits), &limits, watcher_at)?
        };
        let share = (words_read + more) * 64 / seekers.len() as u64;
        let mut watchers = watchers.into_iter();
        seekers.retain_mut(|seeker| {
            let Some(watcher) = watchers.next() else { return false };
            seeker.bits_read += share;
            let wanted = watcher.wants();
            let content = wanted <= seeker.limit || seeker.limit == seeker.sure;
            if content {
                let bound = wanted.min(seeker.limit);
                found[seeker.place] = Some(Watched { watcher, bound, bits_read: seeker.bits_read });
            } else {
                seeker.sure = wanted.min(seeker.sure);
            }
            !content
        });
        Ok(())
    }

    /// Contents all of `seekers`, who are few, by the distances of all keys, which are kept: the nearest key tells what is
    /// wanted of them.
    fn at_once(&self, seekers: &mut Vec<Seeker>, found: &mut [Option<Watched<W>>]) -> Result<()> {
        let all_bits = (self.scan.side().len() * self.scan.side().words()) as u64 * 64;
        for seeker in seekers.drain(..) {
            let distances = distances(self.scan, self.queries, seeker.query)?;
            let nearest = distances.iter().fold(u32::MAX, |least, &distance| least.min(distance));
            let mut watcher = (self.watcher)(seeker.place);
            let limit = seeker.sure.min(watcher.would_want(nearest));
            let mut bound = limit.min(watcher.wants());
            for (place, &distance) in distances.iter().enumerate() {
                // What may not answer is farther than all that is wanted.
                if distance < bound {
                    watcher.meet(place, distance);
                    bound = limit.min(watcher.wants());
                }
            }
            found[seeker.place] = Some(Watched { watcher, bound, bits_read: seeker.bits_read + all_bits });
        }
        Ok(())
    }

    /// How far to scan: by what is likely, or where nothing is by a sample of the keys.
    fn set_limits(&self, round: u32, seekers: &mut [Seeker], panel: &QueryPanel) -> Result<()> {
        for seeker in &mut *seekers {
            seeker.limit = self.guess(round, seeker).min(seeker.sure);
        }
        if seekers.iter().any(|seeker| seeker.limit == u32::MAX) {
            let watchers = seekers.iter().map(|seeker| (self.watcher)(seeker.place));
            let sampled = self.plan.sure_bounds(self.scan.tier(), panel, watchers)?;
            for (seeker, sampled) in seekers.iter_mut().zip(sampled) {
                seeker.sure = seeker.sure.min(sampled);
                seeker.limit = seeker.sure.min(seeker.limit);
            }
        }
        Ok(())
    }

    /// What the watcher will want, if the nearest key is where it is likely to be; `u32::MAX` where nothing is likely.
    fn guess(&self, round: u32, seeker: &Seeker) -> u32 {
        if !seeker.guesses || round > 1 {
            return u32::MAX;
        }
        match self.plan.learned() {
            Some([likely, _]) if round == 0 => likely,
            Some([likely, widest]) if likely < widest => widest,
            // What was not within it is nowhere to be guessed.
            Some(_) => u32::MAX,
            None => {
                let known = self.queries.known_count(seeker.query) as u32;
                (self.watcher)(seeker.place).would_want(known.div_ceil(8 >> round))
            }
        }
    }

    fn crowds(&self, seekers: &[Seeker]) -> bool {
        self.plan.crowds(&limits_of(seekers))
    }
}

fn limits_of(seekers: &[Seeker]) -> Vec<u32> {
    seekers.iter().map(|seeker| seeker.limit).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::ids::Ids;
    use crate::patterns::{NoiseModel, add_noise};
    use crate::scan::keys::Keys;
    use crate::scan::shortlist::Shortlist;
    use crate::{Patterns, Progress};
    use popfield_kernels::Tier;

    #[test]
    fn what_the_first_tile_teaches_contents_the_next() {
        let patterns = Patterns::random(20_000, 256, 3, "keys").unwrap();
        let originals = patterns.range(0..2 * TILE).unwrap();
        let queries = Queries::from(add_noise(&originals, 0.1, NoiseModel::Exact, 3).unwrap());
        let keys = Keys::new(patterns.into(), Ids::counted(20_000), None, Tier::from_env().unwrap());
        let steps = Progress::NONE.begin(0);
        let scan = Scan::new(&keys, None, &steps).unwrap();
        let plan = Plan::new(scan, &queries).unwrap();
        let read = |from: usize| -> u64 {
            let indices: Vec<usize> = (from..from + TILE).collect();
            let found = near(scan, &queries, &indices, &plan, |_| Shortlist::new(scan.ids(), 1, u32::MAX)).unwrap();
            found.iter().map(|watched| watched.bits_read).sum()
        };
        let (first, next) = (read(0), read(TILE));
        assert!(plan.learned().is_some() && next <= first, "{first} bits read, then {next}");
    }
}
