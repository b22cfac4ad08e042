//! The command line's shape: commands, options, defaults, examples.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use popfield::{NoiseModel, Recall, Separation, Tie};

use crate::failure::{Failure, Result};

/// Exact associative memories: store ±1 patterns, recall them from noise, certified.
#[derive(Debug, Parser)]
#[command(name = "popfield", version, max_term_width = 100)]
#[command(after_help = "Files of patterns are .npy arrays, .txt lines of + and -, images, or folders of images.\n\
Exit status: 0 done; 2 bad usage or input; 3 input, output or memory failed; 130 interrupted.\n\
POPFIELD_TIER forces a SIMD tier (see `popfield info --tiers`).\n\n\
Example:\n  popfield create digits.pop --keys digits.npy\n  popfield recall digits.pop --queries noisy.npy --out recalled.npy")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Store patterns in a new memory
    Create(Create),
    /// Say what a memory holds, or which SIMD tiers there are
    Info(Info),
    /// Recall the patterns that queries prompt
    Recall(RecallArgs),
    /// Find the stored keys nearest to each query
    Search(Search),
    /// Write the overlap of every query with every key
    Overlaps(Overlaps),
    /// Measure recall on random patterns
    Bench(Bench),
    /// Store, corrupt and recall handwritten digits, and show them
    Demo(Demo),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  popfield create faces.pop --keys faces/\n  \
