//! Tables of numbers: ±1 or 0/1 with separators between them, below a line of names or not.

use super::lines::{Line, Mark, Marks};
use super::npy::shown;
use super::{Loaded, Reading};
use crate::args::Encoding;
use crate::failure::{Failure, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Separator {
    Character(char),
    /// Any number of them.
    Spaces,
}

impl Separator {
    /// That of a line; where several stand in it, the one that can hold the others in its cells.
    fn of(line: &str) -> Option<Self> {
        let inside = line.trim_matches([' ', '\t']);
        let character = [';', '\t', ','].into_iter().find(|&separator| inside.contains(separator));
        character.map(Self::Character).or_else(|| inside.contains(' ').then_some(Self::Spaces))
    }

    /// The cells of a line, without quotes. A separator after the last cell ends it.
    fn cells(self, line: &str) -> Vec<&str> {
        fn bare(cell: &str) -> &str {
            let cell = cell.trim_matches([' ', '\t']);
            cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap_or(cell).trim_matches([' ', '\t'])
        }
        match self {
            Self::Spaces => line.split([' ', '\t']).filter(|cell| !cell.is_empty()).map(bare).collect(),
            Self::Character(separator) => {
                let line = line.trim_matches(' ');
                line.strip_suffix(separator).unwrap_or(line).split(separator).map(bare).collect()
            }
        }
    }
}

/// Names of columns that are no part of patterns, where they stand first.
const INDICES: [&str; 4] = ["index", "id", "Unnamed: 0", "rownames"];

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    Number(f64),
    Unknown,
    /// With a letter in it.
    Name,
    Empty,
    /// Neither number nor name.
    Other,
}

impl Cell {
    fn of(text: &str) -> Self {
        match text {
            "" => Self::Empty,
            "?" => Self::Unknown,
            "True" | "TRUE" | "true" => Self::Number(1.0),
            "False" | "FALSE" | "false" => Self::Number(0.0),
            text => match text.parse() {
                // As it was written, not as it was rounded.
                Ok(number) if !is_rounded(number, text) => Self::Number(number),
                Ok(_) => Self::Other,
                Err(_) if text.contains(char::is_alphabetic) => Self::Name,
                Err(_) => Self::Other,
            },
        }
    }
}

/// Whether a number is 0 or ±1 by rounding alone: of what was written as 0 no digit is another, and of 1 only one.
fn is_rounded(number: f64, text: &str) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.trim_matches(|c: char| !('1'..='9').contains(&c));
    match number.abs() {
        0.0 => !digits.is_empty(),
        1.0 => digits != "1",
        _ => false,
    }
}

/// Where a number first stood: line and column, from 1.
type Place = (usize, usize);

/// How the lines of a table are read, as its first line tells.
pub struct Head {
    separator: Separator,
    /// Cells of a line.
    pub columns: usize,
    /// The line of names, if there is one.
    pub names: Option<usize>,
    /// The first line.
    first: usize,
}

impl Head {
    /// The numbers of a line, whatever they are; an unknown position of a query is not a number.
    pub fn numbers(&self, line: &Line<'_>, reading: &Reading<'_>) -> Result<Vec<f64>> {
        let cells = self.separator.cells(line.text);
        if cells.len() != self.columns {
            let place = format!("line {}, column {}", line.number, cells.len().min(self.columns) + 1);
            let (expected, found, first) = (self.columns, cells.len(), self.first);
            let hint = "all lines of a file have as many";
            return Err(reading
                .failure(format!("{place}: expected {expected} numbers as in line {first}, found {found}; {hint}")));
        }
        let number = |(at, text): (usize, &&str)| match (Cell::of(text), text.parse::<f64>()) {
            (Cell::Unknown, _) if reading.erasable => Ok(f64::NAN),
            (Cell::Number(number), _) | (Cell::Other, Ok(number)) if number.is_finite() => Ok(number),
            (cell, _) => {
                let found = match cell {
                    Cell::Empty => "nothing".to_owned(),
                    Cell::Number(number) => shown(number),
                    _ => format!("{:?}", text.chars().take(40).collect::<String>()),
                };
                let hint = match cell {
                    Cell::Unknown => ": only queries have unknown positions",
                    Cell::Empty | Cell::Number(_) => ": unknown positions of queries are ?",
                    Cell::Other if text.contains(',') => ": decimals are divided by a point",
                    Cell::Name | Cell::Other => "",
                };
                let place = format!("line {}, column {}", line.number, at + 1);
                Err(reading.failure(format!("{place}: expected a number, found {found}{hint}")))
            }
        };
        cells.iter().enumerate().map(number).collect()
    }
}

