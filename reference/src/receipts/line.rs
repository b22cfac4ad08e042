//! Lines, and the chain of their hashes.

use std::io::{BufRead, Read};

use super::verdict::Fault;

const MEMBER: &str = ",\"hash\":\"";
/// `"}` and the end of the line.
const CLOSING: &str = "\"}\n";
/// Bytes of a line at the most: those of a scope name all of its associations.
const LONGEST: u64 = 1 << 29;
const DIGITS: usize = 2 * blake3::OUT_LEN;

/// The lines of a file, each held to the hash of those before it.
pub(super) struct Lines<R> {
    reader: R,
    /// The hash of the last line.
    hash: [u8; blake3::OUT_LEN],
    /// Lines that were read.
    pub(super) read: u64,
    raw: Vec<u8>,
}

/// What a line is.
pub(super) enum Line {
    /// The object without its hash.
    Whole(String),
    /// It is not what was written, or not where it was.
    Damaged(Fault),
    /// There is none.
    Over,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, hash: [0; blake3::OUT_LEN], read: 0, raw: Vec::new() }
    }

    /// The next line.
    pub(super) fn next(&mut self) -> std::io::Result<Line> {
        self.raw.clear();
        // A line that is longer ends in the middle, where no line may.
        if (&mut self.reader).take(LONGEST).read_until(b'\n', &mut self.raw)? == 0 {
            return Ok(Line::Over);
        }
        self.read += 1;
        let shape = || Fault::new("line", "an object that ends with its hash, and the end of the line", "another end");
        let Ok(text) = str::from_utf8(&self.raw) else {
            return Ok(Line::Damaged(Fault::new("line", "UTF-8", "other bytes")));
        };
        let Some((text, found)) = text.strip_suffix(CLOSING).and_then(|text| text.rsplit_once(MEMBER)) else {
            return Ok(Line::Damaged(shape()));
        };
        if found.len() != DIGITS {
            return Ok(Line::Damaged(shape()));
        }
        let hash = blake3::Hasher::new().update(&self.hash).update(text.as_bytes()).finalize();
        if hash.to_hex().as_str() != found {
            let why = "another: this line or one before it was changed, moved or taken away";
            return Ok(Line::Damaged(Fault::new("hash", "that of this line after those before it", why)));
        }
        self.hash = hash.into();
        Ok(Line::Whole(format!("{text}}}")))
    }

    /// The text of the line that was read last, be it what it may.
    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }
}
