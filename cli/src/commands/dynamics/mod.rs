//! `popfield dynamics`: a network runs from its start states to their limits.

mod figure;
mod words;

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use popfield::dynamics::Choices;
use popfield::dynamics::{Diagonal, End, Limit, Run, Update};
use popfield::learning::Network;
use popfield::patterns::{NoiseModel, add_noise};
use popfield::recall::Reason;
use popfield::{Dynamics, Memory, Patterns, Progress, Queries, Separation, View};
use serde_json::{Map, Number, Value, json};

use super::learn::shape;
use super::recall::write_signs;
use crate::args::{ClampArg, DynamicsArgs, IndexUse, StartArg};
use crate::failure::{Failure, Result};
use crate::input::{Loaded, Source, check_options, read_queries, unknown_of};
use crate::memory::open_with_index;
use crate::output::{Form, Out, OutFile, check_distinct, deliver, say, shape_of, write_pictures, written};
use crate::report::{diagonal_in_words, facts, identity_in_words, note, peak_rss_bytes, progress, seconds, tell};
use crate::table::Table;
use figure::Film;
use words::{end_of, off};

pub use figure::Fate;

/// The names of what runs end in.
pub const ENDS: [&str; 5] = ["stored", "complement", "near", "mixture", "spurious"];

/// Runs shown on a terminal at the most.
const SHOWN: usize = 16;

/// Members of a mixture told there at the most.
const MEMBERS: usize = 2;

/// Starts, where their number is not given.
const STARTS: usize = 16;

pub fn run(args: &DynamicsArgs) -> Result<()> {
    let threads = crate::use_threads(args.threads)?;
    let source = args.queries.as_deref().map(|path| Source::find(path, args.input.format)).transpose()?;
    check_options(&args.input, args.more, &source.iter().collect::<Vec<_>>(), false)?;
    let inputs: Vec<&Path> = source.iter().map(Source::path).collect();
    let outputs = [args.out.as_deref(), args.report.as_deref(), args.plot.as_deref()];
    check_distinct(&outputs, &[&[args.memory.as_path()], &inputs[..]].concat())?;
    let rule = args.rule.resolve(args.separation.separation)?;
    let asks = args.index == IndexUse::Auto && rule.is_none();
    let (memory, load_seconds) = open_with_index(&args.memory, asks)?;
    let separation = args.separation.resolve(Separation::Linear, memory.dim())?;
    let dynamics = args.choices.dynamics(separation, memory.dim(), args.seed)?.traced(args.plot.is_some());
    let starts = starts(args, source.as_ref(), &memory)?;
    let [out, report, plot] = outputs;
    let create = |path: Option<&Path>| path.map(OutFile::create).transpose();
    let begin = |path| -> Result<_> {
        let form = Form::of(path, starts.queries.len())?;
        let shape = shape_of(memory.dim(), args.width.filter(|_| form.is_image()), starts.shape)?;
        Ok((form.begin(path)?, form, shape))
    };
    if args.width.is_some() && plot.is_none() && !out.is_some_and(|path| Form::of(path, 1).is_ok_and(Form::is_image)) {
        return Err(Failure::usage("--width is for --plot and for --out of images, found neither"));
    }
    let (out, report) = (out.map(begin).transpose()?, create(report)?);
    let plot = args.look.begin("plot", args.plot.as_ref())?;

    let bar = progress(starts.queries.len() as u64, "runs that have come to their limit");
    let begun = Instant::now();
    let network = rule.map(|rule| rule.learn(&memory)).transpose()?;
    let network = network.as_deref();
    let runs = relax(memory.view().indexed(asks), network, &starts.queries, &dynamics, Progress::new(&tell(&bar)))?;
    let elapsed = begun.elapsed().as_secs_f64();
    bar.finish_and_clear();

    let rule = rule.map(|rule| rule.name());
    let (memory, dynamics, starts, runs) = (&memory, &dynamics, &starts, &runs[..]);
    let said = Said { args, memory, rule, network, separation, dynamics, starts, runs };
    let report =
        report.map(|file| written(file, |file| write_report(file, runs, &starts.queries, memory))).transpose()?;
    let out = match out {
        None => None,
        Some((out, form, shape)) => {
            let states = runs.iter().map(|run| &run.state).collect::<popfield::Result<Patterns>>()?;
            Some(match (out, form) {
                (Out::File(file), Form::Npy) => Out::File(written(file, |file| write_signs(file, &states))?),
                (out, form) => write_pictures(out, form, &states, shape, &starts.names)?,
            })
        }
    };
    let plot = match plot {
        Some(file) => {
            let width = args.width.unwrap_or_else(|| (memory.dim() as f64).sqrt().ceil() as usize);
            // Patterns with noise are the first that are stored.
            let homes = args.queries.is_none() && args.start != Some(StartArg::Random);
            let homes: Option<Vec<u64>> = homes.then(|| memory.view().ids().take(runs.len()).collect());
            Some(file.draw(&Film::new(said.title(), runs, memory, width.min(memory.dim()), homes.as_deref()))?)
        }
        None => None,
    };
    note(&starts.notes);
    deliver([out, report.map(Out::File), plot.map(Out::File)].into_iter().flatten(), || {
        if args.json {
            return say(Value::Object(said.json(elapsed, load_seconds, threads)));
        }
        said.facts(elapsed, threads)?;
        said.table()
    })
}

