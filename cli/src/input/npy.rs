//! NumPy arrays: (n, d) or (n, height, width) of bools, of ±1 or 0/1 numbers of any width, or packed bits, (n, ⌈d/8⌉)
//! bytes or (n, ⌈d/64⌉) words; C or Fortran order. And ids, (n), of any integer type.
//!
//! The header is parsed here rather than by a library because it comes from anywhere: it is held to the file's length
//! before anything is allocated, and its numbers cannot overflow.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use popfield::patterns::BitOrder;
use popfield::{Patterns, Queries};

use super::reading::{Label, Loaded, Reading, Shape};
use crate::args::Input;
use crate::failure::{Failure, Result};

/// How an array begins.
pub const MAGIC: &[u8] = b"\x93NUMPY";

/// Longer headers than any array of plain numbers has.
const MAX_HEADER_BYTES: u64 = 1 << 16;

/// Bytes read at a time.
const CHUNK_BYTES: usize = 1 << 20;

pub fn read_file(reading: &Reading<'_>) -> Result<Loaded> {
    let (mut reader, length) = reading.source.whole()?;
    read(reading, &mut reader, length)
}

/// Reads an array of `length` bytes.
pub fn read(reading: &Reading<'_>, reader: &mut impl Read, length: u64) -> Result<Loaded> {
    let array = Array::begin(reading, reader, length)?;
    array.check_some(reading)?;
    array.rows(reading, reader, array.layout, 0)
}

/// An array whose header was read and held to its file.
struct Array {
    header: Header,
    element: Element,
    layout: Layout,
    /// Those by which it is read.
    options: Input,
}

impl Array {
    fn begin(reading: &Reading<'_>, reader: &mut impl Read, length: u64) -> Result<Self> {
        let label = reading.label();
        let header = Header::read(reader, length, &label)?;
        let bytes = Dtype::of(&header.descr).is_some_and(|dtype| matches!(dtype.name, "uint8" | "uint64"));
        let options = match reading.options.packed_if_bytes && bytes {
            true => Input { packed: true, encoding: None, ..reading.options.clone() },
            false => reading.options.clone(),
        };
        let reading = &Reading { options: &options, ..*reading };
        let element = Element::of(&header.descr, reading)?;
        let layout = Layout::of(&header, reading)?;
        header.check_length(element.dtype.bytes, length, &label)?;
        Ok(Self { header, element, layout, options })
    }

    /// Refuses an array without rows.
    fn check_some(&self, reading: &Reading<'_>) -> Result<()> {
        if self.layout.rows == 0 {
            let shape = self.header.shape_in_words();
            return Err(reading.failure(format!("expected at least one pattern, found shape {shape}")));
        }
        Ok(())
    }

    /// The rows of `layout`, which come next from `reader`; the first of them is row `first` of the array.
    fn rows(&self, reading: &Reading<'_>, reader: &mut impl Read, layout: Layout, first: usize) -> Result<Loaded> {
        let reading = &Reading { options: &self.options, ..*reading };
        let (header, element) = (&self.header, self.element);
        if reading.options.packed {
            return packed(reading, header, element, reader, layout, first);
        }
        reading.check_dim(layout.columns())?;
        let queries = unpacked(reading, header, element, reader, layout, first)?;
        let name = element.dtype.name;
        let mut loaded = match layout.shape {
            None => Loaded::new(queries, format!("× {} {name}", layout.columns())),
            Some(shape) => {
                let pictures = if layout.rows == 1 { "picture" } else { "pictures" };
                Loaded::new(queries, format!("{pictures} of {shape} {name}"))
            }
        };
        loaded.shape = layout.shape;
        Ok(loaded)
    }
}

/// An array whose rows are read some at a time.
pub struct Rows {
    reader: BufReader<File>,
    array: Array,
    next: usize,
}

impl Rows {
    pub fn open(reading: &Reading<'_>) -> Result<Self> {
        Self::of(reading, reading.source.whole()?)
    }

    /// The rows of the array that such a file of so many bytes is.
    pub fn of(reading: &Reading<'_>, (mut reader, length): (BufReader<File>, u64)) -> Result<Self> {
        let array = Array::begin(reading, &mut reader, length)?;
        array.check_some(reading)?;
        Ok(Self { reader, array, next: 0 })
    }

