//! What the demo leaves to go on with: the digits as a memory, noisy ones, halves, and three commands about them.

use std::io::Write;
use std::path::{Path, PathBuf};

use popfield::patterns::{NoiseModel, Notes, add_noise};
use popfield::{Memory, Patterns, Queries};

use super::digits::{Digits, SIDE};
use crate::commands::store::write;
use crate::failure::Result;
use crate::output::{OutFile, npy, written};
use crate::shell::{program, quoted};

/// The share of pixels that are flipped in noisy digits.
const NOISE: f64 = 0.1;

/// The files, by their names.
const MEMORY: &str = "digits.pop";
const NOISY: &str = "noisy.npy";
const HALF: &str = "half.txt";

/// Writes the files into `folder`: all digits, each labelled with its numeral; one of each with noise; and one of each of
/// which the lower half is unknown.
pub fn files(folder: &Path, digits: &Digits, half: &Queries, seed: u64) -> Result<Vec<OutFile>> {
    let labels: Vec<String> = digits.labels.iter().map(u8::to_string).collect();
    let notes = Notes::from([("shape".to_owned(), format!("{SIDE}x{SIDE}"))]);
    let memory = Memory::auto_associative(digits.images.clone())?.with_labels(&labels)?.with_notes(notes);
    let mut of_memory = OutFile::create(&folder.join(MEMORY))?;
    write(memory.view(), &mut of_memory)?;
    let chosen: Vec<_> = digits.one_of_each().into_iter().filter_map(|i| digits.images.get(i)).collect();
    let chosen: Patterns = chosen.iter().collect::<popfield::Result<_>>()?;
    let noisy = add_noise(&chosen, NOISE, NoiseModel::Exact, seed)?;
    let of_noisy = written(OutFile::create(&folder.join(NOISY))?, |file| {
        let mut writer = npy::<i8>(file, &[noisy.len() as u64, SIDE as u64, SIDE as u64])?;
        noisy.iter().try_for_each(|pattern| writer.extend(pattern.to_signs()))?;
        writer.finish()
    })?;
    let of_half = written(OutFile::create(&folder.join(HALF))?, |file| {
        for (at, query) in half.iter().enumerate() {
            let mark = |j: usize| match query.known() {
                Some(known) if !known.bits()[j] => '?',
                _ if query.signs().bits()[j] => '#',
                _ => '.',
            };
            let line = |y: usize| (y * SIDE..(y + 1) * SIDE).map(mark).collect::<String>() + "\n";
            let picture: String = (0..SIDE).map(line).collect();
            write!(file, "{}{picture}", if at > 0 { "\n" } else { "" })?;
        }
        Ok(())
    })?;
    Ok(vec![of_memory, of_noisy, of_half])
}

/// The commands to go on with, each with what it does; they run from where the user stands.
pub fn next(folder: &Path) -> Vec<(String, &'static str)> {
    let place = |name: &str| quoted(&folder.join(name));
    let (program, memory) = (program(), place(MEMORY));
    vec![
        (format!("{program} recall {memory} --queries {}", place(HALF)), "digits of which the lower half is unknown"),
        (
            format!("{program} search {memory} --queries {} --top 3", place(NOISY)),
            "the nearest of the 1,797 to noisy ones",
        ),
        (format!("{program} inspect {}", place(NOISY)), "what a file holds, yours too, and the line that stores it"),
    ]
}

/// Where the files lie.
pub fn places(folder: &Path) -> [PathBuf; 3] {
    [MEMORY, NOISY, HALF].map(|name| folder.join(name))
}
