//! Options of runs to a limit.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use popfield::dynamics::{Clamp, Diagonal, Order, Update};
use popfield::{Dynamics, Separation, Tie};

use super::figure::LookArgs;
use super::separation::{RuleArgs, SeparationArgs};
use super::shared::{IndexUse, Input, QueryInput, Threads, files_and, named, positive};
use crate::failure::{Failure, Result};

#[derive(Debug, Args)]
#[command(
    after_help = files_and("Examples:\n  popfield dynamics digits.pop --queries noisy.npy --order async --plot runs.svg\n  \
popfield dynamics digits.pop --start random --count 100 \\\n      --separation exponential --beta 0.5 --json\n  \
popfield dynamics digits.pop --queries half.txt --clamp known \\\n      --rule pseudo-inverse --moore-penrose")
)]
#[command(group(clap::ArgGroup::new("from").required(true).args(["queries", "start"])))]
pub struct DynamicsArgs {
    /// The memory; its keys must be their own values
    pub memory: PathBuf,
    /// The start states; erased positions have no bit until they are first updated
    #[arg(long, value_name = "F")]
    pub queries: Option<PathBuf>,
    /// Where to start without --queries
    #[arg(long, value_enum)]
    pub start: Option<StartArg>,
    /// With --start pattern: overlap m of the start with its pattern, -1 to 1 (default 0.8)
    #[arg(long, value_name = "M", allow_negative_numbers = true)]
    pub overlap: Option<f64>,
    /// With --start: number of starts (default 16, or with --start pattern as many as are stored, if fewer)
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = positive, requires = "start")]
    pub count: Option<usize>,
    /// Seed of starts and of random orders
    #[arg(long, value_name = "S", allow_negative_numbers = true, default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub separation: SeparationArgs,
    #[command(flatten)]
    pub rule: RuleArgs,
    #[command(flatten)]
    pub choices: Choices,
    /// Whether an index may tell which stored pattern a start comes to (default auto: where there is one and it is
    /// faster); runs are the same
    #[arg(long, value_enum, value_name = "I", default_value_t)]
    pub index: IndexUse,
    /// Write the last state of each run, of a cycle the last before it repeats, as the ending says: F.npy, int8 ±1, (runs,
    /// dimension); F.png or F.pbm, one image; a folder (there, or FOLDER/), an image of each
    #[arg(long, value_name = "F.npy")]
    pub out: Option<PathBuf>,
    /// Write a record of each run: limit, energies, what it ended in
    #[arg(long, value_name = "F.json")]
    pub report: Option<PathBuf>,
    /// Draw states along the way and the energies, as SVG or PNG
    #[arg(long, value_name = "F.svg")]
    pub plot: Option<PathBuf>,
    #[command(flatten)]
    pub look: LookArgs,
    /// Positions in a row of the states drawn or written as images (default: in drawings the root of the dimension, in
    /// images as in the queries, else all)
    #[arg(long, value_name = "W", allow_negative_numbers = true, value_parser = positive)]
    pub width: Option<usize>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub more: QueryInput,
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub threads: Threads,
}

/// The choices that dynamics leave open.
#[derive(Debug, Args)]
#[command(next_help_heading = "Dynamics")]
pub struct Choices {
    /// Which positions a step updates, and when
    #[arg(long, value_parser = named::<Order>(), default_value_t = Order::Synchronous)]
    pub order: Order,
    /// What a new bit is the sign of (default: field if linear, else difference)
    #[arg(long, value_parser = named::<Update>())]
    pub update: Option<Update>,
    /// Whether a position's own bit enters its field; the difference never counts it (default zero)
    #[arg(long, value_parser = named::<Diagonal>())]
    pub diagonal: Option<Diagonal>,
    /// What the sign of a field of exactly 0 is
    #[arg(long, value_name = "P", value_parser = named::<Tie>(), default_value_t = Tie::Stay)]
    pub tie: Tie,
    /// Positions that never change: `known` for those known in each query, or a list such as 0,5,16-31
    #[arg(long, value_name = "known|LIST", value_parser = clamp)]
    pub clamp: Option<ClampArg>,
    /// Steps, or sweeps, after which a run stops without a limit; in random order only fixed points are told
    #[arg(long, value_name = "T", allow_negative_numbers = true, aliases = ["max-steps", "steps"])]
    #[arg(default_value_t = Dynamics::STEP_LIMIT, value_parser = clap::value_parser!(u32).range(1..))]
    pub step_limit: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StartArg {
    /// Stored patterns, the first ones, with some positions flipped
    Pattern,
    /// Random patterns
    Random,
}

/// Positions in ranges, first and last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClampArg {
    Known,
    Positions(Vec<(usize, usize)>),
}

fn clamp(text: &str) -> Result<ClampArg, String> {
    if text == "known" {
        return Ok(ClampArg::Known);
    }
    let bad = |part: &str| format!("expected `known`, or positions such as 0,5,16-31, found {part:?}");
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first), Ok(last)) if first <= last => Ok((first, last)),
            _ => Err(bad(part)),
        }
    };
    text.split(',').map(range).collect::<Result<_, _>>().map(ClampArg::Positions)
}

impl Choices {
    /// The dynamics of `separation` over patterns of dimension `dim`.
    pub fn dynamics(&self, separation: Separation, dim: usize, seed: u64) -> Result<Dynamics> {
        let order = match self.order {
            Order::Random { .. } => Order::Random { seed },
            order => order,
        };
        let dynamics = Dynamics::new(separation).order(order).tie(self.tie).step_limit(self.step_limit)?;
        let dynamics = self.diagonal.map_or(dynamics.clone(), |diagonal| dynamics.diagonal(diagonal));
        let dynamics = self.update.map_or(dynamics.clone(), |update| dynamics.update(update));
        Ok(dynamics.clamp(match &self.clamp {
            None => Clamp::Free,
            Some(ClampArg::Known) => Clamp::Known,
            Some(ClampArg::Positions(ranges)) => {
                // Before a list as long as the range is made of it.
                if let Some((_, last)) = ranges.iter().find(|range| range.1 >= dim) {
                    return Err(Failure::usage(format!("--clamp: expected positions 0 to {}, found {last}", dim - 1)));
                }
                Clamp::Positions(ranges.iter().flat_map(|&(first, last)| first..=last).collect())
            }
        }))
    }
}
