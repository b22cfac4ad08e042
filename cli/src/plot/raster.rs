//! SVG as PNG, in the letters that the program carries.

use std::error::Error;
use std::io::Cursor;

use image::RgbImage;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::font;

/// The picture of `svg` in so many pixels, on white.
pub fn png(svg: &str, (width, height): (u32, u32)) -> Result<Vec<u8>, Box<dyn Error>> {
    let fonts = Options { fontdb: font::database(), font_family: "Inter".into(), ..Options::default() };
    let tree = Tree::from_str(svg, &fonts)?;
    let mut pixels = Pixmap::new(width, height).ok_or("too many pixels")?;
    pixels.fill(Color::WHITE);
    let size = tree.size();
    let zoom = Transform::from_scale(width as f32 / size.width(), height as f32 / size.height());
    resvg::render(&tree, zoom, &mut pixels.as_mut());
    // On white nothing is left to be seen through.
    let rgb = pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let image = RgbImage::from_raw(width, height, rgb).ok_or("a picture of another size")?;
    let mut png = Cursor::new(Vec::new());
    image.write_with_encoder(PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::Adaptive))?;
    Ok(png.into_inner())
}
