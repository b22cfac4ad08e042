//! Tier `scalar`: one `u64` at a time. The yardstick that every other tier is held to; no `unsafe`.

use crate::info::TierInfo;
use crate::lanes::{LANES, Lanes};
use crate::near;
use crate::scan::Scan;
use crate::simd::{Simd, Task};

pub(crate) const INFO: TierInfo = TierInfo {
    name: "scalar",
    description: "u64::count_ones, one word at a time",
    needs: "nothing",
    probe: || Some(&Scalar),
};

#[derive(Clone, Copy, Debug)]
struct Scalar;

impl Simd for Scalar {
    type Word = [u64; LANES];
    type Count = [u32; LANES];
    type Sum = [u32; LANES];
    /// The sign bit of a lane is set where a sum was below the bound.
    type Alarm = [u32; LANES];

    const REGISTERS: usize = 16;

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
    fn or(self, a: Self::Word, b: Self::Word) -> Self::Word {
        std::array::from_fn(|lane| a[lane] | b[lane])
    }

    #[inline(always)]
    fn total(self, count: Self::Count) -> Self::Sum {
        count
    }

    #[inline(always)]
    fn add(self, a: Self::Sum, b: Self::Sum) -> Self::Sum {
        std::array::from_fn(|lane| a[lane] + b[lane])
    }

    #[inline(always)]
    fn lanes(self, sum: Self::Sum) -> [u32; LANES] {
        sum
    }

    #[inline(always)]
    fn quiet(self) -> Self::Alarm {
        [0; LANES]
    }

    #[inline(always)]
    fn watch(self, alarm: Self::Alarm, sum: Self::Sum, bound: u32) -> Self::Alarm {
        // A bound of 2³¹ or more lets every sum ring, as it should.
        let bound = bound.min(1 << 31);
        std::array::from_fn(|lane| alarm[lane] | sum[lane].wrapping_sub(bound))
    }

    #[inline(always)]
    fn rings(self, alarm: Self::Alarm, _: u32) -> bool {
        alarm.iter().fold(0, |all, lane| all | lane) >> 31 == 1
    }

    #[cold]
    #[inline(never)]
    fn read_on(self, scan: &mut Scan<'_>, query: usize, start: usize, end: usize) {
        near::read_on(self, scan, query, start, end);
    }

    #[inline(always)]
    fn compiled<T: Task>(self, task: T) -> T::Output {
        task.run(self)
    }
}
