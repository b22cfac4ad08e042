//! The capacity of one step, and the overlaps that it hangs on.

use popfield::patterns::stream;
use popfield::{Memory, Patterns, Tie};
use popfield_lab::theory::{capacity, one_step, overlaps, success};
use popfield_lab::{CONFIDENCE, Experiment, Interval, Observable, Point, Range, Rule, Setting, Study, Values, stats};
use rand_xoshiro::rand_core::Rng;
use rayon::prelude::*;

use super::chart::Chart;
use super::claim::{Claim, Exercise, Measured, Predicted, Row, Section, Shown};
use super::shell;
use super::teacher::{FEWEST, Teacher, crossing, meeting};
use crate::failure::Result;

pub const SECTION: Section = Section {
    id: "one-step-capacity",
    title: "One-step capacity",
    lead: r"How many patterns does the linear rule of Section 3 hold? The answer depends on what must be right: most bits, one
        pattern in every bit, or all patterns at once. Each asks for the tail of the same bell curve at another height.",
    claims: &[
        Claim {
            id: "bits-patterns-all",
            title: "Bits, patterns, all patterns",
            lead: r"If a bit is wrong with probability $q$, its error, a pattern of $d$ bits is whole with probability $(1-q)^d$, and a memory of $n$
                patterns answers for all of them with probability $(1-q)^{nd}$, nearly. Since $q$ falls as $e^{-d/(2n)}$, asking
                for $d$ or for $nd$ right bits costs a logarithm.",
            statement: r"With values apart from keys, or the diagonal zeroed: $$n \sim \frac{d}{2\ln d}$$ for one pattern in every
                bit, $$n \sim \frac{d}{4\ln d}$$ for all patterns; a constant times $d$ if some bits may be wrong.",
            derivation: &[
                r"For large $d$ a bit is wrong with probability $q = \tfrac12\operatorname{erfc}(z/\sqrt2)$ where $z = \sqrt{d/n}$,
                    and for large $z$ this is about $e^{-z^2/2}/(z\sqrt{2\pi})$.",
                r"One pattern of $d$ bits is whole, with a chance that is neither near $0$ nor near $1$, if $d\,q$ is about $1$. Its
                    logarithm: $\ln d = z^2/2 + \ln(z\sqrt{2\pi})$. The last term grows more slowly than the others, so $z^2 \sim
                    2\ln d$, and $n = d/z^2 \sim d/(2\ln d)$.",
                r"All patterns are whole if $nd\,q$ is about $1$. Now $\ln(nd) \sim 2\ln d$, so $z^2 \sim 4\ln d$ and $n \sim
                    d/(4\ln d)$.",
                r"With noise $p$ the signal is $(1-2p)d$, so $z$ is smaller by the factor $1-2p$, and $n$ by
                    its square.",
                r"What was left out, $\ln(z\sqrt{2\pi})$, makes $z^2$ smaller and $n$ larger: at finite $d$ more patterns are whole
                    than the limits say.",
            ],
            correction: Some(
                r"“$n \sim d/\log d$” leaves the constant out, and with it what is asked: ½ for one pattern, ¼ for all, natural
                logarithm, prompts without noise; times $(1-2p)^2$ with noise $p$. Those are limits, approached as slowly as
                $\ln\ln d/\ln d$. At $d = 256$ half of the patterns are still whole at 37, not 23.",
            ),
            source: r"[@mceliece1987]; exact law of a bit, as if bits were independent.",
            show: counts,
        },
        Claim {
            id: "hoeffding",
            title: "The constant in Hoeffding's bound",
            lead: r"All of it rests on random patterns being nearly orthogonal: the overlap of two of them is $S_d$, a sum of $d$
                coins. How unlikely is it to reach $\varepsilon d$?",
            statement: r"$\mathrm P[S_d \ge \varepsilon d] \le e^{-\varepsilon^2 d/2}$, so that all pairs of $n$ patterns stay below
                $\varepsilon d$ with probability at least $1 - \binom n2\, e^{-\varepsilon^2 d/2}$.",
            derivation: &[
                r"For any $t > 0$, $S_d \ge \varepsilon d$ if and only if $e^{tS_d} \ge e^{t\varepsilon d}$; by Markov's inequality that
                    has a probability of at most $e^{-t\varepsilon d}\,\mathrm E[e^{tS_d}]$.",
                r"Coins are independent, so $\mathrm E[e^{tS_d}] = (\cosh t)^d$. Term by term of their series $\cosh t \le e^{t^2/2}$.
                    The bound is $e^{-t\varepsilon d + t^2d/2}$.",
                r"It is least at $t = \varepsilon$: $e^{-\varepsilon^2 d/2}$. This is where the ½ is from: it is half the variance of a
                    sign.",
                r"There are $\binom n2 = n(n-1)/2$ pairs. The probability that at least one of several events happens is at most
                    the sum of theirs, the union bound, which gives the second half.",
            ],
            correction: Some(
                r"Some lecture notes print $e^{-\varepsilon^2 d}$. That is no bound, as the dots above it show. Each sign ranges over
                $2$, from $-1$ to $+1$, so Hoeffding's exponent for variables between $a$ and $b$, $2t^2/\sum(b-a)^2$, is
                $2(\varepsilon d)^2/(4d) = \varepsilon^2 d/2$.",
            ),
            source: r"[@hoeffding1963], theorem 2, for variables in $[-1, 1]$; exact binomial tails.",
            show: hoeffding,
        },
        Claim {
            id: "largest-overlap",
            title: "The largest overlap",
            lead: r"The loudest stranger is what a recall must beat, so its size decides. It grows with the logarithm of the crowd,
                hence very slowly.",
            statement: r"The largest of $n$ overlaps with one prompt is about $\sqrt{2d\ln n}$; the largest of all pairs of $n$
                patterns about $2\sqrt{d\ln n}$.",
            derivation: &[
                r"By the last claim an overlap reaches $t$ with probability at most $e^{-t^2/(2d)}$. Of $n$ of them fewer than one is
                    expected to, once $n\,e^{-t^2/(2d)} < 1$, that is, $t > \sqrt{2d\ln n}$.",
                r"The exponent is the true one for $t$ well below $d$. So just below that $t$ many are expected, and being independent
                    one of them nearly surely does reach it: the largest is about $\sqrt{2d\ln n}$.",
                r"Of pairs there are about $n^2/2$, and $\ln(n^2/2) \sim 2\ln n$: the largest is about $\sqrt{2d \cdot 2\ln n} =
                    2\sqrt{d\ln n}$. Pairs are not independent, but any two of them are, which is enough.",
            ],
            correction: Some(
                r"From $e^{-\varepsilon^2 d}$ one reads $\sqrt{2d\ln n}$ for all pairs, a factor $\sqrt2$ too small. For pairs it is
                $2\sqrt{d\ln n}$: there are $n^2/2$ of them, and $\ln n^2 = 2\ln n$.",
            ),
            source: r"[@hoeffding1963] and the union bound; for one prompt the mean of the largest of $n$, exactly.",
            show: largest,
        },
    ],
    exercises: &[
        Exercise {
            task: r"For $d = 1000$, what do the limits say of one pattern, of all, and of one pattern with 10 % noise?",
            answer: r"$\ln 1000 = 6.91$, so $1000/13.8 = 72$, half of it, $36$, and $0.8^2 \cdot 72 = 46$.",
        },
        Exercise {
            task: r"Among 23 random patterns of $d = 100$ signs, how likely do some two overlap by $40$ or more? Compare the bound,
                the misprinted bound, and the truth: one overlap reaches $40$ with probability $3.9 \cdot 10^{-5}$.",
            answer: r"There are $\binom{23}{2} = 253$ pairs. The bound is $253\,e^{-0.16 \cdot 100/2} = 0.085$. The misprint gives
                $253\,e^{-16} = 2.8 \cdot 10^{-5}$. In truth it is about $253 \cdot 3.9 \cdot 10^{-5} = 0.0099$: below the bound, and
                350 times what the misprint allows.",
        },
    ],
};

