//! A pen: lines, marks and words in pixels, with fractions of them.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::figure::Drawn;
use super::font;

/// Units of the drawing to a pixel: it is drawn to whole units.
pub const UNITS: u32 = 10;

/// A place or a size in pixels.
pub type Point = (f64, f64);

/// Lengths drawn and left out in turn; none: drawn throughout.
pub type Dash = &'static [f64];

pub const SOLID: Dash = &[];

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    pub color: RGBColor,
    pub alpha: f64,
    pub width: f64,
    pub dash: Dash,
}

impl Stroke {
    pub const fn new(color: RGBColor, width: f64) -> Self {
        Self { color, alpha: 1.0, width, dash: SOLID }
    }

    pub const fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    pub const fn dash(self, dash: Dash) -> Self {
        Self { dash, ..self }
    }
}

/// How letters look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Letters {
    pub size: f64,
    pub color: RGBColor,
    pub bold: bool,
}

impl Letters {
    pub const fn new(size: f64, color: RGBColor) -> Self {
        Self { size, color, bold: false }
    }

    pub const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// `words` in lines no wider than `room`.
    pub fn wrapped(self, words: &str, room: f64) -> Vec<String> {
        font::wrapped(words, |line| self.width(line) <= room)
    }

    /// How wide words are in them.
    pub fn width(self, words: &str) -> f64 {
        self.size * font::width(words, self.bold)
    }
}

/// Where the place of some words is: left of them, in their middle, right of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Middle,
    Right,
}

/// The shapes of points, so that colour is not all that tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
    Inverted,
    Ring,
}

impl Marker {
    /// In the order in which series take them.
    pub const SERIES: [Self; 6] =
        [Self::Circle, Self::Square, Self::Triangle, Self::Diamond, Self::Inverted, Self::Ring];
}

/// Draws on an area.
pub struct Pen<'a, B: DrawingBackend>(pub &'a DrawingArea<B, Shift>);

impl<B: DrawingBackend> Pen<'_, B> {
    /// Width and height of the area.
    pub fn size(&self) -> Point {
        let (width, height) = self.0.dim_in_pixel();
        (f64::from(width) / f64::from(UNITS), f64::from(height) / f64::from(UNITS))
    }

    /// A line along `points`, broken as its stroke says.
    pub fn line(&self, points: &[Point], stroke: Stroke) -> Drawn<B> {
        let style = stroke.color.mix(stroke.alpha).stroke_width(units(stroke.width).max(1) as u32);
        let draw = |piece: &[Point]| {
            self.0.draw(&PathElement::new(piece.iter().map(|&at| place(at)).collect::<Vec<_>>(), style))
        };
        match stroke.dash {
            [] if points.len() > 1 => draw(points),
            [] => Ok(()),
            dash => dashes(points, dash).iter().try_for_each(|piece| draw(piece)),
        }
    }

    /// A filled polygon.
    pub fn polygon(&self, points: &[Point], color: RGBColor) -> Drawn<B> {
        self.0.draw(&Polygon::new(points.iter().map(|&at| place(at)).collect::<Vec<_>>(), color.filled()))
    }

    /// A filled rectangle.
    pub fn fill(&self, from: Point, to: Point, color: RGBColor) -> Drawn<B> {
        self.0.draw(&Rectangle::new([place(from), place(to)], color.filled()))
    }

    /// A mark of half this height.
    pub fn mark(&self, marker: Marker, at: Point, radius: f64, color: RGBColor) -> Drawn<B> {
        let (x, y) = at;
        let corners = |corners: &[Point]| {
            let points: Vec<Point> = corners.iter().map(|(a, b)| (x + a * radius, y + b * radius)).collect();
            self.polygon(&points, color)
        };
        match marker {
            Marker::Circle => self.0.draw(&Circle::new(place(at), units(radius), color.filled())),
            Marker::Ring => {
                self.0.draw(&Circle::new(place(at), units(radius), WHITE.filled()))?;
                let inner = units(radius - 0.6);
                self.0.draw(&Circle::new(place(at), inner, color.stroke_width(units(1.4) as u32)))
            }
            Marker::Square => corners(&[(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)]),
            Marker::Triangle => corners(&[(-1.1, 0.85), (1.1, 0.85), (0.0, -1.15)]),
            Marker::Inverted => corners(&[(-1.1, -0.85), (1.1, -0.85), (0.0, 1.15)]),
            Marker::Diamond => corners(&[(-1.2, 0.0), (0.0, -1.2), (1.2, 0.0), (0.0, 1.2)]),
        }
    }

    /// The head of an arrow whose tip is at `tip` and which points along `(across, down)`, a unit.
    pub fn head(&self, tip: Point, (across, down): Point, color: RGBColor) -> Drawn<B> {
        let (length, half) = (6.5, 3.0);
        let base = (tip.0 - length * across, tip.1 - length * down);
        let corner = |side: f64| (base.0 - side * half * down, base.1 + side * half * across);
        self.polygon(&[tip, corner(1.0), corner(-1.0)], color)
    }

    /// Words whose middle line is at `at`.
    pub fn write(&self, words: &str, at: Point, side: Side, letters: Letters) -> Drawn<B> {
        let h_pos = match side {
            Side::Left => HPos::Left,
            Side::Middle => HPos::Center,
            Side::Right => HPos::Right,
        };
        let weight = if letters.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = ("sans-serif", letters.size * f64::from(UNITS)).into_font().style(weight);
        let style = font.color(&letters.color).pos(Pos::new(h_pos, VPos::Center));
        self.0.draw(&Text::new(words, place(at), style))
    }
}

fn units(pixels: f64) -> i32 {
    (pixels * f64::from(UNITS)).round() as i32
}

fn place((x, y): Point) -> (i32, i32) {
    (units(x), units(y))
}

/// The pieces of the line along `points` that are drawn, its dashes carried on around corners.
fn dashes(points: &[Point], dash: &[f64]) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    let (mut part, mut left, mut drawn) = (0, dash[0], true);
    if let Some(&first) = points.first() {
        pieces.push(vec![first]);
    }
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        let mut length = libm::hypot(to.0 - from.0, to.1 - from.1);
        while length > 0.0 {
            let step = left.min(length);
            let share = step / length;
            from = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            if let (true, Some(piece)) = (drawn, pieces.last_mut()) {
                piece.push(from);
            }
            (length, left) = (length - step, left - step);
            if left <= 0.0 {
                part = (part + 1) % dash.len();
                (left, drawn) = (dash[part], !drawn);
                if drawn {
                    pieces.push(vec![from]);
                }
            }
        }
    }
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_go_around_corners() {
        let pieces = dashes(&[(0.0, 0.0), (5.0, 0.0), (5.0, 7.0)], &[3.0, 1.0]);
        let whole: Vec<Point> = pieces.iter().flatten().copied().collect();
        assert_eq!(pieces.len(), 3);
        assert_eq!(whole, [(0.0, 0.0), (3.0, 0.0), (4.0, 0.0), (5.0, 0.0), (5.0, 2.0), (5.0, 3.0), (5.0, 6.0)]);
        assert!(dashes(&[(1.0, 1.0)], &[3.0, 1.0]).is_empty() && dashes(&[], &[3.0, 1.0]).is_empty());
        assert!(dashes(&[(1.0, 1.0), (1.0, 1.0)], &[3.0, 1.0]).is_empty());
    }
}
