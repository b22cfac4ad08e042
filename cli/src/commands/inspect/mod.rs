//! `popfield inspect`: what a file would be read as, and the line that stores it.

mod census;
mod line;
mod statistics;

use std::path::Path;

use popfield::patterns::Notes;
use popfield::store::Snapshot;
use popfield::{Memory, Query};
use serde_json::{Map, Value, json};

use crate::args::{FormatArg, Input, Inspect, ThresholdArg};
use crate::drawing::beside;
use crate::failure::{Failure, Result, about};
use crate::input::{
    Held, Loaded, Numbers, Reading, Shape, Source, Stream, Thresholds, check_options, may_hold_numbers, notes_in_words,
    remembered_shape, sniffed,
};
use crate::memory::open;
use crate::output::say;
use crate::report::{called, facts, spinner};
use crate::shell::{program, quoted};
use census::{Census, Choice};
use line::{options_of, place_of};
use statistics::{Common, Statistics};

/// Patterns that are read together.
const TOGETHER: usize = 1 << 16;

/// Positions that are told one by one.
const LISTED: usize = 8;

/// The same where there are some of +1 and some of −1.
const FEW: usize = 3;

/// Letters of a fact, so that it stands in one line of a terminal.
const WIDTH: usize = 70;

pub fn run(args: &Inspect) -> Result<()> {
    crate::use_threads(args.threads)?;
    if is_memory(&args.file)? {
        return of_memory(args);
    }
    let (source, format) = find(args)?;
    check_options(&args.input, args.more, &[&source], false)?;
    let file = File { args, input: Input { format, ..args.input.clone() }, source };
    let keys = match args.more.erased {
        None => file.keys(),
        Some(_) => file.queries(),
    };
    // What comes through a pipe comes once.
    let again = !file.source.is_stdin() && (file.source.path().is_file() || file.source.path().is_dir());
    let failure = match keys {
        Ok(found) => return found.tell(args),
        Err(failure @ (Failure::Input(..) | Failure::Usage(_))) if again => failure,
        Err(failure) => return Err(failure),
    };
    if let Ok(found) = file.queries()
        && found.unknown > 0
    {
        return found.tell(args);
    }
    match file.choices()? {
        Some((census, choices)) if !choices.is_empty() => file.tell_choices(&census, &choices, &failure),
        Some((census, _)) if census.has_strange() => {
            Err(file.failure(format!("{}: expected finite numbers", census.in_words())))
        }
        _ => Err(failure),
    }
}

/// Whether a memory lies there.
fn is_memory(path: &Path) -> Result<bool> {
    Ok(Snapshot::is_store(path).map_err(about(path))?
        || path.is_file() && Memory::is_memory(path).map_err(about(path))?)
}

/// The file, and what it holds where neither its ending nor `--format` says so, by its first bytes.
fn find(args: &Inspect) -> Result<(Source, Option<FormatArg>)> {
    match Source::find(&args.file, args.input.format) {
        Ok(source) => Ok((source, args.input.format)),
        Err(failure) => match args.input.format.is_none().then(|| sniffed(&args.file)).flatten() {
            Some(format) => Ok((Source::find(&args.file, Some(format))?, Some(format))),
            None => Err(failure),
        },
    }
}

/// A file, and how it is to be read.
struct File<'a> {
    args: &'a Inspect,
    input: Input,
    source: Source,
}

