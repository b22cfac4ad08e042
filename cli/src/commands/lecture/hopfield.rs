//! The Hopfield network: the step repeated until nothing changes.

use popfield::dynamics::{Diagonal, End, Limit, Order, Run};
use popfield::{Dynamics, Memory, Pattern, Patterns, Separation, Stored};
use popfield_lab::theory::ags;
use popfield_lab::{CONFIDENCE, Experiment, Observable, Point, Rule, Setting, Steps, Study, stats};

use super::chart::{BLACK, Chart};
use super::claim::{Claim, Exercise, Measured, Predicted, Row, Section, Shown};
use super::picture::{self, Picture, among_strangers, face};
use super::plate::Plate;
use super::shell;
use super::teacher::{Teacher, list};
use crate::failure::Result;

pub const SECTION: Section = Section {
    id: "hopfield",
    title: "The Hopfield network",
    lead: r"Repeat the step and the memory becomes a dynamical system. Its state $x$ changes, position by position, to
        $\operatorname{sign}(Wx)$, until nothing changes any more. Asynchronous means that one position is updated at a
        time, synchronous that all are at once. What is stored should be where the state comes to rest, its limit. In this
        section keys are values and the diagonal of $W$ is zero.",
    claims: &[
        Claim {
            id: "energy",
            title: "The energy never rises",
            lead: r"Give every state the energy $E(x) = -\tfrac12 x^\top W x$: a landscape with the patterns in its valleys. A
                sign that turns to that of its field lowers $E$, provided that the others hold still meanwhile and that it has
                no vote for itself.",
            statement: r"With $W$ symmetric and its diagonal zero, an asynchronous run never raises $E(x)$, so it ends in a
                fixed point; a synchronous run ends in a fixed point or in a cycle of two.",
            derivation: &[
                r"Let $s_j$ be the state's sign at position $j$ and $u_j = \sum_{k \ne j} W_{jk} s_k$ the field there. Since $W$ is
                    symmetric and has no diagonal, $E = -s_j u_j + {}$ terms without $s_j$.",
                r"Update $s_j$ to the sign of $u_j$; a tie keeps it. If $s_j$ changes, $s_j u_j$ goes from
                    $-\left|u_j\right|$ to $\left|u_j\right|$, so $E$ falls by $2\left|u_j\right| > 0$. If it does not change, $E$ does not either.",
                r"There are $2^d$ states and every change lowers $E$, so none comes back, and after finitely many changes there is
                    none left to make: a fixed point.",
                r"Synchronously, let $x$, $x'$, $x''$ follow one another, and look at $F(x, x') = -x'^\top W x$. Since $x''$ takes the
                    signs of $Wx'$, no state has a smaller $-x''^\top Wx'$, and by symmetry $F(x', x'') \le F(x, x')$, with
                    equality only if $x'' = x$, ties apart. So in the end states alternate between two, or rest.",
            ],
            correction: Some(
                r"“The network converges” is about asynchronous updates. All positions at once, which is what
                $\operatorname{sign}(Wx)$ says literally, may swing between two states for ever.",
            ),
            source: r"[@hopfield1982]; for synchronous runs [@goles1985].",
            show: energy,
        },
        Claim {
            id: "limits",
            title: "Where runs end",
            lead: r"Started anywhere, a run should find a stored pattern. But the landscape has more valleys than were dug: every
                pattern turned inside out, and blends of several patterns.",
            statement: r"With $x$ the network has $-x$ as a limit too, with a basin of the same size, and mixtures
                $\operatorname{sign}(\pm x_1 \pm x_2 \pm x_3)$ of odd numbers of patterns.",
            derivation: &[
                r"$E(-x) = E(x)$, and the field of $-x$ is minus that of $x$. So a run from the mirrored start is the mirrored run,
                    and the starts that lead to $-x$, its basin, are those that lead to $x$, mirrored.",
                r"Let $x$ be $\operatorname{sign}(x_1+x_2+x_3)$. It differs from $x_1$ only where $x_2$ and $x_3$ both do, which
                    is at a quarter of the positions. So its overlap with each of the three is $d/2$.",
                r"Its field is $\tfrac d2 (x_1+x_2+x_3)$ and crosstalk. The sum of three signs is never $0$ and has the sign of $x$: while
                    crosstalk is small, $x$ stays. Of two or four patterns the sum may be $0$, and crosstalk decides.",
                r"The energy is $-\tfrac12(\sum_i \langle x, x_i\rangle^2 - nd)$. At a pattern the sum is about $d^2$, at a
                    mixture of three $3 \cdot d^2/4$: mixtures are the shallower valleys, and fewer runs end there.",
            ],
            correction: None,
            source: r"Symmetry; mixtures: [@amit1985].",
            show: limits,
        },
        Claim {
            id: "with-errors",
            title: r"$0.138\,d$ patterns, with errors",
            lead: r"Run to the limit, a network near its capacity does not return the pattern but something very close to it. Let
                $m$ be the overlap of limit and pattern, divided by $d$. Add patterns, and the closeness breaks down at once, not
                little by little: at a critical load $\alpha_c$ the valleys near the patterns are gone.",
            statement: r"Limits keep an overlap $m$ with their pattern up to $n = 0.138\,d$, where still $m = 0.967$, and lose it
                beyond.",
            derivation: &[
                r"From the pattern itself the field is a signal of $d$ against crosstalk of the size of $\sqrt{nd}$. At $\alpha =
                    n/d = 0.138$ that leaves $\tfrac12\operatorname{erfc}(1/\sqrt{2\alpha}) = 0.36\,\%$ of the signs wrong after one
                    step. But the wrong ones are not random: they were turned by the strangers and now speak for them, and more
                    will turn.",
                r"In the limit the field at a position is $m$ times the signal and a normal noise, whose variance is larger than
                    that of fresh coins by a factor $r$ (in this claim not a rate). In units of $d$ its variance is $\alpha r$, so $$m = 1 -
                    \operatorname{erfc}\frac{m}{\sqrt{2\alpha r}}.$$",
                r"The factor comes from feedback. If $C$ is by how much the state yields to a small field, noise that is fed back
                    again and again grows by $1 + C + C^2 + \dots$, so $$r = \frac{1}{(1-C)^2}, \quad C =
                    \sqrt{\frac{2}{\pi\alpha r}}\, e^{-m^2/(2\alpha r)}.$$",
                r"These three equations have a solution near $m = 1$ as long as $\alpha \le \alpha_c = 0.137906$, where $m =
                    0.967$: a share $(1-m)/2 = 1.6\,\%$ is wrong. Beyond it there is none. The second and third step were made
                    exact for large $d$ by the replica method, with no temperature and replica symmetry.",
            ],
            correction: Some(
                r"“The capacity is $0.138\,d$” counts patterns of which up to 1.6 % of the signs are wrong. Without errors it is
                $d/(2\ln d)$, which is ever less than that as $d$ grows; see Section 5. And the jump is sharp for $d \to \infty$
                alone.",
            ),
            source: r"[@amit1987].",
            show: with_errors,
        },
    ],
    exercises: &[
        Exercise {
            task: r"Store the single pattern $(+1, +1)$ with a zero diagonal and start from $(+1, -1)$. What happens
                synchronously, what asynchronously?",
            answer: r"$W$ exchanges the two positions: the state goes to $(-1, +1)$, back, and so on, a cycle of two.
                Asynchronously the first position turns to the second's sign, and $(-1, -1)$, the pattern turned inside out, is
                a fixed point.",
        },
        Exercise {
            task: r"What is the energy of a stored pattern if all $n$ patterns are orthogonal?",
            answer: r"$x^\top W x = \sum_i \langle x, x_i\rangle^2 - nd$, where $nd$ is the diagonal that was taken away. Only the
                pattern's own overlap is not $0$, so $E = -\tfrac12 (d^2 - nd) = -\tfrac12 d\,(d-n)$. With $n = d$ orthogonal
                patterns the landscape is flat.",
        },
        Exercise {
            task: r"How large is the overlap of $\operatorname{sign}(x_1 + x_2 + x_3 + x_4 + x_5)$ with each of its five patterns?",
            answer: r"It differs from $x_1$ where at least three of the other four do, which has probability $5/16$. The overlap is $d - 2
                \cdot \tfrac{5}{16} d = \tfrac38 d$.",
        },
    ],
};

