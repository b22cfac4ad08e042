//! Keys, and what one call scans of them.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use popfield_kernels::Tier;

use crate::patterns::segments::{Run, Side};
use crate::progress::Steps;
use crate::scan::sample::{sample, sample_within};
use crate::scan::scope::{Missing, Scope, Share};
use crate::{Error, Patterns, Queries, Result};

/// Patterns below which splitting a scan among threads costs more than it gains.
const MIN_PIECE: usize = 4096;

/// The keys of a memory, and the tier that scans them.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) side: Side,
    pub(crate) tier: Tier,
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
    pub(crate) fn new(side: Side, tier: Tier) -> Self {
        Self { side, tier, sample: OnceLock::new(), generation: generation() }
    }

    /// The scope of the ids that `only` names, or of all, less those that `exclude` names.
    pub(crate) fn scope(&self, only: Option<&[u64]>, exclude: &[u64], missing: Missing) -> Result<Scope> {
        Scope::new(self.side.len(), self.generation, only, exclude, missing)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn with_tier(self, tier: Tier) -> Self {
        Self { tier, ..self }
    }

    /// The keys, to change; what is known of them is forgotten.
    pub(crate) fn side_mut(&mut self) -> &mut Side {
        self.sample.take();
        self.generation = generation();
        &mut self.side
    }
}

/// What one call scans: keys, those of them that may answer, and whom it tells how far it has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scan<'a> {
    keys: &'a Keys,
    scope: Option<&'a Scope>,
    steps: &'a Steps<'a>,
}

impl<'a> Scan<'a> {
    /// # Errors
    /// [`Error::Mismatch`] for a scope of other keys.
    pub(crate) fn new(keys: &'a Keys, scope: Option<&'a Scope>, steps: &'a Steps<'a>) -> Result<Self> {
        if scope.is_some_and(|scope| scope.generation() != keys.generation) {
            return Err(Error::Mismatch { what: "the memory of a call and that of its scope" });
        }
        Ok(Self { keys, scope, steps })
    }

    /// Keys that may answer.
    pub(crate) fn len(self) -> usize {
        self.scope.map_or(self.side().len(), Scope::len)
    }

    /// All keys, those that may not answer included.
    pub(crate) fn side(self) -> &'a Side {
        &self.keys.side
    }

    pub(crate) fn tier(self) -> Tier {
        self.keys.tier
    }

    pub(crate) fn scope(self) -> Option<&'a Scope> {
        self.scope
    }

    pub(crate) fn dim(self) -> usize {
        self.side().dim()
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

    /// Whether the key `id` may answer.
    #[inline]
    pub(crate) fn holds(self, id: usize) -> bool {
        self.scope.is_none_or(|scope| scope.contains(id as u64))
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
        self.scope.map_or(Share::All, |scope| scope.share(run.first..run.first + run.present))
    }

    /// Some of the keys that may answer.
    pub(crate) fn sample(self) -> Result<Cow<'a, Patterns>> {
        if let Some(scope) = self.scope {
            return Ok(Cow::Owned(sample_within(self.side(), scope)?));
        }
        let made = match self.keys.sample.get() {
            Some(made) => made,
            None => {
                let made = sample(self.side())?;
                self.keys.sample.get_or_init(|| made)
            }
        };
        Ok(Cow::Borrowed(made))
    }

    /// The key blocks cut into pieces, several for each of two threads or more where there are many.
    pub(crate) fn pieces(self) -> Vec<Range<usize>> {
        let threads = rayon::current_num_threads();
        let count = if threads == 1 { 1 } else { (4 * threads).min(self.side().len() / MIN_PIECE).max(1) };
        let blocks = self.side().blocks();
        let size = blocks.div_ceil(count).next_multiple_of(self.side().page_blocks());
        (0..blocks).step_by(size.max(1)).map(|start| start..blocks.min(start + size)).collect()
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
