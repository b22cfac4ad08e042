//! PNG. The chunks are walked first: a file that is whole ends with its last one, and animations are told by one of
//! their own.

use std::io::Cursor;

use image::Limits;
use image::codecs::png::PngDecoder;

use super::bitmaps::{decoded, refusal};
use super::picture::{Bounds, Picture, Refusal};

const SIGNATURE_BYTES: usize = 8;

/// Memory for anything beside pixels, such as texts that unpack to very much.
const MOST_ALLOCATED: u64 = 512 << 20;

pub fn decode(bytes: &[u8], bounds: &Bounds<'_>) -> Result<Picture, Refusal> {
    walk(bytes, bounds)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_ALLOCATED);
    decoded(PngDecoder::with_limits(Cursor::new(bytes), limits).map_err(refusal("PNG"))?, "PNG", bounds)
}

/// Holds the file to its chunks, from the header to the end.
fn walk(bytes: &[u8], bounds: &Bounds<'_>) -> Result<(), Refusal> {
    let number = |at: usize| {
        let four = bytes.get(at..at + 4).ok_or_else(|| Refusal::cut_short("PNG"))?;
        Ok(u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
    };
    let (mut at, mut pixels) = (SIGNATURE_BYTES, false);
    loop {
        let (length, kind) = (number(at)? as usize, number(at + 4)?.to_be_bytes());
        let (content, next) = (at + 8, at + 12 + length);
        if next > bytes.len() {
            return Err(Refusal::cut_short("PNG"));
        }
        match &kind {
            b"IHDR" if length >= 8 => bounds.check(number(content)?.into(), number(content + 4)?.into())?,
            _ if at == SIGNATURE_BYTES => return Err(Refusal::damaged("PNG")),
            b"IDAT" => pixels = true,
            // Of an animation the image itself may be the first frame, or none of them.
            b"acTL" if length >= 4 && number(content)? > 1 => return Err(Refusal::several("PNG", "frames")),
            b"fcTL" if pixels => return Err(Refusal::several("PNG", "frames")),
            b"IEND" if bytes[next..].starts_with(&bytes[..SIGNATURE_BYTES]) => {
                return Err(Refusal::several("PNG", "images"));
            }
            b"IEND" => return Ok(()),
            _ => {}
        }
        at = next;
    }
}