pub struct Table {
    separator: Separator,
    marks: Marks,
    /// The line of names, if there is one.
    header: Option<usize>,
    minus: Option<Place>,
    zero: Option<Place>,
}

impl Table {
    pub fn has_separators(line: &str) -> bool {
        Separator::of(line).is_some()
    }

    /// Begins with the first line, which may be one of names.
    pub fn begin(line: &Line<'_>, reading: &Reading<'_>) -> Result<Self> {
        let head = Self::head(line, reading)?;
        let marks = Marks::new(head.columns, line.number, reading)?;
        Ok(Self { separator: head.separator, marks, header: head.names, minus: None, zero: None })
    }

    /// What the first line tells, which may be one of names.
    pub fn head(line: &Line<'_>, reading: &Reading<'_>) -> Result<Head> {
        // A column alone has no separators.
        let separator = Separator::of(line.text).unwrap_or(Separator::Spaces);
        // Some programs mark the line of names as a comment.
        let text = line.text.trim_start_matches(' ');
        let cells = separator.cells(text.strip_prefix('#').unwrap_or(text));
        let what: Vec<Cell> = cells.iter().map(|text| Cell::of(text)).collect();
        let names = what.iter().all(|cell| matches!(cell, Cell::Name | Cell::Empty)) && what.contains(&Cell::Name);
        // So pandas begins a table whose columns have no names of their own.
        let counted = |cells: &[Cell]| cells.iter().enumerate().all(|(at, cell)| *cell == Cell::Number(at as f64));
        let unnamed = what.split_first().is_some_and(|(first, rest)| *first == Cell::Empty && counted(rest));
        if names && what.contains(&Cell::Empty) || unnamed {
            let column = what.iter().position(|cell| *cell == Cell::Empty).unwrap_or_default() + 1;
            let hint = "a column without a name is most often an index: save the table without it (pandas: index=False, \
                        R: row.names=FALSE)";
            return Err(
                reading.failure(format!("line {}, column {column}: expected a name, found none: {hint}", line.number))
            );
        }
        // By their names, indices, which of few rows may look like bits.
        let is_index = |name: &&&str| INDICES.iter().any(|index| name.eq_ignore_ascii_case(index));
        if names && let Some(name) = cells.first().filter(is_index) {
            let expected = "expected columns of patterns alone: save the table without its index";
            return Err(reading.failure(format!("line {}, column 1: {expected}, found one named {name}", line.number)));
        }
        // Columns are often numbered; two of them may be a pattern just as well.
        let counts = |from: usize| {
            cells.len() > 2 && what.iter().enumerate().all(|(at, cell)| *cell == Cell::Number((from + at) as f64))
        };
        let names = (names || counts(0) || counts(1)).then_some(line.number);
        Ok(Head { separator, columns: cells.len(), names, first: line.number })
    }

    pub fn line(&mut self, line: &Line<'_>, reading: &Reading<'_>) -> Result<()> {
        if self.header == Some(line.number) {
            return Ok(());
        }
        let cells = self.separator.cells(line.text);
        let marks = cells.iter().enumerate().map(|(at, text)| self.mark(text, (line.number, at + 1), line, reading));
        let marks = marks.collect::<Result<Vec<Mark>>>()?;
        self.marks.begin(line, marks.len(), "numbers", reading)?;
        self.marks.extend(&marks);
        Ok(())
    }

    fn mark(&mut self, text: &str, place: Place, line: &Line<'_>, reading: &Reading<'_>) -> Result<Mark> {
        match Cell::of(text) {
            Cell::Unknown if reading.erasable => Ok(Mark::Unknown),
            Cell::Number(1.0) => Ok(Mark::Plus),
            Cell::Number(-1.0) if !reading.zero_one() => {
                self.minus.get_or_insert(place);
                self.both(place, reading)?;
                Ok(Mark::Minus)
            }
            Cell::Number(0.0) => {
                self.zero.get_or_insert(place);
                self.both(place, reading)?;
                Ok(Mark::Zero)
            }
            cell => Err(self.bad(cell, text, place, line, reading)),
        }
    }

