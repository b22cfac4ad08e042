//! `popfield overlaps`: every query against every key.

use crate::args::Overlaps;
use crate::failure::{Failure, Result};
use crate::input::{Source, check_options, read_queries};
use crate::memory::open;
use crate::output::{OutFile, check_distinct, check_ending, deliver, npy};
use crate::report::{facts, note, progress};

/// Overlaps held at a time: 64 MiB of them.
const HELD: usize = 16 << 20;

pub fn run(args: &Overlaps) -> Result<()> {
    crate::use_threads(args.threads)?;
    let source = Source::find(&args.queries, args.input.format)?;
    check_options(&args.input, args.more, &[&source], false)?;
    check_distinct(&[Some(&args.out)], &[&args.memory, source.path()])?;
    check_ending(&args.out, "npy")?;
    let (memory, _) = open(&args.memory)?;
    let loaded = read_queries(&source, &memory, &args.input, args.more)?;
    let queries = &loaded.queries;
    let mut file = OutFile::create(&args.out)?;
    let path = file.path().to_owned();
    let failed = |error| Failure::writing(&path, &error);
    let mut writer = npy::<i32>(&mut file, &[queries.len() as u64, memory.len() as u64]).map_err(failed)?;
    let bar = progress(queries.len() as u64, "overlaps");
    let at_once = (HELD / memory.len()).max(1);
    for start in (0..queries.len()).step_by(at_once) {
        let some = queries.range(start..start + at_once)?;
        writer.extend(memory.overlaps(&some)?).map_err(failed)?;
        bar.inc(some.len() as u64);
    }
    writer.finish().map_err(failed)?;
    bar.finish_and_clear();
    note(&loaded.notes);
    deliver([file], || {
        facts(&[
            ("overlaps", path.display().to_string()),
            ("queries", loaded.in_words()),
            ("shape", format!("({}, {}) of int32", queries.len(), memory.len())),
        ])
    })
}
