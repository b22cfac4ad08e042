//! Rows of patterns as C has them, and the arrays that answers are written into.

use std::ffi::{CStr, OsStr, c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use popfield::patterns::BitOrder;
use popfield::{Batch, Patterns, Queries};

use crate::status::{Failure, Outcome};

/// Bytes that elements take as they are written, at the least those of eight rows.
const PIECE_BYTES: usize = 1 << 20;

/// How the positions of a pattern stand in bytes.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum popfield_encoding {
    /// A signed byte each, +1 or -1; in queries 0 is an unknown position.
    Signs = 0,
    /// A byte each, 1 or 0.
    Bytes = 1,
    /// A bit each, ceil(dim / 8) bytes a row; position 0 is the highest bit of the first byte (numpy.packbits). The bits
    /// beyond dim must be 0.
    Packed = 2,
    /// A bit each, position 0 being the lowest bit of the first byte: on little-endian machines words of 64 positions.
    PackedLittle = 3,
}

impl popfield_encoding {
    pub fn asked(encoding: u32, place: &str) -> Outcome<Self> {
        [Self::Signs, Self::Bytes, Self::Packed, Self::PackedLittle]
            .into_iter()
            .find(|known| *known as u32 == encoding)
            .ok_or_else(|| Failure::input(&format!("{place} encoding"), "one of popfield_encoding (0 to 3)", encoding))
    }

    /// Bytes of a row.
    pub fn row(self, dim: usize) -> usize {
        match self {
            Self::Signs | Self::Bytes => dim,
            Self::Packed | Self::PackedLittle => dim.div_ceil(8),
        }
    }

    /// The rows of `patterns`, of which there is at least one where `out` has bytes.
    pub fn write(self, patterns: &Patterns, out: &mut [u8]) -> popfield::Result<()> {
        // Some at a time: as many bytes again as `out` has may be more than there are.
        let some = (PIECE_BYTES / patterns.dim()).max(1).next_multiple_of(8);
        for (piece, out) in out.chunks_mut(some * self.row(patterns.dim())).enumerate() {
            let first = piece * some;
            let rows = patterns.range(first..first + some)?;
            match self {
                Self::Signs => out.iter_mut().zip(rows.to_signs()).for_each(|(out, sign)| *out = sign as u8),
                Self::Bytes => out.iter_mut().zip(rows.to_bools()).for_each(|(out, bit)| *out = bit.into()),
                Self::Packed => out.copy_from_slice(&rows.to_packed(BitOrder::Big)),
                Self::PackedLittle => out.copy_from_slice(&rows.to_packed(BitOrder::Little)),
            }
        }
        Ok(())
    }
}

/// Patterns, one a row, row after row.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct popfield_rows {
    /// The elements, in the encoding.
    pub data: *const c_void,
    /// How many rows.
    pub count: usize,
    /// Positions of each.
    pub dim: usize,
    /// One of popfield_encoding.
    pub encoding: u32,
    /// In queries: which positions are known, of the same shape; bytes of 1 or 0 beside signs and bytes, packed bits
    /// beside packed ones. NULL for all. NULL in keys and values.
    pub known: *const c_void,
}

/// What is stored: a key for each association, and what else there is for it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct popfield_associations {
    pub keys: popfield_rows,
    /// As many as keys; data NULL where keys are their own values.
    pub values: popfield_rows,
    /// An id for each key, none of them 2^64 - 1; NULL to have them counted.
    pub ids: *const u64,
    /// A label for each key, UTF-8; NULL where there are none, an empty text for a key without.
    pub labels: *const *const c_char,
}

/// Rows that are there, not looked into yet.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    place: &'static str,
    bytes: &'a [u8],
    count: usize,
    dim: usize,
    encoding: popfield_encoding,
}

/// Queries that are there, not looked into yet.
pub struct Prompts<'a> {
    signs: Rows<'a>,
    known: Option<Rows<'a>>,
}

/// Associations that are there, of which the patterns are not looked into yet.
pub struct Given<'a> {
    keys: Rows<'a>,
    values: Option<Rows<'a>>,
    ids: Option<Vec<u64>>,
    labels: Option<Vec<String>>,
}

/// What was read of associations.
pub struct Associations {
    pub keys: Patterns,
    pub values: Option<Patterns>,
    pub ids: Option<Vec<u64>>,
    pub labels: Option<Vec<String>>,
}

impl Associations {
    pub fn batch(&self) -> Batch<'_> {
        Batch::of(&self.keys, self.values.as_ref(), self.ids.as_deref(), self.labels.as_deref())
    }
}

/// What stands at `pointer`, which must not be null.
///
/// # Safety
/// It is null, or points to a `T` that nobody writes while the reference lives.
pub unsafe fn read<'a, T>(pointer: *const T, place: &str) -> Outcome<&'a T> {
    check(pointer, place)?;
    // SAFETY: not null and aligned; the rest is the caller's word.
    Ok(unsafe { &*pointer })
}