/// Letters of 7 by 7 that are nearly orthogonal, as random patterns are.
const LETTERS: [[&str; SIDE]; 3] = [
    ["+++++++", "+++++++", "----++-", "--+++--", "-++----", "+++++++", "+++++++"],
    ["-++++++", "+++----", "+++----", "-+++++-", "----+++", "----+++", "++++++-"],
    ["++---++", "++---++", "++---++", "++---++", "-++-++-", "-++-++-", "--+++--"],
];
const SIDE: usize = 7;

/// The letters as lines of a text file.
fn lines() -> Vec<String> {
    LETTERS.iter().map(|letter| letter.concat()).collect()
}

fn letters() -> Result<Memory> {
    let signs: Vec<i8> = lines().concat().bytes().map(|sign| if sign == b'+' { 1 } else { -1 }).collect();
    Ok(Memory::auto_associative(Patterns::from_signs(&signs, SIDE * SIDE)?)?)
}

/// The commands that store the letters and run from random states, in these orders.
fn commands(teacher: &Teacher, count: usize, orders: &[&str]) -> Vec<String> {
    let mut commands =
        vec![shell::printf(&lines(), "letters.txt"), "popfield create letters.pop --keys letters.txt --force".into()];
    let seed = teacher.seed_option();
    commands.extend(orders.iter().map(|order| {
        format!(
            "popfield dynamics letters.pop --start random --count {count} --order {order}{seed} --plot {order}.svg \
             --report {order}.json"
        )
    }));
    commands
}

