//! Tier `scalar`: one `u64` at a time. The yardstick that every other tier is held to; no `unsafe`.

use crate::panel::QueryPanel;
use crate::scan::{self, Slab};
use crate::simd::Simd;
use crate::tier::{Kernel, TierInfo};
use crate::{LANES, Lanes};

pub(crate) const INFO: TierInfo = TierInfo {
    name: "scalar",
    description: "u64::count_ones, one word at a time",
    needs: "nothing",
    probe: || Some(&Scalar),
};

#[derive(Clone, Copy, Debug)]
struct Scalar;

impl Kernel for Scalar {
    fn distances(&self, slab: Slab<'_>, queries: &QueryPanel, out: &mut [u32]) {
        scan::distances(*self, slab, queries, out);
    }
}

impl Simd for Scalar {
    type Word = [u64; LANES];
    type Count = [u32; LANES];

    const WORDS_PER_FOLD: usize = usize::MAX;

    #[inline(always)]
    fn load(self, lanes: &Lanes) -> Self::Word {
        lanes.0
    }

    #[inline(always)]
    fn splat(self, word: u64) -> Self::Word {
        [word; LANES]
    }

    #[inline(always)]
    fn xor(self, a: Self::Word, b: Self::Word) -> Self::Word {
        std::array::from_fn(|lane| a[lane] ^ b[lane])
    }

    #[inline(always)]
    fn and(self, a: Self::Word, b: Self::Word) -> Self::Word {
        std::array::from_fn(|lane| a[lane] & b[lane])
    }

    #[inline(always)]
    fn none(self) -> Self::Count {
        [0; LANES]
    }

    #[inline(always)]
    fn count(self, count: Self::Count, word: Self::Word) -> Self::Count {
        std::array::from_fn(|lane| count[lane] + word[lane].count_ones())
    }

    #[inline(always)]
    fn fold(self, count: Self::Count, sums: &mut [u32; LANES]) {
        for (sum, count) in sums.iter_mut().zip(count) {
            *sum += count;
        }
    }
}
