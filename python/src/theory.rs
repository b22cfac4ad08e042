//! The laws of the laboratory as functions, a module for each of its own.

use popfield::Tie;
use popfield::separation::{Beta, Degree};
use popfield_lab::theory;
use pyo3::prelude::*;

use crate::errors::{raised, raised_by_lab};

/// What a law says, for Python: a number, a pair of bounds, or the probabilities of a bit.
trait Said {
    type As;
    fn said(self) -> PyResult<Self::As>;
}

impl Said for f64 {
    type As = f64;
    fn said(self) -> PyResult<f64> {
        Ok(self)
    }
}

impl Said for u64 {
    type As = u64;
    fn said(self) -> PyResult<u64> {
        Ok(self)
    }
}

impl Said for theory::exponential::Bounds {
    type As = (f64, f64);
    fn said(self) -> PyResult<(f64, f64)> {
        Ok((self.low, self.high))
    }
}

impl Said for theory::one_step::BitLaw {
    type As = (f64, f64, f64);
    fn said(self) -> PyResult<(f64, f64, f64)> {
        Ok((self.wrong, self.tie, self.error(Tie::Plus)))
    }
}

impl Said for Option<theory::ags::Retrieval> {
    type As = Option<(f64, f64)>;
    fn said(self) -> PyResult<Option<(f64, f64)>> {
        Ok(self.map(|state| (state.overlap, state.bit_error)))
    }
}

impl<T: Said> Said for popfield_lab::Result<T> {
    type As = T::As;
    fn said(self) -> PyResult<T::As> {
        self.map_err(raised_by_lab)?.said()
    }
}

/// An argument of a law, from what Python gives.
trait Given: Sized {
    type From;
    fn given(from: Self::From) -> PyResult<Self>;
}

macro_rules! as_it_is {
    ($($type:ty)+) => {
        $(impl Given for $type {
            type From = $type;
            fn given(from: $type) -> PyResult<$type> {
                Ok(from)
            }
        })+
    };
}
as_it_is!(f64 u64 i64 u32);

impl Given for Beta {
    type From = f64;
    fn given(from: f64) -> PyResult<Self> {
        Beta::new(from).map_err(raised)
    }
}

impl Given for Degree {
    type From = u32;
    fn given(from: u32) -> PyResult<Self> {
        Degree::new(from).map_err(raised)
    }
}

/// Functions of Python that ask laws of the same names, and their modules.
macro_rules! laws {
    ($($module:ident { $($law:ident($($argument:ident: $type:ty),*) -> $said:ty;)+ })+) => {
        $(mod $module {
            use super::*;

            $(#[pyfunction]
            pub fn $law($($argument: <$type as Given>::From),*) -> PyResult<$said> {
                theory::$module::$law($(<$type as Given>::given($argument)?),*).said()
            })+
        })+

        /// All of them, a module for each of the laboratory's.
        pub fn theory<'py>(py: Python<'py>) -> PyResult<Bound<'py, PyModule>> {
            let all = PyModule::new(py, "theory")?;
            $({
                let module = PyModule::new(py, stringify!($module))?;
                $(module.add_function(wrap_pyfunction!($module::$law, &module)?)?;)+
                all.add_submodule(&module)?;
            })+
            Ok(all)
        }
    };
}

