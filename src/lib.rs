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
//! With the feature `store` memories live in folders too, which are appended to, forgotten from and mapped (module
//! `store`).
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
//! use popfield::patterns::{NoiseModel, add_noise};
//! use popfield::{Memory, Patterns, Recall, Separation};
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

// What is refused, what lasts on a disk, how choices are called, and how long calls are watched.
mod error;
mod lasting;
mod names;
mod progress;

// From arrays to patterns,
pub mod patterns;
// to overlaps,
mod scan;
// to votes by distance,
mod votes;
// whose fields have signs beyond doubt,
mod sign;
// as the separation weighs them:
pub mod separation;
// how far a query may lie from a key for its recall to be certain,
pub mod basins;
// and keys found without a scan, with the proof that no other matters:
pub mod index;
// that is one step of recall, with its proof.
pub mod recall;
// Networks run from step to step to their limits.
pub mod dynamics;
// Memories in folders, which are appended to and mapped;
#[cfg(feature = "store")]
pub mod store;
// all that one asks of a memory,
mod memory;
// what proves its answers to others,
pub mod receipts;
// and networks whose weights are learned of one.
#[cfg(feature = "learning")]
pub mod learning;

pub use dynamics::Dynamics;
pub use error::{Error, ErrorKind, Result};
pub use memory::{Memory, View};
pub use names::Named;
pub use patterns::{Batch, Pattern, Patterns, Queries, Query, Side, Stored};
pub use progress::{Progress, Steps};
pub use recall::{Recall, Recalled};
pub use scan::matrix::Distance;
pub use scan::scope::{Missing, Scope};
pub use scan::shortlist::Neighbor;
pub use separation::Separation;
pub use sign::tie::Tie;

pub mod parts {
    //! Recall over parts of a memory, on several machines: what each part says, and what all of them together decide.
    //!
    //! Two rounds, whatever the split: every part gives its [`Partial`], which merge and [`close`](Partial::close) into a
    //! [`Closing`]; for the bits that stay open every part gives the [`Votes`] that a [`Request`] asks for.
    //! [`Memory::partial`](crate::Memory::partial) has an example.

    pub use crate::recall::closing::{Answer, Closing};
    pub use crate::recall::partial::{Partial, Request, Votes};
}

#[cfg(feature = "store")]
pub mod shared {
    //! Memories that many calls share while they change: what bindings to other languages hold.

    pub use crate::memory::alone::alone;
    pub use crate::memory::shared::{Changing, Shared, State};
}

pub mod tiers {
    //! SIMD tiers: instruction sets of which a memory's scan takes the fastest that this CPU has.

    pub use popfield_kernels::{KernelError, TIER_VARIABLE, TIERS, Tier, TierInfo};

    pub use crate::scan::tiles::TILE;
}

/// The examples of README and of the page that shows the same in four languages, held to compile and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../docs/four-faces.md")]
struct Pages;
