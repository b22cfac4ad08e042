//! `Memory`: a memory in RAM, or one that a store holds.

use std::fmt::Write;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Arc;

use numpy::{
    Element, IntoPyArray, PyArray1, PyArrayDescr, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyReadwriteArrayDyn,
    PyUntypedArray, PyUntypedArrayMethods,
};
use popfield::receipts::{check, to_file};
use popfield::separation::Beta;
use popfield::shared::{Changing, Shared, State};
use popfield::store::Backend;
use popfield::{Batch, Dynamics, Patterns, Progress, Queries, Recall, Scope, Separation};
use pyo3::exceptions::{PyMemoryError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use crate::arrays::{self, Reading, shaped};
use crate::choices::{self, named};
use crate::errors::raised;
use crate::index;
use crate::report;
use crate::threads::Call;
use crate::watch::{How, run_engine};

/// Stored associations of patterns of ±1, asked with patterns that are like their keys.
///
/// `keys` is an array (n, dim), `values` one (n, value_dim); without values keys are their own. Arrays of bool are bits
/// (True is +1); arrays of numbers hold +1 and -1, each checked; `encoding="01"` reads 0 and 1; `packed=True` with `dim=`
/// reads uint8 rows of numpy.packbits (`bitorder` as there), `packed="int8"` such bytes less 128, as some libraries of
/// embeddings write them. Anything with `__array__` or DLPack on the CPU is taken.
///
/// `ids` are whole numbers, one for each association, else they are counted from 0; `labels` are texts.
///
/// >>> keys = np.where(np.random.default_rng(1).random((1000, 256)) < 0.5, -1, 1).astype(np.int8)
/// >>> memory = popfield.Memory(keys)
/// >>> len(memory), memory.dim, memory.value_dim
/// (1000, 256, 256)
#[pyclass(frozen, module = "popfield", weakref)]
pub struct Memory(pub Shared);

/// What a call of keys and values is made of.
struct Rows {
    keys: Patterns,
    values: Option<Patterns>,
    ids: Option<Vec<u64>>,
    labels: Option<Vec<String>>,
}

impl Rows {
    fn batch(&self) -> Batch<'_> {
        Batch::of(&self.keys, self.values.as_ref(), self.ids.as_deref(), self.labels.as_deref())
    }
}

/// Keys, values, ids and labels as they were given.
struct Given<'a, 'py> {
    keys: &'a Bound<'py, PyAny>,
    values: Option<&'a Bound<'py, PyAny>>,
    ids: Option<&'a Bound<'py, PyAny>>,
    labels: Option<&'a Bound<'py, PyAny>>,
}

impl Given<'_, '_> {
    fn read(&self, call: &Call, reading: Reading, dims: [Option<usize>; 2]) -> PyResult<Rows> {
        let keys = arrays::patterns(call, self.keys, "keys", reading, dims[0])?;
        let values = |values| arrays::patterns(call, values, "values", reading, dims[1]);
        Ok(Rows {
            keys,
            values: self.values.map(values).transpose()?,
            ids: self.ids.map(|ids| arrays::ids(ids, "ids")).transpose()?,
            labels: self.labels.map(arrays::labels).transpose()?,
        })
    }
}

/// A memory in RAM of what was given.
fn stored(rows: Rows) -> popfield::Result<popfield::Memory> {
    let mut memory = match rows.values {
        None => popfield::Memory::auto_associative(rows.keys)?,
        Some(values) => popfield::Memory::hetero_associative(rows.keys, values)?,
    };
    if let Some(ids) = rows.ids {
        memory = memory.with_ids(ids)?;
    }
    match rows.labels {
        Some(labels) => memory.with_labels(&labels),
        None => Ok(memory),
    }
}

/// The arguments of a call that tell how queries are read and which associations answer.
#[derive(Clone, Copy)]
pub struct Asked<'a, 'py> {
    pub queries: &'a Bound<'py, PyAny>,
    pub known: Option<&'a Bound<'py, PyAny>>,
    pub encoding: Option<&'a str>,
    pub packed: Option<&'a Bound<'py, PyAny>>,
    pub bitorder: &'a str,
}

impl Asked<'_, '_> {
    /// Queries of dimension `dim`, and whether the array has one axis.
    pub fn read(self, call: &Call, dim: usize) -> PyResult<(Queries, bool)> {
        let reading = Reading::asked(self.encoding, self.packed, self.bitorder)?;
        arrays::queries(call, self.queries, reading, dim, self.known)
    }
}

/// Which associations exist for a call.
pub fn scope(
    memory: &popfield::Memory,
    only: Option<&Bound<'_, PyAny>>,
    exclude: Option<&Bound<'_, PyAny>>,
    missing: &str,
) -> PyResult<Option<Scope>> {
    let missing = choices::missing(missing)?;
    if only.is_none() && exclude.is_none() {
        return Ok(None);
    }
    let only = only.map(|ids| arrays::ids(ids, "only")).transpose()?;
    let exclude = exclude.map(|ids| arrays::ids(ids, "exclude")).transpose()?.unwrap_or_default();
    memory.scope(only.as_deref(), &exclude, missing).map(Some).map_err(raised)
}

/// A memory as a call sees it, which asks an index or does not.
pub fn view<'a>(memory: &'a popfield::Memory, scope: Option<&'a Scope>, indexed: bool) -> popfield::View<'a> {
    scope.map_or_else(|| memory.view(), |scope| memory.within(scope)).indexed(indexed)
}

fn backend(mode: &str) -> PyResult<Backend> {
    match mode {
        "mmap" => Ok(Backend::Mmap),
        "ram" => Ok(Backend::Ram),
        other => Err(PyValueError::new_err(format!("mode: expected \"mmap\" or \"ram\", found {other:?}"))),
    }
}

/// Words of keys that as many queries look at.
fn words(state: &State, queries: usize) -> usize {
    state.len().saturating_mul(state.dim().div_ceil(64)).saturating_mul(queries)
}

impl Memory {
    fn in_ram(memory: popfield::Memory) -> Self {
        Self(Shared::in_ram(memory))
    }

    pub fn state(&self) -> Arc<State> {
        self.0.state()
    }

