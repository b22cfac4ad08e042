//! Hetero-association: a key recalls a value that is not the key.

use popfield::patterns::stream;
use popfield::{Memory, Pattern, Patterns, Recall, Separation};
use popfield_lab::theory::one_step;
use popfield_lab::{CONFIDENCE, Experiment, Observable, Outcome, Point, Range, Rule, Setting, Study, Values, stats};
use rand_xoshiro::rand_core::Rng;

use super::chart::{BLACK, Chart};
use super::claim::{Claim, Exercise, Predicted, Row, Section, Shown, number};
use super::picture::{self, Picture, among_strangers, face};
use super::plate::Plate;
use super::teacher::{Teacher, list};
use crate::commands::demo::digits::{self, Digits};
use crate::failure::Result;

pub const SECTION: Section = Section {
    id: "hetero-association",
    title: "Hetero-association",
    lead: r"What a key recalls need not be the key. Give each key $x_i$ a value $y_i$, a vector of signs of any dimension, and
        recall $$\operatorname{sign}\Bigl(\sum_{i=1}^n \langle x, x_i\rangle\, y_i\Bigr).$$ No position votes for itself any more,
        so this is the setting in which capacity is measured honestly. There is one step only, since an answer is no new
        prompt.",
    claims: &[
        Claim {
            id: "hetero-error",
            title: "The error of a bit, to the last digit",
            lead: r"The right value speaks with weight $d$. Each of the other $n-1$ keys adds its overlap, a sum of $d$ coins, with
                the sign of its own value: all together $d(n-1)$ coins. A bit, which is one sign of the answer, is wrong when
                those coins beat $d$. Where they just cancel it the field is $0$ and the answer $+1$, which is wrong for half of
                the values.",
            statement: r"$\mathrm P[\text{bit right}] \ge 1 - e^{-d^2/(2d(n-1))}$, and exactly $\mathrm P[\text{bit wrong}]$ is
                $$\mathrm P[S_{d(n-1)} < -d] + \tfrac12 \mathrm P[S_{d(n-1)} = -d],$$ which depends on $n/d$ alone, nearly.",
            derivation: &[
                r"Ask with $x_1$. Multiplied by the right sign $y_{1j}$ the field is $d + \sum_{i>1} y_{1j} y_{ij} \langle x_1,
                    x_i\rangle$.",
                r"Each product of signs $x_{1k} x_{ik}\, y_{1j} y_{ij}$ is a fair coin, and for one $j$ they are independent over $i$ and
                    $k$. There are $d(n-1)$ of them: the sum is $S_{d(n-1)}$. That is the exact law.",
                r"Hoeffding's inequality says $\mathrm P[S_k \le -t] \le e^{-t^2/(2k)}$; Section 5 derives it. With $t = d$ and $k =
                    d(n-1)$ the exponent is $-d/(2(n-1))$, the bound.",
                r"For large $d$ the sum is normal with standard deviation $\sqrt{dn}$, and the error tends to
                    $\tfrac12\operatorname{erfc}\sqrt{d/(2n)}$: a function of the load.",
            ],
            correction: Some(
                r"Hoeffding's bound is right but generous: at $n = 0.138\,d$ it allows more than seven times the errors that
                happen. The exact law costs nothing more.",
            ),
            source: r"[@hoeffding1963], theorem 2; sums of fair signs, exactly.",
            show: error,
        },
        Claim {
            id: "worst-values",
            title: "Values may be the worst there are",
            lead: r"The theorem promises its bound for any values, even if every other value opposes the right one, $y_i = -y_1$.
                Under the linear rule that is no worse, bit by bit: the overlaps have signs of their own, as fair as coins.",
            statement: r"The worst values have the same error in a bit as random ones; but their bits fail together.",
            derivation: &[
                r"With $y_i = -y_1$ for all $i > 1$ the field, multiplied by $y_{1j}$, is $d - \sum_{i>1} \langle x_1, x_i\rangle$. The
                    sum is $S_{d(n-1)}$ again, for $-S_k$ and $S_k$ are alike: the same law for every bit.",
                r"But it is one and the same number at all positions. So, but for ties, the answer is $y_1$ whole or it is $-y_1$: with error $q$
                    in a bit, a share $1-q$ of values is recalled whole, whatever their dimension.",
                r"Random values bring coins of their own at every position, so that bits fail nearly one by one: about
                    $(1-q)^d$ of values of $d$ bits are whole.",
            ],
            correction: Some(
                r"The same error in every bit is not the same share of whole values: random bits fail one by one, so that few
                values of many bits come out whole, while the worst case errs in all bits or in none.",
            ),
            source: r"Symmetry of the overlap of random keys; exact law as above.",
            show: worst,
        },
    ],
    exercises: &[
        Exercise {
            task: r"Up to which $n$ is at most one bit in a thousand wrong, for $d = 1000$? A standard normal variable exceeds
                $3.09$ with probability $0.001$.",
            answer: r"The signal $d$ must be $3.09$ times the crosstalk $\sqrt{d(n-1)}$, so $n - 1 = d/3.09^2 = 104.7$: $n = 105$,
                the first point of the figure of 3.1.",
        },
        Exercise {
            task: r"If one bit in a thousand is wrong, what share of values of $1000$ bits is whole: of random ones, and of the worst?",
            answer: r"Of random ones about $0.999^{1000} = 0.37$, of the worst $0.999$.",
        },
    ],
};