/// What was read.
struct Found {
    /// The file, and what it was read as.
    file: String,
    form: String,
    common: Common,
    /// Those that are drawn, with their names.
    drawn: Vec<(String, Query)>,
    shape: Option<Shape>,
    unknown: u64,
    /// How keys of a memory were read.
    read_as: String,
    notes: Vec<String>,
    /// What patterns are called when they are told one by one; else by their numbers.
    called: Option<Box<dyn Fn(usize) -> String>>,
    /// What to do with it: what that is, and the line.
    line: (&'static str, String),
    /// Facts of its own.
    more: Map<String, Value>,
}

impl File<'_> {
    /// The file read as keys.
    fn keys(&self) -> Result<Found> {
        let sources = std::slice::from_ref(&self.source);
        let mut stream = Stream::new(sources, "keys", self.input.dim, &self.input, Notes::new());
        let spinner = spinner(format!("reading {}", self.source.name()));
        if self.input.binarize.is_some_and(|method| method.constant().is_none()) {
            stream.draw_thresholds()?;
        }
        let (mut statistics, mut drawn) = (None::<Statistics>, Vec::new());
        while let Some(piece) = stream.next(TOGETHER)? {
            let statistics = match &mut statistics {
                Some(statistics) => statistics,
                None => statistics.insert(Statistics::new(piece.patterns.dim())?),
            };
            let before = stream.rows() as usize - piece.patterns.len();
            let names = |at: usize| match piece.names.get(at) {
                Some(name) => format!("{} {}", before + at, name.to_string_lossy()),
                None => (before + at).to_string(),
            };
            let some = piece.patterns.iter().take(self.args.show.saturating_sub(drawn.len())).enumerate();
            drawn.extend(some.map(|(at, pattern)| (names(at), Query::new(pattern))));
            statistics.add(piece.patterns.iter())?;
            if crate::output::interrupted() {
                return Err(Failure::Interrupted);
            }
        }
        spinner.finish_and_clear();
        let statistics = statistics.ok_or_else(|| Failure::input("expected at least one pattern, found none"))?;
        let common = statistics.finish()?;
        let (form, shape) = (stream.forms.concat(), stream.shape);
        let mut options = options_of(&self.input);
        // What was told of grey levels is cured so.
        let lopsided = common.plus < 0.01 || common.plus > 0.99;
        if self.source.kind().is_images() && self.input.threshold.is_none() && (lopsided || !stream.told.is_empty()) {
            options += &options_of(&Input { threshold: Some(ThresholdArg::Otsu), ..Input::default() });
        }
        let memory = quoted(&place_of(self.source.path()));
        let line = format!("{} create {memory} --keys {}{options}", program(), quoted(self.named()));
        Ok(Found {
            file: self.source.name(),
            form,
            common,
            drawn,
            shape,
            unknown: 0,
            read_as: String::new(),
            notes: stream.told.clone(),
            called: None,
            line: ("store", line),
            more: Map::new(),
        })
    }

    /// The file read as queries.
    fn queries(&self) -> Result<Found> {
        let spinner = spinner(format!("reading {}", self.source.name()));
        // Others are drawn from keys.
        let thresholds = self.input.binarize.and_then(Thresholds::constant);
        let reading = Reading {
            erasable: true,
            role: "queries",
            erased_zero: self.args.more.erased.is_some(),
            thresholds: thresholds.as_ref(),
            ..Reading::stored(&self.source, "queries", self.input.dim, &self.input)
        };
        let loaded: Loaded = reading.read()?;
        let mut statistics = Statistics::new(loaded.queries.dim())?;
        statistics.add(loaded.queries.signs().iter())?;
        spinner.finish_and_clear();
        let drawn = loaded.queries.iter().take(self.args.show).enumerate();
        let mut options = options_of(&self.input);
        if self.args.more.erased.is_some() {
            options += " --erased zero";
        }
        let line = format!("{} recall MEMORY --queries {}{options}", program(), quoted(self.named()));
        Ok(Found {
            file: self.source.name(),
            form: loaded.in_words(),
            drawn: drawn.map(|(at, query)| (at.to_string(), query)).collect(),
            shape: loaded.shape,
            unknown: loaded.unknown(),
            read_as: String::new(),
            notes: loaded.notes.clone(),
            common: statistics.finish()?,
            called: None,
            line: ("ask", line),
            more: Map::new(),
        })
    }

    /// How the file is named on the command line.
    fn named(&self) -> &Path {
        &self.args.file
    }

    /// What numbers it holds, and the options by which they would be patterns; `None` where it holds none.
    fn choices(&self) -> Result<Option<(Census, Vec<Choice>)>> {
        if !may_hold_numbers(&self.source) || self.input.packed {
            return Ok(None);
        }
        // As numbers, whatever else was asked for.
        let input = Input { encoding: None, binarize: None, ..self.input.clone() };
        let reading = Reading::stored(&self.source, "keys", self.input.dim, &input);
        let Ok(Ok(mut numbers)) = Numbers::open(&reading) else { return Ok(None) };
        // Such are patterns, and something else is the matter.
        if numbers.held() == Held::Signs {
            return Ok(None);
        }
        let census = Census::of(&mut numbers, &reading)?;
        let choices = census.choices(numbers, &reading)?;
        Ok(Some((census, choices)))
    }

    fn failure(&self, message: String) -> Failure {
        Failure::input(format!("{}: {message}", self.source.name()))
    }

