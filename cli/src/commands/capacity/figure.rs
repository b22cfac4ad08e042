//! The chart: what was measured against the number of patterns, a curve for each dimension, theory beside it; for overlaps
//! also where the answers of all memories ended, since near a transition those retrieved and those lost mix.

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend, RGBColor};
use popfield_lab::{
    Crossing, Experiment, Findings, MeasuredPoint, Observable, Point, Prediction, Rule, Sizes, Study, histogram,
};

use super::rows::Rows;
use crate::plot::chart::{Chart, Dot, Key, Layout, MARGIN, Marks, NOTE, RULE, Sample, Style, TICK, axes, draw_sample};
use crate::plot::pen::{Dash, Marker, Pen, SOLID, Side, Stroke, UNITS};
use crate::plot::scale::{self, Scale, decades, ends, with_margin};
use crate::plot::{Drawn, FAINT, Figure, INK, SERIES};

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

/// Pixels: of the figure, of a strip of histograms, of the line above the strips, and of the numbers below them.
const SIZE: (u32, u32) = (860, 560);
const STRIP: f64 = 92.0;
const STRIPS_HEAD: f64 = 26.0;
const STRIPS_FOOT: f64 = 40.0;

/// How curves beside the first, which is solid, are told apart: lengths of dashes and gaps, and width.
const CURVES: [(Dash, f64); 4] =
    [(&[10.0, 4.0], 1.2), (&[1.6, 3.2], 1.6), (&[8.0, 3.0, 1.6, 3.0], 1.2), (&[4.0, 4.0], 1.2)];
/// The same of upright lines, from the first on.
const UPRIGHT: [(Dash, f64); 2] = [(&[7.0, 4.0], 1.1), (&[1.6, 3.2], 1.5)];

/// What a search found: of which share of success, and its mark; and pixels from one dimension's to the next.
const FOUND: [(&str, Marker); 2] = [("n of 99 %", Marker::Ring), ("n of 50 %", Marker::Diamond)];
const FOUND_ROW: f64 = 28.0;

/// What strips of histograms show.
const HISTOGRAMS: &str = "overlap m of answers: the darker, the more";

/// Bins of the overlap in a strip.
const BINS: usize = 60;

/// Points of a curve of theory.
const SAMPLES: u32 = 240;

/// A figure of a study.
pub struct Curves<'a> {
    rows: &'a Rows<'a>,
    study: &'a Study,
    findings: &'a Findings,
    axis: Axis,
    chart: Chart,
}

impl<'a> Curves<'a> {
    pub fn new(rows: &'a Rows<'a>) -> Self {
        let nothing = || scale::Axis::new("", (0.0, 1.0));
        let chart = Chart::new("", nothing(), nothing());
        let mut curves = Self { rows, study: rows.study, findings: rows.findings, axis: Axis::of(rows.study), chart };
        curves.chart = curves.drawn();
        curves
    }

    fn of_dim(&self, dim: usize) -> impl Iterator<Item = (f64, &MeasuredPoint)> {
        self.findings.of_dim(dim).map(move |measured| (self.axis.at(measured.point.patterns as f64, dim), measured))
    }

    /// How many strips of histograms stand below the chart.
    fn strips(&self) -> usize {
        if self.study.observable == Observable::Overlap { self.findings.dims.len() } else { 0 }
    }

    /// Pixels that stand below the chart.
    fn strips_height(&self) -> f64 {
        match (self.strips(), self.findings.capacities.len()) {
            (0, 0) => 0.0,
            (0, found) => STRIPS_HEAD + found as f64 * FOUND_ROW + MARGIN,
            (strips, _) => STRIPS_HEAD + strips as f64 * STRIP + STRIPS_FOOT,
        }
    }

    /// The horizontal axis. A search doubles the patterns from one on: where all succeed is not shown.
    fn across(&self) -> scale::Axis {
        let searched = !self.findings.capacities.is_empty();
        let mut shown: Vec<f64> = Vec::new();
        for &dim in &self.findings.dims {
            let points: Vec<(f64, &MeasuredPoint)> = self.of_dim(dim).collect();
            let whole = points.iter().take_while(|point| searched && point.1.estimate.value == 1.0).count();
            shown.extend(points.iter().skip(whole.saturating_sub(1)).map(|point| point.0));
        }
        for capacity in &self.findings.capacities {
            for found in [capacity.half, capacity.nearly_all] {
                if let Crossing::At(found) = found {
                    shown.extend([found.low, found.value, found.high].into_iter().filter(|&n| n > 0.0));
                }
            }
        }
        let axis = scale::Axis::new(self.axis.name(), with_margin(ends(shown), self.axis.logarithmic));
        axis.logarithmic(self.axis.logarithmic)
    }

