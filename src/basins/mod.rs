//! Basins: how far a query may lie from a stored key for its recall to be certain, whatever the query is.
//!
//! A flipped position of the key costs 2, an unknown one 1: a query with h flips among its known positions and u unknown
//! ones costs w = 2h + u. By the triangle inequality a key at distance D from the stored one is at D − u − h or farther
//! from the query over the known positions, so that its weight relative to the stored key's is at most e^{2βw}·e^{−2βD}.
//! Within the *budget* of a key, the largest w for which all others together weigh less than it does, it alone decides
//! every bit.
//!
//! Under s^K the query's overlap with the stored key is d − w, and with another at most |s| + w in magnitude, s = d − 2D
//! being the overlap of the two keys: what a position left out or turned takes from the first it adds to the second at
//! most. So w is within the budget if Σ (|s| + w)^K < (d − w)^K, however much of w is unknown: that no overlap exceeds the
//! d − u known positions adds nothing, as each |s| + w must be below d − w, which is at most d − u. From the same follow
//! w < D for each other key, so that the stored one is the nearest, and w < d − D: near the complement of a key another is
//! as much in its way as near the key, and a stored complement leaves it no budget.
//!
//! ```text
//! how far around which keys (look) → the others met: all by each key (near), those that come later, so that a pair is
//! met once (later), or those that share a chunk (index/join) → what is known of each key (found), kept in a file (kept)
//! → a basin for each key → its budget for a separation (budget)
//! ```

mod basin;
mod budget;
pub(crate) mod found;
pub(crate) mod kept;
pub(crate) mod later;
mod look;
pub(crate) mod near;

pub use basin::{Basin, Basins};
pub(crate) use budget::{budget_under_power, largest_below};
pub use look::Look;
