//! What makes memories, changes them and takes them out.

use std::path::PathBuf;

use clap::Args;

use super::shared::{Input, MissingArg, Threads, files_and, positive};

/// Associations from files.
#[derive(Clone, Debug, Args)]
pub struct AssociationArgs {
    /// The values, one for each key, from as many files as there are; without them keys are their own values
    #[arg(long, value_name = "F", num_args = 1.., requires = "keys")]
    pub values: Vec<PathBuf>,
    /// An id for each key: a line each, or an .npy of integers (default: counted, above the largest ever given)
    #[arg(long, value_name = "F", requires = "keys")]
    pub ids: Option<PathBuf>,
    /// A label for each key, a line each; an empty line is none (default for folders of images: their names)
    #[arg(long, value_name = "F", requires = "keys")]
    pub labels: Option<PathBuf>,
    /// Dimension of packed values, if not that of the keys; of the values that an empty memory will have
    #[arg(long, allow_negative_numbers = true, value_name = "E", value_parser = positive)]
    pub value_dim: Option<usize>,
}

#[derive(Debug, Args)]
#[command(after_help = files_and("Examples:\n  popfield create mine --keys noisy.npy\n  popfield create digits --from digits.pop\n  \
popfield recall digits.pop --queries noisy.npy --out faces/\n  popfield create people --keys faces/  # labelled by the names of the images\n  \
popfield random codes.npy --patterns 1000 --dim 512 --packed-out\n  \
popfield random words.npy --patterns 1000 --dim 64\n  \
popfield create codes --keys codes.npy --packed\n  \
popfield create pairs --keys words.npy --values words.npy\n  \
popfield create empty --dim 512 --value-dim 64\n  \
printf '0.2,-1.5,3\\n1,2,-0.5\\n' > real.csv\n  popfield create real --keys real.csv --binarize sign"))]
pub struct Create {
    /// The memory to make: a folder
    pub memory: PathBuf,
    /// The keys, one file after the other; none with --dim makes an empty memory, of values too with --value-dim
    #[arg(long, value_name = "F", num_args = 1.., required_unless_present_any = ["from", "dim"])]
    pub keys: Vec<PathBuf>,
    #[command(flatten)]
    pub associations: AssociationArgs,
    /// Take all from this memory, a file or a folder
    #[arg(long, value_name = "MEMORY", conflicts_with_all = [
        "keys", "dim", "values", "ids", "labels", "value_dim", "encoding", "binarize", "packed", "bitorder", "text", "threshold", "format"
    ])]
    pub from: Option<PathBuf>,
    /// Replace the memory if it exists
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub threads: Threads,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = files_and("Examples:\n  popfield append digits.pop --keys noisy.npy\n  \
popfield create mine --keys noisy.npy\n  seq 100 109 > ids.txt\n  popfield append mine --keys noisy.npy --ids ids.txt"))]
pub struct Append {
    /// The memory
    pub memory: PathBuf,
    /// The keys, one file after the other
    #[arg(long, value_name = "F", num_args = 1.., required = true)]
    pub keys: Vec<PathBuf>,
    #[command(flatten)]
    pub associations: AssociationArgs,
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub threads: Threads,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  seq 1790 1800 > gone.txt\n  popfield forget digits.pop --ids gone.txt --missing ok"
)]
pub struct Forget {
    /// The memory
    pub memory: PathBuf,
    /// The ids to forget: a line each, or an .npy of integers; - is standard input
    #[arg(long, value_name = "F")]
    pub ids: PathBuf,
    /// Pass over ids that no association has (default: they are an error, and nothing is forgotten)
    #[arg(long, value_enum, value_name = "M")]
    pub missing: Option<MissingArg>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "An index beside the memory is looked at too; one that is whole but of other patterns is no damage.\n\n\
                  Exit status: 0 all is as it was written; 1 something is damaged.\n\nExample:\n  popfield verify digits.pop"
)]
pub struct Verify {
    /// The memory
    pub memory: PathBuf,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  popfield create digits --from digits.pop\n  popfield compact digits")]
pub struct Compact {
    /// The memory, a folder
    pub memory: PathBuf,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  popfield export digits.pop --out digits.npy --ids-out ids.npy\n  \
popfield export digits.pop --out packed.npy --packed-out\n  \
popfield create mine --keys noisy.npy\n  popfield export mine --out mine.pop")]
pub struct Export {
    /// The memory
    pub memory: PathBuf,
    /// What to write, by its ending: .npy the keys in storing order, int8 ±1; .pop the memory as one file
    #[arg(long, value_name = "F")]
    pub out: PathBuf,
    /// The values instead of the keys
    #[arg(long)]
    pub values: bool,
    /// Write packed bits, as numpy.packbits does
    #[arg(long)]
    pub packed_out: bool,
    /// Write the ids: uint64, in storing order
    #[arg(long, value_name = "F.npy")]
    pub ids_out: Option<PathBuf>,
    /// Replace a memory that stands at --out
    #[arg(long)]
    pub force: bool,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}
