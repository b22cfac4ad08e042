//! `popfield learn`: weights by a rule, what they recall, and the weights themselves.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::time::Instant;

use popfield::dynamics::Diagonal;
use popfield::learning::{Network, Weights};
use popfield::patterns::stream;
use popfield::{Memory, Pattern, Patterns, Progress, Tie};
use popfield_lab::{CONFIDENCE, Interval, stats};
use rand_xoshiro::rand_core::Rng;
use serde_json::{Value, json};

use crate::args::Learn;
use crate::failure::Result;
use crate::memory::open;
use crate::output::{OutFile, check_distinct, check_ending, deliver, interrupted, npy, say, written};
use crate::report::{bytes, diagonal_in_words, facts, identity_in_words, progress, seconds, tell};

/// Keys recalled at a stretch.
const BATCH: usize = 1024;

/// Keys whose recall tells how long that of all takes.
const PROBE: usize = 64;

/// Seconds that are told before they are spent.
const LONG: f64 = 10.0;

/// Keys that are offered as a sample: their share is known to 1 %.
const SAMPLE: usize = 10_000;

/// Operations that a processor does in a second, roughly: one to count on, where nothing was measured yet.
const RATE: f64 = 2e9;

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

    let cost = Cost::of(rule.name(), memory.len(), memory.dim());
    if cost.operations / RATE > LONG {
        tell_terminal(&format!("learning {} by {}: {}", shape(&memory), rule.name(), cost.in_words()));
    }
    let bar = progress(memory.len() as u64, "patterns learned");
    let start = Instant::now();
    let network = rule.learn_watched(&memory, Progress::new(&tell(&bar)))?;
    let learn_seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let asked = asked(memory.len(), args.sample, args.seed);
    if let Some(all) = recall_seconds(&memory, &*network, diagonal, tie, asked.len())?.filter(|all| *all > LONG) {
        tell_terminal(&too_many(asked.len(), all));
    }
    let bar = progress(asked.len() as u64, "keys recalled");
    let start = Instant::now();
    let (mut right, mut tied) = (0, 0);
    for places in asked.chunks(BATCH) {
        if interrupted() {
            return Err(popfield::Error::Interrupted.into());
        }
        let (here, ties) = recalled(&memory, &*network, diagonal, tie, places)?;
        (right, tied) = (right + here, tied + ties);
        bar.inc(places.len() as u64);
    }
    let recall_seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let share = stats::proportion(right, asked.len() as u64, CONFIDENCE);
    let sampled = asked.len() < memory.len();
    let mut bound = None;
    let out = match out {
        None => None,
        Some(file) => {
            let weights = zeroed(network.weights()?, diagonal);
            bound = Some(Bound::of(&weights));
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
                "asked": asked.len(),
                "recalled": share.value,
                "tied_bits": tied,
                "weights_error": bound.and_then(Bound::known),
                "seconds": learn_seconds,
                "recall_seconds": recall_seconds,
                "load_seconds": load_seconds,
                "threads": threads,
            });
            if sampled {
                object["recalled_interval"] = json!([share.low, share.high]);
                object["seed"] = json!(args.seed);
            }
            if network.is_identity() {
                object["identity"] = json!(true);
            }
            learned.iter().for_each(|(name, figure)| object[name.replace(' ', "_")] = integral(*figure));
            return say(object);
        }
        let mut rows =
            vec![("memory", shape(&memory)), ("rule", format!("{}, {}", rule.name(), diagonal_in_words(diagonal)))];
        rows.extend(network.is_identity().then(|| ("weights", identity_in_words(diagonal).to_owned())));
        let keys =
            if sampled { format!("{} keys drawn at random", asked.len()) } else { format!("{} keys", asked.len()) };
        rows.push(("recalled", format!("{right} of {keys} in every bit, in one step")));
        if sampled {
            let Interval { value, low, high } = share;
            let [value, low, high] = [value, low, high].map(|share| format!("{:.2} %", 100.0 * share));
            rows.push(("of all", format!("{value}, at 95 % {low} to {high}")));
        }
        rows.extend([
            ("ties", format!("{tied} tied bits, decided by policy `{}`", tie.name())),
            ("learned in", format!("{}, recalled in {}", seconds(learn_seconds), seconds(recall_seconds))),
        ]);
        rows.extend(bound.map(|bound| ("weights written", bound.in_words())));
        rows.extend(learned.iter().map(|&(name, figure)| (name, figure_of(figure))));
        facts(&rows)
    })
}

