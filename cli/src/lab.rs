//! What the laboratory refuses, in the words of the command line.

use popfield::ErrorKind;
use popfield_lab::{Error, Part, Point};

use crate::failure::Failure;
use crate::report::bytes as in_units;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Engine(error) => error.into(),
            Error::Experiment { part, expected, found } => {
                Self::usage(format!("--{}: expected {expected}, found {found}", option(part)))
            }
            Error::AllAsked { queries } => Self::usage(format!(
                "--queries: expected none beside --observable all, which asks all keys, found {queries}"
            )),
            Error::NothingToSearch { observable } => Self::usage(format!(
                "--observable {observable}: expected one of --load, --rate and --patterns beside it, found none; what is searched is the \
                 success of pattern or all"
            )),
            Error::NoPrediction { about, has, found } => {
                let has = has.into_iter().chain(["none"]).collect::<Vec<_>>().join(", ");
                Self::usage(format!("--theory: expected what says something about {about} ({has}), found {found:?}"))
            }
            Error::NoCheck { found } => Self::usage(format!(
                "--only: expected a part of the name, subject or source of a check, found {found:?}"
            )),
            Error::TooLarge { rule, what, most, point: Point { dim, patterns }, bytes } => Self::usage(format!(
                "{rule}: expected {what} of at most {most}, found n = {patterns}, d = {dim}, which would take {} of matrices",
                in_units(bytes as f64)
            )),
            Error::OutOfMemory { bytes, point: Point { dim, patterns }, available } => {
                let room = available.map_or_else(
                    || "more than any machine has".to_owned(),
                    |bytes| format!("{} available", in_units(bytes as f64)),
                );
                Self::Resource(format!(
                    "out of memory: {bytes} bytes ({}) needed for {patterns} patterns of dimension {dim}, {room}",
                    in_units(bytes as f64)
                ))
            }
            error if error.kind() == ErrorKind::Resource => Self::Resource(error.to_string()),
            error => Self::usage(error),
        }
    }
}

/// The option that says this part of an experiment.
fn option(part: Part) -> &'static str {
    match part {
        Part::Setting => "setting",
        Part::Steps => "dynamics",
        Part::Values => "values",
        Part::Tie => "tie",
        Part::Noise => "noise",
        Part::Dimension => "dim",
        Part::Load => "load",
        Part::Rate => "rate",
        Part::Patterns => "patterns",
        Part::Sampled => "memories sampled",
        // What this command line does not know yet.
        _ => "rule",
    }
}
