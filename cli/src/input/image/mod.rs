//! Images: ink is +1. A pixel is ink if it is darker than the threshold, alpha laid over white; pixels go row by row.

mod bitmaps;
mod grey;
mod jpeg;
mod picture;
mod png;
mod pnm;
mod scans;
mod tiff;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use image::ImageFormat;
use popfield::{Pattern, Patterns};

use super::reading::{Loaded, Reading, Shape};
use crate::args::ThresholdArg;
use crate::failure::{Failure, Result};
use grey::{Histogram, threshold_of};
use picture::{Bounds, Picture, Refusal};

/// The largest file that is read as an image.
const MOST_BYTES: u64 = 2 << 30;

/// The images of one file, which may come through a pipe.
pub fn read_file(reading: &Reading<'_>) -> Result<Loaded> {
    let mut gathered = Gathered::default();
    gathered.add_file(reading.source.path(), reading.source.whole()?, &reading.source.name(), reading)?;
    gathered.finish(reading)
}

/// The images of several files, one after the other.
pub fn read(reading: &Reading<'_>, paths: &[PathBuf]) -> Result<Loaded> {
    let mut gathered = Gathered::default();
    for path in paths {
        let failed = |error: std::io::Error| Failure::reading(path, &error);
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        gathered.add_file(path, (BufReader::new(file), length), &path.display().to_string(), reading)?;
    }
    gathered.finish(reading)
}

/// All bytes of a file of `length` bytes.
fn bytes_of(mut file: impl Read, length: u64, path: &Path) -> Result<Vec<u8>> {
    if length > MOST_BYTES {
        let expected = format!("expected an image of at most {MOST_BYTES} bytes");
        return Err(Failure::input(format!("{}: {expected}, found {length}", path.display())));
    }
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(length as usize)
        .map_err(|_| Failure::Resource(format!("{}: out of memory: {length} bytes of an image", path.display())))?;
    (&mut file).take(length).read_to_end(&mut bytes).map_err(|error| Failure::reading(path, &error))?;
    Ok(bytes)
}

/// The images of a file, as viewers show them. What the bytes are decides, not what the file is called.
fn decode(bytes: &[u8], bounds: &Bounds<'_>) -> Result<Vec<Picture>, Refusal> {
    // Decoders are known to panic on files made to that end; what they do to their own state dies with them.
    let decoded = quietly(|| match image::guess_format(bytes) {
        Ok(ImageFormat::Png) => png::decode(bytes, bounds).map(|picture| vec![picture]),
        Ok(ImageFormat::Jpeg) => jpeg::decode(bytes, bounds).map(|picture| vec![picture]),
        Ok(ImageFormat::Pnm) => pnm::decode(bytes, bounds),
        Ok(ImageFormat::Tiff) => tiff::decode(bytes, bounds),
        Ok(ImageFormat::Bmp) => bitmaps::bmp(bytes, bounds).map(|picture| vec![picture]),
        Ok(ImageFormat::Gif) => bitmaps::gif(bytes, bounds).map(|picture| vec![picture]),
        Ok(ImageFormat::WebP) => bitmaps::webp(bytes, bounds).map(|picture| vec![picture]),
        Ok(other) => Err(Refusal::kind(format_args!("an image of the kind {}", other.extensions_str()[0]))),
        // BigTIFF is a version of its own, which guessing by the first bytes does not know.
        Err(_) if tiff::is_big(bytes) => tiff::decode(bytes, bounds),
        Err(_) if bytes.starts_with(b"\x93NUMPY") => Err(Refusal::new("a NumPy array, no image: name it .npy")),
        Err(_) if bytes.starts_with(b"PK") => Err(Refusal::new("an archive, no image: one of arrays is named .npz")),
        Err(_) if bytes.is_empty() => Err(Refusal::new("expected an image, found an empty file")),
        Err(_) => {
            Err(Refusal::new("not an image: expected the first bytes of PNG, JPEG, TIFF, PBM to PAM, BMP, GIF or WebP"))
        }
    });
    decoded.unwrap_or_else(|| Err(Refusal::damaged("image")))
}

thread_local! {
    /// Whether a panic on this thread is caught and told in our own words.
    static QUIET: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// What `work` returns, or `None` if it panics.
fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                usual(info);
            }
        }));
    });
    QUIET.set(true);
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    QUIET.set(false);
    done.ok()
}

/// Patterns of pictures, and what is to be said of them.
#[derive(Debug, Default)]
struct Gathered {
    patterns: Option<(Patterns, Shape)>,
    histogram: Histogram,
    /// Patterns of one sign, and the first one's file.
    constant: Option<(usize, String)>,
    names: Vec<std::ffi::OsString>,
}

