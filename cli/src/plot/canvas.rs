//! A raster to draw on: pixels, and text in bitmap fonts.

use std::convert::Infallible;

use embedded_graphics::mono_font::ascii::{FONT_6X10, FONT_7X13, FONT_9X15_BOLD};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::text::{Alignment, Baseline, Text, TextStyleBuilder};
use image::{ImageFormat, ImageResult, Rgb, RgbImage};
use plotters::style::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendTextStyle, DrawingBackend, DrawingErrorKind};

use super::figure::EM;

pub struct Canvas(RgbImage);

impl Canvas {
    pub fn new((width, height): (u32, u32)) -> Self {
        Self(RgbImage::new(width, height))
    }

    pub fn png(&self) -> ImageResult<Vec<u8>> {
        let mut png = std::io::Cursor::new(Vec::new());
        self.0.write_to(&mut png, ImageFormat::Png)?;
        Ok(png.into_inner())
    }
}

/// The font nearest in height.
fn font(height: f64) -> &'static MonoFont<'static> {
    match height / EM {
        h if h >= 17.0 => &FONT_9X15_BOLD,
        h if h >= 13.0 => &FONT_7X13,
        _ => &FONT_6X10,
    }
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for &mut Canvas {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.0.dimensions()
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
            && let Some(pixel) = self.0.get_pixel_mut_checked(x, y)
        {
            let (r, g, b) = color.rgb;
            let mix =
                |old: u8, new: u8| (f64::from(old) + (f64::from(new) - f64::from(old)) * color.alpha).round() as u8;
            *pixel = Rgb([mix(pixel[0], r), mix(pixel[1], g), mix(pixel[2], b)]);
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        let (r, g, b) = style.color().rgb;
        let alignment = match style.anchor().h_pos {
            HPos::Left => Alignment::Left,
            HPos::Center => Alignment::Center,
            HPos::Right => Alignment::Right,
        };
        let baseline = match style.anchor().v_pos {
            VPos::Top => Baseline::Top,
            VPos::Center => Baseline::Middle,
            VPos::Bottom => Baseline::Bottom,
        };
        let text = ascii(text);
        let layout = TextStyleBuilder::new().alignment(alignment).baseline(baseline).build();
        let letters = MonoTextStyle::new(font(style.size()), Rgb888::new(r, g, b));
        let Ok(_) = Text::with_text_style(&text, Point::new(x, y), letters, layout).draw(*self);
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let letter = font(style.size()).character_size;
        Ok((letter.width * ascii(text).len() as u32, letter.height))
    }
}

/// The letters of ASCII that come nearest to those that the bitmap fonts lack.
fn ascii(text: &str) -> String {
    let pairs = [
        ("−", "-"),
        ("β", "beta"),
        ("σ", "sigma"),
        ("·", "x"),
        ("√", "root "),
        ("¬", "~"),
        ("→", ">"),
        ("½", "1/2"),
        ("µ", "u"),
        ("α", "alpha"),
        ("∞", "inf"),
    ];
    pairs.into_iter().fold(text.to_owned(), |text, (letter, spelled)| text.replace(letter, spelled))
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(Point { x, y }, color) in pixels {
            if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
                && let Some(pixel) = self.0.get_pixel_mut_checked(x, y)
            {
                *pixel = Rgb([color.r(), color.g(), color.b()]);
            }
        }
        Ok(())
    }
}