fn counts(teacher: &Teacher) -> Result<Shown> {
    const DIM: usize = 256;
    const ERROR: f64 = 0.01;
    let study = || Study::new(Experiment::new(Rule::Hebb, Setting::Hetero)).dims([DIM]);
    let one = teacher.measure(study(), 200)?;
    let all = teacher.measure(study().observable(Observable::All), 200)?;
    let bits = study().patterns(Range::linear(8.0, 72.0, 8.0)?).observable(Observable::BitError);
    let bits = teacher.measure(bits, 100)?;
    let law = |n: u64| -> Result<f64> { Ok(one_step::hetero(DIM as u64, n, 0)?.error(Tie::Plus)) };
    // Between whole numbers, as what is measured.
    let where_half = |events: &dyn Fn(u64) -> u64| -> Result<Option<f64>> {
        let at = |n: u64| Ok((n as f64, success::independent(law(n)?, events(n))?));
        let points = (2..DIM as u64).map(at).collect::<Result<Vec<_>>>()?;
        Ok(meeting(&points, 0.5))
    };
    let n = |point: Point| point.patterns as f64;
    let errors = (2..DIM as u64).map(|n| Ok((n as f64, law(n)?))).collect::<Result<Vec<_>>>()?;
    let mut shown = Shown::new(vec![one.command.clone(), all.command.clone(), bits.command.clone()]);
    if let Some(found) = crossing(&bits.dots(DIM, n), ERROR) {
        let predicted = meeting(&errors, ERROR).map_or(Predicted::Nothing, Predicted::Value);
        shown = shown.row(Row::estimate("$n$ at which 1 % of bits are wrong", predicted, found));
    }
    let (dim, value_dim) = (DIM as u64, DIM as u64);
    shown = shown
        .row(Row::estimate(
            "$n$ at which half of patterns are whole, as if bits were independent",
            where_half(&|_| value_dim)?.map_or(Predicted::Nothing, Predicted::AtLeast),
            one.half(DIM)?,
        ))
        .row(Row::estimate(
            "$n$ at which half of memories are whole, likewise",
            where_half(&|n| n * value_dim)?.map_or(Predicted::Nothing, Predicted::About),
            all.half(DIM)?,
        ));
    shown = shown.note(
        "The search prints the $n$ of half of patterns and of half of memories, the dots of the figure as well. 1 % of \
         bits are wrong between two points of the last command, on a straight line in the logarithms.",
    );
    let promised = capacity::hoeffding_one(dim, 0, value_dim, 0.5)? as f64;
    shown = shown.row(Row::estimate(
        "half of patterns, by Hoeffding and the union bound",
        Predicted::AtLeast(promised),
        one.half(DIM)?,
    ));
    let curve = |events: &dyn Fn(u64) -> u64| -> Result<Vec<(f64, f64)>> {
        (2..=72).map(|n| Ok((n as f64, success::independent(law(n)?, events(n))?))).collect()
    };
    let chart = Chart::new("patterns $n$", "share that is right")
        .line(2, "bits", curve(&|_| 1)?)
        .line(0, "patterns", curve(&|_| value_dim)?)
        .line(1, "memories, in all their patterns", curve(&|n| n * value_dim)?)
        .dots(2, "", bits.observed(Observable::Overlap, DIM, n).into_iter().map(halved).collect())
        .dots(0, "", inside(one.dots(DIM, n)))
        .dots(1, "", inside(all.dots(DIM, n)))
        .place(0, r"$d/(2\ln d)$", capacity::mceliece_one(dim, 0.0)?)
        .place(1, r"$d/(4\ln d)$", capacity::mceliece_all(dim, 0.0)?)
        .upwards(0.0, 1.03);
    Ok(shown.plate(chart.plate(format!(
        "$d = {DIM}$. Dots are measured, lines are the exact law of a bit, as if bits were independent."
    ))))
}

