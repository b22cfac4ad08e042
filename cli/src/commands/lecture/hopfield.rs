//! The Hopfield network: the step repeated until nothing changes.

use plotters::coord::Shift;
use plotters::prelude::*;
use popfield::dynamics::{End, Limit, Order, Run};
use popfield::{Dynamics, Memory, Pattern, Patterns, Query, Separation, Stored};
use popfield_lab::theory::ags;
use popfield_lab::{CONFIDENCE, Experiment, Observable, Point, Rule, Setting, Steps, Study, stats};

use super::chart::{BLACK, Chart};
use super::claim::{Claim, Measured, Predicted, Row, Section, Shown};
use super::plate::{Plate, Shape, Swatch};
use super::shell;
use super::teacher::{Teacher, list};
use crate::commands::dynamics::color;
use crate::failure::Result;
use crate::plot::frame::Frame;
use crate::plot::{Drawn, Figure, INK, text};

pub const SECTION: Section = Section {
    id: "hopfield",
    title: "The Hopfield network",
    lead: "Repeat the step and the memory becomes a dynamical system: x ← sign[Wx], one position after the other, until \
           nothing changes. What is stored should be where it comes to rest.",
    claims: &[
        Claim {
            id: "energy",
            title: "The energy never rises",
            lead: "Give every state the energy E(x) = −½ x^{T}Wx, a landscape with the patterns in its valleys. A bit that \
                   turns to the sign of its field lowers E or leaves it as it is, provided that the others hold still \
                   meanwhile and that it has no vote for itself.",
            statement: "With W symmetric and its diagonal zeroed, an asynchronous run never raises −½ x^{T}Wx, so it ends in a \
                        fixed point; a synchronous run ends in a fixed point or in a cycle of two.",
            correction: Some(
                "“The network converges” is about asynchronous updates. All positions at once, which is what sign[Wx] says \
                 literally, may swing between two states for ever.",
            ),
            source: "Hopfield 1982; for synchronous runs Goles-Chacc, Fogelman-Soulié, Pellegrin 1985.",
            show: energy,
        },
        Claim {
            id: "limits",
            title: "Where runs end",
            lead: "Started anywhere, a run should find a stored pattern. But the landscape has more valleys than were dug: \
                   every pattern turned inside out, and blends of several patterns.",
            statement: "With x the network has −x as a limit too, with a basin of the same size, and mixtures of odd numbers \
                        of patterns.",
            correction: None,
            source: "Symmetry: E(x) = E(−x); mixtures: Amit, Gutfreund, Sompolinsky 1985.",
            show: limits,
        },
        Claim {
            id: "with-errors",
            title: "0.138 d patterns, with errors",
            lead: "Run to the limit, a network near its capacity does not return the pattern but something very close to it. \
                   Add patterns and the closeness breaks down at once, not little by little: at a critical load the valleys \
                   near the patterns are gone.",
            statement: "Limits keep the overlap m(α) with their pattern up to n = 0.138 d, where still m = 0.967, and lose it \
                        beyond.",
            correction: Some(
                "“The capacity is 0.138 d” counts patterns of which up to 1.6 % of the bits are wrong. Without errors it is \
                 d/(2 ln d), which is ever less than that as d grows. And the jump is sharp for d → ∞ alone.",
            ),
            source: "Amit, Gutfreund, Sompolinsky 1987, α_{c} = 0.137906 (replica-symmetric, no temperature).",
            show: with_errors,
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
    let mut chart = Chart::new("positions visited", "energy −½ xᵀWx");
    for (index, start) in starts.iter().enumerate() {
        let name = if index == 0 { "a run" } else { "" };
        chart = chart.line(0, name, descent(memory.keys(), &start));
    }
    for (index, letter) in memory.keys().iter().enumerate() {
        let energy = descent(memory.keys(), &letter)[0].1;
        let name = if index == 0 { "a stored letter" } else { "" };
        chart = chart.dashes(2, name, vec![(0.0, energy), (2.0 * memory.dim() as f64, energy)]);
    }
    let mut commands = commands(teacher, count, &["async", "sync"]);
    for (order, figures) in [
        ("async", "'[.[].energies | range(1; length) as $i | .[$i] <= .[$i - 1]] | length, all'"),
        ("sync", "-c 'group_by(.cycle) | map([.[0].limit, .[0].cycle, length])'"),
    ] {
        commands.push(format!("jq {figures} {order}.json"));
    }
    Shown::new(commands)
        .note(
            "The reports async.json and sync.json hold the energies of every run, sweep by sweep, and the lengths of \
             cycles. The figure is drawn by the library, position by position; async.svg has a dot for each sweep.",
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
        .plate(chart.plate(
            "Three letters of 7 × 7, asynchronous runs from random states, position by position: never a step up.",
        ))
}

/// Runs that the chart shows.
const DRAWN: usize = 16;

/// The energy along an asynchronous run, position by position, for two sweeps: −½ Σ_i (s_i² − d) with overlaps s_i.
fn descent(keys: Stored<'_>, start: &Pattern) -> Vec<(f64, f64)> {
    let keys: Vec<Vec<i8>> = keys.iter().map(|key| key.to_signs()).collect();
    let mut state = start.to_signs();
    let overlap = |key: &Vec<i8>| key.iter().zip(&state).map(|(a, b)| i64::from(a * b)).sum::<i64>();
    let mut overlaps: Vec<i64> = keys.iter().map(overlap).collect();
    let dim = state.len();
    let energy = |overlaps: &[i64]| -0.5 * overlaps.iter().map(|&s| (s * s - dim as i64) as f64).sum::<f64>();
    let mut path = vec![(0.0, energy(&overlaps))];
    for visit in 0..2 * dim {
        let position = visit % dim;
        let own =
            |(key, &s): (&Vec<i8>, &i64)| (s - i64::from(key[position] * state[position])) * i64::from(key[position]);
        let field: i64 = keys.iter().zip(&overlaps).map(own).sum();
        if field.signum() == -i64::from(state[position]) {
            state[position] = -state[position];
            for (key, s) in keys.iter().zip(&mut overlaps) {
                *s += 2 * i64::from(key[position] * state[position]);
            }
        }
        path.push(((visit + 1) as f64, energy(&overlaps)));
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
        shown.note("The command counts the ends in a line, “ended in”; the report async.json has that of every run.");
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
    let rest: u64 = seen.iter().skip(Gallery::MOST).map(|limit| limit.2).sum();
    let others = seen.len().saturating_sub(Gallery::MOST);
    seen.truncate(Gallery::MOST);
    let ends = seen.iter().map(|limit| limit.1.clone());
    let mut legend: Vec<(Swatch, String)> = Vec::new();
    for end in ends {
        let entry = (Swatch { color: color(&end), shape: Shape::Square }, kind(&end).to_owned());
        if !legend.contains(&entry) {
            legend.push(entry);
        }
    }
    let more = match others {
        0 => String::new(),
        _ => format!("; {others} more limits took {rest}"),
    };
    let caption = format!("The limits of {count} runs from random states, and how many ended in each{more}.");
    shown.plate(Plate::new(&Gallery(seen), legend, caption).map(Plate::of_pixels))
}

/// What a run ended in, for the legend.
fn kind(end: &End) -> &'static str {
    match end {
        End::Stored { .. } => "a stored letter",
        End::Complement { .. } => "a letter turned inside out",
        End::Near { .. } => "nearly a letter, or one turned inside out",
        End::Mixture { .. } => "a mixture of three letters",
        _ => "something else",
    }
}

/// Limits as little pictures, with the number of runs that ended there.
struct Gallery(Vec<(Pattern, End, u64)>);

impl Gallery {
    /// Pictures at the most.
    const MOST: usize = 12;
    const COLUMNS: usize = 6;
    const CELL: (i32, i32) = (184, 232);
}

impl Figure for Gallery {
    fn size(&self) -> (u32, u32) {
        let rows = self.0.len().div_ceil(Self::COLUMNS) as i32;
        ((Self::COLUMNS as i32 * Self::CELL.0 + 16) as u32, (rows * Self::CELL.1 + 16) as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        for (index, (state, end, count)) in self.0.iter().enumerate() {
            let (column, row) = ((index % Self::COLUMNS) as i32, (index / Self::COLUMNS) as i32);
            let (left, top) = (column * Self::CELL.0 + 30, row * Self::CELL.1 + 26);
            Frame::new(&Query::new(state.clone()), SIDE).draw(area, (left, top), 140, color(end))?;
            area.draw(&Text::new(count.to_string(), (left, top + 156), text(34, INK)))?;
        }
        Ok(())
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
        let what = format!("overlap m of limits, n = {} (α = {})", measured.point.patterns, load(measured.point));
        shown = shown.row(Row::estimate(what, predicted, measured.estimate));
    }
    let critical = ags::critical_load();
    let theory = |step: u32| {
        let load = f64::from(step) / 400.0 * critical;
        Ok(ags::retrieval(load.max(1e-3))?.map(|state| (load, state.overlap)))
    };
    let theory: Vec<(f64, f64)> = (100..=400).filter_map(|step| theory(step).transpose()).collect::<Result<_>>()?;
    let chart = Chart::new("load n/d", "overlap m of the limit with its pattern")
        .line(BLACK, "theory, d → ∞", theory)
        .place(BLACK, "α_{c} = 0.1379", critical)
        .dots(0, format!("d = {}, measured", dims[0]), run.dots(dims[0], load))
        .dots(1, format!("d = {}, measured", dims[1]), run.dots(dims[1], load));
    shown.plate(chart.plate(
        "From the stored pattern to the limit, asynchronous, diagonal zeroed. The larger the network, the sharper the fall.",
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
            assert!(path.is_sorted_by(|before, after| before.1 >= after.1));
            for (sweep, energy) in run.energies.iter().take(3).enumerate() {
                assert_eq!(path[sweep * memory.dim()].1, energy.to_f64());
            }
        }
    }
}
