//! `popfield stress --hours`: a store that random changes go through, its writer killed again and again.

use std::io;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use popfield_lab::stress::{Growth, Rows, Soak, Soaked, serve};
use serde_json::json;

use super::room;
use super::shown::Shown;
use crate::args::StressArgs;
use crate::failure::{Failure, Result, about};
use crate::output::{say, say_json, uninterrupted};
use crate::report::{bytes, facts, seconds};
use crate::table::Table;

/// Soaks, and tells what came of it.
pub fn run(args: &StressArgs, memory: Growth, hours: f64) -> Result<()> {
    // --hours requires it.
    let Some(store) = &args.store else { return Err(Failure::usage("--hours: expected --store beside it")) };
    let soak = Soak { memory, duration: Duration::from_secs_f64(3600.0 * hours) };
    let needs = soak.check()?;
    room::vacant(store)?;
    room::enough(store, needs.disk)?;
    if !args.json {
        facts(&[
            ("soak", format!("{hours} h, about {} associations of dimension {} at a time", args.patterns, args.dim)),
            ("store", store.display().to_string()),
            ("needs", format!("{} of memory, {} of disk", bytes(needs.memory as f64), bytes(needs.disk as f64))),
            ("operations", format!("by seed {}", args.seed)),
        ])?;
    }
    let program = std::env::current_exe().map_err(|error| Failure::Io(format!("this program: {error}")))?;
    let spawn = || -> io::Result<Child> {
        let mut command = Command::new(&program);
        command.args(["stress", "--writer", "--threads", "1", "--store"]).arg(store);
        command.args(["--patterns", &args.patterns.to_string(), "--dim", &args.dim.to_string()]);
        command.args(["--seed", &args.seed.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
    };
    let watch = Shown::new();
    room::clear(store)?;
    let soaked = uninterrupted(|| soak.run(store, &spawn, &watch));
    watch.bar.finish_and_clear();
    let soaked = soaked.map_err(|error| match error {
        popfield_lab::Error::Engine(error) => about(store)(error),
        error => error.into(),
    })?;
    let said = if args.json { say_json(&json_of(args, hours, &soaked)) } else { print(&soaked) };
    match said {
        // The answer is no, whether it is read to its end or not.
        Ok(()) | Err(Failure::Unread) if !soaked.wrong.is_empty() => Err(Failure::No),
        said => said,
    }
}

/// Is the writer: does what lines of standard input say.
pub fn write(args: &StressArgs) -> Result<()> {
    crate::use_threads(args.threads)?;
    let Some(store) = &args.store else { return Err(Failure::usage("--writer: expected --store beside it")) };
    let rows = Rows { dim: args.dim, seed: args.seed };
    Ok(serve(store, rows, io::stdin().lock(), io::stdout().lock())?)
}

fn print(soaked: &Soaked) -> Result<()> {
    let mut rows = Table::new(["operation", "times"]);
    for (kind, times) in &soaked.operations {
        rows.add_row([(*kind).to_owned(), times.to_string()]);
    }
    rows.add_row(["all".to_owned(), soaked.total().to_string()]);
    say("")?;
    rows.say()?;
    say("")?;
    facts(&[
        (
            "kills",
            format!(
                "{} survived: unacknowledged, the change was there after {}, and nothing of it after {}",
                soaked.kills, soaked.kills_after_commit, soaked.kills_before_commit
            ),
        ),
        ("answers", format!("{} held to the model, {} left open", soaked.answers, soaked.open)),
        (
            "store",
            format!("{} times held to the model as a whole, {} rows compared", soaked.whole, soaked.rows_compared),
        ),
        (
            "rows",
            format!(
                "{} live, {:.0} on average, {} stored, {} lost",
                soaked.live, soaked.mean_live, soaked.stored, soaked.lost
            ),
        ),
        ("size", format!("{}, {} commits", bytes(soaked.bytes as f64), soaked.generation)),
        ("time", seconds(soaked.seconds)),
        ("verdict", if soaked.wrong.is_empty() { "nothing was wrong".into() } else { soaked.wrong.join("; ") }),
    ])
}

fn json_of(args: &StressArgs, hours: f64, soaked: &Soaked) -> serde_json::Value {
    json!({
        "hours": hours,
        "patterns": args.patterns,
        "dim": args.dim,
        "seed": args.seed,
        "store": args.store.as_ref().map(|store| store.display().to_string()),
        "operations": soaked.total(),
        "operations_by_kind": soaked.operations,
        "kills": soaked.kills,
        "kills_after_commit": soaked.kills_after_commit,
        "kills_before_commit": soaked.kills_before_commit,
        "answers": soaked.answers,
        "answers_open": soaked.open,
        "whole": soaked.whole,
        "rows_compared": soaked.rows_compared,
        "live": soaked.live,
        "mean_live": soaked.mean_live,
        "stored": soaked.stored,
        "lost": soaked.lost,
        "bytes": soaked.bytes,
        "generation": soaked.generation,
        "seconds": soaked.seconds,
        "wrong": soaked.wrong,
        "ok": soaked.wrong.is_empty(),
    })
}
