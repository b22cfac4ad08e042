//! Pages: how the words of patterns lie in memory.
//!
//! A scan looks at the first words of all patterns, and goes on only where it must. So words of one place stand
//! together, as planes, `[word][block][lane]`: reading the first word of every pattern touches an eighth of the memory
//! of patterns of eight words, in long runs that prefetchers follow. One plane over all patterns could not grow without
//! moving everything; planes therefore run over a *page* of some hundred blocks, which costs a scan a few percent.
//!
//! The last page is as large as its blocks need, so equal patterns are equal in memory, and few patterns take little.

use std::ops::Range;

use popfield_kernels::{LANES, Lanes, Slab, prefetch};

use crate::Result;

/// Blocks of a page of short patterns: planes of 16 KiB.
const MOST_BLOCKS: usize = 256;

/// Blocks of a page of long patterns: planes of 1 KiB.
const LEAST_BLOCKS: usize = 16;

/// Lanes that a page holds, if that leaves its blocks between these two: what moves when a last page grows.
const PAGE_LANES: usize = 4096;

/// Blocks of eight patterns of `words` words, page by page, to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    words: usize,
    lanes: &'a [Lanes],
}

impl<'a> View<'a> {
    /// Blocks that stand in `lanes`, of which there must be a multiple of `words`.
    #[inline]
    pub(crate) fn new(words: usize, lanes: &'a [Lanes]) -> Self {
        debug_assert!(lanes.len().is_multiple_of(words));
        Self { words, lanes }
    }

    pub(crate) fn blocks(self) -> usize {
        self.lanes.len() / self.words
    }

    /// The page of `block`: its first block, and how many it has.
    ///
    /// Who reads single patterns asks this for each, and a division takes longer than all else here: short patterns, whose
    /// pages are as large as any, need none.
    #[inline]
    fn page(self, block: usize) -> (usize, usize) {
        let (first, size) = match self.words <= PAGE_LANES / MOST_BLOCKS {
            true => (block - block % MOST_BLOCKS, MOST_BLOCKS),
            false => {
                let size = page_blocks(self.words);
                (block - block % size, size)
            }
        };
        let is_whole = (first + size) * self.words <= self.lanes.len();
        (first, if is_whole { size } else { self.blocks() - first })
    }

    /// Where word 0 of `block` stands, and how far apart its words are.
    #[inline]
    fn place(self, block: usize) -> (usize, usize) {
        let (first, size) = self.page(block);
        (first * self.words + block - first, size)
    }

    /// Word `word` of pattern `index`; both in range.
    #[inline]
    pub(crate) fn get(self, index: usize, word: usize) -> u64 {
        let (start, stride) = self.place(index / LANES);
        self.lanes[start + word * stride].0[index % LANES]
    }

    /// Has word `word` of pattern `index`, which is in range, fetched into the cache; a hint.
    #[inline]
    pub(crate) fn prefetch(self, index: usize, word: usize) {
        let (start, stride) = self.place(index / LANES);
        prefetch(self.lanes, start + word * stride);
    }

    /// The words of pattern `index`, which is in range.
    #[inline]
    pub(crate) fn row(self, index: usize) -> impl Iterator<Item = u64> + use<'a> {
        let ((start, stride), lane) = (self.place(index / LANES), index % LANES);
        (0..self.words).map(move |word| self.lanes[start + word * stride].0[lane])
    }

    /// Word `word` of every block of a run, which lies in one page.
    #[inline]
    pub(crate) fn plane(self, word: usize, run: Range<usize>) -> &'a [Lanes] {
        let (start, stride) = self.place(run.start);
        &self.lanes[start + word * stride..][..run.len()]
    }

    /// `blocks` cut into runs that lie in one page each and hold no more than `most` blocks.
    pub(crate) fn runs(self, blocks: Range<usize>, most: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let size = page_blocks(self.words);
        let mut start = blocks.start;
        std::iter::from_fn(move || {
            let end = blocks.end.min(start - start % size + size).min(start.saturating_add(most));
            let run = start..end;
            start = end;
            (!run.is_empty()).then_some(run)
        })
    }

    /// The blocks of a run of one page, for the kernels.
    pub(crate) fn slab(self, run: Range<usize>) -> Result<Slab<'a>> {
        let (start, stride) = self.place(run.start);
        Ok(Slab::new(&self.lanes[start..], self.words, run.len(), stride)?)
    }

    /// The page of pattern `index`, which is in range, for the kernels, and its place there.
    #[inline]
    pub(crate) fn page_of(self, index: usize) -> Result<(Slab<'a>, usize)> {
        let (first, blocks) = self.page(index / LANES);
        let slab = Slab::new(&self.lanes[first * self.words..], self.words, blocks, blocks)?;
        Ok((slab, index - first * LANES))
    }
}

/// Blocks of every page but the last, which may have fewer.
#[inline]
fn page_blocks(words: usize) -> usize {
    (PAGE_LANES / words).clamp(LEAST_BLOCKS, MOST_BLOCKS)
}

/// Blocks of eight patterns of `words` words, page by page, to be read and changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pages {
    words: usize,
    lanes: Vec<Lanes>,
}

