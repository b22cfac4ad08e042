//! **popfield** (popcount + Hopfield): an exact, bit-packed SIMD engine for associative memories.
//!
//! An associative memory stores associations (x_i, y_i) of ±1 vectors and, prompted with a query, recalls sign[Σ_i
//! f(⟨query, x_i⟩) y_i]. The separation f makes it Hopfield's network (f(s) = s), a dense one (s^K), the modern one
//! (e^{βs}), whose softmax form is attention, or a nearest-neighbour memory (max).
//!
//! Every recalled bit is the sign of the *real* field, proven for each query: the same on every SIMD tier, number of
//! threads, batch, split into shards and order of storing. [`Memory::relax`] iterates to the network's limits, and
//! [`learning`] has the rules whose weights are more than the patterns themselves.
//!
//! # The way through the house
//!
//! The modules below stand in the order in which a query meets them:
//!
//! ```text
//! arrays → patterns → overlaps → votes by distance → separation → sign → recalled pattern + certificate
//! ```
//!
//! # Example
//! ```
//! use popfield::{add_noise, Memory, NoiseModel, Patterns, Recall, Separation};
//!
//! let keys = Patterns::random(10_000, 256, 7, "keys")?;                      // 10,000 patterns of 256 bits
//! let memory = Memory::auto_associative(keys)?;
//! let originals = memory.keys().range(0..100)?;
//! let queries = add_noise(&originals, 0.2, NoiseModel::Exact, 7)?;           // a fifth of the bits flipped
//! let recalled = memory.recall(&queries.into(), &Recall::new(Separation::exponential(1.0)?))?;
//! assert_eq!(recalled.patterns, originals);                                  // all 100, every bit
//! println!("{}", recalled.reports[0].certificate.reason);                    // dominant
//! # Ok::<(), popfield::Error>(())
//! ```

#![forbid(unsafe_code)]

// From arrays to patterns,
mod patterns;
// to overlaps,
mod scan;
// to votes by distance,
mod votes;
// through the separation,
mod separation;
// to the sign of the field, beyond doubt,
mod sign;
// which is one step of recall, with its proof.
mod recall;

// All that one asks of a memory.
mod memory;

// Networks that run to a limit, and networks that are learned.
mod dynamics;
#[cfg(feature = "learning")]
pub mod learning;

// What theory says of all of these.
pub mod theory;

mod error;
mod names;
mod progress;

pub use dynamics::{Clamp, Closest, Dynamics, End, Limit, Order, Run, Update, sweep_order};
pub use error::{Error, ErrorKind, Result};
pub use memory::{Memory, Recall, Recalled, View};
pub use names::Named;
pub use patterns::{BitOrder, MAX_DIM, NoiseModel, Pattern, Patterns, Queries, Query, Side, add_noise, flips, stream};
pub use popfield_kernels::{KernelError, TIER_VARIABLE, TIERS, Tier, TierInfo};
pub use progress::{Progress, Steps};
pub use recall::certificate::{Certificate, Reason, Report};
pub use recall::closing::{Answer, Closing};
pub use recall::partial::{Partial, Request, Votes};
pub use scan::census::Nearest;
pub use scan::scope::{Missing, Scope};
pub use scan::shortlist::Neighbor;
pub use scan::tiles::TILE;
pub use separation::energy::Energy;
pub use separation::{Beta, Degree, Separation};
pub use sign::self_term::Diagonal;
pub use sign::tie::Tie;

/// The README's example, held to compile and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
