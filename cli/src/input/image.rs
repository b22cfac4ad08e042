//! Images: ink is +1. A pixel is ink if it is darker than the threshold, alpha laid over white; pixels go row by row.

use std::path::{Path, PathBuf};

use popfield::{Pattern, Patterns, Queries};

use super::Reading;
use crate::failure::{Failure, Result};

/// The image files that can be read.
pub const EXTENSIONS: [&str; 12] =
    ["png", "pbm", "pgm", "ppm", "pnm", "jpg", "jpeg", "bmp", "gif", "tif", "tiff", "webp"];

pub fn is_image(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

/// The images of a folder, in the order of their names.
pub fn read_folder(reading: &Reading<'_>) -> Result<Queries> {
    let failed = |error| Failure::reading(reading.path, &error);
    let mut paths = Vec::new();
    for entry in reading.path.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if is_image(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(reading.failure(format!("expected images ({}), found none", EXTENSIONS.join(", "))));
    }
    read(reading, &paths)
}

pub fn read(reading: &Reading<'_>, paths: &[PathBuf]) -> Result<Queries> {
    let mut patterns: Option<(Patterns, (u32, u32))> = None;
    for path in paths {
        let about = |error: image::ImageError| match error {
            image::ImageError::IoError(error) => Failure::reading(path, &error),
            error => Failure::usage(format!("{}: {error}", path.display())),
        };
        let open = image::ImageReader::open(path).map_err(image::ImageError::from).map_err(about)?;
        let image = open.with_guessed_format().map_err(image::ImageError::from).map_err(about)?;
        let image = image.decode().map_err(about)?.into_luma_alpha16();
        let size = image.dimensions();
        let dim = size.0 as usize * size.1 as usize;
        let (patterns, first) = match &mut patterns {
            Some(patterns) => patterns,
            None => {
                reading.check_dim(dim)?;
                let none = Patterns::new(dim).map_err(|error| reading.error(&error))?;
                patterns.insert((none, size))
            }
        };
        if size != *first {
            let (expected, found) = (format!("{}×{}", first.0, first.1), format!("{}×{}", size.0, size.1));
            return Err(Failure::usage(format!("{}: expected {expected} pixels, found {found}", path.display())));
        }
        let mut pattern = Pattern::new(dim).map_err(|error| reading.error(&error))?;
        for (j, pixel) in image.pixels().enumerate() {
            // In 16 bits, of which 8-bit greys are exact multiples; the comparison rounds nothing.
            const WHITE: u64 = 65_535;
            let [grey, alpha] = pixel.0.map(u64::from);
            let over_white = grey * alpha + WHITE * (WHITE - alpha);
            pattern.bits_mut().set(j, over_white * 255 < u64::from(reading.threshold()) * WHITE * WHITE);
        }
        patterns.push(&pattern).map_err(|error| reading.error(&error))?;
    }
    let (patterns, _) = patterns.ok_or_else(|| reading.failure("expected at least one image, found none"))?;
    Ok(patterns.into())
}
