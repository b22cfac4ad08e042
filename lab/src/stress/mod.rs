//! Stress: memories grown from thousands to a billion patterns, and every answer held to what was stored and to the
//! definition.
//!
//! - [`Growth`]: a memory of random patterns grows by decades, in memory or in a store, and is measured at each size.
//! - [`Soak`]: a store goes through random changes by a writer that is killed again and again, and is held to a model.
//! - [`judge`](mod@judge): what the definition says of a query, by loops that share nothing with the engine.
//!
//! An answer is *wrong* if a bit of it is not the sign of the exact field, or if what is reported of the nearest keys
//! is not so. That it is another pattern than was stored is no error: under noise another key may be nearer.

mod growth;
pub mod judge;
mod model;
mod soak;
mod words;
mod writer;

pub use growth::{BATCH, Growth, Measured, Needs, Watch, quantile};
pub use model::{Change, Live, Model, Rows};
pub use soak::{Soak, Soaked};
pub use writer::serve;
