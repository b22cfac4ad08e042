//! A sample of the keys, by which scans are planned and bounds are found that surely hold.

use crate::patterns::bits::Bits;
use crate::patterns::segments::Side;
use crate::{Patterns, Result};

/// Keys in the sample at the most.
const SAMPLE: usize = 256;

/// Keys spread evenly over all of a memory, side by side: to read them where they lie costs as much as a scan of a
/// hundred times as many.
pub(crate) fn sample(keys: &Side) -> Result<Patterns> {
    let size = size(keys.len());
    keys.select(size, spread(size, keys.len()))
}

/// Keys spread evenly over those that are `present`.
pub(crate) fn sample_within(keys: &Side, present: &Bits) -> Result<Patterns> {
    let size = size(present.len());
    keys.select(size, present.spread(size))
}

fn size(keys: usize) -> usize {
    (keys / 256).clamp(64, SAMPLE).min(keys)
}

/// `count` places evenly among `of`.
pub(crate) fn spread(count: usize, of: usize) -> impl Iterator<Item = usize> + Clone {
    (0..count).map(move |i| i * of / count)
}
