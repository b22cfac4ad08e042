//! Auto-association: a pattern recalled from a damaged copy of itself.

use popfield::dynamics::{Diagonal, Order};
use popfield::patterns::flips;
use popfield::{Dynamics, Memory, Pattern, Patterns, Separation, Tie};
use popfield_lab::theory::one_step;
use popfield_lab::{Experiment, Observable, Point, Rule, Setting, Study};

use super::chart::{BLACK, Chart};
use super::claim::{Claim, Exercise, Predicted, Row, Section, Shown};
use super::picture::{self, Picture, among_strangers, damaged, face};
use super::plate::Plate;
use super::teacher::{Teacher, list};
use crate::failure::Result;

pub const SECTION: Section = Section {
    id: "auto-association",
    title: "Auto-association",
    lead: r"A computer's memory is asked with an address. An associative memory is asked with what it holds: a damaged
        pattern goes in, the pattern comes out. The oldest way to build one needs a single matrix. To store the patterns
        $x_1, \dots, x_n$, add up their outer products, $$W = \sum_{i=1}^n x_i x_i^\top.$$ To recall, multiply the prompt
        $x$ by $W$ and take signs, position by position: $x \gets \operatorname{sign}(Wx)$. The vector $Wx$ is called the
        field.",
    claims: &[
        Claim {
            id: "repair",
            title: "A damaged pattern is repaired",
            lead: r"By associativity $Wx = \sum_i x_i\,\langle x_i, x\rangle$: the field is the sum of all stored patterns, each
                weighted by its overlap with the prompt. If a share $p$ of the signs was flipped, the overlap of the right
                pattern is $(1-2p)\,d$. Those of the others, the strangers, are of the size of $\sqrt d$ and of either sign. So
                the right one speaks louder than the crowd, as long as the crowd is small. In what follows the diagonal of
                $W$ is set to zero; the next claim says why.",
            statement: r"One step $x \gets \operatorname{sign}(Wx)$ returns far fewer wrong signs than it was given, and how
                many on average is known exactly.",
            derivation: &[
                r"Ask for $x_1$ with $h = pd$ of its signs flipped. With a zero diagonal the field at position $j$ is $$\sum_i
                    x_{ij}\,o_i,$$ where $o_i$ is the overlap of prompt and key $i$ over the other $d-1$ positions.",
                r"Multiply by the right sign $x_{1j}$, so that the answer is right where the result is positive. The term $i=1$
                    is $o_1 = d - 2h - 1$ if the prompt is right at $j$, for that agreement is left out, and $d - 2h + 1$ if it
                    is wrong there. This is the signal.",
                r"Each of the other $n-1$ terms, $x_{1j}x_{ij}\,o_i$, is a sum of $d-1$ products of coins, which are fair and
                    independent. Together they are the crosstalk $S_{(n-1)(d-1)}$.",
                r"So a position at which the prompt is right comes out wrong with probability $$\mathrm P[S_{(n-1)(d-1)} <
                    -(d-2h-1)],$$ one at which it is wrong with $d-2h+1$ instead, and there a tie is wrong too, since it keeps
                    the prompt's sign. Weighted by $1-p$ and $p$ this is the curve in the figure.",
                r"In numbers: $d = 400$, $n = 40$, $p = 0.2$. The signal is about $240$, the crosstalk about $\sqrt{39 \cdot 399}
                    = 125$. A normal variable falls below $-240/125 = -1.92$ standard deviations in 2.7 % of cases: the
                    step leaves 2.7 % of the signs wrong, of 20 % before.",
            ],
            correction: None,
            source: r"Sums of fair signs, exactly; the network is that of [@hopfield1982].",
            show: repair,
        },
        Claim {
            id: "self-term",
            title: "Clean self-recall proves nothing",
            lead: r"Every stored pattern adds $x_{ij}^2 = 1$ to the diagonal, so $W_{jj} = n$: every sign votes for itself, $n$
                times. Prompt the memory with the very pattern that you hope to see, and this vote alone will show it to
                you.",
            statement: r"With the diagonal kept, the error of recalling a stored pattern from itself falls back to $0$ beyond
                $n = d$, while the memory has long ceased to know anything.",
            derivation: &[
                r"Ask with $x_1$ itself. Multiplied by the right sign, the field at a position is $d$ from $x_1$.",
                r"Each of the $n-1$ others adds $x_{1j}x_{ij}\langle x_i, x_1\rangle$. Of this sum of $d$ products the one at
                    position $j$ itself is $(x_{1j}x_{ij})^2 = 1$, always; the other $d-1$ are fair coins.",
                r"With the diagonal kept the error is therefore $$\mathrm P[S_{(n-1)(d-1)} < -(d+n-1)],$$ with the diagonal
                    zeroed, where the ones are left out, $$\mathrm P[S_{(n-1)(d-1)} < -(d-1)].$$",
                r"The crosstalk is of the size of $\sqrt{nd}$. Kept, the signal is $d + n$, which is never less than $2\sqrt{nd}$
                    and far more for large $n$. Zeroed, it is $d$, and crosstalk drowns it as soon as $n$ is near $d$.",
            ],
            correction: Some(
                r"“All patterns are fixed points” is no evidence of memory when the diagonal is kept. Either zero the diagonal,
                or prompt with noise, or recall values that are not the keys, as in Section 3.",
            ),
            source: r"Sums of fair signs, exactly. For values apart from keys see “The error of a bit” in Section 3.",
            show: self_term,
        },
    ],
    exercises: &[
        Exercise {
            task: r"A network of $d = 1000$ with zero diagonal holds $n = 50$ patterns. A prompt has a quarter of its signs
                wrong. Take crosstalk as normal: how many signs are wrong after one step?",
            answer: r"The signal is $(1 - 2 \cdot 0.25) \cdot 1000 = 500$, the crosstalk $\sqrt{49 \cdot 999} = 221$. A normal
                variable falls below $-500/221 = -2.26$ in 1.2 % of cases: 12 signs of 1000, of 250 before.",
        },
        Exercise {
            task: r"With the diagonal kept, at which load is the error of clean self-recall largest for large $d$, and how large
                is it?",
            answer: r"The signal by the crosstalk is $(d+n)/\sqrt{nd} = \sqrt{d/n} + \sqrt{n/d}$, least at $n = d$, where it is
                $2$. The error is at most $\tfrac12\operatorname{erfc}(2/\sqrt2) = 2.3\,\%$: however much is stored, the memory
                seems to work.",
        },
    ],
};

