//! Charts of the lecture: what was measured, as dots with their intervals, and what theory says, as lines.

use plotters::coord::Shift;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;
use popfield_lab::Interval;

use super::plate::{Plate, Shape, Swatch};
use crate::failure::Result;
use crate::plot::{self, Drawn, FAINT, Figure, INK, SERIES, text};

/// Units of the drawing. Lines are drawn to whole units, so these are finer than pixels of any page; letters are large,
/// since a phone shows the drawing at a third of its size.
const SIZE: (u32, u32) = (1120, 720);
const LETTERS: i32 = 36;

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

struct Series {
    name: String,
    color: RGBColor,
    marks: Marks,
}

enum Marks {
    Dots(Vec<(f64, Interval)>),
    Line(Vec<(f64, f64)>),
    Dashes(Vec<(f64, f64)>),
    Place(f64),
}

/// The colour of this number; that of text beyond the last.
pub fn color(number: usize) -> RGBColor {
    SERIES.get(number).copied().unwrap_or(INK)
}

/// The number of the colour of text, and of what is the same for all.
pub const BLACK: usize = usize::MAX;

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

    /// What theory says.
    pub fn line(self, number: usize, name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        self.with(number, name, Marks::Line(points))
    }

    /// A bound, or what theory says otherwise.
    pub fn dashes(self, number: usize, name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        self.with(number, name, Marks::Dashes(points))
    }

    /// A place along x.
    pub fn place(self, number: usize, name: impl Into<String>, x: f64) -> Self {
        self.with(number, name, Marks::Place(x))
    }

    fn with(mut self, number: usize, name: impl Into<String>, marks: Marks) -> Self {
        self.series.push(Series { name: name.into(), color: color(number), marks });
        self
    }

    /// Draws it. Series without a name have no place in the legend.
    pub fn plate(&self, caption: impl Into<String>) -> Result<Plate> {
        let named = self.series.iter().filter(|series| !series.name.is_empty());
        let legend = named.map(|series| {
            let shape = match series.marks {
                Marks::Dots(_) => Shape::Dot,
                Marks::Line(_) => Shape::Line,
                Marks::Dashes(_) => Shape::Dashes,
                Marks::Place(_) => Shape::Place,
            };
            (Swatch { color: series.color, shape }, series.name.clone())
        });
        Plate::new(self, legend.collect(), caption)
    }

    /// The ends of x: those of what was measured and of the lines, with a margin.
    fn across(&self) -> (f64, f64) {
        let all = self.series.iter().flat_map(|series| match &series.marks {
            Marks::Dots(dots) => dots.iter().map(|dot| dot.0).collect(),
            Marks::Line(points) | Marks::Dashes(points) => points.iter().map(|point| point.0).collect(),
            Marks::Place(x) => vec![*x],
        });
        self.x.ends(all)
    }

    /// The ends of y: those of what was measured and of the lines; a line of its own may leave the chart below.
    fn up(&self) -> (f64, f64) {
        let all = self.series.iter().flat_map(|series| match &series.marks {
            Marks::Dots(dots) => dots.iter().flat_map(|(_, i)| [i.value, i.high]).collect(),
            Marks::Line(points) | Marks::Dashes(points) => points.iter().map(|point| point.1).collect(),
            Marks::Place(_) => Vec::new(),
        });
        self.y.ends(all)
    }
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
}

impl Figure for Chart {
    fn size(&self) -> (u32, u32) {
        SIZE
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        // Upright letters read more easily than turned ones.
        area.draw(&Text::new(self.y.name, (20, 14), text(LETTERS, INK)))?;
        let mut builder = ChartBuilder::on(area);
        builder.margin(20).margin_top(72).margin_right(40).x_label_area_size(98).y_label_area_size(124);
        let ((left, right), (low, high)) = (self.across(), self.up());
        // The kinds of axis are types.
        match (self.x.logarithmic, self.y.logarithmic) {
            (true, true) => self.marks(builder.build_cartesian_2d((left..right).log_scale(), (low..high).log_scale())?),
            (true, false) => self.marks(builder.build_cartesian_2d((left..right).log_scale(), low..high)?),
            (false, true) => self.marks(builder.build_cartesian_2d(left..right, (low..high).log_scale())?),
            (false, false) => self.marks(builder.build_cartesian_2d(left..right, low..high)?),
        }
    }
}

impl Chart {
    fn marks<B, X, Y>(&self, mut chart: ChartContext<'_, B, Cartesian2d<X, Y>>) -> Drawn<B>
    where
        B: DrawingBackend,
        X: Ranged<ValueType = f64> + ValueFormatter<f64>,
        Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(INK.mix(0.1).stroke_width(2))
            .set_all_tick_mark_size(10)
            .axis_style(FAINT.stroke_width(2))
            .x_labels(6)
            .y_labels(6)
            .x_desc(self.x.name)
            .x_label_formatter(&tick)
            .y_label_formatter(&tick)
            .label_style(text(LETTERS - 2, FAINT))
            .axis_desc_style(text(LETTERS, INK))
            .draw()?;
        let ((left, right), (low, high)) = (self.across(), self.up());
        let inside = |y: f64| (low..=high).contains(&y);
        for series in &self.series {
            let style = series.color.stroke_width(4);
            match &series.marks {
                Marks::Place(x) if (left..=right).contains(x) => {
                    chart.draw_series(DashedLineSeries::new([(*x, low), (*x, high)], 6, 6, style))?;
                }
                Marks::Line(points) | Marks::Dashes(points) => {
                    let pieces = points.chunk_by(|a, b| inside(a.1) == inside(b.1));
                    for piece in pieces.filter(|piece| inside(piece[0].1)) {
                        let piece = piece.iter().copied();
                        match series.marks {
                            Marks::Dashes(_) => chart.draw_series(DashedLineSeries::new(piece, 16, 10, style))?,
                            _ => chart.draw_series(LineSeries::new(piece, style))?,
                        };
                    }
                }
                _ => {}
            }
        }
        // Dots above lines.
        for series in &self.series {
            let Marks::Dots(dots) = &series.marks else { continue };
            for &(x, interval) in dots {
                // Where nothing was seen, a logarithm has no place for it.
                if self.y.logarithmic && interval.value <= 0.0 {
                    continue;
                }
                let ends = [(x, interval.low.clamp(low, high)), (x, interval.high.clamp(low, high))];
                chart.draw_series([PathElement::new(ends, series.color.mix(0.6).stroke_width(4))])?;
                if inside(interval.value) {
                    chart.draw_series([Circle::new((x, interval.value), 8, series.color.filled())])?;
                }
            }
        }
        Ok(())
    }
}

/// A number along an axis, powers of ten as such.
fn tick(value: &f64) -> String {
    let plain = plot::tick(value);
    let Some((lead, exponent)) = plain.split_once('e') else { return plain.replace('-', "−") };
    let raised: String = exponent.chars().map(raise).collect();
    if lead == "1" { format!("10{raised}") } else { format!("{}·10{raised}", lead.replace('-', "−")) }
}

/// A digit or sign as a raised letter, others as they are.
pub fn raise(letter: char) -> char {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    match letter.to_digit(10) {
        Some(digit) => RAISED[digit as usize],
        None if letter == '-' || letter == '−' => '⁻',
        None => letter,
    }
}
