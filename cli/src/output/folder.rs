//! A folder of files under way.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{TempDir, TempPath};

use super::place::Placed;
use super::temporary::{beginning, folder_of, temporary};
use crate::failure::{Failure, Result};

/// A folder of files under way. Dropped before it is delivered, it leaves nothing.
#[derive(Debug)]
pub struct OutFolder {
    path: PathBuf,
    /// Within the folder, if that is there; else beside it.
    under_way: TempDir,
    there: bool,
    names: Vec<OsString>,
}

impl OutFolder {
    /// Begins a folder at `path`, which may be there.
    pub fn create(path: &Path) -> Result<Self> {
        // Without the / behind it.
        let path: PathBuf = path.components().collect();
        let cannot = |error: io::Error| Failure::opening(&path, &error);
        let there = match path.metadata() {
            Ok(there) if there.is_dir() => true,
            Ok(_) => return Err(Failure::usage(format!("{}: expected a folder, found a file", path.display()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(cannot(error)),
        };
        let mut temporary = temporary();
        let around = if there { &path } else { folder_of(&path) };
        let under_way = beginning(0o777).tempdir_in(around).map_err(cannot)?;
        temporary.push(under_way.path().to_owned());
        drop(temporary);
        Ok(Self { path, under_way, there, names: Vec::new() })
    }

    /// Adds a file that `write` writes.
    pub fn add(&mut self, name: OsString, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<()> {
        let path = self.under_way.path().join(&name);
        let mut temporary = temporary();
        let file = File::create_new(&path).map_err(|error| Failure::opening(&self.path.join(&name), &error))?;
        temporary.push(path);
        drop(temporary);
        let mut file = BufWriter::new(file);
        let done = write(&mut file).and_then(|()| file.flush());
        done.map_err(|error| Failure::writing(&self.path.join(&name), &error))?;
        self.names.push(name);
        Ok(())
    }

    /// Puts all files in their places, and says which in `placed`.
    pub fn place(self, placed: &mut Vec<Placed>) -> Result<()> {
        let under_way = self.under_way.path().to_owned();
        if !self.there {
            std::fs::create_dir(&self.path).map_err(|error| Failure::opening(&self.path, &error))?;
            placed.push(Placed::Folder(self.path.clone()));
        }
        for name in &self.names {
            let to = self.path.join(name);
            let file = TempPath::try_from_path(under_way.join(name)).map_err(|error| Failure::opening(&to, &error))?;
            placed.push(Placed::put(file, &to, true)?);
        }
        temporary().retain(|path| !path.starts_with(&under_way));
        Ok(())
    }
}
