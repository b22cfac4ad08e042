//! Recalled patterns in the form that a path asks for: an array, an image, or a folder of images.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use popfield::{Pattern, Patterns};

use super::file::{OutFile, written};
use super::folder::OutFolder;
use super::out::{Out, is_folder};
use crate::failure::{Failure, Result};
use crate::input::Shape;

/// What a path asks for, by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Npy,
    Png,
    Pbm,
    /// PNG images, one for each pattern.
    Folder,
}

impl Form {
    /// The form of `path`, into which `many` patterns go.
    pub fn of(path: &Path, many: usize) -> Result<Self> {
        if is_folder(path) {
            return Ok(Self::Folder);
        }
        if path.metadata().is_ok_and(|there| !there.is_file()) {
            // A pipe or device has no ending to go by.
            return Ok(Self::Npy);
        }
        let form = match path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).as_deref() {
            Some("npy") => return Ok(Self::Npy),
            Some("png") => Self::Png,
            Some("pbm") => Self::Pbm,
            _ => {
                let expected =
                    "expected an ending .npy, .png or .pbm, or a folder (one that is there, or with a / behind)";
                return Err(Failure::usage(format!("{}: {expected}", path.display())));
            }
        };
        if many != 1 {
            let hint = "a folder takes an image of each: --out FOLDER/";
            return Err(Failure::usage(format!(
                "{}: expected one pattern for an image, found {many}; {hint}",
                path.display()
            )));
        }
        Ok(form)
    }

    pub fn is_image(self) -> bool {
        self != Self::Npy
    }

    /// Begins what goes to `path`, so that a place that cannot be written is known before the work begins.
    pub fn begin(self, path: &Path) -> Result<Out> {
        match self {
            Self::Folder => OutFolder::create(path).map(Out::Folder),
            _ => OutFile::create(path).map(Out::File),
        }
    }
}

/// The shape of images of patterns of dimension `dim`: rows of `width`, or as what they came from had it, or one row.
pub fn shape_of(dim: usize, width: Option<usize>, came: Option<Shape>) -> Result<Shape> {
    match (width, came) {
        (Some(width), _) if !dim.is_multiple_of(width) => {
            Err(Failure::usage(format!("--width: expected a divisor of {dim}, the dimension, found {width}")))
        }
        (Some(width), _) => Ok(Shape { width, height: dim / width }),
        (None, Some(shape)) if shape.width * shape.height == dim => Ok(shape),
        _ => Ok(Shape { width: dim, height: 1 }),
    }
}

/// Writes patterns as images of `shape` to what [`Form::begin`] began. In a folder they have `names`, if there is one for
/// each and all differ, or else their numbers.
pub fn write_pictures(out: Out, form: Form, patterns: &Patterns, shape: Shape, names: &[OsString]) -> Result<Out> {
    match out {
        Out::File(file) => {
            let pattern = patterns.get(0);
            let file = written(file, |file| pattern.iter().try_for_each(|pattern| write(file, form, pattern, shape)))?;
            Ok(Out::File(file))
        }
        Out::Folder(mut folder) => {
            let distinct: HashSet<&OsString> = names.iter().collect();
            let named = names.len() == patterns.len() && distinct.len() == names.len();
            let digits = patterns.len().saturating_sub(1).to_string().len();
            for (q, pattern) in patterns.iter().enumerate() {
                let mut name = if named { names[q].clone() } else { format!("{q:0digits$}").into() };
                name.push(".png");
                folder.add(name, |file| write(file, Form::Png, &pattern, shape))?;
            }
            Ok(Out::Folder(folder))
        }
    }
}

/// Writes one pattern; +1 is ink.
fn write(file: &mut impl Write, form: Form, pattern: &Pattern, shape: Shape) -> io::Result<()> {
    let Shape { width, height } = shape;
    if form == Form::Pbm {
        write!(file, "P4\n{width} {height}\n")?;
        for row in pattern.to_signs().chunks(width) {
            let byte =
                |bits: &[i8]| bits.iter().enumerate().fold(0, |byte, (x, &sign)| byte | u8::from(sign > 0) << (7 - x));
            file.write_all(&row.chunks(8).map(byte).collect::<Vec<u8>>())?;
        }
        return Ok(());
    }
    let greys: Vec<u8> = pattern.bits().iter().by_vals().map(|ink| if ink { 0 } else { 255 }).collect();
    // No pattern has more than 2²⁴ positions.
    let encoded = PngEncoder::new(file).write_image(&greys, width as u32, height as u32, ExtendedColorType::L8);
    encoded.map_err(|error| match error {
        image::ImageError::IoError(error) => error,
        error => io::Error::other(error),
    })
}