/// What people are told while they wait: on a terminal, as progress is.
fn tell_terminal(line: &str) {
    if std::io::stderr().is_terminal() {
        // Where nobody reads it, nobody is told.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// What learning comes to.
#[derive(Clone, Copy, Debug)]
struct Cost {
    operations: f64,
    bytes: f64,
}

impl Cost {
    /// Of a rule, `patterns` of dimension `dim`: as the rules themselves tell it.
    fn of(rule: &str, patterns: usize, dim: usize) -> Self {
        let (n, d) = (patterns as f64, dim as f64);
        let m = n.min(d);
        match rule {
            "pseudo-inverse" => {
                Self { operations: n * m * (d / 64.0).ceil() + 3.0 * m * m * m, bytes: 40.0 * m * m + n * d / 8.0 }
            }
            "storkey" => Self { operations: 4.0 * n * d * d, bytes: 24.0 * d * d },
            // The patterns are the weights.
            _ => Self { operations: 0.0, bytes: 0.0 },
        }
    }

    fn in_words(self) -> String {
        let (operations, long) = (self.operations, rough(self.operations / RATE));
        format!("some {operations:.0e} operations, {long}, and {} beside the patterns", bytes(self.bytes.round()))
    }
}

/// How long something takes, to no more digits than are known.
fn rough(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("about {:.0} seconds", s.max(1.0)),
        s if s < 5400.0 => format!("about {:.0} minutes", s / 60.0),
        s if s < 172_800.0 => format!("about {:.0} hours", s / 3600.0),
        s => format!("about {:.0} days", s / 86_400.0),
    }
}

/// What is said of keys whose recall takes so many seconds.
fn too_many(keys: usize, all: f64) -> String {
    let line = format!("recalling {keys} keys takes {}", rough(all));
    match keys {
        ..=SAMPLE => line,
        _ => {
            let few = rough(all * SAMPLE as f64 / keys as f64);
            format!("{line}; --sample {SAMPLE} recalls so many of them, drawn at random, in {few}")
        }
    }
}

/// The places of the keys to recall, ascending: all, or so many of them, each as likely as any other.
fn asked(keys: usize, sample: Option<usize>, seed: u64) -> Vec<usize> {
    let Some(sample) = sample.filter(|&sample| sample < keys) else { return (0..keys).collect() };
    let mut rng = stream(seed, "keys to recall", 0);
    // Floyd's way: each takes a number up to its own, or its own if that is taken.
    let mut drawn = BTreeSet::new();
    for last in keys - sample..keys {
        let place = ((u128::from(rng.next_u64()) * (last as u128 + 1)) >> 64) as usize;
        if !drawn.insert(place) {
            drawn.insert(last);
        }
    }
    drawn.into_iter().collect()
}

/// How many seconds it takes to recall so many keys, by how many it takes for a few; none if there are only a few.
fn recall_seconds(
    memory: &Memory,
    network: &dyn Network,
    diagonal: Diagonal,
    tie: Tie,
    keys: usize,
) -> Result<Option<f64>> {
    if keys <= 16 * PROBE {
        return Ok(None);
    }
    let places: Vec<usize> = (0..PROBE).map(|place| place * memory.len() / PROBE).collect();
    let start = Instant::now();
    recalled(memory, network, diagonal, tie, &places)?;
    Ok(Some(start.elapsed().as_secs_f64() * keys as f64 / PROBE as f64))
}

/// How many of the keys at these places recall their values in every bit, and how many bits are tied.
fn recalled(
    memory: &Memory,
    network: &dyn Network,
    diagonal: Diagonal,
    tie: Tie,
    places: &[usize],
) -> Result<(u64, u64)> {
    let (keys, values) = (memory.keys(), memory.values());
    let of = |side: popfield::Stored<'_>| -> Result<Patterns> {
        let chosen: Vec<Pattern> = places.iter().filter_map(|&place| side.get(place)).collect();
        Ok(chosen.iter().collect::<popfield::Result<_>>()?)
    };
    let recalled = network.recall(&of(keys)?.into(), diagonal, 1, tie)?;
    let right = recalled.patterns.iter().zip(of(values)?.iter()).filter(|(found, value)| found == value).count();
    Ok((right as u64, recalled.tied_bits.iter().sum()))
}

