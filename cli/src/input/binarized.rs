//! Numbers made ±1 by thresholds.

use std::fs::File;
use std::io::BufReader;

use popfield::{Patterns, Queries};

use super::numbers::{Held, Numbers};
use super::reading::{Loaded, Reading};
use super::thresholds::Thresholds;
use crate::failure::Result;

/// Numbers that are made patterns by thresholds.
pub struct Binarized {
    numbers: Numbers,
    thresholds: Thresholds,
    /// Those that were read last.
    some: Vec<f64>,
    /// Patterns so far that are the same at all positions, and the least and the greatest number.
    constant: usize,
    least: f64,
    greatest: f64,
}

impl Binarized {
    /// What `numbers` become by these thresholds; a file that holds nothing but ±1 is patterns already.
    pub fn new(numbers: Numbers, thresholds: &Thresholds, reading: &Reading<'_>) -> Result<Self> {
        reading.check_dim(numbers.columns())?;
        let thresholds = match numbers.held() {
            Held::Signs => Thresholds::of_signs(),
            Held::SignsAndZeros if reading.erasable && reading.options.binarize.is_none() => {
                return Err(reading.failure(format!(
                    "holds nothing but −1, 0 and 1: expected --erased zero if 0 is an unknown position, or --binarize {} \
                     if they are numbers as those of the memory's keys were",
                    thresholds.method()
                )));
            }
            _ => {
                if ![1, numbers.columns()].contains(&thresholds.len()) {
                    let (expected, found) = (thresholds.len(), numbers.columns());
                    return Err(
                        reading.failure(format!("expected {expected} numbers, a threshold for each, found {found}"))
                    );
                }
                thresholds.clone()
            }
        };
        let (least, greatest) = (f64::INFINITY, f64::NEG_INFINITY);
        Ok(Self { numbers, thresholds, some: Vec::new(), constant: 0, least, greatest })
    }

    /// Rows of the file.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    pub fn dim(&self) -> usize {
        self.numbers.columns()
    }

    /// The numbers again, at the row where they are.
    pub fn into_numbers(self) -> Numbers {
        self.numbers
    }

    /// Rows that are read together.
    pub fn together(&self) -> usize {
        self.numbers.together()
    }

    /// The next patterns, `most` of them or as many as are left.
    pub fn next(&mut self, reading: &Reading<'_>, most: usize) -> Result<Option<Loaded>> {
        let (dim, failed) = (self.dim(), |error: popfield::Error| reading.error(&error));
        let (mut signs, mut known) = (Patterns::new(dim).map_err(failed)?, None::<Patterns>);
        let (mut words, mut unknown) = (vec![0u64; dim.div_ceil(64)], vec![0u64; dim.div_ceil(64)]);
        while signs.len() < most {
            let some = most - signs.len();
            if self.numbers.next(reading, some.min(self.numbers.together()), &mut self.some)? == 0 {
                break;
            }
            signs.reserve(self.some.len() / dim).map_err(failed)?;
            for row in self.some.chunks_exact(dim) {
                words.fill(0);
                unknown.fill(0);
                let mut plus = 0;
                for (j, &number) in row.iter().enumerate() {
                    let is_plus = number > self.thresholds.of(j);
                    words[j / 64] |= u64::from(is_plus) << (j % 64);
                    unknown[j / 64] |= u64::from(number.is_nan()) << (j % 64);
                    plus += usize::from(is_plus);
                    self.least = self.least.min(number);
                    self.greatest = self.greatest.max(number);
                }
                self.constant += usize::from(plus == 0 || plus == dim);
                if known.is_none() && unknown.iter().any(|&word| word != 0) {
                    known = Some(Patterns::filled(signs.len(), dim, true).map_err(failed)?);
                }
                signs.push_words(&words).map_err(failed)?;
                if let Some(known) = &mut known {
                    let whole =
                        |word: usize| if dim - 64 * word < 64 { (1 << (dim - 64 * word)) - 1 } else { u64::MAX };
                    let bits: Vec<u64> = unknown.iter().enumerate().map(|(at, word)| whole(at) & !word).collect();
                    known.push_words(&bits).map_err(failed)?;
                }
            }
        }
        if signs.is_empty() {
            return Ok(None);
        }
        let queries = match known {
            None => Queries::from(signs),
            Some(known) => Queries::with_known(signs, known).map_err(failed)?,
        };
        let mut form = match self.numbers.shape() {
            None => format!("× {dim} {}", self.numbers.form()),
            Some(shape) => {
                let pictures = if self.len() == 1 { "picture" } else { "pictures" };
                format!("{pictures} of {shape} {}", self.numbers.form())
            }
        };
        if self.numbers.held() != Held::Signs {
            form = format!("{form} {}", self.thresholds.in_words());
        }
        let mut loaded = Loaded::new(queries, form);
        loaded.shape = self.numbers.shape();
        loaded.notes.extend(self.note(reading));
        Ok(Some(loaded))
    }

    /// What is to be said of the file, once all of it was read.
    fn note(&self, reading: &Reading<'_>) -> Option<String> {
        let told = self.numbers.left() == 0 && self.dim() > 1 && self.numbers.held() != Held::Signs;
        let constant = Some(self.constant).filter(|&constant| told && constant > 0)?;
        let (name, many, above) = (reading.source.name(), self.len(), self.thresholds.in_words());
        let which = if many == 1 { "the pattern is".to_owned() } else { format!("{constant} of {many} patterns are") };
        let (least, greatest) = (self.least, self.greatest);
        Some(format!("{name}: {which} all +1 or all −1, +1 being {above}: numbers are {least} to {greatest}"))
    }
}

/// Reads a file whole. One of characters, which are no numbers, is handed back, at its beginning.
pub fn read(reading: &Reading<'_>, thresholds: &Thresholds) -> Result<Result<Loaded, BufReader<File>>> {
    let numbers = match Numbers::open(reading)? {
        Ok(numbers) => numbers,
        Err(file) => return Ok(Err(file)),
    };
    let mut binarized = Binarized::new(numbers, thresholds, reading)?;
    let loaded = binarized.next(reading, usize::MAX)?;
    loaded.map(Ok).ok_or_else(|| reading.failure("expected at least one pattern, found none"))
}
