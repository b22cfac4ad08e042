//! Charts of the lecture: what was measured, as dots with their intervals, and what theory says, as lines.
//!
//! A chart is an SVG without a size of its own: places are shares of its width and height, letters those of the page.
//! So it may be as wide as the page is, and its letters stay as large as the text around it; its colours are the page's.

use std::fmt::Write as _;

use popfield_lab::Interval;

use super::course;
use super::formula::raise;
use super::markup::{escape, html};
use super::plate::{Plate, Shape, Swatch};
use super::series::{Marks, Series};

/// A chart under way.
pub struct Chart {
    x: Axis,
    y: Axis,
    series: Vec<Series>,
}

#[derive(Clone, Copy)]
struct Axis {
    name: &'static str,
    logarithmic: bool,
    range: Option<(f64, f64)>,
}

/// The colour of text, and of what is the same for all.
pub const BLACK: usize = usize::MAX;

/// Colours that the page has, each with a shape of dots.
const COLORS: usize = 4;

/// Ticks along an axis at the most, so that their numbers have room on a phone.
const TICKS: usize = 6;

/// Units along each side of the drawing that lines are in.
const UNITS: f64 = 1000.0;

impl Chart {
    /// A chart of `y` against `x`.
    pub fn new(x: &'static str, y: &'static str) -> Self {
        let axis = |name| Axis { name, logarithmic: false, range: None };
        Self { x: axis(x), y: axis(y), series: Vec::new() }
    }

    /// With the logarithm of x across.
    pub fn log_x(mut self) -> Self {
        self.x.logarithmic = true;
        self
    }

    /// With the logarithm of y upwards.
    pub fn log_y(mut self) -> Self {
        self.y.logarithmic = true;
        self
    }

    /// From `low` to `high` upwards, whatever is drawn.
    pub fn upwards(mut self, low: f64, high: f64) -> Self {
        self.y.range = Some((low, high));
        self
    }

    /// What was measured.
    pub fn dots(self, number: usize, name: impl Into<String>, dots: Vec<(f64, Interval)>) -> Self {
        self.with(number, name, Marks::Dots(dots))
    }

    /// What theory says: a smooth line through these points.
    pub fn line(self, number: usize, name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        self.with(number, name, Marks::Line(points))
    }

    /// A bound, or what theory says otherwise: a smooth line too.
    pub fn dashes(self, number: usize, name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        self.with(number, name, Marks::Dashes(points))
    }

    /// What went from point to point.
    pub fn path(self, number: usize, name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        self.with(number, name, Marks::Path(points))
    }

    /// A place along x.
    pub fn place(self, number: usize, name: impl Into<String>, x: f64) -> Self {
        self.with(number, name, Marks::Place(x))
    }

    fn with(mut self, color: usize, name: impl Into<String>, marks: Marks) -> Self {
        self.series.push(Series { name: name.into(), color, marks });
        self
    }

    /// Draws it. Series without a name have no place in the legend.
    pub fn plate(&self, caption: impl Into<String>) -> Plate {
        let named = self.series.iter().filter(|series| !series.name.is_empty());
        let legend = named.map(|series| {
            let shape = match series.marks {
                Marks::Dots(_) => Shape::Dot,
                Marks::Line(_) if self.has_unnamed_dots(series.color) => Shape::Dotted,
                Marks::Line(_) | Marks::Path(_) => Shape::Line,
                Marks::Dashes(_) => Shape::Dashes,
                Marks::Place(_) => Shape::Place,
            };
            (Swatch { color: class(series.color), shape }, series.name.clone())
        });
        let alt = course::alt(&self.series, [self.x.name, self.y.name], self.up(), self.y.logarithmic);
        Plate { drawing: self.drawing(&alt), legend: legend.collect(), caption: caption.into(), alt }
    }

    /// Whether there are dots of this colour that go by the name of the line.
    fn has_unnamed_dots(&self, color: usize) -> bool {
        let dots = |series: &Series| matches!(series.marks, Marks::Dots(_)) && series.name.is_empty();
        self.series.iter().any(|series| series.color == color && dots(series))
    }

    /// How far dots are moved aside, in pixels, so that others at the same places do not hide them: only those that
    /// belong to no line.
    fn aside(&self, series: &Series) -> f64 {
        const APART: f64 = 9.0;
        let lined = |color: usize| {
            self.series
                .iter()
                .any(|line| line.color == color && matches!(line.marks, Marks::Line(_) | Marks::Dashes(_)))
        };
        let free = self.series.iter().filter(|dots| matches!(dots.marks, Marks::Dots(_)) && !lined(dots.color));
        let colors: Vec<usize> = free.map(|dots| dots.color).collect();
        let place = colors.iter().position(|&color| color == series.color);
        place.map_or(0.0, |place| APART * (place as f64 - (colors.len() as f64 - 1.0) / 2.0))
    }

