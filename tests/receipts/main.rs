//! Receipts: that all of them hold, and that nothing in them can be altered.
//!
//! Worlds are small and adversarial: clusters, copies with other values, erased positions, keys that are forgotten or out
//! of scope, and keys stored after the index was made.

#![cfg(feature = "receipts")]

mod alter;
mod holds;
mod worlds;
