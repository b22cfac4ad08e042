//! Lines of text, and the patterns that they are, one by one or several together as a picture.

use std::io::{BufRead, Read};

use popfield::patterns::MAX_DIM;
use popfield::{Patterns, Queries};

use super::reading::{Label, Loaded, Reading, Shape};
use crate::args::TextArg;
use crate::failure::{Failure, Result};

/// What a line may end with.
const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// The lines of a text, without their ends, the mark of its beginning, or the blank ones at its beginning and end.
pub struct Lines {
    reader: Box<dyn BufRead + Send>,
    buffer: Vec<u8>,
    number: usize,
    /// Bytes that a line may have at the most, and what they are, in words.
    longest: (u64, String),
}

/// A line that holds something.
pub struct Line<'a> {
    /// From 1.
    pub number: usize,
    /// Without blanks at its end.
    pub text: &'a str,
    /// With them.
    pub whole: &'a str,
    /// Whether a blank line stands between it and the one before.
    pub after_blank: bool,
}

impl Lines {
    /// Lines of fewer than `bytes` bytes, in which stands `most` at the most.
    pub fn new(reader: Box<dyn BufRead + Send>, bytes: u64, most: String) -> Self {
        Self { reader, buffer: Vec::new(), number: 0, longest: (bytes, most) }
    }

    /// The next line that holds something, or `None` at the end.
    pub fn next(&mut self, label: &Label) -> Result<Option<Line<'_>>> {
        let before = self.number;
        loop {
            self.buffer.clear();
            let (longest, most) = &self.longest;
            let read = (&mut self.reader).take(*longest).read_until(b'\n', &mut self.buffer);
            if read.map_err(|error| label.reading(&error))? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if self.buffer.len() as u64 == *longest {
                return Err(label.failure(format!("line {}: expected {most}, found more", self.number)));
            }
            if self.number == 1 {
                self.check_mark(label)?;
            }
            if !self.buffer.iter().all(|&byte| SPACE.contains(&char::from(byte))) {
                break;
            }
        }
        let text = std::str::from_utf8(&self.buffer).map_err(|error| {
            let at = error.valid_up_to();
            let (place, found) = (format!("line {}, byte {}", self.number, at + 1), self.buffer[at]);
            label.failure(format!("{place}: expected text in UTF-8, found a byte {found:#04x}"))
        })?;
        let whole = text.strip_suffix('\n').unwrap_or(text);
        Ok(Some(Line {
            number: self.number,
            whole: whole.strip_suffix('\r').unwrap_or(whole),
            text: text.trim_end_matches(SPACE),
            after_blank: self.number > before + 1 && before > 0,
        }))
    }

    /// Takes off the mark with which some programs begin a text in UTF-8.
    fn check_mark(&mut self, label: &Label) -> Result<()> {
        if self.buffer.starts_with(b"\xef\xbb\xbf") {
            self.buffer.drain(..3);
        }
        if self.buffer.starts_with(b"\xff\xfe") || self.buffer.starts_with(b"\xfe\xff") {
            return Err(label.failure("is text in UTF-16: expected UTF-8; save it as UTF-8"));
        }
        if self.buffer.starts_with(b"\x93NUMPY") {
            return Err(label.failure("is a NumPy array: expected text; name it .npy"));
        }
        Ok(())
    }
}

/// What stands at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Plus,
    Minus,
    /// A number 0, before it is known what that means.
    Zero,
    Unknown,
}

/// Bits one after the other.
#[derive(Debug, Default)]
struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    fn extend(&mut self, bits: impl Iterator<Item = bool>) {
        // The last word is filled on, and put back with each that is full.
        let mut used = self.len % 64;
        let mut word = if used > 0 { self.words.pop().unwrap_or(0) } else { 0 };
        for bit in bits {
            word |= u64::from(bit) << used;
            used += 1;
            self.len += 1;
            if used == 64 {
                self.words.push(word);
                (word, used) = (0, 0);
            }
        }
        if used > 0 {
            self.words.push(word);
        }
    }

    /// Takes away the first bits.
    fn drop_front(&mut self, bits: usize) {
        let left = self.len - bits;
        for index in 0..left.div_ceil(64) {
            self.words[index] = self.word(bits, left, index);
        }
        self.words.truncate(left.div_ceil(64));
        self.len = left;
    }

    /// Word `index` of the `dim` bits from `start` on.
    fn word(&self, start: usize, dim: usize, index: usize) -> u64 {
        let (at, shift) = ((start + 64 * index) / 64, (start + 64 * index) % 64);
        let word = |at: usize| self.words.get(at).copied().unwrap_or(0);
        let both = word(at) >> shift | if shift == 0 { 0 } else { word(at + 1) << (64 - shift) };
        let left = dim - 64 * index;
        if left < 64 { both & ((1 << left) - 1) } else { both }
    }
}

