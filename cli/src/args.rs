//! The command line's shape: commands, options, defaults, examples.

use std::fmt;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use popfield::learning::{Dependence, PseudoInverse, RULES, Rule};
use popfield::{Clamp, Diagonal, Dynamics, NoiseModel, Order, Recall, Separation, Tie, Update};

use crate::failure::{Failure, Result};
use crate::lab::experiment::{Experiment, Rule as LabRule, Setting, Steps, Values};
use crate::lab::outcome::Observable;
use crate::lab::point::Way;
use crate::lab::range::{Range, range};

/// Exact associative memories: store ±1 patterns, recall them from noise, certified.
#[derive(Debug, Parser)]
#[command(name = "popfield", version, max_term_width = 100)]
#[command(after_help = "Files of patterns are .npy arrays, .txt lines of + and -, images, or folders of images.\n\
Exit status: 0 done; 1 it ran and the answer is no (validate); 2 bad usage or input; 3 input, output or memory failed; 130 interrupted.\n\
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
    /// Run a Hopfield network from start states to its limits
    Dynamics(DynamicsArgs),
    /// Learn weights by a rule, and say what they recall
    Learn(Learn),
    /// Show how near keys and values are to the singular vectors of the weights
    Spectrum(SpectrumArgs),
    /// Measure how many random patterns a rule recalls, and lay theory over it
    Capacity(Capacity),
    /// Hold theory against measurement, check by check
    Validate(Validate),
    /// Measure recall on random patterns
    Bench(Bench),
    /// Store, corrupt and recall handwritten digits, and show them
    Demo(Demo),
    /// Walk through the theory claim by claim, each beside what is measured now
    Lecture(Lecture),
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
popfield recall digits.pop --queries noisy.txt --separation polynomial --degree 3 --steps 5 --tie stay --json\n  \
popfield recall digits.pop --queries noisy.npy --rule pseudo-inverse --moore-penrose"
)]
pub struct RecallArgs {
    /// The memory
    pub memory: PathBuf,
    /// The queries
    #[arg(long, value_name = "F")]
    pub queries: PathBuf,
    #[command(flatten)]
    pub separation: SeparationArgs,
    #[command(flatten)]
    pub rule: RuleArgs,
    /// With --rule: whether W_jj counts (default keep, the literal sum)
    #[arg(long, value_enum, requires = "rule")]
    pub diagonal: Option<DiagonalArg>,
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
    #[arg(long, value_name = "F.json", conflicts_with = "rule")]
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
#[command(
    after_help = "Examples:\n  popfield dynamics digits.pop --queries noisy.npy --order async --plot runs.svg\n  \
popfield dynamics digits.pop --start random --count 100 --separation exponential --beta 0.5 --json\n  \
popfield dynamics digits.pop --queries half.txt --clamp known --rule pseudo-inverse --moore-penrose"
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
    /// Write the last state of each run, of a cycle the last before it repeats: int8 ±1, (runs, dimension)
    #[arg(long, value_name = "F.npy")]
    pub out: Option<PathBuf>,
    /// Write a record of each run: limit, energies, what it ended in
    #[arg(long, value_name = "F.json")]
    pub report: Option<PathBuf>,
    /// Draw states along the way and the energies, as SVG or PNG
    #[arg(long, value_name = "F.svg")]
    pub plot: Option<PathBuf>,
    /// Positions in a row of the states drawn (default: the root of the dimension)
    #[arg(long, value_name = "W", allow_negative_numbers = true, value_parser = positive, requires = "plot")]
    pub width: Option<usize>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
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
    #[arg(long, value_enum, default_value_t = OrderArg::Sync)]
    pub order: OrderArg,
    /// What a new bit is the sign of (default: field if linear, else difference)
    #[arg(long, value_enum)]
    pub update: Option<UpdateArg>,
    /// Whether a position's own bit enters its field; the difference never counts it (default zero)
    #[arg(long, value_enum)]
    pub diagonal: Option<DiagonalArg>,
    /// What the sign of a field of exactly 0 is
    #[arg(long, value_name = "P", value_enum, default_value_t = TieArg::Stay)]
    pub tie: TieArg,
    /// Positions that never change: `known` for those known in each query, or a list such as 0,5,16-31
    #[arg(long, value_name = "known|LIST", value_parser = clamp)]
    pub clamp: Option<ClampArg>,
    /// Steps, or sweeps, after which a run stops without a limit; in random order only fixed points are told
    #[arg(long, value_name = "T", allow_negative_numbers = true, aliases = ["max-steps", "steps"])]
    #[arg(default_value_t = Dynamics::STEP_LIMIT, value_parser = clap::value_parser!(u32).range(1..))]
    pub step_limit: u32,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  popfield learn digits.pop --rule storkey\n  \
popfield learn digits.pop --rule pseudo-inverse --moore-penrose --diagonal zero --out weights.npy")]
pub struct Learn {
    /// The memory
    pub memory: PathBuf,
    /// How to learn
    #[arg(long, value_name = "R", value_parser = rules())]
    pub rule: RuleArg,
    /// With --rule pseudo-inverse: allow dependent keys, by Moore and Penrose's pseudo-inverse
    #[arg(long)]
    pub moore_penrose: bool,
    /// Whether W_jj counts
    #[arg(long, value_enum, default_value_t = DiagonalArg::Keep)]
    pub diagonal: DiagonalArg,
    /// Write the weights: float64, (value dimension, dimension)
    #[arg(long, value_name = "F.npy")]
    pub out: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  popfield spectrum digits.pop --plot spectrum.svg")]
pub struct SpectrumArgs {
    /// The memory
    pub memory: PathBuf,
    #[command(flatten)]
    pub rule: RuleArgs,
    /// Draw the singular values, as SVG or PNG
    #[arg(long, value_name = "F.svg")]
    pub plot: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  popfield bench --patterns 1000000 --dim 512 --batch 256\n  \
popfield bench --separation linear --patterns 560 --dim 4096 --batch 1 --json\n  popfield bench --suite --threads 1\n  popfield bench --growth growth.svg")]
pub struct Bench {
    /// The standard grid of cases instead of one
    #[arg(long, conflicts_with_all = ["patterns", "dim", "batch", "noise", "noise_model", "separation", "beta", "degree"])]
    pub suite: bool,
    /// How time and memory grow with patterns, dimension, batch, noise and threads, drawn here (.svg or .png)
    #[arg(long, value_name = "FIGURE", conflicts_with_all = ["suite", "patterns", "dim", "batch", "noise", "noise_model", "separation", "beta", "degree"])]
    pub growth: Option<PathBuf>,
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
#[command(
    after_help = "A trial draws a memory and asks for some of its keys. Intervals are at 95 %, over memories: bits of one \
memory are not independent. With none of --load, --rate and --patterns the numbers of patterns are searched at which 50 % and \
99 % succeed. A range is FIRST:LAST:STEP, FIRST:LAST:xFACTOR or numbers with commas.\n\nExamples:\n  \
popfield capacity --rule hebb --dim 500,1000 --load 0.02:0.2:0.02 --observable bit-error --plot errors.svg\n  \
popfield capacity --rule exponential --dim 16,24,32 --rate 0.3:0.9:0.05 --trials 1000 --plot threshold.svg\n  \
popfield capacity --rule hebb --setting auto-zeroed --dynamics async --dim 1000 --load 0.02:0.2:0.01 --observable overlap --theory ags --resume ags.journal\n  \
popfield capacity --rule pseudo-inverse --dim 64,128"
)]
#[command(group(clap::ArgGroup::new("sizes").args(["load", "rate", "patterns"])))]
pub struct Capacity {
    /// What makes fields of overlaps
    #[arg(long, value_enum, value_name = "R")]
    pub rule: LabRuleArg,
    /// Values of their own, or keys that recall themselves, and then the self-term (default hetero; with storkey
    /// auto-zeroed)
    #[arg(long, value_enum)]
    pub setting: Option<Setting>,
    /// One step, or to the limit
    #[arg(long, value_enum, default_value_t = Steps::OneStep)]
    pub dynamics: Steps,
    /// The values of hetero
    #[arg(long, value_enum, default_value_t = Values::Random)]
    pub values: Values,
    /// Whether queries are stored patterns or noisy ones (default pattern, or noise with --noise)
    #[arg(long, value_enum)]
    pub start: Option<LabStartArg>,
    /// With --start noise: fraction of a query's positions flipped, round(P·D) of them
    #[arg(long, allow_negative_numbers = true, value_name = "P")]
    pub noise: Option<f64>,
    /// β of the exponential: a number from 1e-9 to 1e9, or 1/sqrt(d) (default 1)
    #[arg(long, value_name = "B", value_parser = beta, allow_hyphen_values = true)]
    pub beta: Option<BetaArg>,
    /// Degree of the polynomial, 1 to 64 (default 2; an even one cannot tell a pattern from its complement)
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub degree: Option<u32>,
    /// What the sign of a field of exactly 0 is (default plus with hetero, else stay)
    #[arg(long, value_name = "P", value_enum)]
    pub tie: Option<TieArg>,
    /// Dimensions, with commas
    #[arg(long, allow_negative_numbers = true, value_name = "LIST", value_delimiter = ',', value_parser = positive, default_value = "100,200,400")]
    pub dim: Vec<usize>,
    /// Patterns as a range of n/d
    #[arg(long, allow_hyphen_values = true, value_name = "RANGE", value_parser = range)]
    pub load: Option<Range>,
    /// Patterns as a range of (ln n)/d
    #[arg(long, allow_hyphen_values = true, value_name = "RANGE", value_parser = range)]
    pub rate: Option<Range>,
    /// Patterns as a range of n
    #[arg(long, allow_hyphen_values = true, value_name = "RANGE", value_parser = range)]
    pub patterns: Option<Range>,
    /// Memories at each point
    #[arg(long, allow_negative_numbers = true, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub trials: u64,
    /// Keys asked of each memory (default 64 for one step, 4 for runs to the limit or 1 in memories of more than 4 Mbit, all
    /// if there are fewer; 1 where memories are sampled; all with --observable all)
    #[arg(long, allow_negative_numbers = true, value_name = "Q", value_parser = clap::value_parser!(u64).range(1..))]
    pub queries: Option<u64>,
    /// Whether all patterns are stored or only what a query depends on is drawn (default: sampled where that is cheaper
    /// and enough)
    #[arg(long, value_enum)]
    pub memories: Option<Way>,
    /// What is measured of an answer
    #[arg(long, value_enum, default_value_t = Observable::Pattern)]
    pub observable: Observable,
    /// Predictions to show beside it, by name with commas, or none (default: all that say something)
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub theory: Option<Vec<String>>,
    /// Write a row for each trial
    #[arg(long, value_name = "F")]
    pub csv: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    /// Draw it, as SVG or PNG
    #[arg(long, value_name = "F.svg")]
    pub plot: Option<PathBuf>,
    /// Seed of memories and noise
    #[arg(long, allow_negative_numbers = true, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Keep finished points in a journal and take up those that it holds; made if it is not there
    #[arg(long, value_name = "F")]
    pub resume: Option<PathBuf>,
    #[command(flatten)]
    pub threads: Threads,
}

impl Capacity {
    /// The experiment, checked.
    pub fn experiment(&self) -> Result<Experiment> {
        let name = self.rule.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        let stray = |option: &str, owner: &str| {
            Failure::usage(format!("--{option} belongs to --rule {owner}, found --rule {name}"))
        };
        if self.beta.is_some() && self.rule != LabRuleArg::Exponential {
            return Err(stray("beta", "exponential"));
        }
        if self.degree.is_some() && self.rule != LabRuleArg::Polynomial {
            return Err(stray("degree", "polynomial"));
        }
        let rule = match self.rule {
            LabRuleArg::Hebb => LabRule::Hebb,
            LabRuleArg::PseudoInverse => LabRule::PseudoInverse,
            LabRuleArg::Storkey => LabRule::Storkey,
            LabRuleArg::Polynomial => LabRule::Polynomial(self.degree.unwrap_or(2)),
            LabRuleArg::Exponential => LabRule::Exponential(self.beta.unwrap_or(BetaArg::Number(1.0))),
            LabRuleArg::Max => LabRule::Max,
        };
        let noise = match (self.start, self.noise) {
            (Some(LabStartArg::Pattern), Some(noise)) => {
                return Err(Failure::usage(format!(
                    "--noise: expected --start noise, found --start pattern and {noise}"
                )));
            }
            (Some(LabStartArg::Noise), None) => {
                return Err(Failure::usage("--start noise: expected --noise P beside it, found none"));
            }
            (_, noise) => noise.unwrap_or(0.0),
        };
        let setting = self.setting.unwrap_or(match rule {
            LabRule::Storkey => Setting::AutoZeroed,
            _ => Setting::Hetero,
        });
        let experiment = Experiment::new(rule, setting).steps(self.dynamics).values(self.values).noise(noise);
        Experiment { tie: self.tie.map_or(experiment.tie, Tie::from), ..experiment }.checked()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LabRuleArg {
    /// f(s) = s
    Hebb,
    /// W = Y X⁺, Moore and Penrose's where keys depend on one another
    PseudoInverse,
    /// Storkey's rule
    Storkey,
    /// f(s) = s^K
    Polynomial,
    /// f(s) = e^(βs)
    Exponential,
    /// The nearest keys vote
    Max,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LabStartArg {
    /// The stored key itself
    Pattern,
    /// The stored key with some positions flipped
    Noise,
}

#[derive(Debug, Args)]
#[command(
    after_help = "A check passes if the prediction lies within the interval of what was measured, widened by a tolerance where \
theory is asymptotic or evaluated numerically. Intervals are so wide that a right theory fails in any check at all with probability 1/1000 at the most.\n\n\
Bounds are held to be kept (≤, ≥): they fail where the measured interval is beyond them.\n\n\
With --plant-errors each prediction is falsified: rates by a quarter, thresholds and exponents by a tenth, the \
mean largest overlap by a twentieth, the overlap m to that of a load a tenth larger or at the critical one, bounds by a factor or the missing 2 of their exponent, a zero to what the neighbouring theory \
says. The intervals stay as they are.\n\n\
Exit status: 0 all checks pass, or with --plant-errors all fail; 1 not so.\n\n\
Examples:\n  popfield validate --seed 7\n  popfield validate --plant-errors\n  popfield validate --only attention --full"
)]
pub struct Validate {
    /// Seed of all that is drawn
    #[arg(long, allow_negative_numbers = true, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// More trials and larger dimensions: narrower intervals, in a few minutes
    #[arg(long)]
    pub full: bool,
    /// Falsify every prediction, and see whether every check fails
    #[arg(long)]
    pub plant_errors: bool,
    /// Only checks whose name, subject or source holds this
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
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

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  popfield lecture --out lecture\n\n\
Writes DIR/lecture.html, one page that needs nothing else. Its popfield capacity commands give the same \
figures again.")]
pub struct Lecture {
    /// Folder for the page, made if it is not there
    #[arg(long, value_name = "DIR", default_value = "popfield-lecture")]
    pub out: PathBuf,
    /// Fewer and smaller memories: seconds, with wide intervals
    #[arg(long)]
    pub quick: bool,
    /// Seed of memories and noise
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
pub enum StartArg {
    /// Stored patterns, the first ones, with some positions flipped
    Pattern,
    /// Random patterns
    Random,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OrderArg {
    /// All at once
    Sync,
    /// One after the other, from first to last
    Async,
    /// One after the other, in an order drawn for each sweep
    AsyncRandom,
}

impl OrderArg {
    fn order(self, seed: u64) -> Order {
        match self {
            Self::Sync => Order::Synchronous,
            Self::Async => Order::Fixed,
            Self::AsyncRandom => Order::Random { seed },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UpdateArg {
    /// The field Σ f(s_i) x_ij
    Field,
    /// The energy with the bit down less the energy with it up
    Difference,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiagonalArg {
    /// It does
    Keep,
    /// It does not
    Zero,
}

impl From<DiagonalArg> for Diagonal {
    fn from(diagonal: DiagonalArg) -> Self {
        match diagonal {
            DiagonalArg::Keep => Self::Keep,
            DiagonalArg::Zero => Self::Zero,
        }
    }
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
        let dynamics =
            Dynamics::new(separation).order(self.order.order(seed)).tie(self.tie.into()).step_limit(self.step_limit)?;
        let dynamics = match self.diagonal {
            None => dynamics,
            Some(diagonal) => dynamics.diagonal(diagonal.into()),
        };
        let dynamics = match self.update {
            None => dynamics,
            Some(UpdateArg::Field) => dynamics.update(Update::Field),
            Some(UpdateArg::Difference) => dynamics.update(Update::Difference),
        };
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

/// A learning rule of the library, by name.
#[derive(Clone, Copy, Debug)]
pub struct RuleArg(&'static dyn Rule);

impl RuleArg {
    /// The rule; `--moore-penrose` is an error for any but the pseudo-inverse.
    pub fn rule(self, moore_penrose: bool) -> Result<&'static dyn Rule> {
        const MOORE_PENROSE: PseudoInverse = PseudoInverse { dependence: Dependence::MoorePenrose };
        match (moore_penrose, self.0.name()) {
            (false, _) => Ok(self.0),
            (true, "pseudo-inverse") => Ok(&MOORE_PENROSE),
            (true, name) => {
                Err(Failure::usage(format!("--moore-penrose belongs to --rule pseudo-inverse, found --rule {name}")))
            }
        }
    }
}

fn rules() -> impl TypedValueParser<Value = RuleArg> {
    // The parser lets no other name through.
    let rule = |name: String| RuleArg(*RULES.iter().find(|rule| rule.name() == name).unwrap_or(&RULES[0]));
    PossibleValuesParser::new(RULES.map(|rule| PossibleValue::new(rule.name()).help(rule.about()))).map(rule)
}

#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Rule")]
pub struct RuleArgs {
    /// Learn weights by this rule, in place of a separation
    #[arg(long, value_name = "R", value_parser = rules())]
    pub rule: Option<RuleArg>,
    /// With --rule pseudo-inverse: allow dependent keys, by Moore and Penrose's pseudo-inverse
    #[arg(long, requires = "rule")]
    pub moore_penrose: bool,
}

impl RuleArgs {
    /// The rule asked for, if any; a separation other than linear beside it is an error.
    pub fn resolve(self, separation: Option<SeparationArg>) -> Result<Option<&'static dyn Rule>> {
        let Some(rule) = self.rule else { return Ok(None) };
        if separation.is_some_and(|separation| separation != SeparationArg::Linear) {
            return Err(Failure::usage("--rule: learned weights are linear, found another --separation beside it"));
        }
        rule.rule(self.moore_penrose).map(Some)
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
    /// What turns overlaps into weights (default exponential; linear for dynamics and with --rule)
    #[arg(long, value_name = "S", value_enum)]
    pub separation: Option<SeparationArg>,
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

impl BetaArg {
    /// The number over dimension `dim`.
    pub fn at(self, dim: usize) -> f64 {
        match self {
            Self::Number(beta) => beta,
            Self::InverseRoot => 1.0 / (dim as f64).sqrt(),
        }
    }
}

impl fmt::Display for BetaArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(beta) => write!(f, "{beta}"),
            Self::InverseRoot => f.write_str("1/sqrt(d)"),
        }
    }
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
    /// The separation over keys of dimension `dim`, or `default`; an option of another separation is an error.
    pub fn resolve(self, default: SeparationArg, dim: usize) -> Result<Separation> {
        let separation = self.separation.unwrap_or(default);
        let name = separation.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        let stray = |option: &str, owner: &str| {
            Failure::usage(format!("--{option} belongs to --separation {owner}, found --separation {name}"))
        };
        if self.beta.is_some() && separation != SeparationArg::Exponential {
            return Err(stray("beta", "exponential"));
        }
        if self.degree.is_some() && separation != SeparationArg::Polynomial {
            return Err(stray("degree", "polynomial"));
        }
        Ok(match separation {
            SeparationArg::Exponential => Separation::exponential(self.beta.unwrap_or(BetaArg::Number(1.0)).at(dim))?,
            SeparationArg::Polynomial => Separation::polynomial(self.degree.unwrap_or(2))?,
            SeparationArg::Linear => Separation::Linear,
            SeparationArg::Max => Separation::Max,
        })
    }
}

impl RecallArgs {
    /// The separation over keys of dimension `dim`: linear where a rule learns weights.
    pub fn separation(&self, dim: usize) -> Result<Separation> {
        let rule = self.rule.rule.is_some();
        self.separation.resolve(if rule { SeparationArg::Linear } else { SeparationArg::Exponential }, dim)
    }

    /// How to recall from keys of dimension `dim`.
    pub fn recall(&self, dim: usize) -> Result<Recall> {
        Ok(Recall::new(self.separation(dim)?).steps(self.steps)?.tie(self.tie.into()))
    }
}
