//! Patterns of one file after the other, some at a time, so that they need not fit memory.
//!
//! Arrays (`.npy`) and texts of characters are read as they are asked for; other files are read whole, one at a time.

use std::collections::BTreeMap;
use std::ffi::OsString;

use popfield::Patterns;
use popfield::patterns::Notes;

use super::binarized::Binarized;
use super::npy;
use super::numbers::{Held, Numbers, may_hold_numbers};
use super::reading::{Loaded, Reading, Shape};
use super::remember::{Read, check_shape, remembered};
use super::source::{Kind, Source};
use super::text::{self, Begun};
use super::thresholds::{Keys, Thresholds, thresholds_of};
use crate::args::Input;
use crate::failure::{Failure, Result};

/// Positions of a text that are read before it is handed out in parts.
const TEXT_POSITIONS: usize = 1 << 26;

/// The keys or the values of associations, from their files.
pub struct Stream<'a> {
    sources: &'a [Source],
    role: &'static str,
    options: &'a Input,
    /// How the memory that they go to was read before.
    notes: Notes,
    /// Those of the file that is being read.
    read: Read,
    /// Above what numbers are +1, where that was drawn from these files.
    drawn: Option<Option<Thresholds>>,
    /// Files of numbers that were opened for it and are not opened again.
    opened: BTreeMap<usize, Numbers>,
    /// Told from outside, or by the first file.
    dim: Option<usize>,
    at: usize,
    current: Option<Current>,
    /// Rows of the files so far.
    rows: u64,
    /// What files were read as, a text for each.
    pub forms: Vec<String>,
    pub told: Vec<String>,
    /// Width and height of the pictures.
    pub shape: Option<Shape>,
}

enum Current {
    Array(Box<npy::Rows>),
    Numbers(Box<Binarized>),
    Text(Box<text::Rows>),
    Whole { patterns: Patterns, names: Vec<OsString>, next: usize },
}

/// Some patterns, and the names of their files where each came in one of its own.
pub struct Piece {
    pub patterns: Patterns,
    pub names: Vec<OsString>,
}

impl<'a> Stream<'a> {
    /// Keys or values for a memory of dimension `dim`, where it is known, and of these notes.
    pub fn new(
        sources: &'a [Source],
        role: &'static str,
        dim: Option<usize>,
        options: &'a Input,
        notes: Notes,
    ) -> Self {
        Self {
            sources,
            role,
            options,
            notes,
            read: Read { options: options.clone(), thresholds: None },
            drawn: None,
            opened: BTreeMap::new(),
            dim,
            at: 0,
            current: None,
            rows: 0,
            forms: Vec::new(),
            told: Vec::new(),
            shape: None,
        }
    }

    /// Draws from these files, all of them, above what their numbers are +1, if they are to be made ±1: before any is read,
    /// and for what is not yet.
    pub fn draw_thresholds(&mut self) -> Result<()> {
        let Some(method) = self.options.binarize else { return Ok(()) };
        let mut files = NumberFiles {
            sources: self.sources,
            role: self.role,
            dim: self.dim,
            options: self.options,
            opened: std::mem::take(&mut self.opened),
        };
        self.drawn = Some(thresholds_of(method, &mut files)?);
        self.opened = files.opened;
        Ok(())
    }

    /// Above what numbers are +1, where that was drawn from these files.
    pub fn thresholds(&self) -> Option<&Thresholds> {
        self.drawn.as_ref().and_then(Option::as_ref)
    }

    /// Rows that were handed out.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The dimension of what comes next, where anything does.
    pub fn dim(&mut self) -> Result<Option<usize>> {
        let Some(source) = self.sources.get(self.at) else { return Ok(None) };
        if self.current.is_none() {
            self.begin(source)?;
        }
        let reading =
            Reading::stored(source, self.role, self.dim, &self.read.options).by(self.read.thresholds.as_ref());
        Ok(self.current.as_mut().map(|current| match current {
            Current::Array(rows) => rows.dim(&reading),
            Current::Numbers(rows) => rows.dim(),
            Current::Text(rows) => rows.dim(&reading),
            Current::Whole { patterns, .. } => patterns.dim(),
        }))
    }

    /// The next patterns, `most` of them but at the end of a file; `None` at the end of all.
    pub fn next(&mut self, most: usize) -> Result<Option<Piece>> {
        loop {
            let Some(source) = self.sources.get(self.at) else { return Ok(None) };
            if self.current.is_none() {
                self.begin(source)?;
            }
            let reading =
                Reading::stored(source, self.role, self.dim, &self.read.options).by(self.read.thresholds.as_ref());
            let some = match &mut self.current {
                None => None,
                Some(Current::Text(rows)) => {
                    let (loaded, told) = rows.next(&reading, most)?;
                    if let Some(loaded) = &loaded {
                        self.met(source, loaded, String::new())?;
                    }
                    // How many there were is known at the end.
                    if let (Some(told), Some(form)) = (told, self.forms.last_mut()) {
                        *form = told;
                    }
                    loaded.map(|loaded| Piece { patterns: loaded.into_patterns(), names: Vec::new() })
                }
                Some(Current::Array(rows)) => match (rows.len(), rows.next(&reading, most)?) {
                    (_, None) => None,
                    (all, Some(loaded)) => {
                        self.met(source, &loaded, format!("{all} {}", loaded.form))?;
                        Some(Piece { patterns: loaded.into_patterns(), names: Vec::new() })
                    }
                },
                Some(Current::Numbers(rows)) => match (rows.len(), rows.next(&reading, most)?) {
                    (_, None) => None,
                    (all, Some(loaded)) => {
                        self.met(source, &loaded, format!("{all} {}", loaded.form))?;
                        Some(Piece { patterns: loaded.into_patterns(), names: Vec::new() })
                    }
                },
                Some(Current::Whole { patterns, names, next }) => {
                    let range = *next..patterns.len().min(*next + most);
                    *next = range.end;
                    match range.is_empty() {
                        true => None,
                        false => Some(Piece {
                            names: names.get(range.clone()).unwrap_or_default().to_vec(),
                            patterns: patterns.range(range)?,
                        }),
                    }
                }
            };
            match some {
                Some(some) => {
                    self.dim = Some(some.patterns.dim());
                    self.rows += some.patterns.len() as u64;
                    return Ok(Some(some));
                }
                None => {
                    self.current = None;
                    self.at += 1;
                }
            }
        }
    }