/// Of what searches tried, those that the chart has room for.
fn inside(dots: Vec<(f64, Interval)>) -> Vec<(f64, Interval)> {
    dots.into_iter().filter(|dot| dot.0 <= 72.0).collect()
}

/// The share of right bits of an overlap m.
fn halved((x, m): (f64, Interval)) -> (f64, Interval) {
    let share = |m: f64| (1.0 + m) / 2.0;
    (x, Interval { value: share(m.value), low: share(m.low), high: share(m.high) })
}

/// What draws and stores random patterns as keys.npy and random.pop.
fn random_memory(teacher: &Teacher, dim: usize, patterns: usize) -> Vec<String> {
    vec![shell::random(dim, patterns, &teacher.seed_option(), "keys.npy"), shell::store("random.pop", "")]
}

/// The overlaps of those patterns with one another, a row for each, its own included.
fn square_of_overlaps(teacher: &Teacher, dim: usize, patterns: usize) -> Result<Vec<i32>> {
    let keys = Patterns::random(patterns, dim, teacher.seed, "keys")?;
    Ok(Memory::auto_associative(keys.clone())?.overlaps(&keys.into())?)
}

/// Overlaps of which the second bound is shown, with the distance that each is.
const SHOWN: [(f64, u32); 3] = [(0.2, 40), (0.3, 35), (0.4, 30)];

