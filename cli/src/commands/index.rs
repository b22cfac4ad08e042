//! `popfield index`: tables beside a memory, by which it answers without a scan.

use std::path::Path;
use std::time::Instant;

use popfield::index::{IndexInfo, IndexOptions};
use popfield::{Memory, Progress};
use serde_json::json;

use crate::args::IndexArgs;
use crate::failure::{Failure, Result, about};
use crate::memory::open;
use crate::output::say;
use crate::report::{bytes, facts, progress, seconds, spinner, tell};

pub fn run(args: &IndexArgs) -> Result<()> {
    crate::use_threads(args.threads)?;
    if args.remove {
        crate::memory::kind_of(&args.memory)?;
        let removed = Memory::remove_index(&args.memory).map_err(about(&args.memory))?;
        if args.json {
            return say(json!({ "removed": removed }));
        }
        let done = if removed { "taken away" } else { "there was none" };
        return facts(&[("memory", args.memory.display().to_string()), ("index", done.to_owned())]);
    }
    let (mut memory, _) = open(&args.memory)?;
    let start = Instant::now();
    if args.update {
        update(&mut memory, &args.memory)?;
    } else {
        let mut options = IndexOptions::default();
        (options.tables, options.chunk, options.budget) = (args.tables, args.chunk, args.budget);
        let before = bytes(memory.index_bytes(options)? as f64);
        let bar = spinner(format!("making tables of {before}, more where patterns have much in common"));
        memory.build_index(options, Progress::new(&tell(&bar)))?;
        bar.finish_and_clear();
    }
    let built = start.elapsed().as_secs_f64();
    memory.write_index(&args.memory).map_err(about(&args.memory))?;
    let Some(info) = memory.index_info() else { return Ok(()) };
    let place = Memory::index_path(&args.memory);
    if args.json {
        let mut object = of_index(info);
        object["path"] = json!(place.display().to_string());
        object["seconds"] = json!(built);
        return say(object);
    }
    facts(&[
        ("memory", args.memory.display().to_string()),
        ("patterns", format!("{} of dimension {}", memory.len(), memory.dim())),
        ("index", in_words(info)),
        ("lies in", place.display().to_string()),
        ("time", seconds(built)),
    ])
}

/// Brings the index of `memory`, which lies at `path`, up to date.
fn update(memory: &mut Memory, path: &Path) -> Result<()> {
    if !memory.has_index() {
        let index = Memory::index_path(path);
        let why = memory.index_refused().map_or_else(|| "found none".into(), ToString::to_string);
        let cure = format!("`popfield index {}` makes one", path.display());
        return Err(Failure::input(format!(
            "{}: expected an index to bring up to date: {why}; {cure}",
            index.display()
        )));
    }
    let bar = progress(0, "bringing the index up to date");
    memory.update_index(Progress::new(&tell(&bar)))?;
    bar.finish_and_clear();
    Ok(())
}

/// What an index is, for programs.
pub fn of_index(info: IndexInfo) -> serde_json::Value {
    json!({
        "tables": info.tables,
        "chunk_bits": info.chunk,
        "chunk_positions": info.positions,
        "bytes": info.bytes,
        "covered": info.covered,
        "basins_radius": info.radius,
        "budgets_degree": info.degree,
    })
}

/// What an index is, for people.
pub fn in_words(info: IndexInfo) -> String {
    let mut basins = match info.radius {
        Some(radius) => format!("basins to distance {radius}"),
        None => "no basins".into(),
    };
    if let Some(degree) = info.degree {
        basins += &format!(", budgets from s^{degree} on");
    }
    let (tables, chunk, size) = (info.tables, info.chunk, bytes(info.bytes as f64));
    let folded = match info.positions > chunk as usize {
        true => format!(", each of {} positions", info.positions),
        false => String::new(),
    };
    format!("{tables} table{} of {chunk} bits{folded}, {basins}, {size}", if tables == 1 { "" } else { "s" })
}
