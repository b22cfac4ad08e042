//! How time and memory grow: one thing at a time is varied, all else stays as it is.

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend};
use popfield::patterns::NoiseModel;
use popfield::tiers::Tier;
use popfield::{Memory, Patterns, Separation};
use serde_json::{Value, json};

use super::case::{Case, Measured};
use super::machine::Machine;
use crate::args::Bench;
use crate::failure::{Failure, Result};
use crate::output::{deliver, say, wrapped};
use crate::plot::chart::{Chart, Key, MARGIN, Marks, Sample, Style};
use crate::plot::pen::{Marker, Pen, Stroke, UNITS};
use crate::plot::scale::{self, ends, with_margin};
use crate::plot::{BLUE, Drawn, FAINT, Figure, FigureFile};
use crate::report::{bytes, progress};
use crate::table::Table;

/// Patterns, dimension, batch and noise, each where it is not varied.
const PATTERNS: usize = 1_000_000;
const DIM: usize = 512;
const BATCH: usize = 256;
const NOISE: f64 = 0.1;

/// What is varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Patterns,
    Dimension,
    Batch,
    Noise,
    Threads,
}

impl Axis {
    fn name(self) -> &'static str {
        match self {
            Self::Patterns => "patterns",
            Self::Dimension => "dimension",
            Self::Batch => "batch",
            Self::Noise => "noise",
            Self::Threads => "threads",
        }
    }

    fn values(self, threads: usize) -> Vec<f64> {
        let up_to = |most: usize| (0..).map(|power| 1 << power).take_while(move |&count| count < most);
        match self {
            Self::Patterns => vec![1e3, 1e4, 1e5, 1e6, 1e7],
            Self::Dimension => vec![64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0],
            Self::Batch => vec![1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0],
            Self::Noise => vec![0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45],
            Self::Threads => up_to(threads).chain([threads]).map(|count| count as f64).collect(),
        }
    }
}

/// One point of a curve.
struct Point {
    axis: Axis,
    value: f64,
    patterns: usize,
    dim: usize,
    batch: usize,
    noise: f64,
    threads: usize,
    seconds: f64,
    bits_read: f64,
    recalled: f64,
    /// Of the whole process; where patterns are varied, which is first and ascending.
    peak_bytes: Option<u64>,
}

impl Point {
    fn at(axis: Axis, value: f64, threads: usize) -> Self {
        let count = value as usize;
        Self {
            axis,
            value,
            patterns: if axis == Axis::Patterns { count } else { PATTERNS },
            dim: if axis == Axis::Dimension { count } else { DIM },
            batch: if axis == Axis::Batch { count } else { BATCH },
            noise: if axis == Axis::Noise { value } else { NOISE },
            threads: if axis == Axis::Threads { count } else { threads },
            seconds: f64::NAN,
            bits_read: f64::NAN,
            recalled: f64::NAN,
            peak_bytes: None,
        }
    }

    fn measure(mut self, memory: &Memory, args: &Bench, tick: impl Fn() + Sync) -> Result<Self> {
        let case = Case {
            batch: self.batch,
            noise: self.noise,
            model: NoiseModel::Exact,
            separation: Separation::exponential(1.0)?,
            repeats: args.repeats,
            seed: args.seed,
        };
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .build()
            .map_err(|error| Failure::threads(self.threads, &error))?;
        let Measured { seconds, bits_read_per_query, recalled, peak_rss_bytes, .. } =
            pool.install(|| case.measure(memory, 0.0, &tick))?;
        (self.seconds, self.bits_read, self.recalled) = (seconds, bits_read_per_query, recalled);
        self.peak_bytes = peak_rss_bytes.filter(|_| self.axis == Axis::Patterns);
        Ok(self)
    }

    fn microseconds(&self) -> f64 {
        self.seconds * 1e6 / self.batch as f64
    }

    fn stored_bytes(&self) -> f64 {
        self.patterns as f64 * self.dim as f64 / 8.0
    }

