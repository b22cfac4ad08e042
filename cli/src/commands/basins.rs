//! `popfield basins`: how much noise each stored pattern provably survives.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use popfield::basins::{Basin, Basins, Look};
use popfield::patterns::flips;
use popfield::{Memory, Progress, Separation, View};
use popfield_lab::theory::overlaps::typical_maximum;
use serde_json::{Map, Value, json};

use super::learn::shape;
use crate::args::BasinsArgs;
use crate::failure::{Failure, Result, about};
use crate::input::{Loaded, ScopeFiles, Source, check_options, check_stdin, read_queries};
use crate::memory::{open, read_index};
use crate::output::{OutFile, check_distinct, deliver, say, written};
use crate::plot::BLUE;
use crate::plot::chart::{Chart, Marks, Style};
use crate::plot::pen::Stroke;
use crate::plot::scale::Axis;
use crate::report::{
    answering, called, facts, kept as told_as_kept, note, progress, quoted, scope_in_words, seconds, tell,
};
use crate::table::Table;

/// Shares of positions flipped of which is told how many patterns survive them.
const NOISES: [f64; 7] = [0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2];

/// The noise that the radius reaches for unless it is given.
const COVERED: f64 = 0.1;

/// Closest pairs shown.
const PAIRS: usize = 5;

pub fn run(args: &BasinsArgs) -> Result<()> {
    let threads = crate::use_threads(args.threads)?;
    let source = args.from_queries.as_deref().map(|path| Source::find(path, args.input.format)).transpose()?;
    let scope = ScopeFiles::find(&args.scope)?;
    check_stdin(scope.sources().chain(&source))?;
    check_options(&args.input, args.more, &source.iter().collect::<Vec<_>>(), false)?;
    if let (None, Some(dim)) = (&source, args.input.dim) {
        return Err(Failure::usage(format!("--dim {dim} is for --from-queries, found no file to read patterns from")));
    }
    let inputs: Vec<&Path> =
        std::iter::once(args.memory.as_path()).chain(source.as_ref().map(Source::path)).chain(scope.paths()).collect();
    check_distinct(&[args.csv.as_deref(), args.plot.as_deref(), args.resume.as_deref()], &inputs)?;
    let (memory, _) = open(&args.memory)?;
    let separation = args.separation.resolve("exponential".parse()?, memory.dim())?;
    let loaded = source.map(|source| read_queries(&source, &memory, &args.input, args.more)).transpose()?;
    let scope = scope.read(&memory)?;
    let csv = args.csv.as_deref().map(OutFile::create).transpose()?;
    let plot = args.look.begin("plot", args.plot.as_ref())?;

    let view = scope.as_ref().map_or(memory.view(), |scope| memory.within(scope));
    let radius = args.radius.unwrap_or_else(|| Look::reach(view.len(), memory.dim(), separation, COVERED));
    let start = Instant::now();
    let nearest = loaded.as_ref().map(|loaded| nearest(&view, loaded)).transpose()?;
    let mut look = Look::new(radius);
    if separation.power().is_some() {
        look = look.far();
    }
    if let Some(ids) = &nearest {
        look = look.keys(ids);
    }
    let keys = nearest.as_ref().map_or(view.len(), Vec::len);
    let bar = progress(keys as u64, "looking around keys");
    let watcher = tell(&bar);
    let view = view.watched(Progress::new(&watcher));
    let basins = match &args.resume {
        Some(path) => view.basins_resumed(&look, path).map_err(|error| match error {
            popfield::Error::Interrupted => {
                told_as_kept(path);
                error.into()
            }
            popfield::Error::Run { .. } | popfield::Error::Version { .. } | popfield::Error::Io(_) => {
                about(path)(error)
            }
            error => error.into(),
        })?,
        None => view.basins_of(&look)?,
    };
    let elapsed = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    // Beside what was asked for, what the nearest keys alone would do.
    let mut separations = vec![separation, Separation::Max];
    separations.dedup();
    let budgets = |&separation: &Separation| Ok(Budgets { separation, each: basins.budgets(separation)? });
    let budgets = separations.iter().map(budgets).collect::<Result<_>>()?;
    let found = Found { memory: &memory, asked: loaded.as_ref(), basins, budgets };

    let kept = match scope.is_none() && found.asked.is_none() {
        true => keep(&memory, &found.basins, separation, &args.memory)?,
        false => None,
    };
    let csv = csv.map(|file| written(file, |file| found.write_csv(file))).transpose()?;
    let plot = plot.map(|file| file.draw(&found.chart())).transpose()?;
    note(loaded.as_ref().map_or(&[], |loaded| &loaded.notes));
    deliver([csv, plot].into_iter().flatten(), || {
        if args.json {
            let mut object = found.json();
            object["seconds"] = json!(elapsed);
            object["kept_in"] = json!(kept.as_ref().map(|place| place.display().to_string()));
            object["tier"] = json!(memory.tier().name());
            object["threads"] = json!(threads);
            return say(object);
        }
        let mut rows = vec![("memory", shape(&memory))];
        rows.extend(scope.as_ref().map(|scope| ("scope", scope_in_words(scope.len(), &memory))));
        rows.extend(found.facts());
        rows.extend(kept.as_ref().map(|place| ("kept in", place.display().to_string())));
        rows.push(("time", seconds(elapsed)));
        rows.push(("tier, threads", format!("{}, {threads}", memory.tier().name())));
        facts(&rows)?;
        found.tables()
    })
}