/// As [`read`], of what is written.
///
/// # Safety
/// It is null, or points to a `T` that nobody else touches while the reference lives.
pub unsafe fn write<'a, T>(pointer: *mut T, place: &str) -> Outcome<&'a mut T> {
    check(pointer, place)?;
    // SAFETY: not null and aligned; the rest is the caller's word.
    Ok(unsafe { &mut *pointer })
}

/// `count` elements at `pointer`, which may be null where there are none.
///
/// # Safety
/// It points to `count` elements that nobody writes while the slice lives, or is null.
pub unsafe fn slice<'a, T>(pointer: *const T, count: usize, place: &str) -> Outcome<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    check(pointer, place)?;
    check_size::<T>(count, place)?;
    // SAFETY: not null and aligned, and no longer than an object may be; the rest is the caller's word.
    Ok(unsafe { std::slice::from_raw_parts(pointer, count) })
}

/// As [`slice`], of what is written; `count` is what the caller has room for, and `expected` what there is to write.
///
/// # Safety
/// It points to `count` elements that nobody else touches while the slice lives, or is null.
pub unsafe fn room<'a, T>(pointer: *mut T, count: usize, expected: Option<usize>, place: &str) -> Outcome<&'a mut [T]> {
    if Some(count) != expected {
        let expected = expected.map_or_else(|| "fewer".to_owned(), |expected| expected.to_string());
        return Err(Failure::input(place, format!("room for {expected} elements"), count));
    }
    if count == 0 {
        return Ok(&mut []);
    }
    check(pointer, place)?;
    check_size::<T>(count, place)?;
    // SAFETY: not null and aligned, and no longer than an object may be; the rest is the caller's word.
    Ok(unsafe { std::slice::from_raw_parts_mut(pointer, count) })
}

fn check<T>(pointer: *const T, place: &str) -> Outcome {
    if pointer.is_null() {
        return Err(Failure::input(place, "a pointer", "NULL"));
    }
    if !pointer.is_aligned() {
        return Err(Failure::input(place, format!("a pointer aligned to {} bytes", align_of::<T>()), "another"));
    }
    Ok(())
}

/// That something may be written at `pointer`, if that is not null.
pub fn check_unless_null<T>(pointer: *const T, place: &str) -> Outcome {
    if pointer.is_null() { Ok(()) } else { check(pointer, place) }
}

fn check_size<T>(count: usize, place: &str) -> Outcome {
    match count.checked_mul(size_of::<T>()) {
        Some(bytes) if isize::try_from(bytes).is_ok() => Ok(()),
        _ => {
            Err(Failure::input(place, "less than 2^63 bytes", format!("{count} elements of {} bytes", size_of::<T>())))
        }
    }
}

/// A text.
///
/// # Safety
/// It is null, or points to a text that ends with a zero byte.
unsafe fn bytes<'a>(pointer: *const c_char, place: &str) -> Outcome<&'a [u8]> {
    check(pointer, place)?;
    // SAFETY: not null; the rest is the caller's word.
    Ok(unsafe { CStr::from_ptr(pointer) }.to_bytes())
}

/// A path.
///
/// # Safety
/// It is null, or points to a text that ends with a zero byte.
pub unsafe fn path<'a>(pointer: *const c_char) -> Outcome<&'a Path> {
    // SAFETY: the caller's word.
    let bytes = unsafe { bytes(pointer, "path") }?;
    if bytes.is_empty() {
        return Err(Failure::input("path", "the name of a file or folder", "an empty text"));
    }
    Ok(Path::new(OsStr::from_bytes(bytes)))
}

impl popfield_rows {
    /// The rows, whose elements stand at `data`.
    ///
    /// # Safety
    /// `data` points to as many rows as is said.
    unsafe fn at<'a>(
        &self,
        data: *const c_void,
        encoding: popfield_encoding,
        place: &'static str,
    ) -> Outcome<Rows<'a>> {
        let (count, dim) = (self.count, self.dim);
        let all = count.checked_mul(encoding.row(dim)).filter(|&all| isize::try_from(all).is_ok());
        let found = || format!("{count} rows of {dim} positions");
        let all = all.ok_or_else(|| Failure::input(place, "less than 2^63 bytes", found()))?;
        // SAFETY: the caller's word.
        let bytes = unsafe { slice(data.cast(), all, place) }?;
        Ok(Rows { place, bytes, count, dim, encoding })
    }

    /// The patterns.
    ///
    /// # Safety
    /// `data` points to as many rows as is said.
    unsafe fn patterns<'a>(&self, place: &'static str) -> Outcome<Rows<'a>> {
        if !self.known.is_null() {
            return Err(Failure::input(&format!("known positions of {place}"), "NULL outside of queries", "a pointer"));
        }
        let encoding = popfield_encoding::asked(self.encoding, place)?;
        // SAFETY: the caller's word.
        unsafe { self.at(self.data, encoding, place) }
    }

    /// The queries.
    ///
    /// # Safety
    /// `data` points to as many rows as is said, and `known` too unless it is null.
    pub unsafe fn prompts<'a>(&self, dim: usize) -> Outcome<Prompts<'a>> {
        if self.dim != dim {
            return Err(popfield::Error::Dimension { what: "queries", expected: dim, found: self.dim }.into());
        }
        let encoding = popfield_encoding::asked(self.encoding, "queries")?;
        // SAFETY: the caller's word.
        let signs = unsafe { self.at(self.data, encoding, "queries") }?;
        if self.known.is_null() {
            return Ok(Prompts { signs, known: None });
        }
        let of_known = match encoding {
            popfield_encoding::Signs | popfield_encoding::Bytes => popfield_encoding::Bytes,
            packed => packed,
        };
        // SAFETY: the caller's word.
        let known = unsafe { self.at(self.known, of_known, "known positions") }?;
        Ok(Prompts { signs, known: Some(known) })
    }
}

