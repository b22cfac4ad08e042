//! JPEG. The scans are walked first, since decoders fill up with grey what a file that was cut short lacks.

use image::metadata::Orientation;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::bitmaps::turned;
use super::grey::over_white;
use super::picture::{Bounds, Picture, Refusal};
use super::scans::walk;

pub fn decode(bytes: &[u8], bounds: &Bounds<'_>) -> Result<Picture, Refusal> {
    let frame = walk(bytes, bounds)?;
    let colour = if frame.components == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .set_strict_mode(false)
        .jpeg_set_out_colorspace(colour);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let samples = decoder.decode().map_err(|_| Refusal::damaged("JPEG"))?;
    let (width, height) = (usize::from(frame.width), usize::from(frame.height));
    let wanted = width * height * if frame.components == 1 { 1 } else { 3 };
    if decoder.dimensions() != Some((width, height)) || samples.len() != wanted {
        return Err(Refusal::damaged("JPEG"));
    }
    let greys = match frame.components {
        1 => samples,
        _ => {
            let (pixels, _) = samples.as_chunks::<3>();
            pixels.iter().map(|pixel| over_white(pixel.map(u16::from), 255, 255)).collect()
        }
    };
    let orientation = decoder.exif().map_or(Orientation::NoTransforms, |exif| turned(exif));
    Ok(Picture::new(width, height, greys, orientation))
}
