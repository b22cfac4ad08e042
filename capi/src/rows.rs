//! Rows of patterns as C has them, and the arrays that answers are written into.

use std::ffi::{CStr, OsStr, c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use popfield::patterns::BitOrder;
use popfield::{Batch, Patterns, Queries};

use crate::status::{Failure, Outcome};

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

    /// The rows of `patterns`.
    pub fn write(self, patterns: &Patterns, out: &mut [u8]) {
        match self {
            Self::Signs => out.iter_mut().zip(patterns.to_signs()).for_each(|(out, sign)| *out = sign as u8),
            Self::Bytes => out.iter_mut().zip(patterns.to_bools()).for_each(|(out, bit)| *out = bit.into()),
            Self::Packed => out.copy_from_slice(&patterns.to_packed(BitOrder::Big)),
            Self::PackedLittle => out.copy_from_slice(&patterns.to_packed(BitOrder::Little)),
        }
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

fn check_size<T>(count: usize, place: &str) -> Outcome {
    match count.checked_mul(size_of::<T>()) {
        Some(bytes) if isize::try_from(bytes).is_ok() => Ok(()),
        _ => Err(Failure::input(place, "at most 2^63 bytes", format!("{count} elements"))),
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
    Ok(Path::new(OsStr::from_bytes(bytes)))
}

impl popfield_rows {
    /// The bytes of `count` rows at `data`.
    ///
    /// # Safety
    /// As [`slice`], of the bytes that encoding, count and dim say.
    unsafe fn bytes<'a>(&self, data: *const c_void, encoding: popfield_encoding, place: &str) -> Outcome<&'a [u8]> {
        let all = self.count.checked_mul(encoding.row(self.dim));
        let all = all.ok_or_else(|| Failure::input(place, "at most 2^63 bytes", "more"))?;
        // SAFETY: the caller's word.
        unsafe { slice(data.cast(), all, place) }
    }

    /// The patterns.
    ///
    /// # Safety
    /// `data` points to as many rows as is said.
    pub unsafe fn patterns(&self, place: &'static str) -> Outcome<Patterns> {
        if !self.known.is_null() {
            return Err(Failure::input(&format!("known positions of {place}"), "NULL outside of queries", "a pointer"));
        }
        // SAFETY: the caller's word.
        unsafe { self.read(place) }
    }

    /// # Safety
    /// `data` points to as many rows as is said.
    unsafe fn read(&self, place: &'static str) -> Outcome<Patterns> {
        let encoding = popfield_encoding::asked(self.encoding, place)?;
        // SAFETY: the caller's word.
        let bytes = unsafe { self.bytes(self.data, encoding, place) }?;
        of_bytes(bytes, self.count, self.dim, encoding).map_err(|error| of_place(error, place))
    }

    /// The queries.
    ///
    /// # Safety
    /// `data` points to as many rows as is said, and `known` too unless it is null.
    pub unsafe fn queries(&self, dim: usize) -> Outcome<Queries> {
        if self.dim != dim {
            return Err(popfield::Error::Dimension { what: "queries", expected: dim, found: self.dim }.into());
        }
        let encoding = popfield_encoding::asked(self.encoding, "queries")?;
        if encoding == popfield_encoding::Signs && self.known.is_null() {
            // SAFETY: the caller's word; bytes and signed bytes are alike in memory.
            let bytes = unsafe { self.bytes(self.data, encoding, "queries") }?;
            return Ok(Queries::from_signs(&signed(bytes), dim)?);
        }
        // SAFETY: the caller's word.
        let signs = unsafe { self.read("queries") }?;
        if self.known.is_null() {
            return Ok(signs.into());
        }
        let of_known = match encoding {
            popfield_encoding::Signs | popfield_encoding::Bytes => popfield_encoding::Bytes,
            packed => packed,
        };
        // SAFETY: the caller's word.
        let known = unsafe { self.bytes(self.known, of_known, "known positions") }?;
        let known = of_bytes(known, self.count, dim, of_known).map_err(|error| of_place(error, "known positions"))?;
        Ok(Queries::with_known(signs, known)?)
    }
}

fn signed(bytes: &[u8]) -> Vec<i8> {
    bytes.iter().map(|&byte| byte as i8).collect()
}

fn of_bytes(bytes: &[u8], count: usize, dim: usize, encoding: popfield_encoding) -> popfield::Result<Patterns> {
    let mut patterns = Patterns::filled(count, dim, false)?;
    match encoding {
        popfield_encoding::Signs => patterns.set_signs(0, &signed(bytes))?,
        popfield_encoding::Bytes => patterns.set_bits(0, bytes)?,
        popfield_encoding::Packed => patterns.set_packed(0, bytes, BitOrder::Big)?,
        popfield_encoding::PackedLittle => patterns.set_packed(0, bytes, BitOrder::Little)?,
    }
    Ok(patterns)
}

/// An error about patterns, which the engine does not know to be keys, values or queries.
fn of_place(error: popfield::Error, place: &'static str) -> Failure {
    match error {
        popfield::Error::Element { row, column, expected, found, .. } => {
            popfield::Error::Element { what: place, row, column, expected, found }.into()
        }
        error => error.into(),
    }
}

impl popfield_associations {
    /// What is stored.
    ///
    /// # Safety
    /// All pointers point to as much as is said.
    pub unsafe fn read(&self) -> Outcome<Associations> {
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
        Ok(Associations { keys, values, ids, labels })
    }
}

/// Label number `place`, which the caller of [`popfield_associations::read`] vouches for.
fn text(place: usize, label: *const c_char) -> Outcome<String> {
    let place = format!("labels, place {place}");
    // SAFETY: the word of who called `read`.
    let bytes = unsafe { bytes(label, &place) }?;
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(Failure::input(&place, "UTF-8", "other bytes")),
    }
}
