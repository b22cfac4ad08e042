//! Arrays: numpy's, and what becomes one, as patterns, queries and ids; and back.
//!
//! What elements mean is never guessed: booleans are bits, ±1 of any type of number is checked, and 0/1 and packed bytes
//! are read as such where the caller says so.

use std::ffi::CString;

use numpy::{
    Element, IntoPyArray, PyArray1, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn,
    PyUntypedArray, PyUntypedArrayMethods,
};
use popfield::patterns::BitOrder;
use popfield::{Pattern, Patterns, Queries};
use pyo3::exceptions::{PyTypeError, PyUserWarning, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyString};

use crate::errors::raised;
use crate::threads::Call;

/// Bytes of an array that are read between two looks for signals.
const CHUNK_BYTES: usize = 64 << 20;

/// Elements that are sooner copied into an array than it is told whose they are.
const COPIED: usize = 1 << 10;

/// How elements are to be read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    zero_one: bool,
    packed: Packed,
    order: BitOrder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packed {
    No,
    /// uint8.
    Bytes,
    /// int8: bytes less 128.
    Signed,
}

impl Reading {
    /// What the arguments `encoding=`, `packed=` and `bitorder=` ask for.
    pub fn asked(encoding: Option<&str>, packed: Option<&Bound<'_, PyAny>>, bitorder: &str) -> PyResult<Self> {
        let refused = |what: &str, expected: &str, found: String| {
            Err(PyValueError::new_err(format!("{what}: expected {expected}, found {found}")))
        };
        let zero_one = match encoding {
            None => false,
            Some("01") => true,
            Some(other) => return refused("encoding", "None for ±1 and booleans, or \"01\"", format!("{other:?}")),
        };
        let packed = match packed {
            None => Packed::No,
            Some(packed) => match (packed.cast::<PyBool>(), packed.cast::<PyString>()) {
                (Ok(packed), _) => {
                    if packed.is_true() {
                        Packed::Bytes
                    } else {
                        Packed::No
                    }
                }
                (_, Ok(packed)) if packed.to_str()? == "int8" => Packed::Signed,
                _ => return refused("packed", "True, False or \"int8\"", packed.repr()?.to_string()),
            },
        };
        if zero_one && packed != Packed::No {
            return refused("encoding", "none beside packed bytes", "\"01\"".into());
        }
        let order = match bitorder {
            "big" => BitOrder::Big,
            "little" => BitOrder::Little,
            other => return refused("bitorder", "\"big\" or \"little\"", format!("{other:?}")),
        };
        Ok(Self { zero_one, packed, order })
    }

    pub fn is_packed(self) -> bool {
        self.packed != Packed::No
    }
}

/// `obj` as an array: one that it is, or that it makes of itself.
fn array_of<'py>(obj: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyUntypedArray>> {
    static ASARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = obj.py();
    if let Ok(array) = obj.cast::<PyUntypedArray>() {
        return Ok(array.clone());
    }
    let numpy = || py.import("numpy");
    let made = if !obj.hasattr("__array__")? && obj.hasattr("__dlpack__")? {
        numpy()?.call_method1("from_dlpack", (obj,))?
    } else {
        let asarray = ASARRAY.get_or_try_init(py, || PyResult::Ok(numpy()?.getattr("asarray")?.unbind()))?;
        asarray.bind(py).call1((obj,))?
    };
    Ok(made.cast_into::<PyUntypedArray>()?)
}

/// Rows and elements a row of an array of one or two axes, which is called `what` and read row by row.
struct Rows<'py> {
    array: Bound<'py, PyUntypedArray>,
    /// What it was made of: errors are about that.
    given: Bound<'py, PyUntypedArray>,
    what: &'static str,
    rows: usize,
    columns: usize,
    /// Whether it has one axis: one row.
    single: bool,
}

