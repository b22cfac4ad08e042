//! What commands that write memories share: associations on their way into one.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use popfield::patterns::Notes;
use popfield::store::{Appending, Store, WriterLock};
use popfield::{Batch, Memory, Patterns, View};

use super::followed::{Followed, Updated};
use crate::args::{AssociationArgs, Input, QueryInput};
use crate::failure::{Failure, Result, about};
use crate::input::{IdStream, Piece, Source, Stream, Thresholds, check_options, of_values};
use crate::memory::open;
use crate::output::{OutFile, OutStore, deliver, interrupted};
use crate::report::spinner;

/// Bytes of patterns that are read together.
const PIECE_BYTES: usize = 8 << 20;

/// Bytes of a label at the most.
const LONGEST_LABEL: u64 = 1 << 16;

/// The files that associations come from, looked for and not opened yet.
pub struct Files {
    keys: Vec<Source>,
    values: Vec<Source>,
    ids: Option<Source>,
    labels: Option<PathBuf>,
    value_dim: Option<usize>,
}

impl Files {
    pub fn find(keys: &[PathBuf], args: &AssociationArgs, input: &Input) -> Result<Self> {
        let find = |paths: &[PathBuf]| paths.iter().map(|path| Source::find(path, input.format)).collect::<Result<_>>();
        let (keys, values): (Vec<Source>, Vec<Source>) = (find(keys)?, find(&args.values)?);
        let ids = args.ids.as_deref().map(Source::of_ids).transpose()?;
        let all: Vec<&Source> = keys.iter().chain(&values).collect();
        if !all.is_empty() {
            check_options(input, QueryInput::default(), &all, false)?;
        }
        crate::input::check_stdin(all.into_iter().chain(&ids))?;
        // Packed values do not tell their dimension; others do, and --dim speaks of the keys.
        let packed = input.packed && values.first().is_some_and(|source| source.kind().is_array());
        if args.value_dim.is_some() && !keys.is_empty() && !packed {
            return Err(Failure::usage("--value-dim is for packed values and for memories made empty, found neither"));
        }
        let value_dim = args.value_dim.or(input.dim.filter(|_| packed));
        Ok(Self { keys, values, ids, labels: args.labels.clone(), value_dim })
    }

    /// Where they are.
    pub fn paths(&self) -> Vec<&Path> {
        let sources = self.keys.iter().chain(&self.values).chain(&self.ids);
        sources.map(Source::path).chain(self.labels.as_deref()).collect()
    }

    /// Opens them, to be read for a memory of these dimensions, where they are known, and of these notes.
    pub fn open<'a>(
        &'a self,
        input: &'a Input,
        dim: Option<usize>,
        value_dim: Option<usize>,
        notes: &Notes,
    ) -> Result<Associations<'a>> {
        let keys = Stream::new(&self.keys, "keys", dim.or(input.dim), input, notes.clone());
        // Values come as their keys do, but pictures of them may have any shape.
        let values = || Stream::new(&self.values, "values", value_dim.or(self.value_dim), input, of_values(notes));
        let values = (!self.values.is_empty()).then(values);
        let ids = self.ids.as_ref().map(IdStream::open).transpose()?;
        let labels = match &self.labels {
            None => None,
            Some(path) => {
                let file = File::open(path).map_err(|error| Failure::reading(path, &error))?;
                let mut text = Failure::buffer(LONGEST_LABEL as usize, path.display())?;
                text.clear();
                Some(LabelFile { path: path.clone(), lines: BufReader::new(file), text, line: 0 })
            }
        };
        Ok(Associations { keys, values, ids, labels })
    }
}

/// Labels, a line each.
struct LabelFile {
    path: PathBuf,
    lines: BufReader<File>,
    /// The line that was read last.
    text: Vec<u8>,
    line: u64,
}

impl LabelFile {
    fn failure(&self, message: impl std::fmt::Display) -> Failure {
        Failure::input(format!("{}, line {}: {message}", self.path.display(), self.line))
    }

    /// The next line without its end; `None` at the end of the file.
    fn next(&mut self) -> Result<Option<&str>> {
        self.text.clear();
        self.line += 1;
        let mut limited = (&mut self.lines).take(LONGEST_LABEL);
        let read = limited.read_until(b'\n', &mut self.text).map_err(|error| Failure::reading(&self.path, &error))?;
        if read == 0 {
            return Ok(None);
        }
        if read as u64 == LONGEST_LABEL && self.text.last() != Some(&b'\n') {
            return Err(self.failure(format!("expected a label of fewer than {LONGEST_LABEL} bytes, found more")));
        }
        self.text.pop_if(|last| *last == b'\n');
        self.text.pop_if(|last| *last == b'\r');
        match str::from_utf8(&self.text) {
            Ok(label) => Ok(Some(label)),
            Err(_) => Err(self.failure("expected a label in UTF-8, found other bytes")),
        }
    }
}

/// Associations that are read some at a time.
pub struct Associations<'a> {
    pub keys: Stream<'a>,
    pub values: Option<Stream<'a>>,
    ids: Option<IdStream>,
    labels: Option<LabelFile>,
}