    /// What its elements are called.
    pub fn type_name(&self) -> &'static str {
        self.array.element.dtype.name
    }

    /// Whether its elements may be negative.
    pub fn signed(&self) -> bool {
        self.array.element.signed || self.array.element.boolean
    }

    /// Positions of a row.
    pub fn columns(&self) -> usize {
        self.array.layout.columns()
    }

    /// Rows that were read.
    pub fn before(&self) -> usize {
        self.next
    }

    /// Width and height, where rows are pictures.
    pub fn shape(&self) -> Option<Shape> {
        self.array.layout.shape
    }

    /// The place of an element, in words.
    pub fn place(&self, row: usize, column: usize) -> String {
        self.array.layout.in_words(row, column)
    }

    /// Back to the first row.
    pub fn rewind(&mut self, reading: &Reading<'_>) -> Result<()> {
        self.next = 0;
        let start = SeekFrom::Start(self.array.header.bytes);
        self.reader.seek(start).map(drop).map_err(|error| reading.reading(&error))
    }

    /// Puts the numbers of the next rows, `most` of them or as many as are left, one row after the other in `numbers`;
    /// returns how many rows they are. Bools are ±1.
    pub fn numbers(&mut self, reading: &Reading<'_>, most: usize, numbers: &mut Vec<f64>) -> Result<usize> {
        let (first, count) = (self.next, most.min(self.len() - self.next));
        let layout = Layout { rows: count, ..self.array.layout };
        let (columns, room) = (layout.columns(), layout.columns().saturating_mul(count));
        numbers.clear();
        numbers
            .try_reserve_exact(room)
            .map_err(|_| Failure::Resource(format!("{}: out of memory: {room} numbers", reading.source.name())))?;
        numbers.resize(room, 0.0);
        let (array, fortran) = (&self.array, self.array.header.fortran_order);
        let (element, size) = (array.element, array.element.dtype.bytes);
        let mut stretches;
        let reader: &mut dyn Read = if fortran && count > 0 {
            stretches = stretches_of(array, self.reader.get_mut(), layout, first);
            &mut stretches
        } else {
            &mut self.reader
        };
        let (outer, inner) = layout.runs(fortran);
        let mut buffer = Failure::buffer((CHUNK_BYTES / size).min(inner).max(1) * size, reading.source.name())?;
        for o in 0..if count > 0 { outer } else { 0 } {
            let mut i = 0;
            while i < inner {
                let take = (buffer.len() / size).min(inner - i);
                let buffer = &mut buffer[..take * size];
                reader.read_exact(buffer).map_err(|error| reading.reading(&error))?;
                for bytes in buffer.chunks_exact_mut(size) {
                    if element.dtype.big_endian {
                        bytes.reverse();
                    }
                    let (row, column) = layout.place(o, i, fortran);
                    let number = (element.number)(bytes);
                    if element.boolean && number.abs() != 1.0 {
                        return Err(element.bad(number, &layout.in_words(first + row, column), reading));
                    }
                    numbers[row * columns + column] = number;
                    i += 1;
                }
            }
        }
        self.next += count;
        Ok(count)
    }

    /// All rows of the array.
    pub fn len(&self) -> usize {
        self.array.layout.rows
    }

    /// The dimension of the patterns.
    pub fn dim(&self, reading: &Reading<'_>) -> usize {
        let columns = self.array.layout.columns();
        match self.array.options.packed {
            true => reading.dim.unwrap_or(columns.saturating_mul(8 * self.array.element.dtype.bytes)),
            false => columns,
        }
    }

    /// The next rows, `most` of them or as many as are left.
    pub fn next(&mut self, reading: &Reading<'_>, most: usize) -> Result<Option<Loaded>> {
        let count = most.min(self.len() - self.next);
        if count == 0 {
            return Ok(None);
        }
        let layout = Layout { rows: count, ..self.array.layout };
        let loaded = match self.array.header.fortran_order {
            false => self.array.rows(reading, &mut self.reader, layout, self.next)?,
            true => {
                let mut reader = stretches_of(&self.array, self.reader.get_mut(), layout, self.next);
                self.array.rows(reading, &mut reader, layout, self.next)?
            }
        };
        self.next += count;
        Ok(Some(loaded))
    }
}

