//! How time and memory grow: one thing at a time is varied, all else stays as it is.

use plotters::coord::Shift;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;
use popfield::patterns::NoiseModel;
use popfield::tiers::Tier;
use popfield::{Memory, Patterns, Separation};
use serde_json::{Value, json};

use super::case::{Case, Measured};
use super::machine::Machine;
use crate::args::Bench;
use crate::failure::{Failure, Result};
use crate::output::{OutFile, deliver, say, written};
use crate::plot::{BLUE, Drawn, FAINT, Figure, Format, INK, RED, render, text};
use crate::report::{bytes, progress, table};

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
pub fn run(args: &Bench, threads: usize, figure: &std::path::Path) -> Result<()> {
    let format = Format::of(figure)?;
    let file = OutFile::create(figure)?;
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
    let picture = render(&Curves { points: &points }, format)?;
    let file = written(file, |file| std::io::Write::write_all(file, &picture))?;
    deliver([file], || {
        if args.json {
            let points: Vec<Value> = points.iter().map(Point::json).collect();
            return say(json!({ "tier": tier.name(), "threads": threads, "repeats": args.repeats, "points": points }));
        }
        let mut rows = table(&[
            "varied",
            "µs a query",
            "ns/pair",
            "bits read a key",
            "% recalled",
            "bits stored",
            "peak of the process",
        ]);
        points.iter().for_each(|point| {
            rows.add_row(point.row());
        });
        say(rows)?;
        say(format_args!(
            "\nExponential, β = 1; where not varied: {PATTERNS} patterns of dimension {DIM}, batch {BATCH}, noise \
             {NOISE}, {threads} threads. Medians of {}. Tier {}.\n{}",
            args.repeats,
            tier.name(),
            Machine::measure(tier).in_words(threads)
        ))
    })
}

/// Small charts side by side.
struct Curves<'a> {
    points: &'a [Point],
}

/// One of them.
struct Panel {
    title: &'static str,
    along: &'static str,
    curve: Vec<(f64, f64)>,
    /// What it would be if it grew in proportion, or shrank with the number of threads.
    ideal: Vec<(f64, f64)>,
    logarithmic: bool,
}

impl Curves<'_> {
    fn along(&self, axis: Axis, y: impl Fn(&Point) -> Option<f64>) -> Vec<(f64, f64)> {
        self.points.iter().filter(|point| point.axis == axis).filter_map(|p| Some((p.value, y(p)?))).collect()
    }

    fn panels(&self) -> Vec<Panel> {
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
        let title = "µs a query";
        vec![
            Panel {
                title,
                along: "patterns",
                ideal: proportional(&patterns, 3, 1),
                curve: patterns,
                logarithmic: true,
            },
            Panel {
                title,
                along: "dimension",
                ideal: proportional(&dimension, 3, 1),
                curve: dimension,
                logarithmic: true,
            },
            Panel { title, along: "queries at once", ideal: Vec::new(), curve: time(Axis::Batch), logarithmic: true },
            Panel { title, along: "noise", ideal: Vec::new(), curve: time(Axis::Noise), logarithmic: false },
            Panel { title, along: "threads", ideal: proportional(&threads, 0, -1), curve: threads, logarithmic: false },
            Panel { title: "MB of the process", along: "patterns", ideal: stored, curve: process, logarithmic: true },
        ]
    }
}

const COLUMNS: usize = 3;

impl Figure for Curves<'_> {
    fn size(&self) -> (u32, u32) {
        (1080, 640)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let (title, area) = area.split_vertically(40);
        title.draw(&Text::new("How time and memory grow", (20, 12), text(18, INK)))?;
        title.draw(&Text::new("measured", (300, 15), text(13, BLUE)))?;
        title.draw(&Text::new("in proportion, or the bits stored", (380, 15), text(13, RED)))?;
        let panels = self.panels();
        for (panel, area) in panels.iter().zip(area.split_evenly((panels.len().div_ceil(COLUMNS), COLUMNS))) {
            panel.draw(&area)?;
        }
        Ok(())
    }
}

impl Panel {
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let all = || self.curve.iter().chain(&self.ideal);
        let range = |of: fn(&(f64, f64)) -> f64| {
            all().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
        };
        let ((left, right), (low, high)) = (range(|point| point.0), range(|point| point.1));
        if self.curve.is_empty() {
            return area.draw(&Text::new("not known on this system", (20, 20), text(13, FAINT)));
        }
        let mut builder = ChartBuilder::on(area);
        builder.margin(10).caption(self.title, text(15, INK)).x_label_area_size(36).y_label_area_size(60);
        // Whole decades, so that there are labels at both ends.
        let y = (10f64.powf(low.log10().floor())..10f64.powf(high.log10().ceil())).log_scale();
        // The two kinds of axis are two types.
        if self.logarithmic {
            let x = (left / 1.2..right * 1.2).log_scale();
            self.curves(builder.build_cartesian_2d(x, y)?)
        } else {
            let margin = ((right - left) * 0.04).max(0.02);
            self.curves(builder.build_cartesian_2d(left - margin..right + margin, y)?)
        }
    }

    fn curves<B, X, Y>(&self, mut chart: ChartContext<'_, B, Cartesian2d<X, Y>>) -> Drawn<B>
    where
        B: DrawingBackend,
        X: Ranged<ValueType = f64> + ValueFormatter<f64>,
        Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        let number = |value: &f64| match *value {
            0.0 => "0".into(),
            v if v >= 1e6 => format!("{} M", v / 1e6),
            v if v >= 1e4 => format!("{} k", v / 1e3),
            v if v >= 10.0 => format!("{v:.0}"),
            v => format!("{}", (v * 100.0).round() / 100.0),
        };
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_labels(6)
            .y_labels(5)
            .x_desc(self.along)
            .x_label_formatter(&number)
            .y_label_formatter(&number)
            .label_style(text(11, FAINT))
            .axis_desc_style(text(13, FAINT))
            .draw()?;
        chart.draw_series(LineSeries::new(self.ideal.iter().copied(), RED.mix(0.6)))?;
        chart.draw_series(LineSeries::new(self.curve.iter().copied(), BLUE.mix(0.6).stroke_width(2)))?;
        chart.draw_series(self.curve.iter().map(|&point| Circle::new(point, 3, BLUE.filled())))?;
        Ok(())
    }
}
