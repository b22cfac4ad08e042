//! `popfield search`: the nearest keys of each query.

use std::time::Instant;

use popfield::Neighbor;
use serde_json::json;

use crate::args::Search;
use crate::failure::Result;
use crate::input::{Reading, check_options};
use crate::output::{Npz, OutFile, check_distinct, deliver, say, written};
use crate::report::{facts, open, seconds, spinner, table};

/// Queries shown on a terminal at the most.
const SHOWN: usize = 8;

pub fn run(args: &Search) -> Result<()> {
    let threads = crate::use_threads(args.threads)?;
    check_options(&args.input, &[&args.queries], false)?;
    check_distinct(&[args.out.as_deref()], &[&args.memory, &args.queries])?;
    let (memory, load_seconds) = open(&args.memory)?;
    let queries = Reading::queries(&args.queries, memory.dim(), &args.input)?.read()?;
    let out = args.out.as_deref().map(OutFile::create).transpose()?;

    let spinner = spinner(format!("searching {} patterns for {} queries", memory.len(), queries.len()));
    let start = Instant::now();
    let top = usize::try_from(args.top.unwrap_or(1)).unwrap_or(usize::MAX);
    let found = match args.radius {
        Some(radius) => memory.search_radius(&queries, radius)?,
        None => memory.search_top(&queries, top)?,
    };
    let elapsed = start.elapsed().as_secs_f64();
    spinner.finish_and_clear();

    let out = out.map(|file| written(file, |file| write(file, &found, args.radius.is_some()))).transpose()?;
    deliver(out, || {
        if args.json {
            let mut object = json!({
                "queries": queries.len(),
                "patterns": memory.len(),
                "dim": memory.dim(),
                "top": if args.radius.is_none() { Some(top) } else { None },
                "radius": args.radius,
                "found": found.iter().map(Vec::len).sum::<usize>(),
                "seconds": elapsed,
                "load_seconds": load_seconds,
                "queries_per_second": queries.len() as f64 / elapsed,
                "tier": memory.tier().name(),
                "threads": threads,
            });
            if args.out.is_none() {
                object["ids"] = rows(&found, |neighbor| neighbor.id);
                object["distances"] = rows(&found, |neighbor| u64::from(neighbor.distance));
            }
            return say(object);
        }
        let asked =
            args.radius.map_or_else(|| format!("the {top} nearest"), |radius| format!("all within distance {radius}"));
        facts(&[
            ("searched", format!("{} patterns of dimension {} for {asked}", memory.len(), memory.dim())),
            ("queries", queries.len().to_string()),
            ("time", format!("{} ({:.0} queries/s)", seconds(elapsed), queries.len() as f64 / elapsed)),
            ("tier, threads", format!("{}, {threads}", memory.tier().name())),
        ])?;
        if args.out.is_none() {
            let mut table = table(&["query", "keys found", "id", "distance", "id", "distance", "id", "distance"]);
            for (q, found) in found.iter().enumerate().take(SHOWN) {
                let mut row = vec![q.to_string(), found.len().to_string()];
                row.extend(found.iter().take(3).flat_map(|n| [n.id.to_string(), n.distance.to_string()]));
                table.add_row(row);
            }
            say(table)?;
            if found.len() > SHOWN || found.iter().any(|found| found.len() > 3) {
                say("There is more; --out F.npz writes it all.")?;
            }
        }
        Ok(())
    })
}

fn rows(found: &[Vec<Neighbor>], field: impl Fn(&Neighbor) -> u64) -> serde_json::Value {
    found.iter().map(|found| found.iter().map(&field).collect::<Vec<_>>()).collect::<Vec<_>>().into()
}

fn write(file: &mut OutFile, found: &[Vec<Neighbor>], ragged: bool) -> std::io::Result<()> {
    let all = || found.iter().flatten();
    let total = all().count() as u64;
    let shape = match ragged {
        true => vec![total],
        false => vec![found.len() as u64, found.first().map_or(0, Vec::len) as u64],
    };
    let mut npz = Npz::new(file);
    let arrays = |npz: &mut Npz<'_>| -> std::io::Result<()> {
        npz.array("ids", &shape, all().map(|neighbor| neighbor.id))?;
        npz.array("distances", &shape, all().map(|neighbor| neighbor.distance))?;
        if ragged {
            // Query q found entries offsets[q] to offsets[q + 1].
            let mut end = 0;
            let ends = found.iter().map(|found| {
                end += found.len() as u64;
                end
            });
            npz.array("offsets", &[found.len() as u64 + 1], std::iter::once(0).chain(ends))?;
        }
        Ok(())
    };
    match arrays(&mut npz) {
        Ok(()) => npz.finish(),
        Err(error) => {
            npz.abandon();
            Err(error)
        }
    }
}