/// Keeps the basins of all patterns in the index of the memory at `path`, if that is of all of them; where it lies.
fn keep(memory: &Memory, basins: &Basins, separation: Separation, path: &Path) -> Result<Option<PathBuf>> {
    read_index(memory, path);
    if memory.index_info().is_none() {
        return Ok(None);
    }
    let held = memory.index_info().and_then(|info| info.radius);
    if let Some(held) = held.filter(|&held| held > basins.radius() && separation.power().is_none()) {
        note(&[format!("the index holds basins to distance {held}; these, to {}, are not kept", basins.radius())]);
        return Ok(None);
    }
    let mut indexed = memory.clone();
    if let Err(popfield::Error::Mismatch { .. }) = indexed.index_basins(basins, separation) {
        // Patterns that were stored since are not in it.
        return Ok(None);
    }
    match indexed.write_index(path) {
        Ok(()) => Ok(Some(Memory::index_path(path))),
        Err(popfield::Error::Interrupted) => Err(popfield::Error::Interrupted.into()),
        // What was counted is told all the same.
        Err(error) => {
            note(&[format!("not kept in the index: {error}")]);
            Ok(None)
        }
    }
}

/// The ids of the keys that are nearest to the queries, each once.
fn nearest(view: &View<'_>, loaded: &Loaded) -> Result<Vec<u64>> {
    let queries = &loaded.queries;
    let doing = format!("searching {} patterns for {} queries", view.len(), queries.len());
    let shown = answering(queries.len(), 1, doing);
    let watcher = tell(&shown);
    let found = view.watched(Progress::new(&watcher)).search_top(queries, 1)?;
    shown.finish_and_clear();
    let ids: BTreeSet<u64> = found.iter().flatten().map(|nearest| nearest.id).collect();
    Ok(ids.into_iter().collect())
}

struct Found<'a> {
    memory: &'a Memory,
    /// The queries to which these keys are nearest; `None` for all keys.
    asked: Option<&'a Loaded>,
    basins: Basins,
    /// Under the separation that was asked for, and others beside it.
    budgets: Vec<Budgets>,
}

/// A budget for each key.
struct Budgets {
    separation: Separation,
    each: Vec<Option<u32>>,
}

impl Budgets {
    fn name(&self) -> &'static str {
        self.separation.name()
    }

    /// The parameter of the separation, if it has one.
    fn parameter(&self) -> Option<String> {
        let beta = self.separation.beta().map(|beta| format!("β = {}", beta.get()));
        beta.or_else(|| self.separation.degree().map(|degree| format!("K = {}", degree.get())))
    }

    fn flips(&self) -> impl Iterator<Item = u32> {
        self.each.iter().filter_map(|&budget| survived(budget))
    }

    /// The share of patterns that survive so many flips.
    fn share(&self, flips: u32) -> f64 {
        let certain = self.flips().filter(|&survived| survived >= flips).count();
        certain as f64 / self.each.len().max(1) as f64
    }
}

/// The flips of known positions that a budget covers; none for the key itself.
fn survived(budget: Option<u32>) -> Option<u32> {
    budget.map(|budget| budget / 2)
}

/// How many flips the patterns survive: of the least, the median and the most that do so at all, and how many do not.
struct Spread {
    least: Option<u32>,
    median: Option<u32>,
    most: Option<u32>,
    none: usize,
}

