//! A tier in use: every operation, with the shapes of its slices checked before the kernel sees them.

use std::time::Instant;

use crate::error::KernelError;
use crate::info::TierInfo;
use crate::kernel::Kernel;
use crate::panel::QueryPanel;
use crate::peak::BITS_PER_ROUND;
use crate::rows::Rows;
use crate::scan::{Near, Screen};
use crate::selected::COLUMN_BITS;
use crate::slab::Slab;
use crate::weigh::POSITIONS;
use crate::weights::{WeightTable, Weights};

/// A tier that this CPU was proven to support.
#[derive(Clone, Copy)]
pub struct Tier {
    info: &'static TierInfo,
    kernel: &'static dyn Kernel,
}

impl std::fmt::Debug for Tier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tier").field(&self.info.name).finish()
    }
}

impl TierInfo {
    /// The tier, ready to run, or `None` if this CPU lacks what it [`needs`](Self::needs).
    #[must_use]
    pub fn tier(&'static self) -> Option<Tier> {
        (self.probe)().map(|kernel| Tier { info: self, kernel })
    }
}

impl Tier {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info.name
    }

    /// Its public face.
    #[must_use]
    pub fn info(self) -> &'static TierInfo {
        self.info
    }

    /// Hamming distances of every query to every pattern of the slab, over the queries' known positions:
    /// `out[q · slab.patterns() + p]`. Unused tail lanes of the last block get a distance too; it means nothing.
    ///
    /// # Errors
    /// [`KernelError::Length`] if query and pattern differ in words, or `out` is not queries × patterns long.
    pub fn distances(self, slab: Slab<'_>, queries: &QueryPanel, out: &mut [u32]) -> Result<(), KernelError> {
        expect("words of a query", slab.words(), queries.words())?;
        expect("distances", queries.queries() * slab.patterns(), out.len())?;
        self.kernel.distances(slab, queries, out);
        Ok(())
    }

    /// The Hamming distance of query `query` to pattern `pattern` of the slab, over the query's known positions, where that
    /// is below `limit`; else a number from `limit` to the distance. A pattern of an unused tail lane has a distance too;
    /// it means nothing.
    ///
    /// Cost: some nanoseconds, and on AVX-512 four instructions a word as far as is read.
    ///
    /// # Errors
    /// [`KernelError::Length`] if query and pattern differ in words, or there is no such query or pattern.
    pub fn distance(
        self,
        slab: Slab<'_>,
        pattern: usize,
        queries: &QueryPanel,
        query: usize,
        limit: u32,
    ) -> Result<u32, KernelError> {
        expect("words of a query", slab.words(), queries.words())?;
        for (what, there, asked) in [("patterns", slab.patterns(), pattern), ("queries", queries.queries(), query)] {
            if asked >= there {
                return Err(KernelError::Length { what, expected: asked + 1, found: there });
            }
        }
        Ok(self.kernel.distance(slab, pattern, queries.signs(query), queries.known(query), limit))
    }

    /// Fills in the rows of a matrix: the distances of every query to the leading patterns of the slab over the query's
    /// known positions, or overlaps. Rows may be shorter than the slab, as where its last lanes hold no patterns.
    ///
    /// Cost: queries × patterns × words, three vector instructions for eight patterns where there is a vector popcount.
    ///
    /// # Errors
    /// [`KernelError::Length`] if query and pattern differ in words, or there is not one row a query, or rows are not as
    /// long as each other or are longer than the slab has patterns.
    pub fn matrix(self, slab: Slab<'_>, queries: &QueryPanel, rows: Rows<'_, '_>) -> Result<(), KernelError> {
        expect("words of a query", slab.words(), queries.words())?;
        match &rows {
            Rows::Overlaps { known, rows } => {
                expect("counts of known positions", queries.queries(), known.len())?;
                expect_rows(slab, queries, rows)?;
            }
            Rows::Distances(rows) => expect_rows(slab, queries, rows)?,
            Rows::ShortDistances(rows) => expect_rows(slab, queries, rows)?,
        }
        self.kernel.matrix(slab, queries, rows);
        Ok(())
    }

    /// Finds every pattern of the slab whose distance to query q, over its known positions, is below `bounds[q]`, and
    /// adds it to `found`; a query's patterns in ascending order. Unused tail lanes are found too, as the zero patterns
    /// that they are. What is found does not depend on `screen`, which says what to look at first.
    ///
    /// Returns how many words of patterns were looked at, once for each query that did. That is, for each query, the
    /// words of the screen of every pattern, and further words of blocks: 2, 4, 8, 16, and then 31 words of all eight
    /// patterns at a time, as long as the words so far leave one of the eight below the bound. So the number is that of
    /// the patterns, the queries, the bounds and the screen's words, joined or not, and the same on every tier.
    ///
    /// Cost: [`Screen::instructions`] vector instructions for each query and block, and for each pattern that passes
    /// the screen some tens of nanoseconds.
    ///
    /// # Errors
    /// [`KernelError::Length`] if query and pattern differ in words, or there is not one bound a query.
    pub fn near(
        self,
        slab: Slab<'_>,
        queries: &QueryPanel,
        screen: Screen,
        bounds: &[u32],
        found: &mut Vec<Near>,
    ) -> Result<u64, KernelError> {
        expect("words of a query", slab.words(), queries.words())?;
        expect("bounds", queries.queries(), bounds.len())?;
        Ok(self.kernel.near(slab, queries, screen, bounds, found))
    }

    /// Looks up the weights of the slab's first `present` patterns, the others having none: pattern p counts
    /// `tables[q].weight(distance)` for query q. They replace what stands in `made`.
    ///
    /// Cost: that of [`distances`](Self::distances), and a vector instruction or two for each pattern and query.
    ///
    /// # Errors
    /// [`KernelError::Length`] if query and pattern differ in words, there is not one table a query, or more patterns
    /// are present than the slab has.
    pub fn weights(
        self,
        keys: Slab<'_>,
        present: usize,
        queries: &QueryPanel,
        tables: &[&WeightTable],
        made: &mut Weights,
    ) -> Result<(), KernelError> {
        expect("words of a query", keys.words(), queries.words())?;
        expect("tables", queries.queries(), tables.len())?;
        if present > keys.patterns() {
            return Err(KernelError::Length { what: "present, at most", expected: keys.patterns(), found: present });
        }
        made.start(self.info.name, queries.queries(), keys.patterns());
        self.kernel.weights(keys, present, queries, tables, made);
        Ok(())
    }

    /// Adds up weights that this tier made: `sums[q · 64 · words + j]` grows by the weights of the patterns whose
    /// position j is plus, heavy ones left out. The patterns are those of the keys, which need not be as long.
    ///
    /// Cost: on AVX-512, for two queries or more, 2.5 vector instructions a pattern, word and query, and one a pattern
    /// and query; with AMX and many queries a third of the time or so.
    ///
    /// # Errors
    /// [`KernelError::Length`] unless there are as many patterns as weights, and a row of sums for each query;
    /// [`KernelError::OtherTier`] if another tier made the weights.
    pub fn weigh(self, values: Slab<'_>, weights: &Weights, sums: &mut [i64]) -> Result<(), KernelError> {
        if weights.tier != self.info.name && weights.queries > 0 {
            return Err(KernelError::OtherTier { expected: self.info.name, found: weights.tier });
        }
        expect("patterns", weights.patterns, values.patterns())?;
        expect("sums", weights.queries * values.words() * POSITIONS, sums.len())?;
        self.kernel.weigh(values, weights, sums);
        Ok(())
    }

    /// The positions whose sums exceed `limit`, as set bits: `masks` has one word for 64 sums.
    ///
    /// # Errors
    /// [`KernelError::Length`] if it has not.
    pub fn above(self, sums: &[i64], limit: i64, masks: &mut [u64]) -> Result<(), KernelError> {
        expect("sums", masks.len() * POSITIONS, sums.len())?;
        self.kernel.above(sums, limit, masks);
        Ok(())
    }

    /// The sum of the numbers, one a pattern, that the set bits of `column` select: bit b of word w number 64w + b. None
    /// may be larger than [`MAX_SELECTED`](crate::MAX_SELECTED), or the sum may be another.
    ///
    /// Cost: on AVX-512 a vector instruction for sixteen numbers.
    ///
    /// # Errors
    /// [`KernelError::Length`] unless there are 64 numbers for a word of the column.
    pub fn sum_selected(self, numbers: &[i32], column: &[u64]) -> Result<i64, KernelError> {
        expect("numbers", column.len() * COLUMN_BITS, numbers.len())?;
        Ok(self.kernel.sum_selected(numbers, column))
    }

    /// As [`sum_selected`](Self::sum_selected), of any `f64`. All tiers add them up in the same order, and no number is
    /// part of more than ⌈n/16⌉ + 9 additions.
    ///
    /// # Errors
    /// As [`sum_selected`](Self::sum_selected).
    pub fn sum_selected_f64(self, numbers: &[f64], column: &[u64]) -> Result<f64, KernelError> {
        expect("numbers", column.len() * COLUMN_BITS, numbers.len())?;
        Ok(self.kernel.sum_selected_f64(numbers, column))
    }

    /// Adds `change` to the numbers that `column` selects, and takes it from the others; beyond 32 bits both wrap.
    ///
    /// Cost: on AVX-512 two vector instructions for sixteen numbers, a load and a store.
    ///
    /// # Errors
    /// As [`sum_selected`](Self::sum_selected).
    pub fn shift_selected(self, numbers: &mut [i32], column: &[u64], change: i32) -> Result<(), KernelError> {
        expect("numbers", column.len() * COLUMN_BITS, numbers.len())?;
        self.kernel.shift_selected(numbers, column, change);
        Ok(())
    }

    /// How many bits a second one thread compares with xor, popcount and add if they stand in registers: what no scan
    /// that counts every word can exceed. Takes about `milliseconds`.
    #[must_use]
    pub fn peak_bits_per_second(self, milliseconds: u64) -> f64 {
        const ROUNDS: u32 = 1000;
        let start = Instant::now();
        let mut best = f64::MAX;
        // The fastest of many short runs: what else the machine does is not the instructions' fault.
        while start.elapsed().as_millis() < u128::from(milliseconds) || best == f64::MAX {
            let lap = Instant::now();
            std::hint::black_box(self.kernel.peak(std::hint::black_box(ROUNDS)));
            best = best.min(lap.elapsed().as_secs_f64().max(1e-9));
        }
        (BITS_PER_ROUND * u64::from(ROUNDS)) as f64 / best
    }
}

fn expect(what: &'static str, expected: usize, found: usize) -> Result<(), KernelError> {
    if expected == found { Ok(()) } else { Err(KernelError::Length { what, expected, found }) }
}

/// Rows of a matrix: one a query, all as long, and no longer than there are patterns.
fn expect_rows<T>(slab: Slab<'_>, queries: &QueryPanel, rows: &[&mut [T]]) -> Result<(), KernelError> {
    expect("rows", queries.queries(), rows.len())?;
    let width = rows.first().map_or(0, |row| row.len());
    if width > slab.patterns() {
        return Err(KernelError::Length { what: "a row, at most", expected: slab.patterns(), found: width });
    }
    rows.iter().try_for_each(|row| expect("a row", width, row.len()))
}
