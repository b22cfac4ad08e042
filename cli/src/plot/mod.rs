//! Figures: drawn once, as SVG or as PNG, in a font that the program carries.

pub mod chart;
mod figure;
mod font;
pub mod frame;
mod look;
pub mod pen;
mod raster;
pub mod scale;
mod svg;

use std::error::Error;
use std::io::Write;
use std::path::Path;

use plotters::prelude::*;

use crate::failure::{Failure, Result};
use crate::output::{OutFile, written};
pub use figure::{AMBER, BLUE, Drawn, FAINT, Figure, GREEN, INK, RED, SERIES, SLATE, VIOLET};
pub use look::{Look, Size, scale as scale_of};

use svg::Svg;

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

/// A file under way that will show a figure.
#[derive(Debug)]
pub struct FigureFile {
    file: OutFile,
    format: Format,
    look: Look,
}

impl FigureFile {
    /// Begins the file, so that what cannot be is known before the work.
    pub fn create(path: &Path, look: Look) -> Result<Self> {
        let format = Format::of(path)?;
        if let (Format::Png, Some(Size { width, height })) = (format, look.size) {
            look.pixels((width.into(), height.into()))
                .map_err(|expected| Failure::usage(format!("--size, --scale: {expected}")))?;
        }
        Ok(Self { file: OutFile::create(path)?, format, look })
    }

    /// Draws `figure` there.
    pub fn draw(self, figure: &impl Figure) -> Result<OutFile> {
        let bytes = picture(figure, self.format, self.look)?;
        written(self.file, |file| file.write_all(&bytes))
    }
}

/// The bytes of a file that shows `figure`, on white.
pub fn picture(figure: &impl Figure, format: Format, look: Look) -> Result<Vec<u8>> {
    let (width, height) = match look.size {
        Some(size) => (f64::from(size.width), f64::from(size.height)),
        None => {
            (f64::from(figure.size().0) / f64::from(pen::UNITS), f64::from(figure.size().1) / f64::from(pen::UNITS))
        }
    };
    // Where there is too little room, everything is drawn smaller, until it fits.
    let units = |zoom: f64| [width, height].map(|side| (side * zoom * f64::from(pen::UNITS)).round() as u32).into();
    let zooms = (0..60).map(|step| libm::pow(1.06, step.into()));
    let units = zooms.map(units).find(|&units| figure.fits(units)).unwrap_or_else(|| units(1.0));
    let text = drawn(figure, units).finish((width * look.scale, height * look.scale), font::FAMILY);
    match format {
        Format::Svg => Ok(text.into_bytes()),
        Format::Png => {
            let pixels = look.pixels((width, height)).map_err(Failure::usage)?;
            Failure::unless_room(8 * pixels.0 as usize * pixels.1 as usize, "the picture")?;
            raster::png(&text, pixels).map_err(|error| undrawn(&*error))
        }
    }
}

fn undrawn(error: &dyn Error) -> Failure {
    Failure::Resource(format!("the figure cannot be drawn: {error}"))
}

fn drawn(figure: &impl Figure, units: (u32, u32)) -> Svg {
    let mut svg = Svg::new(units);
    let area = (&mut svg).into_drawing_area();
    // Nothing that is drawn to a string can fail.
    let Ok(()) = area.fill(&WHITE).and_then(|()| figure.draw(&area)) else { return svg };
    drop(area);
    svg
}
