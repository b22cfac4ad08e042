//! Lines, and the chain of their hashes.

use std::fmt::{Display, Write as _};
use std::io::Write;

use crate::Result;

/// An object under way, member after member.
#[derive(Debug, Default)]
pub(super) struct Object(String);

impl Object {
    /// A record of this kind.
    pub(super) fn record(kind: &str) -> Self {
        Self::default().text("record", kind)
    }

    /// A number, or what else is written as it is.
    pub(super) fn number(mut self, name: &str, value: impl Display) -> Self {
        self.name(name);
        self.push(value);
        self
    }

    /// A text that needs no escapes.
    pub(super) fn text(self, name: &str, value: impl Display) -> Self {
        self.number(name, format_args!("\"{value}\""))
    }

    /// A list.
    pub(super) fn list(mut self, name: &str, values: impl IntoIterator<Item = impl Display>) -> Self {
        self.name(name);
        self.put_list(values);
        self
    }

    /// A list of lists.
    pub(super) fn lists<T: Display>(
        mut self,
        name: &str,
        rows: impl IntoIterator<Item = impl IntoIterator<Item = T>>,
    ) -> Self {
        self.name(name);
        self.0.push('[');
        for (at, row) in rows.into_iter().enumerate() {
            self.0.push_str(if at == 0 { "" } else { "," });
            self.put_list(row);
        }
        self.0.push(']');
        self
    }

    /// The bits of a pattern, two digits for 8 positions.
    pub(super) fn pattern(mut self, name: &str, words: &[u64], dim: usize) -> Self {
        self.name(name);
        self.0.push('"');
        for byte in words.iter().flat_map(|word| word.to_le_bytes()).take(dim.div_ceil(8)) {
            self.push(format_args!("{byte:02x}"));
        }
        self.0.push('"');
        self
    }

    /// An object.
    pub(super) fn object(self, name: &str, object: &Self) -> Self {
        self.number(name, format_args!("{{{}}}", object.0))
    }

    fn name(&mut self, name: &str) {
        let comma = if self.0.is_empty() { "" } else { "," };
        self.push(format_args!("{comma}\"{name}\":"));
    }

    fn put_list(&mut self, values: impl IntoIterator<Item = impl Display>) {
        self.0.push('[');
        for (at, value) in values.into_iter().enumerate() {
            self.0.push_str(if at == 0 { "" } else { "," });
            self.push(value);
        }
        self.0.push(']');
    }

    fn push(&mut self, value: impl Display) {
        // Into a text nothing fails.
        let _ = write!(self.0, "{value}");
    }
}

/// A file of records, each of which carries the hash of all before it.
pub(super) struct Lines<W> {
    to: W,
    hash: [u8; blake3::OUT_LEN],
    written: u64,
}

impl<W: Write> Lines<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to, hash: [0; blake3::OUT_LEN], written: 0 }
    }

    /// Writes a record.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub(super) fn put(&mut self, record: Object) -> Result<()> {
        let text = format!("{{{}", record.0);
        let hash = blake3::Hasher::new().update(&self.hash).update(text.as_bytes()).finalize();
        writeln!(self.to, "{text},\"hash\":\"{}\"}}", hash.to_hex())?;
        self.hash = hash.into();
        self.written += 1;
        Ok(())
    }

    /// Writes the last record.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub(super) fn close(mut self) -> Result<()> {
        let end = Object::record("end").number("lines", self.written);
        self.put(end)?;
        Ok(self.to.flush()?)
    }
}