/// Where the rows of `layout` lie, from row `first` on, in the file of an array in Fortran order.
fn stretches_of<'a>(array: &Array, file: &'a mut File, layout: Layout, first: usize) -> Stretches<'a> {
    let size = array.element.dtype.bytes as u64;
    let (stride, run) = (array.layout.rows as u64 * size, layout.rows as u64 * size);
    let (from, columns) = (array.header.bytes + first as u64 * size, layout.columns() as u64);
    Stretches { file, from, stride, run, end: columns * run, at: 0 }
}

/// Of each column the stretch that some rows have of it, one after the other: the order of a file in Fortran order that
/// held these rows alone.
struct Stretches<'a> {
    file: &'a mut File,
    /// Where the first stretch begins, bytes from one to the next, and bytes of each.
    from: u64,
    stride: u64,
    run: u64,
    /// Bytes of them all, and those that were read.
    end: u64,
    at: u64,
}

impl Read for Stretches<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.end {
            return Ok(0);
        }
        let (column, within) = (self.at / self.run, self.at % self.run);
        let some = usize::try_from(self.run - within).map_or(buffer.len(), |left| left.min(buffer.len()));
        self.file.seek(SeekFrom::Start(self.from + column * self.stride + within))?;
        let read = self.file.read(&mut buffer[..some])?;
        self.at += read as u64;
        Ok(read)
    }
}

/// The header, always of as many bytes, of an array of float64, (rows, columns).
pub fn header_of_numbers(rows: usize, columns: usize) -> Vec<u8> {
    let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let mut bytes = [MAGIC, &[1, 0, 118, 0], text.as_bytes()].concat();
    bytes.resize(127, b' ');
    bytes.push(b'\n');
    bytes
}

/// An array of ids, which are read some at a time.
pub struct IdArray {
    dtype: Dtype,
    len: usize,
    next: usize,
}

impl IdArray {
    /// The array of `length` bytes that begins here.
    pub fn begin(label: &Label, reader: &mut impl Read, length: u64) -> Result<Self> {
        let header = Header::read(reader, length, label)?;
        let expected = "expected integers of 8 to 64 bits";
        let dtype = match Dtype::of(&header.descr) {
            Some(dtype) if dtype.is_integer() => dtype,
            Some(Dtype { name, .. }) => {
                return Err(label.failure(format!("{expected}, found {name} ({})", header.descr)));
            }
            None => {
                let (name, descr) = (unread(&header.descr), &header.descr);
                return Err(label.failure(format!("{expected}, found {name} (dtype {descr:?})")));
            }
        };
        let [len] = header.shape[..] else {
            return Err(label.failure(format!("expected a 1-D array of ids, found shape {}", header.shape_in_words())));
        };
        header.check_length(dtype.bytes, length, label)?;
        Ok(Self { dtype, len: usize::try_from(len).unwrap_or(usize::MAX), next: 0 })
    }

    /// Ids that were not read yet.
    pub fn left(&self) -> usize {
        self.len - self.next
    }

    /// Puts the next ids behind `ids`, `most` of them or as many as are left.
    pub fn next(&mut self, label: &Label, reader: &mut impl Read, most: usize, ids: &mut Vec<u64>) -> Result<()> {
        let (dtype, count) = (self.dtype, most.min(self.left()));
        let room = ids.try_reserve_exact(count);
        room.map_err(|_| Failure::Resource(format!("{}: out of memory: {count} ids", label.name)))?;
        let end = self.next + count;
        let mut buffer = Failure::buffer((count * dtype.bytes).min(CHUNK_BYTES), &label.name)?;
        while self.next < end {
            let some = &mut buffer[..(CHUNK_BYTES / dtype.bytes).min(end - self.next) * dtype.bytes];
            reader.read_exact(some).map_err(|error| label.reading(&error))?;
            for bytes in some.chunks_exact_mut(dtype.bytes) {
                if dtype.big_endian {
                    bytes.reverse();
                }
                let negative = dtype.kind == 'i' && bytes[dtype.bytes - 1] & 0x80 != 0;
                let mut whole = [if negative { 0xff } else { 0 }; 8];
                whole[..dtype.bytes].copy_from_slice(bytes);
                if negative {
                    let (at, found) = (self.next, i64::from_le_bytes(whole));
                    return Err(
                        label.failure(format!("element {at}: expected an id, which is not negative, found {found}"))
                    );
                }
                ids.push(u64::from_le_bytes(whole));
                self.next += 1;
            }
        }
        Ok(())
    }
}

