//! Text: characters in one of three alphabets, or numbers with separators between them.

use std::fs::File;
use std::io::{BufRead, BufReader};

use popfield::patterns::MAX_DIM;

use super::characters::Characters;
use super::lines::{Line, Lines};
use super::table::Table;
use super::{Kind, Loaded, Reading};
use crate::failure::Result;

/// Bytes of the longest line: the widest number that anyone writes for ±1, for every position.
pub const LONGEST_LINE: u64 = 32 * MAX_DIM as u64;

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

/// Whether a text, which is at its beginning, holds numbers: its first line has separators.
pub fn has_numbers(file: BufReader<File>, reading: &Reading<'_>) -> Result<bool> {
    let mut lines = Lines::new(Box::new(file), LONGEST_LINE, format!("at most {MAX_DIM} positions"));
    Ok(lines.next(&reading.label())?.is_some_and(|line| Table::has_separators(line.text)))
}

pub fn read(reading: &Reading<'_>, stream: Box<dyn BufRead + Send>) -> Result<Loaded> {
    match begin(reading, stream, usize::MAX)? {
        Begun::Whole(loaded) => Ok(loaded),
        Begun::Rows(mut rows) => {
            let (loaded, _) = rows.next(reading, usize::MAX)?;
            loaded.ok_or_else(|| reading.failure("expected at least one pattern, found none"))
        }
    }
}

/// A text that was begun.
pub enum Begun {
    /// It was read to its end.
    Whole(Loaded),
    /// There is more of it.
    Rows(Rows),
}

/// Begins to read a text. One of characters, of more than `enough` positions, is read on some patterns at a time, once it is
/// known what a pattern is; tables, of which all tells what 0 means, are read whole.
pub fn begin(reading: &Reading<'_>, stream: Box<dyn BufRead + Send>, enough: usize) -> Result<Begun> {
    let label = reading.label();
    let mut lines = Lines::new(stream, LONGEST_LINE, format!("at most {MAX_DIM} positions"));
    let (mut form, mut last, mut more) = (None, 0, false);
    while let Some(line) = lines.next(&label)? {
        last = line.number;
        let form = match &mut form {
            Some(form) => form,
            None => form.insert(Form::of(&line, reading)?),
        };
        match form {
            Form::Characters(characters) => {
                characters.line(&line, reading)?;
                let marks = characters.marks();
                more = marks.waiting() > enough && marks.height(reading).is_some();
                if more {
                    break;
                }
            }
            Form::Table(table) => table.line(&line, reading)?,
        }
    }
    Ok(match form {
        None => return Err(reading.failure("expected at least one pattern, found none")),
        Some(Form::Table(table)) => Begun::Whole(table.finish(last, reading)?),
        Some(Form::Characters(characters)) if more => Begun::Rows(Rows { lines, characters, last, ended: false }),
        Some(Form::Characters(characters)) => Begun::Whole(characters.finish(last, reading)?),
    })
}

/// A text of characters, of which some patterns are read at a time.
pub struct Rows {
    lines: Lines,
    characters: Characters,
    /// The last line that was read.
    last: usize,
    ended: bool,
}

impl Rows {
    /// The dimension of the patterns.
    pub fn dim(&mut self, reading: &Reading<'_>) -> usize {
        self.characters.marks().dim(reading)
    }

    /// The next patterns, `most` of them or as many as are left; and what all of the file is, once that is known.
    pub fn next(&mut self, reading: &Reading<'_>, most: usize) -> Result<(Option<Loaded>, Option<String>)> {
        let (label, form) = (reading.label(), self.characters.form());
        loop {
            let height = self.characters.marks().height(reading).unwrap_or(1);
            if self.ended || self.characters.marks().complete(height) >= most {
                let told = self.ended.then(|| self.characters.marks().in_words(height, &form));
                let loaded = self.characters.marks().take(height, most, &form, reading)?;
                return Ok(((!loaded.queries.is_empty()).then_some(loaded), told));
            }
            match self.lines.next(&label)? {
                Some(line) => {
                    self.last = line.number;
                    self.characters.line(&line, reading)?;
                }
                None => {
                    self.characters.marks().end(self.last, reading)?;
                    self.ended = true;
                }
            }
        }
    }
}