/// The states that the runs start from.
fn starts(args: &DynamicsArgs, source: Option<&Source>, memory: &Memory) -> Result<Loaded> {
    if let Some(source) = source {
        if args.overlap.is_some() {
            return Err(Failure::usage("--overlap is for --start pattern, found --queries"));
        }
        if args.count.is_some() {
            return Err(Failure::usage("--count is for --start, found --queries"));
        }
        return read_queries(source, memory, &args.input, args.more);
    }
    match args.start {
        Some(StartArg::Random) => {
            if args.overlap.is_some() {
                return Err(Failure::usage("--overlap is for --start pattern, found --start random"));
            }
            let starts = Patterns::random(args.count.unwrap_or(STARTS), memory.dim(), args.seed, "start")?;
            Ok(Loaded::drawn(starts, "random states"))
        }
        _ => {
            let count = args.count.unwrap_or(STARTS.min(memory.len()));
            if count > memory.len() {
                let stored = memory.len();
                return Err(Failure::usage(format!(
                    "--count: expected at most {stored}, the stored patterns, found {count}"
                )));
            }
            let overlap = args.overlap.unwrap_or(0.8);
            if !(-1.0..=1.0).contains(&overlap) {
                return Err(Failure::usage(format!("--overlap: expected -1 to 1, found {overlap}")));
            }
            // m = 1 − 2p.
            let noisy =
                add_noise(&memory.keys().range(0..count)?, (1.0 - overlap) / 2.0, NoiseModel::Exact, args.seed)?;
            Ok(Loaded::drawn(noisy, "patterns with noise"))
        }
    }
}

/// Runs the memory itself, or the network that a rule made of it.
pub fn relax(
    memory: View<'_>,
    network: Option<&dyn Network>,
    starts: &Queries,
    dynamics: &Dynamics,
    progress: Progress<'_>,
) -> Result<Vec<Run>> {
    Ok(match network {
        Some(network) => network.relax_watched(starts, dynamics, progress)?,
        None => memory.watched(progress).relax(starts, dynamics)?,
    })
}

/// The energy with all its digits, or none if it has no number.
fn number(energy: &popfield::dynamics::Energy) -> Value {
    energy.to_string().parse::<Number>().map_or(Value::Null, Value::Number)
}

/// A JSON array with one record a run.
fn write_report(file: &mut OutFile, runs: &[Run], starts: &Queries, memory: &Memory) -> std::io::Result<()> {
    for (q, run) in runs.iter().enumerate() {
        let mut record = json!({
            "limit": run.limit.name(),
            "cycle": if let Limit::Cycle(length) = run.limit { Some(length) } else { None },
            "steps": run.steps(),
            "energies": run.energies.iter().map(number).collect::<Vec<_>>(),
            "tied_bits": run.tied_bits,
            "certificate": run.proof.map(Reason::name),
            "end": run.end.name(),
            "end_id": null,
            "end_sign": null,
            "near_distance": null,
            "members": null,
            "mixture_distance": null,
            "closest_id": run.closest.id,
            "closest_overlap": run.closest.overlap,
        });
        if starts.known().is_some() {
            record["unknown_positions"] = json!(unknown_of(starts, q));
        }
        match &run.end {
            End::Stored { id } => (record["end_id"], record["end_sign"]) = (json!(id), json!(1)),
            End::Complement { id } => (record["end_id"], record["end_sign"]) = (json!(id), json!(-1)),
            End::Near { id, as_is, distance } => {
                (record["end_id"], record["end_sign"]) = (json!(id), json!(if *as_is { 1 } else { -1 }));
                record["near_distance"] = json!(distance);
            }
            End::Mixture { members, distance } => {
                let member = |&(id, as_is): &(u64, bool)| {
                    let mut member = json!({"id": id, "sign": if as_is { 1 } else { -1 }});
                    if memory.has_labels() {
                        member["label"] = json!(memory.label(id));
                    }
                    member
                };
                record["members"] = members.iter().map(member).collect();
                record["mixture_distance"] = json!(distance);
            }
            _ => {}
        }
        if memory.has_labels() {
            record["end_label"] = json!(record["end_id"].as_u64().and_then(|id| memory.label(id)));
            record["closest_label"] = json!(memory.label(run.closest.id));
        }
        write!(file, "{}\n{record}", if q == 0 { "[" } else { "," })?;
    }
    writeln!(file, "\n]")
}