    fn row(&self) -> [String; 7] {
        [
            format!("{} {}", self.axis.name(), self.value),
            format!("{:.2}", self.microseconds()),
            format!("{:.4}", self.seconds * 1e9 / (self.batch * self.patterns) as f64),
            format!("{:.1}", self.bits_read / self.patterns as f64),
            format!("{:.1}", 100.0 * self.recalled),
            bytes(self.stored_bytes()),
            self.peak_bytes.map_or_else(String::new, |peak| bytes(peak as f64)),
        ]
    }

    fn json(&self) -> Value {
        json!({
            "varied": self.axis.name(),
            "patterns": self.patterns,
            "dim": self.dim,
            "batch": self.batch,
            "noise": self.noise,
            "threads": self.threads,
            "seconds": self.seconds,
            "bits_read_per_query": self.bits_read,
            "recalled": self.recalled,
            "stored_bytes": self.stored_bytes(),
            "peak_rss_bytes": self.peak_bytes,
        })
    }
}

/// Measures all curves, prints them as a table or one JSON object of `points`, and draws them.
pub fn run(args: &Bench, threads: usize, figure: FigureFile) -> Result<()> {
    let tier = Tier::from_env().map_err(popfield::Error::from)?;
    let axes = [Axis::Patterns, Axis::Dimension, Axis::Batch, Axis::Noise, Axis::Threads];
    let mut pending: Vec<Point> = axes
        .into_iter()
        .flat_map(|axis| axis.values(threads).into_iter().map(move |value| Point::at(axis, value, threads)))
        .collect();
    let bar = progress(pending.len() as u64 * (u64::from(args.repeats) + 1), "growth");
    let mut points = Vec::new();
    while !pending.is_empty() {
        // What is measured on the same memory is measured in turn; where patterns are varied that comes first, as the
        // peak of a process never falls.
        let (patterns, dim, axis) = (pending[0].patterns, pending[0].dim, pending[0].axis);
        let same = |point: &Point| (point.patterns, point.dim) == (patterns, dim) && point.axis == axis;
        let (here, rest): (Vec<Point>, Vec<Point>) = pending.into_iter().partition(same);
        pending = rest;
        let memory = Memory::auto_associative(Patterns::random(patterns, dim, args.seed, "keys")?)?;
        for point in here {
            points.push(point.measure(&memory, args, || bar.inc(1))?);
        }
    }
    bar.finish_and_clear();
    let file = figure.draw(&Curves { points: &points })?;
    deliver([file], || {
        if args.json {
            let points: Vec<Value> = points.iter().map(Point::json).collect();
            return say(json!({ "tier": tier.name(), "threads": threads, "repeats": args.repeats, "points": points }));
        }
        let mut rows = Table::new([
            "varied",
            "µs a query",
            "ns/pair",
            "bits read\na key",
            "% recalled",
            "bits stored",
            "peak of\nthe process",
        ]);
        points.iter().for_each(|point| {
            rows.add_row(point.row());
        });
        rows.say()?;
        let asked = format!(
            "Exponential, β = 1; where not varied: {PATTERNS} patterns of dimension {DIM}, batch {BATCH}, noise {NOISE}, \
             {threads} threads. Medians of {}. Tier {}.",
            args.repeats,
            tier.name(),
        );
        say(format_args!("\n{}", wrapped(&asked, 0)))?;
        say(wrapped(&Machine::measure(tier).in_words(threads), 0))
    })
}

/// Small charts side by side.
struct Curves<'a> {
    points: &'a [Point],
}

/// What one of them shows.
struct Panel {
    along: &'static str,
    upwards: &'static str,
    curve: Vec<(f64, f64)>,
    /// What it would be if it grew in proportion, or shrank with the number of threads.
    ideal: Vec<(f64, f64)>,
    logarithmic: bool,
    whole: bool,
}

const CURVE: Style = Style::marked_line(Stroke::new(BLUE, 1.6), Marker::Circle);
const IDEAL: Style = Style::line(Stroke::new(FAINT, 1.3).dash(&[6.0, 4.0]));

/// Pixels of the title and the key above all panels, and of a panel's width at the least where it has a neighbour.
const HEAD: f64 = 62.0;
const NARROW: f64 = 250.0;

