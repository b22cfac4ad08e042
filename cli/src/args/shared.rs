//! Options that several commands have.

use std::error::Error;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use popfield::Named;

/// How files of patterns are read.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Input")]
pub struct Input {
    /// What the numbers of arrays and tables mean: pm1 for ±1, 01 for 0 and 1 (default: pm1 in arrays, bools need
    /// neither; tables tell by what they hold)
    #[arg(long, value_enum, conflicts_with = "packed")]
    pub encoding: Option<Encoding>,
    /// Make ±1 of the numbers of arrays and tables, grey levels or real values: +1 where a number is above, −1 where it
    /// is at or below 0 (sign), the mean or the median of its position over all keys, what divides all numbers of the
    /// keys best (otsu), or N. The memory remembers it, and reads what comes later by the thresholds of its keys
    #[arg(
        long, allow_negative_numbers = true, value_name = "sign|mean|median|otsu|N", value_parser = binarize,
        conflicts_with_all = ["encoding", "packed"]
    )]
    pub binarize: Option<BinarizeArg>,
    /// Arrays are packed bits: uint8, 8 positions a byte, as by numpy.packbits, or uint64, 64 a word, the lowest bit first
    #[arg(long)]
    pub packed: bool,
    /// Arrays are packed bits if they are of bytes or words: so the memory's keys were read.
    #[arg(skip)]
    pub packed_if_bytes: bool,
    /// Dimension of the patterns (default for packed keys: every bit of a row)
    #[arg(long, allow_negative_numbers = true, value_name = "D", value_parser = positive)]
    pub dim: Option<usize>,
    /// Which bit of a packed byte comes first (default big)
    #[arg(long, value_enum)]
    pub bitorder: Option<BitOrderArg>,
    /// What a pattern of a text or table is: a line, or the lines up to a blank one (default: pictures if a blank line
    /// stands between patterns, else lines)
    #[arg(long, value_enum)]
    pub text: Option<TextArg>,
    /// Image pixels darker than this are ink, +1: a grey of 0 to 256, or otsu to divide each image by its own greys
    /// (default 128)
    #[arg(long, allow_negative_numbers = true, value_name = "GREY", value_parser = threshold)]
    pub threshold: Option<ThresholdArg>,
    /// What comes through `-` or a pipe, or stands in a file whose ending does not tell
    #[arg(long, value_enum)]
    pub format: Option<FormatArg>,
}

/// How files of queries are read, beyond what goes for any pattern.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Input")]
pub struct QueryInput {
    /// Take 0 as an unknown position in arrays and tables that hold no −1 (beside −1 it always is one)
    #[arg(long, value_enum)]
    pub erased: Option<ErasedArg>,
}

/// Which associations exist for a call.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Scope")]
pub struct ScopeArgs {
    /// Answer as if there were only these associations: their ids, a line each, or an .npy of integers
    #[arg(long, value_name = "F")]
    pub only: Option<PathBuf>,
    /// Answer as if these associations were not there; with --only, those that it names less these
    #[arg(long, value_name = "F")]
    pub exclude: Option<PathBuf>,
    /// Pass over ids that no association has (default: they are an error)
    #[arg(long, value_enum, value_name = "M")]
    pub missing: Option<MissingArg>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MissingArg {
    Ok,
}

/// The end of a command's help: what files of patterns are, and examples.
pub fn files_and(examples: &str) -> String {
    format!("{FILES}\n\n{examples}")
}

/// Lines of at most 80 characters, which no terminal breaks.
const FILES: &str = "\
Files of patterns, by their ending:
  .npy       (patterns, dimension) or (patterns, height, width): bools, ±1, 0/1
             with --encoding 01, packed bits with --packed; greys and real
             values with --binarize
  .npz       the same; F.npz:NAME where it holds several arrays
  .txt       + and -, or 1 and 0, or # and .; ? is an unknown position of a
             query. A line is a pattern; where blank lines divide patterns, the
             lines between are one picture (--text)
  .csv .tsv  numbers divided by commas, semicolons, tabs or spaces (in .txt
             too): ±1 or 0/1, or any with --binarize, below a line of names or
             not
  images     PNG, JPEG, TIFF, PBM, PGM, PPM, PAM, BMP, GIF, WebP: dark is +1.
             Pages of TIFF and images of a PNM stream are a pattern each;
             frames are refused. Alpha is laid over white, tags turn as viewers
             turn, and grey = 0.2126 R + 0.7152 G + 0.0722 B
  a folder   its images, in natural order of their names (2 before 10); hidden
             files are passed over
  -          standard input, and any pipe: --format says what comes";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextArg {
    /// A line is a pattern
    Lines,
    /// The lines up to a blank one are a pattern
    Pictures,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ErasedArg {
    /// 0 is unknown
    Zero,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// A NumPy array
    Npy,
    /// An archive of NumPy arrays
    Npz,
    /// Characters, or numbers divided by commas, semicolons, tabs or spaces
    Text,
    /// Numbers divided by commas, semicolons, tabs or spaces
    Csv,
    /// An image
    Image,
}

/// Which pixels are ink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThresholdArg {
    /// Those darker than this, of 255.
    Grey(u16),
    /// Those darker than what divides the greys of their image best (Otsu 1979).
    Otsu,
}