    /// Changes the memory without the GIL; calls under way go on with what was.
    fn change<T: Send>(
        &self,
        py: Python<'_>,
        call: &Call,
        work: impl FnOnce(&Changing<'_>) -> popfield::Result<T> + Send,
    ) -> PyResult<T> {
        let pool = call.pool(None)?;
        py.detach(|| {
            let changing = self.0.change();
            pool.install(|| work(&changing))
        })
        .map_err(raised)
    }
}

#[pymethods]
impl Memory {
    #[new]
    #[pyo3(signature = (keys, values=None, *, ids=None, labels=None, encoding=None, packed=None, dim=None, value_dim=None, bitorder="big"))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        keys: &Bound<'_, PyAny>,
        values: Option<&Bound<'_, PyAny>>,
        ids: Option<&Bound<'_, PyAny>>,
        labels: Option<&Bound<'_, PyAny>>,
        encoding: Option<&str>,
        packed: Option<&Bound<'_, PyAny>>,
        dim: Option<usize>,
        value_dim: Option<usize>,
        bitorder: &str,
    ) -> PyResult<Self> {
        let call = Call::begin()?;
        let reading = Reading::asked(encoding, packed, bitorder)?;
        let value_dim = if reading.is_packed() { value_dim.or(dim) } else { value_dim };
        let rows = Given { keys, values, ids, labels }.read(&call, reading, [dim, value_dim])?;
        let memory = py.detach(|| call.here(|| stored(rows))).map_err(raised)?;
        Ok(Self::in_ram(memory))
    }

    /// Makes a store, a memory in a folder at `path`, where nothing may stand yet, and opens it. What is appended to it and
    /// forgotten from it lasts once the call returns. Without keys it is empty, of `dim` (and `value_dim`) positions.
    ///
    /// >>> memory = popfield.Memory.create("made", dim=64)
    /// >>> memory.append(np.ones((2, 64)))
    /// array([0, 1], dtype=uint64)
    /// >>> len(popfield.Memory.open("made"))
    /// 2
    #[staticmethod]
    #[pyo3(signature = (path, keys=None, values=None, *, ids=None, labels=None, encoding=None, packed=None, dim=None, value_dim=None, bitorder="big"))]
    #[allow(clippy::too_many_arguments)]
    fn create(
        py: Python<'_>,
        path: PathBuf,
        keys: Option<&Bound<'_, PyAny>>,
        values: Option<&Bound<'_, PyAny>>,
        ids: Option<&Bound<'_, PyAny>>,
        labels: Option<&Bound<'_, PyAny>>,
        encoding: Option<&str>,
        packed: Option<&Bound<'_, PyAny>>,
        dim: Option<usize>,
        value_dim: Option<usize>,
        bitorder: &str,
    ) -> PyResult<Self> {
        let call = Call::begin()?;
        let reading = Reading::asked(encoding, packed, bitorder)?;
        let mut dims = (dim, value_dim);
        let rows = match keys {
            None if dim.is_none() => {
                return Err(PyValueError::new_err("dim: expected one for a store without keys, found none"));
            }
            None => None,
            Some(keys) => {
                let value_dim = if reading.is_packed() { value_dim.or(dim) } else { value_dim };
                let rows = Given { keys, values, ids, labels }.read(&call, reading, [dim, value_dim])?;
                dims = (Some(rows.keys.dim()), rows.values.as_ref().map(Patterns::dim));
                Some(rows)
            }
        };
        let pool = call.pool(None)?;
        let create = || Shared::create(&path, dims.0.unwrap_or(1), dims.1, rows.as_ref().map(Rows::batch));
        py.detach(|| pool.install(create)).map(Self).map_err(raised)
    }

    /// Opens a memory that is in a file or in a store. A store is mapped ("mmap"), which takes no time and shares its
    /// pages with other processes, or read into memory ("ram"); `verify=True` checks every byte of it first.
    ///
    /// >>> popfield.Memory(np.eye(64) * 2 - 1).save("eye.pop")
    /// >>> popfield.Memory.open("eye.pop")
    /// <popfield.Memory: 64 associations, dim=64, auto-associative, 512 B, in RAM>
    #[staticmethod]
    #[pyo3(signature = (path, *, mode="mmap", verify=false))]
    fn open(py: Python<'_>, path: PathBuf, mode: &str, verify: bool) -> PyResult<Self> {
        let (call, backend) = (Call::begin()?, backend(mode)?);
        // A file is read whole; of a store only what is to be checked.
        let words = if verify || !path.is_dir() { usize::MAX } else { 0 };
        let open = |progress: Progress<'_>| Shared::open(&path, backend, verify, progress);
        run_engine(py, &call, &How::plain(), words, open).map(Self)
    }

