//! Where the bytes of patterns come from, a file, a pipe or standard input, and what kind of file they are.

use std::fs::{File, FileType};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::args::FormatArg;
use crate::failure::{Failure, Result};

/// The endings of image files that can be read.
pub const IMAGES: [&str; 13] =
    ["png", "pbm", "pgm", "ppm", "pnm", "pam", "jpg", "jpeg", "bmp", "gif", "tif", "tiff", "webp"];

/// Whether a path ends as an image file does.
pub fn is_image(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| IMAGES.contains(&extension.as_str()))
}

/// Bytes read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A NumPy array.
    Npy,
    /// An archive of arrays.
    Npz,
    /// Characters, or numbers with separators.
    Text,
    /// Numbers with separators.
    Table,
    Image,
    /// Images in a folder.
    Folder,
}

impl Kind {
    fn of_ending(path: &Path) -> Option<Self> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("npy") => Some(Self::Npy),
            Some("npz") => Some(Self::Npz),
            Some("txt") => Some(Self::Text),
            Some("csv" | "tsv") => Some(Self::Table),
            _ if is_image(path) => Some(Self::Image),
            _ => None,
        }
    }

    fn of_format(format: FormatArg) -> Self {
        match format {
            FormatArg::Npy => Self::Npy,
            FormatArg::Npz => Self::Npz,
            FormatArg::Text => Self::Text,
            FormatArg::Csv => Self::Table,
            FormatArg::Image => Self::Image,
        }
    }

    /// Whether its elements are numbers, packed or not.
    pub fn is_array(self) -> bool {
        matches!(self, Self::Npy | Self::Npz)
    }

    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Table)
    }

    pub fn is_images(self) -> bool {
        matches!(self, Self::Image | Self::Folder)
    }
}

/// A file of patterns that is there, or standard input.
#[derive(Clone, Debug)]
pub struct Source {
    path: PathBuf,
    kind: Kind,
    /// Which array of an archive.
    array: Option<String>,
    /// Whether `--format` was needed to know the kind.
    told: bool,
}

impl Source {
    /// Looks at what `path` names: a file, a folder, an array of an archive, or `-`. Nothing is opened, since to open a
    /// pipe is to wait for its writer.
    pub fn find(path: &Path, format: Option<FormatArg>) -> Result<Self> {
        if path == Path::new("-") {
            let Some(format) = format else {
                return Err(Failure::usage("-: standard input has no ending: --format says what it holds"));
            };
            return Ok(Self { path: path.to_owned(), kind: Kind::of_format(format), array: None, told: true });
        }
        let (path, array) = match path.metadata() {
            Ok(_) => (path.to_owned(), None),
            Err(error) => array_of(path).ok_or_else(|| Failure::reading(path, &error))?,
        };
        let there = path.metadata().map_err(|error| Failure::reading(&path, &error))?;
        if there.is_dir() {
            return Ok(Self { path, kind: Kind::Folder, array, told: false });
        }
        let (kind, told) = match (Kind::of_ending(&path), format) {
            (Some(kind), _) => (kind, false),
            (None, Some(format)) => (Kind::of_format(format), true),
            (None, None) => {
                let expected = format!(
                    "expected .npy, .npz, .txt, .csv, .tsv, an image ({}) or a folder of images",
                    IMAGES.join(", ")
                );
                return Err(Failure::usage(format!(
                    "{}: {expected}; for {} of another name, --format says what it holds",
                    path.display(),
                    in_words(&there.file_type())
                )));
            }
        };
        Ok(Self { path, kind, array, told })
    }

    /// Looks at what `path` names, a file of ids or `-`. What such a file holds tells its kind, which is no matter here,
    /// and its ending tells nothing.
    pub fn of_ids(path: &Path) -> Result<Self> {
        if path != Path::new("-") {
            let there = path.metadata().map_err(|error| Failure::reading(path, &error))?;
            if there.is_dir() {
                return Err(Failure::input(format!("{}: expected a file of ids, found a folder", path.display())));
            }
        }
        Ok(Self { path: path.to_owned(), kind: Kind::Text, array: None, told: false })
    }

