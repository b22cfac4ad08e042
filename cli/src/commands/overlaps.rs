//! `popfield overlaps`: every query against every key.

use popfield::{Memory, Queries};

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
    let (what, kind) = match args.distances {
        false => {
            written(&mut file, &memory, queries, |some, out| memory.overlaps_into(some, out))?;
            ("overlaps", "int32")
        }
        true if memory.dim() <= usize::from(u16::MAX) => {
            written::<u16>(&mut file, &memory, queries, |some, out| memory.distances_into(some, out))?;
            ("distances", "uint16")
        }
        true => {
            written::<u32>(&mut file, &memory, queries, |some, out| memory.distances_into(some, out))?;
            ("distances", "uint32")
        }
    };
    note(&loaded.notes);
    deliver([file], || {
        facts(&[
            (what, path.display().to_string()),
            ("queries", loaded.in_words()),
            ("shape", format!("({}, {}) of {kind}", queries.len(), memory.len())),
        ])
    })
}

/// Writes the matrix that `fill` fills in for some queries at a time.
fn written<T: npyz::AutoSerialize + Copy + Default>(
    file: &mut OutFile,
    memory: &Memory,
    queries: &Queries,
    fill: impl Fn(&Queries, &mut [T]) -> popfield::Result<()>,
) -> Result<()> {
    let path = file.path().to_owned();
    let failed = |error| Failure::writing(&path, &error);
    let mut writer = npy::<T>(file, &[queries.len() as u64, memory.len() as u64]).map_err(failed)?;
    let bar = progress(queries.len() as u64, "overlaps");
    let at_once = (HELD / memory.len()).clamp(1, queries.len().max(1));
    let mut held = room_for(at_once * memory.len())?;
    for start in (0..queries.len()).step_by(at_once) {
        let some = queries.range(start..start + at_once)?;
        held.resize(some.len() * memory.len(), T::default());
        fill(&some, &mut held)?;
        writer.extend(held.iter().copied()).map_err(failed)?;
        bar.inc(some.len() as u64);
    }
    writer.finish().map_err(failed)?;
    bar.finish_and_clear();
    Ok(())
}

/// An empty vector with room for `len` entries, for what may be too large for the machine.
fn room_for<T>(len: usize) -> Result<Vec<T>> {
    let mut room = Vec::new();
    let bytes = (len as u64).saturating_mul(size_of::<T>() as u64);
    room.try_reserve_exact(len).map_err(|_| popfield::Error::OutOfMemory { what: "overlaps", bytes })?;
    Ok(room)
}
