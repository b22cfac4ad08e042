//! Figures: drawn once, as SVG or as PNG, without fonts of the system.

mod canvas;
pub mod frame;

use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::failure::{Failure, Result};
use canvas::Canvas;

/// The kinds of picture files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Svg,
    Png,
}

impl Format {
    /// What the name of the file asks for.
    pub fn of(path: &Path) -> Result<Self> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            _ => Err(Failure::usage(format!("{}: expected a picture named .svg or .png", path.display()))),
        }
    }
}

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

/// The bytes of the file that shows `figure`.
pub fn render(figure: &impl Figure, format: Format) -> Result<Vec<u8>> {
    let failed = |error: &dyn Error| Failure::Resource(format!("the figure cannot be drawn: {error}"));
    match format {
        Format::Svg => {
            let mut text = String::new();
            draw(figure, SVGBackend::with_string(&mut text, figure.size())).map_err(|error| failed(&error))?;
            Ok(text.into_bytes())
        }
        Format::Png => {
            let mut canvas = Canvas::new(figure.size());
            draw(figure, &mut canvas).map_err(|error| failed(&error))?;
            canvas.png().map_err(|error| failed(&error))
        }
    }
}

fn draw<B: DrawingBackend>(figure: &impl Figure, backend: B) -> Drawn<B> {
    let area = backend.into_drawing_area();
    area.fill(&PAPER)?;
    figure.draw(&area)?;
    area.present()
}

/// Text of a colour and height in pixels.
pub fn text(height: i32, color: RGBColor) -> TextStyle<'static> {
    ("sans-serif", f64::from(height) * EM).into_font().color(&color)
}

/// What SVG divides the size of a font by.
const EM: f64 = 1.24;

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
