//! Text: a line a pattern, `+` `1` `#` for +1, `-` `0` `.` for −1, `?` for an erased position.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use popfield::{MAX_DIM, Pattern, Patterns, Queries};

use super::Reading;
use crate::failure::{Failure, Result};

/// Bytes of the longest line that can hold a pattern, and one more.
const LONGEST_LINE: u64 = MAX_DIM as u64 + 3;

pub fn read(reading: &Reading<'_>) -> Result<Queries> {
    let failed = |error| Failure::reading(reading.path, &error);
    let mut reader = BufReader::new(File::open(reading.path).map_err(failed)?);
    let mut rows: Option<(Patterns, Patterns)> = None;
    let mut erased = false;
    let mut line = Vec::new();
    for row in 0.. {
        line.clear();
        if (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        if line.len() as u64 == LONGEST_LINE {
            return Err(reading.failure(format!("line {}: expected at most {MAX_DIM} positions, found more", row + 1)));
        }
        let text = std::str::from_utf8(&line).map_err(|error| {
            let place = format!("line {}, byte {}", row + 1, error.valid_up_to());
            reading.failure(format!("{place}: expected text in UTF-8, found a byte {:#04x}", line[error.valid_up_to()]))
        })?;
        let text = text.trim_end_matches(['\n', '\r']);
        if text.is_empty() {
            return Err(reading.failure(format!("line {}: expected a pattern, found an empty line", row + 1)));
        }
        let dim = text.chars().count();
        let (signs, known) = match &mut rows {
            Some(rows) => rows,
            None => {
                reading.check_dim(dim)?;
                let none = || Patterns::new(dim).map_err(|error| reading.error(&error));
                rows.insert((none()?, none()?))
            }
        };
        if dim != signs.dim() {
            return Err(reading.failure(format!("line {}: expected dimension {}, found {dim}", row + 1, signs.dim())));
        }
        let (sign, mask) = parse(text, row, reading)?;
        erased |= mask.bits().not_all();
        signs.push(&sign).and_then(|()| known.push(&mask)).map_err(|error| reading.error(&error))?;
    }
    finish(rows, erased, reading)
}

/// The rows as queries; only those with an erased position carry a mask.
fn finish(rows: Option<(Patterns, Patterns)>, erased: bool, reading: &Reading<'_>) -> Result<Queries> {
    let (signs, known) = rows.ok_or_else(|| reading.failure("expected at least one pattern, found none"))?;
    if erased { Queries::with_known(signs, known).map_err(|error| reading.error(&error)) } else { Ok(signs.into()) }
}

/// One line as the bits set and the bits known.
fn parse(text: &str, row: usize, reading: &Reading<'_>) -> Result<(Pattern, Pattern)> {
    let new = || Pattern::new(text.chars().count()).map_err(|error| reading.error(&error));
    let (mut signs, mut known) = (new()?, new()?);
    for (column, character) in text.chars().enumerate() {
        let (sign, is_known) = match character {
            '+' | '1' | '#' => (true, true),
            '-' | '0' | '.' => (false, true),
            '?' if reading.erasable => (false, false),
            other => {
                let erased = if reading.erasable { " or ? (erased)" } else { "" };
                let place = format!("line {}, column {column}", row + 1);
                return Err(reading.failure(format!("{place}: expected one of + 1 # - 0 .{erased}, found {other:?}")));
            }
        };
        signs.bits_mut().set(column, sign);
        known.bits_mut().set(column, is_known);
    }
    Ok((signs, known))
}
