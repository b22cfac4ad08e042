//! Patterns of characters: `+` and `-`, `1` and `0`, or `#` and `.`; `?` for an erased position.

use super::lines::{Line, Mark, Marks};
use super::{Loaded, Reading};
use crate::failure::{Failure, Result};

/// The alphabets: +1, −1, and how they are told in messages.
const ALPHABETS: [(char, char, &str); 3] = [('+', '-', "+ and -"), ('1', '0', "1 and 0"), ('#', '.', "# and .")];

/// The right form, in a sentence.
const FORM: &str = "a file of patterns holds + and -, or 1 and 0, or # and .";

pub struct Characters {
    marks: Marks,
    /// The alphabet of the file, and the character and place that told it.
    alphabet: Option<(usize, char, usize, usize)>,
}

impl Characters {
    pub fn begin(line: &Line<'_>, reading: &Reading<'_>) -> Result<Self> {
        if reading.options.encoding.is_some() {
            return Err(reading.failure("--encoding is for numbers: expected arrays or tables, found characters"));
        }
        if reading.erased_zero {
            return Err(reading.failure("--erased zero is for numbers: in characters ? is an unknown position"));
        }
        Ok(Self { marks: Marks::new(line.text.chars().count(), line.number, reading)?, alphabet: None })
    }

    pub fn line(&mut self, line: &Line<'_>, reading: &Reading<'_>) -> Result<()> {
        // What stands there is told before how much of it there is: the line may be no pattern at all.
        let found = line.text.chars().count();
        let marks = line.text.chars().enumerate().map(|(at, character)| {
            let alphabet = ALPHABETS.iter().position(|&(plus, minus, _)| character == plus || character == minus);
            let Some(alphabet) = alphabet else {
                return match character {
                    '?' if reading.erasable => Ok(Mark::Unknown),
                    other => Err(stranger(other, line.number, at + 1, self.alphabet, reading)),
                };
            };
            let (first, ..) = *self.alphabet.get_or_insert((alphabet, character, line.number, at + 1));
            if first != alphabet {
                return Err(mixed(character, line.number, at + 1, self.alphabet, reading));
            }
            Ok(if character == ALPHABETS[alphabet].0 { Mark::Plus } else { Mark::Minus })
        });
        let marks = marks.collect::<Result<Vec<Mark>>>()?;
        self.marks.begin(line, found, "positions", reading)?;
        marks.into_iter().for_each(|mark| self.marks.push(mark));
        Ok(())
    }

    pub fn finish(self, last: usize, reading: &Reading<'_>) -> Result<Loaded> {
        let alphabet = self.alphabet.map_or("?", |(alphabet, ..)| ALPHABETS[alphabet].2);
        self.marks.finish(false, &format!("characters {alphabet}"), last, reading)
    }
}

/// A character of no alphabet.
fn stranger(
    found: char,
    line: usize,
    column: usize,
    alphabet: Option<(usize, char, usize, usize)>,
    reading: &Reading<'_>,
) -> Failure {
    let place = format!("line {line}, column {column}");
    let erased = if reading.erasable { ", ? where unknown" } else { "" };
    let expected = match alphabet {
        Some((alphabet, ..)) => format!("expected {}{erased}", ALPHABETS[alphabet].2),
        None => format!("expected + or -, 1 or 0, # or .{erased}"),
    };
    let hint = match found {
        '?' => ": only queries have unknown positions",
        ',' | ';' | '\t' => ": numbers are divided in every line, as in -1,1,1",
        ' ' => ": characters stand side by side; paper in pictures is .",
        '\r' => ": lines end with a line feed, or carriage return and line feed",
        '−' | '–' => ": the minus of a keyboard is -",
        _ => "",
    };
    let hint = if hint.is_empty() { format!("; {FORM}") } else { hint.to_owned() };
    reading.failure(format!("{place}: {expected}, found {found:?}{hint}"))
}

/// A character of another alphabet than those before.
fn mixed(
    found: char,
    line: usize,
    column: usize,
    alphabet: Option<(usize, char, usize, usize)>,
    reading: &Reading<'_>,
) -> Failure {
    let (alphabet, before, at_line, at_column) = alphabet.unwrap_or((0, '+', line, column));
    let hint = match (found, before) {
        ('-', '1' | '0') | ('1' | '0', '-' | '+') => {
            "numbers are divided by commas, semicolons, tabs or spaces, as in -1,1,1 (.csv)"
        }
        _ => FORM,
    };
    let expected = ALPHABETS[alphabet].2;
    let place = format!("line {line}, column {column}");
    let first = format!("{before:?} in line {at_line}, column {at_column}");
    reading.failure(format!("{place}: expected {expected} as after {first}, found {found:?}: {hint}"))
}
