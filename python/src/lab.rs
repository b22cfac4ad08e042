//! The laboratory: measured capacity.

use numpy::IntoPyArray;
use popfield_lab::{BetaScaling, Crossing, Experiment, Findings, Range, Rule, Study};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::choices::named;
use crate::errors::raised_by_lab;
use crate::report::structured;
use crate::threads::Call;
use crate::watch::{How, run};

/// A choice of the laboratory's by name.
fn choice<T: std::str::FromStr<Err = popfield_lab::Error>>(name: &str) -> PyResult<T> {
    name.parse().map_err(raised_by_lab)
}

fn rule(name: &str, beta: Option<&Bound<'_, PyAny>>, degree: Option<u32>) -> PyResult<Rule> {
    let alone = |what: &str, of: &str| {
        Err(PyValueError::new_err(format!("{what}: expected none beside rule {name}, as it is for {of}, found one")))
    };
    if beta.is_some() && name != "exponential" {
        return alone("beta", "exponential");
    }
    if degree.is_some() && name != "polynomial" {
        return alone("degree", "polynomial");
    }
    match name {
        "hebb" | "linear" => Ok(Rule::Hebb),
        "pseudo-inverse" => Ok(Rule::PseudoInverse),
        "storkey" => Ok(Rule::Storkey),
        "polynomial" => Ok(Rule::Polynomial(degree.unwrap_or(2))),
        "exponential" => Ok(Rule::Exponential(match beta {
            None => BetaScaling::Fixed(1.0),
            Some(beta) => match beta.extract::<&str>() {
                Ok("1/sqrt(d)") => BetaScaling::InverseRoot,
                _ => BetaScaling::Fixed(beta.extract()?),
            },
        })),
        "max" => Ok(Rule::Max),
        other => {
            let expected = "hebb, pseudo-inverse, storkey, polynomial, exponential or max";
            Err(PyValueError::new_err(format!("rule: expected {expected}, found {other:?}")))
        }
    }
}

/// Numbers of a sequence.
fn range(numbers: Vec<f64>) -> PyResult<Range> {
    Range::list(&numbers).map_err(raised_by_lab)
}

/// Measures how many random patterns a memory holds, beside what theory says.
///
/// With `load=` (n/d), `rate=` (ln n/d) or `patterns=` (n) the observable is measured at these numbers of patterns in
/// each of `dims`, in `trials` memories each: a structured array with the fields `dim`, `patterns`, `load`, `rate`,
/// `trials`, `value`, `low`, `high` (a 95 % interval), and one for each law that says something. Without them the numbers
/// of patterns of which half and 99 % succeed are searched: `dim`, `half`, `nearly_all`, each with `_low` and `_high`.
///
/// `rule` is "hebb", "pseudo-inverse", "storkey", "polynomial", "exponential" or "max"; `setting` "hetero",
/// "auto-kept", "auto-zeroed" or "energy-difference"; `observable` "pattern", "bit-error", "all" or "overlap"; `dynamics`
/// "one-step", "sync" or "async"; `values` "random" or "worst".
///
/// >>> points = popfield.capacity("hebb", dims=[100], load=[0.1, 0.5], observable="bit-error", trials=10)
/// >>> points["patterns"]
/// array([10, 50], dtype=uint64)
/// >>> bool(points["value"][0] < points["value"][1])
/// True
#[pyfunction]
#[pyo3(signature = (rule="hebb", setting="hetero", *, dims=vec![100, 200, 400], load=None, rate=None, patterns=None, observable="pattern", dynamics="one-step", values="random", noise=0.0, beta=None, degree=None, tie=None, trials=100, queries=None, seed=1, threads=None, progress=None))]
#[allow(clippy::too_many_arguments)]
pub fn capacity<'py>(
    py: Python<'py>,
    rule: &str,
    setting: &str,
    dims: Vec<usize>,
    load: Option<Vec<f64>>,
    rate: Option<Vec<f64>>,
    patterns: Option<Vec<f64>>,
    observable: &str,
    dynamics: &str,
    values: &str,
    noise: f64,
    beta: Option<&Bound<'py, PyAny>>,
    degree: Option<u32>,
    tie: Option<&str>,
    trials: u64,
    queries: Option<u64>,
    seed: u64,
    threads: Option<usize>,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (call, how) = (Call::begin()?, How::asked(threads, progress)?);
    let mut experiment = Experiment::new(self::rule(rule, beta, degree)?, choice(setting)?)
        .noise(noise)
        .steps(choice(dynamics)?)
        .values(choice(values)?);
    if let Some(tie) = tie {
        experiment = experiment.tie(named(tie)?);
    }
    let mut study = Study::new(experiment).dims(dims).observable(choice(observable)?).trials(trials).seed(seed);
    if let Some(queries) = queries {
        study = study.queries(queries);
    }
    study = match (load, rate, patterns) {
        (None, None, None) => study,
        (Some(load), None, None) => study.load(range(load)?),
        (None, Some(rate), None) => study.rate(range(rate)?),
        (None, None, Some(patterns)) => study.patterns(range(patterns)?),
        _ => return Err(PyValueError::new_err("load, rate, patterns: expected one of them or none, found several")),
    };
    let found = run(py, &call, &how, usize::MAX, |progress| study.run(progress, &mut ()), raised_by_lab)?;
    if found.points.is_empty() || !found.capacities.is_empty() { capacities(py, &found) } else { points(py, &found) }
}

