//! `popfield capacity`: how many random patterns a rule recalls, measured, with theory laid over it.

mod figure;
mod journal;
mod measured;
mod search;
mod theory;

use std::io::Write;

use indicatif::ProgressBar;
use popfield::{MAX_DIM, flips};
use serde_json::{Map, Value, json};

use crate::args::Capacity;
use crate::beta::BetaArg;
use crate::failure::{Failure, Result};
use crate::lab::experiment::{Experiment, Rule, Setting, Values, name};
use crate::lab::outcome::Observable;
use crate::lab::point::{Asked, Effort, MOST_PATTERNS, Point, Way};
use crate::lab::range::Range;
use crate::output::{OutFile, check_distinct, deliver, say, written};
use crate::plot::{Format, render};
use crate::report::{facts, progress};
use figure::{Axis, Chart};
pub use journal::Journal;
pub use measured::{CONFIDENCE, Crossing, Measured, Study};
pub use search::Sought;
use search::search;
use theory::Prediction;

/// What the search looks for: success of 99 % and of half.
const TARGETS: [f64; 2] = [0.99, 0.5];

/// Words of 64 bits drawn, or drawn and scanned by a query, at a point at the most that the search tries.
const SEARCHED_WORDS: u128 = 1 << 33;

pub fn run(args: &Capacity) -> Result<()> {
    let threads = crate::use_threads(args.threads)?;
    let subject = Subject::new(args)?;
    let Subject { study, dims, .. } = &subject;
    let format = args.plot.as_deref().map(Format::of).transpose()?;
    check_distinct(&[args.csv.as_deref(), args.plot.as_deref(), args.resume.as_deref()], &[])?;
    let csv = args.csv.as_deref().map(OutFile::create).transpose()?;
    let plot = args.plot.as_deref().map(OutFile::create).transpose()?;
    let settings = settings(args, study);
    let journal = args.resume.as_deref().map(|path| Journal::open(path, &settings)).transpose()?;

    let bar = progress(subject.trials(), "trials");
    let Found { points, crossings } = subject.measure(journal, &bar)?;
    bar.finish_and_clear();

    let csv = csv.map(|file| written(file, |file| study.write_csv(file, &points))).transpose()?;
    let axis = Axis::of(args.load.as_ref(), args.rate.as_ref(), args.patterns.as_ref(), &study.experiment);
    let plot = match (plot, format) {
        (Some(file), Some(format)) => {
            let chart = Chart::new(study, &points, dims, &crossings, axis);
            let bytes = render(&chart, format)?;
            Some(written(file, |file| file.write_all(&bytes))?)
        }
        _ => None,
    };
    deliver([csv, plot].into_iter().flatten(), || {
        if args.json {
            let mut object = settings.clone();
            object.insert("confidence".into(), json!(CONFIDENCE));
            object.insert("threads".into(), json!(threads));
            let legend = |p: &Prediction| (p.name.to_owned(), json!(p.legend(&study.experiment, study.observable)));
            object.insert("predictions".into(), study.predictions.iter().map(legend).collect::<Map<_, _>>().into());
            object.insert("capacities".into(), study.capacities_json(dims, &crossings));
            object.insert("points".into(), points.iter().map(|measured| study.json(measured)).collect());
            return say(Value::Object(object));
        }
        facts(&in_words(study, args))?;
        say("")?;
        say(study.table(&points))?;
        if let Some(table) = study.capacities(dims, &crossings) {
            say(format_args!("\n{table}"))?;
        }
        for Crossing { dim, rises, .. } in &crossings {
            if let Some(patterns) = rises {
                say(format_args!("\nd = {dim}: success rises again, from n = {patterns} at the latest"))?;
            }
        }
        if study.predictions.is_empty() {
            return Ok(());
        }
        say("")?;
        let legend = |p: &Prediction| (p.name, p.legend(&study.experiment, study.observable));
        facts(&study.predictions.iter().map(legend).collect::<Vec<_>>())
    })
}

/// What the options ask for, checked.
pub struct Subject<'a> {
    args: &'a Capacity,
    pub study: Study,
    dims: Vec<usize>,
    /// None where they are to be searched.
    sizes: Option<Vec<Point>>,
}

/// What was measured, in order of points, and what a search found.
pub struct Found {
    pub points: Vec<Measured>,
    pub crossings: Vec<Crossing>,
}

