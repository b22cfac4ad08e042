//! The laboratory: experiments on memories drawn at random, and what can be said of their outcomes.
//!
//! ```text
//! experiment → trial: a memory drawn afresh, asked for some of its keys → outcomes of a point (d, n) → intervals
//! experiment.rs   stored.rs, or sampled.rs                                point.rs                     stats.rs
//! ```
//!
//! A trial is a function of (seed, d, n, trial number) and the experiment alone: the same on any number of threads, in
//! any order, and whatever other points are measured.

pub mod experiment;
pub mod outcome;
pub mod point;
pub mod range;
mod sampled;
pub mod stats;
mod stored;
