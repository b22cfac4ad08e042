//! The disk under a store: what a folder can do, and what it must do for a commit to last.
//!
//! All that a store does to its folder goes through [`Disk`], so that tests can put a model of a disk in its place that
//! stops after any operation and loses what was not synced.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use popfield_map::{Access, Held, begin_writing};

use crate::lasting::sync_folder;

/// Bytes whose writing is begun together.
const BEGUN_BYTES: u64 = 8 << 20;

/// How the files of a store are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// Mapped: opened at once, read as they are needed, and shared by processes.
    #[default]
    Mmap,
    /// Read into memory.
    Ram,
}

/// A folder of files.
pub(crate) trait Disk: fmt::Debug + Send + Sync {
    /// The names in the folder.
    fn names(&self) -> io::Result<Vec<String>>;
    /// A whole file.
    fn hold(&self, name: &str, backend: Backend, access: Access) -> io::Result<Held>;
    /// A new file, empty; there must be none of that name.
    fn create(&self, name: &str) -> io::Result<Box<dyn NewFile>>;
    /// Gives a file another name, which none must have.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Takes a file away.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes the names in the folder last.
    fn sync(&self) -> io::Result<()>;
}

/// A file that is being written.
pub(crate) trait NewFile: Write + Send {
    /// Writes `bytes` over the first ones.
    fn write_front(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes what was written last.
    fn sync(&mut self) -> io::Result<()>;
}

/// A folder of the file system.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }
}

impl Disk for Folder {
    fn names(&self) -> io::Result<Vec<String>> {
        // Names that are not UTF-8 are none of ours.
        let names = fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        names.filter_map(Result::transpose).collect()
    }

    fn hold(&self, name: &str, backend: Backend, access: Access) -> io::Result<Held> {
        let path = self.path.join(name);
        // To open a pipe would be to wait for whoever writes it.
        let there = fs::metadata(&path)?;
        if !there.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "expected a regular file"));
        }
        let file = File::open(path)?;
        let length = usize::try_from(file.metadata()?.len()).map_err(|_| io::ErrorKind::OutOfMemory)?;
        match backend {
            Backend::Mmap => Held::map(&file, access),
            Backend::Ram => Held::read(file, length),
        }
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn NewFile>> {
        let file = OpenOptions::new().write(true).create_new(true).open(self.path.join(name))?;
        Ok(Box::new(Written { file, end: 0, begun: 0 }))
    }

    /// A link first, since it is refused where the name is taken.
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (from, to) = (self.path.join(from), self.path.join(to));
        match fs::hard_link(&from, &to) {
            Ok(()) => fs::remove_file(&from),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            // A file system without links. The store's lock keeps others from the name.
            Err(_) if to.symlink_metadata().is_err() => fs::rename(&from, &to),
            Err(error) => Err(error),
        }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn sync(&self) -> io::Result<()> {
        sync_folder(&self.path)
    }
}

/// A file that is being written, whose bytes go to the disk while more of them come, so that the sync at the end has few
/// to wait for.
struct Written {
    file: File,
    end: u64,
    /// Bytes whose writing was begun.
    begun: u64,
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.end += written as u64;
        if self.end - self.begun >= BEGUN_BYTES {
            begin_writing(&self.file, self.begun..self.end);
            self.begun = self.end;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl NewFile for Written {
    fn write_front(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(bytes)?;
        self.file.seek(SeekFrom::End(0)).map(|_| ())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }
}
