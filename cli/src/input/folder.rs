//! A folder of images, in natural order of their names.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::path::PathBuf;

use super::image;
use super::reading::{Loaded, Reading};
use super::source::{IMAGES, in_words, is_image};
use crate::failure::{Failure, Result};

/// Names passed over that a note lists.
const LISTED: usize = 3;

/// The images of the folder. Hidden files are passed over; so are files of other endings, which a note tells.
pub fn read(reading: &Reading<'_>) -> Result<Loaded> {
    let folder = reading.source.path();
    let failed = |error| Failure::reading(folder, &error);
    let (mut paths, mut others): (Vec<PathBuf>, Vec<PathBuf>) = (Vec::new(), Vec::new());
    for entry in folder.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        // Hidden: among them the ._ companions of files from a Mac.
        if path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue;
        }
        if is_image(&path) { paths.push(path) } else { others.push(path) }
    }
    for names in [&mut paths, &mut others] {
        names.sort_by(|a, b| natural(a.file_name().unwrap_or_default(), b.file_name().unwrap_or_default()));
    }
    if paths.is_empty() {
        let beside = if others.is_empty() { String::new() } else { format!(" but {}", listed(&others)) };
        let expected = format!("expected images ({})", IMAGES.join(", "));
        return Err(reading.failure(format!("{expected}, found none{beside}")));
    }
    for path in &paths {
        // To open a pipe would be to wait for whoever writes it.
        let there = path.metadata().map_err(|error| Failure::reading(path, &error))?;
        if !there.is_file() {
            let found = in_words(&there.file_type());
            return Err(Failure::input(format!("{}: expected an image, found {found}", path.display())));
        }
    }
    let mut loaded = image::read(reading, &paths)?;
    if !others.is_empty() {
        loaded.notes.push(format!("{}: passed over {}", folder.display(), listed(&others)));
    }
    Ok(loaded)
}

/// Paths of no image, in words.
fn listed(paths: &[PathBuf]) -> String {
    let names = paths.iter().take(LISTED).filter_map(|path| path.file_name()).map(|name| name.to_string_lossy());
    let names = names.collect::<Vec<_>>().join(", ");
    let more = if paths.len() > LISTED { ", …" } else { "" };
    let what = if paths.len() == 1 { "1 entry that has" } else { "entries that have" };
    let count = if paths.len() == 1 { String::new() } else { format!("{} ", paths.len()) };
    format!("{count}{what} no image's ending: {names}{more}")
}

/// The order of names in which numbers count as numbers: 2 before 10. Names that differ in leading zeros alone go by
/// their bytes.
fn natural(a: &OsStr, b: &OsStr) -> Ordering {
    let (mut left, mut right) = (a.as_encoded_bytes(), b.as_encoded_bytes());
    loop {
        let order = match (left.first(), right.first()) {
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (x, y) = (take_number(&mut left), take_number(&mut right));
                x.len().cmp(&y.len()).then(x.cmp(y))
            }
            (Some(x), Some(y)) => {
                (left, right) = (&left[1..], &right[1..]);
                x.cmp(y)
            }
            (x, y) => return x.cmp(&y).then_with(|| a.cmp(b)),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Takes the digits at the front of `bytes`, of any number; returns them without leading zeros.
fn take_number<'a>(bytes: &mut &'a [u8]) -> &'a [u8] {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let zeros = bytes.iter().take_while(|&&byte| byte == b'0').count();
    let number = &bytes[zeros.min(digits)..digits];
    *bytes = &bytes[digits..];
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let sorted = ["1.png", "01.png", "2.png", "10.png", "a1b2.png", "a1b10.png", "a2.png", "b.png", "é.png"];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                // 01 and 1 are one number, and go by their bytes.
                let expected = if (i < 2) && (j < 2) { a.cmp(b) } else { i.cmp(&j) };
                assert_eq!(natural(OsStr::new(a), OsStr::new(b)), expected, "{a} {b}");
            }
        }
        let long = "123456789012345678901234567890.png";
        assert_eq!(natural(OsStr::new("9.png"), OsStr::new(long)), Ordering::Less);
    }
}
