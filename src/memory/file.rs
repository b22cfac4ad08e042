//! A memory as a file. The format lives here and nowhere else.
//!
//! | bytes | what |
//! |---|---|
//! | 0–7 | `popfield` |
//! | 8–11 | format version, 2 |
//! | 12–15 | flags: bit 0 set if keys are their own values |
//! | 16–23, 24–31, 32–39 | key dimension, value dimension, associations |
//! | 40–63 | zero |
//! | from 64 | keys, then values (none if auto-associative): pages as in `pages.rs`, words little-endian |
//! | last 32 | BLAKE3 hash of everything before |
//!
//! Numbers are little-endian. A file is written whole and replaced whole; it cannot be appended to.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use popfield_kernels::{LANES, Lanes};

use crate::error::room_for;
use crate::memory::view::View;
use crate::patterns::segments::Side;
use crate::{Error, Memory, Patterns, Progress, Result, Steps};

const MAGIC: &[u8; 8] = b"popfield";
const VERSION: u32 = 2;
const AUTO: u32 = 1;
const HEADER_BYTES: usize = 64;
const HASH_BYTES: usize = blake3::OUT_LEN;
/// Patterns go through a buffer of this many lanes.
const CHUNK: usize = 4096;

impl Memory {
    /// Writes the memory to `path`: to a temporary file beside it first, then renamed, so that `path` holds the whole
    /// memory or what it held before, whatever happens. Once this returns, the memory outlasts a crash of the machine.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::OutOfMemory`] if patterns lie in several segments, which are put together to be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.view().save(path)
    }

    /// Writes the memory as [`open`](Self::open) reads it.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write_to(&self, writer: &mut impl Write) -> Result<()> {
        self.view().write_to(writer)
    }

    /// Whether what stands at `path` begins as a memory does, whole or not, of this version or another.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn is_memory(path: impl AsRef<Path>) -> Result<bool> {
        // To open a pipe would be to wait for whoever writes it.
        if !path.as_ref().metadata()?.is_file() {
            return Ok(false);
        }
        let mut start = Vec::new();
        File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut start)?;
        Ok(start == MAGIC)
    }

    /// Opens a memory file, checking all of it.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read; [`Error::Format`] if it is not a memory, is cut short, too long or damaged.
    /// Nothing is allocated that the file's length does not vouch for.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_watched(path, Progress::NONE)
    }

    /// Opens a memory file, checking all of it: see [`open`](Self::open). `progress` is told of bytes of patterns.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`Error::Interrupted`].
    pub fn open_watched(path: impl AsRef<Path>, progress: Progress<'_>) -> Result<Self> {
        // To open a pipe would be to wait for whoever writes it.
        let there = path.as_ref().metadata()?;
        if !there.is_file() {
            let found = if there.is_dir() { "a folder" } else { "a pipe or device" };
            return Err(format("kind of file", "a regular file", found));
        }
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Self::read(BufReader::with_capacity(1 << 20, file), length, progress)
    }

    /// Reads a memory of `length` bytes, as [`write_to`](Self::write_to) writes it, checking all of it.
    ///
    /// # Errors
    /// As [`open`](Self::open). No more is allocated than `length` bytes.
    pub fn read_from(reader: impl Read, length: u64) -> Result<Self> {
        Self::read(reader, length, Progress::NONE)
    }

    fn read(reader: impl Read, length: u64, progress: Progress<'_>) -> Result<Self> {
        let mut reader = Hashing { inner: reader, hasher: blake3::Hasher::new() };
        let mut header = [0u8; HEADER_BYTES];
        if length < (HEADER_BYTES + HASH_BYTES) as u64 {
            return Err(format("length", format!("at least {} bytes", HEADER_BYTES + HASH_BYTES), format!("{length}")));
        }
        reader.read_exact(&mut header)?;
        if &header[..8] != MAGIC {
            return Err(format("first bytes", "\"popfield\"", format!("{:?}", String::from_utf8_lossy(&header[..8]))));
        }
        let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four bytes"));
        let number = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().expect("eight bytes"));
        if word(8) != VERSION {
            return Err(format("format version", VERSION.to_string(), word(8).to_string()));
        }
        if word(12) & !AUTO != 0 || header[40..].iter().any(|&byte| byte != 0) {
            return Err(format("reserved bytes of the header", "zero", "others"));
        }
        let auto = word(12) & AUTO != 0;
        let (dim, value_dim, len) = (number(16), number(24), number(32));
        for (place, found) in [("key dimension", dim), ("value dimension", value_dim)] {
            if found == 0 || found > crate::patterns::pattern::MAX_DIM as u64 {
                return Err(format(place, format!("1 to {}", crate::patterns::pattern::MAX_DIM), found.to_string()));
            }
        }
        if auto && dim != value_dim {
            return Err(format("value dimension", dim.to_string(), value_dim.to_string()));
        }
        if len == 0 {
            return Err(format("associations", "at least 1", "0"));
        }
        // In 128 bits nothing that a header can claim overflows.
        let bytes = |dim: u64| u128::from(len.div_ceil(LANES as u64)) * u128::from(dim.div_ceil(64)) * 64;
        let claimed = (HEADER_BYTES + HASH_BYTES) as u128 + bytes(dim) + if auto { 0 } else { bytes(value_dim) };
        if claimed != u128::from(length) {
            return Err(format("length", format!("{claimed} bytes, by its header"), length.to_string()));
        }
        let steps = progress.begin(length - (HEADER_BYTES + HASH_BYTES) as u64);
        let keys = read_lanes(&mut reader, len as usize, dim as usize, "keys", &steps)?;
        let values = match auto {
            true => None,
            false => Some(read_lanes(&mut reader, len as usize, value_dim as usize, "values", &steps)?),
        };
        let mut hash = [0u8; HASH_BYTES];
        reader.inner.read_exact(&mut hash)?;
        if reader.hasher.finalize() != hash {
            return Err(format("hash", "that of the content", "another: the file is damaged"));
        }
        let keys = Patterns::from_lanes(keys, len as usize, dim as usize, "keys")?;
        match values {
            None => Self::auto_associative(keys),
            Some(values) => {
                let values = Patterns::from_lanes(values, len as usize, value_dim as usize, "values")?;
                Self::hetero_associative(keys, values)
            }
        }
    }
}