impl<'py> Rows<'py> {
    fn new(obj: &Bound<'py, PyAny>, what: &'static str) -> PyResult<Self> {
        let mut array = array_of(obj)?;
        let given = array.clone();
        let (rows, columns, single) = match *array.shape() {
            [columns] => (1, columns, true),
            [rows, columns] => (rows, columns, false),
            _ => {
                let found = in_words(&array)?;
                return Err(PyValueError::new_err(format!(
                    "{what}: expected shape (patterns, dim) or (dim,), found {found}"
                )));
            }
        };
        if !array.is_c_contiguous() {
            let py = array.py();
            array = py.import("numpy")?.call_method1("ascontiguousarray", (array,))?.cast_into()?;
        }
        Ok(Self { array, given, what, rows, columns, single })
    }

    /// The same rows as other elements.
    fn with(&self, array: Bound<'py, PyUntypedArray>) -> Self {
        Self { array, given: self.given.clone(), ..*self }
    }

    /// The kind of its dtype, and the size of an element.
    fn dtype(&self) -> (u8, usize) {
        let dtype = self.array.dtype();
        (dtype.kind(), dtype.itemsize())
    }

    fn refused(&self, expected: &str) -> PyErr {
        let found = in_words(&self.given).unwrap_or_default();
        let text = format!("{}: expected {expected}, found {found}", self.what);
        // A type of elements is at fault, or what they are.
        PyTypeError::new_err(text)
    }

    fn as_type(&self, name: &str) -> PyResult<Self> {
        let array = self.array.call_method1("astype", (name,))?.cast_into()?;
        Ok(self.with(array))
    }

    fn read<T: Element>(&self) -> PyResult<PyReadonlyArrayDyn<'py, T>> {
        self.array.cast::<PyArrayDyn<T>>()?.try_readonly().map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Makes patterns of `dim` positions of the array's elements.
    fn pack<T: Element + Sync>(
        &self,
        call: &Call,
        dim: usize,
        set: impl Fn(&mut Patterns, usize, &[T]) -> popfield::Result<()> + Sync,
    ) -> PyResult<Patterns> {
        let array = self.read::<T>()?;
        let elements = array.as_slice().map_err(|error| PyValueError::new_err(error.to_string()))?;
        self.pack_elements(call, dim, elements, set)
    }

    /// Makes patterns of `dim` positions of the array's elements, which were read before, some rows at a time.
    fn pack_elements<T: Sync>(
        &self,
        call: &Call,
        dim: usize,
        elements: &[T],
        set: impl Fn(&mut Patterns, usize, &[T]) -> popfield::Result<()> + Sync,
    ) -> PyResult<Patterns> {
        let mut patterns = Patterns::filled(self.rows, dim, false).map_err(|error| self.raised(error))?;
        let rows = (CHUNK_BYTES / (self.columns * size_of::<T>()).max(1)).max(1);
        for (at, some) in elements.chunks((rows * self.columns).max(1)).enumerate() {
            let bytes = size_of_val(some);
            let patterns = &mut patterns;
            call.install(bytes, || set(patterns, at * rows, some))?.map_err(|error| self.raised(error))?;
            if bytes == size_of::<T>() * rows * self.columns {
                self.array.py().check_signals()?;
            }
        }
        Ok(patterns)
    }

    /// Elements of any type of number as int8, each checked.
    fn to_i8<T: Element + Copy + PartialEq + std::fmt::Display>(
        &self,
        of: impl Fn(T) -> Option<i8>,
        expected: &str,
    ) -> PyResult<Self> {
        let array = self.read::<T>()?;
        let elements = array.as_slice().map_err(|error| PyValueError::new_err(error.to_string()))?;
        let mut small = Vec::new();
        small
            .try_reserve_exact(elements.len())
            .map_err(|_| pyo3::exceptions::PyMemoryError::new_err("no room for int8"))?;
        for (at, &element) in elements.iter().enumerate() {
            small.push(of(element).ok_or_else(|| self.bad(at, expected, &element.to_string()))?);
        }
        let py = self.array.py();
        let array = small.into_pyarray(py).as_untyped().clone();
        Ok(self.with(array))
    }