popfield create words.pop --keys codes.npy --packed --dim 512 --values words.npy --value-dim 64")]
pub struct Create {
    /// The memory file to write
    pub memory: PathBuf,
    /// The keys
    #[arg(long, value_name = "F")]
    pub keys: PathBuf,
    /// The values, one for each key; without them keys are their own values
    #[arg(long, value_name = "F")]
    pub values: Option<PathBuf>,
    /// Replace the memory if it exists
    #[arg(long)]
    pub force: bool,
    /// Dimension of packed values, if not that of the keys
    #[arg(long, allow_negative_numbers = true, value_name = "D", requires = "packed", requires = "values")]
    pub value_dim: Option<usize>,
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  popfield info digits.pop\n  popfield info --tiers")]
pub struct Info {
    /// The memory
    #[arg(required_unless_present = "tiers")]
    pub memory: Option<PathBuf>,
    /// List the SIMD tiers and which of them this CPU supports
    #[arg(long, conflicts_with = "memory")]
    pub tiers: bool,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  popfield recall digits.pop --queries noisy.npy --out recalled.npy --report report.json\n  \
popfield recall digits.pop --queries noisy.txt --separation polynomial --degree 3 --steps 5 --tie stay --json"
)]
pub struct RecallArgs {
    /// The memory
    pub memory: PathBuf,
    /// The queries
    #[arg(long, value_name = "F")]
    pub queries: PathBuf,
    #[command(flatten)]
    pub separation: SeparationArgs,
    /// Steps, each prompted by the answer of the one before
    #[arg(long, allow_negative_numbers = true, value_name = "T", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub steps: u32,
    /// What the sign of a field of exactly 0 is
    #[arg(long, value_name = "P", value_enum, default_value_t = TieArg::Plus)]
    pub tie: TieArg,
    /// Write the recalled patterns: int8 ±1, (queries, value dimension)
    #[arg(long, value_name = "F.npy")]
    pub out: Option<PathBuf>,
    /// Write them packed: uint8, 8 positions a byte
    #[arg(long, requires = "out")]
    pub packed_out: bool,
    /// Write what is known of each answer: nearest key, certificate, ties
    #[arg(long, value_name = "F.json")]
    pub report: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  popfield search digits.pop --queries noisy.npy --top 10 --out nearest.npz\n  \
popfield search digits.pop --queries noisy.npy --radius 6")]
pub struct Search {
    /// The memory
    pub memory: PathBuf,
    /// The queries
    #[arg(long, value_name = "F")]
    pub queries: PathBuf,
    /// The K nearest keys of each query (default 1); all keys, if there are fewer
    #[arg(long, allow_negative_numbers = true, value_name = "K", conflicts_with = "radius", value_parser = clap::value_parser!(u64).range(1..))]
    pub top: Option<u64>,
    /// All keys within distance R of each query
    #[arg(long, allow_negative_numbers = true, value_name = "R")]
    pub radius: Option<u32>,
    /// Write ids (uint64) and distances (uint32), both (queries, K); with --radius one after the other, and offsets
    /// (uint64)
    #[arg(long, value_name = "F.npz")]
    pub out: Option<PathBuf>,
    /// One JSON object; holds ids and distances unless --out does
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  popfield overlaps digits.pop --queries noisy.npy --out overlaps.npy")]
pub struct Overlaps {
    /// The memory
    pub memory: PathBuf,
    /// The queries
    #[arg(long, value_name = "F")]
    pub queries: PathBuf,
    /// Where the overlaps go: int32, (queries, patterns)
    #[arg(long, value_name = "F.npy")]
    pub out: PathBuf,
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  popfield bench --patterns 1000000 --dim 512 --batch 256\n  \
popfield bench --separation linear --patterns 560 --dim 4096 --batch 1 --json")]
pub struct Bench {
    /// Random patterns stored
    #[arg(long, allow_negative_numbers = true, value_name = "N", default_value_t = 100_000, value_parser = positive)]
    pub patterns: usize,
    /// Their dimension
    #[arg(long, allow_negative_numbers = true, value_name = "D", default_value_t = 512, value_parser = positive)]
    pub dim: usize,
    /// Queries recalled at once
    #[arg(long, allow_negative_numbers = true, value_name = "B", default_value_t = 256, value_parser = positive)]
    pub batch: usize,
    /// Fraction of each query's positions flipped
    #[arg(long, allow_negative_numbers = true, value_name = "P", default_value_t = 0.1)]
    pub noise: f64,
    /// How noise picks positions
    #[arg(long, value_enum, default_value_t = NoiseArg::Exact)]
    pub noise_model: NoiseArg,
    #[command(flatten)]
    pub separation: SeparationArgs,
    /// Timed runs after a warm-up, of which the median counts
    #[arg(long, allow_negative_numbers = true, value_name = "R", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub repeats: u32,
    /// Seed of patterns and noise
    #[arg(long, allow_negative_numbers = true, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  popfield demo --out digits-demo")]
pub struct Demo {
    /// Folder for the picture, made if it is not there
    #[arg(long, value_name = "DIR", default_value = "popfield-demo")]
    pub out: PathBuf,
    /// Seed of the noise
    #[arg(long, allow_negative_numbers = true, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub threads: Threads,
}

/// How files of patterns are read.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Input")]
pub struct Input {
    /// What the numbers of .npy arrays mean: pm1 for ±1, 01 for 0 and 1 (bools need neither)
    #[arg(long, value_enum, conflicts_with = "packed")]
    pub encoding: Option<Encoding>,
    /// .npy arrays are uint8, 8 positions a byte, as by numpy.packbits
    #[arg(long)]
    pub packed: bool,
    /// Dimension of the patterns; needed for packed keys, otherwise checked
    #[arg(long, allow_negative_numbers = true, value_name = "D", value_parser = positive)]
    pub dim: Option<usize>,
    /// Which bit of a packed byte comes first (default big)
    #[arg(long, value_enum)]
    pub bitorder: Option<BitOrderArg>,
    /// Image pixels darker than this are ink, +1 (default 128)
    #[arg(long, allow_negative_numbers = true, value_name = "GREY", value_parser = clap::value_parser!(u16).range(0..=256))]
    pub threshold: Option<u16>,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct Threads {
    /// Threads (default: all cores)
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = positive)]
    pub threads: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Encoding {
    #[value(name = "pm1")]
    PlusMinusOne,
    #[value(name = "01")]
    ZeroOne,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BitOrderArg {
    Big,
    Little,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TieArg {
    /// +1
    Plus,
    /// −1
    Minus,
    /// The query's own bit
    Stay,
}

impl From<TieArg> for Tie {
    fn from(tie: TieArg) -> Self {
        match tie {
            TieArg::Plus => Self::Plus,
            TieArg::Minus => Self::Minus,
            TieArg::Stay => Self::Stay,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NoiseArg {
    /// Exactly round(P·D) positions of each query
    Exact,
    /// Every position on its own, with probability P
    Bernoulli,
}

impl From<NoiseArg> for NoiseModel {
    fn from(model: NoiseArg) -> Self {
        match model {
            NoiseArg::Exact => Self::Exact,
            NoiseArg::Bernoulli => Self::Bernoulli,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SeparationArg {
    /// Weight e^(β·overlap): the modern network
    Exponential,
    /// Weight = overlap: the classical network
    #[value(alias = "hebb")]
    Linear,
    /// Weight overlap^K
    Polynomial,
    /// The nearest keys vote
    Max,
}

#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Separation")]
pub struct SeparationArgs {
    /// What turns overlaps into weights
    #[arg(long, value_name = "S", value_enum, default_value_t = SeparationArg::Exponential)]
    pub separation: SeparationArg,
    /// β of the exponential: a number from 1e-9 to 1e9, or 1/sqrt(d) (default 1)
    #[arg(long, value_name = "B", value_parser = beta, allow_hyphen_values = true)]
    pub beta: Option<BetaArg>,
    /// Degree of the polynomial, 1 to 64 (default 2; an even one cannot tell a pattern from its complement)
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub degree: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BetaArg {
    Number(f64),
    /// 1/√d, rounded to the nearest `f64`.
    InverseRoot,
}

fn beta(text: &str) -> Result<BetaArg, String> {
    if text == "1/sqrt(d)" {
        return Ok(BetaArg::InverseRoot);
    }
    let number: f64 = text.parse().map_err(|_| "expected a number or 1/sqrt(d)".to_owned())?;
    popfield::Beta::new(number).map_err(|error| error.to_string())?;
    Ok(BetaArg::Number(number))
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number of at least 1".into()),
        Ok(number) => Ok(number),
    }
}

impl SeparationArgs {
    /// The separation over keys of dimension `dim`; an option of another separation is an error.
    pub fn resolve(self, dim: usize) -> Result<Separation> {
        let name = self.separation.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        let stray = |option: &str, owner: &str| {
            Failure::usage(format!("--{option} belongs to --separation {owner}, found --separation {name}"))
        };
        if self.beta.is_some() && self.separation != SeparationArg::Exponential {
            return Err(stray("beta", "exponential"));
        }
        if self.degree.is_some() && self.separation != SeparationArg::Polynomial {
            return Err(stray("degree", "polynomial"));
        }
        Ok(match self.separation {
            SeparationArg::Exponential => Separation::exponential(match self.beta {
                None => 1.0,
                Some(BetaArg::Number(beta)) => beta,
                Some(BetaArg::InverseRoot) => 1.0 / (dim as f64).sqrt(),
            })?,
            SeparationArg::Polynomial => Separation::polynomial(self.degree.unwrap_or(2))?,
            SeparationArg::Linear => Separation::Linear,
            SeparationArg::Max => Separation::Max,
        })
    }
}

impl RecallArgs {
    /// How to recall from keys of dimension `dim`.
    pub fn recall(&self, dim: usize) -> Result<Recall> {
        Ok(Recall::new(self.separation.resolve(dim)?).steps(self.steps)?.tie(self.tie.into()))
    }
}
