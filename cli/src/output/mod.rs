//! Where results go: files and folders that appear whole or not at all, and standard output.

mod arrays;
mod pictures;
mod place;

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::failure::{Failure, Result};
pub use arrays::{Npz, npy};
pub use pictures::{Form, OutFolder, shape_of, write_pictures};
use place::Placed;

/// Held while results take their places, which an interrupt must not divide.
static PLACING: Mutex<()> = Mutex::new(());

/// Temporary files, and folders made for results, that an interrupt must take along: those within come after those around.
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn temporary() -> MutexGuard<'static, Vec<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// On an interrupt nothing is left behind, and the exit status is 130. A file that outgrows the limit on its size is an
/// error of writing it, not the end of the process.
pub fn catch_signals() {
    // With a handler, whatever it does, the system tells the writer instead.
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
    // A second handler cannot be: this is called once, at the start.
    let _ = ctrlc::set_handler(|| {
        // A call that is watched stops by itself, and the command ends as it does after any failure.
        INTERRUPTED.store(true, Ordering::Relaxed);
        std::thread::sleep(GRACE);
        let _placed = PLACING.lock();
        // Held to the end, so that nothing more is begun.
        let temporary = temporary();
        // Folders only if nothing else has come into them.
        let remove = |path: &PathBuf| std::fs::remove_file(path).or_else(|_| std::fs::remove_dir(path));
        temporary.iter().rev().for_each(|path| drop(remove(path)));
        std::process::exit(130);
    });
}

/// Whether the command has been told to stop.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How long a command may take to stop by itself.
const GRACE: Duration = Duration::from_millis(100);

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
    fn seal(&mut self) -> Result<()> {
        let sealed = self.writer.flush().and_then(|()| match self.writer.get_ref() {
            Sink::Temporary(file) => file.as_file().sync_all(),
            Sink::Direct(_) => Ok(()),
        });
        sealed.map_err(|error| Failure::writing(&self.path, &error))
    }

    /// Puts the file in its place.
    fn place(self) -> Result<Option<Placed>> {
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

/// Names of temporary files, beside what they are to become, with these permissions less the umask.
fn beginning(mode: u32) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".popfield-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder
}

/// Refuses a path that does not end as its content would have it. Pipes and devices have no ending to go by.
pub fn check_ending(path: &Path, ending: &str) -> Result<()> {
    let regular = path.metadata().map_or(true, |there| there.is_file());
    let ends = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(ending));
    if regular && !ends {
        return Err(Failure::usage(format!(
            "{}: expected an ending .{ending}, which is what is written",
            path.display()
        )));
    }
    Ok(())
}

/// The folder that a path stands in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn exists(path: &Path) -> Failure {
    Failure::usage(format!("{}: exists already; --force replaces it", path.display()))
}

/// Does `work` in `folder`, which is made for it; folders that were made are taken away again if it fails or is
/// interrupted.
pub fn in_folder(folder: &Path, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let folders = folder.ancestors().filter(|folder| !folder.as_os_str().is_empty());
    let made: Vec<&Path> = folders.take_while(|folder| !folder.exists()).collect();
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

/// Delivers the results of a command: files are made sure of (images of a folder, which may be very many, are left to the
/// system) and take their places, then `print` speaks on standard
/// output, of what is so by then. If any of it fails, none of the files is left; a standard output that nobody reads is no
/// failure.
pub fn deliver<T: Into<Out>>(outs: impl IntoIterator<Item = T>, print: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut outs: Vec<Out> = outs.into_iter().map(Into::into).collect();
    for out in &mut outs {
        if let Out::File(file) = out {
            file.seal()?;
        }
    }
    let mut placed = Vec::new();
    let placing = PLACING.lock().unwrap_or_else(PoisonError::into_inner);
    let done = outs.into_iter().try_for_each(|out| {
        match out {
            Out::File(file) => placed.extend(file.place()?),
            Out::Folder(folder) => folder.place(&mut placed)?,
        }
        Ok(())
    });
    let undo = |placed: Vec<Placed>| placed.into_iter().rev().for_each(Placed::undo);
    if let Err(failure) = done {
        undo(placed);
        return Err(failure);
    }
    // While it is told an interrupt may come: all is in its place, and stays there.
    drop(placing);
    let printed = print();
    if !matches!(printed, Ok(()) | Err(Failure::Unread)) {
        let _undoing = PLACING.lock();
        undo(placed);
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

/// Whether a path asks for a folder: one that is there, or with a / behind.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// Refuses outputs that are one file, or that would overwrite an input or join a folder of inputs.
pub fn check_distinct(outputs: &[Option<&Path>], inputs: &[&Path]) -> Result<()> {
    // A file that is not there yet is known by its folder.
    let place = |path: &Path| {
        path.canonicalize().unwrap_or_else(|_| {
            let folder = folder_of(path);
            folder.canonicalize().unwrap_or_else(|_| folder.to_owned()).join(path.file_name().unwrap_or_default())
        })
    };
    // Standard input is no file that could be written.
    let inputs: Vec<&Path> = inputs.iter().copied().filter(|path| *path != Path::new("-")).collect();
    let folders: Vec<PathBuf> = inputs.iter().filter(|path| path.is_dir()).map(|path| place(path)).collect();
    let mut taken: Vec<PathBuf> = inputs.iter().map(|path| place(path)).collect();
    let into: Vec<PathBuf> = outputs.iter().flatten().filter(|path| is_folder(path)).map(|path| place(path)).collect();
    for path in outputs.iter().flatten() {
        let here = place(path);
        // Pipes and devices may be written any number of times.
        let regular = path.metadata().map_or(true, |there| there.is_file() || there.is_dir());
        let among = here.parent().is_some_and(|parent| folders.iter().any(|folder| folder == parent))
            || here.parent().is_some_and(|parent| into.iter().any(|folder| folder == parent))
            || path.is_dir() && taken.iter().any(|other| other.parent() == Some(&here));
        if regular && (taken.contains(&here) || among) {
            let why = "is an input or another output of this command, or stands among its inputs: expected a place of its own";
            return Err(Failure::usage(format!("{}: {why}", path.display())));
        }
        taken.push(here);
    }
    Ok(())
}

/// Writes a line to standard output.
pub fn say(line: impl std::fmt::Display) -> Result<()> {
    writeln!(io::stdout().lock(), "{line}").map_err(|error| Failure::stdout(&error))
}

/// Writes an object to standard output as it is made, and ends the line.
pub fn say_json(object: &impl serde::Serialize) -> Result<()> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    let written = serde_json::to_writer(&mut stdout, object).map_err(io::Error::from);
    written.and_then(|()| writeln!(stdout)).and_then(|()| stdout.flush()).map_err(|error| Failure::stdout(&error))
}
