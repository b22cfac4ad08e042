//! Basins: how far a query may lie from a stored key for its recall to be certain, whatever the query is.
//!
//! A flipped position of the key costs 2, an unknown one 1: a query with h flips among its known positions and u unknown
//! ones costs w = 2h + u. By the triangle inequality a key at distance D from the stored one is at D − u − h or farther
//! from the query over the known positions, so that its weight relative to the stored key's is at most e^{2βw}·e^{−2βD}.
//! Within the *budget* of a key, the largest w for which all others together weigh less than it does, it alone decides
//! every bit.
//!
//! ```text
//! distances to the other keys (near) → a basin for each key → its budget for a separation (budget)
//! ```

mod basin;
mod budget;
pub(crate) mod near;

pub use basin::{Basin, Basins};