    /// The ends of x: those of what was measured and of the lines, with a margin.
    fn across(&self) -> (f64, f64) {
        let all = self.series.iter().flat_map(|series| match &series.marks {
            Marks::Dots(dots) => dots.iter().map(|dot| dot.0).collect(),
            Marks::Line(points) | Marks::Dashes(points) | Marks::Path(points) => {
                points.iter().map(|point| point.0).collect()
            }
            Marks::Place(x) => vec![*x],
        });
        self.x.ends(all)
    }

    /// The ends of y: those of what was measured and of the lines; a line of its own may leave the chart below.
    fn up(&self) -> (f64, f64) {
        let all = self.series.iter().flat_map(|series| match &series.marks {
            Marks::Dots(dots) => dots.iter().flat_map(|(_, i)| [i.value, i.high]).collect(),
            Marks::Line(points) | Marks::Dashes(points) | Marks::Path(points) => {
                points.iter().map(|point| point.1).collect()
            }
            Marks::Place(_) => Vec::new(),
        });
        self.y.ends(all)
    }

    fn drawing(&self, alt: &str) -> String {
        let (across, up) = (self.across(), self.up());
        let x = |value: f64| 100.0 * self.x.share(value, across);
        let y = |value: f64| 100.0 * (1.0 - self.y.share(value, up));
        let mut out = format!("<p class=\"axis\">{}</p>\n", html(self.y.name));
        let _ = writeln!(out, "<svg class=\"chart\" role=\"img\" aria-label=\"{}\">", escape(alt));
        for value in self.y.ticks(up) {
            let (at, label) = (y(value), tick(value));
            let _ = write!(out, "<line class=\"grid\" x2=\"100%\" y1=\"{at:.2}%\" y2=\"{at:.2}%\"/>");
            let _ = writeln!(out, "<text class=\"up\" x=\"-0.5em\" dy=\"0.35em\" y=\"{at:.2}%\">{label}</text>");
        }
        for value in self.x.ticks(across) {
            let (at, label) = (x(value), tick(value));
            let _ = write!(out, "<line class=\"grid\" y2=\"100%\" x1=\"{at:.2}%\" x2=\"{at:.2}%\"/>");
            let _ = writeln!(out, "<text class=\"across\" y=\"100%\" dy=\"1.4em\" x=\"{at:.2}%\">{label}</text>");
        }
        out += "<line class=\"frame\" y2=\"100%\"/><line class=\"frame\" x2=\"100%\" y1=\"100%\" y2=\"100%\"/>\n";
        for series in &self.series {
            if let Marks::Place(at) = series.marks {
                let (at, class) = (x(at), class(series.color));
                let _ = writeln!(out, "<line class=\"{class} place\" y2=\"100%\" x1=\"{at:.2}%\" x2=\"{at:.2}%\"/>");
            }
        }
        let _ = writeln!(out, "<svg viewBox=\"0 0 {UNITS} {UNITS}\" preserveAspectRatio=\"none\">");
        for series in &self.series {
            let (points, kind) = match &series.marks {
                Marks::Line(points) => (points, "line"),
                Marks::Dashes(points) => (points, "line dashes"),
                Marks::Path(points) => (points, "line"),
                _ => continue,
            };
            // A logarithm has no place for 0: what ends there leaves the chart below.
            let places: Vec<(f64, f64)> =
                points.iter().map(|&(a, b)| (UNITS * x(a) / 100.0, (UNITS * y(b) / 100.0).min(3.0 * UNITS))).collect();
            let drawn = if matches!(series.marks, Marks::Path(_)) { corners(&places) } else { smooth(&places) };
            let _ = writeln!(out, "<path class=\"{} {kind}\" d=\"{drawn}\"/>", class(series.color));
        }
        out += "</svg>\n";
        // Dots above lines.
        for series in &self.series {
            let Marks::Dots(dots) = &series.marks else { continue };
            let class = class(series.color);
            let _ = writeln!(out, "<g transform=\"translate({:.1} 0)\">", self.aside(series));
            for &(at, Interval { value, low, high }) in dots {
                // Where nothing was seen, a logarithm has no place for it.
                if self.y.logarithmic && value <= 0.0 {
                    continue;
                }
                let within = |value: f64| y(value.clamp(up.0, up.1));
                if high > low {
                    let (top, bottom) = (within(high), within(low));
                    let _ = write!(
                        out,
                        "<line class=\"{class} whisker\" x1=\"{0:.2}%\" x2=\"{0:.2}%\" y1=\"{top:.2}%\" \
                         y2=\"{bottom:.2}%\"/>",
                        x(at)
                    );
                }
                if (up.0..=up.1).contains(&value) {
                    let mark = series.color.min(COLORS);
                    let _ = writeln!(
                        out,
                        "<use class=\"{class}\" href=\"#mark-{mark}\" x=\"{:.2}%\" y=\"{:.2}%\"/>",
                        x(at),
                        y(value)
                    );
                }
            }
            out += "</g>\n";
        }
        out += "</svg>\n";
        let _ = writeln!(out, "<p class=\"axis across\">{}</p>", html(self.x.name));
        out
    }
}

