//! An index as a file. The format lives here and nowhere else.
//!
//! | bytes | what |
//! |---|---|
//! | 0–7 | `popindex` |
//! | 8–11 | format version, 3 |
//! | 12–15, 16–19 | tables T, bits of the values of chunks |
//! | 20–23 | flags: bit 0 set if basins follow; bits 8–15 the degree of the budgets that follow, 0 for none |
//! | 24–31 | dimension d |
//! | 32–39 | keys n |
//! | 40–47 | segments that the keys lie in |
//! | 48–55 | numbers of the basins, as `around.rs` has them |
//! | 56–59, 60–63 | the radius of the basins, positions of a chunk |
//! | then | of each segment its keys, 8 bytes, and their hash, 32 bytes |
//! | then | positions of the chunks, 4 bytes each, and zeros to a multiple of 64 |
//! | then | the numbers of the tables, as `tables.rs` has them, then those of the basins, then those of the budgets (`powers.rs`), 4 bytes each |
//! | last 32 | BLAKE3 hash of everything before |
//!
//! Numbers are little-endian. Proofs rest on every one of them, so that the hash is checked before any is believed.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use popfield_map::{Held, bytes_of_halves};

use crate::error::room_for;
use crate::index::around::Around;
use crate::index::chunks::{BITS, Chunks};
use crate::index::origin::Origin;
use crate::index::powers::Powers;
use crate::index::tables::{Halves, Tables, bytes_of};
use crate::index::{Index, IndexInfo};
use crate::lasting::Hashing;
use crate::{Error, Result};

const MAGIC: &[u8; 8] = b"popindex";
const VERSION: u32 = 3;
const HEADER_BYTES: usize = 64;
const HASH_BYTES: usize = blake3::OUT_LEN;
const BASINS: u32 = 1;
/// Where in the flags the degree stands.
const DEGREE: u32 = 8;
/// Bytes that are written and hashed at a time.
const PIECE: usize = 1 << 22;

/// Numbers of a file that is held.
#[derive(Debug)]
struct Part {
    held: Arc<Held>,
    range: Range<usize>,
}

// The part was taken once when the file was opened, so that it can be taken.
impl Halves for Part {
    fn halves(&self) -> &[u32] {
        self.held.halves(self.range.clone()).unwrap_or_default()
    }
}

impl Index {
    /// Writes the index, which is of the keys of `origin`, all of them.
    pub(crate) fn write(&self, origin: &Origin, dim: usize, writer: impl Write) -> Result<()> {
        let mut writer = Hashing { inner: writer, hasher: blake3::Hasher::new() };
        let (tables, around) = (self.tables(), self.around());
        let chunks = &tables.chunks;
        let mut start = Vec::new();
        start.extend(MAGIC);
        let degree = self.powers().map_or(0, Powers::degree);
        let flags = if around.is_some() { BASINS } else { 0 } | degree << DEGREE;
        for number in [VERSION, chunks.len() as u32, chunks.bits(), flags] {
            start.extend(number.to_le_bytes());
        }
        let numbers = around.map_or(0, |around| around.numbers().len() as u64);
        let sizes = [dim as u64, tables.made_of() as u64, origin.parts().len() as u64, numbers];
        sizes.iter().for_each(|size| start.extend(size.to_le_bytes()));
        for number in [around.map_or(0, Around::radius), chunks.length() as u32] {
            start.extend(number.to_le_bytes());
        }
        for (keys, hash) in origin.parts() {
            start.extend(keys.to_le_bytes());
            start.extend(hash);
        }
        chunks.positions().iter().for_each(|position| start.extend(position.to_le_bytes()));
        start.resize(start.len().next_multiple_of(64), 0);
        writer.write_all(&start)?;
        let all = [Some(tables.numbers()), around.map(Around::numbers), self.powers().map(Powers::numbers)];
        for numbers in all.into_iter().flatten() {
            for piece in numbers.chunks(PIECE / 4) {
                match bytes_of_halves(piece) {
                    Some(bytes) => writer.write_all(bytes)?,
                    None => return Err(Error::Io(io::ErrorKind::Unsupported.into())),
                }
            }
        }
        let hash = writer.hasher.finalize();
        writer.inner.write_all(hash.as_bytes())?;
        Ok(())
    }

    /// Bytes of a file that tell what it is.
    pub(crate) const HEADER: usize = HEADER_BYTES;

