//! The picture of the demo: rows of little images with a name beside each row.

use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::{FONT_9X15, FONT_9X15_BOLD};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{PrimitiveStyle, PrimitiveStyleBuilder, Rectangle, StrokeAlignment};
use embedded_graphics::text::{Baseline, Text};
use image::{ImageFormat, Rgb, RgbImage};
use plotters::style::RGBColor;
use popfield::dynamics::End;
use popfield::{Pattern, Query};

use super::digits::SIDE;
use crate::commands::dynamics::color;

const PAPER: Rgb888 = Rgb888::new(250, 249, 246);
const INK: Rgb888 = Rgb888::new(24, 28, 40);
const BLANK: Rgb888 = Rgb888::new(255, 255, 255);
const UNKNOWN: Rgb888 = Rgb888::new(200, 203, 212);
const FAINT: Rgb888 = Rgb888::new(84, 89, 102);
const RIGHT: Rgb888 = Rgb888::new(42, 157, 88);
const WRONG: Rgb888 = Rgb888::new(214, 62, 54);

/// Screen pixels of one image pixel, of the frame around an image, and of the gap between images.
const PIXEL: u32 = 7;
const FRAME: u32 = 3;
const GAP: u32 = 10;
const CELL: u32 = SIDE as u32 * PIXEL + 2 * FRAME + GAP;
const NAME_WIDTH: u32 = 236;
const MARGIN: u32 = 18;
const HEADING: u32 = 40;

/// What stands in one place of the sheet.
pub enum Cell {
    /// An image as it was stored.
    Stored(Pattern),
    /// A query, its erased pixels grey.
    Query(Query),
    /// A recalled image, framed by whether it is right.
    Recalled(Pattern, bool),
    /// The limit of a run, framed by what it is.
    Limit(Pattern, End),
}

/// What stands in one line of the sheet.
pub enum Line {
    Heading(String),
    Row(String, Vec<Cell>),
}

/// Draws the lines one below the other; returns the PNG.
pub fn draw(lines: &[Line]) -> image::ImageResult<Vec<u8>> {
    let columns = lines.iter().map(|line| if let Line::Row(_, cells) = line { cells.len() } else { 0 }).max();
    let width = 2 * MARGIN + NAME_WIDTH + columns.unwrap_or(0) as u32 * CELL - GAP;
    let height = lines.iter().map(height_of).sum::<u32>() + 2 * MARGIN - GAP;
    let mut sheet = Sheet(RgbImage::from_pixel(width, height, Rgb([PAPER.r(), PAPER.g(), PAPER.b()])));
    let mut top = MARGIN;
    for line in lines {
        match line {
            Line::Heading(text) => sheet.text(text, MARGIN, top + HEADING / 2 - 6, true, INK),
            Line::Row(name, cells) => {
                sheet.text(name, MARGIN, top + CELL / 2 - 13, false, FAINT);
                for (c, cell) in (0..).zip(cells) {
                    sheet.cell(cell, MARGIN + NAME_WIDTH + c * CELL, top);
                }
            }
        }
        top += height_of(line);
    }
    let mut png = std::io::Cursor::new(Vec::new());
    sheet.0.write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}

fn height_of(line: &Line) -> u32 {
    match line {
        Line::Heading(_) => HEADING,
        Line::Row(..) => CELL,
    }
}

struct Sheet(RgbImage);

impl Sheet {
    fn text(&mut self, text: &str, left: u32, top: u32, bold: bool, color: Rgb888) {
        let style = MonoTextStyle::new(if bold { &FONT_9X15_BOLD } else { &FONT_9X15 }, color);
        let Ok(_) = Text::with_baseline(text, point(left, top), style, Baseline::Top).draw(self);
    }

    fn cell(&mut self, cell: &Cell, left: u32, top: u32) {
        let (signs, known, frame) = match cell {
            Cell::Stored(pattern) => (pattern, None, FAINT),
            Cell::Query(query) => (query.signs(), query.known(), UNKNOWN),
            Cell::Recalled(pattern, right) => (pattern, None, if *right { RIGHT } else { WRONG }),
            Cell::Limit(pattern, end) => {
                let RGBColor(r, g, b) = color(end);
                (pattern, None, Rgb888::new(r, g, b))
            }
        };
        let side = SIDE as u32 * PIXEL;
        let border = PrimitiveStyleBuilder::new()
            .stroke_color(frame)
            .stroke_width(FRAME)
            .stroke_alignment(StrokeAlignment::Outside)
            .build();
        let square = Rectangle::new(point(left + FRAME, top + FRAME), Size::new_equal(side));
        let Ok(_) = square.into_styled(border).draw(self);
        for (j, ink) in signs.bits().iter().by_vals().enumerate() {
            let color = match known {
                Some(known) if !known.bits()[j] => UNKNOWN,
                _ if ink => INK,
                _ => BLANK,
            };
            let (x, y) = ((j % SIDE) as u32 * PIXEL, (j / SIDE) as u32 * PIXEL);
            let pixel = Rectangle::new(point(left + FRAME + x, top + FRAME + y), Size::new_equal(PIXEL));
            let Ok(_) = pixel.into_styled(PrimitiveStyle::with_fill(color)).draw(self);
        }
    }
}

/// The sheet is far smaller than 2³¹ pixels.
fn point(x: u32, y: u32) -> Point {
    Point::new(x as i32, y as i32)
}

impl OriginDimensions for Sheet {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Sheet {
    type Color = Rgb888;
    type Error = std::convert::Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Self::Error> {
        for Pixel(Point { x, y }, color) in pixels {
            if let Some(pixel) = self.0.get_pixel_mut_checked(x as u32, y as u32) {
                *pixel = Rgb([color.r(), color.g(), color.b()]);
            }
        }
        Ok(())
    }
}
