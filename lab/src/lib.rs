//! **popfield-lab**: the laboratory of popfield. What theory says of associative memories, and what they do.

#![forbid(unsafe_code)]

mod error;
pub mod theory;

pub use error::{Error, Result};