fn error(teacher: &Teacher) -> Result<Shown> {
    let dim = teacher.choose(1000, 200);
    let study = Study::new(Experiment::new(Rule::Hebb, Setting::Hetero))
        .dims([dim])
        .load(list([0.105, 0.138, 0.185, 0.37, 0.61, 1.0])?)
        .observable(Observable::BitError);
    let run = teacher.measure(study, 100)?;
    let mut shown = Shown::new(vec![run.command.clone()]);
    for measured in run.of(dim) {
        let predicted = run.predicted("exact", measured).map_or(Predicted::Nothing, Predicted::Value);
        shown = shown.row(Row::estimate(
            format!("bit error, $n = {}$", measured.point.patterns),
            predicted,
            measured.estimate,
        ));
    }
    if let Some(measured) = run.of(dim).nth(1) {
        let bound = run.predicted("hoeffding", measured).map_or(Predicted::Nothing, Predicted::AtMost);
        shown = shown.row(Row::estimate(
            format!("the same by Hoeffding, $n = {}$", measured.point.patterns),
            bound,
            measured.estimate,
        ));
    }
    // The first point, wrong and tied apart.
    if let Some(measured) = run.of(dim).next() {
        let n = measured.point.patterns;
        let law = one_step::hetero(dim as u64, n, 0)?;
        let tied: Vec<f64> = measured.outcomes.iter().map(Outcome::tied_fraction).collect();
        shown = shown
            .row(Row::estimate(
                format!("tied bits, $n = {n}$: half of them count above"),
                Predicted::Value(law.tie),
                stats::of_memories(&tied, CONFIDENCE),
            ))
            .note(format!(
                "The prediction for $n = {n}$ is $\\mathrm P[S < -d]$, {}, and half of $\\mathrm P[S = -d]$, {}. The \
                 command's column “exact” has both, and its column “tied” the ties. The pictures are of memories that \
                 the library drew.",
                number(law.wrong),
                number(law.tie)
            ));
    }
    let chart = Chart::new("load $n/d$", "share of bits wrong")
        .log_y()
        .line(0, "exact law", run.law("exact", dim, Point::load))
        .dashes(1, "Hoeffding's bound", run.law("hoeffding", dim, Point::load))
        .dots(0, "measured", run.dots(dim, Point::load));
    Ok(shown
        .plate(a_value(teacher)?)
        .plate(chart.plate(format!("$d = {dim}$, random keys and values, prompted with clean keys."))))
}

/// A face that is the value of random keys, recalled among more and more others.
fn a_value(teacher: &Teacher) -> Result<Plate> {
    const SIDE: usize = 20;
    const DIM: usize = SIDE * SIDE;
    let face = face(SIDE)?;
    let mut pictures = Vec::new();
    for load in [0.1, 0.2, 0.4, 1.0] {
        let patterns = (load * DIM as f64).round() as usize;
        let keys = Patterns::random(patterns, DIM, teacher.seed, "keys of a face")?;
        let prompt = keys.range(0..1)?;
        if pictures.is_empty() {
            pictures.extend(prompt.iter().map(|key| Picture::of(&key, SIDE).label("the key, the prompt")));
        }
        let memory = Memory::hetero_associative(keys, among_strangers(&face, patterns - 1, teacher.seed)?)?;
        for answer in memory.recall(&prompt.into(), &Recall::new(Separation::Linear))?.patterns.iter() {
            let label = format!("load {load}: {} wrong", answer.distance(&face)?);
            pictures.push(Picture::against(&answer, &face, SIDE).label(label));
        }
    }
    Ok(picture::plate(
        vec![picture::Row::new("", pictures)],
        format!(
            "A random key of $d = {DIM}$ signs has a face as its value, among more and more keys and values drawn by coins."
        ),
        "Random cells, the key, and four answers: a face with more and more cells wrong.",
    ))
}

