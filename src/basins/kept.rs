//! A run of basins that is kept in a file, to be gone on with. The format lives here and nowhere else.
//!
//! | bytes | what |
//! |---|---|
//! | 0–7 | `popbasin` |
//! | 8–11 | format version, 2 |
//! | 12–15 | how others are met: 0 by chunks, 1 the later ones, 2 all |
//! | 16–47 | BLAKE3 hash of what is asked: the memory, the radius, around which keys |
//! | 48–55 | keys that are done, in all chunks together |
//! | 56–63 | keys of which something is known |
//! | then | of each its rank and copies, 8 bytes each; flags, 4 bytes (bit 0: the values of its copies agree, 1: a nearest follows); the nearest's distance, 4, and ordinal, 8; and two lists, of the near and of the far: a length, 4, and of each entry a distance, 4, and a count, 8 |
//! | last 32 | BLAKE3 hash of everything before |
//!
//! Numbers are little-endian.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::basins::basin::Basin;
use crate::basins::found::{Found, Way};
use crate::basins::look::Look;
use crate::error::room_for;
use crate::lasting::{Hashing, put_whole};
use crate::patterns::Stored;
use crate::scan::shortlist::Neighbor;
use crate::{Error, Result};

const MAGIC: &[u8; 8] = b"popbasin";
const VERSION: u32 = 2;
const WAYS: [Way; 3] = [Way::Chunks, Way::Later, Way::All];
/// Bytes before what is known of each key.
const HEADER: u64 = 64;
const AGREE: u32 = 1;
const NEAREST: u32 = 2;
/// Between two times at which the file is written; longer where that takes long.
const BETWEEN: Duration = Duration::from_secs(30);
/// Keys that are hashed at a time.
const ROWS: usize = 1 << 12;

/// A file in which a run is kept.
pub(crate) struct Kept {
    path: PathBuf,
    asked: blake3::Hash,
    written: Instant,
    /// How long to wait till it is written again.
    wait: Duration,
}