impl<'a> Subject<'a> {
    pub fn new(args: &'a Capacity) -> Result<Self> {
        let (study, dims) = (study(args)?, dims(args)?);
        let sizes = sizes(args, &dims)?;
        if sizes.is_none() && !matches!(args.observable, Observable::Pattern | Observable::All) {
            return Err(Failure::usage(format!(
                "--observable {}: expected one of --load, --rate and --patterns beside it, found none; what is searched is the \
                 success of pattern or all",
                name(args.observable)
            )));
        }
        for &point in sizes.iter().flatten() {
            study.effort.check(&study.experiment, point)?;
        }
        Ok(Self { args, study, dims, sizes })
    }

    /// Trials, as far as they are known beforehand.
    fn trials(&self) -> u64 {
        self.sizes.as_ref().map_or(0, |sizes| sizes.len() as u64) * self.args.trials
    }

    /// Measures all points but those that `journal` holds.
    pub fn measure(&self, mut journal: Option<Journal>, bar: &ProgressBar) -> Result<Found> {
        let Self { args, study, .. } = self;
        let mut points: Vec<Measured> = Vec::new();
        // Returns the observable of each memory.
        let mut measure = |point: Point| -> Result<Vec<f64>> {
            let finished = journal.as_ref().and_then(|journal| journal.finished(point)).cloned();
            let outcomes = match finished {
                Some(outcomes) => {
                    bar.inc(args.trials);
                    outcomes
                }
                None => {
                    let outcomes = study.effort.measure(&study.experiment, point, args.seed, &|| bar.inc(1))?;
                    journal.as_mut().map_or(Ok(()), |journal| journal.finish(point, &outcomes))?;
                    outcomes
                }
            };
            let fractions = outcomes.iter().map(|outcome| args.observable.fraction(outcome)).collect();
            points.push(study.measured(point, outcomes));
            Ok(fractions)
        };
        let mut crossings = Vec::new();
        match &self.sizes {
            Some(sizes) => sizes.iter().try_for_each(|&point| measure(point).map(drop))?,
            None => {
                for &dim in &self.dims {
                    let most = most_patterns(study, dim, args.trials);
                    let found = search(&TARGETS, most, CONFIDENCE, |patterns| {
                        bar.inc_length(args.trials);
                        measure(Point { dim, patterns })
                    })?;
                    let [nearly_all, half] = found.crossings[..] else { continue };
                    crossings.push(Crossing { dim, half, nearly_all, rises: found.rises });
                }
            }
        }
        points.sort_by_key(|measured| measured.point);
        Ok(Found { points, crossings })
    }
}

/// What is to be measured, and how.
fn study(args: &Capacity) -> Result<Study> {
    let experiment = args.experiment()?;
    let observable = args.observable;
    let asked = match (observable, args.queries) {
        (Observable::All, Some(queries)) => {
            return Err(Failure::usage(format!(
                "--queries: expected none beside --observable all, which asks all keys, found {queries}"
            )));
        }
        (Observable::All, None) => Asked::All,
        (_, Some(queries)) => Asked::Some(queries),
        (_, None) => Asked::AsPays,
    };
    let effort = Effort { asked, way: args.memories, ..Effort::new(args.trials) };
    let predictions = theory::choose(args.theory.as_deref(), &experiment, observable)?;
    Ok(Study { experiment, effort, observable, predictions })
}

/// The dimensions, each once, in the order given.
fn dims(args: &Capacity) -> Result<Vec<usize>> {
    let mut dims: Vec<usize> = Vec::new();
    for &dim in &args.dim {
        if dim > MAX_DIM {
            return Err(Failure::usage(format!("--dim: expected at most {MAX_DIM}, found {dim}")));
        }
        if !dims.contains(&dim) {
            dims.push(dim);
        }
    }
    Ok(dims)
}

