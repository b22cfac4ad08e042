//! popfield for Python: the extension module `popfield._popfield`. Docstrings and types stand in the Python package
//! beside it.

mod arrays;
mod choices;
mod errors;
mod index;
mod lab;
mod memory;
mod networks;
mod report;
mod theory;
mod threads;
mod watch;

use pyo3::prelude::*;

/// Sets how many threads calls use that do not say: `None` for all cores. No bit depends on it.
///
/// >>> popfield.set_threads(2)
/// >>> popfield.get_threads()
/// 2
/// >>> popfield.set_threads()
#[pyfunction]
#[pyo3(signature = (threads=None))]
fn set_threads(threads: Option<usize>) -> PyResult<()> {
    threads::set(threads)
}

/// How many threads calls use that do not say.
///
/// >>> popfield.get_threads() >= 1
/// True
#[pyfunction]
fn get_threads() -> usize {
    threads::get()
}

#[pymodule]
fn _popfield(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    threads::count_forks()?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("Interrupted", py.get_type::<errors::Interrupted>())?;
    module.add_class::<memory::Memory>()?;
    module.add_class::<networks::Network>()?;
    module.add_function(wrap_pyfunction!(set_threads, module)?)?;
    module.add_function(wrap_pyfunction!(get_threads, module)?)?;
    module.add_function(wrap_pyfunction!(memory::_reopened, module)?)?;
    module.add_function(wrap_pyfunction!(memory::_of_bytes, module)?)?;
    module.add_function(wrap_pyfunction!(networks::hebb, module)?)?;
    module.add_function(wrap_pyfunction!(networks::pseudo_inverse, module)?)?;
    module.add_function(wrap_pyfunction!(networks::storkey, module)?)?;
    module.add_function(wrap_pyfunction!(lab::capacity, module)?)?;
    module.add_submodule(&theory::theory(py)?)
}
