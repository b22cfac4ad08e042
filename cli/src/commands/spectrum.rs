//! `popfield spectrum`: the singular values of W, and how near keys and values are to its singular vectors.

use std::io::Write;

use plotters::coord::Shift;
use plotters::prelude::*;
use popfield::learning::{Association, Hebb, Spectrum};
use serde_json::json;

use super::learn::shape;
use crate::args::SpectrumArgs;
use crate::failure::Result;
use crate::memory::open;
use crate::output::{OutFile, check_distinct, deliver, say, written};
use crate::plot::{BLUE, Drawn, FAINT, Figure, Format, INK, RED, render, text, tick};
use crate::report::{facts, spinner, table};

/// Associations shown on a terminal at the most.
const SHOWN: usize = 8;

/// Residuals below this are those of rounding.
const ROUNDING: f64 = 1e-9;

pub fn run(args: &SpectrumArgs) -> Result<()> {
    crate::use_threads(args.threads)?;
    check_distinct(&[args.plot.as_deref()], &[&args.memory])?;
    let format = args.plot.as_deref().map(Format::of).transpose()?;
    let rule = args.rule.resolve(None)?.unwrap_or(&Hebb);
    let (memory, _) = open(&args.memory)?;
    let plot = args.plot.as_deref().map(OutFile::create).transpose()?;

    let spinner = spinner(format!("learning {} patterns by {}", memory.len(), rule.name()));
    let network = rule.learn(&memory)?;
    spinner.set_message("taking the weights apart");
    let spectrum = Spectrum::new(&*network)?;
    spinner.finish_and_clear();

    let orthogonal = ((memory.dim() * memory.value_dim()) as f64).sqrt();
    let of_rule = rule.name() == "hebb";
    let pairs = spectrum.associations.iter().filter(|pair| pair.is_singular_pair(ROUNDING)).count();
    let largest = |residual: fn(&Association) -> f64| spectrum.associations.iter().map(residual).fold(0.0, f64::max);
    let (right, left) = (largest(|pair| pair.right_residual), largest(|pair| pair.left_residual));
    let plot = match (plot, format) {
        (Some(file), Some(format)) => {
            let figure = Values { values: &spectrum.singular_values, orthogonal: of_rule.then_some(orthogonal) };
            let bytes = render(&figure, format)?;
            Some(written(file, |file| file.write_all(&bytes))?)
        }
        _ => None,
    };
    deliver(plot, || {
        if args.json {
            let association = |(id, pair): (usize, &Association)| {
                json!({
                    "id": id,
                    "sigma": pair.sigma,
                    "right_residual": pair.right_residual,
                    "left_residual": pair.left_residual,
                })
            };
            return say(json!({
                "rule": rule.name(),
                "patterns": memory.len(),
                "dim": memory.dim(),
                "value_dim": memory.value_dim(),
                "rank": spectrum.rank,
                "singular_values": spectrum.singular_values,
                "orthogonal_sigma": of_rule.then_some(orthogonal),
                "singular_pairs": pairs,
                "largest_right_residual": right,
                "largest_left_residual": left,
                "associations": spectrum.associations.iter().enumerate().map(association).collect::<Vec<_>>(),
            }));
        }
        let values = &spectrum.singular_values;
        let first = values.first().copied().unwrap_or(0.0);
        let rank = spectrum.rank.map_or_else(|| "unknown, hidden by rounding,".to_owned(), |rank| rank.to_string());
        let last = values.get(spectrum.rank.unwrap_or(values.len()).saturating_sub(1)).copied().unwrap_or(0.0);
        facts(&[
            ("memory", shape(&memory)),
            ("rule", rule.name().to_owned()),
            ("rank of W", format!("{rank} of at most {}", values.len())),
            ("singular values", format!("{first:.4} to {last:.4} (those above zero)")),
            (
                "orthogonal",
                match of_rule {
                    true if memory.len() > values.len() => {
                        format!("cannot be: {} associations, {} dimensions", memory.len(), values.len())
                    }
                    true => format!(
                        "would make all {} of them {orthogonal:.4}, the root of {} x {}",
                        memory.len(),
                        memory.dim(),
                        memory.value_dim()
                    ),
                    false => "no prediction for this rule".to_owned(),
                },
            ),
            ("singular pairs", format!("{pairs} of {} associations (W v = sigma u and W'u = sigma v)", memory.len())),
            ("farthest from it", format!("{:.2} % right, {:.2} % left", 100.0 * right, 100.0 * left)),
        ])?;
        say("")?;
        let mut table = table(&["association", "sigma", "W v off sigma u", "W'u off sigma v"]);
        for (id, pair) in spectrum.associations.iter().enumerate().take(SHOWN) {
            let percent = |residual: f64| format!("{:.2} %", 100.0 * residual);
            table.add_row(vec![
                id.to_string(),
                format!("{:.4}", pair.sigma),
                percent(pair.right_residual),
                percent(pair.left_residual),
            ]);
        }
        say(table)?;
        match spectrum.associations.len() {
            more if more > SHOWN => say(format_args!("… {} more; --json has them all", more - SHOWN)),
            _ => Ok(()),
        }
    })
}

/// Singular values by rank.
struct Values<'a> {
    values: &'a [f64],
    /// What they would be, were keys and values orthogonal.
    orthogonal: Option<f64>,
}

impl Figure for Values<'_> {
    fn size(&self) -> (u32, u32) {
        (760, 420)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let top = self.values.iter().copied().chain(self.orthogonal).fold(0.0, f64::max).max(1e-300) * 1.08;
        let mut chart = ChartBuilder::on(area)
            .margin(16)
            .caption("Singular values of W", text(18, INK))
            .x_label_area_size(36)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..self.values.len() as f64 + 1.0, 0.0..top)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc("rank")
            .x_label_formatter(&|rank| format!("{rank:.0}"))
            .y_label_formatter(&tick)
            .label_style(text(13, FAINT))
            .axis_desc_style(text(13, FAINT))
            .draw()?;
        let points = (1..).map(f64::from).zip(self.values.iter().copied());
        chart.draw_series(LineSeries::new(points.clone(), BLUE.mix(0.5)))?;
        chart.draw_series(points.map(|point| Circle::new(point, 2, BLUE.filled())))?;
        if let Some(sigma) = self.orthogonal {
            let end = self.values.len() as f64 + 1.0;
            chart.draw_series(LineSeries::new([(0.0, sigma), (end, sigma)], RED))?;
            chart.draw_series([Text::new(
                format!("orthogonal keys and values: {sigma:.1}"),
                (end * 0.55, sigma + top * 0.045),
                text(13, RED),
            )])?;
        }
        Ok(())
    }
}
