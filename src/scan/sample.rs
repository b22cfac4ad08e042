//! A sample of the keys, by which scans are planned and bounds are found that surely hold.

use crate::{Patterns, Result};

/// Keys in the sample at the most.
const SAMPLE: usize = 256;

/// Keys spread evenly over all of a memory, side by side: to read them where they lie costs as much as a scan of a
/// hundred times as many.
pub(crate) fn sample(keys: &Patterns) -> Result<Patterns> {
    let size = (keys.len() / 256).clamp(64, SAMPLE).min(keys.len());
    let mut sample = Patterns::filled(size, keys.dim(), false)?;
    for (to, from) in spread(size, keys.len()).enumerate() {
        sample.put(to, (0..keys.words()).map(|w| keys.word(from, w)));
    }
    Ok(sample)
}

/// `count` places evenly among `of`.
pub(crate) fn spread(count: usize, of: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |i| i * of / count)
}
