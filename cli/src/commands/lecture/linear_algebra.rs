//! Linear algebra: W as a matrix, its singular vectors, and the best W there is.

use popfield::learning::{Association, Hebb, Rule as _, Spectrum};
use popfield::{Memory, Patterns};
use popfield_lab::theory::pseudo_inverse;
use popfield_lab::{Experiment, Interval, Observable, Point, Range, Rule, Setting, Study};

use super::chart::{BLACK, Chart};
use super::claim::{Claim, Measured, Predicted, Row, Section, Shown};
use super::shell;
use super::teacher::{Teacher, list};
use crate::failure::Result;

pub const SECTION: Section = Section {
    id: "linear-algebra",
    title: "Linear algebra",
    lead: "Before the sign, recall is a matrix times a vector: W = Y X^{T}. So ask what linear algebra asks: what are its \
           singular vectors, and is there a better W?",
    claims: &[
        Claim {
            id: "singular-vectors",
            title: "Keys and values are singular vectors",
            lead: "If the keys are orthogonal, W x_{i} = d·y_{i}: each key is mapped onto its value and nothing leaks into others. \
                   That is what the singular value decomposition of W says, read backwards. Random keys are orthogonal but \
                   for overlaps of about √d, and it is these that leak.",
            statement: "Orthogonal keys (rows of a Hadamard matrix) are right singular vectors of the Hebbian W, orthogonal \
                        values the left ones, σ = √(d·d′); so n = d of them are recalled exactly.",
            correction: None,
            source: "Σ_{i} y_{i} x_{i}^{T} is a singular value decomposition as it stands; for random keys Marchenko and Pastur 1967.",
            show: singular,
        },
        Claim {
            id: "pseudo-inverse",
            title: "The pseudo-inverse takes the crosstalk away",
            lead: "Random keys are not orthogonal, but up to n = d they are linearly independent, and that is enough to solve \
                   W x_{i} = y_{i} for all i at once.",
            statement: "W = Y X^{+} recalls n = d linearly independent keys exactly, where Hebb's W has long failed.",
            correction: Some(
                "Exact for the stored keys, with the diagonal kept. Prompted with noise the answer gets worse well before \
                 n = d: with m = 1 − 2p and the diagonal zeroed, a step leaves ½ erfc(m √((1−α)/(2α(1−m^{2})))) wrong.",
            ),
            source: "Personnaz, Guyon, Dreyfus 1985; Kanter, Sompolinsky 1987.",
            show: inverse,
        },
    ],
};

/// Rows of signs as text.
fn text(patterns: &Patterns) -> Vec<String> {
    let line =
        |pattern: popfield::Pattern| pattern.bits().iter().by_vals().map(|bit| if bit { '+' } else { '-' }).collect();
    patterns.iter().map(line).collect()
}

fn spectrum(memory: &Memory) -> Result<Spectrum> {
    Ok(Spectrum::new(&*Hebb.learn(memory)?)?)
}

