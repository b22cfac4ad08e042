//! Errors of the engine as Python's exceptions.

use popfield::{Error, ErrorKind};
use pyo3::exceptions::{PyBlockingIOError, PyMemoryError, PyOSError, PyRuntimeError, PyValueError};
use pyo3::{PyErr, create_exception};

create_exception!(popfield, Interrupted, PyRuntimeError, "A call was stopped by its progress callable.");

/// The exception that an error is.
pub fn raised(error: Error) -> PyErr {
    match error {
        Error::Io(error) => error.into(),
        Error::Locked { .. } => PyBlockingIOError::new_err(error.to_string()),
        Error::OutOfMemory { .. } => PyMemoryError::new_err(error.to_string()),
        _ => match error.kind() {
            ErrorKind::Io | ErrorKind::Resource => PyOSError::new_err(error.to_string()),
            ErrorKind::Interrupted => Interrupted::new_err("stopped by its progress callable"),
            _ => PyValueError::new_err(error.to_string()),
        },
    }
}

/// The exception that an error of the laboratory is.
pub fn raised_by_lab(error: popfield_lab::Error) -> PyErr {
    match error {
        popfield_lab::Error::Engine(error) => raised(error),
        error if error.kind() == ErrorKind::Resource => PyMemoryError::new_err(error.to_string()),
        error => PyValueError::new_err(error.to_string()),
    }
}