impl Curves<'_> {
    fn along(&self, axis: Axis, y: impl Fn(&Point) -> Option<f64>) -> Vec<(f64, f64)> {
        self.points.iter().filter(|point| point.axis == axis).filter_map(|p| Some((p.value, y(p)?))).collect()
    }

    fn panels(&self) -> Vec<Chart> {
        let time = |axis| self.along(axis, |point| Some(point.microseconds()));
        let proportional = |curve: &[(f64, f64)], from: usize, power: i32| -> Vec<(f64, f64)> {
            let Some(&(x0, y0)) = curve.get(from) else { return Vec::new() };
            curve.iter().map(|&(x, _)| (x, y0 * (x / x0).powi(power))).collect()
        };
        let patterns = time(Axis::Patterns);
        let threads = time(Axis::Threads);
        let dimension = time(Axis::Dimension);
        let stored = self.along(Axis::Patterns, |point| Some(point.stored_bytes() / 1e6));
        let process = self.along(Axis::Patterns, |point| Some(point.peak_bytes? as f64 / 1e6));
        let panel =
            |along, curve, ideal| Panel {
                along, upwards: "µs a query", curve, ideal, logarithmic: true, whole: false
            };
        let panels = [
            panel("patterns", patterns.clone(), proportional(&patterns, 3, 1)),
            panel("dimension", dimension.clone(), proportional(&dimension, 3, 1)),
            panel("queries at once", time(Axis::Batch), Vec::new()),
            Panel { logarithmic: false, ..panel("noise", time(Axis::Noise), Vec::new()) },
            Panel {
                logarithmic: false,
                whole: true,
                ..panel("threads", threads.clone(), proportional(&threads, 0, -1))
            },
            Panel { upwards: "MB of the process", ..panel("patterns", process, stored) },
        ];
        panels.into_iter().map(Panel::chart).collect()
    }

    /// What stands above the panels: their title and key, over a chart of nothing.
    fn head(&self) -> Chart {
        let nothing = || scale::Axis::new("", (0.0, 1.0));
        let entry = |look, words: &str| Key { sample: Sample::Of(look), words: words.into() };
        Chart::new("How time and memory grow", nothing(), nothing())
            .key(vec![entry(CURVE, "measured"), entry(IDEAL, "in proportion, or the bits stored")])
    }

    /// Where each panel stands in so many pixels.
    fn places(panels: usize, (width, height): (f64, f64)) -> Vec<[f64; 4]> {
        let columns = ((width / NARROW) as usize).clamp(1, 3);
        let rows = panels.div_ceil(columns);
        let (across, down) = ((width - MARGIN) / columns as f64, (height - HEAD) / rows as f64);
        let place = |panel: usize| {
            let (left, top) = ((panel % columns) as f64 * across, HEAD + (panel / columns) as f64 * down);
            [left, top, left + across, top + down]
        };
        (0..panels).map(place).collect()
    }
}

impl Panel {
    fn chart(self) -> Chart {
        let all = || self.curve.iter().chain(&self.ideal);
        let x = with_margin(ends(all().map(|point| point.0)), self.logarithmic);
        let y = with_margin(ends(all().map(|point| point.1)), true);
        let known = if self.curve.is_empty() { " (not known on this system)" } else { "" };
        let across = scale::Axis::new(self.along, x).logarithmic(self.logarithmic);
        let upwards = scale::Axis::new(format!("{}{known}", self.upwards), y).logarithmic(true);
        Chart::new("", if self.whole { across.whole() } else { across }, upwards)
            .with(Marks::Line(self.ideal), IDEAL)
            .with(Marks::Line(self.curve), CURVE)
    }
}

impl Figure for Curves<'_> {
    fn size(&self) -> (u32, u32) {
        (1000 * UNITS, 620 * UNITS)
    }

    fn fits(&self, (width, height): (u32, u32)) -> bool {
        let [width, height] = [width, height].map(|side| f64::from(side) / f64::from(UNITS));
        let panels = self.panels();
        let places = Self::places(panels.len(), (width, height));
        panels.iter().zip(places).all(|(panel, place)| panel.has_room(place))
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let pen = Pen(area);
        let size = pen.size();
        self.head().draw_head(&pen, [0.0, 0.0, size.0, HEAD])?;
        let panels = self.panels();
        let places = Self::places(panels.len(), size);
        panels.iter().zip(places).try_for_each(|(panel, place)| panel.draw_in(&pen, place))
    }
}
