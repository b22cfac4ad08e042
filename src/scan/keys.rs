//! Keys, and what one call scans of them.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use popfield_kernels::{LANES, Tier};

use crate::patterns::bits::{Bits, Share};
use crate::patterns::ids::Ids;
use crate::patterns::segments::{Run, Side};
use crate::progress::Steps;
use crate::scan::sample::{sample, sample_within};
use crate::scan::scope::{Missing, Scope};
use crate::scan::watch::ABSENT;
use crate::{Error, Pattern, Patterns, Queries, Result};

/// Patterns below which splitting a scan among threads costs more than it gains.
const MIN_PIECE: usize = 4096;

/// The keys of a memory by their places, what they are called, and the tier that scans them.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    side: Side,
    ids: Arc<Ids>,
    /// The places whose association is there; `None` for all. The others exist for nobody.
    live: Option<Arc<Bits>>,
    tier: Tier,
    /// Some of the keys, once a scan was planned.
    sample: OnceLock<Patterns>,
    /// The same only for keys that are the same: a scope is of just these.
    generation: u64,
}

/// A number that no keys of this process had before.
fn generation() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

impl Keys {
    /// The keys of `side`, whose ids are `ids`, as many as there are places; those that are `live`, or all.
    pub(crate) fn new(side: Side, ids: Ids, live: Option<Bits>, tier: Tier) -> Self {
        let live = live.map(Arc::new);
        Self { side, ids: Arc::new(ids), live, tier, sample: OnceLock::new(), generation: generation() }
    }

    /// All places, those of forgotten associations included.
    pub(crate) fn side(&self) -> &Side {
        &self.side
    }

    pub(crate) fn ids(&self) -> &Ids {
        &self.ids
    }

    pub(crate) fn live(&self) -> Option<&Bits> {
        self.live.as_deref()
    }

    pub(crate) fn tier(&self) -> Tier {
        self.tier
    }

    /// Keys that there are.
    pub(crate) fn len(&self) -> usize {
        self.live().map_or(self.side.len(), Bits::len)
    }

    /// The place of the key `id`, if there is one.
    pub(crate) fn find(&self, id: u64) -> Option<usize> {
        self.ids.find(id, self.live())
    }

    /// The scope of the ids that `only` names, or of all, less those that `exclude` names.
    pub(crate) fn scope(&self, only: Option<&[u64]>, exclude: &[u64], missing: Missing) -> Result<Scope> {
        Scope::new(&self.ids, self.live(), self.generation, [only, Some(exclude)], missing)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn with_tier(self, tier: Tier) -> Self {
        Self { tier, ..self }
    }

    /// Makes room for one more, so that [`push`](Self::push) fails only where ids have run out.
    pub(crate) fn grow(&mut self) -> Result<()> {
        self.change();
        self.side.grow()
    }

    /// Stores one more, of the right dimension, under the next id, which is returned.
    pub(crate) fn push(&mut self, key: &Pattern) -> Result<u64> {
        self.change();
        let mut live = self.live.clone();
        if let Some(live) = &mut live {
            Arc::make_mut(live).push(true, "what is forgotten")?;
        }
        let id = Arc::make_mut(&mut self.ids).count_one()?;
        self.live = live;
        self.side.push(key)?;
        Ok(id)
    }

    /// Marks `place` as forgotten.
    pub(crate) fn bury(&mut self, place: usize) -> Result<()> {
        self.change();
        if self.live.is_none() {
            self.live = Some(Arc::new(Bits::filled(self.side.len(), true, "what is forgotten")?));
        }
        if let Some(live) = &mut self.live {
            Arc::make_mut(live).set(place, false);
        }
        Ok(())
    }

    /// Takes out `place`, of places that are all live: `without` it the side is this, or else it is taken out where it lies.
    pub(crate) fn take_out(&mut self, place: usize, without: Option<Side>) -> Result<()> {
        self.change();
        Arc::make_mut(&mut self.ids).remove(place)?;
        self.side.take_out(place, without);
        Ok(())
    }

    /// Forgets what is known of the keys, as they change.
    fn change(&mut self) {
        self.sample.take();
        self.generation = generation();
    }
}

/// What one call scans: keys, those of them that may answer, and whom it tells how far it has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scan<'a> {
    keys: &'a Keys,
    scope: Option<&'a Scope>,
    /// The places of the keys that may answer; `None` for all.
    present: Option<&'a Bits>,
    /// The first block that is scanned.
    from: usize,
    steps: &'a Steps<'a>,
}

impl<'a> Scan<'a> {
    /// # Errors
    /// [`Error::Mismatch`] for a scope of other keys.
    pub(crate) fn new(keys: &'a Keys, scope: Option<&'a Scope>, steps: &'a Steps<'a>) -> Result<Self> {
        if scope.is_some_and(|scope| scope.generation() != keys.generation) {
            return Err(Error::Mismatch { what: "the memory of a call and that of its scope" });
        }
        Ok(Self { keys, scope, present: scope.map(Scope::present).or(keys.live()), from: 0, steps })
    }