/// The class of a colour.
fn class(color: usize) -> &'static str {
    ["s0", "s1", "s2", "s3"].get(color).copied().unwrap_or("ink")
}

/// The shapes of dots, which charts refer to: once a page.
pub fn marks() -> String {
    let shapes = [
        "<circle id=\"mark-0\" r=\"4.5\"/>",
        "<path id=\"mark-1\" d=\"M-4.2 -4.2h8.4v8.4h-8.4z\"/>",
        "<path id=\"mark-2\" d=\"M0 -5.6L5.4 3.9H-5.4z\"/>",
        "<path id=\"mark-3\" d=\"M0 -5.8L5.8 0L0 5.8L-5.8 0z\"/>",
        "<circle id=\"mark-4\" r=\"4.5\"/>",
    ];
    format!(
        "<svg class=\"marks\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>{}</defs></svg>\n",
        shapes.concat()
    )
}

/// The same shape by itself, for a legend.
pub fn mark(class: &str) -> usize {
    (0..COLORS).find(|&color| self::class(color) == class).unwrap_or(COLORS)
}

impl Axis {
    fn ends(self, values: impl Iterator<Item = f64>) -> (f64, f64) {
        if let Some(range) = self.range {
            return range;
        }
        let shown = values.filter(|x| x.is_finite() && (!self.logarithmic || *x > 0.0));
        let (low, high) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        match self.logarithmic {
            _ if low > high => (1.0, 2.0),
            true => (low / 1.2, high * 1.2),
            false => {
                let margin = if high > low { 0.04 * (high - low) } else { 0.1 * high.abs().max(0.1) };
                (low - margin, high + margin)
            }
        }
    }

    /// How far `value` is on the way from one end to the other; far below for the logarithm of 0.
    fn share(self, value: f64, (low, high): (f64, f64)) -> f64 {
        if !self.logarithmic {
            return (value - low) / (high - low);
        }
        if value > 0.0 { (libm::log(value / low) / libm::log(high / low)).max(-2.0) } else { -2.0 }
    }

    /// Round numbers from one end to the other.
    fn ticks(self, (low, high): (f64, f64)) -> Vec<f64> {
        if self.logarithmic {
            let decades = |step: i32| {
                let (first, last) = (libm::floor(libm::log10(low)) as i32, libm::ceil(libm::log10(high)) as i32);
                (first..=last)
                    .filter(|power| power % step == 0)
                    .map(|power| libm::pow(10.0, f64::from(power)))
                    .collect()
            };
            let inside = |all: Vec<f64>| -> Vec<f64> {
                all.into_iter().filter(|tick| (low * 0.999..=high * 1.001).contains(tick)).collect()
            };
            let tens: Vec<f64> = decades(1);
            let finer = |leads: &[f64]| tens.iter().flat_map(|ten| leads.iter().map(move |lead| lead * ten)).collect();
            let finest: [Vec<f64>; 2] = [finer(&[1.0, 2.0, 5.0]), finer(&[1.0, 3.0])];
            // No number that a computer holds has more than some hundreds of decades.
            let kinds = finest.into_iter().chain((1..700).map(decades));
            return kinds.map(inside).find(|ticks| ticks.len() <= TICKS).unwrap_or_default();
        }
        let steps = (-12..12).flat_map(|power| [1.0, 2.0, 5.0].map(|lead| lead * libm::pow(10.0, f64::from(power))));
        let count = |step: f64| (libm::floor(high / step + 1e-9) - libm::ceil(low / step - 1e-9)) as i64 + 1;
        let step = steps.into_iter().find(|&step| count(step) <= TICKS as i64).unwrap_or(high - low);
        let first = libm::ceil(low / step - 1e-9);
        (0..count(step)).map(|k| step * (first + k as f64)).collect()
    }
}

/// A number along an axis.
fn tick(value: f64) -> String {
    let size = value.abs();
    if size < 1e-12 {
        return "0".into();
    }
    if (1e-3..1e5).contains(&size) {
        return format!("{}", (value * 1e4).round() / 1e4).replace('-', "−");
    }
    let exponent = libm::floor(libm::log10(size) + 1e-9);
    let lead = (10.0 * value / libm::pow(10.0, exponent)).round() / 10.0;
    let raised: String = format!("{exponent}").chars().map(raise).collect();
    if lead == 1.0 { format!("10{raised}") } else { format!("{lead}·10{raised}").replace('-', "−") }
}