    /// Keys and values hold −1 or 0, never both; and 0 is no key of ±1.
    fn both(&self, (line, column): Place, reading: &Reading<'_>) -> Result<()> {
        if reading.erasable || self.zero.is_none() {
            return Ok(());
        }
        let place = format!("line {line}, column {column}");
        if reading.options.encoding == Some(Encoding::PlusMinusOne) {
            return Err(
                reading.failure(format!("{place}: expected +1 or −1, found 0 (for data of 0 and 1: --encoding 01)"))
            );
        }
        match (self.minus, self.zero) {
            (Some(minus), Some(zero)) => {
                let (found, other, at) =
                    if minus == (line, column) { ("−1", "0", zero) } else { ("0", "−1", minus) };
                let expected = format!("expected ±1 or 0/1 in all of the file, found {found} beside {other}");
                Err(reading.failure(format!("{place}: {expected} in line {}, column {}", at.0, at.1)))
            }
            _ => Ok(()),
        }
    }

    fn bad(&self, cell: Cell, text: &str, (line, column): Place, whole: &Line<'_>, reading: &Reading<'_>) -> Failure {
        let expected = match (reading.options.encoding, reading.erasable) {
            (Some(Encoding::ZeroOne), false) => "0 or 1",
            (Some(Encoding::ZeroOne), true) => "0, 1 or ?",
            (Some(Encoding::PlusMinusOne), false) => "+1 or −1",
            (Some(Encoding::PlusMinusOne), true) => "+1, −1, or 0 or ? where unknown",
            (None, false) => "±1 or 0/1",
            (None, true) => "±1 or 0/1, or ? where unknown",
        };
        let found = match cell {
            Cell::Empty => "nothing".to_owned(),
            Cell::Number(number) => shown(number),
            Cell::Unknown | Cell::Name | Cell::Other => format!("{:?}", text.chars().take(40).collect::<String>()),
        };
        let characters = |text: &str| text.chars().all(|c| "+-01#. ?".contains(c));
        let hint = match cell {
            _ if text.contains('\r') => ": lines end with a line feed, or carriage return and line feed".to_owned(),
            Cell::Unknown => ": only queries have unknown positions".to_owned(),
            Cell::Empty => ": unknown positions of queries are ?".to_owned(),
            Cell::Number(number) if number.is_nan() => ": unknown positions of queries are ?".to_owned(),
            Cell::Number(number) if characters(text) && text.len() > 1 && number.abs() > 1.0 => {
                ": characters without separators are text, which is named .txt".to_owned()
            }
            Cell::Name if line == 1 => ": a first line of names holds no numbers".to_owned(),
            Cell::Other if characters(whole.text) && text.len() > 1 => {
                ": characters without separators are text, which is named .txt".to_owned()
            }
            Cell::Other if characters(whole.text) => {
                ": characters stand side by side, as in +-+-, and paper is .".to_owned()
            }
            Cell::Other => String::new(),
            Cell::Name => ": a line of names stands first, and no column holds names".to_owned(),
            Cell::Number(number) if number.is_finite() && !matches!(number, 0.0 | -1.0) => {
                " (for real values: --binarize sign, mean, median, otsu or a number)".to_owned()
            }
            Cell::Number(_) => String::new(),
        };
        reading.failure(format!("line {line}, column {column}: expected {expected}, found {found}{hint}"))
    }

    pub fn finish(self, last: usize, reading: &Reading<'_>) -> Result<Loaded> {
        // 0 beside −1 is unknown; 0 and 1 alone are a coding of their own.
        let erased_zeros = reading.erasable && !reading.zero_one() && (self.minus.is_some() || reading.erased_zero);
        if self.zero.is_some() && !erased_zeros && reading.options.encoding == Some(Encoding::PlusMinusOne) {
            return Err(reading.ambiguous_zeros());
        }
        let mut form = match (self.minus, self.zero) {
            (_, Some(_)) if erased_zeros => "numbers ±1, 0 where unknown",
            (Some(_), _) => "numbers ±1",
            (None, Some(_)) => "numbers 0/1",
            (None, None) => "numbers 1",
        }
        .to_owned();
        form += if self.header.is_some() { ", below a line of names" } else { "" };
        self.marks.finish(erased_zeros, &form, last, reading)
    }
}