impl Spread {
    fn of(budgets: &Budgets) -> Self {
        let mut flips: Vec<u32> = budgets.flips().collect();
        flips.sort_unstable();
        Self {
            least: flips.first().copied(),
            median: flips.get(flips.len() / 2).copied(),
            most: flips.last().copied(),
            none: budgets.each.len() - flips.len(),
        }
    }

    fn json(&self) -> Value {
        json!({ "least": self.least, "median": self.median, "most": self.most, "none": self.none })
    }

    /// `open` tells that the largest may be larger.
    fn in_words(&self, dim: usize, open: bool) -> String {
        let (Some(least), Some(median), Some(most)) = (self.least, self.median, self.most) else {
            return "no pattern is certain, not even without noise".into();
        };
        let none = if self.none == 0 { String::new() } else { format!("; {} patterns not even undamaged", self.none) };
        let more = if open { " or more" } else { "" };
        match least == most {
            true => format!("{most}{more} flips of {dim}{none}"),
            false => format!("{least} to {most}{more} flips of {dim}, median {median}{none}"),
        }
    }
}

impl Found<'_> {
    fn all(&self) -> &[Basin] {
        self.basins.all()
    }

    /// Patterns that have copies, and those of them of which some have other values.
    fn copies(&self) -> [usize; 2] {
        let copied = self.all().iter().filter(|basin| basin.copies > 1).count();
        [copied, self.all().iter().filter(|basin| !basin.values_agree).count()]
    }

    /// The largest overlap of one of these keys with another that differs, over d, and that of as many random pairs.
    fn largest_overlap(&self) -> [Option<f64>; 2] {
        let (dim, these, keys) = (self.basins.dim() as f64, self.all().len() as u64, self.basins.keys());
        let found = self.basins.least_distance().map(|distance| 1.0 - 2.0 * f64::from(distance) / dim);
        // Pairs of which one or both are of these.
        let pairs = these.checked_mul((keys - these) + keys.saturating_sub(1)).map(|twice| twice / 2);
        let pairs = pairs.filter(|&pairs| pairs > 0);
        let random = pairs.and_then(|pairs| typical_maximum(self.basins.dim() as u64, pairs).ok());
        [found, random.map(|overlap| overlap / dim)]
    }

    /// The closest pairs of keys that differ: (distance, id, id).
    fn pairs(&self) -> Vec<(u32, u64, u64)> {
        let pair = |basin: &Basin| basin.nearest.map(|n| (n.distance, basin.id.min(n.id), basin.id.max(n.id)));
        let mut pairs: Vec<_> = self.all().iter().filter_map(pair).collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs.truncate(PAIRS);
        pairs
    }

    /// Flips beyond which nothing is known under a separation, where that is less than what some patterns may survive.
    fn end(&self, budgets: &Budgets) -> Option<u32> {
        let keys = self.basins.keys();
        let count = |met: &[(u32, u64)]| met.iter().map(|met| met.1).sum::<u64>();
        let open = |basin: &Basin| match budgets.separation.power().is_some() {
            // All weigh: with what was not met a budget may be larger, whatever else was.
            true => basin.copies + count(basin.near()) + basin.far().map_or(0, count) < keys,
            false => basin.nearest.is_none() && basin.copies < keys,
        };
        self.all().iter().any(open).then_some(self.basins.radius() / 2)
    }

    /// Patterns of which it is not told whether they survive so many flips, as all others are farther than was looked.
    fn untold(&self, budgets: &Budgets, flips: u32) -> usize {
        let keys = self.basins.keys();
        let open = |(basin, budget): &(&Basin, &Option<u32>)| {
            basin.nearest.is_none() && basin.copies < keys && survived(**budget).is_none_or(|survived| survived < flips)
        };
        match budgets.separation.power() {
            // Of these `end` tells.
            Some(_) => 0,
            None => self.all().iter().zip(&budgets.each).filter(|one| one.0.values_agree).filter(open).count(),
        }
    }

    /// Of how many keys these are the basins, where not of all.
    fn of_all(&self) -> Option<String> {
        self.asked.map(|_| format!("{} of {} keys", self.all().len(), self.basins.keys()))
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let (dim, radius, [copied, unlike]) = (self.basins.dim(), self.basins.radius(), self.copies());
        let mut rows = Vec::new();
        if let Some((asked, of_all)) = self.asked.zip(self.of_all()) {
            rows.push(("queries", asked.in_words()));
            rows.push(("basins", format!("of {of_all}, those nearest to the queries")));
        }
        let first = &self.budgets[0];
        let ends = if first.separation.power().is_some() { " and its complement" } else { "" };
        let reach = self.end(first).map_or_else(String::new, |end| format!(": tells of up to {end} flips"));
        let unlike = if unlike == 0 { String::new() } else { format!(", {unlike} of them of unlike values") };
        let copies = match copied {
            0 => "none".into(),
            1 => format!("1 pattern has some{unlike}"),
            _ => format!("{copied} patterns have some{unlike}"),
        };
        let [found, random] = self.largest_overlap().map(|overlap| overlap.map(|overlap| format!("{overlap:.3} d")));
        let beyond = || format!("below {:.3} d", 1.0 - 2.0 * f64::from(radius) / dim as f64);
        rows.extend([
            ("looked", format!("to distance {radius} of {dim} around each{ends}{reach}")),
            ("copies", copies),
            (
                // Of those that differ.
                "largest overlap",
                format!("{}; of random keys {}", found.unwrap_or_else(beyond), random.unwrap_or("none".into())),
            ),
        ]);
        rows.extend(self.budgets.iter().rev().map(|budgets| {
            let name = match budgets.name() {
                "exponential" => "survived, exponential",
                "polynomial" => "survived, polynomial",
                "linear" => "survived, linear",
                "max" => "survived, max",
                _ => "survived",
            };
            let parameter = budgets.parameter().map_or_else(String::new, |parameter| format!(" ({parameter})"));
            let words = match self.untold(budgets, 0) {
                0 => Spread::of(budgets).in_words(dim, self.end(budgets).is_some()),
                untold => format!("not told of {untold} patterns; a larger --radius may"),
            };
            (name, words + &parameter)
        }));
        rows
    }

    fn tables(&self) -> Result<()> {
        let dim = self.basins.dim();
        let these = self.all().len();
        say(match self.asked {
            None => {
                "\nPatterns recalled in every bit, whatever positions are flipped (an unknown one\ncounts half):".into()
            }
            Some(_) => format!(
                "\nOf these {these} patterns those recalled in every bit, whatever positions are\nflipped (an unknown \
                 one counts half):"
            ),
        })?;
        let mut header = vec!["flipped", "of"];
        header.extend(self.budgets.iter().map(Budgets::name));
        let mut shares = Table::new(header);
        for noise in NOISES {
            let flips = flips(noise, dim) as u32;
            let percent = |budgets: &Budgets| match self.end(budgets) {
                Some(end) if flips > end => "not told".into(),
                _ if self.untold(budgets, flips) > 0 => format!("≥ {:.1} %", 100.0 * budgets.share(flips)),
                _ => format!("{:.1} %", 100.0 * budgets.share(flips)),
            };
            let row = [format!("{:.0} %", 100.0 * noise), flips.to_string()];
            shares.add_row(row.into_iter().chain(self.budgets.iter().map(percent)));
        }
        shares.say()?;
        let pairs = self.pairs();
        if !pairs.is_empty() {
            say(if self.asked.is_none() { "\nClosest pairs:" } else { "\nClosest pairs that these patterns are in:" })?;
            let mut closest = Table::new(["pattern", "and", "distance"]).words(&[1]);
            for (distance, a, b) in pairs {
                closest.add_row([called(self.memory, a), called(self.memory, b), distance.to_string()]);
            }
            closest.say()?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let (dim, [copied, unlike], [found, random]) = (self.basins.dim(), self.copies(), self.largest_overlap());
        let separation = self.budgets[0].separation;
        let shares = NOISES.map(|noise| {
            let flips = flips(noise, dim) as u32;
            let mut object = json!({ "noise": noise, "flips": flips });
            for budgets in &self.budgets {
                let told = self.end(budgets).is_none_or(|end| flips <= end) && self.untold(budgets, flips) == 0;
                object[budgets.name()] = json!(told.then(|| budgets.share(flips)));
            }
            object
        });
        let survived: Map<String, Value> =
            self.budgets.iter().map(|budgets| (budgets.name().into(), Spread::of(budgets).json())).collect();
        let pairs: Vec<Value> =
            self.pairs().iter().map(|(distance, a, b)| json!({ "ids": [a, b], "distance": distance })).collect();
        let mut object = json!({
            "patterns": self.all().len(),
            "dim": dim,
            "radius": self.basins.radius(),
            "beta": separation.beta().map(|beta| beta.get()),
            "copied": copied,
            "copied_with_unlike_values": unlike,
            "least_distance": self.basins.least_distance(),
            "largest_overlap": found,
            "largest_overlap_of_random_keys": random,
            "survived_flips": survived,
            "recalled_whatever_is_flipped": shares,
            "closest_pairs": pairs,
        });
        if let Some(degree) = separation.degree() {
            object["degree"] = json!(degree.get());
        }
        if let Some(asked) = self.asked {
            object["of_patterns"] = json!(self.basins.keys());
            object["queries"] = json!(asked.queries.len());
        }
        object
    }

    /// A line for each pattern; what is not there is left empty.
    fn write_csv(&self, file: &mut impl Write) -> io::Result<()> {
        let labelled = self.memory.has_labels();
        let [own, other] = if labelled { [",label", ",nearest_label"] } else { ["", ""] };
        write!(file, "id{own},copies,values_agree,nearest_id{other},nearest_distance")?;
        self.budgets.iter().try_for_each(|budgets| write!(file, ",budget_{}", budgets.name()))?;
        writeln!(file)?;
        for (rank, basin) in self.all().iter().enumerate() {
            let or_empty = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
            let [id, distance] = [basin.nearest.map(|n| n.id), basin.nearest.map(|n| n.distance.into())].map(or_empty);
            let Basin { id: own, copies, values_agree, .. } = basin;
            let label = |id: Option<u64>| match labelled {
                true => format!(",{}", quoted(id.and_then(|id| self.memory.label(id)).unwrap_or_default())),
                false => String::new(),
            };
            let [own_label, other_label] = [Some(*own), basin.nearest.map(|n| n.id)].map(label);
            write!(file, "{own}{own_label},{copies},{values_agree},{id}{other_label},{distance}")?;
            let budgets = self.budgets.iter().map(|budgets| or_empty(budgets.each[rank].map(u64::from)));
            budgets.into_iter().try_for_each(|budget| write!(file, ",{budget}"))?;
            writeln!(file)?;
        }
        Ok(())
    }
}

