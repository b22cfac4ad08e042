//! Patterns that are drawn: at random, or from those of a memory.

use std::path::PathBuf;

use clap::Args;
use popfield::patterns::NoiseModel;

use super::shared::{BitOrderArg, Threads, named, positive};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  popfield random keys.npy --patterns 1000 --dim 256\n  \
popfield random keys.npy --patterns 1000000 --dim 512 --seed 7 --packed-out\n\n\
The same seed draws the same patterns on every machine, and the first of them however many are drawn: those of \
popfield bench, and in Rust Patterns::random(N, D, S, \"keys\").")]
pub struct RandomArgs {
    /// The file to write: int8 ±1, (patterns, dimension)
    #[arg(value_name = "OUT.npy")]
    pub out: PathBuf,
    /// Patterns of independent fair ±1
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = positive)]
    pub patterns: usize,
    /// Their dimension
    #[arg(long, allow_negative_numbers = true, value_name = "D", value_parser = positive)]
    pub dim: usize,
    /// Seed of the patterns
    #[arg(long, allow_negative_numbers = true, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub packed: PackedArgs,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  popfield noise more.npy --of digits.pop --count 100 --noise 0.1 \\\n      --ids-out ids.npy\n  \
popfield recall digits.pop --queries more.npy --out recalled.npy\n\n\
Each key is drawn from all that are stored, so that some may come several times. The same seed draws the same keys and \
noise on every machine: of a memory of random patterns those of popfield bench."
)]
pub struct NoiseArgs {
    /// The file to write: int8 ±1, (count, dimension)
    #[arg(value_name = "OUT.npy")]
    pub out: PathBuf,
    /// The memory whose keys are drawn
    #[arg(long, value_name = "MEMORY")]
    pub of: PathBuf,
    /// Keys drawn
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = positive)]
    pub count: usize,
    /// Fraction of each one's positions flipped
    #[arg(long, allow_negative_numbers = true, value_name = "P")]
    pub noise: f64,
    /// How noise picks positions
    #[arg(long, value_parser = named::<NoiseModel>(), default_value_t = NoiseModel::Exact)]
    pub noise_model: NoiseModel,
    /// Seed of what is drawn and of the noise
    #[arg(long, allow_negative_numbers = true, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Write the ids of the keys that were drawn: uint64, (count)
    #[arg(long, value_name = "F.npy")]
    pub ids_out: Option<PathBuf>,
    #[command(flatten)]
    pub packed: PackedArgs,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub threads: Threads,
}

/// How arrays of patterns are written.
#[derive(Clone, Copy, Debug, Args)]
pub struct PackedArgs {
    /// Write them packed: uint8, 8 positions a byte
    #[arg(long)]
    pub packed_out: bool,
    /// Which bit of a packed byte comes first (default big)
    #[arg(long, value_enum, requires = "packed_out")]
    pub bitorder: Option<BitOrderArg>,
}
