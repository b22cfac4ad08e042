//! A memory as a file. The format lives here and nowhere else.
//!
//! | bytes | what |
//! |---|---|
//! | 0–7 | `popfield` |
//! | 8–11 | format version, 3 |
//! | 12–15 | flags: bit 0 set if keys are their own values |
//! | 16–23, 24–31, 32–39 | key dimension, value dimension, associations n |
//! | 40–47 | the id that counting gives next: above all ids |
//! | 48–55 | spans of ids, 0 where they are 0 to n − 1 |
//! | 56–63, 64–71 | bytes of labels, bytes of notes |
//! | 72–127 | zero |
//! | from 128 | keys, then values (none if auto-associative): pages as in `pages.rs`, words little-endian |
//! | then | spans of consecutive ids, as long as can be, in storing order: the first, and how many, 8 bytes each |
//! | then | if there are bytes of labels: where the label of each association ends, 8 bytes each, and the labels, UTF-8 |
//! | then | notes by ascending name: name and text, each as its bytes in 8 bytes and UTF-8 |
//! | last 32 | BLAKE3 hash of everything before |
//!
//! Numbers are little-endian. A file holds the associations that there are: of what was forgotten only the next id
//! tells. It is written whole and replaced whole; it cannot be appended to.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

use popfield_kernels::{LANES, Lanes};

use crate::error::room_for;
use crate::index::Origin;
use crate::lasting::{Hashing, put_whole};
use crate::memory::view::View;
use crate::patterns::contents::Contents;
use crate::patterns::ids::{Ids, each_span};
use crate::patterns::labels::{LabelRun, Labels};
use crate::patterns::pattern::MAX_DIM;
use crate::patterns::{Notes, Stored};
use crate::{Error, Memory, Patterns, Progress, Result, Steps};

const MAGIC: &[u8; 8] = b"popfield";
const VERSION: u32 = 3;
/// No version will be above this: what says so is no memory, but a text perhaps that begins with the same word.
const MOST_VERSIONS: u32 = 1 << 16;
const AUTO: u32 = 1;
/// The first bytes and the version: what every file of every version has.
const START_BYTES: usize = 12;
const HEADER_BYTES: usize = 128;
const HASH_BYTES: usize = blake3::OUT_LEN;
/// Patterns go through a buffer of this many lanes, numbers through one of as many.
const CHUNK: usize = 4096;
/// Bytes of patterns that are put together to be written.
const PIECE_BYTES: usize = 8 << 20;
/// Bytes that are read from a file together.
const READ_BYTES: usize = 1 << 20;

impl Memory {
    /// Writes the memory to `path`: to a temporary file beside it first, then renamed, so that `path` holds the whole
    /// memory or what it held before, whatever happens. Once this returns, the memory outlasts a crash of the machine.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::OutOfMemory`]: patterns that lie in several segments, or among forgotten ones in a store, are
    /// put together to be written, some megabytes at a time.
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
        File::open(path)?.take(START_BYTES as u64).read_to_end(&mut start)?;
        Ok(start.starts_with(MAGIC) && start.len() == START_BYTES && is_version(word(&start, 8)))
    }

    /// Opens the memory file at `path`, checking all of it.
    pub(super) fn open_file(path: &Path, progress: Progress<'_>) -> Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        // Which std would end the process for; and what is not used the compiler would not ask for.
        drop(std::hint::black_box(room_for::<u8>(READ_BYTES, "a buffer")?));
        Self::read(BufReader::with_capacity(READ_BYTES, file), length, progress)
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
        let header = Header::read(&mut reader, length)?;
        let (len, auto) = (header.len as usize, header.auto);
        let steps = progress.begin(header.bytes_of_patterns() as u64);
        let keys = read_lanes(&mut reader, len, header.dim, "keys", &steps)?;
        let values = match auto {
            true => None,
            false => Some(read_lanes(&mut reader, len, header.value_dim, "values", &steps)?),
        };
        let ids = read_numbers(&mut reader, 2 * header.spans as usize, "ids")?;
        let ends = read_numbers(&mut reader, if header.label_bytes > 0 { len } else { 0 }, "labels")?;
        let text = read_bytes(&mut reader, header.label_bytes as usize, "labels")?;
        let notes = read_bytes(&mut reader, header.note_bytes as usize, "notes")?;
        let mut hash = [0u8; HASH_BYTES];
        reader.inner.read_exact(&mut hash)?;
        if reader.hasher.finalize() != hash {
            return Err(format("hash", "that of the content", "another: the file is damaged"));
        }
        let side = |lanes, dim, what| Ok::<_, Error>(Patterns::from_lanes(lanes, len, dim, what)?.into());
        let memory = Self::of_contents(Contents {
            keys: side(keys, header.dim, "keys")?,
            values: values.map(|values| side(values, header.value_dim, "values")).transpose()?,
            ids: ids_of(&ids, &header)?,
            live: None,
            labels: labels_of(ends, text)?,
            notes: notes_of(&notes)?,
        })?;
        // No two files with the same hash hold different keys.
        Ok(Self { origin: Some(Origin::new([(len as u64, hash)])), ..memory })
    }
}