/// Where the patterns stand in an array: (patterns, dimension), or (patterns, height, width).
#[derive(Clone, Copy, Debug)]
struct Layout {
    rows: usize,
    height: usize,
    width: usize,
    shape: Option<Shape>,
}

impl Layout {
    fn of(header: &Header, reading: &Reading<'_>) -> Result<Self> {
        let (rows, height, width) = match header.shape[..] {
            [rows, dim] => (rows, 1, dim),
            [rows, height, width] if !reading.options.packed => (rows, height, width),
            [_, _, _] => {
                let hint = "bits packed by the rows of pictures end in the midst of a word; pack whole patterns";
                return Err(reading.failure(format!("expected a packed array of 2 dimensions, found 3-D: {hint}")));
            }
            ref shape => {
                let hint = match shape.len() {
                    1 => ": a single pattern is a.reshape(1, -1)",
                    0 => "",
                    _ => ": a.reshape(len(a), -1) makes a row of each pattern",
                };
                let expected = "expected a 2-D array (patterns, dimension) or a 3-D one (patterns, height, width)";
                return Err(reading.failure(format!("{expected}, found {}-D{hint}", shape.len())));
            }
        };
        // What is larger than memory claims more bytes than a file can hold, which is told where they are counted.
        let size = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
        let shape = (header.shape.len() == 3).then_some(Shape { width: size(width), height: size(height) });
        Ok(Self { rows: size(rows), height: size(height), width: size(width), shape })
    }

    /// Positions of a pattern, or packed elements.
    fn columns(&self) -> usize {
        self.height.saturating_mul(self.width)
    }

    /// How many times the slower index runs, and how long the faster one, in the order of the file.
    fn runs(&self, fortran_order: bool) -> (usize, usize) {
        if fortran_order { (self.columns(), self.rows) } else { (self.rows, self.columns()) }
    }

    /// Row and column of the element at `outer` and `inner` of these.
    fn place(&self, outer: usize, inner: usize, fortran_order: bool) -> (usize, usize) {
        if !fortran_order {
            return (outer, inner);
        }
        // The first index runs first, and of a picture the row before the column.
        (inner, outer % self.height * self.width + outer / self.height)
    }

    /// The place of an element, in words.
    fn in_words(&self, row: usize, column: usize) -> String {
        match self.shape {
            None => format!("row {row}, column {column}"),
            Some(shape) => format!("pattern {row}, row {}, column {}", column / shape.width, column % shape.width),
        }
    }
}

/// The parts of the header that matter.
#[derive(Debug)]
struct Header {
    descr: String,
    fortran_order: bool,
    shape: Vec<u64>,
    /// Bytes before the elements.
    bytes: u64,
}

impl Header {
    /// Reads the header of a file of `length` bytes.
    fn read(reader: &mut impl Read, length: u64, label: &Label) -> Result<Self> {
        let short = |_| label.failure(format!("not a whole .npy file: it ends within its header, at {length} bytes"));
        let mut start = [0u8; 8];
        reader.read_exact(&mut start).map_err(short)?;
        if !start.starts_with(MAGIC) {
            return Err(label.failure("not an .npy file: expected it to begin with \\x93NUMPY"));
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
            other => return Err(label.failure(format!("expected .npy version 1, 2 or 3, found {other}"))),
        };
        if text_bytes > MAX_HEADER_BYTES {
            let expected = format!("header: expected at most {MAX_HEADER_BYTES} bytes");
            return Err(label.failure(format!("{expected}, found a claim of {text_bytes}")));
        }
        if before + text_bytes > length {
            let expected = format!("cut short: expected a header of {text_bytes} bytes");
            return Err(label.failure(format!("{expected}, found {}", length.saturating_sub(before))));
        }
        let mut text = vec![0; text_bytes as usize];
        reader.read_exact(&mut text).map_err(short)?;
        let parsed = std::str::from_utf8(&text).ok().and_then(|text| Self::parse(&mut Tokens { rest: text }));
        let expected = "{'descr': …, 'fortran_order': …, 'shape': (…)} of plain numbers";
        let header = parsed.ok_or_else(|| {
            let found = String::from_utf8_lossy(&text);
            if found.split("'descr'").nth(1).is_some_and(|rest| rest.trim_start_matches([':', ' ']).starts_with('[')) {
                return label
                    .failure("a structured array (records of fields): expected plain numbers, as a['field'] has");
            }
            let found: String = found.trim().chars().take(120).collect();
            label.failure(format!("header: expected {expected}, found {found:?}"))
        })?;
        Ok(Self { bytes: before + text_bytes, ..header })
    }

