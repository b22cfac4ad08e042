//! `popfield info`: what a memory holds; which tiers this CPU has.

use popfield::tiers::{TIERS, Tier};
use serde_json::json;

use crate::args::Info;
use crate::failure::{Result, about};
use crate::output::say;
use crate::report::{bytes, facts, open, table};

pub fn run(args: &Info) -> Result<()> {
    match &args.memory {
        Some(path) => {
            let (memory, load_seconds) = open(path)?;
            let file_bytes = path.metadata().map_err(popfield::Error::from).map_err(about(path))?.len();
            if args.json {
                return say(json!({
                    "patterns": memory.len(),
                    "dim": memory.dim(),
                    "value_dim": memory.value_dim(),
                    "auto_associative": memory.is_auto_associative(),
                    "bytes": memory.bytes(),
                    "file_bytes": file_bytes,
                    "load_seconds": load_seconds,
                    "tier": memory.tier().name(),
                }));
            }
            let kind = if memory.is_auto_associative() { "auto-associative" } else { "hetero-associative" };
            facts(&[
                ("memory", path.display().to_string()),
                ("patterns", format!("{}, {kind}", memory.len())),
                ("dimension", format!("{} → {}", memory.dim(), memory.value_dim())),
                ("size", format!("{}, {} on disk", bytes(memory.bytes() as f64), bytes(file_bytes as f64))),
                ("tier", memory.tier().name().to_owned()),
            ])
        }
        None => tiers(args.json),
    }
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
    let mut table = table(&["tier", "how it counts", "on this CPU"]);
    table.column_iter_mut().for_each(|column| {
        column.set_cell_alignment(comfy_table::CellAlignment::Left);
    });
    for info in TIERS {
        let state = match info.tier() {
            None => format!("skipped: CPU lacks {}", info.needs),
            Some(_) if info.name == active => "active".to_owned(),
            Some(_) => "supported".to_owned(),
        };
        table.add_row([info.name, info.description, &state]);
    }
    say(table)
}
