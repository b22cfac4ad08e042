//! The picture of some runs: states along the way, one row a run, and the energies below.

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend, RGBColor};
use popfield::dynamics::{End, Run};
use popfield::{Memory, Query};

use super::words::end_of;
use crate::plot::chart::{Chart, Dot, Key, MARGIN, Marks, NOTE, Sample, Style, TITLE};
use crate::plot::frame::Frame;
use crate::plot::pen::{Dash, Letters, Marker, Pen, Point, SOLID, Side, Stroke, UNITS};
use crate::plot::scale::{Axis, ends};
use crate::plot::{AMBER, BLUE, Drawn, FAINT, Figure, GREEN, INK, RED, SLATE, VIOLET};

/// Runs whose states are drawn, states of each at the most, and runs whose energies are.
const ROWS: usize = 6;
const FRAMES: usize = 8;
const CURVES: usize = 60;

/// Pixels: of the figure, of the energies below the states, of a state, from one to the next, and of the words before
/// them.
const WIDTH: f64 = 900.0;
const CHART: f64 = 330.0;
const LEAST_CHART: f64 = 230.0;
const SIDE: f64 = 66.0;
const ACROSS: f64 = SIDE + 20.0;
const DOWN: f64 = SIDE + 16.0;
const WORDS: f64 = 176.0;
const LINE: f64 = 16.0;

/// What came of a run, told apart by colour and by how lines are broken. Green is what came back home, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It ended in the stored pattern that it started from, with noise.
    Home,
    /// In a stored pattern, another one or from anywhere.
    Stored,
    Complement,
    Near,
    Mixture,
    Spurious,
}

impl Fate {
    pub const ALL: [Self; 6] = [Self::Home, Self::Stored, Self::Complement, Self::Near, Self::Mixture, Self::Spurious];

    /// What came of a run that started from the pattern of id `home`, or from none.
    pub fn of(end: &End, home: Option<u64>) -> Self {
        match end {
            End::Stored { id } if Some(*id) == home => Self::Home,
            End::Stored { .. } => Self::Stored,
            End::Complement { .. } => Self::Complement,
            End::Near { .. } => Self::Near,
            End::Mixture { .. } => Self::Mixture,
            _ => Self::Spurious,
        }
    }

    /// In words, for a key.
    pub fn words(self) -> &'static str {
        match self {
            Self::Home => "back home",
            Self::Stored => "in a stored pattern, not its own",
            Self::Complement => "in a complement",
            Self::Near => "near a pattern or complement",
            Self::Mixture => "in a mixture",
            Self::Spurious => "in none of these",
        }
    }

    /// The line that tells it, around a state or along energies.
    pub fn stroke(self, width: f64) -> Stroke {
        let (color, dash): (RGBColor, Dash) = match self {
            Self::Home => (GREEN, SOLID),
            Self::Stored => (BLUE, &[15.0, 3.0]),
            Self::Complement => (VIOLET, &[7.0, 3.0]),
            Self::Near => (SLATE, &[10.0, 2.5, 2.5, 2.5]),
            Self::Mixture => (AMBER, &[3.0, 2.0]),
            Self::Spurious => (RED, &[1.5, 3.0]),
        };
        Stroke::new(color, width).dash(dash)
    }

    fn marker(self) -> Marker {
        let place = Self::ALL.iter().position(|&fate| fate == self).unwrap_or(0);
        Marker::SERIES[place]
    }
}

pub struct Film {
    title: String,
    rows: Vec<Row>,
    curves: Vec<(Fate, Vec<f64>)>,
    left_out: usize,
    /// Whether it is known where the runs started.
    homes: bool,
}

/// One run in pictures.
struct Row {
    names: [String; 2],
    fate: Fate,
    /// States with the step at which each was.
    frames: Vec<(usize, Frame)>,
}

