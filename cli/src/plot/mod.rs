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

/// A number for an axis, short.
pub fn tick(value: &f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if !(1e-3..1e6).contains(&size) => format!("{value:.1e}"),
        size if size < 10.0 => format!("{value:.2}"),
        _ => format!("{value:.0}"),
    }
}
