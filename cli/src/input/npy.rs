//! NumPy arrays: (n, d) of bools, of ±1 or 0/1 numbers of any width, or (n, ⌈d/8⌉) of packed bytes; C or Fortran order.
//!
//! The header is parsed here rather than by a library because it comes from anywhere: it is held to the file's length
//! before anything is allocated, and its numbers cannot overflow.

use std::fs::File;
use std::io::{BufReader, Read};

use popfield::{Patterns, Queries};

use super::Reading;
use crate::failure::{Failure, Result};

/// Longer headers than any array of plain numbers has.
const MAX_HEADER_BYTES: u64 = 1 << 16;

/// Bytes read at a time.
const CHUNK_BYTES: usize = 1 << 20;

pub fn read(reading: &Reading<'_>) -> Result<Queries> {
    let failed = |error| Failure::reading(reading.path, &error);
    let file = File::open(reading.path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let mut reader = BufReader::with_capacity(CHUNK_BYTES, file);
    let (header, header_bytes) = Header::read(&mut reader, length, reading)?;
    let [rows, columns] = header.shape[..] else {
        let found = header.shape.len();
        return Err(reading.failure(format!("expected a 2-D array (patterns, dimension), found {found}-D")));
    };
    let element = Element::of(&header.descr, reading)?;
    let elements = u128::from(rows) * u128::from(columns);
    let claimed = elements.saturating_mul(element.bytes as u128).saturating_add(u128::from(header_bytes));
    if claimed != u128::from(length) {
        let why = if claimed > u128::from(length) { "cut short" } else { "longer than its header says" };
        return Err(reading.failure(format!("{why}: expected {claimed} bytes by its header, found {length}")));
    }
    let (rows, columns) = match (usize::try_from(rows), usize::try_from(columns)) {
        (Ok(rows), Ok(columns)) if rows > 0 => (rows, columns),
        _ => return Err(reading.failure(format!("expected at least one pattern, found shape ({rows}, {columns})"))),
    };
    if reading.options.packed {
        return packed(reading, &header, &mut reader, rows, columns).map(Queries::from);
    }
    reading.check_dim(columns)?;
    unpacked(reading, &header, element, &mut reader, rows, columns)
}

/// The parts of the header that matter.
#[derive(Debug)]
struct Header {
    descr: String,
    fortran_order: bool,
    shape: Vec<u64>,
}

impl Header {
    /// Reads the header of a file of `length` bytes; returns it with the bytes it took.
    fn read(reader: &mut impl Read, length: u64, reading: &Reading<'_>) -> Result<(Self, u64)> {
        let short = |_| reading.failure(format!("not a whole .npy file: it ends within its header, at {length} bytes"));
        let mut start = [0u8; 8];
        reader.read_exact(&mut start).map_err(short)?;
        if &start[..6] != b"\x93NUMPY" {
            return Err(reading.failure("not an .npy file: expected it to begin with \\x93NUMPY"));
        }
        let (text_bytes, before) = match start[6] {
            1 => {
                let mut size = [0; 2];
                reader.read_exact(&mut size).map_err(short)?;
                (u64::from(u16::from_le_bytes(size)), 10)
            }
            2 | 3 => {
                let mut size = [0; 4];
                reader.read_exact(&mut size).map_err(short)?;
                (u64::from(u32::from_le_bytes(size)), 12)
            }
            other => return Err(reading.failure(format!("expected .npy version 1, 2 or 3, found {other}"))),
        };
        if text_bytes > MAX_HEADER_BYTES || before + text_bytes > length {
            let most = MAX_HEADER_BYTES.min(length.saturating_sub(before));
            return Err(
                reading.failure(format!("header: expected at most {most} bytes, found a claim of {text_bytes}"))
            );
        }
        let mut text = vec![0; text_bytes as usize];
        reader.read_exact(&mut text).map_err(short)?;
        let parsed = std::str::from_utf8(&text).ok().and_then(|text| Self::parse(&mut Tokens { rest: text }));
        let expected = "{'descr': …, 'fortran_order': …, 'shape': (…)} of plain numbers";
        let header = parsed.ok_or_else(|| {
            let found: String = String::from_utf8_lossy(&text).trim().chars().take(120).collect();
            reading.failure(format!("header: expected {expected}, found {found:?}"))
        })?;
        Ok((header, before + text_bytes))
    }

    /// The Python dictionary that a header is, as far as arrays of plain numbers need it: no nesting beyond the shape's
    /// tuple.
    fn parse(tokens: &mut Tokens<'_>) -> Option<Self> {
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        tokens.punctuation('{')?;
        while tokens.punctuation('}').is_none() {
            let key = tokens.string()?;
            tokens.punctuation(':')?;
            match key {
                "descr" => descr = Some(tokens.string()?.to_owned()),
                "fortran_order" => fortran_order = Some(tokens.boolean()?),
                "shape" => shape = Some(tokens.tuple()?),
                _ => return None,
            }
            if tokens.punctuation(',').is_none() {
                tokens.punctuation('}')?;
                break;
            }
        }
        tokens.rest.trim().is_empty().then_some(Self { descr: descr?, fortran_order: fortran_order?, shape: shape? })
    }
}

/// What is left of a header's text.
struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    fn punctuation(&mut self, character: char) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(character)?;
        Some(())
    }

    fn string(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_start();
        let quote = rest.chars().next().filter(|quote| ['\'', '"'].contains(quote))?;
        let (string, rest) = rest[1..].split_once(quote)?;
        self.rest = rest;
        (!string.contains('\\')).then_some(string)
    }

    fn boolean(&mut self) -> Option<bool> {
        let rest = self.rest.trim_start();
        let (value, rest) = match rest.strip_prefix("True") {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix("False")?),
        };
        self.rest = rest;
        Some(value)
    }

    fn tuple(&mut self) -> Option<Vec<u64>> {
        self.punctuation('(')?;
        let mut numbers = Vec::new();
        while self.punctuation(')').is_none() {
            let rest = self.rest.trim_start();
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            numbers.push(rest[..digits].parse().ok()?);
            self.rest = &rest[digits..];
            if self.punctuation(',').is_none() {
                self.punctuation(')')?;
                break;
            }
        }
        Some(numbers)
    }
}