impl View<'_> {
    /// Writes the memory to `path`, whole or not at all: see [`Memory::save`]. What is counted for who watches are bytes.
    ///
    /// # Errors
    /// As [`Memory::save`]; [`Error::Parameter`] within a scope; [`Error::Interrupted`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        // As any new file: readable by those whom the umask lets read.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder)?;
        self.write_to(&mut file)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        // The name too.
        sync_folder(folder)?;
        Ok(())
    }

    /// Writes the memory as [`Memory::open`] reads it. What is counted for who watches are bytes; a writer of a call that was
    /// stopped has what was written so far.
    ///
    /// # Errors
    /// As [`Memory::write_to`]; [`Error::Parameter`] within a scope; [`Error::Interrupted`].
    pub fn write_to(&self, writer: &mut impl Write) -> Result<()> {
        self.check_whole("scope of what is saved")?;
        let memory = self.memory();
        let values = if memory.is_auto_associative() { 0 } else { bytes_of(memory.values()) };
        let steps = self.begin(bytes_of(memory.keys()) + values);
        let mut header = [0u8; HEADER_BYTES];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[12..16].copy_from_slice(&u32::from(memory.is_auto_associative()).to_le_bytes());
        for (at, number) in [(16, memory.dim()), (24, memory.value_dim()), (32, memory.len())] {
            header[at..at + 8].copy_from_slice(&(number as u64).to_le_bytes());
        }
        let mut writer = Hashing { inner: writer, hasher: blake3::Hasher::new() };
        writer.write_all(&header)?;
        write_side(&mut writer, memory.keys(), &steps)?;
        if !memory.is_auto_associative() {
            write_side(&mut writer, memory.values(), &steps)?;
        }
        let hash = writer.hasher.finalize();
        writer.inner.write_all(hash.as_bytes())?;
        Ok(())
    }
}

/// Makes names that were put into `folder` outlast a crash, where the system can.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder)?.sync_all() {
        // Some file systems sync no folders.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

fn format(place: &'static str, expected: impl Into<String>, found: impl Into<String>) -> Error {
    Error::Format { place, expected: expected.into(), found: found.into() }
}

/// What one side takes in a file.
fn bytes_of(side: &Side) -> u64 {
    (side.len().div_ceil(LANES) * side.words() * size_of::<Lanes>()) as u64
}

/// The pages of one side; of several segments they are made anew, as those of one.
fn write_side(writer: &mut impl Write, side: &Side, steps: &Steps<'_>) -> Result<()> {
    match side.whole() {
        Some(patterns) => write_lanes(writer, patterns.lanes(), steps),
        None => write_lanes(writer, side.to_patterns()?.lanes(), steps),
    }
}

fn write_lanes(writer: &mut impl Write, lanes: &[Lanes], steps: &Steps<'_>) -> Result<()> {
    let mut buffer = Vec::with_capacity(CHUNK * size_of::<Lanes>());
    for lanes in lanes.chunks(CHUNK) {
        buffer.clear();
        buffer.extend(lanes.iter().flat_map(|lanes| lanes.0).flat_map(u64::to_le_bytes));
        writer.write_all(&buffer)?;
        steps.advance(buffer.len() as u64)?;
    }
    Ok(())
}

fn read_lanes(
    reader: &mut impl Read,
    len: usize,
    dim: usize,
    what: &'static str,
    steps: &Steps<'_>,
) -> Result<Vec<Lanes>> {
    let count = len.div_ceil(LANES) * dim.div_ceil(64);
    let mut lanes = room_for(count, what)?;
    let mut buffer = vec![0u8; CHUNK.min(count) * size_of::<Lanes>()];
    while lanes.len() < count {
        let take = CHUNK.min(count - lanes.len()) * size_of::<Lanes>();
        let buffer = &mut buffer[..take];
        reader.read_exact(buffer)?;
        let (words, _) = buffer.as_chunks::<8>();
        lanes.extend(
            words.chunks_exact(LANES).map(|words| Lanes(std::array::from_fn(|lane| u64::from_le_bytes(words[lane])))),
        );
        steps.advance(take as u64)?;
    }
    Ok(lanes)
}

/// Passes bytes on and hashes them on their way.
struct Hashing<T> {
    inner: T,
    hasher: blake3::Hasher,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}
