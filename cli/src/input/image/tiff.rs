//! TIFF. The directory of each page is read here first, so that every kind is either read rightly or refused by what it
//! is; the `tiff` crate then unpacks strips and tiles (TIFF 6.0, Adobe 1992; BigTIFF).
//!
//! What the decoder does not know is put before it in a form that it does: bits that are filled from the lowest on are
//! turned about, and palettes and white as 0 are read as greys, of which colours are made here.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use image::metadata::Orientation;
use tiff::decoder::{Decoder, DecodingResult};

use super::grey::{over_white, premultiplied_over_white};
use super::picture::{Bounds, Picture, Refusal};

const KIND: &str = "TIFF";

/// Tags that matter here.
mod tag {
    pub const SUBFILE: u16 = 254;
    pub const OLD_SUBFILE: u16 = 255;
    pub const WIDTH: u16 = 256;
    pub const HEIGHT: u16 = 257;
    pub const BITS: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const ORIENTATION: u16 = 274;
    pub const SAMPLES: u16 = 277;
    pub const STRIP_BYTES: u16 = 279;
    pub const PLANAR: u16 = 284;
    pub const COLOUR_MAP: u16 = 320;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_BYTES: u16 = 325;
    pub const EXTRA: u16 = 338;
    pub const FORMAT: u16 = 339;
}

/// Whether these are the first bytes of a BigTIFF.
pub fn is_big(bytes: &[u8]) -> bool {
    bytes.starts_with(b"II\x2b\0") || bytes.starts_with(b"MM\0\x2b")
}

pub fn decode(bytes: &[u8], bounds: &Bounds<'_>) -> Result<Vec<Picture>, Refusal> {
    let file = File::new(bytes);
    let pages = file.pages()?;
    let mut kinds = Vec::new();
    let mut patched = bytes.to_vec();
    let mut turned: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut pixels, mut packed) = (0, 0);
    for page in &pages {
        // A smaller copy of another page is no image of its own.
        if page.number(tag::SUBFILE, 0) & 1 == 1 || page.number(tag::OLD_SUBFILE, 1) == 2 {
            kinds.push(None);
            continue;
        }
        bounds.check(page.number(tag::WIDTH, 0), page.number(tag::HEIGHT, 0))?;
        pixels += page.number(tag::WIDTH, 0) * page.number(tag::HEIGHT, 0);
        bounds.check_all(pixels)?;
        let kind = Kind::of(page)?;
        for range in page.chunks(bytes.len())? {
            // Pages have strips of their own, so that a small file is no endless one.
            packed += range.len();
            if packed > bytes.len() {
                return Err(Refusal::damaged(KIND));
            }
            if page.number(tag::FILL_ORDER, 1) == 2 && turned.insert(range.start, range.end) != Some(range.end) {
                patched[range].iter_mut().for_each(|byte| *byte = byte.reverse_bits());
            }
        }
        if kind.colours != Colours::Rgb {
            let at = page.photometric_at.ok_or_else(|| Refusal::damaged(KIND))?;
            let black_is_zero = if file.little_endian { [1, 0] } else { [0, 1] };
            patched.get_mut(at..at + 2).ok_or_else(|| Refusal::cut_short(KIND))?.copy_from_slice(&black_is_zero);
        }
        kinds.push(Some(kind));
    }
    if kinds.iter().all(Option::is_none) {
        return Err(Refusal::damaged(KIND));
    }
    let mut decoder = Decoder::new(Cursor::new(&patched[..])).map_err(refusal)?;
    let mut pictures = Vec::new();
    for (index, (page, kind)) in pages.iter().zip(kinds).enumerate() {
        if let Some(kind) = kind {
            decoder.seek_to_image(index).map_err(refusal)?;
            pictures.push(kind.picture(page, decoder.read_image().map_err(refusal)?)?);
        }
    }
    Ok(pictures)
}

/// Why the decoder gave up, in our own words.
fn refusal(error: tiff::TiffError) -> Refusal {
    match error {
        tiff::TiffError::UnsupportedError(_) => Refusal::kind("this kind of TIFF"),
        tiff::TiffError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Refusal::cut_short(KIND)
        }
        _ => Refusal::damaged(KIND),
    }
}

/// A file and how its numbers are written.
struct File<'a> {
    bytes: &'a [u8],
    little_endian: bool,
    big: bool,
}

