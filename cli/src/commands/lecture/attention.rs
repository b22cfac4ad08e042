//! Attention: the modern network with its weights normalised, and the real vector inside the sign.

use popfield::patterns::{NoiseModel, add_noise};
use popfield::separation::Beta;
use popfield::{Memory, Patterns, Queries, Recall, Separation};
use popfield_lab::theory::attention;
use popfield_lab::{BetaScaling, Experiment, Interval, Observable, Point, Rule, Setting, Study, Values};

use super::chart::{BLACK, Chart};
use super::claim::{Claim, Exercise, Measured, Predicted, Row, Section, Shown};
use super::picture::{self, Picture, damaged};
use super::plate::Plate;
use super::teacher::{FEWEST, Teacher, list, meeting};
use crate::commands::demo::digits::{self, Digits};
use crate::failure::Result;

pub const SECTION: Section = Section {
    id: "attention",
    title: "Attention",
    lead: r"Divide the exponential weights by their sum, which changes no sign, and call them softmax weights: $$w_i =
        \frac{e^{\beta\langle x, x_i\rangle}}{\sum_k e^{\beta\langle x, x_k\rangle}}.$$ The modern network reads
        $\operatorname{sign}(\sum_i w_i y_i)$. Leave the sign out and $\sum_i w_i y_i$ is the attention of a transformer
        [@vaswani2017]: prompts are called queries, and $\beta$ is $1/\sqrt d$ there.",
    claims: &[
        Claim {
            id: "top-weight",
            title: "A weight above ½ settles every bit",
            lead: r"The attention vector is a weighted mean of values. If one key has more than half of the weight, all others
                together cannot outvote it, in any bit, whatever their values are.",
            statement: r"A top weight $w > \tfrac12$ means that every bit is the nearest key's, with a margin of at least $2w - 1$; and
                the attention vector's signs are those of the modern network.",
            derivation: &[
                r"Let $w$ be the weight of key $1$. Multiplied by $y_{1j}$ the attention vector at position $j$ is $w + \sum_{i>1}
                    \pm w_i$, its margin there.",
                r"The other weights add up to $1 - w$, so the margin is at least $w - (1 - w) = 2w - 1$, which is positive if $w >
                    \tfrac12$.",
                r"If all other values oppose, the margin is exactly $2w - 1$: then the bit is lost if and only if $w \le \tfrac12$
                    (a tie at $w = \tfrac12$ being no recall).",
                r"The weights are those of the modern network divided by one positive number, so no sign changes.",
            ],
            correction: None,
            source: r"Triangle inequality; [@ramsauer2020], eq. 3. The certificate that popfield calls dominant is this test.",
            show: top_weight,
        },
        Claim {
            id: "log-n",
            title: r"$d = \Theta(\log n)$ dimensions suffice",
            lead: r"How many dimensions must keys have for attention to pick one of $n$? The theorem says: the logarithm of $n$, times
                a constant. The constant can be measured.",
            statement: r"The right key has more than half of the weight from $d = c\ln n$ on, with $c = 1/(\beta - \ln\cosh\beta)$, which is
                $1.766$ for $\beta = 1$ and clean prompts.",
            derivation: &[
                r"To a clean prompt the right key weighs $e^{\beta d}$, each other one $e^{\beta S_d}$, on average $(\cosh\beta)^d$. It has
                    more than half of the weight if and only if it outweighs the sum of the others, about $n(\cosh\beta)^d$.",
                r"Logarithms: $\ln n < d\,(\beta - \ln\cosh\beta)$, or $d > c\ln n$.",
                r"By Markov's inequality it fails with probability at most $n(\cosh\beta)^d e^{-\beta d}$. That is $\delta$ at $d =
                    c\ln(n/\delta)$.",
                r"With noise the right key weighs $e^{\beta(1-2p)d}$, so $c = 1/(\beta(1-2p) - \ln\cosh\beta)$. For small $\beta$,
                    $\ln\cosh\beta$ is about $\beta^2/2$ and $c$ about $1/\beta$.",
            ],
            correction: Some(
                r"$\Theta$ hides $c$, and $c$ depends on $\beta$ and on noise: $1.766$ at $\beta = 1$, $2.731$ with 10 % noise; for small
                $\beta$ it grows as $1/\beta$. At $d = c\ln n$ about half of the prompts succeed; all but a share $\delta$ do from
                $c\ln(n/\delta)$ on.",
            ),
            source: r"Large deviations of a sum of fair signs, worst values; finite sizes by inversion of the characteristic function.",
            show: log_n,
        },
    ],
    exercises: &[
        Exercise {
            task: r"Three keys have overlaps $10$, $4$ and $4$ with a prompt, $\beta = 1$. What is the top weight, and how small can the
                margin of a bit be?",
            answer: r"$w = e^{10}/(e^{10} + 2e^4)$, which is $1/(1 + 2e^{-6}) = 0.9951$; the margin is at least $2w - 1 = 0.9901$.",
        },
        Exercise {
            task: r"A head of a transformer has $d = 64$ and $\beta = 1/\sqrt d = 1/8$. If its keys were random signs, among how many
                could it still pick the one that equals its query?",
            answer: r"The right key weighs $e^{64/8} = e^8 = 2981$, a stranger $(\cosh\tfrac18)^{64} = 1.647$ on average: up to about
                $2981/1.647 = 1810$ keys. In the words of the claim $n = e^{d/c}$ with $c = 8.53$.",
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
    for memory in 0..teacher.choose(40, FEWEST) {
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
    let chart = Chart::new("top weight $w$", "smallest margin of a bit")
        .dots(0, "a prompt", shown_points)
        .line(1, "$2w - 1$", vec![(0.0, -1.0), (1.0, 1.0)])
        .place(BLACK, r"$w = \tfrac12$", 0.5)
        .upwards(-1.02, 1.02);
    Ok(Shown::new(vec![run.command.clone()])
        .note(
            r"The command measures the last row: the worst values are lost if and only if $w \le \tfrac12$. The attention
                vector is in the library alone (`Memory::attend`, `Memory::attention_weights`), which measured the other rows
                and the figures when this page was written.",
        )
        .rows([
            Row::new(
                r"prompts with $w > \tfrac12$ that recall the nearest key's value, by $2w - 1$ or more",
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
        .plate(attended(teacher)?)
        .plate(chart.plate(format!(
            "$\\beta = {BETA}$, $d = {DIM}$, $n = {PATTERNS}$, prompts with {} signs flipped. To the right of ½ no prompt is below \
             $0$; to the left many are recalled all the same.",
            popfield::patterns::flips(NOISE, DIM)
        ))))
}

/// The attention vector of a damaged digit among the ten, from flat to sharp.
fn attended(teacher: &Teacher) -> Result<Plate> {
    const BETAS: [f64; 5] = [0.02, 0.05, 0.1, 0.2, 0.5];
    let digits = Digits::load()?;
    let chosen: Vec<_> = digits.one_of_each().into_iter().filter_map(|place| digits.images.get(place)).collect();
    let memory = Memory::auto_associative(chosen.iter().collect::<popfield::Result<Patterns>>()?)?;
    let right = &chosen[3];
    let prompts = damaged(right, &[0.2], teacher.seed)?.iter().collect::<popfield::Result<Patterns>>()?;
    let prompt = prompts.iter().map(|prompt| Picture::against(&prompt, right, digits::SIDE).label("prompt"));
    let (mut vectors, mut signs): (Vec<Picture>, Vec<Picture>) = (prompt.collect(), Vec::new());
    signs.push(Picture::of(right, digits::SIDE).label("stored"));
    for beta in BETAS {
        let queries = prompts.clone().into();
        let weights = memory.attention_weights(&queries, Beta::new(beta)?)?;
        let vector = memory.attend(&queries, Beta::new(beta)?)?;
        let top = weights.iter().copied().fold(0.0, f64::max);
        vectors.push(Picture::shades(&vector, digits::SIDE).label(format!("$\\beta = {beta}$, $w = {top:.2}$")));
        let recalled = memory.recall(&queries, &Recall::new(Separation::exponential(beta)?))?.patterns;
        signs.extend(recalled.iter().map(|answer| Picture::against(&answer, right, digits::SIDE)));
    }
    Ok(picture::plate(
        vec![
            picture::Row::new("Attention vectors, blank is $-1$, ink $+1$", vectors),
            picture::Row::new("Their signs", signs),
        ],
        "The ten digits of the top of this page, asked with a damaged 3. The larger $\\beta$, the more of the weight the \
         nearest has.",
        "Two rows: the attention vector, from a grey blend of all digits to a clear 3 as beta grows, and its signs.",
    ))
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
        let what = format!("$n$ at which half of prompts succeed, $d = {dim}$");
        shown = shown.row(Row::estimate(what, predicted.map_or(Predicted::Nothing, Predicted::Value), half));
        dots.push((ln(half.value), dim as f64, (ln(half.high) - ln(half.low)) / 2.0));
        law.extend(predicted.map(|n| (ln(n), dim as f64)));
    }
    let fitted = fit(&dots);
    let at = law.iter().map(|&(x, y)| (x, y, 1.0)).collect::<Vec<_>>();
    let (expected, _) = line(&at);
    shown = shown
        .row(Row::estimate(
            r"$c$: slope of $d$ against $\ln n$, by the law at these $d$",
            Predicted::Value(expected),
            fitted,
        ))
        .row(Row::estimate("$c$, by its limit", Predicted::Limit(slope), fitted));
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
        shown.row(Row::estimate("$c$ with 10 % noise, by its limit", Predicted::Limit(noisy_slope), fit(&noisy_dots)));
    shown.commands.push(noisy.command);
    let shown = shown.note("The searches print each $n$; $c$ is the slope of a line through these points.");
    let across = |dim: f64| (dim / slope, dim);
    let places = |dots: &[(f64, f64, f64)]| {
        dots.iter().map(|&(x, d, _)| (x, Interval { value: d, low: d, high: d })).collect::<Vec<_>>()
    };
    let chart = Chart::new(r"$\ln n$", "dimension $d$ at which half succeed")
        .line(0, format!("$d = {slope:.3}\\ln n$, clean"), vec![across(11.0), across(29.0)])
        .dashes(BLACK, "law at these $d$", law)
        .line(
            1,
            format!("$d = {noisy_slope:.3}\\ln n$, 10 % noise"),
            vec![(20.0 / noisy_slope, 20.0), (40.0 / noisy_slope, 40.0)],
        )
        .dots(0, "measured", places(&dots))
        .dots(1, "measured, 10 % noise", places(&noisy_dots));
    Ok(shown.plate(chart.plate(r"$\beta = 1$, every other value opposed. Straight lines: $d$ grows as $\ln n$.")))
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