/// The marks of a text, line after line of one width, and where blank lines divide them.
#[derive(Debug)]
pub struct Marks {
    width: usize,
    lines: usize,
    plus: Bits,
    /// Where the zeros are, if there are any; as long as `plus` or empty.
    zeros: Option<Bits>,
    unknown: Option<Bits>,
    /// Lines before the first blank one, once there is one; every picture has as many.
    height: Option<usize>,
    /// Lines since the last blank one.
    since: usize,
    /// Lines of patterns that were taken away.
    taken: usize,
    /// The first line, from 1.
    first: usize,
}

impl Marks {
    /// Marks in lines of `width`, the first of which is line `first` of its file.
    pub fn new(width: usize, first: usize, reading: &Reading<'_>) -> Result<Self> {
        if width > MAX_DIM {
            let expected = format!("expected at most {MAX_DIM} positions");
            return Err(reading.failure(format!("line {first}: {expected}, found {width}")));
        }
        let plus = Bits::default();
        Ok(Self { width, lines: 0, plus, zeros: None, unknown: None, height: None, since: 0, taken: 0, first })
    }

    /// Before the marks of a line are pushed: its width is that of the lines before, and pictures are of one height.
    pub fn begin(&mut self, line: &Line<'_>, found: usize, what: &str, reading: &Reading<'_>) -> Result<()> {
        if found != self.width {
            // The place of the first mark too many, or of the first that is missing.
            let place = format!("line {}, column {}", line.number, found.min(self.width) + 1);
            let (expected, first) = (self.width, self.first);
            let hint = "all lines of a file have as many";
            return Err(reading
                .failure(format!("{place}: expected {expected} {what} as in line {first}, found {found}; {hint}")));
        }
        if line.after_blank && self.lines > 0 && reading.text() != Some(TextArg::Lines) {
            self.divide(line.number - 1, reading)?;
        }
        self.lines += 1;
        self.since += 1;
        let room = self.width / 64 + 1;
        let planes = [Some(&mut self.plus), self.zeros.as_mut(), self.unknown.as_mut()];
        planes.into_iter().flatten().try_for_each(|bits| bits.words.try_reserve(room)).map_err(|_| {
            Failure::Resource(format!("{}: out of memory after {} lines", reading.source.name(), self.lines))
        })
    }

    /// Ends a picture.
    fn divide(&mut self, line: usize, reading: &Reading<'_>) -> Result<()> {
        let height = *self.height.get_or_insert(self.since);
        if self.since != height {
            let found = self.since;
            return Err(reading.failure(format!(
                "line {line}: expected a picture of {height} lines as the first, found one of {found}: blank lines \
                 divide pictures; --text lines makes every line a pattern"
            )));
        }
        self.since = 0;
        Ok(())
    }

    /// The marks of a line.
    pub fn extend(&mut self, marks: &[Mark]) {
        let before = self.plus.len;
        self.plus.extend(marks.iter().map(|&mark| mark == Mark::Plus));
        for (plane, wanted) in [(&mut self.zeros, Mark::Zero), (&mut self.unknown, Mark::Unknown)] {
            if plane.is_none() && marks.contains(&wanted) {
                *plane = Some(Bits { words: vec![0; before.div_ceil(64)], len: before });
            }
            if let Some(bits) = plane {
                bits.extend(marks.iter().map(|&mark| mark == wanted));
            }
        }
    }

    /// Positions that wait to be patterns.
    pub fn waiting(&self) -> usize {
        self.plus.len
    }

    /// Lines of a pattern, once that is known before the end of the file: pictures divide them, or they are asked to be
    /// patterns, or more than the largest picture could have.
    pub fn height(&self, reading: &Reading<'_>) -> Option<usize> {
        match (reading.text(), self.height) {
            (Some(TextArg::Lines), _) => Some(1),
            (Some(TextArg::Pictures), None) => None,
            (_, Some(height)) => Some(height),
            (None, None) => (self.lines.saturating_mul(self.width) > MAX_DIM).then_some(1),
        }
    }

    /// The dimension of patterns, as far as it is known.
    pub fn dim(&self, reading: &Reading<'_>) -> usize {
        self.width.saturating_mul(self.height(reading).unwrap_or(1))
    }

    /// The patterns of so many lines each that are complete.
    pub fn complete(&self, height: usize) -> usize {
        // Lines since the last blank one may be part of a picture.
        let open = if height > 1 { self.since } else { 0 };
        (self.lines - self.taken - open) / height
    }

    /// The patterns that are complete, `most` at the most; they are taken away.
    pub fn take(&mut self, height: usize, most: usize, form: &str, reading: &Reading<'_>) -> Result<Loaded> {
        self.loaded(self.complete(height).min(most), height, false, form, reading)
    }

