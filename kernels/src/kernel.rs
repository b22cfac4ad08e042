//! What a tier computes: the one list of operations, each compiled with every instruction set.

use crate::panel::QueryPanel;
use crate::rows::Rows;
use crate::scan::{Near, Screen};
use crate::simd::{Simd, Task};
use crate::slab::Slab;
use crate::weights::{self, WeightTable, Weights};
use crate::{distances, matrix, near, peak, single};

/// Makes of each operation a method of [`Kernel`], which other kernels hand on unless they have a way of their own, and
/// a [`Task`] that [`Simd::compiled`] runs: closures would not be compiled with the instructions.
macro_rules! operations {
    ($(
        $(#[$doc:meta])*
        fn $name:ident $(<$($life:lifetime),+>)? ($simd:ident $(, $argument:ident: $type:ty)*) $(-> $output:ty)? $body:block
    )*) => {
        /// What a tier computes. Implemented by tokens, so that a `&dyn Kernel` is proof of its own CPU features.
        /// Shapes were checked.
        pub(crate) trait Kernel: Sync {
            /// The kernel that computes what this one has no way of its own for.
            fn rest(&self) -> &dyn Kernel;
            $(
                $(#[$doc])*
                fn $name $(<$($life),+>)? (&self $(, $argument: $type)*) $(-> $output)? {
                    self.rest().$name($($argument),*)
                }
            )*
        }

        impl<S: Simd + Sync> Kernel for S {
            /// Asked for nothing: every operation is here.
            fn rest(&self) -> &dyn Kernel {
                self
            }
            $(
                fn $name $(<$($life),+>)? (&self $(, $argument: $type)*) $(-> $output)? {
                    struct Call $(<$($life),+>)? {
                        $($argument: $type,)*
                    }
                    impl $(<$($life),+>)? Task for Call $(<$($life),+>)? {
                        type Output = output!($($output)?);

                        #[inline(always)]
                        fn run<I: Simd>(self, $simd: I) -> Self::Output {
                            let Self { $($argument),* } = self;
                            $body
                        }
                    }
                    self.compiled(Call { $($argument),* })
                }
            )*
        }
    };
}

/// A type, or that of nothing.
macro_rules! output {
    () => {
        ()
    };
    ($output:ty) => {
        $output
    };
}

operations! {
    /// `[query][pattern]`
    fn distances<'a>(simd, slab: Slab<'a>, panel: &'a QueryPanel, out: &'a mut [u32]) {
        distances::distances(simd, slab, panel, out);
    }

    /// Of one pattern, as far as `limit`.
    fn distance<'a>(
        simd,
        slab: Slab<'a>,
        pattern: usize,
        signs: &'a [u64],
        known: Option<&'a [u64]>,
        limit: u32
    ) -> u32 {
        single::distance(simd, slab, pattern, signs, known, limit)
    }

    /// As many rows as queries, as long as each other and no longer than there are patterns.
    fn matrix<'a, 'b>(simd, slab: Slab<'a>, panel: &'a QueryPanel, rows: Rows<'a, 'b>) {
        matrix::matrix(simd, slab, panel, rows);
    }

    /// Returns how many words were looked at.
    fn near<'a>(
        simd,
        slab: Slab<'a>,
        panel: &'a QueryPanel,
        screen: Screen,
        bounds: &'a [u32],
        found: &'a mut Vec<Near>
    ) -> u64 {
        near::near(simd, slab, panel, screen, bounds, found)
    }

    /// `made` was started for these queries and patterns.
    fn weights<'a>(
        simd,
        keys: Slab<'a>,
        present: usize,
        panel: &'a QueryPanel,
        tables: &'a [&'a WeightTable],
        made: &'a mut Weights
    ) {
        weights::rows(simd, keys, present, panel, tables, made);
    }

    /// `weights` are of the form that this kernel makes.
    fn weigh<'a>(simd, values: Slab<'a>, weights: &'a Weights, sums: &'a mut [i64]) {
        simd.weigh(values, &weights.rows, sums);
    }

    /// The positions whose sums exceed the limit.
    fn above<'a>(simd, sums: &'a [i64], limit: i64, masks: &'a mut [u64]) {
        simd.above(sums, limit, masks);
    }

    /// Of integers, none larger than 2²⁴.
    fn sum_selected<'a>(simd, numbers: &'a [i32], column: &'a [u64]) -> i64 {
        simd.sum_selected(numbers, column)
    }

    /// In the order in which all tiers add up.
    fn sum_selected_f64<'a>(simd, numbers: &'a [f64], column: &'a [u64]) -> f64 {
        simd.sum_selected_f64(numbers, column)
    }

    /// More where the column has a bit, less elsewhere.
    fn shift_selected<'a>(simd, numbers: &'a mut [i32], column: &'a [u64], change: i32) {
        simd.shift_selected(numbers, column, change);
    }

    /// Rounds on registers alone.
    fn peak(simd, rounds: u32) -> u32 {
        peak::compare(simd, rounds)
    }
}
