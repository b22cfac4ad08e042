//! `popfield capacity`: how many random patterns a rule recalls, measured, with theory laid over it.

mod figure;
mod journal;
mod line;
mod rows;

use std::io::Write;

use popfield::patterns::flips;
use popfield::{Named as _, Progress};
use popfield_lab::{
    BetaScaling, CONFIDENCE, Capacity, Experiment, Prediction, Range, Rule, Setting, Sizes, Study, Values,
};
use serde_json::{Map, Value, json};

use crate::args::Capacity as Options;
use crate::failure::Result;
use crate::output::{OutFile, check_distinct, deliver, say, written};
use crate::plot::{Format, render};
use crate::report::{facts, progress, tell};
use figure::Chart;
use journal::{Journal, Kept};
pub use line::command_line;
use rows::Rows;

pub fn run(options: &Options) -> Result<()> {
    let threads = crate::use_threads(options.threads)?;
    let study = options.study()?;
    let plan = study.plan()?;
    let format = options.plot.as_deref().map(Format::of).transpose()?;
    check_distinct(&[options.csv.as_deref(), options.plot.as_deref(), options.resume.as_deref()], &[])?;
    let csv = options.csv.as_deref().map(OutFile::create).transpose()?;
    let plot = options.plot.as_deref().map(OutFile::create).transpose()?;
    let settings = settings(&study);
    let journal = options.resume.as_deref().map(|path| Journal::open(path, &settings)).transpose()?;

    let bar = progress(plan.trials(), "trials");
    let findings = plan.run(Progress::new(&tell(&bar)), &mut Kept(journal))?;
    bar.finish_and_clear();

    let rows = Rows { study: &study, findings: &findings };
    let csv = csv.map(|file| written(file, |file| rows.write_csv(file))).transpose()?;
    let plot = match (plot, format) {
        (Some(file), Some(format)) => {
            let bytes = render(&Chart::new(&study, &findings), format)?;
            Some(written(file, |file| file.write_all(&bytes))?)
        }
        _ => None,
    };
    deliver([csv, plot].into_iter().flatten(), || {
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
        facts(&in_words(&study))?;
        say("")?;
        say(rows.table())?;
        if let Some(table) = rows.capacities() {
            say(format_args!("\n{table}"))?;
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

/// The experiment for people.
fn in_words(study: &Study) -> Vec<(&'static str, String)> {
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
        ("intervals", format!("{:.0} %, over memories", 100.0 * CONFIDENCE)),
        ("seed", study.seed.to_string()),
    ]
}