fn repair(teacher: &Teacher) -> Result<Shown> {
    const SIDE: usize = 20;
    const DIM: usize = SIDE * SIDE;
    const PATTERNS: u64 = 40;
    const SHARES: [f64; 4] = [0.1, 0.2, 0.3, 0.4];
    let (mut dots, mut rows, mut commands) = (Vec::new(), Vec::new(), Vec::new());
    for noise in SHARES {
        let study = Study::new(Experiment::new(Rule::Hebb, Setting::AutoZeroed).noise(noise))
            .dims([DIM])
            .patterns(list([PATTERNS as f64])?)
            .observable(Observable::BitError);
        let run = teacher.measure(study, 100)?;
        let measured = run.at(DIM, PATTERNS)?;
        let predicted = run.predicted("exact", measured).map_or(Predicted::Nothing, Predicted::Value);
        let what = format!("share of signs wrong after a step, $p = {noise}$ before");
        rows.push(Row::estimate(what, predicted, measured.estimate));
        dots.push((noise, measured.estimate));
        commands.push(run.command);
    }
    let law = |step: u32| {
        let noise = f64::from(step) / 200.0;
        let error = one_step::auto_zeroed(DIM as u64, PATTERNS, flips(noise, DIM) as u64)?.error(Tie::Stay);
        Ok((noise, error))
    };
    let law = (0..=100).map(law).collect::<Result<Vec<_>>>()?;
    let chart = Chart::new("share of signs wrong in the prompt, $p$", "share wrong after one step")
        .line(0, "exact law", law)
        .dashes(BLACK, "as many as before", vec![(0.0, 0.0), (0.5, 0.5)])
        .dots(0, "measured", dots);

    let face = face(SIDE)?;
    let keys = among_strangers(&face, PATTERNS as usize - 1, teacher.seed)?;
    let prompts = damaged(&face, &SHARES, teacher.seed)?;
    let answers = step(keys, &prompts, Diagonal::Zero)?;
    let row = |name: &str, patterns: &[Pattern]| -> Result<picture::Row> {
        let pictures = patterns.iter().map(|pattern| Picture::counted(pattern, &face, SIDE));
        Ok(picture::Row::new(name, pictures.collect::<popfield::Result<Vec<_>>>()?))
    };
    let pictures = picture::plate(
        vec![row("Prompts", &prompts)?, row("Answers after one step", &answers)?],
        format!(
            "One of the ${PATTERNS}$ stored patterns is a face of $20 \\times 20$ cells, so that you can see it; the others \
             are coins. Its copies have 10, 20, 30 and 40 % of {DIM} signs flipped."
        ),
        "Four damaged copies of a face above the answers to them: the first two are almost the face, the others less and \
         less.",
    );
    Ok(Shown::new(commands)
        .note("The pictures are of one memory that the library drew; the figures are means over many.")
        .rows(rows)
        .plate(pictures)
        .plate(chart.plate(format!(
            "$n = {PATTERNS}$ patterns of $d = {DIM}$ signs. Below the dashed line a step repairs; from half of the signs \
             wrong nothing can."
        ))))
}

