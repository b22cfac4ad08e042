//! Archives of NumPy arrays: the array that `F.npz:NAME` names, or the only one.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};

use zip::CompressionMethod;
use zip::result::ZipError;

use super::{Loaded, Reading, npy};
use crate::failure::{Failure, Result};

/// No deflated data grows by more than this (1032 : 1, RFC 1951 by its longest matches), and a little for what is small.
const MOST_GROWTH: u64 = 1032;
const SMALL: u64 = 1 << 16;

/// Names of arrays that a message lists.
const LISTED: usize = 8;

pub fn read(reading: &Reading<'_>) -> Result<Loaded> {
    with_entry(reading, |mut entry, size| npy::read(reading, &mut entry, size))
}

/// The array as a file of its own, and how many bytes it has.
pub fn copied(reading: &Reading<'_>) -> Result<(BufReader<File>, u64)> {
    with_entry(reading, |entry, size| {
        let keeping = |error: std::io::Error| {
            let (name, why) = (reading.source.name(), crate::failure::in_words(&error));
            Failure::Io(format!("{name}: keeping its array: {why}"))
        };
        let mut copy = tempfile::tempfile().map_err(keeping)?;
        let mut buffer = Failure::buffer(1 << 20, reading.source.name())?;
        loop {
            match entry.read(&mut buffer).map_err(|error| reading.reading(&error))? {
                0 => break,
                read => copy.write_all(&buffer[..read]).map_err(keeping)?,
            }
        }
        copy.seek(SeekFrom::Start(0)).map_err(keeping)?;
        Ok((BufReader::with_capacity(1 << 20, copy), size))
    })
}

/// Does `work` with the array's bytes, which are so many.
fn with_entry<T>(reading: &Reading<'_>, work: impl FnOnce(&mut dyn Read, u64) -> Result<T>) -> Result<T> {
    let (file, length) = reading.source.whole()?;
    let failed = |error: ZipError| match error {
        ZipError::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => reading.reading(&error),
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            reading.failure("a kind of archive that is not read: expected arrays as numpy.savez writes them")
        }
        _ => reading.failure("not a whole .npz file: expected a zip archive, found it damaged or cut short"),
    };
    let mut archive = zip::ZipArchive::new(file).map_err(failed)?;
    let names = archive.file_names().collect::<Result<Vec<_>, _>>().map_err(failed)?;
    // Archives that were packed anew on a Mac have companions of each file.
    let own = names.iter().filter(|name| !name.starts_with("__MACOSX/"));
    let names: Vec<String> = own.filter_map(|name| name.strip_suffix(".npy")).map(str::to_owned).collect();
    let listed = || match &names[..] {
        [] => "none".to_owned(),
        names => {
            let some = names.iter().take(LISTED).map(|name| name.escape_debug().to_string()).collect::<Vec<_>>();
            let more = if names.len() > LISTED { format!(", … ({} arrays)", names.len()) } else { String::new() };
            some.join(", ") + &more
        }
    };
    let wanted = reading.source.array().map(|name| name.strip_suffix(".npy").unwrap_or(name));
    let name = match (wanted, &names[..]) {
        (Some(name), _) if names.iter().any(|other| other == name) => name,
        (Some(name), _) => return Err(reading.failure(format!("expected an array named {name}, found {}", listed()))),
        (None, [only]) => only.as_str(),
        (None, _) if !reading.source.path().is_file() => {
            return Err(reading.failure(format!("expected one array in an archive from a pipe, found {}", listed())));
        }
        (None, _) => {
            let name = reading.source.name();
            return Err(
                reading.failure(format!("expected the name of an array, as in {name}:NAME, found {}", listed()))
            );
        }
    };
    let mut entry = archive.by_name(&format!("{name}.npy")).map_err(failed)?;
    if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
        return Err(reading.failure(format!("{name}: expected an array stored or deflated, as numpy writes it")));
    }
    let (size, compressed) = (entry.size(), entry.compressed_size());
    // What an archive says of itself is no more to be trusted than what the array says.
    if compressed > length || size > compressed.saturating_mul(MOST_GROWTH).saturating_add(SMALL) {
        return Err(
            reading.failure(format!("{name}: {size} bytes, it says, cannot come of {}", compressed.min(length)))
        );
    }
    let done = work(&mut entry, size)?;
    // The checksum is held to what was read once the end is reached.
    match entry.read(&mut [0]) {
        Ok(0) => Ok(done),
        Ok(_) | Err(_) => {
            Err(reading.failure(format!("{name}: not what was stored: the archive's checksum or length is another")))
        }
    }
}
