//! A side of a memory, its keys or its values: where patterns live.
//!
//! Patterns lie in *segments*, immutable runs of any length ([`Segment`]; all in memory today); what is stored one
//! by one goes to a last segment that grows. Whoever reads a side walks its *runs* ([`Run`]), blocks that lie side
//! by side in one page of one segment, and need not know of segments. A block that a segment leaves half filled
//! stays so: how many patterns of a run are there is said by the run.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use popfield_kernels::{LANES, Lanes, Slab};

use crate::patterns::pages::View;
use crate::patterns::pattern::{tail_mask, words_of};
use crate::patterns::{Pattern, Patterns};
use crate::{Error, Result};

/// Some patterns that lie together, in the layout of `pages.rs`.
pub(crate) trait Segment: fmt::Debug + Send + Sync {
    /// Their blocks, page by page. Unused tail lanes and bits beyond the dimension are zero, but for files that are mapped
    /// and damaged: what is computed may then be wrong, and no more than that.
    fn lanes(&self) -> &[Lanes];
    /// How many they are.
    fn len(&self) -> usize;
}

impl Segment for Patterns {
    fn lanes(&self) -> &[Lanes] {
        Self::lanes(self)
    }

    fn len(&self) -> usize {
        Self::len(self)
    }
}

/// A list of patterns of one dimension in one or more segments. Its clones share them.
#[derive(Clone)]
pub struct Side {
    dim: usize,
    words: usize,
    /// Those that do not grow; none is empty.
    sealed: Vec<Arc<dyn Segment>>,
    /// The patterns and the blocks before each of these, and before the last.
    starts: Vec<Start>,
    /// The one that grows.
    last: Arc<Patterns>,
}

/// Where a segment begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Start {
    pattern: usize,
    block: usize,
}

/// Blocks that lie side by side, and the patterns there.
#[derive(Clone, Debug)]
pub(crate) struct Run<'a> {
    /// The first pattern.
    pub(crate) first: usize,
    /// How many there are; lanes beyond them hold none.
    pub(crate) present: usize,
    pages: View<'a>,
    /// In `pages`.
    blocks: Range<usize>,
}

impl<'a> Run<'a> {
    /// The blocks, for the kernels.
    pub(crate) fn slab(&self) -> Result<Slab<'a>> {
        self.pages.slab(self.blocks.clone())
    }

    /// Places for patterns, those beyond the present ones included.
    pub(crate) fn lanes(&self) -> usize {
        self.blocks.len() * LANES
    }

    /// Word `word` of every block.
    pub(crate) fn column(&self, word: usize) -> &'a [Lanes] {
        self.pages.plane(word, self.blocks.clone())
    }

    /// Word `word` of the run's pattern `index`; both in range.
    #[inline]
    pub(crate) fn word(&self, index: usize, word: usize) -> u64 {
        self.pages.get(self.blocks.start * LANES + index, word)
    }
}

impl From<Patterns> for Side {
    fn from(patterns: Patterns) -> Self {
        let (dim, words) = (patterns.dim(), patterns.words());
        Self { dim, words, sealed: Vec::new(), starts: vec![Start::default()], last: Arc::new(patterns) }
    }
}

impl Side {
    /// The patterns of `segments`, all of dimension `dim`, one segment after the other.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a dimension out of range; [`Error::Count`] for a segment that has not just the lanes
    /// that its patterns take.
    pub(crate) fn new(dim: usize, segments: impl IntoIterator<Item = Arc<dyn Segment>>) -> Result<Self> {
        let words = words_of(dim)?;
        let (mut sealed, mut starts, mut at) = (Vec::new(), vec![Start::default()], Start::default());
        for segment in segments.into_iter().filter(|segment| segment.len() > 0) {
            let blocks = segment.len().div_ceil(LANES);
            let (expected, found) = ((blocks * words) as u64, segment.lanes().len() as u64);
            if expected != found {
                return Err(Error::Count { what: "lanes of a segment", expected, found });
            }
            at = Start { pattern: at.pattern + segment.len(), block: at.block + blocks };
            starts.push(at);
            sealed.push(segment);
        }
        Ok(Self { dim, words, sealed, starts, last: Arc::new(Patterns::new(dim)?) })
    }

    /// Patterns n.
    pub fn len(&self) -> usize {
        self.starts[self.sealed.len()].pattern + self.last.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Positions d of each.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Bytes that the patterns take.
    pub fn bytes(&self) -> usize {
        self.sealed.iter().map(|segment| size_of_val(segment.lanes())).sum::<usize>() + self.last.bytes()
    }

    /// Pattern `index`, or `None` beyond the end.
    pub fn get(&self, index: usize) -> Option<Pattern> {
        (index < self.len()).then(|| {
            let (pages, at) = self.place(index);
            Pattern::of_checked((0..self.words).map(|w| pages.get(at, w) & self.within(w)).collect(), self.dim)
        })
    }

    /// The patterns in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Pattern> {
        (0..self.len()).map(|i| self.get(i).expect("an index below the length"))
    }

