use std::f64::consts::PI;

use popfield_lab::theory::ags;

use crate::quadrature::{maximum, normal_above};
use crate::{close, rounds_to};

#[test]
fn figures() {
    let table =
        [(0.05, 0.999992), (0.08, 0.999557), (0.10, 0.997999), (0.12, 0.993223), (0.13, 0.987212), (0.135, 0.980791)];
    for (load, overlap) in table {
        rounds_to(ags::retrieval(load).unwrap().unwrap().overlap, overlap, 6);
    }
    rounds_to(ags::critical_load(), 0.137906, 6);
}

/// m = ∫ sign(m + √(αr) z) Dz and what belongs to it.
#[test]
fn the_mean_field_equations() {
    for i in 1..=137 {
        let load = f64::from(i) / 1000.0;
        let state = ags::retrieval(load).unwrap().unwrap();
        let (m, r, c) = (state.overlap, state.crosstalk, state.susceptibility);
        let deviation = (load * r).sqrt();
        let tail = normal_above(m / deviation);
        close(m, 1.0 - 2.0 * tail, 1e-9);
        if tail > 1e-30 {
            close(state.bit_error, tail, 1e-7);
        }
        close(r, (1.0 - c).powi(-2), 1e-9);
        assert!((c - (2.0 / PI).sqrt() / deviation * (-0.5 * (m / deviation).powi(2)).exp()).abs() < 1e-11);
    }
}

/// Iterating the equations from m = 1 stays on the same state, so that it is the retrieval state and not the other
/// solution.
#[test]
fn it_is_the_stable_solution() {
    for load in [0.02f64, 0.06, 0.1, 0.13, 0.137] {
        let (mut m, mut c) = (1.0f64, 0.0f64);
        for _ in 0..4000 {
            let deviation = load.sqrt() / (1.0 - c);
            let next = (2.0 / PI).sqrt() / deviation * (-0.5 * (m / deviation).powi(2)).exp();
            c = 0.5 * (c + next);
            m = 1.0 - 2.0 * normal_above(m / deviation);
        }
        close(ags::retrieval(load).unwrap().unwrap().overlap, m, 1e-8);
    }
}

#[test]
fn where_it_ends() {
    // The largest √(2α) that a solution can have.
    let balance = |y: f64| (1.0 - 2.0 * normal_above(y * 2f64.sqrt())) / y - 2.0 / PI.sqrt() * (-y * y).exp();
    close(ags::critical_load(), 0.5 * maximum(1.0, 2.5, balance).powi(2), 1e-9);
    let critical = ags::critical_load();
    let last = ags::retrieval(critical * (1.0 - 1e-9)).unwrap().unwrap();
    assert!((last.overlap - 0.967).abs() < 1e-3, "{last:?}");
    assert!(ags::retrieval(critical * (1.0 + 1e-9)).unwrap().is_none());
    assert!(ags::retrieval(f64::MAX).unwrap().is_none());
    let empty = ags::retrieval(0.0).unwrap().unwrap();
    assert_eq!((empty.overlap, empty.bit_error), (1.0, 0.0));
    // Next to nothing stored, next to nothing wrong: no loss of digits on the way.
    let least = ags::retrieval(1e-12).unwrap().unwrap();
    close(least.crosstalk, 1.0, 1e-9);
    let mut before = 1.0;
    for i in 1..137 {
        let overlap = ags::retrieval(f64::from(i) / 1000.0).unwrap().unwrap().overlap;
        assert!(overlap <= before);
        before = overlap;
    }
}
