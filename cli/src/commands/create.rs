//! `popfield create`: patterns from files into a new memory.

use popfield::Memory;
use popfield::patterns::Notes;
use popfield::store::{Snapshot, Store, WriterLock};
use serde_json::json;

use super::store::{Files, rows_together, store_of};
use crate::args::Create;
use crate::failure::{Failure, Result, about};
use crate::input::notes_of;
use crate::memory::{Kind, Whole, kind_of, open_whole};
use crate::output::{OutStore, check_distinct, say};
use crate::report::{bytes, facts, note};

pub fn run(args: &Create) -> Result<()> {
    crate::use_threads(args.threads)?;
    let files = Files::find(&args.keys, &args.associations, &args.input)?;
    let mut inputs = files.paths();
    inputs.extend(args.from.as_deref());
    check_distinct(&[Some(&args.memory)], &inputs)?;
    if args.memory.symlink_metadata().is_ok() {
        if !args.force {
            return Err(Failure::usage(format!("{}: exists already; --force replaces it", args.memory.display())));
        }
        let is_memory = match kind_of(&args.memory) {
            Ok(Kind::Store) => match Snapshot::foreign(&args.memory).map_err(about(&args.memory))? {
                None => true,
                Some(foreign) => {
                    let memory = args.memory.display();
                    let why = "which is no file of a memory: --force replaces memories, and nothing else";
                    return Err(Failure::usage(format!("{memory}: holds {foreign}, {why}")));
                }
            },
            Ok(Kind::File) => Memory::is_memory(&args.memory).map_err(about(&args.memory))?,
            Err(_) => false,
        };
        if !is_memory {
            let why = "is no memory: --force replaces only memories";
            return Err(Failure::usage(format!("{}: {why}", args.memory.display())));
        }
    }
    // Whoever writes to what is replaced would go on in what has taken its place.
    let there = args.memory.exists();
    let _locked = there.then(|| WriterLock::take(&args.memory)).transpose().map_err(about(&args.memory))?;
    let out = OutStore::create(&args.memory)?;
    let make =
        |dim, value_dim, notes: Notes| Store::create(out.path(), dim, value_dim, notes).map_err(about(&args.memory));
    let (store, read, notes) = match &args.from {
        Some(from) => {
            let store = match open_whole(from)? {
                Whole::Memory(memory) => store_of(&memory, out.path())?,
                Whole::Empty(empty) => {
                    let mut store = make(empty.dim(), empty.value_dim(), empty.notes().clone())?;
                    // Ids that were given stay given.
                    let mut appending = store.begin()?;
                    appending.count_from(empty.next_id());
                    appending.commit()?;
                    store
                }
            };
            (store, vec![("from", from.display().to_string())], Vec::new())
        }
        None if args.keys.is_empty() => {
            let dim = args.input.dim.ok_or_else(|| Failure::usage("expected --keys, --from or --dim"))?;
            if let Some(method) = args.input.binarize.filter(|method| method.constant().is_none()) {
                let why = "thresholds are drawn from keys, found none: expected sign or a number";
                return Err(Failure::usage(format!("--binarize {method}: {why}")));
            }
            let notes = notes_of(&args.input, None, [None, None])?;
            (make(dim, args.associations.value_dim, notes)?, Vec::new(), Vec::new())
        }
        None => {
            let mut associations = files.open(&args.input, None, None, &Notes::new())?;
            associations.draw_thresholds(&args.input)?;
            // The first of them tell the dimensions.
            let dims = associations.dims()?;
            let first = associations
                .next(rows_together(dims))?
                .ok_or_else(|| Failure::input("keys: expected at least one pattern, found none"))?;
            let (dim, value_dim) = (first.keys.dim(), first.values.as_ref().map(popfield::Patterns::dim));
            let notes = notes_of(&args.input, associations.keys.shape, associations.thresholds())?;
            let mut store = make(dim, value_dim, notes)?;
            let mut appending = store.begin()?;
            associations.append(Some(first), &mut appending, [dim, value_dim.unwrap_or(dim)])?;
            appending.commit().map_err(|error| associations.about(error))?;
            let (read, notes) = associations.told();
            (store, read, notes)
        }
    };
    let snapshot = store.snapshot().clone();
    // The lock goes with the store.
    drop(store);
    note(&notes);
    out.deliver(args.force, || {
        if args.json {
            return say(json!({
                "patterns": snapshot.len(),
                "dim": snapshot.dim(),
                "value_dim": snapshot.value_dim().unwrap_or(snapshot.dim()),
                "auto_associative": snapshot.value_dim().is_none(),
                "bytes": snapshot.bytes(),
                "next_id": snapshot.next_id(),
            }));
        }
        let kind = if snapshot.value_dim().is_none() { "auto-associative" } else { "hetero-associative" };
        let mut rows = vec![("memory", args.memory.display().to_string())];
        rows.extend(read);
        rows.extend([
            ("patterns", format!("{}, {kind}", snapshot.len())),
            ("dimension", format!("{} → {}", snapshot.dim(), snapshot.value_dim().unwrap_or(snapshot.dim()))),
            ("size", bytes(snapshot.bytes() as f64)),
        ]);
        facts(&rows)
    })
}
