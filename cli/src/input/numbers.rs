//! Files of numbers that need not be patterns, grey levels and real values: read in rows, as often as asked.

use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, SeekFrom, Write};

use popfield::patterns::MAX_DIM;

use super::lines::Lines;
use super::reading::{Reading, Shape};
use super::source::{Kind, Source};
use super::table::{Head, Table};
use super::{npy, npz, text};
use crate::failure::{Failure, Result};

/// Bytes of numbers that are held at once.
const PIECE_BYTES: usize = 8 << 20;

/// What the numbers of a file are, all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// +1 and −1: patterns as they are.
    Signs,
    /// −1, +1 and 0: where 0 is an unknown position, patterns too.
    SignsAndZeros,
    /// Numbers of any kind, 0 and 1 among them.
    Any,
}

impl Held {
    /// What one number is, of a file of this kind so far.
    fn with(self, number: f64) -> Self {
        match (self, number) {
            (held, 1.0 | -1.0) => held,
            (Self::Signs | Self::SignsAndZeros, 0.0) => Self::SignsAndZeros,
            _ => Self::Any,
        }
    }
}

/// A file of numbers: an array, or a table that was copied into one.
pub struct Numbers {
    rows: npy::Rows,
    held: Held,
    /// What its numbers are called.
    form: String,
    /// Whether it was a table, in which what is not a number is an unknown position.
    table: bool,
}

impl Numbers {
    /// Opens the file, if it holds numbers: an array, or a text whose first line has separators. Another is handed back,
    /// at its beginning.
    pub fn open(reading: &Reading<'_>) -> Result<Result<Self, BufReader<File>>> {
        let (rows, minus, form, table) = match reading.source.kind() {
            Kind::Text | Kind::Table => {
                let (mut file, _) = reading.source.whole()?;
                let failed = |error| reading.reading(&error);
                if reading.source.kind() == Kind::Text {
                    let again = BufReader::new(file.get_ref().try_clone().map_err(failed)?);
                    let has_numbers = text::has_numbers(again, reading)?;
                    file.seek(SeekFrom::Start(0)).map_err(failed)?;
                    if !has_numbers {
                        return Ok(Err(file));
                    }
                }
                let copy = copied(file, reading)?;
                (copy.rows, copy.minus, copy.form, true)
            }
            kind => {
                let file = if kind == Kind::Npz { npz::copied(reading)? } else { reading.source.whole()? };
                let rows = npy::Rows::of(reading, file)?;
                let form = rows.type_name().to_owned();
                (rows, true, form, false)
            }
        };
        let columns = rows.columns();
        if columns == 0 || columns > MAX_DIM {
            let expected = format!("expected 1 to {MAX_DIM} positions");
            return Err(reading.failure(format!("{expected}, found {columns}")));
        }
        let mut numbers = Self { rows, held: Held::Signs, form, table };
        numbers.held = match numbers.rows.signed() && minus {
            true => numbers.all(reading)?,
            false => Held::Any,
        };
        Ok(Ok(numbers))
    }

    /// What all of its numbers are; looks no further than to the first that tells.
    fn all(&mut self, reading: &Reading<'_>) -> Result<Held> {
        let (mut held, mut minus, mut some) = (Held::Signs, false, Vec::new());
        // What tells stands at the beginning, most often.
        let mut most = 1;
        while held != Held::Any && self.rows.numbers(reading, most, &mut some)? > 0 {
            // What is unknown may be anything.
            let known = some.iter().filter(|number| !(self.table && number.is_nan()));
            held = known.clone().fold(held, |held, &number| held.with(number));
            minus |= some.contains(&-1.0);
            most = self.together();
        }
        self.rows.rewind(reading)?;
        // 0 and 1 without a −1 are numbers, or a coding of their own.
        Ok(if held == Held::SignsAndZeros && !minus { Held::Any } else { held })
    }

    pub fn held(&self) -> Held {
        self.held
    }

    /// What its numbers are called, as in "float32".
    pub fn form(&self) -> &str {
        &self.form
    }

    /// Rows, which are patterns.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Rows that were not read yet.
    pub fn left(&self) -> usize {
        self.rows.len() - self.rows.before()
    }

