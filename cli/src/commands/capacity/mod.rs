//! `popfield capacity`: how many random patterns a rule recalls, measured, with theory laid over it.

mod figure;
mod journal;
mod line;
mod rows;

use popfield::patterns::flips;
use popfield::{Named as _, Progress};
use popfield_lab::{
    BetaScaling, CONFIDENCE, Capacity, Experiment, Findings, MeasuredPoint, Observable, Prediction, Range, Rule,
    Setting, Sizes, Study, Values,
};
use serde_json::{Map, Value, json};

use crate::args::Capacity as Options;
use crate::failure::Result;
use crate::output::{OutFile, check_distinct, deliver, interrupted, say, wrapped, written};
use crate::report::{facts, kept, progress, tell};
use figure::Curves;
use journal::{Journal, Kept};
pub use line::command_line;
use rows::Rows;

pub fn run(options: &Options) -> Result<()> {
    let threads = crate::use_threads(options.threads)?;
    let study = options.study()?;
    let plan = study.plan()?;
    let outputs = [&options.csv, &options.raw, &options.plot, &options.resume].map(Option::as_deref);
    check_distinct(&outputs, &[])?;
    let csv = options.csv.as_deref().map(OutFile::create).transpose()?;
    let raw = options.raw.as_deref().map(OutFile::create).transpose()?;
    let plot = options.look.begin("plot", options.plot.as_ref())?;
    let settings = settings(&study);
    let journal = options.resume.as_deref().map(|path| Journal::open(path, &settings)).transpose()?;

    let bar = progress(plan.trials(), "trials");
    let findings = plan.run(Progress::new(&tell(&bar)), &mut Kept(journal));
    if let (Err(_), Some(path), true) = (&findings, &options.resume, interrupted()) {
        kept(path);
    }
    let findings = findings?;
    bar.finish_and_clear();

    let rows = Rows { study: &study, findings: &findings };
    let csv = csv.map(|file| written(file, |file| rows.write_csv(file, &settings))).transpose()?;
    let raw = raw.map(|file| written(file, |file| rows.write_raw(file))).transpose()?;
    let plot = plot.map(|file| file.draw(&Curves::new(&rows))).transpose()?;
    deliver([csv, raw, plot].into_iter().flatten(), || {
        if options.json {
            let mut object = settings.clone();
            object.insert("confidence".into(), json!(CONFIDENCE));
            object.insert("threads".into(), json!(threads));
            let legend = |p: &Prediction| (p.name.to_owned(), json!(rows.legend(p)));
            object.insert("predictions".into(), findings.predictions.iter().map(legend).collect::<Map<_, _>>().into());
            object.insert("capacities".into(), rows.capacities_json());
            object.insert("points".into(), rows.points_json());
            return say(Value::Object(object));
        }
        facts(&in_words(&study, &findings))?;
        say("")?;
        rows.table().say()?;
        if let Some(table) = rows.capacities() {
            say("")?;
            table.say()?;
        }
        for note in [rows.open_ends().map(|open| format!("open: {open}")), rows.agreement()].into_iter().flatten() {
            say("")?;
            say(wrapped(&note, 0))?;
        }
        for Capacity { dim, rises, .. } in &findings.capacities {
            if let Some(patterns) = rises {
                say(format_args!("\nd = {dim}: success rises again, from n = {patterns} at the latest"))?;
            }
        }
        if findings.predictions.is_empty() {
            return Ok(());
        }
        say("")?;
        let legend = |p: &Prediction| (p.name, rows.legend(p));
        facts(&findings.predictions.iter().map(legend).collect::<Vec<_>>())
    })
}

/// What the outcomes depend on, and what was asked: the head of a journal, and of the JSON object.
fn settings(study: &Study) -> Map<String, Value> {
    let Experiment { rule, setting, steps, values, noise, tie, .. } = study.experiment;
    let beta = match rule {
        Rule::Exponential(BetaScaling::Fixed(beta)) => json!(beta),
        Rule::Exponential(beta) => json!(beta.to_string()),
        _ => Value::Null,
    };
    let (load, rate, patterns) = match &study.sizes {
        Sizes::Load(range) => (Some(range), None, None),
        Sizes::Rate(range) => (None, Some(range), None),
        Sizes::Patterns(range) => (None, None, Some(range)),
        _ => (None, None, None),
    };
    let text = |range: Option<&Range>| range.map(ToString::to_string);
    let settings = json!({
        "rule": rule.name(),
        "beta": beta,
        "degree": if let Rule::Polynomial(degree) = rule { Some(degree) } else { None },
        "setting": setting.name(),
        "dynamics": steps.name(),
        "values": (setting.self_term().is_none()).then(|| values.name()),
        "noise": noise,
        "tie": tie.name(),
        "dims": study.dims,
        "load_range": text(load),
        "rate_range": text(rate),
        "patterns_range": text(patterns),
        "trials": study.trials,
        "queries": study.queries,
        "memories": study.way.map(|way| way.name()),
        "observable": study.observable.name(),
        "seed": study.seed,
    });
    match settings {
        Value::Object(settings) => settings,
        _ => Map::new(),
    }
}

/// What intervals are over.
fn intervals(study: &Study, findings: &Findings) -> String {
    let over = format!("{:.0} %, over memories", 100.0 * CONFIDENCE);
    let effect = |measured: &MeasuredPoint| study.experiment.design_effect(measured.point, measured.queries());
    let effects: Option<Vec<f64>> = findings.points.iter().map(effect).collect();
    match effects {
        Some(effects) if study.observable != Observable::All => {
            let (least, most) =
                effects.iter().fold((f64::INFINITY, 1.0f64), |(low, high), &x| (low.min(x), high.max(x)));
            let effects = if most - least < 0.05 { format!("{most:.1}") } else { format!("{least:.1} to {most:.1}") };
            format!("{over}; where few, over answers ({effects} count as one)")
        }
        _ => over,
    }
}

/// The experiment for people.
fn in_words(study: &Study, findings: &Findings) -> Vec<(&'static str, String)> {
    let Experiment { rule, setting, steps, values, noise, tie, .. } = study.experiment;
    let setting = match (setting.self_term(), values) {
        (None, Values::Worst) => "hetero, every other value opposed to the tested one".to_owned(),
        (None, values) => format!("hetero, values {values}"),
        (Some(_), _) if setting == Setting::AutoKept && noise == 0.0 => {
            format!("{setting}: each bit votes for itself, so that recall without noise proves nothing")
        }
        (Some(_), _) => setting.to_string(),
    };
    let start = match noise {
        0.0 => "the stored key".to_owned(),
        _ => {
            let flips: Vec<String> = study.dims.iter().map(|&dim| flips(noise, dim).to_string()).collect();
            format!("the stored key with {} positions flipped (noise {noise})", flips.join(", "))
        }
    };
    vec![
        ("rule", rule.to_string()),
        ("setting", setting),
        ("dynamics", steps.to_string()),
        ("start", start),
        ("ties", format!("policy `{}`", tie.name())),
        ("intervals", intervals(study, findings)),
        ("seed", study.seed.to_string()),
    ]
}
