//! Reports as structured arrays.

use numpy::IntoPyArray;
use popfield::dynamics::{End, Limit, Run};
use popfield::recall::{Reason, Report};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::arrays::shaped;

/// A structured array of columns, (name, type, column); a single record where it is of one row by itself.
pub fn structured<'py>(
    py: Python<'py>,
    len: usize,
    columns: Vec<(&str, &str, Bound<'py, PyAny>)>,
    single: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let types: Vec<(&str, &str)> = columns.iter().map(|column| (column.0, column.1)).collect();
    let keywords = PyDict::new(py);
    keywords.set_item("dtype", types)?;
    let array = py.import("numpy")?.getattr("zeros")?.call((len,), Some(&keywords))?;
    for (name, _, column) in columns {
        array.set_item(name, column)?;
    }
    if single { array.get_item(0) } else { Ok(array) }
}

fn column<'py, T: numpy::Element>(py: Python<'py>, column: impl Iterator<Item = T>) -> Bound<'py, PyAny> {
    column.collect::<Vec<T>>().into_pyarray(py).into_any()
}

/// What is known of each answer.
pub fn of<'py>(py: Python<'py>, reports: &[Report], single: bool) -> PyResult<Bound<'py, PyAny>> {
    let weights = reports.iter().flat_map(|report| report.top_weight.unwrap_or([f64::NAN; 2])).collect();
    let reasons: Vec<&str> = reports.iter().map(|report| report.certificate.reason.name()).collect();
    let columns = vec![
        ("nearest_id", "u8", column(py, reports.iter().map(|report| report.nearest.id))),
        ("nearest_distance", "u4", column(py, reports.iter().map(|report| report.nearest.distance))),
        ("nearest_count", "u8", column(py, reports.iter().map(|report| report.nearest.count))),
        ("top_weight", "2f8", shaped(py, weights, 2, false)?),
        ("certificate", "U8", reasons.into_pyobject(py)?.into_any()),
        ("tied_bits", "u8", column(py, reports.iter().map(|report| report.tied_bits))),
        ("keys_touched", "u8", column(py, reports.iter().map(|report| report.certificate.keys_touched))),
    ];
    structured(py, reports.len(), columns, single)
}

/// The limit states of runs, and what is known of each.
pub fn of_runs<'py>(py: Python<'py>, runs: &[Run], dim: usize, single: bool) -> PyResult<Bound<'py, PyTuple>> {
    let mut states: Vec<i8> = Vec::with_capacity(runs.len() * dim);
    for run in runs {
        states.extend(run.state.bits().iter().by_vals().map(|bit| if bit { 1 } else { -1 }));
    }
    let limits: Vec<&str> = runs.iter().map(|run| run.limit.name()).collect();
    let cycles = runs.iter().map(|run| match run.limit {
        Limit::FixedPoint => 1,
        Limit::Cycle(length) => length,
        _ => 0,
    });
    let ends: Vec<&str> = runs.iter().map(|run| run.end.name()).collect();
    let distances = runs.iter().map(|run| match run.end {
        End::Near { distance, .. } | End::Mixture { distance, .. } => distance,
        _ => 0,
    });
    let proofs: Vec<&str> = runs.iter().map(|run| run.proof.map_or("", Reason::name)).collect();
    let columns = vec![
        ("limit", "U11", limits.into_pyobject(py)?.into_any()),
        ("cycle", "u4", column(py, cycles)),
        ("steps", "u4", column(py, runs.iter().map(|run| run.steps() as u32))),
        ("end", "U10", ends.into_pyobject(py)?.into_any()),
        ("distance", "u4", column(py, distances)),
        ("closest_id", "u8", column(py, runs.iter().map(|run| run.closest.id))),
        ("closest_overlap", "i4", column(py, runs.iter().map(|run| run.closest.overlap))),
        ("tied_bits", "u8", column(py, runs.iter().map(|run| run.tied_bits))),
        ("certificate", "U8", proofs.into_pyobject(py)?.into_any()),
    ];
    PyTuple::new(py, [shaped(py, states, dim, single)?, structured(py, runs.len(), columns, single)?])
}