/// What the first bytes of a file say, once they are known to make sense and to account for its length.
struct Header {
    auto: bool,
    dim: usize,
    value_dim: usize,
    len: u64,
    next: u64,
    spans: u64,
    label_bytes: u64,
    note_bytes: u64,
}

impl Header {
    fn read(reader: &mut impl Read, length: u64) -> Result<Self> {
        let at_least = |bytes: usize| match length < bytes as u64 {
            true => Err(format("length", format!("at least {} bytes", HEADER_BYTES + HASH_BYTES), length.to_string())),
            false => Ok(()),
        };
        let mut header = [0u8; HEADER_BYTES];
        at_least(START_BYTES)?;
        reader.read_exact(&mut header[..START_BYTES])?;
        if &header[..8] != MAGIC {
            return Err(format("first bytes", "\"popfield\"", format!("{:?}", String::from_utf8_lossy(&header[..8]))));
        }
        let found = word(&header, 8);
        if !is_version(found) {
            return Err(format("first bytes", "\"popfield\" and a version", "\"popfield\" and other bytes"));
        }
        if found != VERSION {
            return Err(Error::Version { what: "popfield memory", expected: VERSION, found });
        }
        at_least(HEADER_BYTES + HASH_BYTES)?;
        reader.read_exact(&mut header[START_BYTES..])?;
        if word(&header, 12) & !AUTO != 0 || header[72..].iter().any(|&byte| byte != 0) {
            return Err(format("reserved bytes of the header", "zero", "others"));
        }
        let auto = word(&header, 12) & AUTO != 0;
        let [dim, value_dim, len, next, spans, label_bytes, note_bytes] =
            [16, 24, 32, 40, 48, 56, 64].map(|at| number(&header[at..]));
        for (place, found) in [("key dimension", dim), ("value dimension", value_dim)] {
            if found == 0 || found > MAX_DIM as u64 {
                return Err(format(place, format!("1 to {MAX_DIM}"), found.to_string()));
            }
        }
        if auto && dim != value_dim {
            return Err(format("value dimension", dim.to_string(), value_dim.to_string()));
        }
        if len == 0 {
            return Err(format("associations", "at least 1", "0"));
        }
        let (dim, value_dim) = (dim as usize, value_dim as usize);
        let header = Self { auto, dim, value_dim, len, next, spans, label_bytes, note_bytes };
        // In 128 bits nothing that a header can claim overflows.
        let ends = if label_bytes > 0 { 8 * u128::from(len) } else { 0 };
        let names = 16 * u128::from(spans) + ends + u128::from(label_bytes) + u128::from(note_bytes);
        let claimed = (HEADER_BYTES + HASH_BYTES) as u128 + header.bytes_of_patterns() + names;
        if claimed != u128::from(length) {
            return Err(format("length", format!("{claimed} bytes, by its header"), length.to_string()));
        }
        Ok(header)
    }

    fn bytes_of_patterns(&self) -> u128 {
        let of = |dim: usize| u128::from(self.len.div_ceil(LANES as u64)) * dim.div_ceil(64) as u128 * 64;
        of(self.dim) + if self.auto { 0 } else { of(self.value_dim) }
    }
}

