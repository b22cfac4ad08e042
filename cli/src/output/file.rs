//! A file under way.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::place::Placed;
use super::temporary::{beginning, exists, folder_of, temporary};
use crate::failure::{Failure, Result};

/// Bytes that are written together.
const BUFFER_BYTES: usize = 1 << 20;

/// A file under way. It takes its place when it is [delivered](super::deliver); dropped before, it leaves nothing.
#[derive(Debug)]
pub struct OutFile {
    path: PathBuf,
    writer: BufWriter<Sink>,
    replace: bool,
}

#[derive(Debug)]
enum Sink {
    Temporary(NamedTempFile),
    /// A pipe or device, which cannot be replaced.
    Direct(File),
}

impl OutFile {
    /// Opens a temporary file beside `path`, so that a path that cannot be written is known before the work begins.
    pub fn create(path: &Path) -> Result<Self> {
        Self::open(path, true)
    }

    /// The same, but what stands at `path` is not replaced.
    pub fn create_new(path: &Path) -> Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(exists(path));
        }
        Self::open(path, false)
    }

    fn open(path: &Path, replace: bool) -> Result<Self> {
        let cannot = |error: io::Error| Failure::opening(path, &error);
        let there = match path.metadata() {
            Ok(there) => Some(there),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            // A name that cannot be, which the temporary file would not have found out.
            Err(error) => return Err(cannot(error)),
        };
        Failure::unless_room(BUFFER_BYTES, path.display())?;
        let writer = |sink| BufWriter::with_capacity(BUFFER_BYTES, sink);
        if there.as_ref().is_some_and(std::fs::Metadata::is_dir) {
            return Err(Failure::usage(format!("{}: is a folder", path.display())));
        }
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            let file = File::options().write(true).open(path).map_err(cannot)?;
            return Ok(Self { path: path.to_owned(), writer: writer(Sink::Direct(file)), replace });
        }
        if path.file_name().is_none() {
            return Err(Failure::usage(format!("{}: names no file", path.display())));
        }
        // Through a link to the file itself, lest the link be replaced.
        let path = if path.is_symlink() { path.canonicalize().map_err(cannot)? } else { path.to_owned() };
        // As the file that it replaces, or as any new file: readable by those whom the umask lets read.
        let builder = beginning(0o666);
        // The lock spans both steps, or an interrupt could come between them.
        let mut temporary = temporary();
        let file = builder.tempfile_in(folder_of(&path)).map_err(cannot)?;
        temporary.push(file.path().to_owned());
        if let Some(there) = there {
            file.as_file().set_permissions(there.permissions()).map_err(cannot)?;
        }
        drop(temporary);
        Ok(Self { path, writer: writer(Sink::Temporary(file)), replace })
    }

    /// Where the file will stand.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Sees to it that everything written is on the disk; what can fail, fails here.
    pub fn seal(&mut self) -> Result<()> {
        let sealed = self.writer.flush().and_then(|()| match self.writer.get_ref() {
            Sink::Temporary(file) => file.as_file().sync_all(),
            Sink::Direct(_) => Ok(()),
        });
        sealed.map_err(|error| Failure::writing(&self.path, &error))
    }

    /// Puts the file in its place.
    pub fn place(self) -> Result<Option<Placed>> {
        match self.writer.into_inner().map_err(|error| Failure::writing(&self.path, error.error()))? {
            Sink::Direct(_) => Ok(None),
            Sink::Temporary(file) => {
                let own = file.path().to_owned();
                let placed = Placed::put(file.into_temp_path(), &self.path, self.replace);
                temporary().retain(|path| *path != own);
                placed.map(Some)
            }
        }
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Seek for OutFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.writer.seek(to)
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Temporary(file) => file.write(bytes),
            Self::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Temporary(file) => file.flush(),
            Self::Direct(file) => file.flush(),
        }
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Temporary(file) => file.seek(to),
            Self::Direct(file) => file.seek(to),
        }
    }
}

/// `file` once `write` has written it.
pub fn written(mut file: OutFile, write: impl FnOnce(&mut OutFile) -> io::Result<()>) -> Result<OutFile> {
    match write(&mut file) {
        Ok(()) => Ok(file),
        Err(error) => Err(Failure::writing(&file.path, &error)),
    }
}

/// What `work` comes to, which writes to `file` as it goes: an error of the system is one of writing it.
pub fn written_beside<T>(file: &mut OutFile, work: impl FnOnce(&mut OutFile) -> popfield::Result<T>) -> Result<T> {
    work(file).map_err(|error| match error {
        popfield::Error::Io(error) => Failure::writing(&file.path, &error),
        error => error.into(),
    })
}
