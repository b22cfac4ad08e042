//! Numerics that several laws share.

/// P(Z > z) of a standard normal Z.
pub(super) fn normal_above(z: f64) -> f64 {
    0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2)
}

/// Where `rising` turns from false to true within [low, high], to the last bit.
pub(super) fn bisect(mut low: f64, mut high: f64, rising: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            return middle;
        }
        if rising(middle) { high = middle } else { low = middle }
    }
}