    /// What the file holds, and which options say how to read it.
    fn tell_choices(&self, census: &Census, choices: &[Choice], failure: &Failure) -> Result<()> {
        let given = options_of(&Input { encoding: None, binarize: None, ..self.input.clone() });
        let line = |choice: &Choice| {
            let (program, file, options) = (program(), quoted(self.named()), &choice.options);
            match choice.queries {
                true => format!("{program} recall MEMORY --queries {file} {options}{given}"),
                false => {
                    let memory = quoted(&place_of(self.source.path()));
                    format!("{program} create {memory} --keys {file} {options}{given}")
                }
            }
        };
        let why = failure.message();
        if self.args.json {
            let told = |choice: &Choice| {
                json!({
                    "options": choice.options,
                    "says": choice.says,
                    "queries": choice.queries,
                    "plus": choice.common.as_ref().map(|common| common.plus),
                    "constant": choice.common.as_ref().map(|common| {
                        common.always_plus.len() + common.always_minus.len()
                    }),
                    "line": line(choice),
                })
            };
            return say(json!({
                "file": self.source.name(),
                "readable": false,
                "why": why,
                "numbers": census.json(),
                "choices": choices.iter().map(told).collect::<Vec<Value>>(),
            }));
        }
        facts(&[
            ("file", format!("{}: {}", self.source.name(), census.shape_in_words())),
            ("numbers", census.in_words()),
        ])?;
        say("\nIt is not read without being told how:")?;
        let width = choices.iter().map(|choice| choice.options.chars().count()).max().unwrap_or(0);
        for choice in choices {
            let of_queries = if choice.queries { " (queries only)" } else { "" };
            let comes = choice.common.as_ref().map_or(String::new(), |common| {
                let constant = common.always_plus.len() + common.always_minus.len();
                let constant = match constant {
                    0 => String::new(),
                    constant => format!(", {constant} constant"),
                };
                format!(": {} are +1{constant}", percent(common.plus))
            });
            say(format_args!("  {:width$}  {}{comes}{of_queries}", choice.options, choice.says))?;
        }
        say("")?;
        let mut kinds: Vec<&Choice> = choices.iter().take(1).collect();
        kinds.extend(choices.iter().find(|choice| choice.queries != choices[0].queries));
        kinds.iter().try_for_each(|choice| {
            let does = if choice.queries { "ask" } else { "store" };
            say(format_args!("{does:5}  {}", line(choice)))
        })
    }
}

/// A memory's keys.
fn of_memory(args: &Inspect) -> Result<()> {
    if let Some(option) = options_of(&args.input).split_whitespace().next() {
        let why = "says how files of patterns are read, found a memory, which has been";
        return Err(Failure::usage(format!("{option}: {why}")));
    }
    let (memory, _) = open(&args.file)?;
    let keys = memory.keys();
    let mut statistics = Statistics::new(memory.dim())?;
    for start in (0..keys.len()).step_by(TOGETHER) {
        statistics.add(keys.range(start..keys.len().min(start + TOGETHER))?.iter())?;
        if crate::output::interrupted() {
            return Err(Failure::Interrupted);
        }
    }
    let ids: Vec<u64> = memory.ids().take(statistics.kept().len()).collect();
    let names: Vec<String> = ids.iter().map(|&id| called(&memory, id)).take(args.show).collect();
    let patterns = keys.range(0..keys.len().min(args.show))?;
    let drawn = names.into_iter().zip(patterns.iter().map(Query::new)).collect();
    let kind = if memory.is_auto_associative() { "auto-associative" } else { "hetero-associative" };
    let mut more = Map::new();
    more.insert("memory".into(), json!(true));
    more.insert("value_dim".into(), json!(memory.value_dim()));
    more.insert("read_as".into(), json!(memory.notes()));
    let common = statistics.finish()?;
    Found {
        file: args.file.display().to_string(),
        form: format!("a memory, {kind}, {} → {}", memory.dim(), memory.value_dim()),
        common,
        drawn,
        shape: remembered_shape(memory.notes()),
        unknown: 0,
        read_as: notes_in_words(memory.notes()),
        notes: Vec::new(),
        called: Some(Box::new(move |at| ids.get(at).map_or_else(String::new, u64::to_string))),
        line: ("ask", format!("{} recall {} --queries F", program(), quoted(&args.file))),
        more,
    }
    .tell(args)
}

impl Found {
    fn tell(&self, args: &Inspect) -> Result<()> {
        if args.json {
            return say(self.json());
        }
        let common = &self.common;
        let mut rows = vec![
            ("file", format!("{}: {}", self.file, self.form)),
            ("patterns", format!("{} of dimension {}{}", common.len, common.dim, self.shape_in_words())),
            ("read as", self.read_as.clone()),
        ];
        match self.unknown {
            0 => {
                let [least, most] = common.plus_of_patterns.map(percent);
                let each = if common.len > 1 { format!("; {least} to {most} of a pattern") } else { String::new() };
                rows.extend([
                    ("+1", format!("{} of all positions{each}", percent(common.plus))),
                    ("constant", self.constant()),
                    ("copies", self.copies()),
                    ("closest", self.closest()),
                ]);
            }
            // What is unknown is no sign that could be compared.
            unknown => {
                let all = common.len * common.dim as u64;
                rows.push(("unknown", format!("{unknown} of {all} positions, as queries alone have them")));
                if unknown < all {
                    let plus = common.plus * all as f64 / (all - unknown) as f64;
                    rows.push(("+1", format!("{} of those that are known", percent(plus))));
                }
            }
        }
        rows.retain(|(_, fact)| !fact.is_empty());
        rows.extend(self.notes.iter().map(|note| ("note", note.clone())));
        facts(&rows)?;
        if !self.drawn.is_empty() {
            say("")?;
            beside(&self.drawn, self.shape).iter().try_for_each(say)?;
        }
        say(format_args!("\n{}  {}", self.line.0, self.line.1))
    }

