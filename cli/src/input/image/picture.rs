//! One image as every decoder makes it, and why a file is none.

use image::metadata::Orientation;
use popfield::patterns::MAX_DIM;

use crate::input::reading::Reading;

/// One image: greys of 0 to 255, rounded down, row by row, as viewers show it. Rounding down loses nothing: a grey is
/// below a whole threshold just where its whole part is.
#[derive(Debug)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub greys: Vec<u8>,
}

/// Why a file is no image that can be read, and what would be one.
#[derive(Debug)]
pub struct Refusal(pub String);

impl Refusal {
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    pub fn cut_short(kind: &str) -> Self {
        Self(format!("a {kind} file that is cut short: expected it to go on to the end of its image"))
    }

    pub fn damaged(kind: &str) -> Self {
        Self(format!("a {kind} file that is damaged: expected an image that can be decoded"))
    }

    /// A kind of image that is well formed and yet not read.
    pub fn kind(what: impl std::fmt::Display) -> Self {
        Self(format!("{what} is not read: save it as PNG, of at most 16 bits a sample"))
    }

    pub fn several(kind: &str, what: &str) -> Self {
        Self(format!("a {kind} file with several {what}: expected one image; save each as a file of its own"))
    }
}

/// What decoders may ask before they decode.
pub struct Bounds<'a> {
    pub reading: &'a Reading<'a>,
}

impl Bounds<'_> {
    /// Refuses files whose images together have more pixels than are held at once.
    pub fn check_all(&self, pixels: u64) -> Result<(), Refusal> {
        if pixels > MOST_PIXELS {
            return Err(Refusal::new(format!(
                "images of more than {MOST_PIXELS} pixels together: expected several files"
            )));
        }
        Ok(())
    }

    /// Refuses images that make no pattern that fits, by what their headers say.
    pub fn check(&self, width: u64, height: u64) -> Result<(), Refusal> {
        let pixels = u128::from(width) * u128::from(height);
        if pixels == 0 {
            return Err(Refusal::new(format!("expected an image with pixels, found {width} × {height}")));
        }
        if pixels > MAX_DIM as u128 {
            return Err(Refusal::new(format!(
                "{width} × {height} pixels are {pixels} positions: expected at most {MAX_DIM}"
            )));
        }
        match self.reading.dim {
            Some(expected) if expected as u128 != pixels => {
                Err(Refusal::new(format!("expected dimension {expected}, found {pixels} ({width} × {height} pixels)")))
            }
            _ => Ok(()),
        }
    }
}

/// Pixels of all images of a file at the most: they are held together.
const MOST_PIXELS: u64 = 1 << 32;

impl Picture {
    /// A picture of `width` × `height` greys, turned as `orientation` says.
    pub fn new(width: usize, height: usize, greys: Vec<u8>, orientation: Orientation) -> Self {
        let at = |x: usize, y: usize| greys[y * width + x];
        let (right, bottom) = (width.saturating_sub(1), height.saturating_sub(1));
        let sized = |width: usize, height: usize, grey: &dyn Fn(usize, usize) -> u8| {
            let greys = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| grey(x, y)).collect();
            Self { width, height, greys }
        };
        match orientation {
            Orientation::NoTransforms => Self { width, height, greys },
            Orientation::FlipHorizontal => sized(width, height, &|x, y| at(right - x, y)),
            Orientation::Rotate180 => sized(width, height, &|x, y| at(right - x, bottom - y)),
            Orientation::FlipVertical => sized(width, height, &|x, y| at(x, bottom - y)),
            Orientation::Rotate90FlipH => sized(height, width, &|x, y| at(y, x)),
            Orientation::Rotate90 => sized(height, width, &|x, y| at(y, bottom - x)),
            Orientation::Rotate270FlipH => sized(height, width, &|x, y| at(right - y, bottom - x)),
            Orientation::Rotate270 => sized(height, width, &|x, y| at(right - y, x)),
        }
    }
}
