//! `popfield export`: what a memory holds, as an array or as one file.

use popfield::{Memory, Progress};
use serde_json::json;

use super::recall::write_each;
use super::store::write;
use crate::args::{Export, Threads};
use crate::failure::{Failure, Result, about};
use crate::input::bit_order;
use crate::memory::open_whole;
use crate::output::{OutFile, check_distinct, deliver, npy, say, written};
use crate::report::{bytes, facts, progress, tell};

pub fn run(args: &Export) -> Result<()> {
    check_distinct(&[Some(&args.out), args.ids_out.as_deref()], &[&args.memory])?;
    let as_memory = match args.out.extension().and_then(|ending| ending.to_str()) {
        Some("npy") => false,
        Some("pop") => true,
        _ => {
            let out = args.out.display();
            return Err(Failure::usage(format!("{out}: expected an ending .npy, the patterns, or .pop, the memory")));
        }
    };
    if as_memory && (args.values || args.packed_out) {
        return Err(Failure::usage("--values and --packed-out are for --out F.npy, found F.pop"));
    }
    if as_memory && args.force && args.out.exists() && !Memory::is_memory(&args.out).map_err(about(&args.out))? {
        let why = "is no memory: --force replaces only memories";
        return Err(Failure::usage(format!("{}: {why}", args.out.display())));
    }
    // Before anything asks for threads that cannot be had.
    crate::use_threads(Threads::default())?;
    let whole = open_whole(&args.memory)?;
    if as_memory && whole.memory().is_none() {
        let (memory, hint) = (args.memory.display(), "one file cannot be; --out F.npy writes arrays without rows");
        return Err(Failure::input(format!("{memory}: the memory is empty, which {hint}")));
    }
    let memory = whole.memory();
    let (len, dim) = (memory.map_or(0, Memory::len), if args.values { whole.value_dim() } else { whole.dim() });
    let mut out = if as_memory && !args.force { OutFile::create_new(&args.out)? } else { OutFile::create(&args.out)? };
    let mut ids_out = args.ids_out.as_deref().map(OutFile::create).transpose()?;
    let bar = progress(memory.map_or(0, Memory::bytes) as u64, "bytes");
    let out = match memory {
        Some(memory) if as_memory => {
            write(memory.watched(Progress::new(&tell(&bar))), &mut out)?;
            out
        }
        _ => {
            let patterns = memory.map(|memory| if args.values { memory.values() } else { memory.keys() });
            let packed = args.packed_out.then(|| bit_order(None, whole.notes()));
            written(out, |file| write_each(file, [len, dim], patterns.iter().flat_map(|all| all.iter()), packed))?
        }
    };
    if let Some(file) = ids_out.take() {
        ids_out = Some(written(file, |file| {
            let mut writer = npy::<u64>(file, &[len as u64])?;
            writer.extend(memory.iter().flat_map(|memory| memory.ids()))?;
            writer.finish()
        })?);
    }
    bar.finish_and_clear();
    deliver([Some(out), ids_out].into_iter().flatten(), || {
        let what = if as_memory {
            "memory"
        } else if args.values {
            "values"
        } else {
            "keys"
        };
        if args.json {
            return say(json!({
                "out": args.out.display().to_string(),
                "what": what,
                "patterns": len,
                "dim": dim,
            }));
        }
        let size = args.out.metadata().map_or(0, |there| there.len());
        facts(&[(what, format!("{}, {len} associations", args.out.display())), ("size", bytes(size as f64))])
    })
}
