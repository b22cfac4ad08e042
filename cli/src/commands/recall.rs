//! `popfield recall`: queries to recalled patterns, with a report on each.

use std::path::Path;
use std::time::Instant;

use indicatif::ProgressBar;
use popfield::dynamics::Diagonal;
use popfield::patterns::BitOrder;
use popfield::recall::Report;
use popfield::{Memory, Pattern, Patterns, Progress, Queries, Query, Recall, Scope, View};
use serde_json::Value;

use super::answers::{Answers, Listing, Told, certificates};

use crate::args::{IndexUse, RecallArgs};
use crate::drawing::beside;
use crate::failure::{Failure, Result};
use crate::input::{ScopeFiles, Shape, Source, bit_order, check_options, check_stdin, read_queries, remembered_shape};
use crate::memory::open_with_index;
use crate::output::{
    Form, Out, OutFile, check_distinct, deliver, interrupted, npy, say, say_json, shape_of, wrapped, write_pictures,
    written, written_beside,
};
use crate::report::{Latency, Learned, Run, answering, called, facts, note, spinner, tell};

/// Recalled patterns shown at the most, as lines and as pictures.
const SHOWN: [usize; 2] = [8, 12];

pub fn run(args: &RecallArgs) -> Result<()> {
    let threads = crate::use_threads(args.threads)?;
    let source = Source::find(&args.queries, args.input.format)?;
    let scope = ScopeFiles::find(&args.scope)?;
    check_stdin(scope.sources().chain([&source]))?;
    check_options(&args.input, args.more, &[&source], args.packed_out)?;
    let inputs: Vec<&Path> = [args.memory.as_path(), source.path()].into_iter().chain(scope.paths()).collect();
    check_distinct(&[args.out.as_deref(), args.report.as_deref(), args.receipts.as_deref()], &inputs)?;
    if args.rule.rule.is_some() && scope.sources().next().is_some() {
        let why = "weights are learned of all associations, found --only or --exclude beside it";
        return Err(Failure::usage(format!("--rule: {why}")));
    }
    let asks = args.index == IndexUse::Auto && args.rule.rule.is_none();
    let (memory, load_seconds) = open_with_index(&args.memory, asks)?;
    let (recall, separation) = (args.recall(memory.dim())?, args.separation(memory.dim())?);
    let rule = args.rule.resolve(args.separation.separation)?;
    let diagonal = args.diagonal.unwrap_or(Diagonal::Keep);
    let loaded = read_queries(&source, &memory, &args.input, args.more)?;
    let queries = &loaded.queries;
    let scope = scope.read(&memory)?;
    let begin = |path: &Path| -> Result<_> {
        let form = Form::of(path, queries.len())?;
        if args.packed_out && form.is_image() {
            return Err(Failure::usage(format!("--packed-out is for --out F.npy, found {}", path.display())));
        }
        if args.width.is_some() && !form.is_image() {
            return Err(Failure::usage(format!("--width is for --out of images, found {}", path.display())));
        }
        let came = loaded.shape.filter(|_| memory.dim() == memory.value_dim());
        let shape = shape_of(memory.value_dim(), args.width, came)?;
        Ok((form.begin(path)?, form, shape))
    };
    let out = args.out.as_deref().map(begin).transpose()?;
    let listed = args.report.as_deref().map(Listing::of).transpose()?;
    let report = args.report.as_deref().map(OutFile::create).transpose()?;
    let mut receipts = args.receipts.as_deref().map(OutFile::create).transpose()?;

    let doing = format!("recalling {} queries from {} patterns", queries.len(), memory.len());
    // Learned weights are asked all at once, and do not tell how far they are.
    let shown = if rule.is_some() { spinner(doing) } else { answering(queries.len(), args.steps, doing) };
    let start = Instant::now();
    let learned = rule.map(|rule| rule.learn(&memory)).transpose()?;
    let learn_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let mut latency = None;
    let (patterns, reports, tied_bits) = match &learned {
        None => {
            let watcher = tell(&shown);
            let view = scope.as_ref().map_or(memory.view(), |scope| memory.within(scope));
            let view = view.indexed(args.index == IndexUse::Auto);
            let watched = view.watched(Progress::new(&watcher));
            let (patterns, reports) = match &mut receipts {
                None if args.latency => {
                    let (patterns, reports, times) = one_by_one(&view, queries, &recall, &shown)?;
                    latency = Some(Latency::of(times));
                    (patterns, reports)
                }
                None => {
                    let recalled = watched.recall(queries, &recall)?;
                    (recalled.patterns, recalled.reports)
                }
                Some(file) => {
                    let recalled = written_beside(file, |file| watched.recall_with_receipts(queries, &recall, file))?;
                    (recalled.patterns, recalled.reports)
                }
            };
            let tied_bits = reports.iter().map(|report| report.tied_bits).sum();
            (patterns, reports, tied_bits)
        }
        Some(network) => {
            let recalled = network.recall(queries, diagonal, args.steps, args.tie)?;
            (recalled.patterns, Vec::new(), recalled.tied_bits.iter().sum())
        }
    };
    let run = Run {
        memory: &memory,
        in_scope: scope.as_ref().map(Scope::len),
        queries: queries.len(),
        form: Some(loaded.in_words()),
        unknown: loaded.unknown(),
        separation,
        learned: rule.zip(learned.as_ref()).map(|(rule, network)| Learned {
            rule: rule.name(),
            diagonal,
            identity: network.is_identity(),
            seconds: learn_seconds,
        }),
        steps: args.steps,
        tie: args.tie,
        tied_bits,
        certificates: certificates(&reports),
        latency,
        seconds: start.elapsed().as_secs_f64(),
        load_seconds,
        threads,
    };
    shown.finish_and_clear();

    let answers = Answers { reports: &reports, queries, memory: &memory };
    let write = |file| match listed {
        Some(Listing::Csv) => written(file, |file| answers.write_csv(file)),
        _ => written(file, |file| answers.write_json(file)),
    };
    let report = report.map(write).transpose()?;
    let out = match out {
        Some((Out::File(file), Form::Npy, _)) => {
            let packed = args.packed_out.then(|| bit_order(args.input.bitorder, memory.notes()));
            Some(Out::File(written(file, |file| write_patterns(file, &patterns, packed))?))
        }
        Some((out, form, shape)) => Some(write_pictures(out, form, &patterns, shape, &loaded.names)?),
        None => None,
    };
    note(&loaded.notes);
    deliver([report.map(Out::File), receipts.map(Out::File), out].into_iter().flatten(), || {
        if args.json {
            let mut object = run.json();
            if args.per_query {
                let counts = run.certificates.iter().map(|&(name, count)| (name.to_owned(), count.into()));
                object.insert("certificates".into(), Value::Object(counts.collect()));
            }
            return say_json(&Told { object, per_query: args.per_query.then_some(&answers) });
        }
        facts(&run.facts())?;
        if args.per_query {
            say("")?;
            return answers.table().say();
        }
        if args.out.is_none() { show(&patterns, &reports, &memory, loaded.shape) } else { Ok(()) }
    })
}