    /// Holds what the header claims, of elements of so many bytes, to the file's length.
    fn check_length(&self, element_bytes: usize, length: u64, label: &Label) -> Result<()> {
        let elements = self.shape.iter().fold(1u128, |product, &size| product.saturating_mul(u128::from(size)));
        let claimed = elements.saturating_mul(element_bytes as u128).saturating_add(u128::from(self.bytes));
        if claimed != u128::from(length) {
            let why = if claimed > u128::from(length) { "cut short" } else { "longer than its header says" };
            return Err(label.failure(format!("{why}: expected {claimed} bytes by its header, found {length}")));
        }
        Ok(())
    }

    fn shape_in_words(&self) -> String {
        format!("({})", self.shape.iter().map(u64::to_string).collect::<Vec<_>>().join(", "))
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
                // Of a key that comes twice others take the last, or the first.
                "descr" if descr.is_some() => return None,
                "fortran_order" if fortran_order.is_some() => return None,
                "shape" if shape.is_some() => return None,
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
        let (descr, fortran_order, shape) = (descr?, fortran_order?, shape?);
        tokens.rest.trim().is_empty().then_some(Self { descr, fortran_order, shape, bytes: 0 })
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
        // Python 2 wrote some strings with a u before them.
        let rest = self.rest.trim_start();
        let rest = rest.strip_prefix('u').unwrap_or(rest);
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
            // As Python 2 wrote long numbers.
            self.rest = rest[digits..].strip_prefix('L').unwrap_or(&rest[digits..]);
            if self.punctuation(',').is_none() {
                self.punctuation(')')?;
                break;
            }
        }
        Some(numbers)
    }
}

/// A type of elements.
#[derive(Clone, Copy, Debug)]
struct Dtype {
    name: &'static str,
    /// `b` for bools, `i` and `u` for integers, `f` for floats.
    kind: char,
    bytes: usize,
    big_endian: bool,
}

impl Dtype {
    /// The type that `descr` names; `None` for all but bools, and integers and floats of at most 64 bits.
    fn of(descr: &str) -> Option<Self> {
        let mut parts = descr.chars();
        let (order, kind, size) = (parts.next(), parts.next()?, parts.as_str());
        let (name, bytes) = match (kind, size) {
            ('b', "1") => ("bool", 1),
            ('i', "1") => ("int8", 1),
            ('i', "2") => ("int16", 2),
            ('i', "4") => ("int32", 4),
            ('i', "8") => ("int64", 8),
            ('u', "1") => ("uint8", 1),
            ('u', "2") => ("uint16", 2),
            ('u', "4") => ("uint32", 4),
            ('u', "8") => ("uint64", 8),
            ('f', "2") => ("float16", 2),
            ('f', "4") => ("float32", 4),
            ('f', "8") => ("float64", 8),
            _ => return None,
        };
        let big_endian = match order {
            Some('>') => true,
            Some('<') => false,
            Some('|') if bytes == 1 => false,
            _ => return None,
        };
        Some(Self { name, kind, bytes, big_endian })
    }

    fn is_integer(self) -> bool {
        matches!(self.kind, 'i' | 'u')
    }
}

/// What a type that is not read is called.
fn unread(descr: &str) -> &'static str {
    let mut parts = descr.chars();
    let (_order, kind) = (parts.next(), parts.next());
    match (kind, parts.as_str()) {
        (Some('f'), "16" | "12" | "10") => "longdouble",
        (Some('c'), _) => "complex numbers",
        (Some('U' | 'S' | 'a'), _) => "text",
        (Some('O'), _) => "Python objects",
        (Some('V'), _) => "raw bytes",
        (Some('M'), _) => "dates",
        (Some('m'), _) => "spans of time",
        _ => "an unknown dtype",
    }
}

