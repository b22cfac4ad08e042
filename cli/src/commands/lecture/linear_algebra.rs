//! Linear algebra: W as a matrix, its singular vectors, and the best W there is.

use popfield::dynamics::Diagonal;
use popfield::learning::{Association, Dependence, Hebb, PseudoInverse, Rule as _, Spectrum};
use popfield::{Memory, Patterns, Tie};
use popfield_lab::theory::pseudo_inverse;
use popfield_lab::{Experiment, Interval, Observable, Point, Range, Rule, Setting, Study};

use super::chart::{BLACK, Chart};
use super::claim::{Claim, Exercise, Measured, Predicted, Row, Section, Shown};
use super::picture::{self, Picture};
use super::plate::Plate;
use super::shell;
use super::teacher::{Teacher, list};
use crate::commands::demo::digits::{self, Digits};
use crate::failure::Result;

pub const SECTION: Section = Section {
    id: "linear-algebra",
    title: "Linear algebra",
    lead: r"Before the sign, recall is a matrix times a vector. With the keys as the columns of $X$ and the values as those of
        $Y$, the sum of outer products is $W = \sum_i y_i x_i^\top = Y X^\top$; this choice is called Hebb's rule. So ask what
        linear algebra asks: what are its singular vectors, and is there a better $W$?",
    claims: &[
        Claim {
            id: "singular-vectors",
            title: "Keys and values are singular vectors",
            lead: r"If the keys are orthogonal, $W x_i = d\, y_i$: each key is mapped onto its value and nothing leaks into others.
                Orthogonal keys of signs exist: the rows of a Hadamard matrix, a matrix of signs with orthogonal rows. Random
                keys are orthogonal but for overlaps of about $\sqrt d$, and it is these that leak.",
            statement: r"Orthogonal keys are right singular vectors of Hebb's $W$, and values that are orthogonal too the left ones,
                with $\sigma = \sqrt{d\,d'}$, where $d'$ is the dimension of the values. So $n = d$ of them are recalled exactly.",
            derivation: &[
                r"A singular value decomposition of $W$ is a sum $\sum_i \sigma_i\, u_i v_i^\top$ with orthonormal $v_i$ and
                    orthonormal $u_i$; the $v_i$ are its right singular vectors, the $u_i$ its left ones.",
                r"Divide keys by their length, $v_i = x_i/\sqrt d$, and values by theirs, $u_i = y_i/\sqrt{d'}$. Then $$W = \sum_i y_i
                    x_i^\top = \sum_i \sqrt{d\,d'}\; u_i v_i^\top.$$ If both are orthogonal, this is one, and all $\sigma_i$ are
                    alike.",
                r"Random keys: $X^\top X$ has $d$ on the diagonal and overlaps beside it. As $d$ and $n$ grow with $\alpha = n/d$, the
                    singular values of $W = XX^\top$ spread from $d(1-\sqrt\alpha)^2$ to $d(1+\sqrt\alpha)^2$, the law of Marchenko
                    and Pastur.",
                r"The leak: $Wx_1 = d\,y_1 + \sum_{i>1} \langle x_i, x_1\rangle y_i$. The squared length of the first term is
                    $d^2 d'$, that of the others about $(n-1)\,d\,d'$ with random values. So a share of about $(n-1)/(d+n-1)$ of
                    $\lVert Wx_1\rVert^2$ is not along $y_1$.",
            ],
            correction: None,
            source: r"$\sum_i y_i x_i^\top$ is a singular value decomposition as it stands; for random keys [@marchenko1967].",
            show: singular,
        },
        Claim {
            id: "pseudo-inverse",
            title: "The pseudo-inverse takes the crosstalk away",
            lead: r"Random keys are not orthogonal, but up to $n = d$ they are, nearly surely, linearly independent, and that is
                enough to solve $W x_i = y_i$ for all $i$ at once. Pictures are far from orthogonal, and still independent.",
            statement: r"$W = Y X^+$, where $X^+$ is the pseudo-inverse of $X$, recalls $n = d$ linearly independent keys exactly,
                where Hebb's $W$ has long failed.",
            derivation: &[
                r"All equations $W x_i = y_i$ together are $WX = Y$, with $X$ of $d$ rows and $n$ columns.",
                r"If the columns are independent, $X^\top X$ is invertible, and $X^+ = (X^\top X)^{-1} X^\top$, so that $X^+
                    X$ is the identity. So $W = YX^+$ solves them: $WX = Y X^+ X = Y$.",
                r"For orthogonal keys $X^\top X$ is $d$ times the identity, and this is $YX^\top/d$: Hebb's rule, but for a factor. The inverse is what
                    takes the overlaps out.",
                r"With noise the prompt leaves the span of the keys. If patterns recall themselves, $W = XX^+$ is the projection onto
                    that span, and lets a share $\alpha = n/d$ of the noise through. As $\alpha$ nears $1$ everything is let through:
                    the memory is a mirror, as in Section 1.",
            ],
            correction: Some(
                r"Exact for the stored keys, with the diagonal kept. Prompted with noise the answer gets worse well before $n = d$:
                with $m = 1 - 2p$ and the diagonal zeroed, a step leaves a share of $$\tfrac12\operatorname{erfc}\Bigl( m
                \sqrt{\tfrac{1-\alpha}{2\alpha(1-m^2)}}\Bigr)$$ wrong.",
            ),
            source: r"[@personnaz1985]; [@kanter1987].",
            show: inverse,
        },
    ],
    exercises: &[
        Exercise {
            task: r"Store all four rows of a $4 \times 4$ Hadamard matrix as patterns that recall themselves. What is $W$, and what
                does the memory make of a damaged prompt?",
            answer: r"$W = XX^\top$ is four times the identity, since the rows are orthogonal and span everything. So $\operatorname{sign}(Wx) = x$:
                every pattern is recalled exactly, and nothing is ever repaired.",
        },
        Exercise {
            task: r"Why can no matrix map more than $d$ keys exactly onto arbitrary real values?",
            answer: r"$WX = Y$ says that the rows of $Y$ are combinations of the $d$ rows of $X$. These span at most $d$ of the $n$
                dimensions, so for $n > d$ most $Y$ are out of reach. Signs alone are less to ask, which is why the curve of 4.2
                does not fall to $0$ at once.",
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
    let recalled = Hebb.learn(&small)?.recall(&small.keys().to_patterns()?.into(), Diagonal::Keep, 1, Tie::Plus)?;
    let right = recalled.patterns.iter().zip(small.values().iter()).map(|(found, value)| found == value);

    // As the lines draw them.
    let drawn = |seed: u64| Patterns::random(PATTERNS, DIM, seed, "keys");
    let random = spectrum(&Memory::auto_associative(drawn(teacher.seed)?)?)?;
    let pairs = spectrum(&Memory::hetero_associative(drawn(teacher.seed)?, drawn(other)?)?)?;
    let squares = pairs.associations.iter().map(|pair| pair.right_residual * pair.right_residual);
    let leak = squares.sum::<f64>() / PATTERNS as f64;
    let (d, others) = (DIM as f64, PATTERNS as f64 - 1.0);
    let load = PATTERNS as f64 / d;
    let edge = |sign: f64| d * (1.0 + sign * libm::sqrt(load)) * (1.0 + sign * libm::sqrt(load));
    let by_rank = (1..).map(f64::from).zip(random.singular_values.iter().copied()).take(PATTERNS);
    let exactly = |value: f64| Interval { value, low: value, high: value };
    let chart = Chart::new("rank", r"singular value $\sigma$ of $W$")
        .dots(0, "random keys", by_rank.map(|(x, y)| (x, exactly(y))).collect())
        .line(2, "orthogonal keys: all $d$", vec![(1.0, d), (PATTERNS as f64, d)])
        .dashes(
            0,
            r"$d(1\pm\sqrt\alpha)^2$, where random ones end",
            vec![(1.0, edge(1.0)), (PATTERNS as f64, edge(1.0))],
        )
        .dashes(0, "", vec![(1.0, edge(-1.0)), (PATTERNS as f64, edge(-1.0))])
        .upwards(0.0, 1.1 * edge(1.0));
    Ok(Shown::new(commands)
        .note(
            "The chart is that of `random.svg`. A residual, “off”, is the share of $\\lVert Wx\\rVert$ that is not along \
             $y$; its square that of $\\lVert Wx\\rVert^2$.",
        )
        .rows([
            Row::new(
                "$d = n = 8$, Hadamard: pairs of key and value that are singular vectors",
                Predicted::Value(1.0),
                Measured::count(small_spectrum.associations.iter().map(exact)),
            ),
            Row::new(
                r"the same: largest $\sigma$, by $\sqrt{d\,d'}$",
                Predicted::Value(8.0),
                Measured::Number(to_rounding(small_spectrum.singular_values[0])),
            ),
            Row::new(
                r"the same: smallest $\sigma$",
                Predicted::Value(8.0),
                Measured::Number(to_rounding(small_spectrum.singular_values[7])),
            ),
            Row::new("the same: keys recalled, $n = d$", Predicted::Value(1.0), Measured::count(right)),
            Row::new(
                format!("$d = {DIM}$, $n = {PATTERNS}$, random keys, $y = x$: largest $\\sigma$, by $d(1+\\sqrt\\alpha)^2$"),
                Predicted::Limit(edge(1.0)),
                Measured::Number(random.singular_values[0]),
            ),
            Row::new(
                r"the same with values of their own: share of $\lVert Wx\rVert^2$ that leaks, mean over keys, by $(n-1)/(d+n-1)$",
                Predicted::Limit(others / (d + others)),
                Measured::Number(leak),
            ),
        ])
        .plate(overlaps(teacher)?)
        .plate(chart.plate(format!(
            "Patterns that recall themselves, $d = {DIM}$, $n = {PATTERNS}$, $\\alpha = n/d = {load}$. Orthogonal keys are all \
             alike."
        ))))
}

/// Keys, and the sizes of their overlaps: orthogonal and random.
fn overlaps(teacher: &Teacher) -> Result<Plate> {
    const DIM: usize = 16;
    let (orthogonal, random) =
        (Patterns::hadamard(DIM, DIM)?, Patterns::random(DIM, DIM, teacher.seed, "orthogonal?")?);
    let pictures = |name: &str, keys: Patterns| -> Result<[Picture; 2]> {
        let signs: Vec<f64> = keys.to_signs().into_iter().map(f64::from).collect();
        let sizes = Memory::auto_associative(keys.clone())?.overlaps(&keys.into())?;
        // From blank, orthogonal, to ink, alike.
        let sizes: Vec<f64> = sizes.iter().map(|&s| 2.0 * f64::from(s.abs()) / DIM as f64 - 1.0).collect();
        let overlaps = Picture::shades(&sizes, DIM).label(format!("{name}: overlaps"));
        Ok([Picture::shades(&signs, DIM).label(name), overlaps])
    };
    let (orthogonal, random) = (pictures("Hadamard keys", orthogonal)?, pictures("random keys", random)?);
    Ok(picture::plate(
        vec![picture::Row::new("", orthogonal.into_iter().chain(random))],
        format!(
            "{DIM} keys of {DIM} signs, a row each, and the sizes of their overlaps, a row and a column each: blank is $0$, ink \
             is $d$. What is not blank beside the diagonal is crosstalk."
        ),
        "Four squares. The overlaps of Hadamard keys are blank but for the diagonal, those of random keys are speckled.",
    ))
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
        let what = format!("patterns recalled, pseudo-inverse, $d = {dim}$, $n = {patterns}$");
        shown = shown.row(Row::estimate(what, predicted, inverse.at(dim, patterns)?.estimate));
    }
    let measured = hebb.at(dim, d / 2)?;
    let predicted = hebb.predicted("exact", measured).map_or(Predicted::Nothing, Predicted::AtLeast);
    shown = shown.row(Row::estimate(format!("the same, Hebb, $n = {}$", d / 2), predicted, measured.estimate));
    for (load, noise) in [(0.3, 0.2), (0.5, 0.1)] {
        let study = Study::new(Experiment::new(Rule::PseudoInverse, Setting::AutoZeroed).noise(noise))
            .dims([200])
            .load(list([load])?)
            .observable(Observable::BitError);
        let run = teacher.measure(study, 40)?;
        let predicted = Predicted::Limit(pseudo_inverse::auto_zeroed(load, noise)?);
        for measured in run.of(200) {
            let what = format!(
                "share of bits wrong after a step from $p = {noise}$, $d = 200$, $\\alpha = {load}$, diagonal zeroed"
            );
            shown = shown.row(Row::estimate(what, predicted, measured.estimate));
        }
        shown.commands.push(run.command);
    }
    let chart = Chart::new("load $n/d$", "share of patterns recalled whole")
        .line(1, "Hebb, as if bits were independent", hebb.law("exact", dim, load))
        .place(BLACK, "$n = d$", 1.0)
        .dots(0, "pseudo-inverse, measured", inverse.dots(dim, load))
        .dots(1, "Hebb, measured", hebb.dots(dim, load))
        .upwards(0.0, 1.03);
    Ok(shown
        .note("The pictures are of one memory of digits: the library learned it when this page was written.")
        .plate(ten_digits()?)
        .plate(chart.plate(format!("$d = {dim}$, values apart from keys, prompted with the keys themselves."))))
}

/// Ten digits as their own values, prompted with themselves under either rule.
fn ten_digits() -> Result<Plate> {
    let digits = Digits::load()?;
    let chosen: Vec<_> = digits.one_of_each().into_iter().filter_map(|place| digits.images.get(place)).collect();
    let stored = chosen.iter().collect::<popfield::Result<Patterns>>()?;
    let memory = Memory::auto_associative(stored.clone())?;
    let answers = |rule: &dyn popfield::learning::Rule| -> Result<Patterns> {
        Ok(rule.learn(&memory)?.recall(&stored.clone().into(), Diagonal::Keep, 1, Tie::Plus)?.patterns)
    };
    let (hebb, inverse) = (answers(&Hebb)?, answers(&PseudoInverse { dependence: Dependence::Refuse })?);
    let row = |name: &str, answers: &Patterns| {
        let pairs = answers.iter().zip(stored.iter());
        picture::Row::new(name, pairs.map(|(answer, right)| Picture::against(&answer, &right, digits::SIDE)))
    };
    let whole =
        |answers: &Patterns| answers.iter().zip(stored.iter()).filter(|(answer, right)| answer == right).count();
    let (few, many) = (whole(&hebb), whole(&inverse));
    Ok(picture::plate(
        vec![row("Hebb's rule", &hebb), row("Pseudo-inverse", &inverse)],
        format!(
            "The ten digits of the top of this page, prompted with themselves. They have much in common, so that Hebb's rule \
             recalls {few} of 10 whole; the pseudo-inverse {many}."
        ),
        format!(
            "Two rows of ten digits: the answers of Hebb's rule, {few} of 10 right, and of the pseudo-inverse, {many}."
        ),
    ))
}
