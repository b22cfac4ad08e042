//! The manifest: what a store holds, as of one commit.
//!
//! One line `popfield store VERSION HASH`, then JSON, to which with the version the BLAKE3 hash belongs. A manifest is
//! written once, under the number of its generation, and never changed; the one of the highest generation is the store.

use std::collections::{BTreeMap, BTreeSet};

use popfield_kernels::LANES;
use serde::{Deserialize, Serialize};

use crate::patterns::Notes;
use crate::patterns::pattern::{MAX_DIM, words_of};
use crate::store::npy;
use crate::{Error, Result};

/// The version of manifests and of the layout of segments.
pub(crate) const VERSION: u32 = 1;
/// Rows of a segment at the most: what ids and labels take in memory while one is written.
pub(crate) const MAX_ROWS: u64 = 1 << 25;
/// Bytes of a manifest at the most.
pub(crate) const MAX_BYTES: usize = 64 << 20;
/// Bytes of all notes at the most: a number for each position, say, of keys of some hundred thousand.
pub(crate) const MAX_NOTES: usize = 10 << 20;

/// How every manifest begins, of every version.
pub(crate) const MAGIC: &str = "popfield store ";

/// What is added to the name of a file until it is whole.
pub(crate) const UNDER_WAY: &str = ".new";

/// The index of a store, which no manifest names: it tells itself of which segments it is.
pub(crate) const INDEX: &str = "index";

/// What a store holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// Counts commits.
    pub(crate) generation: u64,
    /// Dimension of the keys.
    pub(crate) dim: usize,
    /// Dimension of the values; none where keys are their own values.
    pub(crate) value_dim: Option<usize>,
    /// Above every id that was ever given.
    pub(crate) next_id: u64,
    /// Above the number of every segment that there ever was.
    pub(crate) next_segment: u64,
    pub(crate) notes: Notes,
    pub(crate) segments: Vec<Entry>,
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) rows: u64,
    /// The first id, where ids are consecutive; else they are a column.
    pub(crate) first_id: Option<u64>,
    pub(crate) columns: BTreeMap<Column, Digest>,
    /// Rows whose association was forgotten, as far as they were folded into a bitmap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bitmap: Option<Bitmap>,
    /// Rows forgotten since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) forgotten: Vec<u32>,
}

/// A file beside the keys of a segment, or the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Column {
    Keys,
    Values,
    /// The id of each row.
    Ids,
    /// The rows by ascending id, where ids do not ascend.
    IdOrder,
    /// The texts of all labels, one after the other.
    Labels,
    /// Where the label of each row ends.
    LabelEnds,
}

/// A file by its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Digest {
    /// Its length, header and all.
    pub(crate) bytes: u64,
    /// The hash of what follows the header.
    pub(crate) blake3: Hash,
}

/// A bitmap of rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bitmap {
    /// The generation that wrote it.
    pub(crate) generation: u64,
    pub(crate) rows: u64,
    pub(crate) digest: Digest,
}

/// A BLAKE3 hash, written in hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hash(pub(crate) blake3::Hash);

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.to_hex())
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_hex())
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        blake3::Hash::from_hex(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

impl Column {
    const ALL: [Self; 6] = [Self::Keys, Self::Values, Self::Ids, Self::IdOrder, Self::Labels, Self::LabelEnds];

    /// Its name among the files of a segment.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys.npy",
            Self::Values => "values.npy",
            Self::Ids => "ids.npy",
            Self::IdOrder => "id-order.npy",
            Self::Labels => "labels.txt",
            Self::LabelEnds => "label-ends.npy",
        }
    }

    pub(crate) fn file(self, segment: u64) -> String {
        format!("segment-{segment}-{}", self.name())
    }

    /// The shape of its array, for a segment of `rows` rows; `None` for what is none.
    pub(crate) fn shape(self, rows: u64, words: [usize; 2]) -> Option<Vec<u64>> {
        let lanes = |words: usize| Some(vec![rows.div_ceil(LANES as u64) * words as u64, LANES as u64]);
        match self {
            Self::Keys => lanes(words[0]),
            Self::Values => lanes(words[1]),
            Self::Ids | Self::IdOrder | Self::LabelEnds => Some(vec![rows]),
            Self::Labels => None,
        }
    }
}

impl Bitmap {
    pub(crate) fn file(&self, segment: u64) -> String {
        bitmap_file(segment, self.generation)
    }
}

pub(crate) fn bitmap_file(segment: u64, generation: u64) -> String {
    format!("segment-{segment}-forgotten-{generation}")
}

/// The file of a generation's manifest.
pub(crate) fn manifest_file(generation: u64) -> String {
    format!("manifest-{generation}")
}

/// The generation whose manifest has this name.
pub(crate) fn generation_of(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("manifest-")?;
    // Only as we write it, so that no two names are of one generation.
    digits.parse().ok().filter(|&generation| manifest_file(generation) == name)
}

/// Whether a store gives its files such names.
pub(crate) fn is_ours(name: &str) -> bool {
    let name = name.strip_suffix(UNDER_WAY).unwrap_or(name);
    let of_segment = || {
        let (number, rest) = name.strip_prefix("segment-")?.split_once('-')?;
        let is_bitmap = rest.strip_prefix("forgotten-").is_some_and(|generation| generation.parse::<u64>().is_ok());
        let is_column = Column::ALL.iter().any(|column| column.name() == rest);
        Some(number.parse::<u64>().is_ok() && (is_bitmap || is_column))
    };
    let of_index = name.strip_prefix(INDEX).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    generation_of(name).is_some() || of_index || of_segment() == Some(true)
}

