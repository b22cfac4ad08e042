//! `popfield random`: random patterns into a file.

use popfield::Patterns;
use popfield::patterns::{BitOrder, Notes};
use serde_json::json;

use super::recall::write_patterns;
use crate::args::{PackedArgs, RandomArgs};
use crate::failure::Result;
use crate::input::bit_order;
use crate::output::{OutFile, check_ending, deliver, say, written};
use crate::report::{facts, spinner};

pub fn run(args: &RandomArgs) -> Result<()> {
    crate::use_threads(args.threads)?;
    check_ending(&args.out, "npy")?;
    let out = OutFile::create(&args.out)?;
    let spinner = spinner(format!("drawing {} patterns", args.patterns));
    let patterns = Patterns::random(args.patterns, args.dim, args.seed, "keys")?;
    let packed = order(args.packed, &Notes::new());
    spinner.set_message(format!("writing {}", args.out.display()));
    let out = written(out, |file| write_patterns(file, &patterns, packed))?;
    spinner.finish_and_clear();
    deliver([out], || {
        if args.json {
            return say(json!({
                "patterns": patterns.len(),
                "dim": patterns.dim(),
                "seed": args.seed,
                "packed": packed.is_some(),
                "out": args.out.display().to_string(),
            }));
        }
        facts(&[
            ("patterns", format!("{}, drawn at random by seed {}", args.out.display(), args.seed)),
            ("shape", shape(&patterns, packed)),
        ])
    })
}

/// The order of bits, where patterns are written packed, for a memory of such notes.
pub fn order(args: PackedArgs, notes: &Notes) -> Option<BitOrder> {
    args.packed_out.then(|| bit_order(args.bitorder, notes))
}

/// The array that patterns are written as, in words.
pub fn shape(patterns: &Patterns, packed: Option<BitOrder>) -> String {
    let (len, dim) = (patterns.len(), patterns.dim());
    match packed {
        None => format!("({len}, {dim}) of int8"),
        Some(_) => format!("({len}, {}) of uint8, {dim} bits packed", dim.div_ceil(8)),
    }
}
