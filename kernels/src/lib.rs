//! SIMD kernels of popfield: Hamming distances of queries to slabs of packed patterns.
//!
//! Everything popfield recalls begins with one question: how far is each query from each stored key?
//! With keys as ±1 vectors packed in `u64` words the answer is XOR plus popcount, and this crate is
//! where that happens and the only place in popfield where compute code may be `unsafe`.
//!
//! # Layout: why a slab is made of [`Lanes`]
//!
//! Patterns stand in blocks of [`LANES`] = 8, one word of each side by side, the lane being the pattern within its
//! block. One 512-bit load then holds one word of eight patterns, eight distances grow side by side in one register,
//! and no horizontal sum is ever needed. Narrower instruction sets see the same bytes as two 256-bit or eight 64-bit
//! values. The words of a run of blocks stand as planes, `[word][block][lane]` ([`Slab`]): a scan that looks at leading
//! words only reads them in one run and fetches nothing else.
//!
//! # What is computed
//!
//! [`Tier::distances`] fills in every distance (`distances.rs`), and [`Tier::matrix`] a matrix of distances or overlaps in
//! the caller's type (`matrix.rs`). [`Tier::near`] finds the patterns nearer than a bound
//! and reads the others no further than it must (`near.rs`). [`Tier::weights`] looks up what every pattern
//! counts by its distance (`weights.rs`), and [`Tier::weigh`] adds that up by position (`weigh.rs`). For one position
//! alone, [`Tier::sum_selected`] and its kin take its bits of all patterns as a column (`selected.rs`), and for one pattern
//! alone [`Tier::distance`] reads no more than it must (`single.rs`).
//!
//! # Tiers
//!
//! A [`Tier`] is an instruction set that this CPU was proven to have. [`TIERS`] is the one list of them, fastest
//! first (`tiers.rs`): dispatch, tests, benchmarks and `popfield info --tiers` all walk it. Every tier runs the same
//! loops over its own vector type, or its own where the registers allow more, so the tiers can differ in speed only;
//! the tests hold each one to a bit-by-bit count. The environment variable [`TIER_VARIABLE`] forces one.
//!
//! Dispatch happens once per call on a slab, never per pair of patterns.
//!
//! # Where new things go
//!
//! A new instruction set is one file that implements `Simd` (`simd.rs`) and has a [`TierInfo`], plus its line in
//! [`TIERS`].
//!
//! A new operation is a loop over any instruction set, in a file of its own, and is wired in at most three places:
//! - `kernel.rs`: an entry of the list of operations, which makes it part of every tier;
//! - `tier.rs`: the method of [`Tier`] that checks shapes and calls it;
//! - `simd.rs`: a method of `Simd` whose default is the shared loop, only if a tier has a way of its own.
//!
//! Files lie in layers. `lanes.rs` and `error.rs` know nothing; `slab.rs`, `panel.rs`, `rows.rs` and `scan.rs` say what a call
//! is given; `simd.rs` what a tier brings; the loops use these, `kernel.rs` lists the loops, tiers implement `Simd`, and
//! `tiers.rs` lists the tiers. No file imports one that imports it, and none imports the root.
//!
//! # Tests
//!
//! A tier that the CPU lacks is skipped by the tests, which say so. Those that the environment variable
//! `POPFIELD_REQUIRE_TIERS` lists fail instead: names with commas between, as `avx512,avx2`, or `all`.

mod distances;
mod error;
mod hints;
mod info;
mod kernel;
mod lanes;
mod matrix;
mod near;
mod panel;
mod peak;
mod rows;
mod scan;
mod selected;
mod simd;
mod single;
mod slab;
mod tier;
mod tiers;
mod weigh;
mod weights;

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
mod scalar;

pub use error::KernelError;
pub use hints::{prefer_large_pages, prefetch};
pub use info::TierInfo;
pub use lanes::{LANES, Lanes};
pub use panel::QueryPanel;
pub use rows::Rows;
pub use scan::{Near, Screen};
pub use selected::MAX_SELECTED;
pub use slab::Slab;
pub use tier::Tier;
pub use tiers::{TIER_VARIABLE, TIERS};
pub use weights::{MAX_WEIGHT, WeightTable, Weights};