    /// The vertical axis.
    fn upwards(&self) -> scale::Axis {
        let points = self.findings.points.iter();
        let (range, logarithmic) = match self.study.observable {
            Observable::BitError => {
                // Whole decades down to the smallest error that was seen, or to the bound where none was.
                let shown = points.map(|m| if m.estimate.value > 0.0 { m.estimate.value } else { m.estimate.high });
                let low = shown.filter(|&error| error > 0.0).fold(0.1, f64::min);
                (decades((0.7 * low, 1.0)), true)
            }
            Observable::Overlap => {
                let low =
                    points.map(|measured| measured.estimate.low).filter(|low| low.is_finite()).fold(1.0, f64::min);
                // A tenth below what was seen.
                ((((low - 0.02) * 10.0).floor() / 10.0, 1.02), false)
            }
            _ => ((-0.02, 1.02), false),
        };
        scale::Axis::new(self.study.observable.quantity(), range).logarithmic(logarithmic)
    }

    /// What a prediction says of a dimension, from end to end of the axis, or at the points that were measured.
    fn curve(&self, prediction: &Prediction, dim: usize, x: &Scale) -> Vec<(f64, f64)> {
        if prediction.slow {
            let number = self.findings.predictions.iter().position(|other| other.name == prediction.name).unwrap_or(0);
            return self.of_dim(dim).filter_map(|(x, measured)| Some((x, measured.predicted[number]?))).collect();
        }
        let value = |k: u32| {
            let patterns = self.axis.patterns(x.value(f64::from(k) / f64::from(SAMPLES)), dim).round();
            if !(1.0..=1e18).contains(&patterns) {
                return None;
            }
            let point = Point { dim, patterns: patterns as u64 };
            let y = prediction.at(&self.study.experiment, self.study.observable, point)?;
            // Where rounding put it.
            Some((self.axis.at(patterns, dim), y))
        };
        let mut curve: Vec<(f64, f64)> = (0..=SAMPLES).filter_map(value).collect();
        curve.dedup_by(|a, b| a.0 == b.0);
        curve
    }

