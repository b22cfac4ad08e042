//! `popfield check-receipts`: whether what proves answers is so.

use std::fs::File;
use std::io::BufReader;
use std::time::Instant;

use popfield::receipts::{Refusal, Verdict, check};
use popfield::{Error, Progress};
use serde_json::json;

use crate::args::CheckReceipts;
use crate::failure::{Failure, Result, about};
use crate::memory::open;
use crate::output::say;
use crate::report::{facts, seconds, spinner, tell};

/// Faults shown on a terminal at the most.
const SHOWN: usize = 8;

pub fn run(args: &CheckReceipts) -> Result<()> {
    crate::use_threads(args.threads)?;
    let path = &args.receipts;
    let there = path.metadata().map_err(|error| Failure::reading(path, &error))?;
    if there.is_dir() {
        return Err(Failure::input(format!("{}: expected a file of receipts, found a folder", path.display())));
    }
    let (memory, _) = open(&args.memory)?;
    let file = File::open(path).map_err(|error| Failure::reading(path, &error))?;
    let start = Instant::now();
    let bar = spinner(format!("checking {} against {} patterns", path.display(), memory.len()));
    let verdict = check(&memory, BufReader::with_capacity(1 << 20, file), Progress::new(&tell(&bar)));
    bar.finish_and_clear();
    let verdict = verdict.map_err(|error| match error {
        // It was opened: what fails from there on is no bad input.
        Error::Io(error) => Failure::Io(format!("{}: {}", path.display(), crate::failure::in_words(&error))),
        error => about(path)(error),
    })?;
    let elapsed = start.elapsed().as_secs_f64();
    if args.json {
        say(object(&verdict, elapsed))?;
    } else {
        tell_people(args, &verdict, elapsed)?;
    }
    if verdict.holds() { Ok(()) } else { Err(Failure::No) }
}

fn object(verdict: &Verdict, elapsed: f64) -> serde_json::Value {
    let refused = |refusal: &Refusal| {
        json!({
            "line": refusal.line,
            "field": refusal.field,
            "expected": refusal.expected,
            "found": refusal.found,
        })
    };
    json!({
        "verdict": if verdict.holds() { "holds" } else { "refused" },
        "queries": verdict.queries,
        "lines": verdict.lines,
        "keys": verdict.keys,
        "basin": verdict.basin,
        "probe": verdict.probe,
        "scan": verdict.scan,
        "refused": verdict.refused.iter().map(refused).collect::<Vec<_>>(),
        "seconds": elapsed,
    })
}

fn tell_people(args: &CheckReceipts, verdict: &Verdict, elapsed: f64) -> Result<()> {
    let Verdict { queries, lines, keys, basin, probe, scan, refused, .. } = verdict;
    let mut rows = vec![
        ("memory", args.memory.display().to_string()),
        ("receipts", format!("{}, {lines} lines of {queries} queries", args.receipts.display())),
        ("answers", format!("{basin} by the basins of {keys} patterns, {probe} by chunks, {scan} by a scan")),
        ("time", seconds(elapsed)),
    ];
    rows.extend(refused.iter().take(SHOWN).map(|refusal| ("refused", refusal.to_string())));
    rows.push(match refused.len() {
        0 => ("verdict", "everything holds".into()),
        1 => ("verdict", "refused: a line does not hold".into()),
        more => ("verdict", format!("refused: {more} lines do not hold")),
    });
    facts(&rows)
}
