//! What a figure is, and what all figures have in common: colours, letters, numbers.

use plotters::coord::Shift;
use plotters::prelude::*;

/// What happens while drawing on a backend.
pub type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Text, and what is secondary.
pub const INK: RGBColor = RGBColor(24, 28, 40);
pub const FAINT: RGBColor = RGBColor(84, 89, 102);

/// Colours of what is told apart, dark enough for letters on white. Green is kept for what came back home.
pub const BLUE: RGBColor = RGBColor(38, 92, 166);
pub const RED: RGBColor = RGBColor(206, 54, 44);
pub const GREEN: RGBColor = RGBColor(30, 138, 76);
pub const AMBER: RGBColor = RGBColor(204, 122, 0);
pub const VIOLET: RGBColor = RGBColor(126, 72, 160);
pub const BROWN: RGBColor = RGBColor(128, 84, 52);
pub const SLATE: RGBColor = RGBColor(70, 120, 150);

/// The colours in the order in which curves take them.
pub const SERIES: [RGBColor; 6] = [BLUE, RED, VIOLET, AMBER, SLATE, BROWN];

/// A figure that can be drawn anywhere.
pub trait Figure {
    /// Width and height in units of the drawing, where none are asked for.
    fn size(&self) -> (u32, u32);

    /// Whether all that it shows has room in so many units.
    fn fits(&self, _size: (u32, u32)) -> bool {
        true
    }

    /// Draws it into all of `area`.
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B>;
}
