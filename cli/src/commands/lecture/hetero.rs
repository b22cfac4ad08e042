//! Hetero-association: a key recalls a value that is not the key.

use popfield_lab::theory::one_step;
use popfield_lab::{CONFIDENCE, Experiment, Observable, Outcome, Point, Range, Rule, Setting, Study, Values, stats};

use super::chart::{BLACK, Chart};
use super::claim::{Claim, Predicted, Row, Section, Shown, number};
use super::teacher::{Teacher, list};
use crate::failure::Result;

pub const SECTION: Section = Section {
    id: "hetero-association",
    title: "Hetero-association",
    lead: "Keys x_{i} and values y_{i} need not be the same: sign[Σ_{i} ⟨x, x_{i}⟩ y_{i}]. Nothing votes for itself any more, so \
           this is the setting in which capacity is measured honestly. One step, since an answer is no new prompt.",
    claims: &[
        Claim {
            id: "hetero-error",
            title: "The error of a bit, to the last digit",
            lead: "The right value speaks with weight d. Each of the other n − 1 keys adds its overlap, a sum of d \
                   coins, with the sign of its own value: all together d(n − 1) coins. A bit is wrong when those coins \
                   beat d. Where they just cancel it the field is 0 and the answer +1, which is wrong for half of the \
                   values.",
            statement: "P[bit right] ≥ 1 − exp(−d^{2}/(2(n−1)d)), and exactly P[bit wrong] = P[S_{d(n−1)} < −d] + ½ \
                        P[S_{d(n−1)} = −d], where S_{k} adds k fair signs: it depends on n/d alone, nearly.",
            correction: Some(
                "Hoeffding's bound is right but generous: at n = 0.138 d it allows more than seven times the errors that happen. The \
                 exact law costs nothing more.",
            ),
            source: "Hoeffding 1963, theorem 2; exact law of a sum of fair signs.",
            show: error,
        },
        Claim {
            id: "worst-values",
            title: "Values may be the worst there are",
            lead: "The theorem promises its bound for any values, even if every other value opposes the right one. Under the \
                   linear rule that is no worse, bit by bit: the overlaps have signs of their own, as fair as coins.",
            statement: "The worst values have the same error in a bit as random ones; but their bits fail together.",
            correction: Some(
                "The same error in every bit is not the same share of whole values: random bits fail one by one, so that few \
                 values of many bits come out whole, while the worst case errs in all bits or in none.",
            ),
            source: "Symmetry of an overlap of random keys; exact law as above.",
            show: worst,
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
            format!("bit error, n = {}", measured.point.patterns),
            predicted,
            measured.estimate,
        ));
    }
    if let Some(measured) = run.of(dim).nth(1) {
        let bound = run.predicted("hoeffding", measured).map_or(Predicted::Nothing, Predicted::AtMost);
        shown = shown.row(Row::estimate(
            format!("the same by Hoeffding, n = {}", measured.point.patterns),
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
                format!("tied bits, n = {n}: half of them count above"),
                Predicted::Value(law.tie),
                stats::of_memories(&tied, CONFIDENCE),
            ))
            .note(format!(
                "The prediction for n = {n} is P[S < −d] = {} and half of P[S = −d] = {}. The command's column “exact” \
                 has both, and its column “tied” the ties.",
                number(law.wrong),
                number(law.tie)
            ));
    }
    let chart = Chart::new("load n/d", "bit error")
        .log_y()
        .line(0, "exact law", run.law("exact", dim, Point::load))
        .dashes(1, "Hoeffding's bound", run.law("hoeffding", dim, Point::load))
        .dots(0, "measured", run.dots(dim, Point::load));
    shown.plate(chart.plate(format!("d = {dim}, random keys and values, prompted with clean keys.")))
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
        "The same lines with --observable pattern give the dots of the figure: the share of values recalled whole.",
    );
    for patterns in [20, 40] {
        for (name, run) in [("random values", &random), ("worst values", &worst)] {
            let measured = run.at(DIM, patterns)?;
            let predicted = run.predicted("exact", measured).map_or(Predicted::Nothing, Predicted::Value);
            let what = format!("bit error, {name}, n = {patterns}");
            shown = shown.row(Row::estimate(what, predicted, measured.estimate));
        }
    }
    let whole = |run: &super::teacher::Run| run.observed(Observable::Pattern, DIM, Point::load);
    let right = random.law("exact", DIM, Point::load);
    let bits = |error: f64| libm::pow(1.0 - error, DIM as f64);
    let chart = Chart::new("load n/d", "values recalled whole")
        .line(0, "at least (1 − error)^{d}, random values", right.iter().map(|&(x, error)| (x, bits(error))).collect())
        .line(1, "1 − error, worst values", right.iter().map(|&(x, error)| (x, 1.0 - error)).collect())
        .dots(0, "", whole(&random))
        .dots(1, "", whole(&worst))
        .place(BLACK, "d/(2 ln d)", 1.0 / (2.0 * libm::log(DIM as f64)))
        .upwards(0.0, 1.03);
    shown.plate(chart.plate(format!("d = {DIM}. The same error in a bit, and not the same in a value of {DIM} bits.")))
}