impl Entry {
    /// Rows that are forgotten.
    pub(crate) fn forgotten_rows(&self) -> u64 {
        self.bitmap.as_ref().map_or(0, |bitmap| bitmap.rows) + self.forgotten.len() as u64
    }

    /// Rows whose association is there.
    pub(crate) fn live(&self) -> u64 {
        self.rows - self.forgotten_rows()
    }

    /// The files that it is made of.
    pub(crate) fn files(&self) -> impl Iterator<Item = String> + '_ {
        let columns = self.columns.keys().map(|column| column.file(self.number));
        columns.chain(self.bitmap.iter().map(|bitmap| bitmap.file(self.number)))
    }
}

impl Manifest {
    /// Words of keys and of values.
    pub(crate) fn words(&self) -> [usize; 2] {
        [self.dim.div_ceil(64), self.value_dim.unwrap_or(self.dim).div_ceil(64)]
    }

    /// Associations that are there.
    pub(crate) fn live(&self) -> u64 {
        self.segments.iter().map(Entry::live).sum()
    }

    /// The files of the store, this manifest among them.
    pub(crate) fn files(&self) -> BTreeSet<String> {
        let of_segments = self.segments.iter().flat_map(Entry::files);
        of_segments.chain([manifest_file(self.generation)]).collect()
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut body = serde_json::to_vec(self).map_err(std::io::Error::from)?;
        body.push(b'\n');
        let mut bytes = format!("{MAGIC}{VERSION} {}\n", hash_of(VERSION, &body)).into_bytes();
        bytes.extend(body);
        Ok(bytes)
    }

    /// The manifest of generation `generation`, checked in itself.
    ///
    /// # Errors
    /// [`Error::Version`]; [`Error::Store`].
    pub(crate) fn of_bytes(bytes: &[u8], generation: u64) -> Result<Self> {
        let file = manifest_file(generation);
        let refuse =
            |expected: &str, found: String| Err(Error::Store { file: file.clone(), expected: expected.into(), found });
        let line = bytes.iter().take(256).position(|&byte| byte == b'\n');
        let Some((version, hash, body)) = line.and_then(|end| {
            let line = std::str::from_utf8(&bytes[..end]).ok()?.strip_prefix(MAGIC)?;
            let (version, hash) = line.split_once(' ')?;
            // As it is written, without signs or zeros in front.
            let number: u32 = version.parse().ok().filter(|number: &u32| number.to_string() == version)?;
            Some((number, hash, &bytes[end + 1..]))
        }) else {
            return refuse("a line \"popfield store VERSION HASH\"", "another beginning".into());
        };
        // A version that the hash does not bear out is damage, whatever the number.
        let whole = hash_of(version, body).as_str() == hash;
        if whole && version != VERSION {
            return Err(Error::Version { what: "popfield store", expected: VERSION, found: version });
        }
        if !whole {
            return refuse("the hash of its content", "another: the file is damaged".into());
        }
        let manifest: Self = match serde_json::from_slice(body) {
            Ok(manifest) => manifest,
            Err(error) => return refuse("what a store holds, as JSON", error.to_string()),
        };
        match manifest.fault(generation) {
            Some((expected, found)) => refuse(expected, found),
            None => Ok(manifest),
        }
    }

    /// What it says that cannot be, though its hash is right: what was expected, and what came.
    fn fault(&self, generation: u64) -> Option<(&'static str, String)> {
        if self.generation != generation {
            return Some(("the generation of its name", self.generation.to_string()));
        }
        if let Some(dim) = [Some(self.dim), self.value_dim].into_iter().flatten().find(|&dim| words_of(dim).is_err()) {
            return Some(("dimensions within range", format!("{dim} of at most {MAX_DIM}")));
        }
        self.segments.iter().find_map(|entry| {
            let say = |what| Some((what, format!("segment {} otherwise", entry.number)));
            if entry.number >= self.next_segment
                || self.segments.iter().filter(|e| e.number == entry.number).count() > 1
            {
                return say("numbers of segments that are given once");
            }
            if entry.rows == 0 || entry.rows > MAX_ROWS || entry.forgotten_rows() > entry.rows {
                return say("segments of 1 to 2^25 rows, of which no more are forgotten than there are");
            }
            if entry.first_id.is_some_and(|first| first.checked_add(entry.rows).is_none_or(|end| end > self.next_id)) {
                return say("ids below the next");
            }
            if !entry.forgotten.is_sorted_by(|a, b| a < b)
                || entry.forgotten.last().is_some_and(|&row| u64::from(row) >= entry.rows)
            {
                return say("forgotten rows that are there, each once");
            }
            let has = |column| entry.columns.contains_key(&column);
            let right = has(Column::Keys)
                && has(Column::Values) == self.value_dim.is_some()
                && has(Column::Ids) == entry.first_id.is_none()
                && (has(Column::Ids) || !has(Column::IdOrder))
                && has(Column::Labels) == has(Column::LabelEnds);
            let fits = |(column, digest): (&Column, &Digest)| {
                let length = column.shape(entry.rows, self.words()).map(|shape| npy::length(&shape));
                length.is_none_or(|length| length == digest.bytes)
            };
            match right && entry.columns.iter().all(fits) {
                true => None,
                false => say("the columns of a segment, as long as its rows"),
            }
        })
    }
}

fn hash_of(version: u32, body: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{MAGIC}{version}\n").as_bytes()).update(body);
    hasher.finalize().to_hex().to_string()
}
