//! Patterns of characters: `+` and `-`, `1` and `0`, or `#` and `.`; `?` for an erased position.

use super::lines::{Line, Mark, Marks};
use super::{Loaded, Reading};
use crate::failure::{Failure, Result};

/// The alphabets: +1, −1, and how they are told in messages.
const ALPHABETS: [(char, char, &str); 3] = [('+', '-', "+ and -"), ('1', '0', "1 and 0"), ('#', '.', "# and .")];

/// The right form, in a sentence.
const FORM: &str = "a file of patterns holds + and -, or 1 and 0, or # and .";

/// What is told of characters that are to be made ±1.
pub const NO_NUMBERS: &str = "--binarize is for numbers: expected arrays or tables, found characters";

/// Where a character stands: line and column, from 1.
type Place = (usize, usize);

/// The alphabet of a file, and the character that told it.
#[derive(Clone, Copy)]
struct Told {
    alphabet: usize,
    character: char,
    place: Place,
}

pub struct Characters {
    marks: Marks,
    told: Option<Told>,
}

impl Characters {
    pub fn begin(line: &Line<'_>, reading: &Reading<'_>) -> Result<Self> {
        if reading.options.encoding.is_some() {
            return Err(reading.failure("--encoding is for numbers: expected arrays or tables, found characters"));
        }
        if reading.options.binarize.is_some() {
            return Err(reading.failure(NO_NUMBERS));
        }
        if reading.erased_zero {
            return Err(reading.failure("--erased zero is for numbers: in characters ? is an unknown position"));
        }
        Ok(Self { marks: Marks::new(line.text.chars().count(), line.number, reading)?, told: None })
    }

    pub fn line(&mut self, line: &Line<'_>, reading: &Reading<'_>) -> Result<()> {
        // What stands there is told before how much of it there is: the line may be no pattern at all.
        let found = line.text.chars().count();
        let mut marks = Vec::with_capacity(found);
        for (at, character) in line.text.chars().enumerate() {
            let mark = self.mark(character, (line.number, at + 1), reading);
            marks.push(mark.map_err(|failure| of_hexadecimal(line, reading).unwrap_or(failure))?);
        }
        self.marks.begin(line, found, "positions", reading)?;
        self.marks.extend(&marks);
        Ok(())
    }

    fn mark(&mut self, character: char, place: Place, reading: &Reading<'_>) -> Result<Mark> {
        // Most are of the alphabet that was told.
        match self.told.map(|told| ALPHABETS[told.alphabet]) {
            Some((plus, ..)) if character == plus => return Ok(Mark::Plus),
            Some((_, minus, _)) if character == minus => return Ok(Mark::Minus),
            _ => {}
        }
        let alphabet = ALPHABETS.iter().position(|&(plus, minus, _)| character == plus || character == minus);
        match (alphabet, character) {
            (Some(alphabet), _) => {
                let told = *self.told.get_or_insert(Told { alphabet, character, place });
                if told.alphabet != alphabet {
                    return Err(mixed(character, place, told, reading));
                }
                Ok(if character == ALPHABETS[alphabet].0 { Mark::Plus } else { Mark::Minus })
            }
            (None, '?') if reading.erasable => Ok(Mark::Unknown),
            (None, stranger) => Err(self.no_mark(stranger, place, reading)),
        }
    }

    /// A character of no alphabet.
    fn no_mark(&self, found: char, (line, column): Place, reading: &Reading<'_>) -> Failure {
        let erased = if reading.erasable { ", ? where unknown" } else { "" };
        let expected = self.told.map_or("+ or -, 1 or 0, # or .", |told| ALPHABETS[told.alphabet].2);
        let hint = match found {
            '?' => ": only queries have unknown positions".to_owned(),
            ',' | ';' | '\t' => ": numbers are divided in every line, as in -1,1,1".to_owned(),
            ' ' => ": characters stand side by side; paper in pictures is .".to_owned(),
            '\r' => ": lines end with a line feed, or carriage return and line feed".to_owned(),
            '−' | '–' => ": the minus of a keyboard is -".to_owned(),
            _ => format!("; {FORM}"),
        };
        let place = format!("line {line}, column {column}");
        reading.failure(format!("{place}: expected {expected}{erased}, found {found:?}{hint}"))
    }

    /// The marks so far, some of which may be taken as patterns before the end.
    pub fn marks(&mut self) -> &mut Marks {
        &mut self.marks
    }

    /// What a line holds, in words.
    pub fn form(&self) -> String {
        format!("characters {}", self.told.map_or("?", |told| ALPHABETS[told.alphabet].2))
    }

    pub fn finish(self, last: usize, reading: &Reading<'_>) -> Result<Loaded> {
        let form = self.form();
        self.marks.finish(false, &form, last, reading)
    }
}

/// Why a line of hexadecimal digits, as hashes are written, is not read; `None` of another.
fn of_hexadecimal(line: &Line<'_>, reading: &Reading<'_>) -> Option<Failure> {
    let is =
        line.text.len() >= 8 && line.text.len().is_multiple_of(2) && line.text.bytes().all(|b| b.is_ascii_hexdigit());
    let found = "found hexadecimal digits: bytes.fromhex makes bytes of them, and an array (.npy) of these is read with --packed";
    is.then(|| reading.failure(format!("line {}: {FORM}, {found}", line.number)))
}

/// A character of another alphabet than those before.
fn mixed(found: char, (line, column): Place, told: Told, reading: &Reading<'_>) -> Failure {
    let hint = match (found, told.character) {
        ('-', '1' | '0') | ('1' | '0', '-' | '+') => {
            "numbers are divided by commas, semicolons, tabs or spaces, as in -1,1,1 (.csv)"
        }
        _ => FORM,
    };
    let expected = ALPHABETS[told.alphabet].2;
    let first = format!("{:?} in line {}, column {}", told.character, told.place.0, told.place.1);
    let place = format!("line {line}, column {column}");
    reading.failure(format!("{place}: expected {expected} as after {first}, found {found:?}: {hint}"))
}