/// Runs as those commands do.
fn runs(teacher: &Teacher, memory: &Memory, count: usize, order: Order) -> Result<Vec<Run>> {
    let starts = Patterns::random(count, memory.dim(), teacher.seed, "start")?;
    Ok(memory.relax(&starts.into(), &Dynamics::new(Separation::Linear).order(order))?)
}

fn energy(teacher: &Teacher) -> Result<Shown> {
    let (memory, count) = (letters()?, teacher.choose(1000, 100));
    let one = runs(teacher, &memory, count, Order::Fixed)?;
    let all = runs(teacher, &memory, count, Order::Synchronous)?;
    let energies = |run: &Run| run.energies.iter().map(popfield::dynamics::Energy::to_f64).collect::<Vec<_>>();
    let falls = one.iter().flat_map(|run| {
        let energies = energies(run);
        (1..energies.len()).map(move |step| energies[step] <= energies[step - 1]).collect::<Vec<_>>()
    });
    let fixed = |run: &Run| run.limit == Limit::FixedPoint;
    let longer = |run: &Run| matches!(run.limit, Limit::Cycle(length) if length > 2) || run.limit == Limit::StepLimit;
    let cycles = all.iter().filter(|run| !fixed(run)).count() as u64;
    let starts = Patterns::random(DRAWN, memory.dim(), teacher.seed, "start")?;
    let mut chart = Chart::new("positions visited", r"energy $E(x) = -\tfrac12 x^\top W x$");
    for (index, start) in starts.iter().enumerate() {
        let name = if index == 0 { "a run" } else { "" };
        chart = chart.path(0, name, energies_of(&descent(memory.keys(), &start)));
    }
    for (index, letter) in memory.keys().iter().enumerate() {
        let energy = descent(memory.keys(), &letter)[0].0;
        let name = if index == 0 { "a stored letter" } else { "" };
        chart = chart.dashes(2, name, vec![(0.0, energy), (2.0 * memory.dim() as f64, energy)]);
    }
    let mut commands = commands(teacher, count, &["async", "sync"]);
    for (order, figures) in [
        ("async", "'[.[].energies|range(1;length) as $i|.[$i]<=.[$i-1]]|length,all'"),
        ("sync", "-c 'group_by(.cycle) | map([.[0].limit, .[0].cycle, length])'"),
    ] {
        commands.push(format!("jq {figures} {order}.json"));
    }
    Ok(Shown::new(commands)
        .note(
            "The reports `async.json` and `sync.json` hold the energies of every run, sweep by sweep, and the lengths of \
             cycles. The figures are drawn by the library, position by position; `async.svg` has a dot for each sweep.",
        )
        .rows([
            Row::new(
                "asynchronous: sweeps that do not raise the energy",
                Predicted::Value(1.0),
                Measured::count(falls),
            ),
            Row::new(
                "asynchronous: runs that end in a fixed point",
                Predicted::Value(1.0),
                Measured::count(one.iter().map(fixed)),
            ),
            Row::estimate(
                "synchronous: runs that end in a cycle of two",
                Predicted::Nothing,
                stats::proportion(cycles, count as u64, CONFIDENCE),
            ),
            Row::new(
                "synchronous: runs that end in neither",
                Predicted::Value(0.0),
                Measured::count(all.iter().map(longer)),
            ),
        ])
        .plates(film(&memory, &starts))
        .plate(chart.plate(
            "Asynchronous runs from random states, position by position: never a step up. Three letters of $7 \\times 7$ \
             are stored.",
        )))
}