/// Sets of random patterns in which two may be near.
const SET: usize = 10;
const SETS: u64 = 20_000;

/// How many of the sets that `popfield validate` draws have two patterns of 100 positions that overlap by 30 or more.
fn sets_with_a_pair(teacher: &Teacher) -> Result<u64> {
    let set = |set: u64| -> Result<u64> {
        let seed = stream(teacher.seed, "sets of patterns", set).next_u64();
        let patterns = Patterns::random(SET, 100, seed, "keys")?;
        let overlaps = Memory::auto_associative(patterns.clone())?.overlaps(&patterns.into())?;
        let near = overlaps.iter().enumerate().any(|(place, &s)| place / SET != place % SET && s >= 30);
        Ok(u64::from(near))
    };
    (0..SETS).into_par_iter().map(set).sum()
}

fn hoeffding(teacher: &Teacher) -> Result<Shown> {
    const DIM: usize = 100;
    const PATTERNS: usize = 4000;
    let dim = DIM as u64;
    let found = square_of_overlaps(teacher, DIM, PATTERNS)?;
    let share = |fraction: f64| {
        let place = (fraction * DIM as f64).round() as i32;
        let pairs = (found.iter().filter(|&&s| s >= place).count() - PATTERNS) / 2;
        stats::proportion(pairs as u64, (PATTERNS * (PATTERNS - 1) / 2) as u64, CONFIDENCE)
    };
    let fractions: Vec<f64> = (0..=10).map(|step| f64::from(2 * step) * 0.02).collect();
    let line = |law: fn(u64, f64) -> popfield_lab::Result<f64>| {
        // Overlaps are even: a law in between would be that of the next, in steps.
        (0..=20).map(|step| f64::from(step) * 0.02).map(|x| Ok((x, law(dim, x)?))).collect::<Result<Vec<_>>>()
    };
    let mut commands = random_memory(teacher, DIM, PATTERNS);
    commands.extend(SHOWN.map(|(_, radius)| {
        format!(
            "popfield search random.pop --queries keys.npy --encoding pm1 --radius {radius} --json | jq '(.found - \
             {PATTERNS}) / ({PATTERNS} * {})'",
            PATTERNS - 1
        )
    }));
    commands.push(format!("popfield validate --only overlaps{}", teacher.seed_option()));
    let mut shown = Shown::new(commands).note(format!(
        "Overlap $\\varepsilon d$ is distance $(1-\\varepsilon)d/2$; a search finds each pair twice, and each key itself. Pairs are \
         independent two by two, so their interval is as if all were. The sets of {SET} are those that `popfield \
         validate` draws, whose own intervals are wider."
    ));
    for (fraction, _) in SHOWN {
        let (what, found) = (format!("a pair overlaps by ${fraction}\\,d$"), share(fraction));
        shown = shown.row(Row::estimate(
            format!("{what}: exactly"),
            Predicted::Value(overlaps::pair(dim, fraction)?),
            found,
        ));
    }
    let rarest = share(0.4);
    shown = shown.rows([
        Row::estimate(
            r"the same, $0.4\,d$: $e^{-\varepsilon^2 d/2}$",
            Predicted::AtMost(overlaps::hoeffding_pair(dim, 0.4)?),
            rarest,
        ),
        Row::estimate(
            r"the same, $0.4\,d$: as printed, $e^{-\varepsilon^2 d}$",
            Predicted::AtMost(overlaps::printed_pair(dim, 0.4)?),
            rarest,
        ),
    ]);
    let any = stats::proportion(sets_with_a_pair(teacher)?, SETS, CONFIDENCE);
    let bound = |pair: fn(u64, f64) -> popfield_lab::Result<f64>| -> Result<f64> {
        Ok(overlaps::any_pair_bound(SET as u64, pair(dim, 0.3)?)?)
    };
    let bounds = overlaps::any_pair(dim, SET as u64, 0.3)?;
    let some = format!("some two of {SET} overlap by $0.3\\,d$");
    shown = shown.rows([
        Row::estimate(format!("{some}: exactly, between"), Predicted::Between(bounds.low, bounds.high), any),
        Row::estimate(
            format!("{some}: $e^{{-\\varepsilon^2 d/2}}$ a pair"),
            Predicted::AtMost(bound(overlaps::hoeffding_pair)?),
            any,
        ),
        Row::estimate(
            format!("{some}: as printed, $e^{{-\\varepsilon^2 d}}$"),
            Predicted::AtMost(bound(overlaps::printed_pair)?),
            any,
        ),
    ]);
    let dots = fractions.iter().map(|&x| (x, share(x))).filter(|dot| dot.1.value > 0.0).collect();
    let chart = Chart::new(r"$\varepsilon$", r"$\mathrm P[S_d \ge \varepsilon d]$")
        .log_y()
        .upwards(1e-6, 1.5)
        .line(0, "exact", line(overlaps::pair)?)
        .dashes(2, r"Hoeffding, $e^{-\varepsilon^2 d/2}$", line(overlaps::hoeffding_pair)?)
        .dashes(1, r"as printed, $e^{-\varepsilon^2 d}$", line(overlaps::printed_pair)?)
        .dots(0, "measured", dots);
    Ok(shown.plate(chart.plate(format!(
        "$d = {DIM}$, all pairs of {PATTERNS} patterns. A bound must lie above the dots; the printed one does not."
    ))))
}

