//! `popfield noise`: stored keys with noise into a file, as queries.

use popfield::patterns::{NoiseModel, add_noise, flips};
use serde_json::json;

use super::random::{order, shape};
use super::recall::write_patterns;
use crate::args::NoiseArgs;
use crate::failure::Result;
use crate::memory::open;
use crate::output::{OutFile, check_distinct, check_ending, deliver, npy, say, written};
use crate::report::{facts, spinner};

/// What keys are drawn for: those of `popfield bench` under the same seed.
const PURPOSE: &str = "queries";

pub fn run(args: &NoiseArgs) -> Result<()> {
    crate::use_threads(args.threads)?;
    let outputs = [Some(args.out.as_path()), args.ids_out.as_deref()];
    outputs.into_iter().flatten().try_for_each(|path| check_ending(path, "npy"))?;
    check_distinct(&outputs, &[&args.of])?;
    let (memory, load_seconds) = open(&args.of)?;
    let out = OutFile::create(&args.out)?;
    let ids_out = args.ids_out.as_deref().map(OutFile::create).transpose()?;
    let spinner = spinner(format!("drawing {} keys", args.count));
    let keys = memory.keys();
    let (model, packed) = (args.noise_model, order(args.packed, memory.notes()));
    let noisy = add_noise(&keys.choose(args.count, args.seed, PURPOSE)?, args.noise, model, args.seed)?;
    spinner.set_message(format!("writing {}", args.out.display()));
    let out = written(out, |file| write_patterns(file, &noisy, packed))?;
    let ids = keys.choose_ids(args.count, args.seed, PURPOSE)?;
    let write_ids = |file: &mut OutFile| {
        let mut writer = npy::<u64>(file, &[args.count as u64])?;
        writer.extend(ids)?;
        writer.finish()
    };
    let ids_out = ids_out.map(|file| written(file, write_ids)).transpose()?;
    spinner.finish_and_clear();
    // Which fraction was asked for, and how many positions of each key that is where it is the same for all.
    let flips = (model == NoiseModel::Exact).then(|| flips(args.noise, memory.dim()));
    deliver([Some(out), ids_out].into_iter().flatten(), || {
        if args.json {
            return say(json!({
                "count": noisy.len(),
                "patterns": memory.len(),
                "dim": memory.dim(),
                "noise": args.noise,
                "flips": flips,
                "seed": args.seed,
                "packed": packed.is_some(),
                "out": args.out.display().to_string(),
                "ids_out": args.ids_out.as_ref().map(|path| path.display().to_string()),
                "load_seconds": load_seconds,
            }));
        }
        let flipped = match flips {
            Some(flips) => format!("{flips} of {} positions flipped in each", memory.dim()),
            None => format!("each position flipped with probability {}", args.noise),
        };
        let (of, out) = (args.of.display(), args.out.display());
        let mut rows = vec![
            ("queries", format!("{out}, {} of the {} keys of {of} by seed {}", noisy.len(), memory.len(), args.seed)),
            ("noise", flipped),
            ("shape", shape(&noisy, packed)),
        ];
        rows.extend(args.ids_out.as_ref().map(|path| ("ids", path.display().to_string())));
        facts(&rows)
    })
}