    /// What a file that begins so says that it is, if it is of this version.
    pub(crate) fn claims(start: &[u8]) -> Option<IndexInfo> {
        let half = |at: usize| start[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        let whole = |at: usize| start[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        if start.len() < HEADER_BYTES || &start[..8] != MAGIC || half(8) != VERSION {
            return None;
        }
        let [tables, chunk, flags, radius, length] = [12, 16, 20, 56, 60].map(half);
        let [dim, keys, numbers] = [24, 32, 48].map(whole);
        // As the whole file is asked to be.
        let degree = flags >> DEGREE;
        let fits = u64::from(tables) * u64::from(length) <= dim.min(1 << 24) && length >= chunk;
        let sane = BITS.contains(&chunk) && u32::try_from(keys).is_ok() && fits && degree <= 64;
        let of_powers = if degree > 0 { keys.saturating_mul(3) } else { 0 };
        let of_known = numbers.saturating_add(of_powers).saturating_mul(4);
        sane.then(|| IndexInfo {
            tables: tables as usize,
            chunk,
            positions: length as usize,
            bytes: bytes_of(tables as usize, chunk, keys as usize).saturating_add(of_known),
            covered: keys as usize,
            radius: (flags & BASINS != 0).then_some(radius),
            degree: (degree > 0).then_some(degree),
        })
    }

    /// The index in `held`, for a memory of dimension `dim` whose keys are those of `origin`.
    ///
    /// # Errors
    /// [`Error::Version`] for another format; [`Error::Index`] if it is damaged, or of other keys.
    pub(crate) fn read(held: Arc<Held>, origin: &Origin, dim: usize) -> Result<Self> {
        let bytes = held.bytes();
        let damaged = |place, expected: String, found: String| Err(Error::Index { place, expected, found });
        if bytes.len() < HEADER_BYTES + HASH_BYTES || &bytes[..8] != MAGIC {
            return damaged("beginning", "\"popindex\" and a header".into(), "other bytes, or too few".into());
        }
        let half = |at: usize| bytes[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        let whole = |at: usize| bytes[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        if half(8) != VERSION {
            return Err(Error::Version { what: "popfield index", expected: VERSION, found: half(8) });
        }
        let (content, hash) = bytes.split_at(bytes.len() - HASH_BYTES);
        if blake3::Hasher::new().update_rayon(content).finalize().as_bytes() != hash {
            return damaged("hash", "that of the content".into(), "another: the file is damaged".into());
        }
        // Whole from here on: what does not fit was made for something else.
        let [tables, bits, flags, radius, length] = [12, 16, 20, 56, 60].map(half);
        let [found_dim, keys, segments, numbers] = [24, 32, 40, 48].map(whole);
        if found_dim != dim as u64 {
            return damaged("dimension", dim.to_string(), found_dim.to_string());
        }
        let (keys, positions) = (keys as usize, u64::from(tables) * u64::from(length));
        let parts = HEADER_BYTES as u128 + 40 * u128::from(segments);
        let start = (parts + 4 * u128::from(positions)).next_multiple_of(64);
        let (degree, has_basins) = (flags >> DEGREE, flags & BASINS);
        let known_flags = flags == degree << DEGREE | has_basins && degree <= 64;
        let sane = BITS.contains(&bits) && u32::try_from(keys).is_ok() && known_flags && tables as usize <= dim;
        let of_tables = if sane { bytes_of(tables as usize, bits, keys) } else { 0 };
        let of_powers = if degree > 0 { 12 * keys as u64 } else { 0 };
        let claimed = start + u128::from(of_tables) + 4 * u128::from(numbers) + u128::from(of_powers);
        if !sane || claimed != content.len() as u128 {
            return damaged("length", format!("{claimed} bytes, by its header"), content.len().to_string());
        }
        let part = |i: usize| {
            let at = HEADER_BYTES + 40 * i;
            let hash = bytes[at + 8..].first_chunk().copied().unwrap_or_default();
            (whole(at), hash)
        };
        let own = Origin::new((0..segments as usize).map(part));
        let mut list = room_for(positions as usize, "chunks of an index")?;
        list.extend((0..positions as usize).map(|i| half(parts as usize + 4 * i)));
        let Some(chunks) = Chunks::of_positions(bits, length as usize, list, dim) else {
            return damaged("chunks", "positions below the dimension, each once".into(), "others".into());
        };
        // Keys stored since are not in it; of others it knows nothing.
        let shared = own.shared(origin) as usize;
        let all: u64 = own.parts().iter().map(|part| part.0).sum();
        if shared == 0 || all != keys as u64 {
            return damaged("keys", "those of the memory".into(), "others, as of before a compaction".into());
        }
        let at = start as usize;
        let numbers_of = |range: Range<usize>| -> Option<Arc<dyn Halves>> {
            held.halves(range.clone())?;
            Some(Arc::new(Part { held: Arc::clone(&held), range }))
        };
        let tables = numbers_of(at..at + of_tables as usize).and_then(|it| Tables::of_numbers(chunks, keys, it));
        let rest = at + of_tables as usize..at + of_tables as usize + 4 * numbers as usize;
        // Budgets are of keys that are all at their places.
        let powers = match degree {
            1.. if shared == keys => numbers_of(rest.end..rest.end + of_powers as usize),
            _ => None,
        };
        let around = match has_basins {
            0 => Some(None),
            _ => numbers_of(rest).and_then(|it| Around::of_numbers(keys, radius, it)).map(Some),
        };
        match (tables, around) {
            (Some(tables), Some(around)) => {
                let index = Self::new(tables.cut(shared), around.map(|around| around.cut(shared)));
                Ok(match powers {
                    Some(numbers) => index.with_powers(Powers::of_numbers(degree, numbers)),
                    None => index,
                })
            }
            _ => damaged("numbers", "as many as its header says, on a little-endian machine".into(), "others".into()),
        }
    }
}
