//! Options that several commands have.

use clap::{Args, ValueEnum};
use popfield::{Diagonal, NoiseModel, Tie};

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

/// A number of things.
pub fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number of at least 1".into()),
        Ok(number) => Ok(number),
    }
}
