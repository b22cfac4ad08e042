//! Images that the `image` crate decodes whole: BMP, GIF and WebP; and what it makes of pixels.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::webp::WebPDecoder;
use image::error::ImageError;
use image::metadata::Orientation;
use image::{AnimationDecoder, DynamicImage, ImageDecoder};

use super::grey::over_white;
use super::picture::{Bounds, Picture, Refusal};

/// Why a decoder gave up, in our own words.
pub fn refusal(kind: &'static str) -> impl Fn(ImageError) -> Refusal {
    move |error| match error {
        ImageError::Unsupported(_) => Refusal::kind(format_args!("this kind of {kind}")),
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Refusal::cut_short(kind),
        ImageError::Limits(_) => Refusal::new(format!("a {kind} file that asks for more memory than its pixels take")),
        _ => Refusal::damaged(kind),
    }
}

/// Decodes an image whose size is in bounds.
pub fn decoded(mut decoder: impl ImageDecoder, kind: &'static str, bounds: &Bounds<'_>) -> Result<Picture, Refusal> {
    let (width, height) = decoder.dimensions();
    bounds.check(width.into(), height.into())?;
    let orientation = decoder.exif_metadata().ok().flatten().map_or(Orientation::NoTransforms, |exif| turned(&exif));
    let image = DynamicImage::from_decoder(decoder).map_err(refusal(kind))?;
    let most = (u16::from(u8::MAX), u16::MAX);
    let wide = |sample: u8| u16::from(sample);
    let greys: Vec<u8> = match &image {
        DynamicImage::ImageLuma8(image) => image.pixels().map(|pixel| pixel.0[0]).collect(),
        DynamicImage::ImageLumaA8(image) => {
            image.pixels().map(|pixel| over_white([wide(pixel.0[0]); 3], wide(pixel.0[1]), most.0)).collect()
        }
        DynamicImage::ImageRgb8(image) => {
            image.pixels().map(|pixel| over_white(pixel.0.map(wide), most.0, most.0)).collect()
        }
        DynamicImage::ImageRgba8(image) => image.pixels().map(|pixel| rgba(pixel.0.map(wide), most.0)).collect(),
        DynamicImage::ImageLuma16(image) => {
            image.pixels().map(|pixel| over_white([pixel.0[0]; 3], most.1, most.1)).collect()
        }
        DynamicImage::ImageLumaA16(image) => {
            image.pixels().map(|pixel| over_white([pixel.0[0]; 3], pixel.0[1], most.1)).collect()
        }
        DynamicImage::ImageRgb16(image) => image.pixels().map(|pixel| over_white(pixel.0, most.1, most.1)).collect(),
        DynamicImage::ImageRgba16(image) => image.pixels().map(|pixel| rgba(pixel.0, most.1)).collect(),
        _ => return Err(Refusal::kind(format_args!("this kind of {kind}"))),
    };
    Ok(Picture::new(width as usize, height as usize, greys, orientation))
}

/// How an image is turned, by its camera's notes.
pub fn turned(exif: &[u8]) -> Orientation {
    // Some writers of WebP keep the mark that such notes have in JPEG.
    let notes = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    Orientation::from_exif_chunk(notes).unwrap_or(Orientation::NoTransforms)
}

fn rgba([red, green, blue, alpha]: [u16; 4], most: u16) -> u8 {
    over_white([red, green, blue], alpha, most)
}

pub fn bmp(bytes: &[u8], bounds: &Bounds<'_>) -> Result<Picture, Refusal> {
    // The length that the header tells; some writers leave it 0.
    let told = bytes.get(2..6).map_or(0, |size| u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
    if u64::from(told) > bytes.len() as u64 {
        return Err(Refusal::cut_short("BMP"));
    }
    if told > 14 && bytes[told as usize..].starts_with(b"BM") {
        return Err(Refusal::several("BMP", "images"));
    }
    decoded(BmpDecoder::new(Cursor::new(bytes)).map_err(refusal("BMP"))?, "BMP", bounds)
}

pub fn gif(bytes: &[u8], bounds: &Bounds<'_>) -> Result<Picture, Refusal> {
    walk_gif(bytes, bounds)?;
    let decoder = GifDecoder::new(Cursor::new(bytes)).map_err(refusal("GIF"))?;
    let (width, height) = decoder.dimensions();
    let first = decoder.into_frames().next().ok_or_else(|| Refusal::damaged("GIF"))?.map_err(refusal("GIF"))?;
    let greys = first.buffer().pixels().map(|pixel| rgba(pixel.0.map(u16::from), 255)).collect();
    Ok(Picture::new(width as usize, height as usize, greys, Orientation::NoTransforms))
}

/// Holds the file to its blocks, from the header to the trailer: one frame, within its screen (CompuServe's GIF89a).
fn walk_gif(bytes: &[u8], bounds: &Bounds<'_>) -> Result<(), Refusal> {
    let byte = |at: usize| bytes.get(at).copied().ok_or_else(|| Refusal::cut_short("GIF"));
    let number = |at: usize| Ok::<_, Refusal>(u32::from(byte(at)?) | u32::from(byte(at + 1)?) << 8);
    // A table of colours, if the flags say that there is one.
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let (width, height) = (number(6)?, number(8)?);
    bounds.check(width.into(), height.into())?;
    let mut at = 13 + table(byte(10)?);
    let mut frames = 0;
    loop {
        match byte(at)? {
            0x3b => break,
            0x21 => at += 2,
            0x2c => {
                frames += 1;
                let (right, bottom) = (number(at + 1)? + number(at + 5)?, number(at + 3)? + number(at + 7)?);
                if right > width || bottom > height {
                    return Err(Refusal::kind("a GIF whose image goes beyond its screen"));
                }
                at += 11 + table(byte(at + 9)?);
            }
            _ => return Err(Refusal::damaged("GIF")),
        }
        // Pieces, each after its length, up to one of length 0.
        while byte(at)? != 0 {
            at += 1 + usize::from(byte(at)?);
        }
        at += 1;
    }
    match frames {
        0 => Err(Refusal::damaged("GIF")),
        1 if bytes[at + 1..].starts_with(b"GIF8") => Err(Refusal::several("GIF", "images")),
        1 => Ok(()),
        _ => Err(Refusal::several("GIF", "frames")),
    }
}

pub fn webp(bytes: &[u8], bounds: &Bounds<'_>) -> Result<Picture, Refusal> {
    // RIFF, and how many bytes follow.
    let told = bytes.get(4..8).map_or(0, |size| u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
    if u64::from(told) + 8 > bytes.len() as u64 {
        return Err(Refusal::cut_short("WebP"));
    }
    // Filled up to an even number.
    let rest = &bytes[(told as usize + 8).next_multiple_of(2).min(bytes.len())..];
    if rest.starts_with(b"RIFF") {
        return Err(Refusal::several("WebP", "images"));
    }
    let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(refusal("WebP"))?;
    if decoder.has_animation() {
        return Err(Refusal::several("WebP", "frames"));
    }
    decoded(decoder, "WebP", bounds)
}