    /// Writes the memory to one file, which `open` and the command line read. What stood there is replaced at once and
    /// whole, or not at all.
    ///
    /// >>> popfield.Memory(np.ones((1, 64)), labels=["all on"]).save("one.pop")
    /// >>> popfield.Memory.open("one.pop").labels
    /// ['all on']
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let call = Call::begin()?;
        let save = |progress: Progress<'_>| self.0.save(&path, progress);
        run_engine(py, &call, &How::plain(), usize::MAX, save)
    }

    /// Sees what other processes have committed to the store since; whether that was anything.
    ///
    /// >>> mine, theirs = popfield.Memory.create("shared", np.ones((1, 8))), popfield.Memory.open("shared")
    /// >>> mine.append(-np.ones((1, 8)))
    /// array([1], dtype=uint64)
    /// >>> len(theirs), theirs.refresh(), len(theirs)
    /// (1, True, 2)
    fn refresh(&self, py: Python<'_>) -> PyResult<bool> {
        let call = Call::begin()?;
        py.detach(|| {
            let changing = self.0.change();
            call.here(|| changing.refresh())
        })
        .map_err(raised)
    }

    /// Stores more associations and returns their ids. In a store they last once this returns; in RAM nothing is written
    /// before `save`. Calls under way go on with what was there.
    ///
    /// >>> memory = popfield.Memory(np.ones((2, 64)))
    /// >>> memory.append(-np.ones((2, 64)), ids=[7, 12])
    /// array([ 7, 12], dtype=uint64)
    /// >>> memory.ids
    /// array([ 0,  1,  7, 12], dtype=uint64)
    #[pyo3(signature = (keys, values=None, *, ids=None, labels=None, encoding=None, packed=None, bitorder="big"))]
    #[allow(clippy::too_many_arguments)]
    fn append<'py>(
        &self,
        py: Python<'py>,
        keys: &Bound<'py, PyAny>,
        values: Option<&Bound<'py, PyAny>>,
        ids: Option<&Bound<'py, PyAny>>,
        labels: Option<&Bound<'py, PyAny>>,
        encoding: Option<&str>,
        packed: Option<&Bound<'py, PyAny>>,
        bitorder: &str,
    ) -> PyResult<Bound<'py, PyArray1<u64>>> {
        let (call, state) = (Call::begin()?, self.state());
        let reading = Reading::asked(encoding, packed, bitorder)?;
        let rows = Given { keys, values, ids, labels }.read(&call, reading, [Some(state.dim()), state.value_dim()])?;
        let counted = self.change(py, &call, |changing| changing.append(rows.batch()))?;
        Ok(rows.ids.unwrap_or_else(|| counted.collect()).into_pyarray(py))
    }

    /// Forgets associations by their ids, and returns how many they were. An id that none has is an error that changes
    /// nothing, or with `missing="ok"` passed over.
    ///
    /// >>> memory = popfield.Memory(np.eye(8) * 2 - 1)
    /// >>> memory.forget([3, 5])
    /// 2
    /// >>> memory.ids
    /// array([0, 1, 2, 4, 6, 7], dtype=uint64)
    #[pyo3(signature = (ids, *, missing="error"))]
    fn forget(&self, py: Python<'_>, ids: &Bound<'_, PyAny>, missing: &str) -> PyResult<u64> {
        let (call, missing) = (Call::begin()?, choices::missing(missing)?);
        let ids = some_ids(ids)?.0;
        self.change(py, &call, |changing| changing.forget(&ids, missing))
    }

    /// The keys and the values of associations by their ids, int8 (k, dim) and (k, value_dim); of one id by itself of one
    /// axis. Where keys are their own values both are the same array.
    ///
    /// >>> memory = popfield.Memory([[1, -1, 1]], [[1, 1]])
    /// >>> memory.get(0)
    /// (array([ 1, -1,  1], dtype=int8), array([1, 1], dtype=int8))
    fn get<'py>(&self, py: Python<'py>, ids: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
        let (call, state) = (Call::begin()?, self.state());
        let (ids, single) = some_ids(ids)?;
        let memory = state.memory().map_err(raised)?;
        let gather = || {
            let mut keys = Patterns::new(memory.dim())?;
            let mut values = state.value_dim().map(Patterns::new).transpose()?;
            for (place, &id) in ids.iter().enumerate() {
                let absent = || {
                    let expected = "the id of an association".into();
                    popfield::Error::Id { what: "ids", place, expected, found: id }
                };
                let (key, value) = memory.get(id).ok_or_else(absent)?;
                keys.push(&key)?;
                values.as_mut().zip(value).map_or(Ok(()), |(values, value)| values.push(&value))?;
            }
            Ok((keys.to_signs(), values.map(|values| values.to_signs())))
        };
        let (keys, values) = py.detach(|| call.here(gather)).map_err(raised)?;
        let keys = shaped(py, keys, state.dim(), single)?;
        let values = match (values, state.value_dim()) {
            (Some(values), Some(dim)) => shaped(py, values, dim, single)?,
            _ => keys.clone(),
        };
        PyTuple::new(py, [keys, values])
    }

    /// Recalls what queries ask for: the sign of sum_i f(<query, x_i>) y_i, int8 (queries, value_dim), exact in every bit.
    ///
    /// `separation` is "exponential" (e^{beta s}; `beta` 1 or a number or "1/sqrt(d)"), "linear" (s, Hopfield's), "polynomial"
    /// (s^degree; `degree` 2) or "max" (the nearest keys vote). `tie` is what a field of exactly 0 gives: "plus", "minus" or
    /// "stay". Positions where `known=` is False, or that hold 0 in an array that also holds -1, are unknown.
    /// `only=` and `exclude=` are ids: for this call only these associations exist. `report=True` also returns a structured
    /// array that says of each query what is nearest and how the answer was proved. `receipts=` is a path to which what
    /// proves each answer is written, for `check_receipts`.
    ///
    /// `threads=` is for this call; `progress=True` shows a bar, a callable of (done, total) is told, and stops the call
    /// by returning False. Ctrl-C stops it too.
    ///
    /// >>> keys = np.where(np.random.default_rng(1).random((1000, 256)) < 0.5, -1, 1)
    /// >>> memory = popfield.Memory(keys)
    /// >>> query = keys[42].copy()
    /// >>> query[:50] *= -1
    /// >>> bool((memory.recall(query) == keys[42]).all())
    /// True
    /// >>> answer, report = memory.recall(query, report=True)
    /// >>> int(report["nearest_id"]), int(report["nearest_distance"]), str(report["certificate"])
    /// (42, 50, 'dominant')
    #[pyo3(signature = (queries, *, separation="exponential", beta=None, degree=None, steps=1, tie="plus", only=None, exclude=None, missing="error", known=None, encoding=None, packed=None, bitorder="big", index="auto", threads=None, report=false, receipts=None, progress=None))]
    #[allow(clippy::too_many_arguments)]
    fn recall<'py>(
        &self,
        py: Python<'py>,
        queries: &Bound<'py, PyAny>,
        separation: &str,
        beta: Option<&Bound<'py, PyAny>>,
        degree: Option<u32>,
        steps: u32,
        tie: &str,
        only: Option<&Bound<'py, PyAny>>,
        exclude: Option<&Bound<'py, PyAny>>,
        missing: &str,
        known: Option<&Bound<'py, PyAny>>,
        encoding: Option<&str>,
        packed: Option<&Bound<'py, PyAny>>,
        bitorder: &str,
        index: &str,
        threads: Option<usize>,
        report: bool,
        receipts: Option<PathBuf>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (call, state) = (Call::begin()?, self.state());
        let memory = state.memory().map_err(raised)?;
        let separation = choices::separation(separation, beta, degree, state.dim())?;
        let recall = Recall::new(separation).steps(steps).map_err(raised)?.tie(named(tie)?);
        let how = How::asked(threads, progress)?;
        let indexed = choices::indexed(index)?;
        let (queries, single) = Asked { queries, known, encoding, packed, bitorder }.read(&call, state.dim())?;
        let scope = scope(memory, only, exclude, missing)?;
        let asked = words(&state, queries.len().saturating_mul(steps as usize));
        // Files are not written while others wait for the GIL.
        let words = if receipts.is_some() { usize::MAX } else { asked };
        let recalled = run_engine(py, &call, &how, words, |progress| {
            let view = view(memory, scope.as_ref(), indexed).watched(progress);
            let recalled = match &receipts {
                None => view.recall(&queries, &recall)?,
                Some(path) => to_file(path, |file| view.recall_with_receipts(&queries, &recall, file))?,
            };
            Ok((recalled.patterns.to_signs(), recalled.reports))
        })?;
        let answers = shaped(py, recalled.0, memory.value_dim(), single)?;
        match report {
            false => Ok(answers),
            true => Ok(PyTuple::new(py, [answers, report::of(py, &recalled.1, single)?])?.into_any()),
        }
    }

    /// The `k` nearest keys of each query, (ids, distances), both (queries, k): Hamming distances, nearest first, equal ones
    /// by lower id. With `radius=` all keys within that distance, flat, and offsets at which each query's begin. `receipts=`
    /// is a path to which what proves them is written, for `check_receipts`.
    ///
    /// >>> memory = popfield.Memory(np.eye(8) * 2 - 1)
    /// >>> memory.search(-np.ones(8), k=3)
    /// (array([0, 1, 2], dtype=uint64), array([1, 1, 1], dtype=uint32))
    /// >>> memory.search(np.eye(8)[:2] * 2 - 1, radius=0)
    /// (array([0, 1], dtype=uint64), array([0, 0], dtype=uint32), array([0, 1, 2]))
    #[pyo3(signature = (queries, k=1, *, radius=None, only=None, exclude=None, missing="error", known=None, encoding=None, packed=None, bitorder="big", index="auto", threads=None, receipts=None, progress=None))]
    #[allow(clippy::too_many_arguments)]
    fn search<'py>(
        &self,
        py: Python<'py>,
        queries: &Bound<'py, PyAny>,
        k: usize,
        radius: Option<u32>,
        only: Option<&Bound<'py, PyAny>>,
        exclude: Option<&Bound<'py, PyAny>>,
        missing: &str,
        known: Option<&Bound<'py, PyAny>>,
        encoding: Option<&str>,
        packed: Option<&Bound<'py, PyAny>>,
        bitorder: &str,
        index: &str,
        threads: Option<usize>,
        receipts: Option<PathBuf>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let (call, state) = (Call::begin()?, self.state());
        let (memory, how) = (state.memory().map_err(raised)?, How::asked(threads, progress)?);
        let indexed = choices::indexed(index)?;
        let (queries, single) = Asked { queries, known, encoding, packed, bitorder }.read(&call, state.dim())?;
        let scope = scope(memory, only, exclude, missing)?;
        let words = if receipts.is_some() { usize::MAX } else { words(&state, queries.len()) };
        let found = run_engine(py, &call, &how, words, |progress| {
            let view = view(memory, scope.as_ref(), indexed).watched(progress);
            match (radius, &receipts) {
                (None, None) => view.search_top(&queries, k),
                (Some(radius), None) => view.search_radius(&queries, radius),
                (None, Some(path)) => to_file(path, |file| view.search_top_with_receipts(&queries, k, file)),
                (Some(radius), Some(path)) => {
                    to_file(path, |file| view.search_radius_with_receipts(&queries, radius, file))
                }
            }
        })?;
        let ids: Vec<u64> = found.iter().flatten().map(|neighbor| neighbor.id).collect();
        let distances: Vec<u32> = found.iter().flatten().map(|neighbor| neighbor.distance).collect();
        if radius.is_some() {
            let ends = found.iter().scan(0i64, |end, found| {
                *end += found.len() as i64;
                Some(*end)
            });
            let offsets: Vec<i64> = std::iter::once(0).chain(ends).collect();
            let (ids, distances) = (ids.into_pyarray(py).into_any(), distances.into_pyarray(py).into_any());
            return PyTuple::new(py, [ids, distances, offsets.into_pyarray(py).into_any()]);
        }
        let top = k.min(scope.as_ref().map_or(memory.len(), Scope::len));
        PyTuple::new(py, [shaped(py, ids, top, single)?, shaped(py, distances, top, single)?])
    }

    /// Holds the file that `recall` or `search` wrote with `receipts=` to the memory: every number of it again from the
    /// stored patterns alone, by code that shares none with them and reads no index. A dict: `holds`, `queries`, `lines`,
    /// `basin`, `probe` and `scan` (answers by what they rest on), `keys`, and `refused`, what does not hold, each with
    /// `line`, `field`, `expected` and `found`.
    ///
    /// >>> import os, tempfile
    /// >>> memory = popfield.Memory(np.eye(8) * 2 - 1)
    /// >>> path = os.path.join(tempfile.mkdtemp(), "receipts.jsonl")
    /// >>> _ = memory.recall(np.eye(8)[:3] * 2 - 1, receipts=path)
    /// >>> verdict = memory.check_receipts(path)
    /// >>> verdict["holds"], verdict["queries"], verdict["refused"]
    /// (True, 3, [])
    #[pyo3(signature = (path, *, threads=None, progress=None))]
    fn check_receipts<'py>(
        &self,
        py: Python<'py>,
        path: PathBuf,
        threads: Option<usize>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let (call, state) = (Call::begin()?, self.state());
        let (memory, how) = (state.memory().map_err(raised)?, How::asked(threads, progress)?);
        let file = BufReader::new(File::open(path)?);
        // What is asked is not known before it is read.
        let verdict = run_engine(py, &call, &how, usize::MAX, |progress| check(memory, file, progress))?;
        let refused = verdict.refused.iter().map(|refusal| {
            let dict = PyDict::new(py);
            dict.set_item("line", refusal.line)?;
            dict.set_item("field", refusal.field)?;
            dict.set_item("expected", &refusal.expected)?;
            dict.set_item("found", &refusal.found)?;
            Ok(dict)
        });
        let refused: Vec<Bound<'_, PyDict>> = refused.collect::<PyResult<_>>()?;
        let dict = PyDict::new(py);
        dict.set_item("holds", verdict.holds())?;
        for (name, count) in [
            ("queries", verdict.queries),
            ("lines", verdict.lines),
            ("keys", verdict.keys),
            ("basin", verdict.basin),
            ("probe", verdict.probe),
            ("scan", verdict.scan),
        ] {
            dict.set_item(name, count)?;
        }
        dict.set_item("refused", refused)?;
        Ok(dict)
    }

    /// Attention: the mean of all values under softmax(beta <query, x_i>), float64 (queries, value_dim); with
    /// `return_weights=True` also the weights, (queries, n).
    ///
    /// >>> memory = popfield.Memory([[1, 1], [1, -1]], [[1], [-1]])
    /// >>> memory.attend([1, 1], beta=0.0001).round(3)
    /// array([0.])
    /// >>> memory.attend([1, 1], beta=10.0).round(3)
    /// array([1.])
    #[pyo3(signature = (queries, beta, *, return_weights=false, only=None, exclude=None, missing="error", known=None, encoding=None, packed=None, bitorder="big", index="auto", threads=None, progress=None))]
    #[allow(clippy::too_many_arguments)]
    fn attend<'py>(
        &self,
        py: Python<'py>,
        queries: &Bound<'py, PyAny>,
        beta: &Bound<'py, PyAny>,
        return_weights: bool,
        only: Option<&Bound<'py, PyAny>>,
        exclude: Option<&Bound<'py, PyAny>>,
        missing: &str,
        known: Option<&Bound<'py, PyAny>>,
        encoding: Option<&str>,
        packed: Option<&Bound<'py, PyAny>>,
        bitorder: &str,
        index: &str,
        threads: Option<usize>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (call, state) = (Call::begin()?, self.state());
        let (memory, how) = (state.memory().map_err(raised)?, How::asked(threads, progress)?);
        let beta: Beta = choices::beta(beta, state.dim())?;
        let indexed = choices::indexed(index)?;
        let (queries, single) = Asked { queries, known, encoding, packed, bitorder }.read(&call, state.dim())?;
        let scope = scope(memory, only, exclude, missing)?;
        let (means, weights) = run_engine(py, &call, &how, words(&state, queries.len()), |progress| {
            let view = view(memory, scope.as_ref(), indexed).watched(progress);
            let weights = return_weights.then(|| view.attention_weights(&queries, beta)).transpose()?;
            Ok((view.attend(&queries, beta)?, weights))
        })?;
        let means = shaped(py, means, memory.value_dim(), single)?;
        match weights {
            None => Ok(means),
            Some(weights) => Ok(PyTuple::new(py, [means, shaped(py, weights, memory.len(), single)?])?.into_any()),
        }
    }

    /// Makes an index of all keys, by which recall, search and attend find what they can prove without a scan: what they
    /// answer stays the same to the bit, and only the time and the reports' certificates differ. One that there was is
    /// replaced. `tables` of chunks of `chunk` bits, in `budget` bytes; what is not said is chosen.
    ///
    /// Keys appended since are met one by one, up to 4096 of them; `update_index` takes them in. It is in RAM until
    /// `write_index`.
    ///
    /// >>> memory = popfield.Memory(np.where(np.random.default_rng(1).random((5000, 128)) < 0.5, -1, 1))
    /// >>> memory.build_index()
    /// >>> memory.index_info["tables"], memory.index_info["chunk"]
    /// (10, 12)
    /// >>> key = memory.get(42)[0]
    /// >>> print(memory.recall(key, report=True)[1]["certificate"])
    /// probe
    /// >>> print(memory.recall(key, report=True, index="off")[1]["certificate"])
    /// dominant
    #[pyo3(signature = (*, tables=None, chunk=None, budget=None, threads=None, progress=None))]
    fn build_index(
        &self,
        py: Python<'_>,
        tables: Option<usize>,
        chunk: Option<u32>,
        budget: Option<u64>,
        threads: Option<usize>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let (how, options) = (How::asked(threads, progress)?, index::options(tables, chunk, budget));
        index::change(py, &self.0, &how, |memory, progress| memory.build_index(options, progress))
    }

    /// Takes keys that were appended since into the index, and into the basins in it: a scan of all keys for each. Nothing
    /// happens without an index, or where it is up to date.
    ///
    /// >>> memory = popfield.Memory(np.where(np.random.default_rng(1).random((500, 64)) < 0.5, -1, 1))
    /// >>> memory.build_index()
    /// >>> ids = memory.append(-memory.get([3, 4])[0])
    /// >>> before = memory.index_info["covered"]
    /// >>> memory.update_index()
    /// >>> before, memory.index_info["covered"]
    /// (500, 502)
    #[pyo3(signature = (*, threads=None, progress=None))]
    fn update_index(
        &self,
        py: Python<'_>,
        threads: Option<usize>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        index::change(py, &self.0, &How::asked(threads, progress)?, popfield::Memory::update_index)
    }

    /// Drops the index. One that is written stays where it is.
    ///
    /// >>> memory = popfield.Memory(np.eye(64) * 2 - 1)
    /// >>> memory.build_index()
    /// >>> memory.drop_index()
    /// >>> memory.index_info is None
    /// True
    fn drop_index(&self, py: Python<'_>) -> PyResult<()> {
        index::change(py, &self.0, &How::plain(), |memory, _| {
            memory.drop_index();
            Ok(())
        })
    }

    /// Writes the index beside the store, or beside the file at `path` to which this memory was saved, where `open` and the
    /// command line find it. What stood there is replaced at once and whole, or not at all.
    ///
    /// >>> memory = popfield.Memory(np.where(np.random.default_rng(1).random((500, 64)) < 0.5, -1, 1))
    /// >>> memory.build_index()
    /// >>> memory.save("indexed.pop")
    /// >>> memory.write_index("indexed.pop")
    /// >>> popfield.Memory.open("indexed.pop").index_info == memory.index_info
    /// True
    #[pyo3(signature = (path=None))]
    fn write_index(&self, py: Python<'_>, path: Option<PathBuf>) -> PyResult<()> {
        self.change(py, &Call::begin()?, |changing| changing.write_index(path.as_deref()))
    }

    /// What the index is, a dict: `tables` of chunks of `chunk` bits, the `bytes` that they and basins take, the keys
    /// `covered`, and the `radius` of basins, None without; None where there is no index that is asked.
    #[getter]
    fn index_info<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let state = self.state();
        // One that lies in a file and was not asked yet is read.
        let pool = Call::begin()?.pool(None)?;
        let info = py.detach(|| pool.install(|| state.memory().ok().and_then(popfield::Memory::index_info)));
        info.map(|info| index::of_info(py, info)).transpose()
    }

    /// How much noise each key provably survives, a structured array of a record a key: every query with 2h + u <= `budget`,
    /// h of its known positions flipped and u unknown, recalls the key's value in every bit; -1 where nothing is certain.
    /// Beside it the nearest other key (`nearest_distance` -1 where none is within the radius), how many keys are equal to
    /// it, itself included, and whether these have one value.
    ///
    /// `radius` says how far around each key is looked, by default far enough for a noise of a tenth. `separation` is as of
    /// `recall`. `keep=True` keeps basins of all keys in the index, which there must be: queries within them are then
    /// proven without a scan, under s^K for that degree and every larger one.
    ///
    /// With `resume=` what is found is kept in that file, every half minute and when the call is stopped; where there is
    /// such a file of the same question, the call goes on from there.
    ///
    /// Half a scan of all keys for each key, a whole one where some stand in a crowd.
    ///
    /// >>> memory = popfield.Memory(np.where(np.random.default_rng(1).random((1000, 256)) < 0.5, -1, 1))
    /// >>> basins = memory.basins(64)
    /// >>> bool((basins["budget"] >= 50).all())
    /// True
    #[pyo3(signature = (radius=None, *, separation="exponential", beta=None, degree=None, keep=false, resume=None, only=None, exclude=None, missing="error", threads=None, progress=None))]
    #[allow(clippy::too_many_arguments)]
    fn basins<'py>(
        &self,
        py: Python<'py>,
        radius: Option<u32>,
        separation: &str,
        beta: Option<&Bound<'py, PyAny>>,
        degree: Option<u32>,
        keep: bool,
        resume: Option<PathBuf>,
        only: Option<&Bound<'py, PyAny>>,
        exclude: Option<&Bound<'py, PyAny>>,
        missing: &str,
        threads: Option<usize>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (call, state) = (Call::begin()?, self.state());
        let (memory, how) = (state.memory().map_err(raised)?, How::asked(threads, progress)?);
        let separation = choices::separation(separation, beta, degree, state.dim())?;
        let scope = scope(memory, only, exclude, missing)?;
        index::check_kept(keep, scope.is_none())?;
        let words = words(&state, memory.len());
        let (basins, budgets) = run_engine(py, &call, &how, words, |progress| {
            let view = view(memory, scope.as_ref(), true).watched(progress);
            let look = index::look(&view, separation, radius);
            let basins = match &resume {
                Some(path) => view.basins_resumed(&look, path)?,
                None => view.basins_of(&look)?,
            };
            let budgets = basins.budgets(separation)?;
            Ok((basins, budgets))
        })?;
        if keep {
            index::change(py, &self.0, &How::plain(), |memory, _| memory.index_basins(&basins, separation))?;
        }
        index::of_basins(py, &basins, &budgets)
    }

    /// The overlaps of all queries with all keys, int32 (queries, n), in storing order; into `out=` where it is given. The
    /// Hamming distance is (known - overlap) / 2.
    ///
    /// >>> popfield.Memory([[1, 1, -1], [1, -1, -1]]).overlaps([[1, 1, 1]])
    /// array([[ 1, -1]], dtype=int32)
    #[pyo3(signature = (queries, *, out=None, known=None, encoding=None, packed=None, bitorder="big", threads=None, progress=None))]
    #[allow(clippy::too_many_arguments)]
    fn overlaps<'py>(
        &self,
        py: Python<'py>,
        queries: &Bound<'py, PyAny>,
        out: Option<&Bound<'py, PyAny>>,
        known: Option<&Bound<'py, PyAny>>,
        encoding: Option<&str>,
        packed: Option<&Bound<'py, PyAny>>,
        bitorder: &str,
        threads: Option<usize>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (call, state) = (Call::begin()?, self.state());
        let (memory, how) = (state.memory().map_err(raised)?, How::asked(threads, progress)?);
        let (queries, single) = Asked { queries, known, encoding, packed, bitorder }.read(&call, state.dim())?;
        let matrix = Matrix::new(&call, &how, &state, queries.len(), single, out);
        matrix.of::<i32>(py, |progress, out| memory.watched(progress).overlaps_into(&queries, out))
    }

    /// The Hamming distances of all queries to all keys over the known positions, (queries, n), in storing order; into
    /// `out=` where it is given. `dtype` is uint32, or uint16, which is half as much to write, for dimensions to 65,535; by
    /// default it is that of `out`, or uint32.
    ///
    /// >>> popfield.Memory([[1, 1, -1], [1, -1, -1]]).distances([[1, 1, 1]], dtype="uint16")
    /// array([[1, 2]], dtype=uint16)
    #[pyo3(signature = (queries, *, out=None, dtype=None, known=None, encoding=None, packed=None, bitorder="big", threads=None, progress=None))]
    #[allow(clippy::too_many_arguments)]
    fn distances<'py>(
        &self,
        py: Python<'py>,
        queries: &Bound<'py, PyAny>,
        out: Option<&Bound<'py, PyAny>>,
        dtype: Option<&Bound<'py, PyAny>>,
        known: Option<&Bound<'py, PyAny>>,
        encoding: Option<&str>,
        packed: Option<&Bound<'py, PyAny>>,
        bitorder: &str,
        threads: Option<usize>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (call, state) = (Call::begin()?, self.state());
        let (memory, how) = (state.memory().map_err(raised)?, How::asked(threads, progress)?);
        let width = Width::asked(py, dtype, out)?;
        let (queries, single) = Asked { queries, known, encoding, packed, bitorder }.read(&call, state.dim())?;
        let matrix = Matrix::new(&call, &how, &state, queries.len(), single, out);
        match width {
            Width::U16 => matrix.of::<u16>(py, |progress, out| memory.watched(progress).distances_into(&queries, out)),
            Width::U32 => matrix.of::<u32>(py, |progress, out| memory.watched(progress).distances_into(&queries, out)),
        }
    }

    /// The overlaps of all keys with one another, int32 (n, n), in storing order; into `out=` where it is given.
    ///
    /// >>> popfield.Memory([[1, 1, -1], [1, -1, -1]]).mutual_overlaps()
    /// array([[3, 1],
    ///        [1, 3]], dtype=int32)
    #[pyo3(signature = (*, out=None, threads=None, progress=None))]
    fn mutual_overlaps<'py>(
        &self,
        py: Python<'py>,
        out: Option<&Bound<'py, PyAny>>,
        threads: Option<usize>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (call, state) = (Call::begin()?, self.state());
        let (memory, how) = (state.memory().map_err(raised)?, How::asked(threads, progress)?);
        let matrix = Matrix::new(&call, &how, &state, memory.len(), false, out);
        matrix.of::<i32>(py, |progress, out| memory.watched(progress).mutual_overlaps_into(out))
    }

    /// The Hamming distances of all keys to one another, (n, n), in storing order; into `out=` where it is given. `dtype` as
    /// of `distances`.
    ///
    /// >>> popfield.Memory([[1, 1, -1], [1, -1, -1]]).mutual_distances()
    /// array([[0, 1],
    ///        [1, 0]], dtype=uint32)
    #[pyo3(signature = (*, out=None, dtype=None, threads=None, progress=None))]
    fn mutual_distances<'py>(
        &self,
        py: Python<'py>,
        out: Option<&Bound<'py, PyAny>>,
        dtype: Option<&Bound<'py, PyAny>>,
        threads: Option<usize>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (call, state) = (Call::begin()?, self.state());
        let (memory, how) = (state.memory().map_err(raised)?, How::asked(threads, progress)?);
        let width = Width::asked(py, dtype, out)?;
        let matrix = Matrix::new(&call, &how, &state, memory.len(), false, out);
        match width {
            Width::U16 => matrix.of::<u16>(py, |progress, out| memory.watched(progress).mutual_distances_into(out)),
            Width::U32 => matrix.of::<u32>(py, |progress, out| memory.watched(progress).mutual_distances_into(out)),
        }
    }

    /// Runs the memory as a network from each query to its limit. Returns the limit states, int8 (queries, dim), and a
    /// structured array that says of each run what limit it is, its steps, and what the state is among the stored patterns.
    ///
    /// `order` is "sync", "async" or "async-random" (of `seed`), `update` "field" or "difference", `diagonal` "zero" or "keep",
    /// `clamp` None, "known" or positions that are held, `steps` the most that are taken. Where an index proves that a stored
    /// pattern draws a query to itself, no step is taken: `certificate` tells so, and is empty elsewhere.
    ///
    /// >>> keys = np.where(np.random.default_rng(1).random((5, 100)) < 0.5, -1, 1)
    /// >>> states, runs = popfield.Memory(keys).dynamics(keys, order="async")
    /// >>> runs["end"].tolist()
    /// ['stored', 'stored', 'stored', 'stored', 'stored']
    #[pyo3(signature = (queries, *, separation="linear", beta=None, degree=None, order="sync", update=None, diagonal="zero", tie="stay", clamp=None, steps=Dynamics::STEP_LIMIT, seed=0, known=None, encoding=None, packed=None, bitorder="big", index="auto", threads=None, progress=None))]
    #[allow(clippy::too_many_arguments)]
    fn dynamics<'py>(
        &self,
        py: Python<'py>,
        queries: &Bound<'py, PyAny>,
        separation: &str,
        beta: Option<&Bound<'py, PyAny>>,
        degree: Option<u32>,
        order: &str,
        update: Option<&str>,
        diagonal: &str,
        tie: &str,
        clamp: Option<&Bound<'py, PyAny>>,
        steps: u32,
        seed: u64,
        known: Option<&Bound<'py, PyAny>>,
        encoding: Option<&str>,
        packed: Option<&Bound<'py, PyAny>>,
        bitorder: &str,
        index: &str,
        threads: Option<usize>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let (call, state) = (Call::begin()?, self.state());
        let (memory, how) = (state.memory().map_err(raised)?, How::asked(threads, progress)?);
        let separation: Separation = choices::separation(separation, beta, degree, state.dim())?;
        let indexed = choices::indexed(index)?;
        let dynamics = choices::dynamics(separation, order, seed, update, diagonal, tie, clamp, steps)?;
        let (queries, single) = Asked { queries, known, encoding, packed, bitorder }.read(&call, state.dim())?;
        // Sweeps read keys once for each position.
        let words = words(&state, queries.len()).saturating_mul(state.dim());
        let runs = run_engine(py, &call, &how, words, |progress| {
            memory.view().indexed(indexed).watched(progress).relax(&queries, &dynamics)
        })?;
        report::of_runs(py, &runs, state.dim(), single)
    }

    fn __len__(&self) -> usize {
        self.state().len()
    }

    /// Positions of a key.
    #[getter]
    fn dim(&self) -> usize {
        self.state().dim()
    }

    /// Positions of a value.
    #[getter]
    fn value_dim(&self) -> usize {
        let state = self.state();
        state.value_dim().unwrap_or(state.dim())
    }

    /// Whether keys are their own values.
    #[getter]
    fn is_auto_associative(&self) -> bool {
        self.state().value_dim().is_none()
    }

    /// The ids, uint64, in storing order.
    #[getter]
    fn ids<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u64>> {
        let state = self.state();
        let ids: Vec<u64> = state.memory().into_iter().flat_map(popfield::Memory::ids).collect();
        ids.into_pyarray(py)
    }

    /// The labels in storing order, None where there is none; None where no association has one.
    #[getter]
    fn labels(&self) -> Option<Vec<Option<String>>> {
        let state = self.state();
        let memory = state.memory().ok().filter(|memory| memory.has_labels())?;
        Some(memory.labels().map(|label| label.map(str::to_owned)).collect())
    }

    /// Bytes that the patterns take.
    #[getter]
    fn nbytes(&self) -> usize {
        self.state().memory().map_or(0, popfield::Memory::bytes)
    }

    /// The folder of the store; None for a memory in RAM.
    #[getter]
    fn path(&self) -> Option<PathBuf> {
        self.0.store().map(|(path, _)| path.to_owned())
    }

    fn __repr__(&self) -> String {
        let state = self.state();
        let kind = match state.value_dim() {
            None => "auto-associative".to_owned(),
            Some(dim) => format!("value_dim={dim}"),
        };
        let (len, dim, bytes) = (state.len(), state.dim(), bytes_in_words(self.nbytes()));
        let place = match self.0.store() {
            None => "in RAM".to_owned(),
            Some((path, _)) => format!("store {:?}, generation {}", path.display().to_string(), state.generation()),
        };
        format!("<popfield.Memory: {len} associations, dim={dim}, {kind}, {bytes}, {place}>")
    }

    fn _repr_html_(&self) -> String {
        let state = self.state();
        let mut html = format!("<div>{}</div>", escaped(&self.__repr__()));
        let Ok(memory) = state.memory() else { return html };
        for (id, key) in memory.ids().zip(memory.keys().iter()).take(8) {
            let side = (state.dim() as f64).sqrt().round() as usize;
            let columns = if side * side == state.dim() { side } else { state.dim().min(64) };
            let rows = state.dim().div_ceil(columns);
            let mut path = String::new();
            for j in key.bits().iter_ones().take(1 << 14) {
                let _ = write!(path, "M{} {}h1v1h-1z", j % columns, j / columns);
            }
            let label = memory.label(id).map_or_else(|| id.to_string(), |label| format!("{id} {label}"));
            let _ = write!(
                html,
                "<figure style=\"display:inline-block;margin:4px\"><svg viewBox=\"0 0 {columns} {rows}\" width=\"64\" \
                 style=\"border:1px solid #888\"><path d=\"{path}\"/></svg><figcaption>{}</figcaption></figure>",
                escaped(&label)
            );
        }
        html
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let (call, state) = (Call::begin()?, self.state());
        let module = py.import("popfield._popfield")?;
        let (function, arguments) = match self.0.store() {
            Some((path, backend)) => {
                let path = std::path::absolute(path)?;
                let mode = if backend == Backend::Mmap { "mmap" } else { "ram" };
                ("_reopened", (path, mode, state.generation()).into_pyobject(py)?)
            }
            None => {
                let memory = state.memory().map_err(raised)?;
                let write = || {
                    let mut bytes = Vec::new();
                    memory.write_to(&mut bytes).map(|()| bytes)
                };
                let bytes = py.detach(|| call.here(write)).map_err(raised)?;
                ("_of_bytes", (PyBytes::new(py, &bytes),).into_pyobject(py)?)
            }
        };
        (module.getattr(function)?, arguments).into_pyobject(py)
    }
}