/// The points that were measured.
fn points<'py>(py: Python<'py>, found: &Findings) -> PyResult<Bound<'py, PyAny>> {
    let points = &found.points;
    let whole = |of: &dyn Fn(&popfield_lab::MeasuredPoint) -> u64| {
        points.iter().map(of).collect::<Vec<u64>>().into_pyarray(py).into_any()
    };
    let real = |of: &dyn Fn(&popfield_lab::MeasuredPoint) -> f64| {
        points.iter().map(of).collect::<Vec<f64>>().into_pyarray(py).into_any()
    };
    let mut columns = vec![
        ("dim", "u8", whole(&|point| point.point.dim as u64)),
        ("patterns", "u8", whole(&|point| point.point.patterns)),
        ("load", "f8", real(&|point| point.point.load())),
        ("rate", "f8", real(&|point| point.point.rate())),
        ("trials", "u8", whole(&|point| point.outcomes.len() as u64)),
        ("value", "f8", real(&|point| point.estimate.value)),
        ("low", "f8", real(&|point| point.estimate.low)),
        ("high", "f8", real(&|point| point.estimate.high)),
    ];
    for (at, prediction) in found.predictions.iter().enumerate() {
        let said = real(&|point| point.predicted.get(at).copied().flatten().unwrap_or(f64::NAN));
        columns.push((prediction.name, "f8", said));
    }
    structured(py, points.len(), columns, false)
}

/// The numbers of patterns that were searched.
fn capacities<'py>(py: Python<'py>, found: &Findings) -> PyResult<Bound<'py, PyAny>> {
    let ends = |crossing: Crossing| match crossing {
        Crossing::At(interval) => [interval.value, interval.low, interval.high],
        Crossing::Below => [0.0, 0.0, 1.0],
        Crossing::Above(most) => [f64::INFINITY, most as f64, f64::INFINITY],
        _ => [f64::NAN; 3],
    };
    let real = |of: &dyn Fn(&popfield_lab::Capacity) -> f64| {
        found.capacities.iter().map(of).collect::<Vec<f64>>().into_pyarray(py).into_any()
    };
    let dims: Vec<u64> = found.capacities.iter().map(|capacity| capacity.dim as u64).collect();
    let columns = vec![
        ("dim", "u8", dims.into_pyarray(py).into_any()),
        ("half", "f8", real(&|capacity| ends(capacity.half)[0])),
        ("half_low", "f8", real(&|capacity| ends(capacity.half)[1])),
        ("half_high", "f8", real(&|capacity| ends(capacity.half)[2])),
        ("nearly_all", "f8", real(&|capacity| ends(capacity.nearly_all)[0])),
        ("nearly_all_low", "f8", real(&|capacity| ends(capacity.nearly_all)[1])),
        ("nearly_all_high", "f8", real(&|capacity| ends(capacity.nearly_all)[2])),
    ];
    structured(py, found.capacities.len(), columns, false)
}
