//! The chart: what was measured against the number of patterns, a curve for each dimension, theory beside it; for overlaps
//! also where the answers of all memories ended, since near a transition those retrieved and those lost mix.

use plotters::coord::Shift;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use popfield_lab::{
    Crossing, Experiment, Findings, MeasuredPoint, Observable, Point, Prediction, Rule, Sizes, Study, histogram,
};

use crate::plot::{Drawn, FAINT, Figure, INK, PAPER, SERIES, text, tick};

/// What stands along the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Along {
    Load,
    Rate,
    Patterns,
}

/// The horizontal axis.
#[derive(Clone, Copy, Debug)]
struct Axis {
    along: Along,
    logarithmic: bool,
}

impl Axis {
    /// That of the range asked for; without one the number of patterns.
    fn of(study: &Study) -> Self {
        let grows = matches!(study.experiment.rule, Rule::Exponential(_) | Rule::Max);
        match &study.sizes {
            Sizes::Load(load) => Self { along: Along::Load, logarithmic: load.is_geometric() },
            // The logarithm of n already.
            Sizes::Rate(_) => Self { along: Along::Rate, logarithmic: false },
            Sizes::Patterns(patterns) => Self { along: Along::Patterns, logarithmic: patterns.is_geometric() || grows },
            _ => Self { along: Along::Patterns, logarithmic: true },
        }
    }

    /// Where `patterns` patterns of dimension `dim` stand.
    fn at(self, patterns: f64, dim: usize) -> f64 {
        match self.along {
            Along::Load => patterns / dim as f64,
            Along::Rate => libm::log(patterns) / dim as f64,
            Along::Patterns => patterns,
        }
    }

    /// How many patterns stand at `x`.
    fn patterns(self, x: f64, dim: usize) -> f64 {
        match self.along {
            Along::Load => x * dim as f64,
            Along::Rate => libm::exp(x * dim as f64),
            Along::Patterns => x,
        }
    }

    fn name(self) -> &'static str {
        match self.along {
            Along::Load => "load n/d",
            Along::Rate => "rate (ln n)/d",
            Along::Patterns => "patterns n",
        }
    }
}

/// Pixels.
const WIDTH: u32 = 1000;
const CHART: u32 = 460;
const STRIP: u32 = 150;
const HEAD: u32 = 64;
const LEFT: u32 = 70;
const RIGHT: u32 = 280;

/// Where words of the legend begin, and how many letters of a line there is room for: 7 pixels each, as wide as letters
/// of this height are on the average in a wide sans-serif.
const WORDS: i32 = 46;
const LETTERS: usize = 32;
/// From one entry of the legend to the next, and between lines of one.
const ENTRY: i32 = 22;
const LINE: i32 = 14;

/// How curves beside the first, which is solid, are told apart: length of dashes, gap and width. The second are dots.
const CURVES: [(i32, i32, u32); 4] = [(14, 6, 1), (2, 5, 2), (6, 6, 1), (2, 12, 2)];
/// The same of upright lines, from the first on.
const UPRIGHT: [(i32, i32, u32); 2] = [(7, 4, 1), (2, 4, 2)];

/// Bins of the overlap in a strip.
const BINS: usize = 60;

/// Points of a curve of theory.
const SAMPLES: u32 = 160;

/// A line of the legend, or several.
struct Entry {
    mark: Mark,
    lines: Vec<String>,
}

/// What stands before it.
#[derive(Clone, Copy, Debug)]
enum Mark {
    /// A dot, for the dimension of this number.
    Dots(usize),
    /// The line of the prediction of this number.
    Law(usize),
}

impl Entry {
    fn new(mark: Mark, words: &str) -> Self {
        Self { mark, lines: wrapped(words) }
    }

    fn height(&self) -> i32 {
        ENTRY + LINE * (self.lines.len() as i32 - 1)
    }
}

/// `words` in lines that the legend has room for.
fn wrapped(words: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LETTERS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A figure of a study.
pub struct Chart<'a> {
    study: &'a Study,
    findings: &'a Findings,
    axis: Axis,
}

impl<'a> Chart<'a> {
    pub fn new(study: &'a Study, findings: &'a Findings) -> Self {
        Self { study, findings, axis: Axis::of(study) }
    }

    fn of_dim(&self, dim: usize) -> impl Iterator<Item = (f64, &MeasuredPoint)> {
        self.findings.of_dim(dim).map(move |measured| (self.axis.at(measured.point.patterns as f64, dim), measured))
    }