    /// Opens the next file.
    fn begin(&mut self, source: &'a Source) -> Result<()> {
        self.read = match &self.drawn {
            Some(drawn) => Read { options: self.options.clone(), thresholds: drawn.clone() },
            None => remembered(self.options, &self.notes, source, &mut self.told)?,
        };
        let reading =
            Reading::stored(source, self.role, self.dim, &self.read.options).by(self.read.thresholds.as_ref());
        let mut characters = None;
        if let Some(thresholds) = reading.thresholds
            && may_hold_numbers(source)
        {
            let opened = match self.opened.remove(&self.at) {
                Some(numbers) => Ok(numbers),
                None => Numbers::open(&reading)?,
            };
            match opened {
                Ok(mut numbers) => {
                    numbers.rewind(&reading)?;
                    let numbers = Binarized::new(numbers, thresholds, &reading)?;
                    self.current = Some(Current::Numbers(Box::new(numbers)));
                    return Ok(());
                }
                Err(file) => characters = Some(file),
            }
        }
        let loaded = match source.kind() {
            Kind::Npy => {
                self.current = Some(Current::Array(Box::new(npy::Rows::open(&reading)?)));
                return Ok(());
            }
            Kind::Text => {
                let stream = characters.map_or_else(|| source.stream(), |file| Ok(Box::new(file)))?;
                match text::begin(&reading, stream, TEXT_POSITIONS)? {
                    Begun::Whole(loaded) => loaded,
                    Begun::Rows(rows) => {
                        self.current = Some(Current::Text(Box::new(rows)));
                        return Ok(());
                    }
                }
            }
            _ => reading.read()?,
        };
        self.met(source, &loaded, loaded.in_words())?;
        let names = loaded.names.clone();
        self.current = Some(Current::Whole { patterns: loaded.into_patterns(), names, next: 0 });
        Ok(())
    }

    /// Holds what came of `source` to the shape of what came before, and notes what is told of it; the first of each file
    /// tells its form.
    fn met(&mut self, source: &Source, loaded: &Loaded, form: String) -> Result<()> {
        check_shape(source, loaded, &self.notes)?;
        if let (Some(expected), Some(found)) = (self.shape, loaded.shape)
            && expected != found
        {
            let name = source.name();
            return Err(Failure::input(format!("{name}: expected pictures of {expected}, as before, found {found}")));
        }
        self.told.extend(loaded.notes.iter().cloned());
        self.shape = self.shape.or(loaded.shape);
        if self.forms.len() == self.at {
            self.forms.push(form);
        }
        Ok(())
    }

    /// The next `count` patterns, fewer only at the end of all files.
    pub fn take(&mut self, count: usize) -> Result<Option<Patterns>> {
        let Some(first) = self.next(count)? else { return Ok(None) };
        let mut patterns = first.patterns;
        while patterns.len() < count {
            let Some(more) = self.next(count - patterns.len())? else { break };
            for pattern in more.patterns.iter() {
                patterns.push(&pattern)?;
            }
        }
        Ok(Some(patterns))
    }
}

/// Files of which those that hold numbers are shown, as often as asked.
struct NumberFiles<'a> {
    sources: &'a [Source],
    role: &'static str,
    dim: Option<usize>,
    options: &'a Input,
    opened: BTreeMap<usize, Numbers>,
}

/// Files that are kept open at the most, so that tables need not be read again; pipes, which cannot be, always are.
const KEPT_OPEN: usize = 64;

impl Keys for NumberFiles<'_> {
    fn each(&mut self, see: &mut dyn FnMut(&[f64]) -> Result<()>) -> Result<()> {
        let (mut dim, mut some) = (self.dim, Vec::new());
        for (at, source) in self.sources.iter().enumerate().filter(|(_, source)| may_hold_numbers(source)) {
            let reading = Reading::stored(source, self.role, dim, self.options);
            let mut numbers = match self.opened.remove(&at) {
                Some(numbers) => numbers,
                None => match Numbers::open(&reading)? {
                    Ok(numbers) => numbers,
                    Err(_) => return Err(reading.failure(super::characters::NO_NUMBERS)),
                },
            };
            reading.check_dim(numbers.columns())?;
            dim = Some(numbers.columns());
            numbers.rewind(&reading)?;
            // Such are patterns as they are.
            while numbers.held() != Held::Signs && numbers.next(&reading, numbers.together(), &mut some)? > 0 {
                some.chunks_exact(numbers.columns()).try_for_each(&mut *see)?;
            }
            let again = !source.is_stdin() && source.path().is_file();
            if !again || self.opened.len() < KEPT_OPEN {
                self.opened.insert(at, numbers);
            }
        }
        Ok(())
    }

    fn failure(&self, message: String) -> Failure {
        Failure::input(format!("{}: {message}", self.role))
    }
}
