//! Text: characters in one of three alphabets, or numbers with separators between them.

use std::io::BufRead;

use popfield::patterns::MAX_DIM;

use super::characters::Characters;
use super::lines::{Line, Lines};
use super::table::Table;
use super::{Kind, Loaded, Reading};
use crate::failure::Result;

/// Bytes of the longest line: the widest number that anyone writes for ±1, for every position.
const LONGEST_LINE: u64 = 32 * MAX_DIM as u64;

/// How the lines of a text are read, which its first line tells.
enum Form {
    Characters(Characters),
    Table(Table),
}

impl Form {
    fn of(line: &Line<'_>, reading: &Reading<'_>) -> Result<Self> {
        let is_table = reading.source.kind() == Kind::Table || Table::has_separators(line.text);
        Ok(if is_table {
            Self::Table(Table::begin(line, reading)?)
        } else {
            Self::Characters(Characters::begin(line, reading)?)
        })
    }
}

pub fn read(reading: &Reading<'_>, stream: Box<dyn BufRead>) -> Result<Loaded> {
    let label = reading.label();
    let mut lines = Lines::new(stream, LONGEST_LINE, format!("at most {MAX_DIM} positions"));
    let (mut form, mut last) = (None, 0);
    while let Some(line) = lines.next(&label)? {
        last = line.number;
        let form = match &mut form {
            Some(form) => form,
            None => form.insert(Form::of(&line, reading)?),
        };
        match form {
            Form::Characters(characters) => characters.line(&line, reading)?,
            Form::Table(table) => table.line(&line, reading)?,
        }
    }
    match form {
        None => Err(reading.failure("expected at least one pattern, found none")),
        Some(Form::Characters(characters)) => characters.finish(last, reading),
        Some(Form::Table(table)) => table.finish(last, reading),
    }
}
