//! Attention: the modern network with its weights normalised, and the real vector inside the sign.

use popfield::patterns::{NoiseModel, add_noise};
use popfield::separation::Beta;
use popfield::{Memory, Patterns, Queries, Recall, Separation};
use popfield_lab::theory::attention;
use popfield_lab::{BetaScaling, Experiment, Interval, Observable, Point, Rule, Setting, Study, Values};

use super::chart::{BLACK, Chart};
use super::claim::{Claim, Measured, Predicted, Row, Section, Shown};
use super::teacher::{Teacher, list, meeting};
use crate::failure::Result;

pub const SECTION: Section = Section {
    id: "attention",
    title: "Attention",
    lead: "Divide the exponential weights by their sum, which changes no sign, and the modern network reads \
           sign[Σ_{i} softmax(β⟨x, x_{i}⟩) y_{i}]. Leave the sign out and it is the attention of a transformer: prompts are \
           queries, β is 1/√d there.",
    claims: &[
        Claim {
            id: "top-weight",
            title: "A weight above ½ settles every bit",
            lead: "The attention vector is a weighted mean of values. If one key has more than half of the weight, all others \
                   together cannot outvote it, in any bit, whatever their values are.",
            statement: "Top weight w > ½ means that every bit is the nearest key's, with a margin of at least 2w − 1; and the \
                        attention vector's signs are those of the modern network.",
            correction: None,
            source: "Triangle inequality; Ramsauer et al. 2020, eq. 3. popfield's certificate named dominant is this test.",
            show: top_weight,
        },
        Claim {
            id: "log-n",
            title: "d = Θ(log n) dimensions suffice",
            lead: "How many dimensions must keys have for attention to pick one of n? The theorem says: the logarithm of n, \
                   times a constant. The constant can be measured.",
            statement: "The right key has more than half of the weight from d = c ln n on, with c = 1/(β − ln cosh β) = 1.766 \
                        for β = 1 and clean prompts.",
            correction: Some(
                "Θ hides c, and c depends on β and on noise: 1.766 at β = 1, 2.731 with 10 % noise; for small β it grows as \
                 1/β. At d = c ln n half of the prompts succeed; all but a share δ do from c ln(n/δ) on.",
            ),
            source: "Large deviations of a fair sum, worst-case values; finite sizes by inversion of the characteristic \
                     function.",
            show: log_n,
        },
    ],
};

/// e^{βs}, values opposed to the tested one.
fn worst(beta: f64) -> Experiment {
    Experiment::new(Rule::Exponential(BetaScaling::Fixed(beta)), Setting::Hetero).values(Values::Worst)
}

fn top_weight(teacher: &Teacher) -> Result<Shown> {
    const DIM: usize = 32;
    const PATTERNS: usize = 300;
    const NOISE: f64 = 0.125;
    const BETA: f64 = 0.3;
    let beta = Beta::new(BETA)?;
    let recall = Recall::new(Separation::exponential(BETA)?);
    let (mut points, mut agree, mut settled) = (Vec::new(), Vec::new(), Vec::new());
    for memory in 0..teacher.choose(40, 4) {
        let seed = teacher.seed.wrapping_add(memory);
        let (keys, values) = (
            Patterns::random(PATTERNS, DIM, seed, "attended keys")?,
            Patterns::random(PATTERNS, DIM, seed, "attended values")?,
        );
        let memory = Memory::hetero_associative(keys, values)?;
        let prompts: Queries = add_noise(&memory.keys().range(0..64)?, NOISE, NoiseModel::Exact, seed)?.into();
        let (out, weights) = (memory.attend(&prompts, beta)?, memory.attention_weights(&prompts, beta)?);
        let recalled = memory.recall(&prompts, &recall)?;
        let rows = out.chunks_exact(DIM).zip(weights.chunks_exact(PATTERNS)).zip(recalled.patterns.iter());
        for ((out, weights), recalled) in rows {
            let (top, weight) = weights
                .iter()
                .copied()
                .enumerate()
                .fold((0, 0.0), |best, next| if next.1 > best.1 { next } else { best });
            let Some(value) = memory.values().get(top) else { continue };
            let margin = out.iter().zip(value.to_signs()).map(|(element, sign)| element * f64::from(sign));
            let margin = margin.fold(f64::INFINITY, f64::min);
            // Signs of elements that rounding cannot have turned.
            let signs = out.iter().zip(recalled.to_signs()).filter(|(element, _)| element.abs() > 1e-9);
            agree.extend(signs.map(|(element, sign)| (*element > 0.0) == (sign > 0)));
            if weight > 0.5 {
                settled.push(recalled == value && margin >= 2.0 * weight - 1.0 - 1e-9);
            }
            points.push((weight, margin));
        }
    }
    let study = Study::new(worst(BETA).noise(NOISE))
        .dims([DIM])
        .patterns(list([PATTERNS as f64])?)
        .observable(Observable::BitError)
        .predictions(["numeric"]);
    let run = teacher.measure(study, 200)?;
    let measured = run.at(DIM, PATTERNS as u64)?;
    let predicted = run.predicted("numeric", measured).map_or(Predicted::Nothing, Predicted::Value);
    let exactly = |value: f64| Interval { value, low: value, high: value };
    let shown_points = points.iter().take(320).map(|&(weight, margin)| (weight, exactly(margin))).collect();
    let chart = Chart::new("top weight w", "smallest margin of a bit")
        .dots(0, "a prompt", shown_points)
        .line(1, "2w − 1", vec![(0.0, -1.0), (1.0, 1.0)])
        .place(BLACK, "w = ½", 0.5)
        .upwards(-1.02, 1.02);
    Shown::new(vec![run.command.clone()])
        .note(
            "The command measures the last row: the worst values are lost if and only if w ≤ ½. The attention vector \
             is in the library alone (Memory::attend, Memory::attention_weights), which measured the other rows and \
             the figure when this page was written.",
        )
        .rows([
            Row::new(
                "prompts with w > ½ that recall the nearest key's value, by 2w − 1 or more",
                Predicted::Value(1.0),
                Measured::count(settled.into_iter()),
            ),
            Row::new(
                "elements of the attention vector with the sign that the network recalls",
                Predicted::Value(1.0),
                Measured::count(agree.into_iter()),
            ),
            Row::estimate("prompts whose right key has not more than ½ of the weight", predicted, measured.estimate),
        ])
        .plate(chart.plate(format!(
            "β = {BETA}, d = {DIM}, n = {PATTERNS}, prompts with {} bits flipped. To the right of ½ no prompt is below 0; to the \
             left many are recalled all the same.",
            popfield::patterns::flips(NOISE, DIM)
        )))
}