/// The path of a chart.
fn energies_of(states: &[(f64, Pattern)]) -> Vec<(f64, f64)> {
    states.iter().enumerate().map(|(visit, (energy, _))| (visit as f64, *energy)).collect()
}

/// States along the first of these runs that ends in a letter.
fn film(memory: &Memory, starts: &Patterns) -> Option<Plate> {
    const SHOWN: [usize; 6] = [0, 12, 24, 36, 48, 98];
    let paths = starts.iter().map(|start| descent(memory.keys(), &start));
    let ends = |path: &Vec<(f64, Pattern)>| memory.keys().iter().any(|key| path.last().is_some_and(|end| end.1 == key));
    let path = paths.into_iter().find(ends)?;
    let states = SHOWN.iter().filter_map(|&visit| Some((visit, path.get(visit)?)));
    let picture = |(visit, (energy, state)): (usize, &(f64, Pattern))| {
        Picture::of(state, SIDE).label(format!("{visit} visited, energy ${energy}$"))
    };
    Some(picture::plate(
        vec![picture::Row::new("", states.map(picture))],
        "A run from a random state, as positions are visited one by one, row by row. Each of the 49 is visited twice.",
        "Six pictures of a run: a random state turns, position by position, into a stored letter while its energy falls.",
    ))
}

/// Runs that the chart shows.
const DRAWN: usize = 16;

/// The states along an asynchronous run, position by position, for two sweeps, each with its energy
/// −½ Σ_i (s_i² − d), where s_i are the overlaps.
fn descent(keys: Stored<'_>, start: &Pattern) -> Vec<(f64, Pattern)> {
    let keys: Vec<Vec<i8>> = keys.iter().map(|key| key.to_signs()).collect();
    let mut state = start.clone();
    let signs = start.to_signs();
    let overlap = |key: &Vec<i8>| key.iter().zip(&signs).map(|(a, b)| i64::from(a * b)).sum::<i64>();
    let mut overlaps: Vec<i64> = keys.iter().map(overlap).collect();
    let dim = state.dim();
    let energy = |overlaps: &[i64]| -0.5 * overlaps.iter().map(|&s| (s * s - dim as i64) as f64).sum::<f64>();
    let mut path = vec![(energy(&overlaps), state.clone())];
    for visit in 0..2 * dim {
        let position = visit % dim;
        let sign = if state.bits()[position] { 1 } else { -1 };
        let own = |(key, &s): (&Vec<i8>, &i64)| (s - i64::from(key[position]) * sign) * i64::from(key[position]);
        let field: i64 = keys.iter().zip(&overlaps).map(own).sum();
        if field.signum() == -sign {
            state.bits_mut().set(position, sign < 0);
            for (key, s) in keys.iter().zip(&mut overlaps) {
                *s -= 2 * i64::from(key[position]) * sign;
            }
        }
        path.push((energy(&overlaps), state.clone()));
    }
    path
}

