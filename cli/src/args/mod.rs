//! The command line's shape: commands, options, defaults, examples.

mod capacity;
mod check_receipts;
mod drawn;
mod dynamics;
mod figure;
mod inspect;
mod separation;
mod shared;
mod store;
mod stress;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use popfield::dynamics::Diagonal;
use popfield::patterns::NoiseModel;
use popfield::{Recall, Separation, Tie};

pub use capacity::Capacity;
pub use check_receipts::CheckReceipts;
pub use drawn::{NoiseArgs, PackedArgs, RandomArgs};
pub use dynamics::{ClampArg, DynamicsArgs, StartArg};
pub use figure::LookArgs;
pub use inspect::Inspect;
pub use separation::{RuleArg, SeparationArgs};
#[cfg(test)]
pub use shared::ErasedArg;
pub use shared::{
    BinarizeArg, BitOrderArg, Encoding, FormatArg, IndexUse, Input, QueryInput, ScopeArgs, TextArg, Threads,
    ThresholdArg,
};
pub use store::{Append, AssociationArgs, Compact, Create, Export, Forget, Verify};
pub use stress::StressArgs;

use crate::failure::Result;
use separation::{RuleArgs, rules};
use shared::{distance, files_and, named, positive};

/// Exact associative memories: store ±1 patterns, recall them from noise, certified.
#[derive(Debug, Parser)]
#[command(name = "popfield", version, max_term_width = 100)]
#[command(
    after_help = "Files of patterns are arrays (.npy, .npz), texts (.txt), tables (.csv), images and folders of images;\n\
`popfield create --help` tells of each, `popfield inspect F` what one would be read as.\n\
Exit status: 0 done; 1 it ran and the answer is no (validate, verify, check-receipts, stress); 2 bad usage or input; 3 input, output or memory failed; 130 interrupted.\n\
POPFIELD_TIER forces a SIMD tier (see `popfield info --tiers`).\n\n\
Example, in the folder that `popfield demo` leaves, as all examples:\n  popfield inspect noisy.npy\n  \
popfield recall digits.pop --queries noisy.npy --out recalled.npy\n  popfield create mine --keys noisy.npy"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Store patterns in a new memory
    Create(Create),
    /// Store more patterns in a memory
    Append(Append),
    /// Forget associations, by their ids
    Forget(Forget),
    /// Say what a file of patterns would be read as, and the line that stores it
    Inspect(Inspect),
    /// Say what a memory holds, or which SIMD tiers there are
    Info(Info),
    /// Check all that the files of a memory hold
    Verify(Verify),
    /// Give back the space of what was forgotten
    Compact(Compact),
    /// Write what a memory holds as an array, or the memory as one file
    Export(Export),
    /// Recall the patterns that queries prompt
    Recall(RecallArgs),
    /// Find the stored keys nearest to each query
    Search(Search),
    /// Check what proves answers against the memory alone
    CheckReceipts(CheckReceipts),
    /// Write the overlap of every query with every key
    Overlaps(Overlaps),
    /// Make tables by which a memory answers without a scan, what they prove
    Index(IndexArgs),
    /// Say how much noise each stored pattern provably survives
    Basins(BasinsArgs),
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
    /// Write random patterns
    Random(RandomArgs),
    /// Write stored keys with noise, as queries
    Noise(NoiseArgs),
    /// Measure recall on random patterns
    Bench(Bench),
    /// Grow a memory as far as asked, and hold its answers to what was stored and to the definition
    Stress(StressArgs),
    /// Store, corrupt and recall handwritten digits, and show them
    Demo(Demo),
    /// Walk through the theory claim by claim, each beside what is measured now
    Lecture(Lecture),
    /// Write what a shell needs to complete commands and options
    Completions(Completions),
    /// Write the manual, a page or all of them
    Man(Man),
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
    after_help = files_and("Examples:\n  popfield recall digits.pop --queries noisy.npy --out recalled.npy\n  \
popfield recall digits.pop --queries half.txt --out recalled/ --report r.json\n  \
popfield recall digits.pop --queries noisy.npy --separation polynomial \\\n      --degree 3 --steps 5 --tie stay --json\n  \
popfield recall digits.pop --queries noisy.npy \\\n      --rule pseudo-inverse --moore-penrose\n  \
seq 0 9 > seen.txt\n  popfield recall digits.pop --queries noisy.npy --exclude seen.txt\n  \
popfield recall digits.pop --queries noisy.npy --receipts proofs.jsonl")
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
    #[arg(long, value_parser = named::<Diagonal>(), requires = "rule")]
    pub diagonal: Option<Diagonal>,
    /// Whether an index may answer (default auto: where there is one and it is faster); answers are the same
    #[arg(long, value_enum, value_name = "I", default_value_t)]
    pub index: IndexUse,
    /// Steps, each prompted by the answer of the one before
    #[arg(long, allow_negative_numbers = true, value_name = "T", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub steps: u32,
    /// What the sign of a field of exactly 0 is
    #[arg(long, value_name = "P", value_parser = named::<Tie>(), default_value_t = Tie::Plus)]
    pub tie: Tie,
    /// Write the recalled patterns as the ending says: F.npy, int8 ±1, (queries, value dimension); F.png or F.pbm, one
    /// image; a folder (there, or FOLDER/), an image of each, in the shape that came in
    #[arg(long, value_name = "F.npy")]
    pub out: Option<PathBuf>,
    /// With --out of images: positions in a row (default as in the queries, else all)
    #[arg(long, value_name = "W", allow_negative_numbers = true, value_parser = positive, requires = "out")]
    pub width: Option<usize>,
    /// Write them packed: uint8, 8 positions a byte
    #[arg(long, requires = "out")]
    pub packed_out: bool,
    /// Write what is known of each answer: nearest key, certificate, ties; F.json or F.csv
    #[arg(long, value_name = "F", conflicts_with = "rule")]
    pub report: Option<PathBuf>,
    /// Tell that of each query: in the JSON object, or as a table
    #[arg(long, conflicts_with = "rule")]
    pub per_query: bool,
    /// Take the queries one by one, and tell how long one takes: the median, and what 99 in a hundred take at the most
    #[arg(long, conflicts_with_all = ["receipts", "rule"])]
    pub latency: bool,
    /// Write what proves each answer, for `popfield check-receipts`; takes a scan or two for each key that an index finds
    #[arg(long, value_name = "F.jsonl", conflicts_with = "rule")]
    pub receipts: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub scope: ScopeArgs,
    #[command(flatten)]
    pub more: QueryInput,
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Debug, Args)]
#[command(after_help = files_and("Examples:\n  popfield search digits.pop --queries noisy.npy --top 10 --out nearest.npz\n  \
popfield search digits.pop --queries noisy.npy --radius 6\n  \
seq 0 2000 > ids.txt\n  popfield search digits.pop --queries noisy.npy --top 3 \\\n      --only ids.txt --missing ok\n  \
popfield search digits.pop --queries noisy.npy --radius 6 \\\n      --receipts proofs.jsonl"))]
pub struct Search {
    /// The memory
    pub memory: PathBuf,
    /// The queries
    #[arg(long, value_name = "F")]
    pub queries: PathBuf,
    /// Whether an index may answer (default auto: where there is one and it is faster); answers are the same
    #[arg(long, value_enum, value_name = "I", default_value_t)]
    pub index: IndexUse,
    /// The K nearest keys of each query (default 1); all keys, if there are fewer
    #[arg(long, allow_negative_numbers = true, value_name = "K", conflicts_with = "radius", value_parser = positive)]
    pub top: Option<usize>,
    /// All keys within distance R of each query
    #[arg(long, allow_negative_numbers = true, value_name = "R", value_parser = distance)]
    pub radius: Option<u32>,
    /// Write ids (uint64) and distances (uint32), both (queries, K); with --radius one after the other, and offsets
    /// (uint64)
    #[arg(long, value_name = "F.npz")]
    pub out: Option<PathBuf>,
    /// Write what proves each list, for `popfield check-receipts`
    #[arg(long, value_name = "F.jsonl")]
    pub receipts: Option<PathBuf>,
    /// One JSON object; holds ids and distances unless --out does
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub scope: ScopeArgs,
    #[command(flatten)]
    pub more: QueryInput,
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Debug, Args)]
#[command(after_help = files_and("Examples:\n  popfield overlaps digits.pop --queries noisy.npy --out overlaps.npy\n  \
popfield overlaps digits.pop --queries noisy.npy --distances \\\n      --out distances.npy"))]
pub struct Overlaps {
    /// The memory
    pub memory: PathBuf,
    /// The queries
    #[arg(long, value_name = "F")]
    pub queries: PathBuf,
    /// Where the overlaps go: int32, (queries, patterns)
    #[arg(long, value_name = "F.npy")]
    pub out: PathBuf,
    /// Tell Hamming distances over the known positions instead: uint16, or uint32 above 65,535 positions
    #[arg(long)]
    pub distances: bool,
    #[command(flatten)]
    pub more: QueryInput,
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  popfield learn digits.pop --rule storkey\n  \
popfield learn digits.pop --rule pseudo-inverse --moore-penrose \\\n      --diagonal zero --out weights.npy\n  \
popfield learn digits.pop --rule hebb --sample 100\n\n\
What it costs, with n patterns of dimension d and m the smaller of both: hebb learns nothing, and recalls a key by \
n·d/64 words; pseudo-inverse learns by n·m·d/64 words, 3m³ operations and 40m² bytes, and recalls a key by m²; storkey \
learns by n·4d² and 24d² bytes, and recalls a key by d². What takes long is told on a terminal before it begins. Of \
millions of patterns recall a --sample, or learn fewer: `popfield noise part.npy --of MEMORY --count N --noise 0` draws \
them.")]
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
    #[arg(long, value_parser = named::<Diagonal>(), default_value_t = Diagonal::Keep)]
    pub diagonal: Diagonal,
    /// What the sign of a field of exactly 0 is (default stay where patterns recall themselves and the diagonal is
    /// zeroed, as in dynamics, else plus)
    #[arg(long, value_name = "P", value_parser = named::<Tie>())]
    pub tie: Option<Tie>,
    /// Recall only so many of the keys, drawn at random, and tell how far the share of all may be from theirs; what is
    /// learned is all of them
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = positive)]
    pub sample: Option<usize>,
    /// With --sample: seed of what is drawn
    #[arg(long, value_name = "S", allow_negative_numbers = true, default_value_t = 1, requires = "sample")]
    pub seed: u64,
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
#[command(
    after_help = files_and("Examples:\n  popfield basins digits.pop --plot basins.svg --csv basins.csv\n  popfield basins digits.pop --beta 0.25 --radius 20\n  \
popfield basins digits.pop --separation polynomial --degree 9 \\\n      --from-queries noisy.npy\n  \
popfield basins digits.pop --resume basins.run   # again after Ctrl-C: goes on\n\n\
Each position of a pattern that a query has flipped costs 2, each unknown one 1: as long as this is within the\n\
budget of a pattern, it is recalled in every bit, whatever the positions are. Takes half a scan of all patterns for\n\
each, a whole one where some stand in a crowd, and little where --radius is small.")
)]
pub struct BasinsArgs {
    /// The memory
    pub memory: PathBuf,
    /// How far to look around each pattern, 1 to d (default what covers 10 % of the positions flipped; d/2, which misses no
    /// pattern, for linear and polynomial); no budget exceeds it
    #[arg(long, allow_negative_numbers = true, value_name = "R", value_parser = distance)]
    pub radius: Option<u32>,
    /// Only of the patterns that are nearest to these queries (of equally near ones that of the lowest id); all others still
    /// stand around them
    #[arg(long, value_name = "F")]
    pub from_queries: Option<PathBuf>,
    /// Write a line for each pattern: copies, the nearest other, budgets
    #[arg(long, value_name = "F.csv")]
    pub csv: Option<PathBuf>,
    /// Draw how many patterns survive how many flips, as SVG or PNG
    #[arg(long, value_name = "F.svg")]
    pub plot: Option<PathBuf>,
    #[command(flatten)]
    pub look: LookArgs,
    /// Keep what is found in this file, every half minute and when stopped, and go on from there where it exists
    #[arg(long, value_name = "F")]
    pub resume: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub separation: SeparationArgs,
    #[command(flatten)]
    pub scope: ScopeArgs,
    #[command(flatten)]
    pub more: QueryInput,
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  popfield index digits.pop\n  popfield index digits.pop --tables 4 --chunk 12\n  \
popfield basins digits.pop          # kept in the index, once there is one\n  \
popfield recall digits.pop --queries noisy.npy --report report.json")]
pub struct IndexArgs {
    /// The memory
    pub memory: PathBuf,
    /// Tables, each of a chunk of positions (default all chunks, 64 at the most)
    #[arg(long, allow_negative_numbers = true, value_name = "T", value_parser = positive)]
    pub tables: Option<usize>,
    /// Positions of a chunk, 4 to 30 (default near log2 of the patterns, more where they have much in common)
    #[arg(long, allow_negative_numbers = true, value_name = "BITS", value_parser = clap::value_parser!(u32).range(4..=30))]
    pub chunk: Option<u32>,
    /// Bytes that the tables may take: as many tables as fit
    #[arg(long, allow_negative_numbers = true, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..))]
    pub budget: Option<u64>,
    /// Bring the index up to date instead, with the same chunks, and the basins in it: a scan for each pattern stored since
    #[arg(long, conflicts_with_all = ["tables", "chunk", "budget", "remove"])]
    pub update: bool,
    /// Take the index away
    #[arg(long, conflicts_with_all = ["tables", "chunk", "budget"])]
    pub remove: bool,
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
    #[command(flatten)]
    pub look: LookArgs,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  popfield bench --patterns 1000000 --dim 512 --batch 256\n  \
popfield bench --separation linear --patterns 560 --dim 4096 --batch 1 --json\n  popfield bench --suite --threads 1  # minutes\n  \
popfield bench --growth growth.svg  # minutes")]
pub struct Bench {
    /// The standard grid of cases instead of one
    #[arg(long, conflicts_with_all = ["patterns", "dim", "batch", "noise", "noise_model", "separation", "beta", "degree"])]
    pub suite: bool,
    /// How time and memory grow with patterns, dimension, batch, noise and threads, drawn here (.svg or .png)
    #[arg(long, value_name = "FIGURE", conflicts_with_all = ["suite", "patterns", "dim", "batch", "noise", "noise_model", "separation", "beta", "degree"])]
    pub growth: Option<PathBuf>,
    #[command(flatten)]
    pub look: LookArgs,
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
    #[arg(long, value_parser = named::<NoiseModel>(), default_value_t = NoiseModel::Exact)]
    pub noise_model: NoiseModel,
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
    after_help = "A check passes if the prediction lies within the interval of what was measured, widened by a tolerance where \
theory is asymptotic or evaluated numerically. Intervals are so wide that a right theory fails in any check at all with probability 1/1000 at the most.\n\n\
Bounds are held to be kept (≤, ≥): they fail where the measured interval is beyond them.\n\n\
With --plant-errors each prediction is falsified: rates by a quarter, thresholds and exponents by a tenth, the \
mean largest overlap by a twentieth, the overlap m to that of a load a tenth larger or at the critical one, bounds by a factor or the missing 2 of their exponent, a zero to what the neighbouring theory \
says. The intervals stay as they are.\n\n\
Exit status: 0 all checks pass, or with --plant-errors all fail; 1 not so.\n\n\
Examples:\n  popfield validate --seed 7\n  popfield validate --plant-errors\n  popfield validate --only attention --full  # minutes"
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
    /// Folder for the pictures, and for the digits as files to go on with; made if it is not there
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

#[derive(Debug, Args)]
#[command(after_help = "Examples, after which a new shell has them:\n  \
mkdir -p ~/.local/share/bash-completion/completions ~/.config/fish/completions\n  \
popfield completions bash \\\n      > ~/.local/share/bash-completion/completions/popfield\n  \
popfield completions fish > ~/.config/fish/completions/popfield.fish\n\n\
For zsh, into a folder DIR of $fpath: popfield completions zsh > DIR/_popfield")]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples, after which `man popfield` and `man popfield-recall` show them:\n  \
mkdir -p ~/.local/share/man\n  popfield man --out ~/.local/share/man/man1")]
pub struct Man {
    /// Folder for the pages, popfield.1 and one of each command, made if it is not there (default: the first page, on
    /// standard output)
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

impl RecallArgs {
    /// The separation over keys of dimension `dim`: linear where a rule learns weights.
    pub fn separation(&self, dim: usize) -> Result<Separation> {
        let rule = self.rule.rule.is_some();
        self.separation.resolve(if rule { "linear" } else { "exponential" }.parse()?, dim)
    }

    /// How to recall from keys of dimension `dim`.
    pub fn recall(&self, dim: usize) -> Result<Recall> {
        Ok(Recall::new(self.separation(dim)?).steps(self.steps)?.tie(self.tie))
    }
}