/// A path with straight pieces.
fn corners(points: &[(f64, f64)]) -> String {
    let place = |(index, (x, y)): (usize, &(f64, f64))| format!("{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" });
    points.iter().enumerate().map(place).collect()
}

/// A smooth path, which between two points neither rises above them nor falls below: a cubic with the tangents of
/// Fritsch and Carlson.
fn smooth(points: &[(f64, f64)]) -> String {
    let [(first_x, first_y), ..] = points else { return String::new() };
    let slopes: Vec<f64> = points.windows(2).map(|pair| (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0)).collect();
    let tangent = |at: usize| match (at.checked_sub(1).and_then(|before| slopes.get(before)), slopes.get(at)) {
        (Some(a), Some(b)) if a * b > 0.0 => 2.0 * a * b / (a + b),
        (Some(_), Some(_)) => 0.0,
        (Some(a), None) | (None, Some(a)) => *a,
        (None, None) => 0.0,
    };
    let mut out = format!("M{first_x:.1} {first_y:.1}");
    for (at, pair) in points.windows(2).enumerate() {
        let ((x, y), (next_x, next_y)) = (pair[0], pair[1]);
        let third = (next_x - x) / 3.0;
        let (from, to) = (y + third * tangent(at), next_y - third * tangent(at + 1));
        let _ = write!(out, "C{:.1} {from:.1} {:.1} {to:.1} {next_x:.1} {next_y:.1}", x + third, next_x - third);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_few_and_inside() {
        let axis = |logarithmic| Axis { name: "x", logarithmic, range: None };
        for (low, high) in [(0.0, 1.03), (-1.02, 1.02), (-1300.0, 40.0), (0.02, 0.021), (0.0, 98.0)] {
            let ticks = axis(false).ticks((low, high));
            assert!((2..=TICKS).contains(&ticks.len()), "{low} to {high}: {ticks:?}");
            assert!(ticks.iter().all(|tick| *tick >= low - 1e-9 && *tick <= high + 1e-9), "{ticks:?}");
        }
        let labels = |axis: Axis, ends| axis.ticks(ends).into_iter().map(tick).collect::<Vec<_>>();
        assert_eq!(labels(axis(false), (0.0, 1.03)), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(axis(true), (1e-6, 1.5)), ["10⁻⁶", "10⁻⁴", "0.01", "1"]);
        for (low, high) in [(8.0, 1200.0), (1e-3, 0.5), (3.0, 20_000.0), (0.08, 12.0), (1e-30, 1.0)] {
            let ticks = axis(true).ticks((low, high));
            assert!((2..=TICKS).contains(&ticks.len()), "{low} to {high}: {ticks:?}");
        }
        assert_eq!(tick(0.6000000000000001), "0.6");
        assert_eq!(tick(1e-4), "10⁻⁴");
        assert_eq!(tick(-1300.0), "−1300");
        assert_eq!(tick(2e6), "2·10⁶");
    }

    #[test]
    fn smooth_lines_do_not_overshoot() {
        // A step: a cubic through it with other tangents would leave the strip between 0 and 10.
        let path = smooth(&[(0.0, 0.0), (1.0, 0.0), (2.0, 10.0), (3.0, 10.0)]);
        let heights = path.trim_start_matches('M').split(['C', ' ']).skip(1).step_by(2);
        assert!(heights.map(|y| y.parse::<f64>().unwrap()).all(|y| (0.0..=10.0).contains(&y)), "{path}");
        assert_eq!(smooth(&[]), "");
        assert_eq!(corners(&[(0.0, 1.0), (2.0, 3.5)]), "M0.0 1.0L2.0 3.5");
    }

    fn dot(x: f64, value: f64) -> (f64, Interval) {
        (x, Interval { value, low: value - 0.05, high: value + 0.05 })
    }

    #[test]
    fn a_chart_is_told_by_what_its_curves_do() {
        let falling = |x: f64| 1.0 - x;
        let chart = Chart::new("load $n/d$", "share")
            .line(0, "theory", (0..=10).map(|k| (f64::from(k) / 10.0, falling(f64::from(k) / 10.0))).collect())
            .dots(0, "", vec![dot(0.25, 0.75), dot(0.5, 0.8)])
            .place(1, "$d/2$", 0.5)
            .upwards(0.0, 1.0);
        let said = chart.plate("").alt;
        assert_eq!(
            said,
            "Chart of share against load n/d. Theory: falls from 1 at 0 to 0 at 1, through 0.5 near 0.5. Measured, \
             theory: rises from 0.75 at 0.25 to 0.8 at 0.5, 2 points, 1 of 2 intervals hold the line. An \
             upright line at 0.5: d/2."
        );
    }
}
