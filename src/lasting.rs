//! What lasts: names in folders, which files have beside what they hold.

use std::fs::File;
use std::io;
use std::path::Path;

/// Makes names that were put into `folder` outlast a crash, where the system can.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder)?.sync_all() {
        // Some file systems sync no folders.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}
