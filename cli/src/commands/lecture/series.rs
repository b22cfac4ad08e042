//! What a chart draws.

use popfield_lab::Interval;

/// Marks of one colour.
pub struct Series {
    pub name: String,
    pub color: usize,
    pub marks: Marks,
}

pub enum Marks {
    Dots(Vec<(f64, Interval)>),
    Line(Vec<(f64, f64)>),
    Dashes(Vec<(f64, f64)>),
    /// A line with corners.
    Path(Vec<(f64, f64)>),
    Place(f64),
}