impl Found<'_> {
    /// How many patterns survive how much noise, under the separation that was asked for.
    fn chart(&self) -> Chart {
        let budgets = &self.budgets[0];
        let most = budgets.flips().max().unwrap_or(0);
        // Bars of whole flips, no more than can be told apart.
        let width = (most + 1).div_ceil(60);
        let mut bars = vec![0u32; (most / width + 1) as usize];
        budgets.flips().for_each(|flips| bars[(flips / width) as usize] += 1);
        let highest = bars.iter().copied().max().unwrap_or(0).max(1);
        let law = budgets.parameter().unwrap_or_else(|| budgets.name().into());
        let none = Spread::of(budgets).none;
        let none = if none == 0 { String::new() } else { format!("; {none} are not certain at all") };
        let end = self.end(budgets).map_or_else(String::new, |end| format!("; no more than {end} flips are told"));
        let of_all = self.of_all().map_or_else(String::new, |of_all| format!("; basins of {of_all}"));
        let wide = if width == 1 { String::new() } else { format!("; a bar is {width} flips wide") };
        let bar = |(place, patterns): (usize, u32)| {
            // Around the flips that it counts, with a gap to its neighbours.
            let first = f64::from(place as u32 * width) - 0.5;
            let gap = 0.06 * f64::from(width);
            (first + gap, first + f64::from(width) - gap, f64::from(patterns))
        };
        let across = (-0.8, f64::from(bars.len() as u32 * width) - 0.2);
        Chart::new(
            "Flips that each pattern provably survives",
            Axis::new(format!("positions flipped, of {}", self.basins.dim()), across).whole(),
            Axis::new("patterns", (0.0, 1.06 * f64::from(highest))).whole(),
        )
        .note(format!("{law}{none}{of_all}{end}{wide}"))
        .with(
            Marks::Bars(bars.into_iter().enumerate().filter(|bar| bar.1 > 0).map(bar).collect()),
            Style::line(Stroke::new(BLUE, 1.0)),
        )
        .sized(760, 420)
    }
}