    /// The file itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether `--format` was needed to know the kind.
    pub fn told(&self) -> bool {
        self.told
    }

    /// The array asked for.
    pub fn array(&self) -> Option<&str> {
        self.array.as_deref()
    }

    pub fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }

    /// Its name in messages.
    pub fn name(&self) -> String {
        match (self.is_stdin(), &self.array) {
            (true, _) => "standard input".into(),
            (false, None) => self.path.display().to_string(),
            (false, Some(array)) => format!("{}:{array}", self.path.display()),
        }
    }

    /// The bytes, once, from first to last.
    pub fn stream(&self) -> Result<Box<dyn BufRead + Send>> {
        Failure::unless_room(CHUNK_BYTES, self.name())?;
        if self.is_stdin() {
            return Ok(Box::new(BufReader::with_capacity(CHUNK_BYTES, io::stdin())));
        }
        let file = File::open(&self.path).map_err(|error| Failure::reading(&self.path, &error))?;
        Ok(Box::new(BufReader::with_capacity(CHUNK_BYTES, file)))
    }

    /// The bytes with their number. What is no regular file is copied into a temporary one first, so that all readers may
    /// hold what is claimed to what is there.
    pub fn whole(&self) -> Result<(BufReader<File>, u64)> {
        let failed = |error: io::Error| Failure::reading(Path::new(&self.name()), &error);
        Failure::unless_room(CHUNK_BYTES, self.name())?;
        let file = match !self.is_stdin() && self.path.is_file() {
            true => File::open(&self.path).map_err(failed)?,
            false if !self.is_stdin() && self.path.metadata().is_ok_and(|there| is_device(&there.file_type())) => {
                return Err(Failure::input(format!("{}: expected a file or a pipe, found a device", self.name())));
            }
            false => {
                let spool = |error: io::Error| {
                    Failure::Io(format!("{}: keeping what comes: {}", self.name(), crate::failure::in_words(&error)))
                };
                let mut copy = tempfile::tempfile().map_err(spool)?;
                let mut stream = self.stream()?;
                loop {
                    let bytes = stream.fill_buf().map_err(failed)?;
                    if bytes.is_empty() {
                        break;
                    }
                    io::Write::write_all(&mut copy, bytes).map_err(spool)?;
                    let taken = bytes.len();
                    stream.consume(taken);
                }
                copy.seek(SeekFrom::Start(0)).map_err(spool)?;
                copy
            }
        };
        let length = file.metadata().map_err(failed)?.len();
        Ok((BufReader::with_capacity(CHUNK_BYTES, file), length))
    }
}

/// The archive and the array that `F.npz:NAME` names, if there is such an archive.
fn array_of(path: &Path) -> Option<(PathBuf, Option<String>)> {
    let text = path.to_str()?;
    let at = text.to_ascii_lowercase().rfind(".npz:")? + ".npz".len();
    let (file, name) = (text.get(..at)?, text.get(at + 1..)?);
    Path::new(file).is_file().then(|| (file.into(), Some(name.to_owned())))
}

/// A kind of file, in words.
pub fn in_words(kind: &FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
    }
    match kind {
        kind if is_device(kind) => "a device",
        kind if kind.is_dir() => "a folder",
        _ => "a file",
    }
}

/// Whether it is a device, whose bytes may never end.
fn is_device(kind: &FileType) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        kind.is_char_device() || kind.is_block_device()
    }
    #[cfg(not(unix))]
    {
        let _ = kind;
        false
    }
}

/// Opens and closes a pipe that is not read after all, so that who writes it need not wait for a reader for ever.
pub fn dismiss_writer(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        drop(File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path));
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// Refuses standard input that is named more than once among the files that this command reads.
pub fn check_stdin<'a>(sources: impl IntoIterator<Item = &'a Source>) -> Result<()> {
    match sources.into_iter().filter(|source| source.is_stdin()).count() {
        0 | 1 => Ok(()),
        _ => Err(Failure::usage("-: standard input is read once, found it named twice")),
    }
}