/// How the elements of an array are read.
#[derive(Clone, Copy)]
struct Element {
    dtype: Dtype,
    /// The number that little-endian bytes hold. As `f64` it is 1, −1 or 0 just where the element is; false is −1.
    number: fn(&[u8]) -> f64,
    boolean: bool,
    signed: bool,
}

/// Bytes that the caller has cut to the width of a number.
fn exactly<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("as many bytes as the type has")
}

impl Element {
    fn of(descr: &str, reading: &Reading<'_>) -> Result<Self> {
        let Some(dtype) = Dtype::of(descr) else {
            let name = unread(descr);
            let hint = if name == "longdouble" { "; a.astype(np.float64) makes one of it" } else { "" };
            return Err(reading.failure(format!(
                "{name} (dtype {descr:?}): expected bool, integers of 8 to 64 bits, float16, float32 or float64{hint}"
            )));
        };
        let number: fn(&[u8]) -> f64 = match (dtype.kind, dtype.bytes) {
            ('b', _) => |bytes| if bytes[0] == 0 { -1.0 } else { f64::from(bytes[0]) },
            ('i', 1) => |bytes| f64::from(i8::from_le_bytes(exactly(bytes))),
            ('i', 2) => |bytes| f64::from(i16::from_le_bytes(exactly(bytes))),
            ('i', 4) => |bytes| f64::from(i32::from_le_bytes(exactly(bytes))),
            ('i', _) => |bytes| i64::from_le_bytes(exactly(bytes)) as f64,
            ('u', 1) => |bytes| f64::from(bytes[0]),
            ('u', 2) => |bytes| f64::from(u16::from_le_bytes(exactly(bytes))),
            ('u', 4) => |bytes| f64::from(u32::from_le_bytes(exactly(bytes))),
            ('u', _) => |bytes| u64::from_le_bytes(exactly(bytes)) as f64,
            (_, 2) => |bytes| half::f16::from_le_bytes(exactly(bytes)).to_f64(),
            (_, 4) => |bytes| f64::from(f32::from_le_bytes(exactly(bytes))),
            (_, _) => |bytes| f64::from_le_bytes(exactly(bytes)),
        };
        let name = dtype.name;
        if reading.options.packed && !matches!(name, "uint8" | "uint64") {
            let expected = "expected uint8 (as by numpy.packbits) or uint64, as --packed says";
            return Err(reading.failure(format!("{expected}, found {name} ({descr})")));
        }
        let (boolean, signed) = (dtype.kind == 'b', matches!(dtype.kind, 'i' | 'f'));
        if boolean && reading.erased_zero {
            return Err(reading.failure("--erased zero: expected numbers, found bools, of which each is known"));
        }
        Ok(Self { dtype, number, boolean, signed })
    }

    /// The bit that `number` stands for and whether it is known, or `None` if it has no place here.
    fn bit(self, number: f64, reading: &Reading<'_>) -> Option<(bool, bool)> {
        let erasable = reading.erasable && !self.boolean && (self.signed || reading.erased_zero);
        match number {
            1.0 => Some((true, true)),
            -1.0 if self.boolean || !reading.zero_one() => Some((false, true)),
            0.0 if reading.zero_one() => Some((false, true)),
            0.0 if erasable => Some((false, false)),
            _ => None,
        }
    }

    /// An element that has no place among patterns.
    fn bad(self, number: f64, place: &str, reading: &Reading<'_>) -> Failure {
        if self.boolean {
            let expected = "expected a bool, which is a byte of 0 or 1";
            return reading.failure(format!("{place}: {expected}, found a byte of {number}; is the dtype right?"));
        }
        let expected = match (reading.zero_one(), reading.erasable && self.signed) {
            (true, _) => "0 or 1",
            (false, false) => "+1, −1",
            (false, true) => "+1, −1 or 0 (erased)",
        };
        let hint = match number {
            0.0 if reading.erasable => {
                " (--encoding 01 if 0 stands for −1, --erased zero if it is an unknown position)"
            }
            0.0 => " (for data of 0 and 1: --encoding 01)",
            -1.0 => "",
            _ if self.dtype.name == "uint8" => {
                " (packed bits: --packed; greys: --binarize otsu, or above which grey is +1)"
            }
            _ if number.is_nan() => "",
            _ => " (for real values: --binarize sign, mean, median, otsu or a number)",
        };
        reading.failure(format!("{place}: expected {expected}, found {}{hint}", shown(number)))
    }
}

