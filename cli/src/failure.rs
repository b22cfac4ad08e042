//! How a command can fail, and the exit status that says so.

use std::fmt::Display;
use std::path::Path;

use popfield::Error;

/// A failure with its message.
#[derive(Debug)]
pub enum Failure {
    /// Bad usage or input: status 2.
    Usage(String),
    /// Input, output or the machine's resources failed: status 3.
    Resource(String),
    /// It ran, and the answer, which has been printed, is no: status 1.
    No,
    /// Nobody reads the output any more: the work is over, quietly.
    Unread,
}

pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub fn usage(message: impl Display) -> Self {
        Self::Usage(message.to_string())
    }

    /// An error of reading `path`: what cannot be opened is bad input, what fails underway is not.
    pub fn reading(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        let message = format!("{}: {error}", path.display());
        match error.kind() {
            Kind::NotFound
            | Kind::PermissionDenied
            | Kind::IsADirectory
            | Kind::NotADirectory
            | Kind::UnexpectedEof => Self::Usage(message),
            Kind::InvalidData | Kind::InvalidInput | Kind::InvalidFilename => Self::Usage(message),
            _ => Self::Resource(message),
        }
    }

    /// An error of opening `path` to write it: a place that cannot be written is bad usage, a full disk is not.
    pub fn opening(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        // The error's own words would name a temporary file.
        let message = format!("{}: cannot be written: {}", path.display(), error.kind());
        match error.kind() {
            Kind::NotFound | Kind::PermissionDenied | Kind::IsADirectory | Kind::NotADirectory => Self::Usage(message),
            Kind::InvalidInput | Kind::InvalidFilename | Kind::AlreadyExists => Self::Usage(message),
            Kind::ReadOnlyFilesystem => Self::Usage(message),
            _ => Self::Resource(message),
        }
    }

    /// An error of writing `path` once it is open.
    pub fn writing(path: &Path, error: &std::io::Error) -> Self {
        Self::Resource(format!("{}: {error}", path.display()))
    }

    /// An error of standard output.
    pub fn stdout(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::Resource(format!("standard output: {error}")),
        }
    }

    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Resource(_) => 3,
            Self::No => 1,
            Self::Unread => 0,
        }
    }

    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Usage(message) | Self::Resource(message) => Some(message),
            Self::No | Self::Unread => None,
        }
    }
}

/// The library's errors, where no path need be named.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::OutOfMemory { .. } | Error::Io(_) => Self::Resource(error.to_string()),
            Error::Dependent { .. } => Self::Usage(format!("{error}; --moore-penrose takes such keys")),
            _ => Self::Usage(error.to_string()),
        }
    }
}

/// Names the file that an error of the library is about.
pub fn about(path: &Path) -> impl Fn(Error) -> Failure {
    move |error| match error {
        Error::Io(error) => Failure::reading(path, &error),
        Error::OutOfMemory { .. } => Failure::Resource(format!("{}: {error}", path.display())),
        _ => Failure::Usage(format!("{}: {error}", path.display())),
    }
}

/// The system's words for an error, without its number and without what libraries add, such as the name of a temporary
/// file.
pub fn words(error: &std::io::Error) -> String {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        match error.downcast_ref::<std::io::Error>() {
            Some(error) if error.raw_os_error().is_some() => {
                let text = error.to_string();
                return text.split(" (os error ").next().unwrap_or_default().to_owned();
            }
            Some(error) => source = error.get_ref().map(|inner| inner as _),
            None => source = error.source(),
        }
    }
    error.to_string()
}
