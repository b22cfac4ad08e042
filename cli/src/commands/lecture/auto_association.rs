//! Auto-association: a pattern recalled from a damaged copy of itself.

use popfield::patterns::flips;
use popfield_lab::theory::one_step;
use popfield_lab::{Experiment, Observable, Point, Rule, Setting, Study};

use super::chart::{BLACK, Chart};
use super::claim::{Claim, Predicted, Row, Section, Shown};
use super::teacher::{Teacher, list};
use crate::failure::Result;

pub const SECTION: Section = Section {
    id: "auto-association",
    title: "Auto-association",
    lead: "A memory that is prompted with a pattern, not with an address. Patterns are vectors x of d signs, each +1 or −1, \
           drawn by fair coins wherever the theory speaks. To store n of them, add up their outer products, \
           W = Σ_{i} x_{i} x_{i}^{T}. To recall, multiply by the prompt and take signs.",
    claims: &[
        Claim {
            id: "repair",
            title: "A damaged pattern is repaired",
            lead: "W times a prompt is the sum of all stored patterns, each weighted by its overlap with the prompt. The right \
                   pattern's overlap is (1 − 2p)·d if a share p of the bits was flipped; those of strangers are about √d and \
                   have either sign. So the right one speaks louder than the crowd, as long as the crowd is small.",
            statement: "One step x ← sign[Wx] returns far fewer wrong bits than it was given, and how many is known exactly.",
            correction: None,
            source: "Exact law of one bit, diagonal zeroed: its signal, d − 2pd − 1 where the prompt is right and d − \
                     2pd + 1 where it is wrong, against a sum of (n − 1)(d − 1) fair signs; a tie keeps the prompt's \
                     bit.",
            show: repair,
        },
        Claim {
            id: "self-term",
            title: "Clean self-recall proves nothing",
            lead: "The diagonal of W is W_{jj} = n: every bit votes for itself, n times. Prompt the network with the very \
                   pattern that you hope to see, and this vote alone will show it to you.",
            statement: "With the diagonal kept, the error of recalling a stored pattern from itself falls back to 0 beyond \
                        n = d, while the memory has long ceased to know anything.",
            correction: Some(
                "“All patterns are fixed points” is no evidence of memory when the diagonal is kept. Either zero the \
                 diagonal, or prompt with noise, or recall values that are not the keys (popfield's setting hetero).",
            ),
            source: "Exact laws: kept P[S_{(n−1)(d−1)} < −(d+n−1)], zeroed P[S_{(n−1)(d−1)} < −(d−1)], where S_{k} \
                     adds k fair signs; a tie keeps the prompt's bit, which is right. Values apart from keys: “The \
                     error of a bit”, below.",
            show: self_term,
        },
    ],
};

fn repair(teacher: &Teacher) -> Result<Shown> {
    const DIM: usize = 400;
    const PATTERNS: u64 = 40;
    let (mut dots, mut rows, mut commands) = (Vec::new(), Vec::new(), Vec::new());
    for percent in [10, 20, 30, 40] {
        let noise = f64::from(percent) / 100.0;
        let study = Study::new(Experiment::new(Rule::Hebb, Setting::AutoZeroed).noise(noise))
            .dims([DIM])
            .patterns(list([PATTERNS as f64])?)
            .observable(Observable::BitError);
        let run = teacher.measure(study, 100)?;
        let measured = run.at(DIM, PATTERNS)?;
        let predicted = run.predicted("exact", measured).map_or(Predicted::Nothing, Predicted::Value);
        let what = format!("wrong bits after a step, of {noise} before");
        rows.push(Row::estimate(what, predicted, measured.estimate));
        dots.push((noise, measured.estimate));
        commands.push(run.command);
    }
    let law = |step: u32| {
        let noise = f64::from(step) / 200.0;
        let error = one_step::auto_zeroed(DIM as u64, PATTERNS, flips(noise, DIM) as u64)?.error(popfield::Tie::Stay);
        Ok((noise, error))
    };
    let law = (0..=100).map(law).collect::<Result<Vec<_>>>()?;
    let chart = Chart::new("wrong bits in the prompt, p", "wrong bits after one step")
        .line(0, "exact law", law)
        .dashes(BLACK, "as many as before", vec![(0.0, 0.0), (0.5, 0.5)])
        .dots(0, "measured", dots);
    Shown::new(commands).rows(rows).plate(chart.plate(format!(
        "n = {PATTERNS} patterns of d = {DIM} signs. Below the dashed line a step repairs; from half of the bits wrong \
         nothing can."
    )))
}

fn self_term(teacher: &Teacher) -> Result<Shown> {
    const DIM: usize = 100;
    let run = |setting| {
        let study = Study::new(Experiment::new(Rule::Hebb, setting))
            .dims([DIM])
            .patterns(list([10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0])?)
            .observable(Observable::BitError);
        teacher.compare(&["setting"], study, 200)
    };
    let runs = [run(Setting::AutoKept)?, run(Setting::AutoZeroed)?, run(Setting::Hetero)?];
    let names = ["diagonal kept", "diagonal zeroed", "values apart from keys"];
    let mut chart = Chart::new("load n/d", "wrong bits of a clean prompt's answer").log_x();
    let mut rows = Vec::new();
    for (number, (run, name)) in runs.iter().zip(names).enumerate() {
        chart =
            chart.line(number, name, run.law("exact", DIM, Point::load)).dots(number, "", run.dots(DIM, Point::load));
        for patterns in [100, 1000] {
            let measured = run.at(DIM, patterns)?;
            let predicted = run.predicted("exact", measured).map_or(Predicted::Nothing, Predicted::Value);
            rows.push(Row::estimate(format!("{name}, n = {patterns}"), predicted, measured.estimate));
        }
    }
    let caption = format!(
        "d = {DIM}, one step from the stored pattern itself. Lines: exact laws; dots: measured. Beyond n = d the blue curve turns back; red and green are nearly one."
    );
    Shown::new(runs.map(|run| run.command).into()).rows(rows).plate(chart.plate(caption))
}
