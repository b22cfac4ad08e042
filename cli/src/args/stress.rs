//! How far memories are grown, and how they are asked.

use std::path::PathBuf;

use clap::Args;

use super::figure::LookArgs;
use super::separation::SeparationArgs;
use super::shared::{Threads, positive};

#[derive(Debug, Args)]
#[command(
    after_help = "Memories of 1,000, 10,000, … and N random patterns, each asked for Q of them with exactly round(P·D) \
positions flipped. Recalled is an answer that is the stored pattern in every bit; under noise another key may be \
nearer. Wrong is a bit that is not the sign of the exact field: some answers of each size are held to the definition, \
by loops over patterns that are drawn anew.\n\n\
The bytes that it will take are told beforehand, and what the machine has not is refused with status 3. With --store \
the patterns are appended to a new store, in constant memory, and recalled from its files, which are mapped.\n\n\
With --hours the operations follow from the seed, which is told with whatever is wrong.\n\n\
Exit status: 0 no answer was wrong; 1 one was.\n\n\
Examples:\n  popfield stress --patterns 1000000 --dim 512\n  \
popfield stress --patterns 1000000000 --dim 64 --plot cost.svg  # needs 9 GiB\n  \
popfield stress --patterns 10000000 --dim 1024 --store memory  # minutes\n  \
popfield stress --patterns 1000000 --dim 256 --store soaked --hours 1"
)]
pub struct StressArgs {
    /// Random patterns stored in the end
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = positive)]
    pub patterns: usize,
    /// Their dimension
    #[arg(long, allow_negative_numbers = true, value_name = "D", value_parser = positive)]
    pub dim: usize,
    /// Fraction of each query's positions flipped
    #[arg(long, allow_negative_numbers = true, value_name = "P", default_value_t = 0.1)]
    pub noise: f64,
    #[command(flatten)]
    pub separation: SeparationArgs,
    /// Queries at each size
    #[arg(long, allow_negative_numbers = true, value_name = "Q", default_value_t = 1000, value_parser = positive)]
    pub queries: usize,
    /// Grow in a store: a folder that is not there yet, or an empty one; it stays
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// Seed of all that is drawn
    #[arg(long, allow_negative_numbers = true, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Draw cost against patterns (.svg or .png)
    #[arg(long, value_name = "F.svg")]
    pub plot: Option<PathBuf>,
    #[command(flatten)]
    pub look: LookArgs,
    /// Instead of growing, soak the store for so many hours: random changes by a writer that is killed again and again,
    /// searches and recalls, all held to a model; --patterns is how many are there on average
    #[arg(long, allow_negative_numbers = true, value_name = "H", value_parser = hours, requires = "store",
        conflicts_with_all = ["queries", "plot"])]
    pub hours: Option<f64>,
    /// Be the writer of a soak: take lines, and answer each
    #[arg(long, hide = true, requires = "store")]
    pub writer: bool,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub threads: Threads,
}

/// A time in hours: up to a year.
fn hours(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(hours) if hours > 0.0 && hours <= 8784.0 => Ok(hours),
        _ => Err("expected a number of hours above 0, up to 8784".into()),
    }
}
