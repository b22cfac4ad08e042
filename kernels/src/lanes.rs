//! A word of eight patterns: what a load of every tier takes.

/// Patterns in a block, and `u64` words in a [`Lanes`].
pub const LANES: usize = 8;

/// One word of each of the [`LANES`] patterns of a block: 64 bytes, a cache line, aligned as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Lanes(pub [u64; LANES]);