    /// A copy of the patterns of `range`, which is cut to those that exist.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn range(&self, range: Range<usize>) -> Result<Patterns> {
        let range = range.start.min(self.len())..range.end.min(self.len());
        self.select(range.len(), range)
    }

    /// A copy of all patterns.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn to_patterns(&self) -> Result<Patterns> {
        self.range(0..self.len())
    }

    /// The patterns, where they lie in one segment in memory.
    pub(crate) fn whole(&self) -> Option<&Patterns> {
        self.sealed.is_empty().then_some(&*self.last)
    }

    /// Copies of the `count` patterns `indices`, all in range.
    pub(crate) fn select(&self, count: usize, indices: impl IntoIterator<Item = usize>) -> Result<Patterns> {
        let mut chosen = Patterns::filled(count, self.dim, false)?;
        for (to, index) in indices.into_iter().enumerate() {
            let (pages, at) = self.place(index);
            chosen.put(to, (0..self.words).map(|w| pages.get(at, w) & self.within(w)));
        }
        Ok(chosen)
    }

    /// The bits of word `word` that lie within the dimension: of what a file holds beyond, nothing is handed out.
    #[inline]
    pub(crate) fn within(&self, word: usize) -> u64 {
        if word + 1 == self.words { tail_mask(self.dim) } else { u64::MAX }
    }

    /// Words in a pattern, ⌈d/64⌉.
    pub(crate) fn words(&self) -> usize {
        self.words
    }

    /// Word `word` of pattern `index`; both in range.
    #[inline]
    pub(crate) fn word(&self, index: usize, word: usize) -> u64 {
        let (pages, at) = self.place(index);
        pages.get(at, word)
    }

    /// The words of pattern `index`, which is in range.
    #[inline]
    pub(crate) fn row(&self, index: usize) -> impl Iterator<Item = u64> {
        let (pages, at) = self.place(index);
        pages.row(at).enumerate().map(|(word, bits)| bits & self.within(word))
    }

    /// Blocks of all segments together.
    pub(crate) fn blocks(&self) -> usize {
        self.starts[self.sealed.len()].block + self.last.blocks()
    }

    /// The block that pattern `index` is in, counted through all segments.
    pub(crate) fn block_of(&self, index: usize) -> usize {
        let start = self.starts[self.segment_of(index)];
        start.block + (index - start.pattern) / LANES
    }

    /// Blocks of a page: the most that one run holds.
    pub(crate) fn page_blocks(&self) -> usize {
        self.last.page_blocks()
    }

    /// Runs of at most `most` blocks over `blocks`, which are counted through all segments.
    pub(crate) fn runs(&self, blocks: Range<usize>, most: usize) -> impl Iterator<Item = Run<'_>> {
        (0..=self.sealed.len()).flat_map(move |s| {
            let (start, pages, len) = (self.starts[s], self.pages(s), self.len_of(s));
            let within = |block: usize| block.clamp(start.block, start.block + pages.blocks()) - start.block;
            pages.runs(within(blocks.start)..within(blocks.end), most).map(move |blocks| {
                let first = blocks.start * LANES;
                let present = (blocks.len() * LANES).min(len - first);
                Run { first: start.pattern + first, present, pages, blocks }
            })
        })
    }

    /// Runs of these patterns and of those beside them, whose segments are as long: what lies together on both sides.
    pub(crate) fn runs_beside<'a>(
        &'a self,
        beside: &'a Self,
        blocks: Range<usize>,
        most: usize,
    ) -> impl Iterator<Item = [Run<'a>; 2]> {
        let others = beside.runs(blocks.clone(), most);
        // Pages of the two sides may be of different lengths: each run is cut where one of the other side ends.
        let (mut ours, mut others) = (self.runs(blocks, most).peekable(), others.peekable());
        std::iter::from_fn(move || {
            let least = ours.peek()?.blocks.len().min(others.peek()?.blocks.len());
            let mut both = [take_blocks(&mut ours, least)?, take_blocks(&mut others, least)?];
            debug_assert_eq!(both[0].first, both[1].first);
            both[1].present = both[0].present;
            Some(both)
        })
    }

    /// Whether the segments of both are as long, so that patterns that stand beside each other lie in the same blocks.
    pub(crate) fn is_cut_as(&self, other: &Self) -> bool {
        self.starts == other.starts && self.len() == other.len()
    }

    /// These patterns and `more`, of the same dimension, after them, in a segment of their own; with them go the last
    /// segments that are not much larger, so that there are never many.
    ///
    /// Cost: over many calls a copy for each doubling of what is appended.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub(crate) fn appended(&self, more: &Patterns) -> Result<Self> {
        let mut segments = self.sealed.clone();
        if !self.last.is_empty() {
            segments.push(Arc::clone(&self.last) as Arc<dyn Segment>);
        }
        let mut total = more.len();
        while let Some(last) = segments.pop_if(|last| last.len() <= 2 * total) {
            total += last.len();
        }
        let old = total - more.len();
        let first = self.len() - old;
        let mut together = Patterns::filled(total, self.dim, false)?;
        together.set_rows(0..total, |row, words| {
            for (w, word) in words.iter_mut().enumerate() {
                *word = if row < old { self.word(first + row, w) & self.within(w) } else { more.word(row - old, w) };
            }
            Ok(())
        })?;
        segments.push(Arc::new(together));
        Self::new(self.dim, segments)
    }

    /// Stores one more, of the right dimension.
    pub(crate) fn push(&mut self, pattern: &Pattern) -> Result<()> {
        self.unshare()?.push(pattern)
    }

    /// Makes room for one more, so that [`push`](Self::push) cannot fail.
    pub(crate) fn grow(&mut self) -> Result<()> {
        self.unshare()?.grow()
    }

    /// These patterns without pattern `index`, which is in range, where it cannot be taken out in place: those after it
    /// move up by one.
    ///
    /// Cost: a copy of its segment; the others are shared.
    pub(crate) fn without(&self, index: usize) -> Result<Option<Self>> {
        let s = self.segment_of(index);
        let is_last = s == self.sealed.len();
        if is_last && Arc::strong_count(&self.last) == 1 {
            return Ok(None);
        }
        let first = self.starts[s].pattern;
        let mut copy = self.range(first..first + self.len_of(s))?;
        copy.remove(index - first);
        if is_last {
            return Ok(Some(Self { last: Arc::new(copy), ..self.clone() }));
        }
        let mut sealed = self.sealed.clone();
        sealed[s] = Arc::new(copy);
        Ok(Some(Self { last: Arc::clone(&self.last), ..Self::new(self.dim, sealed)? }))
    }

    /// Takes out pattern `index`, whose place the others close: they are those of `without`, where it was not `None`.
    pub(crate) fn take_out(&mut self, index: usize, without: Option<Self>) {
        match without {
            Some(without) => *self = without,
            None => {
                let first = self.starts[self.sealed.len()].pattern;
                Arc::make_mut(&mut self.last).remove(index - first);
            }
        }
    }

    /// The last segment, to change.
    fn unshare(&mut self) -> Result<&mut Patterns> {
        if Arc::get_mut(&mut self.last).is_none() {
            self.last = Arc::new(self.last.range(0..self.last.len())?);
        }
        Ok(Arc::make_mut(&mut self.last))
    }

    /// The segment that pattern `index` is in.
    #[inline]
    fn segment_of(&self, index: usize) -> usize {
        match self.sealed.len() {
            0 => 0,
            _ => self.starts.partition_point(|start| start.pattern <= index) - 1,
        }
    }

    /// The pages of all patterns, where they lie in one segment.
    pub(crate) fn only(&self) -> Option<View<'_>> {
        match (self.sealed.len(), self.last.len()) {
            (0, _) | (1, 0) => Some(self.pages(0)),
            _ => None,
        }
    }

    /// The pages that pattern `index` is in, and its place there.
    #[inline]
    pub(crate) fn place(&self, index: usize) -> (View<'_>, usize) {
        let s = self.segment_of(index);
        (self.pages(s), index - self.starts[s].pattern)
    }

    /// The page that pattern `index` is in, which must be in range, for the kernels, and its place there.
    #[inline]
    pub(crate) fn page_of(&self, index: usize) -> Result<(Slab<'_>, usize)> {
        let (pages, at) = self.place(index);
        pages.page_of(at)
    }

    /// Has pattern `index`, which must be in range, fetched into the cache; a hint.
    pub(crate) fn prefetch(&self, index: usize) -> Result<()> {
        let (slab, at) = self.page_of(index)?;
        slab.prefetch(at, 0..self.words);
        Ok(())
    }

    #[inline]
    fn pages(&self, s: usize) -> View<'_> {
        let lanes = self.sealed.get(s).map_or_else(|| self.last.lanes(), |segment| segment.lanes());
        View::new(self.words, lanes)
    }

    fn len_of(&self, s: usize) -> usize {
        self.sealed.get(s).map_or_else(|| self.last.len(), |segment| segment.len())
    }
}

/// The first `count` blocks of what comes next; the rest of that run stays.
fn take_blocks<'a>(runs: &mut std::iter::Peekable<impl Iterator<Item = Run<'a>>>, count: usize) -> Option<Run<'a>> {
    let run = runs.peek_mut()?;
    if run.blocks.len() == count {
        return runs.next();
    }
    let middle = run.blocks.start + count;
    let taken = Run { blocks: run.blocks.start..middle, present: run.present.min(count * LANES), ..run.clone() };
    *run = Run {
        first: run.first + taken.present,
        present: run.present - taken.present,
        blocks: middle..run.blocks.end,
        ..*run
    };
    Some(taken)
}

impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Side({} of dimension {} in {} segments)", self.len(), self.dim, self.sealed.len() + 1)
    }
}

/// The same patterns in the same order, in whatever segments.
impl PartialEq for Side {
    fn eq(&self, other: &Self) -> bool {
        self.dim == other.dim && self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Side {}

impl PartialEq<Patterns> for Side {
    fn eq(&self, other: &Patterns) -> bool {
        self.dim == other.dim() && self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl PartialEq<Side> for Patterns {
    fn eq(&self, other: &Side) -> bool {
        other == self
    }
}
