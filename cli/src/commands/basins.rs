//! `popfield basins`: how much noise each stored pattern provably survives.

use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use plotters::coord::Shift;
use plotters::prelude::*;
use popfield::basins::{Basin, Basins};
use popfield::patterns::flips;
use popfield::{Memory, Progress, Scope, Separation};
use popfield_lab::theory::overlaps::typical_maximum;
use serde_json::{Value, json};

use super::learn::shape;
use crate::args::BasinsArgs;
use crate::failure::Result;
use crate::input::{ScopeFiles, check_stdin};
use crate::memory::open;
use crate::output::{OutFile, check_distinct, deliver, say, written};
use crate::plot::{BLUE, Drawn, FAINT, Figure, Format, INK, render, text};
use crate::report::{called, facts, progress, scope_in_words, seconds, table, tell};

/// Shares of positions flipped of which is told how many patterns survive them.
const NOISES: [f64; 7] = [0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2];

/// The noise that the radius reaches for unless it is given.
const COVERED: f64 = 0.1;

/// Closest pairs shown.
const PAIRS: usize = 5;

pub fn run(args: &BasinsArgs) -> Result<()> {
    let threads = crate::use_threads(args.threads)?;
    let scope = ScopeFiles::find(&args.scope)?;
    check_stdin(scope.sources())?;
    let inputs: Vec<&Path> = std::iter::once(args.memory.as_path()).chain(scope.paths()).collect();
    check_distinct(&[args.csv.as_deref(), args.plot.as_deref()], &inputs)?;
    let format = args.plot.as_deref().map(Format::of).transpose()?;
    let (memory, _) = open(&args.memory)?;
    let separation = Separation::exponential(args.beta.at(memory.dim()))?;
    let scope = scope.read(&memory)?;
    let csv = args.csv.as_deref().map(OutFile::create).transpose()?;
    let plot = args.plot.as_deref().map(OutFile::create).transpose()?;

    let keys = scope.as_ref().map_or(memory.len(), Scope::len);
    let radius = args.radius.unwrap_or_else(|| reach(&memory, keys, separation));
    let bar = progress(keys as u64, "looking around keys");
    let start = Instant::now();
    let watcher = tell(&bar);
    let view = scope.as_ref().map_or(memory.view(), |scope| memory.within(scope)).watched(Progress::new(&watcher));
    let basins = view.basins(radius)?;
    let elapsed = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let found = Found {
        memory: &memory,
        exponential: basins.budgets(separation)?,
        max: basins.budgets(Separation::Max)?,
        basins,
        separation,
    };

    let csv = csv.map(|file| written(file, |file| found.write_csv(file))).transpose()?;
    let plot = match (plot, format) {
        (Some(file), Some(format)) => {
            let bytes = render(&found, format)?;
            Some(written(file, |file| file.write_all(&bytes))?)
        }
        _ => None,
    };
    deliver([csv, plot].into_iter().flatten(), || {
        if args.json {
            let mut object = found.json();
            object["seconds"] = json!(elapsed);
            object["tier"] = json!(memory.tier().name());
            object["threads"] = json!(threads);
            return say(object);
        }
        let mut rows = vec![("memory", shape(&memory))];
        rows.extend(scope.as_ref().map(|scope| ("scope", scope_in_words(scope.len(), &memory))));
        rows.extend(found.facts());
        rows.push(("time", seconds(elapsed)));
        rows.push(("tier, threads", format!("{}, {threads}", memory.tier().name())));
        facts(&rows)?;
        found.tables()
    })
}

/// How far must be looked for the budgets to cover a noise of [`COVERED`].
fn reach(memory: &Memory, keys: usize, separation: Separation) -> u32 {
    let (dim, beta) = (memory.dim(), separation.beta().map_or(1.0, |beta| beta.get()));
    let others = (keys as f64).ln() / (2.0 * beta);
    let reach = 2.0 * flips(COVERED, dim) as f64 + others;
    (reach.ceil() as u32).clamp(1, dim as u32)
}

