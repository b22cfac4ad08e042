//! What a figure is, and what all figures have in common: colours, letters, numbers at axes.

use plotters::coord::Shift;
use plotters::prelude::*;

/// What happens while drawing on a backend.
pub type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// The ground of every figure, its text, and what is secondary.
pub const PAPER: RGBColor = RGBColor(250, 249, 246);
pub const INK: RGBColor = RGBColor(24, 28, 40);
pub const FAINT: RGBColor = RGBColor(84, 89, 102);

/// Colours of what is told apart, dark enough for letters on paper.
pub const BLUE: RGBColor = RGBColor(38, 92, 166);
pub const RED: RGBColor = RGBColor(214, 62, 54);
pub const GREEN: RGBColor = RGBColor(42, 140, 80);
pub const AMBER: RGBColor = RGBColor(200, 126, 10);
pub const VIOLET: RGBColor = RGBColor(126, 72, 160);
pub const TEAL: RGBColor = RGBColor(20, 140, 150);

/// The same in the order in which curves take them.
pub const SERIES: [RGBColor; 6] = [BLUE, RED, GREEN, AMBER, VIOLET, TEAL];

/// A figure that can be drawn anywhere.
pub trait Figure {
    /// Width and height in pixels.
    fn size(&self) -> (u32, u32);
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B>;
}

/// Text of a colour and height in pixels.
pub fn text(height: i32, color: RGBColor) -> TextStyle<'static> {
    ("sans-serif", f64::from(height) * EM).into_font().color(&color)
}

/// What SVG divides the size of a font by.
pub const EM: f64 = 1.24;

/// A number at an axis, as short as can be; in ASCII, which is all that pictures of pixels have letters for.
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