impl Gathered {
    /// The images of one file.
    fn add_file(
        &mut self,
        path: &Path,
        (file, length): (BufReader<File>, u64),
        name: &str,
        reading: &Reading<'_>,
    ) -> Result<()> {
        let bytes = bytes_of(file, length, path)?;
        let refused = |refusal: Refusal| Failure::input(format!("{name}: {}", refusal.0));
        for picture in decode(&bytes, &Bounds { reading }).map_err(refused)? {
            self.add(picture, name, reading)?;
        }
        if path != Path::new("-") {
            self.names.push(path.file_stem().unwrap_or_default().to_owned());
        }
        Ok(())
    }

    fn add(&mut self, picture: Picture, name: &str, reading: &Reading<'_>) -> Result<()> {
        let shape = Shape { width: picture.width, height: picture.height };
        let dim = picture.greys.len();
        let (patterns, first) = match &mut self.patterns {
            Some(patterns) => patterns,
            None => {
                let none = Patterns::new(dim).map_err(|error| reading.error(&error))?;
                self.patterns.insert((none, shape))
            }
        };
        if shape != *first {
            return Err(Failure::input(format!("{name}: expected {first} pixels as the first image, found {shape}")));
        }
        let own = Histogram::of(&picture.greys);
        let threshold = match reading.threshold() {
            ThresholdArg::Grey(grey) => grey,
            // An image of one grey has nothing to divide.
            ThresholdArg::Otsu => threshold_of(&own).unwrap_or(128),
        };
        let mut pattern = Pattern::new(dim).map_err(|error| reading.error(&error))?;
        for (j, &grey) in picture.greys.iter().enumerate() {
            pattern.bits_mut().set(j, u16::from(grey) < threshold);
        }
        if !pattern.bits().any() || pattern.bits().all() {
            self.constant.get_or_insert_with(|| (0, name.to_owned())).0 += 1;
        }
        self.histogram.add(&own);
        patterns.push(&pattern).map_err(|error| reading.error(&error))
    }

    fn finish(self, reading: &Reading<'_>) -> Result<Loaded> {
        let Some((patterns, shape)) = self.patterns else {
            return Err(reading.failure("expected at least one image, found none"));
        };
        let many = patterns.len();
        let mut notes = Vec::new();
        let name = reading.source.name();
        let (darkest, lightest) = self.histogram.range();
        let at = match reading.threshold() {
            ThresholdArg::Grey(grey) => format!("threshold {grey}"),
            ThresholdArg::Otsu => "threshold otsu".to_owned(),
        };
        let greys = match threshold_of(&self.histogram) {
            Some(grey) => format!("greys are {darkest} to {lightest}, which --threshold {grey} (or otsu) divides"),
            None => format!("every pixel has the grey {darkest}"),
        };
        if let Some((constant, first)) = self.constant {
            let which = if many == 1 { "the image is" } else { "images are" };
            let count = if many == 1 { String::new() } else { format!("{constant} of {many} ") };
            let first = if many == 1 { String::new() } else { format!(", first {first}") };
            notes.push(format!("{name}: {count}{which} all ink or all paper at {at}{first}: {greys}"));
        } else if let Some(alike) = alike(&patterns) {
            notes.push(format!("{name}: {alike} of {many} images are nearly alike at {at}: {greys}"));
        }
        let form = format!("{} of {shape} pixels", if many == 1 { "image" } else { "images" });
        let mut loaded = Loaded::new(patterns, form);
        loaded.shape = Some(shape);
        loaded.notes = notes;
        // Where a file holds several, none has the name for its own.
        loaded.names = if self.names.len() == many { self.names } else { Vec::new() };
        Ok(loaded)
    }
}

/// How many of three or more patterns lie within a hundredth of their bits of the majority of all, if more than nine in
/// ten do.
fn alike(patterns: &Patterns) -> Option<usize> {
    let (many, dim) = (patterns.len(), patterns.dim());
    if many < 3 {
        return None;
    }
    let mut votes = vec![0usize; dim];
    for pattern in patterns.iter() {
        pattern.bits().iter_ones().for_each(|j| votes[j] += 1);
    }
    let mut majority = Pattern::new(dim).ok()?;
    votes.iter().enumerate().for_each(|(j, &votes)| majority.bits_mut().set(j, 2 * votes > many));
    let near = |pattern: &Pattern| pattern.distance(&majority).is_ok_and(|distance| distance as usize <= dim / 100);
    let alike = patterns.iter().filter(near).count();
    (10 * alike > 9 * many).then_some(alike)
}
