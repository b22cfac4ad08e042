//! `popfield learn`: weights by a rule, what they recall, and the weights themselves.

use std::io::Write;
use std::time::Instant;

use popfield::dynamics::Diagonal;
use popfield::learning::Weights;
use popfield::{Memory, Tie};
use serde_json::{Value, json};

use crate::args::Learn;
use crate::failure::Result;
use crate::memory::open;
use crate::output::{OutFile, check_distinct, check_ending, deliver, npy, say, written};
use crate::report::{diagonal_in_words, facts, identity_in_words, progress, seconds, spinner};

/// Keys recalled at a stretch.
const BATCH: usize = 1024;

pub fn run(args: &Learn) -> Result<()> {
    let threads = crate::use_threads(args.threads)?;
    check_distinct(&[args.out.as_deref()], &[&args.memory])?;
    args.out.as_deref().map_or(Ok(()), |path| check_ending(path, "npy"))?;
    let rule = args.rule.rule(args.moore_penrose)?;
    let (memory, load_seconds) = open(&args.memory)?;
    let out = args.out.as_deref().map(OutFile::create).transpose()?;
    let diagonal = args.diagonal;
    // What recalls a key where the self-term is left out is a step of dynamics, where ties stay.
    let step = memory.is_auto_associative() && diagonal == Diagonal::Zero;
    let tie = args.tie.unwrap_or(if step { Tie::Stay } else { Tie::Plus });

    let spinner = spinner(format!("learning {} patterns by {}", memory.len(), rule.name()));
    let start = Instant::now();
    let network = rule.learn(&memory)?;
    let learn_seconds = start.elapsed().as_secs_f64();
    spinner.finish_and_clear();
    let bar = progress(memory.len() as u64, "keys recalled");
    let start = Instant::now();
    let (mut right, mut tied) = (0, 0);
    for first in (0..memory.len()).step_by(BATCH) {
        let last = memory.len().min(first + BATCH);
        let recalled = network.recall(&memory.keys().range(first..last)?.into(), diagonal, 1, tie)?;
        let values = memory.values().range(first..last)?;
        right += recalled.patterns.iter().zip(values.iter()).filter(|(found, value)| found == value).count();
        tied += recalled.tied_bits.iter().sum::<u64>();
        bar.inc((last - first) as u64);
    }
    let recall_seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let mut error = None;
    let out = match out {
        None => None,
        Some(file) => {
            let weights = zeroed(network.weights()?, diagonal);
            error = Some(weights.error);
            Some(written(file, |file| write(file, &weights))?)
        }
    };
    let learned = network.facts();
    deliver(out, || {
        if args.json {
            let mut object = json!({
                "rule": rule.name(),
                "moore_penrose": args.moore_penrose,
                "diagonal": diagonal.name(),
                "tie": tie.name(),
                "patterns": memory.len(),
                "dim": memory.dim(),
                "value_dim": memory.value_dim(),
                "recalled": right as f64 / memory.len() as f64,
                "tied_bits": tied,
                "weights_error": error,
                "seconds": learn_seconds,
                "recall_seconds": recall_seconds,
                "load_seconds": load_seconds,
                "threads": threads,
            });
            if network.is_identity() {
                object["identity"] = json!(true);
            }
            learned.iter().for_each(|(name, figure)| object[name.replace(' ', "_")] = integral(*figure));
            return say(object);
        }
        let mut rows =
            vec![("memory", shape(&memory)), ("rule", format!("{}, {}", rule.name(), diagonal_in_words(diagonal)))];
        rows.extend(network.is_identity().then(|| ("weights", identity_in_words(diagonal).to_owned())));
        rows.extend([
            ("recalled", format!("{right} of {} keys in every bit, in one step", memory.len())),
            ("ties", format!("{tied} tied bits, decided by policy `{}`", tie.name())),
            ("learned in", format!("{}, recalled in {}", seconds(learn_seconds), seconds(recall_seconds))),
        ]);
        rows.extend(error.map(|error| ("weights off by at most", figure_of(error))));
        rows.extend(learned.iter().map(|&(name, figure)| (name, figure_of(figure))));
        facts(&rows)
    })
}

/// Associations and their dimensions.
pub fn shape(memory: &Memory) -> String {
    match memory.is_auto_associative() {
        true => format!("{} patterns of dimension {}, auto-associative", memory.len(), memory.dim()),
        false => format!("{} associations from dimension {} to {}", memory.len(), memory.dim(), memory.value_dim()),
    }
}

/// A figure that is a whole number as one.
fn integral(figure: f64) -> Value {
    if figure.fract() == 0.0 && figure.abs() < 1e15 { json!(figure as i64) } else { json!(figure) }
}

fn figure_of(figure: f64) -> String {
    if figure.fract() == 0.0 && figure.abs() < 1e9 { format!("{figure}") } else { format!("{figure:.3e}") }
}

fn zeroed(mut weights: Weights, diagonal: Diagonal) -> Weights {
    if diagonal == Diagonal::Zero {
        weights.elements.iter_mut().step_by(weights.dim + 1).for_each(|weight| *weight = 0.0);
    }
    weights
}

fn write(file: &mut OutFile, weights: &Weights) -> std::io::Result<()> {
    let mut writer = npy::<f64>(file, &[weights.value_dim as u64, weights.dim as u64])?;
    writer.extend(weights.elements.iter().copied())?;
    writer.finish()?;
    file.flush()
}
