//! Plates: a drawing with its legend and caption, as they stand on the page. Legends are text below the drawing, so that
//! they stay readable where the page is narrow.

/// A drawing ready for the page.
pub struct Plate {
    /// Elements of the page.
    pub drawing: String,
    pub legend: Vec<(Swatch, String)>,
    pub caption: String,
    /// What it shows, for those who do not see it.
    pub alt: String,
}

/// How something looks in the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swatch {
    /// The class of its colour.
    pub color: &'static str,
    pub shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Dot,
    Line,
    /// A line with dots of its colour beside it.
    Dotted,
    Dashes,
    /// An upright line.
    Place,
    /// A cell of a pattern.
    Cell,
    /// A cell that should be filled and is not.
    Hole,
}