struct Found<'a> {
    memory: &'a Memory,
    basins: Basins,
    separation: Separation,
    exponential: Vec<Option<u32>>,
    max: Vec<Option<u32>>,
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
    fn of(budgets: &[Option<u32>]) -> Self {
        let mut flips: Vec<u32> = budgets.iter().filter_map(|&budget| survived(budget)).collect();
        flips.sort_unstable();
        Self {
            least: flips.first().copied(),
            median: flips.get(flips.len() / 2).copied(),
            most: flips.last().copied(),
            none: budgets.len() - flips.len(),
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
        let none = if self.none == 0 { String::new() } else { format!("; {} patterns not even none", self.none) };
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

    /// The largest overlap of two keys that differ, over d, and that of as many random ones.
    fn largest_overlap(&self) -> [Option<f64>; 2] {
        let (dim, keys) = (self.basins.dim() as f64, self.all().len() as u64);
        let found = self.basins.least_distance().map(|distance| 1.0 - 2.0 * f64::from(distance) / dim);
        let pairs = keys.checked_mul(keys.saturating_sub(1)).map(|pairs| pairs / 2).filter(|&pairs| pairs > 0);
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

    /// The share of patterns that survive so many flips.
    fn share(budgets: &[Option<u32>], flips: u32) -> f64 {
        let certain = budgets.iter().filter(|&&budget| survived(budget) >= Some(flips)).count();
        certain as f64 / budgets.len().max(1) as f64
    }

    /// Flips beyond which nothing is known, where that is less than what some patterns may survive.
    fn end(&self) -> Option<u32> {
        let open = self.all().iter().any(|basin| basin.nearest.is_none() && basin.copies < self.all().len() as u64);
        open.then_some(self.basins.radius() / 2)
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let (dim, radius, [copied, unlike]) = (self.basins.dim(), self.basins.radius(), self.copies());
        let beta = self.separation.beta().map_or(0.0, |beta| beta.get());
        let open = self.end().is_some();
        let reach = self.end().map_or_else(String::new, |end| format!(": tells of up to {end} flips"));
        let unlike = if unlike == 0 { String::new() } else { format!(", {unlike} of them of unlike values") };
        let [found, random] = self.largest_overlap().map(|overlap| overlap.map(|overlap| format!("{overlap:.3} d")));
        let beyond = || format!("below {:.3} d", 1.0 - 2.0 * f64::from(radius) / dim as f64);
        vec![
            ("looked", format!("to distance {radius} of {dim} around each{reach}")),
            ("copies", if copied == 0 { "none".into() } else { format!("{copied} patterns have some{unlike}") }),
            (
                "largest overlap",
                format!("{}; of random keys {}", found.unwrap_or_else(beyond), random.unwrap_or("none".into())),
            ),
            ("survived, max", Spread::of(&self.max).in_words(dim, open)),
            ("survived, exponential", format!("{} (β = {beta})", Spread::of(&self.exponential).in_words(dim, open))),
        ]
    }

    fn tables(&self) -> Result<()> {
        let dim = self.basins.dim();
        say("\nPatterns recalled in every bit, whatever positions are flipped (an unknown one\ncounts half):")?;
        let mut shares = table(&["flipped", "of", "exponential", "max"]);
        for noise in NOISES {
            let flips = flips(noise, dim) as u32;
            let percent = |budgets: &[Option<u32>]| match self.end() {
                Some(end) if flips > end => "not told".into(),
                _ => format!("{:.1} %", 100.0 * Self::share(budgets, flips)),
            };
            let row = [format!("{:.0} %", 100.0 * noise), flips.to_string()];
            shares.add_row(row.into_iter().chain([percent(&self.exponential), percent(&self.max)]));
        }
        say(shares)?;
        let pairs = self.pairs();
        if !pairs.is_empty() {
            say("\nClosest pairs:")?;
            let mut closest = table(&["pattern", "and", "distance"]);
            for (distance, a, b) in pairs {
                closest.add_row([called(self.memory, a), called(self.memory, b), distance.to_string()]);
            }
            say(closest)?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let (dim, [copied, unlike], [found, random]) = (self.basins.dim(), self.copies(), self.largest_overlap());
        let shares = NOISES.map(|noise| {
            let flips = flips(noise, dim) as u32;
            let share = |budgets| self.end().is_none_or(|end| flips <= end).then(|| Self::share(budgets, flips));
            json!({ "noise": noise, "flips": flips, "exponential": share(&self.exponential), "max": share(&self.max) })
        });
        let pairs: Vec<Value> =
            self.pairs().iter().map(|(distance, a, b)| json!({ "ids": [a, b], "distance": distance })).collect();
        json!({
            "patterns": self.all().len(),
            "dim": dim,
            "radius": self.basins.radius(),
            "beta": self.separation.beta().map(|beta| beta.get()),
            "copied": copied,
            "copied_with_unlike_values": unlike,
            "least_distance": self.basins.least_distance(),
            "largest_overlap": found,
            "largest_overlap_of_random_keys": random,
            "survived_flips": {
                "exponential": Spread::of(&self.exponential).json(),
                "max": Spread::of(&self.max).json(),
            },
            "recalled_whatever_is_flipped": shares,
            "closest_pairs": pairs,
        })
    }

    /// A line for each pattern; what is not there is left empty.
    fn write_csv(&self, file: &mut impl Write) -> io::Result<()> {
        writeln!(file, "id,copies,values_agree,nearest_id,nearest_distance,budget_exponential,budget_max")?;
        for ((basin, exponential), max) in self.all().iter().zip(&self.exponential).zip(&self.max) {
            let or_empty = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
            let [id, distance] = [basin.nearest.map(|n| n.id), basin.nearest.map(|n| n.distance.into())].map(or_empty);
            let [exponential, max] = [exponential, max].map(|budget| or_empty(budget.map(u64::from)));
            let Basin { id: own, copies, values_agree, .. } = basin;
            writeln!(file, "{own},{copies},{values_agree},{id},{distance},{exponential},{max}")?;
        }
        Ok(())
    }
}

impl Figure for Found<'_> {
    fn size(&self) -> (u32, u32) {
        (760, 420)
    }

    /// How many patterns survive how much noise, under the exponential separation.
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let most = self.exponential.iter().filter_map(|&budget| survived(budget)).max().unwrap_or(0);
        // Bars of whole flips, no more than can be told apart.
        let width = (most + 1).div_ceil(60);
        let mut bars = vec![0u32; (most / width + 1) as usize];
        self.exponential
            .iter()
            .filter_map(|&budget| survived(budget))
            .for_each(|flips| bars[(flips / width) as usize] += 1);
        let highest = bars.iter().copied().max().unwrap_or(0).max(1);
        let beta = self.separation.beta().map_or(0.0, |beta| beta.get());
        let none = Spread::of(&self.exponential).none;
        let none = if none == 0 { String::new() } else { format!("; {none} are not certain at all") };
        let end = self.end().map_or_else(String::new, |end| format!(" (no more than {end} are told)"));
        let mut chart = ChartBuilder::on(area)
            .margin(16)
            .caption(format!("Patterns by the flips that each provably survives, β = {beta}{none}"), text(17, INK))
            .x_label_area_size(40)
            .y_label_area_size(56)
            .build_cartesian_2d(0.0..f64::from(most + 2 * width), 0.0..1.08 * f64::from(highest))?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc(format!("flipped of {} positions{end}", self.basins.dim()))
            .x_label_formatter(&|flips| format!("{flips:.0}"))
            .y_label_formatter(&|patterns| format!("{patterns:.0}"))
            .label_style(text(13, FAINT))
            .axis_desc_style(text(13, FAINT))
            .draw()?;
        chart.draw_series(bars.iter().enumerate().filter(|bar| *bar.1 > 0).map(|(place, &patterns)| {
            let start = f64::from(place as u32 * width);
            Rectangle::new([(start, 0.0), (start + 0.9 * f64::from(width), f64::from(patterns))], BLUE.filled())
        }))?;
        Ok(())
    }
}
