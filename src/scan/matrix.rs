//! Matrices of distances or overlaps: of queries with all keys, and of all keys with one another.
//!
//! The keys are cut into *parts*, runs small enough to stay in the cache while some tens of queries pass by, and the
//! matrix into cells, the rows of a tile of queries within the columns of a part. Threads fill in cells, each its own,
//! and kernels write entries where they stay.

use popfield_kernels::{QueryPanel, Rows};
use rayon::prelude::*;

use crate::error::room_for;
use crate::patterns::segments::Run;
use crate::scan::keys::Scan;
use crate::scan::tiles::TILE;
use crate::{Error, Queries, Result};

/// Bytes of keys in a part: well within an L2 cache.
const PART_BYTES: usize = 64 << 10;

/// Keys of a part at the most, where queries pass by.
const PART_KEYS: usize = 2048;

/// Words of keys up to which counting a pair a second time takes no longer than to mirror what was counted.
const COUNTED_TWICE: usize = 16;

/// Keys of a part at the most, where cells are mirrored: one of so many rows and columns is in the L2 cache then.
const MIRRORED_KEYS: usize = 256;

/// Bytes of a cache line.
const LINE: usize = 64;

/// Rows and columns that are mirrored together.
const CORNER: usize = 8;

/// What a matrix holds: overlaps as `i32`, distances as `u32` or `u16`.
pub trait Entry: Copy + Default + Send + Sync {
    /// The largest dimension whose entries fit.
    const MOST: usize;
    /// What the kernels fill in, `known` being the known positions of each query.
    #[doc(hidden)]
    fn rows<'a, 'b>(known: &'a [u32], rows: &'a mut [&'b mut [Self]]) -> Rows<'a, 'b>;
}

impl Entry for i32 {
    const MOST: usize = i32::MAX as usize;

    fn rows<'a, 'b>(known: &'a [u32], rows: &'a mut [&'b mut [Self]]) -> Rows<'a, 'b> {
        Rows::Overlaps { known, rows }
    }
}

impl Entry for u32 {
    const MOST: usize = Self::MAX as usize;

    fn rows<'a, 'b>(_: &'a [u32], rows: &'a mut [&'b mut [Self]]) -> Rows<'a, 'b> {
        Rows::Distances(rows)
    }
}

impl Entry for u16 {
    const MOST: usize = Self::MAX as usize;

    fn rows<'a, 'b>(_: &'a [u32], rows: &'a mut [&'b mut [Self]]) -> Rows<'a, 'b> {
        Rows::ShortDistances(rows)
    }
}

/// A type that holds distances: `u32`, or `u16` up to a dimension of 65,535.
pub trait Distance: Entry {}

impl Distance for u32 {}

impl Distance for u16 {}

/// A run of keys, and the columns of those that may answer.
#[derive(Debug)]
struct Part<'a> {
    run: Run<'a>,
    /// Whether all of its keys may answer.
    whole: bool,
    /// Keys that may.
    columns: usize,
}

/// Queries that pass by together.
#[derive(Debug)]
struct Tile {
    panel: QueryPanel,
    /// The known positions of each.
    known: Vec<u32>,
}

/// A tile's rows within the columns of a part.
type Cell<'a, T> = Vec<&'a mut [T]>;

/// Fills in `out`, (queries, keys that may answer), row by row.
///
/// Cost: queries × n × ⌈d/64⌉ word operations, one read of the keys for each 64 queries. Beside `out` there are 16 bytes
/// for each of these queries and 2,048 keys; where some keys of a part may not answer, its cells are made aside.
///
/// # Errors
/// [`Error::Dimension`]; [`Error::Count`] unless `out` is as long; [`Error::Parameter`] if the type does not hold the
/// keys' dimension; [`Error::OutOfMemory`]; [`Error::Interrupted`].
pub(crate) fn with_queries<T: Entry>(scan: Scan<'_>, queries: &Queries, out: &mut [T]) -> Result<()> {
    scan.check(queries)?;
    check::<T>(scan, queries.len(), out)?;
    let parts = parts(scan, PART_KEYS)?;
    // Tiles of queries side by side where there are few parts.
    let band = TILE * (8 * rayon::current_num_threads()).div_ceil(parts.len().max(1));
    for (b, out) in out.chunks_mut(band * scan.len()).enumerate() {
        let tile = |t: usize| b * band + t * TILE..queries.len().min(b * band + (t + 1) * TILE);
        let rows = out.len() / scan.len();
        let tiles: Vec<Tile> = (0..rows.div_ceil(TILE))
            .map(|t| {
                let known = tile(t).map(|q| queries.known_count(q) as u32).collect();
                Ok(Tile { panel: queries.panel(tile(t))?, known })
            })
            .collect::<Result<_>>()?;
        let mut work = room_for(tiles.len() * parts.len(), "cells of a matrix")?;
        for (tile, out) in tiles.iter().zip(out.chunks_mut(TILE * scan.len())) {
            let cells = cells(&parts, out, scan.len())?;
            work.extend(parts.iter().zip(cells).map(|(part, cell)| (tile, part, cell)));
        }
        work.into_par_iter().try_for_each(|(tile, part, mut cell)| fill(scan, part, tile, &mut cell))?;
        scan.steps().advance(rows as u64)?;
    }
    Ok(())
}

/// Fills in `out`, (keys, keys) of those that may answer, row by row.
///
/// Cost: n² × ⌈d/64⌉ word operations, or half of that where keys are longer than 16 words: each pair is then counted
/// once, but for those within 256 keys that stand together, and entered twice. Beside `out` there are 32 bytes a key.
///
/// # Errors
/// As [`with_queries`].
pub(crate) fn mutual<T: Entry>(scan: Scan<'_>, out: &mut [T]) -> Result<()> {
    check::<T>(scan, scan.len(), out)?;
    let is_mirrored = scan.side().words() > COUNTED_TWICE;
    let parts = parts(scan, if is_mirrored { MIRRORED_KEYS } else { PART_KEYS })?;
    let (mut rest, mut before) = (out, 0);
    for (p, part) in parts.iter().enumerate() {
        let (own, below) = rest.split_at_mut(part.columns * scan.len());
        let tile = tile_of(scan, part)?;
        // All columns; or those from the diagonal on, and what mirrors them in the rows below.
        let (parts, from) = if is_mirrored { (&parts[p..], before) } else { (&parts[..], 0) };
        let mut own_rows: Vec<&mut [T]> = room_for(part.columns, "rows of a matrix")?;
        own_rows.extend(own.chunks_mut(scan.len()).map(|row| &mut row[from..]));
        let cells = cells_of(parts, own_rows)?;
        let mut mirrored = below.chunks_mut(scan.len()).map(|row| &mut row[before..before + part.columns]);
        let mut work = room_for(parts.len(), "cells of a matrix")?;
        for (at, (part, cell)) in parts.iter().zip(cells).enumerate() {
            let rows = if is_mirrored && at > 0 { part.columns } else { 0 };
            let mut mirror: Cell<'_, T> = room_for(rows, "cells of a matrix")?;
            mirror.extend(mirrored.by_ref().take(rows));
            work.push((part, cell, mirror));
        }
        work.into_par_iter().try_for_each_init(Vec::new, |aside, (part, mut cell, mut mirror)| -> Result<()> {
            if mirror.is_empty() {
                return fill(scan, part, &tile, &mut cell);
            }
            // Aside, in one place: rows of the matrix may lie so far apart that they drive one another out of the cache.
            // So might rows a power of two apart here, which therefore have a line between them.
            let stride = part.columns + LINE / size_of::<T>();
            aside.resize(cell.len() * stride, T::default());
            let mut rows: Vec<&mut [T]> = aside.chunks_mut(stride).map(|row| &mut row[..part.columns]).collect();
            fill(scan, part, &tile, &mut rows)?;
            for (row, out) in rows.iter().zip(&mut cell) {
                out.copy_from_slice(row);
            }
            transpose(aside, stride, &mut mirror);
            Ok(())
        })?;
        scan.steps().advance(part.columns as u64)?;
        before += part.columns;
        rest = below;
    }
    Ok(())
}

/// Refuses a matrix that is not of the right length or type.
fn check<T: Entry>(scan: Scan<'_>, rows: usize, out: &[T]) -> Result<()> {
    if scan.dim() > T::MOST {
        let expected = format!("at most {} where entries have {} bits", T::MOST, 8 * size_of::<T>());
        return Err(Error::Parameter { what: "dimension", expected, found: scan.dim().to_string() });
    }
    let expected = (rows as u64).saturating_mul(scan.len() as u64);
    if out.len() as u64 != expected {
        let what = "entries of a matrix, one for each row and key";
        return Err(Error::Count { what, expected, found: out.len() as u64 });
    }
    Ok(())
}

/// The keys that may answer, in parts of at most `most`.
fn parts(scan: Scan<'_>, most: usize) -> Result<Vec<Part<'_>>> {
    let keys = scan.side();
    let blocks = (PART_BYTES / (keys.words() * 64)).clamp(1, most / 8);
    let runs = scan.runs(0..keys.blocks(), blocks);
    Ok(runs
        .map(|(run, whole)| {
            let all = run.first..run.first + run.present;
            let columns = if whole { run.present } else { all.filter(|&place| scan.holds(place)).count() };
            Part { run, whole, columns }
        })
        .collect())
}

/// The keys of a part that may answer, as queries.
fn tile_of(scan: Scan<'_>, part: &Part<'_>) -> Result<Tile> {
    let words = scan.side().words();
    let mut signs = room_for(part.columns * words, "keys as queries")?;
    for place in (0..part.run.present).filter(|&place| scan.holds(part.run.first + place)) {
        signs.extend((0..words).map(|w| part.run.word(place, w)));
    }
    Ok(Tile { panel: QueryPanel::new(signs, None, words)?, known: vec![scan.dim() as u32; part.columns] })
}

/// Rows of `width` entries cut into the cells of `parts`.
fn cells<'a, T>(parts: &[Part<'_>], rows: &'a mut [T], width: usize) -> Result<Vec<Cell<'a, T>>> {
    let mut all: Vec<&mut [T]> = room_for(rows.len() / width, "rows of a matrix")?;
    all.extend(rows.chunks_mut(width));
    cells_of(parts, all)
}

/// Rows cut into the cells of `parts`.
fn cells_of<'a, T>(parts: &[Part<'_>], mut rows: Vec<&'a mut [T]>) -> Result<Vec<Cell<'a, T>>> {
    let mut cells = room_for(parts.len(), "cells of a matrix")?;
    for part in parts {
        let mut cell: Cell<'a, T> = room_for(rows.len(), "cells of a matrix")?;
        for row in &mut rows {
            let (own, others) = std::mem::take(row).split_at_mut(part.columns);
            cell.push(own);
            *row = others;
        }
        cells.push(cell);
    }
    Ok(cells)
}

/// Fills in the rows of `tile` within the columns of `part`.
fn fill<T: Entry>(scan: Scan<'_>, part: &Part<'_>, tile: &Tile, cell: &mut [&mut [T]]) -> Result<()> {
    scan.steps().check()?;
    let slab = part.run.slab()?;
    if part.whole {
        scan.tier().matrix(slab, &tile.panel, T::rows(&tile.known, cell))?;
        return Ok(());
    }
    let mut all = vec![T::default(); cell.len() * part.run.present];
    let mut rows: Vec<&mut [T]> = all.chunks_mut(part.run.present).collect();
    scan.tier().matrix(slab, &tile.panel, T::rows(&tile.known, &mut rows))?;
    for (row, out) in rows.into_iter().zip(cell) {
        let held = (part.run.first..).zip(row).filter(|(place, _)| scan.holds(*place));
        for (out, (_, entry)) in out.iter_mut().zip(held) {
            *out = *entry;
        }
    }
    Ok(())
}

/// Column i of `cell`, whose rows are `stride` apart, becomes row i of `mirror`.
fn transpose<T: Copy + Default>(cell: &[T], stride: usize, mirror: &mut [&mut [T]]) {
    for (c, columns) in mirror.chunks_mut(CORNER).enumerate() {
        for (r, rows) in cell.chunks(CORNER * stride).enumerate() {
            let (r, c) = (r * CORNER, c * CORNER);
            // Corners whose size is known become a few instructions.
            if rows.len() == CORNER * stride && columns.len() == CORNER {
                let mut corner = [[T::default(); CORNER]; CORNER];
                for (row, entries) in rows.chunks_exact(stride).zip(&mut corner) {
                    entries.copy_from_slice(&row[c..c + CORNER]);
                }
                for (at, column) in columns.iter_mut().enumerate() {
                    let entries: [T; CORNER] = std::array::from_fn(|row| corner[row][at]);
                    column[r..r + CORNER].copy_from_slice(&entries);
                }
                continue;
            }
            for (at, column) in columns.iter_mut().enumerate() {
                for (row, entry) in rows.chunks_exact(stride).zip(&mut column[r..]) {
                    *entry = row[c + at];
                }
            }
        }
    }
}