/// A directory: the numbers of each tag that is one of numbers, and where they stand.
struct Page {
    tags: BTreeMap<u16, Vec<u64>>,
    /// Where it says what samples are, if that is a number of two bytes as it should be.
    photometric_at: Option<usize>,
}

impl<'a> File<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, little_endian: bytes.starts_with(b"II"), big: is_big(bytes) }
    }

    /// The number in `size` bytes.
    fn number(&self, at: usize, size: usize) -> Result<u64, Refusal> {
        let end = at.checked_add(size).ok_or_else(|| Refusal::damaged(KIND))?;
        let bytes = self.bytes.get(at..end).ok_or_else(|| Refusal::cut_short(KIND))?;
        let digit = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Ok(if self.little_endian { bytes.iter().rev().fold(0, digit) } else { bytes.iter().fold(0, digit) })
    }

    fn offset(&self, at: usize) -> Result<usize, Refusal> {
        let offset = self.number(at, if self.big { 8 } else { 4 })?;
        usize::try_from(offset).map_err(|_| Refusal::cut_short(KIND))
    }

    /// The directories, in their order.
    fn pages(&self) -> Result<Vec<Page>, Refusal> {
        let (size_of_count, size_of_entry) = if self.big { (8, 20) } else { (2, 12) };
        let (mut pages, mut seen, mut numbers) = (Vec::new(), BTreeSet::new(), 0);
        let mut at = self.offset(if self.big { 8 } else { 4 })?;
        while at != 0 {
            // Directories that name each other, or numbers that many share, would never come to an end.
            if !seen.insert(at) || numbers > self.bytes.len() {
                return Err(Refusal::damaged(KIND));
            }
            let count = usize::try_from(self.number(at, size_of_count)?).unwrap_or(usize::MAX);
            // A directory that the file is too short for is seen before its entries are.
            let end = count.checked_mul(size_of_entry).and_then(|bytes| bytes.checked_add(at + size_of_count));
            let end = end.filter(|&end| end < self.bytes.len()).ok_or_else(|| Refusal::cut_short(KIND))?;
            let mut page = Page { tags: BTreeMap::new(), photometric_at: None };
            for entry in (at + size_of_count..end).step_by(size_of_entry) {
                self.entry(entry, &mut page)?;
            }
            numbers += page.tags.values().map(Vec::len).sum::<usize>();
            pages.push(page);
            at = self.offset(end)?;
        }
        if pages.is_empty() { Err(Refusal::damaged(KIND)) } else { Ok(pages) }
    }

    fn entry(&self, at: usize, page: &mut Page) -> Result<(), Refusal> {
        let name = self.number(at, 2)? as u16;
        let size = match self.number(at + 2, 2)? {
            1 => 1,
            3 => 2,
            4 | 13 => 4,
            16 | 18 => 8,
            // No numbers, or none that matter here.
            _ => return Ok(()),
        };
        let size_of_count = if self.big { 8 } else { 4 };
        let count = usize::try_from(self.number(at + 4, size_of_count)?).map_err(|_| Refusal::cut_short(KIND))?;
        let inline = at + 4 + size_of_count;
        let bytes = count.checked_mul(size).filter(|&bytes| bytes <= self.bytes.len());
        let bytes = bytes.ok_or_else(|| Refusal::cut_short(KIND))?;
        let first = if bytes <= size_of_count { inline } else { self.offset(inline)? };
        // What no pixel depends on is not read.
        if !(tag::SUBFILE..=tag::FORMAT).contains(&name) {
            return Ok(());
        }
        if name == tag::PHOTOMETRIC && size == 2 {
            page.photometric_at = Some(first);
        }
        let numbers =
            (0..count).map(|i| self.number(first.saturating_add(i * size), size)).collect::<Result<_, _>>()?;
        match page.tags.insert(name, numbers) {
            None => Ok(()),
            // Of which this one and the decoder may take another each.
            Some(_) => Err(Refusal::damaged(KIND)),
        }
    }
}

impl Page {
    fn numbers(&self, name: u16) -> &[u64] {
        self.tags.get(&name).map_or(&[], |numbers| numbers)
    }

    fn number(&self, name: u16, default: u64) -> u64 {
        self.numbers(name).first().copied().unwrap_or(default)
    }

