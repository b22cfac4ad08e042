//! Where results go: files that appear whole or not at all, and standard output.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use npyz::WriterBuilder;
use tempfile::NamedTempFile;

use crate::failure::{Failure, Result};

/// Temporary files, and folders made for results, that an interrupt must take along: those within come after those around.
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// On an interrupt nothing is left behind, and the exit status is 130.
pub fn catch_interrupts() {
    // A second handler cannot be: this is called once, at the start.
    let _ = ctrlc::set_handler(|| {
        let temporary = TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner);
        // Folders only if nothing else has come into them.
        let remove = |path: &PathBuf| std::fs::remove_file(path).or_else(|_| std::fs::remove_dir(path));
        temporary.iter().rev().for_each(|path| drop(remove(path)));
        std::process::exit(130);
    });
}

/// A file under way. It takes its place when it is [`deliver`]ed; dropped before, it leaves nothing.
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
            return Err(Failure::usage(format!("{}: exists already; --force replaces it", path.display())));
        }
        Self::open(path, false)
    }

    fn open(path: &Path, replace: bool) -> Result<Self> {
        let cannot = |error: io::Error| Failure::opening(path, &error);
        let there = path.metadata().ok();
        let writer = |sink| BufWriter::with_capacity(1 << 20, sink);
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
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".popfield-").suffix(".tmp");
        // As the file that it replaces, or as any new file: readable by those whom the umask lets read.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        // The lock spans both steps, or an interrupt could come between them.
        let mut temporary = TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner);
        let file = builder.tempfile_in(folder).map_err(cannot)?;
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
    fn seal(&mut self) -> Result<()> {
        let sealed = self.writer.flush().and_then(|()| match self.writer.get_ref() {
            Sink::Temporary(file) => file.as_file().sync_all(),
            Sink::Direct(_) => Ok(()),
        });
        sealed.map_err(|error| Failure::writing(&self.path, &error))
    }

    /// Puts the file in its place.
    fn place(self) -> Result<()> {
        let failed = |error: &io::Error| Failure::writing(&self.path, error);
        match self.writer.into_inner().map_err(|error| failed(error.error()))? {
            Sink::Direct(_) => Ok(()),
            Sink::Temporary(file) => {
                let mut temporary = TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner);
                temporary.retain(|path| path != file.path());
                let placed = if self.replace { file.persist(&self.path) } else { file.persist_noclobber(&self.path) };
                placed.map(drop).map_err(|error| failed(&error.error))
            }
        }
    }
}

/// Does `work` in `folder`, which is made for it; folders that were made are taken away again if it fails or is
/// interrupted.
pub fn in_folder(folder: &Path, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let folders = folder.ancestors().filter(|folder| !folder.as_os_str().is_empty());
    let made: Vec<&Path> = folders.take_while(|folder| !folder.exists()).collect();
    let temporary = || TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner);
    let making = {
        let mut temporary = temporary();
        temporary.extend(made.iter().rev().map(|folder| folder.to_path_buf()));
        std::fs::create_dir_all(folder)
    };
    let done = making.map_err(|error| Failure::opening(folder, &error)).and_then(|()| work());
    temporary().retain(|path| !made.contains(&path.as_path()));
    done.inspect_err(|failure| {
        if !matches!(failure, Failure::Unread) {
            made.iter().for_each(|folder| drop(std::fs::remove_dir(folder)));
        }
    })
}

/// `file` once `write` has written it.
pub fn written(mut file: OutFile, write: impl FnOnce(&mut OutFile) -> io::Result<()>) -> Result<OutFile> {
    match write(&mut file) {
        Ok(()) => Ok(file),
        Err(error) => Err(Failure::writing(&file.path, &error)),
    }
}

/// Delivers the results of a command: files are made sure of, then `print` speaks on standard output, then the files
/// take their places. If any of it fails, none of the files is left; a standard output that nobody reads is no failure.
pub fn deliver(files: impl IntoIterator<Item = OutFile>, print: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut files: Vec<OutFile> = files.into_iter().collect();
    files.iter_mut().try_for_each(OutFile::seal)?;
    let printed = print();
    if matches!(printed, Ok(()) | Err(Failure::Unread)) {
        files.into_iter().try_for_each(OutFile::place)?;
    }
    printed
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

/// Refuses outputs that are one file, or that would overwrite an input or join a folder of inputs.
pub fn check_distinct(outputs: &[Option<&Path>], inputs: &[&Path]) -> Result<()> {
    // A file that is not there yet is known by its folder.
    let place = |path: &Path| {
        path.canonicalize().unwrap_or_else(|_| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            folder.canonicalize().unwrap_or_else(|_| folder.to_owned()).join(path.file_name().unwrap_or_default())
        })
    };
    let folders: Vec<PathBuf> = inputs.iter().filter(|path| path.is_dir()).map(|path| place(path)).collect();
    let mut taken: Vec<PathBuf> = inputs.iter().map(|path| place(path)).collect();
    for path in outputs.iter().flatten() {
        let here = place(path);
        // Pipes and devices may be written any number of times.
        let regular = path.metadata().map_or(true, |there| there.is_file());
        if regular && (taken.contains(&here) || here.parent().is_some_and(|parent| folders.iter().any(|f| f == parent)))
        {
            let why = "is an input or another output of this command, or stands among its inputs: expected a place of its own";
            return Err(Failure::usage(format!("{}: {why}", path.display())));
        }
        taken.push(here);
    }
    Ok(())
}

/// Starts an `.npy` file of this shape.
pub fn npy<'a, T: npyz::AutoSerialize>(
    file: &'a mut OutFile,
    shape: &[u64],
) -> io::Result<npyz::NpyWriter<T, &'a mut OutFile>> {
    npyz::WriteOptions::new().default_dtype().shape(shape).writer(file).begin_nd()
}

/// An `.npz` file under way: arrays by name in an archive.
pub struct Npz<'a>(zip::ZipWriter<&'a mut OutFile>);

impl<'a> Npz<'a> {
    pub fn new(file: &'a mut OutFile) -> Self {
        Self(zip::ZipWriter::new(file))
    }

    /// Adds an array of this shape.
    pub fn array<T: npyz::AutoSerialize>(
        &mut self,
        name: &str,
        shape: &[u64],
        data: impl Iterator<Item = T>,
    ) -> io::Result<()> {
        let options = zip::write::SimpleFileOptions::default().large_file(true);
        self.0.start_file(format!("{name}.npy"), options)?;
        let mut writer = npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut self.0).begin_nd()?;
        writer.extend(data)?;
        writer.finish()
    }

    pub fn finish(self) -> io::Result<()> {
        self.0.finish()?;
        Ok(())
    }

    /// Leaves the archive as it is after a failure; else it would try to end it, and complain on standard error.
    pub fn abandon(self) {
        std::mem::forget(self.0);
    }
}

/// Writes a line to standard output.
pub fn say(line: impl std::fmt::Display) -> Result<()> {
    writeln!(io::stdout().lock(), "{line}").map_err(|error| Failure::stdout(&error))
}