laws! {
    ags {
        critical_load() -> f64;
        retrieval(load: f64) -> Option<(f64, f64)>;
    }
    attention {
        top_weight_failure(dim: u64, patterns: u64, flips: u64, beta: Beta) -> (f64, f64);
        patterns_bound(dim: u64, flips: u64, beta: Beta, failure: f64) -> f64;
        slope(noise: f64, beta: Beta) -> f64;
        dimension_bound(patterns: u64, noise: f64, beta: Beta, failure: f64) -> f64;
        dimension_typical(patterns: u64, noise: f64, beta: Beta) -> f64;
    }
    capacity {
        hoeffding_bit(dim: u64, patterns: u64, flips: u64) -> f64;
        hoeffding_one(dim: u64, flips: u64, value_dim: u64, failure: f64) -> u64;
        hoeffding_all(dim: u64, flips: u64, value_dim: u64, failure: f64) -> u64;
        mceliece_one(dim: u64, noise: f64) -> f64;
        mceliece_all(dim: u64, noise: f64) -> f64;
    }
    exponential {
        random_threshold(noise: f64, beta: Beta) -> f64;
        worst_threshold(noise: f64, beta: Beta) -> f64;
        demircigil_rate(noise: f64) -> f64;
        random_rate_all(noise: f64, beta: Beta) -> f64;
        worst_rate_all(noise: f64, beta: Beta) -> f64;
        random_values(dim: u64, patterns: u64, flips: u64, beta: Beta) -> (f64, f64);
        energy_difference(dim: u64, patterns: u64, flips: u64, beta: Beta) -> (f64, f64);
        worst_values(dim: u64, patterns: u64, flips: u64, beta: Beta) -> (f64, f64);
        auto_kept(dim: u64, patterns: u64, flips: u64, beta: Beta) -> (f64, f64);
        random_error(dim: u64, patterns: u64, flips: u64, beta: Beta) -> f64;
        worst_error(dim: u64, patterns: u64, flips: u64, beta: Beta) -> f64;
        energy_difference_error(dim: u64, patterns: u64, flips: u64, beta: Beta) -> f64;
        pattern_success(dim: u64, patterns: u64, flips: u64, beta: Beta, value_dim: u64) -> (f64, f64);
        normal_error(dim: u64, patterns: u64, flips: u64, beta: Beta) -> f64;
    }
    nearest {
        random_values(dim: u64, patterns: u64, flips: u64) -> (f64, f64, f64);
        worst_values(dim: u64, patterns: u64, flips: u64) -> (f64, f64, f64);
        alone(dim: u64, patterns: u64, flips: u64) -> f64;
        pattern_success(dim: u64, patterns: u64, flips: u64, value_dim: u64) -> (f64, f64);
        auto_kept(dim: u64, patterns: u64, flips: u64) -> (f64, f64);
    }
    one_step {
        hetero(dim: u64, patterns: u64, flips: u64) -> (f64, f64, f64);
        auto_kept(dim: u64, patterns: u64, flips: u64) -> (f64, f64, f64);
        auto_zeroed(dim: u64, patterns: u64, flips: u64) -> (f64, f64, f64);
        hetero_erfc(load: f64, noise: f64) -> f64;
        auto_kept_erfc(load: f64, noise: f64) -> f64;
    }
    overlaps {
        pair(dim: u64, fraction: f64) -> f64;
        hoeffding_pair(dim: u64, fraction: f64) -> f64;
        any_pair_bound(patterns: u64, pair: f64) -> f64;
        any_pair(dim: u64, patterns: u64, fraction: f64) -> (f64, f64);
        any_key(dim: u64, patterns: u64, fraction: f64) -> f64;
        maximum(dim: u64, patterns: u64, failure: f64) -> f64;
        maximum_pair(dim: u64, patterns: u64, failure: f64) -> f64;
        typical_maximum(dim: u64, patterns: u64) -> f64;
    }
    polynomial {
        hetero(dim: u64, patterns: u64, flips: u64, degree: Degree) -> f64;
        worst(dim: u64, patterns: u64, flips: u64, degree: Degree) -> f64;
        energy_difference(dim: u64, patterns: u64, flips: u64, degree: Degree) -> f64;
        auto_kept(dim: u64, patterns: u64, flips: u64, degree: Degree) -> f64;
        krotov_hopfield_error(dim: u64, patterns: u64, noise: f64, degree: Degree) -> f64;
        krotov_hopfield_patterns(dim: u64, noise: f64, degree: Degree, error: f64) -> f64;
        krotov_hopfield_clean(dim: u64, noise: f64, degree: Degree) -> f64;
    }
    pseudo_inverse {
        auto_zeroed(load: f64, noise: f64) -> f64;
        auto_kept(load: f64, noise: f64) -> f64;
    }
    success {
        union_bound(error: f64, events: u64) -> f64;
        independent(error: f64, events: u64) -> f64;
    }
}