    fn shape_in_words(&self) -> String {
        self.shape.map_or(String::new(), |shape| format!(", pictures of {shape}"))
    }

    fn called(&self, at: usize) -> String {
        self.called.as_ref().map_or_else(|| at.to_string(), |called| called(at))
    }

    fn constant(&self) -> String {
        let (plus, minus) = (&self.common.always_plus, &self.common.always_minus);
        let most = if plus.is_empty() || minus.is_empty() { LISTED } else { FEW };
        let listed = |places: &[usize], sign: &str| {
            let (count, more) = (places.len(), if places.len() > most { ", …" } else { "" });
            let places = places.iter().take(most).map(usize::to_string).collect::<Vec<_>>().join(", ");
            (count > 0).then(|| format!("{count} always {sign} ({places}{more})"))
        };
        let both: Vec<String> = listed(plus, "+1").into_iter().chain(listed(minus, "−1")).collect();
        match (self.common.len, both.is_empty()) {
            (1, _) => String::new(),
            (_, true) => "no position is the same in all patterns".into(),
            (_, false) => format!("of {} positions {}", self.common.dim, both.join(", ")),
        }
    }

    fn copies(&self) -> String {
        let (common, copies) = (&self.common, &self.common.copies);
        let some = self.compared();
        match copies.first {
            _ if common.compared < 2 => String::new(),
            None => format!("none{some}"),
            Some((at, original)) => {
                let (at, original) = (self.called(at), self.called(original));
                let most = if copies.most > 2 { format!("; up to {} are alike", copies.most) } else { String::new() };
                let count = copies.count;
                let repeat = if count == 1 { "repeats" } else { "repeat" };
                format!("{count} {repeat} an earlier one, first {at}, which is {original}{most}{some}")
            }
        }
    }

    fn compared(&self) -> String {
        match self.common.compared as u64 == self.common.len {
            true => String::new(),
            false => format!(", among the first {}", self.common.compared),
        }
    }

    fn closest(&self) -> String {
        let Some(closest) = &self.common.closest else { return String::new() };
        let pair = |&(a, b, distance): &(usize, usize, u32)| {
            format!("{} and {} at {distance}", self.called(a), self.called(b))
        };
        let mut pairs: Vec<String> = closest.pairs.iter().map(pair).collect();
        let sampled = closest.sampled.map_or(String::new(), |sampled| format!(" (of {sampled} patterns)"));
        let half = format!("half have another within {}{sampled}{}", closest.median, self.compared());
        // As many as there is room for.
        while pairs.len() > 1 && pairs.join(", ").chars().count() + 2 + half.chars().count() > WIDTH {
            pairs.pop();
        }
        format!("{}; {half}", pairs.join(", "))
    }

    fn json(&self) -> Value {
        let common = &self.common;
        let closest = common.closest.as_ref().map(|closest| {
            let pair = |&(a, b, distance): &(usize, usize, u32)| json!([self.number(a), self.number(b), distance]);
            json!({
                "pairs": closest.pairs.iter().map(pair).collect::<Vec<Value>>(),
                "median": closest.median,
                "sampled": closest.sampled,
            })
        });
        let all = common.len * common.dim as u64;
        let known = all - self.unknown;
        let mut object = json!({
            "file": self.file,
            "readable": true,
            "form": self.form,
            "patterns": common.len,
            "dim": common.dim,
            "shape": self.shape.map(|shape| [shape.width, shape.height]),
            "unknown_positions": self.unknown,
            "plus": (known > 0).then(|| common.plus * all as f64 / known as f64),
            "notes": self.notes,
            "line": self.line.1,
        });
        // What is unknown is no sign that could be compared.
        if self.unknown == 0 {
            object["plus_of_patterns"] = json!(common.plus_of_patterns);
            object["always_plus"] = json!(common.always_plus);
            object["always_minus"] = json!(common.always_minus);
            object["compared"] = json!(common.compared);
            object["copies"] = json!({
                "count": common.copies.count,
                "first": common.copies.first.map(|(at, original)| [self.number(at), self.number(original)]),
                "most": common.copies.most,
            });
            object["closest"] = json!(closest);
        }
        if let Value::Object(object) = &mut object {
            object.extend(self.more.clone());
        }
        object
    }

    /// A pattern's id, or its number among those of the file.
    fn number(&self, at: usize) -> Value {
        self.called(at).parse::<u64>().map_or(Value::Null, |number| json!(number))
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