/// Some associations.
pub struct Rows {
    pub keys: Patterns,
    pub values: Option<Patterns>,
    ids: Option<Vec<u64>>,
    labels: Option<Vec<String>>,
}

impl Rows {
    pub fn batch(&self) -> Batch<'_> {
        Batch::of(&self.keys, self.values.as_ref(), self.ids.as_deref(), self.labels.as_deref())
    }
}

impl Associations<'_> {
    /// Draws from the files above what their numbers are +1, if they are to be made ±1: for a memory that none was noted
    /// of, and before anything is read.
    pub fn draw_thresholds(&mut self, input: &Input) -> Result<()> {
        let Some(method) = input.binarize.filter(|method| method.constant().is_none()) else { return Ok(()) };
        let spinner = spinner(format!("looking for thresholds ({method})"));
        for stream in std::iter::once(&mut self.keys).chain(&mut self.values) {
            stream.draw_thresholds()?;
        }
        spinner.finish_and_clear();
        match self.thresholds() {
            [None, None] => {
                let found = "found none but ±1, which are patterns as they are";
                Err(Failure::input(format!("--binarize {method}: expected numbers to draw thresholds from, {found}")))
            }
            _ => Ok(()),
        }
    }

    /// Above what numbers of keys and of values are +1, where that was drawn from them.
    pub fn thresholds(&self) -> [Option<&Thresholds>; 2] {
        [self.keys.thresholds(), self.values.as_ref().and_then(Stream::thresholds)]
    }

    /// The dimensions of the keys and of the values, which may be the keys.
    pub fn dims(&mut self) -> Result<[usize; 2]> {
        let dim = self.keys.dim()?.unwrap_or(1);
        let value_dim = self.values.as_mut().map(Stream::dim).transpose()?.flatten();
        Ok([dim, value_dim.unwrap_or(dim)])
    }

    /// The next associations; `None` at the end of all files, which must be the end of each.
    pub fn next(&mut self, most: usize) -> Result<Option<Rows>> {
        let piece = self.keys.next(most)?;
        let count = piece.as_ref().map_or(0, |piece| piece.patterns.len());
        let values = match &mut self.values {
            None => None,
            Some(values) => {
                let found = values.take(count.max(1))?;
                let found_rows = values.rows();
                if found.as_ref().map_or(0, Patterns::len) != count {
                    let expected = self.keys.rows();
                    let found = if found_rows > expected { "more".into() } else { found_rows.to_string() };
                    let what = "values, one for each key";
                    return Err(Failure::input(format!("{what}: expected {expected}, found {found}")));
                }
                found
            }
        };
        let labels = self.labels_of(piece.as_ref())?;
        let ids = match &mut self.ids {
            None => None,
            Some(ids) => {
                let mut some = Vec::new();
                ids.next(count, &mut some)?;
                let expected = self.keys.rows();
                let found = if piece.is_none() { ids.count()? } else { ids.read() };
                if found != expected {
                    return Err(Failure::input(format!("ids, one for each key: expected {expected}, found {found}")));
                }
                Some(some)
            }
        };
        Ok(piece.map(|piece| Rows { keys: piece.patterns, values, ids, labels }))
    }

    fn labels_of(&mut self, piece: Option<&Piece>) -> Result<Option<Vec<String>>> {
        let count = piece.map_or(0, |piece| piece.patterns.len());
        let Some(file) = &mut self.labels else {
            let names: Vec<OsString> = piece.map(|piece| piece.names.clone()).unwrap_or_default();
            return Ok(
                (!names.is_empty()).then(|| names.iter().map(|name| name.to_string_lossy().into_owned()).collect())
            );
        };
        let mut labels: Vec<String> = listed(count, std::iter::repeat_with(String::new))?;
        for own in &mut labels {
            match file.next()? {
                Some(label) => put(own, label)?,
                None => return Err(file.failure("expected a label for each key, found the end of the file")),
            }
        }
        if piece.is_none() && file.next()?.is_some() {
            return Err(file.failure("expected no more labels than there are keys, found one more"));
        }
        Ok(Some(labels))
    }

    /// What was read, as (what, as what), and what its owner should know.
    pub fn told(self) -> (Vec<(&'static str, String)>, Vec<String>) {
        let mut notes = self.keys.told;
        let mut read = vec![("keys", self.keys.forms.join("; "))];
        if let Some(values) = self.values {
            notes.extend(values.told);
            read.push(("values", values.forms.join("; ")));
        }
        (read, notes)
    }

    /// An error of the library about what was read.
    pub fn about(&self, error: popfield::Error) -> Failure {
        match (&self.ids, error) {
            (Some(ids), error @ popfield::Error::Id { .. }) => ids.about(error),
            (_, error) => error.into(),
        }
    }

    /// Takes `first`, and all that follows, into a store: what comes next is read while what came is written.
    pub fn append(&mut self, first: Option<Rows>, appending: &mut Appending<'_>, dims: [usize; 2]) -> Result<()> {
        let most = rows_together(dims);
        let bar = bar();
        let mut came = match first {
            Some(rows) => Some(rows),
            None => self.next(most)?,
        };
        while let Some(rows) = came {
            let (stored, next) = rayon::join(|| appending.push(rows.batch()), || self.next(most));
            stored.map_err(|error| self.about(error))?;
            came = next?;
            bar.set_position(appending.len());
            if interrupted() {
                return Err(Failure::Interrupted);
            }
        }
        bar.finish_and_clear();
        Ok(())
    }
}

