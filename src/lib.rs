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
//! let originals = memory.keys().range(0..100);
//! let queries = add_noise(&originals, 0.2, NoiseModel::Exact, 7)?;           // a fifth of the bits flipped
//! let recalled = memory.recall(&queries.into(), &Recall::new(Separation::exponential(1.0)?))?;
//! assert_eq!(recalled.patterns, originals);                                  // all 100, every bit
//! println!("{}", recalled.reports[0].certificate.reason);                    // dominant
//! # Ok::<(), popfield::Error>(())
//! ```

#![forbid(unsafe_code)]

// From arrays to patterns.
mod noise;
mod pages;
mod patterns;
mod queries;
mod random;

// From patterns to overlaps, and who watches them go by.
mod census;
mod near;
mod overlap;
mod plan;
mod search;
mod watch;

// From overlaps to votes, and from votes to the sign of the field.
mod counts;
mod energy;
mod evidence;
mod exact;
mod field;
mod fixed_point;
mod law;
mod position;
mod self_term;
mod separation;
mod tie;
mod votes;
mod without_own;

// The memory, and recall with its proof.
mod attend;
mod certificate;
mod closing;
mod memory;
mod partial;
mod recall;
mod step;

// Networks that run to a limit, and networks that are learned.
mod dynamics;
#[cfg(feature = "learning")]
pub mod learning;

// What theory says of all of these.
pub mod theory;

mod error;
mod progress;
mod store;

pub use census::Nearest;
pub use certificate::{Certificate, Reason, Report};
pub use closing::{Answer, Closing};
pub use dynamics::{Clamp, Closest, Dynamics, End, Limit, Order, Run, Update, sweep_order};
pub use energy::Energy;
pub use error::{Error, ErrorKind, Result};
pub use memory::Memory;
pub use noise::{NoiseModel, add_noise, flips};
pub use overlap::TILE;
pub use partial::{Partial, Request, Votes};
pub use patterns::{BitOrder, MAX_DIM, Pattern, Patterns};
pub use popfield_kernels::{KernelError, TIER_VARIABLE, TIERS, Tier, TierInfo};
pub use progress::{Progress, Steps};
pub use queries::{Queries, Query};
pub use random::stream;
pub use recall::{Recall, Recalled};
pub use search::Neighbor;
pub use self_term::Diagonal;
pub use separation::{Beta, Degree, Separation};
pub use tie::Tie;

/// The README's example, held to compile and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
