//! A sample of the keys, by which scans are planned and bounds are found that surely hold.

use crate::patterns::segments::Side;
use crate::scan::scope::Scope;
use crate::{Patterns, Result};

/// Keys in the sample at the most.
const SAMPLE: usize = 256;

/// Keys spread evenly over all of a memory, side by side: to read them where they lie costs as much as a scan of a
/// hundred times as many.
pub(crate) fn sample(keys: &Side) -> Result<Patterns> {
    let size = size(keys.len());
    keys.select(size, spread(size, keys.len()))
}

/// Keys spread evenly over a scope.
pub(crate) fn sample_within(keys: &Side, scope: &Scope) -> Result<Patterns> {
    let size = size(scope.len());
    keys.select(size, scope.spread(size))
}

fn size(keys: usize) -> usize {
    (keys / 256).clamp(64, SAMPLE).min(keys)
}

/// `count` places evenly among `of`.
pub(crate) fn spread(count: usize, of: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |i| i * of / count)
}
