//! From patterns to overlaps: every key's distance to every query, and who watches them go by.
//!
//! ```text
//! tiles of queries → hunt (rounds) → plan: which screen, how far → near: one pass, or survey: every distance
//!                                                                        ↓
//!                    watchers: census (what recall needs), shortlist (top k), counts (energies)
//! ```

pub(crate) mod census;
pub(crate) mod hunt;
pub(crate) mod keys;
pub(crate) mod matrix;
pub(crate) mod near;
pub(crate) mod plan;
pub(crate) mod propose;
pub(crate) mod sample;
pub(crate) mod scope;
pub(crate) mod shortlist;
pub(crate) mod survey;
pub(crate) mod tiles;
pub(crate) mod watch;