/// A number as short as it can be told.
pub fn shown(number: f64) -> String {
    let plain = number == 0.0 || !number.is_finite() || (1e-5..1e16).contains(&number.abs());
    if plain { number.to_string() } else { format!("{number:e}") }
}

/// An array with an element for every position.
fn unpacked(
    reading: &Reading<'_>,
    header: &Header,
    element: Element,
    reader: &mut impl Read,
    layout: Layout,
    first: usize,
) -> Result<Queries> {
    let (rows, columns) = (layout.rows, layout.columns());
    if element.dtype.name == "int8" && !header.fortran_order && !reading.erasable && !reading.zero_one() {
        return signs(reading, element, reader, layout, first).map(Queries::from);
    }
    let filled = |bit| Patterns::filled(rows, columns, bit).map_err(|error| reading.error(&error));
    let mut signs = filled(false)?;
    let mut known: Option<Patterns> = None;
    let mut minus = false;
    let (outer, inner) = layout.runs(header.fortran_order);
    let bytes = (CHUNK_BYTES / element.dtype.bytes).min(inner).max(1) * element.dtype.bytes;
    let mut buffer = Failure::buffer(bytes, reading.source.name())?;
    for o in 0..outer {
        let mut i = 0;
        while i < inner {
            let take = (buffer.len() / element.dtype.bytes).min(inner - i);
            let buffer = &mut buffer[..take * element.dtype.bytes];
            reader.read_exact(buffer).map_err(|error| reading.reading(&error))?;
            for bytes in buffer.chunks_exact_mut(element.dtype.bytes) {
                if element.dtype.big_endian {
                    bytes.reverse();
                }
                let (row, column) = layout.place(o, i, header.fortran_order);
                let number = (element.number)(bytes);
                let Some((sign, is_known)) = element.bit(number, reading) else {
                    return Err(element.bad(number, &layout.in_words(first + row, column), reading));
                };
                if sign {
                    signs.set(row, column, true);
                } else if is_known {
                    minus = true;
                } else {
                    if known.is_none() {
                        known = Some(filled(true)?);
                    }
                    known.as_mut().map(|known| known.set(row, column, false));
                }
                i += 1;
            }
        }
    }
    match known {
        None => Ok(signs.into()),
        Some(_) if !minus && !reading.erased_zero => Err(reading.ambiguous_zeros()),
        Some(known) => Queries::with_known(signs, known).map_err(|error| reading.error(&error)),
    }
}

/// Rows of `row_bytes` bytes, some at a time: `fetch` brings those from a row on, and `take` is given them.
fn by_rows(
    name: &str,
    rows: usize,
    row_bytes: usize,
    mut fetch: impl FnMut(usize, &mut [u8]) -> Result<()>,
    mut take: impl FnMut(usize, &mut [u8]) -> Result<()>,
) -> Result<()> {
    let most = (CHUNK_BYTES / row_bytes.max(1)).max(1);
    let mut buffer = Failure::buffer(most.min(rows) * row_bytes, name)?;
    for start in (0..rows).step_by(most) {
        let some = &mut buffer[..most.min(rows - start) * row_bytes];
        fetch(start, some)?;
        take(start, some)?;
    }
    Ok(())
}

/// Rows of int8 ±1, which most arrays hold.
fn signs(
    reading: &Reading<'_>,
    element: Element,
    reader: &mut impl Read,
    layout: Layout,
    first: usize,
) -> Result<Patterns> {
    let (rows, columns) = (layout.rows, layout.columns());
    let mut patterns = Patterns::filled(rows, columns, false).map_err(|error| reading.error(&error))?;
    let fetch = |_: usize, bytes: &mut [u8]| reader.read_exact(bytes).map_err(|error| reading.reading(&error));
    by_rows(&reading.source.name(), rows, columns, fetch, |start, bytes| {
        patterns.set_signs(start, bytemuck::cast_slice(bytes)).map_err(|error| match error {
            popfield::Error::Element { row, column, .. } => {
                let number = (element.number)(&bytes[(row - start) * columns + column..][..1]);
                element.bad(number, &layout.in_words(first + row, column), reading)
            }
            error => reading.error(&error),
        })
    })?;
    Ok(patterns)
}