fn threshold(text: &str) -> Result<ThresholdArg, String> {
    match (text, text.parse()) {
        ("otsu", _) => Ok(ThresholdArg::Otsu),
        (_, Ok(grey @ 0..=256)) => Ok(ThresholdArg::Grey(grey)),
        _ => Err("expected a grey of 0 to 256, or otsu".into()),
    }
}

/// Above what a number is +1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BinarizeArg {
    /// 0.
    Sign,
    /// The mean of its position.
    Mean,
    /// The median of its position.
    Median,
    /// What divides all numbers best (Otsu 1979).
    Otsu,
    /// This number.
    Above(f64),
}

impl BinarizeArg {
    /// The method that `text` names, as [`Display`](std::fmt::Display) writes it.
    pub fn of(text: &str) -> Option<Self> {
        match (text, text.parse::<f64>()) {
            ("sign", _) => Some(Self::Sign),
            ("mean", _) => Some(Self::Mean),
            ("median", _) => Some(Self::Median),
            ("otsu", _) => Some(Self::Otsu),
            (_, Ok(number)) if number.is_finite() => Some(Self::Above(number)),
            _ => None,
        }
    }

    /// The threshold of every position, where it is known without the keys.
    pub fn constant(self) -> Option<f64> {
        match self {
            Self::Sign => Some(0.0),
            Self::Above(number) => Some(number),
            Self::Mean | Self::Median | Self::Otsu => None,
        }
    }
}

impl std::fmt::Display for BinarizeArg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sign => f.write_str("sign"),
            Self::Mean => f.write_str("mean"),
            Self::Median => f.write_str("median"),
            Self::Otsu => f.write_str("otsu"),
            Self::Above(number) => write!(f, "{number}"),
        }
    }
}

fn binarize(text: &str) -> Result<BinarizeArg, String> {
    BinarizeArg::of(text).ok_or_else(|| "expected sign, mean, median, otsu or a number".into())
}

/// One of a library's choices, by its name.
pub fn named<T>() -> impl TypedValueParser<Value = T>
where
    T: Named + FromStr<Err: Error + Send + Sync + 'static> + Send + Sync,
{
    let aliases = |name| T::ALIASES.iter().filter(move |alias| alias.1 == name).map(|alias| alias.0);
    let value = |value: &T| PossibleValue::new(value.name()).help(value.about()).aliases(aliases(value.name()));
    let values = T::ALL.iter().map(value);
    PossibleValuesParser::new(values).try_map(|name| name.parse())
}

#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Threads {
    /// Threads, 1 to the larger of 256 and four for each core (default: all cores)
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = threads)]
    threads: Option<usize>,
}

impl Threads {
    /// As many as asked for, or as there are cores.
    pub fn count(self) -> usize {
        self.threads.unwrap_or_else(cores)
    }
}

/// Cores that the process may use.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A number of threads: thousands would take seconds to start and stop, on any machine.
fn threads(text: &str) -> Result<usize, String> {
    let most = (4 * cores()).max(256);
    match text.parse() {
        Ok(count) if (1..=most).contains(&count) => Ok(count),
        _ => Err(format!("expected a whole number from 1 to {most}, the larger of 256 and four for each core")),
    }
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

/// A Hamming distance.
pub fn distance(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("expected a whole number of 0 to {}", u32::MAX))
}

/// A number of things.
pub fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number of at least 1".into()),
        Ok(number) => Ok(number),
    }
}

/// Whether an index may answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum IndexUse {
    /// Where there is one and it is faster
    #[default]
    Auto,
    /// Never
    Off,
}