    /// Whether the chart has strips of histograms.
    fn strips(&self) -> usize {
        if self.study.observable == Observable::Overlap { self.findings.dims.len() } else { 0 }
    }

    /// The ends of the horizontal axis.
    fn across(&self) -> (f64, f64) {
        let all = self.findings.dims.iter().flat_map(|&dim| self.of_dim(dim).map(|point| point.0));
        let (low, high) = ends(all);
        if self.axis.logarithmic {
            return (low / 1.15, high * 1.15);
        }
        let margin = if high > low { 0.02 * (high - low) } else { 0.1 * high.abs().max(0.1) };
        (low - margin, high + margin)
    }

    /// The ends of the vertical axis, and whether it is logarithmic.
    fn upwards(&self) -> (f64, f64, bool) {
        match self.study.observable {
            Observable::BitError => {
                // Whole decades down to the smallest error that was seen, or to the bound where none was.
                let shown = self
                    .findings
                    .points
                    .iter()
                    .map(|m| if m.estimate.value > 0.0 { m.estimate.value } else { m.estimate.high });
                let (low, _) = ends(shown.filter(|&error| error > 0.0));
                let floor = libm::floor(libm::log10(low.min(0.1)) - 0.3);
                (libm::exp(floor * core::f64::consts::LN_10), 1.0, true)
            }
            Observable::Overlap => {
                let (low, _) = ends(self.findings.points.iter().map(|measured| measured.estimate.low));
                // A tenth below what was seen.
                (libm::floor((low - 0.02) * 10.0) / 10.0, 1.02, false)
            }
            _ => (0.0, 1.02, false),
        }
    }

    /// What a prediction says of a dimension, from end to end of the axis, or at the points that were measured.
    fn curve(&self, prediction: &Prediction, dim: usize, (left, right): (f64, f64)) -> Vec<(f64, f64)> {
        if prediction.slow {
            let number = self.findings.predictions.iter().position(|other| other.name == prediction.name).unwrap_or(0);
            return self.of_dim(dim).filter_map(|(x, measured)| Some((x, measured.predicted[number]?))).collect();
        }
        let at = |k: u32| {
            let share = f64::from(k) / f64::from(SAMPLES);
            match self.axis.logarithmic {
                true => left * libm::exp(share * libm::log(right / left)),
                false => left + share * (right - left),
            }
        };
        let value = |x: f64| {
            let patterns = self.axis.patterns(x, dim).round();
            if !(1.0..=1e18).contains(&patterns) {
                return None;
            }
            let point = Point { dim, patterns: patterns as u64 };
            let y = prediction.at(&self.study.experiment, self.study.observable, point)?;
            // Where rounding put it.
            Some((self.axis.at(patterns, dim), y))
        };
        let mut curve: Vec<(f64, f64)> = (0..=SAMPLES).filter_map(|k| value(at(k))).collect();
        curve.dedup_by(|a, b| a.0 == b.0);
        curve
    }

    /// Whether a prediction says the same of all dimensions at one place along the axis.
    fn universal(&self, prediction: &Prediction) -> bool {
        let (left, right) = self.across();
        let same = |a: f64, b: f64| (a - b).abs() <= 1e-3 * a.abs().max(b.abs());
        self.findings.dims.len() > 1
            && if prediction.is_place() {
                let places: Vec<f64> =
                    self.findings.dims.iter().filter_map(|&dim| self.place(prediction, dim)).collect();
                places.len() == self.findings.dims.len() && places.iter().all(|&place| same(place, places[0]))
            } else {
                let curves: Vec<Vec<(f64, f64)>> =
                    self.findings.dims.iter().map(|&dim| self.curve(prediction, dim, (left, right))).collect();
                let value = |curve: &[(f64, f64)], share: f64| {
                    let x = left + share * (right - left);
                    let after = curve.partition_point(|point| point.0 < x).min(curve.len().saturating_sub(1));
                    curve.get(after).map(|point| point.1)
                };
                [0.2, 0.4, 0.6, 0.8].into_iter().all(|share| {
                    let values: Vec<f64> = curves.iter().filter_map(|curve| value(curve, share)).collect();
                    values.len() == curves.len()
                        && values.iter().all(|&y| (y - values[0]).abs() < 0.02 * values[0].abs())
                })
            }
    }

