//! Ids of associations, and the scope that lists of them make: text with one a line, or an array, as the content tells.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use popfield::{Error, Memory, Missing, Scope};

use super::lines::Lines;
use super::npy;
use super::reading::Label;
use super::source::Source;
use crate::args::ScopeArgs;
use crate::failure::{Failure, Result};

/// Bytes of the longest line, with any zeros before the number.
const LONGEST_LINE: u64 = 1 << 10;

/// Characters of a line that a message shows.
const SHOWN: usize = 40;

/// Which associations exist for a call, by the files that say so.
#[derive(Debug)]
pub struct ScopeFiles {
    only: Option<Source>,
    exclude: Option<Source>,
    missing: Missing,
}

impl ScopeFiles {
    /// Looks for the files; none is opened.
    pub fn find(args: &ScopeArgs) -> Result<Self> {
        let find = |path: &Option<_>| path.as_deref().map(Source::of_ids).transpose();
        if args.missing.is_some() && args.only.is_none() && args.exclude.is_none() {
            return Err(Failure::usage("--missing is for --only and --exclude, found neither"));
        }
        let missing = if args.missing.is_some() { Missing::Allow } else { Missing::Refuse };
        Ok(Self { only: find(&args.only)?, exclude: find(&args.exclude)?, missing })
    }

    /// The files.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        [&self.only, &self.exclude].into_iter().flatten()
    }

    /// Where the files are.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.sources().map(Source::path)
    }

    /// The scope that the files make of `memory`, if there are any.
    pub fn read(&self, memory: &Memory) -> Result<Option<Scope>> {
        if self.only.is_none() && self.exclude.is_none() {
            return Ok(None);
        }
        let read = |source: &Option<Source>| source.as_ref().map(Ids::read).transpose();
        let (only, exclude) = (read(&self.only)?, read(&self.exclude)?);
        let kept = only.as_ref().map(|only| &only.ids[..]);
        let left_out = exclude.as_ref().map_or(&[][..], |exclude| &exclude.ids);
        match memory.scope(kept, left_out, self.missing) {
            Ok(scope) => Ok(Some(scope)),
            Err(Error::Id { place, expected, found, .. }) => {
                // The library names no file: the first list is at fault if it is so by itself.
                let alone = only.as_ref().filter(|_| {
                    exclude.is_none() || matches!(memory.scope(kept, &[], self.missing), Err(Error::Id { .. }))
                });
                Err(match alone.or(exclude.as_ref()) {
                    Some(ids) => ids.bad(place, &expected, found),
                    None => Error::Id { what: "ids", place, expected, found }.into(),
                })
            }
            Err(Error::Parameter { .. }) => {
                let named = |option, ids: Option<Ids>| ids.map(|ids| format!("--{option} {}", ids.label.name));
                let files = [named("only", only), named("exclude", exclude)];
                let files = files.into_iter().flatten().collect::<Vec<_>>().join(" ");
                Err(Failure::input(format!("scope ({files}): expected at least one association, found none")))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A list of ids, and where each stands in its file.
pub struct Ids {
    label: Label,
    ids: Vec<u64>,
    places: Places,
}

enum Places {
    /// In an array, as in the list.
    Elements,
    /// In lines; each blank one is told by how many ids stand before it.
    Lines { blanks: Vec<usize> },
}

impl Ids {
    /// The ids, in the order of the file.
    pub fn ids(&self) -> &[u64] {
        &self.ids
    }

    /// An error of the library about this list.
    pub fn about(&self, error: Error) -> Failure {
        match error {
            Error::Id { place, expected, found, .. } => self.bad(place, &expected, found),
            error => error.into(),
        }
    }

    pub fn read(source: &Source) -> Result<Self> {
        let label = Label { name: source.name(), role: None };
        let (mut reader, length) = source.whole()?;
        let start = reader.fill_buf().map_err(|error| label.reading(&error))?;
        if start.starts_with(npy::MAGIC) {
            let ids = npy::read_ids(&label, &mut reader, length)?;
            return Ok(Self { label, ids, places: Places::Elements });
        }
        Self::lines(label, reader)
    }

    fn lines(label: Label, reader: BufReader<File>) -> Result<Self> {
        let (mut ids, mut blanks) = (Vec::new(), Vec::new());
        let mut lines = Lines::new(Box::new(reader), LONGEST_LINE, "an id".into());
        while let Some(line) = lines.next(&label)? {
            let digits = line.whole.bytes().all(|byte| byte.is_ascii_digit());
            let Some(id) = line.whole.parse().ok().filter(|_| digits) else {
                let found: String = line.whole.chars().take(SHOWN).collect();
                let (number, most) = (line.number, u64::MAX);
                let expected = format!("expected an id, a whole number of 0 to {most} in digits alone");
                return Err(label.failure(format!("line {number}: {expected}, found {found:?}")));
            };
            blanks.resize(line.number - 1 - ids.len(), ids.len());
            ids.try_reserve(1)
                .map_err(|_| Failure::Resource(format!("{}: out of memory after {} ids", label.name, ids.len())))?;
            ids.push(id);
        }
        Ok(Self { label, ids, places: Places::Lines { blanks } })
    }

    /// Where the id at `index` of the list stands in the file.
    fn place(&self, index: usize) -> String {
        match &self.places {
            Places::Elements => format!("element {index}"),
            Places::Lines { blanks } => {
                format!("line {}", index + 1 + blanks.partition_point(|&before| before <= index))
            }
        }
    }

    /// An id that has no place at `index` of the list: another was `expected`, or the same stands before it.
    fn bad(&self, index: usize, expected: &str, found: u64) -> Failure {
        let (name, place) = (&self.label.name, self.place(index));
        match self.ids.iter().position(|&id| id == found) {
            Some(before) if before < index => {
                let before = self.place(before);
                Failure::input(format!(
                    "{name}, {place}: expected an id not given before, as in {before}, found {found}"
                ))
            }
            _ => Failure::input(format!("{name}, {place}: expected {expected}, found {found}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Result<Ids> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        Ids::read(&Source::of_ids(file.path())?)
    }

    #[test]
    fn places_are_lines_of_the_file() {
        let ids = read(b"\n7\n\n\r\n8\r\n9\n\n\n6").unwrap();
        assert_eq!(ids.ids, [7, 8, 9, 6]);
        let places: Vec<String> = (0..4).map(|index| ids.place(index)).collect();
        assert_eq!(places, ["line 2", "line 5", "line 6", "line 9"]);
        assert!(read(b"").unwrap().ids.is_empty() && read(b"\n\n").unwrap().ids.is_empty());
    }

    /// Arrays that are cut short are refused, at whatever length.
    #[test]
    fn arrays_are_whole() {
        let header = format!("{:<117}\n", "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }");
        let data: Vec<u8> = [5i32, 0, i32::MAX].iter().flat_map(|id| id.to_le_bytes()).collect();
        let size = (header.len() as u16).to_le_bytes();
        let whole = [b"\x93NUMPY\x01\x00", &size[..], header.as_bytes(), &data].concat();
        let ids = read(&whole).unwrap();
        assert_eq!((&ids.ids[..], ids.place(2)), (&[5, 0, i32::MAX as u64][..], "element 2".into()));
        // Cut within its first bytes it is no array, nor is it text.
        for length in 1..whole.len() {
            assert!(matches!(read(&whole[..length]), Err(Failure::Input(..))), "{length}");
        }
        assert!(matches!(read(&[&whole[..], &[0]].concat()), Err(Failure::Input(..))));
    }
}
