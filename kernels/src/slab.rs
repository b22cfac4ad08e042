//! What a kernel call scans: a run of whole blocks.

use std::ops::Range;

use crate::error::KernelError;
use crate::hints::prefetch;
use crate::lanes::{LANES, Lanes};

/// A run of whole blocks of packed patterns, as planes: `[word][block][lane]`.
///
/// Word w of block b stands at `lanes[w · stride + b]`, so that a scan of the first words of all patterns reads them in
/// one run and nothing else. A slab may be a part of longer planes: then the stride exceeds its blocks.
#[derive(Clone, Copy, Debug)]
pub struct Slab<'a> {
    lanes: &'a [Lanes],
    words: usize,
    blocks: usize,
    stride: usize,
}

impl<'a> Slab<'a> {
    /// `blocks` blocks of patterns of `words` words each, the planes `stride` blocks apart.
    ///
    /// # Errors
    /// [`KernelError::Length`] if `words` is 0, the stride shorter than the blocks, or `lanes` too short for the shape.
    pub fn new(lanes: &'a [Lanes], words: usize, blocks: usize, stride: usize) -> Result<Self, KernelError> {
        if words == 0 {
            return Err(KernelError::Length { what: "words of a pattern, at least", expected: 1, found: 0 });
        }
        if stride < blocks {
            return Err(KernelError::Length { what: "stride of planes, at least", expected: blocks, found: stride });
        }
        let least = if blocks == 0 { 0 } else { (words - 1).saturating_mul(stride).saturating_add(blocks) };
        if lanes.len() < least {
            return Err(KernelError::Length { what: "slab, at least", expected: least, found: lanes.len() });
        }
        Ok(Self { lanes, words, blocks, stride })
    }

    /// The same patterns, `words` of their words only.
    ///
    /// # Errors
    /// [`KernelError::Length`] if they have no such words, or none are asked for.
    pub fn narrowed(self, words: Range<usize>) -> Result<Self, KernelError> {
        if words.is_empty() || words.end > self.words {
            return Err(KernelError::Length { what: "words of a pattern", expected: self.words, found: words.end });
        }
        Self::new(
            &self.lanes[(words.start * self.stride).min(self.lanes.len())..],
            words.len(),
            self.blocks,
            self.stride,
        )
    }

    /// Patterns in the slab, those of unused tail lanes included.
    #[must_use]
    pub fn patterns(&self) -> usize {
        self.blocks * LANES
    }

    /// Words in a pattern.
    #[must_use]
    pub fn words(&self) -> usize {
        self.words
    }

    /// Word `word` of a pattern.
    ///
    /// # Panics
    /// If there is no such pattern or word.
    #[inline]
    #[must_use]
    pub fn word(&self, pattern: usize, word: usize) -> u64 {
        self.plane(word)[pattern / LANES].0[pattern % LANES]
    }

    /// Has these words of a pattern fetched into the cache; a hint.
    #[inline]
    pub fn prefetch(&self, pattern: usize, words: Range<usize>) {
        let mut at = words.start * self.stride + pattern / LANES;
        for _ in words {
            prefetch(self.lanes, at);
            at += self.stride;
        }
    }

    /// Blocks of eight patterns.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Word `word` of every block.
    #[inline(always)]
    pub(crate) fn plane(&self, word: usize) -> &'a [Lanes] {
        &self.lanes[word * self.stride..][..self.blocks]
    }
}