/// How many associations of these dimensions are read together: whole pages of the layout, where they fit.
pub fn rows_together(dims: [usize; 2]) -> usize {
    // A file may claim rows of nothing, which is told when they are read.
    let row = 8 * dims.iter().map(|dim| dim.div_ceil(64)).max().unwrap_or(1).max(1);
    let (rows, page) = (PIECE_BYTES / row, Patterns::rows_of_page(dims[0]).max(1));
    if rows < page { rows.max(1) } else { rows - rows % page }
}

/// Changes a memory that is one file: it goes through a store that is there for so long, and the file is written anew,
/// whole. Then `print` speaks of it, and writes the index, should there be one, which is brought up to date.
pub fn rewrite<T>(
    path: &Path,
    change: impl FnOnce(&mut Store) -> Result<T>,
    print: impl FnOnce(T, Updated<'_>) -> Result<()>,
) -> Result<()> {
    // Held until the file that is written anew has taken the place of this one.
    let _locked = WriterLock::take(path).map_err(about(path))?;
    let (memory, _) = open(path)?;
    let mut out = OutFile::create(path)?;
    let under_way = OutStore::create(path)?;
    let mut store = store_of(&memory, under_way.path())?;
    // The store has it now, but for its index.
    let followed = Followed::by(path, Some(memory));
    let changed = change(&mut store)?;
    drop(store);
    let memory = Memory::open(under_way.path()).map_err(|error| match error {
        popfield::Error::Empty { .. } => {
            let file = path.display();
            let which = format!("`popfield create STORE --from {file}` makes a memory that can");
            Failure::Input(
                error.kind(),
                format!("{file}: nothing would be left, and one file cannot be empty; {which}"),
            )
        }
        error => about(path)(error),
    })?;
    write(memory.view(), &mut out)?;
    drop(memory);
    drop(under_way);
    deliver([out], || print(changed, followed.update()))
}

/// Writes what `view` shows as one file.
pub fn write(view: View<'_>, out: &mut OutFile) -> Result<()> {
    view.write_to(out).map_err(|error| match error {
        popfield::Error::Io(error) => Failure::writing(out.path(), &error),
        error => error.into(),
    })
}

/// A new store at `path` that holds what `memory` does.
pub fn store_of(memory: &Memory, path: &Path) -> Result<Store> {
    let value_dim = (!memory.is_auto_associative()).then(|| memory.value_dim());
    let made = Store::create(path, memory.dim(), value_dim, memory.notes().clone());
    let mut store = made.map_err(about(path))?;
    copy(memory, &mut store)?;
    Ok(store)
}

/// Takes all that `memory` holds into a store of its dimensions.
fn copy(memory: &Memory, store: &mut Store) -> Result<()> {
    let most = rows_together([memory.dim(), memory.value_dim()]);
    let (mut ids, mut labels) = (memory.ids(), memory.labels());
    let bar = bar();
    let mut appending = store.begin()?;
    appending.count_from(memory.next_id());
    for start in (0..memory.len()).step_by(most) {
        let range = start..memory.len().min(start + most);
        let keys = memory.keys().range(range.clone())?;
        let values = if memory.is_auto_associative() { None } else { Some(memory.values().range(range.clone())?) };
        let ids = Some(listed(range.len(), ids.by_ref())?);
        let mut texts = labels.by_ref().map(Option::unwrap_or_default);
        let labels = match memory.has_labels() {
            true => {
                let mut own: Vec<String> = listed(range.len(), std::iter::repeat_with(String::new))?;
                own.iter_mut().zip(&mut texts).try_for_each(|(own, label)| put(own, label))?;
                Some(own)
            }
            false => None,
        };
        appending.push(Rows { keys, values, ids, labels }.batch())?;
        bar.set_position(appending.len());
        if interrupted() {
            return Err(Failure::Interrupted);
        }
    }
    appending.commit()?;
    bar.finish_and_clear();
    Ok(())
}

/// The first `count` of them.
fn listed<T>(count: usize, all: impl Iterator<Item = T>) -> Result<Vec<T>> {
    let mut list = Vec::new();
    list.try_reserve_exact(count).map_err(|_| Failure::Resource(format!("out of memory: a list of {count}")))?;
    list.extend(all.take(count));
    Ok(list)
}

/// Puts a label into an empty text.
fn put(text: &mut String, label: &str) -> Result<()> {
    let room = text.try_reserve_exact(label.len());
    room.map_err(|_| Failure::Resource(format!("out of memory: a label of {} bytes", label.len())))?;
    text.push_str(label);
    Ok(())
}

/// How many were stored, and how fast, on standard error if that is a terminal.
fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("storing {pos} associations, {per_sec}, {elapsed}");
    ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
