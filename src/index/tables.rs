//! Tables: for each value of a chunk, the keys that have it.
//!
//! A table is two arrays: where the bucket of each value begins, and the places of the keys, bucket after bucket, each
//! ascending. All tables lie in one array of 32-bit numbers, as they do in a file.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use popfield_kernels::{LANES, prefetch};
use rayon::prelude::*;

use crate::error::room_for;
use crate::index::chunks::{BITS, Chunks, May};
use crate::patterns::segments::Side;
use crate::progress::Steps;
use crate::{Error, Result};

/// Some numbers that lie together: in memory, or in a file that is mapped.
pub(crate) trait Halves: fmt::Debug + Send + Sync {
    fn halves(&self) -> &[u32];
}

impl Halves for Vec<u32> {
    fn halves(&self) -> &[u32] {
        self
    }
}

/// Tables over the keys at the first places.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    pub(crate) chunks: Chunks,
    /// The keys that they hold: those at the places below this.
    covered: usize,
    /// The keys that they were made of.
    made_of: usize,
    numbers: Arc<dyn Halves>,
}

/// The most tables that are made unless more are asked for: each takes four bytes a key and more.
const MOST_TABLES: usize = 64;

/// How tables are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexOptions {
    /// How many there are; as many as there are chunks, but no more than 64, unless told.
    pub tables: Option<usize>,
    /// Bits of a chunk, 4 to 30; near log₂ n unless told, and more where keys have much in common.
    pub chunk: Option<u32>,
    /// Bytes that they take at the most; as many as they need unless told.
    pub budget: Option<u64>,
}

impl IndexOptions {
    /// (tables, bits of a chunk) for `keys` keys of dimension `dim`; where keys have much in common there may be fewer
    /// tables, and longer chunks.
    ///
    /// # Errors
    /// [`Error::Parameter`] for what keys of this dimension do not have.
    pub(crate) fn resolve(self, keys: usize, dim: usize) -> Result<(usize, u32)> {
        let refuse = |what, expected: String, found: String| Err(Error::Parameter { what, expected, found });
        check_count(keys)?;
        let most = (dim as u32).min(*BITS.end());
        if most < *BITS.start() {
            return refuse("dimension of indexed keys", format!("at least {}", BITS.start()), dim.to_string());
        }
        let near = (keys.max(2) as f64).log2().round() as u32;
        let bits = self.chunk.unwrap_or(near.clamp(*BITS.start(), most));
        if !(*BITS.start()..=most).contains(&bits) {
            return refuse("bits of a chunk", format!("{} to {most}", BITS.start()), bits.to_string());
        }
        let chunks = dim / bits as usize;
        let mut tables = self.tables.unwrap_or(chunks.min(MOST_TABLES));
        if !(1..=chunks).contains(&tables) {
            let expected = format!("1 to {chunks}, as dimension {dim} has chunks of {bits} bits");
            return refuse("tables of an index", expected, tables.to_string());
        }
        if let Some(budget) = self.budget {
            let each = bytes_of(1, bits, keys);
            tables = tables.min(usize::try_from(budget / each).unwrap_or(usize::MAX));
            if tables == 0 {
                return refuse(
                    "budget of an index",
                    format!("at least {each} bytes, for one table"),
                    budget.to_string(),
                );
            }
        }
        Ok((tables, bits))
    }
}

/// Refuses more keys than places can be written of.
fn check_count(keys: usize) -> Result<()> {
    if u32::try_from(keys).is_err() {
        let (expected, found) = (format!("at most {}", u32::MAX), keys.to_string());
        return Err(Error::Parameter { what: "keys of an index", expected, found });
    }
    Ok(())
}

/// Bytes of `tables` tables with chunks of `bits` bits over `keys` keys.
pub(crate) fn bytes_of(tables: usize, bits: u32, keys: usize) -> u64 {
    4 * tables as u64 * numbers_of_table(bits, keys) as u64
}

/// Numbers of a table: where each bucket begins and the last ends, and the places.
fn numbers_of_table(bits: u32, keys: usize) -> usize {
    (1 << bits) + 1 + keys
}

impl Tables {
    /// Tables of all keys of `side`. `steps` are told of tables.
    ///
    /// # Errors
    /// Those of [`IndexOptions::resolve`]; [`Error::OutOfMemory`]; [`Error::Interrupted`].
    pub(crate) fn build(side: &Side, options: IndexOptions, steps: &Steps<'_>) -> Result<Self> {
        let (tables, bits) = options.resolve(side.len(), side.dim())?;
        let fold = options.chunk.is_none();
        let chunks = Chunks::choose(side, tables, bits, May { lengthen: fold && options.budget.is_none(), fold })?;
        let Some(chunks) = chunks else { return Err(Error::Empty { what: "chunks of an index" }) };
        Self::of_chunks(side, chunks, steps)
    }

