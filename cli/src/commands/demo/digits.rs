//! The data of the demo: handwritten digits, and a printed numeral for each as its label.

use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::FONT_5X8;
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::prelude::*;
use embedded_graphics::text::{Baseline, Text};
use popfield::patterns::BitOrder;
use popfield::{Pattern, Patterns, Result};

/// Pixels along each side of an image.
pub const SIDE: usize = 8;

static IMAGES: &[u8] = include_bytes!("../../../data/digits-packed.npy");
static LABELS: &[u8] = include_bytes!("../../../data/digits-labels.npy");

/// 1,797 handwritten digits (see `cli/data/README.md`).
pub struct Digits {
    pub images: Patterns,
    pub labels: Vec<u8>,
}

impl Digits {
    pub fn load() -> Result<Self> {
        let images = Patterns::from_packed(content(IMAGES), SIDE * SIDE, BitOrder::Big)?;
        Ok(Self { images, labels: content(LABELS).to_vec() })
    }

    /// The first image of each digit, 0 to 9.
    pub fn one_of_each(&self) -> Vec<usize> {
        (0..10).filter_map(|digit| self.labels.iter().position(|&label| label == digit)).collect()
    }

    /// The printed numeral of every image's digit, in the order of the images.
    pub fn numerals(&self) -> Result<Patterns> {
        let numerals = (0..10).map(numeral).collect::<Result<Vec<_>>>()?;
        self.labels.iter().map(|&label| &numerals[usize::from(label)]).collect()
    }
}

/// What follows the header of a version 1 `.npy` file.
fn content(npy: &[u8]) -> &[u8] {
    &npy[10 + usize::from(u16::from_le_bytes([npy[8], npy[9]]))..]
}

/// `digit` as printed.
fn numeral(digit: u8) -> Result<Pattern> {
    let mut canvas = Canvas(Pattern::new(SIDE * SIDE)?);
    let text = digit.to_string();
    let style = MonoTextStyle::new(&FONT_5X8, BinaryColor::On);
    // Drawing on a pattern cannot fail.
    let Ok(_) = Text::with_baseline(&text, Point::new(2, 0), style, Baseline::Top).draw(&mut canvas);
    Ok(canvas.0)
}

/// A pattern to draw on.
struct Canvas(Pattern);

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(SIDE as u32, SIDE as u32)
    }
}

impl DrawTarget for Canvas {
    type Color = BinaryColor;
    type Error = std::convert::Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<BinaryColor>>>(&mut self, pixels: I) -> Result<(), Self::Error> {
        for Pixel(Point { x, y }, color) in pixels {
            if let (Ok(x @ 0..SIDE), Ok(y @ 0..SIDE)) = (usize::try_from(x), usize::try_from(y)) {
                self.0.bits_mut().set(y * SIDE + x, color.is_on());
            }
        }
        Ok(())
    }
}