/// An array of packed bytes or words.
fn packed(
    reading: &Reading<'_>,
    header: &Header,
    element: Element,
    reader: &mut impl Read,
    layout: Layout,
    first: usize,
) -> Result<Loaded> {
    let (rows, columns) = (layout.rows, layout.columns());
    let bits = 8 * element.dtype.bytes;
    let (one, many) = if bits == 8 { ("byte", "bytes") } else { ("word", "words") };
    if bits == 64 && reading.bit_order() == BitOrder::Big && reading.options.bitorder.is_some() {
        return Err(
            reading.failure("--bitorder big is for bytes: expected little for uint64, the lowest bit of a word first")
        );
    }
    let dim = reading.dim.unwrap_or(bits.saturating_mul(columns));
    let expected = dim.div_ceil(bits);
    if columns != expected {
        let hint = if reading.role == "values" { "; --value-dim D tells the values' own dimension" } else { "" };
        let found = format!("found {columns} (up to {} positions)", columns as u128 * bits as u128);
        return Err(
            reading.failure(format!("expected {expected} packed {many} a row for dimension {dim}, {found}{hint}"))
        );
    }
    let mut patterns = Patterns::filled(rows, dim, false).map_err(|error| reading.error(&error))?;
    let order = if bits == 8 { reading.bit_order() } else { BitOrder::Little };
    let (row_bytes, full_bytes) = (columns * element.dtype.bytes, dim.div_ceil(8));
    let take = |start: usize, bytes: &mut [u8]| {
        if element.dtype.big_endian {
            bytes.chunks_exact_mut(element.dtype.bytes).for_each(<[u8]>::reverse);
        }
        // Words, little-endian, are their bytes in order; those beyond the dimension must be zero.
        let mut kept: Vec<u8> = Vec::new();
        if row_bytes > full_bytes {
            kept = Failure::buffer(bytes.len() / row_bytes * full_bytes, reading.source.name())?;
            kept.clear();
            for (i, row) in bytes.chunks_exact(row_bytes).enumerate() {
                let (here, beyond) = row.split_at(full_bytes);
                if beyond.iter().any(|&byte| byte != 0) {
                    let (row, expected) = (first + start + i, "expected zeros beyond dimension");
                    return Err(reading.failure(format!("row {row}: {expected} {dim}, found bits set")));
                }
                kept.extend_from_slice(here);
            }
        }
        let full = if row_bytes > full_bytes { &kept[..] } else { &*bytes };
        patterns.set_packed(start, full, order).map_err(|error| match error {
            popfield::Error::TailBit { what, row, dim, bit } => {
                reading.error(&popfield::Error::TailBit { what, row: first + row, dim, bit })
            }
            error => reading.error(&error),
        })
    };
    let name = reading.source.name();
    if header.fortran_order {
        let mut all = Vec::new();
        reader.read_to_end(&mut all).map_err(|error| reading.reading(&error))?;
        let size = element.dtype.bytes;
        let fetch = |start: usize, bytes: &mut [u8]| {
            for (row, bytes) in bytes.chunks_exact_mut(row_bytes).enumerate() {
                for (column, bytes) in bytes.chunks_exact_mut(size).enumerate() {
                    bytes.copy_from_slice(&all[(column * rows + start + row) * size..][..size]);
                }
            }
            Ok(())
        };
        by_rows(&name, rows, row_bytes, fetch, take)?;
    } else {
        let fetch = |_: usize, bytes: &mut [u8]| reader.read_exact(bytes).map_err(|error| reading.reading(&error));
        by_rows(&name, rows, row_bytes, fetch, take)?;
    }
    let mut loaded =
        Loaded::new(patterns, format!("× {dim} bits packed in {columns} {}", if columns == 1 { one } else { many }));
    if reading.dim.is_none() && first == 0 {
        loaded.notes.push(format!(
            "{}: dimension {dim}, every bit of {columns} packed {}; --dim D tells another",
            reading.source.name(),
            if columns == 1 { one } else { many }
        ));
    }
    Ok(loaded)
}