    /// Tables of all keys of `side` by these chunks. `steps` are told of tables.
    ///
    /// # Errors
    /// [`Error::Parameter`] for more keys than can be numbered; [`Error::OutOfMemory`]; [`Error::Interrupted`].
    pub(crate) fn of_chunks(side: &Side, chunks: Chunks, steps: &Steps<'_>) -> Result<Self> {
        check_count(side.len())?;
        let each = numbers_of_table(chunks.bits(), side.len());
        let mut numbers: Vec<u32> = room_for(each * chunks.len(), "an index")?;
        numbers.resize(each * chunks.len(), 0);
        // Side by side, as each needs no more room than it has.
        numbers.par_chunks_exact_mut(each).enumerate().try_for_each(|(table, numbers)| {
            fill(side, &chunks, table, numbers, steps)?;
            steps.advance(1)
        })?;
        Ok(Self { chunks, covered: side.len(), made_of: side.len(), numbers: Arc::new(numbers) })
    }

    /// Tables that were made before, of `made_of` keys; `None` unless `numbers` are as many as they take.
    #[cfg(feature = "store")]
    pub(crate) fn of_numbers(chunks: Chunks, made_of: usize, numbers: Arc<dyn Halves>) -> Option<Self> {
        let expected = numbers_of_table(chunks.bits(), made_of).checked_mul(chunks.len())?;
        (numbers.halves().len() == expected).then_some(Self { chunks, covered: made_of, made_of, numbers })
    }

    /// These tables for memories in which only the keys below place `covered` are those that they were made of.
    pub(crate) fn cut(self, covered: usize) -> Self {
        Self { covered: covered.min(self.covered), ..self }
    }

    /// The keys at the places below this are in the tables.
    pub(crate) fn covered(&self) -> usize {
        self.covered
    }

    pub(crate) fn made_of(&self) -> usize {
        self.made_of
    }

    pub(crate) fn numbers(&self) -> &[u32] {
        self.numbers.halves()
    }

    /// The arrays of one table: where buckets begin, and the places.
    pub(crate) fn table(&self, table: usize) -> Table<'_> {
        self.table_of(self.numbers(), table)
    }

    /// The same, given all numbers, for who asks for many tables.
    #[inline]
    pub(crate) fn table_of<'a>(&self, numbers: &'a [u32], table: usize) -> Table<'a> {
        let each = numbers_of_table(self.chunks.bits(), self.made_of);
        let (starts, places) = numbers[table * each..][..each].split_at(each - self.made_of);
        Table { starts, places }
    }
}

/// One table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'a> {
    pub(crate) starts: &'a [u32],
    pub(crate) places: &'a [u32],
}

impl<'a> Table<'a> {
    /// Where the bucket of `value` lies among the places; a damaged file may say nonsense, which is cut to what there is.
    #[inline(always)]
    pub(crate) fn bucket(self, value: u32) -> Range<usize> {
        let at = |i: usize| self.starts.get(i).map_or(0, |&start| (start as usize).min(self.places.len()));
        let start = at(value as usize);
        start..at(value as usize + 1).max(start)
    }
}

/// Keys whose buckets are found together: each is a wait for memory, and what many wait for comes at once.
const TOGETHER: usize = 64;

/// Fills in one table, whose numbers are zero.
fn fill(side: &Side, chunks: &Chunks, table: usize, numbers: &mut [u32], steps: &Steps<'_>) -> Result<()> {
    let (starts, places) = numbers.split_at_mut((1 << chunks.bits()) + 1);
    each_value(side, chunks, table, steps, |_, values| {
        values.iter().for_each(|&value| prefetch(starts, value as usize + 1));
        values.iter().for_each(|&value| starts[value as usize + 1] += 1);
    })?;
    let mut sum = 0;
    for start in &mut *starts {
        sum += *start;
        *start = sum;
    }
    // Each start walks to the end of its bucket, which is where the next begins: moved by one they stand right again.
    each_value(side, chunks, table, steps, |first, values| {
        values.iter().for_each(|&value| prefetch(starts, value as usize));
        values.iter().for_each(|&value| prefetch(places, starts[value as usize] as usize));
        for (place, &value) in (first as u32..).zip(values) {
            let next = &mut starts[value as usize];
            places[*next as usize] = place;
            *next += 1;
        }
    })?;
    starts.copy_within(0..1 << chunks.bits(), 1);
    starts[0] = 0;
    Ok(())
}

/// Shows the values of the chunk of every key by ascending place, some at a time, with the place of their first.
fn each_value(
    side: &Side,
    chunks: &Chunks,
    table: usize,
    steps: &Steps<'_>,
    mut show: impl FnMut(usize, &[u32]),
) -> Result<()> {
    let mut values = [0; TOGETHER];
    let mut columns = Vec::with_capacity(side.words());
    for run in side.runs(0..side.blocks(), usize::MAX) {
        steps.check()?;
        columns.clear();
        columns.extend((0..side.words()).map(|word| run.column(word)));
        for first in (0..run.present).step_by(TOGETHER) {
            let values = &mut values[..TOGETHER.min(run.present - first)];
            for (index, value) in (first..).zip(&mut *values) {
                *value = chunks.value(table, |word| columns[word][index / LANES].0[index % LANES]);
            }
            show(run.first + first, values);
        }
    }
    Ok(())
}