fn limits(teacher: &Teacher) -> Result<Shown> {
    let (memory, count) = (letters()?, teacher.choose(2000, 200));
    let runs = runs(teacher, &memory, count, Order::Fixed)?;
    let ended = |name: &str| runs.iter().filter(|run| run.end.name() == name).count() as u64;
    let (stored, complement) = (ended("stored"), ended("complement"));
    let share = |name: &str| stats::proportion(ended(name), count as u64, CONFIDENCE);
    let mut shown = Shown::new(commands(teacher, count, &["async"])).row(Row::estimate(
        "complements, of runs that end in a stored letter or its complement",
        Predicted::Value(0.5),
        stats::proportion(complement, stored + complement, CONFIDENCE),
    ));
    shown =
        shown.note("The command counts the ends in a line, “ended in”; the report `async.json` has that of every run.");
    for (name, what) in [
        ("stored", "in a stored letter"),
        ("near", "near a letter, or one turned inside out"),
        ("mixture", "in a mixture"),
        ("spurious", "in something else"),
    ] {
        shown = shown.row(Row::estimate(format!("runs that end {what}"), Predicted::Nothing, share(name)));
    }
    // The limits, those that were met most often first.
    let mut seen: Vec<(Pattern, End, u64)> = Vec::new();
    for run in &runs {
        match seen.iter_mut().find(|limit| limit.0 == run.state) {
            Some(limit) => limit.2 += 1,
            None => seen.push((run.state.clone(), run.end.clone(), 1)),
        }
    }
    seen.sort_by_key(|limit| std::cmp::Reverse(limit.2));
    let rest: u64 = seen.iter().skip(MOST).map(|limit| limit.2).sum();
    let others = seen.len().saturating_sub(MOST);
    seen.truncate(MOST);
    let pictures =
        seen.iter().map(|(state, end, runs)| Picture::of(state, SIDE).label(format!("{runs}: {}", kind(end))));
    let pictures: Vec<Picture> = pictures.collect();
    let more = match others {
        0 => String::new(),
        _ => format!(" {others} more limits took {rest}."),
    };
    let caption = format!("The limits of {count} runs from random states, and how many ended in each.{more}");
    let alt = "Pictures of limits, those that were met most often first.";
    Ok(shown.plate(picture::plate(in_rows(pictures, 6), caption, alt)))
}

/// Limits that are shown at the most.
const MOST: usize = 12;

/// Pictures in rows of so many.
fn in_rows(pictures: Vec<Picture>, columns: usize) -> Vec<picture::Row> {
    let mut pictures = pictures.into_iter().peekable();
    let mut rows = Vec::new();
    while pictures.peek().is_some() {
        rows.push(picture::Row::filled("", pictures.by_ref().take(columns), columns));
    }
    rows
}

/// What a run ended in.
fn kind(end: &End) -> &'static str {
    match end {
        End::Stored { .. } => "stored",
        End::Complement { .. } => "inside out",
        End::Near { .. } => "near a letter",
        End::Mixture { .. } => "a mixture",
        _ => "other",
    }
}