    /// Where along the axis the number of patterns stands that a prediction names.
    fn place(&self, prediction: &Prediction, dim: usize) -> Option<f64> {
        let patterns = prediction.patterns(&self.study.experiment, self.study.observable, dim)?;
        Some(self.axis.at(patterns, dim)).filter(|place| place.is_finite())
    }

    fn title(&self) -> (String, String) {
        let Experiment { rule, setting, steps, values, noise, .. } = self.study.experiment;
        let values = if setting.self_term().is_none() { format!(", values {values}") } else { String::new() };
        let start = if noise == 0.0 { "from the pattern".to_owned() } else { format!("noise {noise}") };
        let trials = self.study.trials;
        let (first, last) = ends(self.findings.points.iter().map(|measured| measured.queries() as f64));
        let queries = if first == last { format!("{first:.0}") } else { format!("{first:.0} to {last:.0}") };
        (
            format!("{rule}: {setting}{values}, {steps}, {start}"),
            format!("{trials} memories a point, {queries} queries each; bars: 95 %, over memories"),
        )
    }
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
}

/// The colour of the curve of this number; more curves than colours begin again.
fn color(index: usize) -> RGBColor {
    SERIES[index % SERIES.len()]
}

impl Figure for Chart<'_> {
    fn size(&self) -> (u32, u32) {
        let strips = self.strips() as u32;
        (WIDTH, HEAD + self.height() + strips * STRIP + if strips > 0 { 30 } else { 0 })
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let (head, body) = area.split_vertically(HEAD);
        let (title, below) = self.title();
        head.draw(&Text::new(title, (20, 14), text(17, INK)))?;
        head.draw(&Text::new(below, (20, 40), text(13, FAINT)))?;
        let (chart, strips) = body.split_vertically(self.height());
        let (chart, legend) = chart.split_horizontally(WIDTH - RIGHT);
        self.legend(&legend)?;
        let ((left, right), (low, high, logarithmic)) = (self.across(), self.upwards());
        let mut builder = ChartBuilder::on(&chart);
        builder.margin(8).margin_top(26).x_label_area_size(40).y_label_area_size(LEFT);
        // Upright letters, since those of a raster cannot be turned.
        chart.draw(&Text::new(self.study.observable.quantity(), (24, 6), text(14, FAINT)))?;
        // The kinds of axis are types.
        match (self.axis.logarithmic, logarithmic) {
            (true, true) => {
                self.curves(builder.build_cartesian_2d((left..right).log_scale(), (low..high).log_scale())?)?;
            }
            (true, false) => self.curves(builder.build_cartesian_2d((left..right).log_scale(), low..high)?)?,
            (false, true) => self.curves(builder.build_cartesian_2d(left..right, (low..high).log_scale())?)?,
            (false, false) => self.curves(builder.build_cartesian_2d(left..right, low..high)?)?,
        }
        if self.strips() > 0 {
            let (title, strips) = strips.split_vertically(24);
            title.draw(&Text::new("where answers ended: shares of queries by overlap m", (20, 4), text(13, FAINT)))?;
            for (index, &dim) in self.findings.dims.iter().enumerate() {
                let strip = strips.clone().shrink((0, index as u32 * STRIP), (WIDTH, STRIP));
                self.strip(&strip, dim, color(index))?;
            }
        }
        Ok(())
    }
}

