//! What a file of patterns would be read as.

use std::path::PathBuf;

use clap::Args;

use super::shared::{Input, QueryInput, Threads, files_and};

#[derive(Debug, Args)]
#[command(after_help = files_and("Examples:\n  popfield inspect noisy.npy\n  popfield inspect half.txt --show 10\n  popfield inspect digits.pop --json\n\n\
Where a file cannot be read without being told how, this tells what it holds and which options say so. Shares and\n\
constant positions are of all patterns; what takes time or memory beyond bounds is of some of them, and says so."))]
pub struct Inspect {
    /// A file of patterns, a folder of images, or a memory
    pub file: PathBuf,
    /// Patterns drawn in the terminal
    #[arg(long, allow_negative_numbers = true, value_name = "N", default_value_t = 4)]
    pub show: usize,
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