fn singular(teacher: &Teacher) -> Result<Shown> {
    const DIM: usize = 128;
    const PATTERNS: usize = 64;
    // A small case to be typed in: as many keys as dimensions, and values that are orthogonal as well.
    let keys = Patterns::hadamard(8, 8)?;
    let values = (0..8).filter_map(|i| keys.get((3 * i + 5) % 8)).collect::<Vec<_>>();
    let values = values.iter().collect::<popfield::Result<Patterns>>()?;
    let mut commands = vec![
        shell::printf(&text(&keys), "keys.txt"),
        shell::printf(&text(&values), "values.txt"),
        "popfield create hadamard.pop --keys keys.txt --values values.txt --text lines --force".to_owned(),
        "popfield spectrum hadamard.pop".to_owned(),
        "popfield learn hadamard.pop --rule hebb".to_owned(),
    ];
    let other = teacher.seed.wrapping_add(1);
    commands.extend(shell::one(DIM));
    commands.extend([
        shell::random(DIM, PATTERNS, &teacher.seed_option(), "keys.npy"),
        shell::random(DIM, PATTERNS, &format!(" --seed {other}"), "values.npy"),
        shell::store("random.pop", ""),
        "popfield spectrum random.pop --plot random.svg".to_owned(),
        shell::store("pairs.pop", " --values values.npy"),
        "popfield spectrum pairs.pop --json | jq '.associations | map(.right_residual * .right_residual) | add / \
         length'"
            .to_owned(),
    ]);
    let small = Memory::hetero_associative(keys, values)?;
    let small_spectrum = spectrum(&small)?;
    let exact = |pair: &Association| pair.is_singular_pair(0.0);
    let recalled = Hebb.learn(&small)?.recall(
        &small.keys().to_patterns()?.into(),
        popfield::dynamics::Diagonal::Keep,
        1,
        popfield::Tie::Plus,
    )?;
    let right = recalled.patterns.iter().zip(small.values().iter()).map(|(found, value)| found == value);

    // As the lines draw them.
    let drawn = |seed: u64| Patterns::random(PATTERNS, DIM, seed, "start");
    let random = spectrum(&Memory::auto_associative(drawn(teacher.seed)?)?)?;
    let pairs = spectrum(&Memory::hetero_associative(drawn(teacher.seed)?, drawn(other)?)?)?;
    let squares = pairs.associations.iter().map(|pair| pair.right_residual * pair.right_residual);
    let leak = squares.sum::<f64>() / PATTERNS as f64;
    let (d, others) = (DIM as f64, PATTERNS as f64 - 1.0);
    let load = PATTERNS as f64 / d;
    let edge = |sign: f64| d * (1.0 + sign * libm::sqrt(load)) * (1.0 + sign * libm::sqrt(load));
    let by_rank = (1..).map(f64::from).zip(random.singular_values.iter().copied()).take(PATTERNS);
    let exactly = |value: f64| Interval { value, low: value, high: value };
    let chart = Chart::new("rank", "singular value σ of W")
        .dots(0, "random keys", by_rank.map(|(x, y)| (x, exactly(y))).collect())
        .line(2, "orthogonal keys: all d", vec![(1.0, d), (PATTERNS as f64, d)])
        .dashes(0, "d(1 ± √α)², where random ones end", vec![(1.0, edge(1.0)), (PATTERNS as f64, edge(1.0))])
        .dashes(0, "", vec![(1.0, edge(-1.0)), (PATTERNS as f64, edge(-1.0))])
        .upwards(0.0, 1.1 * edge(1.0));
    Shown::new(commands)
        .note(format!(
            "{} The figure is that of random.svg. A residual, “off”, is the share of ‖W x‖ that is not along y; its \
             square that of ‖W x‖^{{2}}.",
            shell::RANDOM
        ))
        .rows([
            Row::new(
                "d = n = 8, Hadamard: pairs of key and value that are singular vectors",
                Predicted::Value(1.0),
                Measured::count(small_spectrum.associations.iter().map(exact)),
            ),
            Row::new(
                "the same: largest σ, by √(d·d′)",
                Predicted::Value(8.0),
                Measured::Number(to_rounding(small_spectrum.singular_values[0])),
            ),
            Row::new(
                "the same: smallest σ",
                Predicted::Value(8.0),
                Measured::Number(to_rounding(small_spectrum.singular_values[7])),
            ),
            Row::new("the same: keys recalled, n = d", Predicted::Value(1.0), Measured::count(right)),
            Row::new(
                format!("d = {DIM}, n = {PATTERNS}, random keys, y = x: largest σ, by d(1+√α)²"),
                Predicted::Limit(edge(1.0)),
                Measured::Number(random.singular_values[0]),
            ),
            Row::new(
                "the same with values of their own: share of ‖W x‖² that leaks, mean over keys, by (n−1)/(d+n−1)",
                Predicted::Limit(others / (d + others)),
                Measured::Number(leak),
            ),
        ])
        .plate(chart.plate(format!(
            "Auto-associative, d = {DIM}, n = {PATTERNS}, α = n/d = {load}. Orthogonal keys are all alike."
        )))
}

/// A singular value to what its rounding leaves.
fn to_rounding(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

fn inverse(teacher: &Teacher) -> Result<Shown> {
    let dim = teacher.choose(64, 32);
    let run = |rule, predictions: &[&str]| {
        let study = Study::new(Experiment::new(rule, Setting::Hetero))
            .dims([dim])
            .load(Range::linear(0.125, 1.25, 0.125)?)
            .predictions(predictions.iter().copied());
        teacher.measure(study, 40)
    };
    let (inverse, hebb) = (run(Rule::PseudoInverse, &[])?, run(Rule::Hebb, &["exact"])?);
    let load = Point::load;
    let mut shown = Shown::new(vec![inverse.command.clone(), hebb.command.clone()]);
    let d = dim as u64;
    for (patterns, predicted) in
        [(d / 2, Predicted::Value(1.0)), (d, Predicted::Value(1.0)), (d + d / 8, Predicted::Nothing)]
    {
        let what = format!("patterns recalled, pseudo-inverse, d = {dim}, n = {patterns}");
        shown = shown.row(Row::estimate(what, predicted, inverse.at(dim, patterns)?.estimate));
    }
    let measured = hebb.at(dim, d / 2)?;
    let predicted = hebb.predicted("exact", measured).map_or(Predicted::Nothing, Predicted::AtLeast);
    shown = shown.row(Row::estimate(format!("the same, Hebb, n = {}", d / 2), predicted, measured.estimate));
    for (load, noise) in [(0.3, 0.2), (0.5, 0.1)] {
        let study = Study::new(Experiment::new(Rule::PseudoInverse, Setting::AutoZeroed).noise(noise))
            .dims([200])
            .load(list([load])?)
            .observable(Observable::BitError);
        let run = teacher.measure(study, 40)?;
        let predicted = Predicted::Limit(pseudo_inverse::auto_zeroed(load, noise)?);
        for measured in run.of(200) {
            let what = format!("wrong bits after a step from noise {noise}, d = 200, α = {load}, diagonal zeroed");
            shown = shown.row(Row::estimate(what, predicted, measured.estimate));
        }
        shown.commands.push(run.command);
    }
    let chart = Chart::new("load n/d", "patterns recalled whole")
        .line(1, "Hebb, as if bits were independent", hebb.law("exact", dim, load))
        .place(BLACK, "n = d", 1.0)
        .dots(0, "pseudo-inverse, measured", inverse.dots(dim, load))
        .dots(1, "Hebb, measured", hebb.dots(dim, load))
        .upwards(0.0, 1.03);
    shown.plate(chart.plate(format!("d = {dim}, values apart from keys, prompted with the keys themselves.")))
}
