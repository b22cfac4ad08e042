//! The model that a store is held to: which associations are there, and changes that it and the store both go through.
//!
//! What row r holds follows from the seed and r, so that the model keeps the number of a row for each id and nothing
//! else.

use std::collections::HashMap;

use popfield::{Pattern, Patterns};

use crate::error::{Error, Result};
use crate::stress::judge::{Piece, Source};

/// A change of a store. As a line of text it is what a writer is told to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Rows `first` and on, `count` of them, under `ids`, or counted ones.
    Append {
        /// The first row.
        first: u64,
        /// How many.
        count: u64,
        /// An id for each, if not counted.
        ids: Option<Vec<u64>>,
        /// Whether every third row has a label.
        labelled: bool,
    },
    /// These ids are forgotten.
    Forget(Vec<u64>),
    /// The space of what was forgotten is given back.
    Compact,
    /// The store is closed, and opened again.
    Reopen,
}

impl Change {
    /// Its kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Append { ids: None, .. } => "append",
            Self::Append { .. } => "append with ids",
            Self::Forget(_) => "forget",
            Self::Compact => "compact",
            Self::Reopen => "reopen",
        }
    }

    /// The line, without its end.
    pub fn to_line(&self) -> String {
        let list = |ids: &[u64]| ids.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        match self {
            Self::Append { first, count, ids, labelled } => {
                let ids = ids.as_ref().map_or_else(|| "-".into(), |ids| list(ids));
                format!("append {first} {count} {labelled} {ids}")
            }
            Self::Forget(ids) => format!("forget {}", list(ids)),
            Self::Compact => "compact".into(),
            Self::Reopen => "reopen".into(),
        }
    }

    /// What a line says.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a line that says nothing.
    pub fn of_line(line: &str) -> Result<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let list = |text: &str| text.split(',').map(str::parse).collect::<Result<Vec<u64>, _>>().ok();
        let change = match words[..] {
            ["append", first, count, labelled, ids] => (|| {
                let ids = if ids == "-" { None } else { Some(list(ids)?) };
                let (first, count) = (first.parse().ok()?, count.parse().ok()?);
                Some(Self::Append { first, count, ids, labelled: labelled.parse().ok()? })
            })(),
            ["forget", ids] => list(ids).map(Self::Forget),
            ["compact"] => Some(Self::Compact),
            ["reopen"] => Some(Self::Reopen),
            _ => None,
        };
        change.ok_or_else(|| Error::Parameter {
            what: "line for a writer",
            expected: "append, forget, compact or reopen, with what they take".into(),
            found: line.chars().take(80).collect(),
        })
    }
}

/// What rows hold.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// Positions of each.
    pub dim: usize,
    /// What they are drawn by.
    pub seed: u64,
}

impl Rows {
    /// The words of a row: for each a step of SplitMix64 (Steele, Lea and Flood 2014), so that none needs those before.
    pub fn words(self, row: u64) -> impl Iterator<Item = u64> {
        let words = self.dim.div_ceil(64);
        let tail = u64::MAX >> (64 * words - self.dim);
        (0..words).map(move |w| {
            let mut z = self.seed ^ mixed(row.wrapping_mul(words as u64).wrapping_add(w as u64).wrapping_add(1));
            z = mixed(z);
            if w + 1 == words { z & tail } else { z }
        })
    }

    /// A row as a pattern.
    ///
    /// # Errors
    /// [`popfield::Error::Parameter`] for a dimension out of range.
    pub fn pattern(self, row: u64) -> Result<Pattern> {
        Ok(Pattern::from_words(self.words(row).collect(), self.dim)?)
    }

    /// Rows `first` and on.
    ///
    /// # Errors
    /// As [`pattern`](Self::pattern); [`popfield::Error::OutOfMemory`].
    pub fn patterns(self, first: u64, count: u64) -> Result<Patterns> {
        let mut patterns = Patterns::new(self.dim)?;
        patterns.reserve(count as usize)?;
        for row in first..first + count {
            patterns.push_words(&self.words(row).collect::<Vec<_>>())?;
        }
        Ok(patterns)
    }

    /// The label of a row that was stored with labels; empty for two of three.
    pub fn label(self, row: u64) -> String {
        if row.is_multiple_of(3) { format!("row {row}") } else { String::new() }
    }
}