/// How the elements of an array are read.
#[derive(Clone, Copy)]
struct Element {
    bytes: usize,
    /// The number that little-endian bytes hold. As `f64` it is 1, −1 or 0 just where the element is; false is −1.
    number: fn(&[u8]) -> f64,
    big_endian: bool,
    boolean: bool,
    signed: bool,
}

/// Bytes that the caller has cut to the width of a number.
fn exactly<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("as many bytes as the type has")
}

impl Element {
    fn of(descr: &str, reading: &Reading<'_>) -> Result<Self> {
        let packed = reading.options.packed;
        let refuse = || {
            let expected = if packed { "uint8 (|u1), as --packed says" } else { "bool, or an integer or float type" };
            reading.failure(format!("expected dtype {expected}, found {descr:?}"))
        };
        let mut parts = descr.chars();
        let (order, kind, size) = (parts.next(), parts.next(), parts.as_str());
        let number: fn(&[u8]) -> f64 = match (kind, size) {
            (Some('u'), "1") => |bytes| f64::from(bytes[0]),
            _ if packed => return Err(refuse()),
            (Some('b'), "1") => |bytes| if bytes[0] == 0 { -1.0 } else { f64::from(bytes[0]) },
            (Some('i'), "1") => |bytes| f64::from(i8::from_le_bytes(exactly(bytes))),
            (Some('i'), "2") => |bytes| f64::from(i16::from_le_bytes(exactly(bytes))),
            (Some('i'), "4") => |bytes| f64::from(i32::from_le_bytes(exactly(bytes))),
            (Some('i'), "8") => |bytes| i64::from_le_bytes(exactly(bytes)) as f64,
            (Some('u'), "2") => |bytes| f64::from(u16::from_le_bytes(exactly(bytes))),
            (Some('u'), "4") => |bytes| f64::from(u32::from_le_bytes(exactly(bytes))),
            (Some('u'), "8") => |bytes| u64::from_le_bytes(exactly(bytes)) as f64,
            (Some('f'), "2") => |bytes| half::f16::from_le_bytes(exactly(bytes)).to_f64(),
            (Some('f'), "4") => |bytes| f64::from(f32::from_le_bytes(exactly(bytes))),
            (Some('f'), "8") => |bytes| f64::from_le_bytes(exactly(bytes)),
            _ => return Err(refuse()),
        };
        let bytes = size.parse().map_err(|_| refuse())?;
        let big_endian = match order {
            Some('>') => true,
            Some('<') => false,
            Some('|') if bytes == 1 => false,
            _ => return Err(refuse()),
        };
        let signed = matches!(kind, Some('i' | 'f'));
        Ok(Self { bytes, number, big_endian, boolean: kind == Some('b'), signed })
    }