impl Rows<'_> {
    /// As signed bytes.
    fn signed(&self) -> &[i8] {
        // SAFETY: bytes and signed bytes are alike in memory.
        unsafe { std::slice::from_raw_parts(self.bytes.as_ptr().cast(), self.bytes.len()) }
    }

    fn patterns(&self) -> popfield::Result<Patterns> {
        let read = || {
            let mut patterns = Patterns::filled(self.count, self.dim, false)?;
            match self.encoding {
                popfield_encoding::Signs => patterns.set_signs(0, self.signed())?,
                popfield_encoding::Bytes => patterns.set_bits(0, self.bytes)?,
                popfield_encoding::Packed => patterns.set_packed(0, self.bytes, BitOrder::Big)?,
                popfield_encoding::PackedLittle => patterns.set_packed(0, self.bytes, BitOrder::Little)?,
            }
            Ok(patterns)
        };
        read().map_err(|error| of_place(error, self.place))
    }
}

impl Prompts<'_> {
    /// Bytes of the rows.
    pub fn bytes(&self) -> usize {
        self.signs.bytes.len()
    }

    /// The queries. Patterns are made side by side, so this is for a pool.
    pub fn queries(&self) -> popfield::Result<Queries> {
        match &self.known {
            Some(known) => Queries::with_known(self.signs.patterns()?, known.patterns()?),
            None if self.signs.encoding == popfield_encoding::Signs => {
                Queries::from_signs(self.signs.signed(), self.signs.dim)
            }
            None => Ok(self.signs.patterns()?.into()),
        }
    }
}

impl Given<'_> {
    /// Bytes of the rows.
    pub fn bytes(&self) -> usize {
        self.keys.bytes.len() + self.values.map_or(0, |values| values.bytes.len())
    }

    /// The associations. Patterns are made side by side, so this is for a pool.
    pub fn associations(self) -> popfield::Result<Associations> {
        let values = self.values.map(|values| values.patterns()).transpose()?;
        Ok(Associations { keys: self.keys.patterns()?, values, ids: self.ids, labels: self.labels })
    }
}

/// An error about patterns, which the engine does not know to be keys, values or queries.
fn of_place(error: popfield::Error, place: &'static str) -> popfield::Error {
    use popfield::Error::{Element, Parameter, TailBit};
    match error {
        Element { row, column, expected, found, .. } => Element { what: place, row, column, expected, found },
        TailBit { row, dim, bit, .. } => TailBit { what: place, row, dim, bit },
        Parameter { what: "dimension", expected, found } => {
            Parameter { what: place, expected: format!("a dimension of {expected}"), found }
        }
        error => error,
    }
}

impl popfield_associations {
    /// What is stored.
    ///
    /// # Safety
    /// All pointers point to as much as is said.
    pub unsafe fn given<'a>(&self) -> Outcome<Given<'a>> {
        let count = self.keys.count;
        // SAFETY: the caller's word.
        let keys = unsafe { self.keys.patterns("keys") }?;
        let values = if self.values.data.is_null() {
            if self.values.count > 0 {
                return Err(Failure::input("values", "a pointer beside a count", "NULL"));
            }
            None
        } else {
            // SAFETY: the caller's word.
            Some(unsafe { self.values.patterns("values") }?)
        };
        let ids = if self.ids.is_null() {
            None
        } else {
            // SAFETY: the caller's word.
            Some(unsafe { slice(self.ids, count, "ids") }?.to_vec())
        };
        let labels = if self.labels.is_null() {
            None
        } else {
            // SAFETY: the caller's word.
            let labels = unsafe { slice(self.labels, count, "labels") }?;
            Some(labels.iter().enumerate().map(|(place, &label)| text(place, label)).collect::<Outcome<_>>()?)
        };
        Ok(Given { keys, values, ids, labels })
    }
}

/// Label number `place`, which the caller of [`popfield_associations::given`] vouches for.
fn text(place: usize, label: *const c_char) -> Outcome<String> {
    let place = format!("labels, place {place}");
    // SAFETY: the word of who called `given`.
    let bytes = unsafe { bytes(label, &place) }?;
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(Failure::input(&place, "UTF-8", "other bytes")),
    }
}
