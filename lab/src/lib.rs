//! **popfield-lab**: the laboratory of popfield.

#![forbid(unsafe_code)]

pub mod checks;
mod choice;
mod crossing;
mod effort;
mod error;
mod experiment;
mod outcome;
mod point;
pub mod predictions;
mod range;
mod sampled;
pub mod stats;
mod stored;
mod study;
pub mod theory;

pub use crossing::Crossing;
pub use effort::{Asked, Effort, Way};
pub use error::{Error, Part, Result};
pub use experiment::{BetaScaling, Experiment, Rule, Setting, Steps, Values};
pub use outcome::{Observable, Outcome, histogram};
pub use point::Point;
pub use predictions::Prediction;
pub use range::Range;
pub use sampled::MOST_PATTERNS;
pub use stats::Interval;
pub use study::{CONFIDENCE, Capacity, Findings, MeasuredPoint, Observer, Plan, Sizes, Study};
