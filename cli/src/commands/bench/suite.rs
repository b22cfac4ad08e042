//! The standard grid of cases.

use std::time::Instant;

use popfield::patterns::NoiseModel;
use popfield::tiers::Tier;
use popfield::{Memory, Patterns, Separation};
use serde_json::json;

use super::case::{Case, Figures};
use super::machine::Machine;
use crate::args::Bench;
use crate::failure::Result;
use crate::output::{say, wrapped};
use crate::report::progress;
use crate::table::Table;

/// Patterns, dimension, and the (batch, noise, separation) that they are recalled with.
type Shape = (usize, usize, Vec<(usize, f64, Separation)>);

/// One nearest key that decides, from single queries to batches; then all keys in play, to different degrees.
fn grid() -> Result<Vec<Shape>> {
    let sharp = Separation::exponential(1.0)?;
    let mut grid = Vec::new();
    for dim in [64, 256, 512, 1024] {
        grid.push((1_000_000, dim, vec![(1, 0.1, sharp), (1024, 0.1, sharp), (1024, 0.0, sharp)]));
    }
    grid.push((100_000, 64, vec![(256, 0.1, Separation::exponential(0.125)?)]));
    let dense = vec![
        (256, 0.1, sharp),
        (256, 0.1, Separation::exponential(1.0 / 1024f64.sqrt())?),
        (256, 0.1, Separation::exponential(0.005)?),
        (256, 0.1, Separation::Max),
    ];
    grid.push((100_000, 1024, dense));
    let classical =
        vec![(1, 0.1, Separation::Linear), (256, 0.1, Separation::Linear), (256, 0.1, Separation::polynomial(3)?)];
    grid.push((560, 4096, classical));
    Ok(grid)
}

/// Runs them all and prints a table, or one JSON object of `cases`.
pub fn run(args: &Bench, threads: usize) -> Result<()> {
    let grid = grid()?;
    let cases: usize = grid.iter().map(|(_, _, cases)| cases.len()).sum();
    let bar = progress(cases as u64 * (u64::from(args.repeats) + 1), "suite");
    let machine = Machine::measure(Tier::from_env().map_err(popfield::Error::from)?);
    let mut rows = Table::new(Figures::COLUMNS);
    let mut objects = Vec::new();
    for (patterns, dim, cases) in grid {
        let start = Instant::now();
        let memory = Memory::auto_associative(Patterns::random(patterns, dim, args.seed, "keys")?)?;
        let load_seconds = start.elapsed().as_secs_f64();
        for (batch, noise, separation) in cases {
            let case =
                Case { batch, noise, model: NoiseModel::Exact, separation, repeats: args.repeats, seed: args.seed };
            let mut measured = case.measure(&memory, load_seconds, || bar.inc(1))?;
            // The peak of a process is that of all its cases, and of the buffer by which memory was measured.
            measured.peak_rss_bytes = None;
            let figures = Figures { case: &case, memory: &memory, measured: &measured, machine, threads };
            rows.add_row(figures.row());
            objects.push(figures.json());
        }
    }
    bar.finish_and_clear();
    if args.json {
        return say(json!({ "cases": objects }));
    }
    rows.say()?;
    say(format_args!("\n{}", wrapped(&machine.in_words(threads), 0)))
}