    /// The bit that `number` stands for and whether it is known, or `None` if it has no place here.
    fn bit(self, number: f64, zero_one: bool, erasable: bool) -> Option<(bool, bool)> {
        match number {
            1.0 => Some((true, true)),
            -1.0 if self.boolean || !zero_one => Some((false, true)),
            0.0 if zero_one => Some((false, true)),
            0.0 if erasable && self.signed => Some((false, false)),
            _ => None,
        }
    }
}

/// An array with an element for every position.
fn unpacked(
    reading: &Reading<'_>,
    header: &Header,
    element: Element,
    reader: &mut impl Read,
    rows: usize,
    columns: usize,
) -> Result<Queries> {
    let filled = |bit| Patterns::filled(rows, columns, bit).map_err(|error| reading.error(&error));
    let mut signs = filled(false)?;
    let mut known: Option<Patterns> = None;
    // Elements come in the order of the file: row by row, or column by column.
    let (outer, inner) = if header.fortran_order { (columns, rows) } else { (rows, columns) };
    let mut buffer = vec![0u8; (CHUNK_BYTES / element.bytes).min(inner).max(1) * element.bytes];
    for o in 0..outer {
        let mut i = 0;
        while i < inner {
            let take = (buffer.len() / element.bytes).min(inner - i);
            let buffer = &mut buffer[..take * element.bytes];
            reader.read_exact(buffer).map_err(|error| Failure::reading(reading.path, &error))?;
            for bytes in buffer.chunks_exact_mut(element.bytes) {
                if element.big_endian {
                    bytes.reverse();
                }
                let (row, column) = if header.fortran_order { (i, o) } else { (o, i) };
                let number = (element.number)(bytes);
                let Some((sign, is_known)) = element.bit(number, reading.zero_one(), reading.erasable) else {
                    return Err(reading.bad_element(row, column, number, reading.erasable && element.signed));
                };
                if sign {
                    signs.set(row, column, true);
                }
                if !is_known && known.is_none() {
                    known = Some(filled(true)?);
                }
                if let Some(known) = &mut known
                    && !is_known
                {
                    known.set(row, column, false);
                }
                i += 1;
            }
        }
    }
    match known {
        None => Ok(signs.into()),
        Some(known) => Queries::with_known(signs, known).map_err(|error| reading.error(&error)),
    }
}

/// An array of packed bytes.
fn packed(
    reading: &Reading<'_>,
    header: &Header,
    reader: &mut impl Read,
    rows: usize,
    row_bytes: usize,
) -> Result<Patterns> {
    let Some(dim) = reading.dim else {
        return Err(reading.failure("packed patterns do not tell their dimension: expected --dim D"));
    };
    let expected = dim.div_ceil(8);
    if row_bytes != expected {
        let hint = if reading.role == "values" { "; --value-dim D tells the values' own dimension" } else { "" };
        let found = format!("found {row_bytes} (up to {} positions)", row_bytes as u128 * 8);
        return Err(
            reading.failure(format!("expected {expected} packed bytes a row for dimension {dim}, {found}{hint}"))
        );
    }
    let failed = |error| Failure::reading(reading.path, &error);
    let add = |error: popfield::Error| reading.error(&error);
    if header.fortran_order {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(failed)?;
        let by_row: Vec<u8> = (0..rows * row_bytes).map(|at| bytes[at % row_bytes * rows + at / row_bytes]).collect();
        return Patterns::from_packed(&by_row, dim, reading.bit_order()).map_err(add);
    }
    let mut patterns = Patterns::filled(rows, dim, false).map_err(add)?;
    let mut row = vec![0u8; row_bytes];
    for index in 0..rows {
        reader.read_exact(&mut row).map_err(failed)?;
        patterns.set_packed(index, &row, reading.bit_order()).map_err(add)?;
    }
    Ok(patterns)
}
