//! `popfield create`: patterns from files into a memory file.

use popfield::Memory;

use crate::args::Create;
use crate::args::QueryInput;
use crate::failure::{Failure, Result, about};
use crate::input::{Reading, Source, check_options};
use crate::output::{OutFile, check_distinct, deliver};
use crate::report::{bytes, facts, note, spinner};

pub fn run(args: &Create) -> Result<()> {
    crate::use_threads(args.threads)?;
    let find = |path| Source::find(path, args.input.format);
    let (keys_source, values_source) = (find(&args.keys)?, args.values.as_ref().map(|path| find(path)).transpose()?);
    let sources: Vec<&Source> = [Some(&keys_source), values_source.as_ref()].into_iter().flatten().collect();
    check_options(&args.input, QueryInput::default(), &sources, false)?;
    check_distinct(&[Some(&args.memory)], &sources.iter().map(|source| source.path()).collect::<Vec<_>>())?;
    if args.force && args.memory.exists() && !Memory::is_memory(&args.memory).map_err(about(&args.memory))? {
        let why = "is no memory: --force replaces only memories";
        return Err(Failure::usage(format!("{}: {why}", args.memory.display())));
    }
    let mut out = if args.force { OutFile::create(&args.memory)? } else { OutFile::create_new(&args.memory)? };
    let progress = spinner(format!("reading {}", keys_source.name()));
    let keys = Reading::stored(&keys_source, "keys", args.input.dim, &args.input).read()?;
    let mut notes = keys.notes.clone();
    let mut read = vec![("keys", keys.in_words())];
    let keys = keys.into_patterns();
    let memory = match &values_source {
        None => Memory::auto_associative(keys),
        Some(source) => {
            progress.set_message(format!("reading {}", source.name()));
            // Packed values do not tell their dimension; others do, and --dim speaks of the keys.
            let dim = args.value_dim.or(args.input.dim.filter(|_| args.input.packed && source.kind().is_array()));
            let values = Reading::stored(source, "values", dim, &args.input).read()?;
            notes.extend(values.notes.iter().cloned());
            read.push(("values", values.in_words()));
            Memory::hetero_associative(keys, values.into_patterns())
        }
    }?;
    progress.set_message(format!("writing {}", args.memory.display()));
    memory.write_to(&mut out).map_err(|error| match error {
        popfield::Error::Io(error) => Failure::writing(out.path(), &error),
        error => error.into(),
    })?;
    progress.finish_and_clear();
    let kind = if memory.is_auto_associative() { "auto-associative" } else { "hetero-associative" };
    note(&notes);
    deliver([out], || {
        let mut rows = vec![("memory", args.memory.display().to_string())];
        rows.extend(read);
        rows.extend([
            ("patterns", format!("{}, {kind}", memory.len())),
            ("dimension", format!("{} → {}", memory.dim(), memory.value_dim())),
            ("size", bytes(memory.bytes() as f64)),
        ]);
        facts(&rows)
    })
}