/// The largest of the overlaps of all pairs of random patterns, and of those of the last pattern with the others.
fn largest_overlaps(patterns: &Patterns) -> Result<(f64, f64)> {
    let (drawn, dim) = (patterns.iter().collect::<Vec<_>>(), patterns.dim() as f64);
    let last = drawn.len() - 1;
    let largest = |of: &[(usize, usize)]| -> Result<f64> {
        let mut nearest = u32::MAX;
        for &(a, b) in of {
            nearest = nearest.min(drawn[a].distance(&drawn[b])?);
        }
        Ok(dim - 2.0 * f64::from(nearest))
    };
    let pairs: Vec<_> = (0..=last).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
    Ok((largest(&pairs[pairs.len() - last..])?, largest(&pairs)?))
}

fn largest(teacher: &Teacher) -> Result<Shown> {
    const DIM: usize = 1000;
    const PATTERNS: usize = 1000;
    let dim = DIM as u64;
    let mut commands = random_memory(teacher, DIM, PATTERNS);
    commands.push(format!(
        "popfield search random.pop --queries keys.npy --encoding pm1 --top 2 --json | jq '[.distances[][1]] | {DIM} - \
         2 * add / length, {DIM} - 2 * min'"
    ));
    let experiment = Experiment::new(Rule::Max, Setting::Hetero).values(Values::Worst).noise(0.35);
    let run = teacher.measure(Study::new(experiment).dims([100, 200, 400]), 400)?;
    commands.push(run.command.clone());
    // Each key's own overlap, the largest of all, left out.
    let found = square_of_overlaps(teacher, DIM, PATTERNS)?;
    let nearest = found.chunks_exact(PATTERNS).enumerate().map(|(own, row)| {
        let others = row.iter().enumerate().filter(|other| other.0 != own);
        others.map(|other| f64::from(*other.1)).fold(f64::NEG_INFINITY, f64::max)
    });
    let nearest: Vec<f64> = nearest.collect();
    let mean = nearest.iter().sum::<f64>() / PATTERNS as f64;
    let pair = nearest.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let n = PATTERNS as u64;
    let (of_keys, of_pairs) = (mean_largest(dim, n - 1)?, mean_largest(dim, n * (n - 1) / 2)?);
    let mut shown = Shown::new(commands)
        .rows([
            Row::new(
                format!("largest of a key's {} overlaps with others, mean over the keys of `random.pop`", PATTERNS - 1),
                Predicted::Value(of_keys),
                Measured::Number(mean),
            ),
            Row::new(
                "largest of all pairs of `random.pop`, by its mean as if pairs were independent",
                Predicted::About(of_pairs),
                Measured::Number(pair),
            ),
        ])
        .note(
            "A key at distance $h$ has overlap $d - 2h$; its nearest key is itself, the second nearest a stranger. \
             Means over many memories, and the dots of the figure, have no command: the library measured them when \
             this page was written.",
        );
    let (mut key_dots, mut pair_dots, mut key_law, mut pair_law) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (patterns, memories) in [(10, 400), (30, 400), (100, 400), (300, 200), (1000, 40)] {
        let (keys, n) = (patterns - 1, patterns as u64);
        let memories = teacher.choose(memories, (memories / 10).max(FEWEST));
        let memory = |memory: u64| {
            let seed = stream(teacher.seed, "pairs", memory).next_u64();
            largest_overlaps(&Patterns::random(patterns, DIM, seed, "pairs")?)
        };
        let both: Vec<(f64, f64)> = (0..memories).into_par_iter().map(memory).collect::<Result<_>>()?;
        let (of_keys, of_pairs): (Vec<f64>, Vec<f64>) = both.into_iter().unzip();
        let (key, pair) = (stats::mean(&of_keys, CONFIDENCE), stats::mean(&of_pairs, CONFIDENCE));
        let law = [mean_largest(dim, keys as u64)?, mean_largest(dim, n * (n - 1) / 2)?];
        let scaled = |value: f64, n: usize| value / libm::sqrt(DIM as f64 * libm::log(n as f64));
        let interval = |Interval { value, low, high }: Interval, n| {
            (n as f64, Interval { value: scaled(value, n), low: scaled(low, n), high: scaled(high, n) })
        };
        key_dots.push(interval(key, keys));
        pair_dots.push(interval(pair, patterns));
        key_law.push((keys as f64, scaled(law[0], keys)));
        pair_law.push((patterns as f64, scaled(law[1], patterns)));
        if patterns < PATTERNS {
            continue;
        }
        let bound = overlaps::maximum_pair(dim, n, 0.05)?;
        let beyond = of_pairs.iter().filter(|&&largest| largest >= bound).count() as u64;
        shown = shown.rows([
            Row::estimate(
                format!("largest of {keys} overlaps with one prompt, mean over {memories} memories"),
                Predicted::Value(law[0]),
                key,
            ),
            Row::estimate(
                format!("largest of all pairs of {n}, mean over {memories} memories, as if pairs were independent"),
                Predicted::About(law[1]),
                pair,
            ),
            Row::estimate(
                format!("share of {memories} memories with a pair at $t = {bound:.0}$, where $\\binom n2 e^{{-t^2/(2d)}} = 0.05$"),
                Predicted::AtMost(0.05),
                stats::proportion(beyond, memories, CONFIDENCE),
            ),
        ]);
    }
    for dim in [100, 200, 400] {
        let half = run.half(dim)?;
        let law = run.law("exact", dim, |point| point.patterns as f64);
        shown = shown.row(Row::estimate(
            format!("$n$ at which half of prompts have a stranger at overlap $0.3\\,d$, $d = {dim}$"),
            meeting(&law, 0.5).map_or(Predicted::Nothing, Predicted::Value),
            half,
        ));
    }
    let flat = |level: f64| vec![(9.0, level), (1000.0, level)];
    let chart = Chart::new("patterns $n$", r"largest overlap divided by $\sqrt{d\ln n}$")
        .log_x()
        .upwards(0.9, 2.1)
        .line(0, "one prompt, exact mean", key_law)
        .dashes(0, r"$\sqrt2$, its limit", flat(core::f64::consts::SQRT_2))
        .line(1, "all pairs, as if independent", pair_law)
        .dashes(1, "$2$, its limit", flat(2.0))
        .dots(0, "", key_dots)
        .dots(1, "", pair_dots);
    Ok(shown.plate(chart.plate(format!(
        "$d = {DIM}$; dots are measured. All pairs go to $2$, past the $\\sqrt2$ that the printed bound would have; slowly, as \
         logarithms do."
    ))))
}

/// The mean of the largest of `keys` overlaps with one prompt: the sum of P[largest ≥ s] over s = 2, 4, … twice, since
/// that the largest is not above 0 has a probability of 2^−keys.
fn mean_largest(dim: u64, keys: u64) -> Result<f64> {
    let places = (1..=dim / 2).map(|half| 2 * half);
    places.map(|s| Ok(2.0 * overlaps::any_key(dim, keys, s as f64 / dim as f64)?)).sum()
}