/// A pickled memory of a store: the same generation of the same store.
#[pyfunction]
pub fn _reopened(py: Python<'_>, path: PathBuf, mode: &str, generation: u64) -> PyResult<Memory> {
    let memory = Memory::open(py, path.clone(), mode, false)?;
    let found = memory.state().generation();
    if found != generation {
        let path = path.display();
        let text = format!("{path}: expected generation {generation}, of which a memory was pickled, found {found}");
        return Err(PyRuntimeError::new_err(text));
    }
    Ok(memory)
}

/// A pickled memory in RAM.
#[pyfunction]
pub fn _of_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Memory> {
    let call = Call::begin()?;
    let read = || popfield::Memory::read_from(bytes, bytes.len() as u64);
    py.detach(|| call.here(read)).map(Memory::in_ram).map_err(raised)
}

/// Ids of a list or an array, or one id by itself.
fn some_ids(ids: &Bound<'_, PyAny>) -> PyResult<(Vec<u64>, bool)> {
    match ids.extract::<u64>() {
        Ok(id) => Ok((vec![id], true)),
        Err(_) => Ok((arrays::ids(ids, "ids")?, false)),
    }
}

/// A matrix that a call makes: a row for each query, or one of one axis, and a column for each key.
struct Matrix<'a, 'py> {
    call: &'a Call,
    how: &'a How,
    /// Words of keys that are looked at.
    words: usize,
    shape: Vec<usize>,
    /// Where it goes; else into an array of its own.
    out: Option<&'a Bound<'py, PyAny>>,
}

