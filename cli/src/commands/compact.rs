//! `popfield compact`: the space of what was forgotten, given back.

use popfield::Progress;
use popfield::store::Store;
use serde_json::json;

use super::followed::Followed;
use crate::args::{Compact, Threads};
use crate::failure::{Failure, Result, about};
use crate::memory::{Kind, kind_of};
use crate::output::say;
use crate::report::{bytes, facts, progress, tell};

pub fn run(args: &Compact) -> Result<()> {
    if kind_of(&args.memory)? == Kind::File {
        let file = args.memory.display();
        return Err(Failure::usage(format!(
            "{file}: is one file, which has nothing to compact; `popfield create STORE --from {file}` makes a memory that has"
        )));
    }
    // Before anything asks for threads that cannot be had.
    crate::use_threads(Threads::default())?;
    let mut store = Store::open(&args.memory).map_err(about(&args.memory))?;
    // It is mapped as it was, so that all that is rewritten takes its space on the disk until the index has followed.
    let followed = Followed::of(&args.memory);
    let (before, segments) = (store.snapshot().bytes(), store.snapshot().segments());
    let bar = progress(store.snapshot().len(), "associations");
    store.compact(Progress::new(&tell(&bar))).map_err(about(&args.memory))?;
    bar.finish_and_clear();
    let after = store.snapshot().clone();
    // Its lock is the one that writes an index as well.
    drop(store);
    let index = followed.update();
    if args.json {
        say(json!({
            "patterns": after.len(),
            "bytes_before": before,
            "bytes": after.bytes(),
            "segments_before": segments,
            "segments": after.segments(),
            "index": index.json(),
        }))?;
    } else {
        let mut rows = vec![
            ("memory", args.memory.display().to_string()),
            ("size", format!("{}, {} before", bytes(after.bytes() as f64), bytes(before as f64))),
            ("segments", format!("{}, {segments} before", after.segments())),
        ];
        rows.extend(index.fact());
        facts(&rows)?;
    }
    index.write();
    Ok(())
}
