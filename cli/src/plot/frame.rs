//! States as little pictures.

use plotters::coord::Shift;
use plotters::prelude::*;
use popfield::Query;

use super::figure::Drawn;
use super::pen::{Pen, Point, Stroke, UNITS};

/// Cells along a side at the most; larger states are averaged.
const CELLS: usize = 64;

/// A state as shades, row by row.
pub struct Frame {
    columns: usize,
    /// How many of a cell's positions are +1, of those there are; `None` where all of them are unknown.
    shades: Vec<Option<f64>>,
}

impl Frame {
    /// The state in rows of `width` positions.
    pub fn new(state: &Query, width: usize) -> Self {
        let dim = state.signs().dim();
        let height = dim.div_ceil(width);
        let block = width.max(height).div_ceil(CELLS);
        let (columns, rows) = (width.div_ceil(block), height.div_ceil(block));
        let mut counts = vec![(0u32, 0u32); columns * rows];
        for (position, bit) in state.signs().bits().iter().by_vals().enumerate() {
            if state.known().is_none_or(|known| known.bits()[position]) {
                let cell = &mut counts[position / width / block * columns + position % width / block];
                *cell = (cell.0 + u32::from(bit), cell.1 + 1);
            }
        }
        let shade = |(plus, all): (u32, u32)| (all > 0).then(|| f64::from(plus) / f64::from(all));
        Self { columns, shades: counts.into_iter().map(shade).collect() }
    }

    /// Where it ends on the right and below, drawn from there on.
    fn end(&self, (left, top): (i32, i32), side: i32) -> (i32, i32) {
        let rows = self.shades.len().div_ceil(self.columns);
        let longer = self.columns.max(rows) as i32;
        (left + self.columns as i32 * side / longer, top + rows as i32 * side / longer)
    }

    /// Draws it with this stroke around it.
    pub fn draw_in<B: DrawingBackend>(&self, pen: &Pen<'_, B>, at: Point, side: f64, edge: Stroke) -> Drawn<B> {
        let units = |pixels: f64| (pixels * f64::from(UNITS)).round() as i32;
        let (corner, side) = ((units(at.0), units(at.1)), units(side));
        self.cells(pen.0, corner, side)?;
        let (right, bottom) = self.end(corner, side);
        let pixels = |units: i32| f64::from(units) / f64::from(UNITS);
        // Its inner side touches the cells.
        let out = 0.5 * edge.width;
        let (left, top, right, bottom) = (at.0 - out, at.1 - out, pixels(right) + out, pixels(bottom) + out);
        let closed = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        // Past the first corner, so that it has no notch.
        let corner = (left + out.min(right - left), top);
        pen.line(&if edge.dash.is_empty() { [&closed[..], &[corner]].concat() } else { closed.to_vec() }, edge)
    }

    /// Draws its cells, on white.
    fn cells<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>, (left, top): (i32, i32), side: i32) -> Drawn<B> {
        let rows = self.shades.len().div_ceil(self.columns);
        let longer = self.columns.max(rows) as i32;
        let at = |cell: usize| cell as i32 * side / longer;
        area.draw(&Rectangle::new([(left, top), self.end((left, top), side)], WHITE.filled()))?;
        let mut cells = Vec::new();
        for (row, shades) in self.shades.chunks(self.columns).enumerate() {
            // Neighbours of one shade make one rectangle.
            let mut column = 0;
            for run in shades.chunk_by(|a, b| a == b) {
                let corners = [(left + at(column), top + at(row)), (left + at(column + run.len()), top + at(row + 1))];
                column += run.len();
                let color = match run.first() {
                    Some(Some(shade)) => grey(*shade),
                    _ => RGBColor(200, 203, 212),
                };
                if color != WHITE {
                    cells.push((color, corners));
                }
            }
        }
        // By their colour, which makes one element of each.
        cells.sort_by_key(|&(RGBColor(r, g, b), _)| (r, g, b));
        cells.into_iter().try_for_each(|(color, corners)| area.draw(&Rectangle::new(corners, color.filled())))
    }
}

/// Ink for +1, white for −1.
fn grey(shade: f64) -> RGBColor {
    let mix = |ink: f64| (255.0 - shade * (255.0 - ink)).round() as u8;
    RGBColor(mix(24.0), mix(28.0), mix(40.0))
}