impl Chart<'_> {
    /// Of the chart, with room for its legend.
    fn height(&self) -> u32 {
        CHART.max(self.entries().iter().map(|entry| entry.height()).sum::<i32>() as u32 + 20)
    }

    /// What stands in the legend.
    fn entries(&self) -> Vec<Entry> {
        let dims = self.findings.dims.iter().enumerate();
        let dims = dims.map(|(index, dim)| Entry::new(Mark::Dots(index), &format!("d = {dim}, measured")));
        let laws = self.findings.predictions.iter().enumerate().map(|(number, prediction)| {
            let words = prediction.legend(&self.study.experiment, self.study.observable);
            Entry::new(Mark::Law(number), &words)
        });
        dims.chain(laws).collect()
    }

    fn legend<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let mut y = 16;
        for entry in self.entries() {
            match entry.mark {
                Mark::Dots(index) => area.draw(&Circle::new((22, y), 4, color(index).filled()))?,
                Mark::Law(number) => {
                    let law = &self.findings.predictions[number];
                    let color =
                        if self.findings.dims.len() > 1 && !self.universal(law) { FAINT } else { self.ink(law, 0) };
                    let across = [(4, y), (40, y)];
                    match self.dashes(number) {
                        None => area.draw(&PathElement::new(across, color.stroke_width(1)))?,
                        Some((length, gap, width)) => {
                            let ends = if law.is_place() { [(22, y - 9), (22, y + 9)] } else { across };
                            area.draw(&DashedPathElement::new(ends, length, gap, color.stroke_width(width)))?;
                        }
                    }
                }
            }
            for (line, words) in (0..).zip(&entry.lines) {
                area.draw(&Text::new(words.clone(), (WORDS, y - 7 + LINE * line), text(12, INK)))?;
            }
            y += entry.height();
        }
        Ok(())
    }

    /// The colour of a prediction for a dimension: the dimension's, or one of its own where it is the same for all.
    fn ink(&self, prediction: &Prediction, index: usize) -> RGBColor {
        if self.universal(prediction) { INK } else { color(index) }
    }

    fn curves<B, X, Y>(&self, mut chart: ChartContext<'_, B, Cartesian2d<X, Y>>) -> Drawn<B>
    where
        B: DrawingBackend,
        X: Ranged<ValueType = f64> + ValueFormatter<f64>,
        Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(INK.mix(0.08))
            .x_labels(9)
            .y_labels(8)
            .x_desc(self.axis.name())
            .x_label_formatter(&tick)
            .y_label_formatter(&tick)
            .label_style(text(12, FAINT))
            .axis_desc_style(text(14, FAINT))
            .draw()?;
        let ((left, right), (low, high, _)) = (self.across(), self.upwards());
        let inside = |y: f64| (low..=high).contains(&y);
        for (number, prediction) in self.findings.predictions.iter().enumerate() {
            let dims = if self.universal(prediction) { &self.findings.dims[..1] } else { &self.findings.dims };
            for (index, &dim) in dims.iter().enumerate() {
                let style = self.ink(prediction, index).mix(0.75);
                let dashes = self.dashes(number);
                if let Some(place) = self.place(prediction, dim) {
                    if let Some((length, gap, width)) = dashes.filter(|_| (left..=right).contains(&place)) {
                        let ends = [(place, low), (place, high)];
                        chart.draw_series(DashedLineSeries::new(ends, length, gap, style.stroke_width(width)))?;
                    }
                    continue;
                }
                let curve: Vec<(f64, f64)> = self.curve(prediction, dim, (left, right));
                // Pieces that stay inside.
                for piece in curve.chunk_by(|a, b| inside(a.1) == inside(b.1)).filter(|piece| inside(piece[0].1)) {
                    let piece = piece.iter().copied();
                    match dashes {
                        None => chart.draw_series(LineSeries::new(piece, style.stroke_width(1)))?,
                        Some((length, gap, width)) => {
                            chart.draw_series(DashedLineSeries::new(piece, length, gap, style.stroke_width(width)))?
                        }
                    };
                }
            }
        }
        for capacity in &self.findings.capacities {
            let index = self.findings.dims.iter().position(|&dim| dim == capacity.dim).unwrap_or(0);
            for (found, success) in [(capacity.half, 0.5), (capacity.nearly_all, 0.99)] {
                let Crossing::At(found) = found else { continue };
                let at = |n: f64| self.axis.at(n, capacity.dim).clamp(left, right);
                let bar = PathElement::new(
                    [(at(found.low), success), (at(found.high), success)],
                    color(index).stroke_width(4),
                );
                chart.draw_series([bar])?;
            }
        }
        for (index, &dim) in self.findings.dims.iter().enumerate() {
            let color = color(index);
            for (x, measured) in self.of_dim(dim) {
                let estimate = measured.estimate;
                let ends = [(x, estimate.low.max(low)), (x, estimate.high.min(high))];
                chart.draw_series([PathElement::new(ends, color.mix(0.6).stroke_width(1))])?;
                if inside(estimate.value) {
                    chart.draw_series([Circle::new((x, estimate.value), 3, color.filled())])?;
                }
            }
        }
        Ok(())
    }

    /// How the line of prediction `number` is broken; the first curve is not.
    fn dashes(&self, number: usize) -> Option<(i32, i32, u32)> {
        let of_kind = self.findings.predictions[number].is_place();
        let before = self.findings.predictions[..number].iter().filter(|other| other.is_place() == of_kind).count();
        match of_kind {
            true => Some(UPRIGHT[before % UPRIGHT.len()]),
            false => before.checked_sub(1).map(|curve| CURVES[curve % CURVES.len()]),
        }
    }

    /// The histogram of overlaps at each point, darker where more queries ended.
    fn strip<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>, dim: usize, color: RGBColor) -> Drawn<B> {
        let (left, right) = self.across();
        let points: Vec<(f64, &MeasuredPoint)> = self.of_dim(dim).collect();
        let mut builder = ChartBuilder::on(area);
        builder.margin(8).margin_right(RIGHT as i32 + 8).x_label_area_size(18).y_label_area_size(LEFT);
        // Histograms stand beside one another on either kind of axis.
        match self.axis.logarithmic {
            true => self.bins(builder.build_cartesian_2d((left..right).log_scale(), 0.0..1.0)?, &points, color)?,
            false => self.bins(builder.build_cartesian_2d(left..right, 0.0..1.0)?, &points, color)?,
        }
        area.draw(&Text::new(format!("d = {dim}"), (WIDTH as i32 - RIGHT as i32 + 10, 12), text(12, INK)))
    }

    fn bins<B, X>(
        &self,
        mut chart: ChartContext<'_, B, Cartesian2d<X, plotters::coord::types::RangedCoordf64>>,
        points: &[(f64, &MeasuredPoint)],
        color: RGBColor,
    ) -> Drawn<B>
    where
        B: DrawingBackend,
        X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        chart
            .configure_mesh()
            .disable_mesh()
            .x_labels(9)
            .y_labels(3)
            .x_label_formatter(&tick)
            .y_label_formatter(&tick)
            .label_style(text(11, FAINT))
            .draw()?;
        let (left, right) = self.across();
        for (place, &(x, measured)) in points.iter().enumerate() {
            // Half way to the neighbours.
            let between = |other: Option<&(f64, &MeasuredPoint)>| other.map(|other| (x + other.0) / 2.0);
            let before = place.checked_sub(1).and_then(|before| between(points.get(before)));
            let after = between(points.get(place + 1));
            let half = before.map(|b| x - b).or(after.map(|a| a - x)).unwrap_or((right - left) / 40.0);
            let from = before.unwrap_or(x - half).max(left);
            let to = after.unwrap_or(x + half).min(right);
            let bits = measured.outcomes.first().map_or(1, |outcome| outcome.bits) as f64;
            let mut bins = [0u64; BINS];
            for (wrong, queries) in histogram(&measured.outcomes) {
                let m = (1.0 - 2.0 * wrong as f64 / bits).max(0.0);
                bins[((m * BINS as f64) as usize).min(BINS - 1)] += queries;
            }
            let all: u64 = bins.iter().sum();
            for (bin, &queries) in bins.iter().enumerate().filter(|bin| *bin.1 > 0) {
                let at = |bin: usize| bin as f64 / BINS as f64;
                // The root, so that few queries still show.
                let shade = libm::sqrt(queries as f64 / all as f64);
                let shade = tint(color, 0.08 + 0.92 * shade).filled();
                let cell = Rectangle::new([(from, at(bin)), (to, at(bin + 1))], shade);
                chart.draw_series([cell])?;
            }
        }
        Ok(())
    }
}

/// The colour on paper; opaque, since neighbours share their edges.
fn tint(RGBColor(r, g, b): RGBColor, share: f64) -> RGBColor {
    let mix = |ink: u8, paper: u8| (f64::from(paper) + share * (f64::from(ink) - f64::from(paper))).round() as u8;
    RGBColor(mix(r, PAPER.0), mix(g, PAPER.1), mix(b, PAPER.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_legend_fit_and_none_is_lost() {
        for words in ["α_c = 0.1379", "exact law of a bit, as if bits were independent", &"many words ".repeat(20)] {
            let lines = wrapped(words.trim_end());
            assert!(lines.iter().all(|line| !line.is_empty() && line.chars().count() <= LETTERS), "{lines:?}");
            assert_eq!(lines.join(" "), words.trim_end());
        }
        assert!(WORDS + 7 * LETTERS as i32 <= RIGHT as i32);
    }

    #[test]
    fn no_two_lines_are_broken_alike() {
        for lines in [&CURVES[..], &UPRIGHT] {
            let apart = |(i, a): (usize, &(i32, i32, u32))| lines[i + 1..].iter().all(|b| a != b);
            assert!(lines.iter().enumerate().all(apart));
        }
    }
}