/// Everything that is said of the runs.
struct Said<'a> {
    args: &'a DynamicsArgs,
    memory: &'a Memory,
    /// The rule's name, and what it learned.
    rule: Option<&'static str>,
    network: Option<&'a dyn Network>,
    separation: Separation,
    dynamics: &'a Dynamics,
    starts: &'a Loaded,
    runs: &'a [Run],
}

impl Said<'_> {
    fn clamp(&self) -> String {
        match &self.args.choices.clamp {
            None => "none".into(),
            Some(ClampArg::Known) => "known".into(),
            Some(ClampArg::Positions(ranges)) => {
                let range = |&(first, last): &(usize, usize)| {
                    if first == last { first.to_string() } else { format!("{first}-{last}") }
                };
                ranges.iter().map(range).collect::<Vec<_>>().join(",")
            }
        }
    }

    /// The rule in a line.
    fn title(&self) -> String {
        let law = match self.rule {
            Some(rule) => rule.to_owned(),
            None => self.separation.to_string(),
        };
        let Choices { order, update, diagonal, tie, .. } = self.dynamics.choices();
        let update = match update {
            Update::Field => format!("field, {}", diagonal_in_words(diagonal)),
            Update::Difference => "energy difference".to_owned(),
            other => other.to_string(),
        };
        format!("{law}: {update}, {}, ties {}", order.name(), tie.name())
    }

    fn count(&self, is: impl Fn(&Run) -> bool) -> usize {
        self.runs.iter().filter(|run| is(run)).count()
    }

    fn limits(&self) -> [(&'static str, usize); 3] {
        ["fixed-point", "cycle", "step-limit"].map(|name| (name, self.count(|run| run.limit.name() == name)))
    }

    fn ends(&self) -> [(&'static str, usize); 5] {
        ENDS.map(|name| (name, self.count(|run| run.end.name() == name)))
    }

    fn json(&self, elapsed: f64, load_seconds: f64, threads: usize) -> Map<String, Value> {
        let counts = |counts: &[(&str, usize)]| {
            counts.iter().map(|&(name, count)| (name.to_owned(), json!(count))).collect::<Map<_, _>>()
        };
        let Choices { order, update, diagonal, tie, .. } = self.dynamics.choices();
        let run = |run: &Run| {
            json!({
                "limit": run.limit.name(),
                "cycle": if let Limit::Cycle(length) = run.limit { Some(length) } else { None },
                "steps": run.steps(),
                "energy_start": run.energies.first().map(number),
                "energy_end": run.energies.last().map(number),
                "end": run.end.name(),
                "closest_id": run.closest.id,
                "closest_overlap": run.closest.overlap,
            })
        };
        let object = json!({
            "queries": self.runs.len(),
            "patterns": self.memory.len(),
            "dim": self.memory.dim(),
            "rule": self.rule,
            "separation": self.separation.name(),
            "beta": self.separation.beta().map(|beta| beta.get()),
            "degree": self.separation.degree().map(|degree| degree.get()),
            "order": order.name(),
            "update": update.name(),
            "diagonal": diagonal.name(),
            "tie": tie.name(),
            "clamp": self.clamp(),
            "step_limit": self.args.choices.step_limit,
            "seed": self.args.seed,
            "limits": counts(&self.limits()),
            "ends": counts(&self.ends()),
            "runs": self.runs.iter().map(run).collect::<Vec<_>>(),
            "tied_bits": self.runs.iter().map(|run| run.tied_bits).sum::<u64>(),
            "seconds": elapsed,
            "load_seconds": load_seconds,
            "peak_rss_bytes": peak_rss_bytes(),
            "tier": self.memory.tier().name(),
            "threads": threads,
        });
        let mut map = match object {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        if self.starts.unknown() > 0 {
            map.insert("unknown_positions".into(), json!(self.starts.unknown()));
        }
        if self.is_identity() {
            map.insert("identity".into(), json!(true));
        }
        map
    }

    fn is_identity(&self) -> bool {
        self.network.is_some_and(|network| network.is_identity())
    }

    fn facts(&self, elapsed: f64, threads: usize) -> Result<()> {
        let list = |counts: &[(&str, usize)]| {
            counts
                .iter()
                .filter(|count| count.1 > 0)
                .map(|(name, count)| format!("{count} {name}"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let Choices { order, update, diagonal, tie, .. } = self.dynamics.choices();
        let words = match update {
            Update::Field => format!("field, {}", diagonal_in_words(diagonal)),
            Update::Difference => "difference of energies (whatever the diagonal)".to_owned(),
            other => other.to_string(),
        };
        let near = match self.count(|run| matches!(run.end, End::Near { .. })) {
            0 => String::new(),
            _ => format!(" (near: up to {} a stored pattern or its complement)", off(self.memory.dim() as u32 / 20)),
        };
        let law = self.rule.map_or_else(|| self.separation.to_string(), |rule| format!("{rule} (learned)"));
        // A difference of energies never counts the diagonal.
        let counted = if update == Update::Difference { Diagonal::Zero } else { diagonal };
        let mut rows = vec![("memory", shape(self.memory)), ("starts", self.starts.in_words()), ("separation", law)];
        rows.extend(self.is_identity().then(|| ("weights", identity_in_words(counted).to_owned())));
        rows.extend([
            ("update", format!("{words}, {}, at most {} steps", order.name(), self.args.choices.step_limit)),
            ("ties, clamped", format!("{}, {}", tie.name(), self.clamp())),
            ("limits", list(&self.limits())),
            ("ended in", list(&self.ends()) + &near),
        ]);
        let drawn = self.count(|run| run.proof.is_some());
        rows.extend(
            (drawn > 0).then(|| ("by the index", format!("{drawn} of {} runs, no step computed", self.runs.len()))),
        );
        rows.extend([
            ("time", format!("{} for {} runs", seconds(elapsed), self.runs.len())),
            ("tier, threads", format!("{}, {threads}", self.memory.tier().name())),
        ]);
        facts(&rows)
    }

    fn table(&self) -> Result<()> {
        say("")?;
        let mut rows = Table::new(["run", "limit", "steps", "ended in", "overlap", "energy at start", "at the end"]);
        // Words, not numbers.
        rows = rows.words(&[1, 3]);
        let energy = |energy: Option<&popfield::dynamics::Energy>| energy.map_or_else(String::new, shown);
        for (q, run) in self.runs.iter().enumerate().take(SHOWN) {
            rows.add_row([
                q.to_string(),
                run.limit.to_string(),
                run.steps().to_string(),
                end_of(run, self.memory, MEMBERS),
                format!("{:.3}", f64::from(run.closest.overlap) / self.memory.dim() as f64),
                energy(run.energies.first()),
                energy(run.energies.last()),
            ]);
        }
        rows.say()?;
        if self.runs.len() > SHOWN {
            say(format_args!("… {} more; --report F.json has them all", self.runs.len() - SHOWN))?;
        }
        Ok(())
    }
}

/// An energy in a table: all digits, if they are few.
fn shown(energy: &popfield::dynamics::Energy) -> String {
    let rough = |value: f64| if value.abs() < 1e12 { format!("{value:.6}") } else { format!("{value:.6e}") };
    let text = if energy.is_exact() { energy.to_string() } else { rough(energy.to_f64()) };
    let digits = text.trim_start_matches('-');
    if text.len() <= 18 || !energy.is_exact() {
        return text;
    }
    // Cut, not rounded: it may be more than a float holds.
    let exponent = digits.find('.').unwrap_or(digits.len()) - 1;
    format!("{}{}.{}e{exponent}", if text.len() > digits.len() { "-" } else { "" }, &digits[..1], &digits[1..9])
}
