//! Plates: a drawing with its legend and caption. Legends are text beside the drawing, so that they stay readable where
//! the page is narrow.

use plotters::prelude::*;

use crate::failure::Result;
use crate::plot::{Figure, Format, render};

/// A drawing ready for the page.
pub struct Plate {
    /// An `svg` element that takes the width it is given.
    pub svg: String,
    pub legend: Vec<(Swatch, String)>,
    pub caption: String,
}

/// How something looks in the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swatch {
    pub color: RGBColor,
    pub shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Dot,
    Line,
    Dashes,
    /// An upright line.
    Place,
    Square,
}

impl Plate {
    /// Draws `figure`; `caption` says what is to be seen.
    pub fn new(figure: &impl Figure, legend: Vec<(Swatch, String)>, caption: impl Into<String>) -> Result<Self> {
        let bytes = render(figure, Format::Svg)?;
        let (width, height) = figure.size();
        let text = String::from_utf8_lossy(&bytes);
        // What stands between the outermost tags; those are written anew, without a size of their own.
        let from = text.find("<svg").and_then(|start| Some(start + text[start..].find('>')? + 1)).unwrap_or(0);
        let to = text.rfind("</svg>").unwrap_or(text.len());
        let caption = caption.into();
        let svg = format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\">\n{}</svg>", text[from..to].trim_start());
        Ok(Self { svg, legend, caption })
    }

    /// The same, without seams between neighbouring pixels.
    pub fn of_pixels(self) -> Self {
        Self { svg: self.svg.replacen("<svg ", "<svg shape-rendering=\"crispEdges\" ", 1), ..self }
    }
}