/// How far the weights that are written may be off.
#[derive(Clone, Copy, Debug)]
struct Bound {
    error: f64,
    largest: f64,
}

impl Bound {
    fn of(weights: &Weights) -> Self {
        let largest = weights.elements.iter().fold(0.0, |largest: f64, weight| largest.max(weight.abs()));
        Self { error: weights.error, largest }
    }

    /// The bound, where it says anything: worst cases of rounding multiply by how nearly keys depend on one another.
    fn known(self) -> Option<f64> {
        (self.error < self.largest || self.error == 0.0).then_some(self.error)
    }

    fn in_words(self) -> String {
        match self.known() {
            Some(0.0) => "exact".into(),
            Some(error) => format!("off by at most {error:.3e}, the largest is {:.3e}", self.largest),
            None => "no useful bound: keys nearly depend on others; recall is exact".into(),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_of_different_keys_each_as_likely() {
        assert_eq!(asked(5, None, 1), [0, 1, 2, 3, 4]);
        assert_eq!(asked(5, Some(9), 1), [0, 1, 2, 3, 4]);
        let (keys, sample, draws) = (20, 7, 4000);
        let mut times = vec![0u32; keys];
        for seed in 0..draws {
            let drawn = asked(keys, Some(sample), seed);
            assert!(drawn.len() == sample && drawn.is_sorted_by(|a, b| a < b) && drawn[sample - 1] < keys);
            drawn.into_iter().for_each(|place| times[place] += 1);
        }
        // Five deviations around 1400.
        assert!(times.iter().all(|times| (1250..1550).contains(times)), "{times:?}");
        assert_eq!(asked(1000, Some(3), 5), asked(1000, Some(3), 5));
    }

    #[test]
    fn what_takes_long_is_told_with_a_sample() {
        let told = too_many(5_000_000, 30_000.0);
        assert_eq!(
            told,
            "recalling 5000000 keys takes about 8 hours; --sample 10000 recalls so many of them, drawn at random, in about 60 seconds"
        );
        assert_eq!(too_many(9000, 600.0), "recalling 9000 keys takes about 10 minutes");
        let cost = Cost::of("storkey", 5_000_000, 256).in_words();
        assert_eq!(cost, "some 1e12 operations, about 11 minutes, and 1.5 MiB beside the patterns");
        // A cubic term and a linear one.
        let pseudo = |n, d| Cost::of("pseudo-inverse", n, d).operations;
        assert_eq!(
            (pseudo(8192, 8192), pseudo(1_000_000, 64)),
            (8192.0f64.powi(3) * (3.0 + 1.0 / 64.0), 6.4e7 + 3.0 * 64.0f64.powi(3))
        );
        assert_eq!(Cost::of("hebb", 1 << 40, 64).operations, 0.0);
    }

    #[test]
    fn a_bound_above_the_weights_is_none() {
        let bound = |error, largest| Bound { error, largest };
        assert_eq!(bound(1e-12, 0.5).known(), Some(1e-12));
        assert_eq!((bound(1.5e5, 0.5).known(), bound(0.0, 0.0).known()), (None, Some(0.0)));
        assert!(bound(1.5e5, 0.5).in_words().contains("no useful bound"));
    }
}
