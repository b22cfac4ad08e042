//! What a query costs, against the number of patterns.

use plotters::coord::Shift;
use plotters::prelude::*;
use popfield_lab::stress::quantile;

use super::rows::Size;
use crate::plot::{BLUE, Drawn, FAINT, Figure, GREEN, INK, RED, text, tick};

/// Two curves, and what would be in proportion to n.
pub struct Curves<'a> {
    pub sizes: &'a [Size],
    pub dim: usize,
}

impl Curves<'_> {
    /// Microseconds a query: in batches, and alone.
    fn curves(&self) -> [Vec<(f64, f64)>; 2] {
        let of = |cost: fn(&Size) -> f64| {
            let point = |size: &Size| (size.measured.patterns as f64, 1e6 * cost(size));
            self.sizes.iter().map(point).filter(|point| point.1 > 0.0 && point.1.is_finite()).collect()
        };
        [of(|size| 1.0 / size.measured.queries_per_second), of(|size| quantile(&size.measured.singles, 0.5))]
    }
}

impl Figure for Curves<'_> {
    fn size(&self) -> (u32, u32) {
        (760, 520)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let [batched, alone] = self.curves();
        let proportional: Vec<(f64, f64)> = match batched.last() {
            Some(&(n, cost)) => batched.iter().map(|point| (point.0, cost * point.0 / n)).collect(),
            None => return area.draw(&Text::new("nothing was measured", (20, 20), text(13, FAINT))),
        };
        let all = || batched.iter().chain(&alone).chain(&proportional);
        let range = |of: fn(&(f64, f64)) -> f64| {
            all().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
        };
        let ((left, right), (low, high)) = (range(|point| point.0), range(|point| point.1));
        // Whole decades, so that there are labels at both ends.
        let decades = |low: f64, high: f64| {
            let (from, to) = (libm::floor(libm::log10(low)), libm::ceil(libm::log10(high)));
            libm::pow(10.0, from)..libm::pow(10.0, to.max(from + 1.0))
        };
        let (title, area) = area.split_vertically(64);
        title.draw(&Text::new(format!("Cost of a query, d = {}", self.dim), (20, 12), text(18, INK)))?;
        for (name, at, color) in
            [("in batches", 20, BLUE), ("alone, median", 120, GREEN), ("in proportion to n", 250, RED)]
        {
            title.draw(&Text::new(name, (at, 42), text(13, color)))?;
        }
        let mut builder = ChartBuilder::on(&area);
        builder.margin(14).x_label_area_size(40).y_label_area_size(64);
        let mut chart =
            builder.build_cartesian_2d((left / 1.2..right * 1.2).log_scale(), decades(low, high).log_scale())?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc("patterns")
            .y_desc("µs a query")
            .x_label_formatter(&tick)
            .y_label_formatter(&tick)
            .label_style(text(11, FAINT))
            .axis_desc_style(text(13, FAINT))
            .draw()?;
        chart.draw_series(LineSeries::new(proportional, RED.mix(0.6)))?;
        for (curve, color) in [(batched, BLUE), (alone, GREEN)] {
            chart.draw_series(LineSeries::new(curve.iter().copied(), color.mix(0.6).stroke_width(2)))?;
            chart.draw_series(curve.iter().map(|&point| Circle::new(point, 3, color.filled())))?;
        }
        Ok(())
    }
}
