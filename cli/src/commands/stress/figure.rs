//! What a query costs, against the number of patterns.

use popfield_lab::stress::quantile;

use super::rows::Size;
use crate::plot::chart::{Chart, Key, Marks, Sample, Style};
use crate::plot::pen::{Marker, Stroke};
use crate::plot::scale::{Axis, decades, ends, with_margin};
use crate::plot::{BLUE, FAINT, VIOLET};

/// Two curves, and what would be in proportion to n.
pub fn cost(sizes: &[Size], dim: usize) -> Chart {
    // Microseconds a query, where they were measured.
    let of = |cost: fn(&Size) -> f64| -> Vec<(f64, f64)> {
        let point = |size: &Size| (size.measured.patterns as f64, 1e6 * cost(size));
        sizes.iter().map(point).filter(|point| point.1 > 0.0 && point.1.is_finite()).collect()
    };
    let batched = of(|size| 1.0 / size.measured.queries_per_second);
    let alone = of(|size| quantile(&size.measured.singles, 0.5));
    let last = batched.last().copied().unwrap_or((1.0, 1.0));
    let proportional: Vec<(f64, f64)> = batched.iter().map(|point| (point.0, last.1 * point.0 / last.0)).collect();
    let all = || batched.iter().chain(&alone);
    let x = with_margin(ends(all().map(|point| point.0)), true);
    let y = decades(ends(all().map(|point| point.1)));
    let looks = [
        Style::marked_line(Stroke::new(BLUE, 1.8), Marker::Circle),
        Style::marked_line(Stroke::new(VIOLET, 1.8), Marker::Square),
        Style::line(Stroke::new(FAINT, 1.4).dash(&[7.0, 4.0])),
    ];
    let names = ["in batches", "alone, median", "in proportion to n"];
    let key = names.into_iter().zip(looks).map(|(words, look)| Key { sample: Sample::Of(look), words: words.into() });
    Chart::new(
        format!("Cost of a query, d = {dim}"),
        Axis::new("patterns n", x).logarithmic(true),
        Axis::new("µs a query", y).logarithmic(true),
    )
    .key(key.collect())
    .with(Marks::Line(proportional), looks[2])
    .with(Marks::Line(batched), looks[0])
    .with(Marks::Line(alone), looks[1])
    .sized(760, 500)
}