/// The ids of a file, from its spans.
fn ids_of(numbers: &[u64], header: &Header) -> Result<Ids> {
    let Header { len, next, .. } = *header;
    let above = |end: u128| match end <= u128::from(next) {
        true => Ok(()),
        false => Err(format("next id", format!("at least {end}, above all ids"), next.to_string())),
    };
    if numbers.is_empty() {
        above(len.into())?;
        return Ids::of_spans(&[(0, len)], next);
    }
    let spans = || numbers.as_chunks::<2>().0.iter().map(|&[first, len]| (first, len));
    let total: u128 = spans().map(|span| u128::from(span.1)).sum();
    if total != u128::from(len) {
        return Err(format("ids", format!("{len}, as many as associations"), total.to_string()));
    }
    let end = |(first, len): (u64, u64)| u128::from(first) + u128::from(len);
    spans().try_for_each(|span| above(end(span)))?;
    let joined = spans().zip(spans().skip(1)).any(|(a, b)| end(a) == u128::from(b.0));
    if joined || spans().any(|span| span.1 == 0) || spans().eq([(0, len)]) {
        return Err(format("ids", "spans as few as can be", "others"));
    }
    let mut sorted: Vec<(u64, u64)> = room_for(header.spans as usize, "ids")?;
    sorted.extend(spans());
    sorted.sort_unstable();
    if let Some(twice) = sorted.windows(2).find(|pair| end(pair[0]) > u128::from(pair[1].0)) {
        return Err(format("ids", "each once", format!("{} twice", twice[1].0)));
    }
    // In their order again.
    sorted.clear();
    sorted.extend(spans());
    Ids::of_spans(&sorted, next)
}

/// The labels of a file, from where each ends and their text.
fn labels_of(ends: Vec<u64>, text: Vec<u8>) -> Result<Labels> {
    if ends.is_empty() {
        return Ok(Labels::default());
    }
    let last = ends[ends.len() - 1];
    if last != text.len() as u64 || !ends.is_sorted() {
        let expected = format!("ends that ascend to {}", text.len());
        return Err(format("labels", expected, format!("others, the last being {last}")));
    }
    let mut start = 0;
    for (place, &end) in ends.iter().enumerate() {
        if std::str::from_utf8(&text[start..end as usize]).is_err() {
            return Err(format("labels", "UTF-8", format!("other bytes, as label {place}")));
        }
        start = end as usize;
    }
    Ok(Labels::new(vec![LabelRun::Texts { text: Arc::new(text), ends: Arc::new(ends) }]))
}

/// The notes of a file.
fn notes_of(mut bytes: &[u8]) -> Result<Notes> {
    let mut notes = Notes::new();
    while !bytes.is_empty() {
        let (name, text) = (take_text(&mut bytes)?, take_text(&mut bytes)?);
        if notes.last_key_value().is_some_and(|(before, _)| *before >= name) {
            return Err(format("notes", "names that ascend", format!("{name:?} after others")));
        }
        notes.insert(name, text);
    }
    Ok(notes)
}

/// A text off the front of `bytes`: its length, and UTF-8.
fn take_text(bytes: &mut &[u8]) -> Result<String> {
    let text = bytes.split_first_chunk::<8>().and_then(|(length, rest)| {
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        rest.split_at_checked(length)
    });
    let Some((text, rest)) = text else { return Err(format("notes", "whole texts", "one that is cut short")) };
    *bytes = rest;
    let text = std::str::from_utf8(text).map_err(|_| format("notes", "UTF-8", "other bytes"))?;
    let mut owned = String::new();
    let out_of_memory = |_| Error::OutOfMemory { what: "notes", bytes: text.len() as u64 };
    owned.try_reserve_exact(text.len()).map_err(out_of_memory)?;
    owned.push_str(text);
    Ok(owned)
}