impl<'a, 'py> Matrix<'a, 'py> {
    fn new(
        call: &'a Call,
        how: &'a How,
        state: &State,
        rows: usize,
        single: bool,
        out: Option<&'a Bound<'py, PyAny>>,
    ) -> Self {
        let shape = if single { vec![state.len()] } else { vec![rows, state.len()] };
        Self { call, how, words: words(state, rows), shape, out }
    }

    /// Has `work` write its elements.
    fn of<T: Element + Copy + Default + Send>(
        &self,
        py: Python<'py>,
        work: impl FnOnce(Progress<'_>, &mut [T]) -> popfield::Result<()> + Send,
    ) -> PyResult<Bound<'py, PyAny>> {
        let write =
            |elements: &mut [T]| run_engine(py, self.call, self.how, self.words, |progress| work(progress, elements));
        if let Some(out) = self.out {
            let mut array = writable::<T>(out, &self.shape)?;
            write(array.as_slice_mut().map_err(|error| PyValueError::new_err(format!("out: {error}")))?)?;
            return Ok(out.clone());
        }
        let count = self.shape.iter().fold(1usize, |count, &axis| count.saturating_mul(axis));
        let mut elements: Vec<T> = Vec::new();
        elements.try_reserve_exact(count).map_err(|_| {
            PyMemoryError::new_err(format!("no room for {:?} {} numbers", self.shape, T::get_dtype(py)))
        })?;
        elements.resize(count, T::default());
        write(&mut elements)?;
        Ok(elements.into_pyarray(py).reshape(self.shape.clone())?.into_any())
    }
}