/// The answers to the queries, asked one by one, and the seconds that each took.
fn one_by_one(
    view: &View<'_>,
    queries: &Queries,
    recall: &Recall,
    bar: &ProgressBar,
) -> Result<(Patterns, Vec<Report>, Vec<f64>)> {
    let (mut patterns, mut reports, mut times) = (Patterns::new(view.values().dim())?, Vec::new(), Vec::new());
    for q in 0..queries.len() {
        if interrupted() {
            return Err(Failure::Interrupted);
        }
        let one = queries.range(q..q + 1)?;
        let start = Instant::now();
        let recalled = view.recall(&one, recall)?;
        times.push(start.elapsed().as_secs_f64());
        recalled.patterns.iter().try_for_each(|pattern| patterns.push(&pattern))?;
        reports.extend(recalled.reports);
        bar.inc(1);
    }
    Ok((patterns, reports, times))
}

/// The first recalled patterns, for people.
fn show(patterns: &Patterns, reports: &[Report], memory: &Memory, came: Option<Shape>) -> Result<()> {
    say("")?;
    let shape = came.or_else(|| remembered_shape(memory.notes()));
    let shape = shape.filter(|shape| shape.width * shape.height == memory.value_dim());
    let name = |q: usize, answer: &Pattern| match reports.get(q) {
        Some(Report { nearest, certificate, .. }) => {
            let (id, distance, why) = (called(memory, nearest.id), nearest.distance, certificate.reason);
            if shape.is_none() {
                return format!("nearest {id} at distance {distance}, {why}");
            }
            // As narrow as pictures are.
            let value = memory.get(nearest.id).map(|(key, value)| value.unwrap_or(key));
            match value.and_then(|value| value.distance(answer).ok()) {
                Some(0) => id,
                Some(off) => format!("{id}, {off} off"),
                None => String::new(),
            }
        }
        None => String::new(),
    };
    let most = SHOWN[usize::from(shape.is_some())];
    let drawn: Vec<(String, Query)> =
        patterns.iter().enumerate().take(most).map(|(q, pattern)| (name(q, &pattern), Query::new(pattern))).collect();
    beside(&drawn, shape).iter().try_for_each(say)?;
    if shape.is_some() && !reports.is_empty() {
        say(wrapped("Below each the stored pattern nearest to its query, and how far off it the answer is.", 0))?;
    }
    if patterns.len() > most {
        say(format_args!("… {} more; --out F.npy writes them all", patterns.len() - most))?;
    }
    Ok(())
}

/// Patterns as int8, or packed in bytes of this order.
pub fn write_patterns(file: &mut OutFile, patterns: &Patterns, packed: Option<BitOrder>) -> std::io::Result<()> {
    write_each(file, [patterns.len(), patterns.dim()], patterns.iter(), packed)
}

/// (patterns, dimension) of int8 ±1.
pub fn write_signs(file: &mut OutFile, patterns: &Patterns) -> std::io::Result<()> {
    write_patterns(file, patterns, None)
}

/// Patterns of this shape, (patterns, dimension), one by one: (patterns, dimension) of int8 ±1, or
/// (patterns, ⌈dimension / 8⌉) of packed bytes.
pub fn write_each(
    file: &mut OutFile,
    [len, dim]: [usize; 2],
    patterns: impl Iterator<Item = Pattern>,
    packed: Option<BitOrder>,
) -> std::io::Result<()> {
    let Some(order) = packed else {
        let mut writer = npy::<i8>(file, &[len as u64, dim as u64])?;
        for pattern in patterns {
            writer.extend(pattern.to_signs())?;
        }
        return writer.finish();
    };
    let row_bytes = dim.div_ceil(8);
    let mut writer = npy::<u8>(file, &[len as u64, row_bytes as u64])?;
    for pattern in patterns {
        let bytes = pattern.words().iter().flat_map(|word| word.to_le_bytes()).take(row_bytes);
        match order {
            BitOrder::Little => writer.extend(bytes)?,
            BitOrder::Big => writer.extend(bytes.map(u8::reverse_bits))?,
        }
    }
    writer.finish()
}
