//! What a tier computes, and how every instruction set computes it: the shared loops, compiled with its instructions.

use crate::panel::QueryPanel;
use crate::scan::{Near, Screen};
use crate::simd::{Simd, Task};
use crate::slab::Slab;
use crate::weights::{self, WeightTable, Weights};
use crate::{distances, near, peak};

/// What a tier computes. Implemented by tokens, so that a `&dyn Kernel` is proof of its own CPU features. Shapes were
/// checked.
pub(crate) trait Kernel: Sync {
    fn distances(&self, slab: Slab<'_>, panel: &QueryPanel, out: &mut [u32]);
    fn near(&self, slab: Slab<'_>, panel: &QueryPanel, screen: Screen, bounds: &[u32], found: &mut Vec<Near>) -> u64;
    /// `made` was started for these queries and patterns.
    fn weights(&self, keys: Slab<'_>, present: usize, panel: &QueryPanel, tables: &[&WeightTable], made: &mut Weights);
    fn weigh(&self, values: Slab<'_>, weights: &Weights, sums: &mut [i64]);
    fn above(&self, sums: &[i64], limit: i64, masks: &mut [u64]);
    fn sum_selected(&self, numbers: &[i32], column: &[u64]) -> i64;
    fn sum_selected_f64(&self, numbers: &[f64], column: &[u64]) -> f64;
    fn shift_selected(&self, numbers: &mut [i32], column: &[u64], change: i32);
    fn count(&self, rounds: u32) -> u32;
}

impl<S: Simd + Sync> Kernel for S {
    fn distances(&self, slab: Slab<'_>, panel: &QueryPanel, out: &mut [u32]) {
        self.compiled(Distances { slab, panel, out });
    }

    fn near(&self, slab: Slab<'_>, panel: &QueryPanel, screen: Screen, bounds: &[u32], found: &mut Vec<Near>) -> u64 {
        self.compiled(Nearer { slab, panel, screen, bounds, found })
    }

    fn weights(&self, keys: Slab<'_>, present: usize, panel: &QueryPanel, tables: &[&WeightTable], made: &mut Weights) {
        self.compiled(Rows { keys, present, panel, tables, made });
    }

    fn weigh(&self, values: Slab<'_>, weights: &Weights, sums: &mut [i64]) {
        self.compiled(Weigh { values, rows: &weights.rows, sums });
    }

    fn above(&self, sums: &[i64], limit: i64, masks: &mut [u64]) {
        self.compiled(Above { sums, limit, masks });
    }

    fn sum_selected(&self, numbers: &[i32], column: &[u64]) -> i64 {
        self.compiled(SumSelected { numbers, column })
    }

    fn sum_selected_f64(&self, numbers: &[f64], column: &[u64]) -> f64 {
        self.compiled(SumSelectedF64 { numbers, column })
    }

    fn shift_selected(&self, numbers: &mut [i32], column: &[u64], change: i32) {
        self.compiled(ShiftSelected { numbers, column, change });
    }

    fn count(&self, rounds: u32) -> u32 {
        self.compiled(Count { rounds })
    }
}

struct Distances<'a> {
    slab: Slab<'a>,
    panel: &'a QueryPanel,
    out: &'a mut [u32],
}

impl Task for Distances<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        distances::distances(simd, self.slab, self.panel, self.out);
    }
}

struct Nearer<'a> {
    slab: Slab<'a>,
    panel: &'a QueryPanel,
    screen: Screen,
    bounds: &'a [u32],
    found: &'a mut Vec<Near>,
}

impl Task for Nearer<'_> {
    type Output = u64;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> u64 {
        near::near(simd, self.slab, self.panel, self.screen, self.bounds, self.found)
    }
}

struct Rows<'a> {
    keys: Slab<'a>,
    present: usize,
    panel: &'a QueryPanel,
    tables: &'a [&'a WeightTable],
    made: &'a mut Weights,
}

impl Task for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        weights::rows(simd, self.keys, self.present, self.panel, self.tables, self.made);
    }
}

struct Weigh<'a> {
    values: Slab<'a>,
    rows: &'a [i32],
    sums: &'a mut [i64],
}

impl Task for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        simd.weigh(self.values, self.rows, self.sums);
    }
}

struct Above<'a> {
    sums: &'a [i64],
    limit: i64,
    masks: &'a mut [u64],
}

impl Task for Above<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        simd.above(self.sums, self.limit, self.masks);
    }
}

struct SumSelected<'a> {
    numbers: &'a [i32],
    column: &'a [u64],
}

impl Task for SumSelected<'_> {
    type Output = i64;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> i64 {
        simd.sum_selected(self.numbers, self.column)
    }
}

struct SumSelectedF64<'a> {
    numbers: &'a [f64],
    column: &'a [u64],
}

impl Task for SumSelectedF64<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f64 {
        simd.sum_selected_f64(self.numbers, self.column)
    }
}

struct ShiftSelected<'a> {
    numbers: &'a mut [i32],
    column: &'a [u64],
    change: i32,
}

impl Task for ShiftSelected<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        simd.shift_selected(self.numbers, self.column, self.change);
    }
}

struct Count {
    rounds: u32,
}

impl Task for Count {
    type Output = u32;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> u32 {
        peak::count(simd, self.rounds)
    }
}
