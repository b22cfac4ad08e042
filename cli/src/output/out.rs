//! What a command leaves: a file, or a folder of files.

use std::path::Path;

use super::file::OutFile;
use super::folder::OutFolder;

/// What a command leaves: a file or a folder of files.
#[derive(Debug)]
pub enum Out {
    File(OutFile),
    Folder(OutFolder),
}

impl From<OutFile> for Out {
    fn from(file: OutFile) -> Self {
        Self::File(file)
    }
}

/// Whether a path asks for a folder: one that is there, or with a / behind.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}