fn mixed(x: u64) -> u64 {
    let z = x.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A row that is there, and whether it was stored with labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// Its number.
    pub row: u64,
    /// Whether [`Rows::label`] is its label.
    pub labelled: bool,
}

/// The associations that a store must hold.
#[derive(Clone, Debug)]
pub struct Model {
    rows: Rows,
    /// Ids and rows side by side, in an order that follows from the changes alone.
    ids: Vec<u64>,
    live: Vec<Live>,
    place: HashMap<u64, usize>,
    next_id: u64,
    next_row: u64,
}

impl Model {
    /// Of an empty store.
    pub fn new(rows: Rows) -> Self {
        Self { rows, ids: Vec::new(), live: Vec::new(), place: HashMap::new(), next_id: 0, next_row: 0 }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// What rows hold.
    pub fn rows(&self) -> Rows {
        self.rows
    }

    /// Above the largest id ever given.
    pub fn next_id(&self) -> u64 {
        self.next_id
    }

    /// The first row that was not stored yet.
    pub fn next_row(&self) -> u64 {
        self.next_row
    }

    /// The id at a place, all below [`len`](Self::len).
    pub fn id(&self, place: usize) -> u64 {
        self.ids[place]
    }

    /// The row under an id.
    pub fn get(&self, id: u64) -> Option<Live> {
        self.place.get(&id).map(|&place| self.live[place])
    }

    /// Goes through a change that the store accepts.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Append { first, count, ids, labelled } => {
                for k in 0..*count {
                    let id = ids.as_ref().map_or(self.next_id, |ids| ids[k as usize]);
                    self.place.insert(id, self.ids.len());
                    self.ids.push(id);
                    self.live.push(Live { row: first + k, labelled: *labelled });
                    self.next_id = self.next_id.max(id + 1);
                }
                self.next_row = self.next_row.max(first + count);
            }
            Change::Forget(ids) => {
                for id in ids {
                    let Some(place) = self.place.remove(id) else { continue };
                    self.ids.swap_remove(place);
                    self.live.swap_remove(place);
                    if let Some(&moved) = self.ids.get(place) {
                        self.place.insert(moved, place);
                    }
                }
            }
            Change::Compact | Change::Reopen => {}
        }
    }
}

/// Rows that are made together.
const PIECE: usize = 1 << 13;

impl Source for Model {
    fn dim(&self) -> usize {
        self.rows.dim
    }

    fn keys(&self) -> u64 {
        self.len() as u64
    }

    fn pieces(&self) -> usize {
        self.len().div_ceil(PIECE)
    }

    fn piece(&self, index: usize) -> Result<Piece> {
        let range = index * PIECE..self.len().min((index + 1) * PIECE);
        let words = self.live[range.clone()].iter().flat_map(|live| self.rows.words(live.row)).collect();
        Ok(Piece { ids: self.ids[range].to_vec(), words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_as_lines() {
        let append = |ids| Change::Append { first: 7, count: 2, ids, labelled: true };
        for change in
            [append(None), append(Some(vec![9, 4])), Change::Forget(vec![1, 2, 3]), Change::Compact, Change::Reopen]
        {
            assert_eq!(Change::of_line(&change.to_line()).unwrap(), change);
        }
        for line in ["", "append 1 2 true", "forget 1,x", "compact now"] {
            assert!(Change::of_line(line).unwrap_err().to_string().contains("line for a writer"));
        }
    }

    #[test]
    fn a_model_goes_through_changes() {
        let rows = Rows { dim: 70, seed: 4 };
        let mut model = Model::new(rows);
        model.apply(&Change::Append { first: 0, count: 5, ids: None, labelled: false });
        model.apply(&Change::Append { first: 5, count: 2, ids: Some(vec![40, 9]), labelled: true });
        model.apply(&Change::Forget(vec![1, 4]));
        assert_eq!((model.len(), model.next_id(), model.next_row()), (5, 41, 7));
        assert_eq!(model.get(9), Some(Live { row: 6, labelled: true }));
        assert_eq!((model.get(1), model.get(0).map(|live| live.row)), (None, Some(0)));
        let piece = model.piece(0).unwrap();
        for (k, id) in piece.ids.iter().enumerate() {
            let row = model.get(*id).unwrap().row;
            assert_eq!(piece.words[2 * k..2 * k + 2], *rows.pattern(row).unwrap().words());
        }
        assert_eq!(rows.patterns(3, 2).unwrap().get(1), Some(rows.pattern(4).unwrap()));
    }
}