    /// Where strips or tiles stand in a file of `length` bytes.
    fn chunks(&self, length: usize) -> Result<Vec<std::ops::Range<usize>>, Refusal> {
        let tiled = self.tags.contains_key(&tag::TILE_OFFSETS);
        let (offsets, bytes) =
            if tiled { (tag::TILE_OFFSETS, tag::TILE_BYTES) } else { (tag::STRIP_OFFSETS, tag::STRIP_BYTES) };
        let (offsets, bytes) = (self.numbers(offsets), self.numbers(bytes));
        if offsets.is_empty() || offsets.len() != bytes.len() {
            return Err(Refusal::damaged(KIND));
        }
        let range = |(&offset, &bytes): (&u64, &u64)| {
            let end = offset
                .checked_add(bytes)
                .filter(|&end| end <= length as u64)
                .ok_or_else(|| Refusal::cut_short(KIND))?;
            Ok(offset as usize..end as usize)
        };
        offsets.iter().zip(bytes).map(range).collect()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Colours {
    /// Greys; whether white is 0.
    Grey {
        white_is_zero: bool,
    },
    Rgb,
    /// Colours of 16 bits by number: all reds, all greens, all blues.
    Palette(Vec<u16>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alpha {
    None,
    Straight,
    Premultiplied,
}

/// How the samples of a page are read.
#[derive(Clone, Debug)]
struct Kind {
    bits: u32,
    samples: usize,
    colours: Colours,
    alpha: Alpha,
}

impl Kind {
    /// That of a page, if it is one that is read.
    fn of(page: &Page) -> Result<Self, Refusal> {
        let bits = page.number(tag::BITS, 1);
        if page.numbers(tag::BITS).iter().any(|&other| other != bits) {
            return Err(Refusal::kind("a TIFF whose samples are of several sizes"));
        }
        let palette = || match page.numbers(tag::COLOUR_MAP) {
            _ if bits > 8 => Err(Refusal::kind(format_args!("a TIFF with a palette of {bits} bits"))),
            // Some writers give colours of 8 bits, as libtiff's readers know.
            map if map.len() == 3 << bits && map.iter().all(|&sample| sample < 256) => {
                Ok(map.iter().map(|&sample| 257 * sample as u16).collect())
            }
            map if map.len() == 3 << bits => Ok(map.iter().map(|&sample| sample as u16).collect()),
            _ => Err(Refusal::damaged(KIND)),
        };
        let (colours, own) = match page.tags.get(&tag::PHOTOMETRIC).and_then(|numbers| numbers.first()) {
            Some(0) => (Colours::Grey { white_is_zero: true }, 1),
            Some(1) => (Colours::Grey { white_is_zero: false }, 1),
            Some(2) => (Colours::Rgb, 3),
            Some(3) => (Colours::Palette(palette()?), 1),
            Some(4) => return Err(Refusal::kind("a TIFF that is a mask")),
            Some(5) => return Err(Refusal::kind("a TIFF of inks (CMYK)")),
            Some(6) => return Err(Refusal::kind("a TIFF of luminance and colour differences (YCbCr)")),
            Some(32_844 | 32_845) => return Err(Refusal::kind("a TIFF of logarithms (LogL, LogLuv)")),
            Some(8..=10) => return Err(Refusal::kind("a TIFF of CIE L*a*b* colours")),
            Some(other) => return Err(Refusal::kind(format_args!("a TIFF of colours of number {other}"))),
            None => return Err(Refusal::kind("a TIFF that does not say what its samples are")),
        };
        match page.number(tag::FORMAT, 1) {
            1 | 4 => {}
            2 => return Err(Refusal::kind("a TIFF of signed samples")),
            3 => return Err(Refusal::kind("a TIFF of floating-point samples, for which no white is agreed,")),
            _ => return Err(Refusal::kind("a TIFF of complex samples")),
        }
        if page.tags.contains_key(&tag::TILE_WIDTH) && !page.tags.contains_key(&tag::TILE_OFFSETS) {
            return Err(Refusal::kind("a TIFF of tiles that says where strips are"));
        }
        let packing = match page.number(tag::COMPRESSION, 1) {
            1 | 4 | 5 | 8 | 32_773 | 32_946 => None,
            2 => Some("CCITT run lengths".to_owned()),
            3 => Some("CCITT group 3".to_owned()),
            6 | 7 => Some("JPEG".to_owned()),
            34_661 => Some("JBIG".to_owned()),
            34_712 => Some("JPEG 2000".to_owned()),
            34_887 => Some("LERC".to_owned()),
            34_925 => Some("LZMA".to_owned()),
            50_000 | 34_926 => Some("Zstandard".to_owned()),
            50_001 => Some("WebP".to_owned()),
            other => Some(format!("a compression of number {other}")),
        };
        if let Some(packing) = packing {
            return Err(Refusal::kind(format_args!("a TIFF packed by {packing}")));
        }
        let samples = page.number(tag::SAMPLES, 1);
        if page.number(tag::PLANAR, 1) != 1 && samples > 1 {
            return Err(Refusal::kind("a TIFF whose samples stand in planes apart"));
        }
        let alpha = match (samples.checked_sub(own), page.numbers(tag::EXTRA)) {
            (Some(0), _) => Alpha::None,
            (Some(1), [1]) => Alpha::Premultiplied,
            (Some(1), [2]) => Alpha::Straight,
            (None, _) => return Err(Refusal::damaged(KIND)),
            _ => return Err(Refusal::kind("a TIFF with samples beside its colours that are no alpha")),
        };
        match bits {
            8 | 16 => {}
            1 | 2 | 4 if samples == 1 => {}
            32 | 64 => {
                return Err(Refusal::kind(format_args!(
                    "a TIFF of {bits} bits a sample, for which no white is agreed,"
                )));
            }
            _ => return Err(Refusal::kind(format_args!("a TIFF of {bits} bits and {samples} samples a pixel"))),
        }
        Ok(Self { bits: bits as u32, samples: samples as usize, colours, alpha })
    }

    /// The picture that unpacked samples are.
    fn picture(&self, page: &Page, unpacked: DecodingResult) -> Result<Picture, Refusal> {
        let (width, height) = (page.number(tag::WIDTH, 0) as usize, page.number(tag::HEIGHT, 0) as usize);
        let samples: Vec<u16> = match unpacked {
            DecodingResult::U16(samples) => samples,
            DecodingResult::U8(samples) if self.bits == 8 => samples.into_iter().map(u16::from).collect(),
            DecodingResult::U8(bytes) => {
                let (bits, row_bytes) = (self.bits as usize, (width * self.bits as usize).div_ceil(8));
                let sample = |row: &[u8], x: usize| row[x * bits / 8] >> (8 - bits - x * bits % 8) & ((1 << bits) - 1);
                let rows = bytes.chunks_exact(row_bytes);
                rows.flat_map(|row| (0..width).map(move |x| u16::from(sample(row, x)))).collect()
            }
            _ => return Err(Refusal::kind("this kind of TIFF")),
        };
        if samples.len() != width * height * self.samples {
            return Err(Refusal::damaged(KIND));
        }
        let most = u16::MAX >> (16 - self.bits);
        let grey = |pixel: &[u16]| {
            let (colour, full) = match &self.colours {
                Colours::Grey { white_is_zero: false } => ([pixel[0]; 3], most),
                Colours::Grey { white_is_zero: true } => ([most - pixel[0]; 3], most),
                Colours::Rgb => ([pixel[0], pixel[1], pixel[2]], most),
                Colours::Palette(map) => {
                    let (colours, index) = (map.len() / 3, usize::from(pixel[0]));
                    ([map[index], map[colours + index], map[2 * colours + index]], u16::MAX)
                }
            };
            let alpha = match self.alpha {
                Alpha::None => full,
                // Of a palette the map is wider than the alpha beside it.
                _ => (u32::from(pixel[self.samples - 1]) * (u32::from(full) / u32::from(most))) as u16,
            };
            match self.alpha {
                Alpha::Premultiplied => premultiplied_over_white(colour, alpha, full),
                _ => over_white(colour, alpha, full),
            }
        };
        let greys = samples.chunks_exact(self.samples).map(grey).collect();
        let orientation = u8::try_from(page.number(tag::ORIENTATION, 1)).ok().and_then(Orientation::from_exif);
        Ok(Picture::new(width, height, greys, orientation.unwrap_or(Orientation::NoTransforms)))
    }
}
