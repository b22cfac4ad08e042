//! The options and places of a command line that reads a file as it was read.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::args::{Input, ThresholdArg};

/// The options by which files are read, each with a space before it, as they were given.
pub fn options_of(input: &Input) -> String {
    fn word(value: Option<impl ValueEnum>) -> Option<String> {
        value.and_then(|value| value.to_possible_value()).map(|value| value.get_name().to_owned())
    }
    let threshold = input.threshold.map(|threshold| match threshold {
        ThresholdArg::Grey(grey) => grey.to_string(),
        ThresholdArg::Otsu => "otsu".into(),
    });
    let options = [
        ("--encoding", word(input.encoding)),
        ("--binarize", input.binarize.map(|method| method.to_string())),
        ("--packed", input.packed.then(String::new)),
        ("--dim", input.dim.map(|dim| dim.to_string())),
        ("--bitorder", word(input.bitorder)),
        ("--text", word(input.text)),
        ("--threshold", threshold),
        ("--format", word(input.format)),
    ];
    let given = options.into_iter().filter_map(|(option, value)| Some(format!(" {option} {}", value?)));
    given.map(|option| option.trim_end().to_owned()).collect()
}

/// Where a memory of the patterns of a file could be made: its name with another ending, one that is not there yet.
pub fn place_of(file: &Path) -> PathBuf {
    let stem = match file.file_stem() {
        Some(stem) if file != Path::new("-") => stem.to_string_lossy().into_owned(),
        _ => "memory".to_owned(),
    };
    let mut place = PathBuf::from(format!("{stem}.pop"));
    for number in 2.. {
        if place.symlink_metadata().is_err() {
            break;
        }
        place = PathBuf::from(format!("{stem}-{number}.pop"));
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_has_a_place_of_its_own() {
        assert_eq!(place_of(Path::new("-")), Path::new("memory.pop"));
        assert_eq!(place_of(Path::new("nowhere/digits.npy")), Path::new("digits.pop"));
        assert_eq!(place_of(Path::new("faces/")), Path::new("faces.pop"));
        // Tests run where their crate stands.
        assert_eq!(place_of(Path::new("Cargo.toml")), Path::new("Cargo.pop"));
    }
}
