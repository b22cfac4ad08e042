//! Points: where an experiment is made.

/// n patterns of dimension d.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Point {
    /// d: positions of a pattern.
    pub dim: usize,
    /// n: patterns of a memory.
    pub patterns: u64,
}

impl Point {
    /// The load n/d.
    pub fn load(self) -> f64 {
        self.patterns as f64 / self.dim as f64
    }

    /// The rate (ln n)/d.
    pub fn rate(self) -> f64 {
        libm::log(self.patterns as f64) / self.dim as f64
    }

    /// The name of the stream that a trial at this point draws `what` from.
    pub(crate) fn purpose(self, what: &str) -> String {
        format!("{what} of {} patterns of dimension {}", self.patterns, self.dim)
    }
}
