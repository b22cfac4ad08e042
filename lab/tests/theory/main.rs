//! Theory held to what does not share its way: full enumeration of small memories by the naive rules, sums of big
//! integers, quadrature, and maximisation of exponents; and to figures computed elsewhere.

mod ags;
mod capacity;
mod enumeration;
mod exponential;
mod nearest;
mod one_step;
mod overlaps;
mod polynomial;
mod pseudo_inverse;
mod quadrature;
mod refused;
mod walk;

/// Asserts that two numbers are within a relative tolerance of each other.
#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs();
    assert!(error <= tolerance * expected.abs().max(1e-300), "found {found:e}, expected {expected:e}");
}

/// Asserts that a number rounds to the figure given, of so many decimal places.
#[track_caller]
fn rounds_to(found: f64, figure: f64, places: i32) {
    assert!((found - figure).abs() <= 0.501 * 10f64.powi(-places), "found {found}, expected {figure}");
}
