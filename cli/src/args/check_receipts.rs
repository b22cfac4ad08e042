//! `check-receipts`: what is checked against what.

use std::path::PathBuf;

use clap::Args;

use super::shared::Threads;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  popfield recall digits.pop --queries noisy.npy --receipts proofs.jsonl\n  \
popfield check-receipts digits.pop proofs.jsonl\n\n\
Every number of the file is computed again from the stored patterns, by code that shares none with recall and search and \
reads no index: one pass over the patterns for many keys or queries at a time. A line that was changed, moved or taken away \
is refused by its hash; a number that is wrong is refused whatever the hash.\n\n\
Exit status: 0 everything holds; 1 something does not; 2 it is no file of receipts, or of another format.")]
pub struct CheckReceipts {
    /// The memory
    pub memory: PathBuf,
    /// The receipts, of `popfield recall` or `popfield search`
    #[arg(value_name = "F.jsonl")]
    pub receipts: PathBuf,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub threads: Threads,
}
