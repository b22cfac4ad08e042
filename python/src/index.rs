//! The index of a memory: made, brought up to date, written and told of; basins, which it may keep.

use numpy::{Element, IntoPyArray};
use popfield::basins::{Basins, Look};
use popfield::index::{IndexInfo, IndexOptions};
use popfield::{Memory, Progress, Separation};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::raised;
use crate::report::structured;
use crate::threads::Call;
use crate::watch::{How, run_engine};

/// The noise that the radius of basins reaches for unless it is given.
const COVERED: f64 = 0.1;

/// Changes the index of `memory` without the GIL, watched; calls under way go on with the one that they began with.
pub fn change<T: Send>(
    py: Python<'_>,
    memory: &popfield::shared::Shared,
    how: &How,
    change: impl FnOnce(&mut Memory, Progress<'_>) -> popfield::Result<T> + Send,
) -> PyResult<T> {
    let (call, state) = (Call::begin()?, memory.state());
    let mut indexed = state.memory().map_err(raised)?.clone();
    let changed = run_engine(py, &call, how, usize::MAX, |progress| change(&mut indexed, progress))?;
    // Who waits for others to have changed it must not do so in a pool, which those may need.
    py.detach(|| memory.change().set_index(&indexed)).map_err(raised)?;
    Ok(changed)
}

/// How an index is made.
pub fn options(tables: Option<usize>, chunk: Option<u32>, budget: Option<u64>) -> IndexOptions {
    let mut options = IndexOptions::default();
    (options.tables, options.chunk, options.budget) = (tables, chunk, budget);
    options
}

/// What an index is, as a dict.
pub fn of_info(py: Python<'_>, info: IndexInfo) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("tables", info.tables)?;
    dict.set_item("chunk", info.chunk)?;
    dict.set_item("positions", info.positions)?;
    dict.set_item("bytes", info.bytes)?;
    dict.set_item("covered", info.covered)?;
    dict.set_item("radius", info.radius)?;
    dict.set_item("degree", info.degree)?;
    Ok(dict)
}

/// How keys are looked around for budgets under `separation`, to `radius` or as far as they need.
pub fn look(memory: &popfield::View<'_>, separation: Separation, radius: Option<u32>) -> Look<'static> {
    let dim = memory.keys().dim();
    let look = Look::new(radius.unwrap_or_else(|| Look::reach(memory.len(), dim, separation, COVERED)));
    if separation.power().is_some() { look.far() } else { look }
}

/// Basins and their budgets as a structured array, a record a key.
pub fn of_basins<'py>(py: Python<'py>, basins: &Basins, budgets: &[Option<u32>]) -> PyResult<Bound<'py, PyAny>> {
    fn column<'py, T: Element>(py: Python<'py>, column: impl Iterator<Item = T>) -> Bound<'py, PyAny> {
        column.collect::<Vec<T>>().into_pyarray(py).into_any()
    }
    let all = basins.all();
    let nearest = || all.iter().map(|basin| basin.nearest);
    let columns = vec![
        ("id", "u8", column(py, all.iter().map(|basin| basin.id))),
        ("budget", "i8", column(py, budgets.iter().map(|budget| budget.map_or(-1, i64::from)))),
        ("nearest_id", "u8", column(py, nearest().map(|nearest| nearest.map_or(u64::MAX, |nearest| nearest.id)))),
        ("nearest_distance", "i8", column(py, nearest().map(|n| n.map_or(-1, |nearest| i64::from(nearest.distance))))),
        ("copies", "u8", column(py, all.iter().map(|basin| basin.copies))),
        ("values_agree", "?", column(py, all.iter().map(|basin| basin.values_agree))),
    ];
    structured(py, all.len(), columns, false)
}

/// Refuses to keep what an index has no use for.
pub fn check_kept(keep: bool, whole: bool) -> PyResult<()> {
    if keep && !whole {
        let why = "keep: expected basins of all associations, found a scope";
        return Err(pyo3::exceptions::PyValueError::new_err(why));
    }
    Ok(())
}
