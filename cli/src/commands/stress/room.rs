//! Room for a store: its place, and what the disk has.

use std::fs;
use std::path::{Path, PathBuf};

use popfield::store::Snapshot;

use crate::failure::{Failure, Result};
use crate::report::bytes;

/// Refuses a place at which there is something other than an empty folder.
pub fn vacant(store: &Path) -> Result<()> {
    let refused = |found: &str| {
        Err(Failure::usage(format!("{}: expected no such folder yet, or an empty one, found {found}", store.display())))
    };
    let there = match fs::symlink_metadata(store) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let around = store.parent().filter(|around| !around.as_os_str().is_empty());
            return match around.map(fs::metadata) {
                Some(Err(error)) => Err(Failure::opening(store, &error)),
                _ => Ok(()),
            };
        }
        Err(error) => return Err(Failure::opening(store, &error)),
        Ok(there) => there,
    };
    if !there.is_dir() {
        return refused("something else");
    }
    if Snapshot::is_store(store).unwrap_or(false) {
        return refused(
            "a store, of this command or another, which is not grown further: remove it, or name another folder",
        );
    }
    let mut names = fs::read_dir(store).map_err(|error| Failure::opening(store, &error))?;
    if names.next().is_some() { refused("other files in it") } else { Ok(()) }
}

/// Takes the empty folder away in whose place the store is made.
pub fn clear(store: &Path) -> Result<()> {
    match fs::remove_dir(store) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::opening(store, &error)),
        _ => Ok(()),
    }
}

/// Refuses what the disk of `store` has not the room for, where it tells.
pub fn enough(store: &Path, needed: u64) -> Result<()> {
    // The folder in which it will stand.
    let there: PathBuf = store
        .ancestors()
        .map(|path| if path.as_os_str().is_empty() { Path::new(".") } else { path })
        .find(|path| path.is_dir())
        .map_or_else(|| PathBuf::from("."), Path::to_owned);
    match free(&there) {
        Some(free) if needed > free => Err(Failure::Resource(format!(
            "{}: {needed} bytes ({}) of disk needed at the most, {} free",
            store.display(),
            bytes(needed as f64),
            bytes(free as f64)
        ))),
        _ => Ok(()),
    }
}

/// Bytes that may still be written to the disk of `folder`.
#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(folder).ok()?;
    told.f_bavail.checked_mul(told.f_frsize)
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}
