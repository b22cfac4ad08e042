//! **popfield-lab**: the laboratory of [popfield]. It draws associative memories at random, asks for what they store,
//! and sets what comes back beside what theory says.
//!
//! - A [`Study`] measures an [`Experiment`] at many points (d, n): a capacity curve, with intervals and predictions, or
//!   the number of patterns at which half succeed.
//! - [`checks`] hold theory against measurement, one by one, so that all of a right theory passes but for a stated
//!   probability.
//! - [`stress`] grows memories as far as the machine goes, and holds answers to the definition.
//! - [`theory`] has the laws as pure functions, each with its source and its setting.
//!
//! A trial is a function of (seed, d, n, trial number) and the experiment alone: the same on any number of threads, in
//! any order, and whatever other points are measured. Nothing here prints; long calls are watched, and stopped, by a
//! [`popfield::Progress`].
//!
//! # Example
//! A capacity curve: how many bits Hebb's rule gets wrong, by the number of patterns that 100 positions hold.
//! ```
//! use popfield::Progress;
//! use popfield_lab::{Experiment, Observable, Range, Rule, Setting, Study};
//!
//! let hebb = Experiment::new(Rule::Hebb, Setting::Hetero);
//! let loads = Range::linear(0.1, 0.7, 0.1)?;
//! let study = Study::new(hebb).dims([100]).load(loads).observable(Observable::BitError).trials(20);
//! let curve = study.run(Progress::NONE, &mut ())?;
//! for measured in &curve.points {
//!     let stars = "*".repeat((400.0 * measured.estimate.value).round() as usize);
//!     println!("n = {:2}  {:.4}  {stars}", measured.point.patterns, measured.estimate.value);
//! }
//! # let [_, low, .., high] = &curve.points[..] else { panic!() };
//! # assert!(low.estimate.value < 0.02 && (0.08..0.14).contains(&high.estimate.value));
//! # assert!(curve.predictions[0].name == "exact" && (high.predicted[0].unwrap() - high.estimate.value).abs() < 0.02);
//! # Ok::<(), popfield_lab::Error>(())
//! ```
//! ```text
//! n = 10  0.0006
//! n = 20  0.0098  ****
//! n = 30  0.0300  ************
//! n = 40  0.0540  **********************
//! n = 50  0.0786  *******************************
//! n = 60  0.0968  ***************************************
//! n = 70  0.1139  **********************************************
//! ```
//!
//! # The way through the house
//!
//! ```text
//! experiment → trial: a memory drawn afresh, asked for some of its keys → outcomes of a point (d, n) → intervals
//! experiment   stored, or sampled                                         effort                       outcome, stats
//! points, or a search for them → findings, with what theory says beside them
//! study          crossing                        predictions
//! ```

#![forbid(unsafe_code)]

// What is asked.
mod choice;
mod error;
mod experiment;
mod point;
mod range;

// Trials of it, and what can be said of their outcomes.
mod effort;
mod machine;
mod outcome;
mod sampled;
pub mod stats;
mod stored;

// What theory says, and of which experiments.
pub mod predictions;
pub mod theory;

// Curves and capacities, and theory held against measurement.
pub mod checks;
mod crossing;
mod study;

// Memories grown until they fail, if they do.
pub mod stress;

pub use crossing::Crossing;
pub use effort::{Asked, Effort, Way};
pub use error::{Error, Part, Result};
pub use experiment::{BetaScaling, Experiment, Rule, Setting, Steps, Values};
pub use outcome::{Observable, Outcome, histogram};
pub use point::Point;
pub use predictions::Prediction;
pub use range::Range;
pub use stats::Interval;
pub use study::{CONFIDENCE, Capacity, Findings, MeasuredPoint, Observer, Plan, Sizes, Study};
