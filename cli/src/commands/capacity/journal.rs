//! The journal of `--resume`: finished points, line by line as they are finished, under the settings that they are of.
//!
//! Lines are JSON: first the settings, then a point a line. A line counts once its end is written, so that a torn one is
//! dropped; each is on the disk before the next point begins.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use popfield_lab::{Observer, Outcome, Point};
use serde_json::{Map, Value, json};

use crate::failure::{Failure, Result};

/// What a journal says of itself.
const KIND: &str = "popfield capacity journal, version 1";

/// A journal that is open.
pub struct Journal {
    path: PathBuf,
    file: File,
    points: HashMap<Point, Vec<Outcome>>,
}

impl Journal {
    /// Opens the journal at `path`, or begins one. One of other settings is refused, and so is a file that is none.
    pub fn open(path: &Path, settings: &Map<String, Value>) -> Result<Self> {
        let opening = |error: std::io::Error| Failure::opening(path, &error);
        // A device or a pipe may have no end.
        if path.exists() && !path.is_file() {
            let found = if path.is_dir() { "a folder" } else { "something else" };
            return Err(Failure::usage(format!("{}: expected a file, found {found}", path.display())));
        }
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(opening)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::usage(format!("{}: is the journal of another run", path.display())));
            }
            // A file system without locks has to do without.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| Failure::reading(path, &error))?;
        let head = format!("{}\n", json!({ "kind": KIND, "settings": settings }));
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        // A torn head is the beginning of this one, or this file is none of ours.
        if whole == 0 && !head.as_bytes().starts_with(&bytes) {
            return Err(no_journal(path, "its first line"));
        }
        let points = if whole == 0 { HashMap::new() } else { read(path, &bytes[..whole], settings)? };
        let mut journal = Self { path: path.to_owned(), file, points };
        journal.file.set_len(whole as u64).map_err(|error| Failure::writing(path, &error))?;
        journal.file.seek(SeekFrom::End(0)).map_err(|error| Failure::writing(path, &error))?;
        if whole == 0 {
            journal.append(&head)?;
        }
        Ok(journal)
    }

    /// The outcomes at `point`, if it is finished.
    fn finished(&self, point: Point) -> Option<&Vec<Outcome>> {
        self.points.get(&point)
    }

    /// Adds a finished point.
    fn finish(&mut self, point: Point, outcomes: &[Outcome]) -> Result<()> {
        let outcome = |o: &Outcome| json!([o.trial, o.bits, o.tied, o.unsettled, o.by_wrong]);
        let outcomes: Vec<Value> = outcomes.iter().map(outcome).collect();
        self.append(&format!("{}\n", json!({ "dim": point.dim, "patterns": point.patterns, "outcomes": outcomes })))
    }

    fn append(&mut self, line: &str) -> Result<()> {
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|error| Failure::writing(&self.path, &error))
    }
}

/// What is kept of finished points: all, where there is a journal.
pub struct Kept(pub Option<Journal>);

impl Observer for Kept {
    type Error = Failure;

    fn finished(&mut self, point: Point) -> Option<Vec<Outcome>> {
        self.0.as_ref()?.finished(point).cloned()
    }

    fn finish(&mut self, point: Point, outcomes: &[Outcome]) -> Result<()> {
        self.0.as_mut().map_or(Ok(()), |journal| journal.finish(point, outcomes))
    }
}

fn no_journal(path: &Path, place: &str) -> Failure {
    Failure::usage(format!(
        "{}: expected a journal of popfield capacity, found something else in {place}",
        path.display()
    ))
}

