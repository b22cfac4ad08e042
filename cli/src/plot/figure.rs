//! What a figure is, and what all figures have in common: colours, letters, numbers.

use plotters::coord::Shift;
use plotters::prelude::*;

/// What happens while drawing on a backend.
pub type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// The ground of figures on a page, text, and what is secondary.
pub const PAPER: RGBColor = RGBColor(250, 249, 246);
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

/// Text of a colour and height in units.
pub fn text(height: i32, color: RGBColor) -> TextStyle<'static> {
    ("sans-serif", f64::from(height)).into_font().color(&color)
}

/// A number at an axis, as short as can be.
pub fn tick(value: &f64) -> String {
    match value.abs() {
        size if size < 1e-12 => "0".into(),
        size if !(1e-3..1e5).contains(&size) => {
            let exponent = libm::floor(libm::log10(size) + 1e-9);
            let lead = (10.0 * value / libm::pow(10.0, exponent)).round() / 10.0;
            // What rounds up to ten is one of the next power.
            if lead.abs() < 10.0 { format!("{lead}e{exponent}") } else { format!("{}e{}", lead / 10.0, exponent + 1.0) }
        }
        _ => format!("{}", (value * 1000.0).round() / 1000.0),
    }
}