/// The points, by dimension; none where they are to be searched.
fn sizes(args: &Capacity, dims: &[usize]) -> Result<Option<Vec<Point>>> {
    type Patterns = fn(f64, f64) -> f64;
    let ranges: [(&str, &Option<Range>, Patterns); 3] = [
        ("load", &args.load, |load, dim| load * dim),
        ("rate", &args.rate, |rate, dim| libm::exp(rate * dim)),
        ("patterns", &args.patterns, |patterns, _| patterns),
    ];
    let given = ranges.into_iter().find_map(|(name, range, n)| range.as_ref().map(|range| (name, range, n)));
    let Some((name, range, patterns)) = given else { return Ok(None) };
    let mut points = Vec::new();
    for &dim in dims {
        for &value in &range.values {
            let exactly = patterns(value, dim as f64);
            let n = exactly.round();
            if name == "patterns" && !range.geometric && n != exactly {
                return Err(Failure::usage(format!("--patterns: expected whole numbers, found {exactly}")));
            }
            if !(1.0..=u64::MAX as f64 / 2.0).contains(&n) {
                let most = u64::MAX / 2;
                return Err(Failure::usage(format!(
                    "--{name}: expected 1 to {most} patterns, found {n:?} by {value:?} at dimension {dim}"
                )));
            }
            points.push(Point { dim, patterns: n as u64 });
        }
    }
    // Numbers may come twice, and neighbours round to the same.
    points.sort_unstable();
    points.dedup();
    Ok(Some(points))
}

/// The most patterns of dimension `dim` that a search tries: what fits, and does not take all day.
fn most_patterns(study: &Study, dim: usize, trials: u64) -> u64 {
    let bearable = |patterns: u64| {
        let point = Point { dim, patterns };
        let Study { experiment, effort, .. } = study;
        let Ok(queries) = effort.check(experiment, point).and_then(|()| effort.queries(experiment, point)) else {
            return false;
        };
        let words = u128::from(patterns) * dim.div_ceil(64) as u128 * u128::from(8 + queries) * u128::from(trials);
        matches!(effort.way(experiment, point), Ok(Way::Sampled)) || words <= SEARCHED_WORDS
    };
    // Sizes in between may not be bearable where larger ones are, since these are sampled.
    let most = 1 << (0..=MOST_PATTERNS.ilog2()).rev().find(|&power| bearable(1 << power)).unwrap_or(0);
    // No rule that learns weights holds more than d patterns.
    if study.experiment.rule.learned().is_some() { most.min(4 * dim as u64) } else { most }
}

/// What the outcomes depend on, and what was asked: the head of a journal, and of the JSON object.
fn settings(args: &Capacity, study: &Study) -> Map<String, Value> {
    let Experiment { rule, setting, steps, values, noise, tie } = study.experiment;
    let beta = match rule {
        Rule::Exponential(BetaArg::Number(beta)) => json!(beta),
        Rule::Exponential(beta) => json!(beta.to_string()),
        _ => Value::Null,
    };
    let range = |range: &Option<Range>| range.as_ref().map(ToString::to_string);
    let settings = json!({
        "rule": rule.name(),
        "beta": beta,
        "degree": if let Rule::Polynomial(degree) = rule { Some(degree) } else { None },
        "setting": name(setting),
        "dynamics": name(steps),
        "values": (setting.self_term().is_none()).then(|| name(values)),
        "noise": noise,
        "tie": tie.name(),
        "dims": args.dim,
        "load_range": range(&args.load),
        "rate_range": range(&args.rate),
        "patterns_range": range(&args.patterns),
        "trials": args.trials,
        "queries": args.queries,
        "memories": args.memories.map(name),
        "observable": name(args.observable),
        "seed": args.seed,
    });
    match settings {
        Value::Object(settings) => settings,
        _ => Map::new(),
    }
}

/// The experiment for people.
fn in_words(study: &Study, args: &Capacity) -> Vec<(&'static str, String)> {
    let Experiment { rule, setting, steps, values, noise, tie } = study.experiment;
    let setting = match (setting.self_term(), values) {
        (None, Values::Random) => "hetero, values random".to_owned(),
        (None, Values::Worst) => "hetero, every other value opposed to the tested one".to_owned(),
        (Some(_), _) if setting == Setting::AutoKept && noise == 0.0 => {
            format!("{}: each bit votes for itself, so that recall without noise proves nothing", name(setting))
        }
        (Some(_), _) => name(setting),
    };
    let start = match noise {
        0.0 => "the stored key".to_owned(),
        _ => {
            let flips: Vec<String> = args.dim.iter().map(|&dim| flips(noise, dim).to_string()).collect();
            format!("the stored key with {} positions flipped (noise {noise})", flips.join(", "))
        }
    };
    vec![
        ("rule", rule.to_string()),
        ("setting", setting),
        ("dynamics", name(steps)),
        ("start", start),
        ("ties", format!("policy `{}`", tie.name())),
        ("intervals", format!("{:.0} %, over memories", 100.0 * CONFIDENCE)),
        ("seed", args.seed.to_string()),
    ]
}