impl Kept {
    /// The run at `path` of the basins that `look` asks of `keys`, which stand among `among` under their `ids`.
    pub(crate) fn new(
        path: &Path,
        look: &Look<'_>,
        among: [Stored<'_>; 2],
        ids: impl Iterator<Item = u64>,
    ) -> Result<Self> {
        let asked = hash_of(look, among, ids)?;
        Ok(Self { path: path.to_owned(), asked, written: Instant::now(), wait: BETWEEN })
    }

    /// Goes on where the run has come to; begins anew where there is no file.
    ///
    /// # Errors
    /// [`Error::Run`] for the run of something else and for a file that is none, or damaged; [`Error::Version`];
    /// [`Error::Io`].
    pub(crate) fn read(&self, found: &mut Found<'_>) -> Result<()> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        // A device may have no end, and what is none of ours any size.
        let about = file.metadata()?;
        if !about.is_file() {
            return Err(damaged(
                "place",
                "a file",
                if about.is_dir() { "a folder".into() } else { "something else".into() },
            ));
        }
        let mut bytes = Vec::new();
        Read::by_ref(&mut file).take(HEADER).read_to_end(&mut bytes)?;
        if bytes.starts_with(MAGIC) {
            let length = usize::try_from(about.len()).unwrap_or(usize::MAX);
            bytes = room_for(length, "a run of basins")?;
            file.rewind()?;
            file.read_to_end(&mut bytes)?;
        }
        let Some((content, hash)) = bytes.split_last_chunk::<{ blake3::OUT_LEN }>() else {
            return Err(damaged("length", "a run of basins", format!("{} bytes", bytes.len())));
        };
        let mut reader = content;
        if content.len() < 64 || take(&mut reader)? != *MAGIC {
            return Err(damaged("beginning", "\"popbasin\" and a header", "other bytes, or too few".into()));
        }
        let version = half(&mut reader)?;
        if version != VERSION {
            return Err(Error::Version { what: "popfield run of basins", expected: VERSION, found: version });
        }
        if blake3::hash(content) != blake3::Hash::from_bytes(*hash) {
            return Err(damaged("hash", "that of the content", "another: the file is damaged".into()));
        }
        let way = half(&mut reader)?;
        if blake3::Hash::from_bytes(take(&mut reader)?) != self.asked {
            let found = "a run of others; remove it, or name another file".into();
            return Err(damaged("settings", "the patterns, radius and keys that are asked about", found));
        }
        // Whole, and of this question: from here on only what this program has not written does not fit.
        let [done, known] = [whole(&mut reader)?, whole(&mut reader)?];
        let Some(&way) = WAYS.get(way as usize) else {
            return Err(damaged("way", "0 to 2", way.to_string()));
        };
        if way != Way::Chunks && done > found.all.len() as u64 {
            return Err(damaged("keys done", "no more than are asked about", done.to_string()));
        }
        (found.way, found.done) = (way, done as usize);
        for _ in 0..known {
            let rank = whole(&mut reader)?;
            let copies = whole(&mut reader)?;
            let flags = half(&mut reader)?;
            let nearest = Neighbor { distance: half(&mut reader)?, id: whole(&mut reader)? };
            let [near, far] = [list(&mut reader)?, list(&mut reader)?];
            let Some(basin) = usize::try_from(rank).ok().and_then(|rank| found.all.get_mut(rank)) else {
                return Err(damaged("rank", "that of a key", rank.to_string()));
            };
            basin.copies = copies;
            basin.values_agree = flags & AGREE != 0;
            basin.nearest = (flags & NEAREST != 0).then_some(nearest);
            basin.near = near;
            basin.far = basin.far.is_some().then_some(far);
        }
        Ok(())
    }

    /// Writes down what is found, if that was not done for a while.
    pub(crate) fn write_if_due(&mut self, found: &Found<'_>) -> Result<()> {
        if self.written.elapsed() < self.wait {
            return Ok(());
        }
        self.write(found)
    }

    /// Writes down what is found.
    pub(crate) fn write(&mut self, found: &Found<'_>) -> Result<()> {
        let begun = Instant::now();
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let prefix = format!("{name}.");
        let mut temporary = tempfile::Builder::new();
        temporary.prefix(&prefix).suffix(".new");
        put_whole(&self.path, temporary, |file| {
            let mut writer = Hashing { inner: BufWriter::new(&mut *file), hasher: blake3::Hasher::new() };
            self.put(found, &mut writer)?;
            let hash = writer.hasher.finalize();
            writer.inner.write_all(hash.as_bytes())?;
            writer.inner.flush()?;
            Ok(())
        })?;
        self.written = Instant::now();
        // No more than a twentieth of the time goes into it.
        self.wait = BETWEEN.max(20 * begun.elapsed());
        Ok(())
    }

    fn put(&self, found: &Found<'_>, writer: &mut impl Write) -> io::Result<()> {
        // What is known of most random keys is what was at the beginning.
        let is_known = |basin: &Basin| {
            basin.copies > 1 || basin.nearest.is_some() || basin.far.as_ref().is_some_and(|far| !far.is_empty())
        };
        let way = WAYS.iter().position(|&way| way == found.way).unwrap_or_default() as u32;
        let known = found.all.iter().filter(|basin| is_known(basin)).count();
        writer.write_all(MAGIC)?;
        writer.write_all(&VERSION.to_le_bytes())?;
        writer.write_all(&way.to_le_bytes())?;
        writer.write_all(self.asked.as_bytes())?;
        for number in [found.done, known] {
            writer.write_all(&(number as u64).to_le_bytes())?;
        }
        for (rank, basin) in found.all.iter().enumerate().filter(|known| is_known(known.1)) {
            let nearest = basin.nearest.unwrap_or(Neighbor { distance: 0, id: 0 });
            let flags = (u32::from(basin.values_agree) * AGREE) | (u32::from(basin.nearest.is_some()) * NEAREST);
            writer.write_all(&(rank as u64).to_le_bytes())?;
            writer.write_all(&basin.copies.to_le_bytes())?;
            writer.write_all(&flags.to_le_bytes())?;
            writer.write_all(&nearest.distance.to_le_bytes())?;
            writer.write_all(&nearest.id.to_le_bytes())?;
            for list in [&basin.near[..], basin.far.as_deref().unwrap_or_default()] {
                writer.write_all(&(list.len() as u32).to_le_bytes())?;
                for (distance, count) in list {
                    writer.write_all(&distance.to_le_bytes())?;
                    writer.write_all(&count.to_le_bytes())?;
                }
            }
        }
        Ok(())
    }
}

/// A hash that no other question has: the keys and values that there are, what they are called, and what is asked of them.
fn hash_of(look: &Look<'_>, among: [Stored<'_>; 2], ids: impl Iterator<Item = u64>) -> Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    let mut put = |number: u64| {
        hasher.update(&number.to_le_bytes());
    };
    put(look.radius.into());
    put(look.far.into());
    put(look.keys.map_or(u64::MAX, |keys| keys.len() as u64));
    look.keys.into_iter().flatten().copied().for_each(&mut put);
    put(among[0].len() as u64);
    ids.for_each(&mut put);
    for side in among {
        put(side.dim() as u64);
        for rows in side.pieces(ROWS) {
            rows?.iter().for_each(|row| row.words().iter().copied().for_each(&mut put));
        }
    }
    Ok(hasher.finalize())
}

fn damaged(place: &'static str, expected: &str, found: String) -> Error {
    Error::Run { place, expected: expected.into(), found }
}

fn take<const N: usize>(reader: &mut &[u8]) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    let cut = |_| damaged("length", "as many numbers as it says", "fewer".into());
    reader.read_exact(&mut bytes).map_err(cut)?;
    Ok(bytes)
}

fn half(reader: &mut &[u8]) -> Result<u32> {
    take(reader).map(u32::from_le_bytes)
}

fn whole(reader: &mut &[u8]) -> Result<u64> {
    take(reader).map(u64::from_le_bytes)
}

fn list(reader: &mut &[u8]) -> Result<Vec<(u32, u64)>> {
    (0..half(reader)?).map(|_| Ok((half(reader)?, whole(reader)?))).collect()
}