impl Film {
    /// The film of `runs` of `memory`, which must be traced; states in rows of `width` positions. `homes` are the ids of the patterns
    /// that they started from, if they did.
    pub fn new(title: String, runs: &[Run], memory: &Memory, width: usize, homes: Option<&[u64]>) -> Self {
        let fate = |q: usize, run: &Run| Fate::of(&run.end, homes.and_then(|homes| homes.get(q).copied()));
        let row = |(q, run): (usize, &Run)| {
            let states: &[Query] = run.trace.as_deref().unwrap_or(&[]);
            let frames = chosen(states.len(), FRAMES).map(|step| (step, Frame::new(&states[step], width))).collect();
            Row {
                names: [format!("run {q}: {}", run.limit), end_of(run, memory, usize::MAX)],
                fate: fate(q, run),
                frames,
            }
        };
        let energies = |run: &Run| -> Vec<f64> { run.energies.iter().map(|energy| energy.to_f64()).collect() };
        Self {
            title,
            rows: runs.iter().enumerate().take(ROWS).map(row).collect(),
            curves: runs.iter().enumerate().take(CURVES).map(|(q, run)| (fate(q, run), energies(run))).collect(),
            left_out: runs.len().saturating_sub(ROWS),
            homes: homes.is_some(),
        }
    }

    /// The title in lines, and where the states below it begin.
    fn head(&self, width: f64) -> (Vec<String>, f64) {
        let lines = TITLE.wrapped(&self.title, width - 2.0 * MARGIN);
        let below = 0.75 * MARGIN + 22.0 * lines.len() as f64 + 10.0;
        (lines, below)
    }

    /// Where the energies begin.
    fn under(&self, width: f64) -> f64 {
        let more = if self.left_out > 0 { LINE } else { 0.0 };
        self.head(width).1 + self.rows.len().div_ceil(self.columns(width)) as f64 * DOWN + more
    }

    /// How many runs stand side by side: where all are short there is room for some.
    fn columns(&self, width: f64) -> usize {
        let longest = self.rows.iter().map(|row| row.frames.len()).max().unwrap_or(1).max(2);
        (((width - MARGIN) / (WORDS + longest as f64 * ACROSS)) as usize).clamp(1, self.rows.len().max(1))
    }

    /// Draws a run from here on, in so many pixels.
    fn row<B: DrawingBackend>(&self, pen: &Pen<'_, B>, row: &Row, (left, top): Point, width: f64) -> Drawn<B> {
        pen.write(&row.names[0], (left, top + 9.0), Side::Left, Letters::new(12.0, INK))?;
        // A long list of members would run into the states.
        let letters = Letters::new(12.0, row.fate.stroke(1.0).color);
        let words = letters.wrapped(&row.names[1], WORDS - 12.0);
        let mut shown: Vec<String> = words.iter().take(3).cloned().collect();
        if let (Some(last), true) = (shown.last_mut(), words.len() > 3) {
            while letters.width(last) + letters.width(" …") > WORDS - 12.0
                && let Some((before, _)) = last.rsplit_once(' ')
            {
                last.truncate(before.len());
            }
            last.push_str(" …");
        }
        for (line, words) in shown.iter().enumerate() {
            let at = (left, top + 9.0 + LINE * (line + 1) as f64);
            pen.write(words, at, Side::Left, letters)?;
        }
        // As many as there is room for, the first and the last among them.
        let room = ((width - WORDS) / ACROSS) as usize;
        let last = row.frames.len().saturating_sub(1);
        for (place, chosen) in chosen(row.frames.len(), room.max(2)).enumerate() {
            let (step, frame) = &row.frames[chosen];
            let left = left + WORDS + place as f64 * ACROSS;
            let edge = if chosen == last { row.fate.stroke(3.0) } else { Stroke::new(RGBColor(200, 203, 212), 1.5) };
            frame.draw_in(pen, (left, top), SIDE, edge)?;
            pen.write(&step.to_string(), (left + SIDE + 5.0, top + 5.0), Side::Left, Letters::new(10.0, FAINT))?;
        }
        Ok(())
    }