/// The type of numbers that distances are written as.
enum Width {
    U16,
    U32,
}

impl Width {
    /// What the arguments `dtype=` and `out=` ask for.
    fn asked(py: Python<'_>, dtype: Option<&Bound<'_, PyAny>>, out: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let dtype = match (dtype, out) {
            (Some(dtype), _) => PyArrayDescr::new(py, dtype)?,
            (None, Some(out)) => match out.cast::<PyUntypedArray>() {
                Ok(out) => out.dtype(),
                // Refused as what it is, later.
                Err(_) => return Ok(Self::U32),
            },
            (None, None) => return Ok(Self::U32),
        };
        match (dtype.kind(), dtype.itemsize()) {
            (b'u', 2) => Ok(Self::U16),
            (b'u', 4) => Ok(Self::U32),
            _ => Err(PyTypeError::new_err(format!("distances: expected dtype uint32 or uint16, found {dtype}"))),
        }
    }
}

/// An array of the caller's, of this shape in C order, to be written into.
fn writable<'py, T: Element>(out: &Bound<'py, PyAny>, shape: &[usize]) -> PyResult<PyReadwriteArrayDyn<'py, T>> {
    let expected = format!("out: expected {} of shape {shape:?} in C order, found", T::get_dtype(out.py()));
    let Ok(array) = out.cast::<PyArrayDyn<T>>() else {
        let found = out.getattr("dtype").map_or_else(|_| out.get_type().to_string(), |dtype| dtype.to_string());
        return Err(PyTypeError::new_err(format!("{expected} {found}")));
    };
    if array.shape() != shape {
        return Err(PyValueError::new_err(format!("{expected} shape {:?}", array.shape())));
    }
    if !array.is_c_contiguous() {
        return Err(PyValueError::new_err(format!("{expected} another order")));
    }
    array
        .try_readwrite()
        .map_err(|error| PyValueError::new_err(format!("{expected} one that cannot be written: {error}")))
}

fn bytes_in_words(bytes: usize) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut size, mut unit) = (bytes as f64, 0);
    while size >= 1024.0 && unit + 1 < units.len() {
        (size, unit) = (size / 1024.0, unit + 1);
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{size:.1} {}", units[unit]) }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