    /// How many patterns there are in the whole file, as what they were read.
    pub fn in_words(&self, height: usize, form: &str) -> String {
        format!("{} {}", self.lines / height, self.form(self.lines / height, height, height > 1, form))
    }

    fn form(&self, many: usize, height: usize, pictures: bool, form: &str) -> String {
        let plural = |one: &str, more: &str| if many == 1 { one.to_owned() } else { more.to_owned() };
        match pictures {
            true => {
                let shape = Shape { width: self.width, height };
                format!("{} of {shape} {form}", plural("picture", "pictures"))
            }
            false => format!("{} of {} {form}", plural("line", "lines"), self.width),
        }
    }

    /// At the end of the file: pictures are whole.
    pub fn end(&mut self, last: usize, reading: &Reading<'_>) -> Result<()> {
        if self.lines == 0 {
            return Err(reading.failure("expected at least one pattern, found none"));
        }
        if self.height.is_some() {
            self.divide(last, reading)?;
        }
        Ok(())
    }

    /// The patterns; `form` says what a line holds. Zeros are unknown positions, or −1.
    pub fn finish(mut self, erased_zeros: bool, form: &str, last: usize, reading: &Reading<'_>) -> Result<Loaded> {
        self.end(last, reading)?;
        let asked = reading.text() == Some(TextArg::Pictures);
        // Lines with a blank one after each are just lines.
        let height = self.height.unwrap_or(if asked { self.lines } else { 1 });
        let many = self.lines / height;
        self.loaded(many, height, erased_zeros, form, reading)
    }

    /// The first patterns that wait, which are taken away.
    fn loaded(
        &mut self,
        many: usize,
        height: usize,
        erased_zeros: bool,
        form: &str,
        reading: &Reading<'_>,
    ) -> Result<Loaded> {
        let pictures = reading.text() == Some(TextArg::Pictures) || height > 1;
        let Some(dim) = self.width.checked_mul(height).filter(|&dim| dim <= MAX_DIM) else {
            let found = format!("{} × {height}", self.width);
            return Err(reading.failure(format!("expected pictures of at most {MAX_DIM} positions, found {found}")));
        };
        let as_one = Shape { width: self.width, height: self.lines };
        if let Some(expected) = reading.dim.filter(|&expected| expected != dim) {
            let hint = if !pictures && self.width.checked_mul(self.lines) == Some(expected) {
                format!(": each line is a pattern; --text pictures makes its {} lines one", self.lines)
            } else if pictures && self.width == expected {
                ": blank lines divide pictures; --text lines makes every line a pattern".to_owned()
            } else {
                String::new()
            };
            return Err(reading.failure(format!("expected dimension {expected}, found {dim}{hint}")));
        }
        let patterns = |bit: &dyn Fn(usize, usize) -> u64| -> Result<Patterns> {
            let mut patterns = Patterns::new(dim).map_err(|error| reading.error(&error))?;
            patterns.reserve(many).map_err(|error| reading.error(&error))?;
            for row in 0..many {
                let words: Vec<u64> = (0..dim.div_ceil(64)).map(|word| bit(row * dim, word)).collect();
                patterns.push_words(&words).map_err(|error| reading.error(&error))?;
            }
            Ok(patterns)
        };
        let signs = patterns(&|start, word| self.plus.word(start, dim, word))?;
        let erased: Vec<&Bits> =
            [self.unknown.as_ref(), self.zeros.as_ref().filter(|_| erased_zeros)].into_iter().flatten().collect();
        let queries = if erased.is_empty() {
            Queries::from(signs)
        } else {
            let whole = |word: usize| if dim - 64 * word < 64 { (1 << (dim - 64 * word)) - 1 } else { u64::MAX };
            let any = |start, word| erased.iter().fold(0, |all, bits| all | bits.word(start, dim, word));
            let known = patterns(&|start, word| whole(word) & !any(start, word))?;
            Queries::with_known(signs, known).map_err(|error| reading.error(&error))?
        };
        let shape = Shape { width: self.width, height };
        let mut loaded = Loaded::new(queries, self.form(many, height, pictures, form));
        loaded.shape = pictures.then_some(shape);
        if reading.text().is_none()
            && self.height.is_none()
            && !pictures
            && reading.dim.is_none()
            && as_one.width == as_one.height
            && many > 1
        {
            let name = reading.source.name();
            loaded.notes.push(format!(
                "{name}: {many} lines of {} {form} are {many} patterns, a line each; --text pictures makes them one \
                 picture, --text lines affirms the lines",
                self.width
            ));
        }
        self.taken += many * height;
        let planes = [Some(&mut self.plus), self.zeros.as_mut(), self.unknown.as_mut()];
        planes.into_iter().flatten().for_each(|bits| bits.drop_front(many * dim));
        Ok(loaded)
    }
}