    /// The same elements as int8, of which 0 and ±1 are kept.
    fn small(&self, expected: &str) -> PyResult<Self> {
        macro_rules! number {
            ($type:ty) => {
                self.to_i8::<$type>(
                    |x| {
                        if x == 1 as $type {
                            Some(1)
                        } else if x == 0 as $type {
                            Some(0)
                        } else {
                            None
                        }
                    },
                    expected,
                )
            };
            (signed $type:ty) => {
                self.to_i8::<$type>(
                    |x| match x {
                        _ if x == 1 as $type => Some(1),
                        _ if x == -1 as $type => Some(-1),
                        _ if x == 0 as $type => Some(0),
                        _ => None,
                    },
                    expected,
                )
            };
        }
        if self.array.dtype().is_native_byteorder() == Some(false) {
            let name = self.array.dtype().call_method1("newbyteorder", ("=",))?;
            let array = self.array.call_method1("astype", (name,))?.cast_into()?;
            return self.with(array).small(expected);
        }
        match self.dtype() {
            (b'i', 1) => Ok(self.with(self.array.clone())),
            (b'i', 2) => number!(signed i16),
            (b'i', 4) => number!(signed i32),
            (b'i', 8) => number!(signed i64),
            (b'u', 1) => number!(u8),
            (b'u', 2) => number!(u16),
            (b'u', 4) => number!(u32),
            (b'u', 8) => number!(u64),
            (b'f', 4) => number!(signed f32),
            (b'f', 8) => number!(signed f64),
            (b'f', _) => self.as_type("float64")?.small(expected),
            _ => Err(self.refused("bool, or ±1 of a real type of number")),
        }
    }

    /// An element at fault.
    fn bad(&self, at: usize, expected: &str, found: &str) -> PyErr {
        let (row, column) = (at / self.columns.max(1), at % self.columns.max(1));
        let array = in_words(&self.given).unwrap_or_default();
        PyValueError::new_err(format!(
            "{}, row {row}, column {column}: expected {expected}, found {found}, in {array}",
            self.what
        ))
    }

    /// An error of the library about these elements.
    fn raised(&self, error: popfield::Error) -> PyErr {
        match error {
            popfield::Error::Element { row, column, found, expected, .. } => {
                let hint = match (expected, found.as_str()) {
                    ("0 or 1", _) => "0 or 1, as encoding=\"01\" says",
                    (_, "0") => "+1 or -1 (encoding=\"01\" reads 0/1; packed=True reads packed bytes)",
                    _ => "+1 or -1",
                };
                self.bad(row * self.columns + column, hint, &found)
            }
            popfield::Error::TailBit { row, dim, bit, .. } => PyValueError::new_err(format!(
                "{}, row {row}: expected zero bits beyond dimension {dim}, found a 1 at bit {bit}",
                self.what
            )),
            error => raised(error),
        }
    }

    /// The patterns that the elements are; `dim` where something else tells it.
    fn patterns(&self, call: &Call, reading: Reading, dim: Option<usize>) -> PyResult<Patterns> {
        if reading.packed != Packed::No {
            return self.packed(call, reading, dim);
        }
        if let Some(dim) = dim.filter(|&dim| dim != self.columns) {
            let found = in_words(&self.given)?;
            return Err(PyValueError::new_err(format!("{}: expected {dim} elements a row, found {found}", self.what)));
        }
        let dim = self.columns;
        match self.dtype() {
            (b'b', 1) => self.pack::<bool>(call, dim, Patterns::set_bools),
            (b'u', 1) if reading.zero_one => self.pack::<u8>(call, dim, Patterns::set_bits),
            _ if reading.zero_one => {
                let expected = "0 or 1, as encoding=\"01\" says";
                self.small(expected)?.as_type("uint8")?.pack::<u8>(call, dim, Patterns::set_bits)
            }
            _ => self.small("+1 or -1")?.pack::<i8>(call, dim, Patterns::set_signs),
        }
    }

