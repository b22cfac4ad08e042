//! Networks whose weights are learned of a memory.

use std::sync::Arc;

use popfield::learning::{Dependence, Hebb, PseudoInverse, Rule, Storkey};
use popfield::{Progress, Separation};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::arrays::shaped;
use crate::choices::{self, named};
use crate::errors::raised;
use crate::memory::{Asked, Memory};
use crate::report;
use crate::threads::Call;
use crate::watch::{How, run_engine};

/// A linear network, learned of a memory by a rule.
#[pyclass(frozen, module = "popfield.networks", weakref)]
pub struct Network {
    network: Arc<dyn popfield::learning::Network>,
    rule: &'static str,
}

fn learn(
    py: Python<'_>,
    memory: &Memory,
    rule: &'static (dyn Rule + 'static),
    threads: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Network> {
    let (call, state, how) = (Call::begin()?, memory.state(), How::asked(threads, progress)?);
    let memory = state.memory().map_err(raised)?;
    let learned = run_engine(py, &call, &how, usize::MAX, |progress| rule.learn_watched(memory, progress))?;
    Ok(Network { network: learned.into(), rule: rule.name() })
}

/// Hebb's rule, W = sum_i y_i x_i^T: the memory's own linear separation, without weights.
///
/// >>> keys = np.where(np.random.default_rng(1).random((5, 100)) < 0.5, -1, 1)
/// >>> network = popfield.networks.hebb(popfield.Memory(keys))
/// >>> bool((network.recall(keys) == keys).all())
/// True
#[pyfunction]
#[pyo3(signature = (memory, *, threads=None, progress=None))]
pub fn hebb(
    py: Python<'_>,
    memory: &Memory,
    threads: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Network> {
    learn(py, memory, &Hebb, threads, progress)
}

/// The pseudo-inverse rule, W = Y X^+, which recalls up to n = dim linearly independent keys exactly. Keys that are not are
/// an error that names one, or with `dependent="ok"` Moore and Penrose's W is taken. Ctrl-C and `progress=` stop it but
/// while the keys' matrix is factorised, a sixth of what it takes.
///
/// >>> keys = np.where(np.random.default_rng(1).random((60, 100)) < 0.5, -1, 1)
/// >>> network = popfield.networks.pseudo_inverse(popfield.Memory(keys))
/// >>> bool((network.recall(keys) == keys).all())
/// True
#[pyfunction]
#[pyo3(signature = (memory, *, dependent="error", threads=None, progress=None))]
pub fn pseudo_inverse(
    py: Python<'_>,
    memory: &Memory,
    dependent: &str,
    threads: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Network> {
    let rule = match dependent {
        "error" => &PseudoInverse { dependence: Dependence::Refuse },
        "ok" => &PseudoInverse { dependence: Dependence::MoorePenrose },
        other => {
            let text = format!("dependent: expected \"error\" or \"ok\", found {other:?}");
            return Err(PyValueError::new_err(text));
        }
    };
    learn(py, memory, rule, threads, progress)
}

/// Storkey's rule.
///
/// >>> keys = np.where(np.random.default_rng(1).random((10, 100)) < 0.5, -1, 1)
/// >>> popfield.networks.storkey(popfield.Memory(keys))
/// <popfield.Network: storkey of 10 associations, dim=100, value_dim=100>
#[pyfunction]
#[pyo3(signature = (memory, *, threads=None, progress=None))]
pub fn storkey(
    py: Python<'_>,
    memory: &Memory,
    threads: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Network> {
    learn(py, memory, &Storkey, threads, progress)
}

#[pymethods]
impl Network {
    /// The signs of W times each query, int8 (queries, value_dim), exact; `diagonal="zero"` takes W_jj to be 0.
    ///
    /// >>> network = popfield.networks.hebb(popfield.Memory([[1, -1, 1, -1]]))
    /// >>> network.recall([1, -1, 1, 1])
    /// array([ 1, -1,  1, -1], dtype=int8)
    #[pyo3(signature = (queries, *, diagonal="keep", steps=1, tie="plus", known=None, encoding=None, packed=None, bitorder="big", threads=None))]
    #[allow(clippy::too_many_arguments)]
    fn recall<'py>(
        &self,
        py: Python<'py>,
        queries: &Bound<'py, PyAny>,
        diagonal: &str,
        steps: u32,
        tie: &str,
        known: Option<&Bound<'py, PyAny>>,
        encoding: Option<&str>,
        packed: Option<&Bound<'py, PyAny>>,
        bitorder: &str,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (call, how) = (Call::begin()?, How::asked(threads, None)?);
        let network = &*self.network;
        let (diagonal, tie) = (named(diagonal)?, named(tie)?);
        let (queries, single) = Asked { queries, known, encoding, packed, bitorder }.read(&call, network.dim())?;
        let recalled = run_engine(py, &call, &how, usize::MAX, |_: Progress<'_>| {
            Ok(network.recall(&queries, diagonal, steps, tie)?.patterns.to_signs())
        })?;
        shaped(py, recalled, network.value_dim(), single)
    }

    /// Runs the network from each query to its limit, as `Memory.dynamics` does.
    ///
    /// >>> network = popfield.networks.pseudo_inverse(popfield.Memory([[1, -1, 1, -1]]))
    /// >>> states, runs = network.dynamics([1, -1, 1, 1])
    /// >>> states
    /// array([ 1, -1,  1, -1], dtype=int8)
    #[pyo3(signature = (queries, *, order="sync", diagonal="zero", tie="stay", clamp=None, steps=popfield::Dynamics::STEP_LIMIT, seed=0, known=None, encoding=None, packed=None, bitorder="big", threads=None))]
    #[allow(clippy::too_many_arguments)]
    fn dynamics<'py>(
        &self,
        py: Python<'py>,
        queries: &Bound<'py, PyAny>,
        order: &str,
        diagonal: &str,
        tie: &str,
        clamp: Option<&Bound<'py, PyAny>>,
        steps: u32,
        seed: u64,
        known: Option<&Bound<'py, PyAny>>,
        encoding: Option<&str>,
        packed: Option<&Bound<'py, PyAny>>,
        bitorder: &str,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let (call, how) = (Call::begin()?, How::asked(threads, None)?);
        let network = &*self.network;
        let dynamics = choices::dynamics(Separation::Linear, order, seed, None, diagonal, tie, clamp, steps)?;
        let (queries, single) = Asked { queries, known, encoding, packed, bitorder }.read(&call, network.dim())?;
        let runs =
            run_engine(py, &call, &how, usize::MAX, |progress| network.relax_watched(&queries, &dynamics, progress))?;
        report::of_runs(py, &runs, network.dim(), single)
    }

    /// W itself, float64 (value_dim, dim), the diagonal kept.
    ///
    /// >>> popfield.networks.hebb(popfield.Memory([[1, -1]])).weights()
    /// array([[ 1., -1.],
    ///        [-1.,  1.]])
    fn weights<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let call = Call::begin()?;
        let network = &*self.network;
        let weights = run_engine(py, &call, &How::plain(), usize::MAX, |_| network.weights())?;
        shaped(py, weights.elements, weights.dim, false)
    }

    /// Positions of a query.
    #[getter]
    fn dim(&self) -> usize {
        self.network.dim()
    }

    /// Positions of what is recalled.
    #[getter]
    fn value_dim(&self) -> usize {
        self.network.value_dim()
    }

    /// The rule's name.
    #[getter]
    fn rule(&self) -> &'static str {
        self.rule
    }

    /// What is worth telling of how it was learned, as (name, figure).
    #[getter]
    fn facts(&self) -> Vec<(&'static str, f64)> {
        self.network.facts()
    }

    fn __len__(&self) -> usize {
        self.network.memory().len()
    }

    fn __repr__(&self) -> String {
        let network = &*self.network;
        format!(
            "<popfield.Network: {} of {} associations, dim={}, value_dim={}>",
            self.rule,
            network.memory().len(),
            network.dim(),
            network.value_dim()
        )
    }
}
