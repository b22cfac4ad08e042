//! The picture of the demo: rows of little images with a name beside each row.

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend, RGBColor};
use popfield::{Pattern, Query};

use super::digits::SIDE;
use crate::commands::dynamics::Fate;
use crate::failure::Result;
use crate::plot::frame::Frame;
use crate::plot::pen::{Letters, Pen, Point, Side, Stroke, UNITS};
use crate::plot::{Drawn, FAINT, Figure, Format, GREEN, INK, Look, RED, picture};

/// Pixels of an image, from one to the next, between names and images, around all, of a heading, and of a line of the key.
const IMAGE: f64 = 48.0;
const CELL: f64 = IMAGE + 14.0;
const BESIDE: f64 = 18.0;
const MARGIN: f64 = 16.0;
const HEADING: f64 = 36.0;
const KEY: f64 = 24.0;

/// The edge of an image that was stored, and of one that is asked.
const STORED: Stroke = Stroke::new(FAINT, 2.0);
const ASKED: Stroke = Stroke::new(RGBColor(190, 194, 204), 2.0);

/// Letters of names.
const NAME: Letters = Letters::new(12.5, FAINT);

/// What the file's pixels are beside those; those of an image stay whole.
const FINE: Look = Look { size: None, scale: 1.5 };

/// What stands in one place of the sheet.
pub enum Cell {
    /// An image as it was stored.
    Stored(Pattern),
    /// A query, its erased pixels grey.
    Query(Query),
    /// A recalled image, framed by whether it is right.
    Recalled(Pattern, bool),
    /// The limit of a run, framed by what came of it.
    Limit(Pattern, Fate),
}

/// What stands in one line of the sheet.
pub enum Line {
    Heading(String),
    Row(String, Vec<Cell>),
}

/// Draws the lines one below the other; returns the PNG.
pub fn draw(lines: &[Line]) -> Result<Vec<u8>> {
    picture(&Sheet::new(lines), Format::Png, FINE)
}

/// Lines with a key of their frames above them.
struct Sheet<'a> {
    lines: &'a [Line],
    key: Vec<Vec<(Stroke, &'static str)>>,
}

/// The edge of what was recalled.
fn recalled(right: bool) -> Stroke {
    if right { Stroke::new(GREEN, 3.0) } else { Stroke::new(RED, 3.0).dash(&[3.0, 2.0]) }
}

impl<'a> Sheet<'a> {
    fn new(lines: &'a [Line]) -> Self {
        let cells = || {
            let row = |line: &'a Line| if let Line::Row(_, cells) = line { &cells[..] } else { &[] };
            lines.iter().flat_map(row)
        };
        let mut entries: Vec<(Stroke, &'static str)> = Vec::new();
        if cells().any(|cell| matches!(cell, Cell::Recalled(..))) {
            entries.extend([(recalled(true), "recalled in every pixel"), (recalled(false), "not so")]);
        }
        let met = |fate: Fate| cells().any(|cell| matches!(cell, Cell::Limit(_, met) if *met == fate));
        entries.extend(Fate::ALL.into_iter().filter(|&fate| met(fate)).map(|fate| (fate.stroke(3.0), fate.words())));
        Self { lines, key: entries.chunks(3).map(<[_]>::to_vec).collect() }
    }

    /// Pixels of the names before the images, an even number.
    fn names(&self) -> f64 {
        let width = |line: &Line| if let Line::Row(name, _) = line { NAME.width(name) } else { 0.0 };
        2.0 * ((self.lines.iter().map(width).fold(0.0, f64::max) + BESIDE) / 2.0).ceil()
    }

    /// Width and height in pixels.
    fn pixels(&self) -> Point {
        let columns = self.lines.iter().map(|line| if let Line::Row(_, cells) = line { cells.len() } else { 0 }).max();
        let width = 2.0 * MARGIN + self.names() + columns.unwrap_or(0).max(1) as f64 * CELL - (CELL - IMAGE);
        let lines: f64 = self.lines.iter().map(height_of).sum();
        (width, 2.0 * MARGIN + self.key.len() as f64 * KEY + lines - (CELL - IMAGE))
    }
}

fn height_of(line: &Line) -> f64 {
    match line {
        Line::Heading(_) => HEADING,
        Line::Row(..) => CELL,
    }
}

impl Figure for Sheet<'_> {
    fn size(&self) -> (u32, u32) {
        let (width, height) = self.pixels();
        (width.ceil() as u32 * UNITS, height.ceil() as u32 * UNITS)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let pen = Pen(area);
        let mut top = MARGIN;
        let across = (self.pixels().0 - 2.0 * MARGIN) / 3.0;
        for row in &self.key {
            for (place, (stroke, words)) in row.iter().enumerate() {
                let (left, y) = (MARGIN + place as f64 * across, top + 0.5 * KEY - 4.0);
                pen.line(&[(left, y), (left + 38.0, y)], *stroke)?;
                pen.write(words, (left + 46.0, y), Side::Left, Letters::new(12.0, INK))?;
            }
            top += KEY;
        }
        for line in self.lines {
            match line {
                Line::Heading(words) => {
                    let at = (MARGIN, top + 0.5 * HEADING - 2.0);
                    pen.write(words, at, Side::Left, Letters::new(14.0, INK).bold())?;
                }
                Line::Row(name, cells) => {
                    let at = (MARGIN, top + 0.5 * IMAGE);
                    pen.write(name, at, Side::Left, NAME)?;
                    for (place, cell) in cells.iter().enumerate() {
                        draw_cell(&pen, cell, (MARGIN + self.names() + place as f64 * CELL, top))?;
                    }
                }
            }
            top += height_of(line);
        }
        Ok(())
    }
}

fn draw_cell<B: DrawingBackend>(pen: &Pen<'_, B>, cell: &Cell, at: Point) -> Drawn<B> {
    let state = |pattern: &Pattern| Query::new(pattern.clone());
    let (state, edge) = match cell {
        Cell::Stored(pattern) => (state(pattern), STORED),
        Cell::Query(query) => (query.clone(), ASKED),
        Cell::Recalled(pattern, right) => (state(pattern), recalled(*right)),
        Cell::Limit(pattern, fate) => (state(pattern), fate.stroke(3.0)),
    };
    Frame::new(&state, SIDE).draw_in(pen, at, IMAGE, edge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::pen::SOLID;

    #[test]
    fn every_frame_has_its_entry_in_the_key() {
        let pattern = || Pattern::new(SIDE * SIDE).unwrap();
        let limits = Fate::ALL.map(|fate| Cell::Limit(pattern(), fate)).into();
        let lines = [Line::Row("a".into(), vec![Cell::Recalled(pattern(), true)]), Line::Row("b".into(), limits)];
        let sheet = Sheet::new(&lines);
        assert_eq!(sheet.key.iter().flatten().count(), 2 + Fate::ALL.len());
        assert!(sheet.key.iter().flatten().all(|entry| entry.0.dash == SOLID || entry.0.color != GREEN));
        assert!(Sheet::new(&[Line::Heading("none".into())]).key.is_empty());
        assert!(draw(&lines).unwrap().starts_with(b"\x89PNG"));
    }
}