    fn packed(&self, call: &Call, reading: Reading, dim: Option<usize>) -> PyResult<Patterns> {
        let signed = reading.packed == Packed::Signed;
        match (self.dtype(), signed) {
            ((b'u', 1), false) | ((b'i', 1), true) => {}
            (_, false) => return Err(self.refused("packed bytes of dtype uint8 (packed=\"int8\" for those less 128)")),
            (_, true) => return Err(self.refused("packed bytes of dtype int8, each less 128")),
        }
        let Some(dim) = dim else {
            let text = format!("{}: expected dim= beside packed bytes, found none", self.what);
            return Err(PyValueError::new_err(text));
        };
        if self.columns != dim.div_ceil(8) {
            let (expected, found) = (dim.div_ceil(8), in_words(&self.given)?);
            let text =
                format!("{}: expected {expected} packed bytes a row for dimension {dim}, found {found}", self.what);
            return Err(PyValueError::new_err(text));
        }
        let order = reading.order;
        if signed {
            return self.pack::<i8>(call, dim, |patterns, first, bytes| {
                let bytes: Vec<u8> = bytes.iter().map(|&byte| byte.cast_unsigned() ^ 0x80).collect();
                patterns.set_packed(first, &bytes, order)
            });
        }
        let bytes = self.read::<u8>()?;
        let bytes = bytes.as_slice().map_err(|error| PyValueError::new_err(error.to_string()))?;
        if !bytes.is_empty() && bytes.iter().all(|&byte| byte <= 1) {
            let text = CString::new(format!(
                "{}: all bytes that are said to be packed are 0 or 1; where each is a position, pass encoding=\"01\" instead",
                self.what
            ))?;
            let py = self.array.py();
            PyErr::warn(py, &py.get_type::<PyUserWarning>(), &text, 2)?;
        }
        self.pack::<u8>(call, dim, |patterns, first, bytes| patterns.set_packed(first, bytes, order))
    }
}

/// Type and shape of an array, for errors.
fn in_words(array: &Bound<'_, PyUntypedArray>) -> PyResult<String> {
    let shape = array.getattr("shape")?.repr()?.to_string();
    Ok(format!("{} of shape {shape}", array.dtype()))
}

/// Patterns of an array, and whether it is a single one of one axis.
pub fn patterns(
    call: &Call,
    obj: &Bound<'_, PyAny>,
    what: &'static str,
    reading: Reading,
    dim: Option<usize>,
) -> PyResult<Patterns> {
    Rows::new(obj, what)?.patterns(call, reading, dim)
}

/// Queries of dimension `dim` of an array, with the positions that are `known` where that is said; and whether it is a
/// single one of one axis.
pub fn queries(
    call: &Call,
    obj: &Bound<'_, PyAny>,
    reading: Reading,
    dim: usize,
    known: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Queries, bool)> {
    let rows = Rows::new(obj, "queries")?;
    let read = match (reading.packed, reading.zero_one, rows.dtype()) {
        (Packed::No, false, (kind, _)) if kind != b'b' && rows.columns == dim => signs_or_erased(call, &rows)?,
        _ => rows.patterns(call, reading, Some(dim))?.into(),
    };
    let Some(known) = known else { return Ok((read, rows.single)) };
    let mask = Rows::new(known, "known")?;
    if mask.dtype() != (b'b', 1) {
        return Err(mask.refused("booleans, True where a position is known"));
    }
    if (mask.rows, mask.columns) != (rows.rows, dim) {
        let (expected, found) = ((rows.rows, dim), in_words(&mask.given)?);
        return Err(PyValueError::new_err(format!(
            "known: expected shape {expected:?}, as the queries, found {found}"
        )));
    }
    let mask = mask.pack::<bool>(call, dim, Patterns::set_bools)?;
    if let Some(erased) = read.known() {
        let unknown = |(known, there): (Pattern, Pattern)| {
            known.words().iter().zip(there.words()).any(|(known, there)| known & !there != 0)
        };
        if let Some(row) = mask.iter().zip(erased.iter()).position(unknown) {
            let text = format!("queries, row {row}: expected +1 or -1 wherever known= is True, found 0");
            return Err(PyValueError::new_err(text));
        }
    }
    Ok((Queries::with_known(read.into_signs(), mask).map_err(raised)?, rows.single))
}