fn with_errors(teacher: &Teacher) -> Result<Shown> {
    let dims = teacher.choose([500, 2000], [100, 200]);
    let study = Study::new(Experiment::new(Rule::Hebb, Setting::AutoZeroed).steps(Steps::Async))
        .dims(dims)
        .load(list([0.05, 0.08, 0.1, 0.12, 0.13, 0.14, 0.15, 0.17, 0.2])?)
        .observable(Observable::Overlap)
        .predictions(["ags"]);
    let run = teacher.measure(study, 80)?;
    let load = Point::load;
    let mut shown = Shown::new(vec![run.command.clone()]);
    for measured in run.of(dims[1]) {
        let predicted = run.predicted("ags", measured).map_or(Predicted::Nothing, Predicted::Limit);
        let what =
            format!("overlap $m$ of limits, $n = {}$, load {:.2}", measured.point.patterns, load(measured.point));
        shown = shown.row(Row::estimate(what, predicted, measured.estimate));
    }
    let critical = ags::critical_load();
    let theory = |step: u32| {
        let load = f64::from(step) / 400.0 * critical;
        Ok(ags::retrieval(load.max(1e-3))?.map(|state| (load, state.overlap)))
    };
    let theory: Vec<(f64, f64)> = (100..=400).filter_map(|step| theory(step).transpose()).collect::<Result<_>>()?;
    let chart = Chart::new("load $n/d$", "overlap $m$ of the limit with its pattern")
        .line(BLACK, r"theory, $d \to \infty$", theory)
        .place(BLACK, r"$\alpha_c = 0.1379$", critical)
        .dots(0, format!("$d = {}$, measured", dims[0]), run.dots(dims[0], load))
        .dots(1, format!("$d = {}$, measured", dims[1]), run.dots(dims[1], load));
    Ok(shown.plate(worn(teacher)?).plate(
        chart.plate(
            "From the stored pattern to the limit, asynchronously. The larger the network, the sharper the fall.",
        ),
    ))
}

/// The limits that a stored face runs to, among more and more strangers.
fn worn(teacher: &Teacher) -> Result<Plate> {
    const SIDE: usize = 24;
    const DIM: usize = SIDE * SIDE;
    let face = face(SIDE)?;
    let mut pictures = Vec::new();
    for load in [0.05, 0.1, 0.13, 0.16, 0.2] {
        let patterns = (load * DIM as f64).round() as usize;
        let memory = Memory::auto_associative(among_strangers(&face, patterns - 1, teacher.seed)?)?;
        let start = [&face].into_iter().collect::<popfield::Result<Patterns>>()?;
        let dynamics = Dynamics::new(Separation::Linear).order(Order::Fixed).diagonal(Diagonal::Zero);
        for run in memory.relax(&start.into(), &dynamics)? {
            let wrong = run.state.distance(&face)?;
            let label = format!("load {load}: {wrong} wrong");
            pictures.push(Picture::against(&run.state, &face, SIDE).label(label));
        }
    }
    Ok(picture::plate(
        vec![picture::Row::new("", pictures)],
        format!(
            "Where a network of $d = {DIM}$ comes to rest that was started in a stored face, among more and more strangers; one \
             network each."
        ),
        "Five pictures of a face, with more and more cells wrong as the load grows.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_descent_drawn_is_the_engines_own() {
        let memory = letters().unwrap();
        let starts = Patterns::random(50, memory.dim(), 5, "start").unwrap();
        let dynamics = Dynamics::new(Separation::Linear).order(Order::Fixed);
        let runs = memory.relax(&starts.clone().into(), &dynamics).unwrap();
        for (start, run) in starts.iter().zip(runs) {
            let path = descent(memory.keys(), &start);
            assert!(path.is_sorted_by(|before, after| before.0 >= after.0));
            assert!(run.energies.len() > 3 || path.last().unwrap().1 == run.state);
            for (sweep, energy) in run.energies.iter().take(3).enumerate() {
                assert_eq!(path[sweep * memory.dim()].0, energy.to_f64());
            }
        }
    }
}
