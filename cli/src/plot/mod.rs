//! Figures: drawn once, as SVG or as PNG, without fonts of the system.

mod canvas;
mod figure;
pub mod frame;

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use crate::failure::{Failure, Result};
pub use figure::{AMBER, BLUE, Drawn, FAINT, Figure, GREEN, INK, PAPER, RED, SERIES, VIOLET, text, tick};

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