/// Queries of ±1, in which 0 is an erased position.
fn signs_or_erased(call: &Call, rows: &Rows<'_>) -> PyResult<Queries> {
    let small = rows.small("+1, -1 or 0 (unknown)")?;
    let array = small.read::<i8>()?;
    let elements = array.as_slice().map_err(|error| PyValueError::new_err(error.to_string()))?;
    if !elements.contains(&0) {
        return Ok(small.pack_elements(call, rows.columns, elements, Patterns::set_signs)?.into());
    }
    if !elements.contains(&-1) {
        let found = in_words(&rows.given)?;
        return Err(PyValueError::new_err(format!(
            "queries: expected +1 and -1, found 0 and no -1 in {found}; encoding=\"01\" reads 0 as -1, known= tells \
             which positions are known"
        )));
    }
    let dim = rows.columns;
    let queries = call.install(elements.len(), || Queries::from_signs(elements, dim))?;
    queries.map_err(|error| match error {
        popfield::Error::Element { row, column, found, .. } => {
            rows.bad(row * rows.columns + column, "+1, -1 or 0 (unknown)", &found)
        }
        error => raised(error),
    })
}

/// Ids of a list or an array of whole numbers of one axis.
pub fn ids(obj: &Bound<'_, PyAny>, what: &'static str) -> PyResult<Vec<u64>> {
    let array = array_of(obj)?;
    let found = || in_words(&array);
    if array.ndim() > 1 {
        return Err(PyValueError::new_err(format!("{what}: expected ids of one axis, found {}", found()?)));
    }
    match array.dtype().kind() {
        b'u' => {}
        b'i' => {
            if let Ok(least) = array.call_method0("min").and_then(|least| least.extract::<i64>())
                && least < 0
            {
                return Err(PyValueError::new_err(format!("{what}: expected ids from 0 on, found {least}")));
            }
        }
        // numpy takes an empty list to be of floats.
        _ if array.is_empty() => return Ok(Vec::new()),
        _ => return Err(PyTypeError::new_err(format!("{what}: expected whole numbers, found {}", found()?))),
    }
    let array = array.call_method1("astype", ("uint64",))?.call_method0("ravel")?;
    let array =
        array.cast::<PyArray1<u64>>()?.try_readonly().map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(array.as_slice().map_err(|error| PyValueError::new_err(error.to_string()))?.to_vec())
}

/// Labels of a sequence of texts, `None` being no label.
pub fn labels(obj: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    if obj.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err("labels: expected a sequence of str, found a single str"));
    }
    let mut labels = Vec::new();
    for label in obj.try_iter()? {
        let label = label?;
        labels.push(match label.is_none() {
            true => String::new(),
            false => match label.cast::<PyString>() {
                Ok(label) => label.to_str()?.to_owned(),
                Err(_) => {
                    let (at, found) = (labels.len(), label.get_type().name()?);
                    return Err(PyTypeError::new_err(format!(
                        "labels, place {at}: expected str or None, found {found}"
                    )));
                }
            },
        });
    }
    Ok(labels)
}

/// Elements as an array of `columns` a row, or of one axis for a `single` row.
pub fn shaped<'py, T: Element + Copy>(
    py: Python<'py>,
    elements: Vec<T>,
    columns: usize,
    single: bool,
) -> PyResult<Bound<'py, PyAny>> {
    if single && elements.len() <= COPIED {
        return Ok(PyArray1::from_slice(py, &elements).into_any());
    }
    let rows = elements.len().checked_div(columns).unwrap_or(0);
    let array = elements.into_pyarray(py);
    Ok(if single { array.into_any() } else { array.reshape([rows, columns])?.into_any() })
}