    /// Positions of a row.
    pub fn columns(&self) -> usize {
        self.rows.columns()
    }

    /// Width and height, where rows are pictures.
    pub fn shape(&self) -> Option<Shape> {
        self.rows.shape()
    }

    /// Rows that are read together.
    pub fn together(&self) -> usize {
        (PIECE_BYTES / 8 / self.columns()).max(1)
    }

    /// Back to the first row.
    pub fn rewind(&mut self, reading: &Reading<'_>) -> Result<()> {
        self.rows.rewind(reading)
    }

    /// Puts the next rows, `most` or as many as are left, in `numbers`, one after the other; returns how many they are.
    /// Each number is finite, but for unknown positions of queries in tables, which are not a number.
    pub fn next(&mut self, reading: &Reading<'_>, most: usize, numbers: &mut Vec<f64>) -> Result<usize> {
        let count = self.rows.numbers(reading, most, numbers)?;
        let good = |number: &f64| number.is_finite() || self.table && number.is_nan();
        if let Some(at) = numbers.iter().position(|number| !good(number)) {
            let (row, column) = (self.rows.before() - count + at / self.columns(), at % self.columns());
            let found = npy::shown(numbers[at]);
            let hint = if numbers[at].is_nan() { ": what is missing has no sign" } else { "" };
            let place = self.rows.place(row, column);
            return Err(reading.failure(format!("{place}: expected a finite number, found {found}{hint}")));
        }
        Ok(count)
    }

    /// The same of any numbers, infinite ones and what is none among them.
    pub fn next_of_any_kind(&mut self, reading: &Reading<'_>, most: usize, numbers: &mut Vec<f64>) -> Result<usize> {
        self.rows.numbers(reading, most, numbers)
    }
}

/// A table in an array of its own.
struct Copied {
    rows: npy::Rows,
    /// Whether −1 stands in it.
    minus: bool,
    form: String,
}

/// Copies a table into an array that lasts as long as it is read. What is unknown becomes not a number.
fn copied(file: BufReader<File>, reading: &Reading<'_>) -> Result<Copied> {
    let keeping = |error: std::io::Error| {
        let (name, why) = (reading.source.name(), crate::failure::in_words(&error));
        Failure::Io(format!("{name}: keeping its numbers: {why}"))
    };
    let label = reading.label();
    let mut lines = Lines::new(Box::new(file), text::LONGEST_LINE, format!("at most {MAX_DIM} positions"));
    let mut copy = BufWriter::with_capacity(1 << 20, tempfile::tempfile().map_err(keeping)?);
    copy.write_all(&npy::header_of_numbers(0, 0)).map_err(keeping)?;
    let (mut head, mut rows, mut minus) = (None::<Head>, 0, false);
    while let Some(line) = lines.next(&label)? {
        let head = match &head {
            Some(head) => head,
            None => head.insert(Table::head(&line, reading)?),
        };
        if head.names == Some(line.number) {
            continue;
        }
        let numbers = head.numbers(&line, reading)?;
        minus |= numbers.contains(&-1.0);
        rows += 1;
        numbers.iter().try_for_each(|number| copy.write_all(&number.to_le_bytes())).map_err(keeping)?;
    }
    let Some(head) = head.filter(|_| rows > 0) else {
        return Err(reading.failure("expected at least one pattern, found none"));
    };
    copy.seek(SeekFrom::Start(0)).map_err(keeping)?;
    copy.write_all(&npy::header_of_numbers(rows, head.columns)).map_err(keeping)?;
    let mut file = copy.into_inner().map_err(|error| keeping(error.into_error()))?;
    file.seek(SeekFrom::Start(0)).map_err(keeping)?;
    let length = file.metadata().map_err(keeping)?.len();
    let rows = npy::Rows::of(reading, (BufReader::with_capacity(1 << 20, file), length))?;
    let form = if head.names.is_some() { "numbers, below a line of names" } else { "numbers" };
    Ok(Copied { rows, minus, form: form.to_owned() })
}

/// Whether a file of this kind may hold numbers.
pub fn may_hold_numbers(source: &Source) -> bool {
    source.kind().is_array() || source.kind().is_text()
}
