//! What numbers a file holds, and by which options they would be patterns.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::statistics::{Common, Statistics};
use crate::args::BinarizeArg;
use crate::failure::{Failure, Result};
use crate::input::{Binarized, Keys, Numbers, Reading, Shape, thresholds_of};

/// Numbers that are looked at, at the most.
const MOST: usize = 1 << 26;

/// Different numbers that are told one by one.
const FEW: usize = 4;

/// The numbers of a file.
pub struct Census {
    pub rows: usize,
    pub columns: usize,
    /// Rows that were looked at.
    pub seen: usize,
    /// What the numbers are called.
    pub form: String,
    least: f64,
    greatest: f64,
    /// Those that are not finite.
    strange: u64,
    all: u64,
    /// Whether all are whole.
    whole: bool,
    /// The different ones, if they are few.
    few: Option<Vec<f64>>,
    pictures: Option<Shape>,
    /// How much a number has in common with the one beside it.
    alike: Alike,
}

/// Columns up to which bytes are rather packed bits than greys.
const CODES: usize = 32;

/// The correlation of neighbours, above which bytes are rather greys than packed bits.
const SMOOTH: f64 = 0.25;

/// What the correlation of neighbours in a row is made of.
#[derive(Clone, Copy, Debug, Default)]
struct Alike {
    pairs: f64,
    /// Of the first of each pair, the second, their squares and their products.
    sums: [f64; 5],
}

impl Alike {
    fn add(&mut self, row: &[f64]) {
        for pair in row.windows(2) {
            let (x, y) = (pair[0], pair[1]);
            self.pairs += 1.0;
            self.sums.iter_mut().zip([x, y, x * x, y * y, x * y]).for_each(|(sum, term)| *sum += term);
        }
    }

    fn correlation(&self) -> f64 {
        let [x, y, xx, yy, xy] = self.sums.map(|sum| sum / self.pairs.max(1.0));
        let both = ((xx - x * x) * (yy - y * y)).sqrt();
        if both > 0.0 { (xy - x * y) / both } else { 0.0 }
    }
}

/// Options by which a file would be read, and what they say of it.
pub struct Choice {
    pub options: String,
    pub says: String,
    /// For queries alone.
    pub queries: bool,
    /// What would come of it, where that was tried.
    pub common: Option<Common>,
}

impl Census {
    pub fn of(numbers: &mut Numbers, reading: &Reading<'_>) -> Result<Self> {
        let columns = numbers.columns();
        let mut census = Self {
            rows: numbers.len(),
            columns,
            seen: 0,
            form: numbers.form().to_owned(),
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
            strange: 0,
            all: 0,
            whole: true,
            few: None,
            pictures: numbers.shape(),
            alike: Alike::default(),
        };
        let (mut some, mut different) = (Vec::new(), Some(BTreeSet::new()));
        let most = rows_of(columns, numbers.len());
        numbers.rewind(reading)?;
        while census.seen < most {
            let together = numbers.together().min(most - census.seen);
            census.seen += numbers.next_of_any_kind(reading, together, &mut some)?;
            census.all += some.len() as u64;
            if census.form == "uint8" {
                some.chunks_exact(columns).for_each(|row| census.alike.add(row));
            }
            for &number in &some {
                if !number.is_finite() {
                    census.strange += 1;
                    continue;
                }
                (census.least, census.greatest) = (census.least.min(number), census.greatest.max(number));
                census.whole &= number.fract() == 0.0;
                if let Some(few) = &mut different {
                    // -0 is 0; the bits of other numbers tell them apart.
                    few.insert((number + 0.0).to_bits());
                    if few.len() > FEW {
                        different = None;
                    }
                }
            }
        }
        numbers.rewind(reading)?;
        census.few = different.map(|few| {
            let mut few: Vec<f64> = few.into_iter().map(f64::from_bits).collect();
            few.sort_by(f64::total_cmp);
            few
        });
        Ok(census)
    }

    fn are(&self, numbers: &[f64]) -> bool {
        self.strange == 0 && self.few.as_ref().is_some_and(|few| few.iter().all(|number| numbers.contains(number)))
    }

    /// Whether some are no finite numbers.
    pub fn has_strange(&self) -> bool {
        self.strange > 0
    }

    /// How many patterns of how many positions they would be.
    pub fn shape_in_words(&self) -> String {
        match self.pictures {
            Some(shape) => format!("{} pictures of {shape} {}", self.rows, self.form),
            None => format!("{} × {} {}", self.rows, self.columns, self.form),
        }
    }

    /// The numbers, in words.
    pub fn in_words(&self) -> String {
        let numbers = match &self.few {
            Some(few) if few.is_empty() => "none finite".to_owned(),
            Some(few) => few.iter().map(f64::to_string).collect::<Vec<_>>().join(", "),
            None if self.whole => format!("whole numbers from {} to {}", self.least, self.greatest),
            None => format!("numbers from {} to {}", self.least, self.greatest),
        };
        let strange = match self.strange {
            0 => String::new(),
            strange => format!("; {strange} of {} are no finite numbers, and have no sign", self.all),
        };
        let some =
            if self.seen < self.rows { format!(" (in the first {} patterns)", self.seen) } else { String::new() };
        format!("{numbers}{strange}{some}")
    }