    /// The same but for most of the keys before `place`, which are passed over; some of them may still be met.
    pub(crate) fn from(self, place: usize) -> Self {
        let page = self.side().page_blocks();
        Self { from: self.side().block_of(place) / page * page, ..self }
    }

    /// Keys that may answer.
    pub(crate) fn len(self) -> usize {
        self.present.map_or(self.side().len(), Bits::len)
    }

    /// All keys, those that may not answer included.
    pub(crate) fn side(self) -> &'a Side {
        &self.keys.side
    }

    pub(crate) fn tier(self) -> Tier {
        self.keys.tier
    }

    /// What keys are called.
    pub(crate) fn ids(self) -> &'a Ids {
        &self.keys.ids
    }

    pub(crate) fn dim(self) -> usize {
        self.side().dim()
    }

    /// A distance that no key exceeds. It is the bits of all words of a pattern, not d, so that no bit that a damaged
    /// file holds beyond the dimension can bring a distance out of the range of what is looked up by it.
    pub(crate) fn farthest(self) -> usize {
        64 * self.side().words()
    }

    pub(crate) fn steps(self) -> &'a Steps<'a> {
        self.steps
    }

    /// # Errors
    /// [`Error::Dimension`] if the queries are of another dimension than the keys.
    pub(crate) fn check(self, queries: &Queries) -> Result<()> {
        if queries.dim() != self.dim() {
            return Err(Error::Dimension { what: "queries", expected: self.dim(), found: queries.dim() });
        }
        Ok(())
    }

    /// Whether all keys that there are may answer.
    pub(crate) fn is_whole(self) -> bool {
        self.scope.is_none()
    }

    /// The place of the key of this id that may answer.
    pub(crate) fn place_of(self, id: u64) -> Option<usize> {
        self.ids().find(id, self.present)
    }

    /// Whether the key at `place` may answer.
    #[inline]
    pub(crate) fn holds(self, place: usize) -> bool {
        self.present.is_none_or(|present| present.contains(place))
    }

    /// Makes the distances of the keys at `first`, `first` + 1, … that may not answer [`ABSENT`].
    pub(crate) fn mask(self, first: usize, distances: &mut [u32]) {
        let Some(present) = self.present else { return };
        for (place, distance) in (first..).zip(distances) {
            if !present.contains(place) {
                *distance = ABSENT;
            }
        }
    }

    /// Runs of at most `most` blocks that have keys which may answer, and whether all of the run's keys may.
    pub(crate) fn runs(self, blocks: Range<usize>, most: usize) -> impl Iterator<Item = (Run<'a>, bool)> {
        self.side().runs(blocks, most).filter_map(move |run| match self.share(&run) {
            Share::Nothing => None,
            share => Some((run, share == Share::All)),
        })
    }

    /// How many of a run's keys may answer.
    pub(crate) fn share(self, run: &Run<'_>) -> Share {
        self.present.map_or(Share::All, |present| present.share(run.first..run.first + run.present))
    }

    /// Some of the keys that may answer.
    pub(crate) fn sample(self) -> Result<Cow<'a, Patterns>> {
        let made_anew = || match self.present {
            Some(present) => sample_within(self.side(), present),
            None => sample(self.side()),
        };
        if self.scope.is_some() {
            return Ok(Cow::Owned(made_anew()?));
        }
        let made = match self.keys.sample.get() {
            Some(made) => made,
            None => {
                let made = made_anew()?;
                self.keys.sample.get_or_init(|| made)
            }
        };
        Ok(Cow::Borrowed(made))
    }

    /// The key blocks cut into pieces, several for each of two threads or more where there are many.
    pub(crate) fn pieces(self) -> Vec<Range<usize>> {
        let threads = rayon::current_num_threads();
        let blocks = self.side().blocks();
        let scanned = blocks.saturating_sub(self.from);
        let count = if threads == 1 { 1 } else { (4 * threads).min(scanned * LANES / MIN_PIECE).max(1) };
        let size = scanned.div_ceil(count).next_multiple_of(self.side().page_blocks());
        (self.from..blocks).step_by(size.max(1)).map(|start| start..blocks.min(start + size)).collect()
    }

    /// Copies of the keys of a run that may answer, and of the patterns beside them, which are of dimension `beside_dim`.
    pub(crate) fn gather(self, runs: [&Run<'_>; 2], beside_dim: usize) -> Result<[Side; 2]> {
        let first = runs[0].first;
        let places: Vec<usize> = (0..runs[0].present).filter(|&place| self.holds(first + place)).collect();
        let copy = |run: &Run<'_>, dim: usize| -> Result<Side> {
            let mut copies = Patterns::filled(places.len(), dim, false)?;
            for (to, &place) in places.iter().enumerate() {
                copies.put(to, (0..dim.div_ceil(64)).map(|w| run.word(place, w)));
            }
            Ok(copies.into())
        };
        Ok([copy(runs[0], self.dim())?, copy(runs[1], beside_dim)?])
    }
}