    /// Whether a prediction says the same of all dimensions at one place along the axis.
    fn universal(&self, prediction: &Prediction, x: &Scale) -> bool {
        let same = |a: f64, b: f64| (a - b).abs() <= 1e-3 * a.abs().max(b.abs());
        self.findings.dims.len() > 1
            && if prediction.is_place() {
                let places: Vec<f64> =
                    self.findings.dims.iter().filter_map(|&dim| self.place(prediction, dim)).collect();
                places.len() == self.findings.dims.len() && places.iter().all(|&place| same(place, places[0]))
            } else {
                let curves: Vec<Vec<(f64, f64)>> =
                    self.findings.dims.iter().map(|&dim| self.curve(prediction, dim, x)).collect();
                let value = |curve: &[(f64, f64)], share: f64| {
                    let x = x.value(share);
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

    fn title(&self) -> String {
        let Experiment { rule, setting, steps, values, noise, .. } = self.study.experiment;
        let values = if setting.self_term().is_none() { format!(", values {values}") } else { String::new() };
        let start = if noise == 0.0 { "from the pattern".to_owned() } else { format!("noise {noise}") };
        format!("{rule}: {setting}{values}, {steps}, {start}")
    }

    /// How much was done, and what the bars are.
    fn notes(&self) -> Vec<String> {
        let trials = self.study.trials;
        let (first, last) = ends(self.findings.points.iter().map(|measured| measured.queries() as f64));
        let queries = if first == last { format!("{first:.0}") } else { format!("{first:.0} to {last:.0}") };
        let mut notes = vec![format!("{trials} memories a point, {queries} queries each; bars: intervals at 95 %")];
        notes.extend(self.rows.agreement());
        // Logarithms have no place for 0.
        let unseen = self.findings.points.iter().any(|measured| measured.estimate.low <= 0.0);
        if unseen && self.study.observable == Observable::BitError {
            notes.push("an arrow: the interval reaches down to 0".to_owned());
        }
        notes.extend(self.rows.open_ends().map(|open| format!("an arrow: {open}")));
        notes
    }

    /// The colour and mark of the dimension of this number.
    fn measured(index: usize) -> Style {
        let marks = Marker::SERIES;
        Style::marks(marks[(index + index / marks.len()) % marks.len()], SERIES[index % SERIES.len()])
    }

    /// The line of prediction `number` for the dimension of this index: in the dimension's colour, or in one of its own
    /// where it is the same for all.
    fn law(&self, number: usize, index: usize, universal: bool) -> Stroke {
        let of_kind = self.findings.predictions[number].is_place();
        let before = self.findings.predictions[..number].iter().filter(|other| other.is_place() == of_kind).count();
        let (dash, width) = match (of_kind, before) {
            (true, before) => UPRIGHT[before % UPRIGHT.len()],
            (false, 0) => (SOLID, 1.2),
            (false, curve) => CURVES[(curve - 1) % CURVES.len()],
        };
        let color = if universal { INK } else { SERIES[index % SERIES.len()] };
        Stroke::new(color, width).dash(dash).alpha(0.8)
    }

    /// The chart, without its strips.
    fn drawn(&self) -> Chart {
        let (x_axis, y_axis) = (self.across(), self.upwards());
        let x = Scale::across(&x_axis, 600.0, NOTE);
        let dims = &self.findings.dims;
        let mut chart = Chart::new(self.title(), x_axis, y_axis);
        for note in self.notes() {
            chart = chart.note(note);
        }
        let measured = |(index, dim): (usize, &usize)| Key {
            sample: Sample::Dot(Self::measured(index)),
            words: format!("d = {dim}, measured"),
        };
        chart = chart.key(dims.iter().enumerate().map(measured).collect());
        let mut laws = Vec::new();
        for (number, prediction) in self.findings.predictions.iter().enumerate() {
            let universal = self.universal(prediction, &x);
            let of_dims = if universal { &dims[..1] } else { &dims[..] };
            for (index, &dim) in of_dims.iter().enumerate() {
                let stroke = self.law(number, index, universal);
                let marks = match prediction.is_place() {
                    true => Marks::Places(self.place(prediction, dim).into_iter().collect()),
                    false => Marks::Line(self.curve(prediction, dim, &x)),
                };
                chart = chart.with(marks, Style::line(stroke));
            }
            let stroke = self.law(number, 0, universal);
            let stroke = if dims.len() > 1 && !universal { Stroke { color: FAINT, ..stroke } } else { stroke };
            let sample = if prediction.is_place() { Sample::Upright(stroke) } else { Sample::Of(Style::line(stroke)) };
            laws.push(Key { sample, words: prediction.legend(&self.study.experiment, self.study.observable) });
        }
        chart = chart.key(laws);
        for (index, &dim) in dims.iter().enumerate() {
            let dot = |(x, measured): (f64, &MeasuredPoint)| Dot {
                at: (x, measured.estimate.value),
                low: measured.estimate.low,
                high: measured.estimate.high,
            };
            chart = chart.with(Marks::Dots(self.of_dim(dim).map(dot).collect()), Self::measured(index));
        }
        chart.sized(SIZE.0, SIZE.1)
    }

    /// The histogram of overlaps at each point, darker where more queries ended.
    fn strip<B: DrawingBackend>(&self, pen: &Pen<'_, B>, inner: [f64; 4], x: Scale, index: usize) -> Drawn<B> {
        let dim = self.findings.dims[index];
        let [left, top, right, bottom] = inner;
        let y = Scale::upwards(&scale::Axis::new("", (0.0, 1.0)), bottom - top, NOTE);
        let layout = Layout::plain(inner, x, y);
        let points: Vec<(f64, &MeasuredPoint)> =
            self.of_dim(dim).map(|(x, measured)| (layout.at((x, 0.0)).0, measured)).collect();
        for (place, &(x, measured)) in points.iter().enumerate() {
            // Half way to the neighbours.
            let between = |other: Option<&(f64, &MeasuredPoint)>| other.map(|other| (x + other.0) / 2.0);
            let before = place.checked_sub(1).and_then(|before| between(points.get(before)));
            let after = between(points.get(place + 1));
            let half = before.map(|b| x - b).or(after.map(|a| a - x)).unwrap_or((right - left) / 40.0);
            let (from, to) = (before.unwrap_or(x - half).max(left), after.unwrap_or(x + half).min(right));
            let bits = measured.outcomes.first().map_or(1, |outcome| outcome.bits) as f64;
            let mut bins = [0u64; BINS];
            for (wrong, queries) in histogram(&measured.outcomes) {
                let m = (1.0 - 2.0 * wrong as f64 / bits).max(0.0);
                bins[((m * BINS as f64) as usize).min(BINS - 1)] += queries;
            }
            let all: u64 = bins.iter().sum();
            for (bin, &queries) in bins.iter().enumerate().filter(|bin| *bin.1 > 0) {
                let at = |bin: usize| bottom - bin as f64 / BINS as f64 * (bottom - top);
                // The root, so that few queries still show.
                let shade = libm::sqrt(queries as f64 / all as f64);
                pen.fill(
                    (from, at(bin + 1)),
                    (to, at(bin)),
                    tint(Self::measured(index).stroke.color, 0.08 + 0.92 * shade),
                )?;
            }
        }
        axes(pen, &layout, false)?;
        pen.write(&format!("d = {dim}"), (left + 6.0, top + 9.0), Side::Left, NOTE)
    }
}

impl Curves<'_> {
    /// The numbers of patterns that a search found, one dimension below the other.
    fn found<B: DrawingBackend>(&self, pen: &Pen<'_, B>, [left, top, right, _]: [f64; 4], x: &Scale) -> Drawn<B> {
        let mut at = left;
        let y = top + 0.5 * STRIPS_HEAD;
        pen.write("d", (left - 7.0, y), Side::Right, TICK)?;
        for (words, marker) in FOUND {
            let style = Style { stroke: Stroke::new(FAINT, 1.4), marker: Some(marker) };
            draw_sample(pen, (at, y), Sample::Span(style))?;
            pen.write(words, (at + 42.0, y), Side::Left, NOTE)?;
            at += 64.0 + NOTE.width(words);
        }
        for (row, capacity) in self.findings.capacities.iter().enumerate() {
            let above = top + STRIPS_HEAD + row as f64 * FOUND_ROW;
            let y = Scale::upwards(&scale::Axis::new("", (0.0, 1.0)), FOUND_ROW, NOTE);
            let layout = Layout::plain([left, above, right, above + FOUND_ROW], x.clone(), y);
            pen.line(&[(left, above), (right, above)], Stroke::new(RULE, 1.0))?;
            pen.write(&capacity.dim.to_string(), (left - 7.0, above + FOUND_ROW / 2.0), Side::Right, TICK)?;
            let index = self.findings.dims.iter().position(|&dim| dim == capacity.dim).unwrap_or(row);
            let stroke = Stroke::new(Self::measured(index).stroke.color, 1.4);
            let at = |n: f64| self.axis.at(n, capacity.dim);
            let found = [(capacity.nearly_all, 0.7), (capacity.half, 0.3)];
            for ((found, height), (_, marker)) in found.into_iter().zip(FOUND) {
                let Crossing::At(found) = found else { continue };
                let dot = Dot { at: (at(found.value), height), low: at(found.low), high: at(found.high) };
                Chart::draw_marks(pen, &layout, &Marks::Spans(vec![dot]), Style { stroke, marker: Some(marker) })?;
            }
        }
        Ok(())
    }
}

impl Figure for Curves<'_> {
    fn size(&self) -> (u32, u32) {
        (SIZE.0 * UNITS, (SIZE.1 + self.strips_height() as u32) * UNITS)
    }

    fn fits(&self, (width, height): (u32, u32)) -> bool {
        let [width, height] = [width, height].map(|side| f64::from(side) / f64::from(UNITS));
        let place = [0.0, 0.0, width, height - self.strips_height()];
        let below = match self.findings.capacities.is_empty() {
            true => NOTE.width(HISTOGRAMS),
            false => FOUND.iter().map(|found| 64.0 + NOTE.width(found.0)).sum(),
        };
        self.chart.layout(place).inner[0] + below + MARGIN <= width && self.chart.has_room(place)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let pen = Pen(area);
        let (width, height) = pen.size();
        let place = [0.0, 0.0, width, height - self.strips_height()];
        let chart = &self.chart;
        chart.draw_in(&pen, place)?;
        let Layout { inner: [left, _, right, _], x, .. } = chart.layout(place);
        if self.strips_height() == 0.0 {
            return Ok(());
        }
        if self.strips() == 0 {
            return self.found(&pen, [left, place[3], right, height], &x);
        }
        let top = place[3] + STRIPS_HEAD;
        pen.write(HISTOGRAMS, (MARGIN, place[3] + 0.5 * STRIPS_HEAD), Side::Left, NOTE)?;
        for index in 0..self.strips() {
            let top = top + index as f64 * STRIP;
            let last = index + 1 == self.strips();
            let mut x = x.clone();
            if !last {
                // Written once, below all.
                x.ticks.iter_mut().for_each(|tick| tick.1.clear());
            }
            self.strip(&pen, [left, top, right, top + STRIP - 12.0], x, index)?;
        }
        Ok(())
    }
}

/// The colour on white; opaque, since neighbours share their edges.
fn tint(RGBColor(r, g, b): RGBColor, share: f64) -> RGBColor {
    let mix = |ink: u8| (255.0 + share * (f64::from(ink) - 255.0)).round() as u8;
    RGBColor(mix(r), mix(g), mix(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lines_are_broken_alike() {
        for lines in [&CURVES[..], &UPRIGHT] {
            let apart = |(i, a): (usize, &(Dash, f64))| lines[i + 1..].iter().all(|b| a.0 != b.0);
            assert!(lines.iter().enumerate().all(apart) && lines.iter().all(|line| !line.0.is_empty()));
        }
    }

    #[test]
    fn no_two_dimensions_look_alike() {
        let looks: Vec<_> = (0..36).map(Curves::measured).collect();
        let same = |a: &Style, b: &Style| a.marker == b.marker && a.stroke.color == b.stroke.color;
        for (index, look) in looks.iter().enumerate() {
            assert!(looks[index + 1..].iter().all(|other| !same(look, other)), "{index}");
        }
    }
}
