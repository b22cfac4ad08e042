//! `popfield info`: what a memory holds; which tiers this CPU has.

use std::path::Path;
use std::time::Instant;

use popfield::Memory;
use popfield::index::IndexInfo;
use popfield::store::{Backend, Snapshot};
use popfield::tiers::{TIERS, Tier};
use serde_json::json;

use super::index::{in_words, of_index};
use crate::args::Info;
use crate::failure::{Result, about};
use crate::input::notes_in_words;
use crate::memory::{Kind, kind_of, open};
use crate::output::say;
use crate::report::{bytes, facts};
use crate::table::Table;

pub fn run(args: &Info) -> Result<()> {
    match &args.memory {
        Some(path) => match kind_of(path)? {
            Kind::Store => of_store(path, args.json),
            Kind::File => of_file(path, args.json),
        },
        None => tiers(args.json),
    }
}

/// What is said of memories with labels.
const LABELLED: &str = "patterns have names, by which answers tell of them";

/// What the manifest tells; the patterns themselves are not read.
fn of_store(path: &Path, as_json: bool) -> Result<()> {
    let start = Instant::now();
    let store = Snapshot::open(path, Backend::Mmap).map_err(about(path))?;
    let (load_seconds, tier) = (start.elapsed().as_secs_f64(), Tier::from_env().map_err(popfield::Error::from)?);
    let value_dim = store.value_dim().unwrap_or(store.dim());
    let index = index(path);
    if as_json {
        return say(json!({
            "kind": "store",
            "patterns": store.len(),
            "dim": store.dim(),
            "value_dim": value_dim,
            "auto_associative": store.value_dim().is_none(),
            "bytes": store.pattern_bytes(),
            "file_bytes": store.bytes(),
            "forgotten": store.forgotten(),
            "segments": store.segments(),
            "generation": store.generation(),
            "next_id": store.next_id(),
            "labels": store.has_labels(),
            "index": index.map(of_index),
            "notes": store.notes(),
            "load_seconds": load_seconds,
            "tier": tier.name(),
        }));
    }
    let kind = if store.value_dim().is_none() { "auto-associative" } else { "hetero-associative" };
    let forgotten = match store.forgotten() {
        0 => String::new(),
        forgotten => format!("; {forgotten} forgotten, whose space `popfield compact` gives back"),
    };
    let mut rows = vec![
        ("memory", path.display().to_string()),
        ("patterns", format!("{}, {kind}{forgotten}", store.len())),
        ("dimension", format!("{} → {value_dim}", store.dim())),
        (
            "size",
            format!(
                "{} to scan, {} on disk in {} segment{}",
                bytes(store.pattern_bytes() as f64),
                bytes(store.bytes() as f64),
                store.segments(),
                if store.segments() == 1 { "" } else { "s" }
            ),
        ),
        ("commits", format!("{}; the next id counted is {}", store.generation(), store.next_id())),
    ];
    rows.extend(store.has_labels().then(|| ("labels", LABELLED.to_owned())));
    rows.extend(index.map(|index| ("index", in_words(index))));
    rows.extend((!store.notes().is_empty()).then(|| ("read as", notes_in_words(store.notes()))));
    rows.push(("tier", tier.name().to_owned()));
    facts(&rows)
}

fn of_file(path: &Path, as_json: bool) -> Result<()> {
    let (memory, load_seconds) = open(path)?;
    let index = index(path);
    let file_bytes = path.metadata().map_err(popfield::Error::from).map_err(about(path))?.len();
    if as_json {
        return say(json!({
            "kind": "file",
            "patterns": memory.len(),
            "dim": memory.dim(),
            "value_dim": memory.value_dim(),
            "auto_associative": memory.is_auto_associative(),
            "bytes": memory.bytes(),
            "file_bytes": file_bytes,
            "next_id": memory.next_id(),
            "labels": memory.has_labels(),
            "index": index.map(of_index),
            "notes": memory.notes(),
            "load_seconds": load_seconds,
            "tier": memory.tier().name(),
        }));
    }
    let kind = if memory.is_auto_associative() { "auto-associative" } else { "hetero-associative" };
    let mut rows = vec![
        ("memory", path.display().to_string()),
        ("patterns", format!("{}, {kind}", memory.len())),
        ("dimension", format!("{} → {}", memory.dim(), memory.value_dim())),
        ("size", format!("{}, {} on disk", bytes(memory.bytes() as f64), bytes(file_bytes as f64))),
    ];
    rows.extend(memory.has_labels().then(|| ("labels", LABELLED.to_owned())));
    rows.extend(index.map(|info| ("index", in_words(info))));
    rows.extend((!memory.notes().is_empty()).then(|| ("read as", notes_in_words(memory.notes()))));
    rows.push(("tier", memory.tier().name().to_owned()));
    facts(&rows)
}

/// What the index beside the memory at `path` says of itself, should there be one. Whether it is whole, and of these
/// patterns, is seen when it is asked; `verify` tells.
fn index(path: &Path) -> Option<IndexInfo> {
    Memory::index_header(path).ok().flatten()
}

fn tiers(as_json: bool) -> Result<()> {
    let active = Tier::from_env().map_err(popfield::Error::from)?.name();
    if as_json {
        let tiers: Vec<_> = TIERS
            .iter()
            .map(|info| {
                json!({
                    "name": info.name,
                    "description": info.description,
                    "needs": info.needs,
                    "supported": info.tier().is_some(),
                    "active": info.name == active,
                })
            })
            .collect();
        return say(json!({ "tiers": tiers }));
    }
    let mut table = Table::new(["tier", "how it counts", "on this CPU"]).words(&[1, 2]);
    for info in TIERS {
        let state = match info.tier() {
            None => format!("skipped: CPU lacks {}", info.needs),
            Some(_) if info.name == active => "active".to_owned(),
            Some(_) => "supported".to_owned(),
        };
        table.add_row([info.name, info.description, &state]);
    }
    table.say()
}
