//! The picture of some runs: states along the way, one row a run, and the energies below.

use plotters::coord::Shift;
use plotters::prelude::*;
use popfield::dynamics::{End, Run};
use popfield::{Memory, Query};

use super::words::end_of;
use crate::plot::frame::Frame;
use crate::plot::{AMBER, BLUE, Drawn, FAINT, Figure, GREEN, INK, RED, VIOLET, text, tick};

/// Runs whose states are drawn, states of each, and runs whose energies are.
const ROWS: usize = 6;
const FRAMES: usize = 8;
const CURVES: usize = 60;

/// Pixels.
const WIDTH: u32 = 960;
const HEAD: i32 = 50;
const SIDE: i32 = 72;
const STEP: i32 = SIDE + 18;
const LEFT: i32 = 190;
const CHART: i32 = 320;

/// What the colours say of a run's end.
const COLORS: [(&str, RGBColor); 5] =
    [("stored", GREEN), ("complement", BLUE), ("near", VIOLET), ("mixture", AMBER), ("spurious", RED)];

pub fn color(end: &End) -> RGBColor {
    COLORS.into_iter().find(|color| color.0 == end.name()).map_or(INK, |color| color.1)
}

pub struct Film {
    title: String,
    rows: Vec<Row>,
    curves: Vec<(RGBColor, Vec<f64>)>,
    left_out: usize,
}

/// One run in pictures.
struct Row {
    names: [String; 2],
    color: RGBColor,
    /// States with the step at which each was.
    frames: Vec<(usize, Frame)>,
}

impl Film {
    /// The film of `runs` of `memory`, which must be traced; states in rows of `width` positions.
    pub fn new(title: String, runs: &[Run], memory: &Memory, width: usize) -> Self {
        let row = |(q, run): (usize, &Run)| {
            let states: &[Query] = run.trace.as_deref().unwrap_or(&[]);
            // Evenly chosen, the first and the last among them.
            let count = states.len().min(FRAMES);
            let chosen = (0..count).map(|k| k * (states.len() - 1) / (count - 1).max(1));
            let frames = chosen.map(|step| (step, Frame::new(&states[step], width))).collect();
            Row {
                names: [format!("run {q}: {}", run.limit), end_of(run, memory, usize::MAX)],
                color: color(&run.end),
                frames,
            }
        };
        let energies = |run: &Run| -> Vec<f64> { run.energies.iter().map(|energy| energy.to_f64()).collect() };
        Self {
            title,
            rows: runs.iter().enumerate().take(ROWS).map(row).collect(),
            curves: runs.iter().take(CURVES).map(|run| (color(&run.end), energies(run))).collect(),
            left_out: runs.len().saturating_sub(ROWS),
        }
    }

    fn film_height(&self) -> i32 {
        HEAD + self.rows.len() as i32 * STEP + 34
    }
}

/// Words in lines of up to `width` letters.
fn lines(words: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + 1 + word.len() <= width => *line += &format!(" {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

impl Figure for Film {
    fn size(&self) -> (u32, u32) {
        (WIDTH, (self.film_height() + CHART) as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        area.draw(&Text::new(self.title.clone(), (18, 16), text(18, INK)))?;
        for (r, row) in self.rows.iter().enumerate() {
            let top = HEAD + r as i32 * STEP;
            area.draw(&Text::new(row.names[0].clone(), (18, top + 18), text(13, INK)))?;
            // A long list of members would run into the frames.
            for (line, words) in (0..).zip(lines(&row.names[1], 26).into_iter().take(3)) {
                area.draw(&Text::new(words, (18, top + 38 + 17 * line), text(13, row.color)))?;
            }
            let last = row.frames.len().saturating_sub(1);
            for (f, (step, frame)) in row.frames.iter().enumerate() {
                let left = LEFT + f as i32 * (SIDE + 20);
                let edge = if f == last { row.color } else { RGBColor(200, 203, 212) };
                frame.draw(area, (left, top), SIDE, edge)?;
                area.draw(&Text::new(step.to_string(), (left + SIDE + 6, top), text(11, FAINT)))?;
            }
        }
        let under = self.film_height() - 30;
        area.draw(&Text::new("ended in", (LEFT, under), text(13, FAINT)))?;
        for (k, (name, color)) in COLORS.into_iter().enumerate() {
            area.draw(&Text::new(name, (LEFT + 80 + k as i32 * 94, under), text(13, color)))?;
        }
        if self.left_out > 0 {
            let more = format!("{} more runs are not drawn", self.left_out);
            area.draw(&Text::new(more, (LEFT + 560, under), text(13, FAINT)))?;
        }
        self.draw_energies(&area.split_vertically(self.film_height()).1)
    }
}

impl Film {
    fn draw_energies<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let all = || self.curves.iter().flat_map(|curve| curve.1.iter().copied());
        let (low, high) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), e| (low.min(e), high.max(e)));
        if !(low.is_finite() && high.is_finite()) {
            return area.draw(&Text::new("energies beyond what can be drawn", (18, 18), text(13, FAINT)));
        }
        let margin = ((high - low) * 0.06).max(low.abs() * 1e-3).max(0.5);
        let steps = self.curves.iter().map(|curve| curve.1.len()).max().unwrap_or(1).saturating_sub(1).max(1);
        let mut chart = ChartBuilder::on(area)
            .margin(16)
            .x_label_area_size(36)
            .y_label_area_size(78)
            .caption("Energy along the way", text(16, INK))
            .build_cartesian_2d(0.0..steps as f64, low - margin..high + margin)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc("steps (sweeps, if asynchronous)")
            .x_labels(steps.min(10) + 1)
            .x_label_formatter(&|step| format!("{step:.0}"))
            .y_label_formatter(&tick)
            .label_style(text(13, FAINT))
            .axis_desc_style(text(13, FAINT))
            .draw()?;
        for (color, energies) in &self.curves {
            let points = (0..).map(f64::from).zip(energies.iter().copied());
            chart.draw_series(LineSeries::new(points.clone(), color.mix(0.7)))?;
            chart.draw_series(points.map(|point| Circle::new(point, 2, color.filled())))?;
        }
        Ok(())
    }
}
