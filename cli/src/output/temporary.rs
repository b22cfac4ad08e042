//! What is under way: temporary files beside what they are to become, known so that an interrupt takes them along.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::failure::Failure;

/// Held while results take their places, which an interrupt must not divide.
pub static PLACING: Mutex<()> = Mutex::new(());

/// Temporary files, and folders made for results, that an interrupt must take along: those within come after those around.
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

pub fn temporary() -> MutexGuard<'static, Vec<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

const PREFIX: &str = ".popfield-";
const SUFFIX: &str = ".tmp";

/// Whether a path has the name of something temporary.
pub fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Names of temporary files, beside what they are to become, with these permissions less the umask.
pub fn beginning(mode: u32) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder
}

/// The folder that a path stands in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Refuses what is there.
pub fn exists(path: &Path) -> Failure {
    Failure::usage(format!("{}: exists already; --force replaces it", path.display()))
}
