//! One pass over the keys that reads each no further than it must.

use std::ops::Range;

use popfield_kernels::{Near, QueryPanel, Screen};
use rayon::prelude::*;

use crate::Result;
use crate::scan::keys::Scan;
use crate::scan::watch::Watch;

/// One scan of all keys. Returns what the watchers became, and how many words were read for them together.
pub(crate) fn pass<W: Watch>(
    scan: Scan<'_>,
    panel: &QueryPanel,
    screen: Screen,
    limits: &[u32],
    watcher: impl Fn(usize) -> W + Sync,
) -> Result<(Vec<W>, u64)> {
    let start = || -> Vec<W> { (0..panel.queries()).map(&watcher).collect() };
    let of_piece = |piece: Range<usize>| -> Result<(Vec<W>, u64)> {
        let mut watchers = start();
        let mut bounds: Vec<u32> = limits.iter().zip(&watchers).map(|(&limit, w)| limit.min(w.wants())).collect();
        let mut found: Vec<Near> = Vec::new();
        let mut words_read = 0;
        for (run, whole) in scan.runs(piece, usize::MAX) {
            scan.steps().check()?;
            words_read += scan.tier().near(run.slab()?, panel, screen, &bounds, &mut found)?;
            for near in found.drain(..) {
                let (place, query) = (near.pattern as usize, near.query as usize);
                // The bound may have shrunk since; the last block may have lanes without a key, and others may hold keys
                // that are out of scope.
                if near.distance < bounds[query] && place < run.present && (whole || scan.holds(run.first + place)) {
                    watchers[query].meet(run.first + place, near.distance);
                    bounds[query] = limits[query].min(watchers[query].wants());
                }
            }
        }
        Ok((watchers, words_read))
    };
    let pieces = scan.pieces();
    if let [whole] = &pieces[..] {
        return of_piece(whole.clone());
    }
    let merged = pieces.into_par_iter().map(of_piece).try_reduce_with(|(mut a, read), (b, more)| {
        a.iter_mut().zip(b).for_each(|(a, b)| a.merge(b));
        Ok((a, read + more))
    });
    merged.unwrap_or_else(|| Ok((start(), 0)))
}
