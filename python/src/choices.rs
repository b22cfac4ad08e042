//! Choices by name, as the command line calls them too.

use popfield::dynamics::{Clamp, Order};
use popfield::separation::Beta;
use popfield::{Dynamics, Missing, Separation};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::arrays;
use crate::errors::raised;

/// The choice of this name.
pub fn named<T: std::str::FromStr<Err = popfield::Error>>(name: &str) -> PyResult<T> {
    name.parse().map_err(raised)
}

/// β: a number, or 1/sqrt(d) by name.
pub fn beta(beta: &Bound<'_, PyAny>, dim: usize) -> PyResult<Beta> {
    if let Ok(number) = beta.extract::<f64>() {
        return Beta::new(number).map_err(raised);
    }
    match beta.extract::<&str>() {
        Ok("1/sqrt(d)") => Beta::new(1.0 / (dim as f64).sqrt()).map_err(raised),
        _ => {
            let found = beta.repr()?;
            Err(PyTypeError::new_err(format!("beta: expected a number or \"1/sqrt(d)\", found {found}")))
        }
    }
}

/// A separation and what belongs to it; what belongs to another is refused.
pub fn separation(
    name: &str,
    beta: Option<&Bound<'_, PyAny>>,
    degree: Option<u32>,
    dim: usize,
) -> PyResult<Separation> {
    let chosen: Separation = named(name)?;
    let alone = |what: &str, of: &str| {
        PyValueError::new_err(format!("{what}: expected none beside separation {chosen}, as it is for {of}, found one"))
    };
    match chosen {
        Separation::Exponential(_) if degree.is_none() => match beta {
            None => Separation::exponential(1.0).map_err(raised),
            Some(beta) => Ok(Separation::Exponential(self::beta(beta, dim)?)),
        },
        Separation::Polynomial(_) if beta.is_none() => Separation::polynomial(degree.unwrap_or(2)).map_err(raised),
        Separation::Exponential(_) => Err(alone("degree", "polynomial")),
        _ if beta.is_some() => Err(alone("beta", "exponential")),
        _ if degree.is_some() => Err(alone("degree", "polynomial")),
        chosen => Ok(chosen),
    }
}

/// What becomes of ids that no association has.
pub fn missing(missing: &str) -> PyResult<Missing> {
    match missing {
        "error" => Ok(Missing::Refuse),
        "ok" => Ok(Missing::Allow),
        other => Err(PyValueError::new_err(format!("missing: expected \"error\" or \"ok\", found {other:?}"))),
    }
}

/// How a network runs.
#[allow(clippy::too_many_arguments)]
pub fn dynamics(
    separation: Separation,
    order: &str,
    seed: u64,
    update: Option<&str>,
    diagonal: &str,
    tie: &str,
    clamp: Option<&Bound<'_, PyAny>>,
    steps: u32,
) -> PyResult<Dynamics> {
    let order = match named(order)? {
        Order::Random { .. } => Order::Random { seed },
        order => order,
    };
    let clamp = match clamp {
        None => Clamp::Free,
        Some(clamp) => match clamp.extract::<&str>() {
            Ok("known") => Clamp::Known,
            Ok(other) => {
                let text = format!("clamp: expected None, \"known\" or positions, found {other:?}");
                return Err(PyValueError::new_err(text));
            }
            Err(_) => Clamp::Positions(arrays::ids(clamp, "clamp")?.into_iter().map(|at| at as usize).collect()),
        },
    };
    let mut dynamics = Dynamics::new(separation).order(order).diagonal(named(diagonal)?).tie(named(tie)?).clamp(clamp);
    if let Some(update) = update {
        dynamics = dynamics.update(named(update)?);
    }
    dynamics.step_limit(steps).map_err(raised)
}

/// Whether an index is asked, where there is one.
pub fn indexed(index: &str) -> PyResult<bool> {
    match index {
        "auto" => Ok(true),
        "off" => Ok(false),
        other => Err(PyValueError::new_err(format!("index: expected \"auto\" or \"off\", found {other:?}"))),
    }
}