    fn energies(&self) -> Chart {
        let (low, high) = ends(self.curves.iter().flat_map(|curve| curve.1.iter().copied()));
        let margin = ((high - low) * 0.06).max(low.abs() * 1e-3).max(0.5);
        let steps = self.curves.iter().map(|curve| curve.1.len()).max().unwrap_or(1).saturating_sub(1).max(1);
        let beyond = self.curves.iter().flat_map(|curve| &curve.1).any(|energy| !energy.is_finite());
        let mut chart = Chart::new(
            "Energy along the way",
            Axis::new("steps (sweeps, if asynchronous)", (0.0, 1.02 * steps as f64)).whole(),
            Axis::new(
                if beyond { "energy (some are beyond what can be drawn)" } else { "energy" },
                (low - margin, high + margin),
            ),
        );
        let met: Vec<Fate> =
            Fate::ALL.into_iter().filter(|&fate| self.curves.iter().any(|curve| curve.0 == fate)).collect();
        let key = |&fate: &Fate| {
            let style = Style::marked_line(fate.stroke(1.6), fate.marker());
            let words = match fate {
                Fate::Stored if !self.homes => "in a stored pattern",
                fate => fate.words(),
            };
            Key { sample: Sample::Of(style), words: format!("ended {words}") }
        };
        chart = chart.key(met.iter().map(key).collect());
        for (fate, energies) in &self.curves {
            let points: Vec<(f64, f64)> = (0..).map(f64::from).zip(energies.iter().copied()).collect();
            let last = points.last().copied();
            chart = chart.with(Marks::Line(points), Style::line(fate.stroke(1.3).alpha(0.8)));
            let end = last.map(|at| Dot { at, low: at.1, high: at.1 });
            let style = Style::marks(fate.marker(), fate.stroke(1.0).color);
            chart = chart.with(Marks::Dots(end.into_iter().collect()), style);
        }
        chart
    }
}

/// Up to `most` of `count` places, evenly, the first and the last among them.
fn chosen(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let shown = count.min(most);
    (0..shown).map(move |k| k * (count - 1) / (shown - 1).max(1))
}

impl Figure for Film {
    fn size(&self) -> (u32, u32) {
        let height = self.under(WIDTH) + CHART;
        (WIDTH as u32 * UNITS, height.ceil() as u32 * UNITS)
    }

    fn fits(&self, (width, height): (u32, u32)) -> bool {
        let [width, height] = [width, height].map(|side| f64::from(side) / f64::from(UNITS));
        let under = self.under(width);
        width >= MARGIN + WORDS + 2.0 * ACROSS + MARGIN
            && height - under >= LEAST_CHART
            && self.energies().has_room([0.0, under, width, height])
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let pen = Pen(area);
        let (width, height) = pen.size();
        let (title, top) = self.head(width);
        for (line, words) in title.iter().enumerate() {
            pen.write(words, (MARGIN, 0.75 * MARGIN + 22.0 * (line as f64 + 0.45)), Side::Left, TITLE)?;
        }
        let columns = self.columns(width);
        let across = (width - MARGIN) / columns as f64;
        for (place, row) in self.rows.iter().enumerate() {
            let at = (MARGIN + (place % columns) as f64 * across, top + (place / columns) as f64 * DOWN);
            self.row(&pen, row, at, across)?;
        }
        if self.left_out > 0 {
            let more = format!("{} more runs are not drawn as states", self.left_out);
            pen.write(&more, (MARGIN, self.under(width) - LINE), Side::Left, NOTE)?;
        }
        self.energies().draw_in(&pen, [0.0, self.under(width), width, height])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_are_among_those_chosen() {
        for count in 0..30 {
            for most in 2..10 {
                let chosen: Vec<usize> = chosen(count, most).collect();
                assert_eq!(chosen.len(), count.min(most));
                assert!(chosen.is_sorted_by(|a, b| a < b));
                assert!(count == 0 || (chosen[0], chosen[chosen.len() - 1]) == (0, count - 1));
            }
        }
    }

    #[test]
    fn only_what_came_home_is_green() {
        assert_eq!(Fate::of(&End::Stored { id: 3 }, Some(3)), Fate::Home);
        for fate in [Fate::of(&End::Stored { id: 3 }, Some(4)), Fate::of(&End::Stored { id: 3 }, None)] {
            assert_eq!(fate, Fate::Stored);
        }
        let strokes = Fate::ALL.map(|fate| fate.stroke(1.0));
        assert!(Fate::ALL.into_iter().all(|fate| (fate.stroke(1.0).color == GREEN) == (fate == Fate::Home)));
        for (place, stroke) in strokes.iter().enumerate() {
            let unlike = |other: &Stroke| other.color != stroke.color && other.dash != stroke.dash;
            assert!(strokes[place + 1..].iter().all(unlike), "{stroke:?}");
        }
    }
}
