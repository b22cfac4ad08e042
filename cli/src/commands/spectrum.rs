//! `popfield spectrum`: the singular values of W, and how near keys and values are to its singular vectors.

use popfield::learning::{Association, Hebb, Spectrum};
use serde_json::json;

use super::learn::shape;
use crate::args::SpectrumArgs;
use crate::failure::Result;
use crate::memory::open;
use crate::output::{check_distinct, deliver, say};
use crate::plot::chart::{Chart, Key, Marks, Sample, Style};
use crate::plot::pen::{Marker, Stroke};
use crate::plot::scale::Axis;
use crate::plot::{BLUE, RED};
use crate::report::{called, facts, spinner};
use crate::table::Table;

/// Associations shown on a terminal at the most.
const SHOWN: usize = 8;

/// Residuals below this are those of rounding.
const ROUNDING: f64 = 1e-9;

pub fn run(args: &SpectrumArgs) -> Result<()> {
    crate::use_threads(args.threads)?;
    check_distinct(&[args.plot.as_deref()], &[&args.memory])?;
    let rule = args.rule.resolve(None)?.unwrap_or(&Hebb);
    let (memory, _) = open(&args.memory)?;
    let plot = args.look.begin("plot", args.plot.as_ref())?;

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
    let plot = match plot {
        Some(file) => {
            let said = format!("{}; rule {}", shape(&memory), rule.name());
            Some(file.draw(&chart(&spectrum.singular_values, of_rule.then_some(orthogonal), said))?)
        }
        None => None,
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
        let mut table = Table::new(["association", "sigma", "W v off sigma u", "W'u off sigma v"]);
        let shown = memory.view().ids().zip(&spectrum.associations).take(SHOWN);
        for (id, pair) in shown {
            let percent = |residual: f64| format!("{:.2} %", 100.0 * residual);
            table.add_row(vec![
                called(&memory, id),
                format!("{:.4}", pair.sigma),
                percent(pair.right_residual),
                percent(pair.left_residual),
            ]);
        }
        table.say()?;
        match spectrum.associations.len() {
            more if more > SHOWN => say(format_args!("… {} more; --json has them all", more - SHOWN)),
            _ => Ok(()),
        }
    })
}

/// Values of a curve that have room for a mark each.
const MARKED: usize = 120;

/// Singular values by rank, beside what they would be, were keys and values orthogonal.
fn chart(values: &[f64], orthogonal: Option<f64>, said: String) -> Chart {
    let top = values.iter().copied().chain(orthogonal).fold(0.0, f64::max).max(1e-300) * 1.08;
    let (curve, level) = (Stroke::new(BLUE, 1.4), Stroke::new(RED, 1.4).dash(&[8.0, 4.0]));
    let curve = if values.len() <= MARKED { Style::marked_line(curve, Marker::Circle) } else { Style::line(curve) };
    let mut key = vec![Key { sample: Sample::Of(curve), words: "singular values".into() }];
    if let Some(sigma) = orthogonal {
        let words = format!("if keys and values were orthogonal: {sigma:.1}");
        key.push(Key { sample: Sample::Of(Style::line(level)), words });
    }
    let chart = Chart::new(
        "Singular values of W",
        Axis::new("rank", (0.0, values.len() as f64 + 1.0)).whole(),
        Axis::new("singular value", (0.0, top)),
    )
    .note(said)
    .key(key)
    .sized(760, 440);
    let chart = match orthogonal {
        Some(sigma) => chart.with(Marks::Level(sigma), Style::line(level)),
        None => chart,
    };
    chart.with(Marks::Line((1..).map(f64::from).zip(values.iter().copied()).collect()), curve)
}
