//! How a command can fail, and the exit status and the kind that say so.

use std::fmt::Display;
use std::path::Path;

use popfield::{Error, ErrorKind};
use rayon::ThreadPoolBuildError;
use serde_json::json;

/// A failure with its message.
#[derive(Debug)]
pub enum Failure {
    /// Bad usage: status 2.
    Usage(String),
    /// Bad input, or what else the library refuses, of this kind: status 2.
    Input(ErrorKind, String),
    /// The machine's resources failed: status 3.
    Resource(String),
    /// Reading or writing failed underway: status 3.
    Io(String),
    /// It ran, and the answer, which has been printed, is no: status 1.
    No,
    /// Nobody reads the output any more: the work is over, quietly.
    Unread,
    /// It was told to stop: status 130, quietly.
    Interrupted,
}

pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub fn usage(message: impl Display) -> Self {
        Self::Usage(message.to_string())
    }

    /// A file that is not what it should be.
    pub fn input(message: impl Display) -> Self {
        Self::Input(ErrorKind::Input, message.to_string())
    }

    /// An error of reading `path`: what cannot be opened is bad input, what fails underway is not.
    pub fn reading(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        let message = format!("{}: {}", path.display(), in_words(error));
        match error.kind() {
            Kind::NotFound
            | Kind::PermissionDenied
            | Kind::IsADirectory
            | Kind::NotADirectory
            | Kind::UnexpectedEof => Self::input(message),
            Kind::InvalidData | Kind::InvalidInput | Kind::InvalidFilename => Self::input(message),
            _ => Self::Io(message),
        }
    }

    /// An error of opening `path` to write it: a place that cannot be written is bad usage, a full disk is not.
    pub fn opening(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        let message = format!("{}: cannot be written: {}", path.display(), in_words(error));
        match error.kind() {
            Kind::NotFound | Kind::PermissionDenied | Kind::IsADirectory | Kind::NotADirectory => Self::Usage(message),
            Kind::InvalidInput | Kind::InvalidFilename | Kind::AlreadyExists => Self::Usage(message),
            Kind::ReadOnlyFilesystem => Self::Usage(message),
            _ => Self::Io(message),
        }
    }

    /// An error of writing `path` once it is open, or of putting it in its place: a name that no file can have, or that
    /// another file has taken meanwhile, is bad usage.
    pub fn writing(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        let message = format!("{}: {}", path.display(), in_words(error));
        match error.kind() {
            Kind::InvalidFilename | Kind::AlreadyExists => Self::Usage(message),
            _ => Self::Io(message),
        }
    }

    /// Nothing, if the machine has room for a buffer of so many bytes, which std would else end the process for.
    pub fn unless_room(bytes: usize, what: impl Display) -> Result<()> {
        let mut buffer = Vec::<u8>::new();
        let room = buffer.try_reserve_exact(bytes);
        // What is not used the compiler would not ask for.
        std::hint::black_box(&mut buffer);
        room.map_err(|_| Self::Resource(format!("{what}: out of memory: a buffer of {bytes} bytes")))
    }

    /// A buffer of so many bytes, 0 all of them.
    pub fn buffer(bytes: usize, what: impl Display) -> Result<Vec<u8>> {
        let mut buffer = Vec::new();
        let room = buffer.try_reserve_exact(bytes);
        room.map_err(|_| Self::Resource(format!("{what}: out of memory: a buffer of {bytes} bytes")))?;
        buffer.resize(bytes, 0);
        Ok(buffer)
    }

    /// An error of standard output.
    pub fn stdout(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::Io(format!("standard output: {}", in_words(error))),
        }
    }

    /// An error of starting so many threads.
    pub fn threads(count: usize, error: &ThreadPoolBuildError) -> Self {
        Self::Resource(format!("{count} threads: {}", in_words(error)))
    }

    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Input(..) => 2,
            Self::Resource(_) | Self::Io(_) => 3,
            Self::No => 1,
            Self::Unread => 0,
            Self::Interrupted => 130,
        }
    }

    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Usage(message) | Self::Input(_, message) | Self::Resource(message) | Self::Io(message) => {
                Some(message)
            }
            Self::No | Self::Unread | Self::Interrupted => None,
        }
    }

    /// The name of what kind of failure it is: one of the library's, or `usage`; `None` where nothing is told.
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Usage(_) => Some("usage"),
            Self::Input(kind, _) => Some(kind.name()),
            Self::Resource(_) => Some(ErrorKind::Resource.name()),
            Self::Io(_) => Some(ErrorKind::Io.name()),
            Self::No | Self::Unread | Self::Interrupted => None,
        }
    }

    /// What is told on standard error: a line for people, or an object on a line for programs; `None` where nothing is.
    pub fn told(&self, as_json: bool) -> Option<String> {
        let (kind, message) = (self.kind()?, self.message()?);
        Some(match as_json {
            true => json!({ "error": { "kind": kind, "message": message } }).to_string(),
            false => format!("popfield: {message}"),
        })
    }
}

/// What the system says of a failure: without its number, and without the temporary file that it may be about.
///
/// `tempfile` hides the error that it sets a path to even from `source`, so that its words are cut out of the text.
pub fn in_words(error: &impl Display) -> String {
    let mut text = error.to_string();
    let end = [" (os error ", " at path \""].iter().filter_map(|mark| text.find(mark)).min();
    text.truncate(end.unwrap_or(text.len()));
    text
}

/// The library's errors, where no path need be named.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::OutOfMemory { .. } | Error::Locked { .. } => Self::Resource(error.to_string()),
            Error::Poisoned => Self::Io(error.to_string()),
            Error::Interrupted => Self::Interrupted,
            Error::Io(error) => Self::Io(in_words(&error)),
            Error::Dependent { .. } => Self::Input(error.kind(), format!("{error}; --moore-penrose takes such keys")),
            _ => Self::Input(error.kind(), error.to_string()),
        }
    }
}

/// Names the file that an error of the library is about.
pub fn about(path: &Path) -> impl Fn(Error) -> Failure {
    move |error| match error {
        Error::Io(error) => Failure::reading(path, &error),
        Error::OutOfMemory { .. } => Failure::Resource(format!("{}: {error}", path.display())),
        // Which name their store, or are of one.
        Error::Interrupted | Error::Locked { .. } | Error::Poisoned => error.into(),
        _ => Failure::Input(error.kind(), format!("{}: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Error as Io;

    use super::*;

    #[test]
    fn system_errors_in_words() {
        let path = Path::new("out.npy");
        // Numbers of Linux.
        let cases = [(36, "File name too long", 2), (17, "File exists", 2), (27, "File too large", 3)];
        if cfg!(target_os = "linux") {
            for (number, words, status) in cases {
                let failure = Failure::writing(path, &Io::from_raw_os_error(number));
                assert_eq!((failure.message(), failure.status()), (Some(&*format!("out.npy: {words}")), status));
            }
            let failure = Failure::reading(path, &Io::from_raw_os_error(36));
            assert_eq!((failure.message(), failure.status()), (Some("out.npy: File name too long"), 2));
        }
        // An error of a temporary file.
        let none = tempfile::NamedTempFile::new_in("no/such").unwrap_err();
        let failure = Failure::opening(path, &none);
        let message = failure.message().unwrap();
        assert!(message.starts_with("out.npy: cannot be written: ") && !message.contains("no/such"), "{message}");
        assert!(!message.contains("os error"), "{message}");
        assert_eq!(failure.status(), 2);
        let plain = Failure::writing(path, &Io::other("no room"));
        assert_eq!(plain.message(), Some("out.npy: no room"));
    }
}