    pub fn json(&self) -> Value {
        json!({
            "rows": self.rows,
            "columns": self.columns,
            "rows_seen": self.seen,
            "of": self.form,
            "least": self.least.is_finite().then_some(self.least),
            "greatest": self.greatest.is_finite().then_some(self.greatest),
            "not_finite": self.strange,
            "whole": self.whole,
            "values": self.few,
        })
    }

    /// How the file may be read, the likeliest first.
    pub fn choices(&self, mut numbers: Numbers, reading: &Reading<'_>) -> Result<Vec<Choice>> {
        let choice =
            |options: &str, says: String, queries| Choice { options: options.into(), says, queries, common: None };
        let mut choices = Vec::new();
        let packed = || {
            let bits = if self.form == "uint8" { 8 } else { 64 };
            let says = format!("bits packed, {bits} a number: {} positions", bits * self.columns);
            choice("--packed", says, false)
        };
        let may_be_packed = matches!(self.form.as_str(), "uint8" | "uint64") && self.pictures.is_none();
        let rather_packed =
            may_be_packed && (self.form == "uint64" || self.columns <= CODES || self.alike.correlation() < SMOOTH);
        let zero_one = self.are(&[0.0, 1.0]);
        if zero_one {
            choices.push(choice("--encoding 01", "1 is +1, 0 is −1".into(), false));
            choices.push(choice("--erased zero", "1 is +1, 0 is an unknown position".into(), true));
        }
        if rather_packed && !zero_one {
            choices.push(packed());
        }
        let methods: Vec<BinarizeArg> = match &self.few {
            _ if self.strange > 0 || self.least == self.greatest || zero_one => Vec::new(),
            _ if self.are(&[-1.0, 0.0, 1.0]) => vec![BinarizeArg::Sign],
            Some(few) if few.len() == 2 => vec![BinarizeArg::Above(few[0] / 2.0 + few[1] / 2.0)],
            // Greys.
            _ if self.form == "uint8"
                || self.pictures.is_some()
                || self.whole && self.least >= 0.0 && self.greatest <= 255.0 =>
            {
                vec![BinarizeArg::Otsu, BinarizeArg::Mean, BinarizeArg::Median]
            }
            _ if self.least < 0.0 && self.greatest > 0.0 => {
                vec![BinarizeArg::Sign, BinarizeArg::Mean, BinarizeArg::Median]
            }
            _ => vec![BinarizeArg::Mean, BinarizeArg::Median, BinarizeArg::Otsu],
        };
        for method in methods {
            let says = match method {
                BinarizeArg::Sign => "above 0".to_owned(),
                BinarizeArg::Mean => "above its position's mean".to_owned(),
                BinarizeArg::Median => "above its position's median".to_owned(),
                BinarizeArg::Otsu => "above what divides all best".to_owned(),
                BinarizeArg::Above(number) => format!("above {number}"),
            };
            let mut tried = choice(&format!("--binarize {method}"), says, false);
            (tried.common, numbers) = self.tried(method, numbers, reading)?;
            choices.push(tried);
        }
        if may_be_packed && !rather_packed && !zero_one {
            choices.push(packed());
        }
        Ok(choices)
    }

    /// What the patterns would have in common, and the numbers again.
    fn tried(
        &self,
        method: BinarizeArg,
        mut numbers: Numbers,
        reading: &Reading<'_>,
    ) -> Result<(Option<Common>, Numbers)> {
        let drawn = thresholds_of(method, &mut First { numbers: &mut numbers, reading, rows: self.seen });
        let thresholds = match drawn {
            Ok(Some(thresholds)) => thresholds,
            // Numbers so large that they have no mean, say.
            Ok(None) | Err(Failure::Input(..)) => return Ok((None, numbers)),
            Err(failure) => return Err(failure),
        };
        numbers.rewind(reading)?;
        let (mut statistics, mut left) = (Statistics::counting(self.columns)?, self.seen);
        let mut binarized = Binarized::new(numbers, &thresholds, reading)?;
        while left > 0 {
            let together = binarized.together();
            let Some(loaded) = binarized.next(reading, left.min(together))? else { break };
            left -= loaded.queries.len();
            statistics.add(loaded.queries.signs().iter())?;
        }
        Ok((Some(statistics.finish()?), binarized.into_numbers()))
    }
}

/// Rows that are looked at, of so many of so many columns.
fn rows_of(columns: usize, rows: usize) -> usize {
    (MOST / columns.max(1)).clamp(1, rows.max(1))
}

/// The first rows of a file.
struct First<'a, 'b> {
    numbers: &'a mut Numbers,
    reading: &'a Reading<'b>,
    rows: usize,
}

impl Keys for First<'_, '_> {
    fn each(&mut self, see: &mut dyn FnMut(&[f64]) -> Result<()>) -> Result<()> {
        let (mut left, mut some) = (self.rows, Vec::new());
        self.numbers.rewind(self.reading)?;
        while left > 0 {
            let read = self.numbers.next(self.reading, left.min(self.numbers.together()), &mut some)?;
            if read == 0 {
                break;
            }
            left -= read;
            some.chunks_exact(self.numbers.columns()).try_for_each(&mut *see)?;
        }
        Ok(())
    }

    fn failure(&self, message: String) -> Failure {
        self.reading.failure(message)
    }
}