fn log_n(teacher: &Teacher) -> Result<Shown> {
    const DIMS: [usize; 5] = [12, 16, 20, 24, 28];
    let run = teacher.measure(Study::new(worst(1.0)).dims(DIMS).predictions(["numeric"]), 400)?;
    let slope = attention::slope(0.0, Beta::new(1.0)?)?;
    let mut shown = Shown::new(vec![run.command.clone()]);
    let (mut dots, mut law) = (Vec::new(), Vec::new());
    for dim in DIMS {
        let half = run.half(dim)?;
        let ln = |n: f64| libm::log(n);
        // Success by the law, at the numbers that the search tried.
        let tried: Vec<(f64, f64)> = run.law("numeric", dim, |point: Point| point.patterns as f64);
        let predicted = meeting(&tried, 0.5);
        let what = format!("n at which half of prompts succeed, d = {dim}");
        shown = shown.row(Row::estimate(what, predicted.map_or(Predicted::Nothing, Predicted::Value), half));
        dots.push((ln(half.value), dim as f64, (ln(half.high) - ln(half.low)) / 2.0));
        law.extend(predicted.map(|n| (ln(n), dim as f64)));
    }
    let fitted = fit(&dots);
    let at = law.iter().map(|&(x, y)| (x, y, 1.0)).collect::<Vec<_>>();
    let (expected, _) = line(&at);
    shown = shown
        .row(Row::estimate("c: slope of d against ln n, by the law at these d", Predicted::Value(expected), fitted))
        .row(Row::estimate("c, by its limit", Predicted::Limit(slope), fitted));
    // The same with noise, without the law at each n.
    const NOISY: [usize; 3] = [20, 30, 40];
    let noisy = Study::new(worst(1.0).noise(0.1)).dims(NOISY).without_predictions();
    let noisy = teacher.measure(noisy, 400)?;
    let mut noisy_dots = Vec::new();
    for dim in NOISY {
        let Interval { value, low, high } = noisy.half(dim)?;
        noisy_dots.push((libm::log(value), dim as f64, (libm::log(high) - libm::log(low)) / 2.0));
    }
    let noisy_slope = attention::slope(0.1, Beta::new(1.0)?)?;
    shown =
        shown.row(Row::estimate("c with 10 % noise, by its limit", Predicted::Limit(noisy_slope), fit(&noisy_dots)));
    shown.commands.push(noisy.command);
    let shown = shown.note("The searches print each n; c is the slope of a line through these points.");
    let across = |dim: f64| (dim / slope, dim);
    let places = |dots: &[(f64, f64, f64)]| {
        dots.iter().map(|&(x, d, _)| (x, Interval { value: d, low: d, high: d })).collect::<Vec<_>>()
    };
    let chart = Chart::new("ln n", "dimension d at which half succeed")
        .line(0, format!("d = {slope:.3} ln n, clean"), vec![across(11.0), across(29.0)])
        .dashes(BLACK, "law at these d", law)
        .line(
            1,
            format!("d = {noisy_slope:.3} ln n, 10 % noise"),
            vec![(20.0 / noisy_slope, 20.0), (40.0 / noisy_slope, 40.0)],
        )
        .dots(0, "measured", places(&dots))
        .dots(1, "measured, 10 % noise", places(&noisy_dots));
    shown.plate(chart.plate("β = 1, every other value opposed. Straight lines: d grows as ln n."))
}

/// Slope and its error of the line through points (x, y, error of x), by least squares in x.
fn line(points: &[(f64, f64, f64)]) -> (f64, f64) {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let spread: f64 = points.iter().map(|point| (point.1 - y) * (point.1 - y)).sum();
    // x on y, since it is x that was measured; its inverse is the slope asked for.
    let inverse = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>() / spread;
    let variance: f64 = points.iter().map(|point| libm::pow((point.1 - y) * point.2 / spread, 2.0)).sum();
    (1.0 / inverse, libm::sqrt(variance) / (inverse * inverse))
}

/// The slope with the interval that those of the points make, taken as independent.
fn fit(points: &[(f64, f64, f64)]) -> Interval {
    let (value, error) = line(points);
    Interval { value, low: value - error, high: value + error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_has_its_slope() {
        let points: Vec<(f64, f64, f64)> = (1..6).map(f64::from).map(|d| (d / 1.766 + 2.0, d, 0.0)).collect();
        let found = fit(&points);
        assert!((found.value - 1.766).abs() < 1e-12 && found.low == found.high);
        let unsure: Vec<(f64, f64, f64)> = points.iter().map(|&(x, y, _)| (x, y, 0.1)).collect();
        let found = fit(&unsure);
        // The error of a slope over five places a step apart: 0.1/√10, in the inverse.
        assert!(((found.high - found.low) / 2.0 - 1.766 * 1.766 * 0.1 / 10f64.sqrt()).abs() < 1e-9);
    }
}
