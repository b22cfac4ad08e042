//! Files put in their places, so that they may be taken back.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::{beginning, exists, folder_of, temporary};
use crate::failure::{Failure, Result};

/// What has taken its place.
#[derive(Debug)]
pub enum Placed {
    /// A file where nothing stood.
    New(PathBuf),
    /// A file, and what stood there before, under another name until this goes.
    Replaced(PathBuf, TempPath),
    /// A file whose place the one before could not leave under another name, without hard links.
    Final,
    /// A folder that was made.
    Folder(PathBuf),
}

impl Placed {
    /// Puts `file` at `path`. What stands there is replaced, or is an error.
    pub fn put(file: TempPath, path: &Path, replace: bool) -> Result<Self> {
        let stood = replace && path.is_file();
        let before = if stood { keep(path) } else { None };
        let put = if replace { file.persist(path).map_err(|error| error.error) } else { put_new(file, path) };
        match put {
            Ok(()) => Ok(match before {
                Some(before) => Self::Replaced(path.to_owned(), before),
                None if stood => Self::Final,
                None => Self::New(path.to_owned()),
            }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !replace => Err(exists(path)),
            Err(error) => Err(Failure::opening(path, &error)),
        }
    }

    /// Takes it back, and puts what stood there before in its place again.
    pub fn undo(self) {
        // Whatever fails here, the failure that led here is the one to tell.
        let _ = match self {
            Self::New(path) => std::fs::remove_file(path),
            Self::Replaced(path, before) => before.persist(path).map_err(|error| error.error),
            Self::Final => Ok(()),
            Self::Folder(path) => std::fs::remove_dir(path),
        };
    }
}

/// Another name for the file at `path`.
fn keep(path: &Path) -> Option<TempPath> {
    let mut temporary = temporary();
    let kept =
        beginning(0o666).make_in(folder_of(path), |other| std::fs::hard_link(path, other)).ok()?.into_temp_path();
    temporary.push(kept.to_path_buf());
    Some(kept)
}

/// Puts a file where nothing stands.
fn put_new(file: TempPath, path: &Path) -> io::Result<()> {
    match file.persist_noclobber(path) {
        Ok(()) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(error.error),
        // A file system that can neither rename without replacing nor link: an empty file takes the name first.
        Err(error) => {
            File::create_new(path)?;
            error.path.persist(path).map_err(|error| {
                let _ = std::fs::remove_file(path);
                error.error
            })
        }
    }
}
