//! Ids of associations, some at a time or in lists, and the scope that lists make: text with one a line, or an array, as
//! the content tells.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;

use popfield::{Error, Memory, Missing, Scope};

use super::lines::Lines;
use super::npy::{self, IdArray};
use super::reading::Label;
use super::source::Source;
use crate::args::ScopeArgs;
use crate::failure::{Failure, Result};

/// Bytes of the longest line, with any zeros before the number.
const LONGEST_LINE: u64 = 1 << 10;

/// Ids that are read together where places are looked for.
const AGAIN: usize = 1 << 13;

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
                    Some(ids) => ids.stream.bad(place as u64, &expected, found),
                    None => Error::Id { what: "ids", place, expected, found }.into(),
                })
            }
            Err(Error::Parameter { .. }) => {
                let named = |option, ids: Option<Ids>| ids.map(|ids| format!("--{option} {}", ids.stream.label.name));
                let files = [named("only", only), named("exclude", exclude)];
                let files = files.into_iter().flatten().collect::<Vec<_>>().join(" ");
                Err(Failure::input(format!("scope ({files}): expected at least one association, found none")))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A file of ids that is read some at a time. Where an id stands in it is found by reading it again.
pub struct IdStream {
    label: Label,
    /// The file from its beginning, a copy where ids come through a pipe.
    file: File,
    content: Content,
    /// Ids that were handed out.
    read: u64,
}

enum Content {
    Elements(IdArray, BufReader<File>),
    Lines(Lines),
}

impl IdStream {
    pub fn open(source: &Source) -> Result<Self> {
        let label = Label { name: source.name(), role: None };
        let (mut reader, length) = source.whole()?;
        let file = reader.get_ref().try_clone().map_err(|error| label.reading(&error))?;
        let start = reader.fill_buf().map_err(|error| label.reading(&error))?;
        let content = match start.starts_with(npy::MAGIC) {
            true => Content::Elements(IdArray::begin(&label, &mut reader, length)?, reader),
            false => Content::Lines(Lines::new(Box::new(reader), LONGEST_LINE, "an id".into())),
        };
        Ok(Self { label, file, content, read: 0 })
    }

    /// Ids that were handed out.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// Puts the next ids behind `ids`, `most` of them or as many as are left.
    pub fn next(&mut self, most: usize, ids: &mut Vec<u64>) -> Result<()> {
        let before = ids.len();
        match &mut self.content {
            Content::Elements(array, reader) => array.next(&self.label, reader, most, ids)?,
            Content::Lines(lines) => {
                while ids.len() - before < most
                    && let Some((_, id)) = next_id(lines, &self.label)?
                {
                    ids.try_reserve(1).map_err(|_| {
                        Failure::Resource(format!("{}: out of memory after {} ids", self.label.name, ids.len()))
                    })?;
                    ids.push(id);
                }
            }
        }
        self.read += (ids.len() - before) as u64;
        Ok(())
    }

    /// Reads on to the end; how many ids there are in all.
    pub fn count(&mut self) -> Result<u64> {
        match &mut self.content {
            Content::Elements(array, _) => self.read += array.left() as u64,
            Content::Lines(lines) => {
                while next_id(lines, &self.label)?.is_some() {
                    self.read += 1;
                }
            }
        }
        Ok(self.read)
    }

    /// An error of the library about these ids.
    pub fn about(&self, error: Error) -> Failure {
        match error {
            Error::Id { place, expected, found, .. } => self.bad(place as u64, &expected, found),
            error => error.into(),
        }
    }

    /// An id that has no place at `index` of the list: another was `expected`, or the same stands before it.
    fn bad(&self, index: u64, expected: &str, found: u64) -> Failure {
        let name = &self.label.name;
        match self.places(index, found) {
            Err(failure) => failure,
            Ok((Some(before), place)) => Failure::input(format!(
                "{name}, {place}: expected an id not given before, as in {before}, found {found}"
            )),
            Ok((None, place)) => Failure::input(format!("{name}, {place}: expected {expected}, found {found}")),
        }
    }

    /// Where the first id `found` before `index` stands in the file, if one does, and where the one at `index` does.
    fn places(&self, index: u64, found: u64) -> Result<(Option<String>, String)> {
        let mut file = self.file.try_clone().map_err(|error| self.label.reading(&error))?;
        file.seek(SeekFrom::Start(0)).map_err(|error| self.label.reading(&error))?;
        let length = file.metadata().map_err(|error| self.label.reading(&error))?.len();
        let mut reader = BufReader::new(file);
        match &self.content {
            Content::Elements(..) => {
                let mut array = IdArray::begin(&self.label, &mut reader, length)?;
                let (mut first, mut at, mut ids) = (None, 0, Vec::new());
                while first.is_none() && at < index && array.left() > 0 {
                    ids.clear();
                    array.next(&self.label, &mut reader, AGAIN, &mut ids)?;
                    first = ids.iter().position(|&id| id == found).map(|within| at + within as u64);
                    at += ids.len() as u64;
                }
                let first = first.filter(|&first| first < index);
                Ok((first.map(|first| format!("element {first}")), format!("element {index}")))
            }
            Content::Lines(_) => {
                let mut lines = Lines::new(Box::new(reader), LONGEST_LINE, "an id".into());
                let (mut first, mut at) = (None, 0);
                while let Some((number, id)) = next_id(&mut lines, &self.label)? {
                    if at == index {
                        return Ok((first, format!("line {number}")));
                    }
                    if id == found && first.is_none() {
                        first = Some(format!("line {number}"));
                    }
                    at += 1;
                }
                // What stands there no more, as the file has changed.
                Ok((first, format!("id {index}")))
            }
        }
    }
}

/// The next id of a text, and its line.
fn next_id(lines: &mut Lines, label: &Label) -> Result<Option<(usize, u64)>> {
    let Some(line) = lines.next(label)? else { return Ok(None) };
    let digits = line.whole.bytes().all(|byte| byte.is_ascii_digit());
    let Some(id) = line.whole.parse().ok().filter(|_| digits) else {
        let found: String = line.whole.chars().take(SHOWN).collect();
        let (number, most) = (line.number, u64::MAX);
        let expected = format!("expected an id, a whole number of 0 to {most} in digits alone");
        return Err(label.failure(format!("line {number}: {expected}, found {found:?}")));
    };
    Ok(Some((line.number, id)))
}

/// A list of ids, all of a file.
pub struct Ids {
    ids: Vec<u64>,
    stream: IdStream,
}

impl Ids {
    /// The ids, in the order of the file.
    pub fn ids(&self) -> &[u64] {
        &self.ids
    }

    /// An error of the library about this list.
    pub fn about(&self, error: Error) -> Failure {
        self.stream.about(error)
    }

    pub fn read(source: &Source) -> Result<Self> {
        let (mut ids, mut stream) = (Vec::new(), IdStream::open(source)?);
        stream.next(usize::MAX, &mut ids)?;
        Ok(Self { ids, stream })
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
        let places: Vec<String> = (0..4).map(|index| ids.stream.places(index, 5).unwrap().1).collect();
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
        assert_eq!(ids.ids, [5, 0, i32::MAX as u64]);
        assert_eq!(ids.stream.places(2, 0).unwrap(), (Some("element 1".into()), "element 2".into()));
        assert_eq!(ids.stream.places(1, 0).unwrap(), (None, "element 1".into()));
        // Cut within its first bytes it is no array, nor is it text.
        for length in 1..whole.len() {
            assert!(matches!(read(&whole[..length]), Err(Failure::Input(..))), "{length}");
        }
        assert!(matches!(read(&[&whole[..], &[0]].concat()), Err(Failure::Input(..))));
    }
}