/// The points of whole lines.
fn read(path: &Path, bytes: &[u8], settings: &Map<String, Value>) -> Result<HashMap<Point, Vec<Outcome>>> {
    let mut lines = bytes.split(|&byte| byte == b'\n').map(serde_json::from_slice::<Value>);
    let head = lines.next().and_then(Result::ok).filter(|head| head["kind"] == KIND);
    let Some(theirs) = head.as_ref().and_then(|head| head["settings"].as_object()) else {
        return Err(no_journal(path, "line 1"));
    };
    let mut names: Vec<&String> = settings.keys().chain(theirs.keys()).collect();
    names.sort();
    names.dedup();
    let shown = |value: Option<&Value>| match value {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    let differences: Vec<String> = names
        .into_iter()
        .filter(|name| settings.get(*name) != theirs.get(*name))
        .map(|name| format!("{name} is {} there and {} here", shown(theirs.get(name)), shown(settings.get(name))))
        .collect();
    if !differences.is_empty() {
        let differences = differences.join("; ");
        return Err(Failure::usage(format!(
            "--resume {}: expected a journal of these settings, found one of others: {differences}",
            path.display()
        )));
    }
    let mut points = HashMap::new();
    // After the last line's end there is nothing.
    let count = bytes.iter().filter(|&&byte| byte == b'\n').count();
    for (number, line) in (2..=count).zip(lines) {
        let read = line.ok().as_ref().and_then(|line| point(line, settings["trials"].as_u64()?));
        let (point, outcomes) = read.ok_or_else(|| no_journal(path, &format!("line {number}")))?;
        points.insert(point, outcomes);
    }
    Ok(points)
}

/// A point and its outcomes, if that is what `line` holds.
fn point(line: &Value, trials: u64) -> Option<(Point, Vec<Outcome>)> {
    let point = Point { dim: usize::try_from(line["dim"].as_u64()?).ok()?, patterns: line["patterns"].as_u64()? };
    let outcome = |(expected, value): (u64, &Value)| {
        let [trial, bits, tied, unsettled, by_wrong] = &value.as_array()?[..] else { return None };
        let entry = |entry: &Value| match &entry.as_array()?[..] {
            [wrong, queries] => Some((wrong.as_u64()?, queries.as_u64().filter(|&queries| queries > 0)?)),
            _ => None,
        };
        let by_wrong = by_wrong.as_array()?.iter().map(entry).collect::<Option<Vec<_>>>()?;
        let bits = bits.as_u64().filter(|&bits| bits > 0)?;
        let ascending = by_wrong.is_sorted_by(|a, b| a.0 < b.0) && by_wrong.last()?.0 <= bits;
        let outcome =
            Outcome { trial: trial.as_u64()?, bits, tied: tied.as_u64()?, unsettled: unsettled.as_u64()?, by_wrong };
        (ascending && outcome.trial == expected).then_some(outcome)
    };
    let outcomes = (0..).zip(line["outcomes"].as_array()?).map(outcome).collect::<Option<Vec<_>>>()?;
    (outcomes.len() as u64 == trials).then_some((point, outcomes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(trials: u64) -> Map<String, Value> {
        json!({ "rule": "hebb", "trials": trials, "beta": null }).as_object().unwrap().clone()
    }

    #[test]
    fn points_come_back_and_a_torn_line_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let outcomes = [Outcome::new(0, 9, 2, 0, vec![0, 3, 3]), Outcome::new(1, 9, 0, 1, vec![5])];
        let (first, second) = (Point { dim: 9, patterns: 4 }, Point { dim: 9, patterns: 5 });
        let mut journal = Journal::open(&path, &settings(2)).unwrap();
        journal.finish(first, &outcomes).unwrap();
        let whole = std::fs::read(&path).unwrap();
        journal.finish(second, &outcomes).unwrap();
        drop(journal);
        let all = std::fs::read(&path).unwrap();
        for cut in 0..all.len() {
            std::fs::write(&path, &all[..cut]).unwrap();
            let journal = Journal::open(&path, &settings(2)).unwrap();
            assert_eq!(journal.finished(first).is_some_and(|found| *found == outcomes), cut >= whole.len(), "{cut}");
            assert!(journal.finished(second).is_none());
        }
        std::fs::write(&path, &all).unwrap();
        assert!(Journal::open(&path, &settings(2)).unwrap().finished(second).is_some());
        assert_eq!(std::fs::read(&path).unwrap(), all);
    }

    #[test]
    fn other_settings_and_other_files_are_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        drop(Journal::open(&path, &settings(2)).unwrap());
        let refusal = |settings: &Map<String, Value>| {
            let before = std::fs::read(&path).unwrap();
            let message = Journal::open(&path, settings).map(drop).unwrap_err().message().unwrap().to_owned();
            assert_eq!(std::fs::read(&path).unwrap(), before);
            message
        };
        assert!(refusal(&settings(3)).contains("trials is 2 there and 3 here"));
        let mut other = settings(2);
        other.insert("beta".into(), json!(0.5));
        assert!(refusal(&other).contains("beta is none there and 0.5 here"));
        let point = r#"{"dim":9,"patterns":4,"outcomes":[[0,9,0,0,[[0,1]]],[1,9,0,0,[[10,1]]]]}"#;
        let head = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
        for (text, place) in [
            ("not a journal", "its first line"),
            ("not a journal\n", "line 1"),
            ("{}\n", "line 1"),
            (&format!("{head}{point}\n"), "line 2"),
            (&format!("{head}{{}}\n"), "line 2"),
            (&format!("{head}\n"), "line 2"),
        ] {
            std::fs::write(&path, text).unwrap();
            assert!(refusal(&settings(2)).contains(place), "{text}");
        }
    }
}
