//! `popfield create`: patterns from files into a memory file.

use popfield::Memory;

use crate::args::Create;
use crate::failure::{Failure, Result};
use crate::input::{Reading, check_options};
use crate::output::{OutFile, check_distinct, deliver};
use crate::report::{bytes, facts, spinner};

pub fn run(args: &Create) -> Result<()> {
    crate::use_threads(args.threads)?;
    let inputs: Vec<_> =
        [Some(&args.keys), args.values.as_ref()].into_iter().flatten().map(|path| path.as_path()).collect();
    check_options(&args.input, &inputs, false)?;
    check_distinct(&[Some(&args.memory)], &inputs)?;
    let mut out = if args.force { OutFile::create(&args.memory)? } else { OutFile::create_new(&args.memory)? };
    let progress = spinner(format!("reading {}", args.keys.display()));
    let keys = Reading::stored(&args.keys, "keys", args.input.dim, &args.input).read_patterns()?;
    let memory = match &args.values {
        None => Memory::auto_associative(keys),
        Some(path) => {
            progress.set_message(format!("reading {}", path.display()));
            // Packed values do not tell their dimension; others do, and --dim speaks of the keys.
            let dim = args.value_dim.or(if args.input.packed { args.input.dim } else { None });
            let values = Reading::stored(path, "values", dim, &args.input).read_patterns()?;
            Memory::hetero_associative(keys, values)
        }
    }?;
    progress.set_message(format!("writing {}", args.memory.display()));
    memory.write_to(&mut out).map_err(|error| match error {
        popfield::Error::Io(error) => Failure::writing(out.path(), &error),
        error => error.into(),
    })?;
    progress.finish_and_clear();
    let kind = if memory.is_auto_associative() { "auto-associative" } else { "hetero-associative" };
    deliver([out], || {
        facts(&[
            ("memory", args.memory.display().to_string()),
            ("patterns", format!("{}, {kind}", memory.len())),
            ("dimension", format!("{} → {}", memory.dim(), memory.value_dim())),
            ("size", bytes(memory.bytes() as f64)),
        ])
    })
}