/// One step of the network that holds `keys`, from each of the prompts.
fn step(keys: Patterns, prompts: &[Pattern], diagonal: Diagonal) -> Result<Vec<Pattern>> {
    let dynamics = Dynamics::new(Separation::Linear).order(Order::Synchronous).diagonal(diagonal).tie(Tie::Stay);
    let prompts = prompts.iter().collect::<popfield::Result<Patterns>>()?;
    let recalled = Memory::auto_associative(keys)?.advance(&prompts.into(), &dynamics)?;
    Ok(recalled.patterns.iter().collect())
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
    let mut chart = Chart::new("load $n/d$", "share wrong in the answer to a clean prompt").log_x();
    let mut rows = Vec::new();
    for (number, (run, name)) in runs.iter().zip(names).enumerate() {
        chart =
            chart.line(number, name, run.law("exact", DIM, Point::load)).dots(number, "", run.dots(DIM, Point::load));
        for patterns in [100, 1000] {
            let measured = run.at(DIM, patterns)?;
            let predicted = run.predicted("exact", measured).map_or(Predicted::Nothing, Predicted::Value);
            rows.push(Row::estimate(format!("{name}, $n = {patterns}$"), predicted, measured.estimate));
        }
    }
    let caption = format!(
        "$d = {DIM}$, one step from the stored pattern itself. Lines are exact laws, dots are measured. Beyond $n = d$ the \
         curve with the diagonal kept turns back; the other two are nearly one."
    );
    Ok(Shown::new(runs.map(|run| run.command).into())
        .note("The pictures are of one memory that the library drew.")
        .rows(rows)
        .plate(mirror(teacher)?)
        .plate(chart.plate(caption)))
}

/// A memory that holds ten times as many patterns as it has positions, asked with and without its diagonal.
fn mirror(teacher: &Teacher) -> Result<Plate> {
    const SIDE: usize = 20;
    const PATTERNS: usize = 10 * SIDE * SIDE;
    let face = face(SIDE)?;
    let keys = among_strangers(&face, PATTERNS - 1, teacher.seed)?;
    let prompts = damaged(&face, &[0.1], teacher.seed)?;
    let kept = step(keys.clone(), &prompts, Diagonal::Keep)?;
    let zeroed = step(keys, &prompts, Diagonal::Zero)?;
    let named = [("prompt", &prompts), ("diagonal kept", &kept), ("diagonal zeroed", &zeroed)];
    let mut pictures = vec![Picture::of(&face, SIDE).label("stored")];
    for (name, patterns) in named {
        for pattern in patterns {
            let label = format!("{name}: {} wrong", pattern.distance(&face)?);
            pictures.push(Picture::against(pattern, &face, SIDE).label(label));
        }
    }
    Ok(picture::plate(
        vec![picture::Row::new("", pictures)],
        format!(
            "A memory of $d = {}$ that holds $n = {PATTERNS}$ patterns knows nothing of any of them. With the diagonal kept it \
             hands the prompt back, errors and all; without it, it hands back noise.",
            SIDE * SIDE
        ),
        "Four pictures of a face: as stored, as prompt with some cells wrong, the answer with the diagonal kept, which is \
         the prompt but for a few cells, and the answer with the diagonal zeroed, which is noise.",
    ))
}