impl Pages {
    pub(crate) fn new(words: usize) -> Self {
        Self { words, lanes: Vec::new() }
    }

    /// Blocks that already stand in `lanes`, of which there must be a multiple of `words`.
    pub(crate) fn from_lanes(words: usize, lanes: Vec<Lanes>) -> Self {
        debug_assert!(lanes.len().is_multiple_of(words));
        Self { words, lanes }
    }

    #[inline]
    pub(crate) fn view(&self) -> View<'_> {
        View::new(self.words, &self.lanes)
    }

    pub(crate) fn words(&self) -> usize {
        self.words
    }

    pub(crate) fn blocks(&self) -> usize {
        self.view().blocks()
    }

    pub(crate) fn lanes(&self) -> &[Lanes] {
        &self.lanes
    }

    pub(crate) fn lanes_mut(&mut self) -> &mut Vec<Lanes> {
        &mut self.lanes
    }

    /// Blocks of every page but the last, which may have fewer.
    pub(crate) fn page_blocks(&self) -> usize {
        page_blocks(self.words)
    }

    /// Lanes of every page but the last. A page of any length has `length / words` blocks, and so far apart are its
    /// planes.
    pub(crate) fn page_lanes(&self) -> usize {
        self.page_blocks() * self.words
    }

    /// Word `word` of pattern `index`, to write to; both in range.
    #[inline]
    pub(crate) fn get_mut(&mut self, index: usize, word: usize) -> &mut u64 {
        let (start, stride) = self.view().place(index / LANES);
        &mut self.lanes[start + word * stride].0[index % LANES]
    }

    /// Makes `words` the first words of pattern `index`, which is in range; those beyond its last are left out.
    #[inline]
    pub(crate) fn put(&mut self, index: usize, words: impl IntoIterator<Item = u64>) {
        let ((start, stride), lane) = (self.view().place(index / LANES), index % LANES);
        for (word, bits) in (0..self.words).zip(words) {
            self.lanes[start + word * stride].0[lane] = bits;
        }
    }

    /// Adds a block of zeros. The planes of a last page that is not full move apart.
    pub(crate) fn push_block(&mut self) {
        let blocks = self.blocks() % self.page_blocks();
        let start = self.lanes.len() - blocks * self.words;
        self.lanes.resize(self.lanes.len() + self.words, Lanes::default());
        let page = &mut self.lanes[start..];
        for w in (0..self.words).rev() {
            page.copy_within(w * blocks..(w + 1) * blocks, w * (blocks + 1));
            page[w * (blocks + 1) + blocks] = Lanes::default();
        }
    }

    /// Takes the last block away; there must be one.
    pub(crate) fn pop_block(&mut self) {
        let blocks = (self.blocks() - 1) % self.page_blocks() + 1;
        let start = self.lanes.len() - blocks * self.words;
        let page = &mut self.lanes[start..];
        for w in 0..self.words {
            page.copy_within(w * blocks..(w + 1) * blocks - 1, w * (blocks - 1));
        }
        self.lanes.truncate(self.lanes.len() - self.words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that tell where they belong.
    fn word(block: usize, word: usize, lane: usize) -> u64 {
        (block << 32 | word << 8 | lane) as u64
    }

    fn holds(pages: &Pages, blocks: usize) {
        assert_eq!(pages.blocks(), blocks);
        for w in 0..pages.words() {
            let view = pages.view();
            let mut column = view.runs(0..blocks, usize::MAX).flat_map(|run| view.plane(w, run));
            for b in 0..blocks {
                let lanes: [u64; LANES] = std::array::from_fn(|lane| word(b, w, lane));
                assert_eq!(column.next(), Some(&Lanes(lanes)), "block {b} of {blocks}, word {w}");
                assert_eq!(view.get(b * LANES + 3, w), lanes[3]);
            }
            assert_eq!(column.next(), None);
        }
    }

    #[test]
    fn pages_grow_and_shrink_block_by_block() {
        for words in [1, 3, 300] {
            let mut pages = Pages::new(words);
            let most = 2 * pages.page_blocks() + 3;
            for b in 0..most {
                pages.push_block();
                for (w, lane) in (0..words).flat_map(|w| (0..LANES).map(move |lane| (w, lane))) {
                    assert_eq!(*pages.get_mut(b * LANES + lane, w), 0);
                    *pages.get_mut(b * LANES + lane, w) = word(b, w, lane);
                }
                if b % 7 == 0 || b + 6 > most {
                    holds(&pages, b + 1);
                }
            }
            for b in (0..most).rev() {
                pages.pop_block();
                if b % 7 == 0 {
                    holds(&pages, b);
                }
            }
        }
    }

    #[test]
    fn runs_stay_within_pages() {
        let mut pages = Pages::new(2);
        (0..600).for_each(|_| pages.push_block());
        let runs = |blocks, most| pages.view().runs(blocks, most).collect::<Vec<_>>();
        assert_eq!(runs(0..600, usize::MAX), [0..256, 256..512, 512..600]);
        assert_eq!(runs(250..260, 4), [250..254, 254..256, 256..260]);
        assert!(runs(7..7, 4).is_empty());
    }
}
