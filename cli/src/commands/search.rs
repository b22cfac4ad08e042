//! `popfield search`: the nearest keys of each query.

use std::path::Path;
use std::time::Instant;

use popfield::{Memory, Neighbor, Progress, Scope};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::json;

use crate::args::{IndexUse, Search};
use crate::failure::Result;
use crate::input::{ScopeFiles, Source, check_options, check_stdin, read_queries};
use crate::memory::open_with_index;
use crate::output::{Npz, OutFile, check_distinct, check_ending, deliver, say, say_json, written, written_beside};
use crate::report::{answering, called, facts, note, scope_in_words, seconds, tell};
use crate::table::Table;

/// Queries shown on a terminal at the most.
const SHOWN: usize = 8;
/// Keys shown of each at the most.
const PAIRS: usize = 3;

pub fn run(args: &Search) -> Result<()> {
    let threads = crate::use_threads(args.threads)?;
    let source = Source::find(&args.queries, args.input.format)?;
    let scope = ScopeFiles::find(&args.scope)?;
    check_stdin(scope.sources().chain([&source]))?;
    check_options(&args.input, args.more, &[&source], false)?;
    let inputs: Vec<&Path> = [args.memory.as_path(), source.path()].into_iter().chain(scope.paths()).collect();
    check_distinct(&[args.out.as_deref(), args.receipts.as_deref()], &inputs)?;
    args.out.as_deref().map_or(Ok(()), |path| check_ending(path, "npz"))?;
    let (memory, load_seconds) = open_with_index(&args.memory, args.index == IndexUse::Auto)?;
    let loaded = read_queries(&source, &memory, &args.input, args.more)?;
    let queries = &loaded.queries;
    let scope = scope.read(&memory)?;
    let out = args.out.as_deref().map(OutFile::create).transpose()?;
    let mut receipts = args.receipts.as_deref().map(OutFile::create).transpose()?;

    let doing = format!("searching {} patterns for {} queries", memory.len(), queries.len());
    let shown = answering(queries.len(), 1, doing);
    let start = Instant::now();
    let top = args.top.unwrap_or(1);
    let watcher = tell(&shown);
    let view = scope.as_ref().map_or(memory.view(), |scope| memory.within(scope)).watched(Progress::new(&watcher));
    let view = view.indexed(args.index == IndexUse::Auto);
    let found = match (args.radius, &mut receipts) {
        (Some(radius), None) => view.search_radius(queries, radius)?,
        (None, None) => view.search_top(queries, top)?,
        (Some(radius), Some(file)) => {
            written_beside(file, |file| view.search_radius_with_receipts(queries, radius, file))?
        }
        (None, Some(file)) => written_beside(file, |file| view.search_top_with_receipts(queries, top, file))?,
    };
    let elapsed = start.elapsed().as_secs_f64();
    shown.finish_and_clear();

    let out = out.map(|file| written(file, |file| write(file, &found, args.radius.is_some()))).transpose()?;
    note(&loaded.notes);
    deliver([receipts, out].into_iter().flatten(), || {
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
            if let Some(scope) = &scope {
                object["in_scope"] = json!(scope.len());
            }
            if loaded.unknown() > 0 {
                object["unknown_positions"] = json!(loaded.unknown());
            }
            let rows = args.out.is_none().then_some(&found[..]);
            return say_json(&Answer { object: &object, rows, labels: memory.has_labels().then_some(&memory) });
        }
        let asked =
            args.radius.map_or_else(|| format!("the {top} nearest"), |radius| format!("all within distance {radius}"));
        let mut rows =
            vec![("searched", format!("{} patterns of dimension {} for {asked}", memory.len(), memory.dim()))];
        rows.extend(scope.as_ref().map(Scope::len).map(|in_scope| ("scope", scope_in_words(in_scope, &memory))));
        rows.extend([
            ("queries", loaded.in_words()),
            ("time", format!("{} ({:.0} queries/s)", seconds(elapsed), queries.len() as f64 / elapsed)),
            ("tier, threads", format!("{}, {threads}", memory.tier().name())),
        ]);
        facts(&rows)?;
        if args.out.is_none() {
            // No more columns than are filled.
            let filled = found.iter().map(Vec::len).max().unwrap_or(0).clamp(1, PAIRS);
            let mut header = vec!["query", "keys found"];
            header.extend(["id", "distance"].repeat(filled));
            if args.radius.is_none() {
                header.remove(1);
            }
            let first = header.len() - 2 * filled;
            let mut table = Table::new(header).bound((0..filled).map(|pair| first + 2 * pair + 1));
            for (q, found) in found.iter().enumerate().take(SHOWN) {
                let mut row = vec![q.to_string()];
                row.extend(args.radius.map(|_| found.len().to_string()));
                row.extend(found.iter().take(PAIRS).flat_map(|n| [called(&memory, n.id), n.distance.to_string()]));
                table.add_row(row);
            }
            table.say()?;
            if found.len() > SHOWN || found.iter().any(|found| found.len() > PAIRS) {
                say("There is more; --out F.npz writes it all.")?;
            }
        }
        Ok(())
    })
}

/// The object on standard output, whose rows are written one by one: as a value they would take several times the room
/// of what was found.
struct Answer<'a> {
    object: &'a serde_json::Value,
    rows: Option<&'a [Vec<Neighbor>]>,
    /// The memory, if it has labels.
    labels: Option<&'a Memory>,
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.object.as_object().into_iter().flatten() {
            map.serialize_entry(name, value)?;
        }
        if let Some(found) = self.rows {
            map.serialize_entry("ids", &Rows(found, |neighbor| neighbor.id))?;
            map.serialize_entry("distances", &Rows(found, |neighbor| neighbor.distance.into()))?;
            if let Some(memory) = self.labels {
                let of = |found: &Vec<Neighbor>| found.iter().map(|n| memory.label(n.id)).collect::<Vec<_>>();
                map.serialize_entry("labels", &found.iter().map(of).collect::<Vec<_>>())?;
            }
        }
        map.end()
    }
}

/// A number of each neighbour, query by query.
struct Rows<'a, T>(&'a [T], fn(&Neighbor) -> u64);

impl Serialize for Rows<'_, Vec<Neighbor>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|row| Rows(row, self.1)))
    }
}

impl Serialize for Rows<'_, Neighbor> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(self.1))
    }
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