impl View<'_> {
    /// Writes the memory to `path`, whole or not at all: see [`Memory::save`]. What is counted for who watches are bytes.
    ///
    /// # Errors
    /// As [`Memory::save`]; [`Error::Parameter`] within a scope; [`Error::Interrupted`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        put_whole(path.as_ref(), tempfile::Builder::new(), |file| self.write_to(file))
    }

    /// Writes the memory as [`Memory::open`] reads it. What is counted for who watches are bytes; a writer of a call that was
    /// stopped has what was written so far.
    ///
    /// # Errors
    /// As [`Memory::write_to`]; [`Error::Parameter`] within a scope; [`Error::Interrupted`].
    pub fn write_to(&self, writer: &mut impl Write) -> Result<()> {
        self.check_whole("scope of what is saved")?;
        let memory = self.memory();
        let sides = [Some(memory.keys()), (!memory.is_auto_associative()).then(|| memory.values())];
        let sides = || sides.into_iter().flatten();
        let steps = self.begin(sides().map(bytes_of).sum());
        let (count, last) = each_span(memory.ids()).fold((0, (0, 0)), |(count, _), span| (count + 1, span));
        let count = if last == (0, memory.len() as u64) { 0 } else { count };
        let labels = || memory.labels().map(Option::unwrap_or_default);
        let label_bytes: u64 = if memory.has_labels() { labels().map(|label| label.len() as u64).sum() } else { 0 };
        let mut notes = Vec::new();
        for text in memory.notes().iter().flat_map(|(name, text)| [name, text]) {
            notes.extend((text.len() as u64).to_le_bytes());
            notes.extend(text.as_bytes());
        }
        let mut header = [0u8; HEADER_BYTES];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[12..16].copy_from_slice(&u32::from(memory.is_auto_associative()).to_le_bytes());
        let sizes = [memory.dim(), memory.value_dim(), memory.len()].map(|size| size as u64);
        let named = [memory.next_id(), count as u64, label_bytes, notes.len() as u64];
        for (at, number) in (16..).step_by(8).zip(sizes.into_iter().chain(named)) {
            header[at..at + 8].copy_from_slice(&number.to_le_bytes());
        }
        let mut writer = Hashing { inner: writer, hasher: blake3::Hasher::new() };
        writer.write_all(&header)?;
        for side in sides() {
            write_side(&mut writer, side, &steps)?;
        }
        let spans = each_span(memory.ids()).take(count);
        write_numbers(&mut writer, spans.flat_map(|(first, len)| [first, len]))?;
        if label_bytes > 0 {
            let mut end = 0;
            write_numbers(
                &mut writer,
                labels().map(|label| {
                    end += label.len() as u64;
                    end
                }),
            )?;
            let mut buffered = BufWriter::new(&mut writer);
            labels().try_for_each(|label| buffered.write_all(label.as_bytes()))?;
            buffered.flush()?;
            drop(buffered);
        }
        writer.write_all(&notes)?;
        let hash = writer.hasher.finalize();
        writer.inner.write_all(hash.as_bytes())?;
        Ok(())
    }
}

/// Whether a file of some version would say this.
fn is_version(found: u32) -> bool {
    found < MOST_VERSIONS
}

fn format(place: &'static str, expected: impl Into<String>, found: impl Into<String>) -> Error {
    Error::Format { place, expected: expected.into(), found: found.into() }
}

/// A number of four bytes, and one of eight; both in range.
fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes"))
}

/// What one side takes in a file.
fn bytes_of(side: Stored<'_>) -> u64 {
    (side.len().div_ceil(LANES) * side.dim().div_ceil(64) * size_of::<Lanes>()) as u64
}

/// The pages of one side; of several segments, or where some places are empty, they are made anew, as those of one, some
/// at a time.
fn write_side(writer: &mut impl Write, side: Stored<'_>, steps: &Steps<'_>) -> Result<()> {
    match side.whole() {
        Some(patterns) => write_lanes(writer, patterns.lanes(), steps),
        None => {
            let page = Patterns::rows_of_page(side.dim()).max(1);
            let pages = PIECE_BYTES / (page * side.dim().div_ceil(64) * 8);
            side.pieces(pages.max(1) * page).try_for_each(|piece| write_lanes(writer, piece?.lanes(), steps))
        }
    }
}

fn write_numbers(writer: &mut impl Write, numbers: impl Iterator<Item = u64>) -> Result<()> {
    let mut buffered = BufWriter::with_capacity(CHUNK * 8, writer);
    for number in numbers {
        buffered.write_all(&number.to_le_bytes())?;
    }
    Ok(buffered.flush()?)
}

fn read_numbers(reader: &mut impl Read, count: usize, what: &'static str) -> Result<Vec<u64>> {
    let mut numbers = room_for(count, what)?;
    let mut buffer = zeros(CHUNK.min(count) * 8)?;
    while numbers.len() < count {
        let buffer = &mut buffer[..CHUNK.min(count - numbers.len()) * 8];
        reader.read_exact(buffer)?;
        numbers.extend(buffer.as_chunks::<8>().0.iter().map(|&bytes| u64::from_le_bytes(bytes)));
    }
    Ok(numbers)
}

/// A buffer of so many bytes.
fn zeros(bytes: usize) -> Result<Vec<u8>> {
    let mut buffer = room_for(bytes, "a buffer")?;
    buffer.resize(bytes, 0);
    Ok(buffer)
}

fn read_bytes(reader: &mut impl Read, count: usize, what: &'static str) -> Result<Vec<u8>> {
    let mut bytes = room_for(count, what)?;
    bytes.resize(count, 0);
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn write_lanes(writer: &mut impl Write, lanes: &[Lanes], steps: &Steps<'_>) -> Result<()> {
    let mut buffer = room_for(CHUNK.min(lanes.len()) * size_of::<Lanes>(), "a buffer")?;
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
    let mut buffer = zeros(CHUNK.min(count) * size_of::<Lanes>())?;
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