fn worst(teacher: &Teacher) -> Result<Shown> {
    const DIM: usize = 100;
    let run = |values| {
        let study = Study::new(Experiment::new(Rule::Hebb, Setting::Hetero).values(values))
            .dims([DIM])
            .load(Range::linear(0.1, 0.6, 0.1)?)
            .observable(Observable::BitError);
        teacher.compare(&["values"], study, 400)
    };
    let (random, worst) = (run(Values::Random)?, run(Values::Worst)?);
    let mut shown = Shown::new(vec![random.command.clone(), worst.command.clone()]).note(
        "The same lines with `--observable pattern` give the dots of the chart: the share of values recalled whole. The \
         pictures are of memories that the library drew.",
    );
    for patterns in [20, 40] {
        for (name, run) in [("random values", &random), ("worst values", &worst)] {
            let measured = run.at(DIM, patterns)?;
            let predicted = run.predicted("exact", measured).map_or(Predicted::Nothing, Predicted::Value);
            let what = format!("bit error, {name}, $n = {patterns}$");
            shown = shown.row(Row::estimate(what, predicted, measured.estimate));
        }
    }
    let whole = |run: &super::teacher::Run| run.observed(Observable::Pattern, DIM, Point::load);
    let right = random.law("exact", DIM, Point::load);
    let bits = |error: f64| libm::pow(1.0 - error, DIM as f64);
    let chart = Chart::new("load $n/d$", "share of values recalled whole")
        .line(0, r"at least $(1-q)^d$, random values", right.iter().map(|&(x, error)| (x, bits(error))).collect())
        .line(1, "$1-q$, worst values", right.iter().map(|&(x, error)| (x, 1.0 - error)).collect())
        .dots(0, "", whole(&random))
        .dots(1, "", whole(&worst))
        .place(BLACK, r"$d/(2\ln d)$", 1.0 / (2.0 * libm::log(DIM as f64)))
        .upwards(0.0, 1.03);
    Ok(shown.plate(together(teacher)?).plate(
        chart.plate(format!("$d = {DIM}$. The same error $q$ in a bit, and not the same in a value of {DIM} bits.")),
    ))
}

/// Digits recalled as values at load 1: one memory each, with random values beside them and with the worst.
fn together(teacher: &Teacher) -> Result<Plate> {
    // With odd numbers of positions and keys no field is 0: d and crosstalk, a sum of d(n − 1) signs, differ in parity.
    const DIM: usize = 63;
    let digits = Digits::load()?;
    let shown: Vec<Pattern> = digits.one_of_each().into_iter().filter_map(|place| digits.images.get(place)).collect();
    let recalled = |digit: usize, right: &Pattern, worst: bool| -> Result<Picture> {
        let seed = stream(teacher.seed, "values that fail together", digit as u64).next_u64();
        let keys = Patterns::random(DIM, DIM, seed, "keys")?;
        let prompt = keys.range(0..1)?;
        let values = if worst { opposed(right, DIM - 1)? } else { among_strangers(right, DIM - 1, seed)? };
        let answer =
            Memory::hetero_associative(keys, values)?.recall(&prompt.into(), &Recall::new(Separation::Linear))?;
        let answer = answer.patterns.get(0).unwrap_or_else(|| right.clone());
        Ok(Picture::counted(&answer, right, digits::SIDE)?)
    };
    let row = |name: &str, worst: bool| -> Result<picture::Row> {
        let pictures = shown.iter().enumerate().map(|(digit, right)| recalled(digit, right, worst));
        Ok(picture::Row::new(name, pictures.collect::<Result<Vec<_>>>()?))
    };
    Ok(picture::plate(
        vec![row("Other values random", false)?, row("Other values opposed", true)?],
        format!(
            "Digits as values, each recalled from a memory of its own with $n = d = {DIM}$. Among random values every answer \
             has some bits wrong, among opposed ones all or none."
        ),
        "Two rows of ten digits: above, each with some cells wrong; below, each whole or turned inside out.",
    ))
}

/// `right`, and so many copies of its opposite.
fn opposed(right: &Pattern, copies: usize) -> popfield::Result<Patterns> {
    let signs: Vec<i8> = right.to_signs().into_iter().map(|sign| -sign).collect();
    let opposite = Pattern::from_signs(&signs)?;
    [right].into_iter().chain(std::iter::repeat_n(&opposite, copies)).collect()
}
