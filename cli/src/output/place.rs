//! Files put in their places, so that they may be taken back.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::temporary::{beginning, exists, folder_of, temporary};
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
        // A file system that can neither rename without replacing nor link.
        Err(error) => take_name(error.path, path),
    }
}

/// The same by means that every file system has: an empty file takes the name first.
fn take_name(file: TempPath, path: &Path) -> io::Result<()> {
    File::create_new(path)?;
    file.persist(path).map_err(|error| {
        let _ = std::fs::remove_file(path);
        error.error
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memory.pop");
        let file = |content: &str| {
            let path = beginning(0o666).tempfile_in(folder.path()).unwrap().into_temp_path();
            std::fs::write(&path, content).unwrap();
            path
        };
        take_name(file("first"), &path).unwrap();
        assert_eq!(take_name(file("second"), &path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        // What cannot follow leaves no empty file.
        let (gone, other) = (file("gone"), folder.path().join("other.pop"));
        std::fs::remove_file(&gone).unwrap();
        assert!(take_name(gone, &other).is_err());
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, [path]);
    }
}
